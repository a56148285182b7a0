// Package territory will hold territories by geography, industry and product, balanced and without gaps. A
// territory reaches rules as the customer's and the rep's fields of that name.
//
// It is empty in this version: its place in the layout is fixed, its code is not
// written yet.
package territory

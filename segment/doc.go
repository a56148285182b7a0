// Package segment will hold groups of customers by what they are worth and how they behave. A segment
// reaches rules as the customer's field segment.
//
// It is empty in this version: its place in the layout is fixed, its code is not
// written yet.
package segment

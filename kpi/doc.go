// Package kpi will hold measures of sales: attainment, win rates, conversion, response times. Their
// values reach rules as rep.kpi.NAME.
//
// It is empty in this version: its place in the layout is fixed, its code is not
// written yet.
package kpi

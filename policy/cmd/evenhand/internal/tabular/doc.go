// Package tabular reads and writes the files that people keep customers and
// reps in: CSV as spreadsheets and CRMs export it, JSON Lines and JSON arrays.
//
// Reading never stops at a bad row and never loses one: a row that cannot be
// read comes back with its line, its text and what is wrong with it, and
// reading goes on with the next line.
//
//	table.go   Table and Row: what a file holds
//	csv.go     ReadCSV
//	json.go    ReadJSON: JSON Lines, or one JSON array
//	lines.go   the lines of a file: byte order mark, CRLF, length limit
//	column.go  Key: how a column's name is compared
//	writer.go  Writer: CSV for people, with cells that no spreadsheet runs
//
// A new file format is a new file here with one Read function that gives a
// Table, and one line in the command's source.go.
package tabular

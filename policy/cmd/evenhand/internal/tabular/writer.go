package tabular

import (
	"encoding/csv"
	"io"
	"regexp"
)

// Writer writes CSV for people: whoever opens it in a spreadsheet runs none of
// its cells as a formula. LF ends a row. Call Flush at the end.
type Writer struct{ w *csv.Writer }

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{csv.NewWriter(w)} }

// Write writes one row. Its cells are neutralised in place.
func (w *Writer) Write(cells []string) error {
	for i, cell := range cells {
		cells[i] = Neutral(cell)
	}
	return w.w.Write(cells)
}

// Flush writes what is buffered and returns the first error of all writes.
func (w *Writer) Flush() error {
	w.w.Flush()
	return w.w.Error()
}

var numeral = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// Neutral returns the cell as a spreadsheet shows it and does not run it: with
// an apostrophe before it when it begins with = + - @, a tab, a carriage
// return or a line feed. Numbers such as -5 and +3.2 stay as they are.
//
// What spreadsheets take for a formula: OWASP, "CSV Injection".
func Neutral(cell string) string {
	if cell == "" {
		return cell
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		if !numeral.MatchString(cell) {
			return "'" + cell
		}
	}
	return cell
}

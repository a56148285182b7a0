package tabular

import "slices"

// Limits on what a file may hold. A cell or row beyond them is a fault of its
// row; a file with more columns is refused.
const (
	MaxCell    = 64 << 10 // bytes of one cell
	MaxRow     = 1 << 20  // bytes of one row, line breaks within cells included
	MaxColumns = 1_000
)

// Table is a file's content in memory.
type Table struct {
	// Columns in the order of the file; for JSON in the order in which their
	// names first appear.
	Columns []string
	// Rows in the order of the file, those with a fault included.
	Rows []Row
}

// Row is one row of a file.
type Row struct {
	// Line on which the row begins, from 1.
	Line int
	// Cells by column; those of JSON without the columns that the row does not
	// have: see Cell. In CSV every cell is a string; in JSON a string, a
	// json.Number, a bool, a []any, a map[string]any, or nil. What is beyond
	// its end is absent.
	Cells []any
	// columns of the Cells, rising, where a row has its own: JSON rows may have
	// few of many. Nil: cell i is that of column i.
	columns []int
	// Fault says why the row cannot be used, in a sentence without a full
	// stop; empty for a good row. A row with a fault has Raw in place of Cells.
	Fault string
	// Raw is the row's text, at most MaxRow bytes of it.
	Raw string
}

// Cell returns the cell of a column, and nil when it is absent or column is
// negative.
func (r *Row) Cell(column int) any {
	if r.columns != nil {
		i, found := slices.BinarySearch(r.columns, column)
		if !found {
			return nil
		}
		column = i
	}
	if column < 0 || column >= len(r.Cells) {
		return nil
	}
	return r.Cells[column]
}

// Set gives a JSON row a cell; false when it has one in that column.
func (r *Row) Set(column int, cell any) bool {
	i, found := slices.BinarySearch(r.columns, column)
	if found {
		return false
	}
	r.columns, r.Cells = slices.Insert(r.columns, i, column), slices.Insert(r.Cells, i, cell)
	return true
}

// Clone is a row that can be changed without changing r.
func (r *Row) Clone() Row {
	clone := *r
	clone.Cells, clone.columns = slices.Clone(r.Cells), slices.Clone(r.columns)
	return clone
}

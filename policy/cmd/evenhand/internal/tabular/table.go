package tabular

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
	// Cells by column. In CSV every cell is a string; in JSON a string, a
	// json.Number, a bool, a []any, a map[string]any, or nil. The slice may be
	// shorter than Table.Columns: what is beyond its end is absent.
	Cells []any
	// Fault says why the row cannot be used, in a sentence without a full
	// stop; empty for a good row. A row with a fault has Raw in place of Cells.
	Fault string
	// Raw is the row's text, at most MaxRow bytes of it.
	Raw string
}

// Cell returns the cell of a column, and nil when it is absent or column is
// negative.
func (r *Row) Cell(column int) any {
	if column < 0 || column >= len(r.Cells) {
		return nil
	}
	return r.Cells[column]
}

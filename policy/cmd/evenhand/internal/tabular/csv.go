package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ReadCSV reads comma-separated values with a header line, as RFC 4180
// describes them: a cell in quotes may hold the delimiter, line breaks and,
// doubled, quotes. Beyond that it takes what exports hold: a UTF-8 byte order
// mark, LF and CRLF, quotes inside an unquoted cell (5" pipe), blank lines,
// which count as no row. A line break within a cell becomes LF.
//
// A row with another number of cells than the header, an unclosed quote, a
// cell beyond the limits or bytes that are not UTF-8 is a row with a fault.
// After an unclosed quote reading goes on with the line that follows the
// row's first, so that one stray quote does not swallow the rest of the file.
//
// The error is for what makes the whole file unusable: no header, two columns
// of one name, a file that cannot be read.
func ReadCSV(r io.Reader, delimiter byte) (*Table, error) {
	l, err := newLines(r)
	if err != nil {
		return nil, err
	}
	c := csvReader{l, delimiter}
	header, found, err := c.row()
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, errors.New("the file is empty; its first line must name the columns")
	case header.Fault != "":
		return nil, fmt.Errorf("line %d, which names the columns: %s", header.Line, header.Fault)
	}
	t := &Table{}
	if t.Columns, err = c.columns(header); err != nil {
		return nil, fmt.Errorf("line %d: %w", header.Line, err)
	}
	for {
		row, found, err := c.row()
		if err != nil || !found {
			return t, err
		}
		if n := len(row.Cells); row.Fault == "" && n != len(t.Columns) {
			row.Fault = fmt.Sprintf("the row has %s, the header %d", cells(n), len(t.Columns))
			row.Cells = nil
		}
		if row.Fault == "" {
			row.Raw = ""
		}
		t.Rows = append(t.Rows, row)
	}
}

func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

type csvReader struct {
	l         *lines
	delimiter byte
}

// row reads the next row that is not blank.
func (c csvReader) row() (Row, bool, error) {
	for {
		first, found, err := c.l.next()
		if err != nil || !found {
			return Row{}, false, err
		}
		if strings.TrimSpace(first.text) == "" && !first.long {
			continue
		}
		row, err := c.rowFrom(first)
		return row, true, err
	}
}

// rowFrom reads the row that begins with a line, and takes the lines that
// follow while a quote is open.
func (c csvReader) rowFrom(first line) (Row, error) {
	row := Row{Line: first.number, Raw: first.text, Fault: first.unreadable()}
	if row.Fault != "" {
		return row, nil
	}
	s := splitter{delimiter: c.delimiter, text: []byte(first.text)}
	var more []line
	for {
		open, fault := s.split()
		if !open {
			if row.Fault = fault; fault == "" {
				row.Cells, row.Raw = s.cells, string(s.text)
			} else {
				c.l.putBack(more)
			}
			return row, nil
		}
		next, found, err := c.l.next()
		if err != nil {
			return row, err
		}
		if found {
			more = append(more, next)
		}
		if !found || next.unreadable() != "" || len(s.text)-s.at+len(next.text) > MaxCell || len(s.text)+len(next.text) > MaxRow {
			row.Fault = fmt.Sprintf("the quote that opens cell %d is never closed", len(s.cells)+1)
			c.l.putBack(more)
			return row, nil
		}
		s.text = append(append(s.text, '\n'), next.text...)
	}
}

// splitter takes a row's text apart, and goes on where it stopped when the
// text grows. So a row costs its length, however many lines it has.
type splitter struct {
	delimiter byte
	text      []byte
	cells     []any
	at        int // where the cell at hand begins
	scanned   int // within an open quoted cell: up to where no end was found
}

// split goes to the end of the text. Open says that the text ends inside a
// quoted cell, the one after s.cells.
func (s *splitter) split() (open bool, fault string) {
	for {
		cell, after, open, fault := s.cell()
		switch {
		case open:
			return true, ""
		case fault != "":
			return false, fmt.Sprintf("cell %d %s", len(s.cells)+1, fault)
		case len(cell) > MaxCell:
			return false, fmt.Sprintf("cell %d has %d bytes; %d is the most", len(s.cells)+1, len(cell), MaxCell)
		case len(s.cells) == MaxColumns:
			return false, fmt.Sprintf("the row has more than %d cells", MaxColumns)
		}
		s.cells = append(s.cells, cell)
		if after == len(s.text) {
			return false, ""
		}
		s.at, s.scanned = after+1, 0
	}
}

// cell reads the cell at hand; after is the index of the delimiter that ends
// it, or the text's length.
func (s *splitter) cell() (cell string, after int, open bool, fault string) {
	rest := s.text[s.at:]
	if len(rest) == 0 || rest[0] != '"' {
		if end := bytes.IndexByte(rest, s.delimiter); end >= 0 {
			return string(rest[:end]), s.at + end, false, ""
		}
		return string(rest), len(s.text), false, ""
	}
	begin := s.at + 1
	for i := max(begin, s.scanned); i < len(s.text); i++ {
		if s.text[i] != '"' {
			continue
		}
		if i+1 < len(s.text) && s.text[i+1] == '"' {
			i++
			continue
		}
		if i+1 < len(s.text) && s.text[i+1] != s.delimiter {
			return "", 0, false, "goes on after its closing quote; a quote within a quoted cell is written twice"
		}
		return strings.ReplaceAll(string(s.text[begin:i]), `""`, `"`), i + 1, false, ""
	}
	s.scanned = len(s.text)
	return "", 0, true, ""
}

// columns checks the header.
func (c csvReader) columns(header Row) ([]string, error) {
	names := make([]string, len(header.Cells))
	for i, cell := range header.Cells {
		names[i] = strings.TrimSpace(cell.(string))
	}
	if len(names) == 1 {
		for _, other := range []byte(",;\t|") {
			if other != c.delimiter && strings.IndexByte(names[0], other) >= 0 {
				return nil, fmt.Errorf("the file has the one column %.80q\nMaybe its cells are separated by something else: --delimiter %s",
					names[0], delimiterName(other))
			}
		}
	}
	return names, twoOfOneName(names)
}

// twoOfOneName refuses names that could not be told apart. Columns without a
// name, which exports leave at the end, are no columns.
func twoOfOneName(names []string) error {
	first := map[string]string{}
	for _, name := range names {
		key := Key(name)
		if key == "" {
			continue
		}
		if other, taken := first[key]; taken {
			return fmt.Errorf("two columns have one name: %.60q and %.60q\nMaybe rename one of them", other, name)
		}
		first[key] = name
	}
	return nil
}

func delimiterName(d byte) string {
	if d == '\t' {
		return "tab"
	}
	return "'" + string(rune(d)) + "'"
}

func validText(s string) bool { return utf8.ValidString(s) }

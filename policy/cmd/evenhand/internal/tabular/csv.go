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
	c := csvReader{l: l, delimiter: delimiter}
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
	c.names = t.Columns
	for {
		row, found, err := c.row()
		if err != nil || !found {
			return t, err
		}
		if n := len(row.Cells); row.Fault == "" && n != len(t.Columns) {
			row.Fault = fmt.Sprintf("the row has %s, the header %d", cells(n), len(t.Columns))
			if n > len(t.Columns) {
				row.Fault += fmt.Sprintf("\nMaybe put double quotes around a cell that holds a %s", wordFor(delimiter))
			}
			row.Cells = nil
		}
		if row.Fault == "" {
			row.Raw = ""
		}
		t.Rows = append(t.Rows, row)
	}
}

// wordFor names a delimiter in a sentence.
func wordFor(delimiter byte) string {
	switch delimiter {
	case ',':
		return "comma"
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	}
	return delimiterName(delimiter)
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
	names     []string // of the columns, once they are known
}

// cell names a cell, counted from 0, for a message.
func (c csvReader) cell(i int) string {
	if i < len(c.names) && c.names[i] != "" {
		return fmt.Sprintf("cell %d, column %.80q,", i+1, c.names[i])
	}
	return fmt.Sprintf("cell %d", i+1)
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
			if fault == "" {
				row.Cells, row.Raw = s.cells, string(s.text)
			} else {
				row.Fault = c.cell(len(s.cells)) + " " + fault
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
			row.Fault = c.cell(len(s.cells)) + " begins with a quote that is never closed\nMaybe end the cell with \", or write \"\" for a quote inside of it"
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
// quoted cell, the one after s.cells; a fault is about that cell, too.
func (s *splitter) split() (open bool, fault string) {
	for {
		cell, after, open, fault := s.cell()
		switch {
		case open:
			return true, ""
		case fault != "":
			return false, fault
		case len(cell) > MaxCell:
			return false, fmt.Sprintf("has %d bytes; %d is the most", len(cell), MaxCell)
		case len(s.cells) == MaxColumns:
			return false, fmt.Sprintf("is one too many: a row has %d cells at most", MaxColumns)
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
			return "", 0, false, "goes on after its closing quote; a quote within a quoted cell is written twice\nMaybe \"\" for each quote inside of the cell"
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
	if strings.HasPrefix(strings.ToLower(names[0]), "sep=") {
		maybe := "delete this line"
		if after := names[0][len("sep="):]; after != "" && after[0] != c.delimiter {
			maybe += ", and give --delimiter " + delimiterName(after[0])
		}
		return nil, fmt.Errorf("%.20q is a note to the spreadsheet; the first line has to name the columns\nMaybe %s", names[0], maybe)
	}
	if len(names) == 1 {
		for _, other := range []byte(",;\t|") {
			if other != c.delimiter && strings.IndexByte(names[0], other) >= 0 {
				return nil, fmt.Errorf("the file has the one column %.80q\nMaybe its cells are separated by something else: --delimiter %s",
					names[0], delimiterName(other))
			}
		}
	}
	if i, j, found := twoOfOneName(names); found && names[i] == names[j] {
		return nil, fmt.Errorf("columns %d and %d are both called %.60q\nMaybe rename one of them", i+1, j+1, names[i])
	} else if found {
		return nil, fmt.Errorf("columns %d and %d have one name: %.60q and %.60q\nMaybe rename one of them", i+1, j+1, names[i], names[j])
	}
	return names, nil
}

// twoOfOneName finds names that could not be told apart. Columns without a
// name, which exports leave at the end, are no columns.
func twoOfOneName(names []string) (i, j int, found bool) {
	first := map[string]int{}
	for j, name := range names {
		key := Key(name)
		if key == "" {
			continue
		}
		if i, taken := first[key]; taken {
			return i, j, true
		}
		first[key] = j
	}
	return 0, 0, false
}

func delimiterName(d byte) string {
	if d == '\t' {
		return "tab"
	}
	return "'" + string(rune(d)) + "'"
}

func validText(s string) bool { return utf8.ValidString(s) }

package policy

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/evenhand/evenhand/policy/rule"
)

// tableReader reads one CSV file into a table.
type tableReader struct {
	c       *compiler
	file    string
	key     string // the key column's name
	columns []rule.Column
	at      []int // of the key, then of the columns, in the file's rows
	table   *rule.Table
	lines   map[string]int // of the keys read so far
	rows    [][]string     // key and columns, for the one writing
	faults  int
	hidden  int // the line of the first fault that is counted only
}

// matchWords are the words of `match`.
var matchWords = words[rule.Match]{{"exact", rule.Exact}, {"longest_prefix", rule.LongestPrefix}}

// readTable reads a table and its file. text is the table in one writing.
func (c *compiler) readTable(in Table, path string) (table *rule.Table, text string, ok bool) {
	before := len(c.f.list)
	match := word(c, join(path, "match"), in.Match, matchWords)
	t := &tableReader{c: c, file: in.File, key: in.Key, lines: map[string]int{}}
	if in.Key == "" {
		c.need(path, "key", "the table does not say which column look-ups go by", "key: domain")
	}
	if len(in.Columns) == 0 {
		c.need(path, "columns", "the table names no columns that rules could read", "columns: {owner: string}")
	}
	for _, name := range sortedKeys(in.Columns) {
		at := join(join(path, "columns"), name)
		if in.Columns[name] == brokenExpression {
			continue
		}
		kind, known := c.kind(in.Columns[name], at, "")
		if known {
			t.columns = append(t.columns, rule.Column{Name: name, Kind: kind})
		}
		if name == in.Key {
			c.f.key(at, fmt.Sprintf("%s is the key; a look-up has it already", name), "delete it from columns")
		}
	}
	file, found := c.file(path, in.File)
	if len(c.f.list) > before || !found {
		return nil, "", false
	}
	made, err := rule.NewTable(in.Key, match, t.columns)
	if err != nil {
		c.fail(path, err)
		return nil, "", false
	}
	t.table = made
	t.read(file)
	return t.table, t.text(), t.faults == 0
}

// read reads the header and the rows.
func (t *tableReader) read(text []byte) {
	in := csv.NewReader(bytes.NewReader(text))
	in.TrimLeadingSpace = true
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		t.fault(1, 0, "the file is empty", "its first line names the columns")
		return
	}
	if err != nil {
		t.csvFault(err)
		return
	}
	if !t.header(header) {
		return
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.csvFault(err)
			return
		}
		line, _ := in.FieldPos(0)
		t.row(record, line, len(header))
	}
	if t.faults > maxFileFaults {
		t.c.f.add(&rule.Error{File: t.file, Line: t.hidden, Message: fmt.Sprintf("from here on there are %d more bad lines", t.faults-maxFileFaults)})
	}
}

// header finds the columns by name.
func (t *tableReader) header(header []string) bool {
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if strings.HasPrefix(header[0], "sep=") {
		t.fault(1, 1, "the first line is a note to the spreadsheet; it has to name the columns", "delete it, and separate the columns by commas")
		return false
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		t.fault(1, 1, "the first line has only one column", "separate the columns by commas")
		return false
	}
	names := []string{t.key}
	for _, c := range t.columns {
		names = append(names, c.Name)
	}
	for _, name := range names {
		at := slices.Index(header, name)
		switch {
		case at < 0:
			near, ok := rule.Nearest(name, header)
			if !ok {
				near = "the line that names the columns is missing, or the column has another name"
			}
			t.fault(1, 1, fmt.Sprintf("there is no column %s; the first line names %.200s", name, oneLine(header)), near)
		case slices.Contains(header[at+1:], name):
			t.fault(1, 1, fmt.Sprintf("the first line names the column %.80s twice", name), "rename one of the two")
		}
		t.at = append(t.at, at)
	}
	return t.faults == 0
}

// oneLine lists the names of columns for a message: what is no sign, such as a
// line break inside of quotes, becomes a blank.
func oneLine(names []string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.Join(names, ", "))
}

// row adds one row.
func (t *tableReader) row(record []string, line, width int) {
	if len(record) != width {
		t.fault(line, 0, fmt.Sprintf("this line has %d cells and the first line has %d", len(record), width), "put quotes around a cell that holds a comma")
		return
	}
	row := make([]string, len(t.at))
	cells := make([]any, len(t.columns))
	for i, at := range t.at {
		row[i] = strings.TrimSpace(record[at])
		if i > 0 {
			cells[i-1] = row[i]
		}
	}
	key := row[0]
	if first, twice := t.lines[key]; twice {
		t.fault(line, 0, fmt.Sprintf("column %s: %.80q stands in line %d and in line %d", t.key, key, first, line), "delete one of the two")
		return
	}
	t.lines[key] = line
	if err := t.table.Add(key, cells...); err != nil {
		message, maybe := splitAdvice(err)
		t.fault(line, 0, message, maybe)
		return
	}
	t.rows = append(t.rows, row)
}

// text is the table in one writing.
func (t *tableReader) text() string {
	header := []string{t.key}
	for _, c := range t.columns {
		header = append(header, c.Name)
	}
	slices.SortFunc(t.rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return writeCSV(append([][]string{header}, t.rows...))
}

func (t *tableReader) fault(line, column int, message, maybe string) {
	switch t.faults++; {
	case t.faults <= maxFileFaults:
		t.c.f.add(&rule.Error{File: t.file, Line: line, Column: column, Message: message, Maybe: maybe})
	case t.faults == maxFileFaults+1:
		t.hidden = line
	}
}

func (t *tableReader) csvFault(err error) {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		t.fault(bad.Line, bad.Column, quoteFault, quoteAdvised)
		return
	}
	t.fault(0, 0, err.Error(), "")
}

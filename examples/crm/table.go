package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// table is a CSV file. Rows that are no rows are set aside, and reading goes on.
type table struct {
	header []string
	rows   []row
}

// row is one line of a file; problem says why it cannot be used.
type row struct {
	line    int
	cells   []string
	at      map[string]int // by column
	problem string
}

// get is a cell without the blanks around it; "" when there is no such column.
func (r *row) get(column string) string {
	if i, ok := r.at[column]; ok && i < len(r.cells) {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// number is a whole number as CRMs write it; nil when the cell is empty. What is
// no number is the row's problem.
func (r *row) number(column string) *int {
	text := r.get(column)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil || n < 0 {
		r.problem = fmt.Sprintf("column %q: %q is no whole number", column, text)
		return nil
	}
	return &n
}

func readCSV(text []byte) (table, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return table{}, fmt.Errorf("the first line names no columns: %w", err)
	}
	t, at := table{header: header}, map[string]int{}
	for i, name := range header {
		at[strings.TrimSpace(name)] = i
	}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return t, nil
		}
		r := row{cells: cells, at: at}
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			r.line, r.problem = bad.StartLine, err.Error()
		case err != nil:
			return t, err
		default:
			r.line, _ = in.FieldPos(0)
			if len(cells) != len(header) {
				r.problem = fmt.Sprintf("%d cells in place of %d", len(cells), len(header))
			}
		}
		t.rows = append(t.rows, r)
	}
}

// writeCSV writes lines as RFC 4180 has them; writing into memory cannot fail.
func writeCSV(lines [][]string) []byte {
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(lines)
	return b.Bytes()
}

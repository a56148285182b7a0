package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// rejectsPath is where rejected rows go: beside the output when that is a
// file, else in the working folder under the name of the input.
func rejectsPath(given, out, in string) string {
	switch {
	case given != "":
		return given
	case out != "-":
		return trimExtension(out) + ".rejects.csv"
	case in != "-":
		return trimExtension(filepath.Base(in)) + ".rejects.csv"
	}
	return "customers.rejects.csv"
}

func trimExtension(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) }

// writeRejects writes the rejected rows in the input's order: line and reason,
// then the row as it was, so that it can be mended there and run again. A row
// that could not be taken apart stands whole in the last column.
func writeRejects(w io.Writer, columns []string, rejected []rejection) error {
	shown := ownColumns(columns)
	slices.SortStableFunc(rejected, func(a, b rejection) int { return a.row.Line - b.row.Line })
	out := tabular.NewWriter(w)
	if err := out.Write(append(append([]string{"line", "reason"}, names(columns, shown)...), "row")); err != nil {
		return err
	}
	for _, r := range rejected {
		cells := []string{strconv.Itoa(r.row.Line), r.reason}
		for _, i := range shown {
			cells = append(cells, cellText(r.row.Cell(i)))
		}
		raw := r.row.Raw
		if raw == "" && len(shown) < len(columns) {
			raw = cellText(r.row.Cell(len(columns) - 1)) // from the earlier rejects file
		}
		if err := out.Write(append(cells, raw)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ownColumns are the indexes of an input's columns, without those that an
// earlier rejects file added.
func ownColumns(columns []string) []int {
	first, end := 0, len(columns)
	if end > 2 && columns[0] == "line" && columns[1] == "reason" && columns[end-1] == "row" {
		first, end = 2, end-1
	}
	var own []int
	for i := first; i < end; i++ {
		own = append(own, i)
	}
	return own
}

func names(columns []string, indexes []int) []string {
	var out []string
	for _, i := range indexes {
		out = append(out, columns[i])
	}
	return out
}

// cellText is a cell as it stands in CSV.
func cellText(cell any) string {
	switch x := cell.(type) {
	case nil:
		return ""
	case string:
		return x
	case []any, map[string]any:
		if text, err := marshal(x); err == nil {
			return strings.TrimSuffix(string(text), "\n")
		}
	}
	return fmt.Sprint(cell)
}

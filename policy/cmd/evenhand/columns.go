package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
	"github.com/evenhand/evenhand/policy/rule"
)

// columns says which column of a file fills which field. Names meet without
// regard to case, spaces and dashes being underscores; --map says the rest.
type columns struct {
	of      map[string]int // column by field
	ignored []string       // columns that fill nothing, in the file's order
}

// pair is one FIELD=COLUMN of --map.
type pair struct{ field, column string }

func parsePairs(flag string, texts []string) ([]pair, error) {
	pairs := make([]pair, 0, len(texts))
	for _, text := range texts {
		field, column, ok := strings.Cut(text, "=")
		if field, column = strings.TrimSpace(field), strings.TrimSpace(column); !ok || field == "" || column == "" {
			return nil, usage("--%s %q is not FIELD=COLUMN\nMaybe --%s \"country=Land\"", flag, text, flag)
		}
		pairs = append(pairs, pair{field, column})
	}
	return pairs, nil
}

// mapColumns matches a file's columns with the fields there are. Used names
// columns that serve another purpose and count as filled.
func mapColumns(s source, flag string, t *tabular.Table, fields []string, pairs []pair, used []string) (*columns, error) {
	m := &columns{of: map[string]int{}}
	taken := map[int]bool{}
	for _, p := range pairs {
		field := tabular.Key(p.field)
		if !slices.Contains(fields, field) {
			return nil, usage("--%s %s=%s: %s have no field %q, and the policy declares none%s", flag, p.field, p.column, s.what, p.field, maybe(field, fields))
		}
		if _, twice := m.of[field]; twice {
			return nil, usage("--%s gives the field %q two columns", flag, field)
		}
		i, err := findColumn(s, t, fmt.Sprintf("--%s %s=%s", flag, p.field, p.column), p.column)
		if err != nil {
			return nil, err
		}
		m.of[field] = i
		taken[i] = true
	}
	for _, name := range used {
		taken[columnIndex(t, name)] = true
	}
	for i, name := range t.Columns {
		key := tabular.Key(name)
		if slices.Contains(fields, key) {
			if _, mapped := m.of[key]; !mapped {
				m.of[key] = i
			}
			taken[i] = true
		}
		if !taken[i] && key != "" {
			m.ignored = append(m.ignored, name)
		}
	}
	return m, nil
}

// findColumn finds a column that a flag names.
func findColumn(s source, t *tabular.Table, flag, name string) (int, error) {
	i := columnIndex(t, name)
	if i < 0 && len(t.Columns) > 0 {
		return i, usage("%s: %s has no column %q; it has %s%s", flag, s.name(), name, list(t.Columns), maybe(name, t.Columns))
	}
	return i, nil
}

// columnIndex is -1 when there is no such column.
func columnIndex(t *tabular.Table, name string) int {
	if i := slices.Index(t.Columns, name); i >= 0 {
		return i
	}
	return slices.IndexFunc(t.Columns, func(column string) bool { return tabular.Key(column) == tabular.Key(name) })
}

// missing lists those of the fields that no column fills.
func (m *columns) missing(fields []string) []string {
	var out []string
	for _, f := range fields {
		if _, ok := m.of[f]; !ok {
			out = append(out, f)
		}
	}
	return out
}

// cell is the row's cell for a field; nil when it is absent or blank.
func (m *columns) cell(row *tabular.Row, field string) any {
	i, ok := m.of[field]
	if !ok {
		return nil
	}
	return present(row.Cell(i))
}

// present is a cell without outer spaces, and nil when nothing is left.
func present(cell any) any {
	if s, ok := cell.(string); ok {
		if s = strings.TrimSpace(s); s == "" {
			return nil
		}
		return s
	}
	return cell
}

// maybe is the last line of a message about a word that is none of these.
func maybe(word string, words []string) string {
	if near, ok := rule.Nearest(word, words); ok {
		return "\nMaybe " + near
	}
	return ""
}

// list writes names in a sentence, and not more of them than one can read.
func list(names []string) string {
	const most = 30
	shown := make([]string, min(len(names), most))
	for i := range shown {
		shown[i] = clip(names[i])
	}
	if len(names) > most {
		return strings.Join(shown, ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(shown, ", ")
}

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
	names   []string       // of the file's columns
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
	m := &columns{of: map[string]int{}, names: t.Columns}
	taken := map[int]bool{}
	known := byKey(fields)
	for _, p := range pairs {
		field, there := known[tabular.Key(p.field)]
		if !there {
			return nil, usage("--%s %s=%s: %s have no field %q, and the policy declares none%s", flag, p.field, p.column, s.what, p.field, maybe(p.field, fields))
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
		field, there := known[tabular.Key(name)]
		if there {
			if _, mapped := m.of[field]; !mapped {
				m.of[field] = i
			}
			taken[i] = true
		}
		if !taken[i] && tabular.Key(name) != "" {
			m.ignored = append(m.ignored, name)
		}
	}
	return m, nil
}

// byKey finds fields by what names of columns are compared by. The core's
// fields come first and win.
func byKey(fields []string) map[string]string {
	known := map[string]string{}
	for _, f := range fields {
		if key := tabular.Key(f); known[key] == "" {
			known[key] = f
		}
	}
	return known
}

// ignoredOf lists the columns that fill nothing here and would fill one of the
// fields elsewhere.
func (m *columns) ignoredOf(fields []string) []string {
	known := byKey(fields)
	return slices.DeleteFunc(slices.Clone(m.ignored), func(column string) bool { return known[tabular.Key(column)] == "" })
}

// nameOf is the column that fills a field; false when none does.
func (m *columns) nameOf(field string) (string, bool) {
	i, ok := m.of[field]
	if !ok {
		return "", false
	}
	return m.names[i], true
}

// noID says that no column holds the ID, and what may be the reason.
func noID(s source, t *tabular.Table, whose, flag string) error {
	maybe := shellWord(flag, likelyID(t.Columns))
	switch {
	case len(t.Columns) == 0:
		return usage("%s %s: no line of it could be read; the first is line %d: %s", s.what, s.name(), t.Rows[0].Line, t.Rows[0].Fault)
	case len(t.Columns) == 1 && len(t.Rows) == 1 && holdsRows(t.Rows[0].Cell(0)):
		maybe = fmt.Sprintf("keep only the array, from [ to ], without the %q around it", t.Columns[0])
	case slices.ContainsFunc(t.Columns, looksLikeData):
		maybe = fmt.Sprintf("a first line that names the columns is missing, such as id,name; or %s", shellWord(flag, likelyID(t.Columns)))
	}
	return usage("%s %s: no column is the %s's ID; it has %s\nMaybe %s", s.what, s.name(), whose, list(t.Columns), maybe)
}

// shellWord is a flag with a column, in quotes where a shell wants them.
func shellWord(flag, column string) string {
	if !strings.ContainsAny(column, " ()&;|<>") {
		return flag + column
	}
	if before, field, ok := strings.Cut(flag, " "); ok {
		return before + ` "` + field + column + `"`
	}
	return flag + `"` + column + `"`
}

// holdsRows reports whether a cell of JSON is a list of objects.
func holdsRows(cell any) bool {
	elements, _ := cell.([]any)
	if len(elements) == 0 {
		return false
	}
	_, object := elements[0].(map[string]any)
	return object
}

// looksLikeData reports whether the name of a column is rather a cell: names
// have no digits and no at sign.
func looksLikeData(name string) bool { return strings.ContainsAny(name, "0123456789@") }

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

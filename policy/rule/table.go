package rule

import (
	"fmt"
	"slices"
)

// Match is how a table finds the row for a key.
type Match uint8

const (
	// Exact wants the key itself. The default.
	Exact Match = iota
	// LongestPrefix wants the longest row key that the given key begins
	// with: postal codes, telephone numbers. The row key "" matches all.
	LongestPrefix
)

// MaxKey is the longest key of a table's row, in bytes.
const MaxKey = 256

// Column is one column of a table beside its key.
type Column struct {
	Name string
	// Kind of its cells, Bool to NumberList.
	Kind Kind
}

// Table is rows found by a text key: `named[lead.domain].owner`,
// `has(named[lead.domain])`. Build it with NewTable and Add, then declare it;
// a declared table must not be added to.
type Table struct {
	key     string
	match   Match
	columns []Column
	rows    map[string][]Value
	lengths []int // of the row keys, longest first, for LongestPrefix
}

// NewTable makes an empty table. key is the name of the key column, used in
// messages and to refuse a second column of that name. Errors: a name that
// is not a name or comes twice, a kind that cannot be declared.
func NewTable(key string, match Match, columns []Column) (*Table, error) {
	t := &Table{key: key, match: match, columns: slices.Clone(columns), rows: map[string][]Value{}}
	seen := map[string]bool{key: true}
	for _, c := range columns {
		if err := checkName(c.Name); err != nil {
			return nil, fmt.Errorf("column: %w", err)
		}
		if seen[c.Name] {
			return nil, fmt.Errorf("column %q comes twice", c.Name)
		}
		if c.Kind < Bool || c.Kind > NumberList {
			return nil, fmt.Errorf("column %q: cells cannot be of kind %s", c.Name, c.Kind)
		}
		seen[c.Name] = true
	}
	return t, nil
}

// Add puts in one row: its key and one cell for each column, in the order of
// the columns. Cells are coerced as fields are, in UTC; nil and "" are null.
// Errors: a key that is empty under Exact, longer than MaxKey or already
// there, the wrong number of cells, a cell of the wrong kind, more than
// MaxNamed rows.
func (t *Table) Add(key string, cells ...any) error {
	if key == "" && t.match == Exact {
		return fmt.Errorf("the key %q is empty", t.key)
	}
	if problem := textProblem(key); problem != "" || len(key) > MaxKey {
		return fmt.Errorf("the key %q may have %d bytes of UTF-8 at most", t.key, MaxKey)
	}
	if _, ok := t.rows[key]; ok {
		return fmt.Errorf("the key %s = %q comes twice", t.key, key)
	}
	if len(cells) != len(t.columns) {
		return fmt.Errorf("the row %q has %d cells beside its key; the table has %d columns", key, len(cells), len(t.columns))
	}
	if len(t.rows) >= MaxNamed {
		return fmt.Errorf("more than %d rows", MaxNamed)
	}
	row := make([]Value, len(cells))
	for i, raw := range cells {
		value, err := t.cell(key, t.columns[i], raw)
		if err != nil {
			return err
		}
		row[i] = value
	}
	t.rows[key] = row
	t.noteLength(len(key))
	return nil
}

func (t *Table) cell(key string, c Column, raw any) (Value, error) {
	if raw == nil || raw == "" {
		return Value{}, nil
	}
	value, problem := coerce(c.Kind, raw, nil)
	if problem != "" {
		err := fmt.Errorf("the row %q, column %q: %s", key, c.Name, problem)
		if maybe := meant(c.Kind, raw); maybe != "" {
			err = fmt.Errorf("%w\nMaybe %s", err, maybe)
		}
		return Value{}, err
	}
	return value, nil
}

// noteLength keeps the distinct key lengths, longest first.
func (t *Table) noteLength(n int) {
	i, found := slices.BinarySearchFunc(t.lengths, n, func(have, want int) int { return want - have })
	if !found {
		t.lengths = slices.Insert(t.lengths, i, n)
	}
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// row finds the row for a key, nil when there is none. O(1) for Exact, one
// look-up for each distinct key length for LongestPrefix.
func (t *Table) row(key string) []Value {
	if t.match == Exact {
		return t.rows[key]
	}
	for _, n := range t.lengths {
		if n <= len(key) {
			if row, ok := t.rows[key[:n]]; ok {
				return row
			}
		}
	}
	return nil
}

func (t *Table) column(name string) (int, Kind, bool) {
	for i, c := range t.columns {
		if c.Name == name {
			return i, c.Kind, true
		}
	}
	return 0, Null, false
}

func (t *Table) columnNames() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	return names
}

// DeclareTable makes a table known under a name: `NAME[lead.domain].owner`.
// Errors: a nil table, a name that is taken or is not a name.
func (v *Vocabulary) DeclareTable(name string, t *Table) error {
	if t == nil {
		return fmt.Errorf("table %q is nil; make it with NewTable", name)
	}
	if err := v.claim(name, "table"); err != nil {
		return err
	}
	v.tables[name] = t
	v.names[name] = "table"
	return nil
}

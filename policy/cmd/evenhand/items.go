package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation/effort"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// itemFields are what can be read of an item: those of the curves are in
// curves.go.
var itemFields = []string{"name", "group", "min", "max", "current", "margin"}

// usualEffortNames are what files call the columns here.
var usualEffortNames = map[string][]string{
	"name":    {"item", "segment", "territory", "region", "product", "account", "id"},
	"group":   {"parent", "area"},
	"current": {"now_hours", "present", "current_effort", "hours"},
	"effort":  {"hours", "calls", "visits", "spend", "heads", "units"},
	"sales":   {"return", "returns", "revenue", "value", "result"},
}

// item is one row of the items file.
type item struct {
	line     int
	name     string
	group    string
	min, max int64 // effort.NoLimit without a maximum
	current  int64
	margin   float64
	curve    effort.Curve
	origin   string      // of the curve: given, judged, points or fitted
	points   *itemPoints // that it goes through
	fit      *effort.Fit // where it was judged or fitted
	rows     int         // it was fitted to
	seen     float64     // the most effort in them
	response *effort.Response
}

// itemsFile is a file of items.
type itemsFile struct {
	source     source
	columns    *columns
	items      []*item
	hasCurrent bool
	faults     []error
}

func (f *itemsFile) fault(line int, err error) {
	f.faults = append(f.faults, fmt.Errorf("line %d: %w", line, err))
}

// refused is what is wrong with the rows, all of them.
func (f *itemsFile) refused() error {
	if err := errors.Join(f.faults...); err != nil {
		return usage("%s %s:\n%w", f.source.what, f.source.name(), err)
	}
	return nil
}

// readEffortTable reads a file and settles which column is what; without one of
// the needed columns there is nothing to read.
func readEffortTable(s source, c console, given []string, fields, needed []string) (*tabular.Table, *columns, error) {
	t, err := s.read(c.in)
	if err != nil {
		return nil, nil, err
	}
	pairs, err := parsePairs("map", given)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range pairs {
		if !slices.Contains(fields, tabular.Key(p.field)) {
			return nil, nil, usage("--map %s=%s: %s have no field %q%s", p.field, p.column, s.what, p.field, maybe(p.field, fields))
		}
	}
	for _, field := range fields {
		taken := slices.ContainsFunc(pairs, func(p pair) bool { return tabular.Key(p.field) == field })
		for _, usual := range usualEffortNames[field] {
			if i := columnIndex(t, usual); !taken && columnIndex(t, field) < 0 && i >= 0 {
				pairs, taken = append(pairs, pair{field, t.Columns[i]}), true
			}
		}
	}
	m, err := mapColumns(s, "map", t, fields, pairs, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, field := range needed {
		if _, ok := m.of[field]; !ok && len(t.Columns) > 0 {
			return nil, nil, usage("%s %s: no column is the %s; it has %s\nMaybe call one of them %s", s.what, s.name(), field, list(t.Columns), field)
		}
	}
	return t, m, nil
}

// readItems reads the items with their curves. All rows that cannot be used
// are named.
func readItems(s source, given []string, curves *curveFiles, c console) (*itemsFile, error) {
	t, m, err := readEffortTable(s, c, given, append(slices.Clone(itemFields), curveFields()...), []string{"name"})
	if err != nil {
		return nil, err
	}
	f := &itemsFile{source: s, columns: m}
	_, f.hasCurrent = m.of["current"]
	first := map[string]int{}
	for i := range t.Rows {
		row := &t.Rows[i]
		it, wrong := readItem(row, m, curves)
		if line := first[it.name]; line > 0 && len(wrong) == 0 {
			wrong = append(wrong, fmt.Errorf("%q is in line %d already", clip(it.name), line))
		}
		first[it.name] = row.Line
		for _, err := range wrong {
			f.fault(row.Line, err)
		}
		f.items = append(f.items, it)
	}
	if len(f.items) == 0 {
		return nil, usage("%s %s: there is no item in it\nMaybe another file is meant, or its rows are missing", s.what, s.name())
	}
	return f, f.refused()
}

func readItem(row *tabular.Row, m *columns, curves *curveFiles) (*item, []error) {
	it := &item{line: row.Line, max: effort.NoLimit, margin: 1}
	if row.Fault != "" {
		return it, []error{errors.New(row.Fault)}
	}
	r := &repReader{row: row, m: m}
	it.name, it.group = r.text("name"), r.text("group")
	if it.name == "" {
		r.faults = append(r.faults, errors.New("the name is blank"))
	}
	for _, bound := range []struct {
		field string
		to    *int64
	}{{"min", &it.min}, {"max", &it.max}, {"current", &it.current}} {
		n := r.whole(bound.field)
		switch {
		case n == nil:
		case *n < 0:
			r.fault(bound.field, fmt.Errorf("%d is below 0", *n))
		case *n > effort.MaxUnits:
			r.fault(bound.field, fmt.Errorf("%d is above %d, the most there can be", *n, int64(effort.MaxUnits)))
		default:
			*bound.to = *n
		}
	}
	if it.min > it.max {
		r.fault("min", fmt.Errorf("%d is above the maximum, %d", it.min, it.max))
	}
	if margin, ok := r.number("margin"); ok {
		if it.margin = margin; margin <= 0 || margin > 1e6 {
			r.fault("margin", fmt.Errorf("%g is not above 0", margin))
		}
	}
	curves.find(r, it)
	return it, r.faults
}

// now is what the items return today.
func (f *itemsFile) now() (sum float64) {
	for _, it := range f.items {
		sum += it.curve.At(float64(it.current))
	}
	return sum
}

// current is what they have today.
func (f *itemsFile) current() (sum int64) {
	for _, it := range f.items {
		sum += it.current
	}
	return sum
}

// sample makes integers of every curve, for a budget that any item might get
// whole, and returns how many make one of the returns.
func (f *itemsFile) sample(budget int64, envelope bool) (scale float64, err error) {
	most := 0.0
	for _, it := range f.items {
		sales := math.Abs(it.curve.At(0)) + math.Abs(it.curve.At(float64(it.reach(budget))))
		if !(sales <= 1e15) {
			f.fault(it.line, fmt.Errorf("curve: %.3g for %s units is beyond all measure\nMaybe returns in millions", sales, count(it.reach(budget))))
		}
		most += sales
	}
	for scale = 1e6; most*scale > effort.MaxReturn/8 && scale > 1e-6; {
		scale /= 10
	}
	if err := f.refused(); err != nil {
		return 0, err
	}
	for _, it := range f.items {
		if err := it.sample(effort.Window{To: it.reach(budget), Scale: scale, Envelope: envelope}); err != nil {
			f.fault(it.line, err)
		}
	}
	return scale, f.refused()
}

// sample makes integers of the item's curve. What is wrong with points names
// their lines.
func (it *item) sample(w effort.Window) (err error) {
	points, ok := it.curve.(*effort.Points)
	if ok {
		w.From, w.To = points.First(), points.Last()
		if it.min > w.To || it.max < w.From {
			return fmt.Errorf("its points run from %d to %d, and it has to get %d at least", w.From, w.To, it.min)
		}
	}
	it.response, err = effort.Sample(it.curve, w)
	switch {
	case err == nil:
		return nil
	case ok:
		return it.points.wrong(err)
	}
	return fmt.Errorf("curve: %w", inEffort(err))
}

// reach is the most units that the item might get, and one more, which says what
// its maximum is worth.
func (it *item) reach(budget int64) int64 {
	if it.max < budget {
		return it.max + 1
	}
	return max(it.min, budget)
}

// inEffort says what package effort has to say, without what it begins with.
func inEffort(err error) error {
	var e *effort.Error
	if !errors.As(err, &e) {
		return err
	}
	advice := e.Maybe
	if strings.HasPrefix(advice, "allow the concave envelope") {
		advice = "--envelope, which allows that, and searches instead of going by the order of returns"
	}
	if advice != "" {
		return errors.New(e.Detail + "\nMaybe " + advice)
	}
	return errors.New(e.Detail)
}

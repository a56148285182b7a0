package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/evenhand/evenhand/allocation/effort"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// division is a budget divided over items.
type division struct {
	items   *itemsFile
	budget  amount
	groups  []string // with limits, in the order of the problem's
	problem effort.Problem
	found   *effort.Found
	result  *effort.Allocation // that of found
	// What one more unit would bring, and one less would cost.
	price, loss int64
	scale       float64 // integers to one of the returns
	force       *staffing
}

// divide divides the budget that is given.
func (d *division) divide(r *resourcesCommand) (err error) {
	if d.budget, err = parseAmount("budget", r.Budget); err != nil {
		return err
	}
	if d.scale, err = d.items.sample(d.budget.n, r.Envelope); err != nil {
		return err
	}
	if err := d.limits(r); err != nil {
		return err
	}
	return d.solve(d.budget.n)
}

// nodes is how far the search goes where curves grow at first. Mostly it ends
// after three.
const nodes = 500

// solve divides a budget, and finds its price: where curves grow at first, by
// dividing a unit more and a unit less.
func (d *division) solve(budget int64) (err error) {
	d.problem.Budget = budget
	if d.found, err = effort.Search(&d.problem, nodes); err != nil {
		return d.refused(err)
	}
	d.result = d.found.Allocation
	d.price, d.loss = d.result.Price, d.result.Loss
	if !d.grows() {
		return nil
	}
	other := d.problem
	other.Budget = budget + 1
	if more, err := effort.Search(&other, nodes); err == nil {
		d.price = max(0, more.Allocation.Actual-d.result.Actual)
	}
	other.Budget = budget - 1
	if less, err := effort.Search(&other, nodes); err == nil {
		d.loss = max(0, d.result.Actual-less.Allocation.Actual)
	}
	return nil
}

// grows reports whether a curve was straightened.
func (d *division) grows() bool {
	return slices.ContainsFunc(d.problem.Items, func(it effort.Item) bool { return it.Response.Envelope() })
}

// limits makes the problem of the items and of what bounds them together.
func (d *division) limits(r *resourcesCommand) error {
	d.problem = effort.Problem{}
	if err := d.readGroups(r); err != nil {
		return err
	}
	for _, it := range d.items.items {
		d.problem.Items = append(d.problem.Items, effort.Item{
			Response: it.response, Min: it.min, Max: it.max, Current: it.current, Group: slices.Index(d.groups, it.group),
		})
	}
	if r.Move == "" {
		return nil
	}
	if !d.items.hasCurrent {
		return usage("--move needs to know what the items have now: %s %s has no column current\nMaybe --map current=COLUMN", d.items.source.what, d.items.source.name())
	}
	most, err := d.moves(r.Move)
	d.problem.Moves = &most
	return err
}

// moves is a part of what there is now, or an amount.
func (d *division) moves(text string) (int64, error) {
	if !strings.HasSuffix(strings.TrimSpace(text), "%") {
		a, err := parseAmount("move", text)
		return a.n, err
	}
	part, err := parsePart("move", text)
	return int64(part * float64(d.items.current())), err
}

// readGroups reads the limits of groups. A group that no item is in is a slip.
func (d *division) readGroups(r *resourcesCommand) error {
	d.groups = nil
	if r.Groups == "" {
		return nil
	}
	s := r.file("groups", r.Groups)
	t, m, err := readEffortTable(s, console{}, nil, []string{"group", "min", "max"}, []string{"group"})
	if err != nil {
		return err
	}
	var faults []error
	for i := range t.Rows {
		row := &t.Rows[i]
		g := &repReader{row: row, m: m}
		name, limit := g.text("group"), effort.Group{Max: effort.NoLimit}
		if row.Fault != "" {
			g.faults = []error{errors.New(row.Fault)}
		}
		if n := g.whole("min"); n != nil {
			limit.Min = *n
		}
		if n := g.whole("max"); n != nil {
			limit.Max = *n
		}
		switch {
		case len(g.faults) > 0:
		case limit.Min < 0 || limit.Min > limit.Max:
			g.fault("min", fmt.Errorf("%d is not from 0 to the maximum", limit.Min))
		case slices.Contains(d.groups, name):
			g.fault("group", fmt.Errorf("%q has limits already", clip(name)))
		case !slices.ContainsFunc(d.items.items, func(it *item) bool { return it.group == name }):
			g.fault("group", fmt.Errorf("no item is in %q", clip(name)))
		}
		for _, err := range g.faults {
			faults = append(faults, fmt.Errorf("line %d: %w", row.Line, err))
		}
		d.groups, d.problem.Groups = append(d.groups, name), append(d.problem.Groups, limit)
	}
	if err := errors.Join(faults...); err != nil {
		return usage("groups %s:\n%w", s.name(), err)
	}
	return nil
}

// refused says of an allocation that is not possible which rows are in the way.
func (d *division) refused(err error) error {
	var e *effort.Error
	if !errors.As(err, &e) {
		return err
	}
	text := inEffort(err).Error()
	switch {
	case e.Item >= 0:
		return usage("%s %s:\nline %d: %s", d.items.source.what, d.items.source.name(), d.items.items[e.Item].line, text)
	case e.Group >= 0:
		return usage("--groups: %s", strings.Replace(text, fmt.Sprintf("group %d", e.Group), fmt.Sprintf("group %q", clip(d.groups[e.Group])), 1))
	case errors.Is(err, effort.ErrInfeasible):
		return usage("%s %s: %s\nMaybe lower minimums, or a larger budget", d.items.source.what, d.items.source.name(), text)
	}
	return usage("%s %s: %s", d.items.source.what, d.items.source.name(), text)
}

// real is a return of the problem as it was given.
func (d *division) real(scaled int64) float64 { return float64(scaled) / d.scale }

// itemLine is what becomes of one item, for JSON and CSV.
type itemLine struct {
	Name        string  `json:"name"`
	Group       string  `json:"group,omitempty"`
	Current     int64   `json:"current"`
	Recommended int64   `json:"recommended"`
	Change      int64   `json:"change"`
	Next        float64 `json:"next"`  // what one more unit brings
	Last        float64 `json:"last"`  // what the last one brings
	Bound       float64 `json:"bound"` // what one more beyond its maximum would bring above its price; below 0 at its minimum
	Now         float64 `json:"expected_now"`
	Expected    float64 `json:"expected"`
	Curve       string  `json:"curve"`
	From        string  `json:"curve_from"` // given, judged, points or fitted
	RMS         float64 `json:"rms,omitempty"`
	R2          float64 `json:"r2,omitempty"`
	Rows        int     `json:"rows,omitempty"`
	Seen        float64 `json:"seen,omitempty"` // the most effort in its history
}

func (d *division) line(i int) itemLine {
	it, g := d.items.items[i], d.result.Items[i]
	l := itemLine{
		Name: it.name, Group: it.group, Current: it.current, Recommended: g.Units, Change: g.Units - it.current,
		Next: d.real(g.Next), Last: d.real(g.Last), Bound: d.real(g.Bound),
		Now: it.curve.At(float64(it.current)), Expected: d.real(g.Actual), Curve: "points", From: it.origin, Rows: it.rows, Seen: it.seen,
	}
	if curve, ok := it.curve.(fmt.Stringer); ok {
		l.Curve = curve.String()
	}
	if it.fit != nil {
		l.RMS, l.R2 = it.fit.RMS*it.margin, it.fit.R2
	}
	return l
}

// divided is the result as JSON.
type divided struct {
	Budget   int64        `json:"budget"`
	Unit     string       `json:"unit"`
	Used     int64        `json:"used"`
	Moved    int64        `json:"moved"`
	Expected float64      `json:"expected"`
	Now      float64      `json:"expected_now"`
	Bound    float64      `json:"bound"` // no allocation returns more
	Price    float64      `json:"price"` // what one more unit would bring
	Loss     float64      `json:"loss"`  // what one unit less would cost
	Move     float64      `json:"move_price"`
	Groups   []groupPrice `json:"groups,omitempty"`
	Proved   bool         `json:"proved"` // nothing returns more
	Force    *staffing    `json:"reps,omitempty"`
	Items    []itemLine   `json:"items"`
}

// groupPrice is what a group's limit does to the value of a unit in it.
type groupPrice struct {
	Group string  `json:"group"`
	Price float64 `json:"price"`
}

func (d *division) json() divided {
	a := d.result
	out := divided{
		Budget: d.problem.Budget, Unit: d.budget.unit, Used: a.Used, Moved: a.Moved,
		Expected: d.real(a.Actual), Now: d.items.now(), Bound: d.real(d.found.Bound), Price: d.real(d.price), Loss: d.real(d.loss),
		Move: d.real(a.MovePrice), Proved: d.found.Gap() == 0, Force: d.force,
	}
	for g, name := range d.groups {
		out.Groups = append(out.Groups, groupPrice{name, d.real(a.GroupPrice[g])})
	}
	for i := range a.Items {
		out.Items = append(out.Items, d.line(i))
	}
	return out
}

// writeCSV writes the recommended effort, for whatever takes it from here.
func (d *division) writeCSV(w io.Writer) error {
	out := tabular.NewWriter(w)
	if err := out.Write([]string{"name", "group", "current", "recommended", "change", "next", "expected", "expected_now"}); err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64) }
	for i := range d.result.Items {
		l := d.line(i)
		if err := out.Write([]string{l.Name, l.Group, strconv.FormatInt(l.Current, 10), strconv.FormatInt(l.Recommended, 10), strconv.FormatInt(l.Change, 10), number(l.Next), number(l.Expected), number(l.Now)}); err != nil {
			return err
		}
	}
	return out.Flush()
}

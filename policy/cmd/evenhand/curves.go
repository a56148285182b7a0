package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation/effort"
)

// judgementFields are what people expect of an item: with none, half, the
// present and half as much again of its effort, and at saturation.
var judgementFields = []string{"none", "half", "now", "more", "saturation"}

// curveFields are the columns of an item that make its curve.
func curveFields() []string {
	fields := append([]string{"curve"}, judgementFields...)
	for _, kind := range effort.Kinds() {
		for _, p := range effort.Parameters(kind) {
			if !slices.Contains(fields, p) {
				fields = append(fields, p)
			}
		}
	}
	return fields
}

// curveFiles are the files that curves come from, by the item's name.
type curveFiles struct {
	points, history *pointsFile // nil without
	kind            string      // of --curve: where the item does not say
	envelope        bool
}

// pointsFile is rows of effort and sales by item: points of curves, or history.
type pointsFile struct {
	source source
	of     map[string]*itemPoints
	used   map[string]bool
}

type itemPoints struct {
	file   string
	lines  []int
	points []effort.Observation
}

// readPoints reads a file of points or of history. All rows that cannot be used
// are named.
func readPoints(s source, c console) (*pointsFile, error) {
	needed := []string{"name", "effort", "sales"}
	t, m, err := readEffortTable(s, c, nil, needed, needed)
	if err != nil {
		return nil, err
	}
	f := &pointsFile{source: s, of: map[string]*itemPoints{}, used: map[string]bool{}}
	var faults []error
	for i := range t.Rows {
		row := &t.Rows[i]
		r := &repReader{row: row, m: m}
		if row.Fault != "" {
			faults = append(faults, fmt.Errorf("line %d: %s", row.Line, row.Fault))
			continue
		}
		name := r.text("name")
		o := effort.Observation{Effort: f.effort(r), Return: r.needed("sales")}
		if name == "" {
			r.faults = append(r.faults, errors.New("the name is blank"))
		}
		for _, err := range r.faults {
			faults = append(faults, fmt.Errorf("line %d: %w", row.Line, err))
		}
		if f.of[name] == nil {
			f.of[name] = &itemPoints{file: s.what + " " + s.name()}
		}
		f.of[name].points, f.of[name].lines = append(f.of[name].points, o), append(f.of[name].lines, row.Line)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, usage("%s %s:\n%w", s.what, s.name(), err)
	}
	return f, nil
}

// effort is whole in points, and any number in history.
func (f *pointsFile) effort(r *repReader) float64 {
	e := r.needed("effort")
	switch {
	case e < 0:
		r.fault("effort", fmt.Errorf("%g is below 0", e))
	case f.source.what == "points" && (e != float64(int64(e)) || e > effort.MaxUnits):
		r.fault("effort", fmt.Errorf("%g is not a whole number of units", e))
	}
	return e
}

// needed is a number that may not be blank.
func (r *repReader) needed(field string) float64 {
	if r.m.cell(r.row, field) == nil {
		r.fault(field, errors.New("it is blank"))
		return 0
	}
	n, _ := r.number(field)
	return n
}

// unused names items of the file that the items file does not have.
func (f *pointsFile) unused() []string {
	var names []string
	for name := range f.of {
		if !f.used[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// find settles an item's curve: that of its parameters, its judgement, its
// points or its history, of which one has to be there.
func (c *curveFiles) find(r *repReader, it *item) {
	kind := r.text("curve")
	if kind != "" && !slices.Contains(effort.Kinds(), kind) {
		r.fault("curve", fmt.Errorf("%q is none of %s%s", clip(kind), strings.Join(effort.Kinds(), ", "), maybe(kind, effort.Kinds())))
		return
	}
	if kind == "" {
		kind = c.kind
	}
	var from []string
	if parameters := r.present(shapeFields()); len(parameters) > 0 {
		from = append(from, "its columns "+strings.Join(parameters, ", "))
		it.given(r, kind)
	}
	if judged := r.present(judgementFields); len(judged) > 0 {
		from = append(from, "its columns "+strings.Join(judged, ", "))
		it.judged(r)
	}
	if at := c.points.at(it.name); at != nil {
		from = append(from, "points "+c.points.source.name())
		it.through(r, at)
	}
	if at := c.history.at(it.name); at != nil {
		from = append(from, "history "+c.history.source.name())
		it.fitted(r, c, at, kind)
	}
	switch {
	case len(from) == 0:
		r.fault("curve", errors.New("none is given: no parameters, no judgement, no points, no history\nMaybe --history history.csv, with a row for each month"))
	case len(from) > 1:
		r.fault("curve", fmt.Errorf("%d are given: %s\nMaybe leave all but one blank", len(from), strings.Join(from, "; ")))
	}
}

// shapeFields are the parameters without those that only say what no effort
// returns, which a history may have as well.
func shapeFields() []string {
	return slices.DeleteFunc(curveFields()[1+len(judgementFields):], func(f string) bool { return f == "base" || f == "low" })
}

// present lists those of the fields that are not blank.
func (r *repReader) present(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return r.m.cell(r.row, f) == nil })
}

func (f *pointsFile) at(name string) *itemPoints {
	if f == nil || f.of[name] == nil {
		return nil
	}
	f.used[name] = true
	return f.of[name]
}

// given makes the curve of its parameters.
func (it *item) given(r *repReader, kind string) {
	if kind == "" {
		r.fault("curve", fmt.Errorf("%s are given, and not what curve it is\nMaybe %s", strings.Join(r.present(shapeFields()), ", "), strings.Join(effort.Kinds(), ", ")))
		return
	}
	var parameters []float64
	for _, name := range effort.Parameters(kind) {
		value, ok := r.number(name)
		if !ok && name != "base" && name != "low" {
			if r.m.cell(r.row, name) == nil { // else that is said already
				r.fault("curve", fmt.Errorf("%s needs %s", kind, name))
			}
			return
		}
		parameters = append(parameters, value)
	}
	for _, other := range r.present(shapeFields()) {
		if !slices.Contains(effort.Parameters(kind), other) {
			r.fault(other, fmt.Errorf("%s has no such parameter; it has %s", kind, strings.Join(effort.Parameters(kind), ", ")))
		}
	}
	curve, err := effort.NewCurve(kind, parameters...)
	if err != nil {
		r.fault("curve", inEffort(err))
		return
	}
	it.curve, it.origin = curve.Times(it.margin), "given"
}

// judged makes the curve of what people expect.
func (it *item) judged(r *repReader) {
	j := effort.Judgement{Effort: float64(it.current)}
	for _, answer := range []struct {
		field string
		to    *float64
	}{{"none", &j.None}, {"now", &j.Now}, {"saturation", &j.Saturation}} {
		*answer.to = r.needed(answer.field)
	}
	if half, ok := r.number("half"); ok {
		j.Half = &half
	}
	if more, ok := r.number("more"); ok {
		j.More = &more
	}
	if len(r.faults) > 0 {
		return
	}
	fit, err := j.Curve()
	if err != nil {
		r.fault("curve", inEffort(err))
		return
	}
	it.curve, it.fit, it.origin = fit.Curve.Times(it.margin), fit, "judged"
}

// through makes the curve through points.
func (it *item) through(r *repReader, at *itemPoints) {
	points := make([]effort.Point, len(at.points))
	for i, o := range at.points {
		points[i] = effort.Point{Effort: int64(o.Effort), Return: o.Return}
	}
	it.points = at
	curve, err := effort.NewPoints(points)
	if err != nil {
		r.faults = append(r.faults, at.wrong(err))
		return
	}
	it.curve, it.origin = curve.Times(it.margin), "points"
}

// wrong says what is wrong with points, and on which of their lines.
func (at *itemPoints) wrong(err error) error {
	lines := at.lines
	var e *effort.Error
	if errors.As(err, &e) && len(e.Rows) > 0 {
		lines = nil
		for _, i := range e.Rows {
			lines = append(lines, at.lines[i])
		}
	}
	return fmt.Errorf("curve: %s, %s: %w", at.file, lineNumbers(lines), inEffort(err))
}

// lineNumbers names lines: line 4, or lines 4, 5.
func lineNumbers(lines []int) string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(lines), " ", ", "), "[]")
	if len(lines) == 1 {
		return "line " + text
	}
	return "lines " + text
}

// fitted makes the curve of history: of the kind that is asked for, or else of
// the kind that fits best.
func (it *item) fitted(r *repReader, c *curveFiles, at *itemPoints, kind string) {
	var o effort.FitOptions
	for _, name := range []string{"base", "low"} {
		if base, ok := r.number(name); ok {
			o.Base = &base
		}
	}
	fit, err := effort.FitBest(at.points, o, c.envelope)
	if kind != "" {
		fit, err = effort.FitCurve(kind, at.points, o)
	}
	if err != nil {
		r.faults = append(r.faults, at.wrong(err))
		return
	}
	it.curve, it.fit, it.origin, it.rows = fit.Curve.Times(it.margin), fit, "fitted", len(at.points)
	for _, o := range at.points {
		it.seen = max(it.seen, o.Effort)
	}
}

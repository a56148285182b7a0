package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
	"github.com/evenhand/evenhand/policy/rule"
)

// repsFile is a reps file read under a policy.
type repsFile struct {
	source  source
	reps    []allocation.Rep
	columns *columns
	missing []string       // fields and KPIs the policy declares and no column fills
	lines   map[string]int // by the rep's ID; of two with one ID, the later one
	opening allocation.Opening
}

// readReps reads the whole reps file. Every bad row is named; there is no
// roster without its bad rows, because the others would get their customers.
func readReps(s source, pairs []string, p *document, c console) (*repsFile, error) {
	doc, zone := p.Document, p.compiled.Zone
	t, err := s.read(c.in)
	if err != nil {
		return nil, err
	}
	mapped, err := parsePairs("rep-map", pairs)
	if err != nil {
		return nil, err
	}
	t = withKPIs(t, doc)
	fields := repFields(doc)
	m, err := mapColumns(s, "rep-map", t, fields, mapped, nil)
	if err != nil {
		return nil, err
	}
	if _, ok := m.of["id"]; !ok && len(t.Rows) > 0 && len(t.Columns) > 0 {
		return nil, noID(s, t, "rep", "--rep-map id=")
	}
	f := &repsFile{source: s, columns: m, missing: m.missing(fields[len(coreRepFields):]), lines: map[string]int{}}
	var faults []error
	for i := range t.Rows {
		rep, wrong := readRep(&t.Rows[i], m, doc, zone)
		for _, err := range wrong {
			faults = append(faults, fmt.Errorf("line %d: %w", t.Rows[i].Line, err))
		}
		f.reps = append(f.reps, rep)
		f.lines[rep.ID] = t.Rows[i].Line
	}
	if err := errors.Join(faults...); err != nil {
		return nil, usage("reps %s:\n%w", s.name(), err)
	}
	if len(f.reps) == 0 {
		return nil, usage("reps %s: there is no rep in it\nMaybe another file is meant, or its rows are missing", s.name())
	}
	return f, nil
}

// refused makes a usage error of what a desk says is wrong with the reps, and
// puts the line of the file before what it says of one of them.
func (f *repsFile) refused(err error) error {
	if !errors.Is(err, allocation.ErrInput) {
		return err
	}
	texts := strings.Split(strings.TrimPrefix(err.Error(), inputPrefix), "\n")
	for i, text := range texts {
		quoted, _ := strconv.QuotedPrefix(strings.TrimPrefix(text, "rep "))
		id, _ := strconv.Unquote(quoted)
		if line := f.lines[id]; line > 0 && strings.HasPrefix(text, "rep ") {
			texts[i] = fmt.Sprintf("line %d: %s", line, text)
		}
	}
	return usage("reps %s:\n%s", f.source.name(), strings.Join(texts, "\n"))
}

// note says which columns are not used, and which are not there.
func (f *repsFile) note(c console) { noteColumns(c, f.source, f.columns, f.missing) }

// withKPIs makes columns of what stands under kpi: a member object of JSON,
// and columns that bear a KPI's name alone.
func withKPIs(t *tabular.Table, doc *policy.Document) *tabular.Table {
	out := &tabular.Table{Columns: slices.Clone(t.Columns), Rows: slices.Clone(t.Rows)}
	known, kpis := repFields(doc), byKey(doc.KPIs)
	for i, name := range out.Columns {
		key := tabular.Key(name)
		if kpis[key] != "" && !slices.Contains(known, key) && columnIndex(t, "kpi."+key) < 0 {
			out.Columns[i] = "kpi." + name
		}
	}
	if object := columnIndex(t, "kpi"); object >= 0 {
		spreadKPIs(out, object)
	}
	return out
}

// spreadKPIs gives each member of the objects in a column a column of its own.
func spreadKPIs(t *tabular.Table, object int) {
	t.Columns[object] = "" // it is used, and fills nothing itself
	measures := map[string]bool{}
	for i := range t.Rows {
		of, _ := t.Rows[i].Cell(object).(map[string]any)
		for name := range of {
			measures[name] = true
		}
	}
	columns := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(measures)) {
		columns[name] = len(t.Columns)
		t.Columns = append(t.Columns, "kpi."+name)
	}
	for i := range t.Rows {
		of, ok := t.Rows[i].Cell(object).(map[string]any)
		if !ok {
			continue
		}
		row := t.Rows[i].Clone()
		for name, value := range of {
			row.Set(columns[name], value)
		}
		t.Rows[i] = row
	}
}

// readRep reads one rep. All faults are named.
func readRep(row *tabular.Row, m *columns, doc *policy.Document, zone *time.Location) (allocation.Rep, []error) {
	if row.Fault != "" {
		return allocation.Rep{}, []error{errors.New(row.Fault)}
	}
	r := repReader{row: row, m: m, zone: zone}
	rep := allocation.Rep{
		ID: r.text("id"), Name: r.text("name"), Role: r.text("role"), Manager: r.text("manager"),
		Country: r.text("country"), Region: r.text("region"), Timezone: r.text("timezone"),
		Teams: r.list("teams"), Skills: r.list("skills"), Territories: r.list("territories"), Segments: r.list("segments"),
		Capacity: r.whole("capacity"), Inactive: !r.flag("active"), HiredAt: r.moment("hired_at"),
	}
	if rep.ID == "" {
		if _, ok := word(m.cell(row, "id")); ok {
			r.faults = append(r.faults, errors.New("the ID is blank"))
		}
	}
	if rep.Timezone != "" {
		if own, err := calendar.LoadZone(rep.Timezone); err == nil {
			r.zone = own
		} else {
			r.fault("timezone", errors.New(strings.TrimPrefix(err.Error(), calendar.ErrZone.Error()+": ")))
		}
	}
	rep.Shifts, rep.TimeOff = r.shifts(), r.timeOff()
	for _, name := range doc.KPIs {
		if v, ok := r.number("kpi." + name); ok {
			if rep.KPI == nil {
				rep.KPI = map[string]float64{}
			}
			rep.KPI[name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Fields.Rep)) {
		if cell := m.cell(row, name); cell != nil {
			if rep.Fields == nil {
				rep.Fields = map[string]any{}
			}
			rep.Fields[name] = cell
		}
	}
	return rep, r.faults
}

// repReader reads the cells of one rep and collects what is wrong with them.
type repReader struct {
	row    *tabular.Row
	m      *columns
	zone   *time.Location
	faults []error
}

func (r *repReader) fault(field string, err error) {
	r.faults = append(r.faults, fmt.Errorf("%s: %w", field, err))
}

func (r *repReader) text(field string) string {
	text, ok := word(r.m.cell(r.row, field))
	if !ok {
		r.fault(field, fmt.Errorf("%s is not text", clip(cellText(r.m.cell(r.row, field)))))
	}
	return text
}

// list reads "a; b", or a JSON array of text.
func (r *repReader) list(field string) []string {
	var out []string
	for _, part := range r.parts(field) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (r *repReader) parts(field string) []string {
	elements, ok := r.m.cell(r.row, field).([]any)
	if !ok {
		return strings.Split(r.text(field), ";")
	}
	var parts []string
	for _, e := range elements {
		part, ok := word(e)
		if !ok {
			r.fault(field, fmt.Errorf("%s is not text", clip(cellText(e))))
		}
		parts = append(parts, part)
	}
	return parts
}

func (r *repReader) whole(field string) *int64 {
	text := r.text(field)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 64)
	if err != nil {
		problem := "%q is not a whole number"
		if errors.Is(err, strconv.ErrRange) {
			problem = "%q is too large"
		}
		r.fault(field, advised(rule.Int, text, problem, clip(text)))
		return nil
	}
	return &n
}

// flag is true when the cell is blank: a rep in the file is active unless it
// says otherwise.
func (r *repReader) flag(field string) bool {
	yes, err := truth(r.m.cell(r.row, field), true)
	if err != nil {
		r.fault(field, err)
	}
	return yes
}

// truth reads a cell that is true or false, or blank.
func truth(cell any, blank bool) (bool, error) {
	if b, ok := cell.(bool); ok {
		return b, nil
	}
	text, ok := word(cell)
	if !ok {
		return false, fmt.Errorf("%s is not true or false", clip(cellText(cell)))
	}
	switch strings.ToLower(text) {
	case "":
		return blank, nil
	case "true", "yes", "y", "1":
		return true, nil
	case "false", "no", "n", "0":
		return false, nil
	}
	return false, advised(rule.Bool, text, "%q is not true or false", clip(text))
}

func (r *repReader) number(field string) (float64, bool) {
	text := r.text(field)
	if text == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !strings.ContainsAny(text, "xXpP_") {
		return f, true
	}
	r.fault(field, advised(rule.Number, text, "%q is not a number", clip(text)))
	return 0, false
}

// advised is an error about a cell, with what it was probably meant to be.
func advised(kind rule.Kind, text, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if meant := rule.Meant(kind, text); meant != "" {
		return fmt.Errorf("%w\nMaybe %s", err, meant)
	}
	return err
}

func (r *repReader) moment(field string) time.Time {
	text := r.text(field)
	if text == "" {
		return time.Time{}
	}
	t, err := parseMoment(text, r.zone)
	if err != nil {
		r.fault(field, err)
	}
	return t
}

func (r *repReader) shifts() []calendar.Shift {
	shifts, err := calendar.ParseShifts(strings.Join(r.parts("shifts"), "; "))
	if err != nil {
		r.faults = append(r.faults, err)
	}
	return shifts
}

func (r *repReader) timeOff() []calendar.Span {
	spans, err := calendar.ParseSpans(strings.Join(r.parts("time_off"), "; "), r.zone)
	if err != nil {
		r.faults = append(r.faults, err)
	}
	return spans
}

// likelyID guesses which column holds the ID, for a hint.
func likelyID(columns []string) string {
	for _, name := range columns {
		if key := tabular.Key(name); strings.HasSuffix(key, "_id") || strings.HasPrefix(key, "id_") {
			return clip(name)
		}
	}
	if len(columns) > 0 {
		return clip(columns[0])
	}
	return "COLUMN"
}

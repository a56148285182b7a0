package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// ownerFields are what can be read of a CRM's customers, with what CRMs call
// them. Those of id and owner are in recognise.go.
var ownerFields = []struct {
	name  string
	usual []string
}{
	{"id", nil},
	{"kind", nil},
	{"owner", nil},
	{"closed", []string{"is_closed", "isclosed"}},
	{"status", []string{"stage", "deal_stage", "opportunity_stage", "stagename", "lead_status", "case_status", "ticket_status", "pipeline_stage"}},
	{"units", nil},
	{"since", []string{"owner_since", "owner_assigned_date", "hubspot_owner_assigneddate", "owner_changed_at"}},
}

// closedWords are the stages at which work has ended, where --closed names no
// others.
var closedWords = []string{"closed", "closed won", "closed lost", "won", "lost", "resolved", "solved", "done", "cancelled", "canceled", "disqualified", "unqualified", "converted"}

// owners is a file of a CRM's customers.
type owners struct {
	source  source
	table   *tabular.Table
	columns *columns
	zone    *time.Location
	words   map[string]bool // stages that are closed
	lines   []int           // of the records
	stages  map[string]bool // that occur: closed or not
}

// readOwners reads the file and settles which column is what.
func readOwners(s source, given, closed []string, zone *time.Location, c console) (*owners, error) {
	t, err := s.read(c.in)
	if err != nil {
		return nil, err
	}
	pairs, err := parsePairs("map", given)
	if err != nil {
		return nil, err
	}
	var fields []string
	for _, f := range ownerFields {
		fields = append(fields, f.name)
		taken := slices.ContainsFunc(pairs, func(p pair) bool { return tabular.Key(p.field) == f.name })
		if i := usualOwnerColumn(t, f.name, f.usual); i >= 0 && !taken {
			pairs = append(pairs, pair{f.name, t.Columns[i]})
		}
	}
	m, err := mapColumns(s, "map", t, fields, pairs, nil)
	if err != nil {
		return nil, err
	}
	for _, field := range []string{"id", "owner"} {
		if _, ok := m.of[field]; !ok && len(t.Columns) > 0 {
			return nil, usage("%s %s: no column is the customer's %s; it has %s\nMaybe --map %s=COLUMN", s.what, s.name(), field, list(t.Columns), field)
		}
	}
	o := &owners{source: s, table: t, columns: m, zone: zone, words: map[string]bool{}, stages: map[string]bool{}}
	if len(closed) == 0 {
		closed = closedWords
	}
	for _, word := range closed {
		o.words[stageKey(word)] = true
	}
	return o, nil
}

// usualOwnerColumn finds a field's column by the names that CRMs give it; -1
// when there is none, or one of the field's own name.
func usualOwnerColumn(t *tabular.Table, field string, usual []string) int {
	if columnIndex(t, field) >= 0 {
		return -1
	}
	if field == "id" {
		return idColumn(t, "")
	}
	for _, name := range append(usual, usualNames[field]...) {
		if i := columnIndex(t, name); i >= 0 {
			return i
		}
	}
	return -1
}

// stageKey is what two spellings of a stage have in common: "Closed - Won" and
// "closed won".
func stageKey(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" -_/:.", r) }), " ")
}

// records reads every row. All rows that cannot be used are named.
func (o *owners) records(who *people) ([]allocation.Record, error) {
	var all []allocation.Record
	var faults []error
	first := map[allocation.CustomerRef]int{}
	for i := range o.table.Rows {
		row := &o.table.Rows[i]
		r, wrong := o.record(row, who)
		if ref := (allocation.CustomerRef{Kind: r.Kind, ID: r.ID}); len(wrong) == 0 {
			if line := first[ref]; line > 0 {
				wrong = append(wrong, fmt.Errorf("%q is in line %d already", clip(r.ID), line))
			}
			first[ref] = row.Line
		}
		for _, err := range wrong {
			faults = append(faults, fmt.Errorf("line %d: %w", row.Line, err))
		}
		all = append(all, r)
		o.lines = append(o.lines, row.Line)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, usage("%s %s:\n%w", o.source.what, o.source.name(), err)
	}
	return all, nil
}

func (o *owners) record(row *tabular.Row, who *people) (allocation.Record, []error) {
	if row.Fault != "" {
		return allocation.Record{}, []error{errors.New(row.Fault)}
	}
	r := repReader{row: row, m: o.columns, zone: o.zone}
	if r.text("id") == "" {
		r.faults = append(r.faults, errors.New("the ID is blank"))
	}
	record := allocation.Record{ID: r.text("id"), Kind: r.text("kind"), Closed: o.closed(&r), Since: r.moment("since")}
	if units := r.whole("units"); units != nil {
		if record.Units = *units; record.Units <= 0 {
			r.fault("units", fmt.Errorf("%d is not above zero", record.Units))
		}
	}
	if owner := r.text("owner"); owner != "" && !record.Closed {
		id, err := who.find(owner)
		if err != nil {
			r.fault("owner", err)
		}
		record.Owner = id
	}
	return record, r.faults
}

// closed reports whether the work has ended, by either column.
func (o *owners) closed(r *repReader) bool {
	stage := r.text("status")
	closed := o.words[stageKey(stage)]
	if stage != "" {
		o.stages[stage] = closed
	}
	if o.columns.cell(r.row, "closed") == nil {
		return closed
	}
	return r.flag("closed")
}

// note says which column is what, and which stages count as closed.
func (o *owners) note(c console) {
	noteColumns(c, o.source, o.columns, nil)
	_, byFlag := o.columns.of["closed"]
	_, byStage := o.columns.of["status"]
	switch {
	case !byFlag && !byStage:
		c.note("%s %s: no column says what is closed: every row counts as open", o.source.what, o.source.name())
	case !byFlag:
		var open, closed []string
		for _, stage := range slices.Sorted(maps.Keys(o.stages)) {
			if o.stages[stage] {
				closed = append(closed, stage)
			} else {
				open = append(open, stage)
			}
		}
		c.note("%s %s: closed: %s; open: %s", o.source.what, o.source.name(), orNone(closed), orNone(open))
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return list(names)
}

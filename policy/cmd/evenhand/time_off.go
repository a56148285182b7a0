package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/ical"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// timeOffHelp is what the commands say of --time-off.
const timeOffHelp = `Time off can also come from files, which add to the column time_off. CSV has the columns rep (ID, name or email), from, until and reason: days written 2026-08-03 are both included, and until may be blank for one day; with a time, 2026-08-03 13:00, until is when he is back, by the clock of the rep. A calendar (.ics) is about the rep after whom the file is named, such as ana.ics, or else about the reps whom an event names: its organizer, and those who accepted, by email or name. Cancelled and tentative events, those marked as free, and in a calendar of Microsoft those not marked as out of office are not time off. What recurs is followed from a year before the run to two years after. Whatever is not used is named with its line.`

// timeOff collects what files say of when reps are away.
type timeOff struct {
	reps   *repsFile
	who    *people
	zone   *time.Location // of the policy
	from   time.Time      // recurring events are followed from here …
	to     time.Time      // … to here
	index  map[string]int // of reps, by ID
	unused []unused
	used   map[string]int // absences, by rep
}

// unused is a row or an event that is not used.
type unused struct {
	why  string
	line int
}

func newTimeOff(f *repsFile, p *document, first, last time.Time) *timeOff {
	o := &timeOff{
		reps: f, who: newPeople(), zone: p.compiled.Zone, from: first.AddDate(-1, 0, 0), to: last.AddDate(2, 0, 0),
		index: map[string]int{}, used: map[string]int{},
	}
	o.who.addReps(f.reps)
	for i := range f.reps {
		o.index[f.reps[i].ID] = i
	}
	return o
}

// addTimeOff adds to reps what files say of their time off. first and last are
// when the customers come.
func (f *repsFile) addTimeOff(paths []string, p *document, delimiter string, first, last time.Time, c console) error {
	o := newTimeOff(f, p, first, last)
	for _, path := range paths {
		s := source{what: "time-off", path: path, format: "auto", delimiter: delimiter}
		o.unused, o.used = nil, map[string]int{}
		read := o.readTable
		if isCalendar(path) {
			read = o.readCalendar
		}
		if err := read(s, c); err != nil {
			return err
		}
		o.note(s, c)
	}
	return nil
}

func isCalendar(path string) bool {
	return slices.Contains([]string{".ics", ".ical", ".icalendar", ".ifb"}, strings.ToLower(filepath.Ext(path)))
}

// note says what came of a file, and what of it was not used, by reason.
func (o *timeOff) note(s source, c console) {
	var whose []string
	total := 0
	for i := range o.reps.reps {
		if n := o.used[o.reps.reps[i].ID]; n > 0 {
			total += n
			whose = append(whose, fmt.Sprintf("%s %d", o.reps.reps[i].ID, n))
		}
	}
	if total == 0 {
		whose = []string{"none"}
	}
	c.note("%s %s: absences: %s", s.what, s.name(), list(whose))
	slices.SortStableFunc(o.unused, func(a, b unused) int { return cmp.Or(strings.Compare(a.why, b.why), a.line-b.line) })
	for rest := o.unused; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(u unused) bool { return u.why != rest[0].why })
		if n < 0 {
			n = len(rest)
		}
		lines := make([]string, n)
		for i := range lines {
			lines[i] = strconv.Itoa(rest[i].line)
		}
		word := "line"
		if n > 1 {
			word = "lines"
		}
		c.note("%s %s: not used: %s %s: %s", s.what, s.name(), word, list(lines), rest[0].why)
		rest = rest[n:]
	}
}

func (o *timeOff) skip(line int, format string, args ...any) {
	o.unused = append(o.unused, unused{fmt.Sprintf(format, args...), line})
}

// away notes that a rep is away.
func (o *timeOff) away(id string, spans []calendar.Span) {
	rep := &o.reps.reps[o.index[id]]
	rep.TimeOff = append(rep.TimeOff, spans...)
	o.used[id] += len(spans)
}

// zoneOf is the zone of a rep.
func (o *timeOff) zoneOf(rep *allocation.Rep) *time.Location {
	if zone, err := calendar.LoadZone(rep.Timezone); err == nil {
		return zone
	}
	return o.zone
}

// timeOffColumns are the columns of a table of time off, with other usual names.
var timeOffColumns = []struct {
	name  string
	usual []string
}{
	{"rep", []string{"id", "rep_id", "employee", "employee_id", "employee_name", "email", "name", "user", "agent", "owner"}},
	{"from", []string{"start", "start_date", "begin", "first_day", "date"}},
	{"until", []string{"to", "end", "end_date", "last_day"}},
	{"reason", []string{"type", "note", "notes", "comment", "leave_type"}},
}

// readTable reads a table with a row for each absence. Rows that cannot be read
// are all named; one about somebody else is only noted.
func (o *timeOff) readTable(s source, c console) error {
	t, err := s.read(c.in)
	if err != nil {
		return err
	}
	var fields []string
	var pairs []pair
	for _, column := range timeOffColumns {
		fields = append(fields, column.name)
		if columnIndex(t, column.name) >= 0 {
			continue
		}
		for _, name := range column.usual {
			if i := columnIndex(t, name); i >= 0 {
				pairs = append(pairs, pair{column.name, t.Columns[i]})
				break
			}
		}
	}
	m, err := mapColumns(s, "", t, fields, pairs, nil)
	if err != nil {
		return err
	}
	for _, field := range fields[:2] {
		if _, ok := m.of[field]; !ok && len(t.Columns) > 0 {
			return usage("%s %s: no column is named %s; it has %s\nMaybe rep,from,until,reason", s.what, s.name(), field, list(t.Columns))
		}
	}
	noteColumns(c, s, m, nil)
	var faults []error
	for i := range t.Rows {
		for _, err := range o.row(&t.Rows[i], m) {
			faults = append(faults, fmt.Errorf("line %d: %w", t.Rows[i].Line, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return usage("%s %s:\n%w", s.what, s.name(), err)
	}
	return nil
}

func (o *timeOff) row(row *tabular.Row, m *columns) []error {
	if row.Fault != "" {
		return []error{errors.New(row.Fault)}
	}
	r := repReader{row: row, m: m}
	whose, from, until := r.text("rep"), r.text("from"), r.text("until")
	if len(r.faults) > 0 {
		return r.faults
	}
	switch {
	case whose == "":
		return []error{errors.New("the rep is blank")}
	case from == "":
		return []error{errors.New("from is blank")}
	case strings.ContainsAny(from+until, ";") || strings.Contains(from+until, ".."):
		return []error{fmt.Errorf("%q is not one day or time", clip(from+" "+until))}
	}
	id, err := o.who.find(whose)
	if err != nil {
		o.skip(row.Line, "%s", oneLine(err.Error()))
		return nil
	}
	if until != "" {
		from += ".." + until
	}
	spans, err := calendar.ParseSpans(from, o.zoneOf(&o.reps.reps[o.index[id]]))
	if err != nil {
		return []error{err}
	}
	o.away(id, spans)
	return nil
}

// readCalendar reads an iCalendar file.
func (o *timeOff) readCalendar(s source, c console) error {
	r := c.in
	if s.path != "-" {
		if err := s.check(); err != nil {
			return err
		}
		f, err := os.Open(s.path)
		if err != nil {
			return s.unopened(err)
		}
		defer f.Close()
		r = f
	}
	owner, err := o.who.find(strings.TrimSuffix(filepath.Base(s.path), filepath.Ext(s.path)))
	if err != nil {
		owner = ""
	}
	return o.calendar(s, r, owner)
}

// calendar takes in the events of a calendar. owner is the rep whose it is;
// empty for one of several.
func (o *timeOff) calendar(s source, r io.Reader, owner string) error {
	events, err := ical.Read(r)
	if err != nil {
		return usage("%s %s: %w", s.what, s.name(), err)
	}
	instead := map[string][]ical.Moment{}
	for i := range events {
		if e := &events[i]; !e.Instance.IsZero() {
			instead[e.UID] = append(instead[e.UID], e.Instance)
		}
	}
	for i := range events {
		e := &events[i]
		var without []ical.Moment
		if e.Instance.IsZero() {
			without = instead[e.UID]
		}
		o.event(e, owner, without)
	}
	return nil
}

// event takes in one event, or says why not.
func (o *timeOff) event(e *ical.Event, owner string, without []ical.Moment) {
	if why := notAway(e); why != "" {
		o.skip(e.Line, "%s", why)
		return
	}
	whose := []string{owner}
	if owner == "" {
		whose = o.named(e)
	}
	if len(whose) == 0 {
		o.skip(e.Line, "%s", nobodyIn(e))
		return
	}
	any := false
	for _, id := range whose {
		spans := e.Spans(o.zoneOf(&o.reps.reps[o.index[id]]), o.from, o.to, without)
		any = any || len(spans) > 0
		o.away(id, spans)
	}
	switch {
	case any:
	case e.Recurring():
		o.skip(e.Line, "it does not happen between %s and %s", o.from.In(o.zone).Format(time.DateOnly), o.to.In(o.zone).Format(time.DateOnly))
	default:
		o.skip(e.Line, "it covers no time")
	}
}

// notAway says why an event is no time off; empty when it is.
func notAway(e *ical.Event) string {
	switch {
	case e.Fault != "":
		return e.Fault
	case e.Status == "CANCELLED":
		return "it is cancelled"
	case e.Status == "TENTATIVE":
		return "it is tentative"
	case e.Busy == "OOF":
		return ""
	case e.Busy != "":
		return "it is not marked as out of office"
	case e.Transp == "TRANSPARENT":
		return "it is marked as free"
	}
	return ""
}

// named are the reps whom an event keeps away: its organizer and those who
// accepted; where there is none of these, those who did not decline.
func (o *timeOff) named(e *ical.Event) []string {
	var sure, maybe []string
	if id := o.who.addressed(e.Organizer.Address, e.Organizer.Name); id != "" {
		sure = append(sure, id)
	}
	for _, a := range e.Attendees {
		id := o.who.addressed(a.Address, a.Name)
		switch {
		case id == "" || a.Answer == "DECLINED":
		case a.Answer == "ACCEPTED":
			sure = append(sure, id)
		default:
			maybe = append(maybe, id)
		}
	}
	if len(sure) == 0 {
		sure = maybe
	}
	return distinct(sure)
}

func nobodyIn(e *ical.Event) string {
	if e.Organizer.Address == "" && len(e.Attendees) == 0 {
		return "it names nobody; a calendar of one rep is named after him, such as ana.ics"
	}
	return "nobody in it is among the reps"
}

package ical

import (
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// length is how long an event is: days by the calendar, and elapsed time.
type length struct {
	days int
	rest time.Duration
}

// settle works out the length once all properties are known.
func (e *Event) settle() {
	switch {
	case e.Fault != "":
	case e.Start.IsZero():
		e.Fault = "it has no DTSTART"
	case e.rule != "":
		if _, err := parseRule(e.rule, e.Start); err != nil {
			e.Fault = "RRULE: " + err.Error()
		}
	}
	if e.Fault != "" {
		return
	}
	switch {
	case e.end.IsZero():
		if e.length == (length{}) && !e.Start.Timed {
			e.length.days = 1
		}
	case e.end.Timed != e.Start.Timed:
		e.Fault = "of beginning and end one is a day and one a time"
	case e.Start.Timed:
		e.length = length{}
	default: // the last day is not included
		e.length = length{days: max(1, e.end.Date.DaysSince(e.Start.Date))}
	}
}

// Recurring says whether it happens more than once.
func (e *Event) Recurring() bool { return e.rule != "" || len(e.also) > 0 }

// Spans are the stretches of time that the event covers, by begin. Days and
// times without a zone are those of own. Occurrences of a recurring event that
// end before from or begin after to are left out, as are those at moments in
// without: other events stand for them.
func (e *Event) Spans(own *time.Location, from, to time.Time, without []Moment) []calendar.Span {
	var spans []calendar.Span
	left := e.leftOut(own, without)
	add := func(m Moment) {
		s := calendar.Span{From: m.In(own), To: e.until(m, own)}
		possible := s.From.Before(s.To) && s.From.UTC().Year() >= 1 && s.To.UTC().Year() <= 9999
		if possible && !left(m, s.From) && (!e.Recurring() || s.To.After(from) && s.From.Before(to)) {
			spans = append(spans, s)
		}
	}
	if e.rule == "" {
		add(e.Start)
	} else if r, err := parseRule(e.rule, e.Start); err == nil { // settle has read it
		longest := e.until(e.Start, own).Sub(e.Start.In(own))
		for _, d := range r.dates(e.Start, calendar.DateOf(from.Add(-longest).AddDate(0, 0, -2)), calendar.DateOf(to.AddDate(0, 0, 1)), own) {
			m := e.Start
			m.Date = d
			add(m)
		}
	}
	for _, m := range e.also {
		add(m)
	}
	slices.SortFunc(spans, func(a, b calendar.Span) int { return a.From.Compare(b.From) })
	return slices.CompactFunc(spans, func(a, b calendar.Span) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) })
}

// until is the end of an occurrence that begins at m.
func (e *Event) until(m Moment, own *time.Location) time.Time {
	if !e.end.IsZero() && e.Start.Timed {
		return m.In(own).Add(e.end.In(own).Sub(e.Start.In(own)))
	}
	return m.on(m.Date.AddDays(e.length.days), own).Add(e.length.rest)
}

// leftOut tells the occurrences that do not happen.
func (e *Event) leftOut(own *time.Location, without []Moment) func(Moment, time.Time) bool {
	days, times := map[calendar.Date]bool{}, map[int64]bool{}
	for _, list := range [][]Moment{e.except, without} {
		for _, m := range list {
			if m.Timed {
				times[m.In(own).Unix()] = true
			} else {
				days[m.Date] = true
			}
		}
	}
	return func(m Moment, at time.Time) bool { return days[m.Date] || times[at.Unix()] }
}

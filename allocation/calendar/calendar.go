package calendar

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Spec is what New makes a Calendar of. Its zero value is a rep in UTC who is
// always on shift.
type Spec struct {
	// Zone is the zone whose clock shifts and holidays follow; see LoadZone.
	// time.Local is refused, because it differs between machines.
	// Defaults to UTC.
	Zone *time.Location

	// Shifts are the weekly working hours. They may overlap.
	// Defaults to none, which means always on shift.
	Shifts []Shift

	// TimeOff is when the rep is away. Spans may overlap and touch; what
	// touches is one time off. Empty spans are ignored.
	TimeOff []Span

	// Holidays are whole days in Zone on which the rep is away; see
	// Holidays.For.
	Holidays []Date
}

// Calendar is one rep's working time. It is immutable and safe for concurrent
// use. A nil *Calendar is always on shift and never away.
type Calendar struct {
	zone    *time.Location
	week    []stretch // sorted, merged; empty when the clock never matters
	timeOff []Span    // sorted, merged
	away    []Span    // time off and holidays: sorted, merged
}

// ErrSpec is wrapped by every error of New.
var ErrSpec = errors.New("calendar: impossible working time")

// New checks the spec and returns its calendar. It keeps no reference to the
// spec's slices. The error wraps ErrSpec and names every field that is wrong.
// Cost O(k log k) for k shifts, spans and holidays.
func New(spec Spec) (*Calendar, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	zone := orUTC(spec.Zone)
	c := &Calendar{zone: zone, week: weekOf(spec.Shifts), timeOff: mergeSpans(spec.TimeOff)}
	if len(c.week) == 1 && c.week[0] == (stretch{0, minutesPerWeek}) {
		c.week = nil
	}
	c.away = slices.Clone(c.timeOff)
	for _, d := range spec.Holidays {
		c.away = append(c.away, Span{d.In(zone), d.AddDays(1).In(zone)})
	}
	c.away = mergeSpans(c.away)
	return c, nil
}

func (s Spec) check() error {
	var bad []error
	if s.Zone == time.Local {
		bad = append(bad, errors.New("the zone is time.Local, which differs between machines\nMaybe use LoadZone"))
	}
	for i, shift := range s.Shifts {
		if reason := shift.check(); reason != "" {
			bad = append(bad, fmt.Errorf("spec.Shifts[%d] %s", i, reason))
		}
	}
	for i, span := range s.TimeOff {
		if span.To.Before(span.From) {
			bad = append(bad, fmt.Errorf("spec.TimeOff[%d] ends before it begins: %s", i, span))
		}
	}
	for i, d := range s.Holidays {
		if !d.IsValid() {
			bad = append(bad, fmt.Errorf("spec.Holidays[%d] is no day of the calendar: %s", i, d))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrSpec, errors.Join(bad...))
}

// Zone is the zone whose clock the calendar follows.
func (c *Calendar) Zone() *time.Location {
	if c == nil {
		return time.UTC
	}
	return c.zone
}

// OnShift reports whether the rep works at t: within a shift, not on a
// holiday, and not on time off. A shift that crosses into a holiday is cut off
// at its midnight; one that crosses out of a holiday begins at its midnight.
//
// Cost: a binary search in the zone's transitions, one in the days away, and
// one in the shifts. No allocation.
func (c *Calendar) OnShift(t time.Time) bool { return !c.Away(t) && c.inShift(t) }

// Away reports whether t is on a holiday or on time off.
func (c *Calendar) Away(t time.Time) bool {
	if c == nil {
		return false
	}
	i := spanAfter(c.away, t)
	return i < len(c.away) && c.away[i].Contains(t)
}

// TimeOffAt returns the time off that contains t, if there is one. Holidays
// are no time off.
func (c *Calendar) TimeOffAt(t time.Time) (Span, bool) {
	if c == nil {
		return Span{}, false
	}
	i := spanAfter(c.timeOff, t)
	if i == len(c.timeOff) || !c.timeOff[i].Contains(t) {
		return Span{}, false
	}
	return c.timeOff[i], true
}

// TimeOffEnding returns the time off that ended most recently, at t or before
// it, if there is one: the first instant the rep was back is its To. Spans
// that touch or overlap are one time off; holidays and weekends in between do
// not join two.
func (c *Calendar) TimeOffEnding(t time.Time) (Span, bool) {
	if c == nil {
		return Span{}, false
	}
	i := spanAfter(c.timeOff, t)
	if i == 0 {
		return Span{}, false
	}
	return c.timeOff[i-1], true
}

// TimeOffBetween returns every time off that ended after the instant after
// and at until or before it, oldest first, each with its whole length even if
// it began earlier. For consecutive calls (t0, t1], (t1, t2], ... each time off
// is returned exactly once.
func (c *Calendar) TimeOffBetween(after, until time.Time) []Span {
	if c == nil || !after.Before(until) {
		return nil
	}
	return slices.Clone(c.timeOff[spanAfter(c.timeOff, after):spanAfter(c.timeOff, until)])
}

// NextChange returns the first instant after t at which OnShift or Away
// differs from what it is at t, or false if that never happens. Between the
// two instants both are constant.
//
// Cost O(shifts + log(days away)). It always terminates.
func (c *Calendar) NextChange(t time.Time) (time.Time, bool) {
	if c == nil {
		return time.Time{}, false
	}
	away := spanAfter(c.away, t)
	var border time.Time
	hasBorder := away < len(c.away)
	if hasBorder {
		if border = c.away[away].From; !border.After(t) {
			return c.away[away].To.In(c.zone), true // away now; merged, so back at its end
		}
		border = border.In(c.zone)
	}
	if u, ok := c.nextShiftChange(t); ok && (!hasBorder || u.Before(border)) {
		return u, true
	}
	return border, hasBorder
}

// inShift looks the wall time up in the week. Shifts begin and end at the
// first instant that shows a time, so the wall time reached is all it takes.
func (c *Calendar) inShift(t time.Time) bool {
	if c == nil || len(c.week) == 0 {
		return true
	}
	return c.inWeek(reached(t.Unix(), c.zone))
}

func (c *Calendar) inWeek(w wall) bool {
	minute := minuteOfWeek(w)
	for _, s := range c.week {
		if minute < s.to {
			return minute >= s.from
		}
	}
	return false
}

// nextShiftChange is the first instant after t at which inShift differs from
// what it is at t.
func (c *Calendar) nextShiftChange(t time.Time) (time.Time, bool) {
	if len(c.week) == 0 {
		return time.Time{}, false
	}
	w := reached(t.Unix(), c.zone)
	on := c.inWeek(w)
	var u int64
	// A border that the clock jumps over together with its neighbour changes
	// nothing; one lap of the week holds a border that it does not jump over.
	for range 4*len(c.week) + 4 {
		w = c.nextBorder(w)
		u = first(w, c.zone)
		if c.inWeek(reached(u, c.zone)) != on {
			break
		}
	}
	return instant(u, c.zone), true
}

// nextBorder is the first wall time after w at which a stretch of the week
// begins or ends. The week has a border, because it is neither empty nor full.
func (c *Calendar) nextBorder(w wall) wall {
	minute := minuteOfWeek(w)
	week := w - wall(minute*60) - wall(floorMod(int64(w), 60))
	for _, s := range c.week {
		if s.from > minute {
			return week + wall(s.from*60)
		}
		if s.to > minute {
			return week + wall(s.to*60)
		}
	}
	return week + wall((minutesPerWeek+c.week[0].from)*60)
}

// minuteOfWeek counts from Sunday 00:00.
func minuteOfWeek(w wall) int64 {
	return int64(weekday(w.day()))*minutesPerDay + w.sinceMidnight()/60
}

package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Per is the period of a flow cap: a calendar window (Hour, Day, Week, Month)
// or a rolling duration of up to 366 days. "day" and "1d" differ: the first is
// refilled at midnight, the second counts the last 24 hours at every moment.
//
// Both kinds answer one question, does an event at s still count at t >= s, in
// the same two equivalent ways, so a caller need not tell them apart:
//
//	!s.Before(p.Start(t, loc, ws))  ==  t.Before(p.End(s, loc, ws))
//
// Pers compare with ==. The zero Per stands for no period: its only window is
// all of time, so that everything counts.
type Per struct {
	unit    unit
	rolling time.Duration // whole seconds, above 0; set exactly when unit is rollingUnit
}

type unit uint8

const (
	noUnit unit = iota
	hourUnit
	dayUnit
	weekUnit
	monthUnit
	rollingUnit
)

// The calendar windows.
var (
	Hour  = Per{unit: hourUnit}
	Day   = Per{unit: dayUnit}
	Week  = Per{unit: weekUnit}
	Month = Per{unit: monthUnit}
)

// MaxRolling is the longest rolling duration, 366 days of 24 hours.
const MaxRolling = 366 * 24 * time.Hour

var calendarPers = []struct {
	name string
	per  Per
}{
	{"hour", Hour},
	{"day", Day},
	{"week", Week},
	{"month", Month},
}

var rollingUnits = []struct {
	suffix byte
	unit   time.Duration
}{
	{'d', 24 * time.Hour},
	{'h', time.Hour},
	{'m', time.Minute},
	{'s', time.Second},
}

const perAllowed = "a period is hour, day, week or month (windows of the calendar), " +
	"or a rolling duration from 1s to 366d such as 90m, 36h or 7d"

// Rolling returns the rolling period of duration d, which must be whole
// seconds, from 1s to MaxRolling.
func Rolling(d time.Duration) (Per, error) {
	if d < time.Second || d > MaxRolling || d%time.Second != 0 {
		return Per{}, &SyntaxError{What: "period", Text: d.String(), Reason: perAllowed}
	}
	return Per{rollingUnit, d}, nil
}

// ParsePer reads "hour", "day", "week" or "month", or a rolling duration:
// whole numbers with the units d (24 hours), h, m and s, larger units first,
// as in "36h" or "1d12h", from 1s to 366d.
func ParsePer(s string) (Per, error) {
	for _, c := range calendarPers {
		if s == c.name {
			return c.per, nil
		}
	}
	d, ok := parseRolling(s)
	if !ok {
		return Per{}, &SyntaxError{What: "period", Text: s, Reason: perAllowed, Maybe: perAdvice(s)}
	}
	return Per{rollingUnit, d}, nil
}

// parseRolling reads one or more numbers with strictly smaller and smaller units.
func parseRolling(s string) (time.Duration, bool) {
	var total time.Duration
	units := rollingUnits
	for s != "" {
		end := 0
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		n, err := strconv.ParseInt(s[:end], 10, 32)
		if err != nil || end == len(s) {
			return 0, false
		}
		for len(units) > 0 && units[0].suffix != s[end] {
			units = units[1:]
		}
		// Within 32 bits of seconds to days nothing can overflow before the check.
		if len(units) == 0 || time.Duration(n) > MaxRolling/units[0].unit {
			return 0, false
		}
		total += time.Duration(n) * units[0].unit
		units = units[1:]
		s = s[end+1:]
	}
	return total, total > 0 && total <= MaxRolling
}

// perAdvice recognizes plurals, adverbs, words for units, and too-large units.
func perAdvice(s string) string {
	text := strings.ToLower(strings.Join(strings.Fields(s), ""))
	text = strings.TrimPrefix(text, "per")
	switch strings.TrimPrefix(text, "1") {
	case "d", "day", "days", "daily", "today":
		return `day (from midnight to midnight), or 1d (the last 24 hours)`
	case "h", "hour", "hours", "hourly", "hr":
		return `hour (by the clock), or 1h (the last 60 minutes)`
	case "w", "week", "weeks", "weekly", "wk":
		return `week (of the calendar), or 7d (the last 168 hours)`
	case "mo", "month", "months", "monthly":
		return `month (of the calendar), or 30d (rolling)`
	case "quarter", "quarterly", "q":
		return `90d (rolling)`
	case "year", "yearly", "annual", "annually", "y":
		return `365d or 366d (rolling)`
	}
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(number, 10, 16)
	if err != nil || n < 1 {
		return ""
	}
	switch text[len(number):] {
	case "minute", "minutes", "min", "mins":
		return fmt.Sprintf("%dm", n)
	case "hour", "hours", "hr", "hrs":
		return fmt.Sprintf("%dh", n)
	case "day", "days":
		return fmt.Sprintf("%dd", n)
	case "w", "wk", "week", "weeks":
		return fmt.Sprintf("%dd", 7*n)
	}
	return ""
}

// String is the text that ParsePer reads back; a rolling duration in its
// largest whole unit, so that 24h becomes 1d. The zero Per gives "".
func (p Per) String() string {
	for _, c := range calendarPers {
		if p == c.per {
			return c.name
		}
	}
	for _, r := range rollingUnits {
		if p.rolling > 0 && p.rolling%r.unit == 0 {
			return strconv.FormatInt(int64(p.rolling/r.unit), 10) + string(r.suffix)
		}
	}
	return ""
}

// IsZero reports whether p is no period at all.
func (p Per) IsZero() bool { return p == Per{} }

// Rolling returns the duration and true if p is a rolling period.
func (p Per) Rolling() (time.Duration, bool) { return p.rolling, p.unit == rollingUnit }

// forever is later than any instant a ledger can hold.
var forever = time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC)

// Start is the earliest instant that still counts at t.
//
// For a calendar window it is the first instant of the window that contains
// t: constant inside a window, never after t, the same for any zone t itself
// is in. loc is the zone whose clock counts, UTC when nil; weekStarts matters
// to Week only. For a rolling period d it is one nanosecond after t−d, so that
// no half-open stretch of length d ever holds more than the cap. For the zero
// Per it is the zero time.
//
// It costs a few binary searches in the zone's transitions and no allocation.
func (p Per) Start(t time.Time, loc *time.Location, weekStarts time.Weekday) time.Time {
	loc = orUTC(loc)
	switch p.unit {
	case noUnit:
		return time.Time{}
	case rollingUnit:
		return t.Add(1 - p.rolling).In(loc)
	case hourUnit:
		from, _ := hourWindow(t.Unix(), loc)
		return instant(from, loc)
	default:
		from, _ := p.days(reached(t.Unix(), loc).day(), weekStarts)
		return instant(first(midnight(from), loc), loc)
	}
}

// End is the first instant after t at which an event at t no longer counts.
//
// For a calendar window it is the first instant after the window, which is the
// Start of the next one; for a rolling period d it is t+d; for the zero Per the
// end of the year 9999. Arguments and cost are those of Start.
func (p Per) End(t time.Time, loc *time.Location, weekStarts time.Weekday) time.Time {
	loc = orUTC(loc)
	switch p.unit {
	case noUnit:
		return forever
	case rollingUnit:
		return t.Add(p.rolling).In(loc)
	case hourUnit:
		_, to := hourWindow(t.Unix(), loc)
		return instant(to, loc)
	default:
		_, to := p.days(reached(t.Unix(), loc).day(), weekStarts)
		return instant(first(midnight(to), loc), loc)
	}
}

// days is the first day of the calendar window that contains day, and the
// first day after the window.
func (p Per) days(day int64, weekStarts time.Weekday) (from, to int64) {
	switch p.unit {
	case weekUnit:
		from = day - floorMod(int64(weekday(day)-weekStarts), 7)
		return from, from + 7
	case monthUnit:
		d := dateFromNumber(day)
		this := Date{d.Year, d.Month, 1}
		next := Date{d.Year, d.Month + 1, 1} // time.Date carries December into the next year
		return this.number(), next.number()
	default:
		return day, day + 1
	}
}

// hourWindow is the run of the local clock through one clock hour around the
// instant: bounded by the hour and by every jump of the clock.
func hourWindow(unix int64, loc *time.Location) (from, to int64) {
	into := floorMod(unix+runAt(unix, loc).offset, 3600)
	from, to = unix-into, unix-into+3600
	r := runAt(from, loc)
	for r.hasTo && r.to < to {
		next := runAt(r.to, loc)
		switch jumps := next.offset != r.offset; {
		case jumps && r.to > unix:
			return from, r.to
		case jumps:
			from = r.to
		}
		r = next
	}
	return from, to
}

// MarshalText gives String's text.
func (p Per) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePer reads, and "" as the zero Per.
func (p *Per) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Per{}
		return nil
	}
	q, err := ParsePer(string(text))
	if err != nil {
		return err
	}
	*p = q
	return nil
}

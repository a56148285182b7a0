package calendar

import "time"

// A wall time is what a local clock shows, as the number of seconds since
// 1970-01-01 00:00 on that clock. It is not an instant: the clock jumps.
type wall int64

const (
	secondsPerDay = 24 * 60 * 60

	// RFC 9636 keeps UTC offsets above -25h and below +26h. The two constants
	// bound how far an instant can be from its wall time, and how far back a
	// jump can still matter.
	maxOffset    = 26 * 60 * 60
	offsetSpread = 51 * 60 * 60
)

// run is a stretch of time in which the local clock does not jump: instants
// from (inclusive) to to (exclusive), in Unix seconds, all at one UTC offset.
// Neighbouring runs may have the same offset, because a zone may change its
// name only.
type run struct {
	from, to       int64
	hasFrom, hasTo bool // false: no end on that side
	offset         int64
}

// runAt returns the run that contains the instant. O(log transitions).
func runAt(unix int64, loc *time.Location) run {
	t := time.Unix(unix, 0).In(loc)
	_, offset := t.Zone()
	from, to := t.ZoneBounds()
	// Past the last listed transition package time ends a run with the year at
	// the latest, and takes every year to have 365 days (tzset in zoneinfo.go,
	// as of Go 1.26): on the last day of a leap year the end is already past.
	if !to.IsZero() && !to.After(t) {
		to = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return run{
		from: from.Unix(), hasFrom: !from.IsZero(),
		to: to.Unix(), hasTo: !to.IsZero(),
		offset: int64(offset),
	}
}

// reached is the latest wall time that the clock of loc has shown at or
// before the instant. It equals the clock's reading except for a while after
// the clock was put back. It never decreases, which is what lets days and
// shifts be compared as wall times.
func reached(unix int64, loc *time.Location) wall {
	r := runAt(unix, loc)
	latest := unix + r.offset
	for r.hasFrom && r.from > unix-offsetSpread {
		last := r.from - 1
		r = runAt(last, loc)
		latest = max(latest, last+r.offset)
	}
	return wall(latest)
}

// first is the earliest instant at which the clock of loc shows w or later.
// For every instant u, first(w) <= u exactly when w <= reached(u).
func first(w wall, loc *time.Location) int64 {
	u := int64(w) - maxOffset // the clock cannot have shown w yet
	for {
		r := runAt(u, loc)
		u = max(u, int64(w)-r.offset)
		if !r.hasTo || u < r.to {
			return u
		}
		u = r.to
	}
}

// First is the first instant at which the clock of loc (UTC when nil) shows the
// date and time of day that local shows in its own zone, or later ones: what a
// local time means that somebody wrote down, see the package's rule.
func First(local time.Time, loc *time.Location) time.Time {
	loc = orUTC(loc)
	_, offset := local.Zone()
	w := wall(local.Unix() + int64(offset))
	u := first(w, loc)
	if reached(u, loc) > w {
		return instant(u, loc) // the clock skips w and whatever fraction of a second follows it
	}
	return instant(u, loc).Add(time.Duration(local.Nanosecond()))
}

// day is the number of days from 1970-01-01 to the day of w, and sinceMidnight
// the seconds into it, from 0 to 86399.
func (w wall) day() int64           { return floorDiv(int64(w), secondsPerDay) }
func (w wall) sinceMidnight() int64 { return floorMod(int64(w), secondsPerDay) }

func midnight(day int64) wall { return wall(day * secondsPerDay) }

// weekday of a day number; 1970-01-01 was a Thursday.
func weekday(day int64) time.Weekday {
	return time.Weekday(floorMod(day+int64(time.Thursday), 7))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// orUTC gives a missing zone its documented default.
func orUTC(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}

func instant(unix int64, loc *time.Location) time.Time {
	return time.Unix(unix, 0).In(loc)
}

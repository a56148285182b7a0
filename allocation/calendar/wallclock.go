package calendar

import (
	"math"
	"time"
)

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

// run is what is left, from some instant on, of a stretch of time in which the
// local clock does not jump: the instants before to (exclusive, in Unix
// seconds) are all at one UTC offset. The next run may have the same offset,
// because a zone may change its name only.
type run struct {
	to     int64
	hasTo  bool // false: it never ends
	offset int64
}

// runAt returns the run from the instant on. O(log transitions).
//
// It does not say since when: after the last listed transition package time
// answers by the rule of the zone alone, and where the two do not meet it gives
// a beginning before that transition (as of Go 1.26, for America/Metlakatla on
// 2019-01-20 and America/Ciudad_Juarez on 2022-11-30). What lies before an
// instant is therefore found by going forward to it.
func runAt(unix int64, loc *time.Location) run {
	t := time.Unix(unix, 0).In(loc)
	_, offset := t.Zone()
	_, to := t.ZoneBounds()
	// Past the last listed transition package time ends a run with the year at
	// the latest, and takes every year to have 365 days (tzset in zoneinfo.go,
	// as of Go 1.26): on the last day of a leap year the end is already past.
	if !to.IsZero() && !to.After(t) {
		to = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return run{to: to.Unix(), hasTo: !to.IsZero(), offset: int64(offset)}
}

// reached is the latest wall time that the clock of loc has shown at or
// before the instant. It equals the clock's reading except for a while after
// the clock was put back. It never decreases, which is what lets days and
// shifts be compared as wall times.
func reached(unix int64, loc *time.Location) wall {
	latest := int64(math.MinInt64)
	for r := runAt(unix-offsetSpread, loc); ; r = runAt(r.to, loc) {
		if !r.hasTo || r.to > unix {
			return wall(max(latest, unix+r.offset))
		}
		latest = max(latest, r.to-1+r.offset)
	}
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

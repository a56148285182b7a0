package calendar

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// oddZones are those whose clocks do what other clocks do not.
var oddZones = []string{
	"UTC", "Europe/Berlin", "America/New_York",
	"America/Sao_Paulo",           // midnight was skipped, and the clock put back over midnight
	"Asia/Beirut", "Africa/Cairo", // midnight is skipped
	"Pacific/Apia",        // 30 December 2011 was skipped
	"Pacific/Kwajalein",   // 1969: put back 23 hours; 1993: a day skipped
	"Australia/Lord_Howe", // 30 minutes of summer time
	"America/St_Johns",    // changed at 00:01, and back over midnight
	"Asia/Kathmandu",      // 15 minutes in 1986
	"Africa/Casablanca",   // put back for Ramadan
	"Antarctica/Troll",    // two hours of summer time
	"America/Caracas",     // half an hour, without summer time
	"Asia/Pyongyang", "Africa/Monrovia", "Asia/Gaza", "America/Havana", "Asia/Manila", "America/Juneau",
}

func mustZone(t interface{ Fatal(...any) }, name string) *time.Location {
	loc, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func drawZone(t *rapid.T) *time.Location {
	return mustZone(t, rapid.OneOf(rapid.SampledFrom(oddZones), rapid.SampledFrom(ZoneNames())).Draw(t, "zone"))
}

// drawUnix draws an instant from 1800 to 2200, usually one of the days around
// a change of the clock.
func drawUnix(t *rapid.T, loc *time.Location) int64 {
	unix := rapid.Int64Range(
		time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
		time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()).Draw(t, "unix")
	if !rapid.Bool().Draw(t, "near a change") {
		return unix
	}
	if r := runAt(unix, loc); r.hasTo {
		return r.to + rapid.Int64Range(-3*secondsPerDay, 3*secondsPerDay).Draw(t, "after the change")
	}
	return unix
}

func shown(unix int64, loc *time.Location) wall {
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return wall(unix + int64(offset))
}

func TestFirstAndReachedAreTwoSidesOfOneThing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		u, v := drawUnix(t, loc), drawUnix(t, loc)
		w := shown(v, loc) + wall(rapid.Int64Range(-2, 2).Draw(t, "seconds"))
		if (first(w, loc) <= u) != (w <= reached(u, loc)) {
			t.Fatalf("%s: the clock first shows %d at %d, and has reached %d by %d", loc, w, first(w, loc), reached(u, loc), u)
		}
	})
}

func TestReachedNeverDecreasesAndIsNeverBehindTheClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		u := drawUnix(t, loc)
		v := u + rapid.Int64Range(0, 2*secondsPerDay).Draw(t, "later")
		if reached(v, loc) < reached(u, loc) {
			t.Fatalf("%s: reached falls from %d to %d between %d and %d", loc, reached(u, loc), reached(v, loc), u, v)
		}
		if reached(u, loc) < shown(u, loc) {
			t.Fatalf("%s: the clock shows %d at %d, but only %d counts as reached", loc, shown(u, loc), u, reached(u, loc))
		}
	})
}

// The definition, second by second: the latest that the clock has shown in
// the last 51 hours, before which it cannot have shown more.
func TestReachedEqualsItsDefinition(t *testing.T) {
	for _, c := range []struct {
		zone string
		near time.Time // a change of the clock
	}{
		{"Europe/Berlin", time.Date(2025, 10, 26, 1, 0, 0, 0, time.UTC)},
		{"America/St_Johns", time.Date(2008, 11, 2, 2, 31, 0, 0, time.UTC)},
		{"America/Sao_Paulo", time.Date(2018, 2, 18, 2, 0, 0, 0, time.UTC)},
		{"Pacific/Apia", time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC)},
		{"Pacific/Kwajalein", time.Date(1969, 9, 30, 13, 0, 0, 0, time.UTC)},
	} {
		loc := mustZone(t, c.zone)
		from := c.near.Unix() - 2*secondsPerDay
		latest := wall(math.MinInt64)
		changed := false
		for u := from; u < c.near.Unix()+2*secondsPerDay; u++ {
			latest = max(latest, shown(u, loc))
			changed = changed || shown(u, loc) != shown(u-1, loc)+1
			if got := reached(u, loc); got != latest {
				t.Fatalf("%s: reached at %d is %d, want %d", c.zone, u, got, latest)
			}
		}
		if !changed {
			t.Errorf("%s: the clock does not change around %s, so nothing was tested", c.zone, c.near)
		}
	}
}

// Package time gives the last day of a leap year a wrong end, once the listed
// transitions are over; days on both sides of it must come out all the same.
func TestLastDayOfLeapYears(t *testing.T) {
	for _, name := range oddZones {
		loc := mustZone(t, name)
		for year := 2028; year < 2200; year += 4 {
			for u := time.Date(year, 12, 30, 0, 0, 0, 0, time.UTC).Unix(); u < time.Date(year+1, 1, 2, 0, 0, 0, 0, time.UTC).Unix(); u += 3600 {
				if r := runAt(u, loc); r.hasTo && r.to <= u {
					t.Fatalf("%s: the run of %d goes until %d and does not contain it", name, u, r.to)
				}
			}
			noon := time.Date(year, 12, 31, 12, 0, 0, 0, loc)
			if got, want := Day.End(noon, loc, time.Monday), time.Date(year+1, 1, 1, 0, 0, 0, 0, loc); !got.Equal(want) {
				t.Fatalf("%s: the last day of %d ends at %s, want %s", name, year, got, want)
			}
		}
	}
}

// A run that ends without a jump, as all do with the year in package time, is
// no border: in Newfoundland that moment is half past the hour.
func TestHoursHaveNoBorderWhereTheClockDoesNotJump(t *testing.T) {
	loc := mustZone(t, "America/St_Johns")
	newYear := time.Date(2041, 1, 1, 0, 0, 0, 0, time.UTC)
	if r := runAt(newYear.Unix()-1, loc); r.to != newYear.Unix() {
		t.Fatalf("the run before %s ends at %d, so this test tests nothing", newYear, r.to)
	}
	for _, at := range []time.Time{newYear.Add(-1), newYear, newYear.Add(29 * time.Minute)} {
		from, to := Hour.Start(at, loc, time.Monday), Hour.End(at, loc, time.Monday)
		if !from.Equal(newYear.Add(-30*time.Minute)) || to.Sub(from) != time.Hour {
			t.Errorf("the hour of %s goes from %s to %s", at, from, to)
		}
	}
}

// Instants at the ends of time must neither loop nor panic.
func TestWallClockTerminatesFarAway(t *testing.T) {
	for _, name := range oddZones {
		loc := mustZone(t, name)
		for _, far := range []time.Time{{}, time.Unix(-1<<40, 0), time.Unix(1<<40, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
			w := reached(far.Unix(), loc)
			if u := first(w, loc); u > far.Unix() {
				t.Errorf("%s: the clock has reached %d by %s, but first at %d", name, w, far, u)
			}
		}
	}
}

// Where a zone's last listed transition and its rule for the years after do not
// meet, package time gives what follows a beginning that is too early.
func TestZonesWhoseRuleDoesNotMeetTheirLastTransition(t *testing.T) {
	for _, c := range []struct {
		zone string
		back time.Time // by an hour
	}{
		{"America/Metlakatla", time.Date(2019, 1, 20, 10, 0, 0, 0, time.UTC)},
		{"America/Ciudad_Juarez", time.Date(2022, 11, 30, 6, 0, 0, 0, time.UTC)},
	} {
		loc := mustZone(t, c.zone)
		latest := shown(c.back.Unix()-1, loc)
		if shown(c.back.Unix(), loc) != latest-3599 {
			t.Fatalf("%s: the clock is not put back at %s, so this test tests nothing", c.zone, c.back)
		}
		for u := c.back.Unix(); u < c.back.Unix()+3599; u++ {
			if got := reached(u, loc); got != latest {
				t.Fatalf("%s: the clock has shown %d, but %d is taken to be the latest at %d", c.zone, latest, got, u)
			}
		}
	}
}

package calendar_test

import (
	"sort"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/calendar"
)

var calendarPers = []calendar.Per{calendar.Hour, calendar.Day, calendar.Week, calendar.Month}

func mustZone(t interface {
	Helper()
	Fatal(...any)
}, name string) *time.Location {
	t.Helper()
	loc, err := calendar.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func wallTime(t time.Time, loc *time.Location) time.Time {
	year, month, day := t.In(loc).Date()
	hour, minute, second := t.In(loc).Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

var changesOf sync.Map // by zone

// changes lists when the clock of loc changes its offset from 2000 to 2037, by
// looking at it every six hours and then closer.
func changes(loc *time.Location) []time.Time {
	if known, ok := changesOf.Load(loc); ok {
		return known.([]time.Time)
	}
	offset := func(unix int64) int {
		_, seconds := time.Unix(unix, 0).In(loc).Zone()
		return seconds
	}
	var list []time.Time
	end := time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	const step = 6 * 3600
	for u := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); u < end; u += step {
		if offset(u) != offset(u+step) {
			later := sort.Search(step, func(s int) bool { return offset(u+int64(s)) != offset(u) })
			list = append(list, time.Unix(u+int64(later), 0))
		}
	}
	changesOf.Store(loc, list)
	return list
}

// drawZone draws one of the odd zones or any.
func drawZone(t *rapid.T) *time.Location {
	return mustZone(t, rapid.OneOf(rapid.SampledFrom(sampleZones), rapid.SampledFrom(calendar.ZoneNames())).Draw(t, "zone"))
}

// drawInstant draws from 1900 to 2100, usually within days of a change.
func drawInstant(t *rapid.T, loc *time.Location, name string) time.Time {
	at := time.Unix(rapid.Int64Range(-2_208_988_800, 4_102_444_800).Draw(t, name), 0)
	if rapid.Bool().Draw(t, name+" near a change") {
		if _, next := at.In(loc).ZoneBounds(); !next.IsZero() {
			at = next.Add(time.Duration(rapid.Int64Range(-72*3600, 72*3600).Draw(t, name+" after the change")) * time.Second)
		}
	}
	return at.Add(time.Duration(rapid.Int64Range(-1, 1).Draw(t, name+" nanoseconds")))
}

func drawWeekday(t *rapid.T) time.Weekday {
	return time.Weekday(rapid.IntRange(0, 6).Draw(t, "week starts"))
}

func drawPer(t *rapid.T) calendar.Per {
	if rapid.Bool().Draw(t, "calendar window") {
		return rapid.SampledFrom(calendarPers).Draw(t, "per")
	}
	p, err := calendar.Rolling(time.Duration(rapid.Int64Range(1, int64(calendar.MaxRolling/time.Second)).Draw(t, "seconds")) * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWindowContainsItsInstantAndIsConstantInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, weekStarts := drawZone(t), drawWeekday(t)
		p := rapid.SampledFrom(calendarPers).Draw(t, "per")
		at := drawInstant(t, loc, "instant")
		start, end := p.Start(at, loc, weekStarts), p.End(at, loc, weekStarts)
		if start.After(at) || !at.Before(end) {
			t.Fatalf("%s: the %s from %s to %s does not contain %s", loc, p, start, end, at)
		}
		inside := start.Add(time.Duration(rapid.Int64Range(0, int64(end.Sub(start))-1).Draw(t, "inside")))
		for _, same := range []time.Time{start, inside, end.Add(-1)} {
			if !p.Start(same, loc, weekStarts).Equal(start) || !p.End(same, loc, weekStarts).Equal(end) {
				t.Fatalf("%s: %s lies in the %s from %s to %s, but is given another window", loc, same, p, start, end)
			}
		}
		if !p.Start(end, loc, weekStarts).Equal(end) {
			t.Fatalf("%s: the %s after %s does not begin where that ends, at %s", loc, p, start, end)
		}
		elsewhere := at.In(mustZone(t, "Asia/Tokyo"))
		if !p.Start(elsewhere, loc, weekStarts).Equal(start) {
			t.Fatalf("%s: the %s depends on the zone that the instant is shown in", loc, p)
		}
	})
}

func TestWindowsAreMonotoneAndNested(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, weekStarts := drawZone(t), drawWeekday(t)
		a, b := drawInstant(t, loc, "a"), drawInstant(t, loc, "b")
		if b.Before(a) {
			a, b = b, a
		}
		for _, p := range calendarPers {
			if p.Start(b, loc, weekStarts).Before(p.Start(a, loc, weekStarts)) || p.End(b, loc, weekStarts).Before(p.End(a, loc, weekStarts)) {
				t.Fatalf("%s: the %s of %s begins or ends before that of the earlier %s", loc, p, b, a)
			}
		}
		for _, pair := range [][2]calendar.Per{{calendar.Hour, calendar.Day}, {calendar.Day, calendar.Week}, {calendar.Day, calendar.Month}} {
			inner, outer := pair[0], pair[1]
			if inner.Start(a, loc, weekStarts).Before(outer.Start(a, loc, weekStarts)) || inner.End(a, loc, weekStarts).After(outer.End(a, loc, weekStarts)) {
				t.Fatalf("%s: the %s of %s does not lie in its %s", loc, inner, a, outer)
			}
		}
	})
}

func TestStartAndEndAnswerTheSameQuestion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, weekStarts, p := drawZone(t), drawWeekday(t), drawPer(t)
		s := drawInstant(t, loc, "s")
		at := s.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "later")))
		if length, rolling := p.Rolling(); rolling && rapid.Bool().Draw(t, "at the edge") {
			at = s.Add(length + time.Duration(rapid.Int64Range(-1, 1).Draw(t, "over the edge")))
		}
		byStart := !s.Before(p.Start(at, loc, weekStarts))
		byEnd := at.Before(p.End(s, loc, weekStarts))
		if byStart != byEnd {
			t.Fatalf("%s: an event at %s counts at %s by Start (%v) or by End (%v) of %s, not by both", loc, s, at, byStart, byEnd, p)
		}
		if length, rolling := p.Rolling(); rolling && byEnd != (at.Sub(s) < length) {
			t.Fatalf("an event counts for exactly %s in a rolling period, but %s later it counts: %v", length, at.Sub(s), byEnd)
		}
	})
}

// The cases that people ask about, with the answers written out.
func TestWindowsOfKnownDays(t *testing.T) {
	for _, c := range []struct {
		name, zone string
		per        calendar.Per
		at         string // RFC 3339
		start, end string
	}{
		{"a spring day has 23 hours", "Europe/Berlin", calendar.Day, "2025-03-30T12:00:00+02:00", "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00"},
		{"an autumn day has 25 hours", "Europe/Berlin", calendar.Day, "2025-10-26T12:00:00+01:00", "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00"},
		{"the first two o'clock hour", "Europe/Berlin", calendar.Hour, "2025-10-26T02:30:00+02:00", "2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"},
		{"the second two o'clock hour", "Europe/Berlin", calendar.Hour, "2025-10-26T02:30:00+01:00", "2025-10-26T02:00:00+01:00", "2025-10-26T03:00:00+01:00"},
		{"no midnight in São Paulo", "America/Sao_Paulo", calendar.Day, "2018-11-04T01:00:00-02:00", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
		{"the day before no midnight", "America/Sao_Paulo", calendar.Day, "2018-11-03T23:59:59-03:00", "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		{"the hour before midnight twice is one day", "America/Sao_Paulo", calendar.Day, "2018-02-17T23:30:00-03:00", "2018-02-17T00:00:00-02:00", "2018-02-18T00:00:00-03:00"},
		{"no midnight in Beirut", "Asia/Beirut", calendar.Day, "2022-03-27T12:00:00+03:00", "2022-03-27T01:00:00+03:00", "2022-03-28T00:00:00+03:00"},
		{"no midnight in Cairo", "Africa/Cairo", calendar.Day, "2024-04-26T12:00:00+03:00", "2024-04-26T01:00:00+03:00", "2024-04-27T00:00:00+03:00"},
		{"the 30th that Apia skipped", "Pacific/Apia", calendar.Day, "2011-12-29T23:59:59-10:00", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"the week in which Apia skipped a day", "Pacific/Apia", calendar.Week, "2011-12-29T12:00:00-10:00", "2011-12-26T00:00:00-10:00", "2012-01-02T00:00:00+14:00"},
		{"half an hour of summer time: the short hour", "Australia/Lord_Howe", calendar.Hour, "2025-04-06T01:45:00+10:30", "2025-04-06T01:30:00+10:30", "2025-04-06T02:00:00+10:30"},
		{"put back at 00:01: the day has begun for good", "America/St_Johns", calendar.Day, "2008-11-01T23:30:00-03:30", "2008-11-02T00:00:00-02:30", "2008-11-03T00:00:00-03:30"},
		{"put back at 00:01: an hour of one minute", "America/St_Johns", calendar.Hour, "2008-11-02T00:00:30-02:30", "2008-11-02T00:00:00-02:30", "2008-11-01T23:01:00-03:30"},
		{"leap day", "UTC", calendar.Day, "2024-02-29T23:59:59.999999999Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"a February of 29 days", "UTC", calendar.Month, "2024-02-10T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"December", "Asia/Shanghai", calendar.Month, "2025-12-31T23:59:59+08:00", "2025-12-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"},
		{"a week over New Year", "UTC", calendar.Week, "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"},
	} {
		loc := mustZone(t, c.zone)
		at, start, end := mustTime(t, c.at), mustTime(t, c.start), mustTime(t, c.end)
		if got := c.per.Start(at, loc, time.Monday); !got.Equal(start) {
			t.Errorf("%s: the %s of %s starts at %s, want %s", c.name, c.per, c.at, got, c.start)
		}
		if got := c.per.End(at, loc, time.Monday); !got.Equal(end) {
			t.Errorf("%s: the %s of %s ends at %s, want %s", c.name, c.per, c.at, got, c.end)
		}
	}
}

func mustTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Kwajalein went to the other side of the date line and back: once the clock
// was put back 23 hours, once a day was skipped.
func TestKwajalein(t *testing.T) {
	loc := mustZone(t, "Pacific/Kwajalein")
	long := calendar.Day.Start(time.Date(1969, 9, 30, 6, 0, 0, 0, time.UTC), loc, time.Monday)
	if length := calendar.Day.End(long, loc, time.Monday).Sub(long); length != 47*time.Hour {
		t.Errorf("the day that Kwajalein had almost twice has %s, want 47h", length)
	}
	before := calendar.Day.Start(time.Date(1993, 8, 21, 6, 0, 0, 0, time.UTC), loc, time.Monday)
	if after := calendar.Day.End(before, loc, time.Monday); after.Format(time.DateOnly) != "1993-08-22" {
		t.Errorf("the day after %s is %s, want 22 August 1993", before, after)
	}
}

func TestZeroPerIsAllOfTime(t *testing.T) {
	var p calendar.Per
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if !p.IsZero() || calendar.Day.IsZero() || p.Start(now, nil, 0).After(time.Time{}) || p.End(now, nil, 0).Year() != 9999 {
		t.Errorf("the zero Per goes from %s to %s; everything should count", p.Start(now, nil, 0), p.End(now, nil, 0))
	}
}

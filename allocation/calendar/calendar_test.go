package calendar_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// drawSpec draws working time around the instant at, so that everything in it
// matters there.
func drawSpec(t *rapid.T, loc *time.Location, at time.Time) calendar.Spec {
	spec := calendar.Spec{Zone: loc}
	minute := rapid.OneOf(rapid.IntRange(0, 1439), rapid.SampledFrom([]int{0, 60, 90, 120, 150, 180, 540, 1020, 1380}))
	for range rapid.IntRange(0, 3).Draw(t, "shifts") {
		spec.Shifts = append(spec.Shifts, calendar.Shift{
			Days: rapid.SliceOfN(rapid.Custom(drawWeekday), 1, 7).Draw(t, "days"),
			From: calendar.TimeOfDay(minute.Draw(t, "from")),
			To:   calendar.TimeOfDay(rapid.OneOf(minute, rapid.Just(1440)).Draw(t, "to")),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "time off") {
		from := at.Add(time.Duration(rapid.IntRange(-5000, 5000).Draw(t, "minutes away")) * time.Minute)
		length := time.Duration(rapid.IntRange(0, 4000).Draw(t, "minutes long")) * time.Minute
		spec.TimeOff = append(spec.TimeOff, calendar.Span{From: from, To: from.Add(length)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "holidays") {
		spec.Holidays = append(spec.Holidays, calendar.DateOf(at.In(loc)).AddDays(rapid.IntRange(-3, 3).Draw(t, "day")))
	}
	return spec
}

// drawModern draws an instant since 1980, when all offsets are whole minutes.
func drawModern(t *rapid.T, loc *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(315_532_800, 2_145_916_800).Draw(t, "instant"), 0)
	if list := changes(loc); len(list) > 0 && rapid.Bool().Draw(t, "near a change") {
		at = rapid.SampledFrom(list).Draw(t, "change").Add(time.Duration(rapid.IntRange(-2000, 2000).Draw(t, "minutes after")) * time.Minute)
	}
	return at
}

// slowFirst looks at the clock minute by minute until it shows w or later.
func slowFirst(w time.Time, loc *time.Location) time.Time {
	at := w.Add(-27 * time.Hour)
	for wallTime(at, loc).Before(w) {
		at = at.Add(time.Minute)
	}
	return at
}

// slowAway and slowInShift are the definitions, one shift and day at a time.
func slowAway(spec calendar.Spec, at time.Time) bool {
	for _, s := range spec.TimeOff {
		if !at.Before(s.From) && at.Before(s.To) {
			return true
		}
	}
	for _, d := range spec.Holidays {
		midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
		if !at.Before(slowFirst(midnight, spec.Zone)) && at.Before(slowFirst(midnight.AddDate(0, 0, 1), spec.Zone)) {
			return true
		}
	}
	return false
}

func slowInShift(spec calendar.Spec, at time.Time) bool {
	today := wallTime(at, spec.Zone).Truncate(24 * time.Hour)
	for _, s := range spec.Shifts {
		for day := today.AddDate(0, 0, -3); day.Before(today.AddDate(0, 0, 3)); day = day.AddDate(0, 0, 1) {
			if !slices.Contains(s.Days, day.Weekday()) {
				continue
			}
			from, to := day.Add(time.Duration(s.From)*time.Minute), day.Add(time.Duration(s.To)*time.Minute)
			if s.To <= s.From {
				to = to.AddDate(0, 0, 1)
			}
			if !at.Before(slowFirst(from, spec.Zone)) && at.Before(slowFirst(to, spec.Zone)) {
				return true
			}
		}
	}
	return len(spec.Shifts) == 0
}

func mustNew(t interface {
	Helper()
	Fatal(...any)
}, spec calendar.Spec) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOnShiftAndAwayEqualTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		at := drawModern(t, loc)
		spec := drawSpec(t, loc, at)
		c := mustNew(t, spec)
		away := slowAway(spec, at)
		if c.Away(at) != away {
			t.Fatalf("%s: away at %s is %v, by definition %v: %+v", loc, at.In(loc), c.Away(at), away, spec)
		}
		if on := !away && slowInShift(spec, at); c.OnShift(at) != on {
			t.Fatalf("%s: on shift at %s is %v, by definition %v: %+v", loc, at.In(loc), c.OnShift(at), on, spec)
		}
	})
}

func TestNextChangeIsTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		at := drawModern(t, loc)
		c := mustNew(t, drawSpec(t, loc, at))
		next, ok := c.NextChange(at)
		end := next
		if !ok {
			end = at.AddDate(1, 0, 0)
		}
		if !end.After(at) {
			t.Fatalf("%s: the next change after %s is %s", loc, at, next)
		}
		same := func(u time.Time) bool { return c.OnShift(u) == c.OnShift(at) && c.Away(u) == c.Away(at) }
		if ok && same(next) {
			t.Fatalf("%s: nothing differs at %s, said to be the next change after %s", loc, next, at)
		}
		for range 20 {
			u := at.Add(time.Duration(rapid.Int64Range(0, int64(end.Sub(at))-1).Draw(t, "between")))
			if !same(u) {
				t.Fatalf("%s: something differs at %s, before the next change %s after %s", loc, u, next, at)
			}
		}
		if !same(end.Add(-1)) {
			t.Fatalf("%s: something differs just before %s, the next change after %s", loc, end, at)
		}
	})
}

func TestOrderAndOverlapOfTheSpecDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		at := drawModern(t, loc)
		spec := drawSpec(t, loc, at)
		other := calendar.Spec{Zone: loc,
			Shifts:   append(rapid.Permutation(spec.Shifts).Draw(t, "shifts"), spec.Shifts...),
			TimeOff:  append(rapid.Permutation(spec.TimeOff).Draw(t, "time off"), spec.TimeOff...),
			Holidays: append(rapid.Permutation(spec.Holidays).Draw(t, "holidays"), spec.Holidays...),
		}
		a, b := mustNew(t, spec), mustNew(t, other)
		clear(other.Shifts) // a calendar keeps nothing of its spec
		clear(other.TimeOff)
		clear(other.Holidays)
		for range 10 {
			if a.OnShift(at) != b.OnShift(at) || a.Away(at) != b.Away(at) {
				t.Fatalf("%s: the order of shifts, time off and holidays matters at %s: %+v", loc, at, spec)
			}
			x, okX := a.NextChange(at)
			y, okY := b.NextChange(at)
			if okX != okY || !x.Equal(y) {
				t.Fatalf("%s: the order of shifts, time off and holidays matters for the change after %s: %s or %s", loc, at, x, y)
			}
			if at = x; !okX {
				return
			}
		}
	})
}

// Every time off is found once by consecutive looks, with its whole length.
func TestTimeOffBetweenFindsEachOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		spec := drawSpec(t, time.UTC, begin)
		c := mustNew(t, spec)
		looks := []time.Time{begin.AddDate(-1, 0, 0)}
		for range rapid.IntRange(0, 6).Draw(t, "looks") {
			looks = append(looks, begin.Add(time.Duration(rapid.IntRange(-9000, 9000).Draw(t, "look"))*time.Minute))
		}
		looks = append(looks, begin.AddDate(1, 0, 0))
		slices.SortFunc(looks, time.Time.Compare)
		var found []calendar.Span
		for i := range looks[1:] {
			found = append(found, c.TimeOffBetween(looks[i], looks[i+1])...)
		}
		whole := c.TimeOffBetween(looks[0], looks[len(looks)-1])
		if diff := cmp.Diff(whole, found); diff != "" {
			t.Fatalf("looking at %v does not find each time off once:\n%s", looks, diff)
		}
		for i, off := range whole {
			if i > 0 && !whole[i-1].To.Before(off.From) {
				t.Fatalf("%s and %s touch and are not one time off", whole[i-1], off)
			}
			if last, ok := c.TimeOffEnding(off.To); !ok || last != off {
				t.Fatalf("the time off that ended most recently at %s is %s, want %s", off.To, last, off)
			}
			if in, ok := c.TimeOffAt(off.To.Add(-1)); !ok || in != off {
				t.Fatalf("the time off just before %s is %s, want %s", off.To, in, off)
			}
			if _, ok := c.TimeOffAt(off.To); ok {
				t.Fatalf("%s still contains its end", off)
			}
		}
		for at := begin.AddDate(0, 0, -8); at.Before(begin.AddDate(0, 0, 8)); at = at.Add(7 * time.Minute) {
			in := slices.ContainsFunc(spec.TimeOff, func(s calendar.Span) bool { return s.Contains(at) })
			if _, ok := c.TimeOffAt(at); ok != in {
				t.Fatalf("time off at %s is %v, want %v: %v", at, ok, in, spec.TimeOff)
			}
		}
	})
}

func TestNilAndEmptyCalendars(t *testing.T) {
	now := time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC)
	for name, c := range map[string]*calendar.Calendar{"nil": nil, "empty": mustNew(t, calendar.Spec{})} {
		_, changes := c.NextChange(now)
		_, inTimeOff := c.TimeOffAt(now)
		_, ended := c.TimeOffEnding(now)
		if !c.OnShift(now) || c.Away(now) || changes || inTimeOff || ended || c.TimeOffBetween(time.Time{}, now) != nil || c.Zone() != time.UTC {
			t.Errorf("a %s calendar is always on shift, never away, and never changes", name)
		}
	}
}

// A week that shifts fill is the same as no shifts: there is no next change.
func TestRoundTheClockNeverChanges(t *testing.T) {
	shifts, err := calendar.ParseShifts("Mon-Sun 00:00-24:00")
	if err != nil {
		t.Fatal(err)
	}
	thirds, err := calendar.ParseShifts("Mon-Sun 06:00-14:00, 14:00-22:00, 22:00-06:00")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range [][]calendar.Shift{shifts, thirds} {
		c := mustNew(t, calendar.Spec{Zone: mustZone(t, "Europe/Berlin"), Shifts: s})
		if next, ok := c.NextChange(time.Date(2025, 10, 25, 0, 0, 0, 0, time.UTC)); ok {
			t.Errorf("round the clock changes at %s", next)
		}
	}
}

// Shifts around changes of the clock, with the answers written out.
func TestShiftsOnKnownDays(t *testing.T) {
	for _, c := range []struct {
		name, zone, shifts, after, start, end string
	}{
		{"a night shift in spring has seven hours", "Europe/Berlin", "Sat 22:00-06:00", "2025-03-29T12:00:00Z", "2025-03-29T22:00:00+01:00", "2025-03-30T06:00:00+02:00"},
		{"a start that the clock skips", "Europe/Berlin", "Sun 02:30-04:00", "2025-03-29T12:00:00Z", "2025-03-30T03:00:00+02:00", "2025-03-30T04:00:00+02:00"},
		{"a shift inside the skipped hour waits a week", "Europe/Berlin", "Sun 02:10-02:50", "2025-03-29T12:00:00Z", "2025-04-06T02:10:00+02:00", "2025-04-06T02:50:00+02:00"},
		{"an end that the clock shows twice is the first", "Europe/Berlin", "Sun 01:00-02:30", "2025-10-25T12:00:00Z", "2025-10-26T01:00:00+02:00", "2025-10-26T02:30:00+02:00"},
		{"a start that the clock shows twice is the first", "Europe/Berlin", "Sun 02:30-04:00", "2025-10-25T12:00:00Z", "2025-10-26T02:30:00+02:00", "2025-10-26T04:00:00+01:00"},
		{"the Friday that Apia skipped", "Pacific/Apia", "Fri 09:00-17:00", "2011-12-29T12:00:00-10:00", "2012-01-06T09:00:00+14:00", "2012-01-06T17:00:00+14:00"},
		{"the night of that Friday", "Pacific/Apia", "Fri 22:00-06:00", "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T06:00:00+14:00"},
		{"over the end of the week", "UTC", "Sat-Sun 22:00-02:00", "2026-05-02T12:00:00Z", "2026-05-02T22:00:00Z", "2026-05-03T02:00:00Z"},
		{"until midnight", "Asia/Shanghai", "Thu 18:00-24:00", "2024-02-29T00:00:00Z", "2024-02-29T18:00:00+08:00", "2024-03-01T00:00:00+08:00"},
		{"24 hours from nine to nine", "UTC", "Thu 09:00-09:00", "2024-02-29T00:00:00Z", "2024-02-29T09:00:00Z", "2024-03-01T09:00:00Z"},
	} {
		shifts, err := calendar.ParseShifts(c.shifts)
		if err != nil {
			t.Fatal(err)
		}
		cal := mustNew(t, calendar.Spec{Zone: mustZone(t, c.zone), Shifts: shifts})
		start, ok := cal.NextChange(mustTime(t, c.after))
		if !ok || !start.Equal(mustTime(t, c.start)) || !cal.OnShift(start) {
			t.Errorf("%s: starts at %s, want %s", c.name, start, c.start)
		}
		end, ok := cal.NextChange(start)
		if !ok || !end.Equal(mustTime(t, c.end)) || cal.OnShift(end) {
			t.Errorf("%s: ends at %s, want %s", c.name, end, c.end)
		}
	}
}

func TestNewRefusesTheImpossible(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	monday := []time.Weekday{time.Monday}
	_, err := calendar.New(calendar.Spec{
		Zone: time.Local,
		Shifts: []calendar.Shift{
			{Days: monday, From: calendar.Clock(9, 0), To: calendar.Clock(17, 0)},
			{From: calendar.Clock(9, 0), To: calendar.Clock(17, 0)},
			{Days: []time.Weekday{7}, To: calendar.EndOfDay},
			{Days: monday, From: calendar.EndOfDay, To: calendar.Clock(1, 0)},
			{Days: monday, From: -1, To: calendar.Clock(1, 0)},
			{Days: monday, To: calendar.Clock(25, 0)},
		},
		TimeOff:  []calendar.Span{{From: noon, To: noon.Add(-1)}},
		Holidays: []calendar.Date{{Year: 2026, Month: 2, Day: 29}, {}},
	})
	want := `calendar: impossible working time: the zone is time.Local, which differs between machines
Maybe use LoadZone
spec.Shifts[1] has no days
spec.Shifts[2] has the day 7, which is none of time.Sunday to time.Saturday
spec.Shifts[3] goes from 24:00 to 01:00; times go from 00:00 to 24:00, and a shift starts before 24:00
spec.Shifts[4] goes from 00:-1 to 01:00; times go from 00:00 to 24:00, and a shift starts before 24:00
spec.Shifts[5] goes from 00:00 to 25:00; times go from 00:00 to 24:00, and a shift starts before 24:00
spec.TimeOff[0] ends before it begins: 2026-01-01T12:00:00Z..2026-01-01T11:59:59.999999999Z
spec.Holidays[0] is no day of the calendar: 2026-02-29
spec.Holidays[1] is no day of the calendar: 0000-00-00`
	if !errors.Is(err, calendar.ErrSpec) {
		t.Fatalf("got %v, want ErrSpec", err)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("every wrong field is named (-want +got):\n%s", diff)
	}
}

package allocation

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// Mistakes about time, each made once.

func mustZone(t tester, name string) *time.Location {
	t.Helper()
	zone, err := calendar.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func mustShifts(t tester, text string) []calendar.Shift {
	t.Helper()
	shifts, err := calendar.ParseShifts(text)
	if err != nil {
		t.Fatal(err)
	}
	return shifts
}

// flowPolicy lets a rep have one customer in each window; who finds no room or
// nobody there waits.
func flowPolicy(name string, limit int64, caps ...Cap) *Policy {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "r", IfNone: IfNone{Full: Wait, Away: Wait}}}}}
	for _, c := range caps {
		c.Rule, c.Flow = -1, true
		c.Key = c.Name
		p.Caps = append(p.Caps, c)
		p.limit = append(p.limit, constLimit(limit))
	}
	return p.policy(name)
}

// wakeAt is the timer a desk sets when it has just looked for room.
func (d *testDesk) wakeAt() (at time.Time) {
	d.t.Helper()
	d.must(d.Advance(ctx, time.Time{}))
	d.must(d.submit(ctx, func(g *group) error { at = g.s.wakeAt(); return nil }))
	return at
}

// Recorded times are microseconds, the ends of time off need not be: rounded
// down, the end was now, and a replay stopped at it for ever.
func TestTimeOffThatEndsBetweenMicroseconds(t *testing.T) {
	d := openTest(t, NewMemoryStore(), flowPolicy("plain", 9))
	end := monday.Add(time.Hour + 500*time.Nanosecond)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", TimeOff: []calendar.Span{{From: monday, To: end}}}}, Opening{At: monday}))
	d.assign("W", monday.Add(time.Hour))
	back := monday.Add(time.Hour + time.Microsecond)
	if at := d.wakeAt(); !at.Equal(back) {
		t.Fatalf("ana is back at %s, so the desk wants to be woken at %s, not at %s", end, back, at)
	}
	d.must(d.Advance(ctx, monday.Add(2*time.Hour)))
	if last := d.entries()[len(d.entries())-1]; last.Rep != "ana" || !last.At.Equal(back) {
		t.Errorf("who waits gets ana when she is back: %s", last)
	}
}

// In Newfoundland the clock was put back at 00:01 until 2011, which ends an
// hour window at no quarter of an hour.
func TestWindowsOfRepsThatEndAtOddMinutes(t *testing.T) {
	d := openTest(t, NewMemoryStore(), flowPolicy("hourly", 1, Cap{Name: "hourly", Per: calendar.Hour, RepZone: true}))
	back := time.Date(2008, 11, 2, 2, 31, 0, 0, time.UTC) // 00:01 becomes 23:01
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Timezone: "America/St_Johns"}}, Opening{At: back.Add(-2 * time.Hour)}))
	d.assign("L1", back.Add(-30*time.Second)) // 00:00:30, for the first time
	d.assign("W", back.Add(-20*time.Second))
	if at := d.wakeAt(); !at.Equal(back) {
		t.Errorf("the window ends at %s, so the desk wants to be woken then, not at %s", back, at)
	}
	d.assign("L2", back.Add(5*time.Minute))
	if !strings.Contains(d.events(), "assigned W>ana; waiting L2") {
		t.Errorf("who waits is served before the next request: %s", d.events())
	}
}

// A policy that reads the time wakes the desk every quarter of an hour, and
// when a shift begins between two quarters.
func TestShiftsThatBeginBetweenQuarters(t *testing.T) {
	p := flowPolicy("now", 9)
	p.ReadsNow = true
	d := openTest(t, NewMemoryStore(), p)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Shifts: mustShifts(t, "Mon-Fri 09:35-17:00")}}, Opening{At: monday}))
	d.assign("W", monday.Add(31*time.Minute))
	if at, want := d.wakeAt(), monday.Add(35*time.Minute); !at.Equal(want) {
		t.Errorf("the desk wants to be woken at %s, when the shift begins, not at %s", want, at)
	}
}

// The last window ends in the year 10000, which no store takes as a timer.
func TestWaitingInTheLastYear(t *testing.T) {
	d := openTest(t, NewMemoryStore(), flowPolicy("daily", 1, Cap{Name: "daily", Per: calendar.Day}))
	last := time.Date(9999, 12, 31, 12, 0, 0, 0, time.UTC)
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: last}))
	d.assign("L1", last)
	if out := d.assign("W", last); out.Status != StatusWaiting || !d.wakeAt().IsZero() {
		t.Errorf("who waits on the last day waits for good, and nobody is woken: %+v, %s", out, d.wakeAt())
	}
	d.must(d.Advance(ctx, last.Add(12*time.Hour-time.Microsecond)))
}

// A day of a ramp that has begun does not un-begin, and no start is too long
// ago: a time.Duration ends after 292 years.
func TestDaysOfARamp(t *testing.T) {
	newfoundland := mustZone(t, "America/St_Johns")
	back := time.Date(2008, 11, 2, 2, 31, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		from, to time.Time
		zone     *time.Location
		want     int
	}{
		{"before midnight", back.Add(-24 * time.Hour), back.Add(-2 * time.Minute), newfoundland, 0},
		{"after midnight", back.Add(-24 * time.Hour), back.Add(-time.Second), newfoundland, 1},
		{"at 23:01 once more", back.Add(-24 * time.Hour), back, newfoundland, 1},
		{"hired when it was 23:01 once more", back, back.Add(time.Hour), newfoundland, 0},
		{"hired at 22:59, seen on the next day of 25 hours", back.Add(-62 * time.Minute), back.Add(24 * time.Hour), newfoundland, 1},
		{"over the day that Apia skipped", time.Date(2011, 12, 29, 22, 0, 0, 0, time.UTC), time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC), mustZone(t, "Pacific/Apia"), 2},
		{"a day without midnight", time.Date(2018, 11, 4, 2, 59, 0, 0, time.UTC), time.Date(2018, 11, 4, 3, 0, 0, 0, time.UTC), mustZone(t, "America/Sao_Paulo"), 1},
		{"leap day", time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC), time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), time.UTC, 2},
		{"all years", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.UTC, 3652058},
		{"not hired yet", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC), time.UTC, -1},
	} {
		if got := daysBetween(c.from, c.to, c.zone); got != c.want {
			t.Errorf("%s: %d days, want %d", c.name, got, c.want)
		}
	}
	if steps := []RampStep{{0, 1}, {30, 2}}; rampAt(steps, -1) != 0 || rampAt(steps, 29) != 1 || rampAt(steps, 30) != 2 || rampAt(steps, math.MaxInt) != 2 {
		t.Error("a step holds from its day on, and nothing before the first")
	}
}

// liveConfig is a desk that follows a clock the test sets.
func (d *testDesk) liveConfig(p *Policy, clock *time.Time) Config {
	cfg := d.config(p)
	cfg.Replay, cfg.Clock = ReplayOff, func() time.Time { return *clock }
	return cfg
}

// openLive opens a desk on a clock that the test sets.
func openLive(t tester, clock *time.Time, policies ...*Policy) *testDesk {
	t.Helper()
	d := &testDesk{t: t, store: NewMemoryStore(), policies: map[string]*Policy{}}
	for _, p := range policies {
		d.policies[p.Name] = p
	}
	desk, err := Open(ctx, d.liveConfig(policies[0], clock))
	if err != nil {
		t.Fatal(err)
	}
	d.Desk = desk
	if c, ok := t.(interface{ Cleanup(func()) }); ok {
		c.Cleanup(func() { desk.Close() })
	}
	return d
}

// A desk that was advanced past a shift, without anything to record, and whose
// clock was then put back into the shift decides as one that was just opened.
func TestClockPutBackAfterAnIdleAdvance(t *testing.T) {
	clock := monday
	d := openLive(t, &clock, flowPolicy("plain", 9))
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Shifts: mustShifts(t, "Mon 10:00-11:00")}}))
	d.assign("W", time.Time{})
	clock = monday.Add(3 * time.Hour) // nobody woke the desk in between
	d.must(d.Advance(ctx, clock))
	clock = monday.Add(time.Hour + 30*time.Minute)
	d.must(d.Advance(ctx, clock))
	if !strings.HasSuffix(d.events(), "waiting W; assigned W>ana; ") {
		t.Errorf("ana is on shift and W waits: %s", d.events())
	}
}

// The clock was a day ahead for one request. Room that appears after it was
// put right is used now and not in a day.
func TestRoomWhileTheClockIsBehindTheLedger(t *testing.T) {
	clock := monday
	d := openLive(t, &clock, bookOf(1))
	d.must(d.SetReps(ctx, reps("ana")))
	clock = monday.Add(24 * time.Hour)
	d.assign("L1", time.Time{})
	d.assign("W", time.Time{})
	clock = monday.Add(time.Minute)
	d.must(d.Release(ctx, "L1", Won))
	due, err := d.store.Due(ctx, clock, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("there is room and W waits, so the desk wants to be woken at once: %v, %v", due, err)
	}
	d.must(d.Advance(ctx, clock))
	if !strings.HasSuffix(d.events(), "assigned W>ana; ") {
		t.Errorf("W gets the free place: %s", d.events())
	}
	if due, err = d.store.Due(ctx, clock.Add(48*time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("nobody waits any more, and nothing is due: %v, %v", due, err)
	}
}

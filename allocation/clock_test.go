package allocation

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

// This file puts a desk on a clock that jumps, by up to an hour back and a day
// ahead, between requests and within them, while the local clocks of the desk
// and its reps change too.

// localClock is a slow reader of the clock of one zone: when it jumped, and
// what it showed last before.
type localClock struct {
	zone  *time.Location
	jumps []localJump
	named map[windowAt]string
}

type windowAt struct {
	per        calendar.Per
	weekStarts time.Weekday
	at         int64
}

type localJump struct{ at, before int64 } // the last reading before, as the seconds since 1970 of a clock that never jumped

func shows(u int64, zone *time.Location) int64 {
	year, month, day := time.Unix(u, 0).In(zone).Date()
	hour, minute, second := time.Unix(u, 0).In(zone).Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC).Unix()
}

// readClock looks at a clock every quarter of an hour, and at every second of
// a quarter in which it jumps.
func readClock(zone *time.Location, from, to time.Time) localClock {
	key := zone.String() + from.String()
	if c, known := clocksRead[key]; known {
		return c
	}
	c := localClock{zone: zone, named: map[windowAt]string{}}
	for u := from.Unix(); u < to.Unix(); u += 900 {
		if shows(u+900, zone) == shows(u, zone)+900 {
			continue
		}
		for s := u + 1; s <= u+900; s++ {
			if shows(s, zone) != shows(s-1, zone)+1 {
				c.jumps = append(c.jumps, localJump{s, shows(s-1, zone)})
			}
		}
	}
	clocksRead[key] = c
	return c
}

var clocksRead = map[string]localClock{}

// window names the calendar window of an instant.
func (c localClock) window(per calendar.Per, weekStarts time.Weekday, at time.Time) string {
	key := windowAt{per, weekStarts, at.Unix()}
	name, known := c.named[key]
	if !known {
		name = c.read(per, weekStarts, at)
		c.named[key] = name
	}
	return name
}

func (c localClock) read(per calendar.Per, weekStarts time.Weekday, at time.Time) string {
	reading := shows(at.Unix(), c.zone)
	latest, run := reading, 0
	for _, j := range c.jumps {
		if j.at <= at.Unix() {
			latest, run = max(latest, j.before), run+1
		}
	}
	today := time.Unix(latest, 0).UTC()
	switch per {
	case calendar.Hour:
		return fmt.Sprint("hour ", reading/3600, " of run ", run)
	case calendar.Day:
		return today.Format(time.DateOnly)
	case calendar.Week:
		for today.Weekday() != weekStarts {
			today = today.AddDate(0, 0, -1)
		}
		return "week of " + today.Format(time.DateOnly)
	default:
		return today.Format("2006-01")
	}
}

// jumpy is a desk on a jumping clock.
type jumpy struct {
	*testDesk
	policy *Policy
	limit  int64
	clock  time.Time
	during []time.Duration // what the clock jumps by when it is looked at
	next   int

	deskClock localClock
	repClocks map[string]localClock
	calendars map[string]*calendar.Calendar

	// The ledger, as far as it was read.
	seen     uint64
	now      time.Time
	given    map[string][]time.Time // by rep, voided ones left out
	holder   map[string]given       // by customer
	waiting  map[string]bool
	assigned map[string]int // by customer: how often
}

// given is one customer given to a rep.
type given struct {
	rep string
	at  time.Time
}

// A time in each case some days before the local clocks do what they do.
var jumpyStarts = []struct {
	zones []string
	start time.Time
}{
	{[]string{"Europe/Berlin", "UTC", "America/New_York"}, time.Date(2025, 10, 25, 20, 0, 0, 0, time.UTC)},
	{[]string{"Europe/Berlin", "Asia/Beirut"}, time.Date(2025, 3, 29, 18, 0, 0, 0, time.UTC)},
	{[]string{"America/St_Johns", "America/Havana"}, time.Date(2008, 11, 1, 20, 0, 0, 0, time.UTC)},
	{[]string{"Pacific/Apia", "Pacific/Kiritimati", "UTC"}, time.Date(2011, 12, 29, 12, 0, 0, 0, time.UTC)},
	{[]string{"America/Sao_Paulo"}, time.Date(2018, 11, 3, 20, 0, 0, 0, time.UTC)},
	{[]string{"Australia/Lord_Howe", "Antarctica/Troll"}, time.Date(2026, 4, 4, 10, 0, 0, 0, time.UTC)},
	{[]string{"UTC", "Asia/Kolkata"}, time.Date(2024, 2, 28, 20, 0, 0, 0, time.UTC)},
}

func openJumpy(t *rapid.T, replay Replay) *jumpy {
	place := rapid.SampledFrom(jumpyStarts).Draw(t, "place")
	j := &jumpy{clock: place.start, limit: int64(rapid.IntRange(1, 3).Draw(t, "limit")),
		repClocks: map[string]localClock{}, calendars: map[string]*calendar.Calendar{},
		given: map[string][]time.Time{}, holder: map[string]given{}, waiting: map[string]bool{}, assigned: map[string]int{}}
	from, to := place.start.AddDate(0, 0, -40), place.start.AddDate(0, 0, 70)
	var caps []Cap
	for _, per := range []string{"hour", "day", "week", "month", "90m", "36h"} {
		if rapid.IntRange(0, 2).Draw(t, per) == 0 {
			_, rolling := mustPer(per).Rolling()
			caps = append(caps, Cap{Name: per, Per: mustPer(per), RepZone: !rolling && rapid.Bool().Draw(t, per+" in the rep's zone")})
		}
	}
	j.policy = flowPolicy("jumpy", j.limit, caps...)
	j.policy.Zone = mustZone(t, place.zones[0])
	j.policy.WeekStarts = time.Weekday(rapid.IntRange(0, 6).Draw(t, "week starts"))
	j.deskClock = readClock(j.policy.Zone, from, to)
	var team []Rep
	for i, id := range []string{"ana", "bo", "cy"} {
		r := Rep{ID: id, Timezone: place.zones[i%len(place.zones)]}
		if i > 0 {
			r.Shifts = mustShifts(t, rapid.SampledFrom([]string{"", "Mon-Sun 22:00-02:30", "Mon-Fri 09:00-17:00; Sun 00:30-01:30"}).Draw(t, id+" works"))
		}
		j.repClocks[id] = readClock(mustZone(t, r.Timezone), from, to)
		c, err := calendar.New(calendar.Spec{Zone: mustZone(t, r.Timezone), Shifts: r.Shifts})
		if err != nil {
			t.Fatal(err)
		}
		j.calendars[id] = c
		team = append(team, r)
	}
	j.testDesk = &testDesk{t: t, store: NewMemoryStore(), policies: map[string]*Policy{"jumpy": j.policy}}
	j.open(replay)
	j.must(j.SetReps(ctx, team, Opening{At: j.at(replay)}))
	return j
}

func (j *jumpy) open(replay Replay) {
	cfg := j.config(j.policy)
	cfg.Replay, cfg.SnapshotEvery = replay, 3
	cfg.Clock = func() time.Time {
		if len(j.during) > 0 {
			j.clock, j.during = j.clock.Add(j.during[0]), j.during[1:]
		}
		return j.clock
	}
	desk, err := Open(ctx, cfg)
	j.must(err)
	j.Desk = desk
}

// at is the time that a request names: none, where the desk has a clock.
func (j *jumpy) at(replay Replay) time.Time {
	if replay == ReplayOff {
		return time.Time{}
	}
	return j.clock
}

// used counts slowly what a cap counts for a rep at a time.
func (j *jumpy) used(c Cap, rep string, at time.Time) (n int64) {
	clock := j.deskClock
	if c.RepZone {
		clock = j.repClocks[rep]
	}
	d, rolling := c.Per.Rolling()
	for _, given := range j.given[rep] {
		if rolling && at.Sub(given) < d || !rolling && clock.window(c.Per, j.policy.WeekStarts, given) == clock.window(c.Per, j.policy.WeekStarts, at) {
			n++
		}
	}
	return n
}

// hasRoom returns a rep who could take a customer at a time, if there is one.
func (j *jumpy) hasRoom(at time.Time) (rep string, ok bool) {
	for _, id := range keysOf(j.calendars) {
		full := slices.ContainsFunc(j.policy.Caps, func(c Cap) bool { return j.used(c, id, at) >= j.limit })
		if j.calendars[id].OnShift(at) && !full {
			return id, true
		}
	}
	return "", false
}

// sync reads what is new in the ledger and holds each entry against a recount.
func (j *jumpy) sync(t *rapid.T) {
	for e, err := range j.store.Entries(ctx, "test", j.seen, 0) {
		j.must(err)
		if e.At.Before(j.now) {
			t.Fatalf("recorded time never decreases: %s at %s after %s", e, e.At, j.now)
		}
		j.seen, j.now = e.Seq, e.At
		switch e.Event {
		case EventAssigned:
			for _, c := range j.policy.Caps {
				if n := j.used(c, e.Rep, e.At); n >= j.limit {
					t.Fatalf("a window is never opened twice: %s at %s, when he had been given %d of %d in his %s (rep's zone: %v): %v", e, e.At, n, j.limit, c.Name, c.RepZone, j.given[e.Rep])
				}
			}
			if !j.calendars[e.Rep].OnShift(e.At) {
				t.Fatalf("nobody is given a customer off shift: %s at %s", e, e.At)
			}
			if j.assigned[e.Customer]++; j.assigned[e.Customer] > 1 {
				t.Fatalf("a customer is given once: %s", e)
			}
			j.given[e.Rep] = append(j.given[e.Rep], e.At)
			j.holder[e.Customer] = given{rep: e.Rep, at: e.At}
			delete(j.waiting, e.Customer)
		case EventWaiting:
			if rep, ok := j.hasRoom(e.At); ok {
				t.Fatalf("a customer waits only when nobody has room: %s at %s, and %s has", e, e.At, rep)
			}
			j.waiting[e.Customer] = true
		case EventReleased: // who has been given stays counted, and a void takes even that back
			delete(j.waiting, e.Customer)
		case EventVoided:
			delete(j.waiting, e.Customer)
			if h, held := j.holder[e.Customer]; held {
				i := slices.IndexFunc(j.given[h.rep], h.at.Equal)
				j.given[h.rep] = slices.Delete(j.given[h.rep], i, i+1)
				delete(j.holder, e.Customer)
			}
		}
	}
}

// jump moves the clock: mostly a little ahead.
func (j *jumpy) jump(t *rapid.T) {
	j.clock = j.clock.Add(drawJump(t))
}

func drawJump(t *rapid.T) time.Duration {
	seconds := rapid.OneOf(rapid.IntRange(0, 1800), rapid.SampledFrom([]int{0, 1, 59, 60, 3599, 3600, 3601}),
		rapid.IntRange(-3600, 0), rapid.IntRange(0, 86400)).Draw(t, "jump")
	return time.Duration(seconds)*time.Second + time.Duration(rapid.IntRange(0, 1).Draw(t, "odd"))*1234567*time.Nanosecond
}

// serve does what a service does that follows the desk's timers, at one moment
// of the clock. Advancing at a timer moves it: nothing is due twice.
func (j *jumpy) serve(t *rapid.T) {
	for round := 0; ; round++ {
		due, err := j.store.Due(ctx, j.clock, 10)
		j.must(err)
		if len(due) == 0 {
			break
		}
		if round == 1 {
			t.Fatalf("a timer does not fire in a loop: %v is due at %s after the desk was advanced to it", due, j.clock)
		}
		j.must(j.Advance(ctx, j.clock))
	}
	var looked time.Time
	j.must(j.submit(ctx, func(g *group) error { looked = g.s.live.drainedAt; return nil }))
	if j.clock.Before(looked) {
		// Put back to before the last look, which left no entry: the timer is for
		// what comes after that look, but any request looks again.
		j.must(j.Advance(ctx, j.clock))
	}
	j.sync(t)
	now := j.clock
	if now.Before(j.now) {
		now = j.now
	}
	if rep, ok := j.hasRoom(now.UTC().Truncate(time.Microsecond)); ok && len(j.waiting) > 0 {
		t.Fatalf("no timer is lost: nothing is due at %s, %s has room and %v wait", j.clock, rep, keysOf(j.waiting))
	}
}

// step sends one request or a few.
func (j *jumpy) step(t *rapid.T, at time.Time) error {
	id := fmt.Sprint("L", rapid.IntRange(1, max(1, j.next)).Draw(t, "id"))
	var err error
	switch op := rapid.IntRange(0, 9).Draw(t, "op"); op {
	case 0, 1, 2, 3, 4:
		j.next++
		_, err = j.Assign(ctx, Customer{ID: fmt.Sprint("L", j.next), At: at})
	case 5:
		r := j.Requests()
		var results []*Result
		for range 3 {
			j.next++
			results = append(results, r.Assign(Customer{ID: fmt.Sprint("L", j.next), At: at}))
		}
		j.must(r.Commit(ctx))
		for _, result := range results {
			err = errors.Join(err, result.Err)
		}
	case 6:
		err = j.Release(ctx, id, Won, At(at))
	case 7:
		err = j.Void(ctx, id, "oops", At(at))
	default:
		err = j.Advance(ctx, at)
	}
	if errors.Is(err, ErrUnknownCustomer) {
		err = nil
	}
	return err
}

func (j *jumpy) ends(t *rapid.T) {
	if j.live() != j.folded() {
		t.Fatal("the fold of the ledger must equal the state in memory")
	}
	j.must(Verify(ctx, j.store, "test"))
	for _, id := range append(keysOf(j.waiting), keysOf(j.holder)...) {
		if _, err := j.Explain(ctx, id); err != nil {
			t.Fatalf("explaining decides again at the recorded time: %s: %v", id, err)
		}
	}
}

func TestLiveDeskOnAJumpingClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := openJumpy(t, ReplayOff)
		defer func() { j.Close() }()
		for range rapid.IntRange(3, 25).Draw(t, "steps") {
			j.jump(t)
			j.serve(t)
			if rapid.IntRange(0, 3).Draw(t, "jumps within the request") == 0 {
				j.during = []time.Duration{drawJump(t), drawJump(t), drawJump(t)}
			}
			ahead := time.Duration(rapid.SampledFrom([]int{-86400, 0, 299, 300}).Draw(t, "the request's own time")) * time.Second
			var at time.Time
			if len(j.during) == 0 {
				at = j.clock.Add(ahead)
			}
			j.must(j.step(t, at))
			j.during = nil
			j.sync(t)
			if rapid.IntRange(0, 5).Draw(t, "too far ahead") == 0 {
				before := j.events()
				_, err := j.Assign(ctx, Customer{ID: "ahead", At: j.clock.Truncate(time.Microsecond).Add(5*time.Minute + time.Microsecond)})
				if !errors.Is(err, ErrTime) || j.events() != before {
					t.Fatalf("a request more than five minutes ahead is refused and leaves nothing: %v", err)
				}
			}
			if rapid.IntRange(0, 5).Draw(t, "reopen") == 0 {
				j.Close()
				j.open(ReplayOff)
			}
		}
		j.serve(t)
		j.ends(t)
	})
}

func TestReplayOnAJumpingClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		replay := rapid.SampledFrom([]Replay{ReplayStrict, ReplayClamp}).Draw(t, "replay")
		j := openJumpy(t, replay)
		defer func() { j.Close() }()
		for range rapid.IntRange(3, 25).Draw(t, "steps") {
			j.sync(t)
			j.jump(t)
			before, last := j.events(), j.now
			err := j.step(t, j.clock)
			early := j.clock.Truncate(time.Microsecond).Before(last)
			switch {
			case errors.Is(err, ErrTime) && (replay == ReplayClamp || !early):
				t.Fatalf("%s is not before %s, or clamped: %v", j.clock, last, err)
			case errors.Is(err, ErrTime):
				if j.events() != before {
					t.Fatalf("a request from before the ledger's last entry leaves nothing: %s after %s", j.events(), before)
				}
			case err != nil:
				t.Fatal(err)
			}
			j.sync(t)
			if early && j.now.After(last) {
				t.Fatalf("an early time is taken as that of the last entry, %s, not as %s", last, j.now)
			}
			if _, ok := j.hasRoom(j.now); ok && len(j.waiting) > 0 && rapid.Bool().Draw(t, "look") {
				j.must(j.Advance(ctx, j.now))
				if j.sync(t); len(j.waiting) > 0 {
					if rep, ok := j.hasRoom(j.now); ok {
						t.Fatalf("who waits is served when time has passed: %s has room at %s, and %v wait", rep, j.now, keysOf(j.waiting))
					}
				}
			}
		}
		j.ends(t)
	})
}

package allocation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

// TestKeptRoomAndPresenceAreWhatLookingGives changes reps, opens, releases and
// voids customers and lets the clock go on, and at times back, and then
// compares who is available and who has room, as they are kept, with looking
// at every rep.
func TestKeptRoomAndPresenceAreWhatLookingGives(t *testing.T) {
	per := func(s string) calendar.Per {
		p, err := calendar.ParsePer(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	compared := 0
	rapid.Check(t, func(rt *rapid.T) {
		fake := &fakePolicy{Policy: Policy{Rules: []Rule{{Caps: []int{4, 5}}}, Caps: []Cap{
			{Name: "book", Rule: -1}, {Name: "daily", Rule: -1, Flow: true, Per: per("day")},
			{Name: "weekly", Rule: -1, Flow: true, Per: per("week"), RepZone: true},
			{Name: "rolling", Rule: -1, Flow: true, Per: per("36h")},
			{Name: "hourly", Rule: 0, Flow: true, Per: per("hour")}, {Name: "stock", Rule: 0},
		}}}
		capacity := func(r *Rep) (int64, bool) {
			if r.Capacity == nil {
				return 0, false
			}
			return *r.Capacity, true
		}
		fake.limit = []func(*Rep) (int64, bool){capacity, constLimit(2), constLimit(4), capacity, constLimit(1), capacity}
		p := fake.policy("room")
		s := newState()
		now := monday
		fold := func(e *event) {
			e.Seq, e.At = s.head.Version+1, s.now
			if now.After(s.now) {
				e.At = now
			}
			if err := s.fold(e); err != nil {
				rt.Fatal(err)
			}
		}
		fold(&event{Entry: Entry{Event: EventPolicySet}, details: details{Policy: p.Hash, CapKeys: p.capSpecs()}})
		if err := s.bind(p); err != nil {
			rt.Fatal(err)
		}
		draw := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
		var open []CustomerRef
		for step := range 1 + draw("steps", 60) {
			members := len(s.roster.members)
			switch draw("step", 7) {
			case 0, 1:
				fold(&event{Entry: Entry{Event: EventRepChanged}, details: details{Reps: []Rep{drawWorker(rt, members)}}})
			case 2, 3:
				if members > 0 {
					ref := CustomerRef{"lead", fmt.Sprint("L", step)}
					e := &event{Entry: Entry{Event: EventAssigned, Kind: ref.Kind, Customer: ref.ID, Episode: 1, Status: StatusAssigned, Rep: s.roster.members[draw("rep", members)].rep.ID}}
					e.Units = int64(draw("units", 3))
					for c := 1; c < len(p.Caps); c++ {
						e.Caps = append(e.Caps, counted{Cap: c})
					}
					fold(e)
					open = append(open, ref)
				}
			case 4:
				if len(open) > 0 {
					n := draw("which", len(open))
					ref := open[n]
					open = slices.Delete(open, n, n+1)
					c := s.customers[ref]
					e := &event{Entry: Entry{Event: EventReleased, Kind: ref.Kind, Customer: ref.ID, Rep: s.roster.members[c.row].rep.ID}}
					if draw("void", 2) == 0 {
						e.Event, e.Holdings = EventVoided, c.holdings
					}
					fold(e)
				}
			case 5:
				now = now.Add(time.Duration(draw("hours", 60)) * 20 * time.Minute)
			case 6:
				now = now.Add(-time.Duration(draw("back", 10)) * time.Hour)
			}
			if draw("look", 2) == 0 {
				compared += compareKept(rt, s, p, now)
			}
		}
	})
	if compared == 0 {
		t.Fatal("nothing was compared")
	}
}

// drawWorker draws a rep who is new or one of those there are, with working
// time and a capacity.
func drawWorker(t *rapid.T, members int) Rep {
	draw := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	r := Rep{ID: fmt.Sprint("rep", draw("which rep", members+1)), Inactive: draw("inactive", 5) == 0}
	r.Timezone = []string{"", "America/New_York", "Asia/Tokyo"}[draw("zone", 3)]
	shifts, err := calendar.ParseShifts([]string{"", "Mon-Fri 09:00-17:30", "Mon-Sun 22:00-06:00"}[draw("shifts", 3)])
	if err != nil {
		t.Fatal(err)
	}
	r.Shifts = shifts
	if draw("away", 3) == 0 {
		from := monday.Add(time.Duration(draw("from", 100))*time.Hour + time.Duration(draw("odd", 2)))
		r.TimeOff = []calendar.Span{{From: from, To: from.Add(time.Duration(1+draw("long", 50)) * time.Hour)}}
	}
	if draw("capacity known", 4) > 0 {
		capacity := int64(draw("capacity", 5))
		r.Capacity = &capacity
	}
	return r
}

func compareKept(t *rapid.T, s *state, p *Policy, now time.Time) (compared int) {
	w := &s.live.walk
	w.s, w.l, w.now = s, s.live, now
	w.m = s.live.matcher.Match(fakeFields{}, now)
	if s.roster.active.Empty() {
		return 0 // a stage is reached by somebody
	}
	check := func(what string, stage func() bool, looking func(row int) bool) {
		w.among.CopyFrom(&s.roster.active)
		var want []int
		for row := range s.roster.active.All() {
			if looking(row) {
				want = append(want, row)
			}
		}
		left := stage()
		got := slices.Collect(w.among.All())
		if !slices.Equal(got, want) || left != (len(want) > 0) {
			t.Fatalf("what is kept is what looking at every rep gives: %s at %v is %v (any: %v), and %v by looking", what, now, got, left, want)
		}
		compared++
	}
	for _, how := range []Availability{OnShift, NotAway, AnyAvailable} {
		check(fmt.Sprint("availability ", how), func() bool { return w.keepAvailable(0, how) },
			func(row int) bool { return s.roster.members[row].available(how, now) })
	}
	for c := range p.Caps {
		for w.units = range int64(4) {
			check("room under "+p.Caps[c].Name, func() bool { return w.keepUnder(0, c) }, func(row int) bool {
				limit, known := w.m.Limit(c, row)
				_, full := w.full(c, row, limit)
				return known && !full
			})
		}
	}
	return compared
}

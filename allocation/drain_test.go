package allocation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

// TestDrainOnlyWhenNeeded compares a desk that drains its waiting list when there
// may be room with one that drains before every request.
func TestDrainOnlyWhenNeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mk := func() *testDesk {
			return openTest(t, NewMemoryStore(), machinePolicy("strict", 3, 2, Wait), machinePolicy("wide", 6, 4, Wait))
		}
		a, b := mk(), mk()
		defer a.Close()
		defer b.Close()
		now := monday
		n := 0
		drawRep := func(id string) Rep {
			r := Rep{ID: id, Role: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "role"), KPI: map[string]float64{"w": float64(rapid.IntRange(0, 3).Draw(t, "w"))}, Teams: []string{"x"}}
			if day := rapid.IntRange(0, 5).Draw(t, "off"); day > 0 {
				from := now.Truncate(24*time.Hour).AddDate(0, 0, day-2)
				r.TimeOff = []calendar.Span{{From: from, To: from.AddDate(0, 0, 2)}}
			}
			return r
		}
		team := []Rep{drawRep("ana"), drawRep("bo"), drawRep("cy")}
		ops := rapid.IntRange(5, 40).Draw(t, "ops")
		both := func(f func(d *testDesk) error) {
			b.must(b.submit(ctx, func(g *group) error {
				if g.s.live != nil {
					g.s.live.drained = 0
				}
				return nil
			}))
			ea, eb := f(a), f(b)
			if fmt.Sprint(ea) != fmt.Sprint(eb) {
				t.Fatalf("errors differ: %v / %v", ea, eb)
			}
			if x, y := a.events(), b.events(); x != y {
				t.Fatalf("draining only when needed gives\n%s\ndraining always gives\n%s", x, y)
			}
		}
		both(func(d *testDesk) error { return d.SetReps(ctx, team, Opening{At: now}) })
		for range ops {
			now = now.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "min")) * time.Minute)
			at := now
			id := "L0"
			if n > 0 {
				id = fmt.Sprint("L", rapid.IntRange(1, n).Draw(t, "id"))
			}
			size := rapid.IntRange(0, 5).Draw(t, "size")
			switch op := rapid.IntRange(0, 11).Draw(t, "op"); op {
			case 0, 1, 2, 3:
				n++
				both(func(d *testDesk) error {
					_, err := d.Assign(ctx, Customer{ID: fmt.Sprint("L", n), At: at, Fields: map[string]any{"size": size}})
					return err
				})
			case 4, 5:
				both(func(d *testDesk) error { return d.Release(ctx, id, Won, At(at)) })
			case 6:
				both(func(d *testDesk) error { return d.Void(ctx, id, "x", At(at)) })
			case 7:
				both(func(d *testDesk) error {
					_, err := d.Reassign(ctx, Customer{ID: id, At: at, Fields: map[string]any{"size": size}})
					return err
				})
			case 8:
				to := rapid.SampledFrom(team).Draw(t, "to").ID
				both(func(d *testDesk) error { return d.Transfer(ctx, id, to, At(at)) })
			case 9:
				r := drawRep(rapid.SampledFrom(team).Draw(t, "to").ID)
				both(func(d *testDesk) error { return d.SetRep(ctx, r, at) })
			case 10:
				both(func(d *testDesk) error { return d.Advance(ctx, at) })
			case 11:
				if rapid.Bool().Draw(t, "erase") {
					both(func(d *testDesk) error { return d.Erase(ctx, id, At(at)) })
				} else {
					name := rapid.SampledFrom([]string{"strict", "wide"}).Draw(t, "p")
					both(func(d *testDesk) error { return d.SetPolicy(ctx, d.policies[name], at) })
				}
			}
		}
	})
}

func TestBlockedCustomerBlocksNobodyBehindHim(t *testing.T) {
	p := bookOf(1)
	fake := &fakePolicy{Policy: *p}
	fake.limit = []func(*Rep) (int64, bool){constLimit(1), constLimit(100)}
	fake.eligible = []func(*Rep, int64, fakeFields) Truth{func(r *Rep, _ int64, f fakeFields) Truth {
		return truth(f.num("size") != 7 || r.ID == "ana")
	}}
	d := openTest(t, NewMemoryStore(), fake.policy("p"))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	for _, id := range []string{"L1", "L2"} {
		d.assign(id, monday)
	}
	d.assign("picky", monday, "size", 7)
	d.assign("any", monday.Add(time.Minute))
	d.must(d.Release(ctx, "L2", Won, At(monday.Add(time.Hour))))
	d.must(d.Advance(ctx, monday.Add(time.Hour)))
	if !strings.HasSuffix(d.events(), "assigned any>bo; ") {
		t.Errorf("who waits for ana alone does not hold up who can go to bo: %s", d.events())
	}
}

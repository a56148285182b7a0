package allocation

import (
	"testing"
	"time"
)

// compacting is a desk that makes a snapshot as often as it may.
func compacting(t *testing.T, p *Policy, team ...Rep) *testDesk {
	d := openTest(t, NewMemoryStore(), p)
	d.reopen(p)
	d.must(d.SetReps(ctx, team, Opening{At: monday}))
	return d
}

func (d *testDesk) reopen(p *Policy) {
	d.t.Helper()
	d.must(d.Close())
	cfg := d.config(p)
	cfg.SnapshotEvery = 1
	desk, err := Open(ctx, cfg)
	d.must(err)
	d.Desk = desk
}

// pass lets customers come and go until a snapshot is due.
func (d *testDesk) pass(ids ...string) {
	d.t.Helper()
	for _, id := range ids {
		d.assign(id, monday)
		d.must(d.Void(ctx, id, "passes", At(monday)))
	}
}

// A customer who waited is known by his key as long as by his ID, also when the
// entry he waited by was compacted away.
func TestKeyFollowsTheDecision(t *testing.T) {
	for _, c := range []struct {
		name   string
		placed func(d *testDesk) error
	}{
		{"drained", func(d *testDesk) error { return d.Release(ctx, "L1", Won, At(monday)) }},
		{"drained after reopening", func(d *testDesk) error {
			d.reopen(bookOf(1))
			return d.Release(ctx, "L1", Won, At(monday))
		}},
		{"by hand", func(d *testDesk) error {
			_, err := d.AssignTo(ctx, Customer{ID: "L2", At: monday}, "ana", Force())
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := compacting(t, bookOf(1), reps("ana")...)
			d.assign("L1", monday)
			lead := Customer{ID: "L2", Key: "hook-7", At: monday}
			if waits, err := d.Assign(ctx, lead); err != nil || waits.Status != StatusWaiting {
				t.Fatalf("%+v, %v", waits, err)
			}
			d.pass("P1", "P2", "P3")
			d.must(c.placed(d))
			d.must(d.Advance(ctx, monday))
			d.pass("P4", "P5", "P6")
			if c.name == "by hand" {
				d.must(d.Release(ctx, "L1", Won, At(monday)))
			}
			to, err := d.Compact(ctx, 1000)
			d.must(err)
			byID, err := d.Assign(ctx, Customer{ID: "L2", At: monday})
			if err != nil || byID.Status != StatusAssigned || byID.Seq <= to {
				t.Fatalf("L2 is open since after entry %d: %+v, %v", to, byID, err)
			}
			byKey, err := d.Assign(ctx, lead)
			if err != nil || byKey.Seq != byID.Seq || !byKey.Repeated {
				t.Errorf("the same key gets the recorded decision %+v; got %+v, %v", byID, byKey, err)
			}
		})
	}
}

// Whoever is open can be voided and explained after compacting, also when the
// weights have changed since and others had waited before.
func TestCompactKeepsTheWeightsOfOpenCustomers(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Caps: []Cap{{Name: "book", Rule: -1}},
		Rules: []Rule{{HasWeight: true, WeightByRep: true, IfNone: IfNone{NotEligible: Wait}}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(20)}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{func(_ *Rep, _ int64, f fakeFields) Truth { return truth(f.num("size") < 9) }}
	p.weight = []func(*Rep, fakeFields) (float64, bool){func(r *Rep, _ fakeFields) (float64, bool) { return r.KPI["w"], true }}
	team := func(w float64) []Rep {
		return []Rep{{ID: "ana", KPI: map[string]float64{"w": w}}, {ID: "bo", KPI: map[string]float64{"w": 1}}}
	}
	policy := p.policy("weighted")
	d := compacting(t, policy, team(2)...)
	d.assign("W", monday, "size", 9) // waits
	d.pass("P1", "P2", "P3")
	open := d.assign("open", monday)
	d.must(d.Release(ctx, "W", Lost, At(monday)))
	d.must(d.SetReps(ctx, team(3), Opening{At: monday.Add(time.Hour)}))
	d.assign("L5", monday.Add(time.Hour))
	d.must(d.Release(ctx, "L5", Won, At(monday.Add(time.Hour))))
	to, err := d.Compact(ctx, 1000)
	if err != nil || to == 0 || to >= open.Seq {
		t.Fatalf("compacted to %d, and the open customer is since %d: %v", to, open.Seq, err)
	}
	if _, err := d.Explain(ctx, "open"); err != nil {
		t.Errorf("an open customer can be explained after compacting: %v", err)
	}
	if err := d.Void(ctx, "open", "duplicate", At(monday.Add(time.Hour))); err != nil {
		t.Errorf("an open customer can be voided after compacting: %v", err)
	}
	if d.live() != d.folded() {
		t.Errorf("the fold is the state in memory:\n%s\n%s", d.live(), d.folded())
	}
}

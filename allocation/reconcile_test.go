package allocation

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPropertyReconcile compares a desk with a random history with random,
// complete records. Afterwards its open customers are theirs, rep by rep and to
// the unit; nobody's credit has moved; the same records show no drift; and what
// a process folds from the entries is what this one holds.
func TestPropertyReconcile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := openTest(t, NewMemoryStore(), machinePolicy("crm", 4, 3, Wait))
		defer d.Close()
		now := monday
		team := []Rep{}
		for i, id := range []string{"ana", "bo", "cy", "dee"} {
			team = append(team, Rep{ID: id, Role: "a", Teams: []string{"x", "y"}[:i%3], KPI: map[string]float64{"w": 1}})
		}
		d.must(d.SetReps(ctx, team, Opening{At: now, Work: map[string]int64{"bo": 2}}))
		n := rapid.IntRange(1, 25).Draw(t, "customers")
		for i := range n {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
			_, err := d.Assign(ctx, Customer{ID: fmt.Sprint("L", i), At: now, Fields: map[string]any{"size": float64(rapid.IntRange(0, 5).Draw(t, "size"))}})
			d.must(err)
			if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
				d.must(d.Release(ctx, fmt.Sprint("L", rapid.IntRange(0, i).Draw(t, "who")), Won, At(now)))
			}
		}
		crm := CRM{Complete: true, Unowned: true, At: now}
		want := map[string]int64{"bo": 2}
		for i := range n + 3 {
			r := Record{ID: fmt.Sprint("L", i), Owner: rapid.SampledFrom([]string{"", "ana", "bo", "cy", "dee"}).Draw(t, "owner"),
				Closed: rapid.IntRange(0, 3).Draw(t, "closed") == 0, Units: int64(rapid.IntRange(1, 3).Draw(t, "units"))}
			if rapid.IntRange(0, 5).Draw(t, "not named") > 0 {
				crm.Records = append(crm.Records, r)
				if !r.Closed && r.Owner != "" {
					want[r.Owner] += r.Units
				}
			}
		}
		d.must(d.Advance(ctx, now)) // what was due is not the doing of Reconcile
		before := creditsOf(t, d)
		preview := crm
		preview.Preview = true
		shown, err := d.Reconcile(ctx, preview)
		d.must(err)
		version := reportOf(d).Version
		done, err := d.Reconcile(ctx, crm)
		d.must(err)
		if a, b := codesOf(shown), codesOf(done); a != b {
			t.Fatalf("property: a preview shows what is then recorded; it shows\n%s\nrecorded is\n%s", a, b)
		}
		if got := reportOf(d).Version - version; got != uint64(len(done.Drift)) {
			t.Fatalf("property: each drift is one entry; there are %d and %d entries", len(done.Drift), got)
		}
		if after := creditsOf(t, d); after != before {
			t.Fatalf("property: no credit moves; it was\n%s\nand is\n%s", before, after)
		}
		got := map[string]int64{}
		for _, line := range reportOf(d).Reps {
			if line.Open > 0 {
				got[line.Rep] = line.Open
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("property: a rep has open what the CRM says: %v; the desk has %v", want, got)
		}
		again, err := d.Reconcile(ctx, preview)
		d.must(err)
		if len(again.Drift) > 0 {
			t.Fatalf("property: the same records show no drift any more; they show %s", codesOf(again))
		}
		live := d.live()
		if folded := d.folded(); folded != live {
			t.Fatalf("property: the fold of the entries is the desk's state; it is\n%s\nthe state is\n%s", folded, live)
		}
		restored, err := restore(Snapshot{Version: reportOf(d).Version, State: []byte(live)})
		d.must(err)
		if z, err := restored.encode(); err != nil || string(z) != live {
			t.Fatalf("property: a snapshot gives back the state; %v\n%s\nthe state is\n%s", err, z, live)
		}
	})
}

func reportOf(d *testDesk) *Report {
	r, err := d.Report(ctx)
	d.must(err)
	return r
}

// creditsOf is the rotations as they stand, as text.
func creditsOf(t *rapid.T, d *testDesk) string {
	text, err := json.Marshal(reportOf(d).Rotations)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func codesOf(r *Reconciliation) string {
	var b strings.Builder
	for _, d := range r.Drift {
		fmt.Fprintf(&b, "%s %s %s->%s\n", d.Code, d.Customer, d.Rep, d.Owner)
	}
	return b.String()
}

// TestReconcileIsExplained: Explain says what the CRM says, what the ledger knew
// later than the CRM stands, and voiding gives back the credit of the desk's own
// decision.
func TestReconcileIsExplained(t *testing.T) {
	d := openTest(t, NewMemoryStore(), (&fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all"}}}}).policy("p"))
	defer d.Close()
	d.must(d.SetReps(ctx, []Rep{{ID: "ana"}, {ID: "bo"}}, Opening{At: monday}))
	for _, id := range []string{"L1", "L2", "L3"} {
		_, err := d.Assign(ctx, Customer{ID: id, At: monday})
		d.must(err)
	}
	later := monday.Add(time.Hour)
	_, err := d.Assign(ctx, Customer{ID: "L4", At: later})
	d.must(err)
	r, err := d.Reconcile(ctx, CRM{At: later, AsOf: later, Records: []Record{
		{ID: "L1", Owner: "bo", Since: monday.Add(-time.Hour)}, {ID: "L2", Closed: true}, {ID: "L4", Closed: true}, {ID: "L9", Owner: "ana"},
	}})
	d.must(err)
	if got, want := codesOf(r), "owner_changed L1 ana->bo\nclosed_outside L2 bo->\nopened_outside L9 ->ana\n"; got != want {
		t.Errorf("drift is\n%swant\n%s", got, want)
	}
	if len(r.Newer) != 1 || r.Newer[0].Customer != "L4" {
		t.Errorf("what was decided at the time of the records stands: %+v", r.Newer)
	}
	if len(r.Left) != 1 || r.Left[0].Customer != "L3" {
		t.Errorf("who is not named is listed and left alone: %+v", r.Left)
	}
	for id, want := range map[string]string{
		"L1": "Since then the CRM says its owner is bo since 2026-03-02 08:00 UTC. No credit moved.",
		"L2": "Since then the CRM says it is closed, as of 2026-03-02 10:00 UTC.",
		"L9": "lead L9 was given outside the desk: the CRM says its owner is ana, as of 2026-03-02 10:00 UTC.",
	} {
		x, err := d.Explain(ctx, id)
		d.must(err)
		for _, said := range []string{x.String(), x.RepString("bo")} {
			if !strings.Contains(said, want) {
				t.Errorf("the explanation of %s must say %q; it says\n%s", id, want, said)
			}
		}
	}
	again, err := d.Assign(ctx, Customer{ID: "L1", At: later})
	d.must(err)
	if !again.Repeated || again.Rep != "ana" {
		t.Errorf("the desk's decision stands as it was answered: %+v", again)
	}
	for _, id := range []string{"L1", "L2", "L3", "L4"} {
		d.must(d.Void(ctx, id, "duplicate", At(later)))
	}
	for _, rep := range reportOf(d).Rotations[0].Reps {
		if rep.Got != 0 || rep.Deviation != 0 {
			t.Errorf("voiding gives back the credit of what the CRM moved or closed: %+v", rep)
		}
	}
}

// TestReconcileKeepsStockCaps: a customer whom the CRM moves counts under the
// stock caps of his rule for his new rep, and no more for the old one.
func TestReconcileKeepsStockCaps(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all", Caps: []int{0}}}, Caps: []Cap{{Name: "one", Rule: 0}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(1)}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	if first := d.assign("L1", monday); first.Rep != "ana" {
		t.Fatalf("%+v", first)
	}
	_, err := d.Reconcile(ctx, CRM{At: monday, Records: []Record{{ID: "L1", Owner: "bo"}}})
	d.must(err)
	if second := d.assign("L2", monday); second.Rep != "ana" {
		t.Errorf("bo is full by whom the CRM gave him, and ana has room again: %+v", second)
	}
	if third := d.assign("L3", monday); third.Status != StatusUnassigned {
		t.Errorf("both are full: %+v", third)
	}
}

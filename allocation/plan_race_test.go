package allocation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// begin prepares a commit, so that a test can let things happen before it goes
// on.
func (d *testDesk) begin(p *Plan) *commit {
	d.t.Helper()
	c := newCommit(p)
	p.commit = c
	d.must(c.prepare(context.Background()))
	return c
}

// TestPlanDecidedWhilePlacedAnew: whoever is decided by somebody else while he is
// placed anew is left, and the commitment names him.
func TestPlanDecidedWhilePlacedAnew(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 1), rep("bo", 9))
	plan := mustPlan(d, []Customer{worth("given", "ana", 3), worth("released", "bo", 3)}, PlanOptions{At: monday})
	d.assign("other", monday, "ana", 9)
	d.must(d.SetRep(ctx, Rep{ID: "bo", Capacity: new(int64(9)), Inactive: true}, monday))
	c := d.begin(plan)
	done, err := c.try(ctx, false)
	if d.must(err); done != nil || len(c.bad) != 2 {
		t.Fatalf("both have lost their places: %+v, %v", done, c.bad)
	}
	d.must(d.SetRep(ctx, rep("bo", 9), monday))
	d.assign("given", monday, "bo", 1)
	d.assign("released", monday, "bo", 1)
	d.must(d.Release(ctx, "released", Won, At(monday)))
	d.must(c.placeAnew(ctx))
	done = d.commit(plan)
	if len(done.Left) != 2 || done.Left[0].Reason != ReasonDecided || done.Left[1].Reason != ReasonDecided || done.Resolved != 0 {
		t.Fatalf("both were decided by somebody else: %+v", done)
	}
}

// TestPlanCompactedMeanwhile: a plan that finds entries compacted away when it is
// recorded is outdated, and the store is not blamed.
func TestPlanCompactedMeanwhile(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 9))
	cfg := d.config(d.policies["p"])
	cfg.SnapshotEvery = 1
	desk, err := Open(ctx, cfg)
	d.must(err)
	defer desk.Close()
	d.Desk = desk
	plan := mustPlan(d, []Customer{worth("new", "ana", 3)}, PlanOptions{At: monday})
	c := d.begin(plan)
	for i := range 9 { // all of it after the look at what was recorded
		d.assign(fmt.Sprint("other", i), monday, "ana", 9)
		d.must(d.Release(ctx, fmt.Sprint("other", i), Won, At(monday)))
	}
	to, err := d.Compact(ctx, 1000)
	if d.must(err); to <= plan.Version {
		t.Fatalf("compacted to %d, and the plan is of %d", to, plan.Version)
	}
	if _, err := c.try(ctx, false); !errors.Is(err, ErrPlanOutdated) || errors.Is(err, ErrNotDurable) {
		t.Fatalf("entries since the plan are gone: %v", err)
	}
}

// TestPlanPlacedAnewExplained: who is placed anew is explained by what the desk
// was then, also when no rule had anybody for him.
func TestPlanPlacedAnewExplained(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 9), rep("bo", 9))
	plan := mustPlan(d, []Customer{worth("a", "ana", 3, "not bo", 1), worth("b", "bo", 3)}, PlanOptions{At: monday})
	d.must(d.SetRep(ctx, Rep{ID: "ana", Capacity: new(int64(9)), Inactive: true}, monday))
	d.commit(plan)
	x, err := d.Explain(ctx, "a")
	d.must(err)
	if text := x.String(); strings.Contains(text, "others have his places") || !strings.Contains(text, "ana: not active") {
		t.Errorf("ana had left, and the explanation says\n%s", text)
	}
}

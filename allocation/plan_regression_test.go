package allocation

import (
	"context"
	"testing"
)

// TestWaitingByAPlanIsServed: whoever a plan has wait is served like all others
// who wait, also where there has been room since before it was committed.
func TestWaitingByAPlanIsServed(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 1), rep("bo", 1))
	d.assign("held", monday, "ana", 3, "bo", 1)
	d.assign("other", monday, "bo", 3, "not ana", 1)
	d.assign("blocked", monday, "bo", 3, "not ana", 1)
	plan := mustPlan(d, []Customer{worth("late", "ana", 3, "not bo", 1)}, PlanOptions{At: monday})
	d.must(d.Release(ctx, "held", Won, At(monday)))
	d.must(d.Advance(ctx, monday)) // the list is looked at, and nobody finds a place
	done := d.commit(plan)
	d.must(d.Advance(ctx, monday))
	want := `planned
waiting late  full
assigned late ana`
	if got := d.since(done.Seq - 1); got != want {
		t.Fatalf("the ledger has\n%s\nwant\n%s", got, want)
	}
}

// TestPlanLeavesKeysOfEarlierEpisodes: the same key gets the recorded decision
// again, also when a plan has the customer by it in his next episode.
func TestPlanLeavesKeysOfEarlierEpisodes(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 1))
	keyed := worth("again", "ana", 3)
	keyed.Key = "one"
	first, err := d.Assign(ctx, keyed)
	d.must(err)
	second, err := d.Reassign(ctx, worth("again", "ana", 3, "not ana", 1))
	if d.must(err); second.Status != StatusUnassigned {
		t.Fatalf("nobody was to take him: %+v", second)
	}
	done := d.commit(mustPlan(d, []Customer{keyed}, PlanOptions{At: monday}))
	if len(done.Left) != 1 || done.Left[0].Reason != ReasonKeyReused {
		t.Errorf("his key is of his first episode: %+v", done)
	}
	if got, err := d.Assign(ctx, keyed); err != nil || got.Seq != first.Seq || !got.Repeated {
		t.Errorf("the key must get entry %d again, and gets %+v, %v", first.Seq, got, err)
	}
}

package allocation_test

import (
	"errors"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// TestTimersOutliveOtherProcesses has processes come and go beside a desk that
// has a waiting customer. Whoever only looks leaves the timer alone, also
// without the policy; whoever changes something without it asks for a look.
func TestTimersOutliveOtherProcesses(t *testing.T) {
	ctx := t.Context()
	desk, store := slowDesk(t)
	for _, id := range []string{"L1", "L2", "L3"} {
		if _, err := desk.Assign(ctx, lead(id, 4)); err != nil {
			t.Fatal(err)
		}
	}
	due := func() time.Time {
		timers, err := store.Due(ctx, allocation.Monday.AddDate(1, 0, 0), 9)
		if err != nil || len(timers) > 1 {
			t.Fatalf("%v, %v", timers, err)
		}
		if len(timers) == 0 {
			return time.Time{}
		}
		return timers[0].At
	}
	if err := desk.Advance(ctx, allocation.Monday); err != nil {
		t.Fatal(err)
	}
	want := due()
	if !want.After(allocation.Monday) {
		t.Fatalf("somebody waits, and nobody is told when to look: %v", want)
	}
	open := func(policies ...*allocation.Policy) *allocation.Desk {
		cfg := allocation.ReplayConfig(store, allocation.MachinePolicy("strict", 3, 2, allocation.Wait))
		if policies == nil {
			cfg.Policy, cfg.Compile = nil, nil
		}
		d, err := allocation.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	plain := open()
	if _, err := plain.Report(ctx); err != nil {
		t.Fatal(err)
	}
	if err := plain.Advance(ctx, allocation.Monday); err != nil {
		t.Fatal(err)
	}
	if got := due(); !got.Equal(want) {
		t.Errorf("a process without the policy opened the desk and looked: the timer was at %v and is at %v", want, got)
	}
	if _, err := open(allocation.MachinePolicy("strict", 3, 2, allocation.Wait)).Report(ctx); err != nil {
		t.Fatal(err)
	}
	if got := due(); !got.Equal(want) {
		t.Errorf("a process with the policy opened the desk and looked: the timer was at %v and is at %v", want, got)
	}
	if err := plain.SetRep(ctx, allocation.Rep{ID: "cy", Role: "a", KPI: map[string]float64{"w": 1}}, allocation.Monday); err != nil {
		t.Fatal(err)
	}
	if got := due(); got.IsZero() || got.After(allocation.Monday) {
		t.Errorf("a rep came and nobody could offer him who waits: somebody must look at once, not at %v", got)
	}
	if err := desk.Advance(ctx, allocation.Monday); err != nil {
		t.Fatal(err)
	}
	if r, err := desk.Report(ctx); err != nil || len(r.Waiting) != 0 {
		t.Errorf("following the timer gives the new rep who waits: %+v, %v", r, err)
	}
}

// TestGrantOnce sends a grant again, as after ErrNotDurable, with its key.
func TestGrantOnce(t *testing.T) {
	ctx := t.Context()
	desk, store := slowDesk(t)
	if _, err := desk.Assign(ctx, lead("L1", 1)); err != nil {
		t.Fatal(err)
	}
	store.Then(storetest.FailsAfter)
	grant := func(amount float64, key string) error {
		return desk.Grant(ctx, "rest", "ana", amount, "sorry", allocation.Once(key))
	}
	for range 3 {
		if err := grant(2, "g1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := grant(3, "g1"); !errors.Is(err, allocation.ErrKeyReused) {
		t.Errorf("another grant with the same key is refused: %v", err)
	}
	if err := grant(3, "g2"); err != nil {
		t.Fatal(err)
	}
	c := lead("L9", 1)
	c.Key = "g2"
	if _, err := desk.Assign(ctx, c); !errors.Is(err, allocation.ErrKeyReused) {
		t.Errorf("a grant's key is no customer's: %v", err)
	}
	grants := 0
	for e, err := range store.Entries(ctx, "test", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Event == allocation.EventGranted {
			grants++
		}
	}
	if grants != 2 {
		t.Errorf("two grants were asked for, one of them four times; the ledger has %d", grants)
	}
}

// TestOvertakenByAPolicy has another process set a policy with another word
// for a customer while a request is decided: it is decided anew, from nothing.
func TestOvertakenByAPolicy(t *testing.T) {
	ctx := t.Context()
	leads, accounts := allocation.MachinePolicy("leads", 3, 2, allocation.Wait), allocation.MachinePolicy("accounts", 3, 2, allocation.Wait)
	accounts.Kind = "account"
	desk, store := slowDesk(t, leads, accounts)
	other, err := allocation.Open(ctx, func() allocation.Config {
		cfg := allocation.ReplayConfig(store, leads, accounts)
		cfg.Policy = nil
		return cfg
	}())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	store.Meanwhile(func() {
		if err := other.SetPolicy(ctx, accounts, allocation.Monday); err != nil {
			t.Error(err)
		}
	})
	store.Then(storetest.Intrudes)
	if d, err := desk.Assign(ctx, lead("A1", 1)); err != nil || d.Kind != "account" {
		t.Errorf("the kind is the word of the policy in force: %+v, %v", d, err)
	}
}

// TestAssignViaInDoubt loses the outcome of a caller's own transaction in every
// way: the caller hears that nobody knows, and the next request finds out.
func TestAssignViaInDoubt(t *testing.T) {
	for _, c := range []struct {
		fault storetest.Fault
		kept  bool
	}{
		{storetest.FailsBefore, false}, {storetest.FailsAfter, true}, {storetest.Conflicts, false},
		{storetest.CrashesBefore, false}, {storetest.CrashesAfter, true}, {storetest.FillsUp, false},
	} {
		desk, store := slowDesk(t)
		if d, err := desk.AssignVia(t.Context(), storetest.NewFaulty(store, c.fault), lead("L1", 1)); !errors.Is(err, allocation.ErrNotDurable) || d.Rep != "" {
			t.Errorf("a transaction that %s decides nothing that anybody may use: %+v, %v", c.fault, d, err)
		}
		first, err := desk.Assign(t.Context(), lead("L1", 1))
		if err != nil || first.Repeated != c.kept {
			t.Errorf("after a transaction that %s the decision is in the ledger: %t; got %+v, %v", c.fault, c.kept, first, err)
		}
		if next, err := desk.Assign(t.Context(), lead("L2", 1)); err != nil || next.Seq <= first.Seq {
			t.Errorf("the desk goes on: %+v, %v", next, err)
		}
		if err := allocation.Verify(t.Context(), store, "test"); err != nil {
			t.Error(err)
		}
	}
}

// TestByHandTooLate gives a waiting customer to a rep by hand at a moment at
// which the desk gives him away itself: the caller hears that his request did
// nothing, the first time as when it is sent again.
func TestByHandTooLate(t *testing.T) {
	ctx := t.Context()
	desk, _ := slowDesk(t)
	for _, id := range []string{"L1", "L2", "L3"} {
		if _, err := desk.Assign(ctx, lead(id, 4)); err != nil {
			t.Fatal(err)
		}
	}
	later := lead("L3", 1)
	later.At = allocation.Monday.AddDate(0, 0, 4) // the big ones have room again
	if err := desk.Release(ctx, "L1", allocation.Won, allocation.At(later.At.AddDate(0, 0, -3))); err != nil {
		t.Fatal(err)
	}
	if r, err := desk.Report(ctx); err != nil || len(r.Waiting) != 1 {
		t.Fatalf("L3 was to wait: %+v, %v", r, err)
	}
	first, err := desk.AssignTo(ctx, later, "bo")
	if err != nil {
		t.Fatal(err)
	}
	again, err := desk.AssignTo(ctx, later, "bo")
	if err != nil || first.Seq != again.Seq || !first.Repeated || !first.Changed {
		t.Errorf("what the desk decided is no decision of this request: %+v, then %+v, %v", first, again, err)
	}
}

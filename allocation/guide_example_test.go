package allocation_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
	"github.com/evenhand/evenhand/policy"
)

// This file is the compiled half of GUIDE.md: its blocks are taken from here,
// from sqlitestore's guide_example_test.go, and from the examples.

// guideTime is a Monday morning.
var guideTime = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// guideDesk opens a desk on a store at a fixed time, with two reps who have a
// place each.
func guideDesk(store allocation.Store) *allocation.Desk {
	d, err := policy.Parse("guide.yaml", []byte(`evenhand: 1
name: guide
customer: lead
caps:
  - {name: book, open: rep.capacity}
rules:
  - {name: everyone, id: all, if_none: wait}
`), nil)
	if err != nil {
		log.Fatal(err)
	}
	p, err := d.Compile()
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	desk, err := allocation.Open(ctx, allocation.Config{
		Desk: "acme/emea", Policy: p, Compile: policy.Compile, Store: store,
		Clock: func() time.Time { return guideTime },
	})
	if err != nil {
		log.Fatal(err)
	}
	one := int64(1)
	if err := desk.SetReps(ctx, []allocation.Rep{{ID: "ana", Capacity: &one}, {ID: "bo", Capacity: &one}}); err != nil {
		log.Fatal(err)
	}
	return desk
}

// What happens to a lead after the decision: it ends, was never one, comes
// back, changes hands.
func Example_guideLife() {
	ctx := context.Background()
	desk, now := guideDesk(allocation.NewMemoryStore()), guideTime
	defer desk.Close()
	show := func(d allocation.Decision, err error) { fmt.Println(d.Customer, d.Status, d.Rep+d.Reason, err) }

	show(desk.Assign(ctx, allocation.Customer{ID: "L-1"}))
	show(desk.Assign(ctx, allocation.Customer{ID: "L-2"}))
	show(desk.Assign(ctx, allocation.Customer{ID: "L-3"})) // both are full

	// Won, lost, closed, or a word of your own: the place is free, the turn counts.
	// Who waits gets it with the next decision, or now.
	err := desk.Release(ctx, "L-1", allocation.Won)
	err = errors.Join(err, desk.Advance(ctx, now))
	show(desk.Assign(ctx, allocation.Customer{ID: "L-3"}))
	fmt.Println(err)

	// Never should have been one: place, credit and flow caps as if it had not come.
	err = desk.Void(ctx, "L-2", "duplicate of L-1")
	fmt.Println(err)

	// Back after a year, or its owner has left: decided anew, in a new episode. The
	// key makes the request safe to send again.
	show(desk.Reassign(ctx, allocation.Customer{ID: "L-1", Key: "renewal-2026"}))

	// By hand. A full cap refuses it, unless forced, which is recorded.
	err = desk.Transfer(ctx, "L-3", "bo")
	var refused *allocation.Refusal
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason)
	}
	err = desk.Transfer(ctx, "L-3", "bo", allocation.Force())
	fmt.Println(err)
	// Output:
	// L-1 assigned ana <nil>
	// L-2 assigned bo <nil>
	// L-3 waiting full <nil>
	// L-3 assigned ana <nil>
	// <nil>
	// <nil>
	// L-1 assigned bo <nil>
	// full
	// <nil>
}

// assignSurely sends a request again whose outcome nobody knows. The same request is
// never decided twice, so sending it again is always safe.
func assignSurely(ctx context.Context, desk *allocation.Desk, c allocation.Customer) (allocation.Decision, error) {
	for try := 1; ; try++ {
		d, err := desk.Assign(ctx, c)
		if !errors.Is(err, allocation.ErrNotDurable) || try == 3 || ctx.Err() != nil {
			return d, err
		}
	}
}

// The store says twice that it failed, once after it had kept the decision.
func Example_guideRetry() {
	store := storetest.NewFaulty(allocation.NewMemoryStore())
	desk := guideDesk(store)
	defer desk.Close()
	store.Then(storetest.FailsBefore, storetest.FailsAfter)
	d, err := assignSurely(context.Background(), desk, allocation.Customer{ID: "L-1"})
	fmt.Println(d.Status, d.Rep, err)
	// Output:
	// assigned ana <nil>
}

// followTimers advances the desks whose timers are due, of all in the store:
// shifts begin, windows of caps end, and those who wait get their turn. Call it
// every few seconds, in one process or in several.
func followTimers(ctx context.Context, store allocation.Store, desks map[string]*allocation.Desk, now time.Time) error {
	due, err := store.Due(ctx, now, 1000)
	for _, timer := range due {
		if desk := desks[timer.Desk]; desk != nil {
			err = errors.Join(err, desk.Advance(ctx, now))
		}
	}
	return err
}

// A lead waits for room; the timer brings it to the rep who has some.
func Example_guideTimers() {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	desk := guideDesk(store)
	defer desk.Close()
	for _, id := range []string{"L-1", "L-2", "L-3"} {
		_, _ = assignSurely(ctx, desk, allocation.Customer{ID: id})
	}
	_ = desk.Release(ctx, "L-2", allocation.Lost)
	err := followTimers(ctx, store, map[string]*allocation.Desk{"acme/emea": desk}, guideTime)
	r, _ := desk.Report(ctx)
	for _, rep := range r.Reps {
		fmt.Println(rep.Rep, rep.Open, err)
	}
	fmt.Println(len(r.Waiting), "wait")
	// Output:
	// ana 1 <nil>
	// bo 1 <nil>
	// 0 wait
}

// Somebody asks why; another process, which has the store and nothing else,
// answers.
func Example_guideExplain() {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	desk := guideDesk(store)
	_, _ = assignSurely(ctx, desk, allocation.Customer{ID: "L-1"})
	desk.Close()

	x, err := allocation.Explain(ctx, allocation.Config{Desk: "acme/emea", Store: store, Compile: policy.Compile},
		allocation.CustomerRef{Kind: "lead", ID: "L-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(x.Decision.Rep, x.Decision.Rule)
	fmt.Print(x.RepString("bo")) // for one rep who asks; x.String() is for his manager
	// Output:
	// ana all
	// lead L-1 went to ana by rule "everyone".
	// bo could have received it by rule "everyone", but ana was owed as much and came first. No single change would have brought it to bo: ana would have come first all the same.
}

// lastHead is where a ledger ends.
func lastHead(ctx context.Context, store allocation.Store, desk string) (last allocation.Head, err error) {
	for head, err := range store.Links(ctx, desk) {
		if err != nil {
			return last, err
		}
		last = head
	}
	return last, nil
}

// holds reports whether a ledger still has what it had when a head was noted.
func holds(ctx context.Context, store allocation.Store, desk string, noted allocation.Head) (bool, error) {
	for head, err := range store.Links(ctx, desk) {
		if err != nil || head == noted {
			return head == noted, err
		}
	}
	return false, nil
}

// Every night the ledger is verified and its head noted in another place.
func Example_guideVerify() {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	desk := guideDesk(store)
	defer desk.Close()
	_, _ = assignSurely(ctx, desk, allocation.Customer{ID: "L-1"})

	if err := allocation.Verify(ctx, store, "acme/emea"); err != nil {
		fmt.Println("the ledger was changed:", err)
	}
	head, err := lastHead(ctx, store, "acme/emea")
	fmt.Println("note", head.Version, err)

	_, _ = assignSurely(ctx, desk, allocation.Customer{ID: "L-2"})
	fmt.Println(holds(ctx, store, "acme/emea", head))
	// Output:
	// note 3 <nil>
	// true <nil>
}

// A person wants to be forgotten.
func Example_guideErase() {
	ctx := context.Background()
	desk := guideDesk(allocation.NewMemoryStore())
	defer desk.Close()
	_, _ = assignSurely(ctx, desk, allocation.Customer{ID: "L-1"})
	fmt.Println(desk.Erase(ctx, "L-1"))
	d, err := assignSurely(ctx, desk, allocation.Customer{ID: "L-1"})
	fmt.Println(d.Rep, d.Repeated, err)
	// Output:
	// <nil>
	// ana true <nil>
}

func TestGuideStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) allocation.Store { return allocation.NewMemoryStore() })
}

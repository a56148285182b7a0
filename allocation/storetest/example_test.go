package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// A store's own tests call the suite in one line.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		storetest.Run(t, func(*testing.T) allocation.Store { return allocation.NewMemoryStore() })
	}
}

// The reply to a commit is lost although the commit took place. Whoever
// decides again without looking the key up decides twice.
func ExampleFaulty() {
	ctx := context.Background()
	store := storetest.NewFaulty(allocation.NewMemoryStore(), storetest.FailsAfter)

	assign := func(rep string) error {
		return store.Update(ctx, "acme", 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			entries := []allocation.Entry{{
				Seq: head.Version + 1, At: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), Event: allocation.EventAssigned,
				Kind: "lead", Customer: "L-1", Episode: 1, Rep: rep, Status: allocation.StatusAssigned, Body: []byte(`{}`),
			}}
			return allocation.Batch{
				Entries: entries,
				Link:    allocation.Link(head.Link, entries),
				Keys:    []allocation.Key{{Name: "lead/L-1/1", Seq: head.Version + 1, New: true}},
			}, nil
		})
	}
	err := assign("ana")
	fmt.Println("first try:", err)

	seq, found, err := store.Lookup(ctx, "acme", "lead/L-1/1")
	fmt.Println("the key is there:", found, seq, err)

	err = assign("bo")
	fmt.Println("deciding again is refused:", errors.Is(err, allocation.ErrKeyTaken))
	// Output:
	// first try: storetest: injected failure of the store
	// the key is there: true 1 <nil>
	// deciding again is refused: true
}

package allocation_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

func TestMemoryStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) allocation.Store { return allocation.NewMemoryStore() })
}

// append1 is an fn that appends one entry.
func append1(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
	entries := []allocation.Entry{{
		Seq:   head.Version + 1,
		At:    time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
		Event: allocation.EventPolicySet,
		Body:  []byte(`{}`),
	}}
	return allocation.Batch{Entries: entries, Link: allocation.Link(head.Link, entries)}, nil
}

func TestMemoryStoreDesksDoNotWaitForEachOther(t *testing.T) {
	ctx := t.Context()
	s := allocation.NewMemoryStore()
	// An fn must not call Update; here it stands for another goroutine that
	// comes while this desk is busy, and would wait forever if it had to.
	err := s.Update(ctx, "acme", 0, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		if err := s.Update(ctx, "other", 0, append1); err != nil {
			t.Errorf("while one desk is in fn another one is updated: %v", err)
		}
		return append1(head, tail)
	})
	if err != nil {
		t.Errorf("Update: %v", err)
	}
}

func TestMemoryStoreLoopBodyMayClose(t *testing.T) {
	s := allocation.NewMemoryStore()
	for range 300 {
		if err := s.Update(t.Context(), "acme", 0, append1); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for _, err := range s.Entries(t.Context(), "acme", 0, 0) {
		if err != nil {
			t.Errorf("a loop that was begun before Close ends as if nothing had happened: %v", err)
			break
		}
		if seen++; seen == 10 {
			if err := s.Close(); err != nil {
				t.Errorf("Close inside a loop over Entries: %v", err)
			}
		}
	}
	if seen != 300 {
		t.Errorf("a loop that was begun before Close sees every entry: promised 300, came %d", seen)
	}
}

func TestBatchCheckAllocatesNothing(t *testing.T) {
	b, err := append1(allocation.Head{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Keys = []allocation.Key{{Name: "k", Seq: 1, New: true}}
	b.Timers = []allocation.Timer{{Name: "t", At: b.Entries[0].At}}
	b.Snapshot = &allocation.Snapshot{Version: 1, Link: b.Link}
	if n := testing.AllocsPerRun(100, func() {
		if err := b.Check(allocation.Head{}); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("checking a good batch allocates nothing; it allocates %v times", n)
	}
}

// A customer is assigned, the request is repeated, and the key says so.
func ExampleMemoryStore() {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	defer store.Close()

	assign := func(customer, rep string) error {
		return store.Update(ctx, "acme", 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			entries := []allocation.Entry{{
				Seq:      head.Version + 1,
				At:       time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
				Event:    allocation.EventAssigned,
				Kind:     "lead",
				Customer: customer,
				Episode:  1,
				Rep:      rep,
				Status:   allocation.StatusAssigned,
				Body:     []byte(`{}`),
			}}
			return allocation.Batch{
				Entries: entries,
				Link:    allocation.Link(head.Link, entries),
				Keys:    []allocation.Key{{Name: "lead/" + customer + "/1", Seq: head.Version + 1, New: true}},
			}, nil
		})
	}
	fmt.Println(assign("L-1", "ana"))
	fmt.Println(assign("L-2", "bo"))
	fmt.Println(assign("L-1", "bo"))
	for e, err := range store.Entries(ctx, "acme", 0, 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e)
	}
	// Output:
	// <nil>
	// <nil>
	// desk "acme": key "lead/L-1/1": evenhand: key is taken
	// #1 2026-01-05T09:00:00Z assigned lead/L-1.1 -> ana
	// #2 2026-01-05T09:00:00Z assigned lead/L-2.1 -> bo
}

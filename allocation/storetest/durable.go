package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// durableCheck guards one promise of stores that survive their process. open
// opens the database in a folder, a new one when the folder is empty, and may
// be called again while earlier handles are open.
type durableCheck struct {
	promise string
	run     func(t *testing.T, open func(t *testing.T, dir string) allocation.Store)
}

var durableChecks = []durableCheck{
	{"everything is there after reopening", reopened},
	{"everything is there without closing", abandoned},
	{"two handles see one ledger", twoHandles},
	{"Updates through several handles are exclusive", exclusiveHandles},
	{"Updates of several processes are exclusive", exclusiveProcesses},
	{"what was acknowledged survives kill -9, and batches stay whole", killed},
}

// Durable runs what a store owes that keeps its ledgers in a database. open
// opens the database that lives in dir; it must be possible to do so several
// times at once, and from several processes.
//
// Two of the checks start the test binary again, with the name of the test
// that is running and a variable in the environment, so Durable must be called
// from a Test function, or from one of its subtests, that calls nothing else
// before it that must not happen twice. A killed process loses nothing that it
// gave to the operating system: whether a commit survives a power cut depends
// on the store's use of fsync, which no test of this kind can see.
//
// With -short fewer processes are killed.
func Durable(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	for _, c := range durableChecks {
		t.Run(c.promise, func(t *testing.T) { c.run(t, open) })
	}
}

// fillDesk writes something of every kind to a desk.
func fillDesk(f *fixture, desk string) {
	f.Helper()
	f.appendWithSnapshot(desk, 40)
	f.update(desk, func(head allocation.Head) allocation.Batch {
		b := batchOf(head, oddEntries()...)
		b.Keys = []allocation.Key{{Name: "old", Seq: 3, New: true}, {Name: "last", Seq: headAfter(head, b).Version}}
		b.Timers = []allocation.Timer{{Name: "shift", At: morning}, {Name: "night", At: morning.Add(12 * time.Hour)}}
		b.Erase = []allocation.CustomerRef{{Kind: "lead", ID: "L-6"}}
		b.Snapshot = snapshotAt(headAfter(head, b))
		return b
	})
	f.update(desk, func(allocation.Head) allocation.Batch {
		return allocation.Batch{Timers: []allocation.Timer{{Name: "night"}}, Keys: []allocation.Key{{Name: "old", Seq: 4}}}
	})
	f.append(desk, 5)
	if err := f.store.Compact(context.Background(), desk, 40); err != nil {
		f.Fatalf("Compact: %v", err)
	}
}

func reopened(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	dir := t.TempDir()
	desks := []string{"acme", "", "a/b", "客户"}
	before := make(map[string]view)
	func() {
		f := newFixture(t, func() allocation.Store { return open(t, dir) })
		for _, desk := range desks {
			fillDesk(f, desk)
			before[desk] = f.view(desk, 40, "old", "last")
		}
		if err := f.store.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}()
	for range 2 {
		f := newFixture(t, func() allocation.Store { return open(t, dir) })
		for _, desk := range desks {
			same(f, fmt.Sprintf("desk %q is after reopening as it was before", desk), before[desk], f.view(desk, 40, "old", "last"))
			if _, err := f.entries(desk, 0, 0); !errors.Is(err, allocation.ErrCompacted) {
				t.Errorf("what was compacted away stays so after reopening; got %v", err)
			}
		}
		if err := f.store.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	f := newFixture(t, func() allocation.Store { return open(t, dir) })
	version := f.head("acme").Version
	same(f, "a reopened desk goes on where it was", version+3, f.append("acme", 3).Version)
}

// abandoned opens a second handle while the first one is never asked to write
// anything out: what Update acknowledged must not wait for Close.
func abandoned(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	dir := t.TempDir()
	first := newFixture(t, func() allocation.Store { return open(t, dir) })
	fillDesk(first, "acme")
	second := newFixture(t, func() allocation.Store { return open(t, dir) })
	same(second, "a batch is durable when Update returns, not when the store is closed",
		first.view("acme", 40, "old", "last"), second.view("acme", 40, "old", "last"))
}

func twoHandles(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	const desk = "acme"
	dir := t.TempDir()
	a := newFixture(t, func() allocation.Store { return open(t, dir) })
	b := newFixture(t, func() allocation.Store { return open(t, dir) })

	head := a.appendWithSnapshot(desk, 3)
	same(b, "what one handle appended is the other one's head", head, b.head(desk))
	b.update(desk, func(head allocation.Head) allocation.Batch {
		batch := plainBatch(desk, head, 2)
		batch.Keys = []allocation.Key{{Name: "k", Seq: 4, New: true}}
		batch.Timers = []allocation.Timer{{Name: "t", At: morning}}
		return batch
	})
	same(a, "both handles see the same desk", b.view(desk, 0, "k"), a.view(desk, 0, "k"))
	err := a.store.Update(context.Background(), desk, 3, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		got, err := collect(tail)
		same(a, "the tail holds what another handle appended", between(desk, 5, 3, 0), got)
		batch := plainBatch(desk, head, 1)
		batch.Keys = []allocation.Key{{Name: "k", Seq: head.Version + 1, New: true}}
		return batch, err
	})
	if !errors.Is(err, allocation.ErrKeyTaken) {
		t.Errorf("a key inserted through another handle is taken; got %v", err)
	}
	if err := b.store.Compact(context.Background(), desk, 3); err != nil {
		t.Errorf("Compact: %v", err)
	}
	if _, err := a.entries(desk, 0, 0); !errors.Is(err, allocation.ErrCompacted) {
		t.Errorf("what one handle compacted away the other one does not see; got %v", err)
	}
	if err := a.store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	b.append(desk, 1)
	same(b, "closing one handle leaves the other one alone", 1, len(b.due(farAway, math.MaxInt)))
}

func exclusiveHandles(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	const desk, writers, each = "acme", 6, 20
	dir := t.TempDir()
	f := newFixture(t, func() allocation.Store { return open(t, dir) })
	g := newFixture(t, func() allocation.Store { return open(t, dir) })
	for _, err := range race(t.Context(), desk, writers, each, f.store, g.store) {
		t.Errorf("between the call of fn and the append no other handle appends to the desk: %v", err)
	}
	f.raced(desk, writers, each)
}

package storetest

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/evenhand/evenhand/allocation"
)

// writer is one of several concurrent users of a desk. Like a desk it folds
// the tail in each Update, so that in the end it has seen every entry.
type writer struct {
	store  allocation.Store
	desk   string
	name   string
	seen   uint64
	inside *atomic.Int32 // how many are inside fn at this moment
}

// append appends one entry, giving others every chance to interfere.
func (w *writer) append(ctx context.Context) error {
	return w.store.Update(ctx, w.desk, w.seen, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		if n := w.inside.Add(1); n != 1 {
			return allocation.Batch{}, fmt.Errorf("%d writers are inside fn of one desk at once", n)
		}
		defer w.inside.Add(-1)
		for e, err := range tail {
			if err != nil {
				return allocation.Batch{}, fmt.Errorf("tail: %w", err)
			}
			if e.Seq != w.seen+1 {
				return allocation.Batch{}, fmt.Errorf("the tail since %d goes on with entry %d", w.seen, e.Seq)
			}
			w.seen = e.Seq
		}
		if w.seen != head.Version {
			return allocation.Batch{}, fmt.Errorf("the tail ends at %d and the head is %d", w.seen, head.Version)
		}
		for range 20 {
			runtime.Gosched()
		}
		e := assigned(w.desk, head.Version+1)
		e.Rep = w.name
		return batchOf(head, e), nil
	})
}

// race lets writers append at once, each n entries, and returns what went
// wrong. stores are handles on one database; writers are dealt to them.
func race(ctx context.Context, desk string, writers, n int, stores ...allocation.Store) []error {
	var (
		inside atomic.Int32
		group  sync.WaitGroup
		errs   = make([]error, writers)
	)
	for i := range writers {
		group.Go(func() {
			w := &writer{store: stores[i%len(stores)], desk: desk, name: fmt.Sprint("writer ", i), inside: &inside}
			for range n {
				if err := w.append(ctx); err != nil {
					errs[i] = fmt.Errorf("%s: %w", w.name, err)
					return
				}
			}
		})
	}
	group.Wait()
	var failed []error
	for _, err := range errs {
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// raced checks the ledger that a race without errors must leave.
func (f *fixture) raced(desk string, writers, n int) {
	f.Helper()
	entries, err := f.entries(desk, 0, 0)
	if err != nil {
		f.Fatalf("Entries: %v", err)
	}
	by := make(map[string]int)
	for i, e := range entries {
		by[e.Rep]++
		same(f, "entries have no gap, whoever appended them", uint64(i+1), e.Seq)
	}
	same(f, "every acknowledged entry of every writer is there", writers*n, len(entries))
	for name, got := range by {
		same(f, "every writer has all of his entries; "+name, n, got)
	}
	var prev allocation.Head
	for i, link := range f.links(desk) {
		if allocation.Link(prev.Link, entries[i:i+1]) != link.Link {
			f.Errorf("the chain must hold at version %d, each batch having been linked to the one before it", link.Version)
			return
		}
		prev = link
	}
}

func exclusive(f *fixture) {
	const writers, each = 8, 20
	for _, err := range race(f.Context(), "acme", writers, each, f.store) {
		f.Errorf("between the call of fn and the append nobody else appends to the desk: %v", err)
	}
	f.raced("acme", writers, each)
}

func sideBySide(f *fixture) {
	const desks, writers, each = 4, 2, 15
	var group sync.WaitGroup
	failed := make([][]error, desks)
	for i := range desks {
		group.Go(func() {
			failed[i] = race(f.Context(), fmt.Sprint("desk ", i), writers, each, f.store)
		})
	}
	group.Wait()
	for i, errs := range failed {
		for _, err := range errs {
			f.Errorf("desk %d, while other desks are written to: %v", i, err)
		}
		f.raced(fmt.Sprint("desk ", i), writers, each)
	}
}

// readersBesideWriter appends batches of two entries with a key and a timer
// each, while readers look. A batch is whole or not there.
func readersBesideWriter(f *fixture) {
	const desk, batches, readers = "acme", 60, 3
	var (
		done  atomic.Bool
		group sync.WaitGroup
		errs  = make([]error, readers)
	)
	for i := range readers {
		group.Go(func() {
			for !done.Load() && errs[i] == nil {
				errs[i] = f.readWhole(desk)
			}
		})
	}
	for range batches {
		err := f.try(desk, func(head allocation.Head) allocation.Batch {
			b := plainBatch(desk, head, 2)
			after := headAfter(head, b)
			b.Keys = []allocation.Key{{Name: "last", Seq: after.Version}}
			b.Snapshot = snapshotAt(after)
			return b
		})
		if err != nil {
			f.Errorf("Update beside readers: %v", err)
			break
		}
	}
	done.Store(true)
	group.Wait()
	for _, err := range errs {
		if err != nil {
			f.Errorf("a reader beside a writer sees whole batches: %v", err)
		}
	}
	if err := f.readWhole(desk); err != nil {
		f.Errorf("after the writer has ended: %v", err)
	}
	same(f, "all batches were appended", uint64(2*batches), f.head(desk).Version)
}

// readWhole looks at a desk of batches of two and says what is not whole.
func (f *fixture) readWhole(desk string) error {
	ctx := context.Background()
	last, _, err := f.store.Lookup(ctx, desk, "last")
	if err != nil {
		return err
	}
	snap, err := f.store.Snapshot(ctx, desk, 1<<40)
	if err != nil {
		return err
	}
	entries, err := f.entries(desk, 0, 0)
	if err != nil {
		return err
	}
	switch n := uint64(len(entries)); {
	case n%2 != 0:
		return fmt.Errorf("%d entries are visible, half a batch", n)
	case snap.Version < last:
		return fmt.Errorf("the key of the batch at %d was visible before its snapshot, the newest being %d", last, snap.Version)
	case n < snap.Version:
		return fmt.Errorf("the snapshot of version %d was visible before its entries, of which there are %d", snap.Version, n)
	}
	for i, e := range entries {
		if e.Seq != uint64(i+1) {
			return fmt.Errorf("entry %d comes after %d others", e.Seq, i)
		}
	}
	return nil
}

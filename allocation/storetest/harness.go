package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/google/go-cmp/cmp"
)

// fixture is one check's store and the place where it reports.
type fixture struct {
	testing.TB
	open  func() allocation.Store
	store allocation.Store
}

// newFixture opens a store and closes it when the test ends.
func newFixture(tb testing.TB, open func() allocation.Store) *fixture {
	f := &fixture{TB: tb, open: open, store: open()}
	tb.Cleanup(func() {
		if err := f.store.Close(); err != nil && !errors.Is(err, allocation.ErrClosed) {
			tb.Errorf("Close: %v", err)
		}
	})
	return f
}

// morning is the recorded time of entry 1; entry n follows n-1 seconds later.
var morning = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// assigned is an ordinary entry, different for every desk and position.
func assigned(desk string, seq uint64) allocation.Entry {
	id := fmt.Sprintf("L-%d", seq)
	return allocation.Entry{
		Seq:      seq,
		At:       morning.Add(time.Duration(seq-1) * time.Second),
		Event:    allocation.EventAssigned,
		Kind:     "lead",
		Customer: id,
		Episode:  1,
		Rep:      "ana",
		Rule:     "everyone",
		Status:   allocation.StatusAssigned,
		Body:     fmt.Appendf(nil, `{"desk":%q,"customer":%q}`, desk, id),
		Fields:   fmt.Appendf(nil, `{"employees":%d}`, seq),
		Salt:     fmt.Appendf(nil, "salt%012d", seq),
		Digest:   fmt.Appendf(nil, "digest%026d", seq),
	}
}

// batchOf numbers the entries after the head and links them.
func batchOf(head allocation.Head, entries ...allocation.Entry) allocation.Batch {
	for i := range entries {
		entries[i].Seq = head.Version + uint64(i) + 1
	}
	return allocation.Batch{Entries: entries, Link: allocation.Link(head.Link, entries)}
}

// plainBatch is a batch of n ordinary entries.
func plainBatch(desk string, head allocation.Head, n int) allocation.Batch {
	entries := make([]allocation.Entry, n)
	for i := range entries {
		entries[i] = assigned(desk, head.Version+uint64(i)+1)
	}
	return batchOf(head, entries...)
}

// headAfter is the head that a store must have after the batch.
func headAfter(head allocation.Head, b allocation.Batch) allocation.Head {
	if n := len(b.Entries); n > 0 {
		return allocation.Head{Version: b.Entries[n-1].Seq, Link: b.Link}
	}
	return head
}

// snapshotAt is a snapshot of the fold at a head.
func snapshotAt(head allocation.Head) *allocation.Snapshot {
	return &allocation.Snapshot{Version: head.Version, Link: head.Link, State: fmt.Appendf(nil, "state at %d", head.Version)}
}

// try makes one Update that ignores the tail, and returns its error.
func (f *fixture) try(desk string, make func(head allocation.Head) allocation.Batch) error {
	return f.store.Update(context.Background(), desk, math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return make(head), nil
	})
}

// update is try that must succeed. It returns the head after the batch.
func (f *fixture) update(desk string, make func(head allocation.Head) allocation.Batch) allocation.Head {
	f.Helper()
	var after allocation.Head
	err := f.try(desk, func(head allocation.Head) allocation.Batch {
		b := make(head)
		after = headAfter(head, b)
		return b
	})
	if err != nil {
		f.Fatalf("Update of desk %q refused a batch it should have appended: %v", desk, err)
	}
	return after
}

// append appends n ordinary entries as one batch.
func (f *fixture) append(desk string, n int) allocation.Head {
	f.Helper()
	return f.update(desk, func(head allocation.Head) allocation.Batch { return plainBatch(desk, head, n) })
}

// appendWithSnapshot is append with a snapshot after the batch.
func (f *fixture) appendWithSnapshot(desk string, n int) allocation.Head {
	f.Helper()
	return f.update(desk, func(head allocation.Head) allocation.Batch {
		b := plainBatch(desk, head, n)
		b.Snapshot = snapshotAt(headAfter(head, b))
		return b
	})
}

// head asks for the head by appending nothing.
func (f *fixture) head(desk string) allocation.Head {
	f.Helper()
	var head allocation.Head
	f.update(desk, func(h allocation.Head) allocation.Batch {
		head = h
		return allocation.Batch{}
	})
	return head
}

// entries collects what Entries yields, up to the first error.
func (f *fixture) entries(desk string, after, upTo uint64) ([]allocation.Entry, error) {
	return collect(f.store.Entries(context.Background(), desk, after, upTo))
}

// lookup is Lookup that must not fail; 0 stands for a key that is not there.
func (f *fixture) lookup(desk, key string) uint64 {
	f.Helper()
	seq, found, err := f.store.Lookup(context.Background(), desk, key)
	if err != nil {
		f.Fatalf("Lookup of key %.40q of desk %q: %v", key, desk, err)
	}
	if found != (seq != 0) {
		f.Errorf("Lookup of key %.40q of desk %q answers seq %d and found %t, which contradict each other", key, desk, seq, found)
	}
	return seq
}

// snapshot is Snapshot that must not fail.
func (f *fixture) snapshot(desk string, version uint64) allocation.Snapshot {
	f.Helper()
	s, err := f.store.Snapshot(context.Background(), desk, version)
	if err != nil {
		f.Fatalf("Snapshot of desk %q at version %d: %v", desk, version, err)
	}
	return s
}

// due is Due that must not fail.
func (f *fixture) due(at time.Time, limit int) []allocation.Timer {
	f.Helper()
	timers, err := f.store.Due(context.Background(), at, limit)
	if err != nil {
		f.Fatalf("Due at %v: %v", at, err)
	}
	return timers
}

// links collects what Links yields; it must not fail.
func (f *fixture) links(desk string) []allocation.Head {
	f.Helper()
	heads, err := collect(f.store.Links(context.Background(), desk))
	if err != nil {
		f.Fatalf("Links of desk %q: %v", desk, err)
	}
	return heads
}

// view is everything that can be seen of a desk. Two views are equal when
// nobody could tell the desks apart.
type view struct {
	Head     allocation.Head
	Entries  []allocation.Entry
	Links    []allocation.Head
	Snapshot allocation.Snapshot
	Keys     map[string]uint64
	Timers   []allocation.Timer
}

// view looks at a desk's entries after a version and at the keys named.
func (f *fixture) view(desk string, after uint64, keys ...string) view {
	f.Helper()
	entries, err := f.entries(desk, after, 0)
	if err != nil {
		f.Fatalf("Entries of desk %q after %d: %v", desk, after, err)
	}
	v := view{
		Head:     f.head(desk),
		Entries:  entries,
		Links:    f.links(desk),
		Snapshot: f.snapshot(desk, math.MaxUint64),
		Keys:     make(map[string]uint64),
	}
	for _, key := range keys {
		v.Keys[key] = f.lookup(desk, key)
	}
	for _, t := range f.due(farAway, math.MaxInt) {
		if t.Desk == desk {
			v.Timers = append(v.Timers, t)
		}
	}
	return v
}

// farAway is after every timer.
var farAway = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// same reports a difference between what was promised and what came. The
// promise is a sentence.
func same[T any](f *fixture, promise string, want, got T) {
	f.Helper()
	if diff := difference(want, got); diff != "" {
		f.Errorf("%s\n(- promised, + came)\n%s", promise, diff)
	}
}

// difference is cmp.Diff, which is asked only when there is something to tell:
// it takes a thousand times as long as finding that there is nothing.
func difference(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// collect ranges over a sequence up to its first error.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

package storetest

import (
	"fmt"
	"iter"
	"math"

	"github.com/evenhand/evenhand/allocation"
)

// between is what Entries promises of a ledger of ordinary entries.
func between(desk string, last, after, upTo uint64) []allocation.Entry {
	if upTo == 0 || upTo > last {
		upTo = last
	}
	var want []allocation.Entry
	for seq := after; seq < upTo; seq++ {
		want = append(want, assigned(desk, seq+1))
	}
	return want
}

func entryRanges(f *fixture) {
	const desk, last = "acme", 700 // more than a store is likely to read at once
	for range 7 {
		f.append(desk, last/7)
	}
	for _, r := range [][2]uint64{
		{0, 0}, {0, 1}, {0, last}, {0, last - 1}, {0, last + 1}, {0, math.MaxUint64}, {1, 1}, {1, 2}, {5, 4}, {99, 101}, {100, 600},
		{last - 1, 0}, {last, 0}, {last + 1, 0}, {math.MaxUint64, 0}, {math.MaxUint64, math.MaxUint64}, {math.MaxInt64, 0}, {3, 700},
	} {
		got, err := f.entries(desk, r[0], r[1])
		if err != nil {
			f.Errorf("Entries(after %d, upTo %d): %v", r[0], r[1], err)
		}
		same(f, fmt.Sprintf("Entries(after %d, upTo %d) of %d entries yields after < Seq <= upTo in order, upTo 0 meaning all", r[0], r[1], last), between(desk, last, r[0], r[1]), got)
	}

	none, err := f.entries("nobody", 0, 0)
	if err != nil || len(none) != 0 {
		f.Errorf("a desk that nothing was written to has no entries and no error; got %v, %v", none, err)
	}
	for e := range f.store.Entries(f.Context(), desk, 0, 0) {
		if e.Seq == 3 {
			break // a loop may end early …
		}
	}
	all := f.store.Entries(f.Context(), desk, last-2, 0)
	for range 2 { // … and a sequence may be ranged over again
		got, err := collect(all)
		if err != nil || len(got) != 2 {
			f.Errorf("a sequence of two entries ranged over again yields two; got %d, %v", len(got), err)
		}
	}
	for range f.store.Entries(f.Context(), desk, 0, 0) {
		f.append(desk, 1) // and a loop may write: a reader keeps no writer waiting
		break
	}
}

func tails(f *fixture) {
	const desk, last = "acme", 300
	for range 3 {
		f.append(desk, last/3)
	}
	for _, since := range []uint64{0, 1, 99, 100, 101, last - 1, last, last + 1, math.MaxInt64, math.MaxUint64} {
		calls := 0
		err := f.store.Update(f.Context(), desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			calls++
			same(f, "fn is given the head of the ledger", uint64(last), head.Version)
			got, err := collect(tail)
			same(f, fmt.Sprintf("the tail since %d of %d entries is every later entry in order", since, last), between(desk, last, since, 0), got)
			return allocation.Batch{}, err
		})
		if err != nil || calls != 1 {
			f.Errorf("Update since %d calls fn exactly once and succeeds; it called it %d times: %v", since, calls, err)
		}
	}
	f.update(desk, func(head allocation.Head) allocation.Batch { return plainBatch(desk, head, 1) }) // a tail may be left alone
	err := f.store.Update(f.Context(), desk, 0, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		for range tail {
			break // or be left early
		}
		return plainBatch(desk, head, 1), nil
	})
	if err != nil {
		f.Errorf("an fn that leaves the tail early can append: %v", err)
	}
	same(f, "both batches were appended", uint64(last+2), f.head(desk).Version)
}

func readsInsideUpdate(f *fixture) {
	const desk = "acme"
	f.appendWithSnapshot(desk, 3)
	f.update(desk, func(head allocation.Head) allocation.Batch {
		return allocation.Batch{Keys: []allocation.Key{{Name: "k", Seq: 2}}}
	})
	for round := range 2 {
		version := uint64(3 + round)
		f.update(desk, func(head allocation.Head) allocation.Batch {
			same(f, "inside fn Lookup sees the ledger before the batch", version-1, f.lookup(desk, "k"))
			same(f, "inside fn Snapshot sees the ledger before the batch", uint64(3), f.snapshot(desk, math.MaxUint64).Version)
			got, err := f.entries(desk, 0, 0)
			if err != nil {
				f.Errorf("Entries inside fn: %v", err)
			}
			same(f, "inside fn Entries sees the ledger before the batch", between(desk, version, 0, 0), got)
			links := f.links(desk)
			same(f, "inside fn Links sees the ledger before the batch", version, links[len(links)-1].Version)
			same(f, "inside fn Lookup answers for other desks too", uint64(0), f.lookup("other", "k"))
			b := plainBatch(desk, head, 1)
			b.Keys = []allocation.Key{{Name: "k", Seq: version}}
			return b
		})
		same(f, "after Update the key is seen as the batch left it", version, f.lookup(desk, "k"))
	}
}

func snapshots(f *fixture) {
	const desk = "acme"
	same(f, "a desk without a snapshot has the zero Snapshot", allocation.Snapshot{}, f.snapshot(desk, math.MaxUint64))
	var at []allocation.Head
	for range 3 {
		f.append(desk, 4)
		at = append(at, f.appendWithSnapshot(desk, 1))
	}
	f.append(desk, 2)
	for version := uint64(0); version <= 18; version++ {
		want := allocation.Snapshot{}
		for _, head := range at {
			if head.Version <= version {
				want = *snapshotAt(head)
			}
		}
		same(f, fmt.Sprintf("Snapshot(%d) is the newest at or below, of those at 5, 10 and 15", version), want, f.snapshot(desk, version))
	}
	same(f, "Snapshot(max) is the newest", *snapshotAt(at[2]), f.snapshot(desk, math.MaxUint64))

	// A snapshot may be taken later, without entries, and taken again.
	head := f.head(desk)
	for _, state := range [][]byte{[]byte("one"), make([]byte, 1<<20), {}} {
		f.update(desk, func(allocation.Head) allocation.Batch {
			return allocation.Batch{Snapshot: &allocation.Snapshot{Version: head.Version, Link: head.Link, State: state}}
		})
		got := f.snapshot(desk, head.Version)
		if got.Version != head.Version || got.Link != head.Link || string(got.State) != string(state) {
			f.Errorf("a snapshot of %d bytes at version %d must come back; got version %d and %d bytes", len(state), head.Version, got.Version, len(got.State))
		}
	}
	same(f, "snapshots are not entries", head, f.head(desk))
}

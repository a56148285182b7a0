package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/evenhand/evenhand/allocation"
)

func compactRefused(f *fixture) {
	const desk = "acme"
	f.append(desk, 3)
	f.appendWithSnapshot(desk, 3) // at 6
	f.append(desk, 3)
	f.appendWithSnapshot("other", 7)
	before := f.view(desk, 0)
	for _, upTo := range []uint64{0, 1, 5, 7, 9, 10, math.MaxInt64, math.MaxUint64} {
		if err := f.store.Compact(context.Background(), desk, upTo); err == nil {
			f.Errorf("Compact up to %d must be refused: the only snapshot is at version 6", upTo)
		}
		same(f, fmt.Sprintf("a refused Compact up to %d drops nothing", upTo), before, f.view(desk, 0))
	}
	if err := f.store.Compact(context.Background(), "nobody", 1); err == nil {
		f.Errorf("Compact of a desk that nothing was written to must be refused")
	}
}

func compactKeeps(f *fixture) {
	const desk, cut = "acme", 200
	f.appendWithSnapshot(desk, 100)
	f.update(desk, func(head allocation.Head) allocation.Batch {
		b := plainBatch(desk, head, 100)
		b.Keys = []allocation.Key{{Name: "old", Seq: 7, New: true}, {Name: "moved", Seq: 8}}
		b.Timers = []allocation.Timer{{Name: "shift", At: morning}}
		b.Snapshot = snapshotAt(headAfter(head, b))
		return b
	})
	f.append(desk, 50)
	f.appendWithSnapshot(desk, 50)
	f.appendWithSnapshot("other", cut)
	other := f.view("other", 0)
	before := f.view(desk, cut, "old", "moved")

	for range 2 { // a second time changes nothing
		if err := f.store.Compact(context.Background(), desk, cut); err != nil {
			f.Fatalf("Compact up to %d, where there is a snapshot: %v", cut, err)
		}
		same(f, "after Compact the later entries, the head, the links, the keys, the timers and the newest snapshot are as before", before, f.view(desk, cut, "old", "moved"))
		same(f, "the snapshot at the version stays", *snapshotAt(before.Links[1]), f.snapshot(desk, cut+99))
		same(f, "snapshots below the version are dropped", allocation.Snapshot{}, f.snapshot(desk, cut-1))
		same(f, "other desks keep everything", other, f.view("other", 0))
	}

	for _, r := range [][2]uint64{{0, 0}, {0, 1}, {cut - 1, 0}, {cut - 1, cut}, {0, cut + 10}, {50, math.MaxUint64}} {
		got, err := f.entries(desk, r[0], r[1])
		if !errors.Is(err, allocation.ErrCompacted) || len(got) != 0 {
			f.Errorf("Entries(after %d, upTo %d) must end with ErrCompacted at once, entries up to %d being dropped; got %d entries, %v", r[0], r[1], cut, len(got), err)
		}
	}
	for _, r := range [][2]uint64{{cut, 0}, {cut, cut}, {cut, cut + 1}, {cut + 1, 0}, {5, 5}, {9, 3}} {
		got, err := f.entries(desk, r[0], r[1])
		if err != nil {
			f.Errorf("Entries(after %d, upTo %d) asks for nothing that was dropped: %v", r[0], r[1], err)
		}
		same(f, fmt.Sprintf("Entries(after %d, upTo %d) yields what was kept", r[0], r[1]), between(desk, 300, r[0], r[1]), got)
	}
	for since, want := range map[uint64]error{0: allocation.ErrCompacted, cut - 1: allocation.ErrCompacted, cut: nil, 300: nil} {
		err := f.store.Update(f.Context(), desk, since, func(_ allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			_, err := collect(tail)
			return allocation.Batch{}, err
		})
		if !errors.Is(err, want) {
			f.Errorf("the tail since %d, entries up to %d being dropped, must end with error %v; got %v", since, cut, want, err)
		}
	}
	err := f.try(desk, func(head allocation.Head) allocation.Batch {
		b := plainBatch(desk, head, 1)
		b.Keys = []allocation.Key{{Name: "old", Seq: head.Version + 1, New: true}}
		return b
	})
	if !errors.Is(err, allocation.ErrKeyTaken) {
		f.Errorf("a key whose entry was compacted away is still taken; got %v", err)
	}
}

func compactAll(f *fixture) {
	const desk = "acme"
	head := f.appendWithSnapshot(desk, 5)
	if err := f.store.Compact(context.Background(), desk, 5); err != nil {
		f.Fatalf("Compact up to the head: %v", err)
	}
	same(f, "a desk without entries still knows its head", head, f.head(desk))
	if got, err := f.entries(desk, 0, 0); !errors.Is(err, allocation.ErrCompacted) || len(got) != 0 {
		f.Errorf("Entries of a desk whose entries were all dropped must end with ErrCompacted; got %d entries, %v", len(got), err)
	}
	if got, err := f.entries(desk, 5, 0); err != nil || len(got) != 0 {
		f.Errorf("Entries after the head yields nothing; got %d entries, %v", len(got), err)
	}
	f.update(desk, func(head allocation.Head) allocation.Batch { return plainBatch(desk, head, 2) })
	got, err := f.entries(desk, 5, 0)
	if err != nil {
		f.Errorf("Entries after the compacted ones: %v", err)
	}
	same(f, "the desk goes on where it was", between(desk, 7, 5, 0), got)
	same(f, "the chain still has a link for each batch", 2, len(f.links(desk)))
}

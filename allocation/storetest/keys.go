package storetest

import (
	"errors"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

func takenKey(f *fixture) {
	const desk = "acme"
	f.update(desk, func(head allocation.Head) allocation.Batch {
		b := plainBatch(desk, head, 2)
		b.Keys = []allocation.Key{{Name: "lead/L-1/1", Seq: 1, New: true}, {Name: "open/L-1", Seq: 1}}
		b.Timers = []allocation.Timer{{Name: "shift", At: morning}, {Name: "window", At: morning}}
		b.Snapshot = snapshotAt(headAfter(head, b))
		return b
	})
	keys := []string{"lead/L-1/1", "open/L-1", "lead/L-3/1", "lead/L-4/1"}
	before := f.view(desk, 0, keys...)

	// Everything a batch can hold, with the taken key last, so that a store
	// that writes as it goes has written the rest by then.
	everything := func(head allocation.Head, last ...allocation.Key) allocation.Batch {
		b := plainBatch(desk, head, 2)
		b.Keys = append([]allocation.Key{{Name: "lead/L-3/1", Seq: head.Version + 1, New: true}, {Name: "open/L-1", Seq: head.Version + 2}}, last...)
		b.Timers = []allocation.Timer{{Name: "shift", At: morning.Add(time.Hour)}, {Name: "window"}, {Name: "night", At: morning}}
		b.Erase = []allocation.CustomerRef{{Kind: "lead", ID: "L-1"}}
		b.Snapshot = snapshotAt(headAfter(head, b))
		return b
	}
	err := f.try(desk, func(head allocation.Head) allocation.Batch {
		return everything(head, allocation.Key{Name: "lead/L-1/1", Seq: head.Version + 1, New: true})
	})
	if !errors.Is(err, allocation.ErrKeyTaken) {
		f.Errorf("a batch with a New key that exists must be refused with ErrKeyTaken; got %v", err)
	}
	same(f, "a batch refused with ErrKeyTaken leaves no entry, link, key, timer, snapshot or erasure", before, f.view(desk, 0, keys...))

	err = f.try(desk, func(head allocation.Head) allocation.Batch {
		return everything(head, allocation.Key{Name: "lead/L-4/1", Seq: head.Version + 1, New: true}, allocation.Key{Name: "lead/L-4/1", Seq: head.Version + 2, New: true})
	})
	if !errors.Is(err, allocation.ErrKeyTaken) {
		f.Errorf("a batch that inserts one New key twice must be refused with ErrKeyTaken; got %v", err)
	}
	same(f, "a batch that inserts one New key twice leaves no trace", before, f.view(desk, 0, keys...))

	f.update(desk, func(head allocation.Head) allocation.Batch { return everything(head) })
	same(f, "the same batch without the taken key is appended", before.Head.Version+2, f.head(desk).Version)
}

func pointedKeys(f *fixture) {
	const desk = "acme"
	f.append(desk, 3)
	set := func(keys ...allocation.Key) {
		f.Helper()
		f.update(desk, func(allocation.Head) allocation.Batch { return allocation.Batch{Keys: keys} })
	}
	same(f, "a key that was never set is not found", uint64(0), f.lookup(desk, "a"))
	set(allocation.Key{Name: "a", Seq: 1, New: true}, allocation.Key{Name: "b", Seq: 2})
	same(f, "a New key points to its entry", uint64(1), f.lookup(desk, "a"))
	same(f, "a key that is not New is inserted when it is not there", uint64(2), f.lookup(desk, "b"))
	set(allocation.Key{Name: "a", Seq: 3}, allocation.Key{Name: "b", Seq: 1})
	same(f, "a key that is not New is pointed anew, though it was inserted as New", uint64(3), f.lookup(desk, "a"))
	same(f, "a key may be pointed back to an earlier entry", uint64(1), f.lookup(desk, "b"))
	set(allocation.Key{Name: "c", Seq: 1, New: true}, allocation.Key{Name: "c", Seq: 2}, allocation.Key{Name: "c", Seq: 3})
	same(f, "within a batch the last mention of a key counts", uint64(3), f.lookup(desk, "c"))
	same(f, "keys alone append no entry", uint64(3), f.head(desk).Version)

	// Enough keys at once to need more than one statement in most databases.
	const many = 300
	f.update(desk, func(head allocation.Head) allocation.Batch {
		b := plainBatch(desk, head, many)
		for i, e := range b.Entries {
			b.Keys = append(b.Keys, allocation.Key{Name: "many/" + e.Customer, Seq: e.Seq, New: i%2 == 0})
		}
		return b
	})
	for seq := uint64(4); seq < 4+many; seq++ {
		same(f, "each of many keys of one batch points to its entry", seq, f.lookup(desk, "many/"+assigned(desk, seq).Customer))
	}
}

// similarNames are names that a careless comparison takes for each other.
var similarNames = []string{
	"", " ", "a", "A", "a ", " a", "aa", "a/", "a/b", "/a", "ä", "a\u0308", "ａ", "a%", "a_", "a'", `a"`, "a''", "a\\", "a\n",
	"NULL", "0", "00", "1", "1.0", "客户", "客户1", "🙂", "\u200b", "'; DROP TABLE ledger; --", "?1", "$1", ":a", "@a",
	strings.Repeat("k", 1023), strings.Repeat("k", 1024), strings.Repeat("客", 341),
}

func similarKeys(f *fixture) {
	const desk = "acme"
	f.update(desk, func(head allocation.Head) allocation.Batch {
		b := plainBatch(desk, head, len(similarNames))
		for i, name := range similarNames {
			b.Keys = append(b.Keys, allocation.Key{Name: name, Seq: uint64(i + 1), New: true})
		}
		return b
	})
	for i, name := range similarNames {
		same(f, "every key is found under its own name and no other; key "+name, uint64(i+1), f.lookup(desk, name))
	}
	for _, name := range []string{"b", "k", "  ", strings.Repeat("k", 1022), "null"} {
		same(f, "a key that only resembles others is not found; key "+name, uint64(0), f.lookup(desk, name))
	}
}

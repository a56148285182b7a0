package storetest

import (
	"fmt"
	"math"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// hostileNames are names of desks that a careless store mixes up, or that
// break out of a statement, a path or a pattern.
var hostileNames = []string{
	"", " ", "a", "A", "a ", "aa", "a/b", "a/b/", "a//b", "/a", "..", "../a", "a.b", "a\\b", "a:b", "%", "_", "a%", "*", "a*",
	"'", `"`, "a'b", "`", "'; DROP TABLE ledger; --", "?", "$1", "NULL", "null", "0", "00", "-1",
	"é", "e\u0301", "客户", "🙂", "\u202e", "a\nb", "a\tb", "a\r\n", "\u00a0",
	strings.Repeat("d", 255), strings.Repeat("d", 256), strings.Repeat("long/", 1000),
}

// unspeakableNames are names that some databases cannot hold as text. A store
// may refuse them with an error, and if it does not it must keep them apart.
var unspeakableNames = []string{"a\x00", "\x00", "a\x00b", "a\xff", "\xed\xa0\x80"}

// hostileLedger is what desk number i of a store of hostile names holds:
// entries, keys and a snapshot that no other desk has.
func hostileLedger(desk string, i int, head allocation.Head) allocation.Batch {
	b := plainBatch(desk, head, 1+i%3)
	for j := range b.Entries {
		b.Entries[j].Body = fmt.Appendf(nil, `{"desk":%d}`, i)
	}
	b.Link = allocation.Link(head.Link, b.Entries)
	after := headAfter(head, b)
	b.Keys = []allocation.Key{{Name: "same", Seq: after.Version, New: true}, {Name: fmt.Sprint("own ", i), Seq: 1, New: true}}
	b.Timers = []allocation.Timer{{Name: "same", At: morning}}
	b.Snapshot = &allocation.Snapshot{Version: after.Version, Link: after.Link, State: fmt.Appendf(nil, "desk %d", i)}
	return b
}

func hostileDesks(f *fixture) {
	names := hostileNames
	for _, name := range unspeakableNames {
		err := f.try(name, func(allocation.Head) allocation.Batch { return allocation.Batch{} })
		if err == nil {
			names = append(names[:len(names):len(names)], name)
		}
	}
	for i, name := range names {
		f.update(name, func(head allocation.Head) allocation.Batch {
			same(f, fmt.Sprintf("desk %.40q is new, though others have entries", name), allocation.Head{}, head)
			return hostileLedger(name, i, head)
		})
	}
	for i, name := range names {
		want := hostileLedger(name, i, allocation.Head{})
		head := headAfter(allocation.Head{}, want)
		neighbour := fmt.Sprint("own ", (i+1)%len(names))
		same(f, fmt.Sprintf("desk %.40q holds its own ledger and nothing of any other", name), view{
			Head:     head,
			Entries:  want.Entries,
			Links:    []allocation.Head{head},
			Snapshot: *want.Snapshot,
			Keys:     map[string]uint64{"same": head.Version, fmt.Sprint("own ", i): 1, neighbour: 0},
			Timers:   []allocation.Timer{{Desk: name, Name: "same", At: morning}},
		}, f.view(name, 0, "same", fmt.Sprint("own ", i), neighbour))
	}
	same(f, "Due names every desk that has a timer", len(names), len(f.due(farAway, math.MaxInt)))

	// Changing one desk changes no other.
	const changed = "a"
	others := make(map[string]view)
	for _, name := range names {
		if name != changed {
			others[name] = f.view(name, 0, "same")
		}
	}
	head := f.update(changed, func(head allocation.Head) allocation.Batch {
		b := plainBatch(changed, head, 5)
		after := headAfter(head, b)
		b.Keys = []allocation.Key{{Name: "same", Seq: 1}}
		b.Timers = []allocation.Timer{{Name: "same"}}
		b.Erase = []allocation.CustomerRef{{Kind: "lead", ID: "L-1"}}
		b.Snapshot = snapshotAt(after)
		return b
	})
	if err := f.store.Compact(f.Context(), changed, head.Version); err != nil {
		f.Errorf("Compact: %v", err)
	}
	for name, before := range others {
		same(f, fmt.Sprintf("what is appended, erased, cancelled and compacted at desk %q leaves desk %.40q alone", changed, name), before, f.view(name, 0, "same"))
	}
}

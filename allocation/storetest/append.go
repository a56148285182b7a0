package storetest

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// oddEntries are entries with something unusual in every column.
func oddEntries() []allocation.Entry {
	full := assigned("odd", 1)
	full.Reason = "not_eligible"

	bare := allocation.Entry{At: morning, Event: allocation.EventPolicySet, Body: []byte(`{}`)}

	spelled := assigned("odd", 3)
	spelled.Customer, spelled.Rep, spelled.Rule = "客户/1 'x' \"y\" %_\\", "zoë\u0301", "rule\nwith\tspaces "
	spelled.Body = []byte("{ \"b\" : 1.0, \"a\":1e400 ,\"a\":\"\\u0000\\ud83d\\ude00😀\", \"n\": 12345678901234567890 }\n")
	spelled.Fields = []byte(` {"z":null,"a":[ ]} `)

	empty := assigned("odd", 4)
	empty.Fields, empty.Salt, empty.Digest = []byte{}, []byte{}, []byte{}

	raw := assigned("odd", 5)
	raw.Salt, raw.Digest = []byte{0, 255, 0, 128}, bytes.Repeat([]byte{0}, 32)

	large := assigned("odd", 6)
	large.Body = []byte(`{"policy":"` + strings.Repeat("long text, ", 20_000) + `"}`)
	large.Fields = []byte(`{"note":"` + strings.Repeat("n", 20_000) + `"}`)
	large.Episode = math.MaxInt32

	odd := []allocation.Entry{full, bare, spelled, empty, raw, large}
	for _, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 1_000, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2026, 3, 29, 1, 0, 0, 1_000, time.UTC),
		time.Date(2026, 3, 29, 1, 0, 0, 120_000_000, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		e := assigned("odd", 1)
		e.At = at
		odd = append(odd, e)
	}
	return odd
}

func roundTrip(f *fixture) {
	odd := oddEntries()
	f.update("odd", func(head allocation.Head) allocation.Batch { return batchOf(head, odd...) })
	got, err := f.entries("odd", 0, 0)
	if err != nil {
		f.Fatalf("Entries: %v", err)
	}
	same(f, "every column of an entry comes back byte for byte, nil and empty kept apart, times to the microsecond", odd, got)
	for _, e := range got {
		if e.At.Location() != time.UTC {
			f.Errorf("the time of %v comes back in %v, not in UTC", e, e.At.Location())
		}
	}

	// The same instant told in another zone is the same time.
	elsewhere := assigned("zone", 1)
	elsewhere.At = morning.In(time.FixedZone("UTC+05:30", 19_800))
	f.update("zone", func(head allocation.Head) allocation.Batch { return batchOf(head, elsewhere) })
	got, err = f.entries("zone", 0, 0)
	if err != nil || len(got) != 1 || !got[0].At.Equal(morning) || got[0].At.Location() != time.UTC {
		f.Errorf("an entry recorded at %v must come back with the same instant in UTC; got %v, %v", elsewhere.At, got, err)
	}
}

func copies(f *fixture) {
	var sent allocation.Batch
	head := f.update("acme", func(head allocation.Head) allocation.Batch {
		sent = plainBatch("acme", head, 2)
		sent.Snapshot = snapshotAt(headAfter(head, sent))
		return sent
	})
	want := plainBatch("acme", allocation.Head{}, 2).Entries

	spoil := func(e allocation.Entry) {
		for _, b := range [][]byte{e.Body, e.Fields, e.Salt, e.Digest} {
			for i := range b {
				b[i] = '!'
			}
		}
	}
	for _, e := range sent.Entries {
		spoil(e)
	}
	sent.Snapshot.State[0] = '!'
	for range 2 { // the second round sees what the first one spoiled
		got, err := f.entries("acme", 0, 0)
		if err != nil {
			f.Fatalf("Entries: %v", err)
		}
		same(f, "a caller who writes to slices he passed in or got does not change history", want, got)
		for _, e := range got {
			spoil(e)
		}
		state := f.snapshot("acme", head.Version).State
		same(f, "a caller who writes to a snapshot's state does not change the one that is kept", "state at 2", string(state))
		for i := range state {
			state[i] = '!'
		}
	}
}

func emptyBatch(f *fixture) {
	same(f, "a desk that nothing was written to has the zero head", allocation.Head{}, f.head("new"))
	same(f, "an empty batch makes no link", 0, len(f.links("new")))

	head := f.append("acme", 3)
	before := f.view("acme", 0)
	same(f, "the head is that of the last batch", head, before.Head)
	f.update("acme", func(allocation.Head) allocation.Batch { return allocation.Batch{} })
	same(f, "an empty batch appends nothing", before, f.view("acme", 0))
}

// brokenBatches are batches that no store may append, each made from a good
// one of three entries, a key, a timer and a snapshot.
var brokenBatches = []struct {
	why    string
	breaks func(b *allocation.Batch)
}{
	{"the first entry leaves a gap", func(b *allocation.Batch) {
		for i := range b.Entries {
			b.Entries[i].Seq++
		}
	}},
	{"the first entry repeats the head", func(b *allocation.Batch) {
		for i := range b.Entries {
			b.Entries[i].Seq--
		}
	}},
	{"an entry leaves a gap", func(b *allocation.Batch) { b.Entries[2].Seq++ }},
	{"an entry repeats the one before", func(b *allocation.Batch) { b.Entries[2].Seq-- }},
	{"entries are in the wrong order", func(b *allocation.Batch) {
		b.Entries[0].Seq, b.Entries[1].Seq = b.Entries[1].Seq, b.Entries[0].Seq
	}},
	{"an entry has no Seq", func(b *allocation.Batch) { b.Entries[1].Seq = 0 }},
	{"an entry has no body", func(b *allocation.Batch) { b.Entries[1].Body = nil }},
	{"an entry's time is finer than a microsecond", func(b *allocation.Batch) { b.Entries[2].At = morning.Add(1) }},
	{"an entry's time is after the year 9999", func(b *allocation.Batch) { b.Entries[2].At = morning.AddDate(8000, 0, 0) }},
	{"the link is missing", func(b *allocation.Batch) { b.Link = [32]byte{} }},
	{"a key is too long", func(b *allocation.Batch) { b.Keys[1].Name = strings.Repeat("k", 1025) }},
	{"a key is not UTF-8", func(b *allocation.Batch) { b.Keys[1].Name = "lead/\xff" }},
	{"a key points to nothing", func(b *allocation.Batch) { b.Keys[1].Seq = 0 }},
	{"a key points beyond the ledger", func(b *allocation.Batch) { b.Keys[1].Seq += 2 }},
	{"a timer is finer than a microsecond", func(b *allocation.Batch) { b.Timers[0].At = morning.Add(1) }},
	{"the snapshot is of an earlier version", func(b *allocation.Batch) { b.Snapshot.Version-- }},
	{"the snapshot is of a later version", func(b *allocation.Batch) { b.Snapshot.Version++ }},
	{"the snapshot is of another chain", func(b *allocation.Batch) { b.Snapshot.Link[0]++ }},
}

func refusedBatches(f *fixture) {
	good := func(head allocation.Head) allocation.Batch {
		b := plainBatch("acme", head, 3)
		after := headAfter(head, b)
		b.Keys = []allocation.Key{{Name: fmt.Sprint("first/", head.Version), Seq: head.Version + 1, New: true}, {Name: "last", Seq: after.Version}}
		b.Timers = []allocation.Timer{{Name: "shift", At: morning.Add(time.Duration(head.Version) * time.Hour)}}
		b.Erase = []allocation.CustomerRef{{Kind: "lead", ID: "L-2"}}
		b.Snapshot = snapshotAt(after)
		return b
	}
	f.append("acme", 2)
	keys := []string{"first/2", "last", strings.Repeat("k", 1025), "lead/\xff"}
	before := f.view("acme", 0, keys[:2]...)
	for _, broken := range brokenBatches {
		err := f.try("acme", func(head allocation.Head) allocation.Batch {
			b := good(head)
			broken.breaks(&b)
			return b
		})
		if err == nil {
			f.Errorf("a batch must be refused when %s", broken.why)
		}
		same(f, "a batch that is refused leaves no trace when "+broken.why, before, f.view("acme", 0, keys[:2]...))
		if f.Failed() {
			return // what follows would only repeat the first failure
		}
	}
	f.update("acme", good)
	same(f, "after refused batches a good one is appended", uint64(5), f.head("acme").Version)
}

func links(f *fixture) {
	const desk = "acme"
	var want []allocation.Head
	for _, n := range []int{1, 3, 200, 1} {
		want = append(want, f.append(desk, n))
		f.head(desk) // an Update that appends nothing makes no link
	}
	got := f.links(desk)
	same(f, "Links yields the version and the link of each batch in order", want, got)

	entries, err := f.entries(desk, 0, 0)
	if err != nil {
		f.Fatalf("Entries: %v", err)
	}
	var prev allocation.Head
	for _, link := range got {
		if link.Version > uint64(len(entries)) || link.Version <= prev.Version {
			f.Fatalf("the chain has a link at version %d after %d in a ledger of %d entries", link.Version, prev.Version, len(entries))
		}
		if allocation.Link(prev.Link, entries[prev.Version:link.Version]) != link.Link {
			f.Errorf("the link at version %d does not follow from the entries that came back", link.Version)
		}
		prev = link
	}
	for range f.store.Links(f.Context(), desk) {
		break // a loop may end early
	}
	same(f, "a desk that nothing was written to has no links", 0, len(f.links("nobody")))
}

package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"pgregory.net/rapid"
)

// modelDesk is a ledger in the plainest form: histories are slices, nothing is
// ever overwritten but by a linear search.
type modelDesk struct {
	entries   []allocation.Entry // all of them, also those that were dropped
	dropped   uint64
	links     []allocation.Head
	keys      []allocation.Key
	timers    []allocation.Timer
	snapshots []allocation.Snapshot
}

func (d *modelDesk) head() allocation.Head {
	if len(d.links) == 0 {
		return allocation.Head{}
	}
	return d.links[len(d.links)-1]
}

func (d *modelDesk) key(name string) int {
	return slices.IndexFunc(d.keys, func(k allocation.Key) bool { return k.Name == name })
}

// takes says whether the keys of a batch can be set.
func (d *modelDesk) takes(b allocation.Batch) bool {
	for i, k := range b.Keys {
		again := slices.ContainsFunc(b.Keys[:i], func(other allocation.Key) bool { return other.Name == k.Name })
		if k.New && (again || d.key(k.Name) >= 0) {
			return false
		}
	}
	return true
}

func (d *modelDesk) apply(b allocation.Batch) {
	if len(b.Entries) > 0 {
		d.entries = append(d.entries, b.Entries...)
		d.links = append(d.links, allocation.Head{Version: uint64(len(d.entries)), Link: b.Link})
	}
	for _, k := range b.Keys {
		if i := d.key(k.Name); i >= 0 {
			d.keys[i].Seq = k.Seq
		} else {
			d.keys = append(d.keys, k)
		}
	}
	for _, t := range b.Timers {
		d.timers = slices.DeleteFunc(d.timers, func(other allocation.Timer) bool { return other.Name == t.Name })
		if !t.At.IsZero() {
			d.timers = append(d.timers, t)
		}
	}
	for _, ref := range b.Erase {
		for i, e := range d.entries {
			if e.Kind == ref.Kind && e.Customer == ref.ID {
				d.entries[i].Fields, d.entries[i].Salt = nil, nil
			}
		}
	}
	if b.Snapshot != nil {
		d.snapshots = slices.DeleteFunc(d.snapshots, func(s allocation.Snapshot) bool { return s.Version == b.Snapshot.Version })
		d.snapshots = append(d.snapshots, *b.Snapshot)
	}
}

// snapshot is the newest at or below a version.
func (d *modelDesk) snapshot(version uint64) allocation.Snapshot {
	var newest allocation.Snapshot
	for _, s := range d.snapshots {
		if s.Version <= version && s.Version >= newest.Version {
			newest = s
		}
	}
	return newest
}

// machine drives a store and the model side by side.
type machine struct {
	store allocation.Store
	model map[string]*modelDesk
}

var (
	machineDesks = []string{"acme", "acme/emea", ""}
	machineNames = []string{"", "a", "b", "c", "lead/L-1/1", "客户"}
	machineIDs   = []string{"L-1", "L-2", "L-3"}
)

func anyHistory(f *fixture) {
	f.store.Close() // each history gets a store of its own
	rapid.Check(f, func(t *rapid.T) {
		m := &machine{store: f.open(), model: make(map[string]*modelDesk)}
		defer m.store.Close()
		for _, desk := range machineDesks {
			m.model[desk] = &modelDesk{}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append":  m.append,
			"append ": m.append, // twice, so that it is the most frequent
			"side":    m.sideEffects,
			"refuse":  m.refuse,
			"compact": m.compact,
			"read":    m.read,
			"":        m.invariants,
		})
	})
}

// drawEntry draws an entry with any mixture of columns.
func drawEntry(t *rapid.T, at time.Time) allocation.Entry {
	blob := func(label string) []byte {
		return rapid.SampledFrom([][]byte{nil, {}, []byte(`{"a":1}`), []byte("0123456789abcdef")}).Draw(t, label)
	}
	return allocation.Entry{
		At:       at,
		Event:    rapid.SampledFrom([]allocation.Event{allocation.EventAssigned, allocation.EventVoided, allocation.EventErased}).Draw(t, "event"),
		Kind:     rapid.SampledFrom([]string{"lead", "account"}).Draw(t, "kind"),
		Customer: rapid.SampledFrom(machineIDs).Draw(t, "customer"),
		Episode:  rapid.IntRange(0, 3).Draw(t, "episode"),
		Rep:      rapid.SampledFrom([]string{"", "ana", "bo"}).Draw(t, "rep"),
		Body:     fmt.Appendf(nil, `{"n":%d}`, rapid.IntRange(0, 99).Draw(t, "body")),
		Fields:   blob("fields"),
		Salt:     blob("salt"),
		Digest:   blob("digest"),
	}
}

// drawSides draws the parts of a batch that are not entries. last is the
// version after the batch.
func drawSides(t *rapid.T, b *allocation.Batch, last allocation.Head) {
	if last.Version > 0 {
		for range rapid.IntRange(0, 3).Draw(t, "keys") {
			b.Keys = append(b.Keys, allocation.Key{
				Name: rapid.SampledFrom(machineNames).Draw(t, "key"),
				Seq:  rapid.Uint64Range(1, last.Version).Draw(t, "points to"),
				New:  rapid.Bool().Draw(t, "new"),
			})
		}
		if rapid.IntRange(0, 2).Draw(t, "snapshot") == 0 {
			b.Snapshot = &allocation.Snapshot{Version: last.Version, Link: last.Link, State: rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(t, "state")}
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "timers") {
		timer := allocation.Timer{Name: rapid.SampledFrom(machineNames).Draw(t, "timer")}
		if hour := rapid.IntRange(0, 4).Draw(t, "hour"); hour > 0 {
			timer.At = morning.Add(time.Duration(hour) * time.Hour)
		}
		b.Timers = append(b.Timers, timer)
	}
	if rapid.IntRange(0, 3).Draw(t, "erase") == 0 {
		b.Erase = append(b.Erase, allocation.CustomerRef{Kind: "lead", ID: rapid.SampledFrom(machineIDs).Draw(t, "erased")})
	}
}

// commit sends a batch to the store and, if its keys are free, to the model.
func (m *machine) commit(t *rapid.T, desk string, b allocation.Batch) {
	d := m.model[desk]
	since := rapid.Uint64Range(d.dropped, d.head().Version).Draw(t, "since")
	sent := allocation.Batch{Entries: slices.Clone(b.Entries), Link: b.Link, Keys: b.Keys, Timers: b.Timers, Erase: b.Erase, Snapshot: b.Snapshot}
	err := m.store.Update(context.Background(), desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		if head != d.head() {
			t.Errorf("fn is given the head of desk %q: promised %d, came %d", desk, d.head().Version, head.Version)
		}
		got, err := collect(tail)
		if diff := difference(some(d.entries[since:]), got); diff != "" {
			t.Errorf("the tail of desk %q since %d is what follows (- promised, + came)\n%s", desk, since, diff)
		}
		return sent, err
	})
	if !d.takes(b) {
		if !errors.Is(err, allocation.ErrKeyTaken) {
			t.Fatalf("a batch for desk %q with a taken key must be refused with ErrKeyTaken; got %v", desk, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("a batch for desk %q must be appended; got %v", desk, err)
	}
	d.apply(b)
}

// some is nil where there are no entries, as collect is.
func some(entries []allocation.Entry) []allocation.Entry {
	if len(entries) == 0 {
		return nil
	}
	return entries
}

func (m *machine) append(t *rapid.T) {
	desk := rapid.SampledFrom(machineDesks).Draw(t, "desk")
	head := m.model[desk].head()
	entries := make([]allocation.Entry, rapid.IntRange(1, 4).Draw(t, "entries"))
	for i := range entries {
		entries[i] = drawEntry(t, morning.Add(time.Duration(head.Version)*time.Microsecond))
	}
	b := batchOf(head, entries...)
	drawSides(t, &b, headAfter(head, b))
	m.commit(t, desk, b)
}

func (m *machine) sideEffects(t *rapid.T) {
	desk := rapid.SampledFrom(machineDesks).Draw(t, "desk")
	var b allocation.Batch
	drawSides(t, &b, m.model[desk].head())
	m.commit(t, desk, b)
}

func (m *machine) refuse(t *rapid.T) {
	desk := rapid.SampledFrom(machineDesks).Draw(t, "desk")
	b := plainBatch(desk, m.model[desk].head(), 3)
	b.Keys = []allocation.Key{{Name: "a", Seq: b.Entries[0].Seq}}
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		b.Entries[2].Seq++
	case 1:
		b.Entries[1].Body = nil
	case 2:
		b.Link = [32]byte{}
	}
	err := m.store.Update(context.Background(), desk, 0, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return b, nil
	})
	if err == nil {
		t.Fatalf("a broken batch for desk %q must be refused", desk)
	}
}

func (m *machine) compact(t *rapid.T) {
	desk := rapid.SampledFrom(machineDesks).Draw(t, "desk")
	d := m.model[desk]
	upTo := rapid.Uint64Range(0, d.head().Version+1).Draw(t, "up to")
	if len(d.snapshots) > 0 && rapid.Bool().Draw(t, "at a snapshot") {
		upTo = rapid.SampledFrom(d.snapshots).Draw(t, "snapshot").Version
	}
	err := m.store.Compact(context.Background(), desk, upTo)
	if allowed := d.snapshot(upTo).Version == upTo && upTo > 0; (err == nil) != allowed {
		t.Fatalf("Compact of desk %q up to %d is allowed: %t, by the snapshots at hand; got %v", desk, upTo, allowed, err)
	}
	if err == nil {
		d.dropped = max(d.dropped, upTo)
		d.snapshots = slices.DeleteFunc(d.snapshots, func(s allocation.Snapshot) bool { return s.Version < upTo })
	}
}

func (m *machine) read(t *rapid.T) {
	ctx := context.Background()
	desk := rapid.SampledFrom(machineDesks).Draw(t, "desk")
	d := m.model[desk]
	last := d.head().Version

	after, upTo := rapid.Uint64Range(0, last+2).Draw(t, "after"), rapid.Uint64Range(0, last+2).Draw(t, "up to")
	got, err := collect(m.store.Entries(ctx, desk, after, upTo))
	end := last
	if upTo != 0 {
		end = min(upTo, last)
	}
	switch {
	case after < end && after < d.dropped:
		if !errors.Is(err, allocation.ErrCompacted) || len(got) != 0 {
			t.Fatalf("Entries(%q, after %d, upTo %d) with entries dropped up to %d must end with ErrCompacted at once; got %d entries, %v", desk, after, upTo, d.dropped, len(got), err)
		}
	case err != nil:
		t.Fatalf("Entries(%q, after %d, upTo %d): %v", desk, after, upTo, err)
	default:
		want := d.entries[min(after, end):end]
		if diff := difference(some(want), got); diff != "" {
			t.Fatalf("Entries(%q, after %d, upTo %d) yields the range (- promised, + came)\n%s", desk, after, upTo, diff)
		}
	}

	version := rapid.Uint64Range(0, last+1).Draw(t, "version")
	snap, err := m.store.Snapshot(ctx, desk, version)
	want := d.snapshot(version)
	if err != nil || snap.Version != want.Version || snap.Link != want.Link || !bytes.Equal(snap.State, want.State) {
		t.Fatalf("Snapshot(%q, %d) is the newest at or below: promised version %d, came %d, %v", desk, version, want.Version, snap.Version, err)
	}

	at, limit := morning.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at"))*time.Hour), rapid.IntRange(0, 9).Draw(t, "limit")
	m.checkDue(t, at, limit)
}

// invariants holds everything else against the model after each step.
func (m *machine) invariants(t *rapid.T) {
	ctx := context.Background()
	for _, desk := range machineDesks {
		d := m.model[desk]
		got, err := collect(m.store.Entries(ctx, desk, d.dropped, 0))
		if err != nil {
			t.Fatalf("Entries(%q, after %d): %v", desk, d.dropped, err)
		}
		if diff := difference(some(d.entries[d.dropped:]), got); diff != "" {
			t.Fatalf("desk %q holds the entries of its batches (- promised, + came)\n%s", desk, diff)
		}
		heads, err := collect(m.store.Links(ctx, desk))
		if err != nil || !slices.Equal(heads, d.links) {
			t.Fatalf("desk %q has one link per batch: promised %d links, came %d, %v", desk, len(d.links), len(heads), err)
		}
		for _, name := range machineNames {
			seq, found, err := m.store.Lookup(ctx, desk, name)
			i := d.key(name)
			if err != nil || found != (i >= 0) || found && seq != d.keys[i].Seq {
				t.Fatalf("Lookup(%q, %q): promised %t, came %t %d, %v", desk, name, i >= 0, found, seq, err)
			}
		}
	}
	m.checkDue(t, farAway, math.MaxInt)
}

func (m *machine) checkDue(t *rapid.T, at time.Time, limit int) {
	var want []allocation.Timer
	for desk, d := range m.model {
		for _, timer := range d.timers {
			if !timer.At.After(at) {
				want = append(want, allocation.Timer{Desk: desk, Name: timer.Name, At: timer.At})
			}
		}
	}
	slices.SortFunc(want, func(a, b allocation.Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Desk, b.Desk), cmp.Compare(a.Name, b.Name))
	})
	want = want[:min(limit, len(want))]
	got, err := m.store.Due(context.Background(), at, limit)
	if err != nil || len(got) != len(want) || len(want) > 0 && !slices.Equal(want, got) {
		t.Fatalf("Due at %v, at most %d: promised %v, came %v, %v", at, limit, want, got, err)
	}
}

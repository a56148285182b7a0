package sqlitestore_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// rising and scattered are orders in which IDs come. Scattered ones, such as
// random UUIDs, touch pages all over the indexes, which is the worst case.
func rising(seq uint64) string    { return fmt.Sprintf("L-%08d", seq) }
func scattered(seq uint64) string { return fmt.Sprintf("L-%08d", seq*7_919_777%10_000_019) }

// assignments is what a desk appends for n customers: an entry and a key each,
// of the size that real ones have.
func assignments(head allocation.Head, n int, name func(seq uint64) string) allocation.Batch {
	entries := make([]allocation.Entry, n)
	keys := make([]allocation.Key, n)
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC).Add(time.Duration(head.Version) * time.Millisecond)
	for i := range entries {
		seq := head.Version + uint64(i) + 1
		id := name(seq)
		entries[i] = allocation.Entry{
			Seq: seq, At: at, Event: allocation.EventAssigned, Kind: "lead", Customer: id, Episode: 1,
			Rep: "ana", Rule: "enterprise", Status: allocation.StatusAssigned,
			Body:   []byte(`{"customer":{"id":"` + id + `","kind":"lead"},"episode":1,"rep":"ana","rule":"ent","policy":"sha256:0123456789abcdef0123456789abcdef","size":1000000,"units":1,"account":"ent","eligible":"//8P","weights":12,"tau":123456,"sigma":3,"caps":["book","daily"],"engine":"0.1.0"}`),
			Fields: []byte(`{"employees":1200,"expected_value":9000.5,"industry":"software","country":"DE","email_domain":"example.com","score":57,"tags":["a","b"]}`),
			Salt:   []byte("0123456789abcdef"),
			Digest: []byte("0123456789abcdef0123456789abcdef"),
		}
		keys[i] = allocation.Key{Name: "lead/" + id + "/1", Seq: seq, New: true}
	}
	return allocation.Batch{Entries: entries, Link: allocation.Link(head.Link, entries), Keys: keys}
}

// BenchmarkUpdate measures customers a second for batches of several sizes,
// each customer an entry and a key, every batch fsync'ed. Making the batch and
// its link is part of it.
func BenchmarkUpdate(b *testing.B) {
	for _, ids := range []struct {
		order string
		name  func(seq uint64) string
	}{{"rising", rising}, {"scattered", scattered}} {
		for _, n := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("ids=%s/batch=%d", ids.order, n), func(b *testing.B) { benchmarkUpdate(b, n, ids.name) })
		}
	}
}

func benchmarkUpdate(b *testing.B, n int, name func(seq uint64) string) {
	ctx := context.Background()
	s := open(b, b.TempDir())
	b.ReportAllocs()
	customers := 0
	for b.Loop() {
		err := s.Update(ctx, "acme/emea", math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			return assignments(head, n, name), nil
		})
		if err != nil {
			b.Fatal(err)
		}
		customers += n
	}
	b.ReportMetric(float64(customers)/b.Elapsed().Seconds(), "customers/s")
}

// BenchmarkEntries measures how fast a desk reads its ledger back.
func BenchmarkEntries(b *testing.B) {
	const n = 10_000
	ctx := context.Background()
	s := open(b, b.TempDir())
	err := s.Update(ctx, "acme/emea", 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return assignments(head, n, rising), nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	read := 0
	for b.Loop() {
		for _, err := range s.Entries(ctx, "acme/emea", 0, 0) {
			if err != nil {
				b.Fatal(err)
			}
			read++
		}
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "entries/s")
}

package allocation

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkDecide is one decision in memory, from the typed customer to the
// outcome: match, eligible, available, caps, rotate. Expressions are Go
// functions here; package policy has the benchmark with interpreted ones.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("reps=%d", n), func(b *testing.B) {
			p := &fakePolicy{Policy: Policy{Rules: []Rule{{}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
			p.limit = []func(*Rep) (int64, bool){constLimit(1 << 40)}
			s := newState()
			if err := s.bind(p.policy("bench")); err != nil {
				b.Fatal(err)
			}
			s.caps, s.capSpecs = []*count{nil}, []capSpec{{Book: true}}
			for i := range n {
				if err := s.changed(s.roster.put(Rep{ID: fmt.Sprintf("rep%04d", i)})); err != nil {
					b.Fatal(err)
				}
			}
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			subject := fakeFields{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.allocate(subject, now, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAssign is the whole way of a request on a memory store, encoding,
// hashing and appending included, one caller after the other.
func BenchmarkAssign(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("reps=%d", n), func(b *testing.B) {
			d := openTest(b, NewMemoryStore(), rotating())
			var team []Rep
			for i := range n {
				team = append(team, Rep{ID: fmt.Sprintf("rep%04d", i)})
			}
			d.must(d.SetReps(ctx, team, Opening{At: monday}))
			i := 0
			for b.Loop() {
				i++
				if _, err := d.Assign(ctx, Customer{ID: fmt.Sprint("L", i), At: monday}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

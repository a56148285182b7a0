package rotation

import (
	"fmt"
	"testing"
)

// The benchmarks guard the promise of O(entrants) without allocation. Run with
//
//	go test -run '^$' -bench . -benchmem ./allocation/rotation
var benchSizes = []int{5, 20, 100, 1000}

func benchEntrants(n int, weight func(i int) int64) (*Ledger, []Entrant) {
	l := New()
	entrants := make([]Entrant, n)
	for i := range entrants {
		entrants[i] = Entrant{l.Open(fmt.Sprintf("rep-%04d", i)), weight(i)}
	}
	return l, entrants
}

func equalWeight(int) int64 { return 1_000_000 }

// differentWeight spreads weights over 0.5..2.5 in steps nobody shares.
func differentWeight(i int) int64 { return 500_000 + int64(i)*7919%2_000_003 }

func benchPick(b *testing.B, sel Selection, n int, weight func(i int) int64, vary bool) {
	l, all := benchEntrants(n, weight)
	sets := [][]Entrant{all}
	if vary { // one rep away at a time: no two turns in a row have the same total
		sets = nil
		for i := range min(n, 16) {
			set := append([]Entrant(nil), all[:i]...)
			sets = append(sets, append(set, all[i+1:]...))
		}
	}
	for i := range 64 {
		if _, err := l.Pick(sel, 1, sets[i%len(sets)], nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	k := 0
	for b.Loop() {
		l.Pick(sel, 1, sets[k], nil)
		if k++; k == len(sets) {
			k = 0
		}
	}
}

func TestPickAndApplyDoNotAllocate(t *testing.T) {
	for _, weight := range []func(int) int64{equalWeight, differentWeight} {
		for _, sel := range []Selection{{}, {Rule: Largest}, {Rule: Window, Tau: 1000}} {
			for _, size := range []int64{1, MaxSize} {
				l, entrants := benchEntrants(50, weight)
				mustPick(t, l, sel, customer{size, entrants, nil})
				allocs := testing.AllocsPerRun(100, func() {
					l.Pick(sel, size, entrants, nil)
					l.Apply(size, entrants, 7)
				})
				if allocs != 0 {
					t.Errorf("a pick by %s and an outcome folded allocate nothing, not %v times (size %d)", sel.Rule, allocs, size)
				}
			}
		}
	}
}

func BenchmarkPick(b *testing.B) {
	for _, n := range benchSizes {
		for _, w := range []struct {
			name   string
			weight func(int) int64
		}{{"equal", equalWeight}, {"different", differentWeight}} {
			for _, sel := range []Selection{{}, {Rule: Largest}, {Rule: Window, Tau: 1000}} {
				b.Run(fmt.Sprintf("%s/%s/n=%d", sel.Rule, w.name, n), func(b *testing.B) { benchPick(b, sel, n, w.weight, false) })
			}
			b.Run(fmt.Sprintf("deadline-varying-sets/%s/n=%d", w.name, n), func(b *testing.B) { benchPick(b, Selection{}, n, w.weight, true) })
		}
	}
}

// BenchmarkSmoothWRR is nginx's smooth weighted round robin over a fixed set, for
// comparison in the same run.
func BenchmarkSmoothWRR(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			weight, current := make([]int64, n), make([]int64, n)
			for i := range weight {
				weight[i] = differentWeight(i)
			}
			b.ReportAllocs()
			for b.Loop() {
				smoothWRR(weight, current)
			}
		})
	}
}

func BenchmarkTijdeman(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			roster := make([]Member, n)
			for i := range roster {
				roster[i] = Member{fmt.Sprintf("rep-%04d", i), differentWeight(i)}
			}
			t, err := NewTijdeman(roster)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				t.Next()
			}
		})
	}
}

func BenchmarkSequence(b *testing.B) {
	customers := make([][]Entrant, 10_000)
	for k := range customers {
		for i := range 20 {
			if (k*7+i*i)%3 != 0 {
				customers[k] = append(customers[k], Entrant{Account(i), int64(1 + (i*i+k/500)%9)})
			}
		}
	}
	for b.Loop() {
		if _, err := Sequence(customers); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBoundAndVoid(b *testing.B) {
	l, entrants := benchEntrants(1000, differentWeight)
	b.Run("bound/n=1000", func(b *testing.B) {
		l.Pick(Selection{}, 1, entrants[:999], nil)
		for b.Loop() {
			l.Bound(Selection{})
		}
	})
	b.Run("apply-void/n=1000", func(b *testing.B) {
		for b.Loop() {
			l.Apply(1, entrants, 3)
			if err := l.Void(1, entrants, 3); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func smoothWRR(weight, current []int64) int {
	best, total := 0, int64(0)
	for i, w := range weight {
		current[i] += w
		total += w
		if current[i] > current[best] {
			best = i
		}
	}
	current[best] -= total
	return best
}

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

package rotation

import (
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Properties 12 to 19: how one history relates to another.

func TestProperty12_ARepWhoNeverTakesPartChangesNoLargestPick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{})
		l, more := w.ledger(), w.ledger()
		more.Open("AA") // between the others in the order of IDs
		for _, c := range w.customers {
			if a, b := mustPick(t, l, Selection{Rule: Largest}, c), mustPick(t, more, Selection{Rule: Largest}, c); a != b {
				t.Fatalf("a rep who is never an entrant changes no pick of Largest: %d became %d for %s", a, b, describe(c))
			}
		}
	})
}

func TestProperty13_ScaledWeightsAndShuffledEntrantsGiveTheSameLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Without ranks the pick takes another way through the code.
		w := drawWorld(t, worldOptions{ranked: rapid.Bool().Draw(t, "ranked")})
		sel, l, other := drawSelection(t), w.ledger(), New()
		for i := w.n - 1; i >= 0; i-- { // opened in another order
			other.Open(string(rune('A' + i)))
		}
		factor := rapid.Int64Range(1, 1_000_000).Draw(t, "factor")
		shift := rapid.IntRange(0, 7).Draw(t, "shift")
		for _, c := range w.customers {
			n := len(c.entrants)
			d := customer{size: c.size, entrants: make([]Entrant, n)}
			if c.rank != nil {
				d.rank = make([]int32, n)
			}
			for i, e := range c.entrants {
				j := n - 1 - (i+shift)%n
				a, _ := other.Lookup(l.ID(e.Account))
				d.entrants[j] = Entrant{a, e.Weight * factor}
				if c.rank != nil {
					d.rank[j] = c.rank[i]
				}
			}
			x, y := mustPick(t, l, sel, c), mustPick(t, other, sel, d)
			if p, q := l.ID(c.entrants[x].Account), other.ID(d.entrants[y].Account); p != q {
				t.Fatalf("neither a common factor of the weights nor the order of entrants or of opening changes a pick: %s became %s", p, q)
			}
			for i := range w.n {
				a, _ := other.Lookup(l.ID(Account(i)))
				if l.credits[i] != other.credits[a] {
					t.Fatalf("nor does it change a credit: %s became %s", l.credits[i], other.credits[a])
				}
			}
		}
	})
}

func TestProperty14_SnapshotAndReplayGiveTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true, fixed: rapid.Bool().Draw(t, "fixed"), everybody: rapid.Bool().Draw(t, "everybody")})
		sel, l := drawSelection(t), w.ledger()
		cut := rapid.IntRange(0, len(w.customers)-1).Draw(t, "snapshot at")
		winners := make([]int, len(w.customers))
		var restored Ledger
		for k, c := range w.customers {
			if k == cut {
				if err := json.Unmarshal([]byte(snapshotOf(t, l)), &restored); err != nil {
					t.Fatalf("what a ledger wrote can be read: %v", err)
				}
				if snapshotOf(t, &restored) != snapshotOf(t, l) {
					t.Fatalf("a restored ledger writes the same bytes")
				}
			}
			winners[k] = mustPick(t, l, sel, c)
		}
		for k := cut; k < len(w.customers); k++ {
			if err := restored.Apply(w.customers[k].size, w.customers[k].entrants, winners[k]); err != nil {
				t.Fatalf("a recorded outcome can be folded: %v", err)
			}
		}
		if got, want := snapshotOf(t, &restored), snapshotOf(t, l); got != want {
			t.Fatalf("folding the recorded outcomes from a snapshot gives the state byte for byte:\n%s\n%s", got, want)
		}
	})
}

// visible is what a ledger says of each account.
type visible struct {
	credit, got, ideal Credit
	customers          int64
}

func visibleState(l *Ledger) []visible {
	state := make([]visible, len(l.accounts))
	for i := range state {
		state[i].credit, state[i].ideal = l.Credit(Account(i)), l.Ideal(Account(i))
		state[i].got, state[i].customers = l.Got(Account(i))
	}
	return state
}

func TestProperty15_VoidIsExactAndVoidsCommute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{})
		sel, l := drawSelection(t), w.ledger()
		winners := make([]int, len(w.customers))
		for k, c := range w.customers {
			before := visibleState(l)
			winners[k] = mustPick(t, l, sel, c)
			undone := l.Clone()
			if err := undone.Void(c.size, c.entrants, winners[k]); err != nil {
				t.Fatalf("what was just given can be voided: %v", err)
			}
			if !slices.Equal(before, visibleState(undone)) {
				t.Fatalf("a void leaves credits, got and ideal as if the customer had never come")
			}
		}
		i, j := rapid.IntRange(0, len(winners)-1).Draw(t, "first"), rapid.IntRange(0, len(winners)-1).Draw(t, "second")
		if i == j {
			return
		}
		void := func(l *Ledger, k int) {
			if err := l.Void(w.customers[k].size, w.customers[k].entrants, winners[k]); err != nil {
				t.Fatalf("any recorded outcome can be voided: %v", err)
			}
		}
		other := l.Clone()
		void(l, i)
		void(l, j)
		void(other, j)
		void(other, i)
		if !slices.Equal(visibleState(l), visibleState(other)) {
			t.Fatalf("two voids give the same state in either order")
		}
	})
}

func TestProperty16_EachVoidCostsAtMostOneSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{unit: true})
		l, sel := w.ledger(), Selection{Rule: Largest}
		voids := int64(0)
		var given []customer
		var winners []int
		for _, c := range w.customers {
			winners, given = append(winners, mustPick(t, l, sel, c)), append(given, c)
			if rapid.IntRange(0, 3).Draw(t, "void") == 0 {
				k := rapid.IntRange(0, len(given)-1).Draw(t, "which")
				if err := l.Void(1, given[k].entrants, winners[k]); err != nil {
					t.Fatalf("any recorded outcome can be voided: %v", err)
				}
				given, winners = slices.Delete(given, k, k+1), slices.Delete(winners, k, k+1)
				voids++
			}
			if !atMost(maxAbs(l), 2, l.history.largest, int64(w.n-1)+2*voids) {
				t.Fatalf("after R voids Largest stays within (n-1)/2 + R: n=%d R=%d, %s", w.n, voids, maxAbs(l))
			}
		}
	})
}

func TestProperty17_SharesAreRoundedHalfUpEachOnItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := int(even(1, 12).Draw(t, "reps"))
		most := rapid.SampledFrom([]int64{3, 100, 5_000_000, MaxWeight}).Draw(t, "largest weight")
		weights := rapid.SliceOfN(mixed(0, most), n, n).Draw(t, "weights")
		size := rapid.OneOf(rapid.Int64Range(1, 3), mixed(1, MaxSize), rapid.Just(int64(MaxSize))).Draw(t, "size")
		all := weighted("ABCDEFGHIJKL"[:n], weights)
		total := totalWeight(all)
		if total == 0 {
			all[0].Weight, total = 1, 1
		}
		l := lettered(n)
		turn := turn{entrants: all, size: size}
		if err := l.admit(&turn); err != nil {
			t.Fatalf("sizes and weights within their limits are accepted: %v", err)
		}
		var sum Credit
		for i, e := range all {
			share := l.shareOf(&turn, i)
			sum = sum.add(share)
			// share = ⌊(2·size·Unit·w + total) / (2·total)⌋
			want := new(big.Int).Mul(sizeCredit(size).Units(), big.NewInt(2*e.Weight))
			want.Add(want, big.NewInt(total))
			want.Quo(want, big.NewInt(total)).Rsh(want, 1)
			if share.Units().Cmp(want) != 0 {
				t.Fatalf("the share of weight %d of %d in size %d is rounded half up: %s, not %s", e.Weight, total, size, want, share.Units())
			}
			for j := range i {
				if all[j].Weight == e.Weight && l.shareOf(&turn, j) != share {
					t.Fatalf("equal weights have equal shares")
				}
			}
		}
		if sum != turn.debit {
			t.Fatalf("the winner is charged exactly what was handed out: %s, not %s", sum, turn.debit)
		}
	})
}

func TestProperty19_NoFloodOverAnyInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{})
		l := w.ledger()
		low, high := make([]Credit, w.n), make([]Credit, w.n)
		for _, c := range w.customers {
			mustPick(t, l, Selection{Rule: Largest}, c)
			for i, x := range l.credits {
				low[i], high[i] = smaller(low[i], x), larger(high[i], x)
				if !atMost(high[i].sub(low[i]), 1, l.history.largest, int64(w.n-1)) {
					t.Fatalf("between any two moments nobody gets n-1 sizes more or less than his share, after any absence: rep %d of %d moved by %s", i, w.n, high[i].sub(low[i]))
				}
			}
		}
	})
}

package rotation

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Properties 1 to 11: what every history keeps. All figures are integers and all
// comparisons are made by multiplying out, with no tolerance.

func TestProperty01_CreditsSumToZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true})
		sel, l := drawSelection(t), w.ledger()
		for _, c := range w.customers {
			mustPick(t, l, sel, c)
			if sum := creditSum(l); sum != (Credit{}) {
				t.Fatalf("credits sum to zero after every customer, not to %s units", sum.Units())
			}
		}
	})
}

func TestProperty02_LargestStaysWithinHalfOfNMinusOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{})
		l := w.ledger()
		for _, c := range w.customers {
			mustPick(t, l, Selection{Rule: Largest}, c)
			if !atMost(maxAbs(l), 2, l.history.largest, int64(w.n-1)) {
				t.Fatalf("Largest keeps every credit within (n-1)/2 of the largest debit: n=%d, %s of %s", w.n, maxAbs(l), l.history.largest)
			}
		}
	})
}

func TestProperty03_LargestKeepsEverySetBelowItsEnvelope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{})
		l := w.ledger()
		for _, c := range w.customers {
			mustPick(t, l, Selection{Rule: Largest}, c)
			sorted := slices.Clone(l.credits)
			slices.SortFunc(sorted, func(a, b Credit) int { return b.Cmp(a) })
			var sum Credit
			for i, x := range sorted {
				k := i + 1
				if sum = sum.add(x); !atMost(sum, 2, l.history.largest, int64(k*(w.n-k))) {
					t.Fatalf("the %d largest credits of %d sum to at most V·k(n-k)/2, not to %s with V=%s", k, w.n, sum, l.history.largest)
				}
			}
		}
	})
}

func TestProperty04_LargestWithEverybodyIsHarmonic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{everybody: true})
		l := w.ledger()
		lcm, sum := int64(840), int64(0) // lcm(1..8)
		for k := 2; k <= w.n; k++ {
			sum += lcm / int64(k)
		}
		for _, c := range w.customers {
			mustPick(t, l, Selection{Rule: Largest}, c)
			for i, x := range l.credits {
				if !atMost(x, lcm, l.history.largest, sum) {
					t.Fatalf("with everybody present nobody is owed more than H_n-1: rep %d of %d is owed %s, V=%s", i, w.n, x, l.history.largest)
				}
				if !atMost(x.neg(), int64(w.n), l.history.largest, int64(w.n-1)) {
					t.Fatalf("with everybody present nobody is ahead by more than 1-1/n: rep %d of %d by %s, V=%s", i, w.n, x.neg(), l.history.largest)
				}
			}
			if b := l.Bound(Selection{Rule: Largest}); b.Theorem != EverybodyLargest || b.Total.less(b.Reached) {
				t.Fatalf("the bound names the theorem that applies and covers what was reached: %s", b)
			}
		}
	})
}

// powerOfTwoWeights draws weights that sum to a power of two, which divides Unit.
func powerOfTwoWeights(t *rapid.T) []int64 {
	total := int64(1) << rapid.IntRange(3, 6).Draw(t, "log of the total weight")
	n := int(even(2, 8).Draw(t, "reps"))
	weights, left := make([]int64, n), total-int64(n)
	for i := range weights {
		extra := left
		if i < n-1 {
			extra = mixed(0, left).Draw(t, "weight")
		}
		weights[i] = 1 + extra
		left -= extra
	}
	return weights
}

func TestProperty05_DeadlineWithFixedWeightsIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := powerOfTwoWeights(t)
		n := len(weights)
		l, k := lettered(n), int64(max(2, 2*n-2))
		all := weighted("ABCDEFGH"[:n], weights)
		for turn := range 2 * totalWeight(all) {
			mustPick(t, l, Selection{}, customer{1, all, nil})
			if !atMost(maxAbs(l), k, sizeCredit(1), k-1) {
				t.Fatalf("with fixed weights %v and everybody present Deadline stays within 1-1/(2n-2): %s after %d turns", weights, maxAbs(l), turn+1)
			}
		}
	})
}

// The same for weights and sizes whose shares are rounded: the rounded shares are
// the weights of an exact instance, so the bound holds in terms of the debit.
func TestProperty05_AnyFixedWeightsAndSizeOnTheRoundedLedger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := int(even(2, 8).Draw(t, "reps"))
		weights := rapid.SliceOfN(mixed(1, MaxWeight), n, n).Draw(t, "weights")
		size := rapid.SampledFrom([]int64{1, 3, 999, 1_000_003, MaxSize}).Draw(t, "size")
		l, k := lettered(n), int64(max(2, 2*n-2))
		all := weighted("ABCDEFGH"[:n], weights)
		for turn := range 50 {
			rank := make([]int32, n)
			rank[turn%n] = -1
			mustPick(t, l, Selection{}, customer{size, all, rank})
			if !atMost(maxAbs(l), k, l.history.largest, k-1) {
				t.Fatalf("Deadline stays within 1-1/(2n-2) of the debit for weights %v, size %d: %s after %d turns", weights, size, maxAbs(l), turn+1)
			}
			if b := l.Bound(Selection{}); b.Theorem != Chairman || b.Total.less(b.Reached) {
				t.Fatalf("the bound names Tijdeman's theorem and covers what was reached: %s", b)
			}
		}
	})
}

func TestProperty06_AfterOneRoundEverybodyHasHisWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := powerOfTwoWeights(t)
		all := weighted("ABCDEFGH"[:len(weights)], weights)
		both(func(rule Rule) {
			l := lettered(len(weights))
			for range totalWeight(all) {
				mustPick(t, l, Selection{Rule: rule}, customer{1, all, nil})
			}
			for i, w := range weights {
				size, customers := l.Got(Account(i))
				if l.credits[i] != (Credit{}) || customers != w || size != sizeCredit(w) {
					t.Fatalf("after as many turns as the weights sum to, %s has given rep %d of weights %v his weight in turns: got %d, credit %s", rule, i, weights, customers, l.credits[i])
				}
			}
		})
	})
}

func TestProperty07_DeadlineAndWindowStayWithinHalfOfN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true})
		for _, sel := range []Selection{{}, {Rule: Window, Tau: 1000 * w.maxSize}} {
			l := w.ledger()
			for _, c := range w.customers {
				mustPick(t, l, sel, c)
				if !atMost(maxAbs(l), 1, w.scale(l), int64(w.n/2)) {
					t.Fatalf("%s keeps every credit within ⌊n/2⌋ whatever preference decides: n=%d, %s of %s", sel.Rule, w.n, maxAbs(l), w.scale(l))
				}
			}
		}
	})
}

func TestProperty08_WindowStaysWithinItsOwnBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true})
		tau, sigma := rapid.Int64Range(0, 6).Draw(t, "halves of tau"), rapid.Int64Range(0, 6).Draw(t, "halves of sigma")
		l, sel := w.ledger(), Selection{Rule: Window, Tau: 500 * tau * w.maxSize, Sigma: 500 * sigma * w.maxSize}
		for _, c := range w.customers {
			mustPick(t, l, sel, c)
			if beta2 := max(0, tau-1, sigma); !atMost(maxAbs(l), 2, w.scale(l), int64(w.n-1)+beta2) {
				t.Fatalf("Window(%d/2, %d/2) keeps every credit within (n-1)/2 + max(0, tau-1/2, sigma): n=%d, %s of %s", tau, sigma, w.n, maxAbs(l), w.scale(l))
			}
		}
	})
}

func TestProperty09_WindowChoosesWithinSigmaOrTheLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true})
		l := w.ledger()
		sel := drawSelection(t)
		sel.Rule = Window
		for _, c := range w.customers {
			standings, err := l.Standings(sel, c.size, c.entrants, c.rank)
			if err != nil {
				t.Fatalf("standings can be had wherever a pick can: %v", err)
			}
			i := mustPick(t, l, sel, c)
			most, after := standings[i].After, standings[i].After
			for _, s := range standings {
				most = larger(most, s.After)
			}
			if after != most && (!atMost(after.neg(), 1000, sizeCredit(1), sel.Sigma) || !atMost(most, 1000, sizeCredit(1), sel.Tau)) {
				t.Fatalf("Window gives a turn to whoever is owed most, or while nobody is owed more than tau to somebody within sigma: %+v chose %s with %s the most", sel, after, most)
			}
		}
	})
}

func TestProperty10_WhoIsNotAnEntrantIsFrozen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true})
		sel, l := drawSelection(t), w.ledger()
		zero := rapid.IntRange(0, w.n-1).Draw(t, "rep without weight")
		for _, c := range w.customers {
			before := slices.Clone(l.credits)
			frozen := make([]bool, w.n)
			for i := range frozen {
				frozen[i] = true
			}
			entrants := slices.Clone(c.entrants)
			for i := range entrants {
				if len(entrants) > 1 && int(entrants[i].Account) == zero {
					entrants[i].Weight = 0
				}
				frozen[entrants[i].Account] = entrants[i].Weight == 0
			}
			c.entrants = entrants
			winner := entrants[mustPick(t, l, sel, c)].Account
			for i := range frozen {
				if frozen[i] && (l.credits[i] != before[i] || int(winner) == i) {
					t.Fatalf("a rep who is not an entrant, or has no weight, neither earns nor owes nor wins: rep %d, %s to %s", i, before[i], l.credits[i])
				}
			}
		}
	})
}

func TestProperty11_ASoleEntrantChangesNoCredit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{})
		sel, l := drawSelection(t), w.ledger()
		for _, c := range w.customers {
			mustPick(t, l, sel, c)
			before := slices.Clone(l.credits)
			mustPick(t, l, sel, customer{c.size, c.entrants[:1], nil})
			if !slices.Equal(before, l.credits) {
				t.Fatalf("a customer that only one rep can take changes no credit")
			}
		}
	})
}

// A weight so small that its share is rounded to nothing leaves its rep without a
// deadline; if he alone is owed something he is served all the same.
func TestDeadlineWithAShareRoundedToNothing(t *testing.T) {
	l := lettered(3)
	if err := l.SetOpening([]Opening{{0, 900}, {1, -600}, {2, -300}}); err != nil {
		t.Fatal(err)
	}
	entrants := []Entrant{{0, 1}, {1, MaxWeight}, {2, MaxWeight}}
	standings, err := l.Standings(Selection{}, 1, entrants, nil)
	if err != nil || standings[0].Share != (Credit{}) || standings[0].Place != 1 {
		t.Fatalf("A has no share and the first place: %+v, %v", standings, err)
	}
	if i := mustPick(t, l, Selection{}, customer{1, entrants, nil}); i != 0 {
		t.Errorf("the turn goes to A, who is owed most, not to %d", i)
	}
}

func TestPreferenceDecidesEqualDeadlinesOfAnySize(t *testing.T) {
	for _, size := range []int64{1, MaxSize} {
		l := lettered(3)
		c := customer{size, weighted("ABC", []int64{1, 1, 2}), []int32{1, 0, 5}}
		if first, second := mustPick(t, l, Selection{}, c), mustPick(t, l, Selection{}, c); first != 2 || second != 1 {
			t.Errorf("C is due first and then A and B alike, of whom B is preferred: %d, %d (size %d)", first, second, size)
		}
	}
}

// The figures of the worst cases known, so that the bounds are seen to be tight
// and not merely not broken.
func TestExactWorstCases(t *testing.T) {
	l := lettered(4)
	got := play(t, l, Selection{Rule: Largest}, letters("ABCD"), letters("BCD"), letters("CD"))
	if got != "ABC" {
		t.Fatalf("ties go to the lowest ID: %s", got)
	}
	h4 := new(big.Rat).Sub(harmonic(4), big.NewRat(1, 1))
	if l.Credit(3).Rat().Cmp(h4) != 0 {
		t.Errorf("the rep who always loses the tie is owed H_4-1, not %s", l.Credit(3).Rat())
	}
}

package rotation

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// fraction is the ledger in exact fractions of a size unit, for Largest and
// Deadline: the definition, without rounding and without any trick.
type fraction struct{ credit []*big.Rat }

func newFraction(n int) *fraction {
	f := &fraction{}
	for range n {
		f.credit = append(f.credit, new(big.Rat))
	}
	return f
}

func (f *fraction) accrue(c customer) (shares []*big.Rat) {
	total := totalWeight(c.entrants)
	for _, e := range c.entrants {
		s := new(big.Rat).Mul(big.NewRat(c.size, 1), big.NewRat(e.Weight, total))
		shares = append(shares, s)
		x := f.credit[e.Account]
		x.Add(x, s)
	}
	return shares
}

func (f *fraction) charge(c customer, winner int) {
	x := f.credit[c.entrants[winner].Account]
	x.Sub(x, big.NewRat(c.size, 1))
}

func (f *fraction) largest(c customer) int {
	best := 0
	for i, e := range c.entrants {
		if f.credit[e.Account].Cmp(f.credit[c.entrants[best].Account]) > 0 {
			best = i
		}
	}
	return best
}

func (f *fraction) pick(rule Rule, c customer) int {
	shares := f.accrue(c)
	winner := f.largest(c)
	size := big.NewRat(c.size, 1)
	if rule == Deadline && f.credit[c.entrants[winner].Account].Cmp(size) < 0 {
		k := big.NewRat(int64(max(2, 2*len(f.credit)-2)), 1)
		release := new(big.Rat).Quo(size, k)
		full := new(big.Rat).Sub(size, release)
		var least *big.Rat
		for i, e := range c.entrants {
			x := f.credit[e.Account]
			if x.Cmp(release) < 0 || shares[i].Sign() == 0 {
				continue
			}
			due := new(big.Rat).Sub(full, x)
			if due.Quo(due, shares[i]); least == nil || due.Cmp(least) < 0 {
				least, winner = due, i
			}
		}
	}
	f.charge(c, winner)
	return winner
}

// Ties are exact in integers where no share is rounded, that is where the total
// weight divides Unit: weights 1..5 of up to four reps (totals to 20) and any
// number of equal weights (up to 22). There the picks are those of the fractions,
// with no exception for ties.
func TestProperty18_PicksAreThoseOfExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := worldOptions{equal: true}
		if rapid.Bool().Draw(t, "weights") {
			o = worldOptions{minReps: 2, maxReps: 4, maxWeight: 5}
		}
		w := drawWorld(t, o)
		both(func(rule Rule) {
			l, f := w.ledger(), newFraction(w.n)
			for _, c := range w.customers {
				if got, want := mustPick(t, l, Selection{Rule: rule}, c), f.pick(rule, c); got != want {
					t.Fatalf("%s picks what exact fractions pick: %d, not %d, for %s", rule, want, got, describe(c))
				}
			}
			for i, x := range f.credit {
				if l.credits[i].Rat().Cmp(x) != 0 {
					t.Fatalf("and the credits are exact: %s, not %s", x, l.credits[i].Rat())
				}
			}
		})
	})
}

func TestProperty18_CreditsStayNearExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{maxWeight: MaxWeight, ranked: true})
		sel, l, f := drawSelection(t), w.ledger(), newFraction(w.n)
		for k, c := range w.customers {
			f.accrue(c)
			f.charge(c, mustPick(t, l, sel, c))
			for i, x := range f.credit {
				exact := new(big.Rat).Mul(x, big.NewRat(Unit, 1))
				diff := exact.Sub(exact, new(big.Rat).SetInt(l.credits[i].Units()))
				if diff.Abs(diff).Cmp(big.NewRat(int64((k+1)*w.n), 2)) >= 0 {
					t.Fatalf("after %d customers a credit of %d reps is within t·n/2 units of the exact fraction: off by %s", k+1, w.n, diff)
				}
			}
		}
	})
}

// Sizes of millions leave the fast paths of 64 bits. Where no share is rounded,
// sizes times a factor give the same picks and credits times the factor.
func TestWideArithmeticPicksAsNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{minReps: 2, maxReps: 4, maxWeight: 5, ranked: true})
		factor := rapid.SampledFrom([]int64{2, 100, 1000, 30_000, 100_000, 300_000, 990_000}).Draw(t, "factor")
		rule := Rule(rapid.IntRange(0, 1).Draw(t, "rule"))
		l, wide := w.ledger(), w.ledger()
		for _, c := range w.customers {
			large := customer{c.size * factor, c.entrants, c.rank}
			if a, b := mustPick(t, l, Selection{Rule: rule}, c), mustPick(t, wide, Selection{Rule: rule}, large); a != b {
				t.Fatalf("%s picks alike in 64 and in 128 bits: %d, %d for %s times %d", rule, a, b, describe(c), factor)
			}
		}
		for i := range l.credits {
			if l.credits[i].Units().Cmp(new(big.Int).Quo(wide.credits[i].Units(), big.NewInt(factor))) != 0 {
				t.Fatalf("and credits differ by the factor: %s, %s", l.credits[i], wide.credits[i])
			}
		}
	})
}

func TestStandingsAgreeWithPick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true})
		sel, l := drawSelection(t), w.ledger()
		for _, c := range w.customers {
			before := snapshotOf(t, l)
			standings, err := l.Standings(sel, c.size, c.entrants, c.rank)
			if err != nil {
				t.Fatalf("standings can be had wherever a pick can: %v", err)
			}
			if snapshotOf(t, l) != before {
				t.Fatalf("explaining a pick changes nothing")
			}
			i := mustPick(t, l, sel, c)
			seen := map[int]bool{}
			for j, s := range standings {
				seen[s.Place] = true
				if (s.Place == 1) != (i == j) {
					t.Fatalf("place 1 of %+v is the one who was picked, %d: %+v", sel, i, standings)
				}
				if s.Before.add(s.Share) != s.After {
					t.Fatalf("credit before and share add up: %+v", s)
				}
				if want := l.Credit(s.Account); i != j && s.After != want || !standings[i].Allowed {
					t.Fatalf("what is explained is what happened: %+v, credit %s", s, want)
				}
			}
			if len(seen) != len(standings) {
				t.Fatalf("places run from 1 to n without gaps or ties: %+v", standings)
			}
			passedOver(t, sel, c, standings, l.horizon())
		}
	})
}

// passedOver checks the places of Largest and Deadline against their definition:
// place p is whom the rule chooses among those of places p and later.
func passedOver(t *rapid.T, sel Selection, c customer, standings []Standing, k uint64) {
	if sel.Rule == Window {
		return
	}
	byPlace := make([]int, len(standings))
	for i, s := range standings {
		byPlace[s.Place-1] = i
	}
	var debit Credit
	for _, s := range standings {
		debit = debit.add(s.Share)
	}
	for p, i := range byPlace {
		for _, j := range byPlace[p+1:] {
			a, b := standings[i].After, standings[j].After
			overdue := !a.less(debit) || !b.less(debit)
			released := sel.Rule == Deadline && !overdue && !(a.mulSmall(k).less(debit) && b.mulSmall(k).less(debit))
			if !released && a.less(b) {
				t.Fatalf("%s puts the larger credit first: %+v before %+v", sel.Rule, standings[i], standings[j])
			}
			if released && a.Sign() < 0 {
				t.Fatalf("%s puts nobody who owes before somebody who is due: %+v before %+v", sel.Rule, standings[i], standings[j])
			}
		}
	}
}

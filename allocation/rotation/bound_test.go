package rotation

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// episode is a ledger under arbitrary use, with what the tests of property 29
// compare the ledger's own statements with.
type episode struct {
	l       *Ledger
	reached Credit
	given   []customer
	winners []int
}

var boundSelections = []Selection{{Rule: Largest}, {}, {Rule: Window, Tau: 1000}, {Rule: Window, Tau: 2500, Sigma: 1000}}

func (e *episode) open() (accounts []Account) {
	for i, a := range e.l.accounts {
		if a.open {
			accounts = append(accounts, Account(i))
		}
	}
	return accounts
}

func (e *episode) entrants(t *rapid.T, not Account) (all []Entrant) {
	for _, a := range e.open() {
		if a != not && even(0, 3).Draw(t, "entrant") > 0 {
			all = append(all, Entrant{a, even(1, 9).Draw(t, "weight")})
		}
	}
	return all
}

func (e *episode) customer(t *rapid.T) customer {
	c := customer{size: rapid.SampledFrom([]int64{1, 1, 1, 2, 5}).Draw(t, "size"), entrants: e.entrants(t, -1)}
	if len(c.entrants) == 0 {
		c.entrants = []Entrant{{e.open()[0], 1}}
	}
	c.rank = make([]int32, len(c.entrants))
	for i := range c.rank {
		c.rank[i] = rapid.Int32Range(0, 3).Draw(t, "rank")
	}
	return c
}

func (e *episode) record(c customer, winner int) {
	e.given, e.winners = append(e.given, c), append(e.winners, winner)
}

// check is what must hold after anything at all.
func (e *episode) check(t *rapid.T) {
	if sum := creditSum(e.l); sum != (Credit{}) {
		t.Fatalf("credits sum to zero whatever happens, not to %s units", sum.Units())
	}
	e.reached = larger(e.reached, maxAbs(e.l))
	for _, sel := range boundSelections {
		b := e.l.Bound(sel)
		if b.Reached != e.reached {
			t.Fatalf("Reached is the largest credit there has been: %s, not %s", e.reached, b.Reached)
		}
		if b.Total.less(b.Reached) {
			t.Fatalf("Reached never exceeds the stated bound, in the past either: %s under %+v", b, sel)
		}
		if b.Total.less(b.FromNow) || b.FromNow.less(maxAbs(e.l)) {
			t.Fatalf("the bound from now covers today's credits and is part of the whole: %s, %s, today %s", b.FromNow, b.Total, maxAbs(e.l))
		}
		if floorMul(b.B, b.V).add(b.C) != b.Total || b.C.Sign() < 0 {
			t.Fatalf("Total is ⌊B·V⌋ + C: %s·%s + %s, not %s", b.B, b.V, b.C, b.Total)
		}
	}
}

func TestProperty29_StatedBoundsHoldUnderAnyUse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &episode{l: lettered(int(even(2, 6).Draw(t, "reps")))}
		l := e.l
		actions := map[string]func(*rapid.T){
			"pick": func(t *rapid.T) {
				c, sel := e.customer(t), boundSelections[rapid.IntRange(0, 3).Draw(t, "selection")]
				e.record(c, mustPick(t, l, sel, c))
			},
			"forced outcome": func(t *rapid.T) {
				c := e.customer(t)
				winner := rapid.IntRange(0, len(c.entrants)-1).Draw(t, "winner")
				if err := l.Apply(c.size, c.entrants, winner); err != nil {
					t.Fatalf("any outcome can be folded: %v", err)
				}
				e.record(c, winner)
			},
			"void": func(t *rapid.T) {
				if len(e.given) == 0 {
					return
				}
				k := rapid.IntRange(0, len(e.given)-1).Draw(t, "which")
				if err := l.Void(e.given[k].size, e.given[k].entrants, e.winners[k]); err != nil {
					t.Fatalf("any recorded outcome can be voided, also with accounts closed since: %v", err)
				}
				e.given, e.winners = slices.Delete(e.given, k, k+1), slices.Delete(e.winners, k, k+1)
			},
			"grant": func(t *rapid.T) {
				a := rapid.SampledFrom(e.open()).Draw(t, "to")
				if others := e.entrants(t, a); len(others) > 0 {
					if err := l.Grant(a, mixed(-3000, 3000).Draw(t, "amount"), others); err != nil {
						t.Fatalf("a grant from others with weight is made: %v", err)
					}
				}
			},
			"calibrate": func(t *rapid.T) {
				a := rapid.SampledFrom(e.open()).Draw(t, "who")
				if others := e.entrants(t, a); len(others) > 0 {
					if err := l.Calibrate(a, others); err != nil {
						t.Fatalf("a calibration among others with weight is made: %v", err)
					}
				}
			},
			"close": func(t *rapid.T) {
				a := rapid.SampledFrom(e.open()).Draw(t, "who")
				if heirs := e.entrants(t, a); len(heirs) > 0 && l.Len() > 2 {
					if err := l.Close(a, heirs); err != nil {
						t.Fatalf("an account with heirs can be closed: %v", err)
					}
				}
			},
			"open": func(t *rapid.T) {
				if l.Len() < 7 {
					l.Open(string(rune('A' + len(l.accounts))))
				}
			},
			"opening": func(t *rapid.T) {
				var balances []Opening
				for _, a := range e.open() {
					balances = append(balances, Opening{a, mixed(-2000, 2000).Draw(t, "balance")})
				}
				if err := l.SetOpening(balances[rapid.IntRange(0, len(balances)-1).Draw(t, "named"):]); err != nil {
					t.Fatalf("balances within limits are set: %v", err)
				}
			},
			"largest": func(t *rapid.T) {
				if err := l.SetLargest(rapid.Int64Range(1, 6).Draw(t, "promise")); err != nil {
					t.Fatal(err)
				}
			},
			"": e.check,
		}
		t.Repeat(actions)
	})
}

// From any state, also an arbitrary one, what FromNow says holds for every future
// under that selection, and c does not rise.
func TestProperty29_TheFutureStaysWithinFromNow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{ranked: true, maxWeight: 9})
		l := w.ledger()
		balances := make([]Opening, w.n)
		for i := range balances {
			balances[i] = Opening{Account(i), mixed(-4000, 4000).Draw(t, "balance")}
		}
		if rapid.Bool().Draw(t, "arbitrary state") {
			if err := l.SetOpening(balances); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.SetLargest(w.maxSize + 1); err != nil { // more than rounding can add
			t.Fatal(err)
		}
		half := len(w.customers) / 2
		for _, c := range w.customers[:half] {
			mustPick(t, l, drawSelection(t), c)
		}
		sel := boundSelections[rapid.IntRange(0, 3).Draw(t, "selection")]
		stated := l.Bound(sel)
		for _, c := range w.customers[half:] {
			mustPick(t, l, sel, c)
			if stated.FromNow.less(maxAbs(l)) {
				t.Fatalf("no credit leaves ±FromNow while the selection and V stay: %s beyond %s (%s)", maxAbs(l), stated.FromNow, stated)
			}
			if now := l.Bound(sel); stated.CNow.less(now.CNow) {
				t.Fatalf("c does not rise by picking: %s to %s", stated.CNow, now.CNow)
			}
		}
	})
}

func TestBoundNamesTheTightestTheorem(t *testing.T) {
	abc, ab := letters("ABC"), letters("AB")
	for _, c := range []struct {
		name    string
		use     func(l *Ledger)
		sel     Selection
		theorem Theorem
		total   *big.Rat
	}{
		{"nothing yet", func(*Ledger) {}, Selection{}, Chairman, big.NewRat(3, 4)},
		{"everybody, fixed", func(l *Ledger) { l.Pick(Selection{}, 1, abc, nil) }, Selection{}, Chairman, big.NewRat(3, 4)},
		{"size 7", func(l *Ledger) { l.Pick(Selection{}, 7, abc, nil) }, Selection{}, Chairman, big.NewRat(21, 4)},
		{"weights change", func(l *Ledger) {
			l.Pick(Selection{}, 1, abc, nil)
			l.Pick(Selection{}, 1, weighted("ABC", []int64{1, 2, 3}), nil)
		}, Selection{}, EverybodyWindow, big.NewRat(1, 1)},
		{"sizes change", func(l *Ledger) { l.Pick(Selection{}, 1, abc, nil); l.Pick(Selection{}, 2, abc, nil) }, Selection{}, EverybodyWindow, big.NewRat(2, 1)},
		{"largest", func(l *Ledger) { l.Pick(Selection{Rule: Largest}, 1, abc, nil) }, Selection{Rule: Largest}, EverybodyLargest, big.NewRat(5, 6)},
		{"somebody absent", func(l *Ledger) { l.Pick(Selection{}, 1, ab, nil) }, Selection{}, FromZero, big.NewRat(1, 1)},
		{"window of one", func(l *Ledger) { l.Pick(Selection{Rule: Window, Tau: 1000}, 1, ab, nil) }, Selection{Rule: Window, Tau: 1000}, FromZero, big.NewRat(1, 1)},
		{"window of two and a half", func(l *Ledger) { l.Pick(Selection{Rule: Window, Tau: 2500}, 1, ab, nil) }, Selection{Rule: Window, Tau: 2500}, FromZero, big.NewRat(5, 2)},
		{"window of two and a half, everybody", func(l *Ledger) { l.Pick(Selection{Rule: Window, Tau: 2500}, 1, abc, nil) }, Selection{Rule: Window, Tau: 2500}, FromZero, big.NewRat(5, 2)},
		{"somebody new", func(l *Ledger) { l.Pick(Selection{}, 1, abc, nil); l.Open("D") }, Selection{}, FromZero, big.NewRat(2, 1)},
		{"grant", func(l *Ledger) { l.Grant(0, 2000, letters("BC")) }, Selection{}, FromState, big.NewRat(2, 1)},
		{"promise", func(l *Ledger) { l.SetLargest(10); l.Pick(Selection{}, 1, ab, nil) }, Selection{}, FromZero, big.NewRat(10, 1)},
	} {
		l := lettered(3)
		c.use(l)
		if b := l.Bound(c.sel); b.Theorem != c.theorem || b.Total.Rat().Cmp(c.total) != 0 {
			t.Errorf("%s: %q with a total of %s, not %s", c.name, c.theorem, c.total, b)
		}
	}
}

// After one exceptional customer a lower V may be promised. The bound from now on
// is small again, and the statement about the past still covers what was reached.
func TestALowerPromiseKeepsThePast(t *testing.T) {
	l := lettered(2)
	for range 2 {
		mustPick(t, l, Selection{}, customer{100, letters("AB"), nil})
	}
	if err := l.SetLargest(1); err != nil {
		t.Fatal(err)
	}
	b := l.Bound(Selection{})
	if b.Reached != sizeCredit(50) || b.Total.less(b.Reached) || b.V != sizeCredit(1) {
		t.Errorf("50 were reached and are covered: %s", b)
	}
	if b.FromNow != sizeCredit(1) {
		t.Errorf("with sizes of 1 nobody will be more than 1 from his share, not %s", b.FromNow)
	}
}

func TestHarmonicIsExact(t *testing.T) {
	sum := new(big.Rat)
	for n := 1; n <= 60; n++ {
		if sum.Add(sum, big.NewRat(1, int64(n))); harmonic(n).Cmp(sum) != 0 {
			t.Fatalf("H_%d is %s, not %s", n, sum, harmonic(n))
		}
	}
}

package rotation

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// drawContest draws a ledger with a history, and a turn among some of its
// accounts.
func drawContest(t *rapid.T) (l *Ledger, sel Selection, size int64, entrants []Entrant, rank []int32) {
	l = New()
	n := rapid.IntRange(2, 6).Draw(t, "accounts")
	for i := range n {
		l.Open(fmt.Sprint("rep", i))
	}
	equal := rapid.Bool().Draw(t, "equal weights")
	sel = Selection{Rule: Rule(rapid.IntRange(0, 2).Draw(t, "rule"))}
	if sel.Rule == Window {
		sel.Tau = rapid.Int64Range(0, 2000).Draw(t, "tau")
	}
	draw := func() {
		entrants, rank = nil, nil
		ranked := rapid.Bool().Draw(t, "ranked")
		for a := range n {
			if rapid.IntRange(0, 3).Draw(t, "absent") == 3 && (a < n-1 || len(entrants) > 0) {
				continue
			}
			weight := int64(1)
			if !equal {
				weight = rapid.Int64Range(1, 9).Draw(t, "weight")
			}
			entrants = append(entrants, Entrant{Account(a), weight})
			if ranked {
				rank = append(rank, rapid.Int32Range(0, 2).Draw(t, "rank"))
			}
		}
		size = rapid.Int64Range(1, 5).Draw(t, "size")
	}
	for range rapid.IntRange(0, 20).Draw(t, "turns") {
		draw()
		if _, err := l.Pick(sel, size, entrants, rank); err != nil {
			t.Fatal(err)
		}
	}
	draw()
	return l, sel, size, entrants, rank
}

// TestContestIsThePick: looked at, a turn goes to whom Pick gives it, and
// looking changes nothing.
func TestContestIsThePick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, sel, size, entrants, rank := drawContest(t)
		c, err := l.Contest(sel, size, entrants, rank, l.Len())
		if err != nil {
			t.Fatal(err)
		}
		want, err := l.Clone().Pick(sel, size, entrants, rank)
		if err != nil {
			t.Fatal(err)
		}
		for i := range entrants {
			if c.Leads(i) != (i == want) {
				t.Fatalf("whom Pick returns leads, and nobody else: Pick gives %d, of %d it says %v", want, i, c.Leads(i))
			}
		}
	})
}

// TestLeastGrant: a grant of the least amount, really made, brings the turn, and
// one of a thousandth less does not.
func TestLeastGrant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, sel, size, entrants, rank := drawContest(t)
		if len(entrants) < 2 {
			return
		}
		i := rapid.IntRange(0, len(entrants)-1).Draw(t, "who")
		var payers []Entrant
		for a := range Account(l.Len()) {
			if a != entrants[i].Account && rapid.IntRange(0, 4).Draw(t, "does not pay") != 4 {
				payers = append(payers, Entrant{a, 1})
			}
		}
		if len(payers) == 0 {
			return
		}
		pays := make([]bool, len(entrants))
		for n, e := range entrants {
			for _, p := range payers {
				pays[n] = pays[n] || p.Account == e.Account
			}
		}
		c, err := l.Contest(sel, size, entrants, rank, l.Len())
		if err != nil {
			t.Fatal(err)
		}
		least, ok := c.LeastGrant(i, pays, len(payers))
		if !ok {
			t.Fatalf("enough credit always brings the turn")
		}
		picks := func(amount int64) bool {
			granted := l.Clone()
			if amount > 0 {
				if err := granted.Grant(entrants[i].Account, amount, payers); err != nil {
					t.Fatal(err)
				}
			}
			at, err := granted.Pick(sel, size, entrants, rank)
			if err != nil {
				t.Fatal(err)
			}
			return at == i
		}
		if !picks(least) {
			t.Fatalf("a grant of %d thousandths brings entrant %d the turn, but Pick does not return him", least, i)
		}
		if least > 0 && picks(least-1) {
			t.Fatalf("a grant of %d thousandths is the least that brings entrant %d the turn, but one less does, too", least, i)
		}
		if again, _ := c.LeastGrant(i, pays, len(payers)); again != least {
			t.Fatalf("asking changes nothing: first %d, then %d", least, again)
		}
	})
}

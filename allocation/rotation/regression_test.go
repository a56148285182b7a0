package rotation

import (
	"math/big"
	"testing"
)

// Sequences known from elsewhere or worked out by hand, exact to the unit.

func TestSequence01_NginxPublishedOrder(t *testing.T) {
	for rule, want := range map[Rule]string{Largest: "AABACAA", Deadline: "AABAACA"} {
		l := lettered(3)
		if got := play(t, l, Selection{Rule: rule}, repeat(7, weighted("ABC", []int64{5, 1, 1}))...); got != want {
			t.Errorf("%s with weights 5,1,1 goes %s, not %s", rule, want, got)
		}
		wantCredits(t, l, "0", "0", "0")
	}
}

func TestSequence02_FourWeights(t *testing.T) {
	for rule, want := range map[Rule]string{Largest: "ABCABDACBA", Deadline: "ABCABADCBA"} {
		l := lettered(4)
		if got := play(t, l, Selection{Rule: rule}, repeat(10, weighted("ABCD", []int64{4, 3, 2, 1}))...); got != want {
			t.Errorf("%s with weights 4,3,2,1 goes %s, not %s", rule, want, got)
		}
		wantCredits(t, l, "0", "0", "0", "0")
	}
}

func TestSequence03_AloneEverySecondTime(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(3)
		if got := play(t, l, Selection{Rule: rule}, repeat(4, letters("A"), letters("ABC"))...); got != "AAABACAA" {
			t.Errorf("%s: customers that A alone can take do not count against him: AAABACAA, not %s", rule, got)
		}
		wantCredits(t, l, "-2/3", "1/3", "1/3")
	})
}

func TestSequence04_NoFloodAfterAbsence(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(3)
		sets := append(repeat(6, letters("BC")), repeat(6, letters("ABC"))...)
		if got := play(t, l, Selection{Rule: rule}, sets...); got != "BCBCBCABCABC" {
			t.Errorf("%s: whoever comes back takes his turn and no more: BCBCBCABCABC, not %s", rule, got)
		}
		wantCredits(t, l, "0", "0", "0")
	})
}

// TestTiesIgnoreTheOrderOfTheList: whoever comes first in a list of entrants gains
// nothing by it.
func TestTiesIgnoreTheOrderOfTheList(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(3)
		if got := play(t, l, Selection{Rule: rule}, repeat(6, letters("CBA"))...); got != "ABCABC" {
			t.Errorf("%s: ties go by lowest ID: ABCABC, not %s", rule, got)
		}
	})
}

func TestSequence05_WeightsChange(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(2)
		sets := append(repeat(4, letters("AB")), repeat(4, weighted("AB", []int64{3, 1}))...)
		if got := play(t, l, Selection{Rule: rule}, sets...); got != "ABABAABA" {
			t.Errorf("%s: new weights hold from now on, not backwards: ABABAABA, not %s", rule, got)
		}
		wantCredits(t, l, "0", "0")
	})
}

func TestSequence06_OverlappingSets(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(3)
		if got := play(t, l, Selection{Rule: rule}, repeat(2, letters("AB"), letters("BC"), letters("ABC"))...); got != "ABCBBA" {
			t.Errorf("%s: ABCBBA, not %s", rule, got)
		}
		wantCredits(t, l, "-1/3", "-1/3", "2/3")
	})
}

func TestSequence07_Sizes(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(3)
		var got []byte
		for _, size := range []int64{100, 10, 10, 10, 70, 20} {
			got = append(got, 'A'+byte(mustPick(t, l, Selection{Rule: rule}, customer{size, letters("ABC"), nil})))
		}
		if string(got) != "ABCBCB" {
			t.Errorf("%s: sizes 100,10,10,10,70,20 go ABCBCB, not %s", rule, got)
		}
		wantCredits(t, l, "-80/3", "100/3", "-20/3")
	})
}

// Weights 12,163,1,163: here a rule that looks only at who is owed most lets
// somebody fall more than a whole turn behind. 339 turns is one round, and the
// total weight does not divide Unit: the figures are those of the exact fractions,
// to the unit.
func TestSequence08_WhereLargestBreaksQuota(t *testing.T) {
	all := weighted("ABCD", []int64{12, 163, 1, 163})
	under := func(rule Rule) (under, over Credit) {
		l := lettered(4)
		for range 339 {
			mustPick(t, l, Selection{Rule: rule}, customer{1, all, nil})
			for _, c := range l.credits {
				under, over = larger(under, c), larger(over, c.neg())
			}
		}
		return under, over
	}
	near := func(what string, got Credit, want *big.Rat) {
		t.Helper()
		exact := new(big.Rat).Mul(want, big.NewRat(Unit, 1))
		diff := new(big.Rat).Sub(new(big.Rat).SetInt(got.Units()), exact)
		if diff.Abs(diff).Cmp(big.NewRat(339*4, 2)) >= 0 {
			t.Errorf("%s is %s, not %s", what, want, got)
		}
	}
	u, _ := under(Largest)
	near("most behind under Largest", u, big.NewRat(118, 113))
	u, o := under(Deadline)
	near("most behind under Deadline", u, big.NewRat(92, 113))
	near("most ahead under Deadline", o, big.NewRat(281, 339))
	if k := sizeCredit(1); !atMost(o, 6, k, 5) {
		t.Errorf("Deadline stays within 1-1/6 ahead, not %s", o)
	}
}

func TestSequence09_DeadlineBoundIsReached(t *testing.T) {
	l := lettered(3)
	var over Credit
	all := weighted("ABC", []int64{54, 1, 1})
	for range 56 {
		mustPick(t, l, Selection{}, customer{1, all, nil})
		for _, c := range l.credits {
			over = larger(over, c.neg())
		}
	}
	if over.Rat().Cmp(big.NewRat(3, 4)) != 0 {
		t.Errorf("weights 54,1,1 reach exactly 3/4 = 1-1/(2·3-2), not %s", over.Rat())
	}
	if b := l.Bound(Selection{}); b.Reached.Rat().Cmp(big.NewRat(3, 4)) != 0 || b.Total != b.Reached || b.Theorem != Chairman {
		t.Errorf("the bound says 3/4 by Tijdeman and that it was reached: %s", b)
	}
}

func TestSequence10_AdversarialTies(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(4)
		if got := play(t, l, Selection{Rule: rule}, letters("ABCD"), letters("BCD"), letters("CD")); got != "ABC" {
			t.Errorf("%s: ABC, not %s", rule, got)
		}
		wantCredits(t, l, "-3/4", "-5/12", "1/12", "13/12")
	})
}

func TestSequence11_VoidedCustomersAreRepaid(t *testing.T) {
	both(func(rule Rule) {
		l := lettered(2)
		ab := letters("AB")
		if got := play(t, l, Selection{Rule: rule}, repeat(4, ab)...); got != "ABAB" {
			t.Fatalf("%s: ABAB, not %s", rule, got)
		}
		for range 2 {
			if err := l.Void(1, ab, 0); err != nil {
				t.Fatal(err)
			}
		}
		wantCredits(t, l, "1", "-1")
		if got := play(t, l, Selection{Rule: rule}, repeat(4, ab)...); got != "AAAB" {
			t.Errorf("%s: what was voided is repaid at once: AAAB, not %s", rule, got)
		}
		wantCredits(t, l, "0", "0")
	})
}

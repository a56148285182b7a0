package rotation

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawSettled is a ledger with some history.
func drawSettled(t *rapid.T) (*Ledger, world) {
	w := drawWorld(t, worldOptions{minReps: 3, maxReps: 8})
	l := w.ledger()
	for _, c := range w.customers {
		mustPick(t, l, Selection{}, c)
	}
	return l, w
}

func drawOthers(t *rapid.T, n int, not Account) (others []Entrant) {
	for i := range n {
		if Account(i) != not {
			others = append(others, Entrant{Account(i), rapid.Int64Range(1, 50).Draw(t, "weight")})
		}
	}
	return others[:rapid.IntRange(1, len(others)).Draw(t, "others")]
}

func near(c Credit, want *big.Rat, units int64) bool {
	diff := new(big.Rat).Sub(c.Rat(), want)
	return diff.Abs(diff).Cmp(big.NewRat(units, Unit)) <= 0
}

func TestGrantIsTakenProRataAndUndoneExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, w := drawSettled(t)
		a := Account(rapid.IntRange(0, w.n-1).Draw(t, "to"))
		others, amount := drawOthers(t, w.n, a), rapid.Int64Range(-5000, 5000).Draw(t, "amount")
		before, ideal := slices.Clone(l.credits), l.Ideal(a)
		if err := l.Grant(a, amount, others); err != nil {
			t.Fatalf("a grant from others with weight is made: %v", err)
		}
		if !near(l.credits[a].sub(before[a]), big.NewRat(amount, 1000), int64(w.n)) {
			t.Fatalf("the account gets the amount but for rounding: %d, %s", amount, l.credits[a].sub(before[a]))
		}
		for _, e := range others {
			part := new(big.Rat).Mul(big.NewRat(-amount, 1000), big.NewRat(e.Weight, totalWeight(others)))
			if !near(l.credits[e.Account].sub(before[e.Account]), part, 1) {
				t.Fatalf("each of the others pays by his weight: %s, not %s", part, l.credits[e.Account].sub(before[e.Account]))
			}
		}
		if creditSum(l) != (Credit{}) || l.Ideal(a) != ideal {
			t.Fatalf("a grant keeps the sum at zero and moves no ideal")
		}
		if err := l.Grant(a, -amount, others); err != nil || !slices.Equal(before, l.credits) {
			t.Fatalf("the opposite grant takes it back exactly: %v", err)
		}
	})
}

func TestCalibrateSetsTheMeanAndIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, w := drawSettled(t)
		a := Account(rapid.IntRange(0, w.n-1).Draw(t, "who"))
		others := drawOthers(t, w.n, a)
		sum := l.credits[a].Rat()
		for _, e := range others {
			sum.Add(sum, l.credits[e.Account].Rat())
		}
		mean := sum.Quo(sum, big.NewRat(int64(len(others)+1), 1))
		if rapid.Bool().Draw(t, "named himself") {
			others = append(others, Entrant{a, 1})
		}
		for range 2 {
			if err := l.Calibrate(a, others); err != nil {
				t.Fatalf("a calibration among others with weight is made: %v", err)
			}
			if creditSum(l) != (Credit{}) || !near(l.credits[a], mean, int64(w.n)) {
				t.Fatalf("the account comes to the mean of those it returns to, once or twice: %s, not %s", mean.FloatString(9), l.credits[a])
			}
		}
	})
}

func TestCloseSettlesToTheLastUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, w := drawSettled(t)
		a := Account(rapid.IntRange(0, w.n-1).Draw(t, "who"))
		heirs, before := drawOthers(t, w.n, a), slices.Clone(l.credits)
		if err := l.Close(a, heirs); err != nil {
			t.Fatalf("an account with heirs can be closed: %v", err)
		}
		if creditSum(l) != (Credit{}) || l.Credit(a) != (Credit{}) || l.Len() != w.n-1 {
			t.Fatalf("what was owed is settled to the last unit and n shrinks: sum %s, n %d", creditSum(l), l.Len())
		}
		for _, e := range heirs {
			part := new(big.Rat).Mul(before[a].Rat(), big.NewRat(e.Weight, totalWeight(heirs)))
			if !near(l.credits[e.Account].sub(before[e.Account]), part, 2) {
				t.Fatalf("heirs get their parts by weight: %s, not %s", part, l.credits[e.Account].sub(before[e.Account]))
			}
		}
		if _, err := l.Pick(Selection{}, 1, []Entrant{{a, 1}}, nil); !errors.Is(err, ErrAccount) {
			t.Fatalf("a closed account gets nothing: %v", err)
		}
		if again := l.Open(l.ID(a)); again == a || l.Credit(again) != (Credit{}) {
			t.Fatalf("the same ID opens anew at 0 and as another account: %d, %s", again, l.Credit(again))
		}
	})
}

// What does not divide goes to the lowest IDs or comes from the highest, so that
// ties among equal heirs stay in the order of IDs.
func TestUnitsThatDoNotDivide(t *testing.T) {
	for _, c := range []struct {
		credit int64
		heirs  string
		want   []int64
	}{
		{1, "BC", []int64{0, 1, 0}},
		{4, "BCD", []int64{0, 2, 1, 1}},
		{5, "DCB", []int64{0, 2, 2, 1}},
		{-1, "BC", []int64{0, 0, -1}},
		{-4, "BCD", []int64{0, -1, -1, -2}},
	} {
		l := lettered(len(c.heirs) + 2)
		last := len(c.heirs) + 1 // carries the other side
		l.credits[0], l.credits[last] = creditOf(c.credit), creditOf(-c.credit)
		if err := l.Close(0, letters(c.heirs)); err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if l.credits[i] != creditOf(want) {
				t.Errorf("%d units to %s leave %s with %d, not %s", c.credit, c.heirs, l.ID(Account(i)), want, l.credits[i].Units())
			}
		}
	}
}

// An outcome may be voided after some who took part were closed. Those who are
// still open settle it, and sums and totals stay right.
func TestVoidAfterClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{minReps: 3, maxReps: 6})
		l, winners := w.ledger(), make([]int, len(w.customers))
		for k, c := range w.customers {
			winners[k] = mustPick(t, l, Selection{}, c)
		}
		for a := range rapid.IntRange(1, w.n-1).Draw(t, "closed") {
			last := Account(w.n - 1)
			if err := l.Close(Account(a), []Entrant{{last, 1}}); err != nil {
				t.Fatal(err)
			}
		}
		ideal := make([]Credit, w.n)
		for i := range ideal {
			ideal[i] = l.Ideal(Account(i))
		}
		k := rapid.IntRange(0, len(winners)-1).Draw(t, "voided")
		c := w.customers[k]
		if err := l.Void(c.size, c.entrants, winners[k]); err != nil {
			t.Fatalf("any recorded outcome can be voided: %v", err)
		}
		if creditSum(l) != (Credit{}) {
			t.Fatalf("credits of the open accounts sum to zero: %s", creditSum(l).Units())
		}
		for i, a := range l.accounts {
			if !a.open && l.credits[i] != (Credit{}) {
				t.Fatalf("a closed account stays at 0")
			}
		}
		for i, e := range c.entrants {
			turn := turn{entrants: c.entrants, size: c.size}
			if err := l.inspect(&turn, true); err != nil {
				t.Fatal(err)
			}
			if err := l.share(&turn); err != nil {
				t.Fatal(err)
			}
			slack := turn.debit.sub(sizeCredit(c.size)).abs() // the winner's charge is not exactly his customer's size
			moved := ideal[e.Account].sub(l.Ideal(e.Account)).sub(l.shareOf(&turn, i)).abs()
			if slack.less(moved) {
				t.Fatalf("what rep %d was entitled to goes down by his share of the voided customer: off by %s units", i, moved.Units())
			}
		}
	})
}

func TestOpeningBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, w := drawSettled(t)
		named := make([]Opening, rapid.IntRange(1, w.n).Draw(t, "named"))
		before := slices.Clone(l.credits)
		for i := range named {
			named[i] = Opening{Account(i), rapid.Int64Range(-9000, 9000).Draw(t, "balance")}
		}
		if err := l.SetOpening(named); err != nil {
			t.Fatalf("balances within limits are set: %v", err)
		}
		if creditSum(l) != (Credit{}) || !slices.Equal(before[len(named):], l.credits[len(named):]) {
			t.Fatalf("the sum stays zero and accounts not named keep their credit")
		}
		for i := range named {
			asked := milliCredit(named[i].Balance).sub(milliCredit(named[0].Balance))
			if diff := l.credits[i].sub(l.credits[0]).sub(asked).abs(); creditOf(1).less(diff) {
				t.Fatalf("the differences between named accounts are what was asked for: off by %s units", diff.Units())
			}
		}
	})
	l := lettered(3)
	if err := l.SetOpening([]Opening{{0, 1500}, {1, -500}, {2, -1000}}); err != nil {
		t.Fatal(err)
	}
	wantCredits(t, l, "3/2", "-1/2", "-1")
	if err := l.SetOpening([]Opening{{0, 2000}, {1, -1000}}); err != nil { // sums to 0 with C's -1 to spare
		t.Fatal(err)
	}
	wantCredits(t, l, "2", "-1", "-1")
}

func TestRefusalsSayWhatToDoAndChangeNothing(t *testing.T) {
	l := lettered(3)
	abc := letters("ABC")
	if _, err := l.Pick(Selection{}, 1, abc, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(2, letters("AB")); err != nil {
		t.Fatal(err)
	}
	pick := func(sel Selection, size int64, entrants []Entrant, rank []int32) error {
		i, err := l.Pick(sel, size, entrants, rank)
		_, err2 := l.Standings(sel, size, entrants, rank)
		if i != -1 || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Errorf("a refused pick returns -1, and standings are refused alike: %d, %v, %v", i, err, err2)
		}
		return err
	}
	before := snapshotOf(t, l)
	ab := letters("AB")
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"size 0":            {pick(Selection{}, 0, ab, nil), ErrSize},
		"size too large":    {pick(Selection{}, MaxSize+1, ab, nil), ErrSize},
		"negative weight":   {pick(Selection{}, 1, []Entrant{{0, -1}}, nil), ErrWeight},
		"least weight":      {pick(Selection{}, 1, []Entrant{{0, -1 << 63}, {1, 5}}, nil), ErrWeight},
		"weight too large":  {pick(Selection{}, 1, []Entrant{{0, MaxWeight + 1}}, nil), ErrWeight},
		"nobody":            {pick(Selection{}, 1, nil, nil), ErrNobody},
		"no weight":         {pick(Selection{}, 1, []Entrant{{0, 0}, {1, 0}}, nil), ErrNobody},
		"unknown":           {pick(Selection{}, 1, []Entrant{{9, 1}}, nil), ErrAccount},
		"not an account":    {pick(Selection{}, 1, []Entrant{{-1, 1}}, nil), ErrAccount},
		"closed":            {pick(Selection{}, 1, abc, nil), ErrAccount},
		"twice":             {pick(Selection{}, 1, letters("ABA"), nil), ErrTwice},
		"ranks":             {pick(Selection{}, 1, ab, []int32{1}), ErrPlaces},
		"unknown rule":      {pick(Selection{Rule: 9}, 1, ab, nil), ErrSelection},
		"tau with largest":  {pick(Selection{Rule: Largest, Tau: 1}, 1, ab, nil), ErrSelection},
		"negative tau":      {pick(Selection{Rule: Window, Tau: -1}, 1, ab, nil), ErrSelection},
		"winner":            {l.Apply(1, ab, 2), ErrPlaces},
		"void of nothing":   {l.Void(1, ab, 1), ErrNotGiven},
		"void of more":      {l.Void(2, ab, 0), ErrNotGiven},
		"void by nobody":    {l.Void(1, nil, 0), ErrPlaces},
		"grant to oneself":  {l.Grant(0, 1, ab), ErrAccount},
		"grant too large":   {l.Grant(0, MaxMilli+1, letters("B")), ErrAmount},
		"grant to unknown":  {l.Grant(5, 1, letters("B")), ErrAccount},
		"grant from nobody": {l.Grant(0, 1, nil), ErrNobody},
		"calibrate alone":   {l.Calibrate(0, letters("A")), ErrNobody},
		"calibrate closed":  {l.Calibrate(2, ab), ErrAccount},
		"close twice":       {l.Close(2, nil), ErrAccount},
		"close, no heirs":   {l.Close(0, nil), ErrNobody},
		"opening twice":     {l.SetOpening([]Opening{{0, 1}, {0, 2}}), ErrTwice},
		"opening too large": {l.SetOpening([]Opening{{0, MaxMilli + 1}}), ErrAmount},
		"promise of 0":      {l.SetLargest(0), ErrSize},
	} {
		if !errors.Is(c.err, c.want) || !strings.HasPrefix(c.err.Error(), "rotation: ") {
			t.Errorf("%s is refused as %q, not %v", name, c.want, c.err)
		}
	}
	if after := snapshotOf(t, l); after != before {
		t.Errorf("a refusal changes nothing:\n%s\n%s", before, after)
	}
	if l.ID(9) != "" || l.Credit(-1) != (Credit{}) || l.Ideal(9) != (Credit{}) {
		t.Errorf("an account that was never opened has nothing")
	}
}

func TestNothingEverWraps(t *testing.T) {
	l := lettered(2)
	var err error
	grants := 0
	for ; err == nil && grants < 10_000_000; grants++ {
		err = l.Grant(0, MaxMilli, letters("B"))
		if grants == 3 { // jump ahead: as if it had gone on for long
			l.credits[0], l.credits[1] = maxCredit.sub(sizeCredit(3*MaxSize)), maxCredit.sub(sizeCredit(3*MaxSize)).neg()
		}
	}
	if !errors.Is(err, ErrFull) || maxCredit.less(maxAbs(l)) || creditSum(l) != (Credit{}) {
		t.Fatalf("a credit at the end of its range is refused and stays: %v, %s", err, maxAbs(l))
	}
	l.history.reached = maxCredit
	if _, err := l.Pick(Selection{}, MaxSize, letters("AB"), nil); !errors.Is(err, ErrFull) {
		t.Errorf("and so is a customer: %v", err)
	}
	if b := l.Bound(Selection{Rule: Window, Tau: MaxMilli, Sigma: MaxMilli}); b.Total.Sign() <= 0 {
		t.Errorf("the bound is still a bound: %s", b)
	}
}

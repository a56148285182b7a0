package solve_test

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

type limitedCase struct {
	p     *solve.Problem
	limit solve.Limit
}

// limited draws a problem, weights, and how far from the entitlement.
func limited() *rapid.Generator[limitedCase] {
	return rapid.Custom(func(t *rapid.T) limitedCase {
		p := tiny.problem().Draw(t, "problem")
		l := solve.Limit{Weight: weights(t, p.Reps()), Per: rapid.SampledFrom([]int64{0, 1, 2, 3, 1000}).Draw(t, "per")}
		if rapid.IntRange(0, 2).Draw(t, "a weight for each pair") == 0 {
			l.PairWeight = []int64{}
			for range p.Rep {
				l.PairWeight = append(l.PairWeight, rapid.Int64Range(0, 5).Draw(t, "weight"))
			}
		}
		l.Within = rapid.Int64Range(0, 3*max(1, l.Per)).Draw(t, "within")
		return limitedCase{p, l}
	})
}

// limitedPlainly sets the bounds in rational numbers. ok is false if some rep's
// do not allow any number.
func limitedPlainly(p *solve.Problem, l solve.Limit) (limited *solve.Problem, ok bool) {
	e := &solve.Entitlements{Start: p.Start, Rep: p.Rep, Weight: l.Weight, PairWeight: l.PairWeight, Units: p.Units}
	if e.Weight == nil {
		e.Weight = slices.Repeat([]int64{1}, p.Reps())
	}
	due := make([]*big.Rat, p.Reps())
	for r := range due {
		due[r] = new(big.Rat)
	}
	for i := range p.Customers() {
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			due[p.Rep[k]].Add(due[p.Rep[k]], share(e, i, k))
		}
	}
	away := big.NewRat(l.Within, max(1, l.Per))
	q := *p
	q.Min, q.Max, ok = make([]int64, p.Reps()), make([]int64, p.Reps()), true
	for r := range due {
		least := new(big.Rat).Sub(away, due[r]) // negated
		most := new(big.Rat).Add(due[r], away)
		q.Min[r] = max(minOf(p, r), -new(big.Int).Div(least.Num(), least.Denom()).Int64())
		q.Max[r] = min(p.Max[r], new(big.Int).Div(most.Num(), most.Denom()).Int64())
		ok = ok && q.Min[r] <= q.Max[r]
	}
	return &q, ok
}

// bestWithin is the largest total within a limit, by the plain reference.
func bestWithin(p *solve.Problem, l solve.Limit) (best int64, ok bool) {
	limited, ok := limitedPlainly(p, l)
	if !ok {
		return 0, false
	}
	return reference(limited)
}

func TestSolveEntitledEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := limited().Draw(t, "problem and limit")
		p, l := c.p, c.limit
		want, ok := bestWithin(p, l)
		e, err := solve.SolveEntitled(context.Background(), p, l, solve.Options{})
		if (err == nil) != ok {
			t.Fatalf("possible within the limit: %t, but %v", ok, err)
		}
		if err != nil {
			if !errors.Is(err, solve.ErrInfeasible) {
				t.Fatalf("an infeasible limit must be ErrInfeasible: %v", err)
			}
			return
		}
		plain, _ := limitedPlainly(p, l)
		if !slices.Equal(plain.Min, e.Limited.Min) || !slices.Equal(plain.Max, e.Limited.Max) {
			t.Fatalf("the bounds must be the entitlement ± the limit: %v to %v, not %v to %v", plain.Min, plain.Max, e.Limited.Min, e.Limited.Max)
		}
		free, _ := reference(p)
		if e.Solution.Total != want || e.Unlimited.Total != free || e.Lost != free-want {
			t.Fatalf("the best is %d within the limit and %d without, not %d and %d with %d lost", want, free, e.Solution.Total, e.Unlimited.Total, e.Lost)
		}
		if err := errors.Join(solve.Check(e.Limited, e.Solution), solve.Check(p, e.Unlimited)); err != nil {
			t.Fatalf("both totals must be proved: %v", err)
		}
	})
	bothSorts(t, limited(), func(c limitedCase) bool {
		_, ok := bestWithin(c.p, c.limit)
		return ok
	})
}

// TestCostBoundsAnotherUnit widens the limit of one rep by a unit: it brings at
// most what the limit is said to cost.
func TestCostBoundsAnotherUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := limited().Draw(t, "problem and limit")
		p := c.p
		e, err := solve.SolveEntitled(context.Background(), p, c.limit, solve.Options{})
		if err != nil {
			return
		}
		for r, cost := range e.Cost {
			wider := *e.Limited
			wider.Min, wider.Max = slices.Clone(wider.Min), slices.Clone(wider.Max)
			wider.Max[r] = min(wider.Max[r]+1, p.Max[r])
			wider.Min[r] = max(wider.Min[r]-1, minOf(p, r))
			best, _ := reference(&wider)
			if brought := best - e.Solution.Total; brought > max(cost, -cost) {
				t.Fatalf("a wider limit for rep %d brings %d, and is said to cost %d", r, brought, cost)
			}
		}
	})
}

func TestSmallestWithinEqualsTryingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := limited().Draw(t, "problem and limit")
		p, l := c.p, c.limit
		l.Per = min(l.Per, 3)
		l.Within = min(l.Within, l.Per)
		got, err := solve.SmallestWithin(context.Background(), p, l, solve.Options{})
		if _, ok := reference(p); !ok {
			if !errors.Is(err, solve.ErrInfeasible) {
				t.Fatalf("without an allocation there is no limit: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want := l
		for ; ; want.Within++ {
			if _, ok := bestWithin(p, want); ok {
				break
			}
		}
		if got != want.Within {
			t.Fatalf("the smallest limit with an allocation is %d/%d, not %d", want.Within, l.Per, got)
		}
	})
}

// TestInfeasibleLimitAdvises names who proves it and the smallest limit.
func TestInfeasibleLimitAdvises(t *testing.T) {
	p := &solve.Problem{Max: []int64{1, 9}, Unassigned: slices.Repeat([]int64{solve.Never}, 6)}
	for range 6 {
		p.Append([]int32{0, 1}, []int64{5, 3})
	}
	_, err := solve.SolveEntitled(context.Background(), p, solve.Limit{Within: 1}, solve.Options{})
	var e *solve.Error
	if !errors.Is(err, solve.ErrInfeasible) || !errors.As(err, &e) || !slices.Equal(e.Reps, []int{0}) {
		t.Fatalf("the rep without room must be named: %v", err)
	}
	if want := "allow within 2 of the entitlement"; !strings.HasPrefix(e.Maybe, want) {
		t.Fatalf("the error must advise to %s: %v", want, err)
	}
	if _, err := solve.SolveEntitled(context.Background(), p, solve.Limit{Within: 2}, solve.Options{}); err != nil {
		t.Fatalf("the advice must be good: %v", err)
	}
}

// TestSmallestWithinWeighsProofs has limits that no single rep forces: only the
// minimums of three together, or the maximums of two.
func TestSmallestWithinWeighsProofs(t *testing.T) {
	least := &solve.Problem{Min: []int64{0, 5, 5}, Max: []int64{12, 12, 12}}
	for range 12 {
		least.Append([]int32{0, 1, 2}, []int64{3, 2, 1})
	}
	// Two reps without room share ten customers each with the third, who is
	// entitled to half of all twenty.
	most := &solve.Problem{Max: []int64{0, 0, 20}, Unassigned: slices.Repeat([]int64{solve.Never}, 20)}
	for i := range int32(20) {
		most.Append([]int32{i % 2, 2}, []int64{1, 1})
	}
	for name, c := range map[string]struct {
		p     *solve.Problem
		limit solve.Limit
		want  int64
	}{
		// At 3 each of the last two may have 5; the first is then owed 5 of the 2 left.
		"minimums": {least, solve.Limit{Weight: []int64{8, 2, 2}}, 6},
		"maximums": {most, solve.Limit{}, 10},
		"halves":   {most, solve.Limit{Per: 2}, 20},
	} {
		got, err := solve.SmallestWithin(context.Background(), c.p, c.limit, solve.Options{})
		if err != nil || got != c.want {
			t.Errorf("%s: the smallest limit is %d, not %d, %v", name, c.want, got, err)
		}
	}
}

func TestSolveEntitledRefuses(t *testing.T) {
	p := generated("uniform", 10, 3, 2, 1, 1)
	for name, l := range map[string]solve.Limit{
		"a negative limit":   {Within: -1},
		"a negative part":    {Per: -1},
		"a part too small":   {Per: 1_000_001},
		"a weight missing":   {Weight: []int64{1, 1}},
		"a weight negative":  {Weight: []int64{1, 1, -1}},
		"weights of another": {PairWeight: []int64{1}},
	} {
		if _, err := solve.SolveEntitled(context.Background(), p, l, solve.Options{}); !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused: %v", name, err)
		}
		if _, err := solve.SmallestWithin(context.Background(), p, l, solve.Options{}); !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused: %v", name, err)
		}
	}
}

func BenchmarkSolveEntitled(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		free := *p
		free.Max = slices.Repeat([]int64{int64(p.Customers())}, p.Reps())
		for b.Loop() {
			if _, err := solve.SolveEntitled(context.Background(), &free, solve.Limit{Within: 5}, solve.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSmallestWithin(b *testing.B) {
	customers, reps := benchSize()
	p := levelCase("uneven", customers, reps, reps/20)
	p.Unassigned = slices.Repeat([]int64{solve.Never}, customers)
	for r := range p.Max { // less room than they are entitled to, for those often eligible
		p.Max[r] = int64(customers) * 6 / 5 / int64(reps)
	}
	for b.Loop() {
		n, err := solve.SmallestWithin(context.Background(), p, solve.Limit{}, solve.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "within")
	}
}

package solve_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// TestRankedEqualsReference solves problems in which all customers rank the
// reps by the same differences, and some in which one customer does not.
func TestRankedEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.problem().Draw(t, "problem")
		rank(t, p)
		if len(p.Score) > 0 && rapid.IntRange(0, 3).Draw(t, "one score off") == 0 {
			p.Score[rapid.IntRange(0, len(p.Score)-1).Draw(t, "which")]++
		}
		equals(t, p, reference)
	})
}

// rank makes each score what the customer is worth plus what the rep is worth.
func rank(t *rapid.T, p *solve.Problem) {
	spread := rapid.SampledFrom([]int64{0, 2, 50}).Draw(t, "spread of customers")
	worth := make([]int64, p.Reps())
	for r := range worth {
		worth[r] = rapid.Int64Range(-10, 40).Draw(t, "worth of a rep")
	}
	for i := range p.Customers() {
		own := rapid.Int64Range(-spread, spread).Draw(t, "worth of a customer")
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			p.Score[k] = own + worth[p.Rep[k]]
		}
	}
}

// TestRankedLarge solves them where room is short, just enough, and plenty, at
// sizes at which bids that rise by the smallest steps would take very long.
func TestRankedLarge(t *testing.T) {
	for _, room := range []float64{0.7, 1, 1.3} {
		for _, kind := range []string{"ranked", "summed", "scaled"} {
			p := generated(kind, 4000, 80, 8, room, 5)
			s, err := solve.Solve(context.Background(), p, solve.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := solve.Check(p, s); err != nil {
				t.Errorf("%s customers, room %v: %v", kind, room, err)
			}
		}
	}
}

// TestRankedHuge has differences whose sums nearly reach the limit.
func TestRankedHuge(t *testing.T) {
	const reps, most = 30, 1 << 58 / 32
	p := &solve.Problem{Max: make([]int64, reps)}
	for r := range int32(reps - 1) {
		p.Max[r] = 1
		p.Append([]int32{r, r + 1}, []int64{-most, most})
	}
	p.Append([]int32{0}, []int64{most})
	s, err := solve.Solve(context.Background(), p, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := solve.Check(p, s); err != nil {
		t.Error(err)
	}
}

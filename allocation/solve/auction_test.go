package solve_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/evenhand/evenhand/allocation/solve"
)

// TestLargeScoresLeaveLittleToSearch: what a customer is worth is a product of a
// rate and a value, in units as small as the two together, and there are places
// for nine customers of ten. The auction gets the prices right, however far they
// are from those of its first samples, and leaves next to nothing for the
// search, which goes customer by customer.
func TestLargeScoresLeaveLittleToSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const customers, reps = 1000, 10
	p := &solve.Problem{Start: []int{0}}
	rates, all := make([]int64, reps), make([]int32, reps)
	for v := range rates {
		rates[v], all[v] = int64(1000+r.IntN(5000)), int32(v)
		p.Max = append(p.Max, int64(80+r.IntN(20)))
	}
	for range customers {
		value := int64(100 + r.IntN(20_000))
		var scores []int64
		for _, rate := range rates {
			scores = append(scores, rate*value)
		}
		p.Append(all, scores)
		p.Unassigned = append(p.Unassigned, -150_000_000)
	}
	phases := 0
	s, err := solve.Solve(context.Background(), p, solve.Options{Progress: func(x solve.Progress) { phases = max(phases, x.Phases) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := solve.Check(p, s); err != nil {
		t.Error(err)
	}
	if phases > customers/10 {
		t.Errorf("the search took %d phases for %d customers; want at most %d", phases, customers, customers/10)
	}
}

package solve_test

import (
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// patient is a context that ends when it has been asked so many times.
type patient struct {
	context.Context
	left int
}

func (c *patient) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// stoppedAfter solves a problem until the context was asked n times, and holds
// what it gives against the optimum. It reports whether it was stopped.
func stoppedAfter(t fataler, p *solve.Problem, n int, optimum int64) bool {
	t.Helper()
	s, err := solve.NewSolver(p, solve.Options{})
	if err != nil {
		t.Fatalf("a problem must be accepted: %v", err)
	}
	_, err = s.Solve(&patient{context.Background(), n})
	if err == nil {
		return false
	}
	var stopped *solve.Stopped
	if !errors.As(err, &stopped) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a stopped run must say so: %v", err)
	}
	if stopped.Bound < optimum {
		t.Fatalf("the bound must hold: %d, and the optimum is %d", stopped.Bound, optimum)
	}
	if stopped.Best != nil {
		if err := stopped.Check(p); err != nil {
			t.Fatalf("the best so far must be feasible and its bound proved: %v", err)
		}
		if stopped.Best.Total > optimum || stopped.Gap() < 0 {
			t.Fatalf("the best so far must be no better than the optimum, %d: %d, gap %d", optimum, stopped.Best.Total, stopped.Gap())
		}
		if err := solve.Check(p, stopped.Best); (err == nil) != (stopped.Gap() == 0) {
			t.Fatalf("Check must accept the best so far only where its gap is 0, and it is %d: %v", stopped.Gap(), err)
		}
	}
	again, err := s.Solve(context.Background())
	if err != nil || again.Total != optimum || solve.Check(p, again) != nil {
		t.Fatalf("a stopped solver must be able to go on: %v, %v", again, err)
	}
	return true
}

func TestStoppedAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.problem().Draw(t, "problem")
		optimum, feasible := reference(p)
		if !feasible {
			t.Skip("nothing is feasible")
		}
		stoppedAfter(t, p, rapid.IntRange(0, 8).Draw(t, "checks"), optimum)
	})
}

func TestStoppedAnywhereLarge(t *testing.T) {
	for _, kind := range kinds {
		p := generated(kind, 3000, 60, 12, 0.95, 4)
		best, err := solve.Solve(context.Background(), p, solve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; stoppedAfter(t, p, n, best.Total); n += 1 + n/4 {
		}
	}
}

// TestStoppedLateIsNearlyBest holds what is given to being worth the time: in
// the search, a hundredth of the optimum at most is missing.
func TestStoppedLateIsNearlyBest(t *testing.T) {
	p := generated("product", 3000, 60, 12, 0.8, 4)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := solve.Solve(ctx, p, solve.Options{Progress: func(at solve.Progress) {
		if at.Stage == "search" {
			cancel()
		}
	}})
	var stopped *solve.Stopped
	if !errors.As(err, &stopped) || stopped.Best == nil || stopped.Gap() > stopped.Bound/100 {
		t.Fatalf("stopped in the search, little may be missing: %v", err)
	}
}

// TestStoppedWithoutAllocation has one place, two customers who may go there,
// and one of them who must.
func TestStoppedWithoutAllocation(t *testing.T) {
	p := &solve.Problem{Max: []int64{1, 1}, Min: []int64{0, 1}, Unassigned: []int64{0, solve.Never}}
	p.Append([]int32{0, 1}, []int64{9, 1})
	p.Append([]int32{0}, []int64{1})
	var stopped *solve.Stopped
	if _, err := solve.Solve(&patient{context.Background(), 0}, p, solve.Options{}); !errors.As(err, &stopped) {
		t.Fatalf("a context that has ended must stop the run: %v", err)
	}
	if stopped.Best != nil || stopped.Check(p) == nil || stopped.Bound < 2 {
		t.Fatalf("where the first places leave a minimum unmet, there is only a bound: %+v", stopped)
	}
}

// TestStoppedBeforeTheSecondGoal has the best by the first goal at least.
func TestStoppedBeforeTheSecondGoal(t *testing.T) {
	p := generated("tied", 500, 20, 5, 1, 3)
	second := solve.Goal{Score: make([]int64, len(p.Score))}
	for k := range second.Score {
		second.Score[k] = int64(k*7919) % 50
	}
	for n := 0; ; n++ {
		_, err := solve.SolveLexicographic(&patient{context.Background(), n}, p, second, solve.Options{})
		if err == nil {
			return
		}
		var stopped *solve.Stopped
		if !errors.As(err, &stopped) || stopped.Check(p) != nil {
			t.Fatalf("stopped at any point, the best so far must be proved: %v", err)
		}
	}
}

package solve_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// TestResolveEqualsCold changes a solved problem again and again: customers,
// single scores, bounds of reps, into the infeasible and back.
func TestResolveEqualsCold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.problem().Draw(t, "problem")
		solver, err := solve.NewSolver(p, solve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "solved before the first change") {
			sameAsCold(t, solver)
		}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				change(t, solver, p.Customers(), p.Reps())
			}
			sameAsCold(t, solver)
		}
	})
}

func change(t *rapid.T, s *solve.Solver, customers, reps int) {
	var err error
	switch kind := rapid.IntRange(0, 2).Draw(t, "kind of change"); {
	case kind == 0 && reps > 0:
		most := rapid.Int64Range(0, 12).Draw(t, "new maximum")
		err = s.SetBounds(rapid.Int32Range(0, int32(reps)-1).Draw(t, "rep"), rapid.Int64Range(0, min(most, 2)).Draw(t, "new minimum"), most)
	case kind == 1 && customers > 0:
		i := rapid.IntRange(0, customers-1).Draw(t, "customer")
		if c := s.Customer(i); len(c.Reps) > 0 {
			err = s.SetScore(i, rapid.SampledFrom(c.Reps).Draw(t, "rep"), rapid.Int64Range(-20, 40).Draw(t, "new score"))
		}
	case kind == 2 && customers > 0:
		reps, scores := small.customer(t, reps, 30, 3)
		c := solve.Customer{Reps: reps, Scores: scores, Units: rapid.Int64Range(0, 4).Draw(t, "new units")}
		if rapid.IntRange(0, 3).Draw(t, "must be assigned") == 0 {
			c.Unassigned = solve.Never
		}
		err = s.SetCustomer(rapid.IntRange(0, customers-1).Draw(t, "customer"), c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sameAsCold(t fataler, s *solve.Solver) {
	t.Helper()
	p := s.Problem()
	cold, coldErr := solve.Solve(context.Background(), p, solve.Options{})
	warm, err := s.Solve(context.Background())
	switch {
	case coldErr != nil && err == nil:
		t.Fatalf("what is infeasible cold must be infeasible again: %v", coldErr)
	case coldErr != nil:
		checkWitness(t, p, err)
	case err != nil:
		t.Fatalf("what is feasible cold must be feasible again: %v", err)
	case warm.Total != cold.Total:
		t.Fatalf("solving again must find the same total: %d, not %d", cold.Total, warm.Total)
	default:
		if err := solve.Check(p, warm); err != nil {
			t.Fatalf("a solution found again must prove itself: %v", err)
		}
	}
}

// TestResolveLarge does the same where the auction, groups and long paths
// matter, by every sort of change.
func TestResolveLarge(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			p := generated(kind, 1500, 30, 12, 0.95, 4)
			s, err := solve.NewSolver(p, solve.Options{})
			if err != nil {
				t.Fatal(err)
			}
			sameAsCold(t, s)
			random := rand.New(rand.NewPCG(5, 6))
			for range 4 {
				for _, change := range sortsOfChange {
					for range 10 {
						if err := change.apply(s, p, random); err != nil {
							t.Fatal(err)
						}
					}
					sameAsCold(t, s)
				}
				r := random.Int32N(30)
				if err := s.SetBounds(r, 0, p.Max[r]*random.Int64N(3)/2); err != nil {
					t.Fatal(err)
				}
				sameAsCold(t, s)
			}
		})
	}
}

// TestResolveLetsGo holds a customer by a minimum and then lifts it: who was
// assigned at a loss must become unassigned again.
func TestResolveLetsGo(t *testing.T) {
	p := &solve.Problem{Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{-1}, Max: []int64{1}}
	s, err := solve.NewSolver(p, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, least := range []int64{1, 0, 1, 0} {
		if err := s.SetBounds(0, least, 1); err != nil {
			t.Fatal(err)
		}
		got, err := s.Solve(context.Background())
		if err != nil || got.Total != -least {
			t.Fatalf("with a minimum of %d the total must be %d: %v, %v", least, -least, got, err)
		}
	}
}

// TestResolveCancelled stops solving again at every point at which progress is
// reported, and then goes on to the same total.
func TestResolveCancelled(t *testing.T) {
	for stopAt := 1; ; stopAt++ {
		calls, cancel := -1, func() {}
		p := generated("product", 2000, 40, 10, 0.8, 8)
		s, err := solve.NewSolver(p, solve.Options{Progress: func(solve.Progress) {
			if calls++; calls == stopAt {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Solve(context.Background()); err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(7, 8))
		for range 20 {
			if err := sortsOfChange[1].apply(s, p, random); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(context.Background())
		calls, cancel = 0, stop
		_, err = s.Solve(ctx)
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("a cancelled run must say so: %v", err)
		}
		reached := calls
		sameAsCold(t, s)
		if reached < stopAt {
			return
		}
	}
}

func TestLargeProveThemselves(t *testing.T) {
	for _, kind := range kinds {
		for _, room := range []float64{0.7, 1, 1.3} {
			t.Run(fmt.Sprintf("%s/%v", kind, room), func(t *testing.T) {
				p := generated(kind, 3000, 60, 12, room, 3)
				s, err := solve.Solve(context.Background(), p, solve.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := solve.Check(p, s); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func TestDeterministic(t *testing.T) {
	for _, kind := range kinds {
		p := generated(kind, 2000, 40, 10, 1, 8)
		a, err := solve.Solve(context.Background(), p, solve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := solve.Solve(context.Background(), p, solve.Options{Progress: func(solve.Progress) {}})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: the same problem must have the same solution", kind)
		}
	}
}

// TestCancelled stops at every point at which progress is reported, and then
// goes on to the same total.
func TestCancelled(t *testing.T) {
	p := generated("product", 2000, 40, 10, 0.8, 8)
	want, err := solve.Solve(context.Background(), p, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for stopAt := 1; ; stopAt++ {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		s, err := solve.NewSolver(p, solve.Options{Progress: func(solve.Progress) {
			if calls++; calls == stopAt {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Solve(ctx)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("a cancelled run must say so: %v", err)
		}
		got, err := s.Solve(context.Background())
		if err != nil || got.Total != want.Total || solve.Check(p, got) != nil {
			t.Fatalf("a stopped solver must be able to go on, after %d calls: %v, %v", stopAt, got, err)
		}
		if calls < stopAt {
			return
		}
	}
}

func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := solve.Solve(ctx, generated("uniform", 100, 5, 3, 1, 1), solve.Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled context must stop the run: %v", err)
	}
}

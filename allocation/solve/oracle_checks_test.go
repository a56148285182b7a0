package solve_test

import (
	"context"
	"errors"

	"github.com/evenhand/evenhand/allocation/solve"
)

// fataler is what *testing.T and *rapid.T have in common here.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// equals holds the solver against an oracle, and each solution against its
// certificate.
func equals(t fataler, p *solve.Problem, oracle func(*solve.Problem) (int64, bool)) {
	t.Helper()
	want, feasible := oracle(p)
	got, err := solve.Solve(context.Background(), p, solve.Options{})
	switch {
	case err != nil && feasible:
		t.Fatalf("a feasible problem must be solved: %v", err)
	case err != nil:
		checkWitness(t, p, err)
		return
	case !feasible:
		t.Fatalf("an infeasible problem must be refused, got %+v", got)
	case got.Total != want:
		t.Fatalf("the total must be the largest: %d, not %d", want, got.Total)
	}
	if err := solve.Check(p, got); err != nil {
		t.Fatalf("every solution must prove itself: %v\n%+v", err, got)
	}
}

// checkWitness confirms that the customers and reps an infeasible problem's
// error names are a proof: either the customers have more units than all reps
// they may go to have room and all must be assigned, or the reps need more than
// all customers who may go to them have.
func checkWitness(t fataler, p *solve.Problem, err error) {
	var e *solve.Error
	if !errors.As(err, &e) || !errors.Is(err, solve.ErrInfeasible) {
		t.Fatalf("an infeasible problem must be refused as such: %v", err)
	}
	named := make(map[int]bool)
	for _, r := range e.Reps {
		named[r] = true
	}
	if !tooMany(p, e, named) && !tooFew(p, e, named) {
		t.Fatalf("the witness must prove that nothing is feasible: %v (%v, %v)", err, e.Customers, e.Reps)
	}
}

func tooMany(p *solve.Problem, e *solve.Error, named map[int]bool) bool {
	var units, room int64
	for _, i := range e.Customers {
		units += unitsOf(p, i)
		if unassignedOf(p, i) != solve.Never {
			return false
		}
		for _, r := range p.Rep[p.Start[i]:p.Start[i+1]] {
			if !named[int(r)] {
				return false
			}
		}
	}
	for r := range named {
		room += p.Max[r]
	}
	return units > room
}

func tooFew(p *solve.Problem, e *solve.Error, named map[int]bool) bool {
	var least, units int64
	for r := range named {
		least += minOf(p, r)
	}
	for i := range p.Customers() {
		for _, r := range p.Rep[p.Start[i]:p.Start[i+1]] {
			if named[int(r)] {
				units += unitsOf(p, i)
				break
			}
		}
	}
	return least > units
}

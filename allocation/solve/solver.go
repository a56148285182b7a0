package solve

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Options are how to solve, not what. The solution does not depend on them.
type Options struct {
	// Progress is called from time to time on the solving goroutine: every
	// few milliseconds on large problems. Defaults to no calls.
	Progress func(Progress)
}

// Progress says how far a solver is.
type Progress struct {
	Stage   string // "auction", then "search"
	Pending int64  // units that have no place yet
	Step    int64  // auction: the smallest rise of a bid; 1 is the finest but for 0
	Phases  int    // search: phases so far
}

// Solve finds the allocation with the largest total, and prices that prove it.
//
// Errors are *Error: ErrInput, ErrTooLarge, ErrInfeasible; or, when the context
// ends first, *Stopped with the best allocation so far and a bound.
//
// The same problem gives the same solution, on any machine.
//
// Cost: pseudo-polynomial in theory, as for every auction; in practice a few
// looks at each customer's pairs. Memory beyond the problem: about 250 bytes a
// customer and 200 a rep.
func Solve(ctx context.Context, p *Problem, o Options) (*Solution, error) {
	s, err := NewSolver(p, o)
	if err != nil {
		return nil, err
	}
	return s.Solve(ctx)
}

// Solver keeps a problem's solution, so that it can be found again quickly
// after changes, with no more memory than the first solution took. It is not safe
// for concurrent use.
type Solver struct {
	problem Problem // with bounds of its own, which change
	options Options
	groups  groups
	size    magnitude
	network *network // nil until Solve is first called

	owned   bool               // problem.Units and Unassigned are this solver's own
	changed map[int]changedRow // pairs of the customers that were changed
}

// NewSolver checks a problem. The solver reads it until it is no longer used.
func NewSolver(p *Problem, o Options) (*Solver, error) {
	size, err := p.check()
	if err != nil {
		return nil, err
	}
	s := &Solver{problem: *p, options: o, size: size}
	s.problem.Max = slices.Clone(p.Max)
	s.problem.Min = make([]int64, p.Reps())
	copy(s.problem.Min, p.Min)
	return s, nil
}

// Solve solves the problem as it is now. After an error it may be called again,
// as when a context was cancelled or a change has made the problem feasible.
func (s *Solver) Solve(ctx context.Context) (*Solution, error) {
	if s.network == nil {
		if err := s.start(ctx); err != nil {
			return nil, err
		}
	}
	s.network.rebase()
	s.network.setBounds(&s.problem)
	s.network.fit()
	if err := s.search(ctx); err != nil {
		return nil, err
	}
	return s.solution(s.network), nil
}

// start finds a first allocation and prices near the optimal ones.
func (s *Solver) start(ctx context.Context) error {
	if len(s.changed) > 0 {
		s.problem = *s.Problem()
		clear(s.changed)
	}
	s.groups = group(&s.problem)
	n := newNetwork(&s.problem, s.groups)
	n.setBounds(&s.problem)
	if !placeRanked(n) {
		if err := newAuction(n).run(ctx, s.options.Progress); err != nil {
			return s.stopped(n, "in the auction", err)
		}
	}
	s.network = n
	return nil
}

// search makes the allocation optimal, once more or again.
func (s *Solver) search(ctx context.Context) error {
	search := newSearch(s.network)
	for !search.balanced() {
		if err := ctx.Err(); err != nil {
			return s.stopped(s.network, fmt.Sprintf("after %d phases of the search", search.phases), err)
		}
		if !search.phase() {
			return search.witness(s)
		}
		if s.options.Progress != nil {
			s.options.Progress(Progress{Stage: "search", Pending: search.excess[search.none], Phases: search.phases})
		}
	}
	return nil
}

// customersOf returns the customers of some rows, ascending.
func (s *Solver) customersOf(rows map[int32]bool) []int {
	if s.groups.rowOf == nil {
		var customers []int
		for _, row := range slices.Sorted(maps.Keys(rows)) {
			customers = append(customers, int(row))
		}
		return customers
	}
	var customers []int
	for i, row := range s.groups.rowOf {
		if rows[row] {
			customers = append(customers, i)
		}
	}
	return customers
}

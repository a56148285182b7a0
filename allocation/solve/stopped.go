package solve

import (
	"fmt"
	"math"
	"slices"
)

// Stopped is the error of Solve when its context ends first. It wraps the
// context's error.
type Stopped struct {
	// Best is the best allocation so far: feasible, with the prices that prove
	// Bound. It is nil if customers who must be assigned, or reps' minimums,
	// were still without an allocation that serves all of them.
	Best *Solution

	// Bound is what no allocation is worth more than.
	Bound int64

	stage string
	cause error
}

func (s *Stopped) Error() string {
	if s.Best == nil {
		return fmt.Sprintf("solve: stopped %s, with no allocation yet that meets every minimum and places every customer who must be placed: %v", s.stage, s.cause)
	}
	return fmt.Sprintf("solve: stopped %s, at most %d from the best: %v", s.stage, s.Gap(), s.cause)
}

func (s *Stopped) Unwrap() error { return s.cause }

// Gap is the most that any allocation is worth above Best, which there must be.
func (s *Stopped) Gap() int64 { return s.Bound - s.Best.Total }

// Check proves that Best is feasible and that no allocation is worth more than
// Bound, or says why not (ErrCertificate). Like the function Check, which
// refuses Best unless it happens to be optimal, it shares nothing with the
// solver. Cost: O(pairs).
func (s *Stopped) Check(p *Problem) error {
	if s.Best == nil {
		return refute("there is no allocation")
	}
	bound, err := checkFeasible(p, s.Best)
	if err != nil {
		return err
	}
	if !bound.is(s.Bound) {
		return refute("its prices do not prove that nothing is worth more than %d", s.Bound)
	}
	return nil
}

// stopped makes the best of what a network holds so far, and leaves it as it is.
func (s *Solver) stopped(n *network, stage string, cause error) error {
	e := &Stopped{stage: stage, cause: cause}
	p := s.Problem()
	price := n.prices()
	bound := dualBound(p, price)
	if none := make([]int64, n.reps); !bound.below(dualBound(p, none)) {
		price = none
		bound = dualBound(p, none)
	}
	e.Bound = int64(bound.low)
	if !bound.is(e.Bound) {
		e.Bound = math.MinInt64 // so low that there is no allocation
	}
	if whole, ok := n.completed(); ok {
		e.Best = s.solution(whole)
		e.Best.Price = price
	}
	return e
}

// completed returns a copy of a network in which pending units have the best
// places that are left, and whether that serves everybody and all minimums.
func (n *network) completed() (*network, bool) {
	whole := *n
	whole.load, whole.members = slices.Clone(n.load), make([][]holding, len(n.members))
	for v := range n.none {
		whole.members[v] = slices.Clone(n.members[v])
	}
	for _, h := range n.members[n.none] {
		if !whole.squeeze(h.row, h.units) {
			return nil, false
		}
	}
	for r, load := range whole.load {
		if load < n.min[r] {
			return nil, false
		}
	}
	return &whole, true
}

// squeeze places units of a row at the best reps with room, as far as that is
// worth more than leaving them unassigned. It reports whether all have a place.
func (n *network) squeeze(row int32, units int64) bool {
	reps, scores := n.row(row)
	for units > 0 {
		to, score := n.none, int64(math.MinInt64)
		if n.outside[row] != Never {
			to, score = n.ground, n.outside[row]
		}
		for k, r := range reps {
			if scores[k] > score && n.load[r] < n.max[r] {
				to, score = r, scores[k]
			}
		}
		moved := units
		switch {
		case to == n.none:
			return false
		case to < n.ground:
			moved = min(units, n.max[to]-n.load[to])
		}
		n.put(to, holding{score: score, units: moved, row: row})
		units -= moved
	}
	return true
}

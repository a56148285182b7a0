package solve

import (
	"fmt"
	"slices"
)

// witness explains why nothing more can be placed: a search has labelled every
// node that its sources reach, and no sink is among them.
//
// If the ground is not reached, everybody who was reached must be assigned, to
// reps who were all reached and are full (a violation of Hall's condition).
// Otherwise the reps who were not reached hold every customer who may go to
// them, and still have less than their minimums.
func (s *search) witness(v *Solver) error {
	if s.done[s.ground] {
		return s.tooFewFor(v)
	}
	return s.tooMany(v)
}

func (s *search) tooMany(v *Solver) error {
	rows := make(map[int32]bool)
	e := &Error{Kind: ErrInfeasible, Maybe: "raise their maximums, allow more reps, or allow the customers to stay unassigned"}
	var room, units int64
	for node := range s.none + 1 {
		if !s.done[node] {
			continue
		}
		for _, h := range s.members[node] {
			if node != s.none || s.stuck(h.row) {
				rows[h.row] = true
				units += h.units
			}
		}
		if node < s.ground {
			e.Reps = append(e.Reps, int(node))
			room += s.max[node]
		}
	}
	e.Customers = v.customersOf(rows)
	e.Detail = fmt.Sprintf("%s must be assigned, %d units together, and may only go to %s with room for %d", list("customer", e.Customers), units, list("rep", e.Reps), room)
	return e
}

// stuck reports whether all reps of a pending row were reached, which is true
// for every pending row after a search that reached no sink.
func (s *search) stuck(row int32) bool {
	reps, _ := s.row(row)
	return s.outside[row] == Never && !slices.ContainsFunc(reps, func(r int32) bool { return !s.done[r] })
}

func (s *search) tooFewFor(v *Solver) error {
	e := &Error{Kind: ErrInfeasible, Maybe: "lower their minimums, or let more customers go to them"}
	var least, units int64
	for r := range s.ground {
		if !s.done[r] {
			e.Reps = append(e.Reps, int(r))
			least += s.min[r]
		}
	}
	rows := make(map[int32]bool)
	for row := range s.units {
		reps, _ := s.row(int32(row))
		if s.units[row] > 0 && slices.ContainsFunc(reps, func(r int32) bool { return !s.done[r] }) {
			rows[int32(row)] = true
			units += s.units[row]
		}
	}
	e.Customers = v.customersOf(rows)
	e.Detail = fmt.Sprintf("%s must get at least %d units together, and those who may go there have %d", list("rep", e.Reps), least, units)
	return e
}

// list names the first few of many.
func list(noun string, numbers []int) string {
	const shown = 5
	switch n := len(numbers); {
	case n == 0:
		return "no " + noun
	case n == 1:
		return fmt.Sprintf("%s %d", noun, numbers[0])
	case n > shown:
		return fmt.Sprintf("%ss %v and %d more", noun, numbers[:shown], n-shown)
	}
	return fmt.Sprintf("%ss %v", noun, numbers)
}

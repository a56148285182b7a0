package solve

import (
	"errors"
	"fmt"
	"slices"
)

// explain puts the witness of a divided problem that has no solution into the
// terms of the customers and reps: it has places apart and idle units, and what
// these take off both sides of what does not fit is left out.
func (s *staying) explain(err error) error {
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrInfeasible) {
		return err
	}
	d := &s.divided
	out := &Error{Kind: ErrInfeasible}
	var units, idle, room, least int64
	for _, i := range e.Customers {
		if i < s.problem.Customers() {
			out.Customers = append(out.Customers, i)
			units += d.Units[i]
		} else {
			idle += d.Units[i]
		}
	}
	for _, node := range e.Reps {
		out.Reps = append(out.Reps, int(s.rep[node]))
		room += d.Max[node]
		least += d.Min[node]
	}
	slices.Sort(out.Reps)
	out.Reps = slices.Compact(out.Reps)
	if units+idle > room {
		out.Detail = fmt.Sprintf("%s must be placed, and within locks and limits %s can take %d of these %d", list("customer", out.Customers), list("rep", out.Reps), room-idle, units)
		out.Maybe = "unlock some, allow more to be lost or gained, raise maximums, or allow the customers to stay unassigned"
		return out
	}
	out.Detail = fmt.Sprintf("%s must have at least %d customers, by minimums and by what may not be lost, and within locks and limits there are %d for that", list("rep", out.Reps), least-idle, units)
	out.Maybe = "lower their minimums, allow more to be lost or gained, or unlock customers of others"
	return out
}

// tooManyKept says that a rep must keep more customers than he can have.
func (s *staying) tooManyKept(rep int, owned int64) error {
	return &Error{Kind: ErrInfeasible, Reps: []int{rep}, Detail: fmt.Sprintf("rep %d has %d customers and may lose %d, and has room for %d", rep, owned, s.continuity.maxLost(rep), s.problem.Max[rep]),
		Maybe: "let him lose more, or raise his maximum"}
}

// tooFewMoves names who moves in an allocation that moves as few as possible.
func (s *staying) tooFewMoves(p places) error {
	movers := s.movers(p)
	return &Error{Kind: ErrInfeasible, Customers: movers, Detail: fmt.Sprintf("at least %d customers have to move, and %d may: for instance %s", p.moves, s.maxMoves, list("customer", movers)),
		Maybe: fmt.Sprintf("allow %d moves", p.moves)}
}

// tooLittleValue names who moves in an allocation that moves as little value as
// possible.
func (s *staying) tooLittleValue(p places) error {
	movers := s.movers(p)
	return &Error{Kind: ErrInfeasible, Customers: movers, Detail: fmt.Sprintf("a value of at least %d has to move, and %d may: for instance %s", p.value, s.maxValue, list("customer", movers)),
		Maybe: fmt.Sprintf("allow a moved value of %d", p.value)}
}

// tooLittleOfBoth names who moves in an allocation that is least by a measure in
// which it exceeds both limits, so that no other keeps both.
func (s *staying) tooLittleOfBoth(p places) error {
	movers := s.movers(p)
	return &Error{Kind: ErrInfeasible, Customers: movers, Detail: fmt.Sprintf("%d moves and a moved value of %d are not allowed together: who moves fewer moves more value than in one way with %d and %d, for instance %s", s.maxMoves, s.maxValue, p.moves, p.value, list("customer", movers)),
		Maybe: "allow more moves or more value"}
}

// movers are the customers with owners who move.
func (s *staying) movers(p places) (customers []int) {
	for i, rep := range p.rep {
		if s.continuity.moves(s.problem, i, rep) {
			customers = append(customers, i)
		}
	}
	return customers
}

package solve

import "fmt"

func (s *staying) tooManyKept(rep int, owned int64) error {
	p := s.problem
	return &Error{Kind: ErrInfeasible, Reps: []int{rep}, Detail: fmt.Sprintf("rep %d has %d customers and may lose %d, and has room for %d", rep, owned, s.continuity.maxLost(rep), p.Max[rep]),
		Maybe: "let him lose more, or raise his maximum"}
}

func (s *staying) tooFewMoves(p places) error {
	return &Error{Kind: ErrInfeasible, Customers: s.movers(p), Detail: fmt.Sprintf("at least %d customers have to move, and %d may: for instance %s", p.moves, s.maxMoves, list("customer", s.movers(p))),
		Maybe: fmt.Sprintf("allow %d moves", p.moves)}
}

func (s *staying) tooLittleValue(p places) error {
	return &Error{Kind: ErrInfeasible, Customers: s.movers(p), Detail: fmt.Sprintf("a value of at least %d has to move, and %d may: for instance %s", p.value, s.maxValue, list("customer", s.movers(p))),
		Maybe: fmt.Sprintf("allow a moved value of %d", p.value)}
}

func (s *staying) tooLittleOfBoth(p places) error {
	return &Error{Kind: ErrInfeasible, Customers: s.movers(p), Detail: fmt.Sprintf("with fewer than %d moves more than a value of %d has to move; allowed are %d and %d: for instance %s moves", p.moves, p.value, s.maxMoves, s.maxValue, list("customer", s.movers(p))),
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

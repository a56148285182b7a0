package solve

import (
	"cmp"
	"errors"
	"slices"
)

// branching closes what gap the prices leave, by cases (A. H. Land and A. G.
// Doig, An automatic method of solving discrete programming problems, 1960): a
// customer stays or he moves, each a problem of its own with prices and a bound
// of its own, until no case can hold anything better than the best allocation
// known. What is found on the way makes that better.
type branching struct {
	root   *pricing
	stays  []bool // who stays in this case
	leaves []bool // who moves in this case
}

// branch makes the best allocation optimal if that takes few enough solutions.
func (s *pricing) branch() error {
	if s.closed() || s.tries <= 0 {
		return nil
	}
	n := s.problem.Customers()
	b := &branching{root: s, stays: make([]bool, n), leaves: make([]bool, n)}
	if s.continuity.Locked != nil {
		copy(b.stays, s.continuity.Locked)
	}
	var err error
	s.exhausted, err = b.explore(s)
	return err
}

// explore closes both cases of a customer on whom the points of a case disagree.
// It reports whether it could.
func (b *branching) explore(at *pricing) (bool, error) {
	i := at.divisive()
	if i < 0 {
		return false, nil
	}
	for _, decided := range [][]bool{b.leaves, b.stays} {
		decided[i] = true
		done, err := b.enter(at)
		decided[i] = false
		if !done || err != nil {
			return false, err
		}
	}
	return true, nil
}

// enter closes a case, beginning with the prices of the case it is part of.
func (b *branching) enter(parent *pricing) (bool, error) {
	root := b.root
	s, err := b.begin()
	if err != nil {
		return closedBy(err)
	}
	sub := &pricing{staying: s, ctx: root.ctx, options: root.options, points: b.within(parent.points)}
	for at := parent.at; root.tries > 0; {
		root.tries--
		found, err := sub.probe(at)
		if err != nil {
			return closedBy(err)
		}
		root.approach(found)
		if floorDiv(sub.bound, sub.scale) <= root.best.total {
			return true, nil
		}
		if at = sub.lowest(); sub.bound <= sub.model(at) {
			return b.explore(sub)
		}
	}
	return false, nil
}

// closedBy reports whether a case is closed because nothing is possible in it.
func closedBy(err error) (bool, error) {
	if errors.Is(err, ErrInfeasible) {
		return true, nil
	}
	return false, err
}

// begin makes the problem of a case: who stays is locked, and who moves may not
// go to his owner.
func (b *branching) begin() (*staying, error) {
	p, c := *b.root.problem, *b.root.continuity
	p.Start, p.Rep, p.Score = []int{0}, nil, nil
	for i := range b.leaves {
		reps, scores := b.root.problem.row(i)
		if k, ok := slices.BinarySearch(reps, c.Owner[i]); ok && b.leaves[i] {
			reps, scores = slices.Delete(slices.Clone(reps), k, k+1), slices.Delete(slices.Clone(scores), k, k+1)
		}
		p.Append(reps, scores)
	}
	c.Locked = b.stays
	s, err := newStaying(&p, &c)
	if err != nil {
		return nil, err
	}
	s.maxMoves, s.maxValue = b.root.maxMoves, b.root.maxValue
	if s.scale != b.root.scale && !s.rescale(b.root.scale) {
		return nil, &Error{Kind: ErrTooLarge, Detail: "scores in so small parts"}
	}
	return s, nil
}

// within returns the points that are allocations of a case too.
func (b *branching) within(points []*places) (kept []*places) {
	c := b.root.continuity
	for _, at := range points {
		fits := true
		for i, rep := range at.rep {
			moves := c.moves(b.root.problem, i, rep)
			fits = fits && !(b.leaves[i] && !moves) && !(b.stays[i] && moves)
		}
		if fits {
			kept = append(kept, at)
		}
	}
	return kept
}

// divisive returns a customer who moves in one and stays in another of the
// points that are nearly optimal, or −1: of those who do, the one on whom most
// depends.
func (s *pricing) divisive() int {
	points := slices.Clone(s.points)
	if s.best != nil {
		points = append(points, s.best)
	}
	slices.SortStableFunc(points, func(a, b *places) int { return cmp.Compare(s.cut(b, s.at), s.cut(a, s.at)) })
	for _, a := range points {
		for _, b := range points {
			if s.staying.within(a) && !s.staying.within(b) {
				if i := s.differs(a, b); i >= 0 {
					return i
				}
			}
		}
	}
	return -1
}

func (s *pricing) differs(a, b *places) int {
	p, c := s.problem, s.continuity
	customer, most := -1, int64(-1)
	for i := range a.rep {
		if c.moves(p, i, a.rep[i]) == c.moves(p, i, b.rep[i]) {
			continue
		}
		if d := c.worth(p, i, a.rep[i]) - c.worth(p, i, b.rep[i]); max(d, -d) > most {
			customer, most = i, max(d, -d)
		}
	}
	return customer
}

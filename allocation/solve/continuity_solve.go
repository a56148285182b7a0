package solve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// solve finds the best allocation within the limits. When the context ends first
// it makes do with what there is by then.
func (s *staying) solve(ctx context.Context, o Options) (*Kept, error) {
	search := &pricing{staying: s, ctx: ctx, options: o, tries: s.tries()}
	err := search.run()
	if err != nil && ctx.Err() != nil && search.price != nil && search.best == nil {
		search.best = s.present()
	}
	if err != nil && (ctx.Err() == nil || search.price == nil || search.best == nil) {
		return nil, err
	}
	kept := search.kept()
	kept.NextMove, err = search.nextMove(kept)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return kept, nil
}

// run solves first without the limits on moves and value, which is all if they
// do not bind; then by their prices.
func (s *pricing) run() error {
	first, err := s.probe(prices{})
	if err != nil {
		return s.explain(err)
	}
	if s.within(first) {
		s.best = first
	}
	if s.best == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return s.close()
}

// close brings bound and allocation together.
func (s *pricing) close() error {
	if s.maxValue < s.value {
		s.refine()
	}
	for {
		if err := s.lower(); err != nil {
			return err
		}
		for s.combine() {
		}
		if s.closed() || !s.refine() {
			return s.branch()
		}
	}
}

// nextMove allows one more move and goes on from what is known.
func (s *pricing) nextMove(now *Kept) (NextMove, error) {
	if s.maxMoves == s.owned {
		return NextMove{Exact: true}, nil
	}
	s.maxMoves++
	s.exhausted = false
	s.bound += s.at.move
	err := s.close()
	if exact := now.Optimal && (s.closed() || s.exhausted); exact && err == nil {
		return NextMove{Gain: s.best.total - now.Total, Exact: true}, nil
	}
	return NextMove{Gain: floorDiv(s.bound, s.scale) - now.Total}, err
}

// combine looks for better allocations between those that are nearly optimal at
// the present prices: from each within the limits towards each other. It reports
// whether it found one.
func (s *pricing) combine() bool {
	const nearest = 8
	before := s.best
	points := append(slices.Clone(s.points), s.best)
	slices.SortStableFunc(points, func(a, b *places) int { return cmp.Compare(s.cut(b, s.at), s.cut(a, s.at)) })
	points = points[:min(len(points), nearest)]
	for _, from := range points {
		for _, to := range points {
			if s.within(from) {
				s.towards(from, to)
			}
		}
	}
	return s.best != before && !s.closed()
}

// towards goes from a point within the limits to another, and keeps what it
// comes to if that is better.
func (s *pricing) towards(from, to *places) {
	if s.closed() || from == to {
		return
	}
	if e := s.exchange(from, to, s.at); e.total > s.best.total {
		s.best = e.places()
	}
}

// tries is how many solutions branching may try unless the caller says so.
func (s *staying) tries() int {
	const pairs, most = 4_000_000, 1000 // about as many as take half a second
	switch n := s.continuity.Tries; {
	case n < 0:
		return 0
	case n > 0:
		return n
	}
	return min(most, pairs/(1+len(s.divided.Rep)))
}

// finest is a multiple of all numbers up to 10, so that what up to 10 moves
// bring together has an exact price.
const finest = 2520

// refine makes prices finer. It reports whether they were not fine before.
func (s *pricing) refine() bool {
	scale := s.finestScale()
	if s.scale == scale || !s.rescale(scale) {
		return false
	}
	s.bound *= scale
	s.at.move *= scale
	s.at.value *= scale
	for r := range s.price {
		s.price[r] *= scale
	}
	return true
}

// finestScale is how fine prices need to be: a unit of value may be worth much
// less than a score.
func (s *pricing) finestScale() int64 {
	scale := int64(finest)
	if s.maxValue < s.value {
		for _, stay := range s.stays {
			for scale < 64*stay.value {
				scale *= 2
			}
		}
	}
	return scale
}

// begin finds a first allocation within the limits, or says why there is none:
// everybody stays, or as few as possible move, or as little value as possible.
func (s *pricing) begin() error {
	if p := s.present(); p != nil {
		s.best = p
		return nil
	}
	few, err := s.least(prices{move: 1})
	if err != nil {
		return err
	}
	if few.moves > s.maxMoves {
		return s.tooFewMoves(few)
	}
	if s.within(&few) {
		s.best = &few
		return nil
	}
	little, err := s.least(prices{value: 1})
	if err != nil {
		return err
	}
	if little.value > s.maxValue {
		return s.tooLittleValue(little)
	}
	return s.between(few, little)
}

// between looks for an allocation within both limits where one keeps the one and
// one the other.
func (s *pricing) between(few, little places) error {
	if s.within(&little) {
		s.best = &little
		return nil
	}
	move, value := int64(1), int64(1)
	for range 20 {
		p, err := s.least(prices{move, value})
		if err != nil {
			return err
		}
		switch {
		case s.within(&p):
			s.best = &p
			return nil
		case p.moves > s.maxMoves && p.value > s.maxValue:
			return s.tooLittleOfBoth(p)
		case p.moves > s.maxMoves:
			move *= 2
		default:
			value *= 2
		}
	}
	return &Error{Kind: ErrNotFound, Detail: fmt.Sprintf("%d moves are enough, and so is a moved value of %d, but no allocation was found that keeps both limits, %d and %d", few.moves, little.value, s.maxMoves, s.maxValue),
		Maybe: "allow more moves or more value"}
}

// present is the allocation in which nothing changes and nobody new is placed, or
// nil if that is not possible.
func (s *staying) present() *places {
	p, c := s.problem, s.continuity
	rep := make([]int32, p.Customers())
	load := make([]int64, p.Reps())
	for i := range rep {
		rep[i] = Unassigned
		switch owner := c.Owner[i]; {
		case p.units(i) == 0:
		case owner != Unassigned && listed(p, i, owner):
			rep[i] = owner
			load[owner]++
		case owner != Unassigned || p.unassigned(i) == Never:
			return nil
		}
	}
	for r := range load {
		if load[r] > p.Max[r] || load[r] < p.min(r) {
			return nil
		}
	}
	at := s.placesAt(rep)
	return &at
}

// least finds the allocation that moves least, each move and each unit of value
// counted at a price.
func (s *pricing) least(at prices) (places, error) {
	few := s.divided
	few.Score, few.Unassigned = make([]int64, len(s.base)), make([]int64, len(s.divided.Unassigned))
	for i, u := range s.divided.Unassigned {
		if u == Never {
			few.Unassigned[i] = Never
		}
	}
	for _, stay := range s.stays {
		few.Score[stay.pair] = at.move + at.value*stay.value
	}
	solution, err := Solve(s.ctx, &few, s.options)
	if stopped := (*Stopped)(nil); errors.As(err, &stopped) {
		return places{}, stopped.cause // what it has is not about this problem
	}
	if err != nil {
		return places{}, err
	}
	return s.placesAt(s.placesOf(solution)), nil
}

// kept puts the result together.
func (s *pricing) kept() *Kept {
	t := newTally(s.problem, s.continuity)
	for i, r := range s.best.rep {
		t.add(i, r)
	}
	k := &Kept{
		Rep: s.best.rep, Load: t.load, Lost: t.lost, Gained: t.gained,
		Total: t.total, Bonus: t.bonus, Moves: t.moves, MovedValue: t.value,
		Bound: floorDiv(s.bound, s.scale), Optimal: s.closed() || s.exhausted, Scale: s.scale,
		MovePrice: s.at.move, ValuePrice: s.at.value,
	}
	k.Price, k.LostPrice, k.GainedPrice = s.pricesOf(s.price)
	return k
}

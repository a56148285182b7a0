package solve

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// pricing looks for the prices of a move and of moved value at which the bound
// is lowest, by cutting planes (J. E. Kelley, The cutting-plane method for
// solving convex programs, 1960): every allocation found at some prices bounds
// what others can prove, and the next prices are where those bounds together are
// lowest. Allocations found on the way are what the best one is put together
// from: see exchange.
type pricing struct {
	*staying
	ctx     context.Context
	options Options

	points []*places // what was found at some prices
	best   *places   // the best within the limits, nil for none

	tries     int  // solutions that branching may still try
	exhausted bool // branching found that there is none better

	bound int64  // the lowest so far, in 1/scale of a score
	at    prices // where that is
	price []int64
}

// places say where everybody is, and what that comes to.
type places struct {
	rep                 []int32
	total, moves, value int64
}

func (s *staying) placesAt(rep []int32) places {
	t := newTally(s.problem, s.continuity)
	for i, r := range rep {
		t.add(i, r)
	}
	return places{rep: rep, total: t.total, moves: t.moves, value: t.value}
}

// within reports whether the limits on moves and on their value are kept.
func (s *staying) within(p *places) bool {
	return p.moves <= s.maxMoves && p.value <= s.maxValue
}

// probe solves at some prices.
func (s *pricing) probe(at prices) (*places, error) {
	solution, err := s.staying.at(s.ctx, s.options, at)
	if stopped := (*Stopped)(nil); errors.As(err, &stopped) {
		if stopped.Best != nil {
			s.approach(s.found(at, stopped.Best, stopped.Bound))
		}
		return nil, fmt.Errorf("solve: stopped %s: %w", stopped.stage, stopped.cause)
	}
	if err != nil {
		return nil, err
	}
	p := s.found(at, solution, solution.Total)
	s.points = append(s.points, p)
	return p, nil
}

// found notes what a solution at some prices proves, and returns its places.
func (s *pricing) found(at prices, solution *Solution, bound int64) *places {
	if bound := s.limit(at, bound); s.price == nil || bound < s.bound {
		s.bound, s.at, s.price = bound, at, solution.Price
	}
	p := s.placesAt(s.placesOf(solution))
	return &p
}

// approach makes the best allocation better by going towards a point as far as
// the limits allow.
func (s *pricing) approach(p *places) {
	if s.within(p) && (s.best == nil || p.total > s.best.total) {
		s.best = p
	}
	if s.best != nil {
		s.towards(s.best, p)
	}
}

// closed reports whether the best allocation is proved optimal.
func (s *pricing) closed() bool {
	return s.best != nil && s.best.total == floorDiv(s.bound, s.scale)
}

// most is how many prices are tried at one scale.
const most = 60

// lower lowers the bound as far as it goes, or until it is reached.
func (s *pricing) lower() error {
	for range most {
		at := s.lowest()
		if s.closed() || s.bound <= s.model(at) {
			return nil
		}
		found, err := s.probe(at)
		if err != nil {
			return err
		}
		s.approach(found)
	}
	return nil
}

// model is what no bound at the given prices can be below.
func (s *pricing) model(at prices) int64 {
	high := int64(math.MinInt64)
	for _, p := range s.points {
		high = max(high, s.cut(p, at))
	}
	if s.best != nil {
		high = max(high, s.cut(s.best, at))
	}
	return high
}

// cut is what an allocation contributes to the bound at the given prices: no
// bound there is lower.
func (s *pricing) cut(p *places, at prices) int64 {
	return p.total*s.scale + at.move*(s.maxMoves-p.moves) + at.value*(s.maxValue-p.value)
}

// lowest returns the prices at which the model is lowest, the lowest such.
func (s *pricing) lowest() prices {
	end := s.end
	if s.maxMoves == s.owned {
		end.move = 0
	}
	if s.maxValue == s.value {
		end.value = 0
	}
	at := func(value int64) prices {
		move := bottom(end.move, func(move int64) int64 { return s.model(prices{move, value}) })
		return prices{move, value}
	}
	return at(bottom(end.value, func(value int64) int64 { return s.model(at(value)) }))
}

// bottom returns the smallest x from 0 to end where a convex f is lowest.
func bottom(end int64, f func(int64) int64) int64 {
	low := int64(0)
	for low < end {
		if mid := low + (end-low)/2; f(mid) <= f(mid+1) {
			end = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

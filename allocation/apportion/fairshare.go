package apportion

import (
	"math/bits"
	"slices"
	"sort"
)

// share is an exact quota: whole + rem/den, with rem < den.
type share struct{ whole, rem, den uint64 }

// setShares computes the quotas.
//
// Without bounds a quota is total × weight ÷ sum of weights. With bounds it is
// λ × weight held between least and most, for the λ that makes the quotas add
// up to the total; the sum of held quotas grows with λ from the sum of the
// minimums to that of the maximums, so λ exists. O(n log n).
func (s *sheet) setShares() {
	held := s.heldRows()
	s.share = make([]share, len(s.weight))
	free, weight := s.total, uint64(0)
	for i, w := range s.weight {
		switch held[i] {
		case notHeld:
			weight += w
		case heldLow:
			s.share[i] = share{s.low(i), 0, 1}
			free -= s.low(i)
		case heldHigh:
			s.share[i] = share{s.high(i), 0, 1}
			free -= s.high(i)
		}
	}
	for i, w := range s.weight {
		if held[i] == notHeld {
			s.share[i] = fraction(free, w, weight)
		}
	}
}

// fraction is total × part ÷ whole, for part ≤ whole and whole > 0.
func fraction(total, part, whole uint64) share {
	p := product(total, part)
	quo, rem := bits.Div64(p.hi, p.lo, whole)
	return share{quo, rem, whole}
}

type hold uint8

const (
	notHeld hold = iota
	heldLow
	heldHigh
)

// heldRows says which rows' quotas are their minimum or their maximum.
func (s *sheet) heldRows() []hold {
	held := make([]hold, len(s.weight))
	for i, w := range s.weight {
		if w == 0 {
			held[i] = heldLow
		}
	}
	if s.least == nil {
		return held
	}
	below, above, all := s.bracket()
	for i, w := range s.weight {
		switch {
		case w == 0 || all:
			held[i] = heldLow
		case (level{s.least[i], w}).compare(above) >= 0:
			held[i] = heldLow
		case (level{s.most[i], w}).compare(below) <= 0:
			held[i] = heldHigh
		}
	}
	return held
}

// level is a value p/q of λ, with q > 0.
type level struct{ p, q uint64 }

func (a level) compare(b level) int { return product(a.p, b.q).compare(product(b.p, a.q)) }

// bracket finds neighbouring levels, at which rows reach their bounds, such
// that λ lies above the first and not above the second. all means that every
// row is held at its minimum.
func (s *sheet) bracket() (below, above level, all bool) {
	none := level{0, 1}
	if s.compareTotal(none) >= 0 {
		return none, none, true
	}
	var levels []level
	for i, w := range s.weight {
		if w > 0 {
			levels = append(levels, level{s.least[i], w}, level{s.most[i], w})
		}
	}
	slices.SortFunc(levels, level.compare)
	at := sort.Search(len(levels), func(k int) bool { return s.compareTotal(levels[k]) >= 0 })
	below = none
	if at > 0 {
		below = levels[at-1]
	}
	return below, levels[at], false
}

// compareTotal compares the sum of the quotas at level λ with the total.
func (s *sheet) compareTotal(at level) int {
	var whole uint64
	var parts wide // of at.q
	for i, w := range s.weight {
		reach := product(w, at.p)
		var bound uint64
		switch {
		case reach.compare(product(s.least[i], at.q)) <= 0:
			bound = s.least[i]
		case reach.compare(product(s.most[i], at.q)) >= 0:
			bound = s.most[i]
		default:
			parts = parts.plus(reach)
			continue
		}
		if bound > s.total-whole {
			return 1
		}
		whole += bound
	}
	return parts.compare(product(s.total-whole, at.q))
}

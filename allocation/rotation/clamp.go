package rotation

import (
	"fmt"
	"math/bits"
	"slices"
)

// One is 1 in the limits of [Clamp], which are in millionths.
const One = 1_000_000

// Clamp changes weights so that every share lies within lo to hi times an equal
// share (millionths: 500_000 and 2_000_000 for half and double). Weights of 0
// stay 0 and do not count. With n the weights above 0, and a their new values:
//
//	lo/One · Σa ≤ n·a_i ≤ hi/One · Σa    exactly, with no tolerance.
//
// Shares that a limit does not hold keep their proportions (water-filling): the
// new share is the old one times a common factor, or the limit. Limits are applied
// again until none is broken, since holding one share moves all the others; one
// pass is not enough. Equal weights stay equal, the order of the weights does not
// matter, and weights that are within the limits are returned as they are.
//
// The result is an exact multiple of the shares where that fits 0..MaxWeight, as
// it does for weights and limits of few digits. Where not, shares are rounded
// down to units of Σa ≈ n·10^18/hi and those at the upper limit give way by as
// many units as the rounding takes to keep the line above true.
//
// Errors wrap ErrWeight, ErrFull (more than MaxAccounts weights) or ErrRange
// unless 0 ≤ lo ≤ One ≤ hi ≤ 10^12. All weights 0 is no error.
// Cost: O(n) when nothing is to be done, otherwise O(n) for each round, at most n
// rounds and usually two or three.
func Clamp(weights []int64, lo, hi int64) ([]int64, error) {
	if lo < 0 || lo > One || hi < One || hi > MaxWeight {
		return nil, fmt.Errorf("rotation: %w: %d..%d millionths of an equal share\nMaybe the lower limit is above 1, or the upper below it: somebody is always at least, and somebody at most, at an equal share", ErrRange, lo, hi)
	}
	if len(weights) > MaxAccounts {
		return nil, fmt.Errorf("rotation: %w: %d weights are more than %d", ErrFull, len(weights), MaxAccounts)
	}
	w := water{weights: weights, lo: lo, hi: hi, held: make([]int64, len(weights))}
	for i, x := range weights {
		switch {
		case x < 0 || x > MaxWeight:
			return nil, fmt.Errorf("rotation: weight %d: %w: %d is not within 0..%d", i, ErrWeight, x, int64(MaxWeight))
		case x == 0:
			w.held[i] = idle
		default:
			w.n++
			w.free += x
		}
	}
	w.rest = w.n * One
	for w.hold() {
	}
	if !w.moved {
		return slices.Clone(weights), nil
	}
	if a, ok := w.exact(); ok {
		return a, nil
	}
	return w.rounded(), nil
}

// water is the state of one filling. Shares are in millionths of an equal share,
// so that all of them sum to n·One.
type water struct {
	weights []int64
	lo, hi  int64
	held    []int64 // 0 while free, else one of the marks below
	n       int64   // weights above 0
	free    int64   // Σ weights that no limit holds
	rest    int64   // what those share
	moved   bool
}

const (
	atLo = iota + 1
	atHi
	idle
)

// hold is one round: it sets those shares to their limit that are certain to end
// there, and reports whether there were any. If raising the low ones needs more
// than cutting the high ones yields, the others can only get less, so the low
// ones stay low; and the other way round.
func (w *water) hold() bool {
	var missing, surplus Credit
	low, high := creditOf(w.lo).mulSmall(uint64(w.free)), creditOf(w.hi).mulSmall(uint64(w.free))
	for i, x := range w.weights {
		if w.held[i] != 0 {
			continue
		}
		share := creditOf(x).mulSmall(uint64(w.rest)) // times free
		if share.less(low) {
			missing = missing.add(low.sub(share))
		}
		if high.less(share) {
			surplus = surplus.add(share.sub(high))
		}
	}
	if missing == (Credit{}) && surplus == (Credit{}) {
		return false
	}
	w.moved = true
	free, rest := w.free, w.rest
	for i, x := range w.weights {
		if w.held[i] != 0 {
			continue
		}
		share := creditOf(x).mulSmall(uint64(rest))
		switch {
		case share.less(low) && !missing.less(surplus):
			w.held[i], w.rest = atLo, w.rest-w.lo
		case high.less(share) && !surplus.less(missing):
			w.held[i], w.rest = atHi, w.rest-w.hi
		default:
			continue
		}
		free -= x
	}
	w.free = free
	return free > 0
}

// exact is weights in the exact proportion of the shares: weight·rest for those
// who are free and limit·free for those who are not, without common factors. It
// reports false when they do not fit.
func (w *water) exact() ([]int64, bool) {
	common := w.commonFactor()
	free, rest, limits := max(1, w.free/max(1, common)), w.rest, int64(0)
	for _, h := range w.held {
		limits = gcd(limits, w.limit(h))
	}
	if w.free > 0 {
		limits = gcd(limits, rest)
		g := gcd(rest/limits, free)
		rest, free = rest/limits/g, free/g
	}
	a := make([]int64, len(w.weights))
	for i, x := range w.weights {
		p, q := w.limit(w.held[i])/limits, free
		switch w.held[i] {
		case idle:
			continue
		case 0:
			p, q = x/common, rest
		}
		hi, lo := bits.Mul64(uint64(p), uint64(q))
		if hi != 0 || lo > MaxWeight {
			return nil, false
		}
		a[i] = int64(lo)
	}
	return a, true
}

// commonFactor is the greatest common divisor of the weights that are free.
func (w *water) commonFactor() (g int64) {
	for i, x := range w.weights {
		if w.held[i] == 0 {
			g = gcd(g, x)
		}
	}
	return g
}

func (w *water) limit(held int64) int64 {
	switch held {
	case atLo:
		return w.lo
	case atHi:
		return w.hi
	}
	return 0
}

// rounded is exact with every free share rounded down to a unit. That lowers the
// sum, so those at the upper limit, and whoever is a unit below it, follow until
// the limit holds for the sum that there is.
func (w *water) rounded() []int64 {
	scale := MaxWeight / w.hi // units to a millionth of an equal share
	a := make([]int64, len(w.weights))
	var sum int64
	for i, x := range w.weights {
		switch w.held[i] {
		case 0:
			// With lo = 0 a share may be less than a unit, and stays above 0 all the same.
			a[i] = max(1, int64(creditOf(x).mulSmall(uint64(w.rest)*uint64(scale)).divSmall(uint64(w.free)).lo))
		default:
			a[i] = w.limit(w.held[i]) * scale
		}
		sum += a[i]
	}
	for {
		most := int64(creditOf(sum).mulSmall(uint64(w.hi)).divSmall(uint64(w.n) * One).lo)
		before := sum
		for i, x := range a {
			if x > most {
				a[i] = most
				sum -= x - most
			}
		}
		if sum == before {
			return a
		}
	}
}

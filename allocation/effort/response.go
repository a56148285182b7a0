package effort

import (
	"math"
	"sort"
)

// Limits of what is computed with.
const (
	// MaxUnits is the most effort of one item.
	MaxUnits = 1 << 50
	// MaxReturn is the largest return, and sum of returns, scaled; and the
	// largest budget.
	MaxReturn = 1 << 61
)

// Response is what an item returns for each number of units, in integers: a
// first return, and what each further unit adds, never more than the unit
// before. It is immutable.
type Response struct {
	from  int64
	base  int64   // return of from units
	end   []int64 // of each piece, rising
	unit  []int64 // what each unit of the piece adds, falling
	value []int64 // return at the end of the piece

	// Deviation is the most by which Value differs from the curve it was made
	// of, scaled and rounded up; for an envelope, where it is not above the
	// curve on purpose.
	Deviation int64

	curve Curve // where Value is an envelope above it; else nil
	scale float64
}

// Window says which part of a curve is sampled, and how.
type Window struct {
	// From and To are the least and the most units that can be asked for, at
	// most MaxUnits. The response says nothing of more. From defaults to 0.
	From, To int64
	// Scale is how many integers make one of the curve's returns: 100 gives
	// money in cents. What each unit adds is rounded to such integers.
	// Defaults to 1.
	Scale float64
	// Envelope takes the concave envelope of a curve whose returns grow
	// somewhere, instead of refusing it with ErrShape.
	Envelope bool
}

// Sample makes integers of a curve. What a unit adds is rounded to the nearest
// integer, so that a Scale well above 1 is wise; Deviation says what that and
// the straight pieces amount to. The sampling takes a few hundred to a few
// thousand pieces however wide the window is, and O(pieces) time. The
// integers depend on the machine's exponential function in their last digits;
// what is computed from them does not depend on any machine.
func Sample(c Curve, w Window) (*Response, error) {
	if w.Scale == 0 {
		w.Scale = 1
	}
	switch {
	case w.From < 0 || w.To < w.From || w.To > MaxUnits:
		return nil, refused(ErrInput, "a window of %d to %d units", w.From, w.To)
	case !finite(w.Scale) || w.Scale < 0:
		return nil, refused(ErrInput, "a scale of %v", w.Scale)
	}
	ks, err := c.sample(w.From, w.To, w.Envelope)
	if err != nil {
		return nil, err
	}
	for k, v := range ks.value {
		if !finite(v) || math.Abs(v*w.Scale) > MaxReturn/2 {
			return nil, refused(ErrTooLarge, "%d units return %g, scaled by %g", ks.effort[k], v, w.Scale).maybe("a smaller scale")
		}
	}
	r := &Response{from: w.From, base: round(ks.value[0] * w.Scale)}
	off := math.Abs(float64(r.base) - ks.value[0]*w.Scale)
	last, sum := int64(MaxReturn), r.base
	for k := 1; k < len(ks.effort); k++ {
		last = min(last, round(ks.slope(k-1, k)*w.Scale))
		sum += last * (ks.effort[k] - ks.effort[k-1])
		r.piece(ks.effort[k], last, sum)
		off = max(off, math.Abs(float64(sum)-ks.value[k]*w.Scale))
	}
	r.Deviation = int64(math.Ceil(off + ks.gap*w.Scale))
	if ks.hulled {
		r.curve, r.scale = c, w.Scale
	}
	return r, nil
}

// piece adds units that bring the same each.
func (r *Response) piece(end, unit, value int64) {
	if n := len(r.end) - 1; n >= 0 && r.unit[n] == unit {
		r.end[n], r.value[n] = end, value
		return
	}
	r.end, r.unit, r.value = append(r.end, end), append(r.unit, unit), append(r.value, value)
}

// Tabulate makes a response of the return of each number of units from the
// first on: of from, from+1, … units. It is exact. A table whose returns do not
// diminish is ErrShape, which names the rows.
func Tabulate(from int64, returns []int64) (*Response, error) {
	if len(returns) == 0 || from < 0 || from > MaxUnits-int64(len(returns)) {
		return nil, refused(ErrInput, "%d returns from %d units on", len(returns), from)
	}
	r := &Response{from: from, base: returns[0]}
	for k, v := range returns {
		if v > MaxReturn/2 || v < -MaxReturn/2 {
			return nil, refused(ErrTooLarge, "a return of %d", v).rows(k)
		}
		if k == 0 {
			continue
		}
		unit := v - returns[k-1]
		if n := len(r.unit); n > 0 && unit > r.unit[n-1] {
			return nil, refused(ErrShape, "unit %d brings %d, and the one before %d", from+int64(k), unit, r.unit[n-1]).rows(k - 1)
		}
		r.piece(from+int64(k), unit, v)
	}
	return r, nil
}

// From and To bound the units that the response knows of.
func (r *Response) From() int64 { return r.from }

// To is the most units that the response knows of.
func (r *Response) To() int64 {
	if n := len(r.end); n > 0 {
		return r.end[n-1]
	}
	return r.from
}

// Pieces is the number of stretches within which each unit brings the same.
func (r *Response) Pieces() int { return len(r.end) }

// Value is the return of x units, From() ≤ x ≤ To(). O(log pieces).
func (r *Response) Value(x int64) int64 {
	k := r.at(x)
	if k == len(r.end) {
		if k == 0 {
			return r.base
		}
		return r.value[k-1]
	}
	return r.value[k] - (r.end[k]-x)*r.unit[k]
}

// Marginal is what the x-th unit adds, From() < x ≤ To(). O(log pieces).
func (r *Response) Marginal(x int64) int64 { return r.unit[r.at(x)] }

// at is the piece that the x-th unit belongs to.
func (r *Response) at(x int64) int {
	return sort.Search(len(r.end), func(k int) bool { return r.end[k] >= x })
}

// above is how many units the item takes when a unit costs price: all that
// bring more, counted from none. O(log pieces).
func (r *Response) above(price int64) int64 {
	k := sort.Search(len(r.unit), func(k int) bool { return r.unit[k] <= price })
	if k == 0 {
		return r.from
	}
	return r.end[k-1]
}

// Envelope reports whether the response is, somewhere, above the curve it was
// made of.
func (r *Response) Envelope() bool { return r.curve != nil }

// Actual is what x units return on the curve itself. It differs from Value
// where that is an envelope above it, and is less there by more than Deviation.
func (r *Response) Actual(x int64) int64 {
	value := r.Value(x)
	if r.curve == nil {
		return value
	}
	if actual := round(r.curve.At(float64(x)) * r.scale); actual < value-r.Deviation {
		return actual
	}
	return value
}

func round(x float64) int64 { return int64(math.RoundToEven(x)) }

// top is the largest return there is.
func (r *Response) top() int64 { return r.Value(r.above(0)) }

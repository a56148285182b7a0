package effort

import (
	"fmt"
	"math"
)

// knots are efforts with their returns, between which a response is straight.
type knots struct {
	effort []int64
	value  []float64
	// gap is the most by which the curve is above the lines, in returns.
	gap float64
	// hulled says that some lines are above the curve.
	hulled bool
}

func (ks *knots) add(effort int64, value float64) {
	ks.effort, ks.value = append(ks.effort, effort), append(ks.value, value)
}

func (ks *knots) slope(i, j int) float64 {
	return (ks.value[j] - ks.value[i]) / float64(ks.effort[j]-ks.effort[i])
}

// hull leaves the knots of the concave envelope: the others are below a line
// between two that stay.
func (ks *knots) hull() {
	var up knots
	for k := range ks.effort {
		for n := len(up.effort); n >= 2; n = len(up.effort) {
			up.add(ks.effort[k], ks.value[k])
			if up.slope(n-1, n) <= up.slope(n-2, n-1) {
				up.effort, up.value = up.effort[:n], up.value[:n]
				break
			}
			up.effort, up.value = up.effort[:n-1], up.value[:n-1]
			up.hulled = true
		}
		up.add(ks.effort[k], ks.value[k])
	}
	*ks = up
}

// fineness is the part of a curve's rise by which lines may leave it, and noise
// the part of its returns below which a difference is rounding.
const (
	fineness = 1e-7
	noise    = 1e-14
)

// sample makes knots of a curve: at every unit where a line over several would
// leave the curve by more than fineness. Where returns still grow, the envelope
// is the line from the first unit to where it touches the curve.
func (c *Parametric) sample(from, to int64, envelope bool) (knots, error) {
	var ks knots
	first, last := c.At(float64(from)), c.At(float64(to))
	ks.add(from, first)
	if !finite(first) || !finite(last) {
		ks.add(to, last) // which Sample refuses
		return ks, nil
	}
	if touch := c.touching(from, to); touch > from+1 {
		if !envelope {
			return ks, c.grows()
		}
		ks.hulled = true
		ks.add(touch, c.At(float64(touch)))
		from = touch
	}
	tolerance := max(fineness*(last-first), noise*max(math.Abs(last), math.Abs(c.base)))
	c.refine(&ks, from, to, tolerance)
	return ks, nil
}

// grows refuses a curve whose returns grow within a window.
func (c *Parametric) grows() error {
	detail := fmt.Sprintf("%v: each unit brings more than the one before", c)
	if inflection := c.Inflection(); !math.IsInf(inflection, 1) {
		detail += fmt.Sprintf(" up to an effort of %.4g", inflection)
	}
	return refused(ErrShape, "%s", detail).maybe("allow the concave envelope, which bounds the loss")
}

// touching is the effort up to which the line from the first unit is the
// envelope, which is the first unit itself where whole units diminish. The
// slope of such lines rises and then falls, and does not fall before the
// inflection.
func (c *Parametric) touching(from, to int64) int64 {
	inflection := c.Inflection()
	if inflection <= float64(from) || to <= from+1 {
		return min(from+1, to)
	}
	start := c.At(float64(from))
	slope := func(x int64) float64 { return (c.At(float64(x)) - start) / float64(x-from) }
	first := max(from+1, int64(min(float64(to), math.Floor(inflection))))
	return lowest(first, to, func(x int64) bool { return slope(x+1) <= slope(x) })
}

// refine adds the knots after from, where the returns of whole units diminish.
// There a line is nowhere, at a whole unit, further below the curve than twice
// what it is in its middle.
func (c *Parametric) refine(ks *knots, from, to int64, tolerance float64) {
	if to == from {
		return
	}
	middle := from + (to-from)/2
	y, z := c.At(float64(from)), c.At(float64(to))
	line := y + (z-y)*(float64(middle-from)/float64(to-from))
	below := 2 * (c.At(float64(middle)) - line)
	if to-from == 1 || !(below > tolerance) { // whatever is no number ends it
		if to-from > 1 {
			ks.gap = max(ks.gap, below)
		}
		ks.add(to, z)
		return
	}
	c.refine(ks, from, middle, tolerance)
	c.refine(ks, middle, to, tolerance)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// close64 reports whether two numbers differ by no more than a sum of roundings.
func close64(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b)) }

package effort

import (
	"fmt"
	"slices"
)

// Point is what an amount of effort returns.
type Point struct {
	Effort int64
	Return float64
}

// Points is a curve through points, a straight line between any two: what
// CALLPLAN's users fill in, or what was measured. It ends at its last point.
type Points struct {
	points []Point // by effort
	row    []int   // of the points as given
}

// NewPoints makes a curve of points in any order, two at least. The error is
// ErrInput and names the rows.
func NewPoints(points []Point) (*Points, error) {
	if len(points) < 2 {
		return nil, refused(ErrInput, "a curve needs two points at least, and has %d", len(points))
	}
	c := &Points{}
	for i := range points {
		c.row = append(c.row, i)
	}
	slices.SortStableFunc(c.row, func(a, b int) int { return int(min(1, max(-1, points[a].Effort-points[b].Effort))) })
	for _, i := range c.row {
		c.points = append(c.points, points[i])
	}
	for k, p := range c.points {
		switch {
		case p.Effort < 0 || p.Effort > MaxUnits:
			return nil, refused(ErrInput, "an effort of %d", p.Effort).rows(c.row[k])
		case !finite(p.Return):
			return nil, refused(ErrInput, "a return of %v", p.Return).rows(c.row[k])
		case k > 0 && c.points[k-1].Effort == p.Effort:
			return nil, refused(ErrInput, "two returns for an effort of %d", p.Effort).rows(c.row[k-1], c.row[k])
		}
	}
	return c, nil
}

// At is the return of x units; outside of the points that of the nearest.
func (c *Points) At(x float64) float64 {
	k, _ := slices.BinarySearchFunc(c.points, x, func(p Point, x float64) int {
		if float64(p.Effort) < x {
			return -1
		}
		return 1
	})
	switch k {
	case 0:
		return c.points[0].Return
	case len(c.points):
		return c.points[k-1].Return
	}
	p, q := c.points[k-1], c.points[k]
	return p.Return + (q.Return-p.Return)*((x-float64(p.Effort))/float64(q.Effort-p.Effort))
}

// First and Last are the efforts of the outermost points.
func (c *Points) First() int64 { return c.points[0].Effort }

// Last is the effort at which the curve ends.
func (c *Points) Last() int64 { return c.points[len(c.points)-1].Effort }

// Times is a curve with every return multiplied, as by a margin: 0 or more.
func (c *Points) Times(factor float64) *Points {
	by := &Points{points: slices.Clone(c.points), row: c.row}
	for i := range by.points {
		by.points[i].Return *= factor
	}
	return by
}

// slope is the return of a unit between two points.
func slope(p, q Point) float64 { return (q.Return - p.Return) / float64(q.Effort-p.Effort) }

// Rising are the points at which the return of a unit becomes larger than it
// was before, as rows: none where returns diminish.
func (c *Points) Rising() []int {
	var rows []int
	for k := 1; k+1 < len(c.points); k++ {
		// A difference that is the rounding of the slopes is none.
		before, after := slope(c.points[k-1], c.points[k]), slope(c.points[k], c.points[k+1])
		if after > before && !close64(before, after) {
			rows = append(rows, c.row[k])
		}
	}
	return rows
}

// sample takes the points themselves, and where the window ends between two
// the values there.
func (c *Points) sample(from, to int64, envelope bool) (knots, error) {
	if from < c.First() || to > c.Last() {
		return knots{}, refused(ErrInput, "the points say nothing of efforts from %d to %d: they run from %d to %d", from, to, c.First(), c.Last())
	}
	if rows := c.Rising(); len(rows) > 0 && !envelope {
		k := slices.Index(c.row, rows[0])
		at := c.points[k].Effort
		detail := fmt.Sprintf("a unit brings %.6g up to an effort of %d, and %.6g after it", slope(c.points[k-1], c.points[k]), at, slope(c.points[k], c.points[k+1]))
		if more := len(rows) - 1; more > 0 {
			detail += fmt.Sprintf("; likewise at %d more", more)
		}
		return knots{}, refused(ErrShape, "%s", detail).maybe("allow the concave envelope, which bounds the loss").rows(rows...)
	}
	var ks knots
	ks.add(from, c.At(float64(from)))
	for _, p := range c.points {
		if p.Effort > from && p.Effort < to {
			ks.add(p.Effort, p.Return)
		}
	}
	if to > from {
		ks.add(to, c.At(float64(to)))
	}
	if envelope {
		ks.hull()
	}
	return ks, nil
}

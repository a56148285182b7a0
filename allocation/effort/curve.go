package effort

import (
	"fmt"
	"math"
	"strings"
)

// Curve is what an item returns at each effort, in real numbers: a Parametric
// or Points. Sample makes of it the integers that are allocated.
type Curve interface {
	// At is the return of x units of effort, x at or above 0.
	At(x float64) float64
	// sample makes the knots between which a response is a straight line; with
	// envelope those of the concave envelope.
	sample(from, to int64, envelope bool) (knots, error)
}

// kind is a family of curves: base + rise · shape(x), shape(0) = 0, shape
// rising in x.
type kind struct {
	name string
	// parameters as people write them, those of the shape last.
	parameters []string
	// split makes base, rise and the parameters of the shape of them; join is
	// its inverse.
	split func(p []float64) (base, rise float64, theta []float64)
	join  func(base, rise float64, theta []float64) []float64
	shape func(x float64, theta []float64) float64
	// inflection is the effort up to which returns per unit grow; 0 where they
	// never do, +Inf where they always do.
	inflection func(theta []float64) float64
	// unfold makes the shape's parameters of what the least squares search
	// over: logarithms, with the largest effort seen as the unit. search are
	// its bounds.
	unfold func(u []float64, scale float64) []float64
	search [][2]float64
	// exponent says that returns diminish up to 1 of the shape's first
	// parameter. A fit within 1e-6 of 1 is 1.
	exponent bool
}

// kinds is the table of all parametric curves. A new one is a file with one
// kind and a line here.
var kinds = []*kind{&adbudg, &power, &exponential, &logarithm}

// Kinds lists the names of the parametric curves.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Parameters lists the parameters of a kind in the order in which NewCurve
// takes them; nil for a name that is none of Kinds.
func Parameters(kind string) []string {
	if k := find(kind); k != nil {
		return k.parameters
	}
	return nil
}

func find(name string) *kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// Parametric is a curve of one of Kinds.
type Parametric struct {
	kind  *kind
	base  float64
	rise  float64
	theta []float64
}

// NewCurve makes a curve of a kind and its Parameters. The error is ErrInput.
func NewCurve(kind string, parameters ...float64) (*Parametric, error) {
	k := find(kind)
	if k == nil {
		return nil, refused(ErrInput, "there is no curve %q", kind).maybe("%s", strings.Join(Kinds(), ", "))
	}
	if len(parameters) != len(k.parameters) {
		return nil, refused(ErrInput, "%s has %d parameters, not %d", kind, len(k.parameters), len(parameters)).maybe("%s", strings.Join(k.parameters, ", "))
	}
	base, rise, theta := k.split(parameters)
	for i, p := range parameters {
		if math.IsNaN(p) || math.IsInf(p, 0) {
			return nil, refused(ErrInput, "%s of %s is %v", k.parameters[i], kind, p)
		}
	}
	if rise < 0 {
		return nil, refused(ErrInput, "%s: the return falls by %g as effort rises", kind, -rise)
	}
	for i, t := range theta {
		if t <= 0 {
			return nil, refused(ErrInput, "%s of %s is %g, which is not above 0", k.parameters[len(k.parameters)-len(theta)+i], kind, t)
		}
	}
	return &Parametric{k, base, rise, theta}, nil
}

// At is the return of x units.
func (c *Parametric) At(x float64) float64 { return c.base + c.rise*c.kind.shape(x, c.theta) }

// Kind is the curve's name.
func (c *Parametric) Kind() string { return c.kind.name }

// Parameters are the curve's own, in the order of Parameters(c.Kind()).
func (c *Parametric) Parameters() []float64 { return c.kind.join(c.base, c.rise, c.theta) }

// Inflection is the effort up to which each unit brings more than the one
// before; 0 where returns diminish from the first.
func (c *Parametric) Inflection() float64 { return c.kind.inflection(c.theta) }

// String is the curve with its parameters: power a 20, b 0.5, base 0.
func (c *Parametric) String() string {
	parts := make([]string, len(c.kind.parameters))
	for i, p := range c.Parameters() {
		if p == c.base && math.Abs(p) < 1e-9*c.rise {
			p = 0 // what a fit leaves of nothing
		}
		parts[i] = fmt.Sprintf("%s %.6g", c.kind.parameters[i], p)
	}
	return c.kind.name + " " + strings.Join(parts, ", ")
}

// Times is a curve with every return multiplied, as by a margin: 0 or more.
func (c *Parametric) Times(factor float64) *Parametric {
	return &Parametric{c.kind, c.base * factor, c.rise * factor, c.theta}
}

// What the kinds with a, b and base have in common.
var abBase = []string{"base", "a", "b"}

func splitAB(p []float64) (base, rise float64, theta []float64) { return p[0], p[1], p[2:] }

func joinAB(base, rise float64, theta []float64) []float64 { return []float64{base, rise, theta[0]} }

func always(inflection float64) func([]float64) float64 {
	return func([]float64) float64 { return inflection }
}

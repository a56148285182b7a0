package effort

import (
	"math"
	"slices"
)

// Observation is a row of history: what was done, and what came of it.
type Observation struct{ Effort, Return float64 }

// Fit is a curve with how well it describes what it was made of.
type Fit struct {
	Curve *Parametric
	// Residuals are observed less curve, in the order of the observations.
	Residuals []float64
	// RMS is the root of the mean squared residual, in returns.
	RMS float64
	// R2 is the part of the variance that the curve accounts for, at most 1;
	// 1 when the returns do not vary at all.
	R2 float64
}

// FitOptions holds parameters fast.
type FitOptions struct {
	// Base is what no effort returns (low, for adbudg). Defaults to fitted.
	Base *float64
}

// FitCurve finds the curve of a kind with the least sum of squared residuals.
// History is what was observed, not what effort caused: if effort was put where
// sales were high anyway, the curve says too much.
//
// Where no return is below 0, neither is what no effort returns.
//
// Base and rise enter linearly and are solved for, whatever the shape is
// (variable projection, G. H. Golub and V. Pereyra 1973); the one or two
// parameters of the shape are searched on a grid of logarithms and then by
// Levenberg and Marquardt's method, from the best three points of the grid.
// Deterministic; O(observations) a step, a few hundred steps.
//
// ErrInput: too few different efforts for the parameters, or a number that is
// none. ErrShape: returns fall as effort rises.
func FitCurve(kind string, observed []Observation, o FitOptions) (*Fit, error) {
	k := find(kind)
	if k == nil {
		_, err := NewCurve(kind)
		return nil, err
	}
	p := &projection{kind: k, observed: observed, base: o.Base}
	if err := p.check(); err != nil {
		return nil, err
	}
	starts := p.grid()
	slices.SortStableFunc(starts, func(a, b projected) int { return cmpFloat(a.squares, b.squares) })
	best := starts[0]
	for _, s := range starts[:min(3, len(starts))] {
		if s = p.descend(s); s.squares < best.squares {
			best = s
		}
	}
	if best.rise < 0 || best.rise == 0 && p.spread() > 0 {
		return nil, refused(ErrShape, "returns do not rise with effort in these %d rows", len(observed)).
			maybe("something else decided both; give the curve, or a judgement, instead")
	}
	return p.fit(best), nil
}

// FitBest fits every kind and takes the one that leaves least, the number of
// its parameters considered: the least residual variance, squares over
// observations less parameters. A kind with as many parameters as there are
// observations passes through all of them and says nothing, so it is taken only
// where there is no other; so are curves whose returns grow somewhere, if growing
// allows them at all. Errors are those of FitCurve, and ErrShape where returns
// grow in every fit.
func FitBest(observed []Observation, o FitOptions, growing bool) (*Fit, error) {
	var best *Fit
	var least [3]float64 // grows, says nothing, variance: the first that differs decides
	var last error
	for _, k := range kinds {
		f, err := FitCurve(k.name, observed, o)
		if err == nil && f.Curve.Inflection() > 0 && !growing {
			err = refused(ErrShape, "returns grow in the rows: %v", f.Curve).maybe("allow the concave envelope, which bounds the loss")
		}
		if err != nil {
			last = err
			continue
		}
		free := len(observed) - len(k.parameters)
		rank := [3]float64{bit(f.Curve.Inflection() > 0), bit(free < 1), dot(f.Residuals, f.Residuals) / float64(max(free, 1))}
		if best == nil || slices.Compare(rank[:], least[:]) < 0 {
			best, least = f, rank
		}
	}
	if best == nil {
		return nil, last
	}
	return best, nil
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// projection is a least squares problem in the parameters of the shape alone.
type projection struct {
	kind     *kind
	observed []Observation
	base     *float64 // held fast; nil: fitted
	scale    float64  // the largest effort
	positive bool     // no return is below 0
}

// projected is the best curve for some parameters of the shape.
type projected struct {
	u          []float64 // logarithms of the shape's parameters
	base, rise float64
	residuals  []float64
	squares    float64
}

func (p *projection) check() error {
	p.positive = true
	efforts := map[float64]bool{}
	for i, o := range p.observed {
		if !finite(o.Effort) || !finite(o.Return) || o.Effort < 0 {
			return refused(ErrInput, "an effort of %v with a return of %v", o.Effort, o.Return).rows(i)
		}
		efforts[o.Effort] = true
		p.scale = max(p.scale, o.Effort)
		p.positive = p.positive && o.Return >= 0
	}
	need := len(p.kind.parameters)
	if p.base != nil {
		need--
	}
	if len(efforts) < need {
		return refused(ErrInput, "%s needs %d different efforts, and the history has %d", p.kind.name, need, len(efforts))
	}
	return nil
}

// grid tries the shape at evenly spread logarithms.
func (p *projection) grid() []projected {
	const steps = 24
	starts := [][]float64{nil}
	for _, bounds := range p.kind.search {
		var more [][]float64
		for _, u := range starts {
			for s := range steps + 1 {
				more = append(more, append(slices.Clone(u), bounds[0]+(bounds[1]-bounds[0])*float64(s)/steps))
			}
		}
		starts = more
	}
	all := make([]projected, len(starts))
	for i, u := range starts {
		all[i] = p.at(u)
	}
	return all
}

// at solves for base and rise.
func (p *projection) at(u []float64) projected {
	theta := p.kind.unfold(u, p.scale)
	shape := make([]float64, len(p.observed))
	var n, sx, sy float64
	for i, o := range p.observed {
		shape[i] = p.kind.shape(o.Effort, theta)
		n, sx, sy = n+1, sx+shape[i], sy+o.Return
	}
	out := projected{u: u}
	if p.base == nil {
		out.base, out.rise = p.line(shape, sx/n, sy/n)
	}
	if p.base != nil {
		out.base, out.rise = p.line(shape, 0, *p.base)
	} else if out.base < 0 && p.positive {
		out.base, out.rise = p.line(shape, 0, 0)
	}
	for i, o := range p.observed {
		r := o.Return - out.base - out.rise*shape[i]
		out.residuals = append(out.residuals, r)
		out.squares += r * r
	}
	if math.IsNaN(out.squares) {
		out.squares = math.Inf(1)
	}
	return out
}

// line is the best base and rise of those that pass through a point.
func (p *projection) line(shape []float64, x, y float64) (base, rise float64) {
	var xx, xy float64
	for i, o := range p.observed {
		xx += (shape[i] - x) * (shape[i] - x)
		xy += (shape[i] - x) * (o.Return - y)
	}
	if xx > 0 {
		rise = xy / xx
	}
	return y - rise*x, rise
}

// descend is Levenberg and Marquardt's method: steps between Newton's and the
// steepest descent's, nearer to Newton's while they succeed.
func (p *projection) descend(from projected) projected {
	damping := 1e-3
	for step := 0; step < 200 && from.squares > 0 && damping < 1e12; step++ {
		next := p.at(p.step(from, damping))
		if next.squares < from.squares {
			from, damping = next, damping/10
		} else {
			damping *= 4
		}
	}
	return from
}

// step solves (JᵀJ + damping·diag)·s = −Jᵀr for one or two parameters, the
// derivatives taken by differences, and stays within the bounds.
func (p *projection) step(from projected, damping float64) []float64 {
	const h = 1e-6
	m := len(from.u)
	var a [2][2]float64
	var g [2]float64
	var jacobian [2][]float64
	for j := range m {
		up, down := slices.Clone(from.u), slices.Clone(from.u)
		up[j], down[j] = up[j]+h, down[j]-h
		plus, minus := p.at(up).residuals, p.at(down).residuals
		for i := range plus {
			jacobian[j] = append(jacobian[j], (plus[i]-minus[i])/(2*h))
		}
	}
	for j := range m {
		for l := range m {
			a[j][l] = dot(jacobian[j], jacobian[l])
		}
		g[j] = -dot(jacobian[j], from.residuals)
		a[j][j] *= 1 + damping
	}
	u := slices.Clone(from.u)
	if m == 1 {
		u[0] += quotient(g[0], a[0][0])
	} else {
		det := a[0][0]*a[1][1] - a[0][1]*a[1][0]
		u[0] += quotient(g[0]*a[1][1]-g[1]*a[0][1], det)
		u[1] += quotient(g[1]*a[0][0]-g[0]*a[1][0], det)
	}
	for j, bounds := range p.kind.search {
		u[j] = min(max(u[j], bounds[0]), bounds[1])
	}
	return u
}

func (p *projection) fit(best projected) *Fit {
	theta := p.kind.unfold(best.u, p.scale)
	if p.kind.exponent && math.Abs(theta[0]-1) < 1e-6 {
		theta[0] = 1
	}
	f := &Fit{
		Curve:     &Parametric{p.kind, best.base, best.rise, theta},
		Residuals: best.residuals,
		RMS:       math.Sqrt(best.squares / float64(len(p.observed))),
		R2:        1,
	}
	if spread := p.spread(); spread > 0 {
		f.R2 = 1 - best.squares/spread
	}
	return f
}

// spread is the sum of squares about the mean.
func (p *projection) spread() float64 {
	var mean, squares float64
	for _, o := range p.observed {
		mean += o.Return / float64(len(p.observed))
	}
	for _, o := range p.observed {
		squares += (o.Return - mean) * (o.Return - mean)
	}
	return squares
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func quotient(a, b float64) float64 {
	if b == 0 || !finite(a/b) {
		return 0
	}
	return a / b
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

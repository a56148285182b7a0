package effort

import "math"

// Judgement is what those who know an item expect of it, in answer to the
// questions that Little's ADBUDG (1970) and Lodish's CALLPLAN (1971) ask: what
// will it return without effort, with half of the present, with the present,
// with half as much again, and with all that could be of use? All are returns
// in one unit.
type Judgement struct {
	Effort     float64 // the present one, above 0
	None       float64 // return without effort
	Half       *float64
	Now        float64
	More       *float64 // return with 50 % more; of Half and More one at least is needed
	Saturation float64
}

// Curve is the adbudg curve through the judgement: low is None, high is
// Saturation, and it passes through Now. One of Half and More determines the
// rest exactly, as in ADBUDG; with both, c has the least squared error in
// ln((y − low)/(high − y)), in which the curve is a straight line over ln x.
// The residuals are those of Half and More, as far as they were given.
//
// ErrInput: the returns are not in order, None < Half < Now < More < Saturation.
func (j Judgement) Curve() (*Fit, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	logit := func(y float64) float64 { return math.Log((y - j.None) / (j.Saturation - y)) }
	var xx, xy float64
	var asked []Observation
	for _, a := range []struct {
		of    float64
		value *float64
	}{{0.5, j.Half}, {1.5, j.More}} {
		if a.value != nil {
			x := math.Log(a.of)
			xx += x * x
			xy += x * (logit(*a.value) - logit(j.Now))
			asked = append(asked, Observation{a.of * j.Effort, *a.value})
		}
	}
	c := xy / xx
	// ln(x^c/d) is the logit, at the present effort that of Now.
	d := math.Exp(c*math.Log(j.Effort) - logit(j.Now))
	curve, err := NewCurve("adbudg", j.None, j.Saturation, c, d)
	if err != nil {
		return nil, err
	}
	f := &Fit{Curve: curve, R2: 1}
	for _, o := range asked {
		r := o.Return - curve.At(o.Effort)
		f.Residuals = append(f.Residuals, r)
		f.RMS += r * r / float64(len(asked))
	}
	f.RMS = math.Sqrt(f.RMS)
	if len(asked) == 2 {
		p := projection{observed: append(asked, Observation{j.Effort, j.Now})}
		f.R2 = 1 - f.RMS*f.RMS*2/p.spread()
	}
	return f, nil
}

func (j Judgement) check() error {
	if !finite(j.Effort) || j.Effort <= 0 {
		return refused(ErrInput, "the present effort is %v, and half of it is asked about", j.Effort)
	}
	if j.Half == nil && j.More == nil {
		return refused(ErrInput, "neither half of the present effort nor half as much again is judged")
	}
	last, before := "none", j.None
	for _, next := range []struct {
		name  string
		value *float64
	}{{"half", j.Half}, {"now", &j.Now}, {"more", j.More}, {"saturation", &j.Saturation}} {
		if next.value == nil {
			continue
		}
		if !(*next.value > before) || !finite(*next.value) { // NaN is not above anything
			return refused(ErrInput, "%s is %v, and %s is %v: more effort has to return more", last, before, next.name, *next.value)
		}
		last, before = next.name, *next.value
	}
	if !finite(j.None) {
		return refused(ErrInput, "none is %v", j.None)
	}
	return nil
}

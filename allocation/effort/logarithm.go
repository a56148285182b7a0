package effort

import "math"

// logarithm is base + a·ln(1 + b·x): no saturation, and each doubling of much
// effort brings the same.
var logarithm = kind{
	name:       "log",
	parameters: abBase,
	split:      splitAB,
	join:       joinAB,
	shape:      func(x float64, theta []float64) float64 { return math.Log1p(theta[0] * x) },
	inflection: always(0),
	unfold:     func(u []float64, scale float64) []float64 { return []float64{math.Exp(u[0]) / scale} },
	search:     [][2]float64{{-7, 14}},
}

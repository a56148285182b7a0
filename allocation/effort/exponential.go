package effort

import "math"

// exponential is base + a·(1 − e^(−b·x)), the modified exponential: each unit
// brings a constant fraction of what is still missing to the saturation at
// base + a.
var exponential = kind{
	name:       "exponential",
	parameters: abBase,
	split:      splitAB,
	join:       joinAB,
	shape:      func(x float64, theta []float64) float64 { return -math.Expm1(-theta[0] * x) },
	inflection: always(0),
	unfold:     func(u []float64, scale float64) []float64 { return []float64{math.Exp(u[0]) / scale} },
	search:     [][2]float64{{-7, 7}},
}

package effort

import "math"

// power is base + a·x^b: each one per cent of effort brings b per cent of what
// is above the base. Returns diminish for b below 1.
var power = kind{
	name:       "power",
	parameters: abBase,
	split:      splitAB,
	join:       joinAB,
	shape:      func(x float64, theta []float64) float64 { return math.Pow(x, theta[0]) },
	inflection: func(theta []float64) float64 {
		if theta[0] > 1 {
			return math.Inf(1)
		}
		return 0
	},
	unfold:   func(u []float64, _ float64) []float64 { return []float64{math.Exp(u[0])} },
	search:   [][2]float64{{-4, 1.5}},
	exponent: true,
}

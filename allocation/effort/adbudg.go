package effort

import "math"

// adbudg is low + (high − low)·x^c/(d + x^c), the response of J. D. C. Little's
// ADBUDG (1970) and of L. M. Lodish's CALLPLAN (1971): low without effort, high
// at saturation, half of the way at x = d^(1/c). Returns diminish from the
// first unit for c up to 1; above, the curve is shaped like an S.
var adbudg = kind{
	name:       "adbudg",
	parameters: []string{"low", "high", "c", "d"},
	split: func(p []float64) (base, rise float64, theta []float64) {
		return p[0], p[1] - p[0], p[2:]
	},
	join: func(base, rise float64, theta []float64) []float64 {
		return []float64{base, base + rise, theta[0], theta[1]}
	},
	shape: func(x float64, theta []float64) float64 {
		return 1 / (1 + theta[1]*math.Pow(x, -theta[0])) // 0 for x = 0
	},
	inflection: func(theta []float64) float64 {
		c, d := theta[0], theta[1]
		if c <= 1 {
			return 0
		}
		return math.Pow(d*(c-1)/(c+1), 1/c)
	},
	unfold: func(u []float64, scale float64) []float64 {
		c, half := math.Exp(u[0]), math.Exp(u[1])*scale
		return []float64{c, math.Pow(half, c)}
	},
	search:   [][2]float64{{-2.5, 2.5}, {-6, 3}},
	exponent: true,
}

package allocation

import "math"

// finestScale is the most decimals of scores.
const finestScale = 6

// scores turns what the policy prefers into integers with a number of decimals:
// as many as the numbers have, at most six, and fewer where the optimisation
// could not hold them, for which most is the largest difference it can. Pairs
// whose preference is unknown come just below the lowest that is known; where
// the rule has none, all are worth 0.
func (q *planPart) scores(most float64) (scores []int64, scale int) {
	values := make([]float64, len(q.pairs))
	low, high := math.Inf(1), math.Inf(-1)
	for i, pair := range q.pairs {
		if values[i] = pair.prefer; pair.stays {
			values[i] += q.p.o.Stay.Bonus
		}
		if !math.IsNaN(values[i]) {
			low, high = min(low, values[i]), max(high, values[i])
		}
	}
	scores = make([]int64, len(q.pairs))
	if low > high {
		return scores, 0
	}
	scale = scaleOf(values, most/2/max(high-low, math.Abs(low), math.Abs(high)))
	factor := math.Pow10(scale)
	for i, value := range values {
		if math.IsNaN(value) {
			scores[i] = int64(math.RoundToEven(float64(low*factor))) - 1
		} else {
			scores[i] = int64(math.RoundToEven(float64(value * factor)))
		}
	}
	return scores, scale
}

// scaleOf is the least number of decimals in which every value is whole, not
// more than six nor more than a largest factor allows. It is below zero where
// that is below one.
func scaleOf(values []float64, largest float64) int {
	scale := 0
	for scale < finestScale && !allWhole(values, math.Pow10(scale)) {
		scale++
	}
	for scale > -300 && math.Pow10(scale) > largest {
		scale--
	}
	return scale
}

func allWhole(values []float64, factor float64) bool {
	for _, value := range values {
		if x := float64(value * factor); x-math.RoundToEven(x) != 0 && !math.IsNaN(x) {
			return false
		}
	}
	return true
}

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
	low, high := math.Inf(1), math.Inf(-1)
	for i := range q.pairs {
		if value := q.worth(i); !math.IsNaN(value) {
			low, high = min(low, value), max(high, value)
		}
	}
	scores = make([]int64, len(q.pairs))
	if low > high {
		return scores, 0
	}
	scale = q.scaleWithin(most / 2 / max(high-low, math.Abs(low), math.Abs(high)))
	factor := math.Pow10(scale)
	unknown := int64(math.RoundToEven(float64(low*factor))) - 1
	for i := range q.pairs {
		scores[i] = unknown
		if value := q.worth(i); !math.IsNaN(value) {
			scores[i] = int64(math.RoundToEven(float64(value * factor)))
		}
	}
	return scores, scale
}

// worth is what a pair is worth, staying included; NaN when unknown.
func (q *planPart) worth(i int) float64 {
	if pair := &q.pairs[i]; !pair.stays {
		return pair.prefer
	}
	return q.pairs[i].prefer + q.p.o.Stay.Bonus
}

// scaleWithin is the least number of decimals in which every value is whole, not
// more than six nor more than a largest factor allows. It is below zero where
// that is below one.
func (q *planPart) scaleWithin(largest float64) int {
	scale := 0
	for scale < finestScale && !q.allWhole(math.Pow10(scale)) {
		scale++
	}
	for scale > -300 && math.Pow10(scale) > largest {
		scale--
	}
	return scale
}

func (q *planPart) allWhole(factor float64) bool {
	for i := range q.pairs {
		if x := float64(q.worth(i) * factor); x-math.RoundToEven(x) != 0 && !math.IsNaN(x) {
			return false
		}
	}
	return true
}

package solve

import (
	"math"
	"slices"
)

// How the prices of capacities are found.
const (
	priceSteps  = 400
	refineSteps = 300
	firstStep   = 0.5
	shrinkStep  = 0.9873 // to the power of priceSteps: 0.006
)

// prices returns a price for each rep's capacity, near those that solve the
// linear relaxation: each customer goes where cost and priced effort are least,
// prices rise where that is more than the capacity and fall where it is less,
// in proportion, by smaller and smaller steps. The best by the relaxation's
// value are kept. Cost: O(priceSteps × pairs).
//
// Products are converted before they are added, so that no machine fuses the
// two and every machine finds the same prices.
func (t *tasks) prices() []float64 {
	reps := len(t.capacity) - 1
	price, best := make([]float64, reps+1), make([]float64, reps+1)
	if t.customers() == 0 {
		return best
	}
	first := t.firstPrice()
	for r := range reps {
		price[r] = first
	}
	load := make([]float64, reps+1)
	bestValue := math.Inf(-1)
	step := firstStep
	for range priceSteps {
		if t.stopped() {
			break
		}
		value := t.relaxed(price, load)
		if value > bestValue {
			bestValue = value
			copy(best, price)
		}
		for r := range reps {
			over := 1.0
			if c := float64(t.capacity[r]); c > 0 {
				over = load[r]/c - 1
			} else if load[r] == 0 {
				over = 0
			}
			price[r] *= 1 + float64(step*min(2, max(-0.9, over)))
		}
		step *= shrinkStep
	}
	for _, above := range []float64{0.02, 0.002} {
		bestValue = t.refine(best, bestValue, bestValue+float64(above*math.Abs(bestValue)))
	}
	return best
}

// refine climbs from prices towards a value of the relaxation that is thought
// to be near the best, along the loads that are too much or too little; steps
// become shorter when they lead nowhere. It returns the value reached. (B. T.
// Polyak's step.)
func (t *tasks) refine(best []float64, bestValue, target float64) float64 {
	reps := len(t.capacity) - 1
	price, load, push := slices.Clone(best), make([]float64, reps+1), make([]float64, reps)
	step, failed := 1.0, 0
	for range refineSteps {
		if t.stopped() {
			break
		}
		value := t.relaxed(price, load)
		if value > bestValue {
			bestValue, failed = value, 0
			copy(best, price)
		} else if failed++; failed >= 10 {
			step, failed = float64(step*0.6), 0
			copy(price, best)
			clear(push)
			continue
		}
		norm := 0.0
		for r := range reps {
			push[r] = load[r] - float64(t.capacity[r]) + float64(0.6*push[r])
			norm += float64(push[r] * push[r])
		}
		if norm == 0 {
			break
		}
		length := float64(step*max(target-value, float64(1e-4*math.Abs(value)))) / norm
		for r := range reps {
			price[r] = max(0, price[r]+float64(length*push[r]))
		}
	}
	return bestValue
}

// firstPrice is a quarter of what one unit of effort moves in cost, on the mean.
func (t *tasks) firstPrice() float64 {
	sum := 0.0
	for i := range t.customers() {
		low, high, effort := math.Inf(1), math.Inf(-1), 1.0
		for e := t.start[i]; e < t.start[i+1]; e++ {
			low, high = min(low, float64(t.cost[e])), max(high, float64(t.cost[e]))
			effort = max(effort, float64(t.effort[e]))
		}
		sum += max(1e-3, high-low) / effort
	}
	return sum / float64(t.customers()) / 2
}

// relaxed fills in the loads when each customer goes where cost and priced
// effort are least, and returns the value of the relaxation.
func (t *tasks) relaxed(price, load []float64) float64 {
	clear(load)
	value := 0.0
	for r := range len(price) - 1 {
		value -= float64(price[r] * float64(t.capacity[r]))
	}
	for i := range t.customers() {
		at, least := int32(-1), math.Inf(1)
		for e := t.start[i]; e < t.start[i+1]; e++ {
			if c := float64(t.cost[e]) + float64(price[t.rep[e]]*float64(t.effort[e])); c < least {
				at, least = e, c
			}
		}
		value += least
		load[t.rep[at]] += float64(t.effort[at])
	}
	return value
}

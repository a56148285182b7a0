package apportion_test

import (
	"math"
	"math/big"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/apportion"
)

// divisorMethods are the methods with a divisor sequence; here d(k)²
// times 4, so that all of them are integers.
var divisorMethods = map[apportion.Method]func(k int64) *big.Int{
	apportion.Webster:        func(k int64) *big.Int { return square(plus(times(2, k), 1)) },
	apportion.DHondt:         func(k int64) *big.Int { return square(plus(times(2, k), 2)) },
	apportion.Adams:          func(k int64) *big.Int { return square(times(2, k)) },
	apportion.HuntingtonHill: func(k int64) *big.Int { return new(big.Int).Mul(times(4, k), plus(times(k), 1)) },
}

// divisorOrder fixes the order in which tests walk the map above.
var divisorOrder = []apportion.Method{apportion.Webster, apportion.DHondt, apportion.Adams, apportion.HuntingtonHill}

// inQuotaMethods promise the quota rounded down or up.
var inQuotaMethods = []apportion.Method{apportion.Hamilton, apportion.QuotaMethod}

func times(factors ...int64) *big.Int {
	p := big.NewInt(1)
	for _, f := range factors {
		p.Mul(p, big.NewInt(f))
	}
	return p
}

func plus(n *big.Int, add int64) *big.Int { return n.Add(n, big.NewInt(add)) }

func square(n *big.Int) *big.Int { return n.Mul(n, n) }

// higher compares w/d(k) with v/d(l) by their squares; infinities by weight.
func higher(d func(int64) *big.Int, w, k, v, l int64) int {
	dk, dl := d(k), d(l)
	if dk.Sign() == 0 && dl.Sign() == 0 {
		return big.NewInt(w).Cmp(big.NewInt(v))
	}
	return new(big.Int).Mul(times(w, w), dl).Cmp(new(big.Int).Mul(times(v, v), dk))
}

// slowDivisor hands out the total one by one, from the minimums up.
func slowDivisor(p apportion.Problem, d func(int64) *big.Int) []int64 {
	parts := make([]int64, len(p.Weights))
	left := p.Total
	for i := range parts {
		if p.Min != nil {
			parts[i] = p.Min[i]
			left -= p.Min[i]
		}
	}
	for ; left > 0; left-- {
		best := -1
		for i, w := range p.Weights {
			if w == 0 || p.Max != nil && parts[i] >= p.Max[i] {
				continue
			}
			if best < 0 || before(p, d, parts, i, best) {
				best = i
			}
		}
		parts[best]++
	}
	return parts
}

func before(p apportion.Problem, d func(int64) *big.Int, parts []int64, i, j int) bool {
	if c := higher(d, p.Weights[i], parts[i], p.Weights[j], parts[j]); c != 0 {
		return c > 0
	}
	return tiesFirst(p, i, j)
}

func tiesFirst(p apportion.Problem, i, j int) bool {
	if p.TieRank != nil && p.TieRank[i] != p.TieRank[j] {
		return p.TieRank[i] < p.TieRank[j]
	}
	return i < j
}

// slowQuotaMethod is the definition of 1975, unit by unit, without laps.
func slowQuotaMethod(p apportion.Problem) []int64 {
	parts := make([]int64, len(p.Weights))
	sum := sumOf(p.Weights)
	for h := int64(1); h <= p.Total; h++ {
		best := -1
		for i, w := range p.Weights {
			if w == 0 || times(parts[i], sum).Cmp(times(h, w)) >= 0 {
				continue // the upper quota of h leaves no room
			}
			if best < 0 || before(p, divisorMethods[apportion.DHondt], parts, i, best) {
				best = i
			}
		}
		parts[best]++
	}
	return parts
}

// slowQuotas finds the quotas under bounds by holding rows one by one: raise λ
// from zero through all levels at which a row reaches a bound.
func slowQuotas(p apportion.Problem) []*big.Rat {
	n := len(p.Weights)
	levels := []*big.Rat{new(big.Rat)}
	for i, w := range p.Weights {
		if w > 0 {
			levels = append(levels, big.NewRat(minOf(p, i), w), big.NewRat(maxOf(p, i), w))
		}
	}
	at := func(l *big.Rat) []*big.Rat {
		q := make([]*big.Rat, n)
		for i, w := range p.Weights {
			q[i] = new(big.Rat).Mul(l, big.NewRat(w, 1))
			if top := big.NewRat(maxOf(p, i), 1); w > 0 && q[i].Cmp(top) > 0 {
				q[i] = top
			}
			if bottom := big.NewRat(minOf(p, i), 1); q[i].Cmp(bottom) < 0 {
				q[i] = bottom
			}
		}
		return q
	}
	total := big.NewRat(p.Total, 1)
	// The sum of quotas is piecewise linear in λ between levels: interpolate
	// between the last level at or below the total and the first above.
	low, high := levels[0], (*big.Rat)(nil)
	for _, l := range levels {
		if sumRat(at(l)).Cmp(total) <= 0 {
			if l.Cmp(low) > 0 {
				low = l
			}
		} else if high == nil || l.Cmp(high) < 0 {
			high = l
		}
	}
	if high == nil {
		return at(low)
	}
	a, b := sumRat(at(low)), sumRat(at(high))
	step := new(big.Rat).Quo(new(big.Rat).Sub(total, a), new(big.Rat).Sub(b, a))
	l := new(big.Rat).Sub(high, low)
	return at(l.Add(low, l.Mul(l, step)))
}

func minOf(p apportion.Problem, i int) int64 {
	if p.Min == nil {
		return 0
	}
	return p.Min[i]
}

func maxOf(p apportion.Problem, i int) int64 {
	if p.Max == nil {
		return p.Total
	}
	return min(p.Max[i], p.Total)
}

func sumRat(list []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, r := range list {
		sum.Add(sum, r)
	}
	return sum
}

func sumOf(list []int64) int64 {
	var sum int64
	for _, n := range list {
		sum += n
	}
	return sum
}

// drawWeights draws 1 to 8 weights, at least one above zero; equal ones and
// zeros are frequent.
func drawWeights(t *rapid.T) []int64 {
	weights := rapid.SliceOfN(rapid.OneOf(
		rapid.Int64Range(0, 3), rapid.Int64Range(1, 100), rapid.SampledFrom([]int64{1, 10, 1000}),
	), 1, 8).Draw(t, "weights")
	if sumOf(weights) == 0 {
		weights[rapid.IntRange(0, len(weights)-1).Draw(t, "row with a weight")] = 1
	}
	return weights
}

// drawProblem draws a feasible problem, often with bounds and ranks for ties.
func drawProblem(t *rapid.T) apportion.Problem {
	p := apportion.Problem{Weights: drawWeights(t), Total: rapid.Int64Range(0, 300).Draw(t, "total")}
	n := len(p.Weights)
	if rapid.Bool().Draw(t, "ranked") {
		p.TieRank = drawRanks(t, n)
	}
	left := p.Total
	if rapid.Bool().Draw(t, "minimums") {
		p.Min = make([]int64, n)
		for i := range p.Min {
			p.Min[i] = rapid.Int64Range(0, min(left, 40)).Draw(t, "min")
			left -= p.Min[i]
		}
	}
	if rapid.Bool().Draw(t, "maximums") {
		p.Max = make([]int64, n)
		var room int64
		for i, w := range p.Weights {
			p.Max[i] = minOf(p, i) + rapid.Int64Range(0, 60).Draw(t, "room")
			if w > 0 {
				room += p.Max[i] - minOf(p, i)
			}
		}
		for i, w := range p.Weights {
			if w > 0 && room < left {
				p.Max[i] = math.MaxInt64
				break
			}
		}
	}
	return p
}

// drawRanks draws a different rank for each row.
func drawRanks(t *rapid.T, n int) []int64 {
	ranks := make([]int64, n)
	for i := range ranks {
		ranks[i] = int64(i)
	}
	return rapid.Permutation(ranks).Draw(t, "ranks")
}

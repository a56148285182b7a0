package fairness

import (
	"math"
	"slices"
)

// Shares is each amount as a part of the sum, which comes to 1; all 0 when there
// is nothing to share. Amounts are not negative; a NaN, an infinity or a negative
// amount counts as 0. Cost: O(n).
func Shares(amounts []float64) []float64 {
	clean, largest := cleaned(amounts)
	sum := 0.0
	for _, x := range clean {
		sum += x / largest
	}
	for i, x := range clean {
		if sum > 0 {
			clean[i] = x / largest / sum
		}
	}
	return clean
}

// Ratios is got over ideal for each rep who was entitled to something, the
// numbers that Jain and Gini are to be taken of: raw counts would call a fair
// division between different weights unequal. Reps with an ideal of 0 or less, or
// without a counterpart in the other list, are left out. Cost: O(n).
func Ratios(got, ideal []float64) []float64 {
	var ratios []float64
	for i := range min(len(got), len(ideal)) {
		if ideal[i] > 0 {
			ratios = append(ratios, got[i]/ideal[i])
		}
	}
	return ratios
}

// Jain is (Σx)² / (n·Σx²), from 1/n when one has everything to 1 when all have the
// same; 1 for no amounts or only zeros. It does not change when all amounts are
// multiplied by the same number. Amounts that Shares counts as 0 count as 0.
// Source: Jain, Chiu and Hawe, DEC-TR-301, 1984. Cost: O(n).
func Jain(amounts []float64) float64 {
	clean, largest := cleaned(amounts)
	var sum, squares float64
	for _, x := range clean {
		x /= largest // so that no square overflows or vanishes
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return 1
	}
	return clampTo(sum*sum/(float64(len(clean))*squares), 1/float64(len(clean)), 1)
}

// Gini is the mean absolute difference between two amounts over twice their mean,
// from 0 when all have the same to 1-1/n when one has everything; 0 for no amounts
// or only zeros. It does not change when all amounts are multiplied by the same
// number. Amounts that Shares counts as 0 count as 0. Cost: O(n·log n).
func Gini(amounts []float64) float64 {
	clean, largest := cleaned(amounts)
	slices.Sort(clean)
	n := float64(len(clean))
	var sum, ranked float64
	for i, x := range clean {
		x /= largest
		sum += x
		ranked += (2*float64(i+1) - n - 1) * x
	}
	if sum == 0 {
		return 0
	}
	return clampTo(ranked/(n*sum), 0, 1-1/n)
}

// cleaned is a copy with 0 for what is no amount, and the largest of them (1 if
// that is 0) to divide by.
func cleaned(amounts []float64) (clean []float64, largest float64) {
	clean = make([]float64, len(amounts))
	for i, x := range amounts {
		if x > 0 && !math.IsInf(x, 1) {
			clean[i] = x
			largest = max(largest, x)
		}
	}
	if largest == 0 {
		largest = 1
	}
	return clean, largest
}

// clampTo keeps rounding from leaving the range of a measure.
func clampTo(x, least, most float64) float64 { return min(most, max(least, x)) }

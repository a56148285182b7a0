package fairness

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Customers of 22 reps in a published log.
var published = []float64{133, 82, 74, 64, 63, 59, 59, 53, 51, 36, 32, 27, 26, 24, 24, 10, 9, 7, 6, 1, 1, 1}

func TestPublishedFigures(t *testing.T) {
	if g := Gini(published); math.Abs(g-0.459620) > 5e-7 {
		t.Errorf("Gini of the published counts is 0.459620, not %.6f", g)
	}
	if j := Jain(published); math.Abs(j-0.580935) > 5e-7 {
		t.Errorf("Jain of the published counts is 0.580935, not %.6f", j)
	}
}

func drawAmounts(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 12).Draw(t, "amounts")
}

func TestProperty28_MeasuresStayInTheirRangesAndIgnoreScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawAmounts(t)
		n := float64(len(x))
		j, g := Jain(x), Gini(x)
		if j < 1/n || j > 1 {
			t.Fatalf("Jain is within 1/n..1: %v of %v", j, x)
		}
		if g < 0 || g > 1-1/n {
			t.Fatalf("Gini is within 0..1-1/n: %v of %v", g, x)
		}
		// A power of two changes no digit, so the measures may not change either.
		factor := math.Ldexp(1, rapid.IntRange(-40, 40).Draw(t, "power of two"))
		scaled, same := make([]float64, len(x)), true
		for i := range x {
			scaled[i] = x[i] * factor
			same = same && scaled[i]/factor == x[i]
		}
		if same && (Jain(scaled) != j || Gini(scaled) != g) {
			t.Fatalf("measures do not change with the scale: %v, %v of %v times %v", Jain(scaled)-j, Gini(scaled)-g, x, factor)
		}
		third := make([]float64, len(x))
		for i := range x {
			third[i] = x[i] * 3
		}
		if math.Abs(Jain(third)-j) > 1e-12 || math.Abs(Gini(third)-g) > 1e-12 {
			t.Fatalf("nor with any other scale but for rounding: %v", x)
		}
	})
}

// Against the definition: the mean absolute difference over twice the mean.
func TestGiniIsTheMeanDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawAmounts(t)
		var differences, sum float64
		for _, a := range x {
			sum += a
			for _, b := range x {
				differences += math.Abs(a - b)
			}
		}
		if sum == 0 {
			return
		}
		if want := differences / (2 * float64(len(x)) * sum); math.Abs(Gini(x)-want) > 1e-12 {
			t.Fatalf("Gini of %v is %v, not %v", x, want, Gini(x))
		}
	})
}

func TestExtremes(t *testing.T) {
	huge := math.MaxFloat64
	for _, c := range []struct {
		name       string
		x          []float64
		jain, gini float64
	}{
		{"nothing", nil, 1, 0},
		{"zeros", []float64{0, 0}, 1, 0},
		{"one has all", []float64{0, 7, 0, 0}, 0.25, 0.75},
		{"all the same", []float64{3, 3, 3}, 1, 0},
		{"numbers that would overflow", []float64{huge, huge, huge, huge}, 1, 0},
		{"numbers that would vanish", []float64{5e-324, 0}, 0.5, 0.5},
		{"what is no amount", []float64{math.NaN(), math.Inf(1), -4, 2}, 0.25, 0.75},
	} {
		if j, g := Jain(c.x), Gini(c.x); j != c.jain || g != c.gini {
			t.Errorf("%s: Jain %v and Gini %v, not %v and %v", c.name, c.jain, c.gini, j, g)
		}
	}
}

func TestSharesSumToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, sum, any := drawAmounts(t), 0.0, false
		for i, s := range Shares(x) {
			sum += s
			any = any || x[i] > 0
		}
		if any && math.Abs(sum-1) > 1e-12 || !any && sum != 0 {
			t.Fatalf("shares of %v sum to 1, or to 0 when there is nothing: %v", x, sum)
		}
	})
}

func TestRatiosLeaveOutWhoWasEntitledToNothing(t *testing.T) {
	got := Ratios([]float64{2, 5, 1, 9}, []float64{4, 0, 1})
	if len(got) != 2 || got[0] != 0.5 || got[1] != 1 {
		t.Errorf("2 of 4 and 1 of 1 are 0.5 and 1, not %v", got)
	}
}

package rotation

import (
	"errors"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestProperty30_EveryShareIsWithinTheRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "reps")
		most := rapid.SampledFrom([]int64{3, 100, 5_000_000, MaxWeight}).Draw(t, "largest weight")
		// rapid prefers small numbers; weights of many digits are what does not fit exactly.
		weights := rapid.SliceOfN(mixed(0, most), n, n).Draw(t, "weights")
		lo := rapid.OneOf(rapid.Int64Range(0, One), rapid.SampledFrom([]int64{0, 1, 500_000, One - 1, One})).Draw(t, "lo")
		hi := rapid.OneOf(rapid.Int64Range(One, 4*One), rapid.SampledFrom([]int64{One, One + 1, 2 * One, MaxWeight})).Draw(t, "hi")
		a, err := Clamp(weights, lo, hi)
		if err != nil {
			t.Fatalf("a range around 1 can always be met: %v", err)
		}
		checkRange(t, weights, a, lo, hi)
		again, err := Clamp(a, lo, hi)
		if err != nil || !slices.Equal(a, again) {
			t.Fatalf("weights within the range are returned as they are: %v, %v (%v)", a, again, err)
		}
		shuffled := slices.Clone(weights)
		slices.Reverse(shuffled)
		back, _ := Clamp(shuffled, lo, hi)
		if slices.Reverse(back); !slices.Equal(a, back) {
			t.Fatalf("the order of the weights does not matter: %v, %v", a, back)
		}
	})
}

func checkRange(t *rapid.T, weights, a []int64, lo, hi int64) {
	sum, n := new(big.Int), int64(0)
	for i, x := range a {
		if (x == 0) != (weights[i] == 0) || x < 0 || x > MaxWeight {
			t.Fatalf("a weight of 0 stays 0 and no other becomes 0 or too large: %v to %v", weights, a)
		}
		if x > 0 {
			n++
		}
		sum.Add(sum, big.NewInt(x))
	}
	for i, x := range a {
		if x == 0 {
			continue
		}
		share := new(big.Int).Mul(big.NewInt(x), big.NewInt(n*One))
		if share.Cmp(new(big.Int).Mul(sum, big.NewInt(lo))) < 0 || share.Cmp(new(big.Int).Mul(sum, big.NewInt(hi))) > 0 {
			t.Fatalf("every share is within %d..%d millionths of an equal share, exactly: %d of %s, n=%d, from %v", lo, hi, x, sum, n, weights)
		}
		for j, y := range a {
			if weights[i] == weights[j] && x != y || weights[i] < weights[j] && x > y {
				t.Fatalf("equal weights stay equal and larger ones are not made smaller: %v to %v", weights, a)
			}
		}
	}
}

// Against the definition: shares are clamp(λ·w) with the λ that makes them sum to
// n, found by trying which of the sorted weights are held.
func TestClampIsWaterFilling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "reps")
		weights := rapid.SliceOfN(rapid.Int64Range(1, 60), n, n).Draw(t, "weights")
		lo := 100_000 * rapid.Int64Range(0, 10).Draw(t, "tenths of lo")
		hi := 100_000 * rapid.Int64Range(10, 40).Draw(t, "tenths of hi")
		a, err := Clamp(weights, lo, hi)
		if err != nil {
			t.Fatal(err)
		}
		want := waterFill(weights, lo, hi)
		total := totalOf(a)
		for i, x := range a {
			if got := big.NewRat(x*int64(n), total); got.Cmp(want[i]) != 0 {
				t.Fatalf("share of weight %d of %v within %d..%d is %s of an equal share, not %s", weights[i], weights, lo, hi, want[i], got)
			}
		}
	})
}

func totalOf(a []int64) (total int64) {
	for _, x := range a {
		total += x
	}
	return total
}

func waterFill(weights []int64, lo, hi int64) []*big.Rat {
	n := len(weights)
	sorted := slices.Clone(weights)
	slices.Sort(sorted)
	low, high := big.NewRat(lo, One), big.NewRat(hi, One)
	at := func(lambda *big.Rat, w int64) *big.Rat {
		x := new(big.Rat).Mul(lambda, big.NewRat(w, 1))
		switch {
		case x.Cmp(low) < 0:
			return low
		case x.Cmp(high) > 0:
			return high
		}
		return x
	}
	for below := 0; below <= n; below++ {
		for above := 0; below+above <= n; above++ {
			rest := big.NewRat(int64(n), 1)
			rest.Sub(rest, new(big.Rat).Mul(low, big.NewRat(int64(below), 1)))
			rest.Sub(rest, new(big.Rat).Mul(high, big.NewRat(int64(above), 1)))
			lambda := new(big.Rat)
			if free := totalOf(sorted[below : n-above]); free > 0 {
				lambda.Quo(rest, big.NewRat(free, 1))
			} else if below == 0 {
				lambda.Quo(high, big.NewRat(sorted[0], 1))
			} else {
				lambda.Quo(low, big.NewRat(sorted[below-1], 1))
			}
			sum, shares := new(big.Rat), make([]*big.Rat, n)
			for i, w := range weights {
				shares[i] = at(lambda, w)
				sum.Add(sum, shares[i])
			}
			if sum.Cmp(big.NewRat(int64(n), 1)) == 0 {
				return shares
			}
		}
	}
	panic("the definition has a solution")
}

func TestClampNeedsMoreThanOnePass(t *testing.T) {
	// Cutting 10 to twice the equal share raises the others, and the next then is
	// above it too.
	got, err := Clamp([]int64{100, 40, 10, 10}, 500_000, 1_500_000)
	if err != nil || !slices.Equal(got, []int64{3, 3, 1, 1}) {
		t.Errorf("100,40,10,10 within 0.5..1.5 becomes 3,3,1,1: %v, %v", got, err)
	}
	same := []int64{3, 2, 0, 2}
	if got, _ := Clamp(same, 500_000, 2*One); !slices.Equal(got, same) {
		t.Errorf("weights within the range are returned as they are: %v", got)
	}
}

func TestClampRefusals(t *testing.T) {
	for _, c := range []struct {
		weights []int64
		lo, hi  int64
		want    error
	}{
		{[]int64{1}, One + 1, 2 * One, ErrRange},
		{[]int64{1}, 0, One - 1, ErrRange},
		{[]int64{1}, -1, One, ErrRange},
		{[]int64{1}, 0, MaxWeight + 1, ErrRange},
		{[]int64{-1}, 0, One, ErrWeight},
		{[]int64{MaxWeight + 1}, 0, One, ErrWeight},
	} {
		if _, err := Clamp(c.weights, c.lo, c.hi); !errors.Is(err, c.want) {
			t.Errorf("Clamp(%v, %d, %d) is refused as %q, not %v", c.weights, c.lo, c.hi, c.want, err)
		}
	}
	if got, err := Clamp([]int64{0, 0}, One, One); err != nil || !slices.Equal(got, []int64{0, 0}) {
		t.Errorf("nobody with weight is no error: %v, %v", got, err)
	}
}

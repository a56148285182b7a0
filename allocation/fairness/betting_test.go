package fairness

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// What makes the test valid: under the claim every bet is fair, exactly. The
// expected factor Σ_i p_i·(1 + λ·(1{i = j} - p_j)) is 1 for every rep j and stake,
// in fractions; so then is the mean over reps and stakes.
func TestProperty27_EveryBetIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1000), 1, 8).Draw(t, "weights")
		weights[0]++
		total := int64(0)
		for _, w := range weights {
			total += w
		}
		one := big.NewRat(1, 1)
		for j, wj := range weights {
			for _, s := range stakes {
				stake, ok := new(big.Rat).SetString(big.NewFloat(s).Text('g', 3))
				if !ok {
					t.Fatalf("stake %v is a short decimal", s)
				}
				expected := new(big.Rat)
				for i, wi := range weights {
					win := big.NewRat(-wj, total)
					if i == j {
						win.Add(win, one)
					}
					factor := new(big.Rat).Add(one, win.Mul(win, stake))
					if factor.Sign() <= 0 {
						t.Fatalf("no bet can lose everything: factor %s", factor)
					}
					expected.Add(expected, factor.Mul(factor, big.NewRat(wi, total)))
				}
				if expected.Cmp(one) != 0 {
					t.Fatalf("every bet is fair: the expected factor for rep %d at stake %s of weights %v is 1, not %s", j, stake, weights, expected)
				}
			}
		}
	})
}

// The code is the formula: after a short log the capital is the exact fraction.
func TestCapitalIsTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "reps")
		b, err := NewBetting(n, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		exact := make([][]*big.Rat, n)
		for i := range exact {
			for range stakes {
				exact[i] = append(exact[i], big.NewRat(1, 1))
			}
		}
		for range rapid.IntRange(0, 6).Draw(t, "customers") {
			weights, total := make([]float64, n), int64(0)
			whole := rapid.SliceOfN(rapid.Int64Range(0, 9), n, n).Draw(t, "weights")
			chosen := rapid.IntRange(0, n-1).Draw(t, "chosen")
			whole[chosen]++
			for i, w := range whole {
				weights[i], total = float64(w), total+w
			}
			if err := b.Observe(weights, chosen); err != nil {
				t.Fatalf("a customer with a choice among those who could take it is played: %v", err)
			}
			for i, w := range whole {
				for k, s := range stakes {
					win := big.NewRat(-w, total)
					if i == chosen {
						win.Add(win, big.NewRat(1, 1))
					}
					stake, _ := new(big.Rat).SetString(big.NewFloat(s).Text('g', 3))
					exact[i][k].Mul(exact[i][k], win.Add(big.NewRat(1, 1), win.Mul(win, stake)))
				}
			}
		}
		mean := new(big.Rat)
		for i := range exact {
			for _, m := range exact[i] {
				mean.Add(mean, m)
			}
		}
		want, _ := mean.Quo(mean, big.NewRat(int64(n*len(stakes)), 1)).Float64()
		if got := math.Exp(b.LogCapital()); math.Abs(got-want) > 1e-12*want {
			t.Fatalf("the capital is the mean of the products: %v, not %v", want, got)
		}
	})
}

// simulate plays seeded logs of 5 reps and counts alarms and when half of the
// alarms had been raised. bias is how much more often rep 0 is chosen than due;
// with vary each rep misses a third of the customers.
func simulate(t *testing.T, runs, customers int, bias float64, vary bool) (alarms int, median int) {
	t.Helper()
	const n = 5
	rng := rand.New(rand.NewPCG(7, 11))
	at := make([]int, customers+1)
	weights, chances := make([]float64, n), make([]float64, n)
	for range runs {
		b, err := NewBetting(n, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		for range customers {
			total, there := 0.0, 0
			for i := range n {
				weights[i] = 1
				if vary && rng.IntN(3) == 0 {
					weights[i] = 0
				}
				there += int(weights[i])
			}
			if there == 0 {
				continue
			}
			// Rep 0 is chosen with (1+bias) times his probability, the others share
			// the rest.
			favoured := min(1, weights[0]*(1+bias)/float64(there))
			for i := range n {
				chances[i] = weights[i] * (1 - favoured)
				if i > 0 {
					total += chances[i]
				}
			}
			chosen := 0
			if x := rng.Float64(); x >= favoured && total > 0 {
				x = rng.Float64() * total
				for i := 1; i < n && x >= 0; i++ {
					if chances[i] > 0 {
						chosen = i
					}
					x -= chances[i]
				}
			}
			if err := b.Observe(weights, chosen); err != nil {
				t.Fatal(err)
			}
			if _, raised := b.Alarm(); raised {
				break
			}
		}
		if after, raised := b.Alarm(); raised {
			alarms++
			at[after]++
		}
	}
	for half := 0; median < customers && 2*half < alarms; median++ {
		half += at[median]
	}
	return alarms, median
}

// Figures of the method: with no bias at most one false alarm in twenty logs, and
// found: a bias of 20 % in most logs of 3000 customers and of 40 % in all.
func TestAlarmsOfSimulatedLogs(t *testing.T) {
	const runs = 100
	for _, c := range []struct {
		name        string
		bias        float64
		vary        bool
		least, most int
	}{
		{"no bias", 0, false, 0, 7},
		{"no bias, reps come and go", 0, true, 0, 7},
		{"bias of 20 %", 0.2, false, 80, runs},
		{"bias of 40 %, reps come and go", 0.4, true, runs, runs},
	} {
		alarms, median := simulate(t, runs, 3000, c.bias, c.vary)
		t.Logf("%s: %d of %d logs raise an alarm, half of them by customer %d", c.name, alarms, runs, median)
		if alarms < c.least || alarms > c.most {
			t.Errorf("%s: %d..%d of %d logs raise an alarm, not %d", c.name, c.least, c.most, runs, alarms)
		}
	}
}

// A log that is as lopsided as can be, for a million customers: nothing overflows,
// vanishes or becomes NaN, and the alarm stays where it was raised.
func TestLongLopsidedLogs(t *testing.T) {
	b, _ := NewBetting(3, 0.05)
	for range 1_000_000 {
		if err := b.Observe([]float64{1, 1, 1}, 0); err != nil {
			t.Fatal(err)
		}
	}
	after, raised := b.Alarm()
	// The best of 30 bets gains 1 + 0.8·2/3 each time; its 30th part, with what the
	// others add, passes 20 with the 15th customer.
	if c := b.LogCapital(); !raised || after != 15 || math.IsNaN(c) || math.IsInf(c, 0) || c < 100_000 {
		t.Errorf("the alarm comes after 15 customers and the capital stays a number: %d, %v", after, c)
	}
	if rep, stake := b.Leaning(); rep != 0 || stake != 0.8 {
		t.Errorf("the log leans towards rep 0: %d, %v", rep, stake)
	}
	if b.Seen() != 1_000_000 {
		t.Errorf("a million were seen, not %d", b.Seen())
	}
}

func TestBetsThatAreRefused(t *testing.T) {
	if _, err := NewBetting(0, 0.05); !errors.Is(err, ErrBet) {
		t.Errorf("a test among nobody is refused: %v", err)
	}
	for _, alpha := range []float64{0, 1, -1, math.NaN()} {
		if _, err := NewBetting(2, alpha); !errors.Is(err, ErrBet) {
			t.Errorf("level %v is refused: %v", alpha, err)
		}
	}
	b, _ := NewBetting(2, 0.05)
	for name, c := range map[string]struct {
		weights []float64
		chosen  int
	}{
		"another number of reps":     {[]float64{1}, 0},
		"nobody chosen":              {[]float64{1, 1}, -1},
		"somebody beyond the list":   {[]float64{1, 1}, 2},
		"a negative weight":          {[]float64{1, -1}, 0},
		"a weight that is no number": {[]float64{1, math.NaN()}, 0},
		"an infinite weight":         {[]float64{math.Inf(1), 1}, 0},
		"weights beyond range":       {[]float64{math.MaxFloat64, math.MaxFloat64}, 0},
		"a choice without weight":    {[]float64{1, 0}, 1},
	} {
		if err := b.Observe(c.weights, c.chosen); !errors.Is(err, ErrBet) || b.Seen() != 0 || b.LogCapital() != 0 {
			t.Errorf("%s is refused and changes nothing: %v", name, err)
		}
	}
}

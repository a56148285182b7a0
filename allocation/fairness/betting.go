package fairness

import (
	"errors"
	"fmt"
	"math"
)

// stakes are the bets that a test makes on every rep, λ of the formula in
// [Betting]: that he is chosen less often than he should be, and more often.
var stakes = [...]float64{-0.8, -0.4, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.4, 0.8}

// ErrBet is wrapped by every refusal of [Betting.Observe] and [NewBetting].
var ErrBet = errors.New("not a bet")

// Betting tests, customer by customer, whether a log of random assignments gives
// everybody his chance. It plays against the claim that rep i is chosen with the
// stated probability p_i: for each rep i and stake λ a capital
//
//	M(i,λ) = Π over customers t of (1 + λ·(1{i was chosen} - p_it)),
//
// and looks at their mean. If the claim is true the mean capital stays at 1 on
// average whatever the p_it (who could take each customer may change every time),
// and by Ville's inequality the probability that it ever reaches 1/α is at most α:
// so one may look after every customer and stop at any time, which a chi-squared
// test does not allow. See Lindon and Malek, "Anytime-valid inference for
// multinomial count data", NeurIPS 2022, for fixed p; and Shafer, "Testing by
// betting", 2021, for the principle.
//
// A rotation is no random assignment: it is more even than chance and makes this
// test lose capital, which is not evidence of anything. Not safe for concurrent
// use.
type Betting struct {
	alpha   float64
	logs    [][len(stakes)]float64 // of each rep: ln M(i,λ)
	seen    int
	alarmed int
}

// NewBetting starts a test among n reps that raises a false alarm, ever, with
// probability at most alpha (0 < alpha < 1; usual is 0.05).
func NewBetting(n int, alpha float64) (*Betting, error) {
	if n < 1 || !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("fairness: %w: %d reps at level %v\nMaybe use a level such as 0.05", ErrBet, n, alpha)
	}
	return &Betting{alpha: alpha, logs: make([][len(stakes)]float64, n)}, nil
}

// Observe plays one customer: weights are what each of the n reps was entitled to,
// 0 for those who could not take it, and chosen is who got it. Probabilities are
// weights over their sum. It refuses, with ErrBet and nothing changed, another
// number of reps, a weight that is negative or not finite, no weight at all, or a
// choice without weight. Cost: O(n), no allocation.
//
// Capitals are kept as logarithms, so that none overflows or vanishes in a log of
// any length; no factor is below 1 - 0.8.
func (b *Betting) Observe(weights []float64, chosen int) error {
	total, err := b.check(weights, chosen)
	if err != nil {
		return err
	}
	for i, w := range weights {
		if w == 0 {
			continue // 1 + λ·(0 - 0)
		}
		win := -w / total
		if i == chosen {
			win++
		}
		for k, stake := range stakes {
			b.logs[i][k] += math.Log1p(stake * win)
		}
	}
	b.seen++
	if b.alarmed == 0 && b.LogCapital() >= -math.Log(b.alpha) {
		b.alarmed = b.seen
	}
	return nil
}

func (b *Betting) check(weights []float64, chosen int) (total float64, err error) {
	if len(weights) != len(b.logs) || chosen < 0 || chosen >= len(weights) {
		return 0, fmt.Errorf("fairness: %w: rep %d of %d weights in a test of %d reps", ErrBet, chosen, len(weights), len(b.logs))
	}
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return 0, fmt.Errorf("fairness: %w: weight %v of rep %d", ErrBet, w, i)
		}
		total += w
	}
	if weights[chosen] == 0 || math.IsInf(total, 1) {
		return 0, fmt.Errorf("fairness: %w: rep %d was chosen with weight %v of %v\nMaybe the log leaves out somebody who could take the customer", ErrBet, chosen, weights[chosen], total)
	}
	return total, nil
}

// LogCapital is the natural logarithm of the mean capital: 0 at the start, and
// evidence against the claim as it grows. Cost: O(n).
func (b *Betting) LogCapital() float64 {
	most := math.Inf(-1)
	for i := range b.logs {
		for _, x := range b.logs[i] {
			most = max(most, x)
		}
	}
	sum := 0.0
	for i := range b.logs {
		for _, x := range b.logs[i] {
			sum += math.Exp(x - most)
		}
	}
	return most + math.Log(sum/float64(len(b.logs)*len(stakes)))
}

// Alarm reports whether the capital has ever reached 1/alpha, and after how many
// customers.
func (b *Betting) Alarm() (after int, raised bool) { return b.alarmed, b.alarmed > 0 }

// Seen is the number of customers observed.
func (b *Betting) Seen() int { return b.seen }

// Leaning is the rep and the stake with the most capital: towards whom the log
// leans (stake > 0) or away from whom (stake < 0). It is where the evidence is, and
// means something only once there is an alarm. Ties go to the first.
func (b *Betting) Leaning() (rep int, stake float64) {
	most := math.Inf(-1)
	for i := range b.logs {
		for k, x := range b.logs[i] {
			if x > most {
				most, rep, stake = x, i, stakes[k]
			}
		}
	}
	return rep, stake
}

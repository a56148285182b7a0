package solve

import (
	"fmt"
	"math/bits"
	"slices"
)

// Check proves that a solution of a problem is feasible and optimal, or says
// why not (ErrCertificate). It shares nothing with the solver but the
// check of the problem itself: whoever trusts this file and problem.go need not
// trust the rest of the package.
//
// The proof is weak duality. Whatever the prices, no feasible allocation is
// worth more than
//
//	Σ units · max(unassigned, max over eligible reps of (score − price))
//	  + Σ max · price over the prices above 0
//	  + Σ min · price over the prices below 0
//
// because each unit pays the price where it goes and gains at most its best
// difference, and a rep collects at most his maximum at a price above 0 and at
// least his minimum at one below. A solution that reaches this bound is
// optimal.
//
// Cost: O(pairs). Sums are kept in 128 bits, so that no size overflows.
func Check(p *Problem, s *Solution) error {
	bound, err := checkFeasible(p, s)
	if err != nil {
		return err
	}
	if !bound.is(s.Total) {
		return refute("the total is %d, and its prices do not prove that there is none larger", s.Total)
	}
	return nil
}

// checkFeasible checks that a solution is feasible and that its total is what
// its scores add up to. It returns what by its prices no allocation can exceed.
func checkFeasible(p *Problem, s *Solution) (bound sum, err error) {
	if len(s.Rep) != p.Customers() || len(s.Price) != p.Reps() || len(s.Load) != p.Reps() {
		return bound, refute("it is for %d customers, %d prices and %d loads, the problem has %d customers and %d reps", len(s.Rep), len(s.Price), len(s.Load), p.Customers(), p.Reps())
	}
	if _, err := p.check(); err != nil {
		return bound, err
	}
	for r, price := range s.Price {
		if absolute(price) > 1<<61 { // scores are below 2^60, so differences fit
			return bound, refute("rep %d has the price %d", r, price)
		}
	}
	worth, err := checkPlaces(p, s)
	if err != nil {
		return bound, err
	}
	if !worth.is(s.Total) {
		return bound, refute("its scores do not add up to the total, %d", s.Total)
	}
	return dualBound(p, s.Price), nil
}

func refute(format string, args ...any) error {
	return &Error{Kind: ErrCertificate, Detail: fmt.Sprintf(format, args...)}
}

// checkPlaces checks that the solution is feasible and adds its scores up.
func checkPlaces(p *Problem, s *Solution) (sum, error) {
	var worth sum
	load := make([]int64, p.Reps())
	for i := range p.Customers() {
		placed := int64(0)
		for _, part := range s.parts(i, p.units(i)) {
			score, ok := pairScore(p, i, part.Rep)
			if !ok {
				return worth, refute("customer %d may not go to %d", i, part.Rep)
			}
			if part.Units < 1 || part.Units > p.units(i)-placed {
				return worth, refute("customer %d has %d units and %d of them at %d", i, p.units(i), part.Units, part.Rep)
			}
			placed += part.Units
			worth.add(score, part.Units)
			if part.Rep != Unassigned {
				load[part.Rep] += part.Units
			}
		}
		if placed != p.units(i) {
			return worth, refute("customer %d has %d units, and %d are placed", i, p.units(i), placed)
		}
	}
	for r := range load {
		if load[r] != s.Load[r] || load[r] > p.Max[r] || load[r] < p.min(r) {
			return worth, refute("rep %d has %d units, the solution says %d, and %d to %d are allowed", r, load[r], s.Load[r], p.min(r), p.Max[r])
		}
	}
	return worth, nil
}

// pairScore returns what a unit of the customer is worth at a rep.
func pairScore(p *Problem, customer int, rep int32) (int64, bool) {
	if rep == Unassigned {
		return p.unassigned(customer), p.unassigned(customer) != Never
	}
	reps, scores := p.row(customer)
	at, ok := slices.BinarySearch(reps, rep)
	if !ok {
		return 0, false
	}
	return scores[at], true
}

// dualBound is what no feasible allocation can exceed.
func dualBound(p *Problem, price []int64) sum {
	var bound sum
	for i := range p.Customers() {
		gain, any := p.unassigned(i), p.unassigned(i) != Never
		reps, scores := p.row(i)
		for k, r := range reps {
			if v := scores[k] - price[r]; !any || v > gain {
				gain, any = v, true
			}
		}
		bound.add(gain, p.units(i))
	}
	for r, price := range price {
		if price > 0 {
			bound.add(price, p.Max[r])
		} else {
			bound.add(price, p.min(r))
		}
	}
	return bound
}

// sum is a signed 128-bit sum of products.
type sum struct {
	high int64
	low  uint64
}

// add adds a · b, b not negative.
func (s *sum) add(a, b int64) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if a < 0 {
		high -= uint64(b) // two's complement: a is uint64(a) − 2^64
	}
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high += int64(high) + int64(carry)
}

// below reports whether s < t.
func (s *sum) below(t sum) bool { return s.high < t.high || s.high == t.high && s.low < t.low }

func (s *sum) is(x int64) bool { return s.low == uint64(x) && s.high == x>>63 }

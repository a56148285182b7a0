package solve

import "math/bits"

// Check proves that an allocation is within a problem's and a continuity's
// limits, that its numbers are right, and that no allocation within the limits
// is worth more than Bound; or says what is wrong (ErrCertificate). Like the
// function Check it shares nothing with the solver. It does not prove Optimal
// where Bound is larger than Total, nor NextMove.
//
// The proof is weak duality. Whatever the prices, those of the limits 0 or more,
// no allocation within the limits is worth more than
//
//	Σ over customers, the largest of
//	    score + bonus − price                            with the owner
//	    score − price − moved − gained                   with another rep
//	    unassigned − moved                               with none
//	  + Σ max · price over the prices above 0
//	  + Σ min · price over the prices below 0
//	  + MaxMoves · MovePrice + MaxValue · ValuePrice
//	  + Σ MaxLost · LostPrice + Σ MaxGained · GainedPrice
//
// where moved = MovePrice + value · ValuePrice + LostPrice of the owner, and
// gained = GainedPrice of the rep; both only for customers who have an owner.
// Locked customers have only the first choice.
//
// Cost: O(pairs). Sums are kept in 128 bits.
func (k *Kept) Check(p *Problem, c *Continuity) error {
	if _, err := p.check(); err != nil {
		return err
	}
	if err := c.check(p); err != nil {
		return err
	}
	if len(k.Rep) != p.Customers() {
		return refute("it is for %d customers, and there are %d", len(k.Rep), p.Customers())
	}
	for _, list := range [][]int64{k.Load, k.Lost, k.Gained, k.Price, k.LostPrice, k.GainedPrice} {
		if len(list) != p.Reps() {
			return refute("it is for %d reps, and there are %d", len(list), p.Reps())
		}
	}
	if err := k.checkPlaces(p, c); err != nil {
		return err
	}
	if err := k.checkPrices(c); err != nil {
		return err
	}
	bound := k.dualBound(p, c)
	bound.add(-k.Bound, k.Scale)
	bound.add(-1, k.Scale-1) // Bound is rounded down
	if bound.high >= 0 && (bound.high > 0 || bound.low > 0) {
		return refute("its prices do not prove the bound of %d", k.Bound)
	}
	if k.Bound < k.Total {
		return refute("the total is %d and the bound %d", k.Total, k.Bound)
	}
	return nil
}

// checkPlaces checks that everybody is where he may be, and all that is counted.
func (k *Kept) checkPlaces(p *Problem, c *Continuity) error {
	got := newTally(p, c)
	for i, rep := range k.Rep {
		if _, ok := pairScore(p, i, rep); !ok && p.units(i) > 0 {
			return refute("customer %d may not go to %d", i, rep)
		}
		if c.locked(i) && c.moves(p, i, rep) {
			return refute("customer %d is locked and has moved to %d", i, rep)
		}
		got.add(i, rep)
	}
	for r := range k.Load {
		if got.load[r] != k.Load[r] || k.Load[r] > p.Max[r] || k.Load[r] < p.min(r) {
			return refute("rep %d has %d units, Load says %d, and %d to %d are allowed", r, got.load[r], k.Load[r], p.min(r), p.Max[r])
		}
		if got.lost[r] != k.Lost[r] || k.Lost[r] > c.maxLost(r) {
			return refute("rep %d lost %d, Lost says %d, and %d are allowed", r, got.lost[r], k.Lost[r], c.maxLost(r))
		}
		if got.gained[r] != k.Gained[r] || k.Gained[r] > c.maxGained(r) {
			return refute("rep %d gained %d, Gained says %d, and %d are allowed", r, got.gained[r], k.Gained[r], c.maxGained(r))
		}
	}
	if got.moves != k.Moves || k.Moves > c.MaxMoves {
		return refute("%d moved, Moves says %d, and %d are allowed", got.moves, k.Moves, c.MaxMoves)
	}
	if got.value != k.MovedValue || c.Value != nil && k.MovedValue > c.MaxValue {
		return refute("a value of %d moved, MovedValue says %d, and %d is allowed", got.value, k.MovedValue, c.MaxValue)
	}
	if got.total != k.Total || got.bonus != k.Bonus {
		return refute("scores and bonuses add up to %d, and bonuses to %d, not to %d and %d", got.total, got.bonus, k.Total, k.Bonus)
	}
	return nil
}

// checkPrices checks that the prices of limits are not negative, 0 where there
// is no limit, and so small that nothing overflows.
func (k *Kept) checkPrices(c *Continuity) error {
	const most = 1 << 60
	if k.Scale < 1 || k.Scale > most {
		return refute("the scale is %d", k.Scale)
	}
	limited := func(price, limit int64) bool { return price == 0 || price > 0 && price <= most && limit < Unlimited }
	if !limited(k.MovePrice, c.MaxMoves) || !limited(k.ValuePrice, c.MaxValue) || c.Value == nil && k.ValuePrice != 0 {
		return refute("the price of a move is %d and that of value %d", k.MovePrice, k.ValuePrice)
	}
	for r, price := range k.Price {
		if absolute(price) > most || !limited(k.LostPrice[r], c.maxLost(r)) || !limited(k.GainedPrice[r], c.maxGained(r)) {
			return refute("rep %d has the price %d, %d to lose one and %d to gain one", r, price, k.LostPrice[r], k.GainedPrice[r])
		}
	}
	return nil
}

// dualBound is what no allocation within the limits can exceed, in 1/Scale.
func (k *Kept) dualBound(p *Problem, c *Continuity) sum {
	var bound sum
	for i := range p.Customers() {
		if p.units(i) > 0 {
			bound.plus(k.mostGained(p, c, i))
		}
	}
	for r, price := range k.Price {
		if price > 0 {
			bound.add(price, p.Max[r])
		} else {
			bound.add(price, p.min(r))
		}
		bound.add(k.LostPrice[r], c.maxLost(r))
		bound.add(k.GainedPrice[r], c.maxGained(r))
	}
	bound.add(k.MovePrice, c.MaxMoves)
	if c.Value != nil {
		bound.add(k.ValuePrice, c.MaxValue)
	}
	return bound
}

// mostGained is the most that a customer gains anywhere, all prices paid.
func (k *Kept) mostGained(p *Problem, c *Continuity, i int) sum {
	owner := c.Owner[i]
	var best sum
	any := false
	choose := func(score, price int64, moved bool) {
		var gain sum
		gain.add(score, k.Scale)
		gain.add(-price, 1)
		if moved {
			gain.add(-k.MovePrice, 1)
			gain.add(-k.ValuePrice, c.value(i))
			gain.add(-k.LostPrice[owner], 1)
		}
		if !any || best.less(gain) {
			best, any = gain, true
		}
	}
	if p.unassigned(i) != Never && !c.locked(i) {
		choose(p.unassigned(i), 0, owner != Unassigned)
	}
	reps, scores := p.row(i)
	for e, r := range reps {
		switch {
		case r == owner:
			choose(scores[e]+c.bonus(i), k.Price[r], false)
		case c.locked(i):
		case owner == Unassigned:
			choose(scores[e], k.Price[r], false)
		default:
			choose(scores[e], k.Price[r]+k.GainedPrice[r], true)
		}
	}
	return best
}

func (s *sum) plus(t sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, t.low, 0)
	s.high += t.high + int64(carry)
}

func (s sum) less(t sum) bool {
	return s.high < t.high || s.high == t.high && s.low < t.low
}

// tally counts an allocation up: what it is worth, and what moved.
type tally struct {
	problem    *Problem
	continuity *Continuity

	load, lost, gained         []int64
	total, bonus, moves, value int64
}

func newTally(p *Problem, c *Continuity) *tally {
	return &tally{problem: p, continuity: c, load: make([]int64, p.Reps()), lost: make([]int64, p.Reps()), gained: make([]int64, p.Reps())}
}

func (t *tally) add(customer int, rep int32) {
	p, c := t.problem, t.continuity
	t.total += c.worth(p, customer, rep)
	if rep != Unassigned {
		t.load[rep] += p.units(customer)
		if rep == c.Owner[customer] {
			t.bonus += c.bonus(customer) * p.units(customer)
		}
	}
	if !c.moves(p, customer, rep) {
		return
	}
	t.moves++
	t.value += c.value(customer)
	t.lost[c.Owner[customer]]++
	if rep != Unassigned {
		t.gained[rep]++
	}
}

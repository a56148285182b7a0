package effort

import "fmt"

// Check proves that an allocation is feasible and optimal, or says why not
// (ErrCertificate). It uses only the problem, its responses and the
// allocation's units and prices, nothing of how they were found.
//
// The proof: pay each unit its price (of the budget, of its group or of a
// move). No allocation earns more than the best that each item can do for
// itself at these prices, plus what the limits earn at theirs. An item whose
// next unit brings no more than it costs and whose last brings no less does its
// best, because its returns diminish; and a limit whose price is not 0 is used
// up. Then both sides are equal, and no allocation is worth more than Total.
//
// Cost: O(items · log pieces).
func Check(p *Problem, a *Allocation) error {
	if err := p.check(); err != nil {
		return err
	}
	if len(a.Items) != len(p.Items) || len(a.GroupPrice) != len(p.Groups) {
		return refute("it is for %d items and %d groups, the problem has %d and %d", len(a.Items), len(a.GroupPrice), len(p.Items), len(p.Groups))
	}
	for _, price := range append([]int64{a.Price, a.MovePrice}, a.GroupPrice...) {
		if price > MaxReturn || price < -MaxReturn {
			return refute("a price of %d", price)
		}
	}
	var used, moved, total int64
	group := make([]int64, len(p.Groups))
	for i := range p.Items {
		x := a.Items[i].Units
		if lo, hi := p.bounds(i); x < lo || x > hi {
			return refute("item %d has %d units and may have %d to %d", i, x, lo, hi)
		}
		if err := checkMargins(p, a, i); err != nil {
			return err
		}
		used, moved = used+x, moved+max(0, x-p.Items[i].Current)
		total += p.Items[i].Response.Value(x)
		if g := p.inGroup(i); g >= 0 {
			group[g] += x
		}
	}
	if used != a.Used || moved != a.Moved || total != a.Total {
		return refute("%d units, %d of them moved, return %d, and it says %d, %d and %d", used, moved, total, a.Used, a.Moved, a.Total)
	}
	if err := checkLimit("the budget", a.Price, used, 0, p.Budget); err != nil {
		return err
	}
	for g, limit := range p.Groups {
		if err := checkLimit(fmt.Sprintf("group %d", g), a.GroupPrice[g], group[g], limit.Min, limit.Max); err != nil {
			return err
		}
	}
	if p.Moves == nil {
		return checkLimit("moves", a.MovePrice, 0, -1, 1)
	}
	return checkLimit("moves", a.MovePrice, moved, -1, *p.Moves)
}

// checkMargins holds an item's next and last unit against their prices.
func checkMargins(p *Problem, a *Allocation, i int) error {
	x, r := a.Items[i].Units, p.Items[i].Response
	lo, hi := p.bounds(i)
	if price := a.price(p, i, x+1); x < hi && r.Marginal(x+1) > price {
		return refute("one more unit for item %d would bring %d and costs %d", i, r.Marginal(x+1), price)
	}
	if price := a.price(p, i, x); x > lo && r.Marginal(x) < price {
		return refute("the last unit of item %d brings %d and costs %d", i, r.Marginal(x), price)
	}
	return nil
}

// checkLimit holds that a limit is kept, and has a price only where it binds.
func checkLimit(what string, price, used, least, most int64) error {
	switch {
	case used < least || used > most:
		return refute("%s has %d of %d to %d", what, used, least, most)
	case price > 0 && used < most:
		return refute("%s has a price of %d and is not used up: %d of %d", what, price, used, most)
	case price < 0 && used > least:
		return refute("%s has a price of %d and more than its minimum: %d, %d", what, price, used, least)
	}
	return nil
}

func refute(format string, args ...any) error { return refused(ErrCertificate, format, args...) }

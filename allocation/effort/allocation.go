package effort

// Allocation is a division of a budget, with the prices that prove it. Returns
// and prices are in the integers of the responses.
type Allocation struct {
	Items []Given
	// Total is the sum of returns, and Actual that on the curves themselves.
	// They differ where a response is an envelope: then no allocation of the
	// budget returns more than Total, and this one returns Actual.
	Total, Actual int64
	// Used and Moved are units: given in all, and given beyond what the items
	// have now.
	Used, Moved int64
	// Price is what one more unit of the budget would bring, and Loss what one
	// unit less would cost. The price is 0 where the budget is no limit.
	Price, Loss int64
	// GroupPrice is what a group's limit does to the value of a unit in it: one
	// more unit at a maximum is worth so much more there than elsewhere; at a
	// minimum it is negative, and a unit is worth that much less there. 0 where
	// a group is at neither.
	GroupPrice []int64
	// MovePrice is what a unit is worth more where it is not yet: 0 where the
	// limit on moves is none.
	MovePrice int64
}

// Given is what one item gets.
type Given struct {
	Units          int64
	Return, Actual int64
	// Next is what one more unit would add, whatever bounds the item, and Last
	// what the last unit adds; 0 where the response knows of no such unit.
	Next, Last int64
	// Bound is what the item's own bound does: at its maximum what one more
	// unit would bring beyond its price, at its minimum, negative, what the
	// last unit brings less than its price. 0 at neither.
	Bound int64
}

// Gap is how much more than Actual another allocation might return at most.
func (a *Allocation) Gap() int64 { return a.Total - a.Actual }

// allocation puts the runs together and finds the prices.
func (d *division) allocation(p *Problem) *Allocation {
	a := &Allocation{Items: make([]Given, len(p.Items))}
	for i := range p.Items {
		a.Items[i].Units, _ = p.bounds(i)
	}
	for k := range d.runs {
		a.Items[d.runs[k].item].Units += d.runs[k].given
	}
	for i := range p.Items {
		g, r := &a.Items[i], p.Items[i].Response
		g.Return, g.Actual = r.Value(g.Units), r.Actual(g.Units)
		if g.Units < r.To() {
			g.Next = r.Marginal(g.Units + 1)
		}
		if g.Units > r.From() {
			g.Last = r.Marginal(g.Units)
		}
		a.Total, a.Actual = a.Total+g.Return, a.Actual+g.Actual
		a.Used += g.Units
		a.Moved += max(0, g.Units-p.Items[i].Current)
	}
	d.prices(p, a)
	return a
}

// prices are the least that prove the allocation: what the next unit brings.
func (d *division) prices(p *Problem, a *Allocation) {
	next, last := make([]int64, len(d.sets)), make([]int64, len(d.sets))
	for s := range d.sets {
		next[s], last[s] = d.edge(&d.sets[s])
	}
	for s := range d.sets {
		if set := &d.sets[s]; set.given < set.max && a.Used == p.Budget {
			a.Price = max(a.Price, next[s])
		}
	}
	a.Loss = NoLimit
	for s := range d.sets {
		if set := &d.sets[s]; set.given > set.min {
			a.Loss = min(a.Loss, last[s])
		}
	}
	if a.Loss == NoLimit || a.Used < p.Budget {
		a.Loss = 0 // nothing can be taken, or a unit is left over
	}
	for s := 1; s < len(d.sets); s++ {
		// Between what the next and the last unit of the set bring, as near to
		// the budget's price as that allows.
		over := min(max(a.Price, next[s]), last[s]) - a.Price
		if p.Moves != nil {
			a.MovePrice = over
		} else {
			a.GroupPrice = append(a.GroupPrice, over)
		}
	}
	for i := range a.Items {
		d.boundPrice(p, a, i)
	}
}

// edge is the most that another unit of a set would bring, and the least that
// one of its units brings.
func (d *division) edge(s *set) (next, last int64) {
	next, last = -NoLimit, NoLimit
	for _, k := range s.runs {
		r := &d.runs[k]
		if x := r.from + r.given; x < r.to {
			next = max(next, r.r.Marginal(x+1))
		}
		if x := r.from + r.given; r.given > 0 {
			last = min(last, r.r.Marginal(x))
		}
	}
	return next, last
}

func (d *division) boundPrice(p *Problem, a *Allocation, i int) {
	g := &a.Items[i]
	lo, hi := p.bounds(i)
	if next := a.price(p, i, g.Units+1); g.Units == hi && hi < p.Items[i].Response.To() && g.Next > next {
		g.Bound = g.Next - next
	} else if last := a.price(p, i, g.Units); g.Units == lo && lo > p.Items[i].Response.From() && g.Last < last {
		g.Bound = g.Last - last
	}
}

// price is what the x-th unit of an item costs.
func (a *Allocation) price(p *Problem, i int, x int64) int64 {
	switch {
	case p.Moves != nil && x > p.Items[i].Current:
		return a.Price + a.MovePrice
	case p.inGroup(i) >= 0:
		return a.Price + a.GroupPrice[p.inGroup(i)]
	}
	return a.Price
}

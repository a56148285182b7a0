package effort

import "math"

// Allocate divides the budget so that the sum of returns is largest, exactly.
//
// Returns diminish, so the best allocation is what giving one unit after the
// other to whoever gains most leads to (O. Gross 1956; with limits of groups A.
// Federgruen and H. Groenevelt 1986). That takes as many steps as there are
// units. Here the price is searched at which the items together take the budget
// (Z. Galil and N. Megiddo 1979; G. N. Frederickson and D. B. Johnson 1982): at
// a price an item takes all units that bring more, which is one look-up in its
// pieces, and what is left at the price itself goes to units that bring exactly
// the price, first to those which are there now, then in the order of the items.
//
// Cost: O(items · log pieces · 62), whatever the budget; with groups once more.
//
// Errors: ErrInput, ErrInfeasible, ErrTooLarge.
func Allocate(p *Problem) (*Allocation, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	d := divisionOf(p)
	d.divide()
	return d.allocation(p), nil
}

// run is a stretch of an item's units that a limit counts: all that are not
// given anyway, or, where moves are limited, those it has now and those beyond.
type run struct {
	item     int
	r        *Response
	from, to int64
	kept     int64 // of its units, so many are there now
	set      int
	given    int64
}

// at is how many units of the run bring more than the price.
func (r *run) at(price int64) int64 {
	return min(max(r.r.above(price), r.from), r.to) - r.from
}

// set bounds what its runs get together.
type set struct {
	min, max int64
	runs     []int
	given    int64
}

// division is a problem less the units that are given anyway.
type division struct {
	budget int64
	runs   []run
	sets   []set // the first has no bounds
	unit   span  // what a unit may bring
}

type span struct{ least, most int64 }

func divisionOf(p *Problem) *division {
	d := &division{budget: p.Budget, sets: []set{{max: NoLimit}}, unit: span{math.MaxInt64, 0}}
	for _, g := range p.Groups {
		d.sets = append(d.sets, set{min: g.Min, max: g.Max})
	}
	if p.Moves != nil {
		d.sets = append(d.sets, set{max: *p.Moves})
	}
	for i := range p.Items {
		it := &p.Items[i]
		lo, hi := p.bounds(i)
		d.budget -= lo
		if p.Moves == nil {
			g := 1 + p.inGroup(i)
			d.sets[g].min, d.sets[g].max = max(0, d.sets[g].min-lo), less(d.sets[g].max, lo)
			d.add(run{item: i, r: it.Response, from: lo, to: hi, kept: it.Current - lo, set: g})
			continue
		}
		now := min(max(it.Current, lo), hi)
		d.sets[1].max -= max(0, lo-it.Current)
		d.add(run{item: i, r: it.Response, from: lo, to: now, kept: now - lo, set: 0})
		d.add(run{item: i, r: it.Response, from: now, to: hi, set: 1})
	}
	return d
}

// less takes what is given anyway from a maximum.
func less(most, given int64) int64 {
	if most == NoLimit {
		return NoLimit
	}
	return most - given
}

func (d *division) add(r run) {
	if r.from == r.to {
		return
	}
	d.unit.most = max(d.unit.most, r.r.Marginal(r.from+1))
	d.unit.least = min(d.unit.least, r.r.Marginal(r.to))
	d.sets[r.set].runs = append(d.sets[r.set].runs, len(d.runs))
	d.runs = append(d.runs, r)
}

// divide finds the budget's price, divides within each set, and gives what is
// left to units that bring the price.
func (d *division) divide() {
	price := lowest(0, d.unit.most, func(price int64) bool { return d.taken(price) <= d.budget })
	rest := d.budget
	for s := range d.sets {
		rest -= d.fill(&d.sets[s], d.wanted(&d.sets[s], price))
	}
	if price > 0 { // else they bring nothing
		d.ties(d.allRuns(), price, rest)
	}
}

// taken is what all sets take at a price, as far as the budget goes.
func (d *division) taken(price int64) int64 {
	var n int64
	for s := range d.sets {
		n = min(n+d.wanted(&d.sets[s], price), MaxReturn+1)
	}
	return n
}

// wanted is what a set takes at a price, within its bounds.
func (d *division) wanted(s *set, price int64) int64 {
	return min(max(d.above(s, price), s.min), s.max)
}

// above is how many units of a set bring more than the price.
func (d *division) above(s *set, price int64) int64 {
	var n int64
	for _, k := range s.runs {
		n = min(n+d.runs[k].at(price), MaxReturn+1)
	}
	return n
}

// fill divides units within a set, at the price that is theirs there.
func (d *division) fill(s *set, units int64) int64 {
	price := lowest(min(0, d.unit.least)-1, d.unit.most, func(price int64) bool { return d.above(s, price) <= units })
	for _, k := range s.runs {
		d.give(k, d.runs[k].at(price))
	}
	d.ties(s.runs, price, units-s.given)
	return units
}

func (d *division) give(k int, units int64) {
	d.runs[k].given += units
	d.sets[d.runs[k].set].given += units
}

// ties gives units that bring exactly the price: first those that are there
// now, then in the order of the items.
func (d *division) ties(runs []int, price, units int64) {
	for _, now := range []bool{true, false} {
		for _, k := range runs {
			r := &d.runs[k]
			most := r.at(price - 1)
			if now {
				most = min(most, r.kept)
			}
			n := min(max(0, most-r.given), units, d.sets[r.set].max-d.sets[r.set].given)
			d.give(k, n)
			units -= n
		}
	}
}

func (d *division) allRuns() []int {
	all := make([]int, len(d.runs))
	for k := range all {
		all[k] = k
	}
	return all
}

// lowest is the least number from least to most for which enough holds, where
// it holds for all above one for which it does; most when there is none below.
func lowest(least, most int64, enough func(int64) bool) int64 {
	for least < most {
		if middle := least + (most-least)/2; enough(middle) {
			most = middle
		} else {
			least = middle + 1
		}
	}
	return least
}

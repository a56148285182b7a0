package effort

import "math"

// NoLimit, as a maximum, is none.
const NoLimit = math.MaxInt64

// Item is what effort is given to: a segment, a territory, a product, an
// account.
type Item struct {
	Response *Response
	// Min and Max bound its units. What the response does not know of is out
	// of bounds, too. Max 0 is none at all; NoLimit is what the response knows.
	Min, Max int64
	// Group is the number of its group, from 0, and -1 for none. Without
	// Problem.Groups it is not looked at.
	Group int
	// Current is what it has now. It counts where Problem.Moves is set, and
	// decides among equally good allocations: nothing moves for nothing.
	Current int64
}

// Group is a set of items with bounds on the sum of their units, such as a
// region. An item is in one group at most.
type Group struct{ Min, Max int64 }

// Problem is to divide a budget of units over items so that the sum of their
// returns is largest. It is only read.
type Problem struct {
	Budget int64 // units at most; those that would bring nothing are left over
	Items  []Item
	Groups []Group
	// Moves bounds the units that items get beyond what they have now: the sum
	// of max(0, units − Current). Nil is no bound. It cannot be combined with
	// Groups.
	Moves *int64
}

// bounds are an item's, those of its response included.
func (p *Problem) bounds(i int) (lo, hi int64) {
	it := &p.Items[i]
	return max(it.Min, it.Response.From()), min(it.Max, it.Response.To())
}

// inGroup is the item's group, and -1 for none.
func (p *Problem) inGroup(i int) int {
	if len(p.Groups) == 0 {
		return -1
	}
	return p.Items[i].Group
}

func (p *Problem) check() error {
	if p.Budget < 0 || p.Budget > MaxReturn {
		return refused(ErrInput, "a budget of %d", p.Budget).maybe("0 to 2^61")
	}
	if p.Moves != nil && len(p.Groups) > 0 {
		return refused(ErrInput, "a limit on moves and limits of groups are given, and both at once are not supported")
	}
	if p.Moves != nil && *p.Moves < 0 {
		return refused(ErrInput, "at most %d units may move", *p.Moves)
	}
	var returns, least float64
	for i := range p.Items {
		if err := p.checkItem(i); err != nil {
			return err
		}
		lo, hi := p.bounds(i)
		r := p.Items[i].Response
		returns += max(math.Abs(float64(r.Value(lo))), math.Abs(float64(r.Value(hi))), math.Abs(float64(r.top())))
		least += float64(lo)
	}
	if returns > MaxReturn || least > MaxReturn {
		return refused(ErrTooLarge, "the returns add up to more than 2^61").maybe("a smaller scale")
	}
	return p.checkFeasible()
}

func (p *Problem) checkItem(i int) error {
	it := &p.Items[i]
	switch {
	case it.Response == nil:
		return refused(ErrInput, "item %d has no response", i).item(i)
	case it.Min < 0 || it.Max < 0 || it.Current < 0:
		return refused(ErrInput, "item %d has a negative bound or current effort", i).item(i)
	case it.Current > MaxUnits:
		return refused(ErrTooLarge, "item %d has %d now", i, it.Current).item(i)
	case it.Min > it.Max:
		return refused(ErrInput, "item %d has a minimum of %d and a maximum of %d", i, it.Min, it.Max).item(i)
	case len(p.Groups) > 0 && (it.Group < -1 || it.Group >= len(p.Groups)):
		return refused(ErrInput, "item %d is in group %d of %d", i, it.Group, len(p.Groups)).item(i)
	}
	if lo, hi := p.bounds(i); lo > hi {
		return refused(ErrInfeasible, "item %d has to get %d to %d units, and its response is known from %d to %d", i, it.Min, it.Max, it.Response.From(), it.Response.To()).item(i)
	}
	return nil
}

// checkFeasible names a limit that cannot be met. Where each can, all can.
func (p *Problem) checkFeasible() error {
	least, most := p.groupBounds()
	for g, group := range p.Groups {
		switch {
		case group.Min < 0 || group.Min > group.Max:
			return refused(ErrInput, "group %d has a minimum of %d and a maximum of %d", g, group.Min, group.Max).group(g)
		case least[g] > group.Max:
			return refused(ErrInfeasible, "the minimums of group %d add up to %d, and its maximum is %d", g, least[g], group.Max).group(g)
		case most[g] < group.Min:
			return refused(ErrInfeasible, "the maximums of group %d add up to %d, and its minimum is %d", g, most[g], group.Min).group(g)
		}
	}
	if total := p.least(); total > p.Budget {
		return refused(ErrInfeasible, "the minimums add up to %d, and the budget is %d", total, p.Budget)
	}
	if p.Moves == nil {
		return nil
	}
	var moved int64
	for i := range p.Items {
		lo, _ := p.bounds(i)
		moved += max(0, lo-p.Items[i].Current)
	}
	if moved > *p.Moves {
		return refused(ErrInfeasible, "the minimums alone move %d units, and %d may move", moved, *p.Moves)
	}
	return nil
}

// groupBounds are what the items of each group get at least and at most.
func (p *Problem) groupBounds() (least, most []int64) {
	least, most = make([]int64, len(p.Groups)), make([]int64, len(p.Groups))
	for i := range p.Items {
		if g := p.inGroup(i); g >= 0 {
			lo, hi := p.bounds(i)
			least[g], most[g] = min(least[g]+lo, MaxReturn), min(most[g]+hi, MaxReturn)
		}
	}
	return least, most
}

// least is the least that can be given out: all minimums.
func (p *Problem) least() int64 {
	var total int64
	for i := range p.Items {
		if lo, _ := p.bounds(i); p.inGroup(i) < 0 {
			total = min(total+lo, MaxReturn)
		}
	}
	least, _ := p.groupBounds()
	for g, group := range p.Groups {
		total = min(total+max(least[g], group.Min), MaxReturn)
	}
	return total
}

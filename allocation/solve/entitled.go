package solve

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Limit keeps what every rep gets near what he is entitled to: the sum, over
// all customers, of their units × his weight / the weights of all who may get
// them. Customers count whether or not they are assigned in the end; those to
// whom nobody is entitled count for nobody.
type Limit struct {
	// Weight is the weight of each rep, 0 to 10^12. Defaults to 1 for each.
	Weight []int64

	// PairWeight is the weight of each pair, in the order of the problem's
	// pairs, where a rep's weight differs from customer to customer. Defaults
	// to Weight.
	PairWeight []int64

	// Within is how many units a rep may have more or less than he is
	// entitled to, in units of 1/Per: 0 or more. With 1/Per below a whole unit
	// a limit can be too narrow for some rep to have any number at all.
	Within int64

	// Per is 1 to 10^6. Defaults to 1: Within is whole units then.
	Per int64
}

// Entitled is the best allocation within a limit, and what the limit costs.
type Entitled struct {
	// Solution is the best allocation. Check(Limited, Solution) proves it.
	Solution *Solution

	// Limited is the problem with the limit in its bounds: from the
	// entitlement − x rounded up to the entitlement + x rounded down, as far
	// as the problem's own Min and Max allow.
	Limited *Problem

	// Unlimited is the best allocation without the limit; Check proves it for
	// the problem itself.
	Unlimited *Solution

	// Lost is the price of fairness: how much larger the total is without the
	// limit.
	Lost int64

	// Cost is what the limit of each rep costs: his price where the limit, and
	// not a bound of the problem, is what keeps him from having more (above 0)
	// or fewer (below 0); else 0. One unit more within his limit brings at most
	// that much.
	Cost []int64
}

// SolveEntitled finds the allocation with the largest total among those in which
// every rep gets what he is entitled to, within the limit.
//
// Errors are *Error: ErrInput, ErrTooLarge; ErrInfeasible, with the customers and
// reps that prove it and the smallest limit that has an allocation, which
// SmallestWithin returns as a number; or the context's when it is cancelled.
//
// Cost: that of Solve, twice, and O(pairs) for the entitlements; when infeasible,
// that of SmallestWithin.
func SolveEntitled(ctx context.Context, p *Problem, limit Limit, o Options) (*Entitled, error) {
	l, err := newLimits(p, limit)
	if err != nil {
		return nil, err
	}
	e := &Entitled{}
	e.Limited, e.Solution, err = l.solve(ctx, limit.Within, o)
	if errors.Is(err, ErrInfeasible) {
		return nil, l.advise(ctx, err, limit.Within, o)
	}
	if err != nil {
		return nil, err
	}
	if e.Unlimited, err = Solve(ctx, p, o); err != nil {
		return nil, err
	}
	e.Lost = e.Unlimited.Total - e.Solution.Total
	e.Cost = make([]int64, p.Reps())
	for r, price := range e.Solution.Price {
		if price > 0 && e.Limited.Max[r] < p.Max[r] || price < 0 && e.Limited.Min[r] > p.min(r) {
			e.Cost[r] = price
		}
	}
	return e, nil
}

// SmallestWithin returns the smallest Within, of the limit's 1/Per, for which
// there is an allocation. The limit's own Within is where it begins to look: the
// smallest from there on.
//
// Whoever proves that a limit has no allocation proves it for every narrower
// limit too, and up to the one at which the bounds of those reps leave room
// enough; so the search goes from proof to proof, and the limit where it ends is
// the smallest.
//
// Errors are those of Solve; ErrInfeasible says that there is no allocation at
// all. Cost: that of Solve for some few proofs.
func SmallestWithin(ctx context.Context, p *Problem, limit Limit, o Options) (int64, error) {
	l, err := newLimits(p, limit)
	if err != nil {
		return 0, err
	}
	return l.smallest(ctx, limit.Within, o)
}

// limits are the bounds that a limit sets.
type limits struct {
	problem *Problem // without the limit
	flat    *Problem // the same with scores of 0, to see what is feasible
	due     []account
	per     int64
	widest  int64 // a limit that limits nobody
}

func newLimits(p *Problem, limit Limit) (*limits, error) {
	if _, err := p.check(); err != nil {
		return nil, err
	}
	l := &limits{problem: p, per: limit.Per}
	if l.per == 0 {
		l.per = 1
	}
	if l.per < 1 || l.per > 1_000_000 || limit.Within < 0 {
		return nil, &Error{Kind: ErrInput, Detail: fmt.Sprintf("a limit of %d/%d; 0 or more, and Per from 1 to 10^6", limit.Within, limit.Per)}
	}
	units := int64(0)
	for i := range p.Customers() {
		units += p.units(i)
	}
	if units > (1<<60)/l.per {
		return nil, &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("%d units in parts of 1/%d", units, l.per), Maybe: "use a smaller Per"}
	}
	l.widest = units * l.per
	weight, err := p.weights(limit.Weight)
	if err != nil {
		return nil, err
	}
	e := &Entitlements{Start: p.Start, Rep: p.Rep, Units: p.Units, Weight: weight, PairWeight: limit.PairWeight}
	totals, err := e.check()
	if err != nil {
		return nil, err
	}
	l.entitle(e, totals)
	return l, nil
}

// entitle adds up what each rep is entitled to.
func (l *limits) entitle(e *Entitlements, totals []uint64) {
	l.due = make([]account, e.Reps())
	for i, total := range totals {
		for k := e.Start[i]; k < e.Start[i+1]; k++ {
			l.due[e.Rep[k]].addShare(e.units(i), e.weight(k), total)
		}
	}
	for r := range l.due {
		l.due[r].merge()
	}
}

// bounds returns the fewest and the most units of a rep within a limit, as far
// as the problem allows. The fewest may be above the most.
func (l *limits) bounds(rep int, within int64) (least, most int64) {
	within = min(within, 1<<60) // which is wider than the widest
	up := (within + l.per - 1) / l.per
	_, least = l.due[rep].plus(up*l.per-within, l.per).round() // due + up − within
	most, _ = l.due[rep].plus(within%l.per, l.per).round()
	least, most = least-up, most+within/l.per
	return max(l.problem.min(rep), least), min(l.problem.Max[rep], most)
}

// plus returns the sum of an account and num/den, below 1.
func (a *account) plus(num, den int64) *account {
	b := *a
	b.terms = slices.Clip(a.terms) // adding copies them
	b.addShare(1, uint64(num), uint64(den))
	return &b
}

// within returns the problem with a limit. It fails if some rep can have no
// number of units within it.
func (l *limits) within(p *Problem, within int64) (*Problem, error) {
	limited := *p
	limited.Min, limited.Max = make([]int64, p.Reps()), make([]int64, p.Reps())
	for r := range limited.Max {
		limited.Min[r], limited.Max[r] = l.bounds(r, within)
		if least, most := limited.Min[r], limited.Max[r]; least > most {
			return nil, &Error{Kind: ErrInfeasible, Reps: []int{r}, Detail: fmt.Sprintf("rep %d, with minimum %d and maximum %d, would have to get at least %d and at most %d to be within %s of his entitlement", r, p.min(r), p.Max[r], least, most, l.text(within))}
		}
	}
	return &limited, nil
}

func (l *limits) solve(ctx context.Context, within int64, o Options) (*Problem, *Solution, error) {
	limited, err := l.within(l.problem, within)
	if err != nil {
		return nil, nil, err
	}
	s, err := Solve(ctx, limited, o)
	return limited, s, err
}

// text writes a limit.
func (l *limits) text(within int64) string {
	if l.per == 1 {
		return fmt.Sprint(within)
	}
	return fmt.Sprintf("%d/%d", within, l.per)
}

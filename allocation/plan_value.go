package allocation

import (
	"cmp"
	"math"
	"slices"

	"github.com/evenhand/evenhand/allocation/solve"
)

// valueGoal is the optimisation of a part: as many customers as possible, then
// the largest sum of scores.
//
// Both in one number: scores are counted from the lowest, and a customer who
// stays unplaced costs more than all differences of scores along any chain of
// reps who pass customers on. One customer more is therefore never given up for
// better scores.
type valueGoal struct {
	q     *planPart
	rooms *rooms
	score []int64 // by pair
	scale int
	low   int64 // the lowest score: what the problem counts from
	big   int64 // what placing a customer is worth beyond his score

	solver *solve.Solver
	first  *solve.Solution // before caps that count some customers were looked at: what the bound follows from
}

func (q *planPart) value(o *rooms) *valueGoal {
	v := &valueGoal{q: q, rooms: o}
	chain := int64(min(len(q.reps), len(q.customers))) + 1
	// solve takes |score| · (reps + 2) up to 2^58 and customers · |score| up to 2^62.
	most := min(float64(1<<58)/float64(len(q.reps)+2), float64(1<<62)/float64(len(q.customers)))
	v.score, v.scale = q.scores(most / float64(2*chain+2))
	high := int64(math.MinInt64)
	v.low = math.MaxInt64
	for _, s := range v.score {
		v.low, high = min(v.low, s), max(high, s)
	}
	v.big = 2*chain*(high-v.low) + 2
	return v
}

// problem is the part for package solve.
func (v *valueGoal) problem() *solve.Problem {
	p := &solve.Problem{Start: []int{0}, Max: v.rooms.room}
	for n := range v.q.customers {
		reps, scores := v.rowOf(n)
		p.Append(reps, scores)
		p.Unassigned = append(p.Unassigned, -v.big)
	}
	return p
}

// rowOf returns the reps whom a customer may have, with scores.
func (v *valueGoal) rowOf(n int) (reps []int32, scores []int64) {
	for at := v.q.start[n]; at < v.q.start[n+1]; at++ {
		if pair := &v.q.pairs[at]; !pair.barred {
			reps, scores = append(reps, pair.rep), append(scores, v.score[at]-v.low)
		}
	}
	return reps, scores
}

// allot solves the part.
func (v *valueGoal) allot() (a allotment, err error) {
	v.solver, err = solve.NewSolver(v.problem(), solve.Options{Progress: v.q.told})
	if err != nil {
		return nil, err
	}
	if v.first, err = v.solver.Solve(v.q.p.ctx); err != nil {
		return nil, err
	}
	return v.read(v.first), nil
}

// read finds the pairs that a solution uses.
func (v *valueGoal) read(s *solve.Solution) allotment {
	a := make(allotment, len(v.q.customers))
	for n, r := range s.Rep {
		a[n] = v.q.pairWith(n, r)
	}
	return a
}

// pairWith is the place of the pair of a customer and a rep; −1 for nobody.
func (q *planPart) pairWith(n int, rep int32) int {
	at, found := slices.BinarySearchFunc(q.of(n), rep, func(pair planPair, rep int32) int { return cmp.Compare(pair.rep, rep) })
	if !found {
		return -1
	}
	return q.start[n] + at
}

// told passes the solver's progress on.
func (q *planPart) told(s solve.Progress) {
	if q.p.o.Progress != nil {
		q.p.o.Progress(PlanProgress{Stage: s.Stage, Rule: q.r.ID, Done: s.Pending, Of: int64(len(q.customers))})
	}
}

// price states what the solution proves: the bound, the prices, and whom one
// more customer would displace.
func (v *valueGoal) price(out *PlanPart, a allotment) {
	out.Goal, out.Scale, out.Low = "value", v.scale, v.low
	price := v.first.Price
	for r := range out.Reps {
		out.Reps[r].Scarce = price[r] > v.big/2
		if out.Reps[r].Price = price[r]; out.Reps[r].Scarce {
			out.Reps[r].Price -= v.big
		}
	}
	for _, r := range v.first.Rep {
		if r >= 0 {
			out.Most++
		}
	}
	out.Bound = v.bound(out.Placed)
	v.displaced(out, a)
}

// bound is the most that an allocation within the rooms can be worth that places
// so many: each customer gains at most his largest score − price beyond what his
// place costs, and the places of a rep together cost no more than all of them.
// Sums that pass 64 bits on the way come back: the bound itself fits.
func (v *valueGoal) bound(placed int64) int64 {
	gains := make([]int64, 0, len(v.q.customers))
	for n := range v.q.customers {
		gain := int64(math.MinInt64)
		for at := v.q.start[n]; at < v.q.start[n+1]; at++ {
			gain = max(gain, v.score[at]-v.first.Price[v.q.pairs[at].rep])
		}
		gains = append(gains, gain)
	}
	slices.SortFunc(gains, func(a, b int64) int { return cmp.Compare(b, a) })
	bound := int64(0)
	for _, gain := range gains[:placed] {
		bound += gain
	}
	for r, price := range v.first.Price {
		if price > 0 {
			bound += price * v.rooms.room[r]
		}
	}
	return bound
}

// displaced names for each rep whose places cost something the customer with him
// who loses least by going elsewhere.
func (v *valueGoal) displaced(out *PlanPart, a allotment) {
	least := make([]int64, len(out.Reps))
	for n, at := range a {
		if at < 0 || v.first.Price[v.q.pairs[at].rep] == 0 {
			continue
		}
		rep := v.q.pairs[at].rep
		other := v.low - v.big
		for i := v.q.start[n]; i < v.q.start[n+1]; i++ {
			if i != at && !v.q.pairs[i].barred {
				other = max(other, v.score[i]-v.first.Price[v.q.pairs[i].rep])
			}
		}
		loss := v.score[at] - v.first.Price[rep] - other
		if to := &out.Reps[rep]; to.Displaced == "" || loss < least[rep] {
			least[rep], to.Displaced = loss, v.q.p.plan.Rows[v.q.customers[n]].Customer
		}
	}
}

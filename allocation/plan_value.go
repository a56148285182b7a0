package allocation

import (
	"cmp"
	"errors"
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

	// Rotations: how far from his entitlement a rep may end, and what that makes
	// the least and the most he may get.
	window      *window
	least, most []int64

	proof proof     // of the first solution, before anybody was barred from anywhere
	price []float64 // by node: what a customer's place, or a unit of it, costs in the last solution
}

func (q *planPart) value(o *rooms) *valueGoal {
	v := &valueGoal{q: q, rooms: o}
	chain := int64(min(len(q.reps), len(q.customers))) + 1
	// What package solve can hold: of one score, and of all together.
	most := min(float64(1<<58)/float64(len(q.reps)+2), float64(1<<62)/float64(len(q.customers)))
	if !o.equal {
		most = min(float64(1<<40), float64(1<<50)/float64(len(q.customers)))
	}
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
func (v *valueGoal) problem(unassigned int64) *solve.Problem {
	p := &solve.Problem{Start: []int{0}, Max: v.nodes(), Rep: make([]int32, 0, len(v.q.pairs)), Score: make([]int64, 0, len(v.q.pairs))}
	for n := range v.q.customers {
		v.append(p, n, 0)
		if t := v.rooms.twin; t != nil && !t.cap.applies[n] {
			v.append(p, n, int32(t.reps))
		}
		p.Start, p.Unassigned = append(p.Start, len(p.Rep)), append(p.Unassigned, unassigned)
	}
	return p
}

// append adds a customer's pairs, with nodes from one on.
func (v *valueGoal) append(p *solve.Problem, n int, from int32) {
	for i := v.q.start[n]; i < v.q.start[n+1]; i++ {
		if pair := &v.q.pairs[i]; !pair.barred {
			p.Rep, p.Score = append(p.Rep, from+pair.rep), append(p.Score, v.score[i]-v.low)
		}
	}
}

// nodes is the room of each node of the problem: of each rep, or of each of his
// two halves.
func (v *valueGoal) nodes() []int64 {
	if v.rooms.twin != nil {
		return v.rooms.twin.room
	}
	return v.rooms.room
}

// node is the node at which a customer has a rep.
func (v *valueGoal) node(n, pair int) int { return v.rooms.twin.node(n, v.q.pairs[pair].rep) }

// allot solves the part.
func (v *valueGoal) allot() (allotment, error) {
	switch {
	case !v.rooms.equal:
		return v.q.within(v.rooms, v.workload, v.net, v.score)
	case v.window != nil:
		return v.q.within(v.rooms, v.windowed, v.net, v.score)
	}
	return v.q.within(v.rooms, v.transport, v.net, v.score)
}

// proof is what a solution proves before anybody was barred from anywhere.
type proof struct {
	known     bool
	outdated  bool    // the window has become wider since
	stopped   bool    // the context ended before it was optimal
	most      int64   // no allocation places more
	price     []int64 // exact ones; nil where units differ or moves are limited
	value     int64   // of all scores together, beyond low, and of what placing is worth: none is worth more
	limits    *solve.Kept
	objective int64 // the sum of the scores
}

// transport solves the part where customers take the same: exactly.
func (v *valueGoal) transport() (allotment, error) {
	s, err := v.best(v.problem(-v.big))
	if err != nil {
		return nil, err
	}
	if !v.proof.known {
		v.proof.most = v.mostPlaced(s)
	}
	return v.accept(s), nil
}

// mostPlaced is how many could be placed at most: as many as are, unless the
// solution was stopped on the way.
func (v *valueGoal) mostPlaced(s *solved) int64 {
	switch {
	case s.most > 0:
		return s.most
	case !v.q.p.plan.Stopped:
		return s.placed()
	case s.limits != nil:
		return int64(len(v.q.customers))
	}
	return v.mostWithin(s.total)
}

// mostWithin is how many can be placed at most by a bound on all together.
func (v *valueGoal) mostWithin(bound int64) int64 {
	return int64(len(v.q.customers)) - max(0, -bound+v.big-1)/v.big
}

// accept takes a solution over; the first one is what the bound follows from.
func (v *valueGoal) accept(s *solved) allotment {
	a := v.read(s.rep)
	v.price = s.price
	if !v.proof.known {
		v.proof.known, v.proof.price, v.proof.value, v.proof.limits = true, s.exact, s.total, s.limits
		v.proof.stopped = v.q.p.plan.Stopped
		for _, i := range a {
			if i >= 0 {
				v.proof.objective += v.score[i]
			}
		}
	}
	return a
}

// workload solves the part where customers take different units: nearly, with a
// bound.
func (v *valueGoal) workload() (allotment, error) {
	p := v.problem(-v.big)
	w := &solve.Workload{Start: p.Start, Rep: p.Rep, Score: p.Score, Unassigned: p.Unassigned}
	for n := range v.q.customers {
		for range p.Start[n+1] - p.Start[n] {
			w.Effort = append(w.Effort, v.q.units(n))
		}
	}
	for _, room := range p.Max {
		w.Capacity = append(w.Capacity, min(room, 1<<40))
	}
	s, err := solve.SolveWorkload(v.q.p.ctx, w, solve.WorkloadOptions{})
	if errors.Is(err, solve.ErrNotFound) {
		return v.greedy(), nil
	}
	if err != nil {
		return nil, err
	}
	v.price = s.Price
	if !v.proof.known {
		v.proof = proof{known: true, value: s.Bound, most: v.mostWithin(s.Bound)}
	}
	v.q.p.plan.Stopped = v.q.p.plan.Stopped || v.q.p.ctx.Err() != nil
	return v.read(s.Rep), nil
}

// greedy gives each customer in turn the best rep that is left, where there was no
// time to find anything better.
func (v *valueGoal) greedy() allotment {
	a := make(allotment, len(v.q.customers))
	for n := range a {
		a[n] = -1
	}
	v.q.p.match(v.q.customers[0])
	v.q.fill(v.rooms, a, v.score)
	v.price = make([]float64, len(v.nodes()))
	v.proof = proof{known: true, outdated: true, most: int64(len(a))}
	v.q.p.plan.Stopped = true
	return a
}

// net is what a pair is worth less what its place costs; of −1, what it is worth
// to have no rep.
func (v *valueGoal) net(n, pair int) float64 {
	if pair < 0 {
		return float64(v.low - v.big)
	}
	takes := float64(v.q.takes(v.rooms, n))
	return float64(v.score[pair]) - float64(v.price[v.node(n, pair)]*takes)
}

// read finds the pairs that a solution uses.
func (v *valueGoal) read(reps []int32) allotment {
	a := make(allotment, len(v.q.customers))
	for n, r := range reps {
		a[n] = v.q.pairWith(n, v.rooms.twin.rep(r))
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

// state says what the solution proves: the bound, the prices, and whom one more
// customer would displace.
func (v *valueGoal) state(out *PlanPart, a allotment) error {
	out.Scale, out.Low, out.Most, out.Stopped = v.scale, v.low, v.proof.most, v.q.p.plan.Stopped
	for r := range out.Reps {
		to, plain := &out.Reps[r], r
		if t := v.rooms.twin; t != nil {
			plain = r + t.reps
			out.Cap = v.q.p.policy.Caps[t.cap.cap].Name
			to.Cap = v.gain(v.costs(r) - v.costs(plain))
		}
		price := v.gain(v.costs(plain))
		to.Price, to.Scarce = price.Gain, price.Needed
	}
	if kept := v.proof.limits; kept != nil && v.q.p.o.Stay.MaxMoves != nil {
		out.NextMove = v.gain(kept.NextMove.Gain)
	}
	v.displaced(out, a)
	bound, err := v.bound(out.Placed)
	out.Bound = bound
	out.Exact = v.proof.price != nil && v.window == nil && !v.proof.outdated && !v.rooms.closed && len(v.rooms.partial) == 0 &&
		out.Placed == out.Most && out.Objective == out.Bound
	return err
}

// costs is the price of a node.
func (v *valueGoal) costs(node int) int64 {
	if v.proof.price == nil {
		return int64(math.Ceil(v.price[node]))
	}
	return v.proof.price[node]
}

// gain tells what placing is worth from what scores are.
func (v *valueGoal) gain(price int64) *PlanGain {
	if price > v.big/2 {
		return &PlanGain{Gain: price - v.big, Needed: true}
	}
	return &PlanGain{Gain: price}
}

// bound is the most that an allocation within the rooms can be worth that places
// so many.
func (v *valueGoal) bound(placed int64) (int64, error) {
	switch {
	case v.priced() && placed == v.proof.most:
		return v.dual(placed), nil
	case v.proof.stopped && v.priced():
		return min(v.dual(placed), v.dearest(placed)), nil
	case v.proof.stopped && v.proof.price != nil:
		return v.dearest(placed), nil
	case v.proof.outdated || v.proof.limits != nil && placed < v.proof.most:
		return v.dearest(placed), nil
	case v.proof.limits != nil:
		return v.proof.objective + v.proof.limits.Gap(), nil
	}
	// Fewer than the most are placed, or nobody knows: no allocation is worth
	// more than the best of those that place whom they like, nor more than
	// everybody at his best rep.
	bound := min(v.proof.value+v.big*(int64(len(v.q.customers))-placed)+v.low*placed, v.dearest(placed))
	if v.proof.price == nil {
		return bound, nil
	}
	for i := range v.q.pairs {
		v.q.pairs[i].barred = false
	}
	s, err := solve.Solve(v.q.p.ctx, v.problem(0), solve.Options{Progress: v.q.told})
	if stopped := v.q.p.stop(err); stopped != nil {
		return min(bound, stopped.Bound+v.low*placed), nil
	}
	if err != nil {
		return 0, err
	}
	return min(bound, s.Total+v.low*placed), nil
}

// priced reports whether places have a price only where there are so many of
// them, as in every solution that is optimal within the present limits: a
// rotation that is stopped may lift its window.
func (v *valueGoal) priced() bool {
	for r, price := range v.proof.price {
		if _, most := v.limits(r); price > 0 && most == noLimit {
			return false
		}
	}
	return v.proof.price != nil
}

// dual is the bound by prices: each customer gains at most his largest score −
// price beyond what his place costs, and the places of a rep together cost no
// more than all of them. Sums that pass 64 bits on the way come back: the bound
// itself fits.
func (v *valueGoal) dual(placed int64) int64 {
	bound := v.largest(placed, func(n, pair int) int64 { return v.score[pair] - v.proof.price[v.node(n, pair)] })
	for r, price := range v.proof.price {
		least, most := v.limits(r)
		switch {
		case price > 0:
			bound += price * most
		case price < 0:
			bound += price * least
		}
	}
	return bound
}

// limits is the least and the most that a node may get.
func (v *valueGoal) limits(r int) (least, most int64) {
	if v.most == nil {
		return 0, v.nodes()[r]
	}
	return v.least[r], v.most[r]
}

// dearest is what so many customers are worth if each gets the rep he is worth
// most with.
func (v *valueGoal) dearest(placed int64) int64 {
	return v.largest(placed, func(_, pair int) int64 { return v.score[pair] })
}

// largest adds up the so many largest of every customer's largest worth.
func (v *valueGoal) largest(placed int64, worth func(n, pair int) int64) (sum int64) {
	var all []int64
	for n := range v.q.customers {
		if v.q.start[n] == v.q.start[n+1] {
			continue
		}
		most := int64(math.MinInt64)
		for i := v.q.start[n]; i < v.q.start[n+1]; i++ {
			most = max(most, worth(n, i))
		}
		all = append(all, most)
	}
	slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) })
	for _, worth := range all[:placed] {
		sum += worth
	}
	return sum
}

// full reports whether the rep of a pair has no place left.
func (v *valueGoal) full(out *PlanPart, n, pair int) bool {
	r := &out.Reps[v.q.pairs[pair].rep]
	return r.Room >= 0 && r.Load >= r.Room || v.price[v.node(n, pair)] > 0
}

// displaced names for each rep who has no place left the customer with him who
// loses least by going elsewhere.
func (v *valueGoal) displaced(out *PlanPart, a allotment) {
	least := make([]float64, len(out.Reps))
	for n, at := range a {
		if at < 0 || !v.full(out, n, at) {
			continue
		}
		other := v.net(n, -1)
		for i := v.q.start[n]; i < v.q.start[n+1]; i++ {
			if i != at && !v.q.pairs[i].barred {
				other = max(other, v.net(n, i))
			}
		}
		rep := v.q.pairs[at].rep
		loss := v.net(n, at) - other
		if to := &out.Reps[rep]; to.Displaced == "" || loss < least[rep] {
			least[rep], to.Displaced, to.DisplacedScore = loss, v.q.p.plan.Rows[v.q.customers[n]].Customer, v.score[at]
		}
	}
}

package allocation

import (
	"errors"
	"math"
	"slices"

	"github.com/evenhand/evenhand/allocation/solve"
)

// This file is about customers who have a rep already: of equally good
// allocations the one that moves fewest is taken, and PlanStay's limits are kept.
//
// A limit on moves comes before caps: where reps have more than their caps allow
// and the limit does not let all of that go, they keep the rest, and moves are
// spent on it first.

// limited reports whether moves are limited.
func (o *PlanStay) limited() bool {
	return o.MaxMoves != nil || o.MaxLost != nil || o.MaxGained != nil || o.MaxValue != nil
}

// moved adds up what earlier rules have moved.
type moved struct {
	customers, value int64
	lost, gained     map[int]int64 // by row of the roster
}

// note counts a customer who moves.
func (m *moved) note(row *plannedRow) {
	if row.from < 0 || row.from == row.row {
		return
	}
	m.customers++
	m.value += row.value()
	m.lost[row.from]++
	m.gained[row.row]++
}

// value is what a customer counts in PlanStay.MaxValue.
func (r *plannedRow) value() int64 {
	if r.given.Value == nil || !(*r.given.Value > 0) {
		return 0
	}
	return int64(math.RoundToEven(min(*r.given.Value, 1<<40)))
}

// left is what remains of a limit; no limit is solve.Unlimited.
func left(limit *int64, used int64) int64 {
	if limit == nil {
		return solve.Unlimited
	}
	return max(0, *limit-used)
}

// allows reports whether a customer may still move, to a rep or, −1, at all.
func (p *planner) allows(k, to int) bool {
	row, stay := &p.plan.rows[k], &p.o.Stay
	return left(stay.MaxMoves, p.moved.customers) > 0 && left(stay.MaxValue, p.moved.value) >= row.value() &&
		left(stay.MaxLost, p.moved.lost[row.from]) > 0 && (to < 0 || left(stay.MaxGained, p.moved.gained[to]) > 0)
}

// solved is a solution of a part.
type solved struct {
	rep    []int32
	price  []float64   // by rep
	exact  []int64     // the same where they prove the solution
	total  int64       // of all scores and of what placing is worth
	most   int64       // how many can be placed; 0 if that is not known
	limits *solve.Kept // with limits on moves
}

func (s *solved) placed() int64 { return placedBy(s.rep) }

// best solves a problem of the part, within the limits on moves and with as few
// of them as an optimal solution can have.
func (v *valueGoal) best(p *solve.Problem) (*solved, error) {
	if v.q.p.o.Stay.limited() && v.q.anyStays() {
		return v.limited(p)
	}
	s, most, err := v.placing(p)
	if stopped := v.q.p.stop(err); stopped != nil {
		return &solved{rep: stopped.Best.Rep, exact: stopped.Best.Price, price: floats(stopped.Best.Price), total: stopped.Bound, most: most}, nil
	}
	if err != nil {
		return nil, err
	}
	rep, price := s.Rep, s.Price
	if p.Min == nil {
		price = leastPrices(p, rep)
	}
	if v.q.anyStays() {
		face, err := solve.OptimalFace(p, price, v.staying(p))
		if err != nil {
			return nil, err
		}
		fewest, err := solve.Solve(v.q.p.ctx, face, solve.Options{Progress: v.q.told})
		switch {
		case err == nil:
			rep = fewest.Rep
		case v.q.p.ctx.Err() == nil:
			return nil, err
		}
	}
	return &solved{rep: rep, exact: price, price: floats(price), total: s.Total, most: most}, nil
}

// placing solves a problem in which placing somebody is worth more than any
// difference of scores, and says how many can be placed, 0 if that is not known.
//
// So much is rarely needed, and large numbers make the search long: it is tried
// with less, and what then places as many as can be is the best of those.
func (v *valueGoal) placing(p *solve.Problem) (s *solve.Solution, most int64, err error) {
	o := solve.Options{Progress: v.q.told}
	if p.Min != nil {
		s, err = solve.Solve(v.q.p.ctx, p, o)
		return s, 0, err
	}
	easy := *p
	easy.Score = make([]int64, len(p.Score))
	easy.Unassigned = slices.Repeat([]int64{-1}, len(p.Unassigned))
	if s, err = solve.Solve(v.q.p.ctx, &easy, o); err == nil {
		most = placedBy(s.Rep)
	}
	easy.Score = p.Score
	highest := int64(0)
	for _, score := range p.Score {
		highest = max(highest, score)
	}
	for worth := highest + 1; ; worth *= 16 {
		worth = min(worth, v.big)
		for i := range easy.Unassigned {
			easy.Unassigned[i] = -worth
		}
		s, err = solve.Solve(v.q.p.ctx, &easy, o)
		if err != nil {
			return s, most, err
		}
		if placed := placedBy(s.Rep); placed == most || worth == v.big {
			s.Total += (worth - v.big) * (int64(len(s.Rep)) - placed)
			return s, placed, nil
		}
	}
}

func placedBy(rep []int32) (n int64) {
	for _, r := range rep {
		if r >= 0 {
			n++
		}
	}
	return n
}

func floats(price []int64) (out []float64) {
	for _, x := range price {
		out = append(out, float64(x))
	}
	return out
}

// stop takes note that the context ended while a part was solved, if that is what
// an error is: from there on the best so far is taken.
func (p *planner) stop(err error) (stopped *solve.Stopped) {
	if errors.As(err, &stopped) && stopped.Best != nil {
		p.plan.Stopped = true
		return stopped
	}
	return nil
}

// staying is the goal that as many as possible stay.
func (v *valueGoal) staying(p *solve.Problem) solve.Goal {
	goal := solve.Goal{Score: make([]int64, len(p.Score))}
	for n := range v.q.customers {
		for at := p.Start[n]; at < p.Start[n+1]; at++ {
			if v.q.pairs[v.q.pairWith(n, v.rooms.twin.rep(p.Rep[at]))].stays {
				goal.Score[at] = 1
			}
		}
	}
	return goal
}

// limited solves a problem within the limits on moves: as it is; or, if caps
// would take more moves than there may be, with reps who have too much closed to
// others and rewarded for what they lose of it; or, if there are still more who
// would have to move, without these, and at last without anybody who has a rep.
func (v *valueGoal) limited(p *solve.Problem) (*solved, error) {
	c := v.continuity()
	kept, err := solve.SolveContinuity(v.q.p.ctx, p, c, solve.Options{Progress: v.q.told})
	for _, relax := range []func(*solve.Problem, *solve.Continuity){v.unload, v.keepMovers, v.keepAll} {
		if !errors.Is(err, solve.ErrInfeasible) && !errors.Is(err, solve.ErrNotFound) {
			break
		}
		relax(p, c)
		kept, err = solve.SolveContinuity(v.q.p.ctx, p, c, solve.Options{Progress: v.q.told})
	}
	if err != nil {
		return nil, err
	}
	v.q.p.plan.Stopped = v.q.p.plan.Stopped || v.q.p.ctx.Err() != nil
	out := &solved{rep: kept.Rep, total: kept.Total, limits: kept}
	for _, price := range kept.Price {
		out.price = append(out.price, float64(price)/float64(kept.Scale))
	}
	return out, nil
}

// continuity is who has whom, and what is left of the limits.
func (v *valueGoal) continuity() *solve.Continuity {
	q, stay := v.q, &v.q.p.o.Stay
	c := &solve.Continuity{MaxMoves: left(stay.MaxMoves, q.p.moved.customers), MaxValue: left(stay.MaxValue, q.p.moved.value)}
	place := map[int]int32{}
	for r, row := range q.reps {
		place[row] = int32(r)
		c.MaxLost = append(c.MaxLost, left(stay.MaxLost, q.p.moved.lost[row]))
		c.MaxGained = append(c.MaxGained, left(stay.MaxGained, q.p.moved.gained[row]))
	}
	for _, k := range q.customers {
		owner := int32(solve.Unassigned)
		if row := &q.p.plan.rows[k]; row.from >= 0 {
			owner = place[row.from]
		}
		c.Owner = append(c.Owner, owner)
		if stay.MaxValue != nil {
			c.Value = append(c.Value, q.p.plan.rows[k].value())
		}
	}
	return c
}

// unload lets reps keep what they have beyond their room and closes them to
// others. What they lose of it is worth as much as placing somebody.
func (v *valueGoal) unload(p *solve.Problem, c *solve.Continuity) {
	own := make([]int64, len(v.q.reps))
	v.eachStay(p, func(n, at int) { own[p.Rep[at]]++ })
	p.Max = slices.Clone(p.Max)
	over := make([]bool, len(v.q.reps))
	for r := range own {
		if over[r] = own[r] > p.Max[r] && !v.q.p.came[v.q.reps[r]]; over[r] {
			c.MaxLost[r], c.MaxGained[r] = min(c.MaxLost[r], own[r]-p.Max[r]), 0
			p.Max[r] = own[r]
		}
	}
	v.eachStay(p, func(n, at int) {
		if over[p.Rep[at]] {
			p.Score[at] -= v.big
		}
	})
	v.keepOnly(p, func(n, at int) bool { return !over[p.Rep[at]] || c.Owner[n] == p.Rep[at] })
}

// eachStay calls f for the pairs by which customers stay.
func (v *valueGoal) eachStay(p *solve.Problem, f func(n, at int)) {
	for n := range v.q.customers {
		for at := p.Start[n]; at < p.Start[n+1]; at++ {
			if v.q.pairs[v.q.pairWith(n, p.Rep[at])].stays {
				f(n, at)
			}
		}
	}
}

// keepMovers takes customers out who would have to move: they are kept where they
// are.
func (v *valueGoal) keepMovers(p *solve.Problem, c *solve.Continuity) {
	stays := make([]bool, len(v.q.customers))
	v.eachStay(p, func(n, at int) { stays[n] = true })
	v.keepThose(p, c, func(n int) bool { return stays[n] })
}

// keepAll takes everybody out who has a rep.
func (v *valueGoal) keepAll(p *solve.Problem, c *solve.Continuity) {
	v.keepThose(p, c, func(int) bool { return false })
}

// keepThose takes customers out who have a rep and for whom partake is false.
func (v *valueGoal) keepThose(p *solve.Problem, c *solve.Continuity, partake func(n int) bool) {
	v.keepOnly(p, func(n, at int) bool { return c.Owner[n] == solve.Unassigned || partake(n) })
	for n := range c.Owner {
		if !partake(n) {
			c.Owner[n] = solve.Unassigned
		}
	}
}

// keepOnly drops pairs of a problem.
func (v *valueGoal) keepOnly(p *solve.Problem, keep func(n, at int) bool) {
	kept, from := 0, 0
	start := slices.Clone(p.Start)
	for n := range v.q.customers {
		for at := from; at < p.Start[n+1]; at++ {
			if keep(n, at) {
				p.Rep[kept], p.Score[kept] = p.Rep[at], p.Score[at]
				kept++
			}
		}
		from, start[n+1] = p.Start[n+1], kept
	}
	p.Start, p.Rep, p.Score = start, p.Rep[:kept], p.Score[:kept]
}

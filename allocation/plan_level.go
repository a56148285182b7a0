package allocation

import (
	"slices"

	"github.com/evenhand/evenhand/allocation/solve"
)

// This file plans rules that pick by what reps have open. What they have at the
// end, with that from before, is as even as can be: the most is as small as it can
// be for as many customers, then the second most, and so on.

// leveled places as many as can be with level loads; of those who have a rep as
// many as possible stay.
func (v *valueGoal) leveled() (allotment, error) {
	q := v.q
	free, err := v.best(v.problem(-v.big))
	if err != nil {
		return nil, err
	}
	if !v.proof.known {
		v.proof.most = v.mostPlaced(free)
	}
	if q.p.plan.Stopped {
		return v.accept(free), nil
	}
	load, reps, err := v.raise(free.placed())
	if err != nil && q.p.ctx.Err() != nil {
		q.p.plan.Stopped = true
		return v.accept(free), nil
	}
	if err != nil {
		return nil, err
	}
	s := &solved{rep: reps, price: make([]float64, len(q.reps)), exact: make([]int64, len(q.reps))}
	if q.anyStays() {
		p := v.problem(-v.big)
		p.Min, p.Max = load, load
		fewest, err := v.best(p)
		switch {
		case err == nil:
			s.rep = fewest.rep
		case q.p.ctx.Err() == nil:
			return nil, err
		}
	}
	return v.accept(s), nil
}

// raise raises the level by one customer at a time, and each time gives out as
// many as can be: a rep who then has less than the level can have no more
// whatever others get, so that nobody's load sinks again. The loads that are
// possible are a polymatroid, for which serving the least first is optimal: A.
// Federgruen and H. Groenevelt, The greedy procedure for resource allocation
// problems, Operations Research 34 (1986).
func (v *valueGoal) raise(most int64) (load []int64, reps []int32, err error) {
	solver, err := solve.NewSolver(v.problem(-v.big), solve.Options{Progress: v.q.told})
	if err != nil {
		return nil, nil, err
	}
	base := v.q.base(v.rooms)
	load = make([]int64, len(base))
	for level := int64(1); ; level++ {
		for r := range base {
			if err := solver.SetBounds(int32(r), load[r], max(load[r], min(v.rooms.room[r], level-base[r]))); err != nil {
				return nil, nil, err
			}
		}
		s, err := solver.Solve(v.q.p.ctx)
		if err != nil {
			return nil, nil, err
		}
		load, reps = s.Load, s.Rep
		placed := int64(0)
		for _, n := range load {
			placed += n
		}
		if placed == most {
			return load, reps, nil
		}
	}
}

// base is where each rep begins, in customers of the part: by what he has open, or
// by how much less room he has than the one who has most. Of reps whose room is
// not known it is that of the one with least.
func (q *planPart) base(o *rooms) []int64 {
	base := make([]int64, len(q.reps))
	if q.r.Pick == "first" || o.units == 0 {
		return base
	}
	for r, row := range q.reps {
		m := &q.p.s.roster.members[row]
		if base[r] = m.open; q.r.Pick == "most_available" && m.rep.Capacity != nil {
			base[r] = m.open - *m.rep.Capacity
		}
	}
	if q.r.Pick == "most_available" {
		q.unknownLast(base)
	}
	least := slices.Min(base)
	for r := range base {
		base[r] = (base[r] - least) / o.units
	}
	return base
}

// unknownLast puts reps without a known capacity where the one with the least
// room is.
func (q *planPart) unknownLast(base []int64) {
	most := int64(0)
	known := false
	for r, row := range q.reps {
		if q.p.s.roster.members[row].rep.Capacity != nil && (!known || base[r] > most) {
			most, known = base[r], true
		}
	}
	for r, row := range q.reps {
		if q.p.s.roster.members[row].rep.Capacity == nil {
			base[r] = most
		}
	}
}

package solve

import (
	"context"
	"slices"
)

// staying is a problem and a continuity as one transportation problem without
// either: its allocations are those that keep the locks and the limits per rep,
// and its scores, besides bonuses, reward staying by the prices of a move and of
// moved value. What remains, a limit on all moves, crosses the capacities, and
// is what those prices are for.
//
// The limits per rep are within his capacity, so that places can be divided. A
// rep who must keep some customers has that many places for them apart, which
// have to be filled. A rep who may gain g customers has g places for those,
// apart from places for as many as he can have; and g idle units that must go to
// the one or the other, so that both together have room for as many as he can
// have. If he also has a minimum, more idle units, who need not be placed, stand
// for what he may have less than his maximum, and all his places must be filled.
type staying struct {
	problem    *Problem
	continuity *Continuity

	divided Problem
	solver  *Solver // of divided, kept from one pair of prices to the next
	base    []int64 // the scores of divided, without the prices
	stays   []stay
	rep     []int32 // of each node of divided
	kept    []int32 // of each rep: the node of the places for those who must stay, or 0
	gains   []int32 // of each rep: the node of the places for those whom he gains, or 0
	keeps   []int64 // of each rep: how many must stay

	owned    int64  // customers who have an owner
	value    int64  // what these count by value
	scale    int64  // of the scores in divided
	maxMoves int64  // at most owned
	maxValue int64  // at most value
	end      prices // the largest
}

// stay is a pair of divided by which a customer stays with his owner.
type stay struct {
	pair  int
	value int64
}

func newStaying(p *Problem, c *Continuity) (*staying, error) {
	s := &staying{problem: p, continuity: c, scale: 1}
	owned := make([]int64, p.Reps())
	for i, owner := range c.Owner {
		if owner != Unassigned && p.units(i) > 0 {
			owned[owner]++
			s.owned++
			s.value += c.value(i)
		}
	}
	s.maxMoves, s.maxValue = min(c.MaxMoves, s.owned), s.value
	if c.Value != nil {
		s.maxValue = min(c.MaxValue, s.value)
	}
	if err := s.places(owned); err != nil {
		return nil, err
	}
	s.divided.Start = []int{0}
	for i := range p.Customers() {
		s.customer(i)
	}
	s.idle()
	s.base = slices.Clone(s.divided.Score)
	s.end = s.largest()
	_, err := s.divided.check()
	return s, err
}

// places lays out the nodes: first one per rep, then the places apart.
func (s *staying) places(owned []int64) error {
	p, c, d := s.problem, s.continuity, &s.divided
	most := int64(p.Customers()) + 1 // binds no more than no limit
	s.kept, s.gains, s.keeps = make([]int32, p.Reps()), make([]int32, p.Reps()), make([]int64, p.Reps())
	for r := range p.Max {
		s.rep = append(s.rep, int32(r))
		s.keeps[r] = max(0, owned[r]-c.maxLost(r))
		room := min(p.Max[r], max(most, p.min(r)))
		if s.keeps[r] > room {
			return s.tooManyKept(r, owned[r])
		}
		d.Max = append(d.Max, room-s.keeps[r])
		d.Min = append(d.Min, max(0, p.min(r)-s.keeps[r]))
	}
	for r := range p.Max {
		if s.keeps[r] > 0 {
			s.kept[r] = s.node(r, s.keeps[r], s.keeps[r])
		}
		if c.maxGained(r) < d.Max[r] {
			s.gains[r] = s.node(r, 0, c.maxGained(r))
		}
	}
	return nil
}

func (s *staying) node(rep int, least, most int64) int32 {
	s.rep = append(s.rep, int32(rep))
	s.divided.Min, s.divided.Max = append(s.divided.Min, least), append(s.divided.Max, most)
	return int32(len(s.rep)) - 1
}

// customer appends a customer to divided.
func (s *staying) customer(i int) {
	p, c, d := s.problem, s.continuity, &s.divided
	owner, units, outside := c.Owner[i], p.units(i), p.unassigned(i)
	if c.locked(i) && units > 0 {
		outside = Never
	}
	d.Units, d.Unassigned = append(d.Units, units), append(d.Unassigned, outside)
	reps, scores := p.row(i)
	var near, apart row // nodes apart are numbered after all others, in the order of the reps
	for e, r := range reps {
		switch {
		case owner == Unassigned || units == 0:
			near.add(r, scores[e])
		case owner == r:
			near.stay = append(near.stay, len(near.reps))
			near.add(r, scores[e]+c.bonus(i))
			if s.kept[r] != 0 {
				apart.stay = append(apart.stay, len(apart.reps))
				apart.add(s.kept[r], scores[e]+c.bonus(i))
			}
		case c.locked(i):
		case s.gains[r] != 0:
			apart.add(s.gains[r], scores[e])
		default:
			near.add(r, scores[e])
		}
	}
	for _, list := range []row{near, apart} {
		for _, k := range list.stay {
			s.stays = append(s.stays, stay{len(d.Rep) + k, c.value(i)})
		}
		d.Rep, d.Score = append(d.Rep, list.reps...), append(d.Score, list.scores...)
	}
	d.Start = append(d.Start, len(d.Rep))
}

// row is a customer's pairs; stay says which of them are with his owner.
type row struct {
	reps   []int32
	scores []int64
	stay   []int
}

func (r *row) add(rep int32, score int64) {
	r.reps, r.scores = append(r.reps, rep), append(r.scores, score)
}

// idle appends the idle units of reps who have places for gains apart.
func (s *staying) idle() {
	d := &s.divided
	for r, gains := range s.gains {
		if gains == 0 {
			continue
		}
		if least := d.Min[r]; least > 0 {
			s.idleUnits(int32(r), d.Max[r]-least, 0)
			d.Min[r], d.Min[gains] = d.Max[r], d.Max[gains]
		}
		s.idleUnits(int32(r), d.Max[gains], Never)
	}
}

func (s *staying) idleUnits(rep int32, units, unassigned int64) {
	d := &s.divided
	d.Append([]int32{rep, s.gains[rep]}, []int64{0, 0})
	d.Units, d.Unassigned = append(d.Units, units), append(d.Unassigned, unassigned)
}

// prices are what a move and a unit of moved value cost, in 1/scale of a score.
type prices struct{ move, value int64 }

// at solves with the given prices.
func (s *staying) at(ctx context.Context, o Options, at prices) (*Solution, error) {
	for _, stay := range s.stays {
		s.divided.Score[stay.pair] = s.base[stay.pair] + at.move + at.value*stay.value
	}
	if s.solver == nil {
		var err error
		if s.solver, err = NewSolver(&s.divided, o); err != nil {
			return nil, err
		}
	}
	s.solver.rescore()
	return s.solver.Solve(ctx)
}

// limit is what no allocation within all limits exceeds, in 1/scale of a score,
// given the total at some prices.
func (s *staying) limit(at prices, total int64) int64 {
	return total - at.move*(s.owned-s.maxMoves) - at.value*(s.value-s.maxValue)
}

// placesOf reads a solution of divided: the rep of each customer.
func (s *staying) placesOf(solution *Solution) []int32 {
	out := solution.Rep[:s.problem.Customers()]
	for i, node := range out {
		if node >= 0 {
			out[i] = s.rep[node]
		}
	}
	return out
}

// pricesOf turns the prices of nodes into those of places and limits. A price
// below 0 is that of a minimum; if those who must stay are as many, it is theirs.
func (s *staying) pricesOf(node []int64) (place, lost, gained []int64) {
	reps := s.problem.Reps()
	place, lost, gained = make([]int64, reps), make([]int64, reps), make([]int64, reps)
	for r := range reps {
		place[r] = node[r]
		if s.problem.min(r) <= s.keeps[r] {
			place[r] = max(0, node[r])
		}
		if kept := s.kept[r]; kept != 0 {
			lost[r] = max(0, place[r]-node[kept])
		}
		if gains := s.gains[r]; gains != 0 {
			gained[r] = max(0, node[gains]-place[r])
		}
	}
	return place, lost, gained
}

// largest are the largest prices for which no sum overflows.
func (s *staying) largest() prices {
	score, room := s.size()
	if room <= score {
		return prices{}
	}
	half := (room - score) / 2
	out := prices{move: half, value: half}
	for _, value := range s.continuity.Value {
		if value > 0 {
			out.value = min(out.value, half/value)
		}
	}
	return out
}

// size returns the largest score of divided without prices, and how large it
// may be.
func (s *staying) size() (score, room int64) {
	var size magnitude
	d := &s.divided
	for i := range d.Customers() {
		size.customer(s.base[d.Start[i]:d.Start[i+1]], d.Units[i], d.Unassigned[i])
	}
	return int64(size.score), min(1<<58/int64(d.Reps()+2), 1<<61/int64(max(1, size.units)))
}

// rescale makes so many parts of a score, if the sums still fit with prices as
// large as scores. It reports whether they do.
func (s *staying) rescale(scale int64) bool {
	score, room := s.size()
	factor := scale / s.scale
	if score > room/8/factor {
		return false
	}
	for k := range s.base {
		s.base[k] *= factor
	}
	copy(s.divided.Score, s.base)
	for i, u := range s.divided.Unassigned {
		if u != Never {
			s.divided.Unassigned[i] = u * factor
		}
	}
	if s.solver != nil {
		s.solver.rescale(factor)
	}
	s.scale = scale
	s.end = s.largest()
	return true
}

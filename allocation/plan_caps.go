package allocation

import "math"

// planCap is a cap that counts customers of a part.
type planCap struct {
	cap     int
	applies []bool // by customer: whether it counts him
	left    map[leftKey]int64
}

// mayStay reports whether a customer's rep has room for him under the caps that
// count open work; the others counted him when he came. Customers for whom there
// was no place elsewhere do not stand in the way of those beside them.
func (q *planPart) mayStay(owner int) bool {
	p, w := q.p, &q.p.s.live.walk
	for _, c := range q.caps {
		if p.s.capSpecs[c.cap].Flow || !w.capApplies(c.cap) {
			continue
		}
		limit, known := w.m.Limit(c.cap, owner)
		if !known {
			return false
		}
		if _, full := w.full(c.cap, owner, limit+p.beyond(owner)); full {
			return false
		}
	}
	return true
}

// beyond is how much more than his caps allow a rep may keep of his own: what he
// has of customers for whom there was no place elsewhere, as long as nobody new
// came to him.
func (p *planner) beyond(row int) int64 {
	if p.came[row] {
		return 0
	}
	return p.kept[row]
}

// whole reports whether a cap counts every customer of the part alike, so that
// it is a number of places. Of those who stay a flow cap counts nobody.
func (q *planPart) whole(c *planCap, equal bool) bool {
	spec := &q.p.policy.Caps[c.cap]
	if spec.Team || spec.Flow && (!equal || q.anyStays()) {
		return false
	}
	for _, applies := range c.applies {
		if !applies {
			return false
		}
	}
	return true
}

func (q *planPart) anyStays() bool {
	for _, k := range q.customers {
		if q.p.plan.rows[k].from >= 0 {
			return true
		}
	}
	return false
}

// equalUnits returns what every customer takes, and whether it is the same.
func (q *planPart) equalUnits() (units int64, equal bool) {
	units = q.units(0)
	for n := range q.customers {
		if q.units(n) != units {
			return 0, false
		}
	}
	return units, true
}

const noLimit = math.MaxInt64

// rooms is how much each rep of a part has room for under the caps that count
// every customer of it: customers if all take as many units, units otherwise.
type rooms struct {
	equal   bool
	units   int64     // of each, if equal
	room    []int64   // by rep; noLimit
	closed  bool      // some reps are not open to everybody
	some    []planCap // the other caps, which count some customers, or per team
	partial []planCap // those of them that are kept by repairing
	twin    *twin     // the one that is kept exactly, if any
}

func (q *planPart) rooms() rooms {
	var out rooms
	out.units, out.equal = q.equalUnits()
	for range q.reps {
		out.room = append(out.room, noLimit)
	}
	q.p.match(q.customers[0]) // limits depend on the rep and the time alone
	w := &q.p.s.live.walk
	for _, c := range q.caps {
		if !q.whole(&c, out.equal) {
			out.some = append(out.some, c)
			continue
		}
		for r, row := range q.reps {
			if limit, known := w.m.Limit(c.cap, row); known {
				out.room[r] = min(out.room[r], out.places(limit-q.p.s.live.used(q.p.s, c.cap, row, "", q.p.at), q.p.s.capSpecs[c.cap].Flow))
			}
		}
	}
	out.partial = out.some
	return out
}

// places turns what is left under a cap into room.
func (o *rooms) places(left int64, flow bool) int64 {
	left = max(0, left)
	switch {
	case flow || !o.equal:
		return left
	case o.units == 0:
		return noLimit
	}
	return left / o.units
}

// inUnits is a rep's room in units, −1 without limit.
func (o *rooms) inUnits(r int) int64 {
	switch {
	case o.room[r] == noLimit:
		return -1
	case o.equal:
		return o.room[r] * o.units
	}
	return o.room[r]
}

// closeOver closes reps to everybody new who have more than their caps allow and
// for some of whose customers there was no place elsewhere.
func (q *planPart) closeOver(o *rooms) {
	own := make([]int64, len(q.reps))
	for n := range q.customers {
		for _, pair := range q.of(n) {
			if pair.stays {
				own[pair.rep] += q.takes(o, n)
			}
		}
	}
	closed := make([]bool, len(q.reps))
	for r, row := range q.reps {
		if kept := q.p.beyond(row); kept > 0 && o.room[r] < own[r] {
			o.closed, closed[r], o.room[r] = true, true, min(own[r], o.room[r]+o.places(kept, false))
		}
	}
	q.keepPairs(func(pair *planPair) bool { return pair.stays || !closed[pair.rep] })
}

// takes is what a customer takes of a rep's room.
func (q *planPart) takes(o *rooms, n int) int64 {
	if o.equal {
		return 1
	}
	return q.units(n)
}

// limitTeams notes the limits of a rep who was given somebody under caps per team.
func (p *planner) limitTeams(row *plannedRow) {
	for _, c := range row.caps {
		if c.Team == "" {
			continue
		}
		limit, _ := p.s.live.walk.m.Limit(c.Cap, row.row)
		if least, any := p.least[c]; !any || limit < least {
			p.least[c] = limit
		}
	}
}

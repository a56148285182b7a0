package allocation

import (
	"cmp"
	"maps"
	"slices"
)

// This file keeps the caps that count some customers only, or per team, or
// customers where units differ. The optimisation does not know them: it is made
// without, the least valuable customers under an overfull cap are barred from it,
// and it is made again. The bound is that of the first time and holds whatever is
// barred.

// capTarget is what a cap counts for: a rep, or a team.
type capTarget struct {
	row  int // −1 for a team
	team string
}

func (t capTarget) compare(o capTarget) int {
	return cmp.Or(cmp.Compare(t.row, o.row), cmp.Compare(t.team, o.team))
}

// targets are those for which a cap counts a pair.
func (q *planPart) targets(c *planCap, pair *planPair) []capTarget {
	row := q.reps[pair.rep]
	if !q.p.policy.Caps[c.cap].Team {
		return []capTarget{{row: row}}
	}
	var teams []capTarget
	for _, team := range q.p.s.roster.members[row].rep.Teams {
		teams = append(teams, capTarget{-1, team})
	}
	return teams
}

// counts reports whether a cap counts a pair. Somebody without units adds nothing
// to it and still may not come where there is too much.
func (q *planPart) counts(c *planCap, n int, pair *planPair) bool {
	return c.applies[n] && !(q.p.s.capSpecs[c.cap].Flow && pair.stays)
}

// leftKey is what is left under a cap depends on: a rep's limit, and what is
// used of the target.
type leftKey struct {
	row int
	at  capTarget
}

// left is what a rep may still add to a target. Beside reps of the team with a
// lower limit whom an earlier rule gave somebody it is theirs: in whatever order
// the plan is carried out, nobody then passes his own.
func (q *planPart) left(c *planCap, row int, at capTarget) int64 {
	key := leftKey{row, at}
	left, known := c.left[key]
	if !known {
		limit, _ := q.p.s.live.walk.m.Limit(c.cap, row) // known: else he would be no candidate
		if least, any := q.p.least[counted{c.cap, at.team}]; any {
			limit = min(limit, least)
		}
		left = max(0, limit-q.p.s.live.used(q.p.s, c.cap, row, at.team, q.p.at))
		if c.left == nil {
			c.left = map[leftKey]int64{}
		}
		c.left[key] = left
	}
	return left
}

// targetLoad is what an allotment adds to a target of a cap. A team's limit may
// differ by rep: then the least counts of those who receive.
type targetLoad struct {
	load, left int64
	some       bool // somebody counts
	newcomers  bool // somebody of them was not there before
}

// add takes one more customer in.
func (t targetLoad) add(adds, left int64, stays bool) targetLoad {
	if !t.some || left < t.left {
		t.some, t.left = true, left
	}
	t.load += adds
	t.newcomers = t.newcomers || !stays
	return t
}

// over is how much there is too much. Those who were there before may be more
// than fit by those who are kept for want of another place.
func (t targetLoad) over(kept int64) int64 {
	if by := t.load - t.left; t.newcomers || by > kept {
		return by
	}
	return 0
}

// loads adds up what an allotment adds to each target of a cap.
func (q *planPart) loads(c *planCap, a allotment) map[capTarget]targetLoad {
	loads := map[capTarget]targetLoad{}
	q.eachAdded(c, a, func(n int, pair *planPair, at capTarget, adds, left int64) {
		loads[at] = loads[at].add(adds, left, pair.stays)
	})
	return loads
}

// overfull is a target that has more under a cap than fits.
type overfull struct {
	cap *planCap
	at  capTarget
	by  int64
}

// overfull lists the targets that an allotment takes over a cap.
func (q *planPart) overfull(o *rooms, a allotment) []overfull {
	var out []overfull
	for i := range o.partial {
		c := &o.partial[i]
		loads := q.loads(c, a)
		for _, at := range slices.SortedFunc(maps.Keys(loads), capTarget.compare) {
			if by := loads[at].over(q.p.beyond(at.row)); by > 0 {
				out = append(out, overfull{c, at, by})
			}
		}
	}
	return out
}

// eachAdded calls f for each customer of an allotment and each target of a cap
// that counts him.
func (q *planPart) eachAdded(c *planCap, a allotment, f func(n int, pair *planPair, at capTarget, adds, left int64)) {
	for n, i := range a {
		if i < 0 {
			continue
		}
		pair := &q.pairs[i]
		q.eachTarget(c, n, pair, func(at capTarget, adds, left int64) { f(n, pair, at, adds, left) })
	}
}

// bar keeps an overfull target from being overfull again: those who lose least
// by going elsewhere may not come to it, nor may anybody who is not there now.
// Customers who are there already go last, and not at all where they are kept for
// want of another place.
func (q *planPart) bar(over overfull, a allotment, net func(n, pair int) float64) {
	type member struct {
		n     int
		stays bool
		adds  int64
		loss  float64
	}
	var members []member
	inside := make([]bool, len(q.customers))
	q.eachAdded(over.cap, a, func(n int, pair *planPair, at capTarget, adds, _ int64) {
		if at == over.at {
			inside[n] = true
			members = append(members, member{n, pair.stays, adds, net(n, a[n]) - q.elsewhere(over, n, net)})
		}
	})
	slices.SortStableFunc(members, func(a, b member) int {
		switch {
		case a.stays == b.stays:
			return cmp.Compare(a.loss, b.loss)
		case a.stays:
			return 1
		}
		return -1
	})
	kept := q.p.beyond(over.at.row)
	for _, m := range members {
		if over.by <= 0 || m.stays && over.by <= kept {
			break
		}
		over.by -= m.adds
		inside[m.n] = false
	}
	for n := range q.customers {
		if !inside[n] {
			q.eachPairTo(over, n, func(pair *planPair) { pair.barred = true })
		}
	}
}

// elsewhere is the most a customer has outside a target; without a rep if that
// is all.
func (q *planPart) elsewhere(over overfull, n int, net func(n, pair int) float64) float64 {
	to := map[*planPair]bool{}
	q.eachPairTo(over, n, func(pair *planPair) { to[pair] = true })
	most := net(n, -1)
	for i := q.start[n]; i < q.start[n+1]; i++ {
		if pair := &q.pairs[i]; !pair.barred && !to[pair] {
			most = max(most, net(n, i))
		}
	}
	return most
}

// eachPairTo calls f for the pairs by which a customer would be counted for a
// target.
func (q *planPart) eachPairTo(over overfull, n int, f func(*planPair)) {
	pairs := q.of(n)
	for i := range pairs {
		if q.counts(over.cap, n, &pairs[i]) && slices.Contains(q.targets(over.cap, &pairs[i]), over.at) {
			f(&pairs[i])
		}
	}
}

// within solves until no cap is overfull, and gives whoever then has no place
// the best one that is left.
func (q *planPart) within(o *rooms, solve func() (allotment, error), net func(n, pair int) float64, score []int64) (allotment, error) {
	for {
		a, err := solve()
		if err != nil || len(o.partial) == 0 {
			return a, err
		}
		q.p.match(q.customers[0]) // limits depend on the rep and the time alone
		over := q.overfull(o, a)
		if len(over) == 0 {
			q.fill(o, a, score)
			return a, nil
		}
		for _, target := range over {
			q.bar(target, a, net)
		}
	}
}

// fill places customers who were barred from where there is room after all, each
// where he is worth most.
func (q *planPart) fill(o *rooms, a allotment, score []int64) {
	room := slices.Clone(o.room)
	for n, i := range a {
		if i >= 0 && room[q.pairs[i].rep] != noLimit {
			room[q.pairs[i].rep] -= q.takes(o, n)
		}
	}
	loads := make([]map[capTarget]targetLoad, len(o.some))
	for c := range o.some {
		loads[c] = q.loads(&o.some[c], a)
	}
	for n := range a {
		if a[n] >= 0 || q.p.o.Stay.limited() && q.p.plan.rows[q.customers[n]].from >= 0 {
			continue // who may not move, or is kept, does not
		}
		for i := q.start[n]; i < q.start[n+1]; i++ {
			if (a[n] < 0 || score[i] > score[a[n]]) && q.takes(o, n) <= room[q.pairs[i].rep] && q.fits(o, loads, n, &q.pairs[i]) {
				a[n] = i
			}
		}
		if a[n] < 0 {
			continue
		}
		pair := &q.pairs[a[n]]
		if room[pair.rep] != noLimit {
			room[pair.rep] -= q.takes(o, n)
		}
		for c := range o.some {
			q.eachTarget(&o.some[c], n, pair, func(at capTarget, adds, left int64) {
				loads[c][at] = loads[c][at].add(adds, left, pair.stays)
			})
		}
	}
}

// fits reports whether no cap is taken over by a pair beside what is there.
func (q *planPart) fits(o *rooms, loads []map[capTarget]targetLoad, n int, pair *planPair) bool {
	fits := true
	for c := range o.some {
		q.eachTarget(&o.some[c], n, pair, func(at capTarget, adds, left int64) {
			fits = fits && loads[c][at].add(adds, left, pair.stays).over(q.p.beyond(at.row)) <= 0
		})
	}
	return fits
}

// eachTarget calls f for each target of a cap that counts a pair.
func (q *planPart) eachTarget(c *planCap, n int, pair *planPair, f func(at capTarget, adds, left int64)) {
	if !q.counts(c, n, pair) {
		return
	}
	adds := q.p.s.capSpecs[c.cap].takes(q.units(n))
	for _, at := range q.targets(c, pair) {
		f(at, adds, q.left(c, q.reps[pair.rep], at))
	}
}

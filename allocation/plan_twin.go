package allocation

import "slices"

// twin is a cap that counts some customers of a part and that the optimisation
// keeps exactly: each rep stands for two, one with as many places as the cap
// allows, for everybody, and one with the rest of his room, for those whom the cap
// does not count.
type twin struct {
	cap  planCap
	room []int64 // of the nodes: first all of the one kind, then all of the other
	reps int
}

// split takes one cap out of those that are kept by repairing, if there is one
// that can be kept exactly: per rep, and for customers who take the same.
func (q *planPart) split(o *rooms) {
	limited := q.p.o.Stay.limited() && q.anyStays()
	if q.r.Pick != "best" || !o.equal || o.units == 0 || limited || len(q.p.kept) > 0 {
		return
	}
	at := slices.IndexFunc(o.partial, func(c planCap) bool {
		return !q.p.policy.Caps[c.cap].Team && !(q.p.s.capSpecs[c.cap].Flow && q.anyStays())
	})
	if at < 0 {
		return
	}
	c := o.partial[at]
	o.partial = slices.Delete(slices.Clone(o.partial), at, at+1)
	t := &twin{cap: c, room: make([]int64, 2*len(q.reps)), reps: len(q.reps)}
	q.p.match(q.customers[0]) // limits depend on the rep and the time alone
	for r, row := range q.reps {
		limit, known := q.p.s.live.walk.m.Limit(c.cap, row)
		if !known {
			limit = 0
		}
		left := o.places(limit-q.p.s.live.used(q.p.s, c.cap, row, "", q.p.at), q.p.s.capSpecs[c.cap].Flow)
		t.room[r] = min(left, o.room[r])
		if t.room[r+t.reps] = noLimit; o.room[r] != noLimit {
			t.room[r+t.reps] = o.room[r] - t.room[r]
		}
	}
	o.twin = t
}

// node is the one of the two, of those a customer may go to, that costs least.
func (t *twin) node(n int, rep int32) int {
	if t == nil || t.cap.applies[n] {
		return int(rep)
	}
	return int(rep) + t.reps
}

// rep is the rep whom a node stands for.
func (t *twin) rep(node int32) int32 {
	if t == nil || int(node) < t.reps {
		return node
	}
	return node - int32(t.reps)
}

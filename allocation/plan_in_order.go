package allocation

// This file places the customers of a rule one after the other, as online: for
// rotations whose customers do not count the same, and where open work is to be
// even among customers of different units or with limits on moves.

// inOrder reports whether a part is placed in order.
func (q *planPart) inOrder(o *rooms) bool {
	switch q.r.Pick {
	case "best":
		return false
	case "rotate":
		return q.r.HasSize || q.p.policy.Share == ShareTotals || !o.equal
	case "least_open", "most_available", "first":
		return !o.equal || q.p.o.Stay.limited() && q.anyStays()
	}
	return true
}

// placeInOrder places the customers of the part in their order.
func (q *planPart) placeInOrder(o *rooms) error {
	out := q.part(o)
	out.Goal, out.Most = GoalInOrder, out.Customers
	part := len(q.p.plan.Parts)
	rule := *q.r
	rule.Available = q.available()
	place := make(map[int]int, len(q.reps))
	for r, row := range q.reps {
		place[row] = r
	}
	for n, k := range q.customers {
		if err := q.p.told(q.r.ID, n, len(q.customers)); err != nil {
			return err
		}
		q.p.plan.Rows[k].Part = part
		q.p.guard(k, func() error { return q.placeNext(k, &rule) })
		if row := &q.p.plan.rows[k]; row.row >= 0 && !q.p.stays[k] {
			to := &out.Reps[place[row.row]]
			out.Placed++
			to.Customers++
			to.Load += q.p.plan.Rows[k].Units
			if row.from >= 0 && row.from != row.row {
				out.Moves++
				q.p.moved.note(row)
			}
		}
	}
	q.p.plan.Parts = append(q.p.plan.Parts, out)
	return nil
}

// placeNext places one customer with what room there is by now. One who has a rep
// stays with him if he may.
func (q *planPart) placeNext(k int, rule *Rule) error {
	p, w := q.p, &q.p.s.live.walk
	to, row := &p.plan.Rows[k], &p.plan.rows[k]
	p.match(k)
	var out outcome
	if q.staysWith(k) {
		out = outcome{status: StatusAssigned, row: row.from, caps: w.countUnder(rule.Caps, row.from)}
	} else {
		if row.from >= 0 && !p.allows(k, -1) {
			p.homeless = append(p.homeless, k)
			return nil
		}
		var next step
		if out, next = w.place(q.rule, rule); w.err != nil {
			return w.err
		}
		switch {
		case next == toFallback:
			p.nobody(k, q.rule, TryFallback, out.reason)
			return nil
		case next == onward:
			p.nobody(k, q.rule, TryNext, out.reason)
			return nil
		case out.status == StatusWaiting:
			p.nobody(k, q.rule, Wait, out.reason)
			return nil
		}
	}
	if row.from >= 0 && out.row != row.from && !p.allows(k, out.row) {
		p.homeless = append(p.homeless, k)
		return nil
	}
	row.row, row.caps, row.turn = out.row, out.caps, q.inlineTurn(out.turn, row)
	to.Status, to.Rule, to.Reason, to.Rep = StatusAssigned, q.r.ID, "", q.id(out.row)
	p.placed++
	p.s.roster.members[out.row].served = p.plan.Version + p.placed
	p.count(k)
	return nil
}

// staysWith reports whether a customer's rep is among those who could have him.
func (q *planPart) staysWith(k int) bool {
	owner := q.p.plan.rows[k].from
	if owner < 0 {
		return false
	}
	w := &q.p.s.live.walk
	w.among.Reset(len(q.p.s.roster.members))
	w.among.Add(owner)
	w.m.Eligible(q.rule, &w.among)
	return w.among.Has(owner) && q.p.s.roster.active.Has(owner) && q.mayStay(owner)
}

// inlineTurn is a turn with its weights in it: tables of weights are recorded
// when customers are decided, and a plan is not.
func (q *planPart) inlineTurn(t *turn, row *plannedRow) *turn {
	if t == nil || q.p.o.NoCredit || row.from >= 0 {
		return nil
	}
	if t.Table != 0 {
		t.Weights, t.Table, t.TableRule = append([]int64(nil), q.p.s.live.walk.weights...), 0, ""
	}
	return t
}

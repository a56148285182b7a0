package allocation

import "slices"

// This file is the way of a backlog through the rules: allocate.go for many at
// once. The stages and their reasons are the same, and what differs is that a
// rule picks for all its customers together.

// place takes the rules first to last.
func (p *planner) place() error {
	p.queue, p.unplaced = make([][]int, len(p.policy.Rules)), nil
	for k := range p.plan.Rows {
		if !p.stays[k] {
			p.s.forgetCustomer(CustomerRef{Kind: p.plan.Rows[k].Kind, ID: p.plan.Rows[k].Customer})
		}
	}
	for k := range p.plan.Rows {
		if err := p.told("", k, len(p.plan.Rows)); err != nil {
			return err
		}
		if !p.stays[k] {
			p.start(k)
		}
	}
	for i := range p.policy.Rules {
		if err := p.rule(i); err != nil {
			return err
		}
	}
	slices.Sort(p.unplaced)
	for _, k := range p.unplaced {
		p.fallback(k)
	}
	return nil
}

// start puts a customer before the first rule that matches.
func (p *planner) start(k int) {
	out, row := &p.plan.Rows[k], &p.plan.rows[k]
	*out = PlanRow{Kind: out.Kind, Customer: out.Customer, Episode: out.Episode, Status: StatusUnassigned,
		From: out.From, Reason: ReasonNoRule, Part: -1, Units: out.Units}
	row.row, row.turn, row.caps, row.unknown = -1, nil, nil, nil
	p.onward(k, 0)
}

// onward puts a customer before the next rule that matches, from one on.
func (p *planner) onward(k, from int) {
	row := &p.plan.rows[k]
	p.guard(k, func() error {
		m := p.match(k)
		for i, truth := m.Next(from); i < len(p.policy.Rules); i, truth = m.Next(i + 1) {
			r := &p.policy.Rules[i]
			switch {
			case !r.inForce(p.at):
			case truth == Unknown:
				row.unknown = append(row.unknown, r.ID)
			default:
				p.queue[i] = append(p.queue[i], k)
				return nil
			}
		}
		p.unplaced = append(p.unplaced, k)
		return nil
	})
}

// match binds the state's matcher and walk to a customer.
func (p *planner) match(k int) Matching {
	w := &p.s.live.walk
	w.s, w.l, w.now, w.trace, w.err = p.s, p.s.live, p.at, nil, nil
	w.m, w.units = p.s.live.matcher.Match(p.plan.rows[k].subject, p.at), p.plan.Rows[k].Units
	return w.m
}

// rule places the customers for whom it is the next.
func (p *planner) rule(i int) error {
	customers := p.queue[i]
	slices.Sort(customers) // those whom an earlier rule passed on came in its order
	r := &p.policy.Rules[i]
	if r.Pick == "none" {
		for _, k := range customers {
			p.settle(k, StatusUnassigned, r.ID, r.Reason)
		}
		return nil
	}
	q := newPart(p, i)
	for n, k := range customers {
		if err := p.told(r.ID, n, len(customers)); err != nil {
			return err
		}
		p.guard(k, func() error { return q.add(k) })
	}
	if len(q.customers) == 0 {
		return nil
	}
	return q.place()
}

// nobody says what follows when a rule has no place for a customer.
func (p *planner) nobody(k, rule int, otherwise Otherwise, reason string) {
	p.plan.Rows[k].Reason = reason
	switch otherwise {
	case Wait:
		p.settle(k, StatusWaiting, p.policy.Rules[rule].ID, reason)
	case TryFallback:
		p.unplaced = append(p.unplaced, k)
	default:
		p.onward(k, rule+1)
	}
}

// settle leaves a customer without a rep; one who has a rep is kept there.
func (p *planner) settle(k int, status Status, rule, reason string) {
	if p.plan.rows[k].from >= 0 {
		p.homeless = append(p.homeless, k)
		return
	}
	out := &p.plan.Rows[k]
	out.Status, out.Rule, out.Reason = status, rule, reason
}

// fallback gives a customer whom no rule placed to the first fallback rep who is
// active.
func (p *planner) fallback(k int) {
	out, row := &p.plan.Rows[k], &p.plan.rows[k]
	if p.plan.rows[k].from >= 0 || len(p.policy.Fallback) == 0 {
		p.settle(k, StatusUnassigned, "", out.Reason)
		return
	}
	p.guard(k, func() error {
		p.match(k)
		var found outcome
		p.s.live.walk.fallback(&found)
		if found.status != StatusAssigned {
			p.settle(k, StatusUnassigned, "", out.Reason)
			return nil
		}
		out.Status, out.Reason, out.Rep = StatusAssigned, ReasonFallback, p.s.roster.members[found.row].rep.ID
		row.row, row.caps = found.row, found.caps
		p.count(k)
		return nil
	})
}

// count counts a customer whom the plan has placed.
func (p *planner) count(k int) {
	out, row := &p.plan.Rows[k], &p.plan.rows[k]
	p.s.addOpen(row.row, out.Units)
	if row.row != row.from {
		p.came[row.row] = true
	}
	for _, c := range row.caps {
		n := p.s.caps[c.Cap]
		if n.Flow && row.row == p.plan.rows[k].from {
			continue // he was given long ago
		}
		n.add(row.row, c.Team, out.Units, p.at)
		p.s.recount(c.Cap, row.row)
	}
}

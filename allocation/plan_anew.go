package allocation

import (
	"context"
	"slices"
)

// placeAnew places the rows that no longer hold, they alone, in the desk as it is
// now with all other rows carried out.
func (c *commit) placeAnew(ctx context.Context) error {
	p := &planner{ctx: ctx, desk: c.desk, o: c.plan.o, plan: &Plan{Desk: c.plan.Desk, desk: c.desk}, carry: c.carry}
	p.o.At = c.plan.At
	p.plan.maker = p
	var customers []Customer
	for _, k := range c.bad {
		given := c.plan.rows[k].given
		given.Kind = c.plan.Rows[k].Kind
		customers = append(customers, given)
	}
	if err := p.make(customers); err != nil {
		return err
	}
	for i, k := range c.bad {
		if c.touched[c.plan.ref(k)] {
			continue // somebody decided him meanwhile: he is left
		}
		to := &c.plan.Rows[k]
		*to, c.plan.rows[k] = p.plan.Rows[i], p.plan.rows[i]
		if to.Part >= 0 {
			to.Part += len(c.plan.Parts)
		}
		c.from[k] = p
		delete(c.prepared, k)
	}
	c.plan.Parts = append(c.plan.Parts, p.plan.Parts...)
	c.plan.Stopped = c.plan.Stopped || p.plan.Stopped
	c.views = append(c.views, planView{p.plan.Version, p.plan.At, len(c.plan.Parts)})
	c.plan.addReps(p.plan.Reps)
	return nil
}

// carry carries out the rows that hold, in the state of a planner.
func (c *commit) carry(p *planner) error {
	if err := c.lookTo(p.ctx, p.plan.Version); err != nil {
		return err
	}
	at := p.at
	if at.Before(p.s.now) {
		at = p.s.now
	}
	for _, k := range c.rows {
		if _, bad := slices.BinarySearch(c.bad, k); bad || c.touched[c.plan.ref(k)] {
			continue
		}
		e := c.entry(k, at)
		e.Seq, e.At = p.s.head.Version+1, at
		if err := p.s.fold(e); err != nil {
			return err
		}
		p.moved.note(&c.plan.rows[k])
	}
	return nil
}

// addReps adds reps whom the plan did not know.
func (p *Plan) addReps(reps []PlanOpen) {
	for _, r := range reps {
		at, known := slices.BinarySearchFunc(p.Reps, r, byRep)
		if !known {
			p.Reps = slices.Insert(p.Reps, at, r)
		}
	}
}

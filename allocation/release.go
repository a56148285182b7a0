package allocation

import "context"

// Outcome says how a customer's work ended. It is recorded as the reason of
// the entry.
type Outcome string

// Outcomes in common use. Any code of letters, digits and underscores will do.
const (
	Won    Outcome = "won"
	Lost   Outcome = "lost"
	Closed Outcome = "closed"
)

// Release ends the work on a customer: his place is free again, and the credit
// stays as it is. A waiting customer leaves the list. Releasing one who is
// closed already does nothing.
func (d *Desk) Release(ctx context.Context, id string, outcome Outcome, opts ...Option) error {
	return d.submit(ctx, func(g *group) error { return g.release(id, outcome, opts) })
}

func (g *group) release(id string, outcome Outcome, opts []Option) error {
	if err := checkName("the outcome", string(outcome)); err != nil {
		return badInput("customer %q: %w", id, err)
	}
	ref, _, o, err := g.request(id, opts)
	if err != nil || g.s.customers[ref] == nil {
		return err
	}
	now, err := g.at(o)
	if err != nil {
		return err
	}
	// Looked up only now: the time that passed may have given a waiting
	// customer away.
	last, err := g.last(ref)
	if err != nil {
		return err
	}
	c := g.s.customers[ref]
	if c == nil {
		return nil
	}
	e := last.follow(EventReleased, StatusReleased, string(outcome))
	e.Holdings = g.s.flowsOf(c)
	return g.emit(now, e)
}

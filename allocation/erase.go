package allocation

import "context"

// Erase removes a customer's fields from the ledger for good. What was decided
// stays, without the reasons that lay in them: Explain says so.
func (d *Desk) Erase(ctx context.Context, id string, opts ...Option) error {
	return d.submit(ctx, func(g *group) error { return g.eraseFields(id, opts) })
}

func (g *group) eraseFields(id string, opts []Option) error {
	ref, _, o, err := g.request(id, opts)
	if err != nil {
		return err
	}
	now, err := g.at(o)
	if err != nil {
		return err
	}
	// Looked up only now: the time that passed may have given him away.
	last, err := g.last(ref)
	if err != nil {
		return err
	}
	e := last.follow(EventErased, last.Status, "erased")
	e.Holdings = last.Holdings
	if err := g.emit(now, e); err != nil {
		return err
	}
	g.erase = append(g.erase, ref)
	return nil
}

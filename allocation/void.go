package allocation

import "context"

// Void undoes an assignment: the place, the flow caps of the window it was in,
// and the credit of everybody who had a share in it, exactly. It works on
// released customers too. Voiding a voided one does nothing.
func (d *Desk) Void(ctx context.Context, id, note string, opts ...Option) error {
	return d.submit(ctx, func(g *group) error { return g.void(id, note, opts) })
}

func (g *group) void(id, note string, opts []Option) error {
	if err := checkNote(note); err != nil {
		return err
	}
	ref, last, o, err := g.request(id, opts)
	if err != nil || last.Status == StatusVoided {
		return err
	}
	now, err := g.at(o)
	if err != nil {
		return err
	}
	if last, err = g.last(ref); err != nil {
		return err
	}
	decision, err := g.entry(last.decisionSeq())
	if err != nil {
		return err
	}
	e := last.follow(EventVoided, StatusVoided, "voided")
	e.Note = note
	e.Rep = decision.Rep
	e.Turn, err = g.inlineTurn(decision)
	if err != nil {
		return err
	}
	e.Holdings = last.Holdings
	if c := g.s.customers[ref]; c != nil {
		e.Holdings = g.s.flowsOf(c)
	}
	return g.emit(now, e)
}

// inlineTurn returns a decision's turn with its weights written out: the table
// they came from may have changed since.
func (g *group) inlineTurn(decision *event) (*turn, error) {
	if decision.Turn == nil || decision.Turn.Table == 0 {
		return decision.Turn, nil
	}
	t := *decision.Turn
	rows, err := t.Among.within(len(g.s.roster.members))
	if err != nil {
		return nil, g.fail(err)
	}
	table, err := g.tableOf(decision)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		t.Weights = append(t.Weights, table.get(row))
	}
	away, err := decodeRows(t.Away, len(g.s.roster.members))
	if err != nil {
		return nil, g.fail(err)
	}
	for _, row := range away {
		t.AwayWeights = append(t.AwayWeights, max(0, table.get(row)))
	}
	t.Table, t.TableRule = 0, ""
	return &t, nil
}

// tableOf returns the table of weights that a decision read: the present one,
// or one rebuilt from the ledger. It folds up to the decision and not up to the
// table, since Compact keeps a snapshot before the one and not before the other.
func (g *group) tableOf(decision *event) (*weightTable, error) {
	rule, version := decision.Turn.TableRule, decision.Turn.Table
	if table := g.s.tables[rule]; table != nil && table.version == version {
		return table, nil
	}
	past, err := loadState(g.ctx, g.store, g.d.cfg.Desk, min(decision.Seq, g.committed()))
	if err != nil {
		return nil, g.fail(err)
	}
	for _, e := range g.events {
		if e.Seq <= decision.Seq {
			if err := past.fold(e.copyForFold()); err != nil {
				return nil, g.fail(err)
			}
		}
	}
	return past.table(rule), nil
}

// committed is the version of the ledger before this group.
func (g *group) committed() uint64 { return g.s.head.Version - uint64(len(g.events)) }

// copyForFold returns the event as another process would read it.
func (e *event) copyForFold() *event {
	c := *e
	c.taken = false
	return &c
}

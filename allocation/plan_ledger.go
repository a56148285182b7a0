package allocation

import (
	"context"
	"errors"
	"fmt"
)

// PlanAt reads a committed plan back from the ledger, by the number of its
// planned entry (Commitment.Seq): what it proves, and a row for each customer for
// whom it recorded something, in their order. What it says of itself and its
// exports are then as before; Plan.Explain and Commit are for a plan that was just
// made. It needs Config.Compile, or Config.Policy, for the names of rules. Cost:
// the ledger's entries since the last snapshot before it, and those of the plan.
func PlanAt(ctx context.Context, cfg Config, seq uint64) (*Plan, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	head, err := readEntry(ctx, cfg.Store, cfg.Desk, seq)
	switch {
	case errors.Is(err, ErrCompacted):
		return nil, err
	case err != nil:
		return nil, badInput("%w", err)
	case head.Plan == nil:
		return nil, badInput("ledger entry %d is no plan: it is %s", seq, head.Event)
	}
	s, err := loadState(ctx, cfg.Store, cfg.Desk, seq)
	if err != nil {
		return nil, err
	}
	policy, err := cfg.policyOf(s)
	if err != nil {
		return nil, err
	}
	view := head.Plan.Views[0]
	p := &Plan{
		Desk: cfg.Desk, Version: view.Version, Policy: head.Policy, At: view.At, Parts: head.Plan.Parts,
		rules: policy.Rules, o: head.Plan.Terms.options(),
	}
	before := s.opens()
	for entry, err := range cfg.Store.Entries(ctx, cfg.Desk, seq, seq+uint64(head.Plan.Recorded)) {
		if err != nil {
			return nil, err
		}
		e, err := decode(entry)
		if err == nil && e.Planned == nil {
			err = fmt.Errorf("entry %d is none of the plan of entry %d", e.Seq, seq)
		}
		if err == nil {
			err = s.fold(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLedger, err)
		}
		p.Rows = append(p.Rows, e.planRow())
	}
	p.openWork(s, before)
	return p, nil
}

package allocation

import (
	"context"
	"fmt"
	"math"
)

// Grant gives a rep credit in the rotation of a rule, taken from the other
// active reps of that rotation evenly. Amount is in customers, or in size
// units where the rule has a size; thousandths count, and it may be negative.
func (d *Desk) Grant(ctx context.Context, rule, rep string, amount float64, note string, opts ...Option) error {
	return d.adjust(ctx, EventGranted, rule, rep, amount, note, opts)
}

// CloseAccount settles a rep's account in the rotation of a rule: what he is
// owed or owes goes to the other active reps evenly, and the bound no longer
// counts him. If he comes back he starts anew.
func (d *Desk) CloseAccount(ctx context.Context, rule, rep, note string, opts ...Option) error {
	return d.adjust(ctx, EventAccountClosed, rule, rep, 0, note, opts)
}

func (d *Desk) adjust(ctx context.Context, what Event, rule, rep string, amount float64, note string, opts []Option) error {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return d.submit(ctx, func(g *group) error {
		if err := g.ready(); err != nil {
			return err
		}
		row, known := g.s.roster.row(rep)
		if !known {
			return fmt.Errorf("%w: %q", ErrUnknownRep, rep)
		}
		id, scale, err := g.s.rotationFor(rule)
		if err != nil {
			return badInput("%w", err)
		}
		units, err := thousandths(amount, scale)
		if err != nil {
			return badInput("%w", err)
		}
		now, err := g.at(o)
		if err != nil {
			return err
		}
		t := g.s.rotations[id]
		if t != nil && t.totals != nil {
			return &Refusal{"no_credit", fmt.Sprintf("%s levels totals: it keeps no credit", id)}
		}
		if t == nil || row >= len(t.accounts) || t.accounts[row] == noAccount {
			return &Refusal{"no_account", fmt.Sprintf("rep %q has no account in %s yet", rep, id)}
		}
		among := encodeRows(g.s.present(t, row))
		if among == "" {
			return &Refusal{"no_others", fmt.Sprintf("there is nobody in %s to settle with", id)}
		}
		return g.emit(now, &event{
			Entry:   Entry{Event: what, Rep: rep},
			details: details{Rotation: id, Amount: units, Among: among, Note: note},
		})
	})
}

// rotationFor returns the rotation of a rule, and the decimals of its sizes.
func (s *state) rotationFor(rule string) (id string, scale int, err error) {
	var rotating []string
	if s.live != nil {
		p := s.live.policy
		for i := range p.Rules {
			r := &p.Rules[i]
			if r.Pick != "rotate" {
				continue
			}
			if r.ID == rule || rule == "" && p.Scope == ScopeDesk {
				return rotationID(p, r), r.SizeScale, nil
			}
			rotating = append(rotating, r.ID)
		}
	}
	return "", 0, fmt.Errorf("rule %q does not rotate. Maybe one of %q", rule, rotating)
}

// thousandths turns an amount of customers or size units into what the ledger
// counts in.
func thousandths(amount float64, scale int) (int64, error) {
	scaled := math.RoundToEven(float64(amount * 1000 * float64(pow10(scale))))
	if math.IsNaN(scaled) || math.Abs(scaled) > 1e15 {
		return 0, fmt.Errorf("amount %v is not a number of customers", amount)
	}
	return int64(scaled), nil
}

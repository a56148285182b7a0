package allocation

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// Grant gives a rep credit in the rotation of a rule, taken from the other
// active reps of that rotation evenly. Amount is in customers, or in size
// units where the rule has a size; thousandths count, and it may be negative.
//
// Each call grants anew. Give it a key with Once where it may be sent again, as
// after ErrNotDurable.
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
	if err := checkNote(note); err != nil {
		return err
	}
	return d.submit(ctx, func(g *group) error {
		if err := g.ready(); err != nil {
			return err
		}
		row, known := g.s.roster.row(rep)
		if !known {
			return unknownRep(rep)
		}
		id, scale, err := g.s.rotationFor(rule)
		if err != nil {
			return badInput("%w", err)
		}
		units, err := thousandths(amount, scale)
		if err != nil {
			return badInput("%w", err)
		}
		e := &event{
			Entry:   Entry{Event: what, Rep: rep},
			details: details{Rotation: id, Amount: units, Note: note, Request: o.key},
		}
		return g.settle(e, row, o)
	})
}

// settle records a grant, or the end of an account, of the rep in a row.
func (g *group) settle(e *event, row int, o options) error {
	id := e.Rotation
	if done, err := g.doneOnce(o.key, e); done || err != nil {
		return err
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
		return &Refusal{"no_account", fmt.Sprintf("rep %q has no credit in %s: he has not taken part yet", e.Rep, strings.Replace(id, ":", " ", 1))}
	}
	e.Among = encodeRows(g.s.present(t, row))
	if e.Among == "" {
		return &Refusal{"no_others", fmt.Sprintf("there is nobody in %s to settle with", id)}
	}
	if err := g.emit(now, e); err != nil {
		return err
	}
	if o.key != "" {
		g.point(requestKey(o.key), e.Seq)
	}
	return nil
}

// doneOnce reports whether an adjustment with this key is in the ledger.
func (g *group) doneOnce(key string, e *event) (bool, error) {
	if key == "" {
		return false, nil
	}
	if err := checkName("the request's key", key); err != nil {
		return false, badInput("%w", err)
	}
	seq, found, err := g.lookup(requestKey(key))
	if err != nil || !found {
		return false, err
	}
	done, err := g.entry(seq)
	if err != nil {
		return false, err
	}
	if done.Event != e.Event || done.Rep != e.Rep || done.Rotation != e.Rotation || done.Amount != e.Amount {
		return false, fmt.Errorf("%w: key %q was used for entry %d (%s)", ErrKeyReused, key, seq, done.Event)
	}
	return true, nil
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
	return "", 0, fmt.Errorf("rule %q does not rotate, or is not there\nMaybe one of %s", rule, strings.Join(rotating, ", "))
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

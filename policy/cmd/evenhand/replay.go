package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// step is one thing that happens in a replay.
type step struct {
	at    time.Time
	phase phase
	a     *arrival
}

// phase orders what happens at one moment: room is made before it is given
// away, and nobody closes before arriving.
type phase uint8

const (
	closing phase = iota
	arriving
	closingAtOnce // of a customer that arrived at the same moment
)

// stepsOf puts arrivals, already in order, and their closings in order.
func stepsOf(arrivals []*arrival) []step {
	steps := make([]step, 0, 2*len(arrivals))
	for _, a := range arrivals {
		steps = append(steps, step{a.customer.At, arriving, a})
		switch {
		case a.closes.IsZero():
		case a.closes.Equal(a.customer.At):
			steps = append(steps, step{a.closes, closingAtOnce, a})
		default:
			steps = append(steps, step{a.closes, closing, a})
		}
	}
	// Stable: what is equal here stays in the arrivals' order.
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.phase, b.phase))
	})
	return steps
}

// replay takes customers through a desk and keeps count.
type replay struct {
	desk     *allocation.Desk
	reps     *repsFile
	floor    time.Time // the ledger's time at the start; the zero time for a new one
	progress *progress

	decided  []*decided // each customer once, in the order of the first row
	by       map[allocation.CustomerRef]*decided
	rejected []rejection
	repeated int
	changed  []string // IDs whose later row differs in what the policy reads
	from     uint64   // the ledger entry before the first one that concerns the input
}

// prepare puts policy and reps in force when the first customer arrives, or at
// the ledger's own time when that is later.
func (r *replay) prepare(ctx context.Context, p *document, steps []step) error {
	first := r.floor
	if len(steps) > 0 && steps[0].at.After(first) {
		first = steps[0].at
	}
	if err := r.desk.SetPolicy(ctx, p.compiled, first); err != nil {
		return inputError("", err)
	}
	return inputError(r.reps.source.name(), r.desk.SetReps(ctx, r.reps.reps, allocation.Opening{At: first}))
}

// inputPrefix is what the library says first of what was wrong with a request.
var inputPrefix = allocation.ErrInput.Error() + ": "

// inputError makes a usage error of what a desk says is wrong with the reps of
// a file, or, without a name, with the policy.
func inputError(reps string, err error) error {
	if !errors.Is(err, allocation.ErrInput) {
		return err
	}
	text := strings.TrimPrefix(err.Error(), inputPrefix)
	if reps != "" {
		return usage("reps %s:\n%s", reps, text)
	}
	return usage("%s", text)
}

// run takes every step. An error means that the desk or the store failed; a
// customer whom the desk refuses is a rejection.
func (r *replay) run(ctx context.Context, steps []step) error {
	refused := map[*arrival]bool{}
	for _, s := range steps {
		var err error
		if s.phase == arriving {
			err = r.arrive(ctx, s.a, refused)
		} else if !refused[s.a] {
			err = r.close(ctx, s)
		}
		if err != nil {
			return r.stopped(err)
		}
	}
	if n := len(steps); n > 0 && !steps[n-1].at.IsZero() {
		// Room made by the last closing goes to those who wait.
		return r.desk.Advance(ctx, steps[n-1].at)
	}
	return nil
}

func (r *replay) arrive(ctx context.Context, a *arrival, refused map[*arrival]bool) error {
	defer r.progress.step()
	decision, err := r.desk.Assign(ctx, a.customer)
	if err != nil {
		if failed(err) {
			return err
		}
		refused[a] = true
		r.rejected = append(r.rejected, rejection{a.row, r.reason(err, a)})
		return nil
	}
	a.customer.Kind = decision.Kind
	ref := allocation.CustomerRef{Kind: decision.Kind, ID: decision.Customer}
	if decision.Repeated {
		r.from = min(r.from, decision.Seq-1)
	}
	if decision.Changed {
		r.changed = append(r.changed, decision.Customer)
	}
	if r.by[ref] != nil {
		r.repeated++
		return nil
	}
	d := &decided{arrival: a, decision: decision, known: decision.Repeated}
	r.by[ref] = d
	r.decided = append(r.decided, d)
	return nil
}

// close ends the work on a customer. A closing that the ledger has passed
// already is recorded at the ledger's time.
func (r *replay) close(ctx context.Context, s step) error {
	at := s.at
	if at.Before(r.floor) {
		at = r.floor
	}
	c := s.a.customer
	return r.desk.Release(ctx, c.ID, s.a.outcome, allocation.Kind(c.Kind), allocation.At(at))
}

// failed tells a failure of the desk or its store from a refusal of one
// customer. Whatever is not known to be a failure concerns the customer alone:
// the others are decided without it.
func failed(err error) bool {
	for _, failure := range []error{
		allocation.ErrNotDurable, allocation.ErrClosed, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, failure) {
			return true
		}
	}
	return false
}

func (r *replay) stopped(err error) error {
	done := len(r.decided) + r.repeated + len(r.rejected)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	return fmt.Errorf("stopped after %s of %s customers: %w\nMaybe run the same command again: what is in the --store stays decided, and it goes on from there",
		count(done), count(r.progress.total), err)
}

// reason is an error of the desk as it stands in a rejects file: one line,
// without what every line would say.
func (r *replay) reason(err error, a *arrival) string {
	if errors.Is(err, allocation.ErrTime) {
		at := a.customer.At
		return fmt.Sprintf("it arrives at %s, and the store has decisions up to %s: it comes too late to be replayed there",
			stamp(at), stamp(r.floor.In(at.Location())))
	}
	text := err.Error()
	for _, prefix := range []string{inputPrefix, fmt.Sprintf("customer %q: ", a.customer.ID), "evenhand: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return strings.ReplaceAll(text, "\n", "; ")
}

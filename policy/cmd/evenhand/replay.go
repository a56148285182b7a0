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
	"github.com/evenhand/evenhand/policy/rule"
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
	kept     bool // in a --store

	decided  []*decided // each customer once, in the order of the first row
	by       map[allocation.CustomerRef]*decided
	rejected []rejection
	refused  map[*arrival]bool // those of the rejected whom the desk refused
	repeated int
	changed  []string // IDs whose later row differs in what the policy reads
	from     uint64   // the ledger entry before the first one that concerns the input
}

func newReplay(desk *allocation.Desk, reps *repsFile, before *allocation.Report, p *progress) *replay {
	return &replay{
		desk: desk, reps: reps, floor: before.At, from: before.Version, progress: p,
		by: map[allocation.CustomerRef]*decided{}, refused: map[*arrival]bool{},
	}
}

// prepare puts policy and reps in force when the first customer arrives, or at
// the ledger's own time when that is later. Config.Policy would do so on a new
// store only: on one that holds another policy already it is in force from the
// ledger's last entry on, and not from the first customer.
func (r *replay) prepare(ctx context.Context, p *document, steps []step) error {
	first := r.floor
	if len(steps) > 0 && steps[0].at.After(first) {
		first = steps[0].at
	}
	return inForce(ctx, r.desk, p, r.reps, first)
}

// inputPrefix is what the library says first of what was wrong with a request.
var inputPrefix = allocation.ErrInput.Error() + ": "

// policyRefused makes a usage error of what a desk says is wrong with the
// policy.
func policyRefused(err error) error {
	if !errors.Is(err, allocation.ErrInput) {
		return err
	}
	return usage("%s", strings.TrimPrefix(err.Error(), inputPrefix))
}

// run takes every step, many of them in one append. An error means that the
// desk or the store failed; a customer whom the desk refuses is a rejection.
func (r *replay) run(ctx context.Context, steps []step) error {
	for rest := steps; len(rest) > 0; {
		n := together(rest)
		if err := r.take(ctx, rest[:n]); err != nil {
			return r.stopped(err)
		}
		rest = rest[n:]
	}
	if n := len(steps); n > 0 && !steps[n-1].at.IsZero() {
		// Room made by the last closing goes to those who wait.
		return r.desk.Advance(ctx, steps[n-1].at)
	}
	return nil
}

// mostTogether is how many steps share one append: waiting for the disk is
// most of the time a run would take otherwise.
const mostTogether = 256

// together is how many of the next steps are taken in one append. A closing is
// not among them when its arrival is: a customer whom the desk refuses is not
// closed, and that is known after the append.
func together(steps []step) int {
	arrived := map[*arrival]bool{}
	for i, s := range steps {
		if i == mostTogether || arrived[s.a] {
			return i
		}
		arrived[s.a] = s.phase == arriving
	}
	return len(steps)
}

// take takes steps in one append.
func (r *replay) take(ctx context.Context, steps []step) error {
	requests := r.desk.Requests()
	results := make([]*allocation.Result, len(steps))
	for i, s := range steps {
		switch {
		case s.phase == arriving:
			results[i] = requests.Assign(s.a.customer)
		case r.refused[s.a]:
			results[i] = &allocation.Result{}
		default:
			results[i] = r.close(requests, s)
		}
	}
	if err := requests.Commit(ctx); err != nil {
		return err
	}
	return r.taken(steps, results)
}

// close ends the work on a customer. A closing that the ledger has passed
// already is recorded at the ledger's time.
func (r *replay) close(requests *allocation.Requests, s step) *allocation.Result {
	at := s.at
	if at.Before(r.floor) {
		at = r.floor
	}
	c := &s.a.customer
	return requests.Release(c.ID, s.a.outcome, allocation.Kind(c.Kind), allocation.At(at))
}

// taken notes what became of steps.
func (r *replay) taken(steps []step, results []*allocation.Result) error {
	arrivals := 0
	for i, s := range steps {
		err := results[i].Err
		switch {
		case s.phase != arriving && err != nil:
			return err
		case s.phase != arriving:
			continue
		case err != nil:
			r.refused[s.a] = true
			r.rejected = append(r.rejected, rejection{s.a.row, r.reason(err, s.a)})
		case results[i].Decision.Fault != "": // the desk has set him aside
			r.refused[s.a] = true
			r.rejected = append(r.rejected, rejection{s.a.row, "deciding it failed: " + results[i].Decision.Fault})
		default:
			r.arrived(s.a, results[i].Decision)
		}
		arrivals++
	}
	r.progress.step(arrivals)
	return nil
}

// arrived notes the decision on a customer.
func (r *replay) arrived(a *arrival, decision allocation.Decision) {
	a.customer.Kind = decision.Kind
	ref := allocation.CustomerRef{Kind: decision.Kind, ID: decision.Customer}
	if decision.Repeated {
		r.from = min(r.from, decision.Seq)
	}
	if decision.Changed {
		r.changed = append(r.changed, decision.Customer)
	}
	if r.by[ref] != nil {
		r.repeated++
		return
	}
	d := newDecided(a, decision)
	r.by[ref] = d
	r.decided = append(r.decided, d)
}

func (r *replay) stopped(err error) error {
	done := len(r.decided) + r.repeated + len(r.rejected)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	hint := "with --store FILE: decisions are kept there, and the same command goes on where it stopped"
	if r.kept {
		hint = "run the same command again: what was decided is in the store, and it goes on from there"
	}
	why, advice, advised := strings.Cut(aboutStore(said(err)), "\nMaybe ")
	if advised {
		hint = advice + "; then " + hint
	}
	return reworded{fmt.Sprintf("stopped after %s of %s customers: %s\nMaybe %s", count(done), count(r.progress.total), why, hint), err}
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
	var bad *rule.ValueError
	if errors.As(err, &bad) && a.columns != nil {
		_, field, _ := strings.Cut(bad.Field, ".")
		if column, ok := a.columns.nameOf(field); ok {
			text = "column " + column + strings.TrimPrefix(text, bad.Field)
		}
	}
	return oneLine(text)
}

// oneLine puts a message with a hint on one line, as a cell holds it.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

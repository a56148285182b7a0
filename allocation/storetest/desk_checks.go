package storetest

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// store is the handle that the checks read by: that of the first process, past
// its faults.
func (w *deskWorld) store() allocation.Store { return w.processes[0].store }

// compare holds what the ledger has grown by against what the model expects.
func (w *deskWorld) compare() {
	m := w.model
	if w.failed() {
		return
	}
	expected := m.expected
	m.expected = m.expected[:0]
	for e, err := range w.store().Entries(context.Background(), w.name, w.seen, 0) {
		if err != nil {
			w.fail("reading the ledger: %v", err)
			return
		}
		w.seen++
		if len(expected) == 0 {
			w.fail("the ledger has an entry that nothing accounts for: %s", e)
			return
		}
		if want := expected[0]; !want.is(&e) || e.Seq != w.seen {
			w.fail("the ledger must have, as entry %d,\n\t%s\nand has\n\t%s", w.seen, want, e)
			return
		}
		expected = expected[1:]
	}
	if len(expected) > 0 {
		w.fail("the ledger lacks an entry: %s", expected[0])
	}
}

func (x expectedEntry) is(e *allocation.Entry) bool {
	return x.event == e.Event && x.customer.kind == e.Kind && x.customer.id == e.Customer && x.episode == e.Episode &&
		x.rep == e.Rep && x.rule == e.Rule && x.status == e.Status && x.reason == e.Reason && x.at.Equal(e.At)
}

func (x expectedEntry) String() string {
	return fmt.Sprintf("%s %s %s.%d -> %q by %q, %s (%s)", x.at.Format(time.RFC3339Nano), x.event, x.customer, x.episode, x.rep, x.rule, x.status, x.reason)
}

// report holds the desk's own account of itself against the model.
func (w *deskWorld) report() {
	if w.failed() {
		return
	}
	m := w.model
	r, err := w.processes[w.step/8%len(w.processes)].desk.Report(context.Background())
	if err != nil {
		w.fail("report: %v", err)
		return
	}
	if r.Version != m.seq || !r.At.Equal(m.now) || r.Policy != m.plan.Name {
		w.fail("the desk is at entry %d, %s, under %q; it must be at %d, %s, under %q", r.Version, r.At, r.Policy, m.seq, m.now, m.plan.Name)
	}
	for _, line := range r.Reps {
		rep := &m.reps[repNumber(line.Rep)]
		if open := m.openOf(repNumber(line.Rep)); line.Open != open || line.Active != rep.active {
			w.fail("open units equal those of the open customers: %s (active %t) has %d, the report says %d (%t)", line.Rep, rep.active, open, line.Open, line.Active)
		}
		if len(line.Over) > 0 {
			w.tally.count("a rep above a cap, receiving nothing")
		}
	}
	if len(r.Reps) != len(m.rows) {
		w.fail("the desk knows %d reps, the report %d", len(m.rows), len(r.Reps))
	}
	if !slices.EqualFunc(r.Waiting, m.waiting, func(a allocation.WaitingLine, b *modelCustomer) bool {
		return a.Kind == b.kind && a.Customer == b.id && a.Rule == b.decision.rule && a.Since.Equal(b.since)
	}) {
		w.fail("the waiting list, by since and ID, must be %v and is %v", describe(m.waiting), r.Waiting)
	}
	w.tally.most("waiting at once", len(m.waiting))
	for _, rot := range r.Rotations {
		if known := m.rotations[rot.ID]; known == nil {
			w.fail("the desk has a rotation %q that no customer went through", rot.ID)
		} else {
			w.rotation(&rot, known)
		}
	}
	if len(r.Rotations) != len(m.rotations) {
		w.fail("the desk has %d rotations, and must have %d", len(r.Rotations), len(m.rotations))
	}
}

func describe(waiting []*modelCustomer) string {
	var b strings.Builder
	for _, c := range waiting {
		fmt.Fprintf(&b, "%s by %s since %s; ", c.modelRef, c.decision.rule, c.since)
	}
	return b.String()
}

// rotation holds one rotation's credits against the model's, to the unit, and
// against the bound that the desk states.
func (w *deskWorld) rotation(got *allocation.RotationReport, want *modelRotation) {
	accounts := want.opened()
	if len(got.Reps) != len(accounts) {
		w.fail("%s has %d accounts, and must have %d", got.ID, len(got.Reps), len(accounts))
		return
	}
	var sum float64
	for i, a := range accounts {
		line := got.Reps[i]
		if want.totals {
			if line.Rep != repName(a.rep) || line.Customers != a.customers || line.Got != float64(a.credit)/float64(pow10(want.scale)) {
				w.fail("%s: %s must have a load of %d and %d customers, and has %v and %d", got.ID, repName(a.rep), a.credit, a.customers, line.Got, line.Customers)
			}
			continue
		}
		unit := float64(rotation.Unit) * float64(pow10(want.scale))
		credit := math.Round(-line.Deviation * unit)
		sum += credit
		if line.Rep != repName(a.rep) || credit != float64(a.credit) || line.Customers != a.customers {
			w.fail("%s: %s must have a credit of %d units and %d customers, and has %.0f and %d", got.ID, repName(a.rep), a.credit, a.customers, credit, line.Customers)
		}
	}
	if want.totals {
		return
	}
	if sum != 0 {
		w.fail("%s: credits must sum to zero, and sum to %.0f units", got.ID, sum)
	}
	reached, bound := got.Exact.Reached.Units(), got.Exact.Total.Units()
	if reached.Cmp(big.NewInt(want.reached)) != 0 {
		w.fail("%s: the largest deviation was %d units, the report says %s", got.ID, want.reached, reached)
	}
	if reached.Cmp(bound) > 0 {
		w.fail("%s: a deviation of %s units is over the stated bound of %s (%s)", got.ID, reached, bound, got.Theorem)
	}
}

// explain decides again what was decided on a customer.
func (w *deskWorld) explain(s step) {
	w.explainOne(w.at(s).desk, w.somebody(s.n[0]))
}

func (w *deskWorld) explainOne(desk *allocation.Desk, ref modelRef) {
	c := w.model.customers[ref]
	if c == nil || c.last <= w.model.dropped || c.decision.seq <= w.model.dropped {
		return
	}
	x, err := desk.Explain(context.Background(), ref.id, allocation.Kind(ref.kind))
	if err != nil {
		w.fail("explain %s: deciding again must give what the ledger records: %v", ref, err)
		return
	}
	if d := c.decision; x.Decision.Seq != d.seq || x.Decision.Rep != repName(d.rep) || x.Decision.Rule != d.rule || x.Decision.Status != d.status || x.Diverged {
		w.fail("explain %s: it must explain\n\t%+v\nand explains\n\t%+v", ref, c.answer(d), x.Decision)
	}
	w.tally.count("explained")
	if len(x.Plans) > 0 {
		w.tally.count("explained, planned")
	}
	if x.Erased {
		w.tally.count("explained, erased")
	}
	w.stages(x)
}

// stages holds an explanation against the decision it explains.
func (w *deskWorld) stages(x *allocation.Explanation) {
	for i, rule := range x.Rules {
		chosen := 0
		for _, r := range rule.Reps {
			if r.Stage == allocation.StageChosen {
				chosen++
				if r.Rep != x.Decision.Rep {
					w.fail("the explanation says that %s was chosen, the decision %s", r.Rep, x.Decision.Rep)
				}
			}
		}
		placed := rule.Verdict == allocation.VerdictPlaced
		if placed != (chosen == 1) || placed && i != len(x.Rules)-1 {
			w.fail("explanation of %s: rule %s, the %d. of %d, has verdict %s with %d chosen", x.Decision.Customer, rule.ID, i+1, len(x.Rules), rule.Verdict, chosen)
		}
	}
}

// audit looks at the whole ledger: the chain, every snapshot, some decisions.
func (w *deskWorld) audit(s step) {
	ctx := context.Background()
	if w.model.dropped == 0 {
		if err := allocation.Verify(ctx, w.store(), w.name); err != nil {
			w.fail("%v", err)
		}
	}
	checked, err := allocation.VerifySnapshots(ctx, w.store(), w.name)
	if err != nil {
		w.fail("%v", err)
	}
	w.tally.counts["snapshots that are the fold of their entries"] += checked
	for k := range 2 {
		if w.failed() {
			return
		}
		w.explain(step{n: s.mix(k)})
	}
}

// timers looks at whether the desk would be woken in time for whoever waits,
// if nothing else happened for two days.
func (w *deskWorld) timers(step) {
	m := w.model
	due, err := w.store().Due(context.Background(), w.clock.AddDate(1, 0, 0), 10)
	if err != nil {
		w.fail("timers due: %v", err)
		return
	}
	due = slices.DeleteFunc(due, func(t allocation.Timer) bool { return t.Desk != w.name }) // those of other tenants
	if len(m.waiting) == 0 {
		return
	}
	from := m.now
	if m.looked.After(from) {
		from = m.looked
	}
	for moment := from; moment.Before(from.Add(48 * time.Hour)); moment = m.moment(moment) {
		for _, c := range m.waiting {
			if !m.couldBePlaced(c, moment) {
				continue
			}
			w.tally.count("somebody who waits gets his turn by time alone")
			if len(due) != 1 || due[0].At.After(moment) {
				w.fail("%s could be placed at %s, and the timers are %v", c.modelRef, moment, due)
			}
			return
		}
	}
}

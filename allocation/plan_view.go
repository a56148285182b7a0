package allocation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// planner makes one plan, on a state of its own.
type planner struct {
	ctx  context.Context
	desk *Desk
	o    PlanOptions
	plan *Plan

	policy *Policy
	at     time.Time
	s      *state // as of plan.Version; what the plan gives out is counted in it

	stays  []bool        // by customer: nothing is done with him
	kept   map[int]int64 // by rep's row: units of customers of his for whom there was no place
	came   map[int]bool  // by rep's row: somebody new came to him
	locked map[CustomerRef]bool
	before []int64           // by rep's row: open units
	least  map[counted]int64 // of caps per team: the lowest limit of those who were given somebody

	queue    [][]int // by rule: customers for whom it is the next that matches
	moved    moved
	placed   uint64 // customers placed in order
	unplaced []int  // customers past all rules
	homeless []int  // customers with a rep for whom there was no place

	carry func(*planner) error // nil, or carries out in the state what is not in the ledger yet
}

// make makes the plan.
func (p *planner) make(customers []Customer) error {
	if err := p.view(); err != nil {
		return err
	}
	if err := p.read(customers); err != nil {
		return err
	}
	for {
		if err := p.place(); err != nil {
			return err
		}
		if !p.keepUnplaced() {
			p.sumUp()
			return nil
		}
		if err := p.reload(); err != nil { // once more, with their places taken
			return err
		}
	}
}

// view takes what the plan is made from: the desk's head, and the state there.
func (p *planner) view() error {
	err := p.desk.submit(p.ctx, func(g *group) error {
		if err := g.ready(); err != nil {
			return err
		}
		at := p.o.At
		if p.carry != nil && at.Before(g.s.now) {
			at = time.Time{}
		}
		at, err := g.planTime(at)
		p.at, p.policy, p.plan.rules = at, g.s.live.policy, g.s.live.policy.Rules
		p.plan.Version, p.plan.Policy, p.plan.At = g.s.head.Version, p.policy.Hash, at
		return err
	})
	if err != nil {
		return err
	}
	p.locked = map[CustomerRef]bool{}
	for _, ref := range p.o.Stay.Locked {
		if ref.Kind == "" {
			ref.Kind = p.policy.Kind
		}
		p.locked[ref] = true
	}
	p.kept = map[int]int64{}
	return p.load()
}

// planTime is the time a plan is for: that of a request, or a later one.
func (g *group) planTime(at time.Time) (time.Time, error) {
	if g.d.cfg.Replay != ReplayOff {
		return g.time(at)
	}
	now, err := g.time(time.Time{})
	if err == nil && at.After(now) {
		now = at.UTC().Truncate(time.Microsecond)
	}
	if now.Year() > 9999 {
		return now, fmt.Errorf("%w: the year %d is not within 1 to 9999", ErrTime, now.Year())
	}
	return now, err
}

// load folds the ledger up to the plan's version.
func (p *planner) load() (err error) {
	p.came = map[int]bool{}
	p.least, p.moved = map[counted]int64{}, moved{lost: map[int]int64{}, gained: map[int]int64{}}
	if p.s = newState(); p.plan.Version > 0 {
		if p.s, err = loadState(context.WithoutCancel(p.ctx), p.desk.cfg.Store, p.plan.Desk, p.plan.Version); err != nil {
			return err
		}
	}
	if p.before == nil {
		p.before = p.s.opens()
	}
	if err := p.s.bind(p.policy); err != nil || p.carry == nil {
		return err
	}
	return p.carry(p)
}

// reload begins again with the state as it was.
func (p *planner) reload() error {
	if err := p.load(); err != nil {
		return err
	}
	p.plan.Parts = nil
	return nil
}

// planProgressEvery is after how many customers progress is told and the context
// looked at.
const planProgressEvery = 1 << 10

// told tells of progress, and says whether to go on.
func (p *planner) told(rule string, done, of int) error {
	if done%planProgressEvery != 0 {
		return nil
	}
	if p.o.Progress != nil {
		p.o.Progress(PlanProgress{Stage: "rows", Rule: rule, Done: int64(done), Of: int64(of)})
	}
	if p.plan.Stopped {
		return nil // what is left to do is quick, and makes it a plan
	}
	return p.ctx.Err()
}

// read makes a row of each customer.
func (p *planner) read(customers []Customer) error {
	seen, keys := make(map[CustomerRef]int, len(customers)), map[string]int{}
	p.plan.Rows = make([]PlanRow, len(customers))
	p.plan.rows = make([]plannedRow, len(customers))
	p.stays = make([]bool, len(customers))
	for k := range customers {
		if err := p.told("", k, len(customers)); err != nil {
			return err
		}
		row := &p.plan.rows[k]
		row.given, row.row, row.from = customers[k], -1, -1
		ref, err := row.given.identify(p.policy.Kind)
		if err != nil {
			p.plan.Rows[k] = PlanRow{Kind: row.given.Kind, Customer: row.given.ID, Status: StatusUnassigned, Part: -1}
			p.guard(k, func() error { return errors.New(strings.TrimPrefix(err.Error(), ErrInput.Error()+": ")) })
			continue
		}
		if first, twice := seen[ref]; twice {
			return badInput("%s is among the customers twice: at places %d and %d", ref, first+1, k+1)
		}
		seen[ref] = k
		if key := row.given.Key; key != "" {
			if first, twice := keys[key]; twice {
				return badInput("the customers at places %d and %d have the same request key %q", first+1, k+1, key)
			}
			keys[key] = k
		}
		p.plan.Rows[k] = PlanRow{Kind: ref.Kind, Customer: ref.ID, Episode: 1, Status: StatusUnassigned, Part: -1}
		if err := p.known(k, ref); err != nil {
			return err
		}
		if !p.stays[k] {
			p.readFields(k)
		}
	}
	return nil
}

// known finds out what the desk knows of a customer. One who has changed since
// the plan's version keeps an entry that is not his last, so that a commit
// leaves him out.
func (p *planner) known(k int, ref CustomerRef) error {
	out, row := &p.plan.Rows[k], &p.plan.rows[k]
	seq, found, err := p.desk.cfg.Store.Lookup(p.ctx, p.plan.Desk, customerKey(ref))
	if err != nil || !found {
		return err
	}
	c := p.s.customers[ref]
	if seq <= p.plan.Version {
		row.version = seq
	} else if c != nil {
		row.version = c.decision
	}
	if c != nil {
		row.prior, row.since = c.decision, c.since
	}
	switch {
	case c != nil && c.status == StatusAssigned:
		row.from, row.was = c.row, StatusAssigned
		out.From = p.s.roster.members[c.row].rep.ID
		out.Episode, out.Units = c.episode, c.units
		if p.locked[ref] {
			p.stay(k, ReasonLocked)
		}
		return nil
	case c != nil:
		out.Episode, row.was = c.episode, c.status
		return nil
	case seq > p.plan.Version:
		return nil
	}
	last, err := readEntry(p.ctx, p.desk.cfg.Store, p.plan.Desk, seq)
	switch {
	case errors.Is(err, ErrCompacted):
		out.Status, out.Reason, p.stays[k] = StatusReleased, ReasonClosed, true
		return nil
	case err != nil:
		return err
	}
	out.Episode, row.was, row.prior = last.Episode, last.Status, last.decisionSeq()
	if last.Status != StatusUnassigned {
		out.Status, out.Reason, p.stays[k] = last.Status, ReasonClosed, true
	}
	return nil
}

// readFields reads a customer as the policy does. What is wrong with him is his
// own fault, and no one else's.
func (p *planner) readFields(k int) {
	row := &p.plan.rows[k]
	p.guard(k, func() error {
		subject, err := p.s.live.matcher.ReadCustomer(&row.given)
		if err != nil {
			return err
		}
		if bad, fault := checkFields(subject); bad != nil || fault != nil {
			return errors.Join(bad, fault)
		}
		if p.plan.rows[k].from < 0 { // who is moved keeps the units he was given with
			if p.plan.Rows[k].Units, err = p.s.live.matcher.Match(subject, p.at).Units(); err != nil {
				return err
			}
		}
		row.subject = subject
		return nil
	})
}

// guard runs what evaluates one customer. If it fails he is left as he is.
func (p *planner) guard(k int, f func() error) {
	if err := recovered(f); err != nil {
		p.plan.Rows[k].Fault = faultText(err)
		p.stay(k, ReasonFailed)
		p.homeless = append(p.homeless, k)
	}
}

// stay leaves a customer as he is.
func (p *planner) stay(k int, reason string) {
	out := &p.plan.Rows[k]
	out.Reason, out.Part, out.Rule, out.Score, p.stays[k] = reason, -1, "", 0, true
	if p.plan.rows[k].from >= 0 {
		out.Status, out.Rep, p.plan.rows[k].row = StatusAssigned, out.From, p.plan.rows[k].from
	}
}

// keepUnplaced keeps customers for whom there was no place with the reps they
// have, and reports whether there were any: their places are then not to be
// given away.
func (p *planner) keepUnplaced() (again bool) {
	for _, k := range p.homeless {
		if p.plan.rows[k].from < 0 {
			continue // he failed, and has nobody
		}
		again = true
		p.kept[p.plan.rows[k].from] += p.plan.Rows[k].Units
		if p.plan.Rows[k].Fault == "" {
			p.stay(k, ReasonKept)
		}
	}
	p.homeless = nil
	return again
}

// sumUp says what each rep has before and after, and the lowest of his limits.
func (p *planner) sumUp() {
	p.plan.openWork(p.s, p.before)
	m := p.s.live.matcher.Match(nil, p.at)
	for i := range p.plan.Reps {
		open := &p.plan.Reps[i]
		row, _ := p.s.roster.row(open.Rep)
		for c := range p.policy.Caps {
			if limit, ok := m.Limit(c, row); ok && p.s.capSpecs[c].Book && (open.Limit < 0 || limit < open.Limit) {
				open.Limit = limit
			}
		}
	}
}

// opens is what each rep has open, by row.
func (s *state) opens() (open []int64) {
	for _, m := range s.roster.members {
		open = append(open, m.open)
	}
	return open
}

// openWork says what the reps of the plan had open before it, and have after it.
func (p *Plan) openWork(s *state, before []int64) {
	known := map[string]bool{}
	for _, part := range p.Parts {
		for _, r := range part.Reps {
			known[r.Rep] = true
		}
	}
	for row, m := range s.roster.members {
		if known[m.rep.ID] || m.open != before[row] {
			p.Reps = append(p.Reps, PlanOpen{Rep: m.rep.ID, Before: before[row], After: m.open, Limit: -1})
		}
	}
	slices.SortFunc(p.Reps, byRep)
}

func byRep(a, b PlanOpen) int { return cmp.Compare(a.Rep, b.Rep) }

package allocation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Commitment is what came of committing a plan.
type Commitment struct {
	Seq       uint64     `json:"seq"` // the planned entry; those of the customers follow it
	At        time.Time  `json:"at"`
	Customers int        `json:"customers"` // for whom something was recorded
	Resolved  int        `json:"resolved"`  // of the rows: placed anew, for their places were gone; some may be Left even so
	Left      []PlanLeft `json:"left,omitempty"`
	Repeated  bool       `json:"repeated,omitempty"` // the plan had been committed before
}

// PlanLeft is a customer with whom a committed plan did nothing.
type PlanLeft struct {
	Kind     string `json:"kind"`
	Customer string `json:"customer"`
	Reason   string `json:"reason"` // one of those below, or ReasonFull, ReasonInactive, ReasonNoLimit: his rep could not take him
}

// Why a committed plan leaves a customer.
const (
	ReasonDecided    = "decided_since" // something was recorded of him since the plan was made
	ReasonKeyReused  = "key_reused"    // his request key belongs to another request
	ReasonRepChanged = "rep_changed"   // the rep he was to get is not as the plan knew him
)

// Commit records the plan as one change, all of it or nothing: first a planned
// entry with what the plan proves, then one entry for each customer for whom it
// changes something. Plan.Rows, Parts and Reps are afterwards what was recorded,
// those who are Left excepted.
//
// The desk works on while a plan is made, so some of it may no longer hold. A
// customer of whom anything was recorded since is left as he is. Customers whose
// rep has no room left, is not active or was changed are placed anew, they
// alone, by the same rules and with the room that is there now; their parts are
// added to Plan.Parts. After two rounds of that, whoever still cannot go where
// he is to go is left, so that a busy desk delays a plan and cannot stop it.
//
// Customers take the rotations' turns in the order of the rows, moved ones none;
// with PlanOptions.NoCredit nobody does.
//
// A plan is committed once: again, or by another process, it returns what was
// recorded then, Repeated. When the store did not confirm, ErrNotDurable,
// committing the same plan again is safe. ErrPlanOutdated: the policy is another
// one by now, or entries since were compacted away. ErrInput: the plan was read
// from a file. ErrClosed: the desk that made it is closed.
//
// Cost: the desk stands still for one append of all entries, about 15 µs and the
// store's time for each, and answers before and after. Commit is for one
// goroutine.
func (p *Plan) Commit(ctx context.Context) (*Commitment, error) {
	if p.maker == nil {
		return nil, badInput("this plan was read from a file, and only the desk that made it can commit it\nMaybe make it again: what its customers and reps are may have changed")
	}
	if p.commit == nil {
		p.commit = newCommit(p)
	}
	c := p.commit
	for round := 0; ; round++ {
		if err := c.prepare(ctx); err != nil {
			return nil, err
		}
		if err := c.look(ctx); err != nil {
			return nil, err
		}
		done, err := c.try(ctx, round == placeAnewRounds)
		if c.done = done; done != nil || err != nil {
			return done, err
		}
		if err := c.placeAnew(ctx); err != nil {
			return nil, err
		}
	}
}

// placeAnewRounds is how often rows that no longer hold are placed anew.
const placeAnewRounds = 2

// commit is a plan on its way into the ledger.
type commit struct {
	plan *Plan
	desk *Desk
	key  string // of the plan: it is committed once

	seen    uint64               // version up to which touched is known
	touched map[CustomerRef]bool // something was recorded of them since the plan was made

	rows     []int            // those that change something, ascending
	prepared map[int]event    // by row: its entry, encoded
	from     map[int]*planner // by row: who placed it last, where it was placed anew
	views    []planView
	bad      []int // rows that no longer hold, as of the last try

	done *Commitment // nil until it is recorded
}

func newCommit(p *Plan) *commit {
	return &commit{
		plan: p, desk: p.desk, key: p.key(), seen: p.Version,
		touched: map[CustomerRef]bool{}, prepared: map[int]event{}, from: map[int]*planner{},
		views: []planView{{p.Version, p.At, len(p.Parts)}},
	}
}

// maker is who placed a row.
func (c *commit) maker(k int) *planner {
	if p := c.from[k]; p != nil {
		return p
	}
	return c.plan.maker
}

func (p *Plan) ref(k int) CustomerRef { return CustomerRef{p.Rows[k].Kind, p.Rows[k].Customer} }

// look reads what was recorded up to now, before the desk is held up.
func (c *commit) look(ctx context.Context) error {
	var version uint64
	err := c.desk.submit(ctx, func(g *group) error {
		version = g.s.head.Version - uint64(len(g.events))
		return nil
	})
	if err != nil {
		return err
	}
	return c.lookTo(ctx, version)
}

func (c *commit) lookTo(ctx context.Context, version uint64) error {
	if err := c.touch(ctx, c.desk.cfg.Store, version, c.touched); err != nil {
		return err
	}
	c.seen = max(c.seen, version)
	return nil
}

// touch notes whom entries are about, from those that were seen on.
func (c *commit) touch(ctx context.Context, store Store, upTo uint64, touched map[CustomerRef]bool) error {
	if upTo <= c.seen {
		return nil
	}
	for entry, err := range store.Entries(ctx, c.desk.cfg.Desk, c.seen, upTo) {
		if errors.Is(err, ErrCompacted) {
			return fmt.Errorf("%w: %w\nMaybe make it again", ErrPlanOutdated, err)
		}
		if err != nil {
			return err
		}
		if entry.Customer != "" {
			touched[CustomerRef{entry.Kind, entry.Customer}] = true
		}
	}
	return nil
}

// try records the plan, or finds the rows that no longer hold. The last time it
// records without them.
func (c *commit) try(ctx context.Context, last bool) (done *Commitment, err error) {
	err = c.desk.submit(ctx, func(g *group) error {
		done, err = c.within(g, last) // the request may run again
		return err
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// within is the part of a commit inside the serial section.
func (c *commit) within(g *group, last bool) (*Commitment, error) {
	if err := g.ready(); err != nil {
		return nil, err
	}
	if seq, found, err := g.lookup(requestKey(c.key)); err != nil {
		return nil, err
	} else if found {
		return g.recordedPlan(seq)
	}
	if g.s.live.policy.Hash != c.plan.Policy {
		return nil, fmt.Errorf("%w: it was made by policy %.12s, and the desk has %.12s now\nMaybe make it again", ErrPlanOutdated, c.plan.Policy, g.s.live.policy.Hash)
	}
	now, err := g.commitTime(c.plan.At)
	if err != nil {
		return nil, err
	}
	if err := g.begin(now); err != nil {
		return nil, err
	}
	touched, err := c.touchedBy(g)
	if err != nil {
		return nil, err
	}
	rows, left, err := c.untouched(g, touched)
	if err != nil {
		return nil, err
	}
	places := newPlanPlaces(c, g.s, now)
	rows, c.bad = places.fit(rows)
	if len(c.bad) > 0 && !last {
		return nil, nil
	}
	for _, k := range c.bad {
		left = append(left, c.left(k, places.refused[k]))
	}
	return c.record(g, now, rows, left)
}

// touchedBy is of whom something was recorded since the last look, by this desk
// or others, or is about to be in the same append.
func (c *commit) touchedBy(g *group) (map[CustomerRef]bool, error) {
	touched := map[CustomerRef]bool{}
	err := c.touch(g.ctx, g.store, g.s.head.Version-uint64(len(g.events)), touched)
	switch {
	case errors.Is(err, ErrPlanOutdated):
		return nil, err // the store is not to blame
	case err != nil:
		return nil, g.fail(err)
	}
	for _, e := range g.events {
		touched[e.ref()] = true
	}
	return touched, nil
}

// commitTime is the time a plan is recorded at: now, and in a replay that of the
// plan.
func (g *group) commitTime(at time.Time) (time.Time, error) {
	if g.d.cfg.Replay == ReplayOff || !at.After(g.s.now) {
		at = time.Time{}
	}
	return g.time(at)
}

// untouched tells the rows of whom nothing was recorded since from the others.
func (c *commit) untouched(g *group, touched map[CustomerRef]bool) (rows []int, left []PlanLeft, err error) {
	for _, k := range c.rows {
		ref := c.plan.ref(k)
		if c.touched[ref] || touched[ref] {
			left = append(left, c.left(k, ReasonDecided))
			continue
		}
		free, err := c.keyFree(g, k, ref)
		if err != nil {
			return nil, nil, err
		}
		if !free {
			left = append(left, c.left(k, ReasonKeyReused))
			continue
		}
		rows = append(rows, k)
	}
	return rows, left, nil
}

// keyFree reports whether the request key of a row is nobody else's, and of no
// earlier episode, whose decision it has to find.
func (c *commit) keyFree(g *group, k int, ref CustomerRef) (bool, error) {
	key := c.prepared[k].Request
	if key == "" {
		return true, nil
	}
	seq, found, err := g.lookup(requestKey(key))
	if err != nil || !found {
		return true, err
	}
	e, err := g.entry(seq)
	switch {
	case errors.Is(err, ErrCompacted):
		return false, nil
	case err != nil:
		return false, err
	}
	return e.ref() == ref && e.Episode == c.plan.Rows[k].Episode, nil
}

func (c *commit) left(k int, reason string) PlanLeft {
	return PlanLeft{c.plan.Rows[k].Kind, c.plan.Rows[k].Customer, reason}
}

// record adds the plan to the ledger.
func (c *commit) record(g *group, now time.Time, rows []int, left []PlanLeft) (*Commitment, error) {
	head := &event{
		Entry: Entry{Event: EventPlanned},
		details: details{
			Engine: engineVersion, Policy: c.plan.Policy, Roster: g.s.roster.version, Request: c.key,
			Plan: &plannedPlan{
				Views: c.views, Terms: c.plan.o.terms(), Parts: c.plan.Parts, Customers: len(c.plan.Rows),
				Recorded: len(rows), Resolved: len(c.from), Left: left,
			},
		},
	}
	if err := g.emit(now, head); err != nil {
		return nil, err
	}
	g.point(requestKey(c.key), head.Seq)
	for _, k := range rows {
		e := c.entry(k, now)
		if name := customerKey(e.ref()); g.keys[name].Name == "" { // nothing was recorded of him since: his key is as it was
			version := c.plan.rows[k].version
			g.keys[name] = Key{Name: name, Seq: version, New: version == 0}
		}
		if err := g.emit(now, e); err != nil {
			return nil, err
		}
		if e.Request != "" {
			g.point(requestKey(e.Request), e.Seq)
		}
	}
	if g.broken != nil {
		return nil, g.broken
	}
	for i := range c.plan.Reps {
		open := &c.plan.Reps[i]
		row, _ := g.s.roster.row(open.Rep)
		open.After = g.s.roster.members[row].open
	}
	return head.commitment(), nil
}

// recordedPlan is what was recorded of a plan that was committed before.
func (g *group) recordedPlan(seq uint64) (*Commitment, error) {
	e, err := g.entry(seq)
	if err != nil {
		return nil, err
	}
	if e.Event != EventPlanned || e.Plan == nil {
		return nil, fmt.Errorf("%w: entry %d", ErrKeyReused, seq)
	}
	done := e.commitment()
	done.Repeated = true
	return done, nil
}

func (e *event) commitment() *Commitment {
	return &Commitment{Seq: e.Seq, At: e.At, Customers: e.Plan.Recorded, Resolved: e.Plan.Resolved, Left: e.Plan.Left}
}

// String says what was recorded, for people.
func (c *Commitment) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Recorded as ledger entry %d: %s.\n", c.Seq, several(c.Customers, "customer"))
	if c.Repeated {
		fmt.Fprintf(&b, "It had been committed before, %s: nothing was recorded now.\n", c.At.Format(minuteForm))
	}
	if c.Resolved > 0 {
		fmt.Fprintf(&b, "%s placed anew, for the places the plan had for them were gone.\n", wereOf(c.Resolved))
	}
	for i, l := range c.Left {
		if i == mostLeft {
			fmt.Fprintf(&b, "%s more were left, too.\n", several(len(c.Left)-i, "customer"))
			break
		}
		fmt.Fprintf(&b, "%s %s was left as it is: %s.\n", l.Kind, l.Customer, leftBecause(l.Reason))
	}
	return b.String()
}

// mostLeft is how many customers who were left String names.
const mostLeft = 10

func wereOf(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

func leftBecause(reason string) string {
	switch reason {
	case ReasonDecided:
		return "something was recorded of it since the plan was made"
	case ReasonKeyReused:
		return "its request key belongs to another request"
	case ReasonFull:
		return "the rep it was to get has no room left"
	case ReasonInactive:
		return "the rep it was to get is not active any more"
	case ReasonNoLimit:
		return "a limit of the rep it was to get is unknown"
	}
	return "the rep it was to get was changed"
}

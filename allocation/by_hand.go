package allocation

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// AssignTo gives a customer to a rep by hand. It obeys the desk's caps unless
// forced, ignores hours, and counts toward caps; toward credit only if the
// policy says `manual: caps_and_credit`. A customer who is assigned already
// gets his recorded decision again: use Transfer to move him.
func (d *Desk) AssignTo(ctx context.Context, c Customer, rep string, opts ...Option) (Decision, error) {
	var out Decision
	err := d.submit(ctx, func(g *group) (err error) {
		c := c // the request may run again
		out, err = g.assignTo(&c, rep, opts)
		return err
	})
	return decided(out, err)
}

func (g *group) assignTo(c *Customer, rep string, opts []Option) (Decision, error) {
	o := options{at: c.At}
	for _, opt := range opts {
		opt(&o)
	}
	if o.kind != "" {
		c.Kind = o.kind
	}
	ref, err := g.identify(c)
	if err != nil {
		return Decision{}, err
	}
	e := &event{Entry: Entry{Episode: 1}, details: details{Via: viaManual}}
	recorded, err := g.recorded(ref, c.Key)
	if err != nil {
		return Decision{}, err
	}
	if recorded != nil {
		last, err := g.last(ref)
		if err != nil {
			return Decision{}, err
		}
		// A key of an earlier episode was answered then.
		if recorded.Status == StatusAssigned || recorded.Episode != last.Episode {
			return g.repeated(recorded, c)
		}
		e.Episode, e.Prior = recorded.Episode, recorded.Seq
	}
	row, err := g.receiver(rep)
	if err != nil {
		return Decision{}, err
	}
	subject, err := g.s.live.matcher.ReadCustomer(c)
	if err != nil {
		return Decision{}, badInput("customer %q: %w", c.ID, err)
	}
	now, err := g.at(o)
	if err != nil {
		return Decision{}, err
	}
	if open := g.s.customers[ref]; open != nil && open.status == StatusAssigned {
		given, err := g.entry(open.decision) // bringing the desk up to now gave him away
		if err != nil {
			return Decision{}, err
		}
		return g.repeated(given, c)
	}
	out, refusal := g.s.byHand(subject, now, row, nil, o.force, nil)
	if refusal != nil {
		return Decision{}, refusal
	}
	if g.s.live.policy.Manual == ManualCapsAndCredit {
		g.s.live.walk.manualTurn(&out)
	}
	e.Kind, e.Customer, e.subject = ref.Kind, ref.ID, subject
	e.Forced, e.Request = o.force, c.Key
	if err := g.record(now, e, out); err != nil {
		return Decision{}, err
	}
	if c.Key != "" {
		g.point(requestKey(c.Key), e.Seq)
	}
	return e.decision(), nil
}

// receiver finds an active rep.
func (g *group) receiver(id string) (int, error) {
	row, known := g.s.roster.row(id)
	if !known {
		return 0, unknownRep(id)
	}
	if g.s.roster.members[row].rep.Inactive {
		return 0, &Refusal{ReasonInactive, fmt.Sprintf("rep %q is not active", id)}
	}
	return row, nil
}

// Transfer moves an open customer to another rep. The place moves with him and
// counts on the receiver, who must have room under the caps unless forced. No
// credit moves.
func (d *Desk) Transfer(ctx context.Context, id, rep string, opts ...Option) error {
	return d.submit(ctx, func(g *group) error { return g.transfer(id, rep, opts) })
}

func (g *group) transfer(id, rep string, opts []Option) error {
	ref, _, o, err := g.request(id, opts)
	if err != nil {
		return err
	}
	row, err := g.receiver(rep)
	if err != nil {
		return err
	}
	now, err := g.at(o)
	if err != nil {
		return err
	}
	c := g.s.customers[ref]
	if c != nil && c.status == StatusWaiting {
		return &Refusal{"not_open", fmt.Sprintf("%s is waiting and with nobody: there is nothing to transfer\nMaybe AssignTo, which gives it to a rep", ref)}
	}
	if c == nil || c.status != StatusAssigned {
		return &Refusal{"not_open", fmt.Sprintf("%s is not open: there is nothing to transfer", ref)}
	}
	if c.row == row {
		return nil
	}
	last, err := g.last(ref)
	if err != nil {
		return err
	}
	decision, err := g.entry(c.decision)
	if err != nil {
		return err
	}
	fields := decision.Fields
	if decision.subject != nil {
		fields = decision.subject.AppendFields(nil)
	}
	subject, err := g.s.live.matcher.ReadCustomer(customerFromFields(ref, fields))
	if err != nil {
		return badInput("%s: the policy cannot read his recorded fields: %w", ref, err)
	}
	out, refusal := g.s.byHand(subject, now, row, g.s.ruleCaps(c.rule), o.force, c)
	if refusal != nil {
		return refusal
	}
	e := last.follow(EventTransferred, StatusAssigned, "transferred")
	e.From, e.Rep = e.Rep, rep
	e.Units, e.Caps, e.Forced = c.units, out.caps, o.force
	return g.emit(now, e)
}

// ruleCaps returns the caps inside a rule of the policy in force.
func (s *state) ruleCaps(id string) []int {
	for i := range s.live.policy.Rules {
		if r := &s.live.policy.Rules[i]; r.ID == id {
			return r.Caps
		}
	}
	return nil
}

// byHand works out an assignment to a given rep: the caps he must have room
// under, and those it counts under. A customer who is moving keeps the units he
// was given with.
func (s *state) byHand(subject Subject, now time.Time, row int, ruleCaps []int, force bool, moving *customer) (outcome, error) {
	w := &s.live.walk
	w.s, w.l, w.now, w.trace = s, s.live, now, nil
	w.m = s.live.matcher.Match(subject, now)
	w.moving = moving
	defer func() { w.moving = nil }()
	var units int64
	if moving != nil {
		units = moving.units
	} else {
		var err error
		if units, err = w.m.Units(); err != nil {
			return outcome{}, badInput("%w", err)
		}
	}
	w.units = units
	out := outcome{status: StatusAssigned, row: row, rule: -1, reason: ReasonManual, units: units}
	if refusal := w.refusedByCap(row, ruleCaps); refusal != nil && !force {
		return outcome{}, refusal
	}
	out.caps = w.countUnder(ruleCaps, row)
	return out, nil
}

// refusedByCap names the first cap that has no room for the customer.
func (w *walk) refusedByCap(row int, ruleCaps []int) error {
	rep := w.s.roster.members[row].rep.ID
	for c := range w.l.policy.Caps {
		spec := &w.l.policy.Caps[c]
		if spec.Rule >= 0 && !slices.Contains(ruleCaps, c) || !w.capApplies(c) {
			continue
		}
		limit, known := w.m.Limit(c, row)
		if !known {
			return &Refusal{ReasonNoLimit, fmt.Sprintf("the limit of cap %q is unknown for rep %q: a value that it is reckoned from is missing", spec.Name, rep)}
		}
		if team, full := w.full(c, row, limit); full {
			return &Refusal{ReasonFull, fmt.Sprintf("rep %q has no room under cap %q: he has %d of %d, and the customer takes %d",
				rep, spec.Name, w.l.used(w.s, c, row, team, w.now), limit, w.s.capSpecs[c].takes(w.units))}
		}
	}
	return nil
}

// manualTurn finds the rotation the customer would have come from, and takes
// the rep's turn in it: the first rotating rule that matches and where he is
// among those who could have received the customer.
func (w *walk) manualTurn(out *outcome) {
	for i := range w.l.policy.Rules {
		r := &w.l.policy.Rules[i]
		if r.Pick != "rotate" || !r.inForce(w.now) || w.m.When(i) != True {
			continue
		}
		size, known := w.size(i, r)
		if !known {
			return
		}
		w.among.CopyFrom(&w.s.roster.active)
		w.m.Eligible(i, &w.among)
		w.eligible.CopyFrom(&w.among)
		w.keepAvailable(i, r.Available)
		w.keepUnderCaps(i, r)
		if w.eligible.Has(out.row) {
			w.among.Add(out.row)
		}
		w.weigh(i, r)
		if !w.among.Has(out.row) {
			return
		}
		out.turn, out.table = w.recordTurn(i, r, size)
		return
	}
}

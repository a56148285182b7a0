package allocation

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Outcome says how a customer's work ended. It is recorded as the reason of
// the entry.
type Outcome string

// Outcomes in common use. Any code of letters, digits and underscores will do.
const (
	Won    Outcome = "won"
	Lost   Outcome = "lost"
	Closed Outcome = "closed"
)

// Option says more about a request on a customer.
type Option func(*options)

type options struct {
	kind  string
	at    time.Time
	force bool
}

// Kind names the customer's kind, where it is not the policy's word.
func Kind(kind string) Option { return func(o *options) { o.kind = kind } }

// At is the time of the request, for a replaying desk.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Force lets AssignTo and Transfer pass a full cap. It is recorded.
func Force() Option { return func(o *options) { o.force = true } }

// request settles the customer, the options and the time, brings the desk up
// to it, and finds the customer's last entry.
func (g *group) request(id string, opts []Option) (CustomerRef, *event, options, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	c := Customer{ID: id, Kind: o.kind}
	ref, err := g.identify(&c)
	if err != nil {
		return ref, nil, o, err
	}
	last, err := g.last(ref)
	if err != nil {
		return ref, nil, o, err
	}
	if last == nil {
		return ref, nil, o, fmt.Errorf("%w: %s", ErrUnknownCustomer, ref)
	}
	return ref, last, o, nil
}

// at brings the desk up to the time of a request.
func (g *group) at(o options) (time.Time, error) {
	now, err := g.time(o.at)
	if err != nil {
		return now, err
	}
	return now, g.begin(now)
}

// Release ends the work on a customer: his place is free again, and the credit
// stays as it is. A waiting customer leaves the list. Releasing one who is
// closed already does nothing.
func (d *Desk) Release(ctx context.Context, id string, outcome Outcome, opts ...Option) error {
	return d.submit(ctx, func(g *group) error { return g.release(id, outcome, opts) })
}

func (g *group) release(id string, outcome Outcome, opts []Option) error {
	ref, last, o, err := g.request(id, opts)
	if err != nil || g.s.customers[ref] == nil {
		return err
	}
	now, err := g.at(o)
	if err != nil {
		return err
	}
	// Bringing the desk up to now may have given a waiting customer away.
	if last, err = g.last(ref); err != nil {
		return err
	}
	c := g.s.customers[ref]
	if c == nil {
		return nil
	}
	e := last.follow(EventReleased, StatusReleased, string(outcome))
	e.Holdings = g.s.flowsOf(c)
	return g.emit(now, e)
}

// follow makes an event about the customer of e that keeps what e says of him.
func (e *event) follow(what Event, status Status, reason string) *event {
	return &event{
		Entry: Entry{Event: what, Kind: e.Kind, Customer: e.Customer, Episode: e.Episode, Rep: e.Rep, Rule: e.Rule,
			Status: status, Reason: reason},
		details: details{Prior: e.decisionSeq()},
	}
}

// Void undoes an assignment as if it had never been made: the place, the flow
// caps of the window it was in, and the credit of everybody who had a share in
// it. It works on released customers too. Voiding a voided one does nothing.
func (d *Desk) Void(ctx context.Context, id, note string, opts ...Option) error {
	return d.submit(ctx, func(g *group) error { return g.void(id, note, opts) })
}

func (g *group) void(id, note string, opts []Option) error {
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
	rows, err := decodeRows(t.Among, len(g.s.roster.members))
	if err != nil {
		return nil, g.fail(err)
	}
	table, err := g.tableAt(t.TableRule, t.Table)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		t.Weights = append(t.Weights, table.get(row))
	}
	t.Table, t.TableRule = 0, ""
	return &t, nil
}

// tableAt returns a rule's table of weights as it was at a version: the
// present one, or one rebuilt from the ledger.
func (g *group) tableAt(rule string, version uint64) (*weightTable, error) {
	if table := g.s.tables[rule]; table != nil && table.version == version {
		return table, nil
	}
	past, err := loadState(g.ctx, g.store, g.d.cfg.Desk, min(version, g.committed()))
	if err != nil {
		return nil, g.fail(err)
	}
	for _, e := range g.events {
		if e.Seq <= version {
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

// AssignTo gives a customer to a rep by hand. It obeys the desk's caps unless
// forced, ignores hours, and counts toward caps; toward credit only if the
// policy says `manual: caps_and_credit`. A customer who is assigned already
// gets his recorded decision again: use Transfer to move him.
func (d *Desk) AssignTo(ctx context.Context, c Customer, rep string, opts ...Option) (Decision, error) {
	var out Decision
	err := d.submit(ctx, func(g *group) (err error) {
		out, err = g.assignTo(&c, rep, opts)
		return err
	})
	return out, err
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
		if recorded.Status == StatusAssigned {
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
	out, refusal := g.s.byHand(subject, now, row, nil, o.force)
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
		return 0, fmt.Errorf("%w: %q", ErrUnknownRep, id)
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
	return d.submit(ctx, func(g *group) error {
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
		out, refusal := g.s.byHand(subject, now, row, g.s.ruleCaps(c.rule), o.force)
		if refusal != nil {
			return refusal
		}
		e := last.follow(EventTransferred, StatusAssigned, "transferred")
		e.From, e.Rep = e.Rep, rep
		e.Units, e.Caps, e.Forced = c.units, out.caps, o.force
		return g.emit(now, e)
	})
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
// under, and those it counts under.
func (s *state) byHand(subject Subject, now time.Time, row int, ruleCaps []int, force bool) (outcome, error) {
	w := &s.live.walk
	w.s, w.l, w.now, w.trace = s, s.live, now, nil
	w.m = s.live.matcher.Match(subject, now)
	units, err := w.m.Units()
	if err != nil {
		return outcome{}, badInput("%w", err)
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
			return &Refusal{ReasonNoLimit, fmt.Sprintf("the limit of cap %q is unknown for rep %q", spec.Name, rep)}
		}
		if team, full := w.full(c, row, limit); full {
			return &Refusal{ReasonFull, fmt.Sprintf("rep %q is at cap %q: %d of %d", rep, spec.Name, w.l.used(w.s, c, row, team, w.now), limit)}
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

// Erase removes a customer's fields from the ledger for good. What was decided
// stays, without the reasons that lay in them: Explain says so.
func (d *Desk) Erase(ctx context.Context, id string, opts ...Option) error {
	return d.submit(ctx, func(g *group) error {
		ref, last, o, err := g.request(id, opts)
		if err != nil {
			return err
		}
		now, err := g.time(o.at)
		if err != nil {
			return err
		}
		e := last.follow(EventErased, last.Status, "erased")
		e.Holdings = last.Holdings
		if err := g.emit(now, e); err != nil {
			return err
		}
		g.erase = append(g.erase, ref)
		return nil
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

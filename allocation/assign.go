package allocation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"
)

// Assign decides who gets a customer, or returns the decision the ledger
// already holds for him. Refusals are decisions: a customer whom nobody can
// take comes back waiting or unassigned, with a reason. ErrInput, ErrTime and
// ErrKeyReused mean that nothing was decided; ErrNotDurable that nobody knows,
// and that the same request should be sent again.
//
// Of a customer who was transferred, released or voided since, the recorded
// decision is still the answer.
//
// Cost: the policy's expressions for each rep until a rule places the
// customer, and a share of one append.
func (d *Desk) Assign(ctx context.Context, c Customer) (Decision, error) {
	var out Decision
	err := d.submit(ctx, func(g *group) (err error) {
		c := c // the request may run again
		out, err = g.assign(&c)
		return err
	})
	return decided(out, err)
}

// decided keeps a decision that nobody knows to be durable from being used.
func decided(d Decision, err error) (Decision, error) {
	if err != nil {
		return Decision{}, err
	}
	return d, nil
}

// Reassign decides a customer anew and opens his next episode. The rep who has
// him gives his place back; the credit of the first assignment stays as it
// is. The customer's fields are those given here, not those of before.
func (d *Desk) Reassign(ctx context.Context, c Customer) (Decision, error) {
	var out Decision
	err := d.submit(ctx, func(g *group) (err error) {
		c := c // the request may run again
		out, err = g.reassign(&c)
		return err
	})
	return decided(out, err)
}

// AssignVia is Assign with the append made through the caller's own store, such
// as sqlitestore's Via: the assignment then commits or rolls back with the
// caller's transaction. The transaction holds up the desk until it ends, so it
// must be short and must not call the desk again. The decision counts from the
// commit on; until then it is only the caller who knows of it.
func (d *Desk) AssignVia(ctx context.Context, via Store, c Customer) (Decision, error) {
	var out Decision
	err := d.enqueue(&request{ctx: ctx, via: via, done: make(chan struct{}), do: func(g *group) (err error) {
		c := c // the request may run again
		out, err = g.assign(&c)
		return err
	}})
	return decided(out, err)
}

// ready reports why the desk cannot decide, if it cannot.
func (g *group) ready() error {
	switch {
	case g.s.live != nil:
		return nil
	case g.d.unbound != nil:
		return g.d.unbound
	}
	return badInput("the desk has no policy yet\nMaybe Config.Policy or SetPolicy")
}

// identify settles what a request is about, and refuses what has no name.
func (g *group) identify(c *Customer) (CustomerRef, error) {
	if err := g.ready(); err != nil {
		return CustomerRef{}, err
	}
	return c.identify(g.s.live.policy.Kind)
}

// identify is identify for customers who are of a kind when they name none.
func (c *Customer) identify(kind string) (CustomerRef, error) {
	if c.Kind == "" {
		c.Kind = kind
	}
	if err := checkName("the customer's ID", c.ID); err != nil {
		return CustomerRef{}, badInput("%w", err)
	}
	if err := checkKind(c.Kind); err != nil {
		return CustomerRef{}, badInput("customer %q: %w", c.ID, err)
	}
	if c.Key != "" {
		if err := checkName("the request's key", c.Key); err != nil {
			return CustomerRef{}, badInput("customer %q: %w", c.ID, err)
		}
	}
	return CustomerRef{Kind: c.Kind, ID: c.ID}, nil
}

func (g *group) assign(c *Customer) (Decision, error) {
	ref, err := g.identify(c)
	if err != nil {
		return Decision{}, err
	}
	if recorded, err := g.recorded(ref, c.Key); err != nil {
		return Decision{}, err
	} else if recorded != nil {
		return g.repeated(recorded, c)
	}
	return g.decide(c, ref, &event{Entry: Entry{Episode: 1}})
}

// recorded finds the decision that answers a request already: by the request's
// own key, or by the customer.
func (g *group) recorded(ref CustomerRef, key string) (*event, error) {
	if key != "" {
		seq, found, err := g.lookup(requestKey(key))
		if err != nil {
			return nil, err
		}
		if found {
			return g.keyed(key, seq, ref)
		}
	}
	last, err := g.last(ref)
	if err != nil || last == nil {
		return nil, err
	}
	return g.entry(last.decisionSeq())
}

// keyed finds the decision behind a request's key: what became of the episode
// it was made in, if that is still the customer's present one.
func (g *group) keyed(key string, seq uint64, ref CustomerRef) (*event, error) {
	e, err := g.entry(seq)
	if err != nil {
		return nil, err
	}
	if e.ref() != ref {
		return nil, fmt.Errorf("%w: key %q was used for %s, now for %s", ErrKeyReused, key, e.ref(), ref)
	}
	last, err := g.last(ref)
	if err != nil || last == nil || last.Episode != e.Episode {
		return e, err
	}
	return g.entry(last.decisionSeq())
}

// last finds the latest entry of a customer; nil when the desk has never seen
// him.
func (g *group) last(ref CustomerRef) (*event, error) {
	seq, found, err := g.lookup(customerKey(ref))
	if err != nil || !found {
		return nil, err
	}
	return g.entry(seq)
}

// decisionSeq returns the entry that holds the decision in force after e.
func (e *event) decisionSeq() uint64 {
	if e.Event.decides(e.Via) {
		return e.Seq
	}
	return e.Prior
}

// decision reads a decision out of its entry.
func (e *event) decision() Decision {
	return Decision{
		Status: e.Status, Rep: e.Rep, Rule: e.Rule, Reason: e.Reason, Seq: e.Seq, At: e.At,
		Kind: e.Kind, Customer: e.Customer, Episode: e.Episode, Since: e.Since, Unknown: e.Unknown, Fault: e.Fault,
	}
}

// repeated answers with a recorded decision, and says whether the customer
// looks different now to the policy.
func (g *group) repeated(e *event, c *Customer) (Decision, error) {
	out := e.decision()
	out.Repeated = true
	if e.Fault != "" {
		return out, nil // nothing of him was recorded that could be compared
	}
	var now Subject
	if err := recovered(func() (err error) {
		now, err = g.s.live.matcher.ReadCustomer(c)
		return err
	}); err != nil {
		out.Changed = true // into something the policy cannot read
		return out, nil
	}
	then := e.Fields
	if e.subject != nil {
		then = e.subject.AppendFields(nil)
	}
	erased := then == nil && e.Digest != nil
	out.Changed = !erased && e.Event != EventReconciled && fieldsDiffer(then, now.AppendFields(nil))
	return out, nil
}

// fieldsDiffer compares two field objects, the owner excepted: the desk itself
// is why he changes.
func fieldsDiffer(a, b []byte) bool {
	read := func(text []byte) map[string]any {
		m := map[string]any{}
		if len(text) > 0 {
			// Both were written by AppendFields; what cannot be read differs.
			if err := json.Unmarshal(text, &m); err != nil {
				m[""] = string(text)
			}
		}
		delete(m, "owner")
		return m
	}
	return !maps.EqualFunc(read(a), read(b), func(x, y any) bool { return reflect.DeepEqual(x, y) })
}

func (g *group) reassign(c *Customer) (Decision, error) {
	ref, err := g.identify(c)
	if err != nil {
		return Decision{}, err
	}
	if c.Key != "" {
		if seq, found, err := g.lookup(requestKey(c.Key)); err != nil {
			return Decision{}, err
		} else if found {
			e, err := g.keyed(c.Key, seq, ref)
			if err != nil {
				return Decision{}, err
			}
			return g.repeated(e, c)
		}
	}
	last, err := g.last(ref)
	if err != nil {
		return Decision{}, err
	}
	if last == nil {
		return Decision{}, unknownCustomer(ref)
	}
	e := &event{Entry: Entry{Episode: last.Episode + 1}, details: details{Via: viaReassign, Prior: last.decisionSeq()}}
	return g.decide(c, ref, e)
}

// decide reads the customer, brings the desk up to the request's time, walks
// the policy and records the outcome in e.
func (g *group) decide(c *Customer, ref CustomerRef, e *event) (Decision, error) {
	at, err := g.time(c.At)
	if err != nil {
		return Decision{}, err
	}
	fault := g.faults[g.target].err // he failed before in this group
	var subject Subject
	if fault == nil {
		var bad error
		if subject, fault, bad = g.read(c, at); bad != nil {
			return Decision{}, badInput("customer %q: %w", c.ID, bad)
		}
	}
	if err := g.begin(at); err != nil {
		return Decision{}, err
	}
	if e.Via == viaReassign {
		g.vacate(ref, e)
	}
	g.deciding = true
	var out outcome
	if fault == nil {
		fault = g.try(func() (err error) {
			out, err = g.s.allocate(subject, at, nil)
			return err
		})
	}
	if g.broken != nil {
		return Decision{}, g.broken
	}
	e.Kind, e.Customer, e.subject = ref.Kind, ref.ID, subject
	if fault != nil {
		out = setAside(e, fault)
	}
	if claimed := c.At.UTC().Truncate(time.Microsecond); !c.At.IsZero() && !claimed.Equal(at) {
		e.Claimed = claimed
	}
	e.Request = c.Key
	if err := g.record(at, e, out); err != nil {
		return Decision{}, err
	}
	if c.Key != "" {
		g.point(requestKey(c.Key), e.Seq)
	}
	return e.decision(), nil
}

// read reads a customer. What is bad in him is the request's own fault, and so
// are units that are unknown: nothing has changed yet.
func (g *group) read(c *Customer, at time.Time) (subject Subject, fault, bad error) {
	m := g.s.live.matcher
	fault = g.try(func() (err error) {
		if subject, bad = m.ReadCustomer(c); bad != nil {
			return nil
		}
		if _, bad = m.Match(subject, at).Units(); bad != nil {
			return nil
		}
		bad, err = checkFields(subject)
		return err
	})
	return subject, fault, bad
}

// vacate frees the place of a customer who is about to be decided anew, so
// that his own open work does not stand in his way. The entry that follows
// says the same to whoever folds it.
func (g *group) vacate(ref CustomerRef, e *event) {
	if c := g.s.customers[ref]; c != nil {
		e.Prior = c.decision // bringing the desk up to now may have given him away
		if c.status == StatusAssigned {
			e.From = g.s.roster.members[c.row].rep.ID
		}
	}
	g.s.forgetCustomer(ref)
}

// record writes an outcome down: the change of a table of weights first, then
// the decision.
func (g *group) record(at time.Time, e *event, out outcome) error {
	p := g.s.live.policy
	if out.table != nil {
		if err := g.emit(at, &event{Entry: Entry{Event: EventWeightsSet}, details: details{Table: out.table}}); err != nil {
			return err
		}
	}
	e.Engine, e.Policy, e.Roster = engineVersion, p.Hash, g.s.roster.version
	e.Status, e.Reason, e.Units, e.Unknown = out.status, out.reason, out.units, out.unknown
	if out.rule >= 0 {
		e.Rule = p.Rules[out.rule].ID
	}
	switch out.status {
	case StatusAssigned:
		e.Event = EventAssigned
		e.Rep = g.s.roster.members[out.row].rep.ID
		e.Turn, e.Caps, e.taken = out.turn, out.caps, out.taken
	case StatusWaiting:
		e.Event = EventWaiting
		if e.Since.IsZero() {
			e.Since = at
		}
	default:
		e.Event = EventUnassigned
	}
	return g.emit(at, e)
}

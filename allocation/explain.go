package allocation

import (
	"context"
	"fmt"
	"reflect"
	"slices"
)

// Explain says why the present decision on a customer is what it is. It folds
// the ledger up to the decision, decides again with a trace, and compares.
// Where the two differ the error is ErrReplayDiverged and the explanation
// holds the recorded outcome only. From there it looks, for each rep who did not
// get the customer, for one change that would have given him to him.
//
// It reads the store and does not hold up the desk. Cost: the entries since
// the snapshot before the decision, one traced decision, and some microseconds
// for each rep; see Counterfactual.
func (d *Desk) Explain(ctx context.Context, id string, opts ...Option) (*Explanation, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	kind := o.kind
	if kind == "" {
		if err := d.submit(ctx, func(g *group) error {
			if err := g.ready(); err != nil {
				return err
			}
			kind = g.s.live.policy.Kind
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return Explain(ctx, d.cfg, CustomerRef{Kind: kind, ID: id}, opts...)
}

// Explain is Desk.Explain without a desk: for another process that has the
// store. It needs Config.Compile, or Config.Policy when
// the decision was made under it.
func Explain(ctx context.Context, cfg Config, ref CustomerRef, opts ...Option) (*Explanation, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	seq, found, err := cfg.Store.Lookup(ctx, cfg.Desk, customerKey(ref))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, unknownCustomer(ref)
	}
	last, err := readEntry(ctx, cfg.Store, cfg.Desk, seq)
	if err != nil {
		return nil, err
	}
	x, err := explainEntry(ctx, &cfg, last.decisionSeq(), asked{all: o.about == "", rep: o.about})
	if x != nil && last.Event == EventReconciled {
		x.Outside = last.outside()
	}
	if x != nil && err == nil && last.Event == EventTransferred && last.Planned != nil {
		err = x.addPlan(ctx, &cfg, last)
	}
	return x, err
}

// asked is for whom counterfactuals are looked for: nobody, one rep, or all.
type asked struct {
	all bool
	rep string
}

// explainEntry explains the decision of one entry.
func explainEntry(ctx context.Context, cfg *Config, seq uint64, about asked) (*Explanation, error) {
	recorded, err := readEntry(ctx, cfg.Store, cfg.Desk, seq)
	if err != nil {
		return nil, err
	}
	x := &Explanation{
		Desk: cfg.Desk, Decision: recorded.decision(), Hash: recorded.Policy, Via: recorded.Via, Note: recorded.Note,
		Erased: recorded.Digest != nil && recorded.Fields == nil,
	}
	if recorded.Via == viaReconciled {
		x.Outside = recorded.outside()
		return x, nil
	}
	if x.Erased && recorded.Via != viaPlan || recorded.Via == viaManual || recorded.Via == viaOpening || recorded.Fault != "" {
		return x, nil
	}
	if recorded.Via == viaPlan {
		return x, x.addPlan(ctx, cfg, recorded)
	}
	before, err := loadState(ctx, cfg.Store, cfg.Desk, beforeDecision(recorded))
	if err != nil {
		return nil, err
	}
	if err := recovered(func() error { return x.redecide(cfg, before, recorded, about) }); err != nil {
		if x.Diverged {
			return x, err
		}
		return nil, err
	}
	return x, nil
}

// addPlan adds what a plan did by an entry.
func (x *Explanation) addPlan(ctx context.Context, cfg *Config, e *event) error {
	r, rules, err := explainPlanned(ctx, cfg, e)
	if r == nil {
		return err
	}
	x.Plans, x.Diverged = append(x.Plans, *r), x.Diverged || err != nil
	if e.Event != EventTransferred {
		if x.Policy = r.policy; err == nil {
			x.Rules = rules
		}
	}
	return err
}

// redecide makes the decision again, compares, and takes over what the trace
// and the questions after it found.
func (x *Explanation) redecide(cfg *Config, before *state, recorded *event, about asked) error {
	again, t, q, err := redecide(cfg, before, recorded)
	if err != nil {
		return err
	}
	x.Policy = again.Name
	if !sameDecision(recorded, again) {
		x.Diverged = true
		return fmt.Errorf("%w: entry %d records %s, deciding again gives %s", ErrReplayDiverged, recorded.Seq, recorded.Entry, again.Entry)
	}
	x.Rules, x.Waiting = t.rules, q.waiting
	x.Counterfactuals, x.Unquestioned = q.counterfactuals(about, t.rules)
	return nil
}

// beforeDecision is the version of the state a decision was made in: that of
// the entry before it, or before the change of weights that was recorded for
// it.
func beforeDecision(e *event) uint64 {
	if e.Turn != nil && e.Turn.Table == e.Seq-1 {
		return e.Seq - 2
	}
	return e.Seq - 1
}

// redecide makes a recorded decision again in the state it was made in, and
// leaves the state as it was for questions.
func redecide(cfg *Config, s *state, recorded *event) (*event, *trace, *whatIf, error) {
	p, err := cfg.policyOf(s)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := s.bindReference(p); err != nil {
		return nil, nil, nil, err
	}
	ref := recorded.ref()
	waiting := s.waitingBefore(ref)
	if recorded.Via == viaReassign {
		s.forgetCustomer(ref)
	}
	subject, err := s.live.matcher.ReadCustomer(customerFromFields(ref, recorded.Fields))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: recorded fields cannot be read: %w", ref, err)
	}
	t := &trace{}
	rotations := s.rotations
	s.rotations, s.lent = map[string]*turns{}, rotations
	out, err := s.allocate(subject, recorded.At, t)
	s.rotations, s.lent = rotations, nil
	if err != nil {
		return nil, nil, nil, err
	}
	again := &event{Entry: Entry{Seq: recorded.Seq, At: recorded.At, Kind: ref.Kind, Customer: ref.ID, Episode: recorded.Episode}}
	again.Name = p.Name
	again.Status, again.Reason, again.Turn, again.Caps, again.Units = out.status, out.reason, out.turn, out.caps, out.units
	again.Unknown = out.unknown
	if out.status == StatusAssigned {
		again.Rep = s.roster.members[out.row].rep.ID
	}
	if out.rule >= 0 {
		again.Rule = p.Rules[out.rule].ID
	}
	q := newWhatIf(s, subject, recorded, t, out.row)
	q.waiting = waiting
	return again, t, q, nil
}

// waitingBefore is how many customers have waited longer than one who waits, or
// who has just come.
func (s *state) waitingBefore(ref CustomerRef) int {
	if c := s.customers[ref]; c != nil && c.status == StatusWaiting {
		n, _ := slices.BinarySearchFunc(s.waiting, c, compareWaiting)
		return n
	}
	return len(s.waiting)
}

// sameDecision compares all that a decision depends on.
func sameDecision(a, b *event) bool {
	return a.Status == b.Status && a.Rep == b.Rep && a.Rule == b.Rule && a.Reason == b.Reason && a.Units == b.Units &&
		reflect.DeepEqual(a.Turn, b.Turn) && len(a.Caps) == len(b.Caps) && len(a.Unknown) == len(b.Unknown)
}

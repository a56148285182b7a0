package allocation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// PlanReason is what a committed plan did with a customer, and why.
type PlanReason struct {
	Seq       uint64    `json:"seq"`       // the planned entry, which holds all prices
	At        time.Time `json:"at"`        // when it was committed
	Customers int       `json:"customers"` // that were planned together
	Row       PlanRow   `json:"row"`
	// Why says what the customer is worth with his rep and why nobody better has
	// him, a line each; empty where a rule goes by something else, or the fields
	// were erased.
	Why string `json:"why,omitempty"`
	// Proved says that the prices were found to prove the decision: after what a
	// place costs, no rep who could have had him is worth more. It is false where
	// the plan is not proved best, where other limits than one number of places for
	// each rep took part, and where what it was made from was compacted away.
	Proved bool `json:"proved"`

	policy, rule string // their names
}

// Sentence says what the plan did, for people.
func (r *PlanReason) Sentence() string {
	together := fmt.Sprintf("ledger entry %d, which planned %s together", r.Seq, several(r.Customers, "customer"))
	if r.Row.From == "" {
		return "It was decided by the plan of " + together + "."
	}
	return fmt.Sprintf("Since then the plan of %s, moved it from %s to %s by rule %q. No credit moved.", together, r.Row.From, r.Row.Rep, r.rule)
}

// explainPlanned explains what a plan did, from the ledger: it folds the ledger
// to what the plan was made from, works out again who could have had the
// customer and what he is worth with each, and holds that against the prices in
// the planned entry. Where they contradict each other it is ErrReplayDiverged.
func explainPlanned(ctx context.Context, cfg *Config, e *event) (*PlanReason, []RuleReport, error) {
	head, err := planOf(ctx, cfg, e)
	if err != nil {
		return nil, nil, err
	}
	r := &PlanReason{Seq: head.Seq, At: head.At, Customers: head.Plan.Customers, Row: e.planRow(), rule: e.Rule}
	view := head.Plan.view(e)
	s, err := loadState(ctx, cfg.Store, cfg.Desk, view.Version)
	compacted := errors.Is(err, ErrCompacted)
	if compacted { // what the plan was made from is gone: what the desk was before it is recorded still says much
		s, err = loadState(ctx, cfg.Store, cfg.Desk, head.Seq-1)
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := cfg.replanner(s, head.Plan, view, e)
	if err != nil {
		return nil, nil, err
	}
	r.policy, r.rule = p.policy.Name, p.plan.ruleName(e.Rule)
	if e.Digest != nil && e.Fields == nil {
		return r, nil, nil
	}
	var rules []RuleReport
	err = recovered(func() (err error) {
		if err := p.readAgain(e); err != nil {
			return err
		}
		o := p.offered(0)
		rules, r.Why = p.report(o), o.why()
		if !compacted {
			r.Proved, err = p.prove(o)
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrReplayDiverged) {
		return nil, nil, err
	}
	return r, rules, err
}

// planOf finds the planned entry behind an entry of a customer.
func planOf(ctx context.Context, cfg *Config, e *event) (*event, error) {
	seq, found, err := cfg.Store.Lookup(ctx, cfg.Desk, requestKey(e.Planned.Plan))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%w: the plan of entry %d is missing", ErrLedger, e.Seq)
	}
	head, err := readEntry(ctx, cfg.Store, cfg.Desk, seq)
	if err != nil {
		return nil, err
	}
	if head.Plan == nil || e.Planned.Part >= len(head.Plan.Parts) {
		return nil, fmt.Errorf("%w: entry %d is not the plan of entry %d", ErrLedger, seq, e.Seq)
	}
	return head, nil
}

// planRow is what an entry says that a plan did.
func (e *event) planRow() PlanRow {
	row := PlanRow{
		Kind: e.Kind, Customer: e.Customer, Episode: e.Episode, Status: e.Status, Rep: e.Rep, From: e.From, Rule: e.Rule,
		Reason: e.Reason, Part: e.Planned.Part, Score: e.Planned.Score, Units: e.Units,
	}
	if e.Event == EventTransferred {
		row.Reason = ""
	}
	return row
}

// replanner is a planner as of a plan's making, with one customer and the parts
// of that plan.
func (cfg *Config) replanner(s *state, recorded *plannedPlan, view planView, e *event) (*planner, error) {
	policy, err := cfg.policyOf(s)
	if err != nil {
		return nil, err
	}
	if err := s.bindReference(policy); err != nil {
		return nil, err
	}
	p := &planner{
		policy: policy, at: view.At, s: s, o: recorded.Terms.options(), queue: make([][]int, len(policy.Rules)),
		plan: &Plan{rules: policy.Rules, Rows: []PlanRow{e.planRow()}, rows: []plannedRow{{row: -1, from: -1}}, Parts: recorded.Parts},
	}
	p.plan.maker = p
	return p, nil
}

// readAgain reads the customer of an entry.
func (p *planner) readAgain(e *event) (err error) {
	row := &p.plan.rows[0]
	row.subject, err = p.s.live.matcher.ReadCustomer(customerFromFields(e.ref(), e.Fields))
	if err != nil {
		return fmt.Errorf("%s: recorded fields cannot be read: %w", e.ref(), err)
	}
	if e.Event == EventTransferred {
		row.from, _ = p.s.roster.row(e.From)
	}
	if e.Status == StatusAssigned {
		row.row, _ = p.s.roster.row(e.Rep)
	}
	return nil
}

// report says of each rule what became of the customer in it, and of each rep
// how far he came.
func (p *planner) report(o *offered) []RuleReport {
	w, t := &p.s.live.walk, &trace{}
	p.match(0)
	w.trace = t
	defer func() { w.trace = nil }()
	t.begin(w)
	for i := range p.policy.Rules {
		truth := w.m.When(i)
		switch {
		case !p.policy.Rules[i].inForce(p.at):
			t.skipped(i)
		case truth != True:
			t.unmatched(i, truth)
		default:
			t.matched(i)
			if p.policy.Rules[i].Pick != "none" {
				p.reportReps(i, t, o)
			}
			if p.policy.Rules[i].ID == p.plan.Rows[0].Rule {
				return t.rules
			}
		}
	}
	return t.rules
}

// reportReps says how far each rep came in a rule.
func (p *planner) reportReps(i int, t *trace, o *offered) {
	w, row := &p.s.live.walk, &p.plan.Rows[0]
	q := newPart(p, i)
	here := q.r.ID == row.Rule
	w.among.CopyFrom(&p.s.roster.active)
	w.m.Eligible(i, &w.among)
	t.eligible(i)
	reason := ReasonFull
	if w.among.Empty() {
		reason = ReasonNotEligible
	} else if !w.keepAvailable(i, q.available()) {
		reason = ReasonAway
	}
	t.underCaps()
	w.weigh(i, q.r)
	for _, at := range w.rows {
		if r := t.reps[at]; at != p.plan.rows[0].row || !here {
			r.Plan = "by the plan others have his places"
		}
	}
	report := &t.rules[len(t.rules)-1]
	switch {
	case here && row.Status == StatusAssigned:
		if r := t.reps[p.plan.rows[0].row]; r != nil {
			r.Stage, r.Reason = StageChosen, ""
		}
		if o.part != nil {
			p.reportOffers(t, o)
		}
	case here:
		report.Verdict, report.Reason = VerdictWaits, row.Reason
	default:
		report.Verdict, report.Reason = VerdictNobody, reason
	}
	t.finish(report)
}

// reportOffers says of reps who could have had the customer why the plan gave him
// to another.
func (p *planner) reportOffers(t *trace, o *offered) {
	if !o.priced() {
		for _, r := range t.reps {
			if r.Plan != "" {
				r.Plan = "could have received it; in the plan another was due"
			}
		}
		return
	}
	for _, x := range o.all {
		at, _ := p.s.roster.row(x.id)
		r := t.reps[at]
		switch {
		case x.id == o.row.Rep:
			r.Plan = "chosen, worth " + o.part.amount(x.worth)
		case r.Plan != "":
			r.Plan = fmt.Sprintf("could have received it, worth %s: ", o.part.amount(x.worth))
			if x.worth <= o.mine.worth {
				r.Plan += "no more than it is worth there"
			} else {
				r.Plan += o.against(&x)
			}
		}
	}
}

// prove holds the decision against the prices that were recorded. It returns
// whether they prove it, and an error where they contradict it.
func (p *planner) prove(o *offered) (bool, error) {
	row, part := o.row, o.part
	if part == nil || row.Reason == ReasonFallback || p.policy.ReadsOpen {
		return false, nil
	}
	if row.Status == StatusAssigned && o.mine.id == "" {
		return false, fmt.Errorf("%w: the plan gave %s to %s, who could not have had it", ErrReplayDiverged, row.Customer, row.Rep)
	}
	if part.Goal != GoalValue {
		return false, nil
	}
	if row.Status == StatusAssigned && o.mine.worth != row.Score {
		return false, fmt.Errorf("%w: the plan counted %s as worth %s with %s, and it is worth %s", ErrReplayDiverged, row.Customer, part.amount(row.Score), row.Rep, part.amount(o.mine.worth))
	}
	if !p.provable(part) {
		return false, nil
	}
	for _, x := range o.all {
		if x.rep != nil && p.room(&x) && x.beats(&o.mine) {
			return false, fmt.Errorf("%w: after what their places cost, %s is worth more with %s than with %s", ErrReplayDiverged, row.Customer, x.id, row.Rep)
		}
	}
	return true, nil
}

// provable reports whether a part's prices say everything: they prove it, and
// every cap is one number of places for each rep.
func (p *planner) provable(part *PlanPart) bool {
	i := slices.IndexFunc(p.policy.Rules, func(r Rule) bool { return r.ID == part.Rule })
	for c := range p.policy.Caps {
		if spec := &p.policy.Caps[c]; (spec.Rule < 0 || spec.Rule == i) && (spec.Team || spec.Only) {
			return false
		}
	}
	return part.Exact
}

// room reports whether a rep had a place for the customer from the beginning.
func (p *planner) room(x *offer) bool {
	return x.rep.Room < 0 || x.rep.Room >= p.plan.Rows[0].Units
}

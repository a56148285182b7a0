package allocation

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// Report is a desk at a glance: who holds what, who waits, and how even each
// rotation is, with the bound that is proved for it.
type Report struct {
	Desk      string           `json:"desk"`
	Version   uint64           `json:"version"` // ledger entries
	At        time.Time        `json:"at"`
	Policy    string           `json:"policy"`
	Hash      string           `json:"policy_hash"`
	Reps      []RepLine        `json:"reps"`                // by ID
	Rotations []RotationReport `json:"rotations"`           // in the policy's order, those of earlier policies last
	Waiting   []WaitingLine    `json:"waiting"`             // in the order they are served
	SetAside  []SetAsideLine   `json:"set_aside,omitempty"` // by ID, then kind
}

// RepLine is what a rep holds.
type RepLine struct {
	Rep    string `json:"rep"`
	Name   string `json:"name,omitempty"`
	Active bool   `json:"active"`
	Open   int64  `json:"open"` // units
	// Over names the caps the rep is above, which happens when a cap was
	// lowered, work was imported, or a transfer was forced.
	Over []string `json:"over,omitempty"`
}

// WaitingLine is a customer for whom there is no room yet.
type WaitingLine struct {
	Kind     string    `json:"kind"`
	Customer string    `json:"customer"`
	Rule     string    `json:"rule"`
	Since    time.Time `json:"since"`
	// Fault is why the policy in force cannot decide him, if it cannot; he
	// keeps his place until a policy can.
	Fault string `json:"fault,omitempty"`
}

// SetAsideLine is a customer whose deciding failed. He stays here until Reassign
// or AssignTo decides him, or he is released or voided.
type SetAsideLine struct {
	Kind     string    `json:"kind"`
	Customer string    `json:"customer"`
	At       time.Time `json:"at"`
	Seq      uint64    `json:"seq"`   // the entry that holds the decision
	Fault    string    `json:"fault"` // what went wrong
}

// RotationReport is the fairness of one rotation.
type RotationReport struct {
	ID    string   `json:"id"`    // "rule:ID" or "desk"
	Rules []string `json:"rules"` // that share it under the policy in force

	// What is proved: no deviation was or will be larger than Bound, which is
	// B·V + C, while no size exceeds V. Reached is the largest so far. All in
	// customers, or in size units where the rule has a size.
	Bounded  bool    `json:"bounded"` // false where totals are levelled: nothing is proved, and the numbers below are 0
	Theorem  string  `json:"theorem"`
	Accounts int     `json:"accounts"` // n of the theorem
	Bound    float64 `json:"bound"`
	B        string  `json:"b"`
	V        float64 `json:"v"`
	C        float64 `json:"c"`
	Reached  float64 `json:"reached"`

	// Exact is the bound as the rotation states it, with sizes as integers of
	// 10^-Scale.
	Exact rotation.Bound `json:"-"`
	Scale int            `json:"scale"`

	Reps []RotationRep `json:"reps"` // by ID
}

// RotationRep is one account of a rotation. Got and Entitled are in customers,
// or in size units where the rule has a size; Entitled includes grants and other
// adjustments, and Deviation is Got − Entitled. Where totals are levelled,
// Entitled is the mean.
type RotationRep struct {
	Rep       string  `json:"rep"`
	Customers int64   `json:"customers"` // how many he was given
	Got       float64 `json:"got"`
	Entitled  float64 `json:"entitled"`
	Deviation float64 `json:"deviation"`
}

// Report returns the desk as it stands. Cost: O(reps + open and waiting customers).
func (d *Desk) Report(ctx context.Context) (*Report, error) {
	var out *Report
	err := d.submit(ctx, func(g *group) error {
		out = g.s.report(g.d.cfg.Desk)
		return nil
	})
	return out, err
}

func (s *state) report(desk string) *Report {
	r := &Report{Desk: desk, Version: s.head.Version, At: s.now, Hash: s.policyHash}
	if s.live != nil {
		r.Policy = s.live.policy.Name
	}
	for row := range s.roster.members {
		m := &s.roster.members[row]
		r.Reps = append(r.Reps, RepLine{Rep: m.rep.ID, Name: m.rep.Name, Active: !m.rep.Inactive, Open: m.open, Over: s.over(row)})
	}
	slices.SortFunc(r.Reps, func(a, b RepLine) int { return strings.Compare(a.Rep, b.Rep) })
	for _, c := range s.waiting {
		line := WaitingLine{Kind: c.ref.Kind, Customer: c.ref.ID, Rule: c.rule, Since: c.since}
		if c.fault != nil {
			line.Fault = faultText(c.fault)
		}
		r.Waiting = append(r.Waiting, line)
	}
	for _, c := range s.customers {
		if c.status == StatusUnassigned {
			r.SetAside = append(r.SetAside, SetAsideLine{Kind: c.ref.Kind, Customer: c.ref.ID, At: c.at, Seq: c.decision, Fault: c.fault.Error()})
		}
	}
	slices.SortFunc(r.SetAside, func(a, b SetAsideLine) int {
		return cmp.Or(strings.Compare(a.Customer, b.Customer), strings.Compare(a.Kind, b.Kind))
	})
	for _, id := range s.rotationIDs() {
		r.Rotations = append(r.Rotations, s.rotationReport(id))
	}
	slices.SortStableFunc(r.Rotations, func(a, b RotationReport) int { return s.policyOrder(a.ID) - s.policyOrder(b.ID) })
	return r
}

// policyOrder is the place of a rotation's first rule in the policy.
func (s *state) policyOrder(id string) int {
	if s.live == nil {
		return 0
	}
	rules := s.live.policy.Rules
	for i := range rules {
		if rotationID(s.live.policy, &rules[i]) == id && rules[i].Pick == "rotate" {
			return i
		}
	}
	return len(rules)
}

func (s *state) rotationReport(id string) RotationReport {
	t := s.rotations[id]
	r := RotationReport{ID: id, Scale: t.scale}
	selections := []rotation.Selection{}
	if s.live != nil {
		rules := s.live.policy.Rules
		for i := range rules {
			if rules[i].Pick == "rotate" && rotationID(s.live.policy, &rules[i]) == id {
				r.Rules = append(r.Rules, rules[i].ID)
				selections = append(selections, rules[i].Selection)
			}
		}
	}
	unit := float64(pow10(t.scale))
	if t.totals != nil {
		s.reportTotals(&r, t, unit)
		return r
	}
	b := loosest(t.ledger, selections)
	r.Bounded = true
	r.Exact, r.Theorem, r.Accounts, r.B = b, b.Theorem.String(), b.N, b.B.RatString()
	r.Bound, r.V, r.C, r.Reached = b.Total.Float64()/unit, b.V.Float64()/unit, b.C.Float64()/unit, b.Reached.Float64()/unit
	for row, account := range t.accounts {
		if account == noAccount {
			continue
		}
		size, customers := t.ledger.Got(account)
		credit := t.ledger.Credit(account).Float64()
		r.Reps = append(r.Reps, RotationRep{
			Rep: s.roster.members[row].rep.ID, Customers: customers,
			Got: size.Float64() / unit, Entitled: (size.Float64() + credit) / unit, Deviation: 0 - credit/unit,
		})
	}
	slices.SortFunc(r.Reps, func(a, b RotationRep) int { return strings.Compare(a.Rep, b.Rep) })
	return r
}

// loosest is the bound that holds whichever of the selections is used.
func loosest(l *rotation.Ledger, selections []rotation.Selection) rotation.Bound {
	var most rotation.Bound
	for i, selection := range selections {
		if b := l.Bound(selection); i == 0 || most.Total.Cmp(b.Total) < 0 {
			most = b
		}
	}
	if len(selections) == 0 {
		return l.Bound(rotation.Selection{})
	}
	return most
}

// reportTotals fills in a rotation that levels totals: nothing is proved, and
// a rep's deviation is from the mean.
func (s *state) reportTotals(r *RotationReport, t *turns, unit float64) {
	r.Theorem, r.Accounts, r.B = "none: totals are levelled", len(t.opened()), "0"
	mean := float64(t.totals.Mean(t.opened())) / unit
	for row, account := range t.accounts {
		if account == noAccount {
			continue
		}
		load, customers := t.totals.Load(account)
		r.Reps = append(r.Reps, RotationRep{
			Rep: s.roster.members[row].rep.ID, Customers: customers,
			Got: float64(load) / unit, Entitled: mean, Deviation: float64(load)/unit - mean,
		})
	}
	slices.SortFunc(r.Reps, func(a, b RotationRep) int { return strings.Compare(a.Rep, b.Rep) })
}

// over names the stock caps a rep is above. Flow caps cannot be exceeded but
// by force, and pass with their window.
func (s *state) over(row int) []string {
	if s.live == nil {
		return nil
	}
	w := &s.live.walk
	w.s, w.l, w.now, w.units = s, s.live, s.now, 0
	w.m = s.live.matcher.Match(nil, s.now)
	var names []string
	for c := range s.live.policy.Caps {
		spec := &s.live.policy.Caps[c]
		if spec.Flow || spec.Only {
			continue
		}
		limit, known := w.m.Limit(c, row)
		if !known {
			continue
		}
		if _, full := w.full(c, row, limit); full {
			names = append(names, spec.Name)
		}
	}
	return names
}

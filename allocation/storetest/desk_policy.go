package storetest

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// deskFields is what a policy of the machine reads of a customer: one number,
// or nothing.
type deskFields struct {
	size  int64
	known bool
}

const (
	noUnits  = 8 // the size of which no policy of the machine knows the units
	spamSize = 7
)

func (f deskFields) AppendFields(dst []byte) []byte {
	if !f.known {
		return append(dst, "{}"...)
	}
	return fmt.Appendf(dst, `{"size":%d}`, f.size)
}

// units is what a customer takes of capacity.
func (f deskFields) units() (int64, error) {
	if f.known && f.size == noUnits {
		return 0, errors.New("size 8 has no units")
	}
	return 1 + f.size/4, nil
}

// deskPlan is a policy whose expressions are Go functions. The desk reaches
// them through its Matcher, the reference model calls them itself.
type deskPlan struct {
	allocation.Policy
	rules      []planRule
	caps       []planCap
	unreadable int64 // the size it refuses to read; 0: none
}

type planRule struct {
	when     func(f deskFields, now time.Time) allocation.Truth
	eligible func(r *allocation.Rep, open int64, f deskFields) allocation.Truth
	weight   func(r *allocation.Rep, f deskFields) (float64, bool)
	prefer   func(r *allocation.Rep) (float64, bool)
}

type planCap struct {
	limit func(r *allocation.Rep) (int64, bool)
	only  func(f deskFields) allocation.Truth
}

// read is ReadCustomer on the machine's own terms.
func (p *deskPlan) read(f deskFields) error {
	if f.known && f.size == p.unreadable && f.size != 0 {
		return fmt.Errorf("size %d cannot be read", f.size)
	}
	return nil
}

func truth(b bool) allocation.Truth {
	if b {
		return allocation.True
	}
	return allocation.False
}

// sizeIs is a `when` that is unknown of a customer without a size.
func sizeIs(in func(size int64) bool) func(deskFields, time.Time) allocation.Truth {
	return func(f deskFields, _ time.Time) allocation.Truth {
		if !f.known {
			return allocation.Unknown
		}
		return truth(in(f.size))
	}
}

func kpi(r *allocation.Rep) (float64, bool) { w, ok := r.KPI["w"]; return w, ok }

func limitOf(n int64) func(*allocation.Rep) (int64, bool) {
	return func(*allocation.Rep) (int64, bool) { return n, true }
}

func per(text string) calendar.Per {
	p, err := calendar.ParsePer(text)
	if err != nil {
		panic(err)
	}
	return p
}

// The rules that the plans are made of.
var (
	ruleBig = allocation.Rule{ID: "big", Pick: "rotate", HasSize: true, SizeScale: 2, SizeLow: 20, SizeHigh: 500, Typical: 100,
		HasWeight: true, WeightByRep: true, IfNone: allocation.IfNone{Full: allocation.Wait, Away: allocation.Wait}}
	rulePicky = allocation.Rule{ID: "picky", Pick: "best", HasPrefer: true, Available: allocation.NotAway}
	ruleRest  = allocation.Rule{ID: "rest", Pick: "rotate", HasWeight: true, WeightNull: allocation.WeightNull{Kind: allocation.NullMean},
		IfNone: allocation.IfNone{Full: allocation.Wait, Away: allocation.Wait}}

	exprBig = planRule{
		when:   sizeIs(func(n int64) bool { return n > 2 && n < spamSize }),
		weight: func(r *allocation.Rep, _ deskFields) (float64, bool) { return kpi(r) },
	}
	exprPicky = planRule{
		when:     sizeIs(func(n int64) bool { return n == 2 }),
		eligible: func(r *allocation.Rep, _ int64, _ deskFields) allocation.Truth { return truth(r.Role == "a") },
		prefer:   kpi,
	}
	exprRest = planRule{
		eligible: func(r *allocation.Rep, _ int64, f deskFields) allocation.Truth {
			return truth(r.Role == "a" || f.size == 0)
		},
		weight: func(r *allocation.Rep, f deskFields) (float64, bool) {
			w, ok := r.KPI["w"]
			return w + float64(f.size), ok
		},
		prefer: kpi,
	}
)

// with returns a rule with something changed.
func with(r allocation.Rule, change func(*allocation.Rule)) allocation.Rule {
	change(&r)
	return r
}

// deskPlans are the policies that a machine's desk changes between. Each has
// what the others lack; caps that share a key share their count.
func deskPlans(begin time.Time) []*deskPlan {
	book := allocation.Cap{Name: "book", Key: "book", Rule: -1}
	daily := allocation.Cap{Name: "daily", Key: "daily", Rule: -1, Flow: true, Per: per("day")}
	team := allocation.Cap{Name: "team", Key: "team", Rule: -1, Team: true}
	teamFlow := allocation.Cap{Name: "team flow", Key: "team flow", Rule: -1, Team: true, Flow: true, Per: per("30h")}
	heavy := allocation.Cap{Name: "heavy", Key: "heavy", Rule: -1, Only: true}
	rolling := func(rule int) allocation.Cap {
		return allocation.Cap{Name: "big week", Key: "big week", Rule: rule, Flow: true, Per: per("72h")}
	}
	isHeavy := func(f deskFields) allocation.Truth {
		return sizeIs(func(n int64) bool { return n >= 4 })(f, time.Time{})
	}
	plans := []*deskPlan{
		{ // grants for time off, counts by hand toward credit, Deadline
			Policy: allocation.Policy{
				Name: "strict", Manual: allocation.ManualCapsAndCredit,
				OnReturn: allocation.OnReturn{Kind: allocation.ReturnGrant, Max: 3},
				Caps:     []allocation.Cap{book, daily, team, rolling(0)},
				Rules: []allocation.Rule{with(ruleBig, func(r *allocation.Rule) { r.Caps = []int{3} }), rulePicky,
					with(ruleRest, func(r *allocation.Rule) { r.Selection.Rule = rotation.Largest })},
				Fallback: []string{"sam"},
			},
			rules: []planRule{exprBig, exprPicky, exprRest},
			caps:  []planCap{{limit: limitOf(3)}, {limit: limitOf(2)}, {limit: limitOf(9)}, {limit: limitOf(2)}},
		},
		{ // wider caps, other ends of rules, a range of weights, preference within a window
			Policy: allocation.Policy{
				Name: "wide",
				Caps: []allocation.Cap{book, daily, heavy, teamFlow},
				Rules: []allocation.Rule{rulePicky,
					with(ruleRest, func(r *allocation.Rule) {
						r.HasPrefer, r.Selection = true, rotation.Selection{Rule: rotation.Window, Tau: 1000}
						r.IfNone = allocation.IfNone{Full: allocation.TryFallback, Away: allocation.TryFallback}
						r.WeightRange = &allocation.WeightRange{Low: 500_000, High: 2_000_000}
					}),
				},
				Fallback: []string{"zoe", "sam", "eve"},
			},
			rules: []planRule{exprPicky, exprRest},
			caps:  []planCap{{limit: limitOf(6)}, {limit: limitOf(4)}, {limit: limitOf(4), only: isHeavy}, {limit: limitOf(5)}},
		},
		{ // totals in place of credit, calibrated
			Policy: allocation.Policy{
				Name: "level", Share: allocation.ShareTotals,
				OnReturn: allocation.OnReturn{Kind: allocation.ReturnCalibrate},
				Caps:     []allocation.Cap{book, daily, team},
				Rules:    []allocation.Rule{ruleBig, rulePicky, ruleRest},
			},
			rules: []planRule{exprBig, exprPicky, exprRest},
			caps:  []planCap{{limit: limitOf(5)}, {limit: limitOf(9)}, {limit: limitOf(12)}},
		},
		{ // one rotation for the desk, rules in another order, one that sets aside, one that reads the open work
			Policy: allocation.Policy{
				Name: "one rotation", Scope: allocation.ScopeDesk, ReadsOpen: true, Manual: allocation.ManualCapsAndCredit,
				OnReturn: allocation.OnReturn{Kind: allocation.ReturnCalibrate},
				Caps:     []allocation.Cap{book, rolling(2)},
				Rules: []allocation.Rule{
					{ID: "spam", Pick: "none", Reason: "spam"},
					with(ruleRest, func(r *allocation.Rule) {
						r.HasWeight, r.IfNone = false, allocation.IfNone{Full: allocation.TryNext, Away: allocation.Wait}
					}),
					{ID: "any", Pick: "rotate", Available: allocation.AnyAvailable, Caps: []int{1}, HasWeight: true, WeightByRep: true,
						WeightNull: allocation.WeightNull{Kind: allocation.NullValue, Value: 1_500_000},
						IfNone:     allocation.IfNone{NotEligible: allocation.Wait, Full: allocation.Wait}},
				},
			},
			rules: []planRule{
				{when: sizeIs(func(n int64) bool { return n == spamSize })},
				{eligible: func(r *allocation.Rep, open int64, _ deskFields) allocation.Truth { return truth(open < 3) }},
				{weight: exprBig.weight},
			},
			caps: []planCap{{limit: limitOf(7)}, {limit: limitOf(3)}},
		},
		{ // the picks that move no credit, rules that begin and end, limits and customers it cannot read
			Policy: allocation.Policy{
				Name:     "picks",
				OnReturn: allocation.OnReturn{Kind: allocation.ReturnGrant, LongerThan: 30 * time.Hour},
				Caps:     []allocation.Cap{book, teamFlow},
				Rules: []allocation.Rule{
					{ID: "later", Pick: "most_available", From: begin.Add(40 * time.Hour), IfNone: allocation.IfNone{Full: allocation.Wait, Away: allocation.Wait}},
					{ID: "early", Pick: "first", Until: begin.Add(100 * time.Hour)},
					{ID: "least", Pick: "least_open", IfNone: allocation.IfNone{Full: allocation.Wait}},
					with(ruleBig, func(r *allocation.Rule) {
						r.Available, r.IfNone = allocation.AnyAvailable, allocation.IfNone{NotEligible: allocation.Wait, Full: allocation.Wait}
					}),
				},
			},
			rules: []planRule{
				{when: sizeIs(func(n int64) bool { return n == 1 })},
				{when: sizeIs(func(n int64) bool { return n == 3 })},
				{when: sizeIs(func(n int64) bool { return n == 2 })},
				{weight: exprBig.weight, eligible: func(r *allocation.Rep, _ int64, f deskFields) allocation.Truth {
					return truth(r.Role == "b" || f.size != 5)
				}},
			},
			caps: []planCap{
				{limit: func(r *allocation.Rep) (int64, bool) {
					if r.Capacity == nil {
						return 0, false
					}
					return *r.Capacity, true
				}},
				{limit: limitOf(6)},
			},
			unreadable: 6,
		},
		{ // a rule that reads the time
			Policy: allocation.Policy{
				Name: "hours", ReadsNow: true,
				Caps: []allocation.Cap{book, daily},
				Rules: []allocation.Rule{{ID: "night", Pick: "least_open"},
					with(ruleRest, func(r *allocation.Rule) { r.HasSize, r.Typical, r.WeightByRep = true, 0, true })},
			},
			rules: []planRule{
				{when: func(_ deskFields, now time.Time) allocation.Truth { return truth(now.Hour() < 6) }},
				{weight: func(r *allocation.Rep, _ deskFields) (float64, bool) { return kpi(r) }},
			},
			caps: []planCap{{limit: limitOf(4)}, {limit: limitOf(3)}},
		},
	}
	for _, p := range plans {
		p.finish()
	}
	return plans
}

// finish fills in what every plan has.
func (p *deskPlan) finish() {
	p.Kind, p.Zone = "lead", time.UTC
	p.Source = []byte(p.Name)
	p.Hash = fmt.Sprintf("%x", sha256.Sum256(p.Source))
	for i := range p.Rules {
		p.Rules[i].Name = p.Rules[i].ID
	}
	for i := range p.Caps {
		p.Caps[i].LimitByRep = true
	}
	p.NewMatcher = func() allocation.Matcher { return &planMatcher{p: p} }
}

// planMatcher is a plan as a desk sees it.
type planMatcher struct {
	p    *deskPlan
	reps []*allocation.Rep
	open []int64
	f    deskFields
	now  time.Time
}

func (m *planMatcher) ReadCustomer(c *allocation.Customer) (allocation.Subject, error) {
	var f deskFields
	for name, v := range c.Fields {
		switch v := v.(type) {
		case int64:
			f = deskFields{v, true}
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return nil, err
			}
			f = deskFields{n, true}
		default:
			return nil, fmt.Errorf("field %s is no number", name)
		}
	}
	return f, m.p.read(f)
}

func (m *planMatcher) CheckRep(r *allocation.Rep) error {
	if r.Fields["bad"] != nil {
		return errors.New("field bad is bad")
	}
	return nil
}

func (m *planMatcher) SetRep(row int, r *allocation.Rep) error {
	for len(m.reps) <= row {
		m.reps, m.open = append(m.reps, nil), append(m.open, 0)
	}
	rep := *r
	m.reps[row] = &rep
	return m.CheckRep(r)
}

func (m *planMatcher) SetOpen(row int, units int64) {
	if row < len(m.open) {
		m.open[row] = units
	}
}

func (m *planMatcher) Match(s allocation.Subject, now time.Time) allocation.Matching {
	m.f, _ = s.(deskFields)
	m.now = now
	return m
}

func (m *planMatcher) Units() (int64, error) { return m.f.units() }

func (m *planMatcher) When(rule int) allocation.Truth {
	if when := m.p.rules[rule].when; when != nil {
		return when(m.f, m.now)
	}
	return allocation.True
}

func (m *planMatcher) Next(from int) (int, allocation.Truth) {
	for i := from; i < len(m.p.rules); i++ {
		if t := m.When(i); t != allocation.False {
			return i, t
		}
	}
	return len(m.p.rules), allocation.False
}

func (m *planMatcher) Eligible(rule int, among *allocation.RepSet) {
	eligible := m.p.rules[rule].eligible
	if eligible == nil {
		return
	}
	for row := range among.All() {
		if eligible(m.reps[row], m.open[row], m.f) != allocation.True {
			among.Remove(row)
		}
	}
}

func (m *planMatcher) Weight(rule, row int) (float64, bool) {
	return m.p.rules[rule].weight(m.reps[row], m.f)
}

func (m *planMatcher) RampStart(_, row int) (time.Time, bool) { return m.reps[row].HiredAt, true }

func (m *planMatcher) Prefer(rule, row int) (float64, bool) {
	return m.p.rules[rule].prefer(m.reps[row])
}

func (m *planMatcher) Size(int) (float64, bool) {
	return float64(m.f.size), m.f.known && m.f.size > 0
}

func (m *planMatcher) Applies(cap int) allocation.Truth { return m.p.caps[cap].only(m.f) }

func (m *planMatcher) Limit(cap, row int) (int64, bool) { return m.p.caps[cap].limit(m.reps[row]) }

func (m *planMatcher) Why(part allocation.Part, index, row int) allocation.Finding {
	return allocation.Finding{Truth: allocation.False, Source: fmt.Sprintf("part %d of %d", part, index), Leaves: []allocation.Leaf{{Text: "leaf"}}}
}

// compilePlans is the Config.Compile of a machine.
func compilePlans(plans []*deskPlan) func(source []byte) (*allocation.Policy, error) {
	return func(source []byte) (*allocation.Policy, error) {
		i := slices.IndexFunc(plans, func(p *deskPlan) bool { return p.Name == string(source) })
		if i < 0 {
			return nil, fmt.Errorf("no policy %q", source)
		}
		return &plans[i].Policy, nil
	}
}

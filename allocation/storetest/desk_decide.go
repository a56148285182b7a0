package storetest

import (
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// This file is how the model decides about one customer: rule by rule, rep by
// rep, each cap counted anew.

// verdict is what the policy says of a customer.
type verdict struct {
	status  allocation.Status
	rep     int
	rule    string
	reason  string
	units   int64
	counts  []countUnder
	turn    *proposedTurn
	table   bool // the rule's weights are kept in a table
	unknown []string
}

type countUnder struct {
	cap  int
	team string
}

// proposedTurn is a turn that was not taken yet.
type proposedTurn struct {
	rotation string
	totals   bool
	scale    int
	size     int64
	reps     []int
	weights  []int64
	away     []int // eligible, on time off
	winner   int   // index into reps
}

// decide walks a customer through the policy. It changes nothing.
func (m *deskModel) decide(f deskFields, at time.Time) verdict {
	units, _ := f.units()
	reason := allocation.ReasonNoRule
	var unknown []string
	for i := range m.plan.Rules {
		r := &m.plan.Rules[i]
		if !r.From.IsZero() && at.Before(r.From) || !r.Until.IsZero() && !at.Before(r.Until) {
			continue
		}
		switch m.when(i, f, at) {
		case allocation.False:
			continue
		case allocation.Unknown:
			unknown = append(unknown, r.ID)
			continue
		}
		if r.Pick == "none" {
			return verdict{status: allocation.StatusUnassigned, rep: -1, rule: r.ID, reason: r.Reason, units: units, unknown: unknown}
		}
		v, why, otherwise := m.try(i, f, units, at)
		if why == "" {
			v.units, v.unknown = units, unknown
			return v
		}
		if otherwise == allocation.Wait {
			return verdict{status: allocation.StatusWaiting, rep: -1, rule: r.ID, reason: why, units: units, unknown: unknown}
		}
		reason = why
		if otherwise == allocation.TryFallback {
			break
		}
	}
	for _, id := range m.plan.Fallback {
		if rep := repNumber(id); rep >= 0 && m.reps[rep].active {
			return verdict{status: allocation.StatusAssigned, rep: rep, reason: allocation.ReasonFallback, units: units,
				counts: m.countsFor(f, rep, -1), unknown: unknown}
		}
	}
	return verdict{status: allocation.StatusUnassigned, rep: -1, reason: reason, units: units, unknown: unknown}
}

func (m *deskModel) when(rule int, f deskFields, at time.Time) allocation.Truth {
	if when := m.plan.rules[rule].when; when != nil {
		return when(f, at)
	}
	return allocation.True
}

// try looks for a rep by one rule; why says why there is none.
func (m *deskModel) try(rule int, f deskFields, units int64, at time.Time) (v verdict, why string, otherwise allocation.Otherwise) {
	r := &m.plan.Rules[rule]
	eligible := m.eligible(rule, f)
	if len(eligible) == 0 {
		return v, allocation.ReasonNotEligible, r.IfNone.NotEligible
	}
	var there, room []int
	for _, rep := range eligible {
		if m.available(rep, r.Available, at) {
			there = append(there, rep)
		}
	}
	if len(there) == 0 {
		return v, allocation.ReasonAway, r.IfNone.Away
	}
	for _, rep := range there {
		if m.refusedBy(f, units, rep, rule, at, nil) == "" {
			room = append(room, rep)
		}
	}
	if len(room) == 0 {
		return v, allocation.ReasonFull, r.IfNone.Full
	}
	if r.Pick == "rotate" && r.HasSize && f.size <= 0 && r.Typical == 0 {
		return v, allocation.ReasonNoSize, r.IfNone.NotEligible
	}
	room, weights := m.weigh(rule, f, room)
	if len(room) == 0 {
		return v, allocation.ReasonNoWeight, r.IfNone.NotEligible
	}
	v = verdict{status: allocation.StatusAssigned, rule: r.ID}
	if r.Pick == "rotate" {
		v.turn, v.table = m.propose(rule, f, at, eligible, room, weights)
		v.rep = room[v.turn.winner]
	} else {
		v.rep = m.prefer(rule, room)
	}
	v.counts = m.countsFor(f, v.rep, rule)
	return v, "", 0
}

// eligible are the active reps whom a rule may give the customer, by ID.
func (m *deskModel) eligible(rule int, f deskFields) []int {
	var out []int
	for rep := range m.reps {
		r := &m.reps[rep]
		if !r.active {
			continue
		}
		if eligible := m.plan.rules[rule].eligible; eligible != nil && eligible(&r.rep, m.openOf(rep), f) != allocation.True {
			continue
		}
		out = append(out, rep)
	}
	return out
}

func (m *deskModel) available(rep int, how allocation.Availability, at time.Time) bool {
	switch s := &m.reps[rep].spec; how {
	case allocation.OnShift:
		return !s.offAt(at) && s.onShift(at)
	case allocation.NotAway:
		return !s.offAt(at)
	}
	return true
}

// openOf adds up what a rep has open.
func (m *deskModel) openOf(rep int) int64 {
	units := m.reps[rep].work
	for _, c := range m.held {
		if c.rep == rep {
			units += c.units
		}
	}
	return units
}

// refusedBy names the first cap, of the desk and of a rule (-1: none), under
// which a rep has no room for a customer. moving is a customer who is being
// transferred.
func (m *deskModel) refusedBy(f deskFields, units int64, rep, rule int, at time.Time, moving *modelCustomer) string {
	for i := range m.plan.Caps {
		c := &m.plan.Caps[i]
		if c.Rule >= 0 && (rule < 0 || !slices.Contains(m.plan.Rules[rule].Caps, i)) || !m.applies(i, f) {
			continue
		}
		limit, known := m.plan.caps[i].limit(&m.reps[rep].rep)
		if !known {
			return allocation.ReasonNoLimit
		}
		adds := units
		if c.Flow {
			adds = 1
		}
		for _, team := range m.teamsFor(i, rep) {
			if m.used(i, rep, team, at, moving)+adds > limit {
				return allocation.ReasonFull
			}
		}
	}
	return ""
}

func (m *deskModel) applies(cap int, f deskFields) bool {
	return !m.plan.Caps[cap].Only || m.plan.caps[cap].only(f) != allocation.False
}

// teamsFor are the teams under which a cap counts a rep: one without a name
// for a cap that counts the rep himself.
func (m *deskModel) teamsFor(cap, rep int) []string {
	if m.plan.Caps[cap].Team {
		return m.reps[rep].rep.Teams
	}
	return noTeam
}

var noTeam = []string{""}

// used counts what a cap has counted, one customer left out of what is open.
func (m *deskModel) used(cap, rep int, team string, at time.Time, moving *modelCustomer) int64 {
	n := m.counts[cap]
	if n == nil {
		return m.openOf(rep)
	}
	var sum int64
	if c := &m.plan.Caps[cap]; n.team && !n.flow && !c.Only && c.Rule < 0 {
		sum = m.workOf(team)
	}
	for other := range n.reps {
		if !n.team && other != rep {
			continue
		}
		for _, h := range n.reps[other] {
			switch {
			case h.gone || h.team != team:
			case n.flow && n.roll > 0 && h.at.After(at.Add(-n.roll)):
				sum++
			case n.flow && n.roll == 0 && !h.at.Before(at.Truncate(24*time.Hour)):
				sum++
			case !n.flow && (moving == nil || !slices.Contains(moving.holdings, h)):
				sum += h.units
			}
		}
	}
	return sum
}

// workOf adds up what the members of a team have of opening work.
func (m *deskModel) workOf(team string) int64 {
	var sum int64
	for i := range m.reps {
		if slices.Contains(m.reps[i].rep.Teams, team) {
			sum += m.reps[i].work
		}
	}
	return sum
}

// countsFor lists the caps that a decision counts under.
func (m *deskModel) countsFor(f deskFields, rep, rule int) []countUnder {
	var under []countUnder
	for i := range m.plan.Caps {
		c := &m.plan.Caps[i]
		if m.counts[i] == nil || c.Rule >= 0 && (rule < 0 || !slices.Contains(m.plan.Rules[rule].Caps, i)) || !m.applies(i, f) {
			continue
		}
		for _, team := range m.teamsFor(i, rep) {
			under = append(under, countUnder{i, team})
		}
	}
	return under
}

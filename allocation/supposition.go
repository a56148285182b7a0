package allocation

import (
	"maps"
	"strings"
	"time"
)

// supposition is one thing about a rep that is supposed to be otherwise.
type supposition struct {
	row       int
	rep       *Rep   // he is this
	activates bool   // … which is the same, but active
	present   bool   // he is on shift, and not away
	open      *int64 // he has so many open units

	cap    *supposedLimit
	weight *supposedNumber // what the rule's weight comes to for him
	prefer *supposedNumber // what the rule's preference comes to for him
}

type supposedLimit struct {
	cap   int
	limit int64
}

type supposedNumber struct {
	rule  int
	value float64
}

// suppose makes a thing otherwise until it is undone; possible is false when a
// rep cannot be like that.
func (q *whatIf) suppose(x *supposition) (undo func(), possible bool) {
	s, m := q.s, &q.s.roster.members[x.row]
	before := *m
	possible = true
	if x.rep != nil {
		s.roster.put(*x.rep)
		possible = m.rep.check() == nil && m.place(q.p) == nil && q.matcher.SetRep(x.row, &m.rep) == nil
	}
	if x.present {
		m.calendar = nil // always on shift and never away
	}
	if x.open != nil {
		m.open = *x.open
		q.matcher.SetOpen(x.row, m.open)
	}
	q.matcher.supposed = x
	q.bind()
	return func() {
		s.roster.put(before.rep)
		*m = before
		if x.rep != nil {
			// It was accepted before; the row of an inactive rep is looked at by nobody.
			_ = q.matcher.SetRep(x.row, &m.rep)
		}
		if x.open != nil {
			q.matcher.SetOpen(x.row, m.open)
		}
		q.matcher.supposed = nil
		q.bind()
	}, possible
}

// supposingMatcher answers as another matcher does, but for what is supposed.
type supposingMatcher struct {
	Matcher
	supposed *supposition
	bound    supposingMatching
}

func (m *supposingMatcher) Match(s Subject, now time.Time) Matching {
	m.bound = supposingMatching{m.Matcher.Match(s, now), m.supposed}
	return &m.bound
}

type supposingMatching struct {
	Matching
	x *supposition
}

func (m *supposingMatching) Limit(cap, row int) (int64, bool) {
	if m.x != nil && m.x.cap != nil && m.x.row == row && m.x.cap.cap == cap {
		return m.x.cap.limit, true
	}
	return m.Matching.Limit(cap, row)
}

func (m *supposingMatching) Weight(rule, row int) (float64, bool) {
	if m.x != nil && m.x.weight != nil && m.x.row == row && m.x.weight.rule == rule {
		return m.x.weight.value, true
	}
	return m.Matching.Weight(rule, row)
}

func (m *supposingMatching) Prefer(rule, row int) (float64, bool) {
	if m.x != nil && m.x.prefer != nil && m.x.row == row && m.x.prefer.rule == rule {
		return m.x.prefer.value, true
	}
	return m.Matching.Prefer(rule, row)
}

// with is the rep with another value in one field, as SetRep would be given
// him.
func (r Rep) with(field string, raw any) Rep {
	text, _ := raw.(string)
	list, _ := raw.([]string)
	switch field {
	case "name":
		r.Name = text
	case "teams":
		r.Teams = list
	case "role":
		r.Role = text
	case "manager":
		r.Manager = text
	case "country":
		r.Country = text
	case "region":
		r.Region = text
	case "skills":
		r.Skills = list
	case "territories":
		r.Territories = list
	case "segments":
		r.Segments = list
	case "capacity":
		r.Capacity = nil
		if units, known := raw.(int64); known {
			r.Capacity = &units
		}
	case "timezone":
		r.Timezone = text
	case "hired_at":
		r.HiredAt, _ = raw.(time.Time)
	default:
		r.withOwn(field, raw)
	}
	return r
}

// withOwn sets a KPI or a field of the caller's own in maps of the rep's own.
func (r *Rep) withOwn(field string, raw any) {
	name, isKPI := strings.CutPrefix(field, "kpi.")
	if !isKPI {
		if r.Fields = maps.Clone(r.Fields); r.Fields == nil {
			r.Fields = map[string]any{}
		}
		r.Fields[field] = raw
		return
	}
	if r.KPI = maps.Clone(r.KPI); r.KPI == nil {
		r.KPI = map[string]float64{}
	}
	if value, known := raw.(float64); known {
		r.KPI[name] = value
	} else {
		delete(r.KPI, name)
	}
}

package policy

import (
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

var (
	_ allocation.Matcher  = (*indexed)(nil)
	_ allocation.Matching = (*indexedMatching)(nil)
)

// indexed gives the answers of a matcher without asking each rep: `eligible`
// from an index over the roster, `when` from a dispatch over the rules, and
// numbers that depend on the rep alone from where they were put when he
// changed.
type indexed struct {
	matcher
	index  *rule.Index
	reader *rule.Reader
	kept   []*kept
	rules  []keptOfRule
	limits []*kept // by cap; nil: the limit is evaluated
	bound  indexedMatching
}

type keptOfRule struct{ weight, prefer *kept } // nil: evaluated

func newIndexed(p *programs) *indexed {
	m := &indexed{matcher: matcher{p: p}}
	m.bound.m = m
	m.bound.matching.m = &m.matcher
	eligible := make([]*rule.Program, len(p.rules))
	byText := map[string]*kept{}
	for i, r := range p.rules {
		eligible[i] = r.eligible
		m.rules = append(m.rules, keptOfRule{m.keep(byText, r.weight), m.keep(byText, r.prefer)})
	}
	for _, c := range p.caps {
		m.limits = append(m.limits, m.keep(byText, c.limit))
	}
	m.index = rule.NewIndex(eligible)
	m.reader = m.index.NewReader()
	return m
}

// keep arranges for a number to be kept per rep, once for equal expressions;
// nil when it depends on more than the rep.
func (m *indexed) keep(byText map[string]*kept, p *rule.Program) *kept {
	if p == nil || !p.Reads().RepOnly() {
		return nil
	}
	k := byText[p.Source()]
	if k == nil {
		k = &kept{program: p, open: p.Reads().RepField(openField)}
		byText[p.Source()] = k
		m.kept = append(m.kept, k)
	}
	return k
}

// SetRep reads a rep's fields into his row, and works out what is kept for
// him. Cost: some microseconds.
func (m *indexed) SetRep(row int, r *allocation.Rep) error {
	if err := m.matcher.SetRep(row, r); err != nil {
		return err
	}
	m.index.Set(row, m.rows[row])
	for _, k := range m.kept {
		k.set(row, m.rows[row])
	}
	return nil
}

// SetOpen sets a rep's open units. Cost: what depends on them, if anything.
func (m *indexed) SetOpen(row int, units int64) {
	if m.row(row) == nil {
		m.matcher.SetOpen(row, units)
		m.index.Set(row, m.rows[row])
	}
	m.index.SetValue(row, m.p.open, rule.IntValue(units))
	for _, k := range m.kept {
		if k.open {
			k.set(row, m.rows[row])
		}
	}
}

// Match binds one customer at one time. Cost: one look-up for each field that
// tells the rules apart; no allocation.
func (m *indexed) Match(s allocation.Subject, now time.Time) allocation.Matching {
	m.matcher.bind(&m.bound.matching, s, now)
	m.bound.searching = false
	return &m.bound
}

// indexedMatching is a customer bound to an indexed matcher.
type indexedMatching struct {
	matching
	m         *indexed
	search    rule.Search
	searching bool
}

// Next finds the first rule from one on that matches or may. Cost: see
// rule.Dispatch.
func (b *indexedMatching) Next(from int) (int, allocation.Truth) {
	d := b.m.p.dispatch
	if !b.searching {
		d.Begin(&b.search, b.without())
		b.searching = true
	}
	b.env.Rep = nil
	i, t := d.Next(&b.search, from)
	return i, truths[t]
}

// Eligible removes from among the reps whose `eligible` is not true. Cost: see
// rule.Reader.
func (b *indexedMatching) Eligible(i int, among *allocation.RepSet) {
	if b.m.p.rules[i].eligible != nil {
		b.m.reader.Narrow(b.m.index.Plan(i), &b.env, among.Words())
	}
}

// Weight of a rep. Cost: O(1) when it depends on the rep alone.
func (b *indexedMatching) Weight(i, row int) (float64, bool) {
	if k := b.m.rules[i].weight; k != nil {
		return k.get(row)
	}
	return b.matching.Weight(i, row)
}

// Prefer of a rep. Cost as Weight's.
func (b *indexedMatching) Prefer(i, row int) (float64, bool) {
	if k := b.m.rules[i].prefer; k != nil {
		return k.get(row)
	}
	return b.matching.Prefer(i, row)
}

// Limit of a cap for a rep. Cost as Weight's.
func (b *indexedMatching) Limit(cap, row int) (int64, bool) {
	if k := b.m.limits[cap]; k != nil {
		return wholeLimit(k.get(row))
	}
	return b.matching.Limit(cap, row)
}

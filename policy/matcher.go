package policy

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

var (
	_ allocation.Matcher  = (*matcher)(nil)
	_ allocation.Matching = (*matching)(nil)
)

// matcher runs a policy's expressions over one roster, one rep at a time. It
// is the reference: whatever is faster has to give the same answers.
type matcher struct {
	p     *programs
	rows  []rule.Record // by row; nil where no rep was set
	bound matching
}

func newMatcher(p *programs) *matcher {
	m := &matcher{p: p}
	m.bound.m = m
	return m
}

// CheckRep reports whether SetRep would succeed. The error names every bad
// field.
func (m *matcher) CheckRep(r *allocation.Rep) error {
	_, err := m.read(r)
	return err
}

// SetRep reads a rep's fields into his row; his open units stay. On an error,
// which names every bad field, the row is as it was.
func (m *matcher) SetRep(row int, r *allocation.Rep) error {
	record, err := m.read(r)
	if err != nil {
		return err
	}
	old := m.row(row)
	if old != nil {
		record[m.p.open] = old[m.p.open]
	}
	m.rows[row] = record
	return nil
}

// SetOpen sets a rep's open units.
func (m *matcher) SetOpen(row int, units int64) {
	if m.row(row) == nil {
		m.rows[row] = m.p.v.NewRecord(rule.Rep)
	}
	m.rows[row][m.p.open] = rule.IntValue(units)
}

// row makes room up to a row and returns its record.
func (m *matcher) row(row int) rule.Record {
	for row >= len(m.rows) {
		m.rows = append(m.rows, nil)
	}
	return m.rows[row]
}

func (m *matcher) read(r *allocation.Rep) (rule.Record, error) {
	record := m.p.v.NewRecord(rule.Rep)
	var faults []error
	put := func(f field, raw any) {
		value, err := m.p.v.Coerce(rule.Rep, f.name, raw)
		if err != nil {
			faults = append(faults, err)
		}
		record[f.slot] = value
	}
	for _, f := range m.p.rep {
		put(f, r.Field(f.name))
	}
	for _, f := range m.p.kpis {
		if x, known := r.KPI[f.name[len("kpi."):]]; known {
			put(f, x)
		}
	}
	return record, errors.Join(faults...)
}

// Match binds one customer at one time. A nil Subject is a customer without
// fields. Cost: O(1), no allocation.
func (m *matcher) Match(s allocation.Subject, now time.Time) allocation.Matching {
	m.bind(&m.bound, s, now)
	return &m.bound
}

func (m *matcher) bind(b *matching, s allocation.Subject, now time.Time) {
	b.env = rule.Env{Now: now}
	if s, ok := s.(*subject); ok {
		b.env.Customer = s.record
	}
}

// matching is a customer bound to a matcher. Its answers cost one evaluation
// each and do not allocate.
type matching struct {
	m   *matcher
	env rule.Env
}

// with looks at a rep.
func (b *matching) with(row int) *rule.Env {
	b.env.Rep = b.m.rows[row]
	return &b.env
}

// without looks at no rep.
func (b *matching) without() *rule.Env {
	b.env.Rep = nil
	return &b.env
}

// Units of capacity the customer takes.
func (b *matching) Units() (int64, error) {
	p := b.m.p.units
	if p == nil {
		return 1, nil
	}
	n, cause := p.Int(b.without())
	switch {
	case cause.Reason != "":
		return 0, fmt.Errorf("units: %s in %s", cause, p.Source())
	case n < 0 || n > maxUnits:
		return 0, fmt.Errorf("units: %s gives %d; units are from 0 to %d", p.Source(), n, maxUnits)
	}
	return n, nil
}

const maxUnits = 1_000_000

// When evaluates a rule's `when`.
func (b *matching) When(i int) allocation.Truth { return b.truth(b.m.p.rules[i].when) }

// Next finds the first rule from one on whose `when` is not false.
func (b *matching) Next(from int) (int, allocation.Truth) {
	for i := from; i < len(b.m.p.rules); i++ {
		if t := b.When(i); t != allocation.False {
			return i, t
		}
	}
	return len(b.m.p.rules), allocation.False
}

// Applies says whether a cap counts this customer.
func (b *matching) Applies(cap int) allocation.Truth { return b.truth(b.m.p.caps[cap].only) }

func (b *matching) truth(p *rule.Program) allocation.Truth {
	if p == nil {
		return allocation.True
	}
	return truths[p.Truth(b.without()).Truth]
}

var truths = [...]allocation.Truth{rule.Unknown: allocation.Unknown, rule.False: allocation.False, rule.True: allocation.True}

// Eligible removes from among the reps whose `eligible` is not true.
func (b *matching) Eligible(i int, among *allocation.RepSet) {
	p := b.m.p.rules[i].eligible
	if p == nil {
		return
	}
	words := among.Words()
	for w := range words {
		for left := words[w]; left != 0; left &= left - 1 {
			bit := bits.TrailingZeros64(left)
			if p.Truth(b.with(w*64+bit)).Truth != rule.True {
				words[w] &^= 1 << bit
			}
		}
	}
}

// Weight of a rep.
func (b *matching) Weight(i, row int) (float64, bool) {
	return number(b.m.p.rules[i].weight, b.with(row))
}

// Prefer of a rep.
func (b *matching) Prefer(i, row int) (float64, bool) {
	return number(b.m.p.rules[i].prefer, b.with(row))
}

// Size of the customer.
func (b *matching) Size(i int) (float64, bool) {
	x, ok := number(b.m.p.rules[i].size, b.without())
	return x, ok && x > 0
}

// RampStart of a rep.
func (b *matching) RampStart(i, row int) (time.Time, bool) {
	p := b.m.p.rules[i].since
	if p == nil {
		return time.Time{}, false
	}
	x, cause := p.Value(b.with(row))
	return x.Time(), cause.Reason == ""
}

// Limit of a cap for a rep, rounded to millionths first: 100 × 1.15 is 115 and
// not 114, whatever floats make of it.
func (b *matching) Limit(cap, row int) (int64, bool) {
	return wholeLimit(number(b.m.p.caps[cap].limit, b.with(row)))
}

func wholeLimit(x float64, ok bool) (int64, bool) {
	x, ok = notNegative(x, ok)
	if x >= math.MaxInt64 {
		return math.MaxInt64, ok
	}
	return int64(math.Floor(math.RoundToEven(x*1e6) / 1e6)), ok
}

// number evaluates a number. The number of a missing expression is unknown.
func number(p *rule.Program, env *rule.Env) (float64, bool) {
	if p == nil {
		return 0, false
	}
	x, cause := p.Number(env)
	return x, cause.Reason == ""
}

func notNegative(x float64, ok bool) (float64, bool) { return x, ok && x >= 0 }

package storetest

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// This file is what the model keeps of a decision: who has whom, what caps
// count, whose turn it was.

// record writes a decision down: the weights first that it refers to, then
// itself. since is when he began to wait, zero when he did not.
func (m *deskModel) record(at time.Time, c *modelCustomer, v verdict, f deskFields, since time.Time) *modelDecision {
	key := c.key
	if c.state != allocation.StatusWaiting || c.decision.episode != c.episode {
		key = ""
	}
	t := m.takeTurn(at, v)
	m.leave(c)
	if v.status == allocation.StatusWaiting && since.IsZero() {
		since = at
	}
	d := &modelDecision{status: v.status, rep: v.rep, rule: v.rule, reason: v.reason, at: at, episode: c.episode,
		unknown: v.unknown, fields: f, turn: t, since: since}
	event := map[allocation.Status]allocation.Event{
		allocation.StatusAssigned: allocation.EventAssigned, allocation.StatusWaiting: allocation.EventWaiting,
		allocation.StatusUnassigned: allocation.EventUnassigned,
	}[v.status]
	d.seq = m.emit(at, expectedEntry{event: event, customer: c.modelRef, episode: c.episode, rep: repName(v.rep), rule: v.rule, status: v.status, reason: v.reason})
	m.tally.count("decided: " + string(v.status) + " " + v.reason)
	c.decided(d)
	m.name(key, c, d) // the key of one who waited follows the decision
	c.key = ""
	switch v.status {
	case allocation.StatusAssigned:
		m.hold(c, v.rep, v.rule, v.units)
		m.reps[v.rep].served = d.seq
		m.countUnder(c, v.counts, at)
	case allocation.StatusWaiting:
		c.state, c.fields, c.since = allocation.StatusWaiting, f, since
		m.waiting = append(m.waiting, c)
		slices.SortFunc(m.waiting, func(a, b *modelCustomer) int {
			return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.id, b.id), cmp.Compare(a.kind, b.kind))
		})
	}
	return d
}

// decided makes a decision the one in force.
func (c *modelCustomer) decided(d *modelDecision) {
	c.decision = d
	c.decisions = append(c.decisions, d)
	c.last, c.lastAt, c.lastStatus, c.lastRep, c.lastRule = d.seq, d.at, d.status, d.rep, d.rule
	c.holdings = nil
}

// takeTurn takes a proposed turn, and expects the change of the rule's table of
// weights that comes before it.
func (m *deskModel) takeTurn(at time.Time, v verdict) *modelTurn {
	p := v.turn
	if p == nil {
		return nil
	}
	r := m.rotations[p.rotation]
	if r == nil {
		r = &modelRotation{id: p.rotation, totals: p.totals, began: len(m.rows)}
		m.rotations[p.rotation] = r
	}
	uneven := slices.Min(p.weights) != slices.Max(p.weights)
	if v.table && uneven {
		m.setTable(at, v.rule, p)
	}
	t := &modelTurn{rotation: r, size: p.size, winner: p.winner, weights: p.weights}
	for _, rep := range m.byRow(p.reps) {
		r.account(m, rep)
	}
	for _, rep := range p.reps {
		t.entrants = append(t.entrants, r.account(m, rep))
	}
	r.scale = p.scale
	var total int64
	for _, w := range p.weights {
		total += w
	}
	for _, rep := range p.away {
		// What he would have had, had he alone come back for this customer.
		weight := total / int64(len(p.weights))
		switch {
		case !uneven:
			weight = p.weights[0]
		case v.table && m.tables[v.rule][rep] > 0:
			weight = m.tables[v.rule][rep]
		}
		hi, lo := bits.Mul64(uint64(p.size)*1000, uint64(weight))
		missed, _ := bits.Div64(hi, lo, uint64(total+weight))
		t.missed[rep] = int64(missed)
	}
	t.take()
	return t
}

// setTable keeps the weights of a rule whose weights depend on the rep alone.
func (m *deskModel) setTable(at time.Time, rule string, p *proposedTurn) {
	table := m.tables[rule]
	if table == nil {
		table = &[deskReps]int64{}
		m.tables[rule] = table
	}
	changed := false
	for i, rep := range p.reps {
		changed = changed || table[rep] != p.weights[i]
		table[rep] = p.weights[i]
	}
	if changed {
		m.emit(at, expectedEntry{event: allocation.EventWeightsSet})
	}
}

// leave ends what a customer has: his place in the list, or his open units.
func (m *deskModel) leave(c *modelCustomer) {
	switch c.state {
	case allocation.StatusWaiting:
		m.waiting = slices.DeleteFunc(m.waiting, func(o *modelCustomer) bool { return o == c })
	case allocation.StatusAssigned:
		m.held = slices.DeleteFunc(m.held, func(o *modelCustomer) bool { return o == c })
		for _, h := range c.holdings {
			if !h.count.flow {
				h.gone = true
			}
		}
	}
	c.state = ""
}

// hold gives a rep a customer.
func (m *deskModel) hold(c *modelCustomer, rep int, rule string, units int64) {
	c.state, c.rep, c.rule, c.units = allocation.StatusAssigned, rep, rule, units
	for _, o := range m.held {
		if o == c {
			m.breaks("%s has two owners", c.modelRef)
		}
	}
	m.held = append(m.held, c)
}

// countUnder counts a customer under caps, and drops what no window reaches
// any more.
func (m *deskModel) countUnder(c *modelCustomer, under []countUnder, at time.Time) {
	for _, u := range under {
		n := m.counts[u.cap]
		h := &modelHolding{count: n, team: u.team, units: c.units, at: at}
		old := at.Add(-5 * 24 * time.Hour)
		n.reps[c.rep] = append(slices.DeleteFunc(n.reps[c.rep], func(h *modelHolding) bool { return h.gone || n.flow && h.at.Before(old) }), h)
		c.holdings = append(c.holdings, h)
	}
}

// overCap names a cap that a rep is above.
func (m *deskModel) overCap(rep int, f deskFields, rule int, at time.Time) string {
	for i := range m.plan.Caps {
		c := &m.plan.Caps[i]
		if c.Rule >= 0 && (rule < 0 || !slices.Contains(m.plan.Rules[rule].Caps, i)) || !m.applies(i, f) {
			continue
		}
		limit, known := m.plan.caps[i].limit(&m.reps[rep].rep)
		for _, team := range m.teamsFor(i, rep) {
			if used := m.used(i, rep, team, at, nil); !known || used > limit {
				return fmt.Sprintf("%s: %d of %d", c.Name, used, limit)
			}
		}
	}
	return ""
}

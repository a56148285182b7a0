package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// This file is what each request does to the model, and how it is answered: a
// short word for the error, empty for none.

func sortedNames[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// find returns a customer, as every request on one begins.
func (m *deskModel) find(ref modelRef) (*modelCustomer, string) {
	c := m.customers[ref]
	switch {
	case c == nil:
		return nil, "unknown customer"
	case c.last <= m.dropped:
		return nil, "compacted"
	}
	return c, ""
}

// answer is a decision as the desk gives it.
func (c *modelCustomer) answer(d *modelDecision) allocation.Decision {
	return allocation.Decision{Status: d.status, Rep: repName(d.rep), Rule: d.rule, Reason: d.reason, Seq: d.seq, At: d.at,
		Kind: c.kind, Customer: c.id, Episode: d.episode, Since: d.since, Unknown: d.unknown}
}

// repeated is the recorded decision again.
func (m *deskModel) repeated(c *modelCustomer, d *modelDecision, f deskFields) (allocation.Decision, string) {
	out := c.answer(d)
	out.Repeated = true
	out.Changed = m.plan.read(f) != nil || !d.erased && !d.opening && d.fields != f
	m.tally.count("repeated")
	if out.Changed {
		m.tally.count("repeated, with changed fields")
	}
	return out, ""
}

// recorded finds the decision that answers a request already.
func (m *deskModel) recorded(ref modelRef, key string) (*modelCustomer, *modelDecision, string) {
	if k, known := m.keys[key]; known && key != "" {
		switch {
		case k.seq <= m.dropped:
			return nil, nil, "compacted"
		case k.customer.modelRef != ref:
			return nil, nil, "key reused"
		case k.customer.last <= m.dropped:
			return nil, nil, "compacted"
		case k.customer.episode != k.decision.episode:
			return k.customer, k.decision, ""
		case k.customer.decision.seq <= m.dropped:
			return nil, nil, "compacted"
		}
		return k.customer, k.customer.decision, ""
	}
	c := m.customers[ref]
	if c == nil {
		return nil, nil, ""
	}
	if c.last <= m.dropped || c.decision.seq <= m.dropped {
		return nil, nil, "compacted"
	}
	return c, c.decision, ""
}

func (m *deskModel) assign(ref modelRef, f deskFields, key string, at, clock time.Time) (allocation.Decision, string) {
	c, d, err := m.recorded(ref, key)
	if err != "" {
		return allocation.Decision{}, err
	}
	if d != nil {
		return m.repeated(c, d, f)
	}
	return m.decideNow(ref, f, key, at, clock, nil)
}

func (m *deskModel) reassign(ref modelRef, f deskFields, key string, at, clock time.Time) (allocation.Decision, string) {
	if _, known := m.keys[key]; known && key != "" {
		c, d, err := m.recorded(ref, key)
		if err != "" {
			return allocation.Decision{}, err
		}
		return m.repeated(c, d, f)
	}
	c, err := m.find(ref)
	if err != "" {
		return allocation.Decision{}, err
	}
	return m.decideNow(ref, f, key, at, clock, c)
}

// decideNow decides on a customer; again is he whose next episode this opens.
func (m *deskModel) decideNow(ref modelRef, f deskFields, key string, at, clock time.Time, again *modelCustomer) (allocation.Decision, string) {
	now, err := m.settleTime(at, clock)
	if err != "" {
		return allocation.Decision{}, err
	}
	if _, err := f.units(); err != nil || m.plan.read(f) != nil {
		return allocation.Decision{}, "input"
	}
	m.begin(now)
	c := again
	if c == nil {
		c = &modelCustomer{modelRef: ref, rep: -1}
		m.customers[ref] = c
	} else {
		m.leave(c)
	}
	c.episode++
	d := m.record(now, c, m.decide(f, now), f, time.Time{})
	m.checkCaps(d, f)
	m.name(key, c, d)
	return c.answer(d), ""
}

// checkCaps holds a decision by the policy against every cap.
func (m *deskModel) checkCaps(d *modelDecision, f deskFields) {
	if d.status != allocation.StatusAssigned || d.reason != "" {
		return
	}
	rule := slices.IndexFunc(m.plan.Rules, func(r allocation.Rule) bool { return r.ID == d.rule })
	if over := m.overCap(d.rep, f, rule, d.at); over != "" {
		m.breaks("entry %d takes %s over a cap (%s)", d.seq, repName(d.rep), over)
	}
}

// name points a request's own key to a decision.
func (m *deskModel) name(key string, c *modelCustomer, d *modelDecision) {
	if key != "" {
		m.keys[key] = modelKey{d.seq, c, d}
		c.key = key
	}
}

func (m *deskModel) assignTo(ref modelRef, f deskFields, key string, rep string, force bool, at, clock time.Time) (allocation.Decision, string) {
	c, recorded, err := m.recorded(ref, key)
	if err != "" {
		return allocation.Decision{}, err
	}
	if recorded != nil && (recorded.status == allocation.StatusAssigned || recorded.episode != c.episode) {
		return m.repeated(c, recorded, f)
	}
	to, err := m.receiver(rep)
	if err != "" {
		return allocation.Decision{}, err
	}
	if m.plan.read(f) != nil {
		return allocation.Decision{}, "input"
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return allocation.Decision{}, err
	}
	m.begin(now)
	if c != nil && c.state == allocation.StatusAssigned {
		m.tally.count("given away just before he was assigned by hand")
		return m.repeated(c, c.decision, f)
	}
	units, bad := f.units()
	if bad != nil {
		return allocation.Decision{}, "input"
	}
	if refused := m.refusedBy(f, units, to, -1, now, nil); refused != "" && !force {
		return allocation.Decision{}, "refused: " + refused
	}
	v := verdict{status: allocation.StatusAssigned, rep: to, reason: allocation.ReasonManual, units: units, counts: m.countsFor(f, to, -1)}
	if m.plan.Manual == allocation.ManualCapsAndCredit {
		m.manualTurn(&v, f, now)
	}
	if c == nil {
		c = &modelCustomer{modelRef: ref, episode: 1, rep: -1}
		m.customers[ref] = c
	}
	d := m.recordByHand(now, c, v, f)
	m.name(key, c, d)
	return c.answer(d), ""
}

// recordByHand records a decision of a person. The rule whose rotation it
// counts in is not the one that placed him.
func (m *deskModel) recordByHand(at time.Time, c *modelCustomer, v verdict, f deskFields) *modelDecision {
	turn := m.takeTurn(at, v)
	v.turn, v.rule = nil, ""
	d := m.record(at, c, v, f, time.Time{})
	d.turn = turn
	return d
}

func (m *deskModel) receiver(id string) (int, string) {
	rep := repNumber(id)
	switch {
	case rep < 0 || !m.reps[rep].known:
		return 0, "unknown rep"
	case !m.reps[rep].active:
		return 0, "refused: " + allocation.ReasonInactive
	}
	return rep, ""
}

// manualTurn finds the rotation that a customer given by hand would have come
// from: the first that matches him. The rep takes part there even when he is
// away or full, but not when he may not have the customer at all.
func (m *deskModel) manualTurn(v *verdict, f deskFields, at time.Time) {
	for i := range m.plan.Rules {
		r := &m.plan.Rules[i]
		if r.Pick != "rotate" || !r.From.IsZero() && at.Before(r.From) || !r.Until.IsZero() && !at.Before(r.Until) || m.when(i, f, at) != allocation.True {
			continue
		}
		if r.HasSize && f.size <= 0 && r.Typical == 0 {
			return
		}
		eligible := m.eligible(i, f)
		var among []int
		for _, rep := range eligible {
			if rep == v.rep || m.available(rep, r.Available, at) && m.refusedBy(f, v.units, rep, i, at, nil) == "" {
				among = append(among, rep)
			}
		}
		among, weights := m.weigh(i, f, among)
		winner := slices.Index(among, v.rep)
		if winner < 0 {
			return
		}
		v.turn, v.table = m.propose(i, f, at, eligible, among, weights)
		v.turn.winner = winner
		v.rule = r.ID
		return
	}
}

func (m *deskModel) transfer(ref modelRef, rep string, force bool, at, clock time.Time) string {
	c, err := m.find(ref)
	if err != "" {
		return err
	}
	to, err := m.receiver(rep)
	if err != "" {
		return err
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	m.begin(now)
	if c.state != allocation.StatusAssigned {
		return "refused: not_open"
	}
	if c.rep == to {
		return ""
	}
	f := c.decision.fields
	if c.decision.erased {
		f = deskFields{}
	}
	if m.plan.read(f) != nil {
		return "input"
	}
	rule := slices.IndexFunc(m.plan.Rules, func(r allocation.Rule) bool { return r.ID == c.rule })
	if refused := m.refusedBy(f, c.units, to, rule, now, c); refused != "" && !force {
		return "refused: " + refused
	}
	counts := m.countsFor(f, to, rule)
	ruleID, units := c.rule, c.units
	m.leave(c)
	c.holdings = slices.DeleteFunc(c.holdings, func(h *modelHolding) bool { return !h.count.flow || !slices.Contains(m.counts, h.count) })
	m.follow(now, c, allocation.EventTransferred, allocation.StatusAssigned, "transferred", repName(to))
	m.hold(c, to, ruleID, units)
	m.countUnder(c, counts, now)
	if over := m.overCap(to, f, rule, now); over != "" {
		if !force {
			m.breaks("the transfer of %s takes %s over a cap (%s)", ref, rep, over)
		}
		m.tally.count("forced over a cap")
	}
	return ""
}

// follow expects an entry about a customer that keeps what his last one says.
func (m *deskModel) follow(at time.Time, c *modelCustomer, event allocation.Event, status allocation.Status, reason, rep string) {
	c.last = m.emit(at, expectedEntry{event: event, customer: c.modelRef, episode: c.episode, rep: rep, rule: c.lastRule, status: status, reason: reason})
	c.lastAt, c.lastStatus, c.lastRep = at, status, repNumber(rep)
}

func (m *deskModel) release(ref modelRef, outcome string, at, clock time.Time) string {
	c, err := m.find(ref)
	if err != "" || c.state == "" {
		return err
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	m.begin(now)
	if c.state == "" {
		return "" // the list was drained, and nobody may have him any more
	}
	m.leave(c)
	m.follow(now, c, allocation.EventReleased, allocation.StatusReleased, outcome, repName(c.lastRep))
	return ""
}

func (m *deskModel) void(ref modelRef, at, clock time.Time) string {
	c, err := m.find(ref)
	if err != "" || c.lastStatus == allocation.StatusVoided {
		return err
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	m.begin(now)
	if c.decision.seq <= m.dropped {
		return "compacted"
	}
	m.leave(c)
	for _, h := range c.holdings {
		h.gone = true
	}
	if t := c.decision.turn; t != nil {
		if slices.ContainsFunc(t.entrants, func(a *modelAccount) bool { return a.closed }) {
			m.tally.count("voided after an account was closed")
		}
		t.undo()
	}
	m.follow(now, c, allocation.EventVoided, allocation.StatusVoided, "voided", repName(c.decision.rep))
	return ""
}

func (m *deskModel) erase(ref modelRef, at, clock time.Time) string {
	c, err := m.find(ref)
	if err != "" {
		return err
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	m.begin(now)
	m.follow(now, c, allocation.EventErased, c.lastStatus, "erased", repName(c.lastRep))
	for _, d := range c.decisions {
		d.erased = d.erased || d.fields.known
	}
	c.fields = deskFields{} // the next drain reads him without
	return ""
}

// adjust is Grant and CloseAccount. tenths are of a customer or a size unit.
func (m *deskModel) adjust(event allocation.Event, rule, id string, thousandths int64, at, clock time.Time) string {
	rep := repNumber(id)
	if rep < 0 || !m.reps[rep].known {
		return "unknown rep"
	}
	i := slices.IndexFunc(m.plan.Rules, func(r allocation.Rule) bool { return r.ID == rule && r.Pick == "rotate" })
	if i < 0 {
		return "input"
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	name := rotationName(m.plan, &m.plan.Rules[i])
	m.begin(now)
	r := m.rotations[name]
	switch {
	case r != nil && r.totals:
		return "refused: no_credit"
	case r == nil || r.at[rep] == nil:
		return "refused: no_account"
	}
	others := m.present(r, rep)
	if len(others) == 0 {
		return "refused: no_others"
	}
	m.emit(now, expectedEntry{event: event, rep: id})
	if event == allocation.EventAccountClosed {
		r.close(r.at[rep], others)
	} else if thousandths != 0 {
		r.transfer(r.at[rep], milli(thousandths*pow10(m.plan.Rules[i].SizeScale)), others)
	}
	return ""
}

func (m *deskModel) advance(at, clock time.Time) string {
	if m.replay != allocation.ReplayOff && at.Before(m.now) {
		at = m.now
	}
	now, err := m.settleTime(at, clock)
	if err == "" {
		m.begin(now)
	}
	return err
}

// Roster.

package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
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

// repSpec is a rep of the machine in short.
type repSpec struct {
	role     string
	weight   int // -1: no KPI
	teams    int // index into teamChoices
	capacity int // -1: unknown
	shift    int // index into shiftChoices
	off      time.Time
	away     time.Duration
}

var teamChoices = [][]string{nil, {"x"}, {"x", "y"}}

// shiftChoices are working hours, with a second opinion on what they mean.
var shiftChoices = []struct {
	text, zone string
	on         func(t time.Time) bool
}{
	{"", "", func(time.Time) bool { return true }},
	{"Mon-Fri 08:00-18:00", "", func(t time.Time) bool {
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && t.Hour() >= 8 && t.Hour() < 18
	}},
	{"Mon-Sun 22:00-06:00", "Asia/Tokyo", func(t time.Time) bool {
		hour := t.Add(9 * time.Hour).Hour()
		return hour >= 22 || hour < 6
	}},
}

func (s *repSpec) back() time.Time { return s.off.Add(s.away) }
func (s *repSpec) offAt(t time.Time) bool {
	return !s.off.IsZero() && !t.Before(s.off) && t.Before(s.back())
}
func (s *repSpec) onShift(t time.Time) bool { return shiftChoices[s.shift].on(t) }
func (s *repSpec) rep(id string) allocation.Rep {
	r := allocation.Rep{ID: id, Role: s.role, Teams: teamChoices[s.teams], Timezone: shiftChoices[s.shift].zone}
	if s.weight >= 0 {
		r.KPI = map[string]float64{"w": float64(s.weight)}
	}
	if s.capacity >= 0 {
		n := int64(s.capacity)
		r.Capacity = &n
	}
	shifts, err := calendar.ParseShifts(shiftChoices[s.shift].text)
	if err != nil {
		panic(err)
	}
	r.Shifts = shifts
	if !s.off.IsZero() {
		r.TimeOff = []calendar.Span{{From: s.off, To: s.back()}}
	}
	return r
}

// setRoster changes the roster. all tells whether those who are not named
// become inactive.
func (m *deskModel) setRoster(event allocation.Event, specs map[int]repSpec, all bool, from allocation.Opening, clock time.Time) string {
	var fresh, absent []int
	for rep := range m.reps {
		spec, named := specs[rep]
		r := &m.reps[rep]
		switch {
		case named && (!r.known || !r.active || r.spec != spec):
			fresh = append(fresh, rep)
		case !named && all && r.known && r.active:
			absent = append(absent, rep)
		}
	}
	work := map[int]int64{}
	for id, units := range from.Work {
		if rep := repNumber(id); m.reps[rep].work != units {
			work[rep] = units
		}
	}
	credits := m.newCredits(from.Credit)
	if len(fresh)+len(absent)+len(work)+len(credits) > 0 {
		now, err := m.settleTime(from.At, clock)
		if err != "" {
			return err
		}
		if m.plan != nil {
			m.begin(now)
		}
		e := expectedEntry{event: event}
		if event == allocation.EventRepChanged {
			e.rep = repName(fresh[0])
		}
		m.rostered = m.emit(now, e)
		for _, rep := range fresh {
			m.putRep(rep, specs[rep])
		}
		for _, rep := range absent {
			m.reps[rep].active = false
		}
		for rep, units := range work {
			m.reps[rep].work = units
		}
		for _, rule := range sortedNames(credits) {
			r := m.rotations[rule]
			if r == nil {
				r = &modelRotation{id: rule, began: len(m.rows)}
				m.rotations[rule] = r
			}
			r.open(m, credits[rule])
		}
	}
	m.takeOver(from.Owned)
	return ""
}

func (m *deskModel) putRep(rep int, spec repSpec) {
	r := &m.reps[rep]
	if !r.known {
		r.known, r.row = true, len(m.rows)
		m.rows = append(m.rows, rep)
	}
	r.spec, r.active, r.rep = spec, true, spec.rep(deskIDs[rep])
}

// newCredits are the opening balances of rotations that have not begun, by
// rotation.
func (m *deskModel) newCredits(given []allocation.OpeningCredit) map[string][]allocation.OpeningCredit {
	out := map[string][]allocation.OpeningCredit{}
	for _, c := range given {
		for i := range m.plan.Rules {
			r := &m.plan.Rules[i]
			if name := rotationName(m.plan, r); r.ID == c.Rule && m.rotations[name] == nil {
				out[name] = append(out[name], c)
			}
		}
	}
	return out
}

// takeOver opens customers whom reps have already.
func (m *deskModel) takeOver(owned []allocation.Owned) {
	for _, o := range owned {
		ref := modelRef{"lead", o.ID}
		if m.customers[ref] != nil {
			continue
		}
		c := &modelCustomer{modelRef: ref, episode: 1}
		m.customers[ref] = c
		rep := repNumber(o.Rep)
		d := &modelDecision{status: allocation.StatusAssigned, rep: rep, reason: allocation.ReasonOpening, at: m.now, episode: 1, opening: true}
		d.seq = m.emit(m.now, expectedEntry{event: allocation.EventReconciled, customer: ref, episode: 1, rep: o.Rep, status: d.status, reason: d.reason})
		c.decided(d)
		m.hold(c, rep, "", o.Units)
	}
}

func (m *deskModel) removeRep(id string, at, clock time.Time) string {
	rep := repNumber(id)
	if rep < 0 || !m.reps[rep].known {
		return "unknown rep"
	}
	if !m.reps[rep].active {
		return ""
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	m.begin(now)
	m.rostered = m.emit(now, expectedEntry{event: allocation.EventRepRemoved, rep: id})
	m.reps[rep].active = false
	return ""
}

// setPolicy puts a plan in force. Caps whose key it shares with the last one
// keep their count.
func (m *deskModel) setPolicy(p *deskPlan, at, clock time.Time) string {
	if m.plan == p {
		return ""
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	if m.plan != nil {
		m.begin(now)
	}
	m.emit(now, expectedEntry{event: allocation.EventPolicySet})
	old := m.counts
	m.plan, m.counts = p, make([]*modelCount, len(p.Caps))
	for i := range p.Caps {
		c := &p.Caps[i]
		if !c.Flow && !c.Team && !c.Only && c.Rule < 0 {
			continue // it reads what the rep has open
		}
		roll, _ := c.Per.Rolling()
		if !c.Flow {
			roll = 0
		}
		m.counts[i] = &modelCount{key: c.Key, flow: c.Flow, roll: roll, team: c.Team}
		for _, n := range old {
			if n != nil && n.key == c.Key {
				m.counts[i] = n
			}
		}
	}
	return ""
}

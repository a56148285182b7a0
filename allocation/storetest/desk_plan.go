package storetest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// This file plans backlogs and commits the plans. Which allocation is best is for
// the tests of plans. The model takes a plan's rows as given, holds them against
// the rules, and predicts from them what a commit records and what it leaves.

// modelPlan is a plan as the model sees it.
type modelPlan struct {
	*allocation.Plan
	o       allocation.PlanOptions
	policy  *deskPlan
	backlog []modelPlanned
	done    *allocation.Commitment // nil before it was committed
}

// modelPlanned is one customer of a backlog, as he was when the plan was made.
type modelPlanned struct {
	modelRef
	f       deskFields
	key     string
	was     allocation.Status // "" if the desk did not know him, or he is closed
	closed  allocation.Status // the status of one whose work has ended
	from    int               // -1
	episode int
	units   int64 // of one who has a rep
	locked  bool
	at      time.Time // for when he was placed
}

// plan plans a backlog and commits the plan, mostly with something else between
// the two, and sometimes twice.
func (w *deskWorld) plan(s step) {
	p := &modelPlan{policy: w.model.plan, o: allocation.PlanOptions{
		At: w.pass(s.n[0]), NoCredit: s.n[3]%4 == 0, AnyHour: s.n[3]>>2%4 == 0,
	}}
	if w.replay == allocation.ReplayOff {
		p.o.At = time.Time{}
		if s.n[3]>>6%4 == 0 { // at night for the day
			p.o.At = w.clock.Add(time.Duration(1+s.n[2]%30) * time.Hour)
		}
	}
	desk := w.at(s).desk
	customers := w.drawBacklog(s, p)
	at, word := w.model.planTime(p.o.At, w.clock)
	if word == "" && p.sameKeys() {
		word = "input"
	}
	plan, err := desk.Plan(context.Background(), customers, p.o)
	w.answered("plan", err, word)
	if w.compare(); err != nil || w.failed() {
		return
	}
	p.Plan = plan
	if plan.Version != w.model.seq || !plan.At.Equal(at) {
		w.fail("the plan is of entry %d for %s, and must be of %d for %s", plan.Version, plan.At, w.model.seq, at)
	}
	for k := range plan.Rows {
		p.backlog[k].at = at
		w.checkRow(p, k)
	}
	w.meanwhile(s)
	w.commit(p)
	if s.n[3]>>4%4 == 0 && p.done != nil {
		w.meanwhile(s)
		w.commit(p)
	}
}

// drawBacklog draws customers nobody has seen and others of every kind.
func (w *deskWorld) drawBacklog(s step, p *modelPlan) (customers []allocation.Customer) {
	for k := range 1 + int(s.n[1])%10 {
		n := s.mix(k)
		ref := w.somebody(n[0])
		if n[1]%2 == 0 || ref.id == "nobody" || slices.ContainsFunc(p.backlog, func(b modelPlanned) bool { return b.modelRef == ref }) {
			ref = w.fresh()
		}
		b := modelPlanned{modelRef: ref, f: fieldsFrom(n[2]), key: keyFrom(n[3], ref), from: -1, episode: 1}
		if c := w.model.customers[ref]; c != nil {
			b.know(c, w.model.dropped)
		}
		if b.from >= 0 && n[4]%8 == 0 {
			b.locked = true
			p.o.Stay.Locked = append(p.o.Stay.Locked, allocation.CustomerRef{Kind: ref.kind, ID: ref.id})
		}
		p.backlog = append(p.backlog, b)
		customers = append(customers, customerOf(ref, b.f, b.key, time.Time{}))
	}
	return customers
}

// sameKeys reports whether two customers come with one key.
func (p *modelPlan) sameKeys() bool {
	seen := map[string]bool{}
	for _, b := range p.backlog {
		if b.key != "" && seen[b.key] {
			return true
		}
		seen[b.key] = true
	}
	return false
}

// know notes what the desk knows of a customer.
func (b *modelPlanned) know(c *modelCustomer, dropped uint64) {
	b.episode = c.episode
	switch {
	case c.state == allocation.StatusAssigned:
		b.was, b.from, b.units = c.state, c.rep, c.units
	case c.state == allocation.StatusWaiting:
		b.was = c.state
	case c.last <= dropped:
		b.closed, b.episode = allocation.StatusReleased, 1
	case c.lastStatus == allocation.StatusUnassigned:
		b.was = c.lastStatus
	default:
		b.closed = c.lastStatus
	}
}

// checkRow holds a row against the rules, by who there is now.
func (w *deskWorld) checkRow(p *modelPlan, k int) {
	row, b := &p.Rows[k], &p.backlog[k]
	at := b.at
	wrong := func(format string, args ...any) {
		w.fail("plan of %s at %s: %s, of %+v: %+v", b.modelRef, at, fmt.Sprintf(format, args...), *b, *row)
	}
	if row.Kind != b.kind || row.Customer != b.id || row.Episode != b.episode || row.From != repName(b.from) {
		wrong("he is another one")
		return
	}
	_, noUnits := b.f.units()
	failed := w.model.plan.read(b.f) != nil || noUnits != nil && b.from < 0
	stays := func(reason string) {
		if row.Reason != reason || b.from >= 0 && row.Rep != row.From {
			wrong("he must be left as he is, %s", reason)
		}
	}
	switch {
	case b.closed != "":
		stays(allocation.ReasonClosed)
	case b.locked:
		stays(allocation.ReasonLocked)
	case failed:
		stays(allocation.ReasonFailed)
	case row.Status == allocation.StatusAssigned && row.Rep == row.From:
		w.tally.count("planned: stays")
	case row.Status == allocation.StatusAssigned:
		w.checkPlaced(p, k, at, wrong)
	case b.from >= 0:
		wrong("a plan takes no rep away without giving another")
	case row.Status == allocation.StatusWaiting:
		w.checkWaits(p, k, at, wrong)
	default:
		w.checkUnassigned(row, wrong)
	}
}

func (m *deskModel) ruleNumber(id string) int {
	return slices.IndexFunc(m.plan.Rules, func(r allocation.Rule) bool { return r.ID == id })
}

// matches reports whether a rule is in force and takes a customer.
func (m *deskModel) matches(rule int, f deskFields, at time.Time) bool {
	r := &m.plan.Rules[rule]
	return (r.From.IsZero() || !at.Before(r.From)) && (r.Until.IsZero() || at.Before(r.Until)) && m.when(rule, f, at) == allocation.True
}

// checkPlaced: a rep whom a rule gives a customer is eligible and available.
func (w *deskWorld) checkPlaced(p *modelPlan, k int, at time.Time, wrong func(string, ...any)) {
	m, row, f, rep := w.model, &p.Rows[k], p.backlog[k].f, repNumber(p.Rows[k].Rep)
	if row.Reason == allocation.ReasonFallback {
		if row.Rule != "" || !slices.Contains(m.plan.Fallback, row.Rep) || !m.reps[rep].active || row.From != "" {
			wrong("he is no fallback")
		}
		return
	}
	rule := m.ruleNumber(row.Rule)
	switch {
	case rule < 0 || !m.matches(rule, f, at) || m.plan.Rules[rule].Pick == "none":
		wrong("that rule does not give him to anybody")
	case !m.plan.ReadsOpen && !slices.Contains(m.eligible(rule, f), rep) || !m.reps[rep].active:
		wrong("the rep is not eligible")
	case !m.available(rep, w.availability(p, rule), at):
		wrong("the rep is not available")
	}
	for i := range max(0, rule) {
		if m.plan.Rules[i].Pick == "none" && m.matches(i, f, at) {
			wrong("rule %s sets him aside", m.plan.Rules[i].ID)
		}
	}
}

func (w *deskWorld) availability(p *modelPlan, rule int) allocation.Availability {
	how := w.model.plan.Rules[rule].Available
	if how == allocation.OnShift && p.o.AnyHour {
		return allocation.NotAway
	}
	return how
}

// checkWaits: he waits by a rule that has somebody wait for that reason.
func (w *deskWorld) checkWaits(p *modelPlan, k int, at time.Time, wrong func(string, ...any)) {
	m, row, f := w.model, &p.Rows[k], p.backlog[k].f
	rule := m.ruleNumber(row.Rule)
	if rule < 0 || !m.matches(rule, f, at) || row.Rep != "" {
		wrong("that rule has nobody wait")
		return
	}
	eligible := m.eligible(rule, f)
	there := slices.ContainsFunc(eligible, func(rep int) bool { return m.available(rep, w.availability(p, rule), at) })
	r := &m.plan.Rules[rule]
	otherwise, holds := r.IfNone.NotEligible, m.plan.ReadsOpen || len(eligible) == 0
	switch row.Reason {
	case allocation.ReasonFull:
		otherwise, holds = r.IfNone.Full, m.plan.ReadsOpen || there
	case allocation.ReasonAway:
		otherwise, holds = r.IfNone.Away, m.plan.ReadsOpen || len(eligible) > 0 && !there
	case allocation.ReasonNoSize, allocation.ReasonNoWeight:
		holds = true
	}
	if otherwise != allocation.Wait || !holds {
		wrong("he has no reason to wait")
	}
}

// checkUnassigned: nobody could take him as fallback.
func (w *deskWorld) checkUnassigned(row *allocation.PlanRow, wrong func(string, ...any)) {
	m := w.model
	if rule := m.ruleNumber(row.Rule); rule >= 0 {
		if r := &m.plan.Rules[rule]; r.Pick != "none" || row.Reason != r.Reason {
			wrong("that rule sets nobody aside so")
		}
		return
	}
	if slices.ContainsFunc(m.plan.Fallback, func(id string) bool { rep := repNumber(id); return rep >= 0 && m.reps[rep].active }) {
		wrong("there is a fallback")
	}
}

// meanwhile lets something else happen between a plan and its commit.
func (w *deskWorld) meanwhile(s step) {
	others := []func(*deskWorld, step){
		nil, nil, (*deskWorld).assign, (*deskWorld).several, (*deskWorld).several, (*deskWorld).release, (*deskWorld).void, (*deskWorld).reassign,
		(*deskWorld).transfer, (*deskWorld).assignTo, (*deskWorld).setReps, (*deskWorld).setRep, (*deskWorld).removeRep, (*deskWorld).setPolicy,
		(*deskWorld).reconcile, (*deskWorld).advance, (*deskWorld).erase, (*deskWorld).assignAgain, (*deskWorld).clockBack,
	}
	n := s.mix(100)
	if other := others[int(n[0])%len(others)]; other != nil {
		other(w, step{n: s.mix(int(n[1]))})
		w.compare()
	}
}

// commit commits a plan and holds what came of it against the model.
func (w *deskWorld) commit(p *modelPlan) {
	if w.failed() {
		return
	}
	m, before := w.model, slices.Clone(p.Rows)
	got, err := p.Commit(context.Background())
	if p.done != nil {
		if err != nil || got.Seq != p.done.Seq || !got.At.Equal(p.done.At) || got.Customers != p.done.Customers || !slices.Equal(got.Left, p.done.Left) || !got.Repeated {
			w.fail("a plan is committed once: it was answered with %+v, and then with %+v, %v", p.done, got, err)
		}
		w.tally.count("planned: committed again")
		return
	}
	now, word := m.commitTime(p.At, w.clock)
	if m.plan != p.policy {
		word = "plan outdated"
	}
	w.answered("commit a plan", err, word)
	if err != nil || w.failed() {
		return
	}
	m.begin(now)
	for k := range p.Rows {
		if p.Rows[k] == before[k] {
			continue
		}
		if p.backlog[k].at = now; p.At.After(now) {
			p.backlog[k].at = p.At
		}
		w.checkRow(p, k) // placed anew, among those who are there now
	}
	w.recordPlan(p, got, now)
	p.done = got
}

// planTime is what a plan is made for: a time that was asked for and is not over,
// or now.
func (m *deskModel) planTime(at, clock time.Time) (time.Time, string) {
	if m.replay != allocation.ReplayOff {
		return m.settleTime(at, clock)
	}
	now, word := m.settleTime(time.Time{}, clock)
	if at.After(now) {
		now = at
	}
	return now, word
}

// commitTime is when a plan is recorded: now, and in a replay when it was made
// for.
func (m *deskModel) commitTime(at, clock time.Time) (time.Time, string) {
	switch {
	case m.replay == allocation.ReplayOff:
		return m.settleTime(time.Time{}, clock)
	case at.After(m.now):
		return m.settleTime(at, clock)
	}
	return m.now, ""
}

// recordPlan expects what a commit records: the plan, and each customer for whom
// it changes something and of whom nothing was recorded since.
func (w *deskWorld) recordPlan(p *modelPlan, got *allocation.Commitment, now time.Time) {
	m := w.model
	head := m.emit(now, expectedEntry{event: allocation.EventPlanned})
	var rows []int
	var left, late []allocation.PlanLeft
	for k := range p.Rows {
		b := &p.backlog[k]
		if !b.changed(&p.Rows[k]) {
			continue
		}
		reason := ""
		if c := m.customers[b.modelRef]; c != nil && c.last > p.Version {
			reason = allocation.ReasonDecided
		} else if m.keyTaken(b) {
			reason = allocation.ReasonKeyReused
		}
		if l := (allocation.PlanLeft{Kind: b.kind, Customer: b.id, Reason: allocation.ReasonFull}); reason == "" && p.At.After(now) && slices.Contains(got.Left, l) {
			late = append(late, l) // whoever has room only then
			w.tally.count("planned: left, full until then")
			continue
		}
		if reason == "" {
			rows = append(rows, k)
			continue
		}
		left = append(left, allocation.PlanLeft{Kind: b.kind, Customer: b.id, Reason: reason})
		w.tally.count("planned: left, " + reason)
	}
	left = append(left, late...)
	if got.Seq != head || !got.At.Equal(now) || got.Customers != len(rows) || !slices.Equal(got.Left, left) || got.Repeated {
		w.fail("the plan must be recorded as entry %d at %s, with %d customers and without %v; it is %+v", head, now, len(rows), left, got)
		return
	}
	w.tally.counts["planned: placed anew"] += got.Resolved
	turns, err := w.turnsAfter(head, len(rows))
	if err != nil {
		w.fail("reading a plan's entries: %v", err)
		return
	}
	for i, k := range rows {
		w.recordRow(p, k, turns[i], now)
	}
	w.checkPlanCaps(p, rows, now)
	if w.compare(); !w.failed() && len(rows) > 0 {
		w.explainOne(w.processes[0].desk, p.backlog[rows[len(rows)/2]].modelRef)
	}
}

// changed reports whether a row changes anything.
func (b *modelPlanned) changed(row *allocation.PlanRow) bool {
	switch {
	case b.closed != "" || b.locked || row.Reason == allocation.ReasonFailed || row.Reason == allocation.ReasonKept:
		return false
	case b.from >= 0:
		return row.Rep != row.From
	}
	return row.Status == allocation.StatusAssigned || row.Status != b.was
}

// keyTaken reports whether the key of a customer is of another request: for
// somebody else, or in an earlier episode.
func (m *deskModel) keyTaken(b *modelPlanned) bool {
	used, known := m.keys[b.key]
	return b.key != "" && b.from < 0 && known && (used.seq <= m.dropped || used.customer.modelRef != b.modelRef || used.decision.episode != b.episode)
}

// recordRow expects the entry of one customer.
func (w *deskWorld) recordRow(p *modelPlan, k int, turn *proposedTurn, now time.Time) {
	m, row, b := w.model, &p.Rows[k], &p.backlog[k]
	rep, rule := repNumber(row.Rep), m.ruleNumber(row.Rule)
	units, _ := b.f.units()
	v := verdict{status: row.Status, rep: rep, rule: row.Rule, reason: row.Reason, units: units, unknown: m.unknownBefore(rule, b.f, b.at)}
	if row.Status == allocation.StatusAssigned {
		v.counts = m.countsFor(b.f, rep, rule)
	}
	w.checkTurn(p, k, turn, rule)
	c := m.customers[b.modelRef]
	if b.from >= 0 {
		m.move(now, c, v)
		w.tally.count("planned: moved")
		return
	}
	v.turn = turn
	var since time.Time
	if c == nil {
		c = &modelCustomer{modelRef: b.modelRef, episode: 1, rep: -1}
		m.customers[b.modelRef] = c
	} else if c.state == allocation.StatusWaiting {
		since = c.since
		w.tally.count("planned: one who waited")
	}
	d := m.record(now, c, v, b.f, since)
	m.name(b.key, c, d)
	w.tally.count("planned: " + string(v.status))
}

// move moves an open customer to another rep.
func (m *deskModel) move(now time.Time, c *modelCustomer, v verdict) {
	units := c.units
	m.leave(c)
	c.holdings = slices.DeleteFunc(c.holdings, func(h *modelHolding) bool { return !h.count.flow || !slices.Contains(m.counts, h.count) })
	c.lastRule = v.rule
	m.follow(now, c, allocation.EventTransferred, allocation.StatusAssigned, "planned", repName(v.rep))
	m.hold(c, v.rep, v.rule, units)
	m.countUnder(c, v.counts, now)
}

// unknownBefore names the rules before one of which nobody knows whether they
// match; all of them if the rule is none.
func (m *deskModel) unknownBefore(rule int, f deskFields, at time.Time) (unknown []string) {
	if rule < 0 {
		rule = len(m.plan.Rules)
	}
	for i := range rule {
		r := &m.plan.Rules[i]
		if (r.From.IsZero() || !at.Before(r.From)) && (r.Until.IsZero() || at.Before(r.Until)) && m.when(i, f, at) == allocation.Unknown {
			unknown = append(unknown, r.ID)
		}
	}
	return unknown
}

// turnsAfter reads the turns that the entries of a plan's customers record: who
// shares a customer depends on the room there was when his rule placed him.
func (w *deskWorld) turnsAfter(head uint64, n int) ([]*proposedTurn, error) {
	turns := make([]*proposedTurn, 0, n)
	for e, err := range w.store().Entries(context.Background(), w.name, head, head+uint64(n)) {
		if err != nil {
			return nil, err
		}
		var body struct {
			Turn *struct {
				Rotation    string
				Size, Each  int64
				Scale       int
				Select      string
				Among, Away string
				Weights     []int64
			}
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return nil, err
		}
		t := body.Turn
		if t == nil {
			turns = append(turns, nil)
			continue
		}
		among, err := w.model.rowsOf(t.Among)
		if err != nil {
			return nil, err
		}
		away, err := w.model.rowsOf(t.Away)
		if err != nil {
			return nil, err
		}
		out := &proposedTurn{rotation: t.Rotation, totals: t.Select == "totals", scale: t.Scale, size: t.Size, reps: slices.Sorted(slices.Values(among)), away: away}
		for _, rep := range out.reps {
			if t.Each != 0 {
				out.weights = append(out.weights, t.Each)
			} else {
				out.weights = append(out.weights, t.Weights[slices.Index(among, rep)])
			}
		}
		out.winner = slices.Index(out.reps, repNumber(e.Rep))
		turns = append(turns, out)
	}
	if len(turns) != n {
		return nil, fmt.Errorf("%d entries follow a plan of %d", len(turns), n)
	}
	return turns, nil
}

// rowsOf reads the reps of a turn, in the order in which the desk got to know
// them.
func (m *deskModel) rowsOf(text string) (reps []int, err error) {
	bits, err := base64.StdEncoding.DecodeString(text)
	for i := range 8 * len(bits) {
		if bits[i/8]&(1<<(i%8)) != 0 {
			reps = append(reps, m.rows[i])
		}
	}
	return reps, err
}

// checkTurn: whoever a rotation gives a customer takes his turn in it, moved ones
// none, among reps who could have had him.
func (w *deskWorld) checkTurn(p *modelPlan, k int, t *proposedTurn, rule int) {
	m, row, b := w.model, &p.Rows[k], &p.backlog[k]
	turns := row.Status == allocation.StatusAssigned && rule >= 0 && m.plan.Rules[rule].Pick == "rotate" && b.from < 0 && !p.o.NoCredit
	if turns != (t != nil) {
		w.fail("plan of %s by %s: a turn must be taken: %t, and is taken: %t", b.modelRef, row.Rule, turns, t != nil)
	}
	if t == nil || w.failed() {
		return
	}
	r := &m.plan.Rules[rule]
	if t.rotation != rotationName(m.plan, r) || t.size != m.sizeOf(r, b.f) || t.scale != r.SizeScale || t.totals != (m.plan.Share == allocation.ShareTotals) || t.winner < 0 {
		w.fail("plan of %s by %s: the turn is %+v", b.modelRef, row.Rule, *t)
		return
	}
	if r.WeightRange != nil || r.WeightNull.Kind == allocation.NullMean || m.rostered > p.Version {
		return // it depends on reps who had no room any more, or on how they were then
	}
	among, weights := m.weigh(rule, b.f, t.reps)
	for i, rep := range t.reps {
		if at := slices.Index(among, rep); at < 0 || weights[at] != t.weights[i] {
			w.fail("plan of %s by %s: %s has a weight of %d in the turn, and must have that of %v among %v", b.modelRef, row.Rule, repName(rep), t.weights[i], weights, among)
		}
	}
}

// checkPlanCaps holds whoever received a customer against every cap. Fallback
// comes after all others, and ignores caps.
func (w *deskWorld) checkPlanCaps(p *modelPlan, rows []int, now time.Time) {
	m := w.model
	for _, k := range rows {
		if c := m.customers[p.backlog[k].modelRef]; p.Rows[k].Reason == allocation.ReasonFallback {
			back := c.setAside()
			defer back()
		}
	}
	for _, k := range rows {
		row := &p.Rows[k]
		if row.Status != allocation.StatusAssigned || row.Reason == allocation.ReasonFallback {
			continue
		}
		if over := m.overCap(repNumber(row.Rep), p.backlog[k].f, m.ruleNumber(row.Rule), now); over != "" {
			w.fail("the plan takes %s over a cap (%s) with %s", row.Rep, over, p.backlog[k].modelRef)
		}
	}
}

// setAside has a customer count nowhere, until back is called.
func (c *modelCustomer) setAside() (back func()) {
	units := c.units
	set := func(n int64, gone bool) {
		c.units = n
		for _, h := range c.holdings {
			h.gone = gone
		}
	}
	set(0, true)
	return func() { set(units, false) }
}

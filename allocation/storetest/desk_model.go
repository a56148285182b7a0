package storetest

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// deskModel is a desk with pencil and paper: who holds what, who waits, what
// each cap has counted, what everybody is owed. It predicts every entry of the
// ledger and every answer, and shares no code with the desk. Where the desk is
// clever (windows, timers, signatures, tables of room) the model looks at
// everything again.
type deskModel struct {
	plan   *deskPlan
	replay allocation.Replay
	now    time.Time // recorded time of the last entry
	seq    uint64

	reps      [deskReps]modelRep
	rows      []int // rep numbers in the order in which the desk got to know them
	customers map[modelRef]*modelCustomer
	held      []*modelCustomer // open
	waiting   []*modelCustomer // by since, ID, kind
	counts    []*modelCount    // by cap of the plan; nil for a book cap
	rotations map[string]*modelRotation
	tables    map[string]*[deskReps]int64 // weights on record, by rule
	keys      map[string]modelKey
	dropped   uint64    // entries that were compacted away
	looked    time.Time // when the waiting list was last offered what room there was

	expected []expectedEntry // not compared yet
	tally    *deskTally
	broken   string // the first promise that the model itself saw broken
}

// Numbers of reps are those of their IDs, in order.
var deskIDs = [...]string{"ana", "bo", "cy", "dee", "eve", "sam"}

const deskReps = len(deskIDs)

func repNumber(id string) int { return slices.Index(deskIDs[:], id) }

func repName(n int) string {
	if n < 0 {
		return ""
	}
	return deskIDs[n]
}

type modelRep struct {
	spec   repSpec
	rep    allocation.Rep
	known  bool
	active bool
	row    int
	work   int64
	served uint64
}

type modelRef struct{ kind, id string }

type modelCustomer struct {
	modelRef
	episode    int
	state      allocation.Status // assigned, waiting, or "" when neither
	rep        int
	rule       string
	fields     deskFields // waiting: what the next drain reads
	key        string     // waiting: that of his request
	units      int64
	holdings   []*modelHolding
	since      time.Time
	decision   *modelDecision
	decisions  []*modelDecision
	last       uint64            // his last entry
	lastStatus allocation.Status // its status
	lastRep    int
	lastRule   string
}

// modelDecision is a decision as the ledger has it.
type modelDecision struct {
	seq     uint64
	status  allocation.Status
	rep     int
	rule    string
	reason  string
	at      time.Time
	episode int
	since   time.Time
	unknown []string
	fields  deskFields
	erased  bool // its fields were erased
	opening bool
	turn    *modelTurn
}

type modelKey struct {
	seq      uint64
	customer *modelCustomer
	decision *modelDecision
}

// modelCount is what a cap has counted since a policy brought it in.
type modelCount struct {
	key  string
	flow bool
	roll time.Duration // 0: a calendar day
	team bool
	reps [deskReps][]*modelHolding
}

// modelHolding is one customer under one cap.
type modelHolding struct {
	count *modelCount
	team  string
	units int64
	at    time.Time
	gone  bool
}

type expectedEntry struct {
	event    allocation.Event
	customer modelRef
	episode  int
	rep      string
	rule     string
	status   allocation.Status
	reason   string
	at       time.Time
}

func newDeskModel(replay allocation.Replay, tally *deskTally) *deskModel {
	return &deskModel{
		replay: replay, tally: tally,
		customers: map[modelRef]*modelCustomer{}, rotations: map[string]*modelRotation{},
		tables: map[string]*[deskReps]int64{}, keys: map[string]modelKey{},
	}
}

// breaks notes a promise that does not hold.
func (m *deskModel) breaks(format string, args ...any) {
	if m.broken == "" {
		m.broken = fmt.Sprintf(format, args...)
	}
}

// emit expects one more entry.
func (m *deskModel) emit(at time.Time, e expectedEntry) uint64 {
	e.at = at
	m.now = at
	m.seq++
	m.expected = append(m.expected, e)
	m.tally.event[e.event]++
	return m.seq
}

// settleTime is the recorded time of a request that says when it happened.
func (m *deskModel) settleTime(at, clock time.Time) (time.Time, string) {
	if m.replay == allocation.ReplayOff {
		if at.After(clock.Add(5 * time.Minute)) {
			return at, "time"
		}
		at = clock
	}
	if at.Before(m.now) {
		if m.replay == allocation.ReplayStrict {
			return at, "time"
		}
		at = m.now
	}
	return at, ""
}

// Time passes.

// begin brings the desk up to a time: in a replay it stops at every moment at
// which something could happen for those who wait.
func (m *deskModel) begin(at time.Time) {
	if m.replay != allocation.ReplayOff {
		for moment := m.now; len(m.waiting) > 0 && moment.Before(at); moment = m.moment(moment) {
			m.settleReturns(moment)
			m.drain(moment)
		}
	}
	m.settleReturns(at)
	m.drain(at)
	m.looked = at
}

// moment is the next instant at which time alone can change anything: shifts,
// absences, days, and rules begin and end on full hours, and rolling windows so
// long after a customer was given.
func (m *deskModel) moment(after time.Time) time.Time {
	next := after.Truncate(time.Hour).Add(time.Hour)
	for _, n := range m.counts {
		if n == nil || n.roll == 0 {
			continue
		}
		for _, holdings := range n.reps {
			for _, h := range holdings {
				if end := h.at.Add(n.roll); end.After(after) && end.Before(next) {
					next = end
				}
			}
		}
	}
	return next
}

// settleReturns does for reps whose time off ended since the last entry what
// the policy says.
func (m *deskModel) settleReturns(at time.Time) {
	on := m.plan.OnReturn
	if on.Kind == allocation.ReturnFreeze {
		return
	}
	since := m.now
	for _, rep := range m.rows {
		r := &m.reps[rep]
		if !r.active || r.spec.off.IsZero() {
			continue
		}
		if back := r.spec.back(); back.After(since) && !back.After(at) {
			for _, id := range sortedNames(m.rotations) {
				m.settleReturn(at, m.rotations[id], rep, r.spec.away)
			}
		}
	}
}

func (m *deskModel) settleReturn(at time.Time, r *modelRotation, rep int, away time.Duration) {
	others := m.present(r, rep)
	if r.at[rep] == nil && r.missed[rep] == 0 || len(others) == 0 {
		return
	}
	e := expectedEntry{rep: repName(rep)}
	if m.plan.OnReturn.Kind == allocation.ReturnCalibrate {
		e.event = allocation.EventCalibrated
		m.emit(at, e)
		r.calibrate(r.account(m, rep), others)
		return
	}
	if r.missed[rep] == 0 {
		return
	}
	var owed int64
	if away >= m.plan.OnReturn.LongerThan {
		owed = r.missed[rep]
		if most := m.plan.OnReturn.Max * 1000 * pow10(r.scale); most > 0 {
			owed = min(owed, most)
		}
	}
	e.event, e.reason = allocation.EventGranted, "time_off"
	m.emit(at, e)
	m.tally.count("granted for time off")
	a := r.account(m, rep)
	r.missed[rep] = 0
	if owed != 0 && !r.totals {
		r.transfer(a, milli(owed), others)
	}
}

// present are the active reps with an account, one left out.
func (m *deskModel) present(r *modelRotation, except int) []*modelAccount {
	var others []*modelAccount
	for rep, a := range r.at {
		if a != nil && rep != except && m.reps[rep].active {
			others = append(others, a)
		}
	}
	return others
}

// drain offers the room there is to those who wait, in order. Customers of one
// size are alike.
func (m *deskModel) drain(at time.Time) {
	if len(m.waiting) == 0 {
		return
	}
	blocked := map[modelLike]bool{}
	placed := false
	for _, c := range slices.Clone(m.waiting) {
		like := modelLike{c.kind, c.fields}
		if blocked[like] || m.plan.read(c.fields) != nil {
			continue
		}
		if _, err := c.fields.units(); err != nil {
			continue
		}
		v := m.decide(c.fields, at)
		if v.status == allocation.StatusWaiting {
			blocked[like] = true
			continue
		}
		m.tally.count("drained: " + string(v.status))
		m.record(at, c, v, c.fields, c.since)
		clear(blocked)
		placed = true
	}
	if !placed {
		return
	}
	if m.plan.ReadsOpen {
		m.drain(at) // who has more now may be out of the way of somebody earlier in the list
		return
	}
	for _, c := range m.waiting {
		if m.couldBePlaced(c, at) {
			m.breaks("%s waits although he could be placed right after the list was drained at %s", c.modelRef, at)
		}
	}
}

type modelLike struct {
	kind   string
	fields deskFields
}

func (m *deskModel) couldBePlaced(c *modelCustomer, at time.Time) bool {
	if m.plan.read(c.fields) != nil {
		return false
	}
	if _, err := c.fields.units(); err != nil {
		return false
	}
	return m.decide(c.fields, at).status != allocation.StatusWaiting
}

// Deciding.

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

// weigh gives the candidates their weights in millionths and leaves out those
// who have none.
func (m *deskModel) weigh(rule int, f deskFields, reps []int) ([]int, []int64) {
	r := &m.plan.Rules[rule]
	weights := make([]int64, len(reps))
	if r.Pick != "rotate" || !r.HasWeight {
		for i := range weights {
			weights[i] = 1_000_000
		}
		return reps, weights
	}
	var sum, positive int64
	for i, rep := range reps {
		weights[i] = -1
		if w, known := m.plan.rules[rule].weight(&m.reps[rep].rep, f); known {
			weights[i] = int64(w * 1e6)
		}
		if weights[i] > 0 {
			sum, positive = sum+weights[i], positive+1
		}
	}
	unknown := int64(-1)
	switch {
	case r.WeightNull.Kind == allocation.NullValue:
		unknown = r.WeightNull.Value
	case r.WeightNull.Kind == allocation.NullMean && positive > 0:
		unknown = halfEven(sum, positive)
	}
	var out []int
	var kept []int64
	for i, w := range weights {
		if w == -1 {
			w = unknown
		}
		if w > 0 {
			out, kept = append(out, reps[i]), append(kept, w)
		}
	}
	if r.WeightRange != nil && len(out) > 0 {
		// Clamping has an oracle of its own in package rotation.
		clamped, err := rotation.Clamp(kept, r.WeightRange.Low, r.WeightRange.High)
		if err != nil {
			m.breaks("weights %v cannot be brought into their range: %v", kept, err)
			return nil, nil
		}
		kept = clamped
	}
	return out, kept
}

func halfEven(sum, n int64) int64 {
	mean, rest := sum/n, sum%n
	if 2*rest > n || 2*rest == n && mean%2 == 1 {
		mean++
	}
	return mean
}

// ranks orders the candidates of a rule by preference: 0 is best, equals are
// equal, unknown is last.
func (m *deskModel) ranks(rule int, reps []int) []int {
	ranks := make([]int, len(reps))
	if !m.plan.Rules[rule].HasPrefer {
		return ranks
	}
	for i, a := range reps {
		x, known := m.plan.rules[rule].prefer(&m.reps[a].rep)
		for _, b := range reps {
			if y, also := m.plan.rules[rule].prefer(&m.reps[b].rep); also && (!known || y > x) {
				ranks[i]++
			}
		}
	}
	return ranks
}

// prefer is every pick but rotate. Ties go to who was served least recently,
// then by ID.
func (m *deskModel) prefer(rule int, reps []int) int {
	ranks := m.ranks(rule, reps)
	key := func(i int) int64 {
		r := &m.reps[reps[i]]
		switch m.plan.Rules[rule].Pick {
		case "best":
			return int64(ranks[i])
		case "least_open":
			return m.openOf(reps[i])
		case "most_available":
			if r.rep.Capacity == nil {
				return 1 << 40
			}
			return m.openOf(reps[i]) - *r.rep.Capacity
		}
		return 0
	}
	best := 0
	for i := 1; i < len(reps); i++ {
		if cmp.Or(cmp.Compare(key(i), key(best)), cmp.Compare(m.reps[reps[i]].served, m.reps[reps[best]].served)) < 0 {
			best = i
		}
	}
	return reps[best]
}

// propose works out whose turn it is.
func (m *deskModel) propose(rule int, f deskFields, at time.Time, eligible, reps []int, weights []int64) (*proposedTurn, bool) {
	r := &m.plan.Rules[rule]
	t := &proposedTurn{
		rotation: rotationName(m.plan, r), totals: m.plan.Share == allocation.ShareTotals, scale: r.SizeScale,
		size: m.sizeOf(r, f), reps: reps, weights: weights,
	}
	if m.plan.OnReturn.Kind == allocation.ReturnGrant {
		for _, rep := range eligible {
			if m.reps[rep].spec.offAt(at) && !slices.Contains(reps, rep) {
				t.away = append(t.away, rep)
			}
		}
	}
	rot := m.rotations[t.rotation]
	if rot == nil {
		rot = &modelRotation{totals: t.totals, began: len(m.rows)}
	}
	t.winner = rot.choose(r.Selection, t.size, reps, weights, m.ranks(rule, reps), m)
	return t, r.WeightByRep && r.WeightRange == nil && r.WeightNull.Kind != allocation.NullMean
}

// sizeOf is what a customer counts for in fairness, scaled.
func (m *deskModel) sizeOf(r *allocation.Rule, f deskFields) int64 {
	if !r.HasSize {
		return 1
	}
	if f.size <= 0 {
		return r.Typical
	}
	size := max(1, f.size*pow10(r.SizeScale), r.SizeLow)
	if r.SizeHigh > 0 {
		size = min(size, r.SizeHigh)
	}
	return size
}

// Recording.

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
	c.last, c.lastStatus, c.lastRep, c.lastRule = d.seq, d.status, d.rep, d.rule
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

func (r modelRef) String() string { return r.kind + "/" + r.id }

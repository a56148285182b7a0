package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
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
	rostered  uint64    // the last entry that changed a rep
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
	lastAt     time.Time         // its time
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

func (r modelRef) String() string { return r.kind + "/" + r.id }

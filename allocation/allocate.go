package allocation

import (
	"time"

	"github.com/evenhand/evenhand/allocation/pick"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// This file is the life of one customer in the hands of a policy, top to
// bottom: rules, when, eligible, available, caps, weight and prefer, pick.
// Nothing here changes the state, with one exception: a rotation takes its
// turn when it picks.

// Reason codes of decisions and of reps that were passed over. They are
// stable; the sentences around them are not.
const (
	ReasonFallback    = "fallback"     // no rule placed the customer
	ReasonManual      = "manual"       // assigned by hand
	ReasonOpening     = "opening"      // held before the desk began
	ReasonNoRule      = "no_rule"      // no rule matched
	ReasonNotEligible = "not_eligible" // nobody may receive the customer; this rep may not
	ReasonAway        = "away"         // on time off or holiday
	ReasonOffShift    = "off_shift"    // outside working hours
	ReasonFull        = "full"         // at a cap
	ReasonInactive    = "inactive"     // the rep is not active
	ReasonZeroWeight  = "zero_weight"  // the rep's weight is 0
	ReasonNoWeight    = "no_weight"    // the rep's weight is unknown or negative
	ReasonNoLimit     = "no_limit"     // the limit of a cap is unknown
	ReasonNoSize      = "no_size"      // the customer's size is unknown and the rule has no typical size
	ReasonNotChosen   = "not_chosen"   // could have received it; another was due
	ReasonFailed      = "failed"       // deciding it failed: it is set aside until Reassign decides it again
)

// outcome is what allocate found.
type outcome struct {
	status  Status
	row     int // assigned: the rep's row
	rule    int // the rule that placed the customer or made it wait; -1 for none
	reason  string
	units   int64
	turn    *turn
	taken   bool // the rotation has taken the turn
	caps    []counted
	unknown []string      // rules whose `when` was unknown
	table   *weightChange // to be recorded before the decision
}

// walk is the room one customer's way needs, kept between customers.
type walk struct {
	s     *state
	l     *live
	m     Matching
	now   time.Time
	units int64

	moving *customer // by hand: who is being transferred

	among    RepSet // who is still in
	eligible RepSet // who was eligible, kept for on_return: grant
	rows     []int  // among, as a list
	weights  []int64
	turn     pick.Turn
	trace    *trace // nil unless explaining
	err      error  // the rotation failed
	turning  bool   // a rotation is taking a turn, or took one: the state has changed
}

// allocate walks a customer through the policy. The error is that of the
// customer's units, or a failure of the rotation.
func (s *state) allocate(subject Subject, now time.Time, trace *trace) (outcome, error) {
	l := s.live
	w := &l.walk
	w.s, w.l, w.now, w.trace, w.err = s, l, now, trace, nil
	trace.begin(w)
	w.m = l.matcher.Match(subject, now)
	units, err := w.m.Units()
	if err != nil {
		return outcome{}, err
	}
	w.units = units

	last := outcome{status: StatusUnassigned, rule: -1, row: -1, reason: ReasonNoRule, units: units}
	var unknown []string
	for i, truth := w.next(0); i < len(l.policy.Rules); i, truth = w.next(i + 1) {
		out, next := w.rule(i, truth, &unknown)
		if w.err != nil {
			return outcome{}, w.err
		}
		if next == placed {
			out.units, out.unknown = units, unknown
			return out, nil
		}
		if out.reason != "" {
			last.reason = out.reason
		}
		if next == toFallback {
			break
		}
	}
	last.unknown = unknown
	w.fallback(&last)
	return last, nil
}

// step says where a rule leaves the customer.
type step uint8

const (
	onward     step = iota // to the next rule
	toFallback             // past the remaining rules
	placed                 // the outcome is final
)

// next finds the next rule whose `when` is not false; while tracing it is the
// next rule, so that each can say why it was passed over.
func (w *walk) next(from int) (int, Truth) {
	if w.trace != nil && from < len(w.l.policy.Rules) {
		return from, w.m.When(from)
	}
	return w.m.Next(from)
}

// rule tries one rule, whose `when` is what truth says.
func (w *walk) rule(i int, truth Truth, unknown *[]string) (outcome, step) {
	r := &w.l.policy.Rules[i]
	if !r.inForce(w.now) {
		w.trace.skipped(i)
		return outcome{}, onward
	}
	switch truth {
	case False:
		w.trace.unmatched(i, False)
		return outcome{}, onward
	case Unknown:
		w.trace.unmatched(i, Unknown)
		*unknown = append(*unknown, r.ID)
		return outcome{}, onward
	}
	w.trace.matched(i)
	if r.Pick == "none" {
		return outcome{status: StatusUnassigned, rule: i, row: -1, reason: r.Reason}, placed
	}
	return w.place(i, r)
}

func (r *Rule) inForce(now time.Time) bool {
	return (r.From.IsZero() || !now.Before(r.From)) && (r.Until.IsZero() || now.Before(r.Until))
}

// place narrows the reps stage by stage and picks one of those left. The order
// of the stages is the order of the reasons: a rep is stopped by the first.
func (w *walk) place(i int, r *Rule) (outcome, step) {
	w.among.CopyFrom(&w.s.roster.active)
	w.m.Eligible(i, &w.among)
	w.trace.eligible(i)
	if w.among.Empty() {
		return w.nobody(i, r.IfNone.NotEligible, ReasonNotEligible)
	}
	if w.l.policy.OnReturn.Kind == ReturnGrant {
		w.eligible.CopyFrom(&w.among)
	}

	if !w.keepAvailable(i, r.Available) {
		return w.nobody(i, r.IfNone.Away, ReasonAway)
	}

	if !w.keepUnderCaps(i, r) {
		return w.nobody(i, r.IfNone.Full, ReasonFull)
	}
	w.trace.underCaps()

	size, known := w.size(i, r)
	if !known {
		w.trace.noSize(i)
		return w.nobody(i, r.IfNone.NotEligible, ReasonNoSize)
	}
	w.weigh(i, r)
	if w.err != nil {
		return outcome{}, placed // beyond what the ledger can hold: a failure, not a refusal
	}
	if len(w.rows) == 0 {
		return w.nobody(i, r.IfNone.NotEligible, ReasonNoWeight)
	}
	return w.pick(i, r, size)
}

// nobody says what follows when a rule finds no rep.
func (w *walk) nobody(i int, otherwise Otherwise, reason string) (outcome, step) {
	w.trace.nobody(i, otherwise, reason)
	out := outcome{status: StatusWaiting, rule: i, row: -1, reason: reason}
	switch otherwise {
	case Wait:
		return out, placed
	case TryFallback:
		return out, toFallback
	}
	return out, onward
}

// keepAvailable keeps those who are available, and reports whether anybody is.
func (w *walk) keepAvailable(i int, how Availability) bool {
	if how == AnyAvailable {
		return true
	}
	if w.fromKept() {
		return w.among.Keep(w.l.presence.at(how, w.now))
	}
	for row := range w.among.All() {
		m := &w.s.roster.members[row]
		if !m.available(how, w.now) {
			w.trace.unavailable(i, row)
			w.among.Remove(row)
		}
	}
	return !w.among.Empty()
}

// fromKept says whether who is available and who has room is read from what is
// kept, rather than asked of each rep.
func (w *walk) fromKept() bool { return w.trace == nil && !w.l.plain }

// keepUnderCaps keeps those who have room, and reports whether anybody has.
func (w *walk) keepUnderCaps(i int, r *Rule) bool {
	left := true
	for c := range w.l.policy.Caps {
		if w.l.policy.Caps[c].Rule < 0 {
			left = w.keepUnder(i, c) && left
		}
	}
	for _, c := range r.Caps {
		left = w.keepUnder(i, c) && left
	}
	return left
}

// keepUnder keeps those who have room under one cap, and reports whether
// anybody has. The trace has every rep's own reason.
func (w *walk) keepUnder(i, c int) bool {
	if !w.capApplies(c) {
		return true
	}
	if w.fromKept() && w.l.policy.Caps[c].roomy() {
		room := &w.l.rooms[c]
		room.at(w)
		return room.keep(&w.among, w.s.capSpecs[c].takes(w.units))
	}
	for row := range w.among.All() {
		limit, known := w.m.Limit(c, row)
		if !known {
			w.trace.noLimit(i, c, row)
			w.among.Remove(row)
			continue
		}
		if team, full := w.full(c, row, limit); full {
			w.trace.full(i, c, row, team, limit)
			w.among.Remove(row)
		}
	}
	return !w.among.Empty()
}

// capApplies reports whether a cap counts the customer at hand. A cap whose
// `only` is unknown counts him: a cap must not be passed for want of data.
func (w *walk) capApplies(c int) bool {
	return !w.l.policy.Caps[c].Only || w.m.Applies(c) != False
}

// full reports whether the customer would take a rep over a cap, and for a
// cap per team which team.
func (w *walk) full(c, row int, limit int64) (team string, full bool) {
	adds := w.s.capSpecs[c].takes(w.units)
	if !w.l.policy.Caps[c].Team {
		return "", w.l.used(w.s, c, row, "", w.now)+adds > limit
	}
	for _, team := range w.s.roster.members[row].rep.Teams {
		if w.l.used(w.s, c, row, team, w.now)-w.own(c, team)+adds > limit {
			return team, true
		}
	}
	return "", false
}

// own is what a customer who is being transferred holds of a team's stock cap
// already: a transfer within the team changes nothing there.
func (w *walk) own(c int, team string) int64 {
	if w.moving == nil || w.s.capSpecs[c].Flow {
		return 0
	}
	for _, h := range w.moving.holdings {
		if h.Key == w.s.capSpecs[c].Key && h.Since == w.s.caps[c].since && h.Team == team {
			return w.moving.units
		}
	}
	return 0
}

// size works out what the customer counts for in fairness, scaled.
func (w *walk) size(i int, r *Rule) (size int64, known bool) {
	if r.Pick != "rotate" || !r.HasSize {
		return 1, true
	}
	value, known := w.m.Size(i)
	if !known {
		return r.Typical, r.Typical > 0
	}
	size = scaleSize(value, r.SizeScale)
	if r.SizeLow > 0 {
		size = max(size, r.SizeLow)
	}
	if r.SizeHigh > 0 {
		size = min(size, r.SizeHigh)
	}
	return size, true
}

// weigh lists the reps still in by rising row, with their weights when the
// rule rotates; those without a weight are removed.
func (w *walk) weigh(i int, r *Rule) {
	w.rows, w.weights = w.rows[:0], w.weights[:0]
	for row := range w.among.All() {
		w.rows = append(w.rows, row)
		w.weights = append(w.weights, equalWeight)
	}
	if r.Pick == "rotate" && (r.HasWeight || r.Ramp != nil) {
		w.weighEach(i, r)
	}
}

// pick lets the rule's strategy choose among the reps that are left.
func (w *walk) pick(i int, r *Rule, size int64) (outcome, step) {
	t := &w.turn
	t.Candidates = t.Candidates[:0]
	if r.Pick != "rotate" || r.HasPrefer { // a rotation has its own order
		for _, row := range w.rows {
			t.Candidates = append(t.Candidates, w.candidate(i, r, row))
		}
	}
	out := outcome{status: StatusAssigned, rule: i}
	if r.Pick == "rotate" {
		w.prepareTurn(i, r, size)
		out.turn, out.table = w.recordTurn(i, r, size)
		w.trace.standings(i)
	}
	at, err := w.l.strategies[i](t)
	if err != nil {
		w.err = err
		return outcome{}, placed
	}
	if at == pick.Nobody {
		return w.nobody(i, r.IfNone.NotEligible, ReasonNotChosen)
	}
	out.row, out.taken = w.rows[at], out.turn != nil
	out.caps = w.countUnder(r.Caps, out.row)
	w.trace.chosen(i, out.row)
	return out, placed
}

func (w *walk) candidate(i int, r *Rule, row int) pick.Candidate {
	m := &w.s.roster.members[row]
	c := pick.Candidate{ID: m.rep.ID, Open: m.open, Served: m.served}
	if m.rep.Capacity != nil {
		c.Room, c.RoomKnown = *m.rep.Capacity-m.open, true
	}
	if r.HasPrefer {
		c.Prefer, c.Preferred = w.m.Prefer(i, row)
	}
	return c
}

// countUnder lists the caps that a decision for a row counts under. A book cap
// is left out: it reads the rep's open units.
func (w *walk) countUnder(ruleCaps []int, row int) []counted {
	var under []counted
	count := func(c int) {
		if w.s.caps[c] == nil || !w.capApplies(c) {
			return
		}
		if !w.l.policy.Caps[c].Team {
			under = append(under, counted{Cap: c})
			return
		}
		for _, team := range w.s.roster.members[row].rep.Teams {
			under = append(under, counted{Cap: c, Team: team})
		}
	}
	for c := range w.l.policy.Caps {
		if w.l.policy.Caps[c].Rule < 0 {
			count(c)
		}
	}
	for _, c := range ruleCaps {
		count(c)
	}
	return under
}

// fallback gives a customer that no rule placed to the first fallback rep who
// is active. He ignores caps and hours, and no credit moves.
func (w *walk) fallback(out *outcome) {
	for _, id := range w.l.policy.Fallback {
		row, known := w.s.roster.row(id)
		if !known || w.s.roster.members[row].rep.Inactive {
			continue
		}
		out.status, out.row, out.reason = StatusAssigned, row, ReasonFallback
		out.caps = w.countUnder(nil, row)
		return
	}
}

// prepareTurn sets the rotation's part of the turn up.
func (w *walk) prepareTurn(i int, r *Rule, size int64) {
	w.turning = true
	t := w.s.rotationOf(w.l.rotations[i])
	t.scale = r.SizeScale
	if w.l.policy.Share == ShareTotals {
		t.levelTotals(w.s)
	}
	w.turn.Ledger, w.turn.Totals = t.ledger, t.totals
	w.turn.Selection, w.turn.Size, w.turn.Preferring = r.Selection, size, r.HasPrefer
	w.turn.Entrants = w.turn.Entrants[:0]
	for n, row := range w.rows {
		w.turn.Entrants = append(w.turn.Entrants, rotation.Entrant{Account: t.account(w.s, row), Weight: w.weights[n]})
	}
}

// rotationID names the rotation a rule takes part in.
func rotationID(p *Policy, r *Rule) string {
	id := "rule:" + r.ID
	if p.Scope == ScopeDesk {
		id = "desk"
	}
	// What an earlier policy counted in another unit is never mixed in.
	switch {
	case p.Share == ShareTotals && r.HasSize:
		return "sized totals:" + id
	case p.Share == ShareTotals:
		return "totals:" + id
	case r.HasSize:
		return "sized:" + id
	}
	return id
}

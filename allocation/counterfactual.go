package allocation

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// Counterfactual says what would have given one rep the customer who did not
// get him: changes of one thing each at the moment of the decision, everything
// else as it was. Each has been decided again; none is a guess. Customers who
// waited longer are not decided again with them; Explanation.Waiting counts
// them.
//
// Looked for are, of the rep's own: being active; being on shift, not being
// away; more places under one cap; one field that stands in the `eligible` of a
// rule that matched, compared as it is with a value, a list or a field of the
// customer; fewer open units, where a rule goes by them; more weight, where the
// rule has one; a higher preference, where the rule goes by it alone; more
// credit, where the rule rotates and he has credit there. Where nothing of the
// rep's own would have done: one field of the customer that stands in the same
// way in the `when` or the `eligible` of a rule or the `only` of a cap. And where
// hours or a window of time stood in the way, the moment from which they no
// longer do, if nobody waits and the policy moves no credit by itself.
//
// Of the customer's fields and of moments no more than 1,000 are tried, and
// fewer for all reps of a roster of more than 2,000: AboutRep then finds what
// this leaves out.
type Counterfactual struct {
	Rep  string `json:"rep"`
	Name string `json:"name,omitempty"`
	// Changes that would each have been enough, the rep's own before the
	// customer's. Empty: no single change of those looked for would have been.
	Changes []Change `json:"changes,omitempty"`
	// Obstacles are what stood in the way together, where no single change
	// would have been enough.
	Obstacles []Obstacle `json:"obstacles,omitempty"`
}

// Change is one thing that might have been otherwise.
type Change struct {
	Cause Cause `json:"cause"`
	// ID of the rule that would then have placed the customer; empty for the
	// fallback. For open an earlier one may do so, if what the rep has less of
	// counted under a cap of its own.
	Rule string `json:"rule,omitempty"`

	Cap    string `json:"cap,omitempty"`    // for cap: its name …
	Places int64  `json:"places,omitempty"` // … how many more places; 0 where the limit was unknown
	Limit  int64  `json:"limit,omitempty"`  // … and the least limit that is enough

	Field string `json:"field,omitempty"` // for field and customer_field, as rules write it: "rep.region"
	How   How    `json:"how,omitempty"`   // how the field, or for prefer the preference, would have had to lie to Value
	Value string `json:"value,omitempty"` // as a rule writes it
	Raw   any    `json:"to,omitempty"`    // a value of the field that is enough

	Open   *int64     `json:"open,omitempty"`   // for open: the most open units
	Amount string     `json:"amount,omitempty"` // for credit: how much more, in customers or size units; for weight: the least; for prefer: a value that is enough
	At     *time.Time `json:"at,omitempty"`     // for time: when the customer would have had to come
}

// Cause is the kind of thing that a Change changes. The values are stable.
type Cause string

const (
	CauseActive        Cause = "active"         // the rep is active
	CauseShift         Cause = "shift"          // the rep is on shift
	CauseTimeOff       Cause = "time_off"       // the rep is not away
	CauseCap           Cause = "cap"            // a cap leaves the rep more places
	CauseField         Cause = "field"          // a field of the rep
	CauseOpen          Cause = "open"           // the rep has fewer open units
	CauseWeight        Cause = "weight"         // the rule's weight of the rep
	CausePrefer        Cause = "prefer"         // the rule's preference for the rep
	CauseCredit        Cause = "credit"         // a grant of credit, paid by the others of the rotation evenly
	CauseCustomerField Cause = "customer_field" // a field of the customer
	CauseTime          Cause = "time"           // the customer comes later
)

// Obstacle is one of several things that stood in a rep's way.
type Obstacle struct {
	Reason string `json:"reason"`           // code: inactive, not_eligible, off_shift, away, full, no_limit, no_weight, no_size, behind, set_aside, no_rule
	Cap    string `json:"cap,omitempty"`    // for full and no_limit
	Behind string `json:"behind,omitempty"` // for behind: who would have come first all the same
}

// Obstacles have these reasons beside those of RepReport.
const (
	ReasonBehind   = "behind"    // somebody else would have come first
	ReasonSetAside = "set_aside" // the rule sets such customers aside
)

// Limits of the search, so that no roster makes it long.
const (
	maxFieldTries = 64   // values of fields tried for one rep in one rule
	maxWholes     = 1000 // decisions made again for other customers and other times, in a roster of up to 2,000 reps
	maxCompared   = 200  // reps whose values are tried for the customer on behalf of the others
)

// counterfactuals answers for every rep but the one who received the customer,
// or for one of them, in the order of IDs, and says how many it left out.
func (q *whatIf) counterfactuals(about asked, rules []RuleReport) (out []Counterfactual, left int) {
	q.alone = !about.all
	near := nearest(rules, mostQuestioned+1) // one of them may have been chosen
	for row := range q.s.roster.members {
		m := &q.s.roster.members[row]
		switch {
		case row == q.won || q.alone && m.rep.ID != about.rep:
			continue
		case !q.alone && near != nil && !near[m.rep.ID]:
			left++
			continue
		}
		c := Counterfactual{Rep: m.rep.ID, Name: m.rep.Name, Changes: q.changes(row)}
		if len(c.Changes) == 0 {
			c.Obstacles = q.obstacles(row)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Counterfactual) int { return strings.Compare(a.Rep, b.Rep) })
	return out, left
}

// mostQuestioned is of how many reps at once it is found what would have given
// them the customer. Beyond that it is found of those who came nearest, so that
// an explanation takes no longer than somebody waits for it.
const mostQuestioned = 500

// nearest is the reps who came nearest to the customer: those the last rule
// reports on, in its order, then those of the rules before. Nil when they are
// all.
func nearest(rules []RuleReport, most int) map[string]bool {
	near := map[string]bool{}
	for _, rule := range slices.Backward(rules) {
		for i := range rule.Reps {
			if near[rule.Reps[i].Rep] = true; len(near) > most {
				delete(near, rule.Reps[i].Rep)
				return near
			}
		}
	}
	return nil
}

// changes are what would have given a row the customer.
func (q *whatIf) changes(row int) []Change {
	var found []Change
	if q.s.roster.members[row].rep.Inactive {
		return q.activated(row)
	}
	for n := range q.runs {
		r := &q.runs[n]
		if r.aside {
			break
		}
		switch r.reached[row] {
		case notAvailable:
			found = append(found, q.byPresence(row)...)
		case atCap:
			found = append(found, q.byCap(r, row)...)
		case weightless:
			found = append(found, q.byWeight(r, row)...)
		case competing:
			found = append(found, q.byPick(r, row)...)
		}
	}
	if len(found) == 0 {
		found = q.byField(row)
	}
	if len(found) == 0 {
		found = q.byTeam(row)
	}
	if len(found) == 0 {
		found = q.byCustomer(row)
	}
	return found
}

// hold keeps a change if it would give a row the customer.
func (q *whatIf) hold(x supposition, c Change) []Change {
	rule := q.placedBy(&x)
	if rule == noRule {
		return nil
	}
	c.Rule = q.ruleID(rule)
	return []Change{c}
}

func (q *whatIf) activated(row int) []Change {
	rep := q.s.roster.members[row].rep
	rep.Inactive = false
	return q.hold(supposition{row: row, rep: &rep, activates: true}, Change{Cause: CauseActive})
}

// byPresence supposes that a rep works, and that the customer comes when he
// does.
func (q *whatIf) byPresence(row int) []Change {
	calendar := q.s.roster.members[row].calendar
	cause := CauseShift
	if calendar.Away(q.now) {
		cause = CauseTimeOff
	}
	found := q.hold(supposition{row: row, present: true}, Change{Cause: cause})
	if back, changes := calendar.NextChange(q.now); changes {
		found = append(found, q.byTime(row, back)...)
	}
	return found
}

// byTime supposes that the customer comes later, to a desk on which nothing has
// happened since.
func (q *whatIf) byTime(row int, at time.Time) []Change {
	if q.waiting > 0 || q.p.OnReturn.Kind != ReturnFreeze {
		return nil // by then others might have been served, or credit moved
	}
	at = time.UnixMicro(microCeil(at)).UTC()
	key := "at " + at.Format(time.RFC3339Nano)
	if !q.mayAsk(key) {
		return nil
	}
	v := q.whole(key, q.subject, at)
	if v.row != row {
		return nil
	}
	return []Change{{Cause: CauseTime, Rule: q.ruleID(v.rule), At: &at}}
}

func (q *whatIf) mayAsk(key string) bool {
	_, known := q.wholes[key]
	return known || len(q.wholes) < q.maxWholes()
}

// maxWholes falls as the roster grows: a decision among more costs more.
func (q *whatIf) maxWholes() int {
	if q.alone {
		return maxWholes
	}
	return maxWholes * 2000 / max(2000, len(q.s.roster.members))
}

// byCap supposes just enough places under the cap that stopped a rep.
func (q *whatIf) byCap(r *run, row int) []Change {
	c := q.fullCap(r, row)
	if c < 0 {
		return nil
	}
	limit, known := q.w.m.Limit(c, row)
	need := q.needs(c, row)
	change := Change{Cause: CauseCap, Cap: q.p.Caps[c].Name, Limit: need}
	if known {
		change.Places = need - limit
	}
	found := q.hold(supposition{row: row, cap: &supposedLimit{c, need}}, change)
	if at, falls := q.reference.falls(q.s, c, row, q.now); falls && !q.p.Caps[c].Team {
		found = append(found, q.byTime(row, time.UnixMicro(at))...)
	}
	return found
}

// needs is the least limit under which a rep has room for the customer.
func (q *whatIf) needs(c, row int) int64 {
	l, s := q.reference, q.s
	adds := s.capSpecs[c].takes(q.w.units)
	if !q.p.Caps[c].Team {
		return l.used(s, c, row, "", q.now) + adds
	}
	most := int64(0)
	for _, team := range s.roster.members[row].rep.Teams {
		most = max(most, l.used(s, c, row, team, q.now)+adds)
	}
	return most
}

// obstacles are what stood in a row's way in the last rule that matched.
func (q *whatIf) obstacles(row int) []Obstacle {
	if len(q.runs) == 0 {
		return []Obstacle{{Reason: ReasonNoRule}}
	}
	r := &q.runs[len(q.runs)-1]
	if r.aside {
		return []Obstacle{{Reason: ReasonSetAside}}
	}
	var out []Obstacle
	m := &q.s.roster.members[row]
	if m.rep.Inactive {
		return append(out, Obstacle{Reason: ReasonInactive})
	}
	if !q.eligible(r.rule, row) {
		out = append(out, Obstacle{Reason: ReasonNotEligible})
	}
	if !m.available(q.ruleOf(r).Available, q.now) {
		out = append(out, Obstacle{Reason: absence(m, q.now)})
	}
	out = append(out, q.fullCaps(r, row)...)
	if _, known := q.w.size(r.rule, q.ruleOf(r)); !known {
		return append(out, Obstacle{Reason: ReasonNoSize})
	}
	if !q.weighs(r, row) {
		return append(out, Obstacle{Reason: ReasonNoWeight})
	}
	if r.winner >= 0 && !q.first(r, row) {
		out = append(out, Obstacle{Reason: ReasonBehind, Behind: q.s.roster.members[r.winner].rep.ID})
	}
	return out
}

// absence is the reason code of somebody who is not available.
func absence(m *member, now time.Time) string {
	if m.calendar.Away(now) {
		return ReasonAway
	}
	return ReasonOffShift
}

// fullCaps are the caps under which a row has no room in a rule.
func (q *whatIf) fullCaps(r *run, row int) []Obstacle {
	var out []Obstacle
	for c := range q.p.Caps {
		cap := &q.p.Caps[c]
		if cap.Rule >= 0 && !slices.Contains(q.ruleOf(r).Caps, c) || q.w.hasRoom(c, row) {
			continue
		}
		reason := ReasonFull
		if _, known := q.w.m.Limit(c, row); !known {
			reason = ReasonNoLimit
		}
		out = append(out, Obstacle{Reason: reason, Cap: cap.Name})
	}
	return out
}

// exactDecimal writes n / 10^places without trailing zeros.
func exactDecimal(n int64, places int) string {
	text := big.NewRat(n, pow10(places)).FloatString(places)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

package allocation

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/rotation"
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

// byField tries other values of the rep's fields that stand in the `eligible` of
// the rules that matched, and, where nobody was picked by any, of those after
// them: the customer may have gone to the fallback before they were reached.
func (q *whatIf) byField(row int) []Change {
	tried := map[string]bool{}
	after := 0
	for n := range q.runs {
		r := &q.runs[n]
		if r.aside || !q.mayBeFirst(r, row) {
			return nil // whatever became of the rules before, here somebody else comes first
		}
		found := q.withFieldsOf(r.rule, row, tried)
		if found == nil && r.winner >= 0 {
			found = q.toLead(r, row)
		}
		if found != nil || r.winner >= 0 {
			return found
		}
		after = r.rule + 1
	}
	for rule := after; rule < len(q.p.Rules); rule++ {
		if found := q.withFieldsOf(rule, row, tried); found != nil {
			return found
		}
	}
	return nil
}

// toLead tries numbers of the rep that make him eligible and are as high as the
// preference he has to come before: a field may decide both.
func (q *whatIf) toLead(r *run, row int) []Change {
	if !q.ruleOf(r).HasPrefer {
		return nil
	}
	winner := q.w.candidate(r.rule, q.ruleOf(r), r.winner)
	for _, a := range q.alternatives(PartEligible, r.rule, row) {
		if !a.OfRep {
			continue
		}
		for _, value := range []float64{winner.Prefer, math.Floor(winner.Prefer) + 1} {
			switch raw := a.Raw.(type) {
			case int64:
				a.Raw = int64(math.Ceil(value))
			case float64:
				a.Raw = max(raw, value)
			default:
				continue
			}
			a.How, a.Of = HowExactly, fmt.Sprint(a.Raw)
			if found := q.withField(row, &q.s.roster.members[row], &a); found != nil {
				return found
			}
		}
	}
	return nil
}

// byTeam supposes that a rep is not in a team, or in none: caps of teams then
// do not count him.
func (q *whatIf) byTeam(row int) []Change {
	if !slices.ContainsFunc(q.p.Caps, func(c Cap) bool { return c.Team }) {
		return nil
	}
	m := &q.s.roster.members[row]
	with := func(teams []string, c Change) []Change {
		rep := m.rep.with("teams", teams)
		c.Cause, c.Field, c.Raw = CauseField, "rep.teams", teams
		return q.hold(supposition{row: row, rep: &rep}, c)
	}
	for _, team := range m.rep.Teams {
		others := slices.DeleteFunc(slices.Clone(m.rep.Teams), func(t string) bool { return t == team })
		if found := with(others, Change{How: HowWithout, Value: strconv.Quote(team)}); found != nil {
			return found
		}
	}
	if len(m.rep.Teams) < 2 {
		return nil
	}
	return with([]string{}, Change{How: HowEmpty})
}

// withFieldsOf tries the values that stand in the `eligible` of a rule.
func (q *whatIf) withFieldsOf(rule, row int, tried map[string]bool) []Change {
	for _, a := range q.alternatives(PartEligible, rule, row) {
		if !a.OfRep || tried[a.key()] || len(tried) == maxFieldTries {
			continue
		}
		tried[a.key()] = true
		if found := q.withField(row, &q.s.roster.members[row], &a); found != nil {
			return found
		}
	}
	return nil
}

// withField supposes another value of one field.
func (q *whatIf) withField(row int, m *member, a *Alternative) []Change {
	if a.Field != "open" {
		rep := m.rep.with(a.Field, a.Raw)
		return q.hold(supposition{row: row, rep: &rep},
			Change{Cause: CauseField, Field: "rep." + a.Field, How: a.How, Value: a.Of, Raw: a.Raw})
	}
	units, whole := a.Raw.(int64)
	if !whole {
		return nil
	}
	return q.withOpen(row, units)
}

// withOpen supposes fewer open units. Of somebody at a cap that is not said:
// which customers were closed would decide whether it has room for him then.
func (q *whatIf) withOpen(row int, units int64) []Change {
	if units < 0 || units >= q.s.roster.members[row].open {
		return nil
	}
	for n := range q.runs {
		if !q.runs[n].aside && q.runs[n].reached[row] == atCap {
			return nil
		}
	}
	return q.hold(supposition{row: row, open: &units}, Change{Cause: CauseOpen, Open: &units})
}

// mayBeFirst reports whether a rep might come first in a rule if only he were
// eligible.
func (q *whatIf) mayBeFirst(r *run, row int) bool { return q.fieldsDecide(r) || q.first(r, row) }

// fieldsDecide reports whether a rep's fields may have a say in who comes first
// in a rule, once he is eligible.
func (q *whatIf) fieldsDecide(r *run) bool {
	rule := q.ruleOf(r)
	return rule.HasWeight || rule.Ramp != nil || rule.HasPrefer || rule.Pick == "most_available" ||
		rule.Pick == "least_open" || q.p.Share == ShareTotals
}

// byWeight finds the least weight with which a rep who has none would have come
// first. More weight never brings anybody further back.
func (q *whatIf) byWeight(r *run, row int) []Change {
	if !q.ruleOf(r).HasWeight {
		return nil
	}
	with := func(micro int64) supposition {
		return supposition{row: row, weight: &supposedNumber{r.rule, float64(micro) / 1e6}}
	}
	enough := int64(1e12)
	if x := with(enough); q.placedBy(&x) == noRule {
		return nil
	}
	for short := int64(0); enough-short > 1; {
		middle := short + (enough-short)/2
		if x := with(middle); q.placedBy(&x) != noRule {
			enough = middle
		} else {
			short = middle
		}
	}
	return q.hold(with(enough), Change{Cause: CauseWeight, Amount: exactDecimal(enough, 6)})
}

// byPick finds what would have brought a rep before the one who was picked.
func (q *whatIf) byPick(r *run, row int) []Change {
	if r.winner < 0 {
		return nil
	}
	switch q.ruleOf(r).Pick {
	case "rotate":
		if found := q.byCredit(r, row); found != nil {
			return found
		}
		return q.byWeight(r, row)
	case "best":
		return q.byPreference(r, row)
	case "least_open":
		return q.byOpen(r, row, q.s.roster.members[r.winner].open)
	case "most_available":
		return q.byRoom(r, row)
	}
	return nil
}

// byCredit finds the least grant.
func (q *whatIf) byCredit(r *run, row int) []Change {
	if q.p.Share == ShareTotals {
		return nil
	}
	trial := q.trial(r)
	payers := trial.payers - 1 // all but himself
	if !trial.before[row] || payers < 1 {
		return nil
	}
	all, at := trial.all, r.place(row)
	if trial.allPay && q.pairwise(r, r.weights[at]) {
		all, at = q.held(r, row), 1
	}
	turn, pays, err := q.paying(trial, r, all)
	if err != nil {
		return nil
	}
	thousandths, ok := turn.LeastGrant(at, pays, payers)
	if !ok {
		return nil
	}
	return []Change{{Cause: CauseCredit, Rule: q.ruleOf(r).ID, Amount: exactDecimal(thousandths, 3+q.ruleOf(r).SizeScale)}}
}

// held holds a row who competes against the one who was picked.
func (q *whatIf) held(r *run, row int) []entrant {
	weight := func(row int) int64 { return r.weights[r.place(row)] }
	return []entrant{{r.winner, weight(r.winner)}, {row, weight(row)}}
}

// paying is a turn, and who of it would pay for a grant. The turn of all is
// made once.
func (q *whatIf) paying(c *contest, r *run, all []entrant) (*rotation.Contest, []bool, error) {
	if len(all) == len(c.all) && c.turn != nil {
		return c.turn, c.pays, nil
	}
	turn, err := q.contest(r, all)
	pays := make([]bool, len(all))
	for n, e := range all {
		pays[n] = c.before[e.row]
	}
	if len(all) == len(c.all) {
		c.turn, c.pays = turn, pays
	}
	return turn, pays, err
}

// byPreference supposes just enough preference.
func (q *whatIf) byPreference(r *run, row int) []Change {
	winner := q.w.candidate(r.rule, q.ruleOf(r), r.winner)
	if !winner.Preferred {
		return q.preferred(r, row, HowExactly, 0, 0)
	}
	if found := q.preferred(r, row, HowExactly, winner.Prefer, winner.Prefer); found != nil {
		return found
	}
	return q.preferred(r, row, HowJustAbove, winner.Prefer, math.Nextafter(winner.Prefer, math.Inf(1)))
}

func (q *whatIf) preferred(r *run, row int, how How, of, value float64) []Change {
	return q.hold(supposition{row: row, prefer: &supposedNumber{r.rule, value}},
		Change{Cause: CausePrefer, How: how, Value: fmt.Sprint(of), Amount: fmt.Sprint(value)})
}

// byOpen supposes as few open units as are enough to come before one who has so
// many.
func (q *whatIf) byOpen(r *run, row int, most int64) []Change {
	for _, units := range []int64{most, most - 1} {
		if found := q.withOpen(row, units); found != nil {
			return found
		}
	}
	return nil
}

// byRoom supposes as few open units, or else as much capacity, as leave more
// room than the one who was picked has.
func (q *whatIf) byRoom(r *run, row int) []Change {
	m, winner := &q.s.roster.members[row], q.w.candidate(r.rule, q.ruleOf(r), r.winner)
	room := winner.Room
	if !winner.RoomKnown {
		room = math.MinInt32 // any room is more than none that is known
	}
	if m.rep.Capacity != nil {
		if found := q.byOpen(r, row, *m.rep.Capacity-room); found != nil {
			return found
		}
	}
	for _, capacity := range []int64{m.open + room, m.open + room + 1} {
		capacity = max(capacity, 0)
		rep := m.rep.with("capacity", capacity)
		c := Change{Cause: CauseField, Field: "rep.capacity", How: HowExactly, Value: fmt.Sprint(capacity), Raw: capacity}
		if found := q.hold(supposition{row: row, rep: &rep}, c); found != nil {
			return found
		}
	}
	return nil
}

// byCustomer tries other values of the customer's fields.
func (q *whatIf) byCustomer(row int) []Change {
	for i := range q.p.Rules {
		if len(q.wholes) >= q.maxWholes() {
			break
		}
		for _, a := range q.customers(PartEligible, i, row) {
			if v := q.withCustomer(&a); v.row == row {
				return []Change{q.customerChange(&a, v)}
			}
		}
	}
	if q.customer == nil {
		q.tryCustomers()
	}
	if c, found := q.customer[row]; found {
		return []Change{c}
	}
	return nil
}

// customers are other values of the customer's fields that a part of a rule in
// force compares.
func (q *whatIf) customers(part Part, rule, row int) []Alternative {
	if !q.p.Rules[rule].inForce(q.now) {
		return nil
	}
	return q.alternatives(part, rule, row)
}

// tryCustomers finds who is given the customer with other values of the fields
// that stand in a `when`, in the `only` of a cap, or in an `eligible`: there it
// depends on the reps what they are compared with.
func (q *whatIf) tryCustomers() {
	var all []Alternative
	for i := range q.p.Rules {
		all = append(all, q.customers(PartWhen, i, 0)...)
	}
	for c := range q.p.Caps {
		all = append(all, q.alternatives(PartOnly, c, 0)...)
	}
	for row := range min(len(q.s.roster.members), maxCompared) {
		for i := range q.p.Rules {
			all = append(all, q.customers(PartEligible, i, row)...)
		}
	}
	q.customer = map[int]Change{}
	for _, a := range all {
		v := q.withCustomer(&a)
		if _, known := q.customer[v.row]; v.row >= 0 && !known {
			q.customer[v.row] = q.customerChange(&a, v)
		}
	}
}

// withCustomer decides again for the customer with one field otherwise.
func (q *whatIf) withCustomer(a *Alternative) verdict {
	key := a.key()
	if a.OfRep || !q.mayAsk(key) {
		return verdict{-1, noRule}
	}
	if v, known := q.wholes[key]; known {
		return v
	}
	subject := q.subjectWith(a)
	if subject == nil {
		return verdict{-1, noRule}
	}
	return q.whole(key, subject, q.now)
}

func (q *whatIf) customerChange(a *Alternative, v verdict) Change {
	return Change{
		Cause: CauseCustomerField, Rule: q.ruleID(v.rule),
		Field: q.p.Kind + "." + a.Field, How: a.How, Value: a.Of, Raw: a.Raw,
	}
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

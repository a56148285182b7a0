package allocation

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation/pick"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// whatIf asks of a decision that was just made again with a trace who would
// have been given the customer, had one thing been otherwise.
//
// A thing of a rep's own changes his way through the rules and nobody else's:
// it is enough to walk him alone through the rules that matched (reach), and to
// hold him against those whom the trace found there (first). Where an order of
// two does not depend on who else is there that costs the same in any roster.
// Everything else, the customer's fields and the time, is decided again as a
// whole (whole), and so is what leads past where the decision ended. A property
// test holds both to a desk to which the change was really made.
type whatIf struct {
	s       *state
	p       *Policy
	subject Subject
	ref     CustomerRef
	fields  []byte // as recorded
	now     time.Time
	runs    []run
	won     int // row of who received the customer; -1 if nobody did

	waiting   int   // customers who waited longer
	alone     bool  // asked about one rep
	reference *live // bound to matcher
	fast      *live // for whole decisions; bound on first use
	matcher   *supposingMatcher
	w         *walk  // for one rep at a time
	one       RepSet // empty between uses
	contests  map[int]*contest
	wholes    map[string]verdict
	customer  map[int]Change // by row: a change of the customer that leads to him; nil before one was looked for
}

// verdict is who would have been given the customer, and by which rule; -1 for
// nobody.
type verdict struct{ row, rule int }

// run is what deciding found in one rule that matched.
type run struct {
	rule    int
	aside   bool    // `pick: none`
	reached []depth // by row
	number  [competing + 1]int
	under   RepSet // eligible, available and under every cap
	rows    []int  // who could be picked …
	weights []int64
	equal   bool    // … and all weigh the same
	winner  int     // row; -1 if nobody was picked
	places  []int32 // by row: his place in rows; made on first use
}

// place is where a row is in r.rows, among which it is.
func (r *run) place(row int) int {
	if r.places == nil {
		r.places = make([]int32, len(r.reached))
		for n, row := range r.rows {
			r.places[row] = int32(n)
		}
	}
	return int(r.places[row])
}

// depth is how far a rep came in a rule. What follows when a rule places nobody
// depends on the furthest that anybody came.
type depth uint8

const (
	notEligible depth = iota
	notAvailable
	atCap
	weightless
	competing
)

var depths = map[Stage]depth{
	StageActive: notEligible, StageEligible: notEligible, StageAvailable: notAvailable, StageCap: atCap,
	StageWeight: weightless, StagePick: competing, StageChosen: competing,
}

// otherwise says what follows when the furthest that anybody came is d.
func (n IfNone) otherwise(d depth) Otherwise {
	switch d {
	case notAvailable:
		return n.Away
	case atCap:
		return n.Full
	}
	return n.NotEligible
}

// furthest is the furthest that anybody came, one row left out.
func (r *run) furthest(but int) depth {
	for d := competing; d > notEligible; d-- {
		n := r.number[d]
		if but >= 0 && r.reached[but] == d {
			n--
		}
		if n > 0 {
			return d
		}
	}
	return notEligible
}

// newWhatIf starts from the state in which a decision was made, the turn that
// the traced decision took undone.
func newWhatIf(s *state, subject Subject, recorded *event, t *trace, won int) *whatIf {
	q := &whatIf{
		s: s, p: s.live.policy, subject: subject, ref: recorded.ref(), fields: recorded.Fields, now: recorded.At,
		runs: t.runs, won: won, reference: s.live,
		contests: map[int]*contest{}, wholes: map[string]verdict{},
	}
	q.matcher = &supposingMatcher{Matcher: s.live.matcher}
	s.live.matcher, s.live.plain = q.matcher, true
	q.w = &walk{s: s, l: s.live, now: q.now, units: t.w.units}
	q.one.Reset(len(s.roster.members))
	q.bind()
	return q
}

// bind binds the customer anew: a Matching is valid until its matcher is told
// something.
func (q *whatIf) bind() { q.w.m = q.matcher.Match(q.subject, q.now) }

func (q *whatIf) ruleOf(r *run) *Rule { return &q.p.Rules[r.rule] }

// placedBy is the rule that would give a rep the customer if something about
// him were otherwise; noRule when he would not get it.
func (q *whatIf) placedBy(x *supposition) int {
	undo, possible := q.suppose(x)
	defer undo()
	switch {
	case !possible:
		return noRule
	case x.activates && slices.Contains(q.p.Fallback, x.rep.ID):
		return q.again(x.row)
	}
	for n := range q.runs {
		r := &q.runs[n]
		if r.aside {
			return noRule
		}
		d, others := q.reach(r, x.row), r.furthest(x.row)
		if d == competing && q.first(r, x.row) {
			return r.rule
		}
		if max(d, others) == competing {
			return noRule
		}
		otherwise := q.ruleOf(r).IfNone.otherwise(max(d, others))
		switch {
		case otherwise == TryFallback && slices.Contains(q.p.Fallback, q.s.roster.members[x.row].rep.ID):
			return q.again(x.row)
		case otherwise != TryNext:
			return noRule
		}
		if n == len(q.runs)-1 && q.ruleOf(r).IfNone.otherwise(r.furthest(-1)) != TryNext {
			return q.again(x.row) // to rules that the decision did not come to
		}
	}
	return noRule
}

// reach is how far a row comes in a rule as things are supposed to be: the
// stages of place, for one rep.
func (q *whatIf) reach(r *run, row int) depth {
	rule, m := q.ruleOf(r), &q.s.roster.members[row]
	switch {
	case m.rep.Inactive || !q.eligible(r.rule, row):
		return notEligible
	case !m.available(rule.Available, q.now):
		return notAvailable
	case q.fullCap(r, row) >= 0:
		return atCap
	case !q.weighs(r, row):
		return weightless
	}
	return competing
}

func (q *whatIf) eligible(rule, row int) bool {
	q.one.Add(row)
	q.w.m.Eligible(rule, &q.one)
	is := q.one.Has(row)
	q.one.Remove(row)
	return is
}

// fullCap is the first cap under which a row has no room in a rule; -1 if
// there is none.
func (q *whatIf) fullCap(r *run, row int) int {
	for c := range q.p.Caps {
		if q.p.Caps[c].Rule < 0 && !q.w.hasRoom(c, row) {
			return c
		}
	}
	for _, c := range q.ruleOf(r).Caps {
		if !q.w.hasRoom(c, row) {
			return c
		}
	}
	return -1
}

func (w *walk) hasRoom(c, row int) bool {
	if !w.capApplies(c) {
		return true
	}
	limit, known := w.m.Limit(c, row)
	if !known {
		return false
	}
	_, full := w.full(c, row, limit)
	return !full
}

func (q *whatIf) weighs(r *run, row int) bool {
	if _, known := q.w.size(r.rule, q.ruleOf(r)); !known {
		return false
	}
	_, at := q.rivals(r, row)
	return at >= 0
}

// entrant is a rep with his weight.
type entrant struct {
	row    int
	weight int64
}

// rivals are those among whom a rule would pick with a row among them, and his
// place; -1 when he has no weight. Of the others it is those alone on whom it
// depends whether he would be picked.
func (q *whatIf) rivals(r *run, row int) (all []entrant, at int) {
	rule := q.ruleOf(r)
	weighted := rule.Pick == "rotate" && (rule.HasWeight || rule.Ramp != nil)
	if weighted && (rule.WeightRange != nil || rule.WeightNull.Kind == NullMean) {
		return q.weighedTogether(r, row)
	}
	weight := int64(equalWeight)
	if weighted {
		q.w.among.Reset(len(q.s.roster.members))
		q.w.among.Add(row)
		if q.w.weigh(r.rule, rule); len(q.w.rows) == 0 {
			return nil, -1
		}
		weight = q.w.weights[0]
	}
	if r.winner >= 0 && r.winner != row && q.pairwise(r, weight) {
		return []entrant{{r.winner, r.weights[r.place(r.winner)]}, {row, weight}}, 1
	}
	for n, other := range r.rows {
		if other != row {
			all = append(all, entrant{other, r.weights[n]})
		}
	}
	return append(all, entrant{row, weight}), len(all)
}

// pairwise reports whether who comes first of two does not depend on who else
// is there, so that whoever was picked is the only one to beat. Shares of equal
// weights are equal in any company.
func (q *whatIf) pairwise(r *run, weight int64) bool {
	rule := q.ruleOf(r)
	return rule.Pick != "rotate" || q.p.Share == ShareTotals ||
		r.equal && weight == r.weights[0] && rule.Selection.Rule != rotation.Window
}

// weighedTogether is rivals where what one weighs depends on the others.
func (q *whatIf) weighedTogether(r *run, row int) (all []entrant, at int) {
	w := q.w
	w.among.CopyFrom(&r.under)
	w.among.Add(row)
	w.err = nil
	if w.weigh(r.rule, q.ruleOf(r)); w.err != nil {
		return nil, -1
	}
	for n, other := range w.rows {
		all = append(all, entrant{other, w.weights[n]})
	}
	return all, slices.Index(w.rows, row)
}

// first reports whether a rule would pick a row who competes in it.
func (q *whatIf) first(r *run, row int) bool {
	all, at := q.rivals(r, row)
	switch rule := q.ruleOf(r); {
	case at < 0:
		return false
	case len(all) == 1:
		return true
	case rule.Pick != "rotate":
		chosen, err := q.reference.strategies[r.rule](q.turn(r, all))
		return err == nil && chosen == at
	case r.winner < 0 || q.p.Share == ShareTotals:
		return q.again(row) == r.rule
	}
	c, err := q.contest(r, all)
	return err == nil && c.Leads(at)
}

// turn is what a strategy looks at.
func (q *whatIf) turn(r *run, all []entrant) *pick.Turn {
	t := &pick.Turn{Preferring: q.ruleOf(r).HasPrefer}
	for _, e := range all {
		t.Candidates = append(t.Candidates, q.w.candidate(r.rule, q.ruleOf(r), e.row))
	}
	return t
}

// contest is a rotation's turn among some reps.
func (q *whatIf) contest(r *run, all []entrant) (*rotation.Contest, error) {
	trial, rule := q.trial(r), q.ruleOf(r)
	open := trial.open
	entrants := make([]rotation.Entrant, len(all))
	for n, e := range all {
		entrants[n] = rotation.Entrant{Account: trial.accounts[e.row], Weight: e.weight}
		if !trial.with[e.row] {
			open++
		}
	}
	var ranks []int32
	if rule.HasPrefer {
		ranks = q.turn(r, all).Ranks()
	}
	size, _ := q.w.size(r.rule, rule)
	return trial.ledger.Contest(rule.Selection, size, entrants, ranks, open)
}

// contest is the rotation of a rule that picked somebody, with an account for
// every rep.
type contest struct {
	ledger   *rotation.Ledger
	accounts []rotation.Account // by row
	before   []bool             // by row: has had an account before the decision
	with     []bool             // by row: has one with it
	open     int                // how many have one with it
	payers   int                // active reps who had one before it
	all      []entrant          // from whom the rule picked
	allPay   bool               // each of them had one before it
	turn     *rotation.Contest  // among all; made on first use
	pays     []bool             // … and who of them had one
}

// trial is the rotation of a rule to try out on.
func (q *whatIf) trial(r *run) *contest {
	if c := q.contests[r.rule]; c != nil {
		return c
	}
	n := len(q.s.roster.members)
	c := &contest{accounts: make([]rotation.Account, n), before: make([]bool, n), with: make([]bool, n)}
	q.contests[r.rule] = c
	if known := q.s.rotations[q.reference.rotations[r.rule]]; known != nil {
		c.ledger, c.open = known.ledger.Clone(), known.ledger.Len()
		for row, account := range known.accounts {
			c.before[row] = account != noAccount
			if c.before[row] && q.s.roster.active.Has(row) {
				c.payers++
			}
		}
	} else {
		c.ledger = rotation.New()
	}
	copy(c.with, c.before)
	c.allPay = true
	for n, row := range r.rows {
		c.all = append(c.all, entrant{row, r.weights[n]})
		if !c.with[row] {
			c.with[row], c.allPay = true, false
			c.open++
		}
	}
	for row := range c.accounts {
		c.accounts[row] = c.ledger.Open(q.s.roster.members[row].rep.ID)
	}
	return c
}

// again is placedBy by deciding again as a whole, as things are supposed to be.
func (q *whatIf) again(row int) int {
	v := q.decide(q.reference, q.subject, q.now)
	q.bind()
	if v.row != row {
		return noRule
	}
	return v.rule
}

// whole decides again for another customer or at another time; the same
// question is asked once.
func (q *whatIf) whole(key string, subject Subject, now time.Time) verdict {
	if v, known := q.wholes[key]; known {
		return v
	}
	if q.fast == nil {
		err := q.s.bind(q.p)
		q.fast, q.s.live = q.s.live, q.reference
		if err != nil {
			q.fast = nil
			return verdict{-1, noRule}
		}
	}
	v := q.decide(q.fast, subject, now)
	q.wholes[key] = v
	return v
}

// decide makes a decision that is not kept.
func (q *whatIf) decide(l *live, subject Subject, now time.Time) verdict {
	s := q.s
	s.rotations, s.lent = map[string]*turns{}, s.rotations
	s.live = l
	defer func() { s.rotations, s.lent, s.live = s.lent, nil, q.reference }()
	out, err := s.allocate(subject, now, nil)
	switch {
	case err != nil || out.status != StatusAssigned:
		return verdict{-1, noRule}
	case out.reason == ReasonFallback:
		return verdict{out.row, theFallback}
	}
	return verdict{out.row, out.rule}
}

// What stands for a rule where there is none.
const (
	noRule      = -1 // the customer goes to somebody else, or to nobody
	theFallback = -2
)

// ruleID names the rule of a verdict.
func (q *whatIf) ruleID(rule int) string {
	if rule < 0 {
		return ""
	}
	return q.p.Rules[rule].ID
}

// subjectWith is the customer with one field otherwise; nil when he could not be
// read.
func (q *whatIf) subjectWith(a *Alternative) Subject {
	c := customerFromFields(q.ref, q.fields)
	if c.Fields == nil {
		c.Fields = map[string]any{}
	}
	c.Fields[a.Field] = a.Raw
	subject, err := q.matcher.ReadCustomer(c)
	if err != nil {
		return nil
	}
	return subject
}

// alternatives are other values of the fields that an expression compares.
func (q *whatIf) alternatives(part Part, index, row int) []Alternative {
	if m, ok := q.w.m.(*supposingMatching); ok {
		if s, ok := m.Matching.(Supposing); ok {
			return s.Alternatives(part, index, row)
		}
	}
	return nil
}

func (a *Alternative) key() string { return fmt.Sprint(a.OfRep, a.Field, "\x00", a.How, "\x00", a.Of) }

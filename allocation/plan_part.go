package allocation

import (
	"cmp"
	"math"
	"slices"
)

// planPart is one rule at work: its customers, and to whom each may go.
type planPart struct {
	p    *planner
	rule int
	r    *Rule
	caps []planCap

	expected  int        // customers who may be added
	customers []int      // indexes into the plan's rows, ascending
	start     []int      // delimits the pairs of each customer
	pairs     []planPair // those of one customer by his rep's place in reps
	sizes     []int64    // of a rotation: what each customer counts for
	away      []string   // of a rotation: see turn.Away
	reps      []int      // rows of the roster, by ID: the order never depends on when a rep came
}

// planPair is a customer and a rep who could have him.
type planPair struct {
	rep    int32   // row of the roster while pairs are collected, then the place in reps
	stays  bool    // he is with him already
	barred bool    // not to be used: see plan_caps.go
	prefer float64 // NaN when unknown
	weight int64   // of a rotation
}

func newPart(p *planner, rule int) *planPart {
	q := &planPart{p: p, rule: rule, expected: len(p.queue[rule]), r: &p.policy.Rules[rule], start: []int{0}}
	for c := range p.policy.Caps {
		if own := p.policy.Caps[c].Rule; own < 0 || own == rule && slices.Contains(q.r.Caps, c) {
			q.caps = append(q.caps, planCap{cap: c})
		}
	}
	return q
}

// add takes a customer in with the reps who could have him, or passes him on.
func (q *planPart) add(k int) error {
	p, w := q.p, &q.p.s.live.walk
	p.match(k)
	w.among.CopyFrom(&p.s.roster.active)
	w.m.Eligible(q.rule, &w.among)
	owner := p.plan.rows[k].from
	mayStay := owner >= 0 && w.among.Has(owner)
	if w.among.Empty() {
		p.nobody(k, q.rule, q.r.IfNone.NotEligible, ReasonNotEligible)
		return nil
	}
	if p.policy.OnReturn.Kind == ReturnGrant {
		w.eligible.CopyFrom(&w.among)
	}
	if !w.keepAvailable(q.rule, q.available()) && !mayStay {
		p.nobody(k, q.rule, q.r.IfNone.Away, ReasonAway)
		return nil
	}
	if owner >= 0 {
		w.among.Remove(owner) // other rules hold for who is there already
	}
	w.keepUnderCaps(q.rule, q.r)
	if mayStay = mayStay && q.mayStay(owner); mayStay {
		w.among.Add(owner)
	}
	if w.among.Empty() {
		p.nobody(k, q.rule, q.r.IfNone.Full, ReasonFull)
		return nil
	}
	size, known := w.size(q.rule, q.r)
	if !known {
		p.nobody(k, q.rule, q.r.IfNone.NotEligible, ReasonNoSize)
		return nil
	}
	if w.weigh(q.rule, q.r); w.err != nil {
		return w.err
	}
	if len(w.rows) == 0 {
		p.nobody(k, q.rule, q.r.IfNone.NotEligible, ReasonNoWeight)
		return nil
	}
	q.take(k, size)
	return nil
}

func (q *planPart) available() Availability {
	if q.r.Available == OnShift && q.p.o.AnyHour {
		return NotAway
	}
	return q.r.Available
}

// take adds the pairs of a customer: nothing can fail any more.
func (q *planPart) take(k int, size int64) {
	w := &q.p.s.live.walk
	first := len(q.pairs)
	if want := first + len(w.rows); want > cap(q.pairs) && first > 0 { // as many more as those before lead to expect
		q.pairs = slices.Grow(q.pairs, want/len(q.customers)*(q.expected-len(q.customers))*17/16)
	}
	for n, row := range w.rows {
		pair := planPair{rep: int32(row), stays: row == q.p.plan.rows[k].from, prefer: math.NaN(), weight: w.weights[n]}
		if value, known := q.prefer(row); known {
			pair.prefer = value
		}
		q.pairs = append(q.pairs, pair)
	}
	for c := range q.caps {
		q.caps[c].applies = append(q.caps[c].applies, w.capApplies(q.caps[c].cap))
	}
	if q.r.Pick == "rotate" {
		q.sizes, q.away = append(q.sizes, size), append(q.away, w.away())
	}
	q.customers, q.start = append(q.customers, k), append(q.start, first+len(w.rows))
}

// prefer is what the rule prefers of a rep for the customer at hand.
func (q *planPart) prefer(row int) (value float64, known bool) {
	if !q.r.HasPrefer {
		return 0, false
	}
	value, known = q.p.s.live.walk.m.Prefer(q.rule, row)
	return value, known && !math.IsInf(value, 0) && !math.IsNaN(value)
}

// of returns the pairs of the nth customer.
func (q *planPart) of(n int) []planPair { return q.pairs[q.start[n]:q.start[n+1]] }

func (q *planPart) units(n int) int64 { return q.p.plan.Rows[q.customers[n]].Units }

// index numbers the reps by ID.
func (q *planPart) index() {
	seen := make([]int32, len(q.p.s.roster.members))
	for _, pair := range q.pairs {
		if seen[pair.rep] == 0 {
			seen[pair.rep] = 1
			q.reps = append(q.reps, int(pair.rep))
		}
	}
	for _, k := range q.customers { // whoever may lose somebody counts where that is limited
		if from := q.p.plan.rows[k].from; from >= 0 && seen[from] == 0 && q.p.o.Stay.limited() {
			seen[from] = 1
			q.reps = append(q.reps, from)
		}
	}
	slices.SortFunc(q.reps, func(a, b int) int { return cmp.Compare(q.id(a), q.id(b)) })
	for place, row := range q.reps {
		seen[row] = int32(place)
	}
	for i := range q.pairs {
		q.pairs[i].rep = seen[q.pairs[i].rep]
	}
	for n := range q.customers {
		slices.SortFunc(q.of(n), func(a, b planPair) int { return cmp.Compare(a.rep, b.rep) })
	}
}

// keepPairs drops the pairs for which keep is false.
func (q *planPart) keepPairs(keep func(*planPair) bool) {
	kept, from := 0, 0
	for n := range q.customers {
		for i := from; i < q.start[n+1]; i++ {
			if keep(&q.pairs[i]) {
				q.pairs[kept] = q.pairs[i]
				kept++
			}
		}
		from, q.start[n+1] = q.start[n+1], kept
	}
	q.pairs = q.pairs[:kept]
}

func (q *planPart) id(row int) string { return q.p.s.roster.members[row].rep.ID }

// allotment is who gets whom in a part: for each customer the place of his pair
// among all pairs, or −1.
type allotment []int

// place makes the optimisation and carries it out.
func (q *planPart) place() error {
	q.index()
	rooms := q.rooms()
	if q.inOrder(&rooms) {
		return q.placeInOrder(&rooms)
	}
	q.closeOver(&rooms)
	q.split(&rooms)
	out := q.part(&rooms)
	v := q.value(&rooms)
	a, err := q.optimise(&out, v)
	if err != nil {
		return err
	}
	if err := q.carryOut(&out, a, v.score); err != nil {
		return err
	}
	if err := v.state(&out, a); err != nil {
		return err
	}
	q.p.plan.Parts = append(q.p.plan.Parts, out)
	return nil
}

// part begins what the plan says of the part.
func (q *planPart) part(o *rooms) PlanPart {
	out := PlanPart{Rule: q.r.ID, Customers: int64(len(q.customers))}
	for r, row := range q.reps {
		out.Reps = append(out.Reps, PlanRep{Rep: q.id(row), Room: o.inUnits(r)})
	}
	return out
}

// Goals of a part.
const (
	GoalValue    = "value"    // the largest sum of scores
	GoalRotation = "rotation" // everybody near what he is entitled to; among those allocations, the largest sum of scores
	GoalLevel    = "level"    // open work, or room, as even as can be
	GoalInOrder  = "in order" // one after the other, as online: nothing is proved
)

func (q *planPart) optimise(out *PlanPart, v *valueGoal) (allotment, error) {
	if !v.rooms.equal && q.p.o.Stay.limited() && q.anyStays() {
		return nil, badInput("rule %q: limits on moves are kept only among customers who take the same units, in this version", q.r.Name)
	}
	switch q.r.Pick {
	case "best":
		out.Goal = GoalValue
		return v.allot()
	case "least_open", "most_available", "first":
		out.Goal = GoalLevel
		return q.within(v.rooms, v.leveled, v.net, v.score)
	}
	out.Goal = GoalRotation
	e := q.entitle(v.rooms)
	a, err := q.rotate(v, e)
	for r := range out.Reps {
		out.Reps[r].Entitled = e.customers[r]
	}
	if v.window != nil {
		out.Within = v.window.within
	}
	return a, err
}

// carryOut gives the reps their customers and passes the others on.
func (q *planPart) carryOut(out *PlanPart, a allotment, scores []int64) error {
	part := len(q.p.plan.Parts)
	plain := q.countedAlike()
	for n, k := range q.customers {
		to := &q.p.plan.Rows[k]
		to.Part = part
		if a[n] < 0 {
			q.p.nobody(k, q.rule, q.r.IfNone.Full, ReasonFull)
			continue
		}
		pair, row := q.pairs[a[n]], &q.p.plan.rows[k]
		row.row = q.reps[pair.rep]
		to.Status, to.Rule, to.Reason, to.Rep, to.Score = StatusAssigned, q.r.ID, "", q.id(row.row), scores[a[n]]
		if plain == nil {
			q.p.match(k)
			row.caps = q.p.s.live.walk.countUnder(q.r.Caps, row.row)
		} else {
			row.caps = *plain
		}
		out.Placed++
		out.Objective += to.Score
		out.Reps[pair.rep].Load += to.Units
		out.Reps[pair.rep].Customers++
		if row.from >= 0 && row.from != row.row {
			out.Moves++
			q.p.moved.note(row)
		}
		q.p.count(k)
		q.p.limitTeams(row)
		if err := q.takeTurn(n, row); err != nil {
			return err
		}
	}
	return nil
}

// countedAlike returns what every customer of the part counts under, or nil when
// that is not the same for all.
func (q *planPart) countedAlike() *[]counted {
	for _, c := range q.caps {
		if spec := &q.p.policy.Caps[c.cap]; spec.Team || spec.Only {
			return nil
		}
	}
	q.p.match(q.customers[0])
	under := q.p.s.live.walk.countUnder(q.r.Caps, q.reps[0])
	return &under
}

// takeTurn takes a customer's turn in the rule's rotation, unless credits are to
// stay. One who moves has had his.
func (q *planPart) takeTurn(n int, row *plannedRow) error {
	if q.r.Pick != "rotate" || q.p.o.NoCredit || row.from >= 0 {
		return nil
	}
	t := &turn{
		Rotation: q.p.s.live.rotations[q.rule], Size: q.sizes[n], Scale: q.r.SizeScale,
		Select: q.r.Selection.Rule.String(), Tau: q.r.Selection.Tau, Sigma: q.r.Selection.Sigma, Away: q.away[n],
	}
	if q.p.policy.Share == ShareTotals {
		t.Select, t.Tau, t.Sigma = selectTotals, 0, 0
	}
	pairs := slices.Clone(q.of(n)) // by row of the roster, as turns have them
	slices.SortFunc(pairs, func(a, b planPair) int { return cmp.Compare(q.reps[a.rep], q.reps[b.rep]) })
	for _, pair := range pairs {
		t.Among = append(t.Among, int32(q.reps[pair.rep]))
		t.Weights = append(t.Weights, pair.weight)
	}
	if slices.Min(t.Weights) == slices.Max(t.Weights) {
		t.Each, t.Weights = t.Weights[0], nil
	}
	row.turn = t
	if q.p.policy.Scope == ScopeDesk { // later rules go by it, too
		return q.p.s.takeTurn(t, row.row)
	}
	return nil
}

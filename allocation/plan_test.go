package allocation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustPlan(d *testDesk, customers []Customer, o PlanOptions) *Plan {
	d.t.Helper()
	p, err := d.Plan(context.Background(), customers, o)
	d.must(err)
	return p
}

// checkPlans is rapid.Check EVENHAND_PLANS times; 2 by default.
func checkPlans(t *testing.T, prop func(*rapid.T)) {
	t.Helper()
	times := 2
	if text := os.Getenv("EVENHAND_PLANS"); text != "" {
		var err error
		if times, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for range times {
		rapid.Check(t, prop)
	}
}

// backlog is a world to plan in: a policy of one rule or two, a desk that has
// given somebody out already, and customers.
type backlog struct {
	fake      *fakePolicy
	reps      []Rep
	desk      *testDesk
	customers []Customer
	partial   int  // caps that count some customers; 2 for each per team
	plain     bool // every cap counts every customer alike, and all units are the same
}

// limitOf is the limit that a rep's fields give a cap.
func limitOf(cap int) func(*Rep) (int64, bool) {
	return func(r *Rep) (int64, bool) {
		n, known := r.KPI[fmt.Sprint("cap", cap)]
		return int64(n), known
	}
}

// drawBacklog draws a policy whose rules take who is worth most by the
// customer's field of the rep's name, and caps of every kind.
func drawBacklog(t *rapid.T, rules int, open, units bool) *backlog {
	b := &backlog{fake: &fakePolicy{}, plain: true}
	p := b.fake
	for i := range rules {
		p.Rules = append(p.Rules, Rule{ID: fmt.Sprint("rule", i), Pick: "best", HasPrefer: true,
			IfNone: IfNone{Full: Otherwise(rapid.IntRange(0, 2).Draw(t, "if full")), NotEligible: Otherwise(rapid.IntRange(0, 2).Draw(t, "if not eligible"))}})
		p.when = append(p.when, func(f fakeFields, _ time.Time) Truth { return Truth(int(f.num(fmt.Sprint("when", i)))) })
		p.eligible = append(p.eligible, func(r *Rep, _ int64, f fakeFields) Truth {
			return Truth(int(f.num(fmt.Sprint("fit", i, r.ID))))
		})
		p.prefer = append(p.prefer, func(r *Rep, f fakeFields) (float64, bool) {
			worth := f.num(r.ID)
			return worth, true
		})
	}
	for c := range rapid.IntRange(0, 3).Draw(t, "caps") {
		spec := Cap{Name: fmt.Sprint("cap", c), Rule: rapid.IntRange(-1, rules-1).Draw(t, "of rule"), Team: rapid.Bool().Draw(t, "team"), Only: rapid.Bool().Draw(t, "only")}
		if rapid.Bool().Draw(t, "flow") {
			spec.Flow, spec.Per = true, mustPer("day")
		}
		b.plain = b.plain && !spec.Team && !spec.Only
		switch {
		case spec.Team:
			b.partial += 2
		case spec.Only:
			b.partial++
		}
		p.Caps = append(p.Caps, spec)
		p.limit = append(p.limit, limitOf(c))
		p.only = append(p.only, func(f fakeFields) Truth { return Truth(int(f.num(fmt.Sprint("only", c)))) })
	}
	slices.SortStableFunc(p.Caps, func(a, b Cap) int { return a.Rule - b.Rule })
	for c, spec := range p.Caps {
		if spec.Rule >= 0 {
			p.Rules[spec.Rule].Caps = append(p.Rules[spec.Rule].Caps, c)
		}
	}
	if units {
		p.units = func(f fakeFields) (int64, error) { return int64(f.num("units")), nil }
		b.plain = false
	}
	if rapid.Bool().Draw(t, "fallback") {
		p.Fallback = []string{"a"}
	}
	for _, id := range []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "reps")] {
		r := Rep{ID: id, KPI: map[string]float64{}, Teams: [][]string{nil, {"x"}, {"y"}, {"x", "y"}}[rapid.IntRange(0, 3).Draw(t, "teams")]}
		for c := range p.Caps {
			if n := rapid.IntRange(-1, 4).Draw(t, "limit"); n >= 0 {
				r.KPI[fmt.Sprint("cap", c)] = float64(n)
			}
		}
		b.reps = append(b.reps, r)
	}
	b.open(t)
	if open {
		for i := range rapid.IntRange(0, 4).Draw(t, "already there") {
			c := b.drawCustomer(t, fmt.Sprint("old", i), rules)
			if d, err := b.desk.Assign(context.Background(), c); err != nil {
				t.Fatal(err)
			} else if d.Status == StatusAssigned && rapid.Bool().Draw(t, "takes part") {
				b.customers = append(b.customers, c)
			}
		}
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "customers") {
		b.customers = append(b.customers, b.drawCustomer(t, fmt.Sprint("new", i), rules))
	}
	return b
}

func (b *backlog) open(t tester) {
	b.desk = openTest(t, NewMemoryStore(), b.fake.policy("p"))
	b.desk.must(b.desk.SetReps(context.Background(), b.reps, Opening{At: monday}))
}

func (b *backlog) drawCustomer(t *rapid.T, id string, rules int) Customer {
	f := map[string]any{"units": rapid.IntRange(0, 3).Draw(t, "units")}
	for i := range rules {
		f[fmt.Sprint("when", i)] = rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "when")
	}
	for c := range b.fake.Caps {
		f[fmt.Sprint("only", c)] = rapid.IntRange(0, 2).Draw(t, "counts")
	}
	for _, r := range b.reps {
		for i := range rules {
			f[fmt.Sprint("fit", i, r.ID)] = rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "fits")
		}
		f[r.ID] = float64(rapid.IntRange(-30, 60).Draw(t, "worth")) / 4
	}
	return Customer{ID: id, At: monday, Fields: f}
}

// view is the desk's state with the policy, as a plan begins with it.
func (b *backlog) view(t tester) *state {
	s, err := loadState(context.Background(), b.desk.store, "test", 0)
	b.desk.must(err)
	b.desk.must(s.bind(b.desk.policies["p"]))
	return s
}

// TestPropertyPlanKeepsCaps counts, for each cap, what the plan adds to it: who
// was above it before stays above it at most by his own.
func TestPropertyPlanKeepsCaps(t *testing.T) {
	checkPlans(t, func(t *rapid.T) {
		b := drawBacklog(t, rapid.IntRange(1, 2).Draw(t, "rules"), true, rapid.Bool().Draw(t, "units differ"))
		before := b.desk.entries()
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		if after := b.desk.entries(); len(after) != len(before) {
			t.Fatalf("planning appended %d entries", len(after)-len(before))
		}
		b.keepsCaps(t, plan)
	})
}

// keepsCaps counts what a plan adds to every cap.
func (b *backlog) keepsCaps(t *rapid.T, plan *Plan) {
	s := b.view(t)
	for _, row := range plan.Rows {
		if row.From != "" && row.Reason != ReasonKept {
			s.forgetCustomer(CustomerRef{"lead", row.Customer})
		}
	}
	for c, spec := range b.fake.Caps {
		used, came := map[string]int64{}, map[string]bool{}
		for k, row := range plan.Rows {
			f := plan.rows[k].subject
			if row.Status != StatusAssigned || f == nil || row.Rep == row.From && spec.Flow || row.Reason == ReasonFallback || row.Reason == ReasonKept {
				continue
			}
			if spec.Rule >= 0 && b.fake.Rules[spec.Rule].ID != row.Rule {
				continue
			}
			m := s.live.matcher.Match(f, monday)
			if spec.Only && m.Applies(c) == False {
				continue
			}
			r, _ := s.roster.row(row.Rep)
			for _, target := range targetsOf(spec, s.roster.members[r].rep) {
				used[target] += s.capSpecs[c].takes(row.Units)
				came[target] = came[target] || row.Rep != row.From
			}
		}
		// Limits and what is used before, beside the plan's.
		for k, row := range plan.Rows {
			if row.Status != StatusAssigned || row.Rep == row.From || row.Reason == ReasonFallback || plan.rows[k].subject == nil {
				continue
			}
			r, _ := s.roster.row(row.Rep)
			m := s.live.matcher.Match(plan.rows[k].subject, monday)
			if spec.Only && m.Applies(c) == False || spec.Rule >= 0 && b.fake.Rules[spec.Rule].ID != row.Rule {
				continue
			}
			limit, known := m.Limit(c, r)
			if !known {
				t.Fatalf("%s went to %s, whose limit of %s is unknown", row.Customer, row.Rep, spec.Name)
			}
			for _, target := range targetsOf(spec, s.roster.members[r].rep) {
				team := ""
				if spec.Team {
					team = target
				}
				if got := s.live.used(s, c, r, team, monday) + used[target]; got > limit && came[target] {
					t.Fatalf("the plan takes %s over cap %s, for %q: %d of %d\n%s", row.Rep, spec.Name, target, got, limit, asJSON(t, plan))
				}
			}
		}
	}
}

// expiring is a context that ends when it has been asked so many times.
type expiring struct {
	context.Context
	left int
}

func (c *expiring) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestPropertyPlanStopped ends the context at any moment: there is no plan, or
// one that keeps every cap and whose bounds are true.
func TestPropertyPlanStopped(t *testing.T) {
	checkPlans(t, func(t *rapid.T) { planStopped(t) })

	// Whether plans are stopped on the way at all is counted on fixed draws.
	stopped := 0
	for seed := range 200 {
		if rapid.Custom(planStopped).Example(seed) {
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("no plan was stopped on the way: the test asks nothing")
	}
}

// planStopped plans with a context that ends after some looks at it, holds the
// plan to its promises, and reports whether it was stopped on the way.
func planStopped(t *rapid.T) bool {
	var b *backlog
	if rapid.Bool().Draw(t, "one rule") {
		b = drawBacklog(t, 1, false, false)
		b.fake.Fallback = nil
		b.fake.Rules[0].Pick = rapid.SampledFrom([]string{"best", "rotate", "least_open"}).Draw(t, "pick")
		b.open(t)
	} else {
		b = drawBacklog(t, 2, true, rapid.Bool().Draw(t, "units differ"))
	}
	ctx := &expiring{context.Background(), rapid.IntRange(0, 40).Draw(t, "asked")}
	plan, err := b.desk.Plan(ctx, b.customers, PlanOptions{At: monday})
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return false
	}
	b.keepsCaps(t, plan)
	for _, part := range plan.Parts {
		if part.Objective > part.Bound || part.Placed > part.Most {
			t.Fatalf("the objective passes its bound: %+v", part)
		}
	}
	if len(b.fake.Rules) == 1 && len(plan.Parts) == 1 && b.fake.Rules[0].Pick == "best" {
		placed, value := b.best(t)
		if part := plan.Parts[0]; part.Most < placed || part.Placed == placed && part.Bound < scaled(value, part.Scale) {
			t.Fatalf("%v for %d is possible, and the bounds are %d and %d", value, placed, part.Bound, part.Most)
		}
	}
	return plan.Stopped
}

func targetsOf(spec Cap, r Rep) []string {
	if spec.Team {
		return r.Teams
	}
	return []string{r.ID}
}

// TestPropertyPlanIsOptimal compares the plan of one rule with every allocation
// there is.
func TestPropertyPlanIsOptimal(t *testing.T) {
	checkPlans(t, func(t *rapid.T) {
		b := drawBacklog(t, 1, false, rapid.Bool().Draw(t, "units differ"))
		b.fake.Fallback = nil
		b.open(t)
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		placed, value := b.best(t)
		if len(plan.Parts) == 0 {
			if placed > 0 {
				t.Fatalf("the plan places nobody, and %d could be", placed)
			}
			return
		}
		part := plan.Parts[0]
		if part.Most < placed || part.Placed > placed || part.Placed == placed && (part.Bound < scaled(value, part.Scale) || part.Objective > scaled(value, part.Scale)) {
			t.Fatalf("%d placed for %d; the best is %v for %d; stated bounds are %d and %d", part.Objective, part.Placed, value, placed, part.Bound, part.Most)
		}
		if b.partial < 2 && b.fake.units == nil && (part.Placed != placed || part.Objective != scaled(value, part.Scale) || part.Bound != part.Objective || part.Most != part.Placed) {
			t.Fatalf("%d placed for %d (bounds %d, %d); the best is %v for %d", part.Objective, part.Placed, part.Bound, part.Most, value, placed)
		}
		if b.plain {
			b.onePlaceMore(t, plan, placed, value)
		}
		if part.Objective > part.Bound || part.Placed > part.Most {
			t.Fatalf("the objective passes its bound: %+v", part)
		}
	})
}

// onePlaceMore gives each rep one place more in turn: that brings his price.
func (b *backlog) onePlaceMore(t *rapid.T, plan *Plan, placed int64, value float64) {
	part := &plan.Parts[0]
	for _, r := range part.Reps {
		if r.Room != r.Load {
			continue // a place more is worth nothing, and costs nothing
		}
		at := slices.IndexFunc(b.reps, func(rep Rep) bool { return rep.ID == r.Rep })
		before := b.reps[at]
		b.reps[at].KPI = map[string]float64{}
		for cap, limit := range before.KPI {
			b.reps[at].KPI[cap] = limit + 1
		}
		b.desk.must(b.desk.SetRep(context.Background(), b.reps[at], monday))
		more, worth := b.best(t)
		gained := scaled(worth, part.Scale) - scaled(value, part.Scale)
		scarce := more > placed
		if scarce {
			gained -= part.Low
		}
		if tight := b.tight(before, r.Room); tight && (gained != r.Price || scarce != r.Scarce) {
			t.Fatalf("one more place of %s brings %d (somebody placed: %v); his price is %d (%v)\n%s", r.Rep, gained, scarce, r.Price, r.Scarce, asJSON(t, plan))
		}
		b.reps[at] = before
		b.desk.must(b.desk.SetRep(context.Background(), before, monday))
	}
}

// tight reports whether raising a rep's limits by one gives him one place more.
func (b *backlog) tight(r Rep, room int64) bool {
	least := int64(1 << 40)
	for cap := range b.fake.Caps {
		limit, known := r.KPI[fmt.Sprint("cap", cap)]
		if !known {
			return false
		}
		least = min(least, int64(limit))
	}
	return least == room
}

func scaled(value float64, scale int) int64 {
	for range scale {
		value *= 10
	}
	return int64(value)
}

// best tries every allocation: the most placed, and the largest value of those.
func (b *backlog) best(t tester) (placed int64, value float64) {
	s := b.view(t)
	placed = -1
	var try func(k int, n int64, v float64)
	try = func(k int, n int64, v float64) {
		if k == len(b.customers) {
			if n > placed || n == placed && v > value {
				placed, value = n, v
			}
			return
		}
		subject, _ := s.live.matcher.ReadCustomer(&b.customers[k])
		f := subject.(fakeFields)
		try(k+1, n, v)
		if f.num("when0") != 1 {
			return
		}
		for r := range b.reps {
			if f.num(fmt.Sprint("fit0", b.reps[r].ID)) != 1 {
				continue
			}
			out, refusal := s.byHand(subject, monday, r, b.fake.Rules[0].Caps, false, nil)
			if refusal != nil {
				continue
			}
			e := &event{Entry: Entry{Kind: "lead", Customer: b.customers[k].ID, At: monday}, details: details{Units: out.units, Caps: out.caps}}
			b.desk.must(s.countUnder(s.openCustomer(e, r), e))
			try(k+1, n+1, v+f.num(b.reps[r].ID))
			c := s.customers[e.ref()]
			s.forgetCustomer(e.ref())
			for _, h := range c.holdings {
				if i, n := s.countOf(h); n != nil {
					n.undo(h)
					s.recount(i, h.Row)
				}
			}
		}
	}
	try(0, 0, 0)
	return placed, value
}

// TestPropertyPlanIgnoresOrderOfReps plans at a desk that learned of its reps in
// another order.
func TestPropertyPlanIgnoresOrderOfReps(t *testing.T) {
	checkPlans(t, func(t *rapid.T) {
		b := drawBacklog(t, 2, false, rapid.Bool().Draw(t, "units differ"))
		want := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		b.desk = openTest(t, NewMemoryStore(), b.fake.policy("p"))
		shuffled := slices.Clone(b.reps)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, r := range shuffled {
			b.desk.must(b.desk.SetRep(context.Background(), r))
		}
		got := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		got.Version = want.Version
		if a, b := asJSON(t, want), asJSON(t, got); a != b {
			t.Fatalf("reps in another order give another plan:\n%s\n%s", a, b)
		}
	})
}

func asJSON(t tester, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

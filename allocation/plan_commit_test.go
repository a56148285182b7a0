package allocation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// books is a desk whose reps have as much room as Capacity says, and whose
// customers say in a field of the rep's name what they are worth with him.
func books(t tester, pick string, reps ...Rep) *testDesk {
	p := &fakePolicy{
		Policy: Policy{Rules: []Rule{{Name: "by worth", Pick: pick, HasPrefer: pick == "best", IfNone: IfNone{Full: Wait}}}, Caps: []Cap{{Name: "book", Rule: -1}}},
		limit:  []func(*Rep) (int64, bool){func(r *Rep) (int64, bool) { return *r.Capacity, true }},
		prefer: []func(*Rep, fakeFields) (float64, bool){func(r *Rep, f fakeFields) (float64, bool) { return f.num(r.ID), true }},
		eligible: []func(*Rep, int64, fakeFields) Truth{func(r *Rep, _ int64, f fakeFields) Truth {
			if f.num("not "+r.ID) > 0 {
				return False
			}
			return True
		}},
	}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(context.Background(), reps, Opening{At: monday}))
	return d
}

func rep(id string, room int64) Rep { return Rep{ID: id, Capacity: new(room)} }

// worth is a customer with what he is worth with each rep.
func worth(id string, with ...any) Customer {
	c := Customer{ID: id, At: monday, Fields: map[string]any{}}
	for i := 0; i < len(with); i += 2 {
		c.Fields[with[i].(string)] = with[i+1]
	}
	return c
}

func (d *testDesk) commit(p *Plan) *Commitment {
	d.t.Helper()
	done, err := p.Commit(context.Background())
	d.must(err)
	return done
}

// since are the entries after a version, a line each.
func (d *testDesk) since(version uint64) string {
	var lines []string
	for _, e := range d.entries() {
		if e.Seq > version {
			lines = append(lines, strings.TrimSpace(fmt.Sprintln(e.Event, e.Customer, e.Rep, e.Reason)))
		}
	}
	return strings.Join(lines, "\n")
}

// TestPlanCommitted: a plan is one change in the ledger. It gives, moves, lets
// wait, and says nothing of those who stay.
func TestPlanCommitted(t *testing.T) {
	d := books(t, "best", rep("ana", 2), rep("bo", 2))
	d.assign("moves", monday, "ana", 3, "bo", 1)
	d.assign("stays", monday, "ana", 3, "bo", 1)
	plan := mustPlan(d, []Customer{worth("moves", "ana", 1, "bo", 1), worth("stays", "ana", 9, "bo", 1), worth("first", "ana", 9, "bo", 1), worth("second", "ana", 5, "bo", 4), worth("none", "ana", 1, "bo", 0)}, PlanOptions{At: monday})
	before := d.entries()
	done := d.commit(plan)
	want := `planned
transferred moves bo planned
assigned first ana
assigned second bo
waiting none  full`
	if got := d.since(before[len(before)-1].Seq); got != want {
		t.Fatalf("the ledger has\n%s\nwant\n%s", got, want)
	}
	if done.Seq != before[len(before)-1].Seq+1 || done.Customers != 4 || done.Resolved != 0 || len(done.Left) != 0 || done.Repeated {
		t.Fatalf("%+v", done)
	}
	again, err := plan.Commit(context.Background())
	if d.must(err); !again.Repeated || again.Seq != done.Seq || len(d.entries()) != len(before)+5 {
		t.Fatalf("a plan is committed once: %+v and %d entries", again, len(d.entries())-len(before))
	}
	d.must(Verify(context.Background(), d.store, "test"))
}

// TestPlanExplainedFromTheLedger: whoever was planned can be told why, by the
// prices in the ledger.
func TestPlanExplainedFromTheLedger(t *testing.T) {
	d := books(t, "best", rep("ana", 2), rep("bo", 2), rep("cy", 1))
	d.assign("moves", monday, "ana", 3, "bo", 1, "not cy", 1)
	plan := mustPlan(d, []Customer{worth("moves", "ana", 2, "bo", 1, "not cy", 1), worth("first", "ana", 9, "bo", 1, "not cy", 1), worth("second", "ana", 5, "bo", 3, "not cy", 1), worth("third", "ana", 5, "bo", 3, "cy", 4)}, PlanOptions{At: monday})
	d.commit(plan)
	for _, id := range []string{"moves", "first", "second", "third"} {
		x, err := d.Explain(context.Background(), id)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if len(x.Plans) != 1 || !x.Plans[0].Proved {
			t.Errorf("%s: the prices prove the decision: %+v", id, x.Plans)
		}
		t.Log(x)
	}
}

// TestPlanKeys: whoever is asked about by his request key after a plan gets what
// the plan decided, and a key that is another's is not taken away.
func TestPlanKeys(t *testing.T) {
	d := books(t, "best", rep("ana", 2), rep("bo", 9))
	ctx := context.Background()
	keyed := func(key string, c Customer) Customer { c.Key = key; return c }
	_, err := d.Assign(ctx, keyed("k1", worth("moves", "ana", 3)))
	d.must(err)
	customers := []Customer{keyed("k1", worth("moves", "bo", 3)), keyed("k2", worth("new", "ana", 1)), keyed("k3", worth("late", "ana", 1))}
	plan := mustPlan(d, customers, PlanOptions{At: monday})
	_, err = d.Assign(ctx, keyed("k3", worth("other", "bo", 1)))
	d.must(err)
	done := d.commit(plan)
	if len(done.Left) != 1 || done.Left[0].Customer != "late" || done.Left[0].Reason != ReasonKeyReused {
		t.Errorf("the key of late is another's: %+v", done.Left)
	}
	for i, want := range []string{"ana", "ana"} { // of moves the decision stands: he was moved
		if again, err := d.Assign(ctx, customers[i]); err != nil || !again.Repeated || again.Rep != want {
			t.Errorf("%s asked about again by its key: %+v, %v", customers[i].ID, again, err)
		}
	}
	d.must(Verify(ctx, d.store, "test"))
	if _, err := d.Plan(ctx, []Customer{keyed("k9", worth("a")), keyed("k9", worth("b"))}, PlanOptions{At: monday}); !errors.Is(err, ErrInput) {
		t.Errorf("two customers with one key: %v", err)
	}
}

// TestPlanReadBack: a committed plan is in the ledger with all that it says.
func TestPlanReadBack(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 2), rep("bo", 2))
	d.assign("moves", monday, "ana", 3, "bo", 1)
	plan := mustPlan(d, []Customer{worth("moves", "ana", 1, "bo", 1), worth("first", "ana", 9, "bo", 1), worth("second", "ana", 5, "bo", 4)}, PlanOptions{At: monday})
	done := d.commit(plan)
	d.assign("later", monday, "bo", 1)
	read, err := PlanAt(ctx, d.config(d.policies["p"]), done.Seq)
	d.must(err)
	for i := range plan.Reps {
		plan.Reps[i].Limit = -1 // is of the time it was made
	}
	for _, pair := range [][2]string{
		{asJSON(t, plan.Rows), asJSON(t, read.Rows)}, {asJSON(t, plan.Parts), asJSON(t, read.Parts)}, {asJSON(t, plan.Reps), asJSON(t, read.Reps)},
		{plan.String(), read.String()}, {plan.ExplainRep("ana"), read.ExplainRep("ana")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("a plan that was read back says\n%s\nand said\n%s", pair[1], pair[0])
		}
	}
	for _, seq := range []uint64{1, 99} {
		if _, err := PlanAt(ctx, d.config(d.policies["p"]), seq); !errors.Is(err, ErrInput) {
			t.Errorf("entry %d is no plan: %v", seq, err)
		}
	}
}

// TestPlanExplainedAfterCompaction: when the entries that a plan was made from are
// gone, whoever it placed can still be told why.
func TestPlanExplainedAfterCompaction(t *testing.T) {
	ctx := context.Background()
	d := books(t, "best", rep("ana", 1), rep("bo", 5))
	cfg := d.config(d.policies["p"])
	cfg.SnapshotEvery = 1
	desk, err := Open(ctx, cfg)
	d.must(err)
	defer desk.Close()
	plan, err := desk.Plan(ctx, []Customer{worth("first", "ana", 9, "bo", 1), worth("second", "ana", 5, "bo", 4)}, PlanOptions{At: monday})
	d.must(err)
	for _, id := range []string{"x", "y", "z"} {
		_, err = desk.Assign(ctx, worth(id, "bo", 1))
		d.must(err)
		d.must(desk.Release(ctx, id, Won, At(monday)))
	}
	done, err := plan.Commit(ctx)
	d.must(err)
	upTo, err := desk.Compact(ctx, done.Seq)
	if d.must(err); upTo <= plan.Version {
		t.Fatalf("compacted to %d, and the plan was made from %d: the test asks nothing", upTo, plan.Version)
	}
	x, err := desk.Explain(ctx, "second")
	if err != nil || len(x.Plans) != 1 || x.Plans[0].Proved || !strings.Contains(x.String(), "worth 4") {
		t.Errorf("%v\n%s", err, x)
	}
}

// TestPlanContradicted: what a plan recorded is not believed when it contradicts
// itself or what the policy says.
func TestPlanContradicted(t *testing.T) {
	d := books(t, "best", rep("ana", 1), rep("bo", 1))
	plan := mustPlan(d, []Customer{worth("first", "ana", 9, "bo", 1), worth("second", "ana", 5, "bo", 4)}, PlanOptions{At: monday})
	d.commit(plan)
	explain := func(damage func(*event)) error {
		cfg := d.config(d.policies["p"])
		cfg.Store = damagedStore{d.store, func(e *Entry) {
			x, err := decode(*e)
			d.must(err)
			damage(x)
			d.must(x.encode())
			e.Body = x.Body
		}}
		_, err := Explain(context.Background(), cfg, CustomerRef{"lead", "second"})
		return err
	}
	d.must(explain(func(*event) {}))
	for name, damage := range map[string]func(*event){
		"a place of ana costs nothing": func(e *event) {
			if e.Plan != nil {
				e.Plan.Parts[0].Reps[0].Price = 0
			}
		},
		"second is worth more": func(e *event) {
			if e.Planned != nil {
				e.Planned.Score++
			}
		},
		"another plan": func(e *event) {
			if e.Planned != nil {
				e.Planned.Part = 7
			}
		},
	} {
		if err := explain(damage); !errors.Is(err, ErrReplayDiverged) && !errors.Is(err, ErrLedger) {
			t.Errorf("%s, and the explanation says %v", name, err)
		}
	}
}

// TestPlanIsOutdated: nothing is recorded of a plan when the policy is another.
func TestPlanIsOutdated(t *testing.T) {
	d := books(t, "best", rep("ana", 2))
	plan := mustPlan(d, []Customer{worth("new", "ana", 1)}, PlanOptions{At: monday})
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{}}}}
	d.must(d.SetPolicy(context.Background(), p.policy("another"), monday))
	before := len(d.entries())
	if _, err := plan.Commit(context.Background()); !errors.Is(err, ErrPlanOutdated) || len(d.entries()) != before {
		t.Fatalf("a plan of an earlier policy is refused: %v", err)
	}
	var read Plan
	if _, err := read.Commit(context.Background()); !errors.Is(err, ErrInput) {
		t.Fatalf("a plan read from a file is refused: %v", err)
	}
}

// TestPlanMeanwhile: what happened since a plan was made is not undone by it.
func TestPlanMeanwhile(t *testing.T) {
	d := books(t, "best", rep("ana", 2), rep("bo", 2), rep("cy", 1), rep("di", 9))
	d.assign("owned", monday, "ana", 1, "not di", 1)
	customers := []Customer{
		worth("owned", "ana", 0, "bo", 3, "cy", 1, "not di", 1), // to bo
		worth("a1", "ana", 9, "not di", 1), worth("a2", "ana", 8, "not di", 1), worth("b1", "bo", 7, "not di", 1),
		worth("c1", "cy", 7, "ana", 1, "bo", 1, "di", 1), worth("gone", "di", 5),
	}
	plan := mustPlan(d, customers, PlanOptions{At: monday})
	before := d.entries()
	d.assign("gone", monday, "bo", 1, "not di", 1, "not ana", 1, "not cy", 1) // takes a place at bo
	d.must(d.SetRep(context.Background(), Rep{ID: "cy", Capacity: new(int64(1)), Inactive: true}, monday))
	done := d.commit(plan)
	// bo had places for owned and b1; one of them is gone. cy is not there: c1 goes
	// elsewhere. Of gone something was recorded.
	if len(done.Left) != 1 || done.Left[0].Customer != "gone" || done.Left[0].Reason != ReasonDecided {
		t.Errorf("left are %+v", done.Left)
	}
	if done.Resolved != 2 {
		t.Errorf("%d were placed anew, want c1 and one of those for bo", done.Resolved)
	}
	t.Log(d.since(before[len(before)-1].Seq))
	s, err := loadState(context.Background(), d.store, "test", 0)
	d.must(err)
	for _, m := range s.roster.members {
		if m.open > *m.rep.Capacity {
			t.Errorf("%s has %d open and room for %d", m.rep.ID, m.open, *m.rep.Capacity)
		}
	}
	for _, row := range plan.Rows {
		c := s.customers[CustomerRef{row.Kind, row.Customer}]
		if row.Customer != "gone" && (c == nil || c.status != row.Status || c.row >= 0 && s.roster.members[c.row].rep.ID != row.Rep) {
			t.Errorf("the plan says %+v, and the desk has %+v", row, c)
		}
	}
	if c := s.customers[CustomerRef{"lead", "c1"}]; c.status != StatusAssigned || s.roster.members[c.row].rep.ID != "di" {
		t.Errorf("c1 is placed anew, with di: %+v", c)
	}
	for _, row := range plan.Rows {
		if x, err := d.Explain(context.Background(), row.Customer); err != nil {
			t.Errorf("%s: %v\n%s", row.Customer, err, x)
		}
	}
}

// TestPropertyPlanCommitted commits plans of every kind. The desk is then what
// the plan says, whoever loads the ledger finds the same, everything is
// explained, and committing again records nothing.
func TestPropertyPlanCommitted(t *testing.T) {
	proved := 0
	checkPlans(t, func(t *rapid.T) {
		pick := rapid.SampledFrom([]string{"best", "rotate", "least_open"}).Draw(t, "pick")
		b := drawBacklog(t, rapid.IntRange(1, 2).Draw(t, "rules"), pick == "best", rapid.Bool().Draw(t, "units differ"))
		if pick != "best" {
			b.fake.Rules[0].Pick = pick
			b.open(t)
		}
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday, NoCredit: rapid.Bool().Draw(t, "no credit")})
		if pick == "best" {
			b.keepsCaps(t, plan)
		}
		done := b.desk.commit(plan)
		if pick == "best" && (len(done.Left) > 0 || done.Resolved > 0) {
			t.Fatalf("nothing happened meanwhile, and the commitment is %+v\n%s", done, asJSON(t, plan))
		}
		after := b.desk.entries()
		b.isPlanned(t, plan, done, nil)
		again := b.desk.commit(plan)
		other := *plan
		other.commit = nil
		third := b.desk.commit(&other)
		if !again.Repeated || !third.Repeated || again.Seq != done.Seq || len(b.desk.entries()) != len(after) {
			t.Fatalf("a plan is committed once: %+v %+v", again, third)
		}
		proved += b.explained(t, plan, done)
	})
	t.Logf("%d decisions proved by their prices", proved)
}

// isPlanned holds the desk against a plan, those excepted of whom something was
// recorded meanwhile.
func (b *backlog) isPlanned(t *rapid.T, plan *Plan, done *Commitment, touched map[string]bool) {
	s := b.view(t)
	left := map[string]bool{}
	for _, l := range done.Left {
		left[l.Customer] = true
	}
	for k, row := range plan.Rows {
		ref := CustomerRef{row.Kind, row.Customer}
		c := s.customers[ref]
		switch {
		case left[row.Customer] || touched[row.Customer] || plan.rows[k].subject == nil:
		case row.Status == StatusAssigned && (c == nil || c.status != StatusAssigned || s.roster.members[c.row].rep.ID != row.Rep || c.units != row.Units):
			t.Fatalf("the plan gives %s to %s, and the desk has %+v", row.Customer, row.Rep, c)
		case row.Status == StatusWaiting && (c == nil || c.status != StatusWaiting):
			t.Fatalf("by the plan %s waits, and the desk has %+v", row.Customer, c)
		case row.Status == StatusUnassigned && c != nil:
			t.Fatalf("by the plan %s is with nobody, and the desk has %+v", row.Customer, c)
		}
	}
	for _, open := range plan.Reps {
		row, _ := s.roster.row(open.Rep)
		if s.roster.members[row].open != open.After {
			t.Fatalf("the plan says that %s has %d open afterwards; he has %d", open.Rep, open.After, s.roster.members[row].open)
		}
	}
	if err := Verify(context.Background(), b.desk.store, "test"); err != nil {
		t.Fatal(err)
	}
	text, err := s.encode()
	b.desk.must(err)
	b.desk.must(b.desk.submit(context.Background(), func(g *group) error {
		here, err := g.s.encode()
		if string(here) != string(text) {
			t.Fatalf("the desk and its ledger differ:\n%s\n%s", here, text)
		}
		return err
	}))
}

// explained explains everybody whom a plan decided, and returns how many
// decisions their prices prove.
func (b *backlog) explained(t *rapid.T, plan *Plan, done *Commitment) (proved int) {
	for _, e := range b.desk.entries() {
		if e.Seq <= done.Seq || e.Customer == "" {
			continue
		}
		x, err := b.desk.Explain(context.Background(), e.Customer)
		if err != nil {
			t.Fatalf("%s: %v\n%s\n%s", e.Customer, err, x, asJSON(t, plan))
		}
		if len(x.Plans) == 0 {
			t.Fatalf("%s was decided by a plan, and the explanation does not say so: %s", e.Customer, x)
		}
		if x.Plans[0].Proved {
			proved++
		}
	}
	return proved
}

// TestPropertyPlanMeanwhile lets things happen between a plan and its commit:
// whoever they concern is left, caps are kept, and all others are as planned.
func TestPropertyPlanMeanwhile(t *testing.T) {
	resolved, left := 0, 0
	checkPlans(t, func(t *rapid.T) {
		b := drawBacklog(t, rapid.IntRange(1, 2).Draw(t, "rules"), true, rapid.Bool().Draw(t, "units differ"))
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		said := slices.Clone(plan.Rows)
		touched := map[string]bool{}
		b.happens(t, touched)
		done := b.desk.commit(plan)
		for _, l := range done.Left {
			if l.Reason == ReasonDecided && !touched[l.Customer] {
				t.Fatalf("nothing was recorded of %s, and it is left for that", l.Customer)
			}
		}
		b.isPlanned(t, plan, done, touched)
		b.keepsCapsNow(t, done)
		changed := 0
		for k := range said {
			if said[k].Rep != plan.Rows[k].Rep || said[k].Status != plan.Rows[k].Status {
				changed++
			}
		}
		if changed > done.Resolved {
			t.Fatalf("%d rows changed, and %d were placed anew", changed, done.Resolved)
		}
		b.explained(t, plan, done)
		resolved, left = resolved+done.Resolved, left+len(done.Left)
	})
	t.Logf("%d rows placed anew, %d left", resolved, left)
}

// happens does some of what a busy desk does.
func (b *backlog) happens(t *rapid.T, touched map[string]bool) {
	ctx := context.Background()
	for i := range rapid.IntRange(1, 4).Draw(t, "things that happen") {
		c := b.customers[rapid.IntRange(0, len(b.customers)-1).Draw(t, "to whom")]
		var err error
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			_, err = b.desk.Assign(ctx, b.drawCustomer(t, fmt.Sprint("other", i), len(b.fake.Rules)))
		case 1:
			touched[c.ID] = true
			_, err = b.desk.Assign(ctx, c)
		case 2:
			err = b.desk.Release(ctx, c.ID, Won, At(monday))
			touched[c.ID] = true
		case 3:
			touched[c.ID] = true
			_, err = b.desk.AssignTo(ctx, c, b.reps[0].ID, Force())
		case 4:
			r := b.reps[rapid.IntRange(0, len(b.reps)-1).Draw(t, "rep")]
			r.Inactive = true
			err = b.desk.SetRep(ctx, r, monday)
		case 5:
			r := b.reps[rapid.IntRange(0, len(b.reps)-1).Draw(t, "rep")]
			r.KPI = map[string]float64{}
			for c := range b.fake.Caps {
				r.KPI[fmt.Sprint("cap", c)] = float64(rapid.IntRange(0, 4).Draw(t, "new limit"))
			}
			err = b.desk.SetRep(ctx, r, monday)
		}
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) && !errors.Is(err, ErrUnknownCustomer) {
			t.Fatal(err)
		}
	}
	for _, e := range b.desk.entries() {
		if x, err := decode(e); err == nil && x.Via == viaWaiting {
			touched[e.Customer] = true
		}
	}
}

// keepsCapsNow holds what a commit added to every cap against its limit.
func (b *backlog) keepsCapsNow(t *rapid.T, done *Commitment) {
	s := b.view(t)
	came, fallen := map[claimed]int{}, map[int]bool{}
	for _, e := range b.desk.entries() {
		if e.Seq <= done.Seq || e.Rep == "" {
			continue
		}
		x, err := decode(e)
		b.desk.must(err)
		row, _ := s.roster.row(e.Rep)
		if s.roster.members[row].rep.Inactive {
			t.Fatalf("%s went to %s, who is not active", e.Customer, e.Rep)
		}
		if e.Reason == ReasonFallback {
			fallen[row] = true // he may be above his caps
			continue
		}
		for _, c := range x.Caps {
			came[claimed{c.Cap, row, c.Team}]++
		}
		for c := range s.capSpecs {
			if s.capSpecs[c].Book {
				came[claimed{c, row, ""}]++
			}
		}
	}
	m := s.live.matcher.Match(nil, monday)
	limits := map[claimed]int64{} // of a team the highest of those who got somebody: an earlier one may have had a lower
	for at := range came {
		limit, known := m.Limit(at.cap, at.row)
		if !known {
			t.Fatalf("the commit gives to %s, whose limit of cap %s is unknown", s.roster.members[at.row].rep.ID, b.fake.Caps[at.cap].Name)
		}
		place := at
		if at.team != "" {
			place.row = -1
		}
		limits[place] = max(limits[place], limit)
	}
	for at, limit := range limits {
		if fallen[at.row] || at.team != "" && len(fallen) > 0 {
			continue
		}
		if used := s.live.used(s, at.cap, max(0, at.row), at.team, monday); used > limit {
			t.Fatalf("the commit takes %+v over cap %s: %d of %d", at, b.fake.Caps[at.cap].Name, used, limit)
		}
	}
}

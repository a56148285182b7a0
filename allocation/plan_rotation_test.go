package allocation

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawRotation draws a rule that rotates by weights, with or without preference
// and caps.
func drawRotation(t *rapid.T, prefer, caps bool) *backlog {
	b := &backlog{fake: &fakePolicy{}}
	p := b.fake
	p.Rules = []Rule{{ID: "rule0", Pick: "rotate", HasWeight: true, WeightByRep: true, HasPrefer: prefer}}
	p.when = append(p.when, func(f fakeFields, _ time.Time) Truth { return True })
	p.eligible = append(p.eligible, func(r *Rep, _ int64, f fakeFields) Truth { return Truth(int(f.num("fit0" + r.ID))) })
	p.prefer = append(p.prefer, func(r *Rep, f fakeFields) (float64, bool) { return f.num(r.ID), true })
	p.weight = append(p.weight, func(r *Rep, _ fakeFields) (float64, bool) { return r.KPI["weight"], true })
	if caps {
		p.Caps = []Cap{{Name: "cap0", Rule: -1}}
		p.limit = append(p.limit, limitOf(0))
	}
	for _, id := range []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "reps")] {
		b.reps = append(b.reps, Rep{ID: id, KPI: map[string]float64{
			"weight": float64(rapid.IntRange(0, 3).Draw(t, "weight")), "cap0": float64(rapid.IntRange(0, 6).Draw(t, "limit")),
		}})
	}
	b.open(t)
	for i := range rapid.IntRange(1, 12).Draw(t, "customers") {
		b.customers = append(b.customers, b.drawCustomer(t, fmt.Sprint("new", i), 1))
	}
	return b
}

// TestPropertyPlanRotatesWithinOneAtEveryPrefix is theorem T7 on the desk: a
// rotation that begins even, after each customer in the order of the rows.
func TestPropertyPlanRotatesWithinOneAtEveryPrefix(t *testing.T) {
	checkPlans(t, func(t *rapid.T) {
		b := drawRotation(t, false, false)
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		entitled, got := map[string]*big.Rat{}, map[string]int64{}
		for _, r := range b.reps {
			entitled[r.ID] = new(big.Rat)
		}
		for k, row := range plan.Rows {
			total, fits := int64(0), map[string]int64{}
			for _, r := range b.reps {
				if b.customers[k].Fields["fit0"+r.ID] == 1 {
					fits[r.ID] = int64(r.KPI["weight"])
					total += fits[r.ID]
				}
			}
			if (total > 0) != (row.Status == StatusAssigned) {
				t.Fatalf("%s is %s, and the weights of who could have him add up to %d", row.Customer, row.Status, total)
			}
			got[row.Rep]++
			for id, w := range fits {
				entitled[id].Add(entitled[id], big.NewRat(w, max(1, total)))
			}
			for id, x := range entitled {
				if d := new(big.Rat).Sub(x, big.NewRat(got[id], 1)); d.Abs(d).Cmp(big.NewRat(1, 1)) >= 0 {
					t.Fatalf("after %s, %s has got %d and is entitled to %s: a customer off\n%s", row.Customer, id, got[id], x.FloatString(3), asJSON(t, plan))
				}
			}
		}
	})
}

// TestPropertyPlanRotatesWithinItsWindow: with preferences, caps and credit from
// before, nobody is further from his entitlement than the part says, and as many
// are placed as without a rotation.
func TestPropertyPlanRotatesWithinItsWindow(t *testing.T) {
	checkPlans(t, func(t *rapid.T) {
		b := drawRotation(t, rapid.Bool().Draw(t, "prefers"), rapid.Bool().Draw(t, "caps"))
		for i := range rapid.IntRange(0, 5).Draw(t, "before") {
			d, err := b.desk.Assign(context.Background(), b.drawCustomer(t, fmt.Sprint("old", i), 1))
			if err != nil {
				t.Fatal(err)
			}
			if d.Status == StatusAssigned && rapid.Bool().Draw(t, "ended") {
				b.desk.must(b.desk.Release(context.Background(), d.Customer, Won, At(monday)))
			}
		}
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday, NoCredit: rapid.Bool().Draw(t, "no credit")})
		for _, part := range plan.Parts {
			if part.Placed != part.Most || part.Objective != part.Bound {
				t.Fatalf("%d of %d placed for %d of %d: not optimal", part.Placed, part.Most, part.Objective, part.Bound)
			}
			for _, r := range part.Reps {
				off := math.Abs(r.Entitled - float64(r.Customers))
				atRoom := r.Room >= 0 && r.Load == r.Room || r.Customers == 0
				if off >= float64(max(1, part.Within)) && off > float64(part.Within) && !atRoom {
					t.Fatalf("%s gets %d and is entitled to %v, more than %d off\n%s", r.Rep, r.Customers, r.Entitled, part.Within, asJSON(t, plan))
				}
			}
		}
		for k, row := range plan.Rows {
			if turn := plan.rows[k].turn; (turn != nil) != (row.Status == StatusAssigned && !plan.o.NoCredit) {
				t.Fatalf("%s is %s with turn %v", row.Customer, row.Status, turn)
			}
		}
	})
}

// TestPlanStoppedRotationKeepsTeams: a rotation that is stopped at any moment
// keeps the cap of a team.
func TestPlanStoppedRotationKeepsTeams(t *testing.T) {
	p := &fakePolicy{
		Policy: Policy{Rules: []Rule{{Pick: "rotate", HasPrefer: true}}, Caps: []Cap{{Name: "team", Rule: -1, Team: true}}},
		limit:  []func(*Rep) (int64, bool){func(*Rep) (int64, bool) { return 1, true }},
		prefer: []func(*Rep, fakeFields) (float64, bool){func(r *Rep, f fakeFields) (float64, bool) { return f.num(r.ID), true }},
	}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(context.Background(), []Rep{{ID: "a", Teams: []string{"x"}}, {ID: "b", Teams: []string{"x"}}}, Opening{At: monday}))
	stopped := 0
	for asked := range 100 {
		plan, err := d.Plan(&expiring{context.Background(), asked}, []Customer{worth("one", "a", 3, "b", 1), worth("two", "a", 2), worth("three", "b", 2)}, PlanOptions{At: monday})
		if err != nil {
			continue
		}
		if plan.Stopped {
			stopped++
		}
		placed := 0
		for _, row := range plan.Rows {
			if row.Status == StatusAssigned {
				placed++
			}
		}
		if placed > 1 {
			t.Fatalf("asked %d times: the team may have 1 and gets %d", asked, placed)
		}
	}
	if stopped == 0 {
		t.Error("no plan was stopped on the way: the test asks nothing")
	}
}

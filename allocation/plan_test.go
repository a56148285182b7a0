package allocation

import (
	"context"
	"fmt"
	"testing"
)

func mustPlan(d *testDesk, customers []Customer, o PlanOptions) *Plan {
	d.t.Helper()
	p, err := d.Plan(context.Background(), customers, o)
	d.must(err)
	return p
}

func TestPlanSmoke(t *testing.T) {
	p := &fakePolicy{
		Policy: Policy{Rules: []Rule{{Pick: "best", HasPrefer: true}}, Caps: []Cap{{Name: "book", Rule: -1}}},
		prefer: []func(*Rep, fakeFields) (float64, bool){func(r *Rep, f fakeFields) (float64, bool) { v, ok := f[r.ID].(float64); return v, ok }},
		limit:  []func(*Rep) (int64, bool){constLimit(2)},
	}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(context.Background(), reps("a", "b"), Opening{At: monday}))
	var customers []Customer
	for i := range 5 {
		customers = append(customers, Customer{ID: fmt.Sprint("c", i), Fields: map[string]any{"a": 10 + i, "b": 5 * i}})
	}
	plan := mustPlan(d, customers, PlanOptions{At: monday})
	for _, r := range plan.Rows {
		t.Logf("%+v", r)
	}
	t.Logf("%+v", plan.Parts)
}

package allocation_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
	"pgregory.net/rapid"
)

const severalPolicy = `
evenhand: 1
name: several
customer: lead
kpis: [win_rate]
caps: [{name: book, open: rep.capacity}]
rules:
  - {name: named, id: named, when: has(lead.owner), eligible: rep.id == lead.owner, pick: first}
  - {name: steel, id: steel, when: lead.industry == "steel" and lead.value > 100, eligible: '"steel" in rep.skills', pick: best, prefer: rep.kpi.win_rate * lead.value, if_none: {full: wait}}
  - {name: region, id: region, when: 'lead.region in ["N", "S"]', eligible: lead.region == rep.region, pick: rotate, weight: rep.kpi.win_rate, if_none: {not_eligible: fallback}}
  - {name: rest, id: rest, eligible: rep.kpi.win_rate > 0.2, pick: least_open}
fallback: [{rep: r0}]
`

// TestPropertyPlanByReference asks the policy's reference matcher about every row
// of a plan: its rule matches, and its rep is eligible by it. Whoever is unplaced
// is told what Assign says once the plan is carried out by hand: there is no room
// left for him, and the reason is the same.
func TestPropertyPlanByReference(t *testing.T) {
	document, err := policy.Parse("several.yaml", []byte(severalPolicy), fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		desk, err := allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: allocation.NewMemoryStore(), Replay: allocation.ReplayStrict})
		must(err)
		defer desk.Close()
		var reps []allocation.Rep
		reference := p.NewReference()
		for i := range rapid.IntRange(1, 5).Draw(t, "reps") {
			r := allocation.Rep{ID: fmt.Sprint("r", i), Capacity: new(rapid.Int64Range(0, 4).Draw(t, "capacity")), Region: rapid.SampledFrom([]string{"", "N", "S"}).Draw(t, "region")}
			if rapid.Bool().Draw(t, "steel") {
				r.Skills = []string{"steel"}
			}
			if n := rapid.IntRange(-1, 5).Draw(t, "win rate"); n >= 0 {
				r.KPI = map[string]float64{"win_rate": float64(n) / 10}
			}
			reps = append(reps, r)
			must(reference.SetRep(i, &reps[i]))
		}
		must(desk.SetReps(ctx, reps, allocation.Opening{At: now}))
		var customers []allocation.Customer
		for i := range rapid.IntRange(1, 12).Draw(t, "customers") {
			customers = append(customers, allocation.Customer{ID: fmt.Sprint("L", i), At: now,
				Owner:    rapid.SampledFrom([]string{"", "", "r1", "r9"}).Draw(t, "owner"),
				Industry: rapid.SampledFrom([]string{"", "steel"}).Draw(t, "industry"),
				Region:   rapid.SampledFrom([]string{"", "N", "S"}).Draw(t, "of region"),
				Value:    new(float64(rapid.IntRange(0, 300).Draw(t, "value")))})
		}
		plan, err := desk.Plan(ctx, customers, allocation.PlanOptions{At: now})
		must(err)
		for k, row := range plan.Rows {
			if row.Status != allocation.StatusAssigned {
				continue
			}
			_, err := desk.AssignTo(ctx, customers[k], row.Rep, allocation.Force())
			must(err)
			if row.Rule == "" {
				continue // the fallback
			}
			subject, err := reference.ReadCustomer(&customers[k])
			must(err)
			m := reference.Match(subject, now)
			for i, r := range p.Rules {
				if r.ID == row.Rule {
					var among allocation.RepSet
					var at int
					fmt.Sscanf(row.Rep, "r%d", &at)
					among.Add(at)
					if m.Eligible(i, &among); m.When(i) != allocation.True || !among.Has(at) {
						t.Fatalf("%s went to %s by rule %s, which does not match or does not take him", row.Customer, row.Rep, row.Rule)
					}
				}
			}
		}
		for k, row := range plan.Rows {
			if row.Status == allocation.StatusAssigned {
				continue
			}
			d, err := desk.Assign(ctx, customers[k])
			must(err)
			if d.Status != row.Status || d.Reason != row.Reason || d.Rule != row.Rule {
				t.Fatalf("%s is left %s (%s, rule %q); online he is %s (%s, rule %q)", row.Customer, row.Status, row.Reason, row.Rule, d.Status, d.Reason, d.Rule)
			}
		}
	})
}

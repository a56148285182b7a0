package allocation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

const territoriesPolicy = `
evenhand: 1
name: territories
customer: lead
fields: {lead: {price: number, employees: int}, rep: {size: int}}
kpis: [win_rate]
caps: [{name: book, open: rep.capacity}]
rules:
  - {name: all, id: all, eligible: lead.territory in rep.territories, pick: best, prefer: 'rep.kpi.win_rate * lead.price - abs(lead.employees - rep.size)'}
`

// territories is a desk with reps in twenty territories, so that one in twenty
// may have each customer, and customers for nine tenths of the places.
func territories(b *testing.B, reps, customers int) (*allocation.Desk, []allocation.Customer) {
	b.Helper()
	document, err := policy.Parse("territories.yaml", []byte(territoriesPolicy), fstest.MapFS{})
	if err != nil {
		b.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		b.Fatal(err)
	}
	desk, err := allocation.Open(context.Background(), allocation.Config{Policy: p, Compile: policy.Compile, Store: allocation.NewMemoryStore(), SnapshotEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 1))
	roster := make([]allocation.Rep, reps)
	for i := range roster {
		roster[i] = allocation.Rep{
			ID: fmt.Sprintf("rep-%04d", i), Territories: []string{fmt.Sprint("t", i%20)}, Capacity: new(int64((customers*10/9 + reps - 1) / reps)),
			KPI: map[string]float64{"win_rate": float64(100+r.IntN(500)) / 1000}, Fields: map[string]any{"size": r.IntN(500)},
		}
	}
	if err := desk.SetReps(context.Background(), roster); err != nil {
		b.Fatal(err)
	}
	out := make([]allocation.Customer, customers)
	for i := range out {
		out[i] = allocation.Customer{ID: fmt.Sprintf("L-%06d", i), Territory: fmt.Sprint("t", r.IntN(20)),
			Fields: map[string]any{"price": 500 + r.IntN(20_000), "employees": r.IntN(500)}}
	}
	return desk, out
}

// BenchmarkPlan plans customers whom one rep in twenty may have, and gives the
// same customers out one by one at the same desk afterwards. It reports both
// times, their ratio, and how much more the plan is worth. EVENHAND_PLAN is
// CUSTOMERSxREPS; it defaults to 5000x100.
func BenchmarkPlan(b *testing.B) {
	customers, reps := 5000, 100
	if size := os.Getenv("EVENHAND_PLAN"); size != "" {
		if _, err := fmt.Sscanf(size, "%dx%d", &customers, &reps); err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	desk, backlog := territories(b, reps, customers)
	defer desk.Close()
	var plan *allocation.Plan
	start := time.Now()
	for b.Loop() {
		var err error
		if plan, err = desk.Plan(ctx, backlog, allocation.PlanOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	planned := time.Since(start) / time.Duration(b.N)
	start = time.Now()
	requests := desk.Requests()
	var results []*allocation.Result
	for _, c := range backlog {
		results = append(results, requests.Assign(c))
	}
	if err := requests.Commit(ctx); err != nil {
		b.Fatal(err)
	}
	greedy := time.Since(start)
	worth, placed := greedyWorth(b, reps, backlog, results)
	part := plan.Parts[0]
	if part.Objective != part.Bound {
		b.Fatalf("worth %d and not proved optimal: %d", part.Objective, part.Bound)
	}
	b.ReportMetric(planned.Seconds(), "plan-s")
	b.ReportMetric(greedy.Seconds(), "online-s")
	b.ReportMetric(planned.Seconds()/greedy.Seconds(), "plan/online")
	b.ReportMetric(float64(part.Placed), "placed")
	b.ReportMetric(float64(placed), "placed-online")
	b.ReportMetric(amount(part.Objective, part.Scale)/worth, "worth/online")
}

func amount(score int64, scale int) float64 {
	factor, _ := strconv.ParseFloat("1e"+strconv.Itoa(-scale), 64)
	return float64(score) * factor
}

// greedyWorth is what the customers are worth with the reps they went to.
func greedyWorth(b *testing.B, reps int, backlog []allocation.Customer, results []*allocation.Result) (worth float64, placed int) {
	b.Helper()
	r := rand.New(rand.NewPCG(7, 1)) // as in territories
	rate, size := map[string]float64{}, map[string]int{}
	for i := range reps {
		id := fmt.Sprintf("rep-%04d", i)
		rate[id], size[id] = float64(100+r.IntN(500))/1000, r.IntN(500)
	}
	for i, result := range results {
		if result.Err != nil {
			b.Fatal(result.Err)
		}
		if rep := result.Decision.Rep; rep != "" {
			off := backlog[i].Fields["employees"].(int) - size[rep]
			worth += rate[rep]*float64(backlog[i].Fields["price"].(int)) - float64(max(off, -off))
			placed++
		}
	}
	return worth, placed
}

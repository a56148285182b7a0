package allocation_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

const backlogPolicy = `
evenhand: 1
name: backlog
customer: lead
fields: {lead: {price: number}}
kpis: [hardware, software]
caps:
  - {name: book, open: rep.capacity}
rules:
  - name: hardware
    id: hardware
    when: lead.segment == "hardware"
    pick: best
    prefer: rep.kpi.hardware * lead.price
    if_none: wait
  - name: everything else
    id: rest
    pick: best
    prefer: rep.kpi.software * lead.price
    if_none: wait
`

// backlogDesk is a desk whose reps win hardware and software deals at different
// rates. Ana has three customers already, one more than she can look after.
func backlogDesk() (desk *allocation.Desk, monday time.Time) {
	document, err := policy.Parse("backlog.yaml", []byte(backlogPolicy), fstest.MapFS{})
	if err != nil {
		log.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	desk, err = allocation.Open(ctx, allocation.Config{
		Policy: p, Compile: policy.Compile, Store: allocation.NewMemoryStore(), Replay: allocation.ReplayStrict,
	})
	if err != nil {
		log.Fatal(err)
	}
	monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	rates := func(hardware, software float64) map[string]float64 {
		return map[string]float64{"hardware": hardware, "software": software}
	}
	err = desk.SetReps(ctx, []allocation.Rep{
		{ID: "ana", Capacity: new(int64(2)), KPI: rates(0.5, 0.25)},
		{ID: "bo", Capacity: new(int64(3)), KPI: rates(0.45, 0.2)},
		{ID: "cy", Capacity: new(int64(2)), KPI: rates(0.25, 0.25)},
	}, allocation.Opening{At: monday, Owned: []allocation.Owned{{ID: "L-1", Rep: "ana"}, {ID: "L-2", Rep: "ana"}, {ID: "L-3", Rep: "ana"}}})
	if err != nil {
		log.Fatal(err)
	}
	return desk, monday
}

func backlogLeads() []allocation.Customer {
	lead := func(id, segment string, price int) allocation.Customer {
		return allocation.Customer{ID: id, Segment: segment, Fields: map[string]any{"price": price}}
	}
	return []allocation.Customer{
		lead("L-1", "hardware", 1000), lead("L-2", "software", 4000), lead("L-3", "hardware", 9000),
		lead("L-4", "hardware", 8000), lead("L-5", "software", 6000), lead("L-6", "hardware", 2000),
		lead("L-7", "software", 1000), lead("L-8", "hardware", 500),
	}
}

// A backlog of eight leads is planned for three reps with seven places in all.
// Ana has three of them already and room for two: the hardware lead with the
// least to gain from her goes to Bo, and her software lead makes room for L-4.
func ExampleDesk_Plan() {
	ctx := context.Background()
	desk, monday := backlogDesk()
	defer desk.Close()
	plan, err := desk.Plan(ctx, backlogLeads(), allocation.PlanOptions{At: monday})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range plan.Rows {
		fmt.Printf("%s %s %s>%s\n", row.Customer, row.Status, row.From, row.Rep)
	}
	fmt.Print(plan)
	for _, id := range []string{"L-6", "L-7"} {
		text, _ := plan.Explain(id)
		fmt.Print(text)
	}
	fmt.Print(plan.ExplainRep("bo"))
	// Output:
	// L-1 assigned ana>bo
	// L-2 assigned ana>cy
	// L-3 assigned ana>ana
	// L-4 assigned >ana
	// L-5 assigned >cy
	// L-6 assigned >bo
	// L-7 waiting >
	// L-8 assigned >bo
	// 8 customers: 4 get a rep, 2 move to another, 1 remain without.
	// Rule "hardware" places 5 of 5 customers; together they are worth 10075, and no allocation is worth more.
	// Rule "everything else" places 2 of 3 customers; there is room for no more; together they are worth 2500, and no allocation is worth more.
	// lead L-6 goes to bo by rule "hardware".
	// It is worth 900 there.
	// With ana it would be worth 1000, but a place of his costs 100 and one here 0: to be better there it would have to be worth more than 1000; L-4 would have to leave, and is worth 4000 there.
	// lead L-7 waits in rule "everything else": everybody eligible and available is at a cap with customers of the plan.
	// With ana it would be worth 250, but he had no room for it.
	// With cy it would be worth 250, but all his places are taken; L-2 would have to leave, and is worth 1000 there.
	// With bo it would be worth 200, but he had no room for it.
	// By rule "hardware" bo gets 3 customers, 3 of the 3 units he has room for; one more place would bring nothing.
}

// Between the plan and its commit the desk gives a new lead to Bo, who then has
// one place too few: L-8 is placed anew with the room that is left, and all others
// are recorded as planned. Afterwards each can be told why, from the ledger.
func ExamplePlan_Commit() {
	ctx := context.Background()
	desk, monday := backlogDesk()
	defer desk.Close()
	plan, err := desk.Plan(ctx, backlogLeads(), allocation.PlanOptions{At: monday})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := desk.Assign(ctx, allocation.Customer{ID: "L-9", At: monday, Segment: "hardware", Fields: map[string]any{"price": 100}}); err != nil {
		log.Fatal(err)
	}
	done, err := plan.Commit(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(done)
	fmt.Println(plan.Rows[7].Customer, plan.Rows[7].Status)
	for _, id := range []string{"L-1", "L-6"} {
		x, err := desk.Explain(ctx, id)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(x)
	}
	// Output:
	// Recorded as ledger entry 7: 7 customers.
	// 1 was placed anew, for the places the plan had for them were gone.
	// L-8 waiting
	// lead L-1 was with ana before the desk began.
	// Recorded 2026-03-02 09:00:00 UTC, ledger entry 3. No credit moved.
	// Since then the plan of ledger entry 7, which planned 8 customers together, moved it from ana to bo by rule "hardware". No credit moved.
	// It is worth 450 there.
	// With ana it would be worth 500, but a place of his costs 100 and one here 0: to be better there it would have to be worth more than 550; L-4 would have to leave, and is worth 4000 there.
	// lead L-6 went to bo by rule "hardware".
	// Decided 2026-03-02 09:00:00 UTC under policy "backlog" (4a9904fbef09), ledger entry 12.
	// It was decided by the plan of ledger entry 7, which planned 8 customers together.
	//
	// Rule "hardware" matched and placed it:
	//   bo: chosen, worth 900
	//   ana: could have received it, worth 1000: a place of his costs 100 and one here 0: to be better there it would have to be worth more than 1000; L-4 would have to leave, and is worth 4000 there
	//   cy: could have received it, worth 500: no more than it is worth there
}

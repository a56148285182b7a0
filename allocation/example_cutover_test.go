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

// ExampleDesk_Reconcile: since Monday somebody gave L-1 to another rep in the
// CRM, and closed L-2 there. A preview shows it, and the commit makes it so.
func ExampleDesk_Reconcile() {
	desk, monday := office()
	defer desk.Close()
	ctx := context.Background()
	for _, id := range []string{"L-1", "L-2"} {
		if _, err := desk.Assign(ctx, allocation.Customer{ID: id, At: monday}); err != nil {
			log.Fatal(err)
		}
	}
	crm := allocation.CRM{
		Records: []allocation.Record{{ID: "L-1", Owner: "sam", Since: monday.Add(time.Hour)}, {ID: "L-2", Closed: true}},
		At:      monday.Add(2 * time.Hour),
		Preview: true,
	}
	shown, err := desk.Reconcile(ctx, crm)
	if err != nil {
		log.Fatal(err)
	}
	for _, drift := range shown.Drift {
		fmt.Println(drift.Code+":", drift.Sentence())
	}
	crm.Preview = false
	if _, err := desk.Reconcile(ctx, crm); err != nil {
		log.Fatal(err)
	}
	again, err := desk.Reconcile(ctx, crm)
	fmt.Println("a second time:", len(again.Drift), err)
	x, err := desk.Explain(ctx, "L-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Outside.Sentence())
	// Output:
	// owner_changed: lead L-1 is with sam in the CRM since 2026-03-02 10:00 UTC; the desk has it with ana
	// closed_outside: lead L-2 is closed in the CRM; the desk has it with cy
	// a second time: 0 <nil>
	// the CRM says its owner is sam since 2026-03-02 10:00 UTC
}

const cautiousPolicy = `
evenhand: 1
name: cautious
customer: lead
caps:
  - {name: book, open: 1}
rules:
  - {name: everyone, id: everyone}
fallback: [{rep: sam}]
`

// ExampleOpenShadow: what would have been, had nobody ever held more than one
// lead at a time? A shadow decides along, and the desk knows nothing of it.
func ExampleOpenShadow() {
	compiled := func(text string) *allocation.Policy {
		document, err := policy.Parse("policy.yaml", []byte(text), fstest.MapFS{})
		if err != nil {
			log.Fatal(err)
		}
		p, err := document.Compile()
		if err != nil {
			log.Fatal(err)
		}
		return p
	}
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	desk, err := allocation.Open(ctx, allocation.Config{Policy: compiled(officePolicy), Compile: policy.Compile, Store: store})
	if err != nil {
		log.Fatal(err)
	}
	defer desk.Close()
	if err := desk.SetReps(ctx, []allocation.Rep{{ID: "cy", Capacity: new(int64(5))}, {ID: "dee", Capacity: new(int64(5))}, {ID: "sam", Inactive: true}}); err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"L-1", "L-2", "L-3"} {
		if _, err := desk.Assign(ctx, allocation.Customer{ID: id}); err != nil {
			log.Fatal(err)
		}
	}
	shadow, err := allocation.OpenShadow(ctx, allocation.ShadowConfig{Name: "cautious", Policy: compiled(cautiousPolicy), Compile: policy.Compile, Store: store})
	if err != nil {
		log.Fatal(err)
	}
	defer shadow.Close()
	c, err := shadow.Compare(ctx, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d customers, %d alike\n", c.Customers, c.Alike)
	for _, d := range c.Differences {
		fmt.Println(d.WhyLive)
		fmt.Println(d.WhyShadow)
	}
	// Output:
	// 3 customers, 2 alike
	// lead L-3 went to cy by rule "everyone".
	// lead L-3 went to nobody: everybody eligible and available is at a cap. In rule "everyone", cy: at cap "book", 1 of 1.
}

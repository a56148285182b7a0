package allocation_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy"
)

const officePolicy = `
evenhand: 1
name: office
customer: lead
caps:
  - {name: book, open: rep.capacity}
rules:
  - name: steel
    id: steel
    when: lead.industry == "steel"
    eligible: '"steel" in rep.skills'
    if_none: {full: wait, away: wait}
  - name: everyone
    id: everyone
fallback: [{rep: sam}]
`

// office opens a desk with four reps on a Monday morning.
func office() (*allocation.Desk, time.Time) {
	document, err := policy.Parse("office.yaml", []byte(officePolicy), fstest.MapFS{})
	if err != nil {
		log.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	desk, err := allocation.Open(ctx, allocation.Config{
		Policy: p, Compile: policy.Compile, Store: allocation.NewMemoryStore(), Replay: allocation.ReplayStrict,
	})
	if err != nil {
		log.Fatal(err)
	}
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	away, err := calendar.ParseSpans("2026-03-02..2026-03-03", time.UTC)
	if err != nil {
		log.Fatal(err)
	}
	err = desk.SetReps(ctx, []allocation.Rep{
		{ID: "ana", Skills: []string{"steel"}, Capacity: new(int64(1))},
		{ID: "bo", Skills: []string{"steel"}, Capacity: new(int64(5)), TimeOff: away},
		{ID: "cy", Capacity: new(int64(5))},
		{ID: "sam", Capacity: new(int64(0))},
	}, allocation.Opening{At: monday})
	if err != nil {
		log.Fatal(err)
	}
	return desk, monday
}

// Two steel companies ask on Monday. Ana takes the first and is full; Bo is
// away until Wednesday, when the second is his.
func Example_waiting() {
	ctx := context.Background()
	desk, monday := office()
	defer desk.Close()
	for _, id := range []string{"L-1", "L-2"} {
		d, _ := desk.Assign(ctx, allocation.Customer{ID: id, Industry: "steel", At: monday})
		fmt.Println(id, d.Status, d.Rep+d.Reason)
	}
	_ = desk.Advance(ctx, monday.AddDate(0, 0, 2))
	x, _ := desk.Explain(ctx, "L-2")
	fmt.Println(x.Decision.Customer, x.Decision.Status, x.Decision.Rep, "on", x.Decision.At.Weekday())
	// Output:
	// L-1 assigned ana
	// L-2 waiting full
	// L-2 assigned bo on Wednesday
}

// Cy asks why he did not get the second steel company, and so do Ana and Bo.
func Example_whyNotMe() {
	ctx := context.Background()
	desk, monday := office()
	defer desk.Close()
	for _, id := range []string{"L-1", "L-2"} {
		_, _ = desk.Assign(ctx, allocation.Customer{ID: id, Industry: "steel", At: monday})
	}
	x, _ := desk.Explain(ctx, "L-2")
	for _, rep := range []string{"cy", "ana", "bo"} {
		fmt.Print(x.RepString(rep))
	}
	// Output:
	// lead L-2 is waiting in rule "steel": everybody eligible and available is at a cap.
	// cy was not eligible under rule "steel": `"steel" in rep.skills` is false (rep.skills is []). It would have gone to cy had cy's skills included "steel".
	// lead L-2 is waiting in rule "steel": everybody eligible and available is at a cap.
	// ana was at cap "book", 1 of 1, so rule "steel" passed ana over. It would have gone to ana with one more place under cap "book".
	// lead L-2 is waiting in rule "steel": everybody eligible and available is at a cap.
	// bo was away until Wed 2026-03-04 00:00 UTC, so rule "steel" passed bo over. It would have gone to bo had bo not been away, or had it come on Wed 2026-03-04 00:00 UTC.
}

// A webhook is delivered twice. The second delivery gets the recorded decision
// again and changes nothing.
func ExampleDesk_Assign() {
	ctx := context.Background()
	desk, monday := office()
	defer desk.Close()
	for range 2 {
		d, _ := desk.Assign(ctx, allocation.Customer{ID: "L-1", Industry: "food", At: monday})
		fmt.Println(d.Rep, d.Rule, d.Repeated)
	}
	// Output:
	// ana everyone false
	// ana everyone true
}

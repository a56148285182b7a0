package policy_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

// A policy document becomes a policy, and says which of its rules do what.
func Example() {
	p, err := policy.Load("testdata/inbound/inbound.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s decides who gets a %s, in %s\n", p.Name, p.Kind, p.Zone)
	for _, r := range p.Rules {
		fmt.Printf("%-15s %s\n", r.ID, r.Pick)
	}
	fmt.Println("otherwise", p.Fallback[0])
	// Output:
	// inbound-leads decides who gets a lead, in Europe/Berlin
	// spam            none
	// keep-the-owner  first
	// named-accounts  first
	// ent             rotate
	// everyone-else   rotate
	// otherwise sam
}

// Everything that is wrong with a document is said at once, each thing with
// its place and, when there is one, the likely fix.
func Example_mistakes() {
	_, err := policy.Parse("inbound.yaml", []byte(`evenhand: 1
name: inbound
customer: lead
rules:
  - name: germany
    when: lead.contry == "DE"
    pick: round_robin
  - name: important
    when: '"vip" in lead.tags'
    typical: 9.000
`), nil)
	fmt.Println(err)
	// Output:
	// inbound.yaml:6:11: the lead has no field "contry"
	//   |     when: lead.contry == "DE"
	//   |           ^^^^^^^^^^^
	// Maybe lead.country
	//
	// inbound.yaml:7:11: pick is best, first, least_open, most_available, none or rotate, not "round_robin"
	//   |     pick: round_robin
	//   |           ^^^^^^^^^^^
	// Maybe rotate
	//
	// inbound.yaml:10:14: 9.000 may be read as 9 or as 9000
	//   |     typical: 9.000
	//   |              ^^^^^
	// Maybe write 9000, or 9.0000
}

// A Go program can make the document itself. What is wrong is then named by
// its path.
func ExampleDocument_Compile() {
	d := &policy.Document{
		Name: "support", Customer: "request",
		Caps: []policy.Cap{{Name: "book", Open: "rep.capacity"}},
		Rules: []policy.Rule{
			{Name: "spoken", Eligible: "request.language in rep.languages"},
			{Name: "everyone", Pick: "least_open"},
		},
	}
	_, err := d.Compile()
	first, _, _ := strings.Cut(err.Error(), "\n")
	fmt.Println(first)

	d.Fields.Customer = map[string]policy.Field{"language": {Type: "string"}}
	d.Fields.Rep = map[string]policy.Field{"languages": {Type: "[string]"}}
	p, err := d.Compile()
	fmt.Println(len(p.Rules), "rules,", err)
	// Output:
	// rules[0].eligible:1:1: the request has no field "language"
	// 2 rules, <nil>
}

// Warnings are about what is allowed and probably not meant.
func ExampleDocument_Warnings() {
	d, err := policy.Parse("inbound.yaml", []byte(`evenhand: 1
name: inbound
customer: lead
rules:
  - {name: big, id: big, when: lead.value > 10000, pick: least_open, if_none: wait}
  - {name: others, id: others}
`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	findings, err := d.Warnings()
	for _, f := range findings {
		fmt.Println(f)
	}
	fmt.Println(err)
	// Output:
	// inbound.yaml:5:32: warning: lead.value may be missing; then the rule does not match (null_arrives)
	// Maybe say what is meant: has(lead.value) and …, or (lead.value ?? …)
	// <nil>
}

// A desk keeps the policy's source in its ledger and compiles it again when it
// explains an old decision.
func Example_desk() {
	ctx := context.Background()
	p, err := policy.Load("testdata/inbound/inbound.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	desk, err := allocation.Open(ctx, allocation.Config{
		Policy: p, Compile: policy.Compile, Store: allocation.NewMemoryStore(),
		Clock: func() time.Time { return monday },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	ten := int64(10)
	if err := desk.SetReps(ctx, []allocation.Rep{
		{ID: "ana", Teams: []string{"field"}, Capacity: &ten, Fields: map[string]any{"level": "senior"}},
		{ID: "bo", Teams: []string{"inside"}, Capacity: &ten, Fields: map[string]any{"level": "junior"}},
	}); err != nil {
		fmt.Println(err)
		return
	}
	score := 3.0
	for _, c := range []allocation.Customer{
		{ID: "L-1", Owner: "ana"},
		{ID: "L-2", Domain: "globex.example"},
		{ID: "L-3", EmailDomain: "gmx.de", Score: &score},
		{ID: "L-4", Fields: map[string]any{"employees": 40}},
	} {
		d, err := desk.Assign(ctx, c)
		fmt.Println(c.ID, d.Status, d.Rep, d.Rule, d.Reason, err)
	}
	// Output:
	// L-1 assigned ana keep-the-owner  <nil>
	// L-2 assigned bo named-accounts  <nil>
	// L-3 unassigned  spam spam <nil>
	// L-4 assigned bo everyone-else  <nil>
}

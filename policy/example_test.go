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

// A program has types of its own for leads and sellers. Rules read their
// fields, and a typo in a rule is an error.
func ExampleWithCustomer() {
	type Lead struct {
		ID        int64
		Industry  string
		Employees *int // nil is missing
		Plan      string
	}
	type Seller struct {
		Login string `evenhand:"id"`
		Plans []string
	}
	text := []byte(`evenhand: 1
name: inbound
customer: lead
rules:
  - name: large
    when: lead.employes > 100
    eligible: lead.plan in rep.plans
`)
	_, err := policy.Parse("inbound.yaml", text, nil, policy.WithCustomer[Lead](), policy.WithRep[Seller]())
	fmt.Println(err)

	c, err := policy.CustomerOf(Lead{ID: 7, Industry: "steel", Employees: new(200)})
	fmt.Println(c.ID, c.Field("industry"), c.Field("employees"), c.Field("plan"), err)
	r, err := policy.RepOf(Seller{Login: "ana", Plans: []string{"pro"}})
	fmt.Println(r.ID, r.Field("plans"), err)
	// Output:
	// inbound.yaml:6:11: the lead has no field "employes"
	//   |     when: lead.employes > 100
	//   |           ^^^^^^^^^^^^^
	// Maybe lead.employees
	// 7 steel 200 <nil> <nil>
	// ana [pro] <nil>
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

// Check looks at a document together with the reps and customers it will meet:
// who can receive nothing, whom no rule places, and what does nothing.
func ExampleDocument_Check() {
	d, err := policy.Parse("inbound.yaml", []byte(`evenhand: 1
name: inbound
customer: lead
rules:
  - name: partners
    id: partners
    available: any
    when: (lead.source ?? "") == "Partner"
    eligible: '"field" in rep.teams'
  - name: others
    id: others
    available: any
    eligible: '"inside" in rep.teams'
`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	findings, err := d.Check(policy.Against{
		Reps:      []allocation.Rep{{ID: "ana", Teams: []string{"inside"}}, {ID: "bo", Teams: []string{"Inside"}}},
		Customers: []allocation.Customer{{ID: "L-1", Source: "partner"}, {ID: "L-2", Source: "web"}},
	})
	for _, f := range findings {
		fmt.Println(f)
	}
	fmt.Println(err)
	// Output:
	// inbound.yaml:8:5: warning: the when of rule "partners" is true for none of the 2 customers; lead.source: "partner" 1, "web" 1 (rule_never_true)
	// Maybe "partner", as in lead.source of 1 customer
	// warning: 1 rep would receive none of the 2 customers given, however free: bo ("inside" in rep.teams is not true of them, in rule others) (rep_gets_nothing)
	// Maybe "inside" in rep.teams, where they have "Inside"
	// <nil>
}

// The tests in a document say what it must do. One that fails says which rule
// decided in place of the expected one, and what stopped the expected rep.
func ExampleDocument_Test() {
	d, err := policy.Parse("inbound.yaml", []byte(`evenhand: 1
name: inbound
customer: lead
rules:
  - {name: keep the owner, when: lead.owner != "", eligible: rep.id == lead.owner, pick: first}
  - {name: enterprise, when: lead.value >= 50000, eligible: '"field" in rep.teams'}
  - {name: everyone else}
tests:
  - name: the owner keeps it
    reps: [{id: ana}, {id: bo}]
    customer: {id: L1, owner: bo}
    expect: {rep: bo, rule: keep the owner}
  - name: large ones go to the field
    reps: [{id: ana, teams: [inside]}, {id: bo, teams: [field]}]
    customers:
      - {customer: {id: L1, value: 80000}, expect: {rep: bo}}
      - {customer: {id: L2, value: 50000}, expect: {rep: bo}}
      - {customer: {id: L3, value: 49999}, expect: {rep: bo, rule: enterprise}}
`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := d.Test()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Count(policy.TestPassed), "passed")
	fmt.Println(report.Err())
	fmt.Println(report.Coverage.Summary())
	// Output:
	// 1 passed
	// inbound.yaml:13:11: test "large ones go to the field" failed
	//   L3 (line 18): expected bo by rule "enterprise"; got ana by rule "everyone else"
	//     Rule "enterprise" did not match: `lead.value >= 50000` is false (lead.value is 49999)
	//     Rule "everyone else" matched and placed it.
	//       ana: chosen (rank 1, credit 0, with this share 0.5)
	//       bo: could have received it, another was due (rank 2, credit 0, with this share 0.5)
	// inbound.yaml: coverage 78%: 3 of 3 rules placed somebody, 8 of 11 outcomes of conditions were seen
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

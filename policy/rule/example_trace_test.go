package rule_test

import (
	"fmt"

	"github.com/evenhand/evenhand/policy/rule"
)

// Bo asks why he did not get a steel lead. The trace names the condition that
// stood in the way, with the values it saw, and leaves out those that did not
// matter.
func ExampleProgram_Trace() {
	type Lead struct {
		Industry string
		Region   string
	}
	type Rep struct {
		Region string
		Skills []string
		Open   int `evenhand:"open,missing=zero"`
		Room   int `evenhand:"capacity"`
	}
	v, err := rule.NewVocabulary("lead")
	check(err)
	check(v.DeclareStruct(rule.Customer, Lead{}))
	check(v.DeclareStruct(rule.Rep, Rep{}))
	p, err := v.Compile(rule.Text{Source: `rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity`}, rule.Want{Kind: rule.Bool, Key: "eligible"})
	check(err)

	lead, err := v.StructRecord(rule.Customer, Lead{Industry: "steel", Region: "north"})
	check(err)
	bo, err := v.StructRecord(rule.Rep, Rep{Region: "north", Skills: []string{"food"}, Open: 2, Room: 10})
	check(err)
	trace := p.Trace(&rule.Env{Customer: lead, Rep: bo})
	fmt.Println("eligible:", trace.Verdict.Truth)
	for _, l := range trace.Decisive() {
		fmt.Println("because of:", l.Leaf.Source)
		for _, o := range l.Operands {
			fmt.Printf("  %s is %s\n", o.Name, o.Value)
		}
	}
	// Output:
	// eligible: false
	// because of: lead.industry in rep.skills
	//   lead.industry is "steel"
	//   rep.skills is ["food"]
}

package rule_test

import (
	"fmt"
	"log"

	"github.com/evenhand/evenhand/policy/rule"
)

// Three leads arrive from three web forms, and not every form asks for the
// number of employees. What is not known is never taken for zero: a rule for
// small companies does not catch a lead of unknown size, unless it says so.
func Example_missing() {
	v, err := rule.NewVocabulary("lead")
	check(err)
	_, err = v.Declare(rule.Customer, rule.Field{Name: "employees", Kind: rule.Int})
	check(err)
	_, err = v.Declare(rule.Customer, rule.Field{Name: "country", Kind: rule.String})
	check(err)

	leads := []map[string]any{
		{"employees": 12, "country": "DE"},
		{"employees": "4000", "country": "DE"}, // a CSV file gives texts
		{"country": "FR"},
	}
	for _, source := range []string{
		`lead.employees < 50`,
		`lead.employees < 50 and lead.country == "DE"`,
		`(lead.employees ?? 0) < 50`,
		`has(lead.employees) and lead.employees < 50`,
	} {
		p, err := v.Compile(rule.Text{Source: source}, rule.Want{Kind: rule.Bool, Key: "when", Scope: rule.CustomerOnly})
		check(err)
		fmt.Println(source)
		for _, raw := range leads {
			lead, err := v.Record(rule.Customer, raw)
			check(err)
			verdict := p.Truth(&rule.Env{Customer: lead})
			if verdict.Truth == rule.Unknown {
				fmt.Printf("  unknown (%s): %s\n", verdict.Cause.Reason, verdict.Cause)
				continue
			}
			fmt.Println(" ", verdict.Truth)
		}
	}
	// Output:
	// lead.employees < 50
	//   true
	//   false
	//   unknown (missing_field): lead.employees is missing
	// lead.employees < 50 and lead.country == "DE"
	//   true
	//   false
	//   false
	// (lead.employees ?? 0) < 50
	//   true
	//   false
	//   true
	// has(lead.employees) and lead.employees < 50
	//   true
	//   false
	//   false
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

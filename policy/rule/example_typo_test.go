package rule_test

import (
	"fmt"

	"github.com/evenhand/evenhand/policy/rule"
)

// Somebody writes a policy in a hurry. Elsewhere a misspelt field is silently
// false and leads go astray for weeks; here the policy does not load, and the
// message shows the line, points at every slip and says what to write.
func Example_typo() {
	v, err := rule.NewVocabulary("lead")
	check(err)
	for _, f := range []rule.Field{{Name: "country", Kind: rule.String}, {Name: "tags", Kind: rule.StringList}} {
		_, err := v.Declare(rule.Customer, f)
		check(err)
	}
	_, err = v.DeclareKPI("win_rate")
	check(err)

	document := `rules:
  - name: dach
    eligible: 'lead.contry == "DE" and lead.tags contains "vip" and rep.kpi.winrate > 0.3'
`
	_, err = v.Compile(rule.Text{
		Source:   `lead.contry == "DE" and lead.tags contains "vip" and rep.kpi.winrate > 0.3`,
		File:     "inbound.yaml",
		Line:     3,
		Column:   16,
		Document: []byte(document),
	}, rule.Want{Kind: rule.Bool, Key: "eligible"})
	fmt.Println(err)
	// Output:
	// inbound.yaml:3:16: the lead has no field "contry"
	//   |     eligible: 'lead.contry == "DE" and lead.tags contains "vip" and rep.kpi.winrate > 0.3'
	//   |                ^^^^^^^^^^^
	// Maybe lead.country
	//
	// inbound.yaml:3:40: lead.tags is a list; contains looks inside one text
	//   |     eligible: 'lead.contry == "DE" and lead.tags contains "vip" and rep.kpi.winrate > 0.3'
	//   |                                        ^^^^^^^^^^^^^^^^^^^^^^^^
	// Maybe "vip" in lead.tags
	//
	// inbound.yaml:3:69: there is no KPI "winrate"
	//   |     eligible: 'lead.contry == "DE" and lead.tags contains "vip" and rep.kpi.winrate > 0.3'
	//   |                                                                     ^^^^^^^^^^^^^^^
	// Maybe rep.kpi.win_rate
}

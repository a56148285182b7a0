package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const coveredPolicy = slipHeader + `let: {large: lead.employees > 100}
fields: {lead: {employees: int}}
caps:
  - {name: trade, assigned: 1, per: day, only: lead.source == "fair"}
rules:
  - name: from May on
    from: 2026-05-01
    when: large
  - name: owner
    when: has(lead.owner)
    eligible: rep.id == lead.owner
    available: any
    pick: first
  - name: large
    when: large and not (lead.region == "ch")
    eligible: '"field" in rep.teams'
    caps: [{name: fair, assigned: 1, per: week, only: lead.source == "fair"}]
  - name: rest
    eligible: rep.role == "junior"
  - name: spam
    pick: none
    reason: spam
`

// coveredTests are added one after the other; each says what it adds.
var coveredTests = []struct {
	test    string
	covered [4]int
	percent int
}{
	{"", [4]int{0, 5, 0, 25}, 0},

	// has(lead.owner) is true; rep.id == lead.owner true of bo, false of ana; the
	// cap of the desk sees no source: 4 outcomes and a rule.
	{`
  - {name: a, reps: [{id: ana}, {id: bo}], customer: {owner: bo}, expect: {rule: owner}}`,
		[4]int{1, 5, 4, 25}, 16},

	// has(lead.owner) is false; in large, employees are true and the region is
	// unknown, so that it is passed over; in rest, junior is true of ana, false of
	// bo and unknown of cy; the cap sees a fair: 7 outcomes and a rule.
	{`
  - {name: b, reps: [{id: ana, role: junior}, {id: bo, role: senior}, {id: cy}], customer: {employees: 200, source: fair}, expect: {rep: ana}}`,
		[4]int{2, 5, 11, 25}, 43},

	// The first: the region is false; field true of ana, false of bo, and cy, who
	// is not active, is not asked; both caps see no fair: 5 outcomes. The second:
	// employees are false and beside them the region is true; nobody is known to
	// be junior, and spam sets it aside: 2 outcomes. Two rules.
	{`
  - name: c
    reps: [{id: ana, teams: [field]}, {id: bo}, {id: cy, teams: [field], active: false}]
    customers:
      - {customer: {employees: 200, region: de, source: web}, expect: {rep: ana}}
      - {customer: {employees: 5, region: ch}, expect: {reason: spam}}`,
		[4]int{4, 5, 18, 25}, 73},
}

// The numbers are counted by hand. There are 5 rules that could place somebody,
// and 25 outcomes of leaves to see:
//
//	caps: trade       lead.source == "fair"    3
//	from May on       lead.employees > 100     3, never asked: it is not in force
//	owner, when       has(lead.owner)          2: has() is never unknown
//	owner, eligible   rep.id == lead.owner     3
//	large, when       lead.employees > 100     3
//	                  lead.region == "ch"      3
//	large, eligible   "field" in rep.teams     2: a list is never missing
//	large, caps       lead.source == "fair"    3
//	rest, eligible    rep.role == "junior"     3
func TestCoverageIsWhatACountByHandGives(t *testing.T) {
	text, report := coveredPolicy+"tests:", &TestReport{}
	for i, step := range coveredTests {
		text += step.test
		report = runTestsOf(t, strings.TrimSuffix(text, "tests:"))
		if err := report.Err(); err != nil {
			t.Fatal(err)
		}
		rules, ofRules, outcomes, ofOutcomes := report.Coverage.Covered()
		if got := [4]int{rules, ofRules, outcomes, ofOutcomes}; got != step.covered {
			t.Errorf("with %d tests rules, of, outcomes, of are %v; by hand %v\n%s", i, got, step.covered, report.Coverage)
		}
		if got := report.Coverage.Percent(); got != step.percent {
			t.Errorf("with %d tests %d%% are covered; by hand %d%%", i, got, step.percent)
		}
	}
	want := `policy.yaml: coverage 73%: 4 of 5 rules placed somebody, 18 of 25 outcomes of conditions were seen
  rule "from May on": never reached
    when  lead.employees > 100  never asked
  rule "owner": placed 1, passed over 3
    when      has(lead.owner)       true, false
    eligible  rep.id == lead.owner  true, false; never unknown
  rule "large": placed 1, passed over 2
    when          lead.employees > 100   true, false; never unknown
    when          lead.region == "ch"    true, false, unknown
    eligible      "field" in rep.teams   true, false
    only of fair  lead.source == "fair"  false; never true, never unknown
  rule "rest": placed 1, passed over 1
    eligible  rep.role == "junior"  true, false, unknown
  rule "spam": placed 1
  caps of the desk
    only of trade  lead.source == "fair"  true, false, unknown
`
	if diff := cmp.Diff(want, report.Coverage.String()); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
}

// A program reads the same numbers, and each leaf with its place: those of a
// let name where the let stands.
func TestCoverageAsJSON(t *testing.T) {
	report := runTestsOf(t, coveredPolicy+"tests:"+coveredTests[1].test)
	text, err := json.Marshal(report.Coverage)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Percent int
		Rules   []struct {
			ID     string
			Placed int
			Passed int `json:"passed_over"`
			Line   int
			Leaves []map[string]any
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Percent != 16 || len(got.Rules) != 5 || got.Rules[1].Placed != 1 || got.Rules[1].Line != 12 {
		t.Errorf("as JSON: %s", text)
	}
	want := map[string]any{
		"key": "when", "text": "lead.employees > 100", "let": "large", "file": "policy.yaml", "line": 4.0, "column": 14.0,
		"true": false, "false": false, "unknown": false, "missing": true,
	}
	if diff := cmp.Diff(want, got.Rules[2].Leaves[0]); diff != "" {
		t.Errorf("the leaf of a let (-want +got):\n%s", diff)
	}
}

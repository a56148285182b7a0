package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lintOf returns the findings of a document as "line:column code name".
func lintOf(t *testing.T, body string) []string {
	t.Helper()
	d, err := Parse("policy.yaml", []byte(slipHeader+body), slipFiles)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := d.Warnings()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		if f.File != "policy.yaml" || f.Message == "" || f.Severity == "" {
			t.Errorf("a finding lacks its file, message or severity: %+v", f)
		}
		about, _, _ := strings.Cut(f.Message, " ")
		out = append(out, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Code, about))
	}
	return out
}

func TestLint(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"nothing to say", "rules: [{name: a, id: a}]\n", nil},
		{"null in a when", "rules: [{name: a, id: a, when: lead.score > 1}]\n", []string{"4:32 null_arrives lead.score"}},
		{"null settled by has", "rules: [{name: a, id: a, when: has(lead.score) and lead.score > 1}]\n", nil},
		{"null settled by ??", "rules: [{name: a, id: a, when: (lead.score ?? 0) > 1}]\n", nil},
		{"fields that are never null", "rules: [{name: a, id: a, eligible: '\"x\" in rep.teams and rep.active and rep.open < 3 and rep.id != \"b\"'}]\n", nil},
		{"each place once", "rules: [{name: a, id: a, when: lead.score > 1 and lead.score < 9 and lead.value > 2}]\n",
			[]string{"4:32 null_arrives lead.score", "4:51 null_arrives lead.score", "4:70 null_arrives lead.value"}},
		{"a let is one place for all its uses", "let: {hot: lead.score > 1}\nrules: [{name: a, id: a, when: hot}, {name: b, id: b, when: hot}]\n",
			[]string{"4:12 null_arrives lead.score"}},
		{"null in eligible, weight, prefer and limits", "kpis: [w]\ncaps: [{name: c, open: rep.capacity}]\nrules: [{name: a, id: a, eligible: rep.role == \"x\", weight: rep.kpi.w, prefer: rep.kpi.w}]\n",
			[]string{"5:24 null_arrives rep.capacity", "6:36 null_arrives rep.role", "6:61 null_arrives rep.kpi.w", "6:80 null_arrives rep.kpi.w"}},
		{"null settled by the rule's when", "rules: [{name: a, id: a, when: has(lead.owner) and (lead.value ?? 0) > 1, eligible: rep.id == lead.owner, prefer: lead.value}, {name: b, id: b, when: has(lead.owner) or has(lead.name), eligible: rep.id == lead.owner}]\n",
			[]string{"4:115 null_arrives lead.value", "4:196 null_arrives lead.owner"}},
		{"null answered by weight_null", "kpis: [w]\nrules: [{name: a, id: a, weight: rep.kpi.w, weight_null: mean, ramp: {since: rep.hired_at, steps: {0d: 50%}}}]\n", nil},
		{"size without a range", "rules: [{name: a, id: a, size: lead.value}]\n", []string{"4:26 size_unlimited size", "4:32 null_arrives lead.value"}},
		{"size with a range", "rules: [{name: a, id: a, size: lead.value, typical: 9, size_range: [0.5, 2]}]\n", nil},
		{"desk scope", "rotation: {scope: desk}\nrules: [{name: a, when: 1 > 2}, {name: b}]\n", []string{"4:12 desk_scope_shared 2"}},
		{"desk scope of one rule", "rotation: {scope: desk}\nrules: [{name: a}, {name: b, pick: first}]\n", nil},
		{"rule behind pick none", "rules: [{name: a, pick: none, reason: x}, {name: b, id: b}]\n", []string{"4:44 rule_unreachable no"}},
		{"rules behind one that waits", "rules: [{name: a, id: a, if_none: wait}, {name: b, id: b}, {name: c, id: c}]\n",
			[]string{"4:43 rule_unreachable no", "4:61 rule_unreachable no"}},
		{"rule behind one that is always true", "rules: [{name: a, id: a, when: true, if_none: fallback}, {name: b, id: b}]\n", []string{"4:59 rule_unreachable no"}},
		{"rule behind one that may go on", "rules: [{name: a, id: a, if_none: {full: wait}}, {name: b, id: b}]\n", nil},
		{"rule behind one that ends", "rules: [{name: a, id: a, until: 2027-01-01, if_none: wait}, {name: b, id: b}]\n", nil},
		{"a part that is not looked up", "rules: [{name: a, id: a, eligible: rep.active and rep.open * len(lead.tags) < 3}]\n", []string{"4:51 not_indexed rep.open"}},
		{"rule without an id", "rules: [{name: a b}, {name: c, pick: first}]\n", []string{"4:10 rule_without_id the"}},
	} {
		if got := lintOf(t, c.body); !slices.Equal(got, c.want) {
			t.Errorf("%s:\nwant %q\ngot  %q\nin %s", c.name, c.want, got, c.body)
		}
	}
}

func TestLintOfAGoDocumentNamesThePath(t *testing.T) {
	d := &Document{Name: "go", Customer: "lead", Rules: []Rule{{Name: "a", ID: "a", When: "lead.score > 1", Size: "lead.value"}}}
	findings, err := d.Warnings()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Code))
	}
	if want := []string{"rules[0].size:0 null_arrives", "rules[0].size:0 size_unlimited", "rules[0].when:0 null_arrives"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestFindingString(t *testing.T) {
	f := Finding{Code: CodeNull, Severity: Warning, File: "p.yaml", Line: 3, Column: 7, Message: "m", Maybe: "do"}
	if want := "p.yaml:3:7: warning: m (null_arrives)\nMaybe do"; f.String() != want {
		t.Errorf("want %q, got %q", want, f.String())
	}
}

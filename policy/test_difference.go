package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// differences are the keys of what was expected that a decision does not meet.
func (r *testRun) differences(want Expect, got *allocation.Decision) []string {
	var out []string
	differs := func(key string, does bool) {
		if does {
			out = append(out, key)
		}
	}
	differs("rep", want.Rep != "" && want.Rep != got.Rep)
	differs("not", slices.Contains(want.Not, got.Rep))
	differs("rule", want.Rule != "" && r.ruleID(want.Rule) != got.Rule)
	differs("status", want.Status != "" && want.Status != string(got.Status))
	differs("reason", want.Reason != "" && want.Reason != got.Reason)
	return out
}

// ruleID is the ID of the rule that a test names; a name comes before an ID.
func (r *testRun) ruleID(name string) string {
	for _, rule := range r.c.out.Rules {
		if rule.Name == name {
			return rule.ID
		}
	}
	return name
}

func (r *testRun) ruleName(id string) string {
	for _, rule := range r.c.out.Rules {
		if rule.ID == id {
			return rule.Name
		}
	}
	return id
}

// inWords says what was expected, and what a customer got, in the same words.
func (r *testRun) inWords(e Expect) string {
	if e.IsZero() {
		return "anything"
	}
	var parts []string
	add := func(joint, text string) {
		if len(parts) > 0 {
			text = joint + " " + text
		}
		parts = append(parts, text)
	}
	switch {
	case e.Rep != "":
		add("", e.Rep)
	case e.Status != "":
		add("", e.Status)
	}
	if len(e.Not) > 0 {
		add("and", "not "+strings.Join(e.Not, " or "))
	}
	if e.Rule != "" {
		add("by", fmt.Sprintf("rule %q", r.ruleName(r.ruleID(e.Rule))))
	}
	if e.Reason != "" {
		add("with", "reason "+e.Reason)
	}
	return strings.Join(parts, " ")
}

// why explains a difference: of each rule that has to do with it, what became
// of the customer there, and how far the reps came who have to do with it.
func (r *testRun) why(want Expect, x *allocation.Explanation) []string {
	var out []string
	asked := r.ruleID(want.Rule)
	reached := want.Rule == ""
	for i := range x.Rules {
		rule := &x.Rules[i]
		reached = reached || rule.ID == asked
		if want.Rule != "" && rule.ID != asked && rule.ID != x.Decision.Rule {
			continue
		}
		if rule.Verdict == allocation.VerdictPlaced {
			out = append(out, fmt.Sprintf("Rule %q matched and placed it.", rule.Name))
		} else {
			out = append(out, rule.Sentence())
		}
		out = append(out, repsInWords(want, rule)...)
	}
	if !reached && len(x.Rules) > 0 {
		out = append(out, fmt.Sprintf("Rule %q was not reached: rule %q stands above it and decided.", r.ruleName(asked), x.Rules[len(x.Rules)-1].Name))
	}
	if x.Decision.Reason == allocation.ReasonFallback {
		out = append(out, fmt.Sprintf("No rule placed it, and %s is the fallback.", x.Decision.Rep))
	}
	if x.Decision.Fault != "" {
		out = append(out, "Deciding it failed: "+x.Decision.Fault)
	}
	return out
}

// mostReps is how many reps are shown of a rule that found none.
const mostReps = 5

// repsInWords says how far the reps of interest came: the one expected and the
// one chosen, or everybody where a rule found nobody and none was expected.
func repsInWords(want Expect, rule *allocation.RuleReport) []string {
	var out []string
	all := want.Rep == "" && rule.Verdict != allocation.VerdictPlaced
	for i := range rule.Reps {
		rep := &rule.Reps[i]
		if !all && rep.Rep != want.Rep && rep.Stage != allocation.StageChosen {
			continue
		}
		if len(out) == mostReps {
			return append(out, fmt.Sprintf("  … and %d more", len(rule.Reps)-mostReps))
		}
		out = append(out, "  "+rep.Sentence())
	}
	return out
}

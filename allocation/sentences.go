package allocation

import (
	"fmt"
	"strings"
)

// String renders the explanation for people.
func (e *Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", e.headline())
	at := e.Decision.At.Format("2006-01-02 15:04:05 MST")
	if e.Via == viaReconciled || e.Via == viaOpening {
		fmt.Fprintf(&b, "Recorded %s, ledger entry %d. No credit moved.\n", at, e.Decision.Seq)
	} else {
		fmt.Fprintf(&b, "Decided %s under policy %q (%.12s), ledger entry %d.\n", at, e.Policy, e.Hash, e.Decision.Seq)
	}
	b.WriteString(e.sinceThen())
	if e.Note != "" {
		fmt.Fprintf(&b, "Note: %s\n", e.Note)
	}
	if e.Erased {
		b.WriteString("The customer's fields were erased: the reasons that lay in them cannot be shown.\n")
	}
	for _, rule := range e.Rules {
		fmt.Fprintf(&b, "\n%s\n", rule.Sentence())
		for _, r := range rule.Reps {
			fmt.Fprintf(&b, "  %s\n", r.Sentence())
		}
	}
	b.WriteString(e.others())
	return b.String()
}

// sinceThen is what plans did, and what the CRM says after the decision; empty
// when neither says anything.
func (e *Explanation) sinceThen() string {
	text := ""
	for i := range e.Plans {
		text += e.Plans[i].Sentence() + "\n"
		if e.Plans[i].Row.From != "" { // of a decision the rules below say it
			text += e.Plans[i].Why
		}
	}
	if e.Outside == nil || e.Via == viaReconciled {
		return text
	}
	return text + fmt.Sprintf("Since then %s. No credit moved.\n", e.Outside.Sentence())
}

func (e *Explanation) headline() string {
	d := &e.Decision
	who := fmt.Sprintf("%s %s", d.Kind, d.Customer)
	switch {
	case e.Via == viaReconciled:
		return fmt.Sprintf("%s was given outside the desk: %s.", who, e.Outside.Sentence())
	case d.Status == StatusAssigned && d.Reason == ReasonFallback:
		return fmt.Sprintf("%s went to %s as fallback: no rule placed it.", who, d.Rep)
	case d.Status == StatusAssigned && d.Reason == ReasonManual:
		return fmt.Sprintf("%s was given to %s by hand.", who, d.Rep)
	case d.Status == StatusAssigned && d.Reason == ReasonOpening:
		return fmt.Sprintf("%s was with %s before the desk began.", who, d.Rep)
	case d.Status == StatusAssigned:
		return fmt.Sprintf("%s went to %s by rule %q.", who, d.Rep, e.ruleName())
	case d.Status == StatusWaiting:
		return fmt.Sprintf("%s is waiting in rule %q: %s.", who, e.ruleName(), sentence(d.Reason))
	case d.Fault != "":
		return fmt.Sprintf("%s was set aside: deciding it failed: %s. Once that is mended, Reassign decides it again.", who, d.Fault)
	case d.Rule != "":
		return fmt.Sprintf("%s was set aside by rule %q: %s.", who, e.ruleName(), d.Reason)
	}
	return fmt.Sprintf("%s went to nobody: %s.", who, sentence(d.Reason))
}

// ruleName is the name of the rule that decided: people know a rule by its name,
// the ledger by its ID.
func (e *Explanation) ruleName() string {
	for i := range e.Rules {
		if e.Rules[i].ID == e.Decision.Rule {
			return e.Rules[i].Name
		}
	}
	return e.Decision.Rule
}

// sentence says what a reason code means.
func sentence(reason string) string {
	switch reason {
	case ReasonNoRule:
		return "no rule matched it"
	case ReasonFailed:
		return "deciding it failed"
	case ReasonNotEligible:
		return "nobody is eligible"
	case ReasonAway:
		return "everybody eligible is away or off shift"
	case ReasonFull:
		return "everybody eligible and available is at a cap"
	case ReasonNoWeight:
		return "nobody left has a weight above zero"
	case ReasonNoSize:
		return "its size is unknown"
	}
	return reason
}

// Sentence says what became of the customer in the rule. Of the reps it says
// nothing.
func (r *RuleReport) Sentence() string {
	name := fmt.Sprintf("Rule %q", r.Name)
	switch r.Verdict {
	case VerdictNotInForce:
		return name + " was not in force."
	case VerdictNoMatch:
		return name + " did not match: " + r.When.decided()
	case VerdictUnknown:
		return name + " could not be decided and does not match: " + r.When.decided()
	case VerdictNobody:
		return name + " matched, but " + sentence(r.Reason) + "."
	case VerdictWaits:
		return name + " matched, but " + sentence(r.Reason) + "; the customer waits."
	case VerdictSetAside:
		return name + " matched and sets such customers aside: " + r.Reason + "."
	}
	return name + " matched and placed it:"
}

// decided says which leaves decided a finding, with their values.
func (f *Finding) decided() string {
	if f == nil || len(f.Leaves) == 0 {
		return "no reason recorded"
	}
	var parts []string
	for _, leaf := range f.Leaves {
		part := fmt.Sprintf("`%s` is %s", leaf.Text, leaf.Truth)
		var values []string
		for _, v := range leaf.Values {
			values = append(values, v.Name+" is "+v.Text)
		}
		if len(values) > 0 {
			part += " (" + strings.Join(values, ", ") + ")"
		}
		if leaf.Detail != "" {
			part += ", " + leaf.Detail
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// Sentence says how far the rep came, in words he can be told.
func (r *RepReport) Sentence() string {
	name := r.Rep
	if r.Name != "" && r.Name != r.Rep {
		name = fmt.Sprintf("%s (%s)", r.Name, r.Rep)
	}
	if r.Plan != "" {
		return name + ": " + r.Plan
	}
	switch r.Stage {
	case StageChosen:
		return name + ": chosen" + r.standing()
	case StagePick:
		return name + ": could have received it, another was due" + r.standing()
	case StageActive:
		return name + ": not active"
	case StageEligible:
		return name + ": not eligible: " + r.Why.decided()
	case StageAvailable:
		return name + ": " + r.absence()
	case StageWeight:
		return name + ": " + r.weightless()
	}
	return name + ": " + r.atCap()
}

func (r *RepReport) standing() string {
	var parts []string
	if r.Rank > 0 {
		parts = append(parts, fmt.Sprintf("rank %d", r.Rank))
	}
	if r.Credit != "" {
		parts = append(parts, "credit "+r.Credit, "with this share "+r.Due)
	}
	if r.Total != nil {
		parts = append(parts, fmt.Sprintf("total %g", *r.Total))
	}
	if r.Weight != 0 && r.Weight != 1 {
		parts = append(parts, fmt.Sprintf("weight %g", r.Weight))
	}
	if r.Prefer != nil {
		parts = append(parts, fmt.Sprintf("preference %g", *r.Prefer))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (r *RepReport) absence() string {
	text := "off shift"
	if r.Reason == ReasonAway {
		text = "away"
	}
	if r.Back != nil {
		text += ", until " + r.Back.Format("Mon 2006-01-02 15:04 MST")
	}
	return text
}

func (r *RepReport) atCap() string {
	if r.Reason == ReasonNoLimit {
		return fmt.Sprintf("the limit of cap %q is unknown: %s", r.Cap, r.Why.decided())
	}
	text := fmt.Sprintf("at cap %q, %d of %d", r.Cap, r.Used, r.Limit)
	if r.Used < r.Limit { // the customer takes more than one place
		text += " with no room for this one"
	}
	if r.Team != "" {
		return fmt.Sprintf("team %s is %s", r.Team, text)
	}
	return text
}

func (r *RepReport) weightless() string {
	switch r.Reason {
	case ReasonZeroWeight:
		return "the weight is zero"
	case ReasonNoSize:
		return "the customer's size is unknown: " + r.Why.decided()
	}
	return "the weight is unknown: " + r.Why.decided()
}

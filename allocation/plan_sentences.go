package allocation

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// String says in sentences what the plan does and what it proves, a line for
// each rule.
func (p *Plan) String() string {
	var b strings.Builder
	placed, moves, left := 0, 0, 0
	for _, row := range p.Rows {
		switch {
		case row.Status == StatusAssigned && row.From != "" && row.Rep != row.From:
			moves++
		case row.Status == StatusAssigned && row.From == "":
			placed++
		case row.Status == StatusWaiting || row.Status == StatusUnassigned:
			left++
		}
	}
	fmt.Fprintf(&b, "%s: %d get a rep, %d move to another, %d remain without.\n", several(len(p.Rows), "customer"), placed, moves, left)
	if p.Stopped {
		b.WriteString("It was stopped on the way: this is the best so far.\n")
	}
	for i := range p.Parts {
		fmt.Fprintln(&b, p.Parts[i].sentence(p.ruleName(p.Parts[i].Rule)))
	}
	return b.String()
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// ruleName is the name of a rule: people know it by that, the ledger by its ID.
func (p *Plan) ruleName(id string) string {
	for i := range p.rules {
		if r := &p.rules[i]; r.ID == id {
			return r.Name
		}
	}
	return id
}

// sentence says what a part did and what it proves.
func (part *PlanPart) sentence(rule string) string {
	text := fmt.Sprintf("Rule %q places %d of %s", rule, part.Placed, several(int(part.Customers), "customer"))
	switch {
	case part.Goal == GoalInOrder:
		return text + ", one after the other."
	case part.Placed == part.Most && part.Placed < part.Customers:
		text += "; there is room for no more"
	case part.Placed < part.Most:
		text += fmt.Sprintf("; nobody could place more than %d", part.Most)
	}
	switch part.Goal {
	case GoalRotation:
		text += "; " + part.evenness()
	case GoalLevel:
		text += "; what they have is as even as can be"
	}
	if part.Objective == 0 && part.Bound == 0 {
		return text + "."
	}
	text += fmt.Sprintf("; together they are worth %s", part.amount(part.Objective))
	if part.Objective == part.Bound {
		text += ", and no allocation is worth more"
	} else {
		text += fmt.Sprintf(", and no allocation is worth more than %s (%s)", part.amount(part.Bound), percent(part.Gap()))
	}
	switch next := part.NextMove; {
	case next != nil && next.Needed:
		text += "; more moves are needed for all caps to be kept"
	case next != nil:
		text += fmt.Sprintf("; one more move would bring at most %s", part.amount(next.Gain))
	}
	return text + "."
}

// percent writes a part of the whole; a small one does not become nothing.
func percent(part float64) string {
	if part < 0.0001 {
		return "less than 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", 100*part)
}

func (part *PlanPart) evenness() string {
	off := 0.0
	for _, r := range part.Reps {
		off = max(off, math.Abs(r.Entitled-float64(r.Customers)))
	}
	return fmt.Sprintf("nobody is further than %s customers from what he is entitled to", strconv.FormatFloat(off, 'f', 2, 64))
}

// Gap is how much more than Objective an allocation that places as many could be
// worth at most, as a share of Bound.
func (part *PlanPart) Gap() float64 {
	if part.Objective == part.Bound {
		return 0
	}
	return float64(part.Bound-part.Objective) / math.Max(1, math.Abs(float64(part.Bound)))
}

// amount writes a score or a price as a decimal.
func (part *PlanPart) amount(score int64) string {
	text := strconv.FormatFloat(float64(score)/math.Pow10(part.Scale), 'f', max(0, part.Scale), 64)
	if part.Scale <= 0 {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// brings says what one more place that is scarce brings. Where everybody is
// placed, limits on moves have left reps with more than their caps allow.
func (part *PlanPart) brings() string {
	if part.Placed == part.Customers {
		return "somebody nearer to his caps"
	}
	return "one customer more"
}

// ExplainRep says what a rep gets by the plan and what one more of his places
// would be worth; empty if no part knows him.
func (p *Plan) ExplainRep(rep string) string {
	var b strings.Builder
	for i := range p.Parts {
		part := &p.Parts[i]
		for _, r := range part.Reps {
			if r.Rep == rep {
				fmt.Fprintf(&b, "By rule %q %s\n", p.ruleName(part.Rule), part.repSentence(&r))
			}
		}
	}
	return b.String()
}

func (part *PlanPart) repSentence(r *PlanRep) string {
	text := fmt.Sprintf("%s gets %s", r.Rep, several(int(r.Customers), "customer"))
	switch {
	case r.Load > r.Room && r.Room >= 0:
		text += fmt.Sprintf(", %d units, and has room for %d", r.Load, r.Room)
	case r.Room >= 0:
		text += fmt.Sprintf(", %d of the %d units he has room for", r.Load, r.Room)
	}
	if part.Goal == GoalRotation {
		text += fmt.Sprintf("; he is entitled to %s", strconv.FormatFloat(r.Entitled, 'f', 2, 64))
	}
	switch {
	case part.Goal == GoalInOrder || part.Goal == GoalLevel:
		return text + "."
	case r.Scarce:
		text += "; one more place would bring " + part.brings()
		switch {
		case r.Price > 0:
			text += fmt.Sprintf(", and %s", part.amount(r.Price))
		case r.Price < 0:
			text += fmt.Sprintf(", at the cost of %s", part.amount(-r.Price))
		}
	case r.Price != 0:
		text += fmt.Sprintf("; one more place would bring %s", part.amount(r.Price))
	default:
		return text + "; one more place would bring nothing."
	}
	if r.Displaced != "" {
		text += fmt.Sprintf("; if somebody else came instead, %s would go first", r.Displaced)
	}
	return text + "."
}

// Explain says what the plan does with a customer and why, and of each rep who
// would be worth more why he is not the one. It is for a plan as Desk.Plan
// returned it, not for one that was read from JSON. Kind is the only option it
// knows. Cost: the policy's expressions for one customer and all reps.
func (p *Plan) Explain(customer string, opts ...Option) (string, error) {
	if p.maker == nil {
		return "", badInput("this plan was read from a file, and only the desk that made it can explain it")
	}
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	ref := CustomerRef{Kind: cmp.Or(o.kind, p.maker.policy.Kind), ID: customer}
	for k := range p.Rows {
		if row := &p.Rows[k]; row.Customer == ref.ID && row.Kind == ref.Kind {
			text := row.headline(p.ruleName(row.Rule)) + "\n"
			err := recovered(func() error { text += p.maker.offered(k).why(); return nil })
			return text, err
		}
	}
	return "", fmt.Errorf("%w: %s is not in the plan", ErrUnknownCustomer, ref)
}

// headline says what a plan does with a customer by a rule of that name.
func (row *PlanRow) headline(rule string) string {
	who := row.Kind + " " + row.Customer
	switch {
	case row.Reason == ReasonKept:
		return fmt.Sprintf("%s stays with %s: no rule had a place for it.", who, row.From)
	case row.Reason == ReasonLocked:
		return fmt.Sprintf("%s stays with %s: it is locked.", who, row.From)
	case row.Reason == ReasonClosed:
		return fmt.Sprintf("%s is %s: the plan leaves it alone. Maybe Reassign, which opens a new episode.", who, row.Status)
	case row.Reason == ReasonFailed:
		return fmt.Sprintf("%s is left as it is: the policy cannot read it: %s.", who, row.Fault)
	case row.Reason == ReasonFallback:
		return fmt.Sprintf("%s goes to %s as fallback: no rule placed it.", who, row.Rep)
	case row.Status == StatusAssigned && row.From == row.Rep:
		return fmt.Sprintf("%s stays with %s by rule %q.", who, row.Rep, rule)
	case row.Status == StatusAssigned && row.From != "":
		return fmt.Sprintf("%s moves from %s to %s by rule %q.", who, row.From, row.Rep, rule)
	case row.Status == StatusAssigned:
		return fmt.Sprintf("%s goes to %s by rule %q.", who, row.Rep, rule)
	case row.Status == StatusWaiting:
		return fmt.Sprintf("%s waits in rule %q: %s.", who, rule, planSentence(row))
	case row.Rule != "":
		return fmt.Sprintf("%s is set aside by rule %q: %s.", who, rule, row.Reason)
	}
	return fmt.Sprintf("%s goes to nobody: %s.", who, planSentence(row))
}

// planSentence says what a reason code means in a plan.
func planSentence(row *PlanRow) string {
	if row.Reason == ReasonFull && row.Part >= 0 {
		return "everybody eligible and available is at a cap with customers of the plan"
	}
	return sentence(row.Reason)
}

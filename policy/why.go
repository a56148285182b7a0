package policy

import (
	"fmt"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// Why explains one answer by evaluating the expression again with a trace.
// A part that the document leaves out is true and has no leaves.
func (b *matching) Why(part allocation.Part, index, row int) allocation.Finding {
	p, env := b.part(part, index, row)
	if p == nil {
		return allocation.Finding{Truth: allocation.True}
	}
	t := p.Trace(env)
	out := allocation.Finding{Truth: truths[t.Verdict.Truth], Reason: string(t.Verdict.Cause.Reason), Source: p.Source()}
	if p.Kind() != rule.Bool && !t.Value.IsNull() {
		out.Truth = allocation.True
	}
	for _, leaf := range t.Decisive() {
		out.Leaves = append(out.Leaves, explainLeaf(leaf))
	}
	if problem := outOfRange(part, t.Value); problem != "" {
		out.Truth, out.Reason = allocation.Unknown, string(rule.RuleError)
		leaf := allocation.Leaf{Text: p.Source(), Truth: allocation.Unknown, Reason: out.Reason, Detail: problem}
		for _, l := range out.Leaves {
			leaf.Values = append(leaf.Values, l.Values...)
		}
		out.Leaves = []allocation.Leaf{leaf}
	}
	return out
}

// part is an expression, and what it looks at.
func (b *matching) part(part allocation.Part, i, row int) (*rule.Program, *rule.Env) {
	switch part {
	case allocation.PartWhen:
		return b.m.p.rules[i].when, b.without()
	case allocation.PartEligible:
		return b.m.p.rules[i].eligible, b.with(row)
	case allocation.PartWeight:
		return b.m.p.rules[i].weight, b.with(row)
	case allocation.PartRampStart:
		return b.m.p.rules[i].since, b.with(row)
	case allocation.PartPrefer:
		return b.m.p.rules[i].prefer, b.with(row)
	case allocation.PartSize:
		return b.m.p.rules[i].size, b.without()
	case allocation.PartOnly:
		return b.m.p.caps[i].only, b.without()
	case allocation.PartLimit:
		return b.m.p.caps[i].limit, b.with(row)
	}
	return b.m.p.units, b.without()
}

// outOfRange says why a number that is known does not count as one.
func outOfRange(part allocation.Part, v rule.Value) string {
	if v.IsNull() {
		return ""
	}
	x := v.Number()
	switch part {
	case allocation.PartWeight:
		if x < 0 || x > 1e6 {
			return fmt.Sprintf("it is %s, and a weight is from 0 to 1000000", v)
		}
	case allocation.PartLimit:
		if x < 0 {
			return fmt.Sprintf("it is %s and cannot be negative", v)
		}
	case allocation.PartSize:
		if x <= 0 {
			return fmt.Sprintf("it is %s and must be above 0", v)
		}
	case allocation.PartUnits:
		if x < 0 || x > maxUnits {
			return fmt.Sprintf("it is %s and must be from 0 to %d", v, maxUnits)
		}
	}
	return ""
}

func explainLeaf(l rule.LeafTrace) allocation.Leaf {
	out := allocation.Leaf{Text: l.Leaf.Source, Truth: truths[l.Truth], Reason: string(l.Cause.Reason), Detail: l.Cause.Problem}
	if l.Cause.Reason == "" && l.Value.Kind() != rule.Bool {
		out.Truth = allocation.True
	}
	for _, o := range l.Operands {
		text := o.Value.String()
		if o.Value.IsNull() {
			text = "nothing"
		}
		out.Values = append(out.Values, allocation.Value{Name: o.Name, Text: text})
	}
	return out
}

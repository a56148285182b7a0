package policy

import (
	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

var _ allocation.Supposing = (*matching)(nil)

// Alternatives are other values of single fields with which the leaves of an
// expression may say something else.
func (b *matching) Alternatives(part allocation.Part, index, row int) []allocation.Alternative {
	p, env := b.part(part, index, row)
	if p == nil {
		return nil
	}
	var out []allocation.Alternative
	for _, a := range p.Alternatives(env) {
		if fixed[a.Side][a.Field] {
			continue
		}
		text := a.Of.String()
		if a.Of.IsNull() {
			text = ""
		}
		out = append(out, allocation.Alternative{
			OfRep: a.Side == rule.Rep, Field: a.Field, How: hows[a.How], Of: text, Raw: a.Value.Any(),
		})
	}
	return out
}

// fixed are the fields that make somebody who he is, and rep.active, which is
// a stage of its own.
var fixed = [...]map[string]bool{
	rule.Customer: {"id": true, "kind": true},
	rule.Rep:      {"id": true, "active": true},
}

var hows = [...]allocation.How{
	rule.Exactly: allocation.HowExactly, rule.JustAbove: allocation.HowJustAbove, rule.JustBelow: allocation.HowJustBelow,
	rule.Including: allocation.HowIncluding, rule.Without: allocation.HowWithout, rule.Other: allocation.HowOther,
	rule.Known: allocation.HowKnown, rule.Empty: allocation.HowEmpty,
}

package policy

import (
	"slices"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// Coverage is what tests have seen of a policy: which rules placed somebody,
// and for each leaf of when, eligible and only whether it was seen true, false
// and unknown. A leaf is what and, or, not, ?: and ?? join. It counts as
// evaluated when the desk asked the condition it is in: when of every rule the
// customer came to, eligible for every active rep of a rule that matched, only
// of every cap that some available rep came to.
type Coverage struct {
	File  string         `json:"file,omitempty"`
	Rules []RuleCoverage `json:"rules"`
	// Caps are the leaves of only in the caps of the desk.
	Caps []LeafCoverage `json:"caps,omitempty"`

	c *compiler
}

// RuleCoverage is what tests have seen of a rule.
type RuleCoverage struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Line   int    `json:"line,omitempty"` // of its name; 0 in a document made in Go
	Column int    `json:"column,omitempty"`
	// Placed counts the decisions the rule made: customers whom it gave to a
	// rep, set aside by pick: none, or let wait.
	Placed int `json:"placed"`
	// PassedOver counts the customers who came to the rule and went on, because
	// it did not match or found nobody. With both at zero it was never reached;
	// a rule that is not in force is not reached.
	PassedOver int            `json:"passed_over"`
	Leaves     []LeafCoverage `json:"leaves,omitempty"` // in source order: when, eligible, caps
}

// LeafCoverage is what tests have seen of a leaf.
type LeafCoverage struct {
	Key    string `json:"key"`           // when, eligible, or only
	Cap    string `json:"cap,omitempty"` // for only: the cap's name
	Text   string `json:"text"`
	Let    string `json:"let,omitempty"` // the let name it was written under
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`

	True    bool `json:"true"` // it was seen true
	False   bool `json:"false"`
	Unknown bool `json:"unknown"`
	// Missing says that a value may be missing here and nothing settles what
	// then, which check warns of: seen unknown is wanted only then.
	Missing bool `json:"missing"`

	program *rule.Program
	leaf    *rule.Leaf
}

// newCoverage lists what there is to see in a compiled document.
func newCoverage(c *compiler) *Coverage {
	v := &Coverage{c: c}
	caps := map[int][]LeafCoverage{} // by rule; -1 for those of the desk
	for i, cap := range c.out.Caps {
		caps[cap.Rule] = append(caps[cap.Rule], c.leavesOf("only", cap.Name, c.programs.caps[i].only)...)
	}
	v.Caps = caps[-1]
	for i, r := range c.out.Rules {
		one := RuleCoverage{ID: r.ID, Name: r.Name}
		_, one.Line, one.Column = c.position(join(item("rules", i), "name"))
		one.Leaves = append(one.Leaves, c.leavesOf("when", "", c.programs.rules[i].when)...)
		one.Leaves = append(one.Leaves, c.leavesOf("eligible", "", c.programs.rules[i].eligible)...)
		one.Leaves = append(one.Leaves, caps[i]...)
		v.Rules = append(v.Rules, one)
	}
	return v
}

// leavesOf are the leaves of an expression, of which nothing was seen yet.
func (c *compiler) leavesOf(key, cap string, p *rule.Program) []LeafCoverage {
	if p == nil {
		return nil
	}
	at := c.placed[slices.IndexFunc(c.placed, func(at placed) bool { return at.program == p })]
	var out []LeafCoverage
	for _, leaf := range p.Leaves() {
		one := LeafCoverage{Key: key, Cap: cap, Text: leaf.Source, Let: leaf.Let, program: p, leaf: leaf}
		one.File, one.Line, one.Column = c.leafPlace(at, leaf)
		one.Missing = slices.ContainsFunc(p.Gaps(), func(g rule.Gap) bool { return g.Leaf == leaf })
		out = append(out, one)
	}
	return out
}

// add notes what one customer's way through a rule has seen. row is the row
// of a rep.
func (v *Coverage) add(b *matching, r *allocation.RuleReport, row func(rep string) int) {
	i := slices.IndexFunc(v.Rules, func(one RuleCoverage) bool { return one.ID == r.ID })
	one, programs := &v.Rules[i], v.c.programs.rules[i]
	switch r.Verdict {
	case allocation.VerdictNotInForce:
		return
	case allocation.VerdictPlaced, allocation.VerdictSetAside, allocation.VerdictWaits:
		one.Placed++
	default:
		one.PassedOver++
	}
	see(one.Leaves, programs.when, b.without())
	capped := false
	for _, rep := range r.Reps { // empty unless the rule matched and picks somebody
		if rep.Stage != allocation.StageActive {
			see(one.Leaves, programs.eligible, b.with(row(rep.Rep)))
		}
		capped = capped || !slices.Contains(beforeCaps, rep.Stage)
	}
	if !capped {
		return
	}
	for j, cap := range v.c.out.Caps {
		switch only := v.c.programs.caps[j].only; cap.Rule {
		case -1:
			see(v.Caps, only, b.without())
		case i:
			see(one.Leaves, only, b.without())
		}
	}
}

// beforeCaps are the stages at which a rep is stopped before caps are asked.
var beforeCaps = []allocation.Stage{allocation.StageActive, allocation.StageEligible, allocation.StageAvailable}

// see marks what the leaves of an expression say.
func see(leaves []LeafCoverage, p *rule.Program, env *rule.Env) {
	if p == nil {
		return
	}
	for _, said := range p.Trace(env).Leaves {
		for i := range leaves {
			if one := &leaves[i]; one.program == p && one.leaf == said.Leaf {
				one.True = one.True || said.Truth == rule.True
				one.False = one.False || said.Truth == rule.False
				one.Unknown = one.Unknown || said.Truth == rule.Unknown
			}
		}
	}
}

// Covered counts what there is to see and how much of it was seen: of the
// rules, that each placed somebody; of the leaves, that each was true, was
// false and, where a value may be missing, was unknown.
func (v *Coverage) Covered() (rules, ofRules, outcomes, ofOutcomes int) {
	count := func(leaves []LeafCoverage) {
		for i := range leaves {
			seen, of := leaves[i].covered()
			outcomes, ofOutcomes = outcomes+seen, ofOutcomes+of
		}
	}
	count(v.Caps)
	for i := range v.Rules {
		if v.Rules[i].Placed > 0 {
			rules++
		}
		count(v.Rules[i].Leaves)
	}
	return rules, len(v.Rules), outcomes, ofOutcomes
}

func (l *LeafCoverage) covered() (seen, of int) {
	for _, one := range []struct{ seen, wanted bool }{{l.True, true}, {l.False, true}, {l.Unknown, l.Missing}} {
		if one.wanted {
			of++
		}
		if one.wanted && one.seen {
			seen++
		}
	}
	return seen, of
}

// Percent is the part that was seen of all that Covered counts, from 0 to 100,
// rounded down: 100 only when nothing is left.
func (v *Coverage) Percent() int {
	rules, ofRules, outcomes, ofOutcomes := v.Covered()
	return 100 * (rules + outcomes) / (ofRules + ofOutcomes)
}

// MarshalJSON adds the number that Percent gives.
func (v *Coverage) MarshalJSON() ([]byte, error) {
	type plain Coverage
	return marshal(struct {
		Percent int `json:"percent"`
		*plain
	}{v.Percent(), (*plain)(v)})
}

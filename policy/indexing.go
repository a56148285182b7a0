package policy

import (
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/policy/rule"
)

// RuleIndexing says how fast a rule is answered and why: what of it is looked
// up, and what is left to the interpreter.
type RuleIndexing struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// RuledOutBy is the fields of the customer of which a value rules the rule
	// out without evaluating its `when`. Empty: `when` is evaluated for every
	// customer who gets that far.
	RuledOutBy []string `json:"ruled_out_by,omitempty"`
	// Eligible is the parts of `eligible`, in source order.
	Eligible []PartIndexing `json:"eligible,omitempty"`
	when     bool
}

// PartIndexing is one undivided part of a rule's `eligible`.
type PartIndexing struct {
	Text string `json:"text"`
	Way  string `json:"way"` // such as "looked up by value"
	// Left says that the interpreter evaluates the part for reps.
	Left bool `json:"left,omitempty"`
	// Maybe is how to write the part so that it need not be; may be empty.
	Maybe string `json:"maybe,omitempty"`
}

// Indexing says for each rule how it is answered. The error is that of
// Compile.
func (d *Document) Indexing() ([]RuleIndexing, error) {
	return d.compiler(&faults{origin: d.origin}).indexing()
}

// Indexing is Document.Indexing of the self-contained text that
// allocation.Policy keeps as Source.
func Indexing(source []byte) ([]RuleIndexing, error) {
	d, f, err := unpack(source)
	if err != nil {
		return nil, err
	}
	return d.compiler(f).indexing()
}

func (c *compiler) indexing() ([]RuleIndexing, error) {
	c.compile()
	if err := c.f.err(); err != nil {
		return nil, err
	}
	out := make([]RuleIndexing, len(c.out.Rules))
	for i, r := range c.out.Rules {
		p := c.programs.rules[i]
		out[i] = RuleIndexing{ID: r.ID, Name: r.Name, when: p.when != nil}
		if p.when != nil {
			out[i].RuledOutBy = p.when.RuledOutBy()
		}
		if p.eligible != nil {
			for _, a := range p.eligible.Indexing() {
				out[i].Eligible = append(out[i].Eligible, PartIndexing{a.Leaf.Source, a.Way, a.Left, a.Hint})
			}
		}
	}
	return out, nil
}

// String is a line for the rule and one for each of its parts.
func (r RuleIndexing) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rule %s\n", r.Name)
	switch {
	case len(r.RuledOutBy) > 0:
		fmt.Fprintf(&b, "  when: ruled out by %s, evaluated otherwise\n", strings.Join(r.RuledOutBy, ", "))
	case r.when:
		b.WriteString("  when: evaluated for each customer\n")
	}
	for _, p := range r.Eligible {
		fmt.Fprintf(&b, "  eligible: %s: %s\n", p.Text, p.Way)
		if p.Maybe != "" {
			fmt.Fprintf(&b, "    Maybe %s\n", p.Maybe)
		}
	}
	return b.String()
}

// leftToInterpreter tells of parts of `eligible` that are evaluated rep by
// rep. They mean the same and take longer.
func (l *linter) leftToInterpreter() {
	told := map[*rule.Leaf]bool{}
	for _, p := range l.c.placed {
		if p.key != "eligible" {
			continue
		}
		for _, a := range p.program.Indexing() {
			if !a.Left || told[a.Leaf] {
				continue
			}
			told[a.Leaf] = true
			var at Finding
			at.File, at.Line, at.Column = l.c.leafPlace(p, a.Leaf)
			at.Code, at.Severity, at.Maybe = CodeNotIndexed, Info, a.Hint
			at.Message = fmt.Sprintf("%s is %s: with many reps that takes longer than looking them up", a.Leaf.Source, a.Way)
			l.out = append(l.out, at)
		}
	}
}

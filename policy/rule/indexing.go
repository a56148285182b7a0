package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Answered is how an Index answers one leaf of a condition.
type Answered struct {
	Leaf *Leaf
	// Way in words: "kept for each rep", "looked up by value", "left to the
	// interpreter".
	Way string
	// Left says that the interpreter evaluates the leaf for each rep still
	// undecided, or for each value of a field, and Hint how to write it so that
	// it need not: a sentence, or empty.
	Left bool
	Hint string
}

// ways are the words for each way of a look-up.
var ways = map[how]string{
	lookEqual: "looked up by value", lookAmong: "looked up by value", lookHolds: "looked up by the elements of the list",
	lookPrefixOf: "looked up by prefix", lookBeginning: "looked up by prefix", lookBelow: "looked up in order",
	lookPerValue: "left to the interpreter, once for each value", lookEach: "left to the interpreter",
}

// Indexing says, leaf by leaf in source order, how an Index answers the
// program.
func (p *Program) Indexing() []Answered {
	plan := NewIndex([]*Program{p}).Plan(0)
	by := map[*Leaf]*lookup{}
	whole := false // structure that doubles itself too often is left as a whole
	for _, l := range plan.lookups {
		if l.node.op == opLeaf {
			by[l.node.leaf] = l
		} else if l.how == lookEach {
			whole = true
		}
	}
	var out []Answered
	for _, leaf := range p.leaves {
		a := Answered{Leaf: leaf}
		switch side := sidesOf(leaf.node); {
		case whole:
			a.Way, a.Left, a.Hint = ways[lookEach], true, "fewer ?: and ?? inside one another"
		case !side.rep:
			a.Way = "once for each customer"
		case !side.customer:
			a.Way = "kept for each rep"
		case by[leaf] != nil:
			l := by[leaf]
			if a.Way, a.Left = ways[l.how], l.how >= lookPerValue; a.Left {
				a.Hint = hint(leaf.node)
			}
		}
		out = append(out, a)
	}
	return out
}

// RuledOutBy is the fields of the customer of which a value can rule the
// condition out, so that a Dispatch need not evaluate it: sorted, as rules
// write them.
func (p *Program) RuledOutBy() []string {
	names := map[string]bool{}
	slots := needed(p.root, p.share)
	for _, leaf := range p.leaves {
		for _, n := range leaf.reads {
			if _, rules := slots[n.slot]; rules && n.op == opField && n.side == Customer {
				names[n.name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// hint says how to write a leaf that is left to the interpreter so that it can
// be looked up.
func hint(n *node) string {
	switch {
	case n.op == opEach:
		return hintEach(n)
	case n.op == opCompare && (n.relation == containing || n.relation == endingWith):
		return "a list and in, or startsWith"
	case n.op != opCompare || n.relation >= memberOf:
		return ""
	}
	if n.b.op == opConst || n.b.op == opField {
		if s := hintAge(n); s != "" {
			return s
		}
	}
	return "what depends on the rep alone on one side of " + n.name + ", and the rest on the other"
}

// hintEach knows the predicates that ask what in asks.
func hintEach(n *node) string {
	list, body := n.a, n.b
	if n.quant != qAny || body.op != opCompare || body.relation != equal {
		return ""
	}
	other := body.b
	if other.op == opElement {
		other = body.a
	}
	if other.op == opElement || sidesOf(other).rep == sidesOf(list).rep {
		return ""
	}
	return fmt.Sprintf("%s in %s", other.source(), list.source())
}

// hintAge knows how long ago something was: now - rep.hired_at > length, and
// the same in days or hours.
func hintAge(n *node) string {
	span, length := n.a, n.b.source()
	if (span.name == "days" || span.name == "hours") && span.op == opApply1 && n.b.op == opConst {
		if x := n.b.value.Number(); x == float64(int64(x)) {
			length = fmt.Sprintf("duration(\"%d%s\")", int64(x), span.name[:1])
			span = span.a
		}
	}
	if span.op != opApply2 || span.name != "-" || span.kind != Duration || sidesOf(span.a).rep || sidesOf(span.b).customer {
		return ""
	}
	flipped := strings.NewReplacer("<", ">", ">", "<").Replace(n.name)
	return fmt.Sprintf("%s %s %s - %s", span.b.source(), flipped, span.a.source(), length)
}

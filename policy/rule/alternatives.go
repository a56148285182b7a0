package rule

import (
	"math"
	"strings"
)

// Alternative is another value of one field, with which a leaf of an
// expression may say something else.
type Alternative struct {
	Side  Side
	Field string // without the side: region, kpi.win_rate
	Value Value  // null: the field is empty
	How   How
	Of    Value // what How refers to; the value itself for Exactly
}

// How says in which way an alternative differs from what a field holds.
type How uint8

const (
	Exactly   How = iota // the field is Of
	JustAbove            // the least value above Of
	JustBelow            // the greatest value below Of
	Including            // the list has Of as well
	Without              // the list has Of no longer
	Other                // anything but Of; Value is an example
	Known                // there is a value; Value is an example
	Empty                // there is none
)

// maxAlternatives is how many elements of one list are tried for one leaf.
const maxAlternatives = 32

// Alternatives are, for each field that a leaf compares, the values on either
// side of the border where the leaf changes its answer: what it is compared
// with, the next value above and below, one element more or less. Leaves on
// which the answer rests come first. What a leaf compares through a
// calculation has none. It may allocate; deciding does not need it.
func (p *Program) Alternatives(env *Env) []Alternative {
	t := p.Trace(env)
	f := frame{env: env, share: p.share}
	var first, rest []Alternative
	for _, l := range t.Leaves {
		if l.Decided {
			first = append(first, l.Leaf.alternatives(&f)...)
		} else {
			rest = append(rest, l.Leaf.alternatives(&f)...)
		}
	}
	return append(first, rest...)
}

func (l *Leaf) alternatives(f *frame) []Alternative {
	value := func(n *node) Value {
		f.steps = f.share
		return n.eval(f)
	}
	n := l.node
	switch n.op {
	case opField:
		if n.kind == Bool {
			return compared(n, equal, value(n))
		}
	case opHas:
		if field := shownField(n.a); field != nil {
			return append(alternativesOf(field, Empty, Value{}), alternativesOf(field, Known, example(field.kind))...)
		}
	case opInNamed:
		if field := shownField(n.a); field != nil {
			return amongElements(field, StringsValue(n.named.values))
		}
	case opCompare:
		a, b := shownField(n.a), shownField(n.b)
		var out []Alternative
		if a != nil {
			out = append(out, compared(a, n.relation, value(n.b))...)
		}
		if b != nil && n.relation == memberOf {
			out = append(out, element(b, value(b), value(n.a))...)
		} else if b != nil {
			out = append(out, compared(b, n.relation, value(n.a))...)
		}
		return out
	}
	return nil
}

// shownField is the field that an operand shows as it is, or through one function
// such as lower or ??; nil when it shows none.
func shownField(n *node) *node {
	for n != nil {
		switch n.op {
		case opField:
			return n
		case opApply1, opElse:
			n = n.a
		default:
			return nil
		}
	}
	return nil
}

// compared are the values of a field around the one it is compared with.
func compared(field *node, r relation, with Value) []Alternative {
	switch {
	case r == memberOf:
		return amongElements(field, with)
	case field.kind == Bool:
		return append(alternativesOf(field, Exactly, BoolValue(true)), alternativesOf(field, Exactly, BoolValue(false))...)
	case with.kind == Null:
		return nil
	case field.kind == Int && with.kind == Number:
		x := with.float()
		if math.Abs(x) > 1<<53 {
			return nil
		}
		return around(field, IntValue(int64(math.Floor(x))), IntValue(int64(math.Floor(x))+1), IntValue(int64(math.Ceil(x))-1))
	case field.kind == Number && with.kind == Int:
		with = number(float64(with.num))
	}
	if with.kind != field.kind {
		return nil
	}
	switch with.kind {
	case Int, Time:
		if with.num == math.MaxInt64 || with.num == math.MinInt64 {
			return alternativesOf(field, Exactly, with)
		}
		return around(field, with, Value{kind: with.kind, num: with.num + 1}, Value{kind: with.kind, num: with.num - 1})
	case Number:
		above, below := number(math.Nextafter(with.float(), math.Inf(1))), number(math.Nextafter(with.float(), math.Inf(-1)))
		return around(field, with, above, below)
	}
	out := alternativesOf(field, Exactly, with)
	out = append(out, alternativesOf(field, Other, with)...)
	out[len(out)-1].Value = otherText(with)
	return out
}

// around are a border and its neighbours; a neighbour that is no value is left
// out. Whole numbers are named, the neighbours of others are not.
func around(field *node, at, above, below Value) []Alternative {
	out := alternativesOf(field, Exactly, at)
	for _, next := range [...]struct {
		how   How
		value Value
	}{{JustAbove, above}, {JustBelow, below}} {
		switch {
		case next.value.kind == Null:
		case next.value.kind == Int:
			out = append(out, alternativesOf(field, Exactly, next.value)...)
		default:
			out = append(out, alternativesOf(field, next.how, at)...)
			out[len(out)-1].Value = next.value
		}
	}
	return out
}

// amongElements are the elements of a list, as values of a field that the list
// may hold, and something else.
func amongElements(field *node, items Value) []Alternative {
	if items.kind == Null || items.kind.element() != field.kind {
		return nil
	}
	var out []Alternative
	for i := range min(items.list.len(), maxAlternatives) {
		out = append(out, alternativesOf(field, Exactly, items.at(i))...)
	}
	if field.kind == String && items.list.len() > 0 {
		out = append(out, alternativesOf(field, Other, items)...)
		out[len(out)-1].Value = otherText(StringValue(strings.Join(items.list.strs[:min(items.list.len(), 3)], "")))
	}
	return out
}

// element is a list field with an element more, or less if it has it.
func element(field *node, has, x Value) []Alternative {
	if x.kind == Null || field.kind.element() != x.kind {
		return nil
	}
	if has.kind == Null {
		has = Value{kind: field.kind, list: &list{}}
	}
	out := Alternative{Side: field.side, Field: fieldName(field), How: Including, Of: x}
	if isIn(&x, has.list) {
		out.How = Without
	}
	out.Value = changed(has, x, out.How == Including)
	return []Alternative{out}
}

// changed is a list with an element more, or without it.
func changed(has, x Value, more bool) Value {
	var l list
	for i := range has.list.len() {
		if y := has.at(i); more || !y.Equal(x) {
			l.append(y)
		}
	}
	if more {
		l.append(x)
	}
	return Value{kind: has.kind, list: &l}
}

func (l *list) append(x Value) {
	switch x.kind {
	case String:
		l.strs = append(l.strs, x.str)
	case Int:
		l.ints = append(l.ints, x.num)
	default:
		l.nums = append(l.nums, x.float())
	}
}

// otherText is a text that differs from another, and that no list has.
func otherText(x Value) Value {
	text := "other than " + x.str
	return StringValue(text[:min(len(text), MaxString)])
}

// example is some value of a kind.
func example(k Kind) Value {
	switch k {
	case Int:
		return IntValue(1)
	case Number:
		return number(1)
	case String:
		return StringValue("some text")
	case Bool:
		return BoolValue(true)
	}
	return Value{}
}

func alternativesOf(field *node, how How, of Value) []Alternative {
	if how == Known && of.kind == Null {
		return nil
	}
	return []Alternative{{Side: field.side, Field: fieldName(field), Value: of, How: how, Of: of}}
}

// fieldName is a field's name without the side.
func fieldName(n *node) string {
	_, name, _ := strings.Cut(n.name, ".")
	return name
}

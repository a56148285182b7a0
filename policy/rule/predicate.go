package rule

// maxNested is how deep predicates may stand in one another.
const maxNested = 2

// quantifier is what a predicate asks of the elements of a list.
type quantifier uint8

const (
	qAny quantifier = iota
	qAll
	qNone
	qOne
	qCount
)

var quantifiers = map[string]quantifier{"any": qAny, "all": qAll, "none": qNone, "one": qOne, "count": qCount}

// each asks the body of every element. The answer is three-valued like and,
// or: any is true with one true element whatever the others are, all is
// false with one false element, none is not any, one is false with a second
// true element, count wants every element known. An element costs one step
// beside what its body costs; there is no early way out, so that the steps
// spent do not depend on the order of elements.
func (n *node) each(f *frame) Value {
	items := n.a.eval(f)
	if items.kind == Null {
		return items
	}
	outer := f.element
	var yes, no int
	var unknown Value
	for i := range items.list.len() {
		if !f.spend(1) {
			return tooMuch
		}
		f.element = items.at(i)
		switch x := n.b.eval(f); {
		case f.steps < 0:
			return tooMuch
		case x.kind == Null && unknown.why == 0:
			unknown = x
		case x.kind == Null:
		case x.num != 0:
			yes++
		default:
			no++
		}
	}
	f.element = outer
	return n.quant.verdict(yes, no, items.list.len(), unknown)
}

// verdict sums up: yes and no are the elements known to be so, unknown the
// first reason when some are neither.
func (q quantifier) verdict(yes, no, all int, unknown Value) Value {
	settled := yes+no == all
	switch {
	case q == qAny && yes > 0, q == qAll && settled && no == 0, q == qNone && settled && yes == 0:
		return BoolValue(true)
	case q == qAny && settled, q == qAll && no > 0, q == qNone && yes > 0, q == qOne && yes > 1:
		return BoolValue(false)
	case !settled:
		return unknown
	case q == qOne:
		return BoolValue(yes == 1)
	}
	return IntValue(int64(yes))
}

package rule

import (
	"slices"
	"strings"
)

// Plan is a condition compiled over an Index: what can be looked up is looked
// up, and what cannot is left to the interpreter.
type Plan struct {
	index   *Index
	program *Program
	yes, no *set // for whom the condition is true, and false; in neither: unknown
	lookups []*lookup
}

// maxParts is the most sets one rule may become. Conditions of ?: and the left
// sides of ?? are in twice, so that nesting them could double a rule many
// times over; such a rule is left to the interpreter.
const maxParts = 1000

// plan compiles a program; nil is a condition that is always true.
func (x *Index) plan(p *Program) *Plan {
	plan := &Plan{index: x, program: p, yes: &set{op: setAll}, no: &set{op: setNone}}
	if p == nil {
		return plan
	}
	c := &indexer{plan: plan, index: x, share: p.share}
	plan.yes, plan.no = c.sets(p.root)
	return plan
}

// indexer makes sets of a program's structure.
//
// A part of a rule becomes two sets, those for whom it is true and those for
// whom it is false. Three-valued logic is then plain algebra:
//
//	a and b   true: both true          false: either false
//	a or b    true: either true        false: both false
//	not a     true: a false            false: a true
//	c ? a : b true: c true and a true, or c false and b true; false alike
//	a ?? b    true: a true, or b true and a not false; false alike
type indexer struct {
	plan  *Plan
	index *Index
	share int
}

// sets is the two sets of a part.
func (c *indexer) sets(n *node) (yes, no *set) {
	switch side := sidesOf(n); {
	case n.op == opConst:
		return constant(n.value.Bool())
	case !side.rep:
		return c.ask(&lookup{how: lookOnce, node: n})
	case !side.customer:
		m := c.index.mark(n, c.share)
		return &set{op: setMark, mark: m, want: True, cost: costBit}, &set{op: setMark, mark: m, want: False, cost: costBit}
	case n.op == opLeaf:
		return c.ask(c.lookup(n))
	}
	yes, no = c.structure(n)
	if yes.parts()+no.parts() > maxParts {
		return c.ask(&lookup{how: lookEach, node: n})
	}
	return yes, no
}

func constant(b bool) (yes, no *set) {
	yes, no = &set{op: setAll}, &set{op: setNone}
	if !b {
		return no, yes
	}
	return yes, no
}

func (c *indexer) structure(n *node) (yes, no *set) {
	switch n.op {
	case opAnd, opOr:
		return c.join(n)
	case opNot:
		yes, no = c.sets(n.a)
		return no, yes
	case opIf:
		ifYes, ifNo := c.sets(n.a)
		aYes, aNo := c.sets(n.b)
		bYes, bNo := c.sets(n.c)
		return eitherOf(bothOf(ifYes, aYes), bothOf(ifNo, bYes)), eitherOf(bothOf(ifYes, aNo), bothOf(ifNo, bNo))
	case opElse:
		aYes, aNo := c.sets(n.a)
		bYes, bNo := c.sets(n.b)
		return eitherOf(aYes, withoutOf(bYes, aNo)), eitherOf(aNo, withoutOf(bNo, aYes))
	}
	return c.ask(&lookup{how: lookEach, node: n})
}

// join is and, or. The operands that depend on the rep alone become one
// mark, so that they are one bit a rep together, and so do those that do
// not depend on the rep.
func (c *indexer) join(n *node) (yes, no *set) {
	var rep, customer *node
	var yeses, noes []*set
	more := func(m *node) {
		yes, no := c.sets(m)
		yeses, noes = append(yeses, yes), append(noes, no)
	}
	for _, m := range operandsOf(n, n.op) {
		switch side := sidesOf(m); {
		case !side.rep:
			customer = chain(n.op, customer, m)
		case !side.customer:
			rep = chain(n.op, rep, m)
		default:
			more(m)
		}
	}
	for _, m := range []*node{customer, rep} {
		if m != nil {
			more(m)
		}
	}
	if n.op == opAnd {
		return bothOf(yeses...), eitherOf(noes...)
	}
	return eitherOf(yeses...), bothOf(noes...)
}

// operandsOf is the operands of a chain of and, or of or, in source order.
func operandsOf(n *node, op opcode) []*node {
	if n.op != op {
		return []*node{n}
	}
	return append(operandsOf(n.a, op), operandsOf(n.b, op)...)
}

// chain adds an operand to a chain of and, or of or.
func chain(op opcode, before, n *node) *node {
	if before == nil {
		return n
	}
	return &node{op: op, kind: Bool, name: n.name, a: before, b: n, short: true}
}

// ask makes the two sets of a look-up.
func (c *indexer) ask(l *lookup) (yes, no *set) {
	l.share, l.at = c.share, len(c.plan.lookups)
	c.plan.lookups = append(c.plan.lookups, l)
	yes = &set{op: setLookup, lookup: l, want: True, cost: l.how.cost()}
	no = &set{op: setLookup, lookup: l, want: False, cost: l.how.cost()}
	if l.deny {
		return no, yes
	}
	return yes, no
}

// lookup chooses how a leaf that looks at the rep and at the customer is
// answered.
func (c *indexer) lookup(n *node) *lookup {
	l := &lookup{how: lookEach, node: n}
	if m := n.a; m.op == opCompare {
		left, right := sidesOf(m.a), sidesOf(m.b)
		switch {
		case !left.customer && !right.rep && l.relate(m.relation, true):
			l.column, l.probe = c.index.column(m.a), m.b
		case !left.rep && !right.customer && l.relate(m.relation, false):
			l.column, l.probe = c.index.column(m.b), m.a
		}
	}
	if slots := repSlots(n); l.how == lookEach && len(slots) == 1 {
		if field := fieldIn(n, slots[0]); field.kind.element() == Null {
			l.how, l.column = lookPerValue, c.index.column(field)
		}
	}
	l.prepare()
	return l
}

// relate chooses the index for a relation between a value of the rep and one
// that does not depend on him, and reports whether there is one.
func (l *lookup) relate(r relation, repFirst bool) bool {
	l.relation, l.repFirst = r, repFirst
	switch r {
	case equal, unequal:
		l.how, l.deny = lookEqual, r == unequal
	case less, atMost, greater, atLeast:
		// Where both are known, x > y is not x <= y.
		l.how, l.orEqual = lookBelow, r == atMost || r == atLeast
		if below := r == less || r == atMost; below != repFirst {
			l.deny, l.orEqual = true, !l.orEqual
		}
	case memberOf:
		l.how = lookHolds
		if repFirst {
			l.how = lookAmong
		}
	case startingWith:
		l.how = lookPrefixOf
		if repFirst {
			l.how = lookBeginning
		}
	default:
		return false
	}
	return true
}

// prepare makes the index that a look-up needs over its column.
func (l *lookup) prepare() {
	c := l.column
	switch l.how {
	case lookEqual, lookAmong, lookPrefixOf:
		c.wantValues()
	case lookHolds:
		c.wantElements()
	case lookBelow, lookBeginning:
		c.wantOrder()
	case lookPerValue:
		c.wantNumbers()
	}
}

func (c *column) wantValues() {
	if c.byValue == nil {
		c.byValue = newPostings()
	}
}

func (c *column) wantNumbers() {
	c.wantValues()
	if c.numbers == nil {
		c.numbers = []uint32{}
	}
}

func (c *column) wantElements() {
	if c.byElement == nil {
		c.byElement = newPostings()
	}
}

func (c *column) wantOrder() {
	switch {
	case c.node.kind == String && c.byText == nil:
		c.byText = &ordering[string]{}
	case c.node.kind != String && c.byNumber == nil:
		c.byNumber = &ordering[int64]{}
	}
}

// sides is which sides a part looks at. The time is the same for all reps, as
// the customer is.
type sides struct{ rep, customer bool }

func sidesOf(n *node) sides {
	s := sides{}
	switch n.op {
	case opField:
		s = sides{n.side == Rep, n.side == Customer}
	case opNow:
		s.customer = true
	}
	for child := range n.children {
		of := sidesOf(child)
		s.rep, s.customer = s.rep || of.rep, s.customer || of.customer
	}
	return s
}

// repSlots is the slots of the rep's record that a part reads, ascending.
func repSlots(n *node) []int {
	var out []int
	var walk func(*node)
	walk = func(m *node) {
		if m.op == opField && m.side == Rep {
			out = append(out, m.slot)
		}
		for child := range m.children {
			walk(child)
		}
	}
	walk(n)
	slices.Sort(out)
	return slices.Compact(out)
}

// fieldIn finds the node of a rep's field in a part.
func fieldIn(n *node, slot int) *node {
	if n.op == opField && n.side == Rep && n.slot == slot {
		return n
	}
	for child := range n.children {
		if field := fieldIn(child, slot); field != nil {
			return field
		}
	}
	return nil
}

// written is the words of a structure, for telling equal ones.
func written(n *node) string {
	switch n.op {
	case opAnd, opOr, opNot, opIf, opElse:
		var parts []string
		for child := range n.children {
			parts = append(parts, written(child))
		}
		return "(" + n.op.word() + " " + strings.Join(parts, " ") + ")"
	}
	return n.source()
}

func (op opcode) word() string {
	return map[opcode]string{opAnd: "and", opOr: "or", opNot: "not", opIf: "?:", opElse: "??"}[op]
}

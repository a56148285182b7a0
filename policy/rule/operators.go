package rule

import (
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/expr-lang/expr/ast"
)

// binary is every operator with two operands.
func (c *checker) binary(at stretch, n *ast.BinaryNode) *node {
	switch n.Operator {
	case "and", "&&":
		return c.join(at, n, opAnd, "and")
	case "or", "||":
		return c.join(at, n, opOr, "or")
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(at, n)
	case "in":
		return c.membership(at, n)
	case "contains", "startsWith", "endsWith":
		return c.textSearch(at, n)
	case "matches":
		return c.match(at, n)
	case "??":
		return c.coalesce(at, n)
	case "..":
		return c.fail(at, "a range may only stand behind in", "lead.score in 1..10")
	}
	out := c.arithmetic(at, n)
	out.loose = c.looseElse(at, n)
	return out
}

// operands checks both sides; ok is false when either is a mistake.
func (c *checker) operands(n *ast.BinaryNode) (a, b *node, ok bool) {
	a, b = c.check(n.Left), c.check(n.Right)
	return a, b, a.kind != badKind && b.kind != badKind
}

func (c *checker) join(at stretch, n *ast.BinaryNode, op opcode, word string) *node {
	a, b, ok := c.operands(n)
	if !ok {
		return c.bad(at)
	}
	for _, operand := range []*node{a, b} {
		if operand.kind != Bool {
			return c.notACondition(at, word, a, operand)
		}
	}
	return c.node(at, &node{op: op, kind: Bool, name: word, a: a, b: b})
}

func (c *checker) comparison(at stretch, n *ast.BinaryNode) *node {
	if bad := c.comparedWithNull(at, n); bad != nil {
		return bad
	}
	a, b, ok := c.comparedOperands(n)
	if !ok {
		return c.bad(at)
	}
	wide, wideB := c.widen(a, b)
	if wide.kind != wideB.kind || !relations[n.Operator].relates(wide.kind) {
		return c.incomparable(at, n.Operator, a, b)
	}
	return c.relate(at, n.Operator, wide, wideB)
}

// comparedOperands checks both sides of a comparison. A word nobody knows,
// beside a text, is most likely a text without its quotes.
func (c *checker) comparedOperands(n *ast.BinaryNode) (a, b *node, ok bool) {
	if name, isName := n.Right.(*ast.IdentifierNode); isName && c.v.names[name.Value] == "" {
		if a = c.check(n.Left); a.kind == String || a.kind == StringList {
			return a, c.unquoted(c.of(n.Right), name.Value), false
		} else if a.kind == badKind {
			return a, a, false
		}
	}
	if name, isName := n.Left.(*ast.IdentifierNode); isName && c.v.names[name.Value] == "" {
		if b = c.check(n.Right); b.kind == String && b.op != opConst || b.kind == StringList {
			return c.unquoted(c.of(n.Left), name.Value), b, false
		}
	}
	return c.operands(n)
}

func (c *checker) membership(at stretch, n *ast.BinaryNode) *node {
	if between, ok := n.Right.(*ast.BinaryNode); ok && between.Operator == ".." {
		return c.between(at, n, between)
	}
	if name, ok := n.Right.(*ast.IdentifierNode); ok && c.v.lists[name.Value] == nil && c.v.lets[name.Value] == nil {
		return c.notAList(at, n, name.Value)
	}
	a, b, ok := c.comparedOperands(n)
	if !ok {
		return c.bad(at)
	}
	if b.kind == NumberList {
		a = c.toNumber(a)
	}
	if b.kind == IntList && a.kind == Number {
		b = c.apply1(stretch{b.from, b.to}, NumberList, "float", b, intsToNumbers)
	}
	if b.kind.element() != a.kind || b.kind.element() == Null {
		return c.notIn(at, a, b)
	}
	if b.named != nil {
		return c.node(at, &node{op: opInNamed, kind: Bool, name: "in", a: a, named: b.named, heavy: true})
	}
	return c.relate(at, "in", a, b)
}

// between is x in 1..10, both ends included.
func (c *checker) between(at stretch, n, ends *ast.BinaryNode) *node {
	a, low, high := c.check(n.Left), c.check(ends.Left), c.check(ends.Right)
	if a.kind == badKind || low.kind == badKind || high.kind == badKind {
		return c.bad(at)
	}
	if a.kind != Int || low.kind != Int || high.kind != Int || low.op != opConst || high.op != opConst {
		return c.fail(at, "a range is for whole numbers, between two written out", fmt.Sprintf("%s >= %s and %s <= %s", a.source(), low.source(), a.source(), high.source()))
	}
	lo, hi := low.value.num, high.value.num
	return c.apply1(at, Bool, "in ..", a, func(x Value) Value { return BoolValue(lo <= x.num && x.num <= hi) })
}

func (c *checker) textSearch(at stretch, n *ast.BinaryNode) *node {
	a, b, ok := c.comparedOperands(n)
	if !ok {
		return c.bad(at)
	}
	if a.kind != String || b.kind != String {
		return c.cannotSearch(at, n.Operator, a, b)
	}
	return c.relate(at, n.Operator, a, b)
}

// maxPattern is the most instructions of a pattern's automaton. Go's
// patterns take time linear in text times automaton, never more.
const maxPattern = 1000

func (c *checker) match(at stretch, n *ast.BinaryNode) *node {
	a, b, ok := c.operands(n)
	switch {
	case !ok:
		return c.bad(at)
	case a.kind != String:
		return c.cannotSearch(at, n.Operator, a, b)
	case b.kind != String || b.op != opConst:
		return c.fail(c.of(n.Right), "a pattern must be written out in quotes", `lead.domain matches "[.]edu$"`)
	}
	parsed, err := syntax.Parse(b.value.str, syntax.Perl)
	if err != nil {
		return c.fail(c.of(n.Right), "this pattern cannot be read: "+patternProblem(err), "")
	}
	automaton, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(automaton.Inst) > maxPattern {
		return c.fail(c.of(n.Right), fmt.Sprintf("this pattern is too large; %d steps are the most", maxPattern), "")
	}
	pattern, err := regexp.Compile(b.value.str)
	if err != nil {
		return c.fail(c.of(n.Right), "this pattern cannot be read", "")
	}
	if a.op == opConst {
		return c.constant(at, BoolValue(pattern.MatchString(a.value.str)))
	}
	return c.node(at, &node{op: opMatches, kind: Bool, name: "matches", a: a, pattern: pattern, weight: len(automaton.Inst), heavy: true})
}

func (c *checker) coalesce(at stretch, n *ast.BinaryNode) *node {
	if _, null := n.Right.(*ast.NilNode); null {
		a := c.check(n.Left)
		instead := map[Kind]string{String: `""`, Bool: "false", Int: "0", Number: "0"}[a.kind]
		if instead != "" {
			instead = a.source() + " ?? " + instead
		}
		return c.fail(c.of(n.Right), "behind ?? stands what to use when there is no value", instead)
	}
	a, b, ok := c.operands(n)
	if !ok {
		return c.bad(at)
	}
	if a.kind == rowKind {
		return c.wholeRow(a, false)
	}
	a, b = c.widen(a, b)
	if a.kind != b.kind {
		return c.fail(at, fmt.Sprintf("both sides of ?? must be of one kind, but %s is %s and %s is %s", a.source(), a.kind.phrase(), b.source(), b.kind.phrase()), "")
	}
	if a.op == opConst {
		return a
	}
	return c.node(at, &node{op: opElse, kind: a.kind, name: "??", a: a, b: b})
}

// arithmetic is + - * / % ** on numbers, + on texts, + and - on times.
func (c *checker) arithmetic(at stretch, n *ast.BinaryNode) *node {
	a, b, ok := c.operands(n)
	if !ok {
		return c.bad(at)
	}
	op := n.Operator
	if op == "^" {
		op = "**"
	}
	if of, ok := mixed[mixture{op, a.kind, b.kind}]; ok {
		return c.apply2(at, of.result, op, a, b, of.fn)
	}
	wide, wideB := c.widen(a, b)
	if op == "/" || op == "**" {
		wide, wideB = c.toNumber(wide), c.toNumber(wideB)
	}
	fn := sums[sum{op, wide.kind}]
	if wide.kind != wideB.kind || fn == nil {
		return c.cannotReckon(at, op, a, b)
	}
	if op == "/" && wideB.op == opConst && wideB.value.Number() == 0 {
		return c.fail(at, "division by zero, always", "")
	}
	return c.apply2(at, wide.kind, op, wide, wideB, fn)
}

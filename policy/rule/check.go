package rule

import (
	"fmt"
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"
)

// checker turns one syntax tree into a checked one. It goes on after a
// mistake, so that one look shows all of them: a mistaken node is of badKind,
// and whatever has a bad operand is bad without a word.
type checker struct {
	v       *Vocabulary
	text    *Text
	want    Want
	letName string
	errs    Errors

	begins  []int // byte at which each rune of the source begins
	tokens  []lexer.Token
	partner []int // of each bracket token; itself for every other

	depth   int  // predicates around the current node
	element Kind // of # in the innermost
}

// check is the checked form of any node. It never returns nil.
func (c *checker) check(n ast.Node) *node {
	at := c.of(n)
	switch n := n.(type) {
	case *ast.BoolNode:
		return c.constant(at, BoolValue(n.Value))
	case *ast.IntegerNode:
		return c.constant(at, IntValue(int64(n.Value)))
	case *ast.FloatNode:
		return c.constant(at, number(n.Value))
	case *ast.StringNode:
		return c.constant(at, StringValue(n.Value))
	case *ast.IdentifierNode:
		return c.name(at, n.Value)
	case *ast.MemberNode:
		return c.member(at, n)
	case *ast.UnaryNode:
		return c.unary(at, n)
	case *ast.BinaryNode:
		return c.binary(at, n)
	case *ast.ConditionalNode:
		return c.conditional(at, n)
	case *ast.ArrayNode:
		return c.array(at, n)
	case *ast.PointerNode:
		return c.pointer(at, n)
	case *ast.BuiltinNode:
		return c.call(at, n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(at, callee.Value, n.Arguments)
		}
		return c.method(at, n)
	}
	return c.notOurs(at, n)
}

// fail notes a mistake and gives the node that stands for it.
func (c *checker) fail(at stretch, message, maybe string) *node {
	c.errs = append(c.errs, c.mistake(at, message, maybe))
	return c.bad(at)
}

func (c *checker) bad(at stretch) *node {
	return &node{op: opConst, kind: badKind, text: c.text, from: at.from, to: at.to, size: 1}
}

// node completes a new node: its place and its size.
func (c *checker) node(at stretch, n *node) *node {
	n.text, n.from, n.to = c.text, at.from, at.to
	n.measure()
	return n
}

func (c *checker) constant(at stretch, x Value) *node {
	return c.node(at, &node{op: opConst, kind: x.kind, value: x})
}

// apply1 is a strict function of one operand; of a constant it is worked out
// here and now, and a constant without an answer is a mistake.
func (c *checker) apply1(at stretch, k Kind, name string, a *node, fn func(Value) Value) *node {
	if a.op == opConst && a.named == nil {
		return c.folded(at, fn(a.value))
	}
	return c.node(at, &node{op: opApply1, kind: k, name: name, a: a, fn1: fn, heavy: growing(a.kind)})
}

// apply2 is the same for two operands.
func (c *checker) apply2(at stretch, k Kind, name string, a, b *node, fn func(x, y Value) Value) *node {
	if a.op == opConst && b.op == opConst && a.named == nil && b.named == nil {
		return c.folded(at, fn(a.value, b.value))
	}
	return c.node(at, &node{op: opApply2, kind: k, name: name, a: a, b: b, fn2: fn, heavy: growing(k)})
}

// relate is a comparison, an in with a list, or a search of text in text.
func (c *checker) relate(at stretch, name string, a, b *node) *node {
	r := relations[name]
	if a.op == opConst && b.op == opConst {
		return c.constant(at, BoolValue(r.holds(&a.value, &b.value)))
	}
	return c.node(at, &node{op: opCompare, kind: Bool, name: name, a: a, b: b, relation: r, heavy: r >= memberOf})
}

func (c *checker) folded(at stretch, x Value) *node {
	if x.kind == Null {
		return c.fail(at, x.str+", always", "")
	}
	return c.constant(at, x)
}

// growing tells the kinds whose handling takes longer the larger they are.
// Comparing two texts does not count: it is one sweep over at most 4 KiB.
func growing(k Kind) bool { return k == String || k.element() != Null }

// name is a word that stands alone: now, a list, a let name, or a mistake.
func (c *checker) name(at stretch, name string) *node {
	switch {
	case name == "now":
		return c.node(at, &node{op: opNow, kind: Time, name: "now"})
	case name == c.v.customer || name == "rep":
		return c.fail(at, fmt.Sprintf("%q alone is not a value; name one of its fields", name), c.exampleField(name))
	case c.v.lists[name] != nil:
		l := c.v.lists[name]
		n := c.constant(at, StringsValue(l.values))
		n.named = l
		return n
	case c.v.tables[name] != nil:
		return c.fail(at, fmt.Sprintf("%q is a table; a key in square brackets says which row", name), name+"[...]")
	case c.v.lets[name] != nil:
		return c.checkLet(at, c.v.lets[name])
	}
	return c.unknownName(at, name)
}

// member is lead.country, rep.kpi.win_rate, named[key] and named[key].column.
func (c *checker) member(at stretch, n *ast.MemberNode) *node {
	property, named := n.Property.(*ast.StringNode)
	if base, ok := n.Node.(*ast.IdentifierNode); ok {
		switch {
		case c.v.tables[base.Value] != nil:
			return c.row(at, base.Value, n)
		case base.Value == c.v.customer && named:
			return c.field(at, Customer, property.Value)
		case base.Value == "rep" && named:
			return c.field(at, Rep, property.Value)
		case base.Value == c.v.customer || base.Value == "rep":
			return c.fail(at, fmt.Sprintf("which field of the %s is read must be written out, not computed", base.Value), c.exampleField(base.Value))
		case named && c.v.names[base.Value] == "":
			return c.unknownBase(at, base.Value, property.Value)
		}
	}
	if base, ok := n.Node.(*ast.MemberNode); ok && c.isKPI(base) {
		if !named {
			return c.fail(at, "which KPI is read must be written out, not computed", "rep.kpi."+first(c.v.KPIs(), "win_rate"))
		}
		return c.kpi(at, property.Value)
	}
	base := c.check(n.Node)
	switch {
	case base.kind == badKind:
		return c.bad(at)
	case base.kind == rowKind && named:
		return c.cell(at, base, property.Value)
	}
	return c.noParts(at, base, property)
}

// isKPI recognises rep.kpi.
func (c *checker) isKPI(n *ast.MemberNode) bool {
	base, ok := n.Node.(*ast.IdentifierNode)
	property, named := n.Property.(*ast.StringNode)
	return ok && named && base.Value == "rep" && property.Value == "kpi"
}

// field is a declared field of one side.
func (c *checker) field(at stretch, on Side, name string) *node {
	full := c.v.word(on) + "." + name
	switch {
	case on == Rep && c.want.Scope == CustomerOnly:
		return c.fail(at, fmt.Sprintf("%s is answered for the %s before any rep is looked at, so it cannot use %s", c.key(), c.v.customer, full), c.otherSide(Customer, name))
	case on == Customer && c.want.Scope == RepOnly:
		return c.fail(at, fmt.Sprintf("%s is about the rep alone, so it cannot use %s", c.key(), full), c.otherSide(Rep, name))
	}
	slot, f, ok := c.v.lookup(on, name)
	if !ok {
		return c.unknownFieldOf(at, on, name)
	}
	return c.node(at, &node{op: opField, kind: f.Kind, name: full, side: on, slot: slot})
}

// kpi is rep.kpi.NAME.
func (c *checker) kpi(at stretch, name string) *node {
	full := "rep.kpi." + name
	if c.want.Scope == CustomerOnly {
		return c.fail(at, fmt.Sprintf("%s is answered for the %s before any rep is looked at, so it cannot use %s", c.key(), c.v.customer, full), c.otherSide(Customer, name))
	}
	slot, ok := c.v.sides[Rep].kpis[name]
	if !ok {
		return c.unknownKPI(at, name)
	}
	return c.node(at, &node{op: opField, kind: Number, name: full, side: Rep, slot: slot, kpi: true})
}

// row is named[lead.domain].
func (c *checker) row(at stretch, table string, n *ast.MemberNode) *node {
	key := c.check(n.Property)
	if dotted, ok := n.Property.(*ast.StringNode); ok && c.text.Source[max(0, key.from-1)] == '.' {
		return c.fail(at, fmt.Sprintf("%q is a table; a key in square brackets comes before the column", table), fmt.Sprintf("%s[...].%s", table, dotted.Value))
	}
	switch key.kind {
	case badKind:
		return c.bad(at)
	case String:
	case Int:
		return c.fail(at, fmt.Sprintf("the key of table %q is a text, but %s is %s", table, key.source(), key.kind.phrase()), fmt.Sprintf("%s[string(%s)]", table, key.source()))
	default:
		return c.fail(at, fmt.Sprintf("the key of table %q is a text, but %s is %s", table, key.source(), key.kind.phrase()), "")
	}
	return c.node(at, &node{op: opHasRow, kind: rowKind, name: c.words(at), a: key, table: c.v.tables[table], heavy: true})
}

// cell is a column of a row.
func (c *checker) cell(at stretch, row *node, column string) *node {
	slot, kind, ok := row.table.column(column)
	if !ok {
		message := fmt.Sprintf("table %q has no column %q; it has %s", c.v.tableName(row.table), column, someOf(row.table.columnNames()))
		maybe := ""
		if near, ok := Nearest(column, row.table.columnNames()); ok {
			maybe = row.source() + "." + near
		}
		return c.fail(at, message, maybe)
	}
	return c.node(at, &node{op: opLookup, kind: kind, name: c.words(at), a: row.a, table: row.table, slot: slot, heavy: true})
}

// unary is not and the sign.
func (c *checker) unary(at stretch, n *ast.UnaryNode) *node {
	a := c.check(n.Node)
	if a.kind == badKind {
		return c.bad(at)
	}
	if n.Operator == "!" || n.Operator == "not" {
		if a.kind != Bool {
			return c.notWhat(at, n, a)
		}
		if a.op == opConst {
			return c.constant(at, BoolValue(!a.value.Bool()))
		}
		return c.node(at, &node{op: opNot, kind: Bool, name: "not", a: a})
	}
	if a.kind != Int && a.kind != Number {
		return c.fail(at, fmt.Sprintf("a sign %s needs a number behind it, but %s is %s", n.Operator, a.source(), a.kind.phrase()), "")
	}
	if n.Operator == "+" {
		return a
	}
	return c.apply1(at, a.kind, "-", a, negate)
}

// conditional is condition ? a : b.
func (c *checker) conditional(at stretch, n *ast.ConditionalNode) *node {
	a, b, d := c.check(n.Cond), c.check(n.Exp1), c.check(n.Exp2)
	if a.kind == badKind || b.kind == badKind || d.kind == badKind {
		return c.bad(at)
	}
	if a.kind != Bool {
		return c.fail(c.of(n.Cond), fmt.Sprintf("what stands before ? must be true or false, but %s is %s", a.source(), a.kind.phrase()), c.conditionFrom(a))
	}
	if b.kind == rowKind {
		return c.wholeRow(b, false)
	}
	b, d = c.widen(b, d)
	if b.kind != d.kind {
		return c.fail(at, fmt.Sprintf("both answers of ? : must be of one kind, but %s is %s and %s is %s", b.source(), b.kind.phrase(), d.source(), d.kind.phrase()), "")
	}
	return c.node(at, &node{op: opIf, kind: b.kind, name: "?:", a: a, b: b, c: d})
}

// array is a list written out.
func (c *checker) array(at stretch, n *ast.ArrayNode) *node {
	if len(n.Nodes) == 0 {
		return c.fail(at, "an empty list says nothing; nothing is ever in it", "")
	}
	elements := make([]*node, len(n.Nodes))
	kind, constant := Null, true
	for i, m := range n.Nodes {
		e := c.listElement(m)
		elements[i] = e
		if e.kind == badKind {
			kind = badKind
		}
		if kind == Int && e.kind == Number {
			kind = Number
		}
		if kind == Null {
			kind = e.kind
		}
		constant = constant && e.op == opConst
	}
	if kind == badKind {
		return c.bad(at)
	}
	return c.listOf(at, kind, elements, constant)
}

// listElement is one element of a list; a word nobody knows is most likely a
// text without its quotes.
func (c *checker) listElement(n ast.Node) *node {
	if name, ok := n.(*ast.IdentifierNode); ok && c.v.names[name.Value] == "" {
		return c.unquoted(c.of(n), name.Value)
	}
	return c.check(n)
}

// listOf makes the list of checked elements, worked out now if constant.
func (c *checker) listOf(at stretch, kind Kind, elements []*node, constant bool) *node {
	listKind := map[Kind]Kind{String: StringList, Int: IntList, Number: NumberList}[kind]
	for i, e := range elements {
		if kind == Number {
			elements[i] = c.toNumber(e)
		}
		if elements[i].kind != kind || listKind == Null {
			return c.fail(stretch{e.from, e.to}, fmt.Sprintf("a list holds texts or numbers, all of one kind, but %s is %s", e.source(), e.kind.phrase()), "")
		}
	}
	n := c.node(at, &node{op: opList, kind: listKind, list: elements, heavy: true})
	if constant {
		f := frame{steps: stepBudget}
		folded := c.constant(at, n.eval(&f))
		folded.size = n.size
		return folded
	}
	return n
}

// pointer is # in a predicate.
func (c *checker) pointer(at stretch, n *ast.PointerNode) *node {
	if n.Name != "" || c.words(c.runes(n.Location().From, n.Location().To)) != "#" {
		return c.fail(at, "inside any(...), all(...) and the like, the element is written # alone", "#")
	}
	return c.node(at, &node{op: opElement, kind: c.element, name: "#"})
}

// widen makes a whole number a number when it meets one.
func (c *checker) widen(a, b *node) (*node, *node) {
	if a.kind == Number && b.kind == Int {
		return a, c.toNumber(b)
	}
	if a.kind == Int && b.kind == Number {
		return c.toNumber(a), b
	}
	return a, b
}

// toNumber is exact for whole numbers up to 2^53 either way.
func (c *checker) toNumber(n *node) *node {
	if n.kind != Int {
		return n
	}
	return c.apply1(stretch{n.from, n.to}, Number, "float", n, func(x Value) Value { return number(float64(x.num)) })
}

// exampleField is a field to show: lead.country.
func (c *checker) exampleField(word string) string {
	on := Customer
	if word == "rep" {
		on = Rep
	}
	names := slices.Sorted(slices.Values(c.v.fieldNames(on)))
	if slices.Contains(names, "country") {
		return word + ".country"
	}
	return word + "." + first(names, "country")
}

func first(names []string, otherwise string) string {
	if len(names) > 0 {
		return names[0]
	}
	return otherwise
}

// topNames are the words that may stand alone.
func (c *checker) topNames() []string { return slices.Sorted(maps.Keys(c.v.names)) }

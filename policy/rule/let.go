package rule

import "fmt"

// let is a named expression of the document.
type let struct {
	name  string
	text  Text
	kind  Kind
	root  *node // as checked
	split *node // in structure and leaves
	reads Reads
	deep  int // predicates in one another
}

// Let gives a name to an expression; later expressions and later lets may
// use it as if it were written out in its place. A let may use what is
// declared so far, so neither itself nor a let that comes after. Errors: a
// name that is taken or is not a name, and Compile's Errors.
func (v *Vocabulary) Let(name string, text Text) error {
	if err := v.claim(name, "let"); err != nil {
		return err
	}
	l := &let{name: name, text: text}
	root, errs := v.check(&l.text, Want{Key: name}, name)
	if errs != nil {
		return errs
	}
	l.root, l.kind, l.deep = root, root.kind, nesting(root)
	l.split = structure(root, name)
	l.reads = readsOf(v, root)
	v.lets[name] = l
	v.names[name] = "let name"
	return nil
}

// nesting is how deep predicates stand in one another in an expression.
func nesting(n *node) int {
	if n.op == opLet {
		return n.let.deep
	}
	deepest := 0
	for child := range n.children {
		deepest = max(deepest, nesting(child))
	}
	if n.op == opEach {
		deepest++
	}
	return deepest
}

// checkLet places a let name in an expression.
func (c *checker) checkLet(at stretch, l *let) *node {
	if c.depth+l.deep > maxNested {
		return c.fail(at, fmt.Sprintf("conditions on list elements may stand in one another %d deep at most, with what %q means", maxNested, l.name), "")
	}
	if c.want.Scope == CustomerOnly && len(l.reads.Rep) > 0 {
		return c.fail(at, fmt.Sprintf("%q looks at rep.%s, but %s is answered for the %s before any rep is looked at", l.name, l.reads.Rep[0], c.key(), c.v.customer), c.otherSide(Customer, ""))
	}
	if c.want.Scope == RepOnly && len(l.reads.Customer) > 0 {
		return c.fail(at, fmt.Sprintf("%q looks at %s.%s, but %s is about the rep alone", l.name, c.v.customer, l.reads.Customer[0], c.key()), "")
	}
	return c.node(at, &node{op: opLet, kind: l.kind, name: l.name, let: l})
}

package rule

import (
	"fmt"
	"slices"
)

// Scope says which sides an expression may look at.
type Scope uint8

const (
	// BothSides may be read. The default.
	BothSides Scope = iota
	// CustomerOnly is for what is answered before any rep is looked at:
	// when, units, size, a cap's only.
	CustomerOnly
	// RepOnly is for what holds whoever the customer is.
	RepOnly
)

// Want is what the document asks of an expression.
type Want struct {
	// Kind of the result. Number also takes whole numbers. Defaults to Null:
	// any kind.
	Kind Kind
	// Scope is which sides may be read. Defaults to BothSides.
	Scope Scope
	// Key is the document's word for the expression, such as "when"; used in
	// messages. Defaults to "this expression".
	Key string
}

// maxSize is the most nodes of an expression with its let names written out.
// A let costs its size wherever it is used, so that names which double one
// another cannot make a short text run long.
const maxSize = 5000

// Compile checks an expression against the vocabulary and makes a program of
// it. The error is of type Errors and holds every mistake found, each with
// its place and a likely fix. The first Compile freezes the vocabulary.
func (v *Vocabulary) Compile(text Text, want Want) (*Program, error) {
	v.frozen.Store(true)
	p := &Program{text: text}
	root, errs := v.check(&p.text, want, "")
	if errs != nil {
		return nil, errs
	}
	p.kind = root.kind
	p.root = structure(root, "")
	p.leaves = leaves(p.root)
	p.reads = readsOf(v, root)
	p.gaps, p.asserted = gapsOf(v, p.root), asserted(p.root, true)
	p.share = stepBudget / max(1, heavyPlaces(p.root))
	return p, nil
}

// check parses and checks one expression. letName is the let it belongs to,
// or empty. The errors are nil when all is well.
func (v *Vocabulary) check(text *Text, want Want, letName string) (*node, Errors) {
	c, tree, err := parse(v, text, want, letName)
	if err != nil {
		return nil, Errors{err}
	}
	root := c.check(tree)
	if root.kind != badKind {
		c.fits(root)
	}
	if c.errs == nil && root.size > maxSize {
		c.fail(c.whole(), fmt.Sprintf("with its let names written out, this has %d parts; %d is the most", root.size, maxSize), "split the rule in two, or use fewer let names inside let names")
	}
	if c.errs != nil {
		c.errs.Sort()
		return nil, slices.CompactFunc(c.errs, samePlace)
	}
	return root, nil
}

// samePlace tells a mistake that was met twice: a chain a < b < c is checked
// as a < b and b < c.
func samePlace(a, b *Error) bool {
	return a.Line == b.Line && a.Column == b.Column && a.Message == b.Message
}

// fits checks the result against what the document wants.
func (c *checker) fits(root *node) {
	want := c.want.Kind
	at := stretch{root.from, root.to}
	switch {
	case root.kind == rowKind:
		c.wholeRow(root, want == Bool)
	case want == Null || want == root.kind || want == Number && root.kind == Int:
	case want == Bool:
		c.fail(at, fmt.Sprintf("%s must be true or false, but this is %s", c.key(), root.kind.phrase()), c.conditionFrom(root))
	case (want == Number || want == Int) && root.kind == Bool:
		c.fail(at, fmt.Sprintf("%s must be %s, but this is true or false", c.key(), want.phrase()), "("+root.source()+") ? 1 : 0")
	case want == Int && root.kind == Number:
		c.fail(at, fmt.Sprintf("%s must be a whole number, but this can have decimals", c.key()), "int(round("+root.source()+"))")
	default:
		c.fail(at, fmt.Sprintf("%s must be %s, but this is %s", c.key(), want.phrase(), root.kind.phrase()), "")
	}
}

// conditionFrom guesses the condition that a value was meant to be.
func (c *checker) conditionFrom(n *node) string {
	switch {
	case n.kind == String && n.op != opConst:
		return n.source() + ` == "..."`
	case n.kind == StringList:
		return `"..." in ` + n.source()
	case n.kind == Int || n.kind == Number:
		return n.source() + " > 0"
	}
	return ""
}

// key is the document's word for the expression, in a sentence.
func (c *checker) key() string {
	if c.want.Key == "" {
		return "this expression"
	}
	return fmt.Sprintf("%q", c.want.Key)
}

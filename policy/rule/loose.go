package rule

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// LooseElse is a ?? that stands behind an operator of arithmetic without
// brackets. It takes the last operand alone: a / b ?? 1 is a / (b ?? 1), where
// many read (a / b) ?? 1.
type LooseElse struct {
	// Source is the whole, a / b ?? 1.
	Source string
	// File, Line and Column of its first character.
	File         string
	Line, Column int
	// Let is the let name it was written under, or empty.
	Let string
	// Whole and Last write out either meaning: (a / b) ?? 1 and a / (b ?? 1).
	Whole, Last string
}

// looseElse finds one in an operation.
func (c *checker) looseElse(at stretch, n *ast.BinaryNode) *LooseElse {
	other, ok := n.Right.(*ast.BinaryNode)
	if !ok || other.Operator != "??" {
		return nil
	}
	left, right := c.of(n.Left), c.of(other)
	between := c.words(stretch{left.to, right.from})
	if strings.HasSuffix(strings.TrimSpace(between), "(") {
		return nil
	}
	sign := c.runes(other.Location().From, other.Location().To) // of the ??
	out := &LooseElse{
		Source: c.words(at), File: c.text.File,
		Whole: "(" + strings.TrimSpace(c.words(stretch{left.from, sign.from})) + ") " + c.words(stretch{sign.from, right.to}),
		Last:  c.words(stretch{left.from, right.from}) + "(" + c.words(right) + ")",
	}
	out.Line, out.Column, _ = c.text.place(at.from)
	return out
}

// LooseElses are those of the program and of the let names it uses, in source
// order.
func (p *Program) LooseElses() []LooseElse {
	var out []LooseElse
	seen := map[*LooseElse]bool{}
	var walk func(n *node, let string)
	walk = func(n *node, let string) {
		if n.loose != nil && !seen[n.loose] {
			seen[n.loose] = true
			found := *n.loose
			found.Let = let
			out = append(out, found)
		}
		if n.op == opLeaf {
			let = n.leaf.Let
		}
		if n.op == opLet {
			let = n.let.name
		}
		for child := range n.children {
			walk(child, let)
		}
	}
	walk(p.root, "")
	return out
}

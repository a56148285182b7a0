package rule

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"
)

// stretch is a part of an expression's source, in bytes.
type stretch struct{ from, to int }

func (a stretch) cover(b stretch) stretch {
	return stretch{min(a.from, b.from), max(a.to, b.to)}
}

func (c *checker) whole() stretch { return stretch{0, len(c.text.Source)} }

// words is the source of a stretch.
func (c *checker) words(s stretch) string { return c.text.Source[s.from:s.to] }

// mistake is an error at a stretch of the expression.
func (c *checker) mistake(at stretch, message, maybe string) *Error {
	return c.text.errorAt(at.from, at.to, message, maybe)
}

// runes turns a place that expr counts in runes into bytes.
func (c *checker) runes(from, to int) stretch {
	last := len(c.begins) - 1
	from, to = max(0, min(from, last)), max(0, min(to, last))
	return stretch{c.begins[from], c.begins[max(from, to)]}
}

func (c *checker) token(i int) stretch {
	t := c.tokens[i]
	return c.runes(t.From, t.To)
}

// of is everything that belongs to a node, its closing brackets included.
// The parser notes only where a node's operator or first word stands.
func (c *checker) of(n ast.Node) stretch {
	return c.closeBrackets(c.bare(n))
}

// bare is the smallest stretch that covers the words of a node and of its
// operands.
func (c *checker) bare(n ast.Node) stretch {
	own := c.runes(n.Location().From, n.Location().To)
	cover := func(nodes ...ast.Node) stretch {
		for _, m := range nodes {
			if m != nil {
				own = own.cover(c.bare(m))
			}
		}
		return own
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		return cover(n.Node)
	case *ast.BinaryNode:
		return cover(n.Left, n.Right)
	case *ast.MemberNode:
		return cover(n.Node, n.Property)
	case *ast.ChainNode:
		return cover(n.Node)
	case *ast.SliceNode:
		return cover(n.Node, n.From, n.To)
	case *ast.CallNode:
		own = c.called(own)
		return cover(append([]ast.Node{n.Callee}, n.Arguments...)...)
	case *ast.BuiltinNode:
		own = c.called(own)
		return cover(n.Arguments...)
	case *ast.PredicateNode:
		return cover(n.Node)
	case *ast.ConditionalNode:
		own = c.bare(n.Cond) // the parser's place is that of what follows
		return cover(n.Exp1, n.Exp2)
	case *ast.ArrayNode:
		return cover(n.Nodes...)
	case *ast.SequenceNode:
		return cover(n.Nodes...)
	}
	return own
}

// called extends the name of a function by the bracket behind it.
func (c *checker) called(name stretch) stretch {
	for i := range c.tokens {
		if at := c.token(i); at.from >= name.to {
			if c.tokens[i].Is(lexer.Bracket, "(") {
				return name.cover(at)
			}
			return name
		}
	}
	return name
}

// closeBrackets grows a stretch until every bracket in it has its partner.
func (c *checker) closeBrackets(s stretch) stretch {
	for grown := true; grown; {
		grown = false
		for i := range c.tokens {
			at := c.token(i)
			if c.partner[i] == i || at.from < s.from || at.to > s.to {
				continue
			}
			if both := s.cover(c.token(c.partner[i])); both != s {
				s, grown = both, true
			}
		}
	}
	return s
}

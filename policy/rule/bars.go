package rule

// Bars reports whether the condition is true of a rep for no customer and at
// no time, as far as what is known of the rep alone says, and by which part of
// it. A part that looks at the customer too counts as true unless the rep's
// own side of it rules that out: nothing is in an empty list, and nothing
// equals a value that is missing.
//
// That a condition does not bar a rep is no promise that there is a customer
// for him.
func (p *Program) Bars(rep Record) (part string, barred bool) {
	b := barrier{frame{env: &Env{Rep: rep}, share: p.share}}
	if n := b.never(p.root, True); n != nil {
		return n.source(), true
	}
	return "", false
}

// barrier answers for one rep and any customer.
type barrier struct{ f frame }

// never returns the part for which n is never what is wanted, True or False;
// nil when it may be.
func (b *barrier) never(n *node, want Truth) *node {
	if !sidesOf(n).customer {
		if n.truth(&b.f) == want {
			return nil
		}
		return b.narrowed(n, want)
	}
	switch n.op {
	case opNot:
		return b.never(n.a, want.negated())
	case opAnd, opOr:
		if (n.op == opAnd) == (want == True) {
			if part := b.never(n.a, want); part != nil {
				return part
			}
			return b.never(n.b, want)
		}
		return b.neither(n, n.a, n.b, want)
	case opIf:
		return b.branches(n, want)
	case opElse:
		return b.neither(n, n.a, n.b, want)
	case opLeaf:
		if b.without(n.a, want) {
			return n
		}
	}
	return nil
}

// neither is n when neither of two parts can be what is wanted.
func (b *barrier) neither(n, x, y *node, want Truth) *node {
	if b.never(x, want) != nil && b.never(y, want) != nil {
		return n
	}
	return nil
}

// branches is never of c ? a : b.
func (b *barrier) branches(n *node, want Truth) *node {
	first := b.never(n.a, True) != nil || b.never(n.b, want) != nil
	second := b.never(n.a, False) != nil || b.never(n.c, want) != nil
	if first && second {
		return n
	}
	return nil
}

// narrowed is the operand to name of a part that depends on the rep alone: of
// an and, or a denied or, the first that stops him.
func (b *barrier) narrowed(n *node, want Truth) *node {
	for _, operand := range []*node{n.a, n.b} {
		if (n.op == opAnd && want == True || n.op == opOr && want == False) && operand.truth(&b.f) != want {
			return b.narrowed(operand, want)
		}
	}
	return n
}

// without reports whether the rep has nothing that a comparison with the
// customer could be what is wanted for.
func (b *barrier) without(n *node, want Truth) bool {
	if n.op != opCompare {
		return false
	}
	for _, operand := range []*node{n.a, n.b} {
		if sidesOf(operand).customer {
			continue
		}
		b.f.steps = b.f.share
		x := operand.eval(&b.f)
		if x.kind == Null || operand == n.b && n.relation == memberOf && want == True && x.list.len() == 0 {
			return true
		}
	}
	return false
}

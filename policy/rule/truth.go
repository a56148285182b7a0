package rule

// truth evaluates a condition without handing values about: the fast way to
// the same answer as eval, which a property test holds it to. When it is
// Unknown, f.null and f.leaf say why.
func (n *node) truth(f *frame) Truth {
	switch n.op {
	case opLeaf:
		return n.leafTruth(f)
	case opAnd:
		return n.joinTruth(f, False)
	case opOr:
		return n.joinTruth(f, True)
	case opNot:
		return n.a.truth(f).negated()
	case opIf:
		switch n.a.truth(f) {
		case True:
			return n.b.truth(f)
		case False:
			return n.c.truth(f)
		}
		return Unknown
	case opElse:
		return n.elseTruth(f)
	}
	return f.note(n.eval(f), f.leaf)
}

// note keeps the reason of an unknown value.
func (f *frame) note(x Value, leaf *Leaf) Truth {
	switch {
	case x.kind != Bool:
		f.null, f.leaf = x, leaf
		return Unknown
	case x.num != 0:
		return True
	}
	return False
}

func (t Truth) negated() Truth {
	switch t {
	case True:
		return False
	case False:
		return True
	}
	return Unknown
}

// joinTruth is and, or: decides is the operand that settles the whole.
func (n *node) joinTruth(f *frame, decides Truth) Truth {
	x := n.a.truth(f)
	if x == decides {
		return x
	}
	if x != Unknown {
		return n.b.truth(f)
	}
	null, leaf := f.null, f.leaf
	if y := n.b.truth(f); y == decides {
		return y
	}
	f.null, f.leaf = null, leaf
	return Unknown
}

func (n *node) elseTruth(f *frame) Truth {
	if x := n.a.truth(f); x != Unknown {
		return x
	}
	return n.b.truth(f)
}

// leafTruth answers the commonest leaves, a boolean field and a comparison
// of fields and constants, straight from the records.
func (n *node) leafTruth(f *frame) Truth {
	m := n.a
	f.steps = f.share
	switch m.op {
	case opField:
		if x := m.peek(f); x != nil {
			return truthOf(x.num != 0)
		}
	case opCompare:
		if x, y := m.a.peek(f), m.b.peek(f); x != nil && y != nil {
			if !m.heavy || f.spend(cost2(x, y)) {
				return truthOf(m.relation.holds(x, y))
			}
			return f.note(tooMuch, n.leaf)
		}
	}
	return f.note(m.eval(f), n.leaf)
}

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

// peek is the place of a value that needs no computing, nil when there is
// none or when the value is missing.
func (n *node) peek(f *frame) *Value {
	switch n.op {
	case opConst:
		return &n.value
	case opField:
		r := f.env.Customer
		if n.side == Rep {
			r = f.env.Rep
		}
		if n.slot < len(r) && r[n.slot].kind == n.kind {
			return &r[n.slot]
		}
	}
	return nil
}

package rule

// Gap is a place where null can arrive: a value that may be missing, read
// where nothing settles what then. The leaf is unknown when it does.
type Gap struct {
	// Name as the rule writes it.
	Name string
	Leaf *Leaf
	// Reason that the leaf would be unknown with: MissingField or NoKPI.
	Reason Reason

	node *node
}

// Side is whose data the value comes from; ok is false for a look-up that
// takes both, the customer's and the rep's.
func (g Gap) Side() (side Side, ok bool) {
	of := sidesOf(g.node)
	if of.rep {
		side = Rep
	}
	return side, of.rep != of.customer
}

// Missing reports whether the value is missing for this customer and rep. It
// looks at no more than its Side.
func (g Gap) Missing(env *Env) bool {
	f := frame{env: env, share: stepBudget, steps: stepBudget}
	return g.node.eval(&f).kind == Null
}

// Gaps are the places where null can arrive, in source order. Not among them
// are fields that are always there (Refuse, Zero), what stands in has(...) or
// left of ??, and what has(...) asks first in the same and, in the condition
// of a ?:, or denied in the same or.
func (p *Program) Gaps() []Gap { return p.gaps }

// Asserts reports whether the program is true only where the value of that
// name, as a Gap has it, is there: it asks has(...) for it. What is read after
// the program was true is then not missing.
func (p *Program) Asserts(name string) bool { return p.asserted[name] }

// settled are the names known to have a value at a place.
type settled map[string]bool

func (s settled) with(names settled) settled {
	if len(names) == 0 {
		return s
	}
	out := make(settled, len(s)+len(names))
	for name := range s {
		out[name] = true
	}
	for name := range names {
		out[name] = true
	}
	return out
}

func gapsOf(v *Vocabulary, root *node) []Gap {
	g := &gapFinder{v: v, seen: map[Gap]bool{}}
	g.structure(root, nil)
	return g.gaps
}

type gapFinder struct {
	v    *Vocabulary
	leaf *Leaf
	gaps []Gap
	seen map[Gap]bool
}

func (g *gapFinder) structure(n *node, known settled) {
	switch n.op {
	case opLeaf:
		g.leaf = n.leaf
		g.strict(n.a, known)
	case opAnd:
		g.structure(n.a, known.with(asserted(n.b, true)))
		g.structure(n.b, known.with(asserted(n.a, true)))
	case opOr:
		g.structure(n.a, known.with(asserted(n.b, false)))
		g.structure(n.b, known.with(asserted(n.a, false)))
	case opIf:
		g.structure(n.a, known)
		g.structure(n.b, known.with(asserted(n.a, true)))
		g.structure(n.c, known.with(asserted(n.a, false)))
	case opElse:
		g.structure(n.b, known)
	case opNot:
		g.structure(n.a, known)
	}
}

// strict looks through the expression of one leaf.
func (g *gapFinder) strict(n *node, known settled) {
	switch n.op {
	case opHas, opHasRow:
		return
	case opElse:
		g.strict(n.b, known)
		return
	case opIf:
		g.strict(n.a, known)
		g.strict(n.b, known.with(asserted(n.a, true)))
		g.strict(n.c, known.with(asserted(n.a, false)))
		return
	case opField, opLookup:
		if g.canMiss(n) && !known[n.name] {
			g.add(n)
		}
	}
	for child := range n.children {
		g.strict(child, known)
	}
}

func (g *gapFinder) canMiss(n *node) bool {
	return n.op == opLookup || n.kpi || g.v.sides[n.side].missing(n.slot) == KeepNull
}

func (g *gapFinder) add(n *node) {
	gap := Gap{Name: n.name, Leaf: g.leaf, Reason: MissingField}
	if n.kpi {
		gap.Reason = NoKPI
	}
	if !g.seen[gap] { // without the node: a name is one place in a leaf
		g.seen[gap] = true
		gap.node = n
		g.gaps = append(g.gaps, gap)
	}
}

// missing is the declaration of the field in a slot.
func (s *side) missing(slot int) Missing {
	for _, f := range s.fields {
		if s.slots[f.Name] == slot {
			return f.Missing
		}
	}
	return KeepNull
}

// asserted are the names that must have a value for n to say truth: those
// that has(...) asks for.
func asserted(n *node, truth bool) settled {
	switch {
	case n.op == opLeaf:
		return asserted(n.a, truth)
	case n.op == opNot:
		return asserted(n.a, !truth)
	case n.op == opAnd && truth, n.op == opOr && !truth:
		return asserted(n.a, truth).with(asserted(n.b, truth))
	case n.op == opHas && truth && n.a.op == opField:
		return settled{n.a.name: true}
	case n.op == opHas && truth && n.a.op == opLookup:
		return settled{n.a.name: true}.with(keyOf(n.a))
	case n.op == opHas && truth && n.a.op == opHasRow:
		return keyOf(n.a)
	}
	return nil
}

// keyOf is the field that a table is looked up by: where there is a row, there
// was a key.
func keyOf(lookup *node) settled {
	if lookup.a.op == opField {
		return settled{lookup.a.name: true}
	}
	return nil
}

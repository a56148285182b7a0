package rule

import "maps"

// Trace is how an answer came about: every leaf of the expression with its
// own answer and the values it saw.
type Trace struct {
	// Value of the whole, null when unknown.
	Value Value
	// Verdict of the whole; Unknown with a zero Cause for an expression that
	// is not a condition and has a value.
	Verdict Verdict
	// Leaves in source order, those of let names where the name first
	// stands. All are evaluated but those of the branch that ?: did not take
	// and of the right of a ?? whose left is known.
	Leaves []LeafTrace
}

// LeafTrace is what one leaf said.
type LeafTrace struct {
	Leaf *Leaf
	// Value of the leaf, null when unknown.
	Value Value
	// Truth of a boolean leaf; Unknown for one of another kind.
	Truth Truth
	// Cause when the leaf is unknown.
	Cause Cause
	// Decided says that the answer of the whole rests on this leaf: a false
	// operand of a false and, every operand of a true one, the unknown
	// operands of an unknown one.
	Decided bool
	// Operands are the values it read, in source order.
	Operands []Operand
}

// Operand is one value that a leaf read.
type Operand struct {
	// Name as the rule writes it: lead.industry, rep.kpi.win_rate,
	// named[lead.domain].owner, now.
	Name  string
	Value Value
}

// Decisive are the leaves on which the answer rests.
func (t Trace) Decisive() []LeafTrace {
	var out []LeafTrace
	for _, l := range t.Leaves {
		if l.Decided {
			out = append(out, l)
		}
	}
	return out
}

// observation gathers what each leaf said while an expression is traced.
type observation struct {
	said map[*Leaf]Value
}

func (o *observation) saw(n *node, x Value) { o.said[n.leaf] = x }

// Trace evaluates the program and keeps every leaf's part in the answer. The
// answer is the one that Truth or Value gives. It allocates; deciding does
// not need it.
func (p *Program) Trace(env *Env) Trace {
	seen := &observation{said: make(map[*Leaf]Value, len(p.leaves))}
	f := frame{env: env, share: p.share, observe: seen}
	x := p.root.eval(&f)
	t := Trace{Verdict: verdictOf(x, f.leaf)}
	if x.kind != Null {
		t.Value = x
		if x.kind != Bool {
			t.Verdict = Verdict{}
		}
	}
	decided := map[*Leaf]bool{}
	seen.blame(p.root, decided)
	for _, leaf := range p.leaves {
		if said, ok := seen.said[leaf]; ok {
			t.Leaves = append(t.Leaves, leaf.trace(said, decided[leaf], &f))
		}
	}
	return t
}

// trace writes down what a leaf said and what it read. The operands share
// what the leaf itself may spend: one too costly to show is shown as null.
func (l *Leaf) trace(said Value, decided bool, f *frame) LeafTrace {
	t := LeafTrace{Leaf: l, Decided: decided}
	if said.kind == Null {
		t.Cause = causeOf(said, l)
	} else {
		t.Value = said
	}
	if said.kind == Bool {
		t.Truth = verdictOf(said, l).Truth
	}
	for _, n := range l.reads {
		f.steps = f.share / len(l.reads)
		x := n.eval(f)
		if x.kind == Null {
			x = Value{}
		}
		if n.op == opHasRow && x.kind == Null {
			x = BoolValue(false)
		}
		t.Operands = append(t.Operands, Operand{Name: n.name, Value: x})
	}
	return t
}

// blame marks the leaves on which a node's answer rests, and returns the
// answer: null when unknown.
func (o *observation) blame(n *node, decided map[*Leaf]bool) Value {
	switch n.op {
	case opLeaf:
		decided[n.leaf] = true
		return o.said[n.leaf]
	case opNot:
		x := o.blame(n.a, decided)
		if x.kind == Bool {
			x.num ^= 1
		}
		return x
	case opAnd, opOr:
		return o.blameJoin(n, decided)
	case opIf:
		x := o.blame(n.a, decided)
		switch {
		case x.kind == Null:
			return x
		case x.num != 0:
			return o.blame(n.b, decided)
		}
		return o.blame(n.c, decided)
	case opElse:
		if x := o.blame(n.a, decided); x.kind != Null {
			return x
		}
		return o.blame(n.b, decided)
	}
	return n.value
}

// blameJoin blames the operands that say what the whole says: of a decided
// and or or those that decide it, of one that no operand decides the unknown
// ones, or else both.
func (o *observation) blameJoin(n *node, decided map[*Leaf]bool) Value {
	left, right := map[*Leaf]bool{}, map[*Leaf]bool{}
	x, y := o.blame(n.a, left), o.blame(n.b, right)
	result := y
	switch decides := BoolValue(n.op == opOr); {
	case same(x, decides) || same(y, decides):
		result = decides
	case x.kind == Null:
		result = x
	}
	if same(x, result) {
		maps.Copy(decided, left)
	}
	if same(y, result) {
		maps.Copy(decided, right)
	}
	return result
}

// same compares two three-valued answers; reasons do not count.
func same(x, y Value) bool { return x.kind == y.kind && x.num == y.num }

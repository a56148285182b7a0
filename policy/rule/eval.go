package rule

// stepBudget is the work one evaluation may do in loops, searches and
// patterns, shared evenly between the leaves that have any. One step is one
// element of a predicate, four elements of an `in`, 64 bytes of text or 32
// automaton steps of a pattern: some hundred nanoseconds at the very most.
// The share is the leaf's own, whatever the others used, so that the order of
// operands never decides whether it is enough.
const stepBudget = 100_000

// frame is the state of one evaluation. It lives on the caller's stack.
type frame struct {
	env     *Env
	steps   int          // left to the current leaf
	share   int          // steps each heavy leaf starts with
	null    Value        // the last unknown of truth
	leaf    *Leaf        // the leaf of the last null
	element Value        // # of the innermost predicate
	observe *observation // set while tracing
}

// tooMuch is what becomes of a leaf that spends its steps.
var tooMuch = failure("looking through that much would take too long")

// eval computes a node. A null result carries why, and f.leaf then names the
// leaf it arose in. Functions see values that are not null only: an operand
// that is null is the result.
func (n *node) eval(f *frame) Value {
	switch n.op {
	case opConst:
		return n.value
	case opField:
		return n.field(f)
	case opNow:
		return Value{kind: Time, num: f.env.Now.UnixMicro()}
	case opElement:
		return f.element
	case opApply1:
		x := n.a.eval(f)
		if x.kind == Null {
			return x
		}
		if n.heavy && !f.spend(cost(x)) {
			return tooMuch
		}
		return n.fn1(x)
	case opApply2:
		return n.apply2(f)
	case opCompare:
		return n.compare(f)
	case opLet:
		return n.let.root.eval(f)
	case opLeaf:
		return n.evalLeaf(f)
	case opAnd, opOr:
		return n.join(f)
	case opNot:
		x := n.a.eval(f)
		if x.kind == Bool {
			x.num ^= 1
		}
		return x
	case opIf:
		return n.choose(f)
	case opElse:
		return n.orElse(f)
	case opHas:
		return BoolValue(n.a.eval(f).kind != Null)
	case opInNamed, opLookup, opHasRow, opMatches:
		return n.search(f)
	case opEach:
		return n.each(f)
	case opList:
		return n.build(f)
	}
	return failure("the expression cannot be evaluated")
}

func (n *node) field(f *frame) Value {
	r := f.env.Customer
	if n.side == Rep {
		r = f.env.Rep
	}
	if n.slot < len(r) {
		if x := r[n.slot]; x.kind == n.kind {
			return x
		} else if x.kind != Null {
			return Value{why: whyError, str: "a value is not of the kind its field was declared to be"}
		} else if x.why != 0 {
			return x
		}
	}
	if n.kpi {
		return Value{why: whyKPI, str: n.name}
	}
	return Value{why: whyMissing, str: n.name}
}

func (n *node) apply2(f *frame) Value {
	x := n.a.eval(f)
	if x.kind == Null {
		return x
	}
	y := n.b.eval(f)
	if y.kind == Null {
		return y
	}
	if n.heavy && !f.spend(cost2(&x, &y)) {
		return tooMuch
	}
	return n.fn2(x, y)
}

func (n *node) compare(f *frame) Value {
	x := n.a.eval(f)
	if x.kind == Null {
		return x
	}
	y := n.b.eval(f)
	if y.kind == Null {
		return y
	}
	if n.heavy && !f.spend(cost2(&x, &y)) {
		return tooMuch
	}
	return BoolValue(n.relation.holds(&x, &y))
}

func (n *node) evalLeaf(f *frame) Value {
	f.steps = f.share
	x := n.a.eval(f)
	if x.kind == Null {
		f.leaf = n.leaf
	}
	if f.observe != nil {
		f.observe.saw(n, x)
	}
	return x
}

// join is and, or: a false (true) operand decides whatever the other is, and
// of two unknown operands the first in source order is reported.
func (n *node) join(f *frame) Value {
	decides := int64(0)
	if n.op == opOr {
		decides = 1
	}
	x := n.a.eval(f)
	if n.short && f.observe == nil && x.kind == Bool && x.num == decides {
		return x
	}
	leaf := f.leaf
	y := n.b.eval(f)
	switch {
	case x.kind == Bool && x.num == decides:
		return x
	case y.kind == Bool && y.num == decides:
		return y
	case x.kind == Null:
		f.leaf = leaf
		return x
	}
	return y
}

// choose is ?: — an unknown condition makes the whole unknown.
func (n *node) choose(f *frame) Value {
	x := n.a.eval(f)
	switch {
	case x.kind == Null:
		return x
	case x.num != 0:
		return n.b.eval(f)
	}
	return n.c.eval(f)
}

// orElse is ?? — the second operand when the first is null or failing. When
// both are, the second is reported: whoever wrote ?? has settled the first.
func (n *node) orElse(f *frame) Value {
	if x := n.a.eval(f); x.kind != Null {
		return x
	}
	return n.b.eval(f)
}

// search is the operations on declared lists and tables, and patterns.
func (n *node) search(f *frame) Value {
	x := n.a.eval(f)
	if x.kind == Null {
		return x
	}
	if !f.spend(n.searchCost(x)) {
		return tooMuch
	}
	switch n.op {
	case opInNamed:
		_, found := n.named.set[x.str]
		return BoolValue(found)
	case opMatches:
		return BoolValue(n.pattern.MatchString(x.str))
	case opHasRow:
		if n.table.row(x.str) == nil {
			return Value{why: whyMissing, str: n.name}
		}
		return BoolValue(true)
	}
	row := n.table.row(x.str)
	if row == nil || row[n.slot].kind == Null {
		return Value{why: whyMissing, str: n.name}
	}
	return row[n.slot]
}

func (n *node) searchCost(x Value) int {
	switch n.op {
	case opMatches:
		return 1 + (len(x.str)+1)*n.weight/32
	case opInNamed:
		return 1 + len(x.str)/64
	}
	return 1 + len(n.table.lengths)/4 + len(x.str)/64
}

// build makes a list of computed elements.
func (n *node) build(f *frame) Value {
	l := &list{}
	for _, element := range n.list {
		x := element.eval(f)
		switch {
		case x.kind == Null:
			return x
		case x.kind == String:
			l.strs = append(l.strs, x.str)
		case x.kind == Int:
			l.ints = append(l.ints, x.num)
		case x.kind == Number:
			l.nums = append(l.nums, x.float())
		}
	}
	if !f.spend(len(n.list)) {
		return tooMuch
	}
	return Value{kind: n.kind, list: l}
}

// spend takes steps from the leaf's share and reports whether they were there.
func (f *frame) spend(steps int) bool {
	f.steps -= steps
	return f.steps >= 0
}

// cost is the steps that working through one operand is worth.
func cost(x Value) int {
	if x.list != nil {
		return 1 + x.list.len()/4
	}
	return 1 + len(x.str)/64
}

// cost2 is the steps of a search of one operand in the other.
func cost2(x, y *Value) int {
	if y.list != nil {
		return 1 + y.list.len()*(1+len(x.str)/256)/4
	}
	return 1 + (len(x.str)+len(y.str))/64
}

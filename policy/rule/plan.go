package rule

import "regexp"

// opcode is what a node of a checked expression does.
type opcode uint8

const (
	opConst   opcode = iota
	opField          // the value in a slot of a side's record
	opNow            // the time of the decision
	opElement        // # in a predicate: the element being looked at
	opApply1         // a strict function of one operand
	opApply2         // a strict function of two operands
	opCompare        // a strict relation of two operands
	opList           // a list written out, elements computed each time
	opInNamed        // a in a declared list
	opLookup         // a cell of the row of table for key a
	opHasRow         // whether table has a row for key a
	opMatches        // a matches the constant pattern
	opHas            // whether a has a value
	opElse           // a ?? b
	opIf             // a ? b : c
	opAnd            // three-valued and
	opOr             // three-valued or
	opNot            // three-valued not
	opLet            // the expression of a let name
	opEach           // any, all, none, one, count of b over the elements of a
	opLeaf           // the border between boolean structure and strict leaf
)

// node is a checked expression: typed, names resolved to slots, every
// operator bound to the function that carries it out. Nodes are immutable
// after checking and shared between programs (a let's node is in every
// program that uses the let). An index compiles from this same tree: name
// holds the operator or the field, and opLeaf marks the leaves.
type node struct {
	op      opcode
	kind    Kind
	name    string // "lead.country", "==", "lower", "any"; for messages and the index
	a, b, c *node
	list    []*node

	side  Side
	slot  int // of a record, of a table's columns, or depth of an element
	kpi   bool
	value Value
	fn1   func(Value) Value
	fn2   func(Value, Value) Value

	relation relation

	heavy   bool // its own work grows with its operands: charge steps
	short   bool // and, or: stop at the deciding operand
	named   *namedList
	table   *Table
	pattern *regexp.Regexp
	weight  int // of the pattern: instructions of its automaton
	let     *let
	leaf    *Leaf
	quant   quantifier
	loose   *LooseElse // of a sum whose last operand has a ?? without brackets

	text     *Text // where it was written
	from, to int   // its stretch of text.Source, in bytes
	size     int   // nodes with let names written out
}

// source is the node's own words.
func (n *node) source() string { return n.text.Source[n.from:n.to] }

// children calls yield for each operand in source order.
func (n *node) children(yield func(*node) bool) {
	for _, child := range [...]*node{n.a, n.b, n.c} {
		if child != nil && !yield(child) {
			return
		}
	}
	for _, child := range n.list {
		if !yield(child) {
			return
		}
	}
	if n.op == opLet {
		yield(n.let.root)
	}
}

// measure fills in size from the operands.
func (n *node) measure() int {
	n.size = 1
	for child := range n.children {
		n.size = min(n.size+child.size, 1<<20)
	}
	return n.size
}

// Leaf is one strict part of an expression: what and, or, not, ?: and ??
// join. It is unknown when a value it needs is missing or an operation in it
// has no answer. The leaves of a let are shared by every program that uses
// the let, so a *Leaf identifies a place in the document.
type Leaf struct {
	// Source is the leaf's own text.
	Source string
	// File, Line and Column of its first character.
	File         string
	Line, Column int
	// Let is the let name it was written under, or empty.
	Let string

	node  *node   // the strict expression
	reads []*node // fields and look-ups in source order, without repeats
	heavy bool
}

// structure splits a checked expression into boolean structure and leaves:
// and, or, not, ?: and boolean ?? are kept, and everything below them becomes
// an opLeaf. A let name gives the structure of its own expression.
func structure(n *node, letName string) *node {
	split := func(m *node) *node { return structure(m, letName) }
	switch {
	case n.op == opConst:
		return n
	case n.op == opLet:
		return n.let.split
	case n.op == opAnd || n.op == opOr:
		m := *n
		m.a, m.b, m.short = split(n.a), split(n.b), true
		return &m
	case n.op == opNot:
		m := *n
		m.a = split(n.a)
		return &m
	case n.op == opElse && n.kind == Bool:
		m := *n
		m.a, m.b = split(n.a), split(n.b)
		return &m
	case n.op == opIf:
		m := *n
		m.a, m.b, m.c = split(n.a), split(n.b), split(n.c)
		return &m
	}
	return leafOf(n, letName)
}

func leafOf(n *node, letName string) *node {
	leaf := &Leaf{Source: n.source(), File: n.text.File, Let: letName, node: n, reads: reads(n), heavy: isHeavy(n)}
	leaf.Line, leaf.Column, _ = n.text.place(n.from)
	return &node{op: opLeaf, kind: n.kind, a: n, leaf: leaf, text: n.text, from: n.from, to: n.to, size: n.size + 1}
}

// reads collects the fields, look-ups and now of a leaf, each name once.
func reads(n *node) []*node {
	var out []*node
	seen := map[string]bool{}
	var walk func(*node)
	walk = func(m *node) {
		switch m.op {
		case opField, opNow, opLookup, opHasRow:
			if !seen[m.name] {
				seen[m.name] = true
				out = append(out, m)
			}
		}
		for child := range m.children {
			walk(child)
		}
	}
	walk(n)
	return out
}

func isHeavy(n *node) bool {
	if n.heavy {
		return true
	}
	for child := range n.children {
		if isHeavy(child) {
			return true
		}
	}
	return false
}

// leaves lists the leaves of a split expression in source order, each once.
func leaves(n *node) []*Leaf {
	var out []*Leaf
	seen := map[*Leaf]bool{}
	var walk func(*node)
	walk = func(m *node) {
		if m.op == opLeaf {
			if !seen[m.leaf] {
				seen[m.leaf] = true
				out = append(out, m.leaf)
			}
			return
		}
		for child := range m.children {
			walk(child)
		}
	}
	walk(n)
	return out
}

// heavyPlaces counts the places where a heavy leaf is evaluated: a leaf of a
// let name counts wherever the name stands.
func heavyPlaces(n *node) int {
	if n.op == opLeaf {
		if n.leaf.heavy {
			return 1
		}
		return 0
	}
	places := 0
	for child := range n.children {
		places += heavyPlaces(child)
	}
	return places
}

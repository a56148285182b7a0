package solve

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
)

// exchange goes from one allocation within the limits towards another one,
// which need not be within those on moves and value, as far as it pays.
//
// What differs falls apart into cycles: customers of whom each takes the place
// that the next one leaves, the last one that of the first; or there was room,
// and is again. Any of the cycles may be made without the others, because
// whatever is limited per rep then stays between what it is in the one and in
// the other allocation. So it is a matter of choosing those that bring most for
// the moves they take.
func (s *staying) exchange(from, to *places, at prices) *exchange {
	e := &exchange{staying: s, from: from, to: to, total: from.total, moves: from.moves, value: from.value}
	e.findCycles()
	e.choose(at)
	return e
}

// places returns the allocation that the exchange comes to.
func (e *exchange) places() *places {
	p := &places{rep: slices.Clone(e.from.rep), total: e.total, moves: e.moves, value: e.value}
	for k := range e.cycles {
		if e.cycles[k].taken {
			for _, i := range e.cycles[k].customers {
				p.rep[i] = e.to.rep[i]
			}
		}
	}
	return p
}

type exchange struct {
	*staying
	from, to *places
	cycles   []cycle

	total, moves, value int64 // of the allocation with what is taken
}

// cycle is a set of customers who change places among each other.
type cycle struct {
	customers           []int32
	total, moves, value int64 // by how much these change
	cost                int64 // of moves and value, at the prices
	taken               bool
}

// The graph of the changes. Who a rep keeps and whom he gains are nodes apart,
// if that is limited; a unit more there is a unit more for the rep, and a unit
// more for the rep is a unit less of what is free, or of who is unassigned.

func (e *exchange) nodeOf(customer, rep int32) int {
	reps := len(e.keeps)
	switch owner := e.continuity.Owner[customer]; {
	case rep == Unassigned:
		return 3 * reps
	case owner == rep && e.keeps[rep] > 0:
		return reps + int(rep)
	case owner != Unassigned && owner != rep && e.gains[rep] != 0:
		return 2*reps + int(rep)
	}
	return int(rep)
}

func (e *exchange) parent(node int) int {
	if reps := len(e.keeps); node >= reps {
		return node % reps
	}
	return 3 * len(e.keeps)
}

// arc is a customer who changes places, or nobody: then a unit more or less of
// what is counted together.
type arc struct {
	customer int32 // or −1
	head     int32
}

// arcs returns the graph: the arcs that leave each node.
func (e *exchange) arcs() [][]arc {
	free := 3 * len(e.keeps)
	out := make([][]arc, free+1)
	more := make([]int, free+1)
	for i := range e.from.rep {
		if e.from.rep[i] == e.to.rep[i] {
			continue
		}
		tail, head := e.nodeOf(int32(i), e.from.rep[i]), e.nodeOf(int32(i), e.to.rep[i])
		out[tail] = append(out[tail], arc{int32(i), int32(head)})
		more[tail]--
		more[head]++
	}
	for node := free - 1; node >= 0; node-- {
		up := e.parent(node)
		for ; more[node] > 0; more[node]-- {
			out[node] = append(out[node], arc{-1, int32(up)})
			more[up]++
		}
		for ; more[node] < 0; more[node]++ {
			out[up] = append(out[up], arc{-1, int32(node)})
			more[up]--
		}
	}
	return out
}

// findCycles walks along the arcs and cuts a cycle off whenever the walk comes
// back to where it was. As many arcs enter a node as leave it, so that a walk
// ends where it began.
func (e *exchange) findCycles() {
	out := e.arcs()
	at := make([]int, len(out)) // where on the path a node is left, or −1
	for node := range at {
		at[node] = -1
	}
	var path []arc
	for start := range out {
		node := start
		at[node] = 0
		for len(out[node]) > 0 {
			last := len(out[node]) - 1
			path = append(path, out[node][last])
			out[node] = out[node][:last]
			node = int(path[len(path)-1].head)
			if k := at[node]; k >= 0 {
				e.cut(path[k:])
				for _, a := range path[k:] {
					at[a.head] = -1
				}
				path = path[:k]
			}
			at[node] = len(path)
		}
		at[start] = -1
	}
}

// cut keeps a cycle, unless nobody is in it.
func (e *exchange) cut(path []arc) {
	var c cycle
	p, k := e.problem, e.continuity
	for _, a := range path {
		if a.customer < 0 {
			continue
		}
		i := int(a.customer)
		before, after := e.from.rep[i], e.to.rep[i]
		c.customers = append(c.customers, a.customer)
		c.total += k.worth(p, i, after) - k.worth(p, i, before)
		if k.moves(p, i, before) {
			c.moves--
			c.value -= k.value(i)
		}
		if k.moves(p, i, after) {
			c.moves++
			c.value += k.value(i)
		}
	}
	if len(c.customers) > 0 {
		e.cycles = append(e.cycles, c)
	}
}

// choose takes cycles: those that cost nothing, then those that bring most for
// their cost, as long as the limits allow; and then makes that better where the
// limits bind.
func (e *exchange) choose(at prices) {
	if at == (prices{}) {
		at = prices{1, 1}
	}
	if e.maxMoves == e.owned {
		at.move = 0
	}
	if e.maxValue == e.staying.value {
		at.value = 0
	}
	for k := range e.cycles {
		c := &e.cycles[k]
		c.cost = at.move*c.moves + at.value*c.value
	}
	slices.SortStableFunc(e.cycles, compareCycles)
	edge := len(e.cycles) // the first cycle for which there was no room
	for k := range e.cycles {
		if c := &e.cycles[k]; c.class() == paying || c.class() == free {
			if e.room(c.moves, c.value) {
				e.flip(c)
			} else {
				edge = min(edge, k)
			}
		}
	}
	if edge < len(e.cycles) {
		e.polish(e.core(edge))
	}
}

// Classes of cycles, in the order in which they are tried.
const (
	free   = iota // cost nothing and lose nothing
	paying        // bring something and cost something
	giving        // lose something and give moves back
	losing        // neither
)

func (c *cycle) class() int {
	switch {
	case c.cost <= 0 && c.total >= 0:
		return free
	case c.total > 0:
		return paying
	case c.cost < 0:
		return giving
	}
	return losing
}

// compareCycles orders by class, then by what is brought, or lost, for the cost.
func compareCycles(a, b cycle) int {
	if by := cmp.Compare(a.class(), b.class()); by != 0 {
		return by
	}
	aHigh, aLow := bits.Mul64(absolute(a.total), absolute(b.cost))
	bHigh, bLow := bits.Mul64(absolute(b.total), absolute(a.cost))
	ratio := cmp.Compare(aHigh, bHigh)
	if ratio == 0 {
		ratio = cmp.Compare(aLow, bLow)
	}
	switch a.class() {
	case paying: // most first; among equals large ones, which are harder to fit in
		return cmp.Or(-ratio, cmp.Compare(b.cost, a.cost))
	case giving:
		return cmp.Or(ratio, cmp.Compare(b.cost, a.cost))
	}
	return 0
}

// room reports whether the limits allow so much more.
func (e *exchange) room(moves, value int64) bool {
	return e.moves+moves <= e.maxMoves && e.value+value <= e.maxValue
}

func (e *exchange) flip(c *cycle) {
	sign := int64(1)
	if c.taken {
		sign = -1
	}
	c.taken = !c.taken
	e.total += sign * c.total
	e.moves += sign * c.moves
	e.value += sign * c.value
}

// core returns the cycles that are worth reconsidering: those on both sides of
// the edge, and the best of those that give moves back.
func (e *exchange) core(edge int) []*cycle {
	const side = 12
	var core []*cycle
	giver := sort.Search(len(e.cycles), func(k int) bool { return e.cycles[k].class() >= giving })
	for k := max(0, edge-side); k < min(giver, edge+side); k++ {
		core = append(core, &e.cycles[k])
	}
	for k := giver; k < min(len(e.cycles), giver+side); k++ {
		core = append(core, &e.cycles[k])
	}
	return core
}

// polish takes and drops up to three cycles of the core at once for as long as
// that brings something.
func (e *exchange) polish(core []*cycle) {
	for e.polishOnce(core) {
	}
}

func (e *exchange) polishOnce(core []*cycle) bool {
	best, flips := int64(0), []*cycle(nil)
	var chosen []*cycle
	var try func(from int, total, moves, value int64)
	try = func(from int, total, moves, value int64) {
		if total > best && e.room(moves, value) {
			best, flips = total, slices.Clone(chosen)
		}
		if len(chosen) == 3 {
			return
		}
		for k := from; k < len(core); k++ {
			c, sign := core[k], int64(1)
			if c.taken {
				sign = -1
			}
			chosen = append(chosen, c)
			try(k+1, total+sign*c.total, moves+sign*c.moves, value+sign*c.value)
			chosen = chosen[:len(chosen)-1]
		}
	}
	try(0, 0, 0, 0)
	for _, c := range flips {
		e.flip(c)
	}
	return best > 0
}

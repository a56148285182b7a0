package solve

import "slices"

// groups says which customers are interchangeable: equal pairs, scores and
// price of staying unassigned. They are solved as one row of many units, since
// an auction among equals only bids prices up in the smallest steps.
type groups struct {
	rows  int
	rowOf []int32 // per customer; nil if every customer is a row of his own
	first []int32 // per row: its first customer; nil likewise
}

func (g *groups) row(customer int) int32 {
	if g.rowOf == nil {
		return int32(customer)
	}
	return g.rowOf[customer]
}

const (
	sampled    = 2048 // customers looked at before all are
	worthwhile = 32   // groups are made if one in so many of the sample has an equal there
)

// group finds interchangeable customers, if a sample says that there are
// enough of them to be worth the search.
func group(p *Problem) groups {
	all := p.Customers()
	if all > sampled {
		step := all / sampled
		found := newGrouping(p, sampled)
		for i := 0; i < sampled; i++ {
			found.add(i * step)
		}
		if len(found.first) > sampled-sampled/worthwhile {
			return groups{rows: all}
		}
	}
	found := newGrouping(p, all)
	rowOf := make([]int32, all)
	for i := range rowOf {
		rowOf[i] = found.add(i)
	}
	if len(found.first) == all {
		return groups{rows: all}
	}
	return groups{rows: len(found.first), rowOf: rowOf, first: found.first}
}

// grouping is a hash table of rows with open addressing.
type grouping struct {
	problem *Problem
	table   []int32 // row + 1, or 0
	hash    []uint64
	first   []int32
}

func newGrouping(p *Problem, most int) *grouping {
	size := 16
	for size < 2*most {
		size *= 2
	}
	return &grouping{problem: p, table: make([]int32, size)}
}

// add returns the row of a customer: that of an equal one, or a new one.
func (g *grouping) add(customer int) int32 {
	h := g.hashOf(customer)
	mask := uint64(len(g.table) - 1)
	at := h & mask
	for ; g.table[at] != 0; at = (at + 1) & mask {
		row := g.table[at] - 1
		if g.hash[row] == h && g.equal(int(g.first[row]), customer) {
			return row
		}
	}
	g.first, g.hash = append(g.first, int32(customer)), append(g.hash, h)
	g.table[at] = int32(len(g.first))
	return int32(len(g.first)) - 1
}

// hashOf mixes a row's content with two rounds of multiply and shift per pair.
// What it collides on is told apart by equal, so that it decides only speed.
func (g *grouping) hashOf(customer int) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(g.problem.unassigned(customer)) * odd
	reps, scores := g.problem.row(customer)
	for k, r := range reps {
		h = (h ^ uint64(scores[k]) ^ uint64(r)<<40) * odd
		h ^= h >> 29
	}
	return h
}

func (g *grouping) equal(a, b int) bool {
	reps, scores := g.problem.row(a)
	otherReps, otherScores := g.problem.row(b)
	return g.problem.unassigned(a) == g.problem.unassigned(b) && slices.Equal(scores, otherScores) && slices.Equal(reps, otherReps)
}

package solve

import (
	"math"
	"slices"
)

// network is the problem in the shape in which it is solved: rows of equal
// customers on one side, the reps on the other, and beside the reps one more
// node, the ground. What goes to the ground stays unassigned; and each rep is
// joined to it by an arc that carries flow[rep] units, between his minimum and
// his maximum, so that all units end at the ground. Units that have no place
// yet are pending: they are at a third kind of node, none.
//
// Everything the search does happens between the nodes (reps and ground): a
// unit moves from one to another by a row that is there and may go there too,
// or along the arc of a rep. Prices are per node and only ever rise; a rep's
// price as the world sees it is price[rep] − price[ground].
//
// A node is balanced if it has load[rep] = flow[rep]. Complementary slackness
// holds throughout the search: rows are at nodes where score − price is
// largest, flow is at the maximum where the price is above the ground's and at
// the minimum where it is below. When nothing is pending and all nodes are
// balanced, the allocation is optimal.
type network struct {
	arcs
	reps   int
	ground int32 // = reps
	none   int32 // = reps+1: where pending units are; too dear for anybody

	units     []int64 // per row
	outside   []int64 // per row: what staying unassigned is worth, or Never
	cand      []candidates
	listDepth depth   // of the candidates among a row's pairs
	positions []int32 // scratch
	dropped   int64   // by how much prices have fallen since the beginning: see candidates

	price   []int64 // reps, ground, none
	max     []int64 // reps; capped just above all units together
	min     []int64
	flow    []int64
	load    []int64
	members [][]holding // reps, ground, none
	tidy    []bool      // per node: whether its members are a heap, the lowest key first, and exit is right
	exit    []exit      // per node: who would lose least by becoming unassigned
	total   int64       // all units
	several bool        // whether a row has ever had more than one
}

// holding is a number of units of a row at a node.
type holding struct {
	key   int64 // up to this price of the node they gain nowhere more; it may be too low
	score int64 // the row's at the node
	units int64
	row   int32
}

// unaffordable is the price of the node none. No score reaches it, and no sum
// with it overflows.
const unaffordable = 1 << 61

// tooDear is a price so high that prices had better not be raised much more.
const tooDear = 1 << 57

// arcs are the pairs of a problem, and what has been changed since.
type arcs struct {
	start   []int
	rep     []int32
	score   []int64
	first   []int32              // per row: a customer whose pairs they are; nil if rows are customers
	changed map[int32]changedRow // nil for a problem as it was given
}

type changedRow struct {
	reps   []int32
	scores []int64
}

func (a *arcs) row(row int32) ([]int32, []int64) {
	if a.changed != nil {
		if c, ok := a.changed[row]; ok {
			return c.reps, c.scores
		}
	}
	customer := row
	if a.first != nil {
		customer = a.first[row]
	}
	from, to := a.start[customer], a.start[customer+1]
	return a.rep[from:to], a.score[from:to]
}

// scoreAt returns a row's score at a node it may go to.
func (n *network) scoreAt(row, node int32) int64 {
	score, _ := n.scoreIf(row, node)
	return score
}

// scoreIf returns a row's score at a node, and whether it may go there.
func (n *network) scoreIf(row, node int32) (score int64, ok bool) {
	if node == n.ground {
		return n.outside[row], n.outside[row] != Never
	}
	reps, scores := n.row(row)
	k, ok := slices.BinarySearch(reps, node)
	if !ok {
		return 0, false
	}
	return scores[k], true
}

// newNetwork lays a checked problem out; every price is 0, and nobody's
// candidates are known.
func newNetwork(p *Problem, g groups) *network {
	reps := p.Reps()
	n := &network{reps: reps, ground: int32(reps), none: int32(reps + 1)}
	n.arcs = arcs{start: p.Start, rep: p.Rep, score: p.Score, first: g.first}
	n.units, n.outside = make([]int64, g.rows), make([]int64, g.rows)
	for i := range p.Customers() {
		row := g.row(i)
		n.units[row] += p.units(i)
		n.outside[row] = p.unassigned(i)
		n.total += p.units(i)
	}
	n.several = slices.ContainsFunc(n.units, func(units int64) bool { return units > 1 })
	n.price = make([]int64, reps+2)
	n.price[n.none] = unaffordable
	n.cand = make([]candidates, g.rows)
	for row := range n.cand {
		n.cand[row].bound, n.cand[row].node[slots-1] = unlisted, n.none
	}
	n.listDepth = slots * depthUnit
	n.positions = make([]int32, reps+1)
	n.members, n.tidy, n.exit = make([][]holding, reps+2), make([]bool, reps+2), make([]exit, reps+2)
	n.flow, n.load = make([]int64, reps), make([]int64, reps)
	n.max, n.min = make([]int64, reps), make([]int64, reps)
	return n
}

// setBounds takes a problem's bounds over, capped at one more than there is,
// which binds no more and no less and keeps sums small.
func (n *network) setBounds(p *Problem) {
	for r := range n.max {
		n.min[r], n.max[r] = min(p.min(r), n.total+1), min(p.Max[r], n.total+1)
	}
}

// refreshAll lists everybody's candidates.
func (n *network) refreshAll() {
	for row := range n.cand {
		n.refresh(int32(row))
	}
}

// forgetKeys is for when prices or scores have changed by other means than the
// search, which only raises prices.
func (n *network) forgetKeys() {
	clear(n.tidy)
	for node := range n.none {
		for i := range n.members[node] {
			n.members[node][i].key = minusInfinity
		}
	}
}

// pendAll makes all units pending.
func (n *network) pendAll() {
	n.members[n.none] = make([]holding, 0, len(n.units))
	for row, units := range n.units {
		if units > 0 {
			n.put(n.none, holding{key: minusInfinity, units: units, row: int32(row)})
		}
	}
}

// put adds units of a row to a node. Rows of one unit are at one node at most;
// units of a larger one are put together.
func (n *network) put(node int32, h holding) {
	if node < n.ground {
		n.load[node] += h.units
	}
	n.tidy[node] = false
	if n.several && n.units[h.row] > 1 {
		for i := range n.members[node] {
			if m := &n.members[node][i]; m.row == h.row {
				m.units += h.units
				return
			}
		}
	}
	n.members[node] = append(n.members[node], h)
}

// take removes units of the i-th holding of a node. The last holding fills the
// gap if none of its units remain.
func (n *network) take(node int32, i int, units int64) {
	if node < n.ground {
		n.load[node] -= units
	}
	n.tidy[node] = false
	list := n.members[node]
	if list[i].units -= units; list[i].units == 0 {
		list[i] = list[len(list)-1]
		n.members[node] = list[:len(list)-1]
	}
}

// settle makes pending whatever is not where it gains most, after prices were
// found by other means than the search.
func (n *network) settle() {
	for node := range n.none {
		for i := len(n.members[node]) - 1; i >= 0; i-- {
			h := n.members[node][i]
			if best, _ := n.best(h.row); h.score-n.price[node] < best {
				n.unseat(node, i, h.units)
			}
		}
	}
}

// fit makes pending what reps have above their maximum, and gives every rep's
// arc the flow that his price calls for.
func (n *network) fit() {
	for r := range n.ground {
		for over := n.load[r] - n.max[r]; over > 0; over = n.load[r] - n.max[r] {
			last := len(n.members[r]) - 1
			n.unseat(r, last, min(over, n.members[r][last].units))
		}
		n.flow[r] = n.groundFlow(r)
	}
}

func (n *network) unseat(node int32, i int, units int64) {
	h := n.members[node][i]
	n.take(node, i, units)
	n.put(n.none, holding{key: minusInfinity, units: units, row: h.row})
}

// groundFlow is the flow that a rep's price calls for.
func (n *network) groundFlow(rep int32) int64 {
	switch price := n.price[rep] - n.price[n.ground]; {
	case price > 0:
		return n.max[rep]
	case price < 0:
		return n.min[rep]
	}
	return min(max(n.load[rep], n.min[rep]), n.max[rep])
}

const minusInfinity = math.MinInt64 / 2

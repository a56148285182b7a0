package solve

import "math"

// search finishes an allocation exactly: successive shortest paths from nodes
// that have too much to nodes that have too little, on the graph of the nodes.
// What it costs to move a unit from one node to another is the smallest
// score lost among the rows that are there; it does not depend on prices, and
// with them it is never negative, so that Dijkstra's algorithm applies.
//
// As in the primal-dual method, one phase finds the distances from all sources
// at once, raises prices so that the shortest paths to the nearest sinks become
// tight, and then moves many units along tight paths.
type search struct {
	*network
	excess []int64 // per node: load − flow; above 0 a source, below 0 a sink

	dist     []int64 // per node; none is at distance 0 and never entered
	via      []way   // per node: the last move of the shortest way there
	done     []bool
	expanded []int64 // per node: up to which gap its rows have been looked at beyond their candidates
	queue    labels
	single   bool  // whether few units are to be moved
	limit    int64 // the distance of the nearest sinks, as far as known
	present  int64 // the distance of what was last labelled for good; it only rises during a phase
	near     int   // so many reps are known to be no farther away than that; distances only fall

	ahead int64 // read of candidates long before they are needed, so that memory answers for many at once

	next     []int // per node: the first holding that may still lead to a sink
	across   []int // per node: the first holding that was not tried for a way of one move
	nextRep  int32 // the same for the arcs from the ground
	onPath   []bool
	phases   int
	augments int64
}

const far = 1 << 62

func newSearch(n *network) *search {
	nodes := n.reps + 2
	s := &search{network: n, excess: make([]int64, nodes), dist: make([]int64, nodes), onPath: make([]bool, nodes),
		done: make([]bool, nodes), via: make([]way, nodes), expanded: make([]int64, nodes), next: make([]int, nodes), across: make([]int, nodes)}
	s.balance()
	return s
}

// balance computes the excess of every node. They add up to 0.
func (s *search) balance() {
	ground := -s.total
	for _, h := range s.members[s.ground] {
		ground += h.units
	}
	for r, flow := range s.flow {
		s.excess[r] = s.load[r] - flow
		ground += flow
	}
	s.excess[s.ground] = ground
	s.excess[s.none] = 0
	for _, h := range s.members[s.none] {
		s.excess[s.none] += h.units
	}
}

func (s *search) balanced() bool {
	for _, e := range s.excess {
		if e > 0 {
			return false
		}
	}
	return true
}

// phase serves the nearest sinks. It reports whether it reached any.
func (s *search) phase() bool {
	s.phases++
	if !s.shortest() {
		return false
	}
	s.raise()
	if s.single {
		s.followWays()
	} else {
		s.augment()
	}
	return true
}

// shortest labels nodes in the order of their distance from the sources, as far
// as the nearest sinks. It reports whether there are any sinks.
func (s *search) shortest() bool {
	s.begin()
	for len(s.queue) > 0 && s.queue[0].dist < s.limit {
		l := s.queue.pop()
		s.present = l.dist
		switch {
		case l.expand:
			s.scanRows(l.node, max(l.dist-s.dist[l.node], 2*s.expanded[l.node]))
		case !s.done[l.node]:
			s.done[l.node] = true
			s.scan(l.node)
		}
	}
	return s.limit < far
}

// begin labels the sources.
func (s *search) begin() {
	s.queue, s.limit, s.near = s.queue[:0], far, 0
	units := int64(0)
	for v, excess := range s.excess {
		s.dist[v], s.done[v], s.expanded[v] = far, false, math.MinInt64
		if excess > 0 || v == int(s.none) {
			s.dist[v], s.via[v] = 0, way{from: nowhere}
			s.queue.push(label{node: int32(v)})
			units += excess
		}
	}
	s.single = units <= fewUnits
}

// farther reports whether any rep is farther away than the present distance. If
// none is, no more need be looked at: the way to the ground was labelled first.
func (s *search) farther() bool {
	for s.near < s.reps && s.dist[s.near] <= s.present {
		s.near++
	}
	return s.near < s.reps
}

// scan labels what can be reached from a node in one move along its arcs, to the
// ground, or without any loss. What loses more comes when its turn has come.
func (s *search) scan(v int32) {
	s.tidyUp(v)
	toGround := s.dist[v] - s.price[v] + s.price[s.ground]
	switch {
	case v == s.ground:
		s.scanGround()
	case v < s.ground:
		if s.flow[v] < s.max[v] {
			s.reach(s.ground, toGround, way{v, alongArc})
		}
		if e := s.exit[v]; e.loss < far {
			s.reach(s.ground, toGround+e.loss, way{v, e.row})
		}
	}
	s.scanRows(v, 0)
}

// exit is what becoming unassigned loses.
type exit struct {
	loss int64
	row  int32
}

// tidyUp orders the members of a node, and finds who would lose least by becoming
// unassigned.
func (s *search) tidyUp(v int32) {
	if s.tidy[v] {
		return
	}
	s.tidy[v] = true
	heapHoldings(s.members[v])
	if v >= s.ground {
		return
	}
	least := exit{loss: far}
	for i := range s.members[v] {
		h := &s.members[v][i]
		if outside := s.outside[h.row]; outside != Never && h.score-outside < least.loss {
			least = exit{h.score - outside, h.row}
		}
	}
	s.exit[v] = least
}

// gain is what a holding gains where it is; for a pending one, what it would
// gain at best.
func (s *search) gain(v int32, h *holding) int64 {
	if v == s.none {
		best, _ := s.best(h.row)
		return best
	}
	return h.score - s.price[v]
}

func (s *search) scanGround() {
	for r := range int32(s.reps) {
		if s.flow[r] > s.min[r] {
			s.reach(r, s.dist[s.ground]+s.price[r]-s.price[s.ground], way{s.ground, alongArc})
		}
	}
}

// scanRows labels what the rows at a node reach with a loss of at most gap, and
// more than was looked at before.
func (s *search) scanRows(v int32, gap int64) {
	gap = min(gap, s.limit-s.dist[v])
	nearest := s.scanHeap(v, 0, s.expanded[v], gap)
	s.expanded[v] = gap
	s.expandLater(v, nearest)
}

// scanHeap does this for the part of a node's heap below one holding, and returns
// the loss from which on it has to be looked at again. A key says, without a look
// at the row itself, that it and all below lose more.
func (s *search) scanHeap(v int32, i int, from, gap int64) int64 {
	list := s.members[v]
	if i >= len(list) || v != s.none && (s.limit <= s.present || !s.farther()) {
		return far
	}
	h := &list[i]
	if slack := h.key - s.price[v]; slack > gap {
		return slack
	}
	before := h.key
	s.ahead = s.cand[h.row].bound
	nearest := min(s.scanHeap(v, 2*i+1, from, gap), s.scanHeap(v, 2*i+2, from, gap))
	nearest = min(nearest, s.scanRow(v, h, from, gap))
	if h.key > before {
		sinkHolding(list, i, *h)
	}
	return nearest
}

// scanRow does this for one holding and returns the loss from which on it has
// to be looked at again.
func (s *search) scanRow(v int32, h *holding, from, gap int64) int64 {
	gain := s.gain(v, h)
	s.reachListed(v, h, gain)
	beyond := gain - s.beyond(h.row)
	if beyond > from && beyond <= gap {
		s.reachAll(v, h, gain, gap)
		beyond = gain - s.beyond(h.row)
	}
	if beyond > gap {
		return beyond
	}
	return far
}

func (s *search) expandLater(v int32, gap int64) {
	if gap < far/2 && s.dist[v]+gap <= s.limit {
		s.queue.push(label{dist: s.dist[v] + gap, node: v, expand: true})
	}
}

// reachListed labels what the candidates of a holding's row reach, and finds
// its key anew.
func (s *search) reachListed(v int32, h *holding, gain int64) {
	c, price, dist := &s.cand[h.row], s.price, s.dist
	best, second := dist[v]+gain, s.beyond(h.row)
	for k, to := range c.node {
		g := c.score[k] - price[to]
		if best-g < dist[to] {
			s.reach(to, best-g, way{v, h.row})
		}
		if g > second && to != v {
			second = g
		}
	}
	if v != s.none {
		h.key = h.score - second
	}
}

// reachAll labels what all pairs of a holding's row reach. Where candidates
// would have done, it lists them anew.
func (s *search) reachAll(v int32, h *holding, gain, gap int64) {
	reps, scores := s.row(h.row)
	near := 0
	for k, to := range reps {
		loss := gain - scores[k] + s.price[to]
		if loss <= gap {
			near++
		}
		if d := s.dist[v] + loss; d < s.dist[to] {
			s.reach(to, d, way{v, h.row})
		}
	}
	if near < slots-1 {
		s.refresh(h.row)
		s.reachListed(v, h, gain)
	}
}

// reach labels a node unless it has a label as good.
func (s *search) reach(to int32, dist int64, w way) {
	if dist < s.dist[to] && dist <= s.limit {
		s.dist[to], s.via[to] = dist, w
		if s.excess[to] < 0 {
			s.limit = dist
		}
		s.queue.push(label{dist: dist, node: to})
	}
}

// raise raises prices by what the nearest sink is farther away, which makes
// the shortest paths to it tight and keeps everything else in order. By what all
// reps become dearer, nothing gains as much any more outside its candidates.
func (s *search) raise() {
	least := s.limit
	for v, d := range s.dist[:s.none] {
		by := int64(0)
		if s.done[v] && d < s.limit {
			by = s.limit - d
			s.price[v] += by
		}
		if v < s.reps {
			least = min(least, by)
		}
	}
	s.dropped -= least
}

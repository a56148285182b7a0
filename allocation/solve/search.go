package solve

import (
	"math"
	"slices"
)

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
	depth    []int32 // per node: by how few tight moves it is reached; only with hops
	done     []bool
	expanded []int64 // per node: up to which gap its rows have been looked at beyond their candidates
	queue    labels
	nearest  bool  // whether only the nearest sinks are to be served
	limit    int64 // the distance of the farthest sinks to be served
	near     int   // so many nodes are known to be no farther away than the present distance

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
		done: make([]bool, nodes), depth: make([]int32, nodes), expanded: make([]int64, nodes), next: make([]int, nodes), across: make([]int, nodes)}
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
	if s.hops != nil {
		s.level()
	}
	s.augment()
	return true
}

// shortest labels nodes in the order of their distance from the sources, as far
// as the nearest sinks; by hops, as far as the sinks that together take all there
// is. It reports whether there are any sinks.
func (s *search) shortest() bool {
	wanted, found, last := s.begin(), int64(0), int64(0)
	for len(s.queue) > 0 && s.queue[0].dist <= s.limit {
		l := s.queue.pop()
		within := l.dist < s.limit || s.hops != nil
		if l.expand {
			if within {
				s.scanRows(l.node, l.dist-s.dist[l.node])
			}
			continue
		}
		if s.done[l.node] {
			continue
		}
		s.done[l.node], last = true, l.dist
		if s.excess[l.node] < 0 {
			if found -= s.excess[l.node]; found >= wanted {
				s.limit = l.dist
				continue
			}
		}
		if within {
			s.scan(l.node)
		}
	}
	s.limit = last
	return found > 0
}

// begin labels the sources. It returns how many units are to be moved: by hops
// all of them, or any once prices are so high that sums might not fit if phases
// went on to raise them by the distances of far sinks; nearest sinks alone do not
// raise prices by more than the length of one path in all phases together.
func (s *search) begin() (wanted int64) {
	s.queue = s.queue[:0]
	s.limit = far
	s.near = 0
	for v := range s.dist {
		s.dist[v], s.done[v], s.expanded[v] = far, false, math.MinInt64
		if s.excess[v] > 0 || v == int(s.none) {
			s.dist[v] = 0
			s.queue.push(label{node: int32(v)})
		}
		wanted += max(0, s.excess[v])
	}
	s.nearest = s.hops == nil || slices.Max(s.price[:s.none]) > tooDear
	if s.nearest {
		return 1
	}
	return wanted
}

// farther reports whether any node is farther away than dist. Distances only
// fall and dist only rises during a phase.
func (s *search) farther(dist int64) bool {
	for s.near < len(s.dist) && s.dist[s.near] <= dist {
		s.near++
	}
	return s.near < len(s.dist)
}

// scan labels what can be reached from a node in one move along its arcs, or
// without any loss. What loses more comes when its turn has come.
func (s *search) scan(v int32) {
	if v == s.ground {
		s.scanGround()
	} else if v < s.ground && s.flow[v] < s.max[v] {
		s.reach(s.ground, s.dist[v]+s.price[s.ground]-s.price[v])
	}
	if s.hops != nil && v != s.none {
		s.scanHops(v)
		return
	}
	s.scanRows(v, 0)
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
			s.reach(r, s.dist[s.ground]+s.price[r]-s.price[s.ground])
		}
	}
}

// scanRows labels what the rows at a node reach with a loss of at most gap, and
// more than was looked at before. A key says, without a look at the row itself,
// that it loses more.
func (s *search) scanRows(v int32, gap int64) {
	from, nearest := s.expanded[v], int64(far)
	list, price := s.members[v], s.price[v]
	for i := range list {
		h := &list[i]
		if !s.farther(s.dist[v] + gap) {
			return
		}
		if slack := h.key - price; slack > gap {
			nearest = min(nearest, slack)
			continue
		}
		nearest = min(nearest, s.scanRow(v, h, from, gap))
	}
	s.expanded[v] = gap
	s.expandLater(v, nearest)
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
	c := &s.cand[h.row]
	second := s.beyond(h.row)
	for k, to := range c.node {
		g := c.score[k] - s.price[to]
		if d := s.dist[v] + gain - g; d < s.dist[to] {
			s.reach(to, d)
		}
		if to != v && g > second {
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
			s.reach(to, d)
		}
	}
	if near < slots-1 {
		s.refresh(h.row)
		s.reachListed(v, h, gain)
	}
}

// reach labels a node unless it has a label as good.
func (s *search) reach(to int32, dist int64) {
	if dist < s.dist[to] && dist <= s.limit {
		s.dist[to] = dist
		if s.nearest && s.excess[to] < 0 {
			s.limit = dist
		}
		s.queue.push(label{dist: dist, node: to})
	}
}

// raise raises prices by what the nearest sink is farther away, which makes
// the shortest paths to it tight and keeps everything else in order.
func (s *search) raise() {
	for v, d := range s.dist[:s.none] {
		if s.done[v] && d < s.limit {
			s.price[v] += s.limit - d
		}
	}
}

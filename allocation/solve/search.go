package solve

import "slices"

// search finishes an allocation exactly: successive shortest paths from nodes
// that have too much to nodes that have too little, on the graph of the nodes.
// What it costs to move a unit from one node to another is the smallest
// score lost among the rows that are there; it does not depend on prices, and
// with them it is never negative, so that Dijkstra's algorithm applies.
//
// As in the primal-dual method, one phase finds the distances from all sources
// at once, raises prices so that the shortest paths to sinks enough for all
// become tight, and then moves many units along tight paths.
type search struct {
	*network
	excess []int64 // per node: load − flow; above 0 a source, below 0 a sink

	dist     []int64 // per node; none is at distance 0 and never entered
	depth    []int32 // per node: by how few tight moves it is reached; only with hops
	done     []bool
	expanded []int64 // per node: up to which gap its rows have been looked at beyond their candidates
	queue    labels
	limit    int64 // the distance of the farthest sink to be served

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

// phase serves sinks, the nearest if not all. It reports whether it reached any.
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
// as the nearest sinks that together take all there is. It reports whether
// there are any sinks.
func (s *search) shortest() bool {
	wanted, found, last := s.begin(), int64(0), int64(0)
	for len(s.queue) > 0 && s.queue[0].dist <= s.limit {
		l := s.queue.pop()
		if l.expand {
			s.scanBeyond(l.node, l.dist-s.dist[l.node])
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
		s.scan(l.node)
	}
	s.limit = last
	return found > 0
}

// begin labels the sources. It returns how many units are to be moved: all of
// them, or any once prices are so high that sums might not fit if phases went
// on to raise them by the distances of far sinks; nearest sinks alone do not
// raise prices by more than the length of one path in all phases together.
func (s *search) begin() (wanted int64) {
	s.queue = s.queue[:0]
	s.limit = far
	for v := range s.dist {
		s.dist[v], s.done[v], s.expanded[v] = far, false, 0
		if s.excess[v] > 0 || v == int(s.none) {
			s.dist[v] = 0
			s.queue.push(label{node: int32(v)})
		}
		wanted += max(0, s.excess[v])
	}
	if slices.Max(s.price[:s.none]) > tooDear {
		return 1
	}
	return wanted
}

// scan labels what can be reached from a node in one move.
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
	nearest := int64(far)
	for _, h := range s.members[v] {
		gain := s.gain(v, h)
		s.reachListed(v, h.row, gain)
		if gain > s.beyond(h.row) || s.reachAll(v, h.row, gain, 0) {
			nearest = min(nearest, gain-s.beyond(h.row))
		}
	}
	s.expandLater(v, nearest)
}

// gain is what a holding gains where it is; for a pending one, what it would
// gain at best.
func (s *search) gain(v int32, h holding) int64 {
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

// scanBeyond looks at all pairs of the rows at a node whose gap, between what
// they gain there and what they may gain outside their candidates, is at most
// the given one.
func (s *search) scanBeyond(v int32, gap int64) {
	from, nearest := s.expanded[v], int64(far)
	for _, h := range s.members[v] {
		gain := s.gain(v, h)
		g := gain - s.beyond(h.row)
		if g > from && g <= gap {
			s.reachAll(v, h.row, gain, gap)
			g = gain - s.beyond(h.row)
		}
		if g > gap {
			nearest = min(nearest, g)
		}
	}
	s.expanded[v] = gap
	s.expandLater(v, nearest)
}

func (s *search) expandLater(v int32, gap int64) {
	if gap < far/2 && s.dist[v]+gap <= s.limit {
		s.queue.push(label{dist: s.dist[v] + gap, node: v, expand: true})
	}
}

func (s *search) reachListed(v, row int32, gain int64) {
	c := &s.cand[row]
	gain += s.dist[v]
	for k, to := range c.node {
		if d := gain - c.score[k] + s.price[to]; d < s.dist[to] {
			s.reach(to, d)
		}
	}
}

// reachAll labels what can be reached by all pairs of a row. If so few are
// within the gap that candidates would do, it lists them anew, and says so.
func (s *search) reachAll(v, row int32, gain, gap int64) bool {
	reps, scores := s.row(row)
	near := 0
	for k, to := range reps {
		loss := gain - scores[k] + s.price[to]
		if loss <= gap {
			near++
		}
		if d := loss + s.dist[v]; d < s.dist[to] {
			s.reach(to, d)
		}
	}
	if near < slots {
		s.refresh(row)
	}
	return near < slots
}

// reach labels a node unless it has a label as good.
func (s *search) reach(to int32, dist int64) {
	if dist < s.dist[to] && dist <= s.limit {
		s.dist[to] = dist
		s.queue.push(label{dist: dist, node: to})
	}
}

// raise raises prices by what the farthest sink is farther away, which makes
// the shortest paths to all of them tight and keeps everything else in order.
func (s *search) raise() {
	for v, d := range s.dist[:s.none] {
		if s.done[v] && d < s.limit {
			s.price[v] += s.limit - d
		}
	}
}

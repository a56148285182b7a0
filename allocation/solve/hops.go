package solve

import "slices"

// hops are the arcs of the nodes' graph: what a unit loses at least that moves
// from one node to another, prices left out, so that they stay what they are
// while prices change. A search over all rows costs as much for ten units as
// for a thousand; with hops that are kept from solution to solution it costs
// what the nodes do whose rows have changed.
type hops struct {
	loss [][]int64 // per node that was asked for, per node; impassable if nobody may go
	row  [][]int32 // the same: whose loss it is; gone if that row is there no longer, and it is at least so much
}

const (
	impassable = 1 << 61 // above every loss
	gone       = -1
	unreached  = -1
	mostHops   = 4096 // reps up to which hops are kept: 12 bytes for each pair of reps
)

func newHops(n *network) *hops {
	return &hops{loss: make([][]int64, n.reps+1), row: make([][]int32, n.reps+1)}
}

// keepHops decides whether the search goes by hops: where a solution is found
// again and few units have to move.
func (s *search) keepHops(again bool) {
	units := int64(0)
	for _, e := range s.excess {
		units += max(0, e)
	}
	switch {
	case !again || s.reps > mostHops || units > int64(s.reps):
		s.hops = nil
	case s.hops == nil:
		s.hops = newHops(s.network)
	}
}

// hopsFrom returns the losses from a node, counting them the first time.
func (n *network) hopsFrom(v int32) []int64 {
	h := n.hops
	if h.loss[v] == nil {
		h.loss[v], h.row[v] = slices.Repeat([]int64{impassable}, n.reps+1), make([]int32, n.reps+1)
		for _, m := range n.members[v] {
			n.joined(v, m)
		}
	}
	return h.loss[v]
}

// joined lowers the losses from a node, if known, for a row that is there now.
func (n *network) joined(v int32, m holding) {
	if n.hops == nil || v == n.none || n.hops.loss[v] == nil {
		return
	}
	loss, row := n.hops.loss[v], n.hops.row[v]
	reps, scores := n.row(m.row)
	for k, to := range reps {
		if l := m.score - scores[k]; l < loss[to] {
			loss[to], row[to] = l, m.row
		}
	}
	if outside := n.outside[m.row]; outside != Never && m.score-outside < loss[n.ground] {
		loss[n.ground], row[n.ground] = m.score-outside, m.row
	}
}

// left notes that a row is at a node no longer. What it lost is still a bound,
// and most hops need no more than that.
func (n *network) left(v, row int32) {
	if n.hops == nil || v == n.none || n.hops.loss[v] == nil {
		return
	}
	whose := n.hops.row[v]
	reps, _ := n.row(row)
	for _, to := range reps {
		if whose[to] == row {
			whose[to] = gone
		}
	}
	if whose[n.ground] == row {
		whose[n.ground] = gone
	}
}

// lossOf returns the loss of one hop, counting it anew if its row is gone.
func (n *network) lossOf(v, to int32) int64 {
	loss, row := n.hops.loss[v], n.hops.row[v]
	if row[to] == gone {
		loss[to], row[to] = impassable, 0
		for _, m := range n.members[v] {
			if score, ok := n.scoreIf(m.row, to); ok && m.score-score < loss[to] {
				loss[to], row[to] = m.score-score, m.row
			}
		}
	}
	return loss[to]
}

// scanHops labels what can be reached from a node by moving one of its rows.
func (s *search) scanHops(v int32) {
	base := s.dist[v] - s.price[v]
	price, dist := s.price[:s.none], s.dist[:s.none]
	for to, loss := range s.hopsFrom(v) {
		if base+loss+price[to] < dist[to] && loss < impassable {
			if loss = s.lossOf(v, int32(to)); loss < impassable {
				s.reach(int32(to), base+loss+price[to])
			}
		}
	}
}

// pushNode does what push does, by hops.
func (s *search) pushNode(v int32, amount int64) int64 {
	s.onPath[v] = true
	moved := s.pushHops(v, amount, &s.across[v], true)
	if moved < amount {
		moved += s.pushArcs(v, amount-moved)
	}
	moved += s.pushHops(v, amount-moved, &s.next[v], false)
	s.onPath[v] = false
	return moved
}

// pushHops moves up to amount units from a node along tight hops, beginning at
// a node that it moves on once nothing more goes there: first only to sinks.
func (s *search) pushHops(v int32, amount int64, from *int, onlySinks bool) int64 {
	moved := int64(0)
	for moved < amount && s.nextTight(v, from, onlySinks) {
		units := s.hop(v, int32(*from), amount-moved)
		if moved += units; units == 0 {
			*from++
		}
	}
	return moved
}

// nextTight moves on to the next node to which a tight hop leads.
func (s *search) nextTight(v int32, from *int, onlySinks bool) bool {
	loss, price, base := s.hopsFrom(v), s.price[:s.none], s.price[v]
	for to := *from; to < len(loss); to++ {
		if loss[to] == base-price[to] && s.leads(v, int32(to)) && (!onlySinks || s.excess[to] < 0) && s.lossOf(v, int32(to)) == base-price[to] {
			*from = to
			return true
		}
	}
	*from = len(loss)
	return false
}

// hop moves units of the row that loses least by going from a node to another.
func (s *search) hop(v, to int32, amount int64) int64 {
	row := s.hops.row[v][to]
	i := slices.IndexFunc(s.members[v], func(h holding) bool { return h.row == row })
	units := s.move(row, to, s.scoreAt(row, to), min(s.members[v][i].units, amount))
	s.take(v, i, units)
	return units
}

// level finds by how few tight moves nodes are reached from the sources, as far
// as the sinks that together take all there is. Short ways change few nodes, and
// few nodes' hops have to be counted anew.
func (s *search) level() {
	var queue []int32
	wanted := int64(0)
	for v := range s.depth {
		s.depth[v] = unreached
		if s.excess[v] > 0 {
			s.depth[v] = 0
			queue = append(queue, int32(v))
			wanted += s.excess[v]
		}
	}
	enter := func(from, to int32) {
		if s.depth[to] == unreached && s.done[to] {
			s.depth[to] = s.depth[from] + 1
			queue = append(queue, to)
			wanted += min(0, s.excess[to])
		}
	}
	for len(queue) > 0 && wanted > 0 {
		v := queue[0]
		queue = queue[1:]
		s.enterNext(v, enter)
	}
	for _, v := range queue {
		if s.excess[v] >= 0 {
			s.depth[v] = unreached // nobody went on from there
		}
	}
}

// enterTight calls enter for the nodes where a pending row gains most.
func (s *search) enterTight(row int32, enter func(from, to int32)) {
	gain, _ := s.best(row)
	if outside := s.outside[row]; outside != Never && outside-s.price[s.ground] == gain {
		enter(s.none, s.ground)
	}
	reps, scores := s.row(row)
	for k, to := range reps {
		if scores[k]-s.price[to] == gain {
			enter(s.none, to)
		}
	}
}

// enterNext calls enter for every node that is one tight move away.
func (s *search) enterNext(v int32, enter func(from, to int32)) {
	if v == s.none {
		for _, h := range s.members[v] {
			s.enterTight(h.row, enter)
		}
		return
	}
	price, base := s.price[:s.none], s.price[v]
	for to, loss := range s.hopsFrom(v) {
		if loss == base-price[to] && s.depth[to] == unreached && s.lossOf(v, int32(to)) == loss {
			enter(v, int32(to))
		}
	}
	if v < s.ground {
		if s.flow[v] < s.max[v] && s.price[v] == s.price[s.ground] {
			enter(v, s.ground)
		}
		return
	}
	for r := range s.ground {
		if s.flow[r] > s.min[r] && s.price[r] == s.price[s.ground] {
			enter(v, r)
		}
	}
}

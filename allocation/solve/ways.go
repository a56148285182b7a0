package solve

import "slices"

// way is the last move of the shortest way to a node.
type way struct {
	from int32
	row  int32 // the row that moves, or alongArc
}

const (
	alongArc = -1
	nowhere  = -1 // a source is reached from nowhere
	fewUnits = 64 // up to so many units to be moved, one way at a time is quickest
)

// followWays moves units to the nearest sinks, each along the shortest way there
// as long as its rows are where they were.
func (s *search) followWays() {
	for v := range s.excess {
		if s.excess[v] < 0 && s.dist[v] == s.limit {
			s.follow(int32(v))
		}
	}
}

// follow moves as many units to a sink as its shortest way takes.
func (s *search) follow(sink int32) {
	amount, v := -s.excess[sink], sink
	for s.excess[v] <= 0 {
		w := s.via[v]
		if w.from == nowhere {
			return
		}
		if amount = min(amount, s.room(v, w)); amount <= 0 {
			return
		}
		v = w.from
	}
	amount = min(amount, s.excess[v])
	s.excess[v] -= amount
	s.excess[sink] += amount
	s.augments += amount
	for to := sink; to != v; to = s.via[to].from {
		s.carry(to, s.via[to], amount)
	}
}

// room says how many units can take the last move of a way.
func (s *search) room(to int32, w way) int64 {
	switch {
	case w.row != alongArc:
		if i := s.at(w.from, w.row); i >= 0 {
			return s.members[w.from][i].units
		}
		return 0
	case to == s.ground:
		return s.max[w.from] - s.flow[w.from]
	}
	return s.flow[to] - s.min[to]
}

// carry moves units by the last move of a way.
func (s *search) carry(to int32, w way, units int64) {
	switch {
	case w.row != alongArc:
		s.takeTidily(w.from, s.at(w.from, w.row), units)
		s.putTidily(to, holding{key: s.price[to], score: s.scoreAt(w.row, to), units: units, row: w.row})
	case to == s.ground:
		s.flow[w.from] += units
	default:
		s.flow[to] -= units
	}
}

// at returns where a node has a row, or -1.
func (s *search) at(node, row int32) int {
	return slices.IndexFunc(s.members[node], func(h holding) bool { return h.row == row })
}

// putTidily does what put does, and keeps a tidy node tidy.
func (s *search) putTidily(node int32, h holding) {
	tidy := s.tidy[node]
	before := len(s.members[node])
	s.put(node, h)
	if !tidy {
		return
	}
	s.tidy[node] = true
	if list := s.members[node]; len(list) > before {
		riseHolding(list, before)
		if outside := s.outside[h.row]; outside != Never && h.score-outside < s.exit[node].loss {
			s.exit[node] = exit{h.score - outside, h.row}
		}
	}
}

// takeTidily does what take does, and keeps a tidy node tidy unless the row was
// the one that would lose least by becoming unassigned.
func (s *search) takeTidily(node int32, i int, units int64) {
	tidy, row := s.tidy[node], s.members[node][i].row
	before := len(s.members[node])
	s.take(node, i, units)
	list := s.members[node]
	if !tidy || len(list) < before && row == s.exit[node].row && node < s.ground {
		return
	}
	s.tidy[node] = true
	if len(list) < before && i < len(list) {
		riseHolding(list, i)
		sinkHolding(list, i, list[i])
	}
}

package solve

// solution reads the allocation and the prices off a balanced network.
func (s *Solver) solution() *Solution {
	n := s.network
	out := &Solution{Rep: make([]int32, s.problem.Customers()), Price: make([]int64, n.reps), Load: make([]int64, n.reps)}
	copy(out.Load, n.load)
	for r := range out.Price {
		out.Price[r] = n.price[r] - n.price[n.ground]
	}
	if s.groups.rowOf == nil {
		s.placeRows(out)
	} else {
		s.placeGroups(out)
	}
	return out
}

// placeRows serves problems without groups, where nearly every row is at one
// node.
func (s *Solver) placeRows(out *Solution) {
	n := s.network
	for row := range out.Rep {
		out.Rep[row] = Unassigned // also the rep of those who have no units
	}
	n.eachHolding(func(rep int32, h holding) {
		out.Total += h.score * h.units
		if h.units == n.units[h.row] {
			out.Rep[h.row] = rep
			return
		}
		out.divide(int(h.row), Part{rep, h.units})
	})
}

// placeGroups deals the places of each row out to its customers, in their
// order.
func (s *Solver) placeGroups(out *Solution) {
	n := s.network
	places := make([][]Part, len(n.units))
	n.eachHolding(func(rep int32, h holding) {
		out.Total += h.score * h.units
		places[h.row] = append(places[h.row], Part{rep, h.units})
	})
	for i, row := range s.groups.rowOf {
		out.Rep[i] = Unassigned
		for left := s.problem.units(i); left > 0; {
			place := &places[row][0]
			units := min(left, place.Units)
			if units == s.problem.units(i) {
				out.Rep[i] = place.Rep
			} else {
				out.divide(i, Part{place.Rep, units})
			}
			left -= units
			if place.Units -= units; place.Units == 0 {
				places[row] = places[row][1:]
			}
		}
	}
}

func (s *Solution) divide(customer int, part Part) {
	if s.Parts == nil {
		s.Parts = make(map[int][]Part)
	}
	s.Rep[customer] = Divided
	s.Parts[customer] = append(s.Parts[customer], part)
}

// eachHolding calls f with what is where, unassigned first, then by rep.
func (n *network) eachHolding(f func(rep int32, h holding)) {
	for _, h := range n.members[n.ground] {
		f(Unassigned, h)
	}
	for r := range n.ground {
		for _, h := range n.members[r] {
			f(r, h)
		}
	}
}

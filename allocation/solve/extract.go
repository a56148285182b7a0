package solve

import "slices"

// solution reads the allocation and the prices off a network in which nothing
// is pending.
func (s *Solver) solution(n *network) *Solution {
	out := &Solution{Rep: make([]int32, s.problem.Customers()), Price: n.prices(), Load: slices.Clone(n.load)}
	if s.groups.rowOf == nil {
		n.placeRows(out)
	} else {
		s.placeGroups(n, out)
	}
	return out
}

// prices returns the reps' prices as the world sees them.
func (n *network) prices() []int64 {
	prices := slices.Clone(n.price[:n.reps])
	for r := range prices {
		prices[r] -= n.price[n.ground]
	}
	return prices
}

// placeRows serves problems without groups, where nearly every row is at one
// node.
func (n *network) placeRows(out *Solution) {
	for row := range out.Rep {
		out.Rep[row] = Unassigned // also the rep of those who have no units
	}
	n.eachHolding(func(rep int32, h holding) {
		out.Total += h.score * h.units
		if !n.several || h.units == n.units[h.row] {
			out.Rep[h.row] = rep
			return
		}
		out.divide(int(h.row), Part{rep, h.units})
	})
}

// placeGroups deals the places of each row out to its customers, in their
// order.
func (s *Solver) placeGroups(n *network, out *Solution) {
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

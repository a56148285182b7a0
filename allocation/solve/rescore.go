package solve

// rescore tells the solver that scores of its problem were changed in place. It
// keeps the prices and whoever still is where he gains most, if these are nearly
// all. If not it begins anew, which is then quicker; so it does where equal
// customers are one row, as they need not be equal any more.
func (s *Solver) rescore() {
	const few = 64 // pending of so many are nearly none
	n := s.network
	if n == nil {
		return
	}
	n.refreshAll()
	n.forgetKeys()
	for node := range n.none {
		for i := range n.members[node] {
			h := &n.members[node][i]
			h.score = n.scoreAt(h.row, node)
		}
	}
	n.settle()
	if s.groups.rowOf != nil || len(n.members[n.none]) > len(n.units)/few {
		s.network = nil
	}
}

// rescale tells the solver that all scores of its problem were multiplied in
// place: as prices are with them, everybody stays where he is.
func (s *Solver) rescale(factor int64) {
	if n := s.network; n != nil {
		for v := range n.price[:n.none] {
			n.price[v] *= factor
		}
		n.forgetKeys()
		for row, worth := range n.outside {
			if worth != Never {
				n.outside[row] = worth * factor
			}
		}
	}
}

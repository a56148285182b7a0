package rotation

// window leaves the turn to preference while nobody is owed more than tau:
// among those whose credit is at least -sigma the lowest preference rank wins,
// then the largest credit, then the lowest ID. When somebody is owed more than
// tau, or nobody is within sigma, the turn goes to whoever is owed most.
//
// tau and sigma are fractions of a size unit and credits are whole units, so
// comparing with the fraction's floor is exact.
func (l *Ledger) window(sel Selection, t *turn) int {
	if milliFloor(sel.Tau).less(t.most) {
		return l.largest(t)
	}
	least := milliFloor(sel.Sigma).neg()
	best := -1
	for i := range t.entrants {
		e := t.entrants[i]
		if e.Weight == 0 || l.credits[e.Account].less(least) {
			continue
		}
		if best < 0 || l.preferred(t, i, best) {
			best = i
		}
	}
	if best < 0 {
		return l.largest(t)
	}
	return best
}

// preferred orders two entrants whom the window leaves free.
func (l *Ledger) preferred(t *turn, i, j int) bool {
	if t.rank != nil && t.rank[i] != t.rank[j] {
		return t.rank[i] < t.rank[j]
	}
	ci, cj := l.credits[t.entrants[i].Account], l.credits[t.entrants[j].Account]
	if ci != cj {
		return cj.less(ci)
	}
	return l.place[t.entrants[i].Account] < l.place[t.entrants[j].Account]
}

package rotation

// largest gives the turn to whoever is owed most; exact ties go by preference,
// then by lowest ID. The other rules fall back on it.
func (l *Ledger) largest(t *turn) int {
	if t.rank != nil || t.idle {
		return l.largestPreferred(t)
	}
	best, lowest := -1, int32(1<<31-1)
	entrants, credits, place, most := t.entrants, l.credits, l.place, t.most
	for i := range entrants {
		a := entrants[i].Account
		if credits[a] == most && place[a] < lowest {
			best, lowest = i, place[a]
		}
	}
	return best
}

// largestPreferred is largest when the caller has preferences, or some entrant
// no weight.
func (l *Ledger) largestPreferred(t *turn) int {
	best := -1
	for i, e := range t.entrants {
		if e.Weight > 0 && l.credits[e.Account] == t.most && (best < 0 || l.before(t, i, best)) {
			best = i
		}
	}
	return best
}

// before reports whether entrant i goes before entrant j when the rule leaves
// both free: by preference, then by lowest ID.
func (l *Ledger) before(t *turn, i, j int) bool {
	if t.rank != nil && t.rank[i] != t.rank[j] {
		return t.rank[i] < t.rank[j]
	}
	return l.place[t.entrants[i].Account] < l.place[t.entrants[j].Account]
}

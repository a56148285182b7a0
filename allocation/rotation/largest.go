package rotation

import "math/bits"

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

// accrue adds every entrant's share to his credit and notes the largest credit
// among those with weight.
func (l *Ledger) accrue(t *turn) {
	switch {
	case t.narrow && t.equal:
		t.most = l.accrueEqual(t.entrants, t.each)
		return
	case t.narrow && !t.idle:
		t.most = l.accrueNarrow(t.entrants)
		return
	}
	t.most = Credit{hi: -1 << 62}
	for i, e := range t.entrants {
		if e.Weight == 0 {
			continue
		}
		c := l.credits[e.Account].add(l.shareOf(t, i))
		l.credits[e.Account] = c
		t.most = larger(t.most, c)
	}
}

// accrueNarrow is accrue for shares of 64 bits and weights above zero.
func (l *Ledger) accrueNarrow(entrants []Entrant) Credit {
	best := Credit{hi: -1 << 62}
	shares, credits := l.narrow[:len(entrants)], l.credits
	for i := range entrants {
		c := &credits[entrants[i].Account]
		lo, carry := bits.Add64(c.lo, shares[i], 0)
		hi := uint64(c.hi) + carry
		c.lo, c.hi = lo, int64(hi)
		_, borrow := bits.Sub64(best.lo, lo, 0)
		if d, _ := bits.Sub64(uint64(best.hi), hi, borrow); int64(d) < 0 {
			best = Credit{int64(hi), lo}
		}
	}
	return best
}

// accrueEqual is accrueNarrow when all shares are the same.
func (l *Ledger) accrueEqual(entrants []Entrant, share uint64) Credit {
	best := Credit{hi: -1 << 62}
	credits := l.credits
	for i := range entrants {
		c := &credits[entrants[i].Account]
		lo, carry := bits.Add64(c.lo, share, 0)
		hi := uint64(c.hi) + carry
		c.lo, c.hi = lo, int64(hi)
		_, borrow := bits.Sub64(best.lo, lo, 0)
		if d, _ := bits.Sub64(uint64(best.hi), hi, borrow); int64(d) < 0 {
			best = Credit{int64(hi), lo}
		}
	}
	return best
}

package rotation

import "math/bits"

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

package rotation

import "math/bits"

// horizon is K of rule Deadline: 2n-2 for the n open accounts, at least 2.
func (l *Ledger) horizon() uint64 { return horizonOf(l.open) }

func horizonOf(accounts int) uint64 {
	if accounts < 2 {
		return 2
	}
	return uint64(2*accounts - 2)
}

// deadline gives the turn to whoever would be a full debit behind soonest, if
// every turn were like this one, among those owed at least 1/K of a debit:
// the smallest (debit·(1-1/K) - credit)/share. Somebody who is a full debit
// behind already comes first, the most behind of them; and if nobody is owed as
// much as 1/K, the turn goes to whoever is owed most.
//
// With fixed weights and everybody present this is Tijdeman's chairman
// assignment. The fallbacks make it safe for every other history.
func (l *Ledger) deadline(t *turn) int {
	// With equal shares the earliest deadline is the largest credit.
	if t.equal || !t.most.less(t.debit) {
		return l.largest(t)
	}
	d := newDeadlines(t.debit, l.horizon())
	if t.most.less(d.release) {
		return l.largest(t)
	}
	var first int
	if t.narrow && d.full.hi == 0 && d.full.lo < 1<<63-t.debit.lo {
		first = l.earliestNarrow(t, d)
	} else {
		first = l.earliestWide(t, d)
	}
	if first < 0 { // only somebody whose share is rounded to nothing is owed that much
		return l.largest(t)
	}
	return first
}

// deadlines holds what the comparison of two deadlines needs, all of it K times
// as large as in the definition so that nothing is divided.
type deadlines struct {
	release Credit // ⌈debit/K⌉: the least credit that takes part
	full    Credit // (K-1)·debit
	k       uint64
}

func newDeadlines(debit Credit, k uint64) deadlines {
	return deadlines{
		release: debit.add(Credit{0, k - 1}).divSmall(k),
		full:    debit.mulSmall(k - 1),
		k:       k,
	}
}

// slack is K·(time left until the deadline)·share, negative when overdue.
func (d deadlines) slack(c Credit) Credit { return d.full.sub(c.mulSmall(d.k)) }

// earliestNarrow compares slack_i·share_j with slack_j·share_i in 128 bits, for
// K·debit below 2^63; -1 if nobody takes part.
func (l *Ledger) earliestNarrow(t *turn, d deadlines) int {
	best, slack, share := -1, int64(1<<63-1), uint64(1)
	entrants, credits, shares := t.entrants, l.credits, l.narrow
	full, k := d.full.lo, d.k
	for _, i := range l.releasedNarrow(entrants, d.release.lo) {
		s := shares[i]
		left := int64(full - credits[entrants[i].Account].lo*k)
		mineHi, mineLo := mulSigned(left, share)
		bestHi, bestLo := mulSigned(slack, s)
		// mine - best - 1 is negative exactly when mine is no later.
		_, borrow := bits.Sub64(mineLo, bestLo, 1)
		if diff, _ := bits.Sub64(uint64(mineHi), uint64(bestHi), borrow); int64(diff) >= 0 || s == 0 {
			continue
		}
		if mineHi == bestHi && mineLo == bestLo && best >= 0 && l.before(t, best, int(i)) {
			continue
		}
		best, slack, share = int(i), left, s
	}
	return best
}

// releasedNarrow lists the entrants whose credit is at least release. Who they
// are is as good as random, so it does not branch on it.
func (l *Ledger) releasedNarrow(entrants []Entrant, release uint64) []int32 {
	if cap(l.due) < len(entrants) {
		l.due = make([]int32, max(len(entrants), len(l.accounts)))
	}
	due, credits := l.due[:len(entrants)], l.credits
	n := 0
	for i := range entrants {
		c := credits[entrants[i].Account]
		_, borrow := bits.Sub64(c.lo, release, 0)
		due[n] = int32(i)
		n += 1 + int((c.hi-int64(borrow))>>63)
	}
	return due[:n]
}

// mulSigned is a·b for a signed and b below 2^63.
func mulSigned(a int64, b uint64) (hi int64, lo uint64) {
	h, l := bits.Mul64(uint64(a), b)
	return int64(h - b&uint64(a>>63)), l
}

// earliestWide is earliestNarrow for debits that need more than 64 bits.
func (l *Ledger) earliestWide(t *turn, d deadlines) int {
	best := -1
	for i := range t.entrants {
		if !l.released(t, d, i) {
			continue
		}
		if best >= 0 {
			switch o := l.compareDeadlines(t, d, i, best); {
			case o > 0, o == 0 && !l.before(t, i, best):
				continue
			}
		}
		best = i
	}
	return best
}

// released reports whether entrant i takes part in the race of deadlines.
func (l *Ledger) released(t *turn, d deadlines, i int) bool {
	return l.shareOf(t, i) != Credit{} && !l.credits[t.entrants[i].Account].less(d.release)
}

// compareDeadlines is negative when entrant i falls due before entrant j.
func (l *Ledger) compareDeadlines(t *turn, d deadlines, i, j int) int {
	si := d.slack(l.credits[t.entrants[i].Account])
	sj := d.slack(l.credits[t.entrants[j].Account])
	return compareProducts(si, l.shareOf(t, j), sj, l.shareOf(t, i))
}

// compareProducts is the sign of a·b - c·d, for b and d above 0.
func compareProducts(a, b, c, d Credit) int {
	negative := a.hi < 0
	if negative != (c.hi < 0) {
		if negative {
			return -1
		}
		return 1
	}
	p, q := mulWide(a.abs(), b), mulWide(c.abs(), d)
	sign := 1
	if negative {
		sign = -1
	}
	for w := 3; w >= 0; w-- {
		if p[w] != q[w] {
			if p[w] < q[w] {
				return -sign
			}
			return sign
		}
	}
	return 0
}

// mulWide is a·b in 256 bits, lowest word first, for a and b not negative.
func mulWide(a, b Credit) (p [4]uint64) {
	var carry, c2 uint64
	h00, l00 := bits.Mul64(a.lo, b.lo)
	h01, l01 := bits.Mul64(a.lo, uint64(b.hi))
	h10, l10 := bits.Mul64(uint64(a.hi), b.lo)
	h11, l11 := bits.Mul64(uint64(a.hi), uint64(b.hi))
	p[0] = l00
	p[1], carry = bits.Add64(h00, l01, 0)
	p[2], carry = bits.Add64(h01, l11, carry)
	p[3] = h11 + carry
	p[1], c2 = bits.Add64(p[1], l10, 0)
	p[2], c2 = bits.Add64(p[2], h10, c2)
	p[3] += c2
	return p
}

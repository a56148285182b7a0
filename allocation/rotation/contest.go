package rotation

import (
	"math/bits"
	"slices"
)

// Contest is one customer's turn, looked at and not taken: who would have it,
// and how much credit another would have needed. It is good until the ledger
// changes.
type Contest struct {
	ranking
	order []int // entrants as they come one after the other; made on first use
}

// Contest prepares a turn as Pick would with the same arguments, as if accounts
// were open; a ledger may have opened more to be asked about. The errors are
// those of Pick. Cost: O(len(entrants)).
func (l *Ledger) Contest(sel Selection, size int64, entrants []Entrant, rank []int32, accounts int) (*Contest, error) {
	t := &turn{entrants: entrants, rank: rank, size: size}
	if err := sel.check(); err != nil {
		return nil, err
	}
	if err := l.admit(t); err != nil {
		return nil, err
	}
	standings := make([]Standing, len(entrants))
	for i, e := range entrants {
		before, share := l.credits[e.Account], l.shareOf(t, i)
		standings[i] = Standing{Account: e.Account, Before: before, Share: share, After: before.add(share)}
	}
	return &Contest{ranking: ranking{l, t, sel, standings, newDeadlines(t.debit, horizonOf(accounts))}}, nil
}

// Leads reports whether Pick would return entrant i. Cost: O(entrants), and
// usually much less when he is not.
func (c *Contest) Leads(i int) bool {
	for n, e := range c.t.entrants {
		if n != i && e.Weight > 0 && c.compare(n, i) < 0 {
			return false
		}
	}
	return c.t.entrants[i].Weight > 0
}

// LeastGrant is the least amount, in thousandths of a size unit, that a Grant
// to entrant i before the turn would have had to give him for Pick to return
// him; false when none up to MaxMilli would. The grant is paid evenly by so many
// payers as there are, among them the entrants for whom pays is true.
//
// Cost: the first time O(n·log n) for n entrants, then O(log amount) for each
// entrant who comes first on the way, usually one.
func (c *Contest) LeastGrant(i int, pays []bool, payers int) (amount int64, ok bool) {
	if c.order == nil {
		for n := range c.standings {
			c.order = append(c.order, n)
		}
		slices.SortFunc(c.order, c.compare)
	}
	for rival := c.ahead(i, 0, pays, payers); rival >= 0; rival = c.ahead(i, amount, pays, payers) {
		if amount, ok = c.leastAgainst(i, rival, amount, pays, payers); !ok {
			return 0, false
		}
	}
	return amount, true
}

// ahead is the first entrant who comes before entrant i in spite of a grant; -1
// if there is none. Paying brings nobody forward: whom entrant i leaves behind
// before they paid, he leaves behind.
func (c *Contest) ahead(i int, amount int64, pays []bool, payers int) int {
	mine, part := c.standings[i].After, partOf(amount, payers)
	defer func() { c.standings[i].After = mine }()
	c.standings[i].After = mine.add(part.mulSmall(uint64(payers)))
	for _, rival := range c.order {
		if rival == i {
			continue
		}
		if c.compare(i, rival) < 0 {
			return -1
		}
		his := c.standings[rival].After
		if pays[rival] {
			c.standings[rival].After = his.sub(part)
		}
		before := c.compare(rival, i) < 0
		c.standings[rival].After = his
		if before {
			return rival
		}
	}
	return -1
}

// leastAgainst is the least amount above one that does not suffice with which
// entrant i comes before a rival. More credit never brings anybody further
// back, so halving finds it.
func (c *Contest) leastAgainst(i, rival int, short int64, pays []bool, payers int) (int64, bool) {
	mine, his := c.standings[i].After, c.standings[rival].After
	defer func() { c.standings[i].After, c.standings[rival].After = mine, his }()
	suffices := func(amount int64) bool {
		part := partOf(amount, payers)
		c.standings[i].After = mine.add(part.mulSmall(uint64(payers)))
		c.standings[rival].After = his
		if pays[rival] {
			c.standings[rival].After = his.sub(part)
		}
		return c.compare(i, rival) < 0
	}
	enough := short + 1
	for !suffices(enough) {
		if enough == MaxMilli {
			return 0, false
		}
		short, enough = enough, min(2*enough, MaxMilli)
	}
	for enough-short > 1 {
		if middle := short + (enough-short)/2; suffices(middle) {
			enough = middle
		} else {
			short = middle
		}
	}
	return enough, true
}

// partOf is what each payer pays of an amount, rounded as Grant rounds it.
func partOf(amount int64, payers int) Credit {
	total := milliCredit(amount)
	lo, carry := bits.Add64(total.lo, uint64(payers)/2, 0)
	return Credit{total.hi + int64(carry), lo}.divSmall(uint64(payers))
}

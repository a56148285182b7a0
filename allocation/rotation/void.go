package rotation

import "fmt"

// Void takes a recorded outcome back exactly: every entrant loses the share he
// was given and the winner gets his charge back, as if the customer had never
// come. size, entrants and winner must be those of the outcome; the ledger keeps
// no list of outcomes and can only see that the winner got at least that much.
// Voids commute with each other and with later outcomes.
//
// Accounts that were closed meanwhile stay at 0: what the reversal would have
// done to them is settled over the outcome's other entrants, by weight, as
// [Ledger.Close] did with their credit.
//
// What the history remembers stays: the largest size, the largest credit, and
// that there was a disturbance, so that the bound from here on is one from today's
// state; a void adds at most one size to it. Errors wrap ErrNotGiven and those of Apply.
// Cost: O(accounts·log accounts), for the bound.
func (l *Ledger) Void(size int64, entrants []Entrant, winner int) error {
	if winner < 0 || winner >= len(entrants) {
		return fmt.Errorf("rotation: %w: winner %d of %d entrants", ErrPlaces, winner, len(entrants))
	}
	t := turn{entrants: entrants, size: size}
	if err := l.room(); err != nil {
		return err
	}
	l.arrange()
	if err := l.inspect(&t, true); err != nil {
		return err
	}
	if err := l.share(&t); err != nil {
		return err
	}
	acc := &l.accounts[entrants[winner].Account]
	if acc.customers == 0 || acc.got.less(sizeCredit(size)) {
		return fmt.Errorf("rotation: %w: %q has %d customers of total size %s, not one of size %d to give back\nMaybe it was voided before", ErrNotGiven, acc.id, acc.customers, acc.got, size)
	}
	moves := l.reversal(&t, winner)
	return l.disturb(func() {
		for i, e := range entrants {
			l.credits[e.Account] = l.credits[e.Account].add(moves[i].change)
			// What a closed account's part adds is an adjustment, the rest is not.
			a := &l.accounts[e.Account]
			a.adjusted = a.adjusted.add(moves[i].settled)
		}
		acc.got = acc.got.sub(sizeCredit(size))
		acc.customers--
	})
}

// move is what a reversal does to one entrant.
type move struct{ change, settled Credit }

// reversal works out a void, with the parts of closed accounts settled.
func (l *Ledger) reversal(t *turn, winner int) []move {
	moves := make([]move, len(t.entrants))
	var closed Credit
	var heirs []Entrant
	var where []int
	for i, e := range t.entrants {
		c := l.shareOf(t, i).neg()
		if i == winner {
			c = c.add(t.debit)
		}
		switch {
		case !l.accounts[e.Account].open:
			closed = closed.add(c)
			moves[i].settled = c.neg() // his ideal moves although his credit does not
			continue
		case e.Weight > 0:
			heirs, where = append(heirs, e), append(where, i)
		}
		moves[i].change = c
	}
	if closed == (Credit{}) {
		return moves
	}
	if len(heirs) == 0 { // nobody to settle with: the sum of those who are open is 0 as it is
		for i := range moves {
			moves[i].settled = moves[i].settled.sub(moves[i].change)
			moves[i].change = Credit{}
		}
		return moves
	}
	for k, part := range l.settlement(closed, heirs) {
		m := &moves[where[k]]
		m.change, m.settled = m.change.add(part), m.settled.add(part)
	}
	return moves
}

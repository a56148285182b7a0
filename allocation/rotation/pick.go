package rotation

import (
	"fmt"
	"slices"
)

// turn is one customer on its way through the ledger.
type turn struct {
	entrants []Entrant
	rank     []int32
	size     int64
	total    uint64 // Σ weights
	equal    bool   // every weight is the same
	idle     bool   // somebody has weight 0
	narrow   bool   // shares fit 64 bits: all are each if equal, or in Ledger.narrow; otherwise in Ledger.wide
	each     uint64
	debit    Credit // Σ shares: what the winner is charged
	most     Credit // the largest credit of an entrant with weight, his share included
}

// Pick gives one customer: it adds every entrant's share to his credit, chooses
// by the selection, charges the winner, and returns his index in entrants.
//
// size is what the customer counts for, 1..MaxSize. rank, nil or one number for
// each entrant, is the caller's preference, lower is better: it decides among
// those whom the selection leaves free, which with Window is everybody in the
// window and with the other rules only exact ties. What rank leaves open goes by
// credit and then by lowest ID, so the order of entrants never matters.
//
// Somebody who is not among the entrants earns nothing and owes nothing. Errors
// wrap ErrSize, ErrWeight, ErrAccount, ErrTwice, ErrNobody, ErrPlaces,
// ErrSelection or ErrFull, with index -1 and the ledger unchanged.
//
// Cost: O(len(entrants)), without allocation once the ledger has seen as many
// entrants before.
func (l *Ledger) Pick(sel Selection, size int64, entrants []Entrant, rank []int32) (int, error) {
	if err := sel.check(); err != nil {
		return -1, err
	}
	if rank != nil && len(rank) != len(entrants) {
		return -1, fmt.Errorf("rotation: %w: %d ranks for %d entrants", ErrPlaces, len(rank), len(entrants))
	}
	t := turn{entrants: entrants, rank: rank, size: size}
	if err := l.admit(&t); err != nil {
		return -1, err
	}
	l.accrue(&t)
	winner := l.choose(sel, &t)
	l.settle(&t, winner, sel.Rule == Deadline)
	return winner, nil
}

// Apply folds a recorded outcome into the ledger: the shares that Pick would hand
// out and the charge to the recorded winner, with nothing chosen. Folding what
// Pick returned gives the state, byte for byte, that Pick left.
//
// The winner may also have been chosen outside the rotation, and may then have
// weight 0: the ledger notices how far the outcome was from what the rules allow
// and [Ledger.Bound] says so. Errors and cost are those of Pick.
func (l *Ledger) Apply(size int64, entrants []Entrant, winner int) error {
	if winner < 0 || winner >= len(entrants) {
		return fmt.Errorf("rotation: %w: winner %d of %d entrants", ErrPlaces, winner, len(entrants))
	}
	t := turn{entrants: entrants, size: size}
	if err := l.admit(&t); err != nil {
		return err
	}
	l.accrue(&t)
	l.settle(&t, winner, false)
	return nil
}

// admit checks a customer and its entrants and works out the shares. After it
// nothing can fail.
func (l *Ledger) admit(t *turn) error {
	if err := l.room(); err != nil {
		return err
	}
	if err := l.weigh(t); err != nil {
		return err
	}
	return l.share(t)
}

// room refuses what could overflow.
func (l *Ledger) room() error {
	if l.history.outcomes >= maxOutcomes || maxCredit.sub(maxDebit).less(l.history.reached) {
		return fmt.Errorf("rotation: %w: %d outcomes, largest credit %s\nMaybe start a new ledger with opening balances", ErrFull, l.history.outcomes, l.history.reached)
	}
	return nil
}

// share fills the scratch with every entrant's share of t.size.
func (l *Ledger) share(t *turn) error {
	if t.size < 1 || t.size > MaxSize {
		return fmt.Errorf("rotation: %w: %d is not within 1..%d", ErrSize, t.size, int64(MaxSize))
	}
	t.debit = l.split(t, sizeCredit(t.size))
	return nil
}

// split works out the parts of an amount ≥ 0 and returns their sum.
func (l *Ledger) split(t *turn, amount Credit) Credit {
	n := uint64(len(t.entrants))
	t.narrow = amount.hi == 0 && amount.lo < narrowAmount
	switch {
	case !t.narrow:
		l.wide = slices.Grow(l.wide[:0], len(t.entrants))[:n]
		return fill(l.wide, amount, t.total, t.entrants)
	case t.equal:
		t.each = (amount.lo + n/2) / n // one division for all
		return Credit{0, t.each * n}
	case uint64(cap(l.narrow)) < n:
		l.narrow = make([]uint64, n, max(int(n), len(l.accounts)))
	}
	l.narrow = l.narrow[:n]
	return Credit{0, fillNarrow(l.narrow, amount.lo, t.total, t.entrants)}
}

// shareOf is the share of entrant i of the turn in hand.
func (l *Ledger) shareOf(t *turn, i int) Credit {
	switch {
	case !t.narrow:
		return l.wide[i]
	case t.equal:
		return Credit{0, t.each}
	}
	return Credit{0, l.narrow[i]}
}

// weigh checks the entrants and sums their weights. One pass settles it for the
// usual list: ascending accounts, all open, all weights above zero. Each of
// these makes a number negative when it fails, so one sign answers for all.
func (l *Ledger) weigh(t *turn) error {
	l.arrange()
	entrants, place := t.entrants, l.place
	if len(entrants) == 0 {
		return fmt.Errorf("rotation: %w: there are no entrants", ErrNobody)
	}
	var total, differ, unusual int64
	first, last := entrants[0].Weight, int64(-1)
	for i := range entrants {
		a, w := int64(entrants[i].Account), entrants[i].Weight
		if uint64(a) >= uint64(len(place)) {
			return l.refuse(i, entrants[i])
		}
		unusual |= (w - 1) | (MaxWeight - w) | (a - last - 1) | int64(place[a])
		total += w
		differ |= w ^ first
		last = a
	}
	if unusual < 0 {
		return l.inspect(t, false)
	}
	t.total, t.equal, t.idle = uint64(total), differ == 0, false
	return nil
}

// inspect is weigh for any list, step by step; closed lets closed accounts through.
func (l *Ledger) inspect(t *turn, closed bool) error {
	t.total, t.equal, t.idle = 0, true, false
	for i, e := range t.entrants {
		if !l.known(e.Account) || l.place[e.Account] < 0 && !closed || e.Weight < 0 || e.Weight > MaxWeight {
			return l.refuse(i, e)
		}
		t.total += uint64(e.Weight)
		t.equal = t.equal && e.Weight == t.entrants[0].Weight
		t.idle = t.idle || e.Weight == 0
	}
	if t.total == 0 {
		return fmt.Errorf("rotation: %w among %d entrants\nMaybe leave customers whose reps all have weight 0 to the rule's if_none", ErrNobody, len(t.entrants))
	}
	return l.distinct(t.entrants)
}

// refuse words why an entrant cannot take part.
func (l *Ledger) refuse(i int, e Entrant) error {
	switch {
	case !l.known(e.Account):
		return fmt.Errorf("rotation: entrant %d: %w: account %d was never opened here (%d were, of at most %d)\nMaybe call Open first", i, ErrAccount, e.Account, len(l.accounts), MaxAccounts)
	case e.Weight < 0 || e.Weight > MaxWeight:
		return fmt.Errorf("rotation: entrant %d (%q): %w: %d is not within 0..%d", i, l.ID(e.Account), ErrWeight, e.Weight, int64(MaxWeight))
	}
	return fmt.Errorf("rotation: entrant %d: %w: account %d of %q is closed\nMaybe call Open again: a returning rep gets a new account", i, ErrAccount, e.Account, l.ID(e.Account))
}

// distinct refuses an account that is named twice.
func (l *Ledger) distinct(entrants []Entrant) error {
	l.epoch++
	if l.epoch == 0 {
		clear(l.seen)
		l.epoch = 1
	}
	for i, e := range entrants {
		if l.seen[e.Account] == l.epoch {
			return fmt.Errorf("rotation: entrant %d: %w: account %d of %q", i, ErrTwice, e.Account, l.ID(e.Account))
		}
		l.seen[e.Account] = l.epoch
	}
	return nil
}

// settle charges the winner and notes the outcome. byDeadline says that rule
// Deadline chose him; otherwise the history looks for itself.
func (l *Ledger) settle(t *turn, winner int, byDeadline bool) {
	w := t.entrants[winner].Account
	l.note(t, winner, byDeadline)
	l.credits[w] = l.credits[w].sub(t.debit)
	l.history.extreme(l.credits[w])
	if l.history.reached.less(t.most) {
		for _, e := range t.entrants {
			l.history.extreme(l.credits[e.Account])
		}
	}
	acc := &l.accounts[w]
	acc.got = acc.got.add(sizeCredit(t.size))
	acc.customers++
}

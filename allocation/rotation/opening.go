package rotation

import (
	"fmt"
	"math/big"
	"slices"
)

// Opening is the balance that one account starts from.
type Opening struct {
	Account Account
	Balance int64 // thousandths of a size unit, ±MaxMilli; positive is owed to the rep
}

// SetOpening sets balances brought from elsewhere. Credits must sum to zero, and
// balances kept by hand seldom do: whatever the named balances and the credits of
// the accounts not named sum to is taken equally from all the named ones, so the
// differences between them are what was asked for (to one unit: units that do
// not divide are taken from the highest IDs first, or given to the lowest).
// Accounts not named keep their credit.
//
// Balances that already sum to zero with the rest are set exactly, each rounded
// to a unit. Errors wrap ErrAmount, ErrAccount, ErrTwice or ErrFull.
// Cost: O(accounts·log accounts).
func (l *Ledger) SetOpening(balances []Opening) error {
	if len(balances) == 0 {
		return nil
	}
	named := make([]Entrant, len(balances))
	target := make([]Credit, len(balances))
	excess := new(big.Int)
	for i, b := range balances {
		if err := l.openAccount(b.Account); err != nil {
			return err
		}
		if b.Balance < -MaxMilli || b.Balance > MaxMilli {
			return fmt.Errorf("rotation: balance of %q: %w: %d is not within ±%d thousandths of a size unit", l.ID(b.Account), ErrAmount, b.Balance, int64(MaxMilli))
		}
		named[i] = Entrant{b.Account, 1}
		target[i] = milliCredit(b.Balance)
		// The rest sums to minus what the named accounts have now.
		excess.Add(excess, target[i].sub(l.credits[b.Account]).Units())
	}
	if err := l.distinct(named); err != nil {
		return err
	}
	l.arrange()
	if excess.BitLen() > 120 {
		return fmt.Errorf("rotation: %w: the balances are out of range", ErrFull)
	}
	parts := l.settlement(creditFromBig(excess).neg(), named)
	return l.disturb(func() {
		for i, e := range slices.All(named) {
			l.adjust(e.Account, target[i].add(parts[i]).sub(l.credits[e.Account]))
		}
	})
}

// SetLargest promises that no customer from now on will count for more than size
// (1..MaxSize), which fixes the V of [Ledger.Bound] ahead of time, or lowers it
// after an exceptional customer. It is a promise and not a limit: a larger
// customer is given all the same and raises V again.
//
// Errors wrap ErrSize. Cost: O(accounts·log accounts).
func (l *Ledger) SetLargest(size int64) error {
	if size < 1 || size > MaxSize {
		return fmt.Errorf("rotation: %w: %d is not within 1..%d", ErrSize, size, int64(MaxSize))
	}
	v := sizeCredit(size)
	if h := &l.history; v.less(h.largest) {
		h.held = l.past()
		h.largest = v
		l.remeasure()
	} else {
		h.largest = v
	}
	return nil
}

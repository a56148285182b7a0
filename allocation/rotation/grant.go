package rotation

import "fmt"

// Grant gives an account credit that others pay by weight, for example what a
// rep would have been entitled to during time off. amount is in thousandths of
// a size unit, -MaxMilli..MaxMilli; a negative amount takes credit away and gives
// it to the others, and undoes a grant of the same amount and others exactly.
//
// The account gets exactly what the others pay, which is the amount but for the
// rounding of each part (less than half a unit each). Errors wrap ErrAmount,
// ErrAccount, ErrWeight, ErrTwice, ErrNobody or ErrFull.
// Cost: O(accounts·log accounts), for the bound.
func (l *Ledger) Grant(a Account, amount int64, others []Entrant) error {
	if amount < -MaxMilli || amount > MaxMilli {
		return fmt.Errorf("rotation: %w: %d is not within ±%d thousandths of a size unit", ErrAmount, amount, int64(MaxMilli))
	}
	if err := l.openAccount(a); err != nil {
		return err
	}
	if err := l.without(a, others); err != nil {
		return err
	}
	return l.transfer(a, milliCredit(amount), others)
}

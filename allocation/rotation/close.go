package rotation

import "fmt"

// Close ends an account: its credit goes to the heirs by weight, to the last
// unit, and the n of every bound shrinks. The same ID opens anew at 0; an
// account that was replaced is better kept, because the bound grows with the
// number of accounts and not with the people behind them.
//
// heirs may be empty only when the credit is 0. Errors wrap ErrAccount,
// ErrWeight, ErrTwice, ErrNobody or ErrFull. Cost: O(accounts·log accounts).
func (l *Ledger) Close(a Account, heirs []Entrant) error {
	if err := l.openAccount(a); err != nil {
		return err
	}
	if err := l.without(a, heirs); err != nil {
		return err
	}
	credit := l.credits[a]
	var parts []Credit
	if len(heirs) > 0 {
		t := turn{entrants: heirs}
		if err := l.weigh(&t); err != nil {
			return err
		}
		parts = l.settlement(credit, heirs)
	} else if credit != (Credit{}) {
		return fmt.Errorf("rotation: %w to settle the credit %s of %q with\nMaybe name the open accounts of the rotation as heirs", ErrNobody, credit, l.ID(a))
	}
	l.arrange()
	if err := l.disturb(func() {
		l.adjust(a, credit.neg())
		for i, part := range parts {
			l.adjust(heirs[i].Account, part)
		}
	}); err != nil {
		return err
	}
	l.accounts[a].open = false
	delete(l.index, l.accounts[a].id)
	l.unlist(a)
	l.open--
	l.remeasure() // with one account less
	return nil
}

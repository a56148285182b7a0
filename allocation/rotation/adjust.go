package rotation

import (
	"fmt"
	"slices"
)

// disturb makes a change to credits that is not an outcome: it keeps the bound
// that was in force, makes the change, and measures the state that it leaves.
// A change that takes a credit beyond its range is undone and refused, so it may
// touch credits and accounts only.
func (l *Ledger) disturb(change func()) error {
	h := &l.history
	held := l.past()
	before, accounts := slices.Clone(l.credits), slices.Clone(l.accounts)
	change()
	for i, c := range l.credits {
		if maxCredit.less(c.abs()) || maxMoved.less(l.accounts[i].adjusted.abs()) {
			l.credits, l.accounts = before, accounts
			return fmt.Errorf("rotation: %w: %q would come to %s", ErrFull, accounts[i].id, c)
		}
	}
	for _, c := range l.credits {
		h.extreme(c)
	}
	h.held = held
	l.remeasure()
	return nil
}

// remeasure starts a new stretch of history from today's credits.
func (l *Ledger) remeasure() {
	h := &l.history
	h.disturbed, h.present, h.steady = true, false, false
	h.free, h.tau, h.sigma = false, Credit{}, Credit{}
	l.first = nil
	v := h.scale()
	h.above = [2]Credit{
		l.excess(envelope{l.open, v, Credit{}}),
		l.excess(envelope{l.open, v, windowBeta(l.open, v, v, Credit{})}),
	}
}

// adjust moves one credit by something that is not an outcome.
func (l *Ledger) adjust(a Account, by Credit) {
	l.credits[a] = l.credits[a].add(by)
	l.accounts[a].adjusted = l.accounts[a].adjusted.add(by)
}

// transfer gives an amount, which may be negative, to an account and takes it
// from others by weight. Each part is rounded on its own and the account gets
// exactly what was taken, so that equal weights give equal parts.
func (l *Ledger) transfer(a Account, amount Credit, others []Entrant) error {
	t := turn{entrants: others}
	if err := l.weigh(&t); err != nil {
		return err
	}
	sum := l.split(&t, amount.abs())
	return l.disturb(func() {
		for i, e := range others {
			part := l.shareOf(&t, i)
			if amount.hi >= 0 {
				part = part.neg()
			}
			l.adjust(e.Account, part)
		}
		if amount.hi < 0 {
			sum = sum.neg()
		}
		l.adjust(a, sum)
	})
}

// settlement divides an amount, which may be negative, among heirs by weight so
// that the parts sum to it exactly. Each part is rounded on its own; the few
// units left over go one each to the lowest IDs, or are taken from the highest,
// so that among equal heirs ties stay in the order of IDs.
func (l *Ledger) settlement(amount Credit, heirs []Entrant) []Credit {
	t := turn{entrants: heirs}
	for i, h := range heirs {
		t.total += uint64(h.Weight)
		t.equal = (i == 0 || t.equal) && h.Weight == heirs[0].Weight
	}
	left := amount.abs().sub(l.split(&t, amount.abs()))
	parts := make([]Credit, len(heirs))
	order := make([]int, 0, len(heirs))
	for i := range heirs {
		parts[i] = l.shareOf(&t, i)
		if heirs[i].Weight > 0 {
			order = append(order, i)
		}
	}
	if amount.hi < 0 {
		left = left.neg()
		for i := range parts {
			parts[i] = parts[i].neg()
		}
	}
	slices.SortFunc(order, func(i, j int) int { return int(l.place[heirs[i].Account]) - int(l.place[heirs[j].Account]) })
	one := creditOf(1)
	if left.hi < 0 {
		slices.Reverse(order)
		one = creditOf(-1)
	}
	for k := 0; left != (Credit{}); k++ {
		i := order[k%len(order)]
		parts[i], left = parts[i].add(one), left.sub(one)
	}
	return parts
}

// openAccount refuses an account that is not open.
func (l *Ledger) openAccount(a Account) error {
	if l.known(a) && l.accounts[a].open {
		return nil
	}
	return fmt.Errorf("rotation: %w: account %d %q is not open\nMaybe call Open first", ErrAccount, a, l.ID(a))
}

// without refuses others that contain the account itself.
func (l *Ledger) without(a Account, others []Entrant) error {
	for i, e := range others {
		if e.Account == a {
			return fmt.Errorf("rotation: entrant %d: %w: %q cannot be on both sides of a transfer", i, ErrAccount, l.ID(a))
		}
	}
	return nil
}

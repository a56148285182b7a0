package rotation

import (
	"maps"
	"slices"
)

// Clone is an independent copy of the ledger, to try out on what must not
// happen to it. Cost: O(accounts).
func (l *Ledger) Clone() *Ledger {
	c := *l
	c.credits, c.place, c.accounts = slices.Clone(l.credits), slices.Clone(l.place), slices.Clone(l.accounts)
	c.index, c.order, c.pending = maps.Clone(l.index), slices.Clone(l.order), slices.Clone(l.pending)
	c.first, c.seen = slices.Clone(l.first), slices.Clone(l.seen)
	c.narrow, c.wide, c.due = nil, nil, nil
	return &c
}

// Clone is an independent copy. Cost: O(accounts).
func (t *Totals) Clone() *Totals {
	return &Totals{slices.Clone(t.loads), slices.Clone(t.ids), slices.Clone(t.customers), maps.Clone(t.index)}
}

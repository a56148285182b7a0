package rotation

import (
	"maps"
	"slices"
)

// clone is an independent copy of the ledger's state.
func (l *Ledger) clone() *Ledger {
	c := *l
	c.credits, c.place, c.accounts = slices.Clone(l.credits), slices.Clone(l.place), slices.Clone(l.accounts)
	c.index, c.order, c.pending = maps.Clone(l.index), slices.Clone(l.order), slices.Clone(l.pending)
	c.first, c.seen = slices.Clone(l.first), slices.Clone(l.seen)
	c.narrow, c.wide, c.due = nil, nil, nil
	return &c
}

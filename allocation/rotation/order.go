package rotation

import "slices"

// arrange brings the order of IDs, which decides exact ties, up to date with the
// accounts opened since. Merging keeps a ledger that opens one account at a time
// at O(accounts) for each, and one that opens many at once at one merge.
func (l *Ledger) arrange() {
	if len(l.pending) == 0 {
		return
	}
	slices.SortFunc(l.pending, l.byID)
	merged := make([]Account, 0, len(l.order)+len(l.pending))
	old, fresh := l.order, l.pending
	for len(old) > 0 && len(fresh) > 0 {
		if l.byID(old[0], fresh[0]) < 0 {
			merged, old = append(merged, old[0]), old[1:]
		} else {
			merged, fresh = append(merged, fresh[0]), fresh[1:]
		}
	}
	l.order = append(append(merged, old...), fresh...)
	l.pending = l.pending[:0]
	l.number()
}

// unlist takes a closed account out of the order of IDs.
func (l *Ledger) unlist(a Account) {
	l.arrange()
	l.order = slices.Delete(l.order, int(l.place[a]), int(l.place[a])+1)
	l.place[a] = -1
	l.number()
}

func (l *Ledger) number() {
	for i, a := range l.order {
		l.place[a] = int32(i)
	}
}

func (l *Ledger) byID(a, b Account) int {
	switch x, y := l.accounts[a].id, l.accounts[b].id; {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

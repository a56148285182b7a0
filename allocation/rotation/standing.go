package rotation

import (
	"cmp"
	"fmt"
	"slices"
)

// Standing is how one entrant stood at a turn.
type Standing struct {
	Account Account
	Before  Credit // credit before the turn
	Share   Credit // his share of the customer
	After   Credit // Before + Share, which the choice goes by
	// Allowed says that the rule left him free to be chosen, so that preference
	// or ID decided. Inside a window that is everybody within sigma; otherwise
	// those tied for first.
	Allowed bool
	// Place is 1 for whoever gets the turn, 2 for who would if the first were
	// passed over with the same shares, and so on; 0 without weight.
	Place int
}

// Standings explains the pick that the same arguments would make, without making
// it: one Standing for each entrant, in the order given. The entrant with Place 1
// is the one whom Pick returns. Errors are those of Pick.
// Cost: O(n·log n) for n entrants.
func (l *Ledger) Standings(sel Selection, size int64, entrants []Entrant, rank []int32) ([]Standing, error) {
	if err := sel.check(); err != nil {
		return nil, err
	}
	if rank != nil && len(rank) != len(entrants) {
		return nil, fmt.Errorf("rotation: %w: %d ranks for %d entrants", ErrPlaces, len(rank), len(entrants))
	}
	t := turn{entrants: entrants, rank: rank, size: size}
	if err := l.admit(&t); err != nil {
		return nil, err
	}
	standings := make([]Standing, len(entrants))
	var queue []int
	for i, e := range entrants {
		before, share := l.credits[e.Account], l.shareOf(&t, i)
		standings[i] = Standing{Account: e.Account, Before: before, Share: share, After: before.add(share)}
		if e.Weight > 0 {
			queue = append(queue, i)
		}
	}
	rankOf := l.ranking(sel, &t, standings)
	slices.SortFunc(queue, rankOf.compare)
	first := queue[0]
	for p, i := range queue {
		standings[i].Place = p + 1
		standings[i].Allowed = rankOf.allowed(i, first)
	}
	return standings, nil
}

// ranking orders entrants as the rule would choose them one after the other.
type ranking struct {
	l         *Ledger
	t         *turn
	sel       Selection
	standings []Standing
	deadlines deadlines
}

func (l *Ledger) ranking(sel Selection, t *turn, standings []Standing) ranking {
	return ranking{l, t, sel, standings, newDeadlines(t.debit, l.horizon())}
}

// class is 0 for those who go first because they are owed too much, 1 for those
// among whom the rule has its say, 2 for those who come only when nobody is left.
func (r ranking) class(i int) int {
	s := &r.standings[i]
	switch r.sel.Rule {
	case Deadline:
		switch {
		case !s.After.less(r.t.debit):
			return 0
		case s.Share != Credit{} && !s.After.less(r.deadlines.release):
			return 1
		}
	case Window:
		switch {
		case milliFloor(r.sel.Tau).less(s.After):
			return 0
		case !s.After.less(milliFloor(r.sel.Sigma).neg()):
			return 1
		}
	}
	return 2
}

// key compares by the rule alone: negative when i goes first, 0 when the rule
// leaves both free.
func (r ranking) key(i, j int) int {
	ci, cj := r.class(i), r.class(j)
	if ci != cj {
		return ci - cj
	}
	a, b := &r.standings[i], &r.standings[j]
	switch {
	case ci == 1 && r.sel.Rule == Window:
		return 0
	case ci == 1:
		return compareProducts(r.deadlines.slack(a.After), b.Share, r.deadlines.slack(b.After), a.Share)
	}
	return b.After.Cmp(a.After)
}

func (r ranking) compare(i, j int) int {
	if o := r.key(i, j); o != 0 {
		return o
	}
	if r.t.rank != nil && r.t.rank[i] != r.t.rank[j] {
		return cmp.Compare(r.t.rank[i], r.t.rank[j])
	}
	if o := r.standings[j].After.Cmp(r.standings[i].After); o != 0 && r.sel.Rule == Window {
		return o
	}
	return int(r.l.place[r.t.entrants[i].Account]) - int(r.l.place[r.t.entrants[j].Account])
}

func (r ranking) allowed(i, first int) bool { return r.key(i, first) == 0 }

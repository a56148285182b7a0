package pick

import "slices"

// rotate prefers whoever the rotation ledger says is due. It accrues the
// shares and debits the chosen rep: the turn is taken when it returns.
func rotate(t *Turn) (int, error) {
	if t.Totals != nil {
		return t.Totals.Pick(t.Size, t.Entrants, t.Ranks())
	}
	return t.Ledger.Pick(t.Selection, t.Size, t.Entrants, t.Ranks())
}

// Ranks turns the candidates' prefer values into ranks, 0 for the highest and
// equal ranks for equal values; unknown values rank last. It returns nil when
// the rule has no preference. Cost: O(n log n), no allocation once the turn
// has been used with as many candidates.
func (t *Turn) Ranks() []int32 {
	if !t.Preferring {
		return nil
	}
	t.order = t.order[:0]
	t.ranks = t.ranks[:0]
	for i := range t.Candidates {
		t.order = append(t.order, i)
		t.ranks = append(t.ranks, 0)
	}
	c := t.Candidates
	slices.SortFunc(t.order, func(i, j int) int {
		switch {
		case preferred(&c[i], &c[j]):
			return -1
		case preferred(&c[j], &c[i]):
			return 1
		}
		return 0
	})
	rank := int32(0)
	for n, i := range t.order {
		if n > 0 && preferred(&c[t.order[n-1]], &c[i]) {
			rank = int32(n)
		}
		t.ranks[i] = rank
	}
	return t.ranks
}

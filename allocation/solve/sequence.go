package solve

import (
	"context"
	"fmt"
)

// Sequence gives every customer to a rep such that after each customer, in
// order, every rep has had as many as he was entitled to so far, rounded down
// or up, whoever is eligible for whom. It returns the rep of each customer;
// Unassigned only for those to whom nobody is entitled, and who count for
// nobody.
//
// No way of deciding one customer at a time can promise that: it takes the
// knowledge of who comes next. Rep i's turn number l is due while his
// entitlement grows from l−1 to l, and may take any customer of whom he is then
// entitled to a share. These shares are a fractional matching that takes all of
// every customer and fills each turn that is due in full; a matching in whole
// customers that does the same therefore exists, and is found.
//
// Errors are *Error: ErrInput, also for a customer who counts for several, and
// ErrTooLarge; or the context's when it is cancelled. Progress has the stage
// "sequence".
//
// Cost: O(pairs · √customers) at worst, in practice some looks at each pair;
// about 25 bytes a pair.
func Sequence(ctx context.Context, e *Entitlements, o Options) ([]int32, error) {
	totals, err := e.check()
	if err != nil {
		return nil, err
	}
	if err := e.checkWhole(); err != nil {
		return nil, err
	}
	t, err := newTurns(ctx, e, totals)
	if err != nil {
		return nil, err
	}
	m := newTurnMatch(e, totals, t)
	m.inOrder(e)
	// Turns that are owed first: once taken they stay so.
	for _, owed := range []bool{true, false} {
		if err := m.fill(ctx, m.empty(owed), o.Progress); err != nil {
			return nil, err
		}
	}
	return m.reps(), nil
}

// reps returns the rep of each customer.
func (m *turnMatch) reps() []int32 {
	reps := make([]int32, len(m.turnOf))
	for i, j := range m.turnOf {
		if reps[i] = Unassigned; j != none {
			reps[i] = m.rep[j]
		}
	}
	return reps
}

// CheckSequence proves that after each customer, in order, every rep has had
// his entitlement so far, rounded down or up, and that everybody is placed to
// whom somebody is entitled; or says where not (ErrCertificate). It shares
// entitlements and the adding of shares with Sequence, and nothing else.
//
// Cost: O(pairs).
func CheckSequence(e *Entitlements, reps []int32) error {
	totals, err := e.check()
	if err != nil {
		return err
	}
	if err := e.checkWhole(); err != nil {
		return err
	}
	if len(reps) != len(totals) {
		return refute("%d customers, and the sequence has %d", len(totals), len(reps))
	}
	placed := 0
	columns := e.columns()
	for r := range int32(e.Reps()) {
		got, err := checkTurns(e, totals, columns, r, reps)
		if err != nil {
			return err
		}
		placed += got
	}
	return checkAllPlaced(e, totals, reps, placed)
}

// checkTurns checks a rep at each customer he is entitled to a share of, and
// returns how many of those he got.
func checkTurns(e *Entitlements, totals []uint64, c columns, rep int32, reps []int32) (got int, err error) {
	var a account
	for k := c.start[rep]; k < c.start[rep+1]; k++ {
		i := c.customer[k]
		a.addShare(1, e.weight(c.pair[k]), totals[i])
		if reps[i] == rep {
			got++
		}
		if floor, ceiling := a.round(); int64(got) < floor || int64(got) > ceiling {
			return got, &Error{Kind: ErrCertificate, Customers: []int{int(i)}, Reps: []int{int(rep)},
				Detail: fmt.Sprintf("after customer %d rep %d has had %d, and is entitled to %d to %d", i, rep, got, floor, ceiling)}
		}
	}
	return got, nil
}

// checkAllPlaced finds who is with somebody not entitled to him, or with nobody
// without reason, if any customer is: if fewer are placed well than could be.
func checkAllPlaced(e *Entitlements, totals []uint64, reps []int32, placed int) error {
	for i, r := range reps {
		switch {
		case totals[i] == 0 || e.units(i) == 0:
			if r != Unassigned {
				return refute("customer %d, to whom nobody is entitled, is with %d", i, r)
			}
		case r == Unassigned:
			return refute("customer %d is with nobody", i)
		default:
			placed--
		}
	}
	if placed != 0 {
		return refute("%d customers are with reps who are not entitled to a share of them", -placed)
	}
	return nil
}

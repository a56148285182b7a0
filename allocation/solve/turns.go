package solve

import (
	"context"
	"fmt"
)

// turns are the places of a fair sequence: a rep's l-th turn is his l-th
// customer, and due while his entitlement grows from l−1 to l. The turns of all
// reps are numbered through, rep by rep.
type turns struct {
	columns
	first []int32 // per rep: his first turn; one more entry
	rep   []int32 // per turn
	from  []int   // per turn: the customers it may take are
	to    []int   // customer[from:to]
	owed  []bool  // per turn: it must be taken, since it is due in full
}

// newTurns finds when each rep is due. Cost: O(pairs), and two divisions of 128
// bits for each; see account.
func newTurns(ctx context.Context, e *Entitlements, totals []uint64) (*turns, error) {
	t := &turns{columns: e.columns(), first: make([]int32, 1, e.Reps()+1)}
	var terms []fraction
	for r := range int32(e.Reps()) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("solve: stopped with the turns of %d reps: %w", r, err)
		}
		terms = t.add(e, totals, r, terms[:0])
		t.first = append(t.first, int32(len(t.rep)))
	}
	return t, nil
}

// add adds the turns of a rep. terms is room for his account.
func (t *turns) add(e *Entitlements, totals []uint64, rep int32, terms []fraction) []fraction {
	a := account{terms: terms}
	taken := int64(0)  // the turns that are due in full
	opened := int64(0) // the turns that are due in part
	for k := t.start[rep]; k < t.start[rep+1]; k++ {
		a.addShare(1, e.weight(t.pair[k]), totals[t.customer[k]])
		floor, ceiling := a.round()
		for ; opened < ceiling; opened++ {
			t.rep, t.from, t.to, t.owed = append(t.rep, rep), append(t.from, k), append(t.to, k), append(t.owed, true)
		}
		for l := taken; l < ceiling; l++ {
			t.to[t.first[rep]+int32(l)] = k + 1
		}
		taken = floor
	}
	if taken < opened {
		t.owed[len(t.owed)-1] = false
	}
	return a.terms
}

// deadline is the last customer that a turn may take.
func (t *turns) deadline(turn int32) int32 { return t.customer[t.to[turn]-1] }

// release is the first customer that a turn may take.
func (t *turns) release(turn int32) int32 { return t.customer[t.from[turn]] }

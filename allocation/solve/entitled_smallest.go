package solve

import (
	"context"
	"errors"
	"slices"
	"sort"
)

// advise adds the smallest limit with an allocation to a proof that there is
// none within this one.
func (l *limits) advise(ctx context.Context, infeasible error, within int64, o Options) error {
	n, err := l.smallest(ctx, within, o)
	var proof *Error
	if err != nil || !errors.As(infeasible, &proof) {
		return err // the problem itself is infeasible, or the search was stopped
	}
	advised := *proof
	advised.Maybe = "allow within " + l.text(n) + " of the entitlement, the smallest limit with an allocation"
	return &advised
}

// smallest returns the smallest limit with an allocation, from a given one on.
func (l *limits) smallest(ctx context.Context, within int64, o Options) (int64, error) {
	l.flatten()
	for {
		within = l.possible(within)
		limited, err := l.within(l.flat, within)
		if err == nil {
			_, err = Solve(ctx, limited, o)
		}
		if err == nil {
			return within, nil
		}
		var proof *Error
		if !errors.Is(err, ErrInfeasible) || !errors.As(err, &proof) || within >= l.widest {
			return 0, err
		}
		within = l.beyond(proof, within)
	}
}

// possible returns the smallest limit, from a given one on, within which there
// is a number of units for each rep.
func (l *limits) possible(within int64) int64 {
	for r := range l.due {
		within = l.first(within, func(within int64) bool {
			least, most := l.bounds(r, within)
			return least <= most
		})
	}
	return within
}

// first returns the first limit from a given one on that is wide enough, or the
// widest.
func (l *limits) first(from int64, enough func(int64) bool) int64 {
	n := sort.Search(int(max(0, l.widest-from)), func(n int) bool { return enough(from + int64(n)) })
	return from + int64(n)
}

// flatten takes the scores away: only who may go to whom matters.
func (l *limits) flatten() {
	flat := *l.problem
	flat.Score = make([]int64, len(flat.Rep))
	if flat.Unassigned != nil {
		flat.Unassigned = slices.Clone(flat.Unassigned)
		for i, u := range flat.Unassigned {
			if u != Never {
				flat.Unassigned[i] = 0
			}
		}
	}
	l.flat = &flat
}

// beyond returns the smallest limit that a proof says nothing against, or the
// widest if there is none.
func (l *limits) beyond(proof *Error, within int64) int64 {
	units := int64(0)
	for _, i := range proof.Customers {
		units += l.problem.units(i)
	}
	least, _ := l.sums(proof.Reps, within)
	if least > units { // the reps' minimums are more than may go to them
		return l.first(within+1, func(within int64) bool {
			least, _ := l.sums(proof.Reps, within)
			return least <= units
		})
	}
	return l.first(within+1, func(within int64) bool {
		_, most := l.sums(proof.Reps, within)
		return most >= units
	})
}

// sums adds up the bounds of some reps.
func (l *limits) sums(reps []int, within int64) (least, most int64) {
	for _, r := range reps {
		a, b := l.bounds(r, within)
		least += a
		most = min(most, 1<<62) + min(b, 1<<62)
	}
	return least, most
}

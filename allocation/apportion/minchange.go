package apportion

import "fmt"

// MinChange splits the total anew, in quota, and moves as little as possible
// away from the previous parts: among all splits in which every part is its
// quota rounded down or up it has the least sum of |part − previous|, and
// among those the least sum of |part − quota|. Rows whose quota lies on one
// side of their previous part must move to it; it is the rows in between whose
// roundings are chosen for them.
//
// previous has one entry per row, 0 for a new row; it need not be a split of
// anything, and has the sign of the total. Minimums and maximums hold as in
// Split. O(n log n). Errors are those of Split.
func (p Problem) MinChange(previous []int64) ([]int64, error) {
	if len(previous) != len(p.Weights) {
		return nil, &Error{Kind: ErrLength, Detail: fmt.Sprintf("%d Weights but %d previous parts", len(p.Weights), len(previous)),
			Maybe: "give new rows the previous part 0, and leave out rows that are gone"}
	}
	s, err := p.sheet()
	if err != nil {
		return nil, err
	}
	// Rounding up brings a row nearer to its previous part exactly if that is
	// above the quota rounded down; otherwise it moves the row away.
	nearer := func(i int) bool {
		same := (previous[i] < 0) == s.negative
		return same && magnitude(previous[i]) > s.share[i].whole
	}
	parts := s.roundUp(func(i, j int) bool {
		if a, b := nearer(i), nearer(j); a != b {
			return a
		}
		return s.largerRemainder(i, j)
	})
	return s.signed(parts), nil
}

package apportion

import "slices"

// splitHamilton rounds every quota down and gives what is left, one each, to
// the rows with the largest remainders (Hamilton 1792, Vinton). Among all
// splits it has the least sum of |part − quota|, and it stays in quota.
func splitHamilton(s *sheet) ([]uint64, error) {
	return s.roundUp(func(i, j int) bool { return s.largerRemainder(i, j) }), nil
}

// largerRemainder orders rows by their quota's fraction, largest first. All
// fractions above zero have the same denominator.
func (s *sheet) largerRemainder(i, j int) bool {
	if a, b := s.share[i].rem, s.share[j].rem; a != b {
		return a > b
	}
	return s.before(i, j)
}

// roundUp rounds every quota down and then up again for as many rows with a
// fraction as the total needs, in the order that first gives.
func (s *sheet) roundUp(first func(i, j int) bool) []uint64 {
	parts := make([]uint64, len(s.share))
	left := s.total
	for i, q := range s.share {
		parts[i] = q.whole
		left -= q.whole
	}
	rows := where(len(parts), func(i int) bool { return s.share[i].rem > 0 })
	slices.SortFunc(rows, func(i, j int) int {
		if first(i, j) {
			return -1
		}
		return 1
	})
	for _, i := range rows[:left] { // the fractions add up to left, and each is below 1
		parts[i]++
	}
	return parts
}

package pick

// leastOpen prefers the rep with the fewest open units.
func leastOpen(t *Turn) (int, error) {
	return pickBy(t.Candidates, func(a, b *Candidate) bool { return a.Open < b.Open }), nil
}

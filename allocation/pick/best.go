package pick

// best prefers the highest value of `prefer`; a rep whose value is unknown
// comes after all whose value is known.
func best(t *Turn) (int, error) { return pickBy(t.Candidates, preferred), nil }

func preferred(a, b *Candidate) bool {
	if a.Preferred != b.Preferred {
		return a.Preferred
	}
	return a.Preferred && a.Prefer > b.Prefer
}

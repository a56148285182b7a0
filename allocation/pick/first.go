package pick

// first prefers nobody: the least recently served takes the customer. It is
// meant for rules that leave one rep eligible, such as the present owner.
func first(t *Turn) (int, error) {
	return pickBy(t.Candidates, func(a, b *Candidate) bool { return false }), nil
}

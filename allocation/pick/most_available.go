package pick

// mostAvailable prefers the rep with the most room: capacity less open units.
// A rep without a known capacity comes after all who have one.
func mostAvailable(t *Turn) (int, error) {
	return pickBy(t.Candidates, func(a, b *Candidate) bool {
		if a.RoomKnown != b.RoomKnown {
			return a.RoomKnown
		}
		return a.RoomKnown && a.Room > b.Room
	}), nil
}

package pick

import "github.com/evenhand/evenhand/allocation/rotation"

// Nobody is returned by a strategy that chooses no one.
const Nobody = -1

// Strategy returns the index of the chosen candidate, or Nobody. There is
// always a candidate when a strategy is called. An error is a failure of the
// machinery, never a refusal. Cost: O(candidates), no allocation.
type Strategy func(t *Turn) (int, error)

// Turn is one customer's turn: who could take it, and what a strategy may look
// at.
type Turn struct {
	// Candidates in rising order of rows. Left out for rotate without a
	// preference, which looks at Entrants alone.
	Candidates []Candidate

	// For rotate only: the ledger, the candidates as its entrants (the same
	// order), the selection rule and the customer's size. Preference ranks are
	// made from the candidates' Prefer when Preferring is set.
	Ledger     *rotation.Ledger
	Totals     *rotation.Totals // set: levels totals in place of Ledger
	Entrants   []rotation.Entrant
	Selection  rotation.Selection
	Size       int64
	Preferring bool

	ranks []int32
	order []int
}

// Candidate is one rep who is eligible, available and under every cap.
type Candidate struct {
	ID        string
	Open      int64   // units open now
	Room      int64   // capacity − open; meaningful when RoomKnown
	RoomKnown bool    // the rep's capacity is known
	Prefer    float64 // value of the rule's prefer expression; meaningful when Preferred
	Preferred bool    // prefer is known
	Served    uint64  // ledger version of the last customer the desk gave him; 0 is never
}

// leastRecent reports whether a was served less recently than b; ties by ID.
func leastRecent(a, b *Candidate) bool {
	if a.Served != b.Served {
		return a.Served < b.Served
	}
	return a.ID < b.ID
}

// pickBy returns the candidate that better puts before all others; where it
// decides nothing either way, the least recently served.
func pickBy(candidates []Candidate, better func(a, b *Candidate) bool) int {
	top := 0
	for i := 1; i < len(candidates); i++ {
		a, b := &candidates[i], &candidates[top]
		if better(a, b) || !better(b, a) && leastRecent(a, b) {
			top = i
		}
	}
	return top
}

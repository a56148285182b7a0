package pick

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/evenhand/evenhand/allocation/rotation"
	"pgregory.net/rapid"
)

// turnOf makes a turn of candidates, with a fresh ledger.
func turnOf(candidates []Candidate, preferring bool) *Turn {
	t := &Turn{Candidates: candidates, Ledger: rotation.New(), Size: 1, Preferring: preferring}
	for _, c := range candidates {
		t.Entrants = append(t.Entrants, rotation.Entrant{Account: t.Ledger.Open(c.ID), Weight: 1})
	}
	return t
}

func drawCandidates(t *rapid.T) []Candidate {
	n := rapid.IntRange(1, 7).Draw(t, "n")
	out := make([]Candidate, n)
	for i := range out {
		out[i] = Candidate{
			ID:        string(rune('a' + i)),
			Open:      rapid.Int64Range(0, 2).Draw(t, "open"),
			Room:      rapid.Int64Range(0, 2).Draw(t, "room"),
			RoomKnown: rapid.Bool().Draw(t, "room known"),
			Prefer:    float64(rapid.IntRange(0, 2).Draw(t, "prefer")),
			Preferred: rapid.Bool().Draw(t, "preferred"),
			Served:    rapid.Uint64Range(0, 2).Draw(t, "served"),
		}
	}
	return out
}

func TestEveryStrategyIgnoresTheOrderOfTheCandidates(t *testing.T) {
	for _, name := range Names() {
		strategy, _ := Lookup(name)
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				candidates := drawCandidates(t)
				preferring := rapid.Bool().Draw(t, "preferring")
				choose := func(c []Candidate) string {
					i, err := strategy(turnOf(c, preferring))
					if err != nil {
						t.Fatal(err)
					}
					if i == Nobody {
						return ""
					}
					return c[i].ID
				}
				want := choose(candidates)
				shuffled := slices.Clone(candidates)
				r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
				r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				if got := choose(shuffled); got != want {
					t.Fatalf("%s chose %q of %v and %q of the same in another order", name, want, candidates, got)
				}
			})
		})
	}
}

// Each strategy's key, written once more and in another way: sort by it.
var keys = map[string]func(a, b Candidate) int{
	"best": func(a, b Candidate) int {
		return 2*boolOrder(a.Preferred, b.Preferred) + order(b.Prefer, a.Prefer)*both(a.Preferred, b.Preferred)
	},
	"least_open": func(a, b Candidate) int { return order(a.Open, b.Open) },
	"most_available": func(a, b Candidate) int {
		return 2*boolOrder(a.RoomKnown, b.RoomKnown) + order(b.Room, a.Room)*both(a.RoomKnown, b.RoomKnown)
	},
	"first": func(a, b Candidate) int { return 0 },
}

func boolOrder(a, b bool) int {
	switch {
	case a && !b:
		return -1
	case b && !a:
		return 1
	}
	return 0
}

func both(a, b bool) int {
	if a && b {
		return 1
	}
	return 0
}

func order[T int64 | uint64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestStrategiesChooseByKeyThenLeastRecentlyServedThenID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		candidates := drawCandidates(t)
		for name, key := range keys {
			sorted := slices.Clone(candidates)
			slices.SortFunc(sorted, func(a, b Candidate) int {
				if n := key(a, b); n != 0 {
					return n
				}
				if n := order(a.Served, b.Served); n != 0 {
					return n
				}
				return int(a.ID[0]) - int(b.ID[0])
			})
			strategy, _ := Lookup(name)
			i, err := strategy(turnOf(candidates, false))
			if err != nil || candidates[i].ID != sorted[0].ID {
				t.Fatalf("%s chose %q of %+v, want %q (%v)", name, candidates[i].ID, candidates, sorted[0].ID, err)
			}
		}
	})
}

func TestRotatePrefersAmongTies(t *testing.T) {
	turn := turnOf([]Candidate{{ID: "a", Prefer: 1, Preferred: true}, {ID: "b", Prefer: 2, Preferred: true}, {ID: "c"}}, true)
	for i, want := range []string{"b", "a", "c"} {
		at, err := rotate(turn)
		if err != nil {
			t.Fatal(err)
		}
		if got := turn.Candidates[at].ID; got != want {
			t.Errorf("customer %d: %s, want %s: nobody is chosen twice before everybody was, and ties go by preference, unknown last", i, got, want)
		}
	}
}

func TestNoneChoosesNobody(t *testing.T) {
	if i, err := none(turnOf([]Candidate{{ID: "a"}}, false)); i != Nobody || err != nil {
		t.Errorf("none chose %d, %v", i, err)
	}
}

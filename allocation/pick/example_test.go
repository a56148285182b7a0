package pick_test

import (
	"fmt"

	"github.com/evenhand/evenhand/allocation/pick"
)

// An after-sales desk gives a request to whoever has the least open work. Bo
// and Cy have as little; Bo was served longer ago.
func Example() {
	leastOpen, _ := pick.Lookup("least_open")
	turn := &pick.Turn{Candidates: []pick.Candidate{
		{ID: "ana", Open: 4, Served: 11},
		{ID: "bo", Open: 2, Served: 15},
		{ID: "cy", Open: 2, Served: 19},
	}}
	chosen, _ := leastOpen(turn)
	fmt.Println(turn.Candidates[chosen].ID)
	// Output: bo
}

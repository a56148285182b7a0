package solve

// Values of Solution.Rep that are not reps.
const (
	Unassigned = -1 // all units of the customer stay unassigned
	Divided    = -2 // his units go several ways: see Solution.Parts
)

// Solution is an optimal allocation with the prices that prove it.
type Solution struct {
	// Rep is the rep of each customer, or Unassigned, or Divided.
	Rep []int32

	// Parts says where the units of each Divided customer go, by ascending
	// rep, Unassigned first. It holds no other customers.
	Parts map[int][]Part

	// Total is the sum of the scores, what staying unassigned is worth
	// included.
	Total int64

	// Price is what a place of each rep costs: a customer is where score −
	// price is largest, or unassigned if that is. It is above 0 only if the
	// rep is at his maximum, and below 0 only if he is at his minimum. One
	// more place of a rep at his maximum brings at most his price, and one
	// place less costs at least his price.
	Price []int64

	// Load is the number of units that each rep has.
	Load []int64
}

// Part is where some units of a customer go.
type Part struct {
	Rep   int32 // or Unassigned
	Units int64
}

// parts returns where the units of a customer go.
func (s *Solution) parts(customer int, units int64) []Part {
	if s.Rep[customer] == Divided {
		return s.Parts[customer]
	}
	if units == 0 {
		return nil
	}
	return []Part{{s.Rep[customer], units}}
}

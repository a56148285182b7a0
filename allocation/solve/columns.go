package solve

// columns lists the pairs of each rep, as Start and Rep list those of each
// customer: rep r has the customers customer[start[r]:start[r+1]], ascending.
type columns struct {
	start    []int
	customer []int32
	pair     []int // the same pairs' positions in Rep
}

// newColumns lists the pairs that count.
func newColumns(start []int, rep []int32, reps int, counts func(customer, pair int) bool) columns {
	c := columns{start: make([]int, reps+1)}
	for i := range len(start) - 1 {
		for k := start[i]; k < start[i+1]; k++ {
			if counts(i, k) {
				c.start[rep[k]+1]++
			}
		}
	}
	for r := range reps {
		c.start[r+1] += c.start[r]
	}
	c.customer, c.pair = make([]int32, c.start[reps]), make([]int, c.start[reps])
	end := make([]int, reps)
	copy(end, c.start)
	for i := range len(start) - 1 {
		for k := start[i]; k < start[i+1]; k++ {
			if r := rep[k]; counts(i, k) {
				c.customer[end[r]], c.pair[end[r]] = int32(i), k
				end[r]++
			}
		}
	}
	return c
}

// of returns a rep's customers.
func (c *columns) of(rep int32) []int32 { return c.customer[c.start[rep]:c.start[rep+1]] }

package apportion

// divisor is a method that hands out units one after the other, each to the
// row with the highest weight/d(k), where k is what the row already has and d
// is the method's increasing sequence (Balinski and Young, Fair
// Representation, 1982).
type divisor struct {
	// compare is the sign of w/d(k) − v/d(l). Where both d are 0 the larger
	// weight is higher.
	compare func(w, k, v, l uint64) int

	// round is how many k there are with d(k) below the quota, or, if the
	// method prefers, not above it. It is never more than 1 off the quota.
	round func(q share) uint64
}

// split does not hand out the whole total. Rounding every quota by d gives
// exactly what the rows have at the moment when the next weight/d(k) would
// fall below 1/λ; that moment is less than n units away from the total, so at
// most n units are added or taken back, in the order of handing out.
func (d divisor) split(s *sheet) ([]uint64, error) {
	parts := make([]uint64, len(s.weight))
	var sum wide
	for i, q := range s.share {
		parts[i] = s.low(i)
		if s.weight[i] > 0 {
			parts[i] = min(max(d.round(q), s.low(i)), s.high(i))
		}
		sum = sum.plus(wide{0, parts[i]})
	}
	switch total := (wide{0, s.total}); total.compare(sum) {
	case 1:
		d.add(s, parts, s.total-sum.lo)
	case -1:
		d.take(s, parts, sum.lo-s.total)
	}
	return parts, nil
}

// add hands out count more units. O(n + count log n).
func (d divisor) add(s *sheet, parts []uint64, count uint64) {
	h := rowHeap{first: func(i, j int) bool {
		if c := d.compare(s.weight[i], parts[i], s.weight[j], parts[j]); c != 0 {
			return c > 0
		}
		return s.before(i, j)
	}}
	h.fill(where(len(parts), func(i int) bool { return s.weight[i] > 0 && parts[i] < s.high(i) }))
	for range count {
		i := h.rows[0]
		parts[i]++
		h.settleTop(parts[i] < s.high(i))
	}
}

// take takes the last count units back. O(n + count log n).
func (d divisor) take(s *sheet, parts []uint64, count uint64) {
	h := rowHeap{first: func(i, j int) bool {
		if c := d.compare(s.weight[i], parts[i]-1, s.weight[j], parts[j]-1); c != 0 {
			return c < 0
		}
		return s.before(j, i)
	}}
	h.fill(where(len(parts), func(i int) bool { return s.weight[i] > 0 && parts[i] > s.low(i) }))
	for range count {
		i := h.rows[0]
		parts[i]--
		h.settleTop(parts[i] > s.low(i))
	}
}

// linear is the divisor method with d(k) = step×k + start, up to a factor.
func linear(step, start uint64, round func(q share) uint64) divisor {
	at := func(k uint64) uint64 { return step*k + start }
	return divisor{round: round, compare: func(w, k, v, l uint64) int {
		dk, dl := at(k), at(l)
		if dk == 0 && dl == 0 {
			return compareUint(w, v)
		}
		return product(w, dl).compare(product(v, dk))
	}}
}

// rowHeap is a binary heap of row indices under a strict order that may change
// for the top row between settleTop calls.
type rowHeap struct {
	rows  []int
	first func(i, j int) bool
}

func (h *rowHeap) fill(rows []int) {
	h.rows = rows
	for at := len(rows)/2 - 1; at >= 0; at-- {
		h.down(at)
	}
}

// settleTop puts the top row where it belongs now, or drops it.
func (h *rowHeap) settleTop(keep bool) {
	if !keep {
		last := len(h.rows) - 1
		h.rows[0] = h.rows[last]
		h.rows = h.rows[:last]
	}
	h.down(0)
}

// push adds a row.
func (h *rowHeap) push(row int) {
	h.rows = append(h.rows, row)
	for at := len(h.rows) - 1; at > 0; {
		parent := (at - 1) / 2
		if !h.first(h.rows[at], h.rows[parent]) {
			return
		}
		h.rows[at], h.rows[parent] = h.rows[parent], h.rows[at]
		at = parent
	}
}

func (h *rowHeap) down(at int) {
	for {
		child := 2*at + 1
		if child >= len(h.rows) {
			return
		}
		if right := child + 1; right < len(h.rows) && h.first(h.rows[right], h.rows[child]) {
			child = right
		}
		if !h.first(h.rows[child], h.rows[at]) {
			return
		}
		h.rows[at], h.rows[child] = h.rows[child], h.rows[at]
		at = child
	}
}

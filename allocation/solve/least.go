package solve

import "math/bits"

// least is a heap of reps, the one with the least count per weight on top; of
// equals the one with the lowest rank. Weights are above 0.
type least struct {
	count  []int64 // per rep
	weight []int64
	rank   []int32
	heap   []int32
}

// newLeast starts with the given reps, ascending by rank, at a count of 0.
func newLeast(reps []int32, rank []int32, weight []int64) *least {
	return &least{count: make([]int64, len(weight)), weight: weight, rank: rank, heap: reps}
}

func (l *least) before(a, b int32) bool {
	if c := compareRatios(l.count[a], l.weight[a], l.count[b], l.weight[b]); c != 0 {
		return c < 0
	}
	return l.rank[a] < l.rank[b]
}

// counted counts one for the rep on top.
func (l *least) counted() {
	l.count[l.heap[0]]++
	l.sink()
}

// drop takes the rep on top out.
func (l *least) drop() {
	last := len(l.heap) - 1
	l.heap[0], l.heap = l.heap[last], l.heap[:last]
	if last > 0 {
		l.sink()
	}
}

func (l *least) sink() {
	h, i, rep := l.heap, 0, l.heap[0]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && l.before(h[child+1], h[child]) {
			child++
		}
		if !l.before(h[child], rep) {
			break
		}
		h[i], i = h[child], child
	}
	h[i] = rep
}

// compareRatios compares a/b with c/d, none of them negative, b and d above 0.
func compareRatios(a, b, c, d int64) int {
	high, low := bits.Mul64(uint64(a), uint64(d))
	otherHigh, otherLow := bits.Mul64(uint64(c), uint64(b))
	switch {
	case high != otherHigh && high < otherHigh || high == otherHigh && low < otherLow:
		return -1
	case high != otherHigh || low != otherLow:
		return +1
	}
	return 0
}

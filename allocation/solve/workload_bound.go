package solve

import (
	"math"
	"slices"
)

// workBound bounds what any allocation is worth. Give each customer a worth of
// his own: then no allocation is worth more than all of these together plus,
// for each rep, the best that his capacity can hold of scores less worths. The
// worths are improved step by step: whom two reps want becomes dearer, whom
// nobody wants cheaper.
//
// Worths are integers in 1/WorthScale, so that the bound is exact.
type workBound struct {
	*tasks
	rep   [][]int32 // of each rep: his pairs
	owner []int32   // of each pair: the customer
	worth []int64   // now
	best  []int64   // that gave the least bound
	bound int64     // in 1/WorthScale

	work   int64 // done so far, in cells of knapsacks; math.MaxInt64 when there is nothing left to do
	step   float64
	failed int // steps since the last improvement
	wanted []int32
	push   []float64 // direction of the last step
	pack   knapsack
}

const (
	boundShare = 4    // the search does so many times the work of the bound
	maxFailed  = 5    // steps without improvement after which they become shorter
	leastStep  = 1e-3 // and when they are that short no more are made
)

func newWorkBound(t *tasks, price []float64) *workBound {
	b := &workBound{
		tasks: t, rep: make([][]int32, len(t.capacity)), owner: make([]int32, len(t.rep)), worth: make([]int64, t.customers()),
		bound: math.MaxInt64, step: 1, wanted: make([]int32, t.customers()), push: make([]float64, t.customers()),
	}
	for i := range int32(t.customers()) {
		least := math.Inf(1)
		for e := t.start[i]; e < t.start[i+1]; e++ {
			r := t.rep[e]
			b.rep[r] = append(b.rep[r], e)
			b.owner[e] = i
			least = min(least, float64(t.cost[e])+float64(price[r]*float64(t.effort[e])))
		}
		b.worth[i] = -int64(math.Round(least * WorthScale))
	}
	b.best = slices.Clone(b.worth)
	return b
}

// total is the bound in whole scores: every total is a whole number.
func (b *workBound) total() int64 { return floorDiv(b.bound, WorthScale) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// improve makes a step towards a cost that was found, unless the steps have
// become too short.
func (b *workBound) improve(cost int64, found bool) {
	if b.step < leastStep {
		b.work = math.MaxInt64
		return
	}
	value := b.value()
	if value < b.bound {
		b.bound = value
		copy(b.best, b.worth)
		b.failed = 0
	} else if b.failed++; b.failed >= maxFailed {
		b.failed = 0
		b.step /= 2
		copy(b.worth, b.best)
		clear(b.push)
		return
	}
	target := value - max(WorthScale, absInt(value)/100)
	if found {
		target = -cost * WorthScale
	}
	if !b.advance(value - target) {
		b.work = math.MaxInt64
	}
}

func absInt(x int64) int64 { return max(x, -x) }

// value is the bound that the worths give, and fills in how many reps want each
// customer.
func (b *workBound) value() int64 {
	clear(b.wanted)
	sum := int64(0)
	for _, w := range b.worth {
		sum += w
	}
	for r, pairs := range b.rep {
		b.pack.reset(b.capacity[r])
		for _, e := range pairs {
			if gain := -b.cost[e]*WorthScale - b.worth[b.owner[e]]; gain > 0 {
				b.pack.add(b.owner[e], gain, b.effort[e])
			}
		}
		sum += b.pack.solve(b.wanted)
		b.work += int64(len(pairs)) + int64(len(b.pack.items))*b.pack.capacity
	}
	return sum
}

// advance makes a step that would close a gap if the bound were linear.
func (b *workBound) advance(gap int64) bool {
	norm := 0.0
	for i, n := range b.wanted {
		b.push[i] = float64(n-1) + float64(0.5*b.push[i])
		norm += float64(b.push[i] * b.push[i])
	}
	if norm == 0 || gap <= 0 {
		return false
	}
	length := float64(b.step*float64(gap)) / norm
	limit := float64(4 * maxWorkSum / len(b.worth) * WorthScale) // so that their sum stays within 64 bits
	for i, d := range b.push {
		b.worth[i] = int64(min(limit, max(-limit, float64(b.worth[i])+math.Round(float64(length*d)))))
	}
	return true
}

// knapsack finds the best that a capacity can hold.
type knapsack struct {
	capacity int64
	grid     int64 // efforts are rounded down to multiples of it, which can only raise the result
	always   []int32
	sum      int64
	items    []knapsackItem
	value    []int64  // by effort used
	taken    []uint64 // by item, a bit for each effort
}

type knapsackItem struct {
	customer     int32
	gain, effort int64
}

// mostCells is the largest capacity, in steps of the grid, of a knapsack.
const mostCells = 1 << 12

// gridOf is the step to which efforts are rounded for a capacity.
func gridOf(capacity int64) int64 { return 1 + capacity/mostCells }

func (k *knapsack) reset(capacity int64) {
	k.grid = gridOf(capacity)
	k.capacity = capacity / k.grid
	k.always, k.items, k.sum = k.always[:0], k.items[:0], 0
}

// add offers a customer with a gain above 0.
func (k *knapsack) add(customer int32, gain, effort int64) {
	switch effort /= k.grid; {
	case effort == 0:
		k.always = append(k.always, customer)
		k.sum += gain
	case effort <= k.capacity:
		k.items = append(k.items, knapsackItem{customer, gain, effort})
	}
}

// solve returns the largest gain, and counts those who are in.
func (k *knapsack) solve(wanted []int32) int64 {
	for _, customer := range k.always {
		wanted[customer]++
	}
	words := int(k.capacity/64) + 1
	k.value = append(k.value[:0], make([]int64, k.capacity+1)...)
	k.taken = append(k.taken[:0], make([]uint64, words*len(k.items))...)
	for n, x := range k.items {
		taken := k.taken[n*words : (n+1)*words]
		for used := k.capacity; used >= x.effort; used-- {
			if v := k.value[used-x.effort] + x.gain; v > k.value[used] {
				k.value[used] = v
				taken[used/64] |= 1 << (used % 64)
			}
		}
	}
	left := k.capacity
	for n := len(k.items) - 1; n >= 0; n-- {
		if k.taken[n*words+int(left/64)]>>(left%64)&1 != 0 {
			wanted[k.items[n].customer]++
			left -= k.items[n].effort
		}
	}
	return k.sum + k.value[k.capacity]
}

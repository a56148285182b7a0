package solve

import (
	"math"
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
	worth []int64   // now
	best  []int64   // that gave the least bound
	bound int64     // in 1/WorthScale

	steps  int   // made
	ended  bool  // no more steps are worth while
	looked int64 // work done so far besides knapsacks
	step   float64
	failed int // steps since the last improvement
	wanted []int32
	push   []float64 // direction of the last step
	pack   knapsack
}

const (
	boundShare = 4    // the search does so many times the work of the bound
	rootSteps  = 100  // that are made first of all
	maxFailed  = 5    // steps without improvement after which they become shorter
	leastStep  = 1e-3 // and when they are that short no more are made
)

// newWorkBound begins with the worths that prices give. Until they are looked at,
// everybody is worth the best that he could bring: then no rep gains by anybody.
func newWorkBound(t *tasks, price []float64) *workBound {
	n := t.customers()
	b := &workBound{
		tasks: t, rep: make([][]int32, len(t.capacity)), worth: make([]int64, n), best: make([]int64, n),
		step: 1, wanted: make([]int32, n), push: make([]float64, n),
	}
	for i := range n {
		least, cheapest := math.Inf(1), int64(math.MaxInt64)
		for e := t.start[i]; e < t.start[i+1]; e++ {
			r := t.rep[e]
			b.rep[r] = append(b.rep[r], e)
			least = min(least, float64(t.cost[e])+float64(price[r]*float64(t.effort[e])))
			cheapest = min(cheapest, t.cost[e])
		}
		b.worth[i] = -int64(math.Round(least * WorthScale))
		b.best[i] = -cheapest * WorthScale
		b.bound += b.best[i]
	}
	return b
}

// done is the work done so far, as in knapsack.
func (b *workBound) done() int64 { return b.looked + b.pack.work }

// total is the bound in whole scores: every total is a whole number.
func (b *workBound) total() int64 { return floorDiv(b.bound, WorthScale) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// ready reports whether the worths are good enough to begin a dive with.
func (b *workBound) ready() bool { return b.ended || b.steps >= rootSteps }

// improve makes a step towards a cost that was found, unless the steps have
// become too short.
func (b *workBound) improve(cost int64, found bool) {
	if b.ended {
		return
	}
	value, ok := b.value()
	if !ok {
		b.ended = true
		return
	}
	b.steps++
	if value < b.bound {
		b.bound = value
		copy(b.best, b.worth)
		b.failed = 0
	} else if b.failed++; b.failed >= maxFailed {
		b.failed = 0
		b.step /= 2
		b.ended = b.step < leastStep
		copy(b.worth, b.best)
		clear(b.push)
		return
	}
	target := value - max(WorthScale, absInt(value)/100)
	if found {
		target = -cost * WorthScale
	}
	b.ended = !b.advance(value - target)
}

func absInt(x int64) int64 { return max(x, -x) }

// value is the bound that the worths give, and fills in how many reps want each
// customer; ok is false when there was no time.
func (b *workBound) value() (value int64, ok bool) {
	clear(b.wanted)
	sum := int64(0)
	for _, w := range b.worth {
		sum += w
	}
	for r, pairs := range b.rep {
		if b.stopped() {
			return 0, false
		}
		b.pack.reset(b.capacity[r])
		for _, e := range pairs {
			if gain := -b.cost[e]*WorthScale - b.worth[b.owner[e]]; gain > 0 {
				b.pack.add(b.owner[e], gain, b.effort[e])
			}
		}
		sum += b.pack.solve()
		for _, customer := range b.pack.in {
			b.wanted[customer]++
		}
		b.looked += 2 * int64(len(pairs))
	}
	return sum, true
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
	limit := worthLimit(len(b.worth))
	for i, d := range b.push {
		b.worth[i] = int64(min(limit, max(-limit, float64(b.worth[i])+math.Round(float64(length*d)))))
	}
	return true
}

// worthLimit is the largest worth of one of n customers, so that their sum stays
// within 64 bits.
func worthLimit(n int) float64 { return float64(4 * maxWorkSum / n * WorthScale) }

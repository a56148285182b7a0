package solve

import (
	"cmp"
	"math"
	"slices"
)

// dive sets most customers of the best allocation free and places them anew, a
// few at a time: it relaxes those who are free into a knapsack for each rep of
// what he has left, as workBound does; keeps an average of whom the reps want,
// which comes near to a solution of the relaxation (F. Barahona and R. Anbil, "The
// volume algorithm", Mathematical Programming 87, 2000); fixes those whom one rep
// wants nearly always, and relaxes the rest again. As soon as the bound says that
// nothing better than the best is left it gives up. What comes to the ground is
// mended by the local search. (R. Sadykov, F. Vanderbeck, A. Pessoa, I. Tahiri and
// E. Uchoa, "Primal heuristics for branch and price: the assets of diving
// methods", INFORMS Journal on Computing 31, 2019.)
type dive struct {
	*chains // that mends
	room    []int64
	at      []int32 // pair of each customer, or -1 while free
	free    []int32 // customers
	fixed   int64   // total of the others, in 1/WorthScale
	first   bool    // nobody was fixed yet

	offers [][]offer // of each rep: the near pairs of those who are free
	worth  []int64   // now
	center []int64   // that gave the least bound
	length float64   // of a step
	share  []float64 // of each pair: how often the rep wanted it, in units: see shareOf
	sum    []float64 // of each customer: of the shares of his pairs
	unit   float64   // what a step counts; it grows from step to step
	sure   []sure
	pack   knapsack
	spent  int64 // work done so far in offers, as in knapsack
}

// offer is a pair of a customer who is free.
type offer struct {
	customer, pair int32
	total, effort  int64 // total in 1/WorthScale
}

// sure is how sure it is that a customer takes a pair.
type sure struct {
	share float64
	pair  int32
}

const (
	diveShare = 4 // dives are as much more work than the rounds

	leastFree = 65 // of a hundred customers are set free
	mostFree  = 95

	firstSteps   = 30   // of the relaxation before anybody is fixed
	diveSteps    = 15   // after each fixing
	lately       = 0.15 // share of the last step in the averages
	shorter      = 0.66 // steps become, when diveFailed of them led nowhere
	diveFailed   = 4
	shortestDive = 0.02
	leastGap     = 1000 // steps are as long as if the bound missed a share of it by this

	fixAtOnce  = 0.08 // share of those who are free
	fixFrom    = 0.3  // only a few of those are fixed with a smaller share
	fixForSure = 0.9  // and all with this one
)

func newDive(s *chains) *dive {
	n, reps := s.customers(), len(s.desk)
	d := &dive{chains: s.twin(), room: make([]int64, reps), at: make([]int32, n), offers: make([][]offer, reps),
		worth: make([]int64, n), center: make([]int64, n), share: make([]float64, len(s.rep)), sum: make([]float64, n)}
	if !s.stopped() { // else not everybody may have a seat
		d.hard = veryHard
		d.harden(1)
	}
	return d
}

// done is the work done so far, as in knapsack.
func (d *dive) done() int64 { return d.spent + d.pack.work + d.chains.done() }

// dive tries once to find something better, beginning with the worths of a
// bound.
func (d *dive) dive(worth []int64) {
	d.begin(worth)
	for len(d.free) > 0 {
		if !d.relax() {
			return
		}
		d.fix()
	}
	d.adopt(d.at)
}

// begin sets customers free: all, as long as no allocation was found.
func (d *dive) begin(worth []int64) {
	copy(d.room, d.capacity)
	copy(d.center, worth)
	d.first, d.length, d.fixed, d.free = true, 1, 0, d.free[:0]
	free := leastFree + d.random.below(mostFree-leastFree)
	for i := range int32(len(d.at)) {
		d.at[i] = -1
		if !d.found() || d.random.below(100) < free {
			d.free = append(d.free, i)
		} else {
			d.fixAt(i, d.best[i])
		}
	}
	d.spent += int64(len(d.at))
}

func (d *dive) fixAt(customer, pair int32) {
	d.at[customer] = pair
	d.room[d.rep[pair]] -= d.effort[pair]
	d.fixed -= d.tasks.cost[pair] * WorthScale
}

// target is the least total that is better than the best, or a little below the
// bound when there is none.
func (d *dive) target(bound int64) int64 {
	if d.found() {
		return (1 - d.bestCost) * WorthScale
	}
	return bound - max(WorthScale, absInt(bound)/100)
}

// relax makes steps of the relaxation; it reports false when nothing better than
// the best is left, or there is no time.
func (d *dive) relax() bool {
	d.offer()
	steps := diveSteps
	if d.first {
		steps, d.first = firstSteps, false
	}
	copy(d.worth, d.center)
	least, failed := int64(math.MaxInt64), 0
	for range steps {
		value, ok := d.value()
		if !ok || d.found() && value < d.target(value) {
			return false
		}
		if value < least {
			least, failed = value, 0
			copy(d.center, d.worth)
		} else if failed++; failed == diveFailed {
			failed = 0
			d.length = max(shortestDive, float64(d.length*shorter))
		}
		if !d.step(max(least-d.target(least), absInt(least)/leastGap)) {
			return true
		}
	}
	return true
}

// offer lists the pairs of those who are free, by rep, and begins to count shares
// in units of 1 again.
func (d *dive) offer() {
	for r := range d.offers {
		d.offers[r] = d.offers[r][:0]
	}
	scale := 0.0
	if !d.first {
		scale = 1 / d.unit
	}
	d.unit = 1
	for _, i := range d.free {
		d.sum[i] = float64(d.sum[i] * scale)
		for k := range d.near[i] {
			x := &d.near[i][k]
			d.share[x.pair] = float64(d.share[x.pair] * scale)
			d.offers[x.rep] = append(d.offers[x.rep], offer{i, x.pair, -d.tasks.cost[x.pair] * WorthScale, x.effort})
		}
	}
}

// value is the bound that the worths give for the fixed and the free together,
// near pairs only; ok is false when there was no time. It brings the shares up to
// date.
func (d *dive) value() (value int64, ok bool) {
	sum := d.fixed
	d.unit /= 1 - lately
	for _, i := range d.free {
		sum += d.worth[i]
	}
	for r, offers := range d.offers {
		if d.stopped() {
			return 0, false
		}
		d.pack.reset(max(0, d.room[r]))
		for k := range offers {
			x := &offers[k]
			if gain := x.total - d.worth[x.customer]; gain > 0 {
				d.pack.add(x.pair, gain, x.effort)
			}
		}
		sum += d.pack.solve()
		for _, pair := range d.pack.in {
			d.share[pair] += d.unit
			d.sum[d.owner[pair]] += d.unit
		}
		d.spent += 2 * int64(len(offers))
	}
	return sum, true
}

// step moves the worths away from the center by how much more or less than one
// rep wants each customer; it reports false when each is wanted by one.
func (d *dive) step(gap int64) bool {
	norm := 0.0
	for _, i := range d.free {
		s := d.surplus(i)
		norm += float64(s * s)
	}
	if norm < 1e-9 {
		return false
	}
	length := float64(d.length*float64(max(WorthScale, gap))) / norm
	limit := worthLimit(len(d.worth))
	for _, i := range d.free {
		w := float64(d.center[i]) + math.Round(float64(length*d.surplus(i)))
		d.worth[i] = int64(min(limit, max(-limit, w)))
	}
	return true
}

// shareOf is how often the rep of a pair wanted it of late, from 0 to 1.
func (d *dive) shareOf(pair int32) float64 { return float64(d.share[pair] / d.unit * lately) }

// surplus is by how many more than one a customer was wanted of late.
func (d *dive) surplus(customer int32) float64 {
	return float64(d.sum[customer]/d.unit*lately) - 1
}

// fix fixes some of those who are free, the surest first.
func (d *dive) fix() {
	d.sure = d.sure[:0]
	for _, i := range d.free {
		d.sure = append(d.sure, d.surest(i))
	}
	slices.SortStableFunc(d.sure, func(a, b sure) int { return cmp.Compare(b.share, a.share) })
	atOnce := 1 + int(float64(fixAtOnce*float64(len(d.free))))
	for k, x := range d.sure {
		customer := d.owner[x.pair]
		if k == 0 {
			d.fixAt(customer, x.pair)
			continue
		}
		if x.share < fixForSure && k >= atOnce || x.share < fixFrom && k >= atOnce/32 {
			break
		}
		if d.effort[x.pair] <= d.room[d.rep[x.pair]] {
			d.fixAt(customer, x.pair)
		}
	}
	d.free = slices.DeleteFunc(d.free, func(i int32) bool { return d.at[i] >= 0 })
}

// surest is the pair of a customer that was wanted most among those for whom
// there is room; when there is room for none, the one that misses least.
func (d *dive) surest(customer int32) sure {
	best, missing := sure{-1, -1}, int64(math.MaxInt64)
	for k := range d.near[customer] {
		x := &d.near[customer][k]
		switch over := max(0, x.effort-d.room[x.rep]); {
		case over == 0 && (missing > 0 || d.shareOf(x.pair) > best.share):
			best, missing = sure{d.shareOf(x.pair), x.pair}, 0
		case over < missing:
			best, missing = sure{0, x.pair}, over
		}
	}
	return best
}

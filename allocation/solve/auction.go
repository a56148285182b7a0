package solve

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// auction finds an allocation and prices near the optimal ones. Rows bid for
// reps: each for the one where it gains most, as much as makes it indifferent
// to its second best, and step more. A rep keeps the highest bids he has room
// for and his price is the lowest of them once he is full; whoever is outbid
// bids again. When nobody is left, everybody is within step of where he gains
// most (ε-complementary slackness).
//
// Large steps find rough prices quickly and small ones correct them
// (ε-scaling). The last step is 0: then bids do not overshoot and rows are
// exactly where they gain most, but a row that is indifferent can outbid
// nobody and stays pending for the search.
//
// Before all rows bid, a few do, for as much smaller a part of the room: their
// prices are nearly those of all, and cost little. Where they bid little more than
// once and prices are a few of the smallest steps, as among many ties, bids would
// only shift rows between places that are equally good: they are put where there
// is room, and the search does the rest.
type auction struct {
	*network
	room  []int64 // per rep: the part of his maximum that is for the present sample
	left  []int64 // per row: units that have no place
	queue []int32 // rows with units left
	step  int64
	bids  int     // so far
	keys  []int64 // scratch
	reach int64   // the most that a bid raises a price by, plus the step: the range of all scores

	patience int   // bids per row until the step grows; 0: it does not
	growth   int64 // how many times it grows
	war      bool  // it has grown in the present sample
}

func newAuction(n *network) *auction {
	return &auction{network: n, room: slices.Clone(n.max), left: make([]int64, len(n.units)), queue: make([]int32, 0, len(n.units))}
}

// run holds one auction per sample, from few rows to all, and per step, from
// coarse to fine. What it has found when the context ends is in the network, and
// the rest is pending.
func (a *auction) run(ctx context.Context, progress func(Progress)) error {
	first := a.firstPart()
	for part := first; part > 1; part /= partRatio {
		a.sample(part)
		rows := len(a.queue)
		if err := a.scale(ctx, 1, progress); err != nil {
			a.forget()
			a.pendAll()
			return err
		}
		flat := 100*a.bids < fewBids*rows && slices.Max(a.price[:a.ground]) <= fewSteps
		a.forget()
		if part == first && a.bids < easyBids*rows {
			clear(a.price[:a.ground])
			if flat {
				a.placeByRoom()
				return nil
			}
			break
		}
	}
	a.enterAll()
	err := a.scale(ctx, 0, progress)
	for _, row := range a.queue {
		a.stall(row)
	}
	return err
}

const (
	partRatio = 4    // each sample is so many times the one before
	margin    = 2    // of prices found among a sample, in standard deviations
	easyBids  = 4    // where rows bid less often on average, prices are found as quickly among all
	fewBids   = 175  // where a hundred of them bid less often than that,
	fewSteps  = 8    // and no price is higher than that, the search is the quicker way
	stepRatio = 4    // each step is so many times the next
	startRank = 1000 // the first step is this part of the range of scores

	patience      = 16 // bids per row in the first auction before its step grows
	growth        = 2  // so many times
	patienceAgain = 32 // the same in the first auction of a larger sample: the prices of the one before are rarely far off,
	growthAgain   = 4  // but where they are, the last step does not get there
	morePatience  = 8  // bids per row before the step grows again
	afterWarRatio = 16 // such a step is so many times the next
)

// scale holds one auction per step, down to the last one.
func (a *auction) scale(ctx context.Context, last int64, progress func(Progress)) error {
	a.patience, a.growth, a.war = patienceAgain, growthAgain, false
	if a.step == 0 {
		a.step, a.patience, a.growth = a.firstStep(), patience, growth
	}
	for {
		if err := a.clear(ctx); err != nil {
			return err
		}
		if progress != nil {
			progress(Progress{Stage: "auction", Pending: int64(len(a.queue)), Step: a.step})
		}
		if a.step <= last {
			return nil
		}
		a.reopen(a.nextStep())
	}
}

// nextStep returns the step of the next auction. After a price war, prices are
// lowered by about what large steps may have bid too much, so that the next
// auctions, with smaller steps, find them from below.
func (a *auction) nextStep() int64 {
	grew := a.war && a.patience > 0
	a.patience = 0
	switch {
	case grew:
		a.lower(2 * a.step)
		return max(1, a.step/afterWarRatio)
	case a.step > 1:
		if a.war {
			a.lower(a.step)
		}
		return max(1, a.step/stepRatio)
	}
	return 0
}

// lower lowers all prices, to 0 at the lowest.
func (a *auction) lower(by int64) {
	a.dropped += by
	for r := range a.ground {
		a.price[r] = max(0, a.price[r]-by)
		for i := range a.members[r] {
			a.members[r][i].key -= by
		}
	}
}

// firstPart says how few of the rows bid first: one in so many, but at least
// one for every rep.
func (a *auction) firstPart() int {
	part := 1
	for a.reps > 0 && len(a.units)/(part*partRatio) >= a.reps {
		part *= partRatio
	}
	return part
}

// sample queues one in so many rows, spread evenly whatever their order is by
// the golden ratio, and gives the reps as large a part of their room.
func (a *auction) sample(part int) {
	rows := len(a.units)
	stride := max(1, rows*618/1000)
	for gcd(stride, rows) > 1 {
		stride++
	}
	units := int64(0)
	for i := range rows / part {
		row := int32(i * stride % rows)
		a.enter(row)
		units += a.units[row]
	}
	for r, most := range a.max {
		high, low := bits.Mul64(uint64(most), uint64(units))
		low, carry := bits.Add64(low, uint64(a.total)/2, 0)
		share, _ := bits.Div64(high+carry, low, uint64(a.total))
		a.room[r] = min(most, max(1, int64(share)))
	}
}

// enterAll queues all rows and gives the reps all their room.
func (a *auction) enterAll() {
	copy(a.room, a.max)
	for row := len(a.units) - 1; row >= 0; row-- {
		a.enter(int32(row))
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (a *auction) enter(row int32) {
	if a.units[row] > 0 {
		a.left[row] = a.units[row]
		a.queue = append(a.queue, row)
	}
}

// forget empties all nodes after a sample. Prices stay, a little lower.
func (a *auction) forget() {
	for _, row := range a.queue {
		a.left[row] = 0
	}
	a.queue = a.queue[:0]
	for node := range a.members {
		if int32(node) < a.ground {
			a.price[node] = a.lowered(int32(node))
			a.load[node] = 0
		}
		for _, h := range a.members[node] {
			a.left[h.row] = 0
			a.cand[h.row].bound = unlisted
		}
		a.members[node] = a.members[node][:0]
	}
}

// lowered is the price of a rep that one may expect not to be too high among
// more rows: with as much less as would make margin times the standard deviation
// of their number leave, if it were more. What is too low will rise, whereas
// only the search lowers what is too high.
func (a *auction) lowered(rep int32) int64 {
	held := a.members[rep]
	if len(held) == 0 || a.load[rep] < a.room[rep] {
		return 0
	}
	a.keys = a.keys[:0]
	for _, h := range held {
		a.keys = append(a.keys, h.key)
	}
	slices.Sort(a.keys)
	k := 0
	for k < len(a.keys)-1 && (k+1)*(k+1) <= margin*margin*len(a.keys) {
		k++
	}
	return max(0, a.price[rep]-(a.keys[k]-a.keys[0]))
}

// firstStep is small: rows that bid from price 0 in small steps find prices
// from below, whereas what a large step bids too much has to be taken back.
func (a *auction) firstStep() int64 {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, row := range a.queue {
		a.refresh(row)
		best, c := int64(math.MinInt64), &a.cand[row]
		for k := 1; k < slots && c.node[k] != a.none; k++ {
			best = max(best, c.score[k])
		}
		if c.node[1] != a.none {
			low, high = min(low, best), max(high, best)
		}
	}
	a.reach = max(0, high-low)
	return max(1, a.reach/startRank)
}

// bidsPerRow bounds the bids of one auction, per row and on average. Where more
// are asked for, as when too many customers must be assigned to too few reps,
// the search does better; and it does far better where rows have more units
// than that, because it moves them all at once.
const (
	bidsPerRow = 64
	bidsIfMany = 4
)

// clear lets rows bid until none is left that can. In a price war, when those
// who want the same few reps overbid each other by little more than the step
// again and again, the first auction of a sample loses patience and takes larger
// steps.
func (a *auction) clear(ctx context.Context) error {
	rows := len(a.queue) + 64
	limit := bidsPerRow * rows
	if a.total > int64(bidsPerRow*len(a.units)) {
		limit = bidsIfMany * rows
	}
	for n := 0; len(a.queue) > 0; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n == a.patience*rows && n > 0 && a.step <= a.reach/(stepRatio*a.growth) {
			a.step = max(a.step*a.growth, a.reach/startRank)
			a.patience, a.war = a.patience+morePatience, true
		}
		row := a.queue[len(a.queue)-1]
		a.queue = a.queue[:len(a.queue)-1]
		if n < limit {
			a.offer(row)
		} else {
			a.stall(row)
		}
	}
	return nil
}

// offer makes one bid for a row's units.
func (a *auction) offer(row int32) {
	a.bids++
	k, gain, second := a.twoBest(row)
	c := &a.cand[row]
	to, score := c.node[k], c.score[k]
	switch {
	case to == a.none:
		a.stall(row)
	case to == a.ground:
		a.members[to] = append(a.members[to], holding{key: score - second, score: score, units: a.left[row], row: row})
		a.left[row] = 0
	default:
		a.place(to, holding{key: score - max(second, gain-a.reach) + a.step, score: score, row: row})
	}
}

// twoBest returns the best candidate of a row, what it gains there, and at its
// second best.
func (a *auction) twoBest(row int32) (best int, gain, second int64) {
	best, gain, second = a.twoBestListed(row)
	if second < a.beyond(row) {
		a.refresh(row)
		best, gain, second = a.twoBestListed(row)
	}
	return best, gain, second
}

func (a *auction) twoBestListed(row int32) (best int, gain, second int64) {
	c := &a.cand[row]
	gain, second = minusInfinity, minusInfinity
	for k, v := range c.node {
		g := c.score[k] - a.price[v]
		if g > gain {
			best, gain, second = k, g, gain
		} else if g > second {
			second = g
		}
	}
	return best, gain, second
}

// place has a rep take as many units of a row as he has room for or as are
// held at less than the bid's key.
func (a *auction) place(rep int32, bid holding) {
	left := a.left[bid.row]
	heap := a.members[rep]
	bid.units = min(left, a.room[rep]-a.load[rep])
	for bid.units < left && len(heap) > 0 && heap[0].key < bid.key {
		low := &heap[0]
		out := min(low.units, left-bid.units)
		bid.units += out
		a.load[rep] -= out
		a.evict(low.row, out)
		if low.units -= out; low.units == 0 {
			heap = popHolding(heap)
		}
	}
	if bid.units > 0 {
		heap = pushHolding(heap, bid)
		a.load[rep] += bid.units
		a.left[bid.row] -= bid.units
	}
	a.members[rep] = heap
	if a.load[rep] == a.room[rep] && len(heap) > 0 {
		a.price[rep] = max(a.price[rep], heap[0].key)
	}
	if a.left[bid.row] == 0 {
		return
	}
	if bid.units == 0 {
		a.stall(bid.row)
	} else {
		a.queue = append(a.queue, bid.row)
	}
}

// stall sets a row aside that can outbid nobody.
func (a *auction) stall(row int32) {
	a.members[a.none] = append(a.members[a.none], holding{units: a.left[row], row: row, key: minusInfinity})
	a.left[row] = 0
}

func (a *auction) evict(row int32, units int64) {
	if a.left[row] == 0 {
		a.queue = append(a.queue, row)
	}
	a.left[row] += units
}

// reopen begins an auction with a smaller step. Prices stay; who gains more
// than step less than elsewhere leaves, and the others stay for no more than
// the step now asks.
func (a *auction) reopen(step int64) {
	before := a.step
	a.step = step
	for node := a.ground; node <= a.none; node++ {
		for _, h := range a.members[node] {
			a.evict(h.row, h.units)
		}
		a.members[node] = a.members[node][:0]
	}
	for r := range a.ground {
		kept := a.members[r][:0]
		for _, h := range a.members[r] {
			if a.stays(&h, r, step, before) {
				kept = append(kept, h)
			} else {
				a.load[r] -= h.units
				a.evict(h.row, h.units)
			}
		}
		heapHoldings(kept)
		a.members[r] = kept
		if a.load[r] == a.room[r] && len(kept) > 0 {
			a.price[r] = max(a.price[r], kept[0].key)
		}
	}
}

// stays reports whether a row stays with a rep at his present price, and finds
// up to which one it would. Prices have risen since it bid, so that its key, less
// the step it was made with, may be too low but not too high.
func (a *auction) stays(h *holding, rep int32, step, before int64) bool {
	h.key += step - before
	if h.key-step >= a.price[rep] {
		return true
	}
	if h.key = h.score - a.elsewhere(h.row, rep) + step; h.key >= a.price[rep] {
		return true
	}
	a.refresh(h.row)
	h.key = h.score - a.elsewhere(h.row, rep) + step
	return h.key >= a.price[rep]
}

// elsewhere bounds what a row gains at other nodes than one.
func (a *auction) elsewhere(row, node int32) int64 {
	c := &a.cand[row]
	most := max(a.beyond(row), -a.reach)
	for k, v := range c.node {
		if v != node {
			most = max(most, c.score[k]-a.price[v])
		}
	}
	return most
}

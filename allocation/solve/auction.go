package solve

import (
	"context"
	"math"
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
type auction struct {
	*network
	bids  [][]bid // per rep, a heap: the lowest first
	left  []int32 // per row: units that have no place
	queue []int32 // rows with units left
	step  int64
	reach int64 // the most that a bid raises a price by, plus the step: the range of all scores

	patience int // bids per row until the step is doubled; 0: it is not
}

// bid is what some units of a row stay for: they leave when the price rises
// above key.
type bid struct {
	key   int64
	row   int32
	units int32
}

func newAuction(n *network) *auction {
	n.refreshAll()
	a := &auction{network: n, bids: make([][]bid, n.reps), left: make([]int32, len(n.units)), queue: make([]int32, 0, len(n.units))}
	rest := n.members[n.none][:0]
	for _, h := range n.members[n.none] {
		if h.units > math.MaxInt32 {
			rest = append(rest, h) // the search moves any number at once
			continue
		}
		a.left[h.row] = int32(h.units)
		a.queue = append(a.queue, h.row)
	}
	n.members[n.none] = rest
	return a
}

// run holds one auction per step, from coarse to fine. What it has found when
// the context ends is in the network, and the rest is pending.
func (a *auction) run(ctx context.Context, progress func(Progress)) error {
	a.step, a.patience = a.firstStep(), patience
	for {
		if err := a.clear(ctx); err != nil {
			for _, row := range a.queue {
				a.stall(row)
			}
			a.close()
			return err
		}
		if progress != nil {
			progress(Progress{Stage: "auction", Pending: int64(len(a.queue)), Step: a.step})
		}
		if a.step == 0 {
			break
		}
		a.reopen(a.nextStep())
	}
	a.close()
	return nil
}

const (
	stepRatio = 4    // each step is so many times the next
	startRank = 1000 // the first step is this part of the range of scores

	patience      = 16 // bids per row in the first auction before its step is doubled
	morePatience  = 8  // and before it is doubled again
	afterWarRatio = 16 // such a step is so many times the next
)

// firstStep is small: rows that bid from price 0 in small steps find prices
// from below, whereas what a large step bids too much has to be taken back.
func (a *auction) firstStep() int64 {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for row := range a.cand {
		c := &a.cand[row]
		if c.node[1] != a.none {
			low, high = min(low, c.score[1]), max(high, c.score[1])
		}
	}
	a.reach = max(0, high-low)
	return max(1, a.reach/startRank)
}

// nextStep returns the step of the next auction. After a price war, prices are
// lowered by about what large steps may have bid too much, so that the next
// auction, with a much smaller step, finds them from below.
func (a *auction) nextStep() int64 {
	war := a.patience > patience
	a.patience = 0
	switch {
	case war:
		a.lower(2 * a.step)
		return max(1, a.step/afterWarRatio)
	case a.step > 1:
		return max(1, a.step/stepRatio)
	}
	return 0
}

// lower lowers all prices, to 0 at the lowest.
func (a *auction) lower(by int64) {
	a.dropped += by
	for r := range a.ground {
		a.price[r] = max(0, a.price[r]-by)
	}
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
// again and again, the first auction loses patience and doubles the step.
func (a *auction) clear(ctx context.Context) error {
	rows := len(a.left) + 64
	limit := bidsPerRow * rows
	if a.total > int64(limit) {
		limit = bidsIfMany * rows
	}
	for n := 0; len(a.queue) > 0; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n == a.patience*rows && n > 0 && 2*a.step <= a.reach/stepRatio {
			a.step *= 2
			a.patience += morePatience
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
	k, gain, second := a.twoBest(row)
	c := &a.cand[row]
	to, score := c.node[k], c.score[k]
	switch {
	case to == a.none:
		a.give(a.none, row, 0)
	case to == a.ground:
		a.give(a.ground, row, score)
	default:
		a.place(to, score-max(second, gain-a.reach)+a.step, row)
	}
}

// give places a row's units where there is room for all.
func (a *auction) give(to, row int32, score int64) {
	a.members[to] = append(a.members[to], holding{score: score, units: int64(a.left[row]), row: row})
	a.left[row] = 0
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
// held at less than key.
func (a *auction) place(rep int32, key int64, row int32) {
	room := a.max[rep] - a.load[rep]
	heap := a.bids[rep]
	left := a.left[row]
	units := int32(min(int64(left), room))
	for units < left && len(heap) > 0 && heap[0].key < key {
		low := &heap[0]
		out := min(low.units, left-units)
		units += out
		a.load[rep] -= int64(out)
		a.evict(low.row, out)
		if low.units -= out; low.units == 0 {
			heap = popBid(heap)
		}
	}
	if units > 0 {
		heap = pushBid(heap, bid{key: key, row: row, units: units})
		a.load[rep] += int64(units)
		a.left[row] -= units
	}
	a.bids[rep] = heap
	if a.load[rep] == a.max[rep] && len(heap) > 0 {
		a.price[rep] = max(a.price[rep], heap[0].key)
	}
	if a.left[row] == 0 {
		return
	}
	if units == 0 {
		a.stall(row)
	} else {
		a.queue = append(a.queue, row)
	}
}

// stall sets a row aside that can outbid nobody.
func (a *auction) stall(row int32) {
	a.give(a.none, row, 0)
}

func (a *auction) evict(row, units int32) {
	if a.left[row] == 0 {
		a.queue = append(a.queue, row)
	}
	a.left[row] += units
}

// reopen begins an auction with another step. Prices stay; who gains more
// than step less than elsewhere leaves, and the others stay for no more than
// the step now asks.
func (a *auction) reopen(step int64) {
	a.step = step
	for node := a.ground; node <= a.none; node++ {
		rest := a.members[node][:0]
		for _, h := range a.members[node] {
			if h.units > math.MaxInt32 {
				rest = append(rest, h)
				continue
			}
			a.evict(h.row, int32(h.units))
		}
		a.members[node] = rest
	}
	for r := range a.ground {
		kept := a.bids[r][:0]
		for _, b := range a.bids[r] {
			if key, ok := a.stays(b.row, r); ok {
				b.key = key
				kept = append(kept, b)
			} else {
				a.load[r] -= int64(b.units)
				a.evict(b.row, b.units)
			}
		}
		heapBids(kept)
		a.bids[r] = kept
		if a.load[r] == a.max[r] && len(kept) > 0 {
			a.price[r] = max(a.price[r], kept[0].key)
		}
	}
}

// stays returns up to which price a row stays with a rep, and whether it does
// at his present one.
func (a *auction) stays(row, rep int32) (key int64, ok bool) {
	k, gain, second := a.twoBest(row)
	c := &a.cand[row]
	if c.node[k] == rep {
		return c.score[k] - max(second, gain-a.reach) + a.step, true
	}
	score := a.scoreAt(row, rep)
	return score - gain + a.step, score-a.price[rep] >= gain-a.step
}

// close turns what bids hold into holdings.
func (a *auction) close() {
	for r := range a.ground {
		a.members[r] = make([]holding, len(a.bids[r]))
		for i, b := range a.bids[r] {
			a.members[r][i] = holding{score: a.scoreAt(b.row, r), units: int64(b.units), row: b.row}
		}
	}
}

package solve

import (
	"math"
	"math/bits"
)

// slots is the number of candidates that are kept per row, the ground first.
const slots = 9

// candidates are the nodes at which a row gained most when last looked at, so
// that most looks at a row cost no look at all its pairs. Prices only rise, so
// no node outside the list gains the row more than bound; where prices are
// lowered all the same, network.dropped says by how much.
type candidates struct {
	bound int64 // of score − price + dropped outside the list
	score [slots]int64
	node  [slots]int32
}

// beyond bounds what a row may gain at a node that is not on its list.
func (n *network) beyond(row int32) int64 { return n.cand[row].bound + n.dropped }

// unlisted is the bound of a row whose candidates are not known: any look at
// them lists them.
const unlisted = 1 << 61

// refresh looks at all pairs of a row and lists the best anew.
func (n *network) refresh(row int32) {
	c := &n.cand[row]
	reps, scores := n.row(row)
	near, rest := n.nearest(c, reps, scores)
	c.node[0], c.score[0] = n.ground, n.outside[row]
	if n.outside[row] == Never {
		c.node[0], c.score[0] = n.none, 0
	}
	if len(near) < slots {
		c.setAll(near, reps, scores, n.none)
	} else {
		rest = n.setBest(c, row, near, reps, scores)
	}
	c.bound = rest - n.dropped
}

// setAll lists the pairs at some positions, which are fewer than there are slots.
func (c *candidates) setAll(near, reps []int32, scores []int64, none int32) {
	for k := 1; k < slots; k++ {
		c.node[k], c.score[k] = none, 0
		if k <= len(near) {
			i := near[k-1]
			c.node[k], c.score[k] = reps[i], scores[i]
		}
	}
}

// setBest lists the best of the pairs at some positions, and returns what none of
// the others gains more than. Where to begin differs from row to row, so that rows
// with many equals do not all list the same.
func (n *network) setBest(c *candidates, row int32, near, reps []int32, scores []int64) int64 {
	var gain [slots]int64
	for k := 1; k < slots; k++ {
		gain[k] = minusInfinity
	}
	at := int(uint64(uint32(row)*0x9e3779b9) * uint64(len(near)) >> 32)
	for range near {
		i := near[at]
		if at++; at == len(near) {
			at = 0
		}
		g := scores[i] - n.price[reps[i]]
		if g <= gain[slots-1] {
			continue
		}
		k := slots - 1
		for ; k > 1 && gain[k-1] < g; k-- {
			gain[k], c.score[k], c.node[k] = gain[k-1], c.score[k-1], c.node[k-1]
		}
		gain[k], c.score[k], c.node[k] = g, scores[i], reps[i]
	}
	return gain[slots-1]
}

// nearest returns the positions of few pairs that gain the row most, but not too
// few, and what none of the others gains more than. To sort out few is quick, and
// two looks at all pairs for it are quicker than to sort all in one. What the pairs
// listed before gain now tells what few gain; where none were, few are sought as
// far below the best as they were found among other rows.
func (n *network) nearest(c *candidates, reps []int32, scores []int64) (near []int32, rest int64) {
	if len(reps) < slots {
		return n.gaining(minusInfinity, reps, scores), minusInfinity
	}
	if c.node[slots-1] != n.none {
		least := int64(math.MaxInt64)
		for k := 1; k < slots; k++ {
			least = min(least, c.score[k]-n.price[c.node[k]])
		}
		if near = n.gaining(least, reps, scores); len(near) >= fewest {
			return near, least - 1
		}
	}
	low, high := n.extremes(reps, scores)
	least := high - n.listDepth.of(uint64(high-low), len(reps))
	near = n.gaining(least, reps, scores)
	n.listDepth.learn(len(near))
	if len(near) < fewest {
		return n.gaining(low, reps, scores), low
	}
	return near, least - 1
}

// depth says how far below the best of n pairs a row's candidates are: so many
// n-ths of the range that they are spread over, times depthUnit. They were as many
// as slots if all were spread evenly.
type depth uint64

const (
	depthUnit = 256
	fewest    = slots / 2 // so few candidates would do
)

func (d depth) of(spread uint64, pairs int) int64 {
	parts := uint64(pairs) * depthUnit
	high, low := bits.Mul64(spread, min(uint64(d), parts))
	within, _ := bits.Div64(high, low, parts)
	return int64(within)
}

// learn moves on to where about half of the rows find more than there are slots.
func (d *depth) learn(found int) {
	if found < slots {
		*d += *d/64 + 1
	} else {
		*d -= *d / 64
	}
}

// extremes returns the least and the most that a row gains at any rep.
func (n *network) extremes(reps []int32, scores []int64) (low, high int64) {
	low, high = math.MaxInt64, math.MinInt64
	price := n.price
	scores = scores[:len(reps)]
	for i, r := range reps {
		g := scores[i] - price[r]
		low, high = min(low, g), max(high, g)
	}
	return low, high
}

// gaining returns the positions of the pairs that gain the row at least so much.
func (n *network) gaining(least int64, reps []int32, scores []int64) []int32 {
	list, price := n.positions[:len(reps)], n.price
	scores = scores[:len(reps)]
	k := 0
	for i, r := range reps {
		list[k] = int32(i)
		if scores[i]-price[r] >= least {
			k++
		}
	}
	return list[:k]
}

// best returns the most that a row gains anywhere, and where.
func (n *network) best(row int32) (gain int64, node int32) {
	gain, node = n.bestListed(row)
	if gain < n.beyond(row) {
		n.refresh(row)
		gain, node = n.bestListed(row)
	}
	return gain, node
}

func (n *network) bestListed(row int32) (gain int64, node int32) {
	c := &n.cand[row]
	gain = minusInfinity
	for k, v := range c.node {
		if g := c.score[k] - n.price[v]; g > gain {
			gain, node = g, v
		}
	}
	return gain, node
}

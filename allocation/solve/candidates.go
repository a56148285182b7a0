package solve

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

// refresh looks at all pairs of a row and lists the best anew. Where to begin
// differs from row to row, so that rows with many equals do not all list the same.
func (n *network) refresh(row int32) {
	c := &n.cand[row]
	c.node[0], c.score[0] = n.ground, n.outside[row]
	if n.outside[row] == Never {
		c.node[0], c.score[0] = n.none, 0
	}
	var gain [slots]int64
	for k := 1; k < slots; k++ {
		c.node[k], c.score[k], gain[k] = n.none, 0, minusInfinity
	}
	reps, scores := n.row(row)
	middle := int(uint64(uint32(row)*0x9e3779b9) * uint64(len(reps)) >> 32)
	n.list(c, &gain, reps[middle:], scores[middle:])
	n.list(c, &gain, reps[:middle], scores[:middle])
	c.bound = gain[slots-1] - n.dropped
}

// list puts what gains more than the last of the list on it.
func (n *network) list(c *candidates, gain *[slots]int64, reps []int32, scores []int64) {
	last := gain[slots-1]
	scores = scores[:len(reps)]
	price := n.price
	for i, r := range reps {
		g := scores[i] - price[r]
		if g <= last {
			continue
		}
		k := slots - 1
		for ; k > 1 && gain[k-1] < g; k-- {
			gain[k], c.score[k], c.node[k] = gain[k-1], c.score[k-1], c.node[k-1]
		}
		gain[k], c.score[k], c.node[k] = g, scores[i], r
		last = gain[slots-1]
	}
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

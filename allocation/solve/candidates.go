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

// refresh looks at all pairs of a row and lists the best anew. Among equals the
// lower rep comes first.
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
	bound := int64(minusInfinity)
	reps, scores := n.row(row)
	for i, r := range reps {
		g := scores[i] - n.price[r]
		if g <= gain[slots-1] {
			bound = max(bound, g)
			continue
		}
		bound = max(bound, gain[slots-1])
		k := slots - 1
		for ; k > 1 && gain[k-1] < g; k-- {
			gain[k], c.score[k], c.node[k] = gain[k-1], c.score[k-1], c.node[k-1]
		}
		gain[k], c.score[k], c.node[k] = g, scores[i], r
	}
	c.bound = bound - n.dropped
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

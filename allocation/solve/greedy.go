package solve

// placeByRoom puts every row where most room is left of all places where it
// gains most at the present prices. What that leaves pending, because others took
// all of its places who had a choice, the search finds one.
func (n *network) placeByRoom() {
	for row, units := range n.units {
		if units == 0 {
			continue
		}
		to, h := n.none, holding{key: minusInfinity, units: units, row: int32(row)}
		if roomiest, score, room := n.roomiest(int32(row)); room >= units {
			to, h.key, h.score = roomiest, n.price[roomiest], score
		}
		n.put(to, h)
	}
}

// roomiest returns where most room is left of all places where a row gains
// most, its score there, and how much room there is.
func (n *network) roomiest(row int32) (to int32, score, room int64) {
	gain, _ := n.best(row)
	if n.outside[row]-n.price[n.ground] == gain {
		to, score, room = n.ground, n.outside[row], n.total
	}
	consider := func(r int32, s int64) {
		if free := n.max[r] - n.load[r]; free > room && s-n.price[r] == gain {
			to, score, room = r, s, free
		}
	}
	c := &n.cand[row]
	if n.beyond(row) < gain {
		for k, r := range c.node[1:] {
			if r != n.none {
				consider(r, c.score[k+1])
			}
		}
		return to, score, room
	}
	reps, scores := n.row(row)
	for k, r := range reps {
		consider(r, scores[k])
	}
	return to, score, room
}

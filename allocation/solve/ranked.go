package solve

import (
	"cmp"
	"slices"
)

// ranking is a problem in which every customer puts the reps into the same
// order by the same differences: a score is what the customer is worth plus
// what the rep is worth. Then prices are known but for one number, and with
// them every customer is indifferent between the reps he may go to. An auction
// among so many who are indifferent would raise bids by the smallest steps
// only, while the search has one question left to answer, who goes where.
type ranking struct {
	*network
	// Reps whose difference is known form trees: parent is a rep in the same
	// tree, and above how much more the rep is worth than his parent.
	parent []int32
	above  []int64
}

// placeRanked finds a first allocation and prices near the optimal ones if the
// problem is a ranking, and reports whether it is.
func placeRanked(n *network) bool {
	k, ok := rank(n)
	if !ok || !k.setPrices() {
		return false
	}
	k.placeByRoom()
	return true
}

// rank looks for a ranking. Where there is none, a few customers show it.
func rank(n *network) (*ranking, bool) {
	k := &ranking{network: n, parent: make([]int32, n.reps), above: make([]int64, n.reps)}
	for r := range k.parent {
		k.parent[r] = int32(r)
	}
	for row := range n.units {
		reps, scores := n.row(int32(row))
		if len(reps) == 0 {
			continue
		}
		root, base := k.root(reps[0])
		base = scores[0] - base // what the customer is worth, if the root is worth nothing
		for i, r := range reps[1:] {
			other, worth := k.root(r)
			switch difference := scores[i+1] - base - worth; {
			case other != root:
				k.parent[other], k.above[other] = root, difference
			case difference != 0:
				return nil, false
			}
		}
	}
	return k, k.connected()
}

// root returns the root of a rep's tree and how much more the rep is worth.
func (k *ranking) root(rep int32) (root int32, worth int64) {
	p := k.parent[rep]
	if p == rep {
		return rep, 0
	}
	if k.parent[p] != p {
		up, more := k.root(p)
		k.parent[rep], p = up, up
		k.above[rep] += more
	}
	return p, k.above[rep]
}

// connected reports whether the differences between all reps are known.
func (k *ranking) connected() bool {
	trees := 0
	for r := range k.parent {
		if root, _ := k.root(int32(r)); root == int32(r) {
			trees++
		}
	}
	return trees == 1
}

// setPrices sets the price of every rep to what he is worth above a threshold.
// It is the lowest one at which there are customers enough, who gain there, for
// the reps who are worth more. It reports false if prices were too high.
func (k *ranking) setPrices() bool {
	rooms := k.rooms()
	demand, forced := k.demand()
	low, high := rooms[len(rooms)-1].worth, rooms[0].worth
	if len(demand) > 0 {
		low = min(low, -demand[0].worth)
	}
	for low < high {
		threshold := low + (high-low)/2
		if above(rooms, threshold) <= forced+above(demand, -threshold) {
			high = threshold
		} else {
			low = threshold + 1
		}
	}
	if rooms[0].worth-low > tooDear {
		return false
	}
	for r := range k.ground {
		_, worth := k.root(r)
		k.price[r] = max(0, worth-low)
	}
	return true
}

// quantity is a number of units, of customers or of places, that are worth
// the same.
type quantity struct{ worth, units int64 }

// above adds up the units that are worth more than a threshold, from a list
// with the running sums of descending worth.
func above(sums []quantity, threshold int64) int64 {
	i, _ := slices.BinarySearchFunc(sums, threshold, func(q quantity, t int64) int {
		if q.worth > t {
			return -1
		}
		return 1
	})
	if i == 0 {
		return 0
	}
	return sums[i-1].units
}

func running(list []quantity) []quantity {
	slices.SortFunc(list, func(a, b quantity) int {
		return cmp.Compare(b.worth, a.worth)
	})
	for i := 1; i < len(list); i++ {
		list[i].units += list[i-1].units
	}
	return list
}

// rooms returns the reps' places.
func (k *ranking) rooms() []quantity {
	var sums []quantity
	for r := range k.ground {
		_, worth := k.root(r)
		sums = append(sums, quantity{worth, min(k.max[r], k.total)})
	}
	return running(sums)
}

// demand returns the customers by what they are worth above staying
// unassigned, and how many units must be assigned. They gain where a rep's
// worth, less his price, is above the negative of that.
func (k *ranking) demand() (sums []quantity, forced int64) {
	sums = make([]quantity, 0, len(k.units))
	for row, units := range k.units {
		reps, scores := k.row(int32(row))
		switch {
		case len(reps) == 0 || units == 0:
		case k.outside[row] == Never:
			forced += units
		default:
			_, worth := k.root(reps[0])
			sums = append(sums, quantity{scores[0] - worth - k.outside[row], units})
		}
	}
	return running(sums), forced
}

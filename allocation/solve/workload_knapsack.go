package solve

import (
	"cmp"
	"slices"
)

// knapsack finds the best that a capacity can hold. Who gains most for his
// effort goes in first; by what is left over when the next one does not fit, only
// some around him remain in doubt (the core), and only among them is it tried
// what fits best. (D. Pisinger, "An expanding-core algorithm for the exact 0–1
// knapsack problem", European Journal of Operational Research 87, 1995.)
type knapsack struct {
	capacity int64
	grid     int64 // efforts are rounded down to multiples of it, which can only raise the result
	always   []int32
	sum      int64
	items    []knapsackItem
	sure     []knapsackItem // who are in, whatever fits
	core     []knapsackItem // who are in doubt
	value    []int64        // by effort used
	taken    []uint64       // by item, a bit for each effort
	in       []int32        // what the last solve took
	work     int64          // cells looked at
}

type knapsackItem struct {
	id           int32
	gain, effort int64
	ratio        float64
}

const (
	// mostCells is the largest capacity, in steps of the grid, of a knapsack.
	mostCells = 1 << 12
	// firstCore is how many are in doubt at first.
	firstCore = 16
	// sortWork is what an item costs in sorting, in cells.
	sortWork = 20
)

// gridOf is the step to which efforts are rounded for a capacity.
func gridOf(capacity int64) int64 { return 1 + capacity/mostCells }

func (k *knapsack) reset(capacity int64) {
	k.grid = gridOf(capacity)
	k.capacity = capacity / k.grid
	k.always, k.items, k.sum = k.always[:0], k.items[:0], 0
}

// add offers something with a gain above 0.
func (k *knapsack) add(id int32, gain, effort int64) {
	switch effort /= k.grid; {
	case effort == 0:
		k.always = append(k.always, id)
		k.sum += gain
	case effort <= k.capacity:
		k.items = append(k.items, knapsackItem{id, gain, effort, float64(gain) / float64(effort)})
	}
}

// solve returns the largest gain; in is then what gives it.
func (k *knapsack) solve() int64 {
	k.work += sortWork * int64(len(k.items))
	slices.SortFunc(k.items, func(a, b knapsackItem) int {
		if a.ratio != b.ratio {
			return cmp.Compare(b.ratio, a.ratio)
		}
		return int(a.id) - int(b.id)
	})
	at, room, gain := 0, k.capacity, int64(0) // who goes in before the first that does not fit
	for ; at < len(k.items) && k.items[at].effort <= room; at++ {
		room -= k.items[at].effort
		gain += k.items[at].gain
	}
	from := max(0, at-firstCore/2)
	to := min(len(k.items), at+firstCore/2)
	best := k.fit(k.items[:from], k.items[from:to])
	if from == 0 && to == len(k.items) {
		return k.sum + best
	}
	ratio := 0.0
	if at < len(k.items) {
		ratio = k.items[at].ratio
	}
	most := float64(gain) + float64(ratio*float64(room))
	slack := most - float64(best) + float64(1e-12*most)
	if slack < 1 {
		return k.sum + best
	}
	k.doubt(ratio, slack)
	return k.sum + k.fit(k.sure, k.core)
}

// doubt divides the items into those who are sure to be in, those in doubt, and
// those out: taking one out, or in, costs at least what its gain differs from
// its effort at the ratio, and more than slack is too much.
func (k *knapsack) doubt(ratio, slack float64) {
	k.sure, k.core = k.sure[:0], k.core[:0]
	for i := range k.items {
		x := &k.items[i]
		switch loss := float64(x.gain) - float64(ratio*float64(x.effort)); {
		case loss > slack:
			k.sure = append(k.sure, *x)
		case loss >= -slack:
			k.core = append(k.core, *x)
		}
	}
}

// fit takes who is sure, and of the others those who fit best.
func (k *knapsack) fit(sure, core []knapsackItem) int64 {
	k.in = append(k.in[:0], k.always...)
	room, sum := k.capacity, int64(0)
	for i := range sure {
		room -= sure[i].effort
		sum += sure[i].gain
		k.in = append(k.in, sure[i].id)
	}
	all := int64(0)
	for i := range core {
		all += core[i].effort
	}
	room = min(room, all)
	words := int(room/64) + 1
	k.value = append(k.value[:0], make([]int64, room+1)...)
	k.taken = append(k.taken[:0], make([]uint64, words*len(core))...)
	k.work += int64(len(core)) * (room + 1)
	for n := range core {
		effort, gain := int(core[n].effort), core[n].gain
		if int64(effort) > room {
			continue
		}
		taken := k.taken[n*words : (n+1)*words]
		to := k.value[effort:]
		from := k.value[:len(to)]
		for used := len(from) - 1; used >= 0; used-- {
			if v := from[used] + gain; v > to[used] {
				to[used] = v
				taken[uint(used+effort)/64] |= 1 << (uint(used+effort) % 64)
			}
		}
	}
	left := room
	for n := len(core) - 1; n >= 0; n-- {
		if k.taken[n*words+int(left/64)]>>(left%64)&1 != 0 {
			k.in = append(k.in, core[n].id)
			left -= core[n].effort
		}
	}
	return sum + k.value[room]
}

package rotation

import (
	"fmt"
	"math/bits"
)

// MinLoad gives each customer to the member with the least load for his weight
// (Adams' order), everybody always eligible. With values that are the same for
// everybody it is weighted envy-free up to one item (WEF1) after every customer:
// load_i/w_i ≥ (load_j - j's largest customer)/w_j for all i and j
// (Chakraborty, Igarashi, Suksompong and Zick, "Weighted envy-freeness in
// indivisible item allocation", 2021).
//
// It levels totals and is no rotation: with unequal weights a member can be
// nearly n/2 customers behind his share, because everybody gets one before
// anybody gets two. Not safe for concurrent use.
type MinLoad struct {
	members []Member
	place   []int32
	load    []int64
	least   minHeap[int]
}

// NewMinLoad starts with no load; the order of the roster does not matter, ties
// go to the larger weight and then by ID. Errors are those of [NewTijdeman].
func NewMinLoad(roster []Member) (*MinLoad, error) {
	place, err := byMemberID(roster)
	if err != nil {
		return nil, err
	}
	m := &MinLoad{members: append([]Member(nil), roster...), place: place, load: make([]int64, len(roster))}
	m.least.less = m.less
	for i := range roster {
		m.least.push(i)
	}
	return m, nil
}

// Next gives a customer of the size (1..MaxSize) and returns the member's index in
// the roster. Errors wrap ErrSize, or ErrFull when a load would pass 2^62.
// Cost: O(log n).
func (m *MinLoad) Next(size int64) (int, error) {
	if size < 1 || size > MaxSize {
		return -1, fmt.Errorf("rotation: %w: %d is not within 1..%d", ErrSize, size, int64(MaxSize))
	}
	i := m.least.items[0]
	if m.load[i] > 1<<62-size {
		return -1, fmt.Errorf("rotation: %w: the load of %q is %d", ErrFull, m.members[i].ID, m.load[i])
	}
	m.load[i] += size
	m.least.sink()
	return i, nil
}

// Load is the total size that member i of the roster was given.
func (m *MinLoad) Load(i int) int64 { return m.load[i] }

func (m *MinLoad) less(a, b int) bool {
	aHi, aLo := bits.Mul64(uint64(m.load[a]), uint64(m.members[b].Weight))
	bHi, bLo := bits.Mul64(uint64(m.load[b]), uint64(m.members[a].Weight))
	switch {
	case aHi != bHi:
		return aHi < bHi
	case aLo != bLo:
		return aLo < bLo
	case m.members[a].Weight != m.members[b].Weight:
		return m.members[a].Weight > m.members[b].Weight
	}
	return m.place[a] < m.place[b]
}

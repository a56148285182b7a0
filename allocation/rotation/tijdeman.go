package rotation

import (
	"fmt"
	"math/bits"
)

// Member is one rep of a fixed roster.
type Member struct {
	ID     string // decides ties, lowest first; unique
	Weight int64  // 1..MaxWeight
}

// Tijdeman is the chairman assignment for a fixed roster with fixed weights: the
// same turns as rule Deadline with everybody present, in O(log n) each. After any
// number of turns no member is more than 1 - 1/(2n-2) turns from his share, the
// least that any rule can promise (R. Tijdeman, "The chairman assignment
// problem", Discrete Mathematics 32, 1980).
//
// Member i may take his turn number g+1 once his share has come to g + 1/K turns
// and must before it passes g + 1 - 1/K, with K = 2n-2; of those who may, the one
// who must first goes. Weights are exact integers and the sequence repeats after
// W = Σ weight/gcd turns, so nothing ever grows: with g ≤ weight < 2^40,
// K < 2^21 and W < 2^60 every product is below 2^122.
//
// Not safe for concurrent use.
type Tijdeman struct {
	members []Member
	weight  []int64 // divided by their greatest common divisor
	place   []int32 // by ID
	given   []int64 // turns in this period
	total   uint64  // W, the period
	k       uint64
	turn    uint64 // turns in this period
	waiting minHeap[released]
	ready   minHeap[int]
}

// NewTijdeman starts the sequence for a roster of 1 to MaxAccounts members; its
// order does not matter, ties go by ID. Errors wrap ErrWeight, ErrTwice,
// ErrNobody or ErrFull. Cost: O(n·log n).
func NewTijdeman(roster []Member) (*Tijdeman, error) {
	place, err := byMemberID(roster)
	if err != nil {
		return nil, err
	}
	t := &Tijdeman{members: append([]Member(nil), roster...), place: place, k: uint64(max(2, 2*len(roster)-2))}
	var common int64
	for _, m := range roster {
		common = gcd(common, m.Weight)
	}
	for _, m := range roster {
		t.weight = append(t.weight, m.Weight/common)
		t.total += uint64(m.Weight / common)
	}
	t.given = make([]int64, len(roster))
	t.waiting.less = func(a, b released) bool { return a.at < b.at }
	t.ready.less = t.due
	t.restart()
	return t, nil
}

func (t *Tijdeman) restart() {
	t.turn = 0
	clear(t.given)
	t.ready.items, t.waiting.items = t.ready.items[:0], t.waiting.items[:0]
	for i := range t.members {
		t.waiting.push(released{t.release(i), i})
	}
}

// release is the first turn in which member i may have his next: the least t with
// t·w/W ≥ g + 1/K.
func (t *Tijdeman) release(i int) uint64 {
	hi, lo := bits.Mul64(t.k*uint64(t.given[i])+1, t.total)
	d := t.k * uint64(t.weight[i])
	lo, carry := bits.Add64(lo, d-1, 0)
	q, _ := bits.Div64(hi+carry, lo, d)
	return q
}

// Next is the index, in the roster given, of the member whose turn it is.
// Cost: O(log n) on average over a period.
func (t *Tijdeman) Next() int {
	if t.turn == t.total {
		t.restart()
	}
	t.turn++
	for len(t.waiting.items) > 0 && t.waiting.items[0].at <= t.turn {
		t.ready.push(t.waiting.pop().who)
	}
	// Tijdeman's theorem: somebody is ready in every turn.
	i := t.ready.pop()
	t.given[i]++
	t.waiting.push(released{t.release(i), i})
	return i
}

// Period is the number of turns after which the sequence repeats and everybody
// has exactly his share.
func (t *Tijdeman) Period() uint64 { return t.total }

// Credit is share minus turns of member i, as a fraction num/den of one turn.
func (t *Tijdeman) Credit(i int) (num Credit, den uint64) {
	owed := Credit{0, t.turn}.mulSmall(uint64(t.weight[i]))
	return owed.sub(Credit{0, t.total}.mulSmall(uint64(t.given[i]))), t.total
}

// released is when a member may have his next turn.
type released struct {
	at  uint64
	who int
}

// due orders two members who are ready, by deadline (K·(g+1)-1)/w, then by ID.
func (t *Tijdeman) due(a, b int) bool {
	aHi, aLo := bits.Mul64(t.k*uint64(t.given[a]+1)-1, uint64(t.weight[b]))
	bHi, bLo := bits.Mul64(t.k*uint64(t.given[b]+1)-1, uint64(t.weight[a]))
	if aHi != bHi || aLo != bLo {
		return aHi < bHi || aHi == bHi && aLo < bLo
	}
	return t.place[a] < t.place[b]
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// byMemberID checks a roster and gives each member's position in the order of IDs.
func byMemberID(roster []Member) ([]int32, error) {
	if len(roster) == 0 {
		return nil, fmt.Errorf("rotation: %w: the roster is empty", ErrNobody)
	}
	l := New()
	for i, m := range roster {
		if m.Weight < 1 || m.Weight > MaxWeight {
			return nil, fmt.Errorf("rotation: member %d (%q): %w: %d is not within 1..%d", i, m.ID, ErrWeight, m.Weight, int64(MaxWeight))
		}
		switch a := l.Open(m.ID); {
		case a < 0:
			return nil, fmt.Errorf("rotation: %w: %d members are more than %d", ErrFull, len(roster), MaxAccounts)
		case int(a) != i:
			return nil, fmt.Errorf("rotation: member %d: %w: %q", i, ErrTwice, m.ID)
		}
	}
	l.arrange()
	return l.place, nil
}

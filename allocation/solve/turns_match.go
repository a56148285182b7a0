package solve

import (
	"context"
	"fmt"
	"math"
)

// none says that a turn has no customer, or a customer no turn.
const none = -1

// turnMatch gives customers to turns, one each.
type turnMatch struct {
	*turns
	turnOf []int32 // per customer
	taker  []int32 // per turn: the customer it takes
	open   int     // customers without a turn who must have one

	level []int32 // per turn: how many changes it is away from an empty one
	next  []int   // per turn: the first of its customers not yet tried
	queue []int32
	path  []int32
}

func newTurnMatch(e *Entitlements, totals []uint64, t *turns) *turnMatch {
	m := &turnMatch{turns: t, turnOf: make([]int32, len(totals)), taker: make([]int32, len(t.rep)),
		level: make([]int32, len(t.rep)), next: make([]int, len(t.rep))}
	for i, total := range totals {
		m.turnOf[i] = none
		if total > 0 && e.units(i) > 0 {
			m.open++
		}
	}
	for j := range m.taker {
		m.taker[j] = none
	}
	return m
}

func (m *turnMatch) take(turn, customer int32) { m.turnOf[customer], m.taker[turn] = turn, customer }

// empty returns the turns without a customer that are owed, or those that are
// not.
func (m *turnMatch) empty(owed bool) (list []int32) {
	for j, c := range m.taker {
		if c == none && m.owed[j] == owed {
			list = append(list, int32(j))
		}
	}
	return list
}

// inOrder gives each customer, in order, to the turn with the earliest deadline
// among those owed and due. That leaves few turns empty.
func (m *turnMatch) inOrder(e *Entitlements) {
	now := make([]int32, e.Reps()) // per rep: the first turn neither taken nor missed
	copy(now, m.first)
	for i := range int32(e.Customers()) {
		best := int32(none)
		for k := e.Start[i]; k < e.Start[i+1]; k++ {
			r := e.Rep[k]
			for now[r] < m.first[r+1] && m.deadline(now[r]) < i {
				now[r]++
			}
			j := now[r]
			if j < m.first[r+1] && m.owed[j] && m.release(j) <= i && e.weight(k) > 0 && (best == none || m.deadline(j) < m.deadline(best)) {
				best = j
			}
		}
		if best != none && e.units(int(i)) > 0 {
			m.take(best, i)
			now[m.rep[best]]++
			m.open--
		}
	}
}

// fill finds customers for as many of the given turns as possible, while there
// are customers without one; turns that have a customer keep having one. It
// augments along shortest alternating paths, many at a time (Hopcroft and Karp).
func (m *turnMatch) fill(ctx context.Context, empty []int32, progress func(Progress)) error {
	for phase := 1; ; phase++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("solve: stopped with %d customers who have no turn: %w", m.open, err)
		}
		if progress != nil {
			progress(Progress{Stage: "sequence", Pending: int64(m.open), Phases: phase})
		}
		if len(empty) == 0 || m.open == 0 || !m.levels(empty) {
			return nil
		}
		still := empty[:0]
		for _, j := range empty {
			if !m.augment(j) {
				still = append(still, j)
			}
		}
		empty = still
	}
}

// levels finds how far every turn is from the nearest empty one, as far as the
// nearest customers without a turn. It reports whether there are any.
func (m *turnMatch) levels(empty []int32) bool {
	for j := range m.level {
		m.level[j] = none
	}
	copy(m.next, m.from)
	m.queue = append(m.queue[:0], empty...)
	for _, j := range empty {
		m.level[j] = 0
	}
	last := int32(math.MaxInt32) // the level from which an open customer is seen
	for at := 0; at < len(m.queue) && m.level[m.queue[at]] <= last; at++ {
		j := m.queue[at]
		for _, c := range m.customer[m.from[j]:m.to[j]] {
			switch holder := m.turnOf[c]; {
			case holder == none:
				last = m.level[j]
			case m.level[holder] == none && last == math.MaxInt32:
				m.level[holder] = m.level[j] + 1
				m.queue = append(m.queue, holder)
			}
		}
	}
	return last < math.MaxInt32
}

// augment finds a customer for an empty turn, if the others allow it that can
// be moved along the levels.
func (m *turnMatch) augment(empty int32) bool {
	path := append(m.path[:0], empty)
	defer func() { m.path = path }()
	for len(path) > 0 {
		j := path[len(path)-1]
		if m.next[j] == m.to[j] {
			if path = path[:len(path)-1]; len(path) > 0 {
				m.next[path[len(path)-1]]++
			}
			continue
		}
		switch holder := m.turnOf[m.customer[m.next[j]]]; {
		case holder == none:
			for _, j := range path {
				m.take(j, m.customer[m.next[j]])
			}
			m.open--
			return true
		case m.level[holder] == m.level[j]+1:
			path = append(path, holder)
		default:
			m.next[j]++
		}
	}
	return false
}

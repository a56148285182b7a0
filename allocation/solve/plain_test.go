package solve_test

import (
	"math"
	"slices"

	"github.com/evenhand/evenhand/allocation/solve"
)

// plain solves by successive shortest paths as textbooks have them, with
// potentials: customers of one unit come one by one, and Dijkstra's algorithm finds
// who has to move for each. Benchmarks measure Solve by it.
type plain struct {
	problem *solve.Problem
	room    []int64
	price   []int64
	held    [][]int // per rep, and for those who stay unassigned
	at      []int   // per customer
	dist    []int64 // scratch, per rep and for staying unassigned
	from    []int   // the customer who would move there
	done    []bool
}

// plainTotal returns the largest total.
func plainTotal(p *solve.Problem) (total int64) {
	n := p.Reps() + 1
	s := &plain{problem: p, room: append(slices.Clone(p.Max), math.MaxInt64), price: make([]int64, n), held: make([][]int, n),
		at: make([]int, p.Customers()), dist: make([]int64, n), from: make([]int, n), done: make([]bool, n)}
	for i := range s.at {
		s.add(i)
	}
	for i, r := range s.at {
		s.each(i, func(to int, score int64) {
			if to == r {
				total += score
			}
		})
	}
	return total
}

// each calls f with every place of a customer.
func (s *plain) each(i int, f func(rep int, score int64)) {
	for k := s.problem.Start[i]; k < s.problem.Start[i+1]; k++ {
		f(int(s.problem.Rep[k]), s.problem.Score[k])
	}
	f(s.problem.Reps(), 0)
}

func (s *plain) add(i int) {
	for r := range s.dist {
		s.dist[r], s.done[r] = math.MaxInt64, false
	}
	s.label(i, 0)
	for {
		r := s.nearest()
		if int64(len(s.held[r])) < s.room[r] {
			s.raise(s.dist[r])
			s.move(r, i)
			return
		}
		s.done[r] = true
		for _, j := range s.held[r] {
			s.label(j, s.dist[r])
		}
	}
}

// label labels where a customer may move who is where he gains most.
func (s *plain) label(i int, dist int64) {
	most := int64(math.MinInt64)
	s.each(i, func(r int, score int64) { most = max(most, score-s.price[r]) })
	s.each(i, func(r int, score int64) {
		if d := dist + most - score + s.price[r]; d < s.dist[r] {
			s.dist[r], s.from[r] = d, i
		}
	})
}

func (s *plain) nearest() int {
	best := len(s.dist) - 1
	for r, d := range s.dist {
		if !s.done[r] && d < s.dist[best] {
			best = r
		}
	}
	return best
}

func (s *plain) raise(limit int64) {
	for r := range s.price {
		if s.done[r] {
			s.price[r] += limit - s.dist[r]
		}
	}
}

// move has everybody on the way to a rep move, from the last back to the new one.
func (s *plain) move(to, i int) {
	for {
		j := s.from[to]
		s.held[to] = append(s.held[to], j)
		left := s.at[j]
		s.at[j] = to
		if j == i {
			return
		}
		k := slices.Index(s.held[left], j)
		s.held[left] = slices.Delete(s.held[left], k, k+1)
		to = left
	}
}

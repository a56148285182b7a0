package allocation

import "github.com/evenhand/evenhand/allocation/solve"

// leastPrices returns the lowest prices that prove an allocation optimal. They
// are what one more place of each rep would bring exactly, and they do not
// depend on which of several optimal allocations it is.
//
// A place of a rep is worth what somebody gains by coming to it, together with
// what the place is worth that he leaves: prices rise from 0 until that is so. In
// an optimal allocation no circle of moves gains anything, so that they stop.
// Cost: for each time that a rep's price rises, a look at the pairs of the
// customers who are with him.
func leastPrices(p *solve.Problem, rep []int32) []int64 {
	l := &prices{problem: p, rep: rep, price: make([]int64, p.Reps()), with: make([][]int32, p.Reps()), queued: make([]bool, p.Reps())}
	for i, r := range rep {
		if r < 0 {
			l.offer(i)
			continue
		}
		l.with[r] = append(l.with[r], int32(i))
		l.enqueue(r)
	}
	for len(l.queue) > 0 {
		r := l.queue[0]
		l.queue, l.queued[r] = l.queue[1:], false
		for _, i := range l.with[r] {
			l.offer(int(i))
		}
	}
	return l.price
}

type prices struct {
	problem *solve.Problem
	rep     []int32
	price   []int64
	with    [][]int32 // by rep: his customers
	queue   []int32   // reps whose customers look for other places at the present price
	queued  []bool
}

// offer raises the prices of places that are worth more to a customer than his.
func (l *prices) offer(i int) {
	p := l.problem
	net := p.Unassigned[i]
	for at := p.Start[i]; at < p.Start[i+1]; at++ {
		if p.Rep[at] == l.rep[i] {
			net = p.Score[at] - l.price[l.rep[i]]
		}
	}
	for at := p.Start[i]; at < p.Start[i+1]; at++ {
		if r := p.Rep[at]; r != l.rep[i] && p.Score[at]-net > l.price[r] {
			l.price[r] = p.Score[at] - net
			l.enqueue(r)
		}
	}
}

func (l *prices) enqueue(r int32) {
	if !l.queued[r] {
		l.queue, l.queued[r] = append(l.queue, r), true
	}
}

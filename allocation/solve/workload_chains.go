package solve

import (
	"math"
	"slices"
)

// chains is the local search: an allocation that may be over capacities, for
// which it pays penalties, and what is needed to change it quickly.
//
// Costs, prices and penalties are in 1/fine of a cost, as integers: a step is
// the same on every machine.
type chains struct {
	*tasks
	price   []int64 // of each rep's capacity
	penalty []int64 // for each unit over it
	highest int64   // a penalty may have

	near   [][]int32  // of each customer: his pairs, the cheapest with priced effort first, at most nearest
	suitor [][]suitor // of each rep: the customers who have him among their near ones
	at     []int32    // each customer's pair
	priced []int64    // his cost and priced effort there
	load   []int64    // of each rep
	with   [][]int32  // each rep's customers
	place  []int32    // of each customer in with
	cost   int64      // of the allocation, without penalties, in whole costs
	over   int64      // effort over capacities

	best     []int32
	bestCost int64 // math.MaxInt64 until there is one

	queue  []int32 // customers whose moves have to be looked at again
	queued []bool
	seen   []int32 // stamp of the chain a customer was last in
	stamp  int32
	chain  []int32 // customers and the pairs they would move to, in turn
	before []int32 // the allocation before a round
	random random
	work   int64 // done so far, in customers looked at
}

// suitor is a customer's pair with a rep, seen from the rep.
type suitor struct {
	priced, effort int64
	customer, pair int32
}

const (
	fine    = 1 << 10
	nearest = 10 // reps that a customer is moved to
	longest = 5  // customers that a chain moves besides its first
)

func newChains(t *tasks, price []float64, seed uint64) *chains {
	n, reps := t.customers(), len(t.capacity)
	s := &chains{
		tasks: t, price: make([]int64, reps), penalty: make([]int64, reps),
		near: make([][]int32, n), suitor: make([][]suitor, reps), at: make([]int32, n), priced: make([]int64, n),
		load: make([]int64, reps), with: make([][]int32, reps), place: make([]int32, n),
		bestCost: math.MaxInt64, queued: make([]bool, n), seen: make([]int32, n), random: newRandom(seed),
	}
	s.setPrices(price)
	for i := range int32(n) {
		pairs := make([]int32, 0, t.start[i+1]-t.start[i])
		for e := t.start[i]; e < t.start[i+1]; e++ {
			pairs = append(pairs, e)
		}
		slices.SortStableFunc(pairs, func(a, b int32) int {
			return int(min(1, max(-1, s.pricedAt(a)-s.pricedAt(b))))
		})
		s.near[i] = slices.Clip(pairs[:min(nearest, len(pairs))])
		for _, e := range s.near[i] {
			r := t.rep[e]
			s.suitor[r] = append(s.suitor[r], suitor{s.pricedAt(e), t.effort[e], i, e})
		}
	}
	return s
}

// setPrices turns prices into integers, and makes the first penalties of them:
// somewhat more than capacity is worth. No sum of what they multiply leaves 64
// bits.
func (s *chains) setPrices(price []float64) {
	all, mean := int64(1), 0.0
	for i := range s.customers() {
		all += slices.Max(s.effort[s.start[i]:s.start[i+1]])
	}
	s.highest = (1 << 60) / all
	reps := len(price) - 1
	for r := range reps {
		mean += price[r] / float64(reps)
	}
	for r := range reps {
		s.price[r] = int64(min(float64(fine*price[r]), float64(s.highest)))
		s.penalty[r] = int64(min(float64(fine*1.3*price[r])+float64(fine*0.5*mean)+fine/8, float64(s.highest)))
	}
}

func (s *chains) pricedAt(pair int32) int64 {
	return s.tasks.cost[pair]*fine + s.price[s.rep[pair]]*s.effort[pair]
}

// begin gives each customer to the rep where cost and priced effort are least,
// and improves that.
func (s *chains) begin() {
	for i := range s.near {
		s.put(int32(i), s.near[i][0])
		s.push(int32(i))
	}
	s.descend()
}

func (s *chains) found() bool { return s.bestCost != math.MaxInt64 }

// put gives a customer, who is nowhere, to the rep of a pair.
func (s *chains) put(customer, pair int32) {
	r := s.rep[pair]
	s.at[customer], s.priced[customer] = pair, s.pricedAt(pair)
	s.place[customer] = int32(len(s.with[r]))
	s.with[r] = append(s.with[r], customer)
	s.setLoad(r, s.load[r]+s.effort[pair])
	s.cost += s.tasks.cost[pair]
}

// take takes a customer away from where he is.
func (s *chains) take(customer int32) {
	pair := s.at[customer]
	r := s.rep[pair]
	with := s.with[r]
	last := with[len(with)-1]
	with[s.place[customer]], s.place[last] = last, s.place[customer]
	s.with[r] = with[:len(with)-1]
	s.setLoad(r, s.load[r]-s.effort[pair])
	s.cost -= s.tasks.cost[pair]
}

func (s *chains) move(customer, pair int32) {
	s.take(customer)
	s.put(customer, pair)
}

func (s *chains) setLoad(rep int32, load int64) {
	s.over += max(0, load-s.capacity[rep]) - max(0, s.load[rep]-s.capacity[rep])
	s.load[rep] = load
}

// pay is the penalty of a rep with a load.
func (s *chains) pay(rep int32, load int64) int64 {
	return s.penalty[rep] * max(0, load-s.capacity[rep])
}

// fined is the cost with penalties.
func (s *chains) fined() int64 {
	fined := s.cost * fine
	for r, load := range s.load {
		fined += s.pay(int32(r), load)
	}
	return fined
}

func (s *chains) push(customer int32) {
	if !s.queued[customer] {
		s.queued[customer] = true
		s.queue = append(s.queue, customer)
	}
}

// pushAll queues a rep's customers.
func (s *chains) pushAll(rep int32) {
	if int(rep) == len(s.with)-1 {
		return // nobody: there is always room
	}
	for _, customer := range s.with[rep] {
		s.push(customer)
	}
}

// descend improves until no customer in the queue has a move that does.
func (s *chains) descend() {
	for len(s.queue) > 0 {
		customer := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		s.queued[customer] = false
		for s.shift(customer) || s.eject(customer) {
			s.record()
		}
	}
	s.record()
}

// record keeps the allocation if it is the best within the capacities.
func (s *chains) record() {
	if s.over == 0 && s.cost < s.bestCost {
		s.bestCost = s.cost
		s.best = append(s.best[:0], s.at...)
	}
}

// leaving is what taking a customer away changes.
func (s *chains) leaving(customer int32) int64 {
	pair := s.at[customer]
	r := s.rep[pair]
	return s.pay(r, s.load[r]-s.effort[pair]) - s.pay(r, s.load[r]) - s.tasks.cost[pair]*fine
}

// joining is what a pair adds when its rep has a load.
func (s *chains) joining(pair int32, load int64) int64 {
	r := s.rep[pair]
	return s.pay(r, load+s.effort[pair]) - s.pay(r, load) + s.tasks.cost[pair]*fine
}

// shift moves a customer to the rep where that improves most.
func (s *chains) shift(customer int32) bool {
	from := s.rep[s.at[customer]]
	leaving := s.leaving(customer)
	best, to := int64(0), int32(-1)
	for _, pair := range s.near[customer] {
		if r := s.rep[pair]; r != from {
			if change := leaving + s.joining(pair, s.load[r]); change < best {
				best, to = change, pair
			}
		}
	}
	if to < 0 {
		return false
	}
	s.move(customer, to)
	s.push(customer)
	s.pushAll(from)
	s.pushAll(s.rep[to])
	return true
}

// eject looks for a chain: the customer leaves, another takes his place at his
// rep, a third that one's, and so on; in the end the first one goes where the
// last one left, or anywhere else. The first chain that improves is carried out.
func (s *chains) eject(customer int32) bool {
	s.stamp++
	s.seen[customer] = s.stamp
	s.chain = s.chain[:0]
	pair := s.at[customer]
	hole := s.rep[pair] // the rep with the place that was left, and his load
	load := s.load[hole] - s.effort[pair]
	change := s.leaving(customer)
	for len(s.chain) < longest {
		next := s.follower(hole, load, s.rep[pair])
		if next.pair < 0 {
			return false
		}
		s.seen[next.customer] = s.stamp
		change += s.joining(next.pair, load) + s.leaving(next.customer)
		s.chain = append(s.chain, next.customer, next.pair)
		left := s.at[next.customer]
		hole = s.rep[left]
		load = s.load[hole] - s.effort[left]
		if end, last := s.ending(customer, hole, load); change+end < 0 {
			s.carryOut(customer, last)
			return true
		}
	}
	return false
}

// follower is the customer who best fills the place that a rep has: by cost and
// priced effort, where the rep's own effort counts half, since his place is
// empty already. He comes from a rep whom the chain has not touched.
func (s *chains) follower(hole int32, load int64, first int32) suitor {
	room := s.capacity[hole] - load
	half, penalty := s.price[hole]/2, s.penalty[hole]
	best, least := suitor{pair: -1}, int64(math.MaxInt64)
	suitors := s.suitor[hole]
	s.work += int64(len(suitors))
	for i := range suitors {
		x := &suitors[i]
		c := x.priced - s.priced[x.customer] - half*x.effort
		if over := x.effort - room; over > 0 {
			c += penalty * min(over, x.effort)
		}
		if c >= least || s.seen[x.customer] == s.stamp {
			continue
		}
		if r := s.rep[s.at[x.customer]]; r == hole || r == first || s.inChain(r) {
			continue
		}
		best, least = *x, c
	}
	return best
}

// inChain reports whether a rep gives a customer up in the chain.
func (s *chains) inChain(rep int32) bool {
	for i := 0; i < len(s.chain); i += 2 {
		if s.rep[s.at[s.chain[i]]] == rep {
			return true
		}
	}
	return false
}

// ending is the best place for the chain's first customer: with the rep whom
// the last one leaves, who then has a load, or with one outside of the chain.
func (s *chains) ending(customer, hole int32, load int64) (change int64, pair int32) {
	change, pair = math.MaxInt64/2, -1
	if e := s.pair(customer, hole); e >= 0 {
		change, pair = s.joining(e, load), e
	}
	first := s.rep[s.at[customer]]
	for _, e := range s.near[customer] {
		if r := s.rep[e]; r != hole && r != first && !s.inChain(r) {
			if c := s.joining(e, s.load[r]); c < change {
				change, pair = c, e
			}
		}
	}
	return change, pair
}

func (s *chains) carryOut(customer, last int32) {
	s.pushAll(s.rep[s.at[customer]])
	for i := 0; i < len(s.chain); i += 2 {
		mover, pair := s.chain[i], s.chain[i+1]
		from := s.rep[s.at[mover]]
		s.move(mover, pair)
		s.push(mover)
		s.pushAll(from)
	}
	s.move(customer, last)
	s.push(customer)
	s.pushAll(s.rep[last])
}

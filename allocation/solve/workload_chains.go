package solve

import (
	"cmp"
	"math"
	"slices"
)

// chains is the local search: an allocation that may be over capacities, for
// which it pays penalties, and what is needed to change it quickly.
//
// What it makes small is the cost and the penalties. They are counted by the
// prices of the capacities: a customer's cost and priced effort, less the least
// that he could have; and for each rep what he has idle, at its price, or what
// he is over. That differs from the cost by a constant, and nearly all of it is
// 0 in a good allocation: few moves are worth a look.
//
// Costs, prices and penalties are in 1/fine of a cost, as integers: a step is
// the same on every machine.
type chains struct {
	*tasks
	desk    []desk
	highest int64 // a price or a penalty may be

	near   [][]suitor // of each customer: his pairs, the cheapest with priced effort first, at most nearest
	suitor [][]suitor // of each rep: the customers who have him among their near ones, the cheapest first
	seat   []seat
	with   [][]int32 // each rep's customers
	cost   int64     // of the allocation, without penalties, in whole costs
	over   int64     // effort over capacities

	*incumbent

	queue  []int32 // customers whose moves have to be looked at again
	queued []bool
	trail  []link // who was moved since the round began, and his pair before
	ejection
	hardening
	random random
	work   int64 // done so far, in customers looked at
}

// incumbent is the best allocation so far that keeps the capacities.
type incumbent struct {
	best     []int32 // pair of each customer
	bestCost int64   // math.MaxInt64 until there is one
}

func (b *incumbent) found() bool { return b.bestCost != math.MaxInt64 }

// desk is what the search knows of a rep.
type desk struct {
	load, capacity int64
	price          int64 // of a unit of capacity
	penalty        int64 // of a unit over it, besides its price
	stamp          int32 // of the chain that he is in
}

// idle is what a load leaves idle, at its price, or the penalty when it is over.
func (d *desk) idle(load int64) int64 {
	if over := load - d.capacity; over > 0 {
		return d.penalty * over
	}
	return d.price * (d.capacity - load)
}

// joining is what more effort changes.
func (d *desk) joining(effort int64) int64 { return d.idle(d.load+effort) - d.idle(d.load) }

// suitor is a customer's pair with a rep.
type suitor struct {
	priced, effort      int64 // priced: cost and priced effort, less the customer's least
	customer, pair, rep int32
}

// seat is where a customer is.
type seat struct {
	priced, effort int64
	pair, rep      int32
	place          int32 // in with
}

// link is a customer, and a pair of his.
type link struct{ customer, pair int32 }

const (
	fine    = 1 << 10
	nearest = 10 // reps that a customer is moved to
	looks   = 8  // work that it is to look at a customer, as in knapsack
)

func newChains(t *tasks, price []float64, seed uint64) *chains {
	n, reps := t.customers(), len(t.capacity)
	s := &chains{
		tasks: t, desk: make([]desk, reps), near: make([][]suitor, n), suitor: make([][]suitor, reps), seat: make([]seat, n),
		with: make([][]int32, reps), incumbent: &incumbent{bestCost: math.MaxInt64}, queued: make([]bool, n), ejection: newEjection(reps), random: newRandom(seed),
	}
	s.setPrices(price)
	s.leaveAll()
	for i := range int32(n) {
		if s.stopped() {
			break
		}
		s.near[i] = s.nearOf(i)
		for _, x := range s.near[i] {
			s.suitor[x.rep] = append(s.suitor[x.rep], x)
		}
	}
	for _, suitors := range s.suitor {
		slices.SortStableFunc(suitors, byPriced)
	}
	return s
}

// twin is a search of its own that shares the best allocation.
func (s *chains) twin() *chains {
	t := *s
	t.desk, t.seat, t.with = slices.Clone(s.desk), slices.Clone(s.seat), make([][]int32, len(s.with))
	for r, with := range s.with {
		t.with[r] = slices.Clone(with)
	}
	t.queue, t.queued, t.trail = nil, make([]bool, len(s.queued)), nil
	t.ejection, t.work = newEjection(len(s.desk)), 0
	return &t
}

// leaveAll begins with everybody unassigned, when that is allowed.
func (s *chains) leaveAll() {
	var pairs []int32
	cost := int64(0)
	for i := range int32(s.customers()) {
		if !s.mayStay(i) {
			return
		}
		pair := s.start[i+1] - 1
		pairs = append(pairs, pair)
		cost += s.tasks.cost[pair]
	}
	s.best, s.bestCost = pairs, cost
}

func byPriced(a, b suitor) int { return cmp.Compare(a.priced, b.priced) }

// setPrices turns prices into integers. No sum of what they multiply leaves 64
// bits, since a capacity for more than everybody counts as one for everybody.
func (s *chains) setPrices(price []float64) {
	all := int64(1)
	for i := range s.customers() {
		all += slices.Max(s.effort[s.start[i]:s.start[i+1]])
	}
	s.highest = (1 << 57) / all
	for r := range s.desk {
		s.desk[r].capacity = min(s.capacity[r], all)
		s.desk[r].price = int64(min(float64(fine*price[r]), float64(s.highest)))
	}
}

func (s *chains) nearOf(customer int32) []suitor {
	var all []suitor
	for e := s.start[customer]; e < s.start[customer+1]; e++ {
		r := s.rep[e]
		all = append(all, suitor{s.tasks.cost[e]*fine + s.desk[r].price*s.effort[e], s.effort[e], customer, e, r})
	}
	slices.SortStableFunc(all, byPriced)
	least := all[0].priced
	if n := len(all); n > nearest {
		if nobody := slices.IndexFunc(all, func(x suitor) bool { return x.rep == s.nobody() }); nobody >= nearest {
			all[nearest-1] = all[nobody]
		}
		all = slices.Clone(all[:nearest])
	}
	for k := range all {
		all[k].priced -= least
	}
	return all
}

// done is the work done so far, as in knapsack.
func (s *chains) done() int64 { return looks * s.work }

// put gives a customer, who is nowhere, to the rep of a pair.
func (s *chains) put(x *suitor) {
	s.seat[x.customer] = seat{x.priced, x.effort, x.pair, x.rep, int32(len(s.with[x.rep]))}
	s.with[x.rep] = append(s.with[x.rep], x.customer)
	s.setLoad(x.rep, s.desk[x.rep].load+x.effort)
	s.cost += s.tasks.cost[x.pair]
}

// take takes a customer away from where he is.
func (s *chains) take(customer int32) {
	x := &s.seat[customer]
	with := s.with[x.rep]
	last := with[len(with)-1]
	with[x.place], s.seat[last].place = last, x.place
	s.with[x.rep] = with[:len(with)-1]
	s.setLoad(x.rep, s.desk[x.rep].load-x.effort)
	s.cost -= s.tasks.cost[x.pair]
}

func (s *chains) setLoad(rep int32, load int64) {
	d := &s.desk[rep]
	s.over += max(0, load-d.capacity) - max(0, d.load-d.capacity)
	d.load = load
}

// move moves a customer to a near pair, and queues whose moves that changes.
func (s *chains) move(customer, pair int32) {
	x := s.seat[customer]
	s.trail = append(s.trail, link{customer, x.pair})
	s.place(customer, pair)
	s.push(customer)
	s.pushAll(x.rep)
	s.pushAll(s.rep[pair])
}

func (s *chains) place(customer, pair int32) {
	near := s.near[customer]
	i := 0
	for near[i].pair != pair {
		i++
	}
	s.take(customer)
	s.put(&near[i])
}

// undo takes back what was moved since the round began.
func (s *chains) undo() {
	for _, x := range slices.Backward(s.trail) {
		s.place(x.customer, x.pair)
	}
}

// fined is the cost with penalties.
func (s *chains) fined() int64 {
	fined := s.cost * fine
	for r := range s.desk {
		d := &s.desk[r]
		fined += (d.price + d.penalty) * max(0, d.load-d.capacity)
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
	if int(rep) == len(s.desk)-1 {
		return // nobody: there is always room
	}
	for _, customer := range s.with[rep] {
		s.push(customer)
	}
}

// adopt takes an allocation over, and mends it.
func (s *chains) adopt(pairs []int32) {
	s.trail = s.trail[:0]
	for i, pair := range pairs {
		if pair != s.seat[i].pair {
			s.move(int32(i), pair)
		}
	}
	s.descend()
}

// descend improves until no customer in the queue has a move that does.
func (s *chains) descend() {
	for len(s.queue) > 0 && !s.stopped() {
		customer := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		s.queued[customer] = false
		for !s.stopped() && (s.shift(customer) || s.eject(customer)) {
			s.record()
		}
		if s.fill(s.seat[customer].rep) {
			s.record()
		}
	}
	s.record()
}

// record keeps the allocation if it is the best within the capacities.
func (s *chains) record() {
	if s.over == 0 && s.cost < s.bestCost {
		s.bestCost = s.cost
		s.best = s.best[:0]
		for i := range s.seat {
			s.best = append(s.best, s.seat[i].pair)
		}
	}
}

// shift moves a customer to the rep where that improves most.
func (s *chains) shift(customer int32) bool {
	x := &s.seat[customer]
	leaving := s.desk[x.rep].joining(-x.effort) - x.priced
	best, to := int64(0), int32(-1)
	for i := range s.near[customer] {
		y := &s.near[customer][i]
		if y.rep == x.rep {
			continue
		}
		if change := leaving + y.priced + s.desk[y.rep].joining(y.effort); change < best {
			best, to = change, y.pair
		}
	}
	if to < 0 {
		return false
	}
	s.move(customer, to)
	return true
}

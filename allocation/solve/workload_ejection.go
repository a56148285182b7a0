package solve

import "slices"

// ejection is what is needed to find chains of moves: a customer leaves, another
// takes his place at his rep, a third that one's, and so on; in the end the first
// one goes where the last one left, or anywhere else. Or somebody joins a rep who
// has idle capacity, another takes his place, and the last one's stays free.
//
// Chains are looked for depth first, the best followers first, and the first that
// improves is carried out. One that has not gained with the places it has filled
// so far is not followed: of any closed chain that improves, some beginning gains
// all along (S. Lin and B. W. Kernighan, "An effective heuristic algorithm for the
// traveling-salesman problem", Operations Research 21, 1973).
type ejection struct {
	stamp  int32
	first  int32  // the customer who leaves first, or -1 when somebody joins
	chain  []link // customers and the pairs they would move to
	closer []closer
	ranked [longest][]follower // those who may come next, by depth
}

// closer is the first customer's pair with a rep, if its stamp is the chain's.
type closer struct {
	suitor
	stamp int32
}

// follower is a pair that may go on a chain, and what the chain has changed with
// it, without what is left behind.
type follower struct {
	change int64
	*suitor
}

// longest is how many customers a chain moves besides its first.
const longest = 5

// breadth is how many followers are tried at each depth.
var breadth = [longest]int{10, 5, 3, 2, 1}

func newEjection(reps int) ejection {
	e := ejection{closer: make([]closer, reps)}
	for depth, n := range breadth {
		e.ranked[depth] = make([]follower, 0, n)
	}
	return e
}

// eject looks for a chain that a customer begins by leaving.
func (s *chains) eject(customer int32) bool {
	x := &s.seat[customer]
	s.beginChain(customer, x.rep)
	for _, y := range s.near[customer] {
		s.closer[y.rep] = closer{y, s.stamp}
	}
	d := &s.desk[x.rep]
	return s.extend(d, s.suitor[x.rep], d.load-x.effort, -x.priced-d.idle(d.load))
}

// fill looks for a chain that begins with somebody who joins a rep.
func (s *chains) fill(rep int32) bool {
	s.beginChain(-1, rep)
	d := &s.desk[rep]
	return s.extend(d, s.suitor[rep], d.load, -d.idle(d.load))
}

func (s *chains) beginChain(first, rep int32) {
	s.stamp++
	s.first, s.chain = first, s.chain[:0]
	s.desk[rep].stamp = s.stamp
}

// extend goes on with a chain that has left a rep with a load; change is what it
// has changed, without what the rep will have idle.
func (s *chains) extend(d *desk, suitors []suitor, load, change int64) bool {
	for _, x := range s.followers(d, suitors, load, change) {
		left := &s.seat[x.customer]
		next := &s.desk[left.rep]
		after := next.load - left.effort
		change := x.change - left.priced - next.idle(next.load)
		s.chain = append(s.chain, link{x.customer, x.pair})
		next.stamp = s.stamp
		if s.closes(left.rep, after, change) {
			s.carryOut()
			return true
		}
		if len(s.chain) < longest && s.extend(next, s.suitor[left.rep], after, change) {
			return true
		}
		next.stamp = 0
		s.chain = s.chain[:len(s.chain)-1]
	}
	return false
}

// followers are those with whom a chain has gained most when they fill the place
// that a rep has. They come from reps whom the chain has not touched.
func (s *chains) followers(d *desk, suitors []suitor, load, change int64) []follower {
	depth := len(s.chain)
	ranked := s.ranked[depth][:0]
	most := int64(0) // that the change may be
	for i := range suitors {
		x := &suitors[i]
		if s.work++; change+x.priced >= most {
			break // the others have still more
		}
		c := change + x.priced + d.idle(load+x.effort)
		if c >= most || s.desk[s.seat[x.customer].rep].stamp == s.stamp {
			continue
		}
		if len(ranked) == breadth[depth] {
			ranked = ranked[:len(ranked)-1]
		}
		k := len(ranked)
		for k > 0 && ranked[k-1].change > c {
			k--
		}
		ranked = slices.Insert(ranked, k, follower{c, x})
		if len(ranked) == breadth[depth] {
			most = ranked[len(ranked)-1].change
		}
	}
	return ranked
}

// closes reports whether a chain improves when it ends at a rep, who is left with
// a load, and adds the first customer's move to it.
func (s *chains) closes(rep int32, load, change int64) bool {
	d := &s.desk[rep]
	open := change + d.idle(load)
	if s.first < 0 {
		return open < 0
	}
	if x := &s.closer[rep]; x.stamp == s.stamp && change+x.priced+d.idle(load+x.effort) < 0 {
		s.chain = append(s.chain, link{s.first, x.pair})
		return true
	}
	for i := range s.near[s.first] {
		x := &s.near[s.first][i]
		if to := &s.desk[x.rep]; to.stamp != s.stamp && open+x.priced+to.joining(x.effort) < 0 {
			s.chain = append(s.chain, link{s.first, x.pair})
			return true
		}
	}
	return false
}

func (s *chains) carryOut() {
	for _, x := range s.chain {
		s.move(x.customer, x.pair)
	}
}

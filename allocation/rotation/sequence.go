package rotation

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
)

// Sequence chooses the winner of every customer of a known order at once, closer
// to entitlement than any rule can that sees one customer at a time: after each
// customer t, every rep has got at least ⌊X(t)⌋ and at most ⌈X(t)⌉, X(t) being
// the exact sum of his shares of the first t. customers[t] lists who could take
// customer t, with weights; Account only tells the reps apart (any number ≥ 0).
// The answer holds the index of the winner in each list; a customer whose list
// has nobody with weight gets -1 and entitles nobody. All customers count 1, and
// the result does not depend on the order inside the lists.
//
// The l-th customer of a rep is a job that may be any customer during which X
// passes through (l-1, l). The shares themselves are a fractional matching of
// customers and jobs that uses up every customer and every job that X completes,
// so an integral one exists (Birkhoff; Mendelsohn and Dulmage for covering both
// sides), and Hopcroft and Karp's algorithm finds it.
//
// Entitlements are added up exactly, over the least common multiple of the
// customers' total weights. With E the entrants of all customers together, the
// cost is O(E·√E) for the matching, in practice little more than E, and O(E·b)
// for the entitlements with b words in that multiple: negligible while the
// weights come from small numbers, and b grows with the number of distinct totals
// when they do not. Memory O(E). Errors wrap ErrWeight, ErrAccount or ErrTwice.
func Sequence(customers [][]Entrant) ([]int, error) {
	b := batch{customers: customers, winner: make([]int, len(customers))}
	scale, err := b.scale()
	if err != nil {
		return nil, err
	}
	b.jobs(scale)
	b.match()
	return b.winner, nil
}

type batch struct {
	customers [][]Entrant
	order     [][]int // of each customer's entrants by account
	graph     matching
	entrant   [][]int // of each customer's edges: the index of the entrant
	complete  []bool  // of each job
	winner    []int
}

// scale checks the customers and returns the least common multiple of their total
// weights.
func (b *batch) scale() (*big.Int, error) {
	scale := big.NewInt(1)
	b.order = make([][]int, len(b.customers))
	for t, entrants := range b.customers {
		if len(entrants) > MaxAccounts {
			return nil, fmt.Errorf("rotation: customer %d: %w: %d entrants are more than %d", t, ErrFull, len(entrants), MaxAccounts)
		}
		order := make([]int, len(entrants))
		for i, e := range entrants {
			order[i] = i
			switch {
			case e.Account < 0:
				return nil, fmt.Errorf("rotation: customer %d, entrant %d: %w: account %d is negative", t, i, ErrAccount, e.Account)
			case e.Weight < 0 || e.Weight > MaxWeight:
				return nil, fmt.Errorf("rotation: customer %d, entrant %d: %w: %d is not within 0..%d", t, i, ErrWeight, e.Weight, int64(MaxWeight))
			}
		}
		slices.SortFunc(order, func(i, j int) int { return cmp.Compare(entrants[i].Account, entrants[j].Account) })
		for k := 1; k < len(order); k++ {
			if entrants[order[k]].Account == entrants[order[k-1]].Account {
				return nil, fmt.Errorf("rotation: customer %d: %w: account %d", t, ErrTwice, entrants[order[k]].Account)
			}
		}
		b.order[t] = order
		if total := totalWeight(entrants); total > 0 {
			scale = lcm(scale, big.NewInt(total))
		}
	}
	return scale, nil
}

func totalWeight(entrants []Entrant) (total int64) {
	for _, e := range entrants {
		total += e.Weight
	}
	return total
}

func lcm(a, b *big.Int) *big.Int {
	g := new(big.Int).GCD(nil, nil, a, b)
	return g.Mul(a, g.Quo(b, g))
}

// progress is how far one rep's entitlement has come into its current job.
type progress struct {
	part *big.Int // of scale, 0 ≤ part < scale
	job  int
}

// jobs follows every entitlement through the customers and joins each customer to
// the jobs that his share of it touches.
func (b *batch) jobs(scale *big.Int) {
	reps := map[Account]*progress{}
	open := func() int {
		b.complete = append(b.complete, false)
		return len(b.complete) - 1
	}
	unit, share := new(big.Int), new(big.Int)
	b.graph.edges = make([][]int, len(b.customers))
	b.entrant = make([][]int, len(b.customers))
	for t, entrants := range b.customers {
		total := totalWeight(entrants)
		if total == 0 {
			continue
		}
		unit.Quo(scale, big.NewInt(total))
		for _, i := range b.order[t] {
			e := entrants[i]
			if e.Weight == 0 {
				continue
			}
			p := reps[e.Account]
			if p == nil {
				p = &progress{new(big.Int), -1}
				reps[e.Account] = p
			}
			if p.part.Sign() == 0 {
				p.job = open()
			}
			b.join(t, i, p.job)
			p.part.Add(p.part, share.Mul(unit, big.NewInt(e.Weight)))
			if p.part.Cmp(scale) < 0 {
				continue
			}
			b.complete[p.job] = true
			if p.part.Sub(p.part, scale); p.part.Sign() > 0 {
				p.job = open()
				b.join(t, i, p.job)
			}
		}
	}
}

func (b *batch) join(customer, entrant, job int) {
	b.graph.edges[customer] = append(b.graph.edges[customer], job)
	b.entrant[customer] = append(b.entrant[customer], entrant)
}

// match covers first every complete job and then every customer; an augmenting
// path never uncovers what is covered.
func (b *batch) match() {
	b.graph.init(len(b.complete))
	b.graph.transpose()
	b.graph.cover(func(job int) bool { return b.complete[job] })
	b.graph.transpose()
	b.graph.cover(func(customer int) bool { return len(b.graph.edges[customer]) > 0 })
	for t := range b.customers {
		b.winner[t] = -1
		for k, job := range b.graph.edges[t] {
			if job == b.graph.left[t] {
				b.winner[t] = b.entrant[t][k]
			}
		}
	}
}

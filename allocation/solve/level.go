package solve

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Leveled is an allocation with level loads.
type Leveled struct {
	Rep  []int32 // per customer, or Unassigned
	Load []int64 // per rep: how many customers he has
}

// Level assigns as many customers as can be and, among the ways to do that,
// levels the loads: the least load is as large as it can be, then the second
// least, and so on (leximin). With weights, 0 to 10^12, it is the loads per
// weight that are leveled, and who has weight 0 gets nobody; weight nil means 1
// for each.
//
// Only who may go to whom counts, up to Max; scores are not looked at, nor what
// staying unassigned is worth. To have the best by score with these loads, solve
// the same problem with the loads for Min and Max.
//
// Of all allocations of that many customers, level loads also have the least
// maximum, sum of squares and so on, if weights are equal.
//
// The problem must have no minimums and no customer of several units. Errors are
// *Error: ErrInput, ErrTooLarge; or the context's when it is cancelled. Progress
// has the stage "level".
//
// Cost: O(customers · pairs) at worst, in practice some looks at each pair;
// about 12 bytes a pair.
//
// Source: N. Harvey, R. Ladner, L. Lovász and T. Tamir, Semi-matchings for
// bipartite graphs and load balancing, Journal of Algorithms 59 (2006). Serving
// the least first is optimal because the loads that are possible are a
// polymatroid: A. Federgruen and H. Groenevelt, The greedy procedure for resource
// allocation problems, Operations Research 34 (1986).
func Level(ctx context.Context, p *Problem, weight []int64, o Options) (*Leveled, error) {
	if err := p.checkFair("Level"); err != nil {
		return nil, err
	}
	weight, err := p.weights(weight)
	if err != nil {
		return nil, err
	}
	l := newLeveler(p, weight)
	placed := 0
	for steps := 0; len(l.heap) > 0; steps++ {
		if steps%1024 == 0 {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("solve: stopped after leveling %d customers: %w", placed, ctx.Err())
			}
			if o.Progress != nil {
				o.Progress(Progress{Stage: "level", Pending: int64(p.Customers() - placed)})
			}
		}
		r := l.heap[0]
		if l.count[r] == p.Max[r] || !l.grow(r) {
			l.drop() // nor will he ever have room, or find another customer
			continue
		}
		placed++
		l.counted()
	}
	return &Leveled{Rep: l.owner, Load: l.count}, nil
}

// leveler serves, one customer at a time, the rep who has least, wherever the
// customer has to come from.
type leveler struct {
	columns
	*least
	owner  []int32 // per customer, or Unassigned
	next   []int   // per rep: the first of his customers who may be unassigned
	closed []bool  // per rep: no customer can be moved to him, ever

	// One search: reps from whom a customer would have to move on.
	seen  []int // per rep: the last search that reached him
	now   int
	queue []int32
	to    []int32 // per rep: to whom he would give …
	gives []int32 // … which customer
}

func newLeveler(p *Problem, weight []int64) *leveler {
	n := p.Reps()
	l := &leveler{
		columns: newColumns(p.Start, p.Rep, n, func(customer, pair int) bool { return p.units(customer) > 0 && weight[p.Rep[pair]] > 0 }),
		owner:   slices.Repeat([]int32{Unassigned}, p.Customers()), closed: make([]bool, n),
		seen: make([]int, n), to: make([]int32, n), gives: make([]int32, n),
	}
	l.pair = nil // only who may go to whom counts
	l.next = slices.Clone(l.start[:n])
	// Among equals who have had as little, one more is least for the smallest
	// weight in leximin order: it leaves the larger of the two ratios.
	var reps []int32
	for r, w := range weight {
		if w > 0 {
			reps = append(reps, int32(r))
		}
	}
	slices.SortFunc(reps, func(a, b int32) int { return cmp.Or(cmp.Compare(weight[a], weight[b]), cmp.Compare(a, b)) })
	rank := make([]int32, n)
	for at, r := range reps {
		rank[r] = int32(at)
	}
	l.least = newLeast(reps, rank, weight)
	return l
}

// grow gives a rep one customer more and nobody one less: an unassigned one, or
// one of somebody who takes another instead, and so on. It reports whether it
// could; if not, all who were reached are closed: whoever may go to them is
// with them, now and for good.
func (l *leveler) grow(rep int32) bool {
	l.now++
	l.seen[rep] = l.now
	if l.unassigned(rep) != none {
		l.give(rep, rep)
		return true
	}
	l.queue = append(l.queue[:0], rep)
	for at := 0; at < len(l.queue); at++ {
		q := l.queue[at]
		for _, c := range l.of(q) {
			o := l.owner[c]
			if l.seen[o] == l.now || l.closed[o] {
				continue
			}
			l.seen[o], l.to[o], l.gives[o] = l.now, q, c
			if l.unassigned(o) != none {
				l.give(rep, o)
				return true
			}
			l.queue = append(l.queue, o)
		}
	}
	for _, q := range l.queue {
		l.closed[q] = true
	}
	return false
}

// unassigned returns an unassigned customer who may go to a rep, if there is one.
func (l *leveler) unassigned(rep int32) int32 {
	for ; l.next[rep] < l.start[rep+1]; l.next[rep]++ {
		if c := l.customer[l.next[rep]]; l.owner[c] == Unassigned {
			return c
		}
	}
	return none
}

// give gives an unassigned customer to the last rep of a path, and what each of
// its reps gives to the one before.
func (l *leveler) give(rep, last int32) {
	l.owner[l.unassigned(last)] = last
	for last != rep {
		l.owner[l.gives[last]] = l.to[last]
		last = l.to[last]
	}
}

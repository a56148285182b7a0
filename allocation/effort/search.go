package effort

import (
	"errors"
	"slices"
)

// Found is the best allocation that Search came upon.
type Found struct {
	// Allocation is that of Problem, and Check proves it there. Its prices are
	// those of Problem, too.
	Allocation *Allocation
	// Problem is the given one with some items held within a part of their
	// curve.
	Problem *Problem
	// Bound is what no allocation of the given problem returns more than, on
	// the curves themselves. Allocation.Actual is the best there is when it
	// reaches the bound.
	Bound int64
	// Nodes is how many problems were solved.
	Nodes int
}

// Gap is how much more than Allocation.Actual another allocation might return
// at most.
func (f *Found) Gap() int64 { return f.Bound - f.Allocation.Actual }

// Search improves on Allocate where responses are envelopes. There an item may
// stand where its envelope is above its curve. Then there are two problems: in
// one it has at most so many units, in the other more; both have tighter
// envelopes, and the better of their allocations is the best of all (branch and
// bound; A. H. Land and A. G. Doig 1960). It ends when nothing better is
// possible, or after so many nodes, and then Bound says how far the best can
// be. Without envelopes it is Allocate.
//
// Cost: that of Allocate and of one Sample, nodes times. Deterministic. Errors
// are those of Allocate.
func Search(p *Problem, nodes int) (*Found, error) {
	a, err := Allocate(p)
	if err != nil {
		return nil, err
	}
	best := &node{p, a}
	open, solved := []*node{best}, 1
	for len(open) > 0 && solved < nodes {
		next := slices.MaxFunc(open, func(a, b *node) int { return int(min(1, max(-1, a.a.Total-b.a.Total))) })
		if next.a.Total <= best.a.Actual {
			break
		}
		open = slices.DeleteFunc(open, func(n *node) bool { return n == next })
		parts, err := next.split()
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			solved++
			if part.a.Actual > best.a.Actual {
				best = part
			}
			if part.a.Gap() > 0 {
				open = append(open, part)
			}
		}
	}
	f := &Found{Allocation: best.a, Problem: best.p, Bound: best.a.Actual, Nodes: solved}
	for _, n := range open {
		f.Bound = max(f.Bound, n.a.Total)
	}
	return f, nil
}

// node is a problem with its allocation.
type node struct {
	p *Problem
	a *Allocation
}

// split makes two of the problem at the item that stands deepest below its
// envelope: at most the units it has, and more. A part that has no allocation
// is left out.
func (n *node) split() ([]*node, error) {
	at := 0
	for i, g := range n.a.Items {
		if g.Return-g.Actual > n.a.Items[at].Return-n.a.Items[at].Actual {
			at = i
		}
	}
	lo, hi := n.p.bounds(at)
	x := n.a.Items[at].Units
	var parts []*node
	for _, window := range [][2]int64{{lo, x}, {x + 1, hi}} {
		if window[0] > window[1] {
			continue
		}
		p := *n.p
		p.Items = slices.Clone(p.Items)
		it := &p.Items[at]
		var err error
		if it.Response, err = Sample(it.Response.curve, Window{From: window[0], To: window[1], Scale: it.Response.scale, Envelope: true}); err != nil {
			return nil, err
		}
		a, err := Allocate(&p)
		switch {
		case errors.Is(err, ErrInfeasible):
		case err != nil:
			return nil, err
		default:
			parts = append(parts, &node{&p, a})
		}
	}
	return parts, nil
}

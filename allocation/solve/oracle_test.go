package solve_test

import (
	"math"

	"github.com/evenhand/evenhand/allocation/solve"
)

// bruteForce tries every allocation. ok is false if none is feasible.
func bruteForce(p *solve.Problem) (best int64, ok bool) {
	load := make([]int64, p.Reps())
	var customer func(i int, total int64)
	// unit places what is left of customer i at the options from k on; option
	// 0 is staying unassigned, option k the (k−1)-th eligible rep.
	var unit func(i, k int, left, total int64)
	customer = func(i int, total int64) {
		if i < p.Customers() {
			unit(i, 0, unitsOf(p, i), total)
			return
		}
		for r := range load {
			if load[r] < minOf(p, r) {
				return
			}
		}
		if !ok || total > best {
			best, ok = total, true
		}
	}
	unit = func(i, k int, left, total int64) {
		if left == 0 {
			customer(i+1, total)
			return
		}
		pairs := p.Start[i+1] - p.Start[i]
		if k > pairs {
			return
		}
		for n := int64(0); n <= left; n++ {
			if k == 0 {
				if w := unassignedOf(p, i); n == 0 || w != solve.Never {
					unit(i, 1, left-n, total+n*w*btoi(n > 0))
				}
				continue
			}
			r, score := p.Rep[p.Start[i]+k-1], p.Score[p.Start[i]+k-1]
			if load[r]+n > p.Max[r] {
				break
			}
			load[r] += n
			unit(i, k+1, left-n, total+n*score)
			load[r] -= n
		}
	}
	customer(0, 0)
	return best, ok
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func unitsOf(p *solve.Problem, i int) int64 {
	if p.Units == nil {
		return 1
	}
	return p.Units[i]
}

func unassignedOf(p *solve.Problem, i int) int64 {
	if p.Unassigned == nil {
		return 0
	}
	return p.Unassigned[i]
}

func minOf(p *solve.Problem, r int) int64 {
	if p.Min == nil {
		return 0
	}
	return p.Min[r]
}

// reference solves by the plainest minimum-cost flow there is: shortest
// augmenting paths by Bellman and Ford on the whole graph, minimums and
// prohibitions as a prize and a price no sum of scores can outweigh.
func reference(p *solve.Problem) (best int64, ok bool) {
	g := &flowGraph{}
	source, sink := g.node(), g.node()
	prize := int64(1)
	for i := range p.Customers() {
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			prize += 2 * unitsOf(p, i) * max(p.Score[k], -p.Score[k])
		}
		if w := unassignedOf(p, i); w != solve.Never {
			prize += 2 * unitsOf(p, i) * max(w, -w)
		}
	}
	reps := make([]int, p.Reps())
	owed := int64(0)
	for r := range reps {
		reps[r] = g.node()
		g.edge(reps[r], sink, minOf(p, r), -prize)
		g.edge(reps[r], sink, p.Max[r]-minOf(p, r), 0)
		owed += minOf(p, r)
	}
	units := int64(0)
	for i := range p.Customers() {
		c := g.node()
		units += unitsOf(p, i)
		g.edge(source, c, unitsOf(p, i), 0)
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			g.edge(c, reps[p.Rep[k]], math.MaxInt32, -p.Score[k])
		}
		if w := unassignedOf(p, i); w != solve.Never {
			g.edge(c, sink, math.MaxInt32, -w)
		}
	}
	for {
		cost, flow := g.augment(source, sink)
		if flow == 0 {
			break
		}
		best -= cost * flow
		units -= flow
	}
	best -= owed * prize
	return best, units == 0 && best > -prize && met(g, reps, p)
}

func met(g *flowGraph, reps []int, p *solve.Problem) bool {
	for r, v := range reps {
		if g.edges[g.out[v][0]].room > 0 && minOf(p, r) > 0 {
			return false
		}
	}
	return true
}

type flowGraph struct {
	out   [][]int
	edges []flowEdge // an edge and its reverse are neighbours
}

type flowEdge struct {
	to         int
	room, cost int64
}

func (g *flowGraph) node() int { g.out = append(g.out, nil); return len(g.out) - 1 }

func (g *flowGraph) edge(from, to int, room, cost int64) {
	g.out[from] = append(g.out[from], len(g.edges))
	g.out[to] = append(g.out[to], len(g.edges)+1)
	g.edges = append(g.edges, flowEdge{to, room, cost}, flowEdge{from, 0, -cost})
}

func (g *flowGraph) augment(source, sink int) (cost, flow int64) {
	const far = math.MaxInt64 / 2
	dist, via := make([]int64, len(g.out)), make([]int, len(g.out))
	for v := range dist {
		dist[v] = far
	}
	dist[source] = 0
	for changed := true; changed; {
		changed = false
		for v := range g.out {
			for _, e := range g.out[v] {
				if x := g.edges[e]; dist[v] < far && x.room > 0 && dist[v]+x.cost < dist[x.to] {
					dist[x.to], via[x.to], changed = dist[v]+x.cost, e, true
				}
			}
		}
	}
	if dist[sink] == far {
		return 0, 0
	}
	flow = far
	for v := sink; v != source; v = g.edges[via[v]^1].to {
		flow = min(flow, g.edges[via[v]].room)
	}
	for v := sink; v != source; v = g.edges[via[v]^1].to {
		g.edges[via[v]].room -= flow
		g.edges[via[v]^1].room += flow
	}
	return dist[sink], flow
}

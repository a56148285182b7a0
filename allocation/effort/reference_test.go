package effort

import (
	"cmp"
	"container/heap"
	"errors"
	"math"
	"slices"

	"pgregory.net/rapid"
)

// best tries every allocation: the largest total, and how many units it takes
// at least. ok is false when there is none. Value says what an item returns.
func best(p *Problem, value func(r *Response, x int64) int64) (total int64, ok bool) {
	group := make([]int64, len(p.Groups))
	var try func(i int, left, moved, sum int64)
	try = func(i int, left, moved, sum int64) {
		if left < 0 || p.Moves != nil && moved > *p.Moves {
			return
		}
		if i == len(p.Items) {
			for g, limit := range p.Groups {
				if group[g] < limit.Min || group[g] > limit.Max {
					return
				}
			}
			if !ok || sum > total {
				total, ok = sum, true
			}
			return
		}
		lo, hi := p.bounds(i)
		for x := lo; x <= hi; x++ {
			if g := p.inGroup(i); g >= 0 {
				group[g] += x
			}
			try(i+1, left-x, moved+max(0, x-p.Items[i].Current), sum+value(p.Items[i].Response, x))
			if g := p.inGroup(i); g >= 0 {
				group[g] -= x
			}
		}
	}
	try(0, p.Budget, 0, 0)
	return total, ok
}

func total(p *Problem) (int64, bool) { return best(p, (*Response).Value) }

// unit is what an item would get next.
type unit struct {
	item      int
	x, brings int64
	kept      bool
}

type units []unit

func (u units) Len() int      { return len(u) }
func (u units) Swap(i, j int) { u[i], u[j] = u[j], u[i] }
func (u units) Less(i, j int) bool {
	return cmp.Or(-cmp.Compare(u[i].brings, u[j].brings), -cmp.Compare(b2i(u[i].kept), b2i(u[j].kept)), cmp.Compare(u[i].item, u[j].item)) < 0
}
func (u *units) Push(x any) { *u = append(*u, x.(unit)) }
func (u *units) Pop() any {
	last := (*u)[len(*u)-1]
	*u = (*u)[:len(*u)-1]
	return last
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// greedy gives one unit after the other to whoever gains most, from a heap: the
// rule that Allocate is a short cut of. Without groups and moves.
func greedy(p *Problem) []int64 {
	given := make([]int64, len(p.Items))
	left := p.Budget
	var u units
	offer := func(i int) {
		if _, hi := p.bounds(i); given[i] < hi {
			x := given[i] + 1
			heap.Push(&u, unit{i, x, p.Items[i].Response.Marginal(x), x <= p.Items[i].Current})
		}
	}
	for i := range p.Items {
		given[i], _ = p.bounds(i)
		left -= given[i]
		offer(i)
	}
	for ; left > 0 && len(u) > 0; left-- {
		next := heap.Pop(&u).(unit)
		if next.brings <= 0 {
			break
		}
		given[next.item]++
		offer(next.item)
	}
	return given
}

// drawResponse draws a table with diminishing returns, with many equal ones
// and some below 0.
func drawResponse(t *rapid.T, most int) *Response {
	from := int64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "from"))
	steps := rapid.SliceOfN(rapid.Int64Range(-3, 8), 0, most).Draw(t, "marginals")
	slices.SortFunc(steps, func(a, b int64) int { return cmp.Compare(b, a) })
	returns := []int64{rapid.Int64Range(-5, 20).Draw(t, "base")}
	for _, s := range steps {
		returns = append(returns, returns[len(returns)-1]+s)
	}
	r, err := Tabulate(from, returns)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// drawProblem draws a small problem: with groups, with a limit on moves, or
// with neither. It may have no allocation.
func drawProblem(t *rapid.T) *Problem {
	p := &Problem{Budget: rapid.Int64Range(0, 14).Draw(t, "budget")}
	kind := rapid.SampledFrom([]string{"plain", "groups", "moves"}).Draw(t, "kind")
	if kind == "groups" {
		for range rapid.IntRange(1, 2).Draw(t, "groups") {
			least := rapid.Int64Range(0, 4).Draw(t, "group min")
			p.Groups = append(p.Groups, Group{least, least + rapid.Int64Range(0, 5).Draw(t, "group room")})
		}
	}
	for range rapid.IntRange(1, 4).Draw(t, "items") {
		it := Item{Response: drawResponse(t, 5), Group: -1, Max: NoLimit, Current: rapid.Int64Range(0, 6).Draw(t, "current")}
		if rapid.Bool().Draw(t, "bounded") {
			it.Min = rapid.Int64Range(0, 2).Draw(t, "min")
			it.Max = it.Min + rapid.Int64Range(0, 3).Draw(t, "room")
		}
		if len(p.Groups) > 0 {
			it.Group = rapid.IntRange(-1, len(p.Groups)-1).Draw(t, "group")
		}
		p.Items = append(p.Items, it)
	}
	if kind == "moves" {
		p.Moves = new(rapid.Int64Range(0, 6).Draw(t, "moves"))
	}
	return p
}

// drawLarge draws a problem of sampled curves with a budget that no unit-wise
// way would finish.
func drawLarge(t *rapid.T, budget int64) *Problem {
	p := &Problem{Budget: budget}
	for range rapid.IntRange(1, 12).Draw(t, "items") {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		scale := float64(budget) * rapid.Float64Range(0.01, 1).Draw(t, "where it bends")
		theta := []float64{rapid.Float64Range(0.3, 1).Draw(t, "exponent")}
		switch kind {
		case "adbudg":
			theta = append(theta, math.Pow(scale, theta[0]))
		case "exponential", "log":
			theta[0] /= scale
		}
		base, rise := rapid.Float64Range(0, 1e6).Draw(t, "base"), rapid.Float64Range(1, 1e6).Draw(t, "rise")
		c := &Parametric{find(kind), base, 1, theta}
		c.rise = rise / (c.At(float64(budget)) - base) // what the whole budget would bring
		r, err := Sample(c, Window{To: budget, Scale: 1e6})
		if err != nil {
			t.Fatal(err)
		}
		p.Items = append(p.Items, Item{Response: r, Max: NoLimit, Group: -1})
	}
	return p
}

// allocated is the allocation of a problem. A draw that has none is left out, and
// that none was found has to be the reason.
func allocated(t *rapid.T, p *Problem) *Allocation {
	a, err := Allocate(p)
	if err == nil {
		return a
	}
	if _, possible := total(p); possible || !errors.Is(err, ErrInfeasible) {
		t.Fatalf("property: a problem in order is refused only if nothing meets its limits; %v", err)
	}
	t.Skip("nothing meets the limits that were drawn")
	return nil
}

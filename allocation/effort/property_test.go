package effort

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPropertyAllocateIsTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		want, ok := total(p)
		a, err := Allocate(p)
		if !ok {
			if !errors.Is(err, ErrInfeasible) {
				t.Fatalf("property: where no allocation keeps the limits, the error says so; got %+v, %v", a, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("property: where an allocation keeps the limits, one is found; got %v", err)
		}
		if a.Total != want {
			t.Fatalf("property: no allocation returns more; got %d, %d is possible: %+v", a.Total, want, a)
		}
		if err := Check(p, a); err != nil {
			t.Fatalf("property: the prices prove every allocation; %v: %+v", err, a)
		}
	})
}

func TestPropertyPrices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		a := allocated(t, p)
		more := *p
		more.Budget++
		if with, _ := total(&more); with-a.Total != a.Price {
			t.Fatalf("property: the budget's price is what one more unit brings; it is %d, and a unit brings %d: %+v", a.Price, with-a.Total, a)
		}
		less := *p
		less.Budget--
		if without, ok := total(&less); ok && a.Total-without != a.Loss {
			t.Fatalf("property: the loss is what one unit less costs; it is %d, and a unit less costs %d: %+v", a.Loss, a.Total-without, a)
		}
		if a.Loss > 0 && a.Price > a.Loss {
			t.Fatalf("property: the next unit brings no more than the last one did; %d, %d", a.Price, a.Loss)
		}
		atLeast := func(name string, price int64, change func(p *Problem)) {
			wider := *p
			wider.Groups = append([]Group{}, p.Groups...)
			change(&wider)
			with, _ := total(&wider)
			if gain := with - a.Total; gain < 0 || gain > max(0, price) {
				t.Fatalf("property: one more unit of %s brings at most its price; it brings %d, the price is %d: %+v", name, gain, price, a)
			}
		}
		for g := range p.Groups {
			atLeast("a group's maximum", a.GroupPrice[g], func(p *Problem) { p.Groups[g].Max++ })
		}
		if p.Moves != nil {
			atLeast("the limit on moves", a.MovePrice, func(p *Problem) { p.Moves = new(*p.Moves + 1) })
		}
		for i, g := range a.Items {
			if _, hi := p.bounds(i); g.Units == hi && hi < p.Items[i].Response.To() {
				atLeast("an item's maximum", g.Bound, func(p *Problem) {
					p.Items = append([]Item{}, p.Items...)
					p.Items[i].Max++
				})
			}
		}
	})
}

func TestPropertyMarginsAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		p.Groups, p.Moves = nil, nil
		a := allocated(t, p)
		for i, g := range a.Items {
			for j, h := range a.Items {
				_, hi := p.bounds(i)
				lo, _ := p.bounds(j)
				if g.Units < hi && h.Units > lo && g.Next > h.Last {
					t.Fatalf("property: within a unit all marginal returns are equal: nobody's next unit, %d of item %d, brings more than anybody's last, %d of item %d", g.Next, i, h.Last, j)
				}
			}
		}
	})
}

func TestPropertyAllocateIsGreedy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		p.Groups, p.Moves = nil, nil
		a := allocated(t, p)
		for i, x := range greedy(p) {
			if a.Items[i].Units != x {
				t.Fatalf("property: the price search gives each item what unit by unit would; item %d has %d, and not %d", i, a.Items[i].Units, x)
			}
		}
	})
}

func TestPropertyNothingMovesForNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		p.Groups, p.Moves = nil, nil
		// What there is now is the best allocation in another order of items.
		other := *p
		other.Items = slices.Clone(p.Items)
		slices.Reverse(other.Items)
		a := allocated(t, &other)
		for i := range p.Items {
			p.Items[i].Current = a.Items[len(a.Items)-1-i].Units
		}
		again, err := Allocate(p)
		if err != nil || again.Moved != 0 {
			t.Fatalf("property: what is best already stays as it is; %d units moved, %v", again.Moved, err)
		}
	})
}

// The pieces make a budget of any size as quick as a small one; the proof is
// the same.
func TestPropertyLargeBudgets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawLarge(t, rapid.SampledFrom([]int64{1_000, 1_000_000, 1_000_000_000, MaxUnits}).Draw(t, "budget"))
		a, err := Allocate(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(p, a); err != nil {
			t.Fatalf("property: the prices prove every allocation; %v", err)
		}
		if a.Price > 0 && a.Used != p.Budget {
			t.Fatalf("property: a budget that has a price is used up; %d of %d", a.Used, p.Budget)
		}
		if p.Budget == 1_000 {
			for i, x := range greedy(p) {
				if a.Items[i].Units != x {
					t.Fatalf("property: the price search gives each item what unit by unit would; item %d has %d, and not %d", i, a.Items[i].Units, x)
				}
			}
		}
	})
}

// grows reports whether a unit brings more than the one before, near the
// beginning of a window: beyond its inflection none does.
func grows(c *Parametric, from, to int64) bool {
	for x := float64(from) + 1; x < min(float64(to), float64(from)+200); x++ {
		if before, after := c.At(x)-c.At(x-1), c.At(x+1)-c.At(x); after > before+1e-9*c.At(x+1) {
			return true
		}
	}
	return false
}

func TestPropertySampled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t, rapid.SampledFrom(Kinds()).Draw(t, "kind"))
		from := rapid.Int64Range(0, 100).Draw(t, "from")
		to := from + rapid.SampledFrom([]int64{0, 1, 2, 50, 5_000, 1_000_000}).Draw(t, "width")
		w := Window{From: from, To: to, Scale: 1e4}
		r, err := Sample(c, w)
		if grows(c, from, to) {
			if !errors.Is(err, ErrShape) {
				t.Fatalf("property: a curve whose returns grow from unit to unit is refused unless its envelope is wanted; got %v", err)
			}
			w.Envelope = true
			r, err = Sample(c, w)
		}
		if err != nil {
			t.Fatal(err)
		}
		last := int64(math.MaxInt64)
		for range 50 {
			x := rapid.Int64Range(from, to).Draw(t, "x")
			off := float64(r.Value(x)) - c.At(float64(x))*w.Scale
			if !r.Envelope() && math.Abs(off) > float64(r.Deviation)+1 {
				t.Fatalf("property: a response is within its deviation, %d, of the curve; at %d it is %g off: %v", r.Deviation, x, off, c)
			}
			if r.Envelope() && off < -float64(r.Deviation)-1 {
				t.Fatalf("property: an envelope is nowhere below the curve but for its deviation, %d; at %d it is %g below: %v", r.Deviation, x, -off, c)
			}
			if a := r.Actual(x); a > r.Value(x) {
				t.Fatalf("property: the curve itself returns no more than its envelope")
			}
		}
		for k := range r.Pieces() {
			if r.unit[k] >= last {
				t.Fatalf("property: what a unit brings falls from piece to piece; %d, then %d", last, r.unit[k])
			}
			last = r.unit[k]
		}
		if r.From() != from || r.To() != to {
			t.Fatalf("property: a response knows of its window, %d to %d; it says %d to %d", from, to, r.From(), r.To())
		}
	})
}

// drawGrowing draws a problem of curves through points that grow as they like,
// with or without groups and moves, and what an item really returns.
func drawGrowing(t *rapid.T) (p *Problem, real func(r *Response, x int64) int64) {
	p = &Problem{Budget: rapid.Int64Range(0, 16).Draw(t, "budget")}
	curves := map[*Response]*Points{}
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		var points []Point
		for x := range rapid.Int64Range(2, 8).Draw(t, "points") {
			points = append(points, Point{x, float64(rapid.IntRange(0, 30).Draw(t, "return"))})
		}
		c, err := NewPoints(points)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Sample(c, Window{To: c.Last(), Scale: 840, Envelope: true}) // of 840 every slope is whole
		if err != nil {
			t.Fatal(err)
		}
		curves[r] = c
		p.Items = append(p.Items, Item{Response: r, Max: NoLimit, Group: -1, Current: rapid.Int64Range(0, 4).Draw(t, "current")})
	}
	return p, func(r *Response, x int64) int64 { return int64(840 * curves[r].At(float64(x))) }
}

// Where returns grow first, the envelope bounds what is possible, and the gap
// says how far from it the allocation can be.
func TestPropertyEnvelope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, real := drawGrowing(t)
		a, err := Allocate(p)
		if err != nil {
			t.Fatal(err)
		}
		var returns int64
		for i, g := range a.Items {
			returns += real(p.Items[i].Response, g.Units)
		}
		if returns != a.Actual {
			t.Fatalf("property: Actual is what the curves return; it is %d, and they return %d", a.Actual, returns)
		}
		actual, _ := best(p, real)
		if actual > a.Total || a.Actual > actual {
			t.Fatalf("property: what is possible is between what the allocation returns and its bound; %d ≤ %d ≤ %d", a.Actual, actual, a.Total)
		}
		if a.Gap() != a.Total-a.Actual || a.Gap() < actual-a.Actual {
			t.Fatalf("property: no allocation returns more than the gap above this one")
		}
		partial := 0
		for _, g := range a.Items {
			if g.Actual < g.Return {
				partial++
			}
		}
		now := slices.ContainsFunc(p.Items, func(it Item) bool { return it.Current > 0 })
		if partial > 1 && !now { // ties are shared out by what there is now
			t.Fatalf("property: at most one item stands where its envelope is above its curve; %d do", partial)
		}
	})
}

// With nodes enough the best is found although returns grow, and with few the
// bound says how far it may be.
func TestPropertySearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, real := drawGrowing(t)
		if rapid.Bool().Draw(t, "moves are limited") {
			p.Moves = new(rapid.Int64Range(0, 6).Draw(t, "moves"))
		} else {
			p.Groups = []Group{{rapid.Int64Range(0, 2).Draw(t, "min"), rapid.Int64Range(2, 8).Draw(t, "max")}}
			p.Items[0].Group = 0
		}
		most, ok := best(p, real)
		nodes := rapid.SampledFrom([]int{1, 2, 5, 10_000}).Draw(t, "nodes")
		f, err := Search(p, nodes)
		if !ok {
			if !errors.Is(err, ErrInfeasible) {
				t.Fatalf("property: where no allocation keeps the limits, the error says so; got %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var returns int64
		for i, g := range f.Allocation.Items {
			returns += real(p.Items[i].Response, g.Units)
		}
		if returns != f.Allocation.Actual {
			t.Fatalf("property: Actual is what the curves return; it is %d, and they return %d", f.Allocation.Actual, returns)
		}
		if err := Check(f.Problem, f.Allocation); err != nil {
			t.Fatalf("property: what is found is proved within its problem; %v", err)
		}
		if f.Bound < most {
			t.Fatalf("property: no allocation returns more than the bound; %d is possible, the bound is %d", most, f.Bound)
		}
		if nodes == 10_000 && (f.Gap() != 0 || f.Allocation.Actual != most) {
			t.Fatalf("property: the best is found; %d of %d, with a bound of %d after %d nodes", f.Allocation.Actual, most, f.Bound, f.Nodes)
		}
	})
}

// The same on curves shaped like an S, against every division of the budget.
func TestPropertySearchParametric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const scale = 1e6
		budget := rapid.Int64Range(1, 40).Draw(t, "budget")
		p := &Problem{Budget: budget}
		sum := make([]float64, budget+1) // the most that the items so far return
		var deviation int64
		for range rapid.IntRange(1, 5).Draw(t, "items") {
			c := drawCurve(t, rapid.SampledFrom([]string{"adbudg", "adbudg", "power"}).Draw(t, "kind"))
			r, err := Sample(c, Window{To: budget, Scale: scale, Envelope: true})
			if err != nil {
				t.Fatal(err)
			}
			deviation += r.Deviation
			p.Items = append(p.Items, Item{Response: r, Max: NoLimit, Group: -1})
			for b := budget; b >= 0; b-- {
				most := math.Inf(-1)
				for x := range b + 1 {
					most = max(most, sum[b-x]+c.At(float64(x))*scale)
				}
				sum[b] = most
			}
		}
		f, err := Search(p, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		// Each node samples anew, within a deviation of its own.
		if off := math.Abs(float64(f.Allocation.Actual) - sum[budget]); off > float64(2*deviation+4) {
			t.Fatalf("property: the best is found; %d, and %g is possible (deviation %d, gap %d, %d nodes)", f.Allocation.Actual, sum[budget], deviation, f.Gap(), f.Nodes)
		}
		if float64(f.Bound) < sum[budget]-float64(2*deviation+4) {
			t.Fatalf("property: no allocation returns more than the bound; %d, and %g is possible", f.Bound, sum[budget])
		}
	})
}

func TestPropertySizeSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, real := drawGrowing(t)
		f := &Force{Problem: *p, PerRep: rapid.Int64Range(1, 3).Draw(t, "per rep"), Cost: 840 * rapid.Int64Range(0, 12).Draw(t, "cost"), Max: NoLimit}
		reps, looked, err := f.Search(10_000)
		if err != nil {
			t.Fatal(err)
		}
		profit := func(n int64) int64 {
			p.Budget = n * f.PerRep
			sum, _ := best(p, real)
			return sum - n*f.Cost
		}
		for n := range int64(25) {
			if profit(n) > profit(reps) {
				t.Fatalf("property: no number of reps earns more although returns grow; %d reps earn %d, %d earn %d (looked at up to %d)", reps, profit(reps), n, profit(n), looked)
			}
		}
	})
}

func TestPropertyCheckRefutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		a := allocated(t, p)
		// Another allocation under the same prices: whatever passes is as good.
		i := rapid.IntRange(0, len(a.Items)-1).Draw(t, "item")
		j := rapid.IntRange(0, len(a.Items)-1).Draw(t, "other")
		by := rapid.Int64Range(-2, 2).Draw(t, "by")
		a.Items[i].Units += by
		a.Items[j].Units -= rapid.SampledFrom([]int64{0, by}).Draw(t, "from the other")
		before := a.Total
		a.Used, a.Moved, a.Total = 0, 0, 0
		for k, g := range a.Items {
			r := p.Items[k].Response
			if g.Units < r.From() || g.Units > r.To() {
				if Check(p, a) == nil {
					t.Fatal("property: units that the response does not know of are refused")
				}
				return
			}
			a.Used, a.Moved, a.Total = a.Used+g.Units, a.Moved+max(0, g.Units-p.Items[k].Current), a.Total+r.Value(g.Units)
		}
		if err := Check(p, a); err == nil && a.Total != before {
			t.Fatalf("property: nothing passes that returns less; %d passes beside %d", a.Total, before)
		} else if err != nil && !errors.Is(err, ErrCertificate) {
			t.Fatalf("property: what does not hold is ErrCertificate; got %v", err)
		}
		a.Total++
		if !errors.Is(Check(p, a), ErrCertificate) {
			t.Fatal("property: a total that is not the sum of the returns is refused")
		}
	})
}

func TestPropertySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		p.Budget = 0
		f := &Force{Problem: *p, PerRep: rapid.Int64Range(1, 4).Draw(t, "per rep"), Cost: rapid.Int64Range(0, 12).Draw(t, "cost")}
		f.Min = rapid.Int64Range(0, 2).Draw(t, "min")
		f.Max = rapid.SampledFrom([]int64{f.Min, f.Min + 2, NoLimit}).Draw(t, "max")
		profit := func(reps int64) (int64, bool) {
			p.Budget = reps * f.PerRep
			sum, ok := total(p)
			return sum - reps*f.Cost, ok
		}
		var want int64
		found := false
		for reps := f.Min; reps <= min(f.Max, 25); reps++ {
			if v, ok := profit(reps); ok && (!found || v > want) {
				want, found = v, true
			}
		}
		s, err := f.Size()
		if !found {
			if err == nil {
				t.Fatalf("property: where no number of reps is possible, the error says so; got %+v", s)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Profit != want {
			t.Fatalf("property: no number of reps earns more; %d reps earn %d, and %d is possible", s.Reps, s.Profit, want)
		}
		here, _ := profit(s.Reps)
		if more, ok := profit(s.Reps + 1); !ok || here != s.Profit || more-here != s.Next-f.Cost {
			t.Fatalf("property: Next is what one more rep contributes; it is %d, and he brings %d at a cost of %d", s.Next, more-here, f.Cost)
		}
		if s.Reps < f.Max && s.Next > f.Cost {
			t.Fatalf("property: nobody is left out who contributes more than he costs; %d, %d", s.Next, f.Cost)
		}
		if s.Price > 0 && s.Reps != f.Max || s.Price < 0 && s.Reps > f.Min && s.Last > f.Cost {
			t.Fatalf("property: only a limit has a price; %d with %d reps of %d to %d", s.Price, s.Reps, f.Min, f.Max)
		}
	})
}

// However extreme the parameters, a curve takes few pieces, or is refused.
func TestSampleIsBounded(t *testing.T) {
	for _, kind := range Kinds() {
		for _, base := range []float64{0, 1, 1e15} {
			for _, rise := range []float64{0, 1e-3, 1, 1e6, 1e15} {
				for _, theta := range []float64{1e-300, 1e-9, 0.3, 1, 1.0001, 5, 300, 1e300} {
					for _, to := range []int64{1, 10, 1_000_000, MaxUnits} {
						c := &Parametric{find(kind), base, rise, []float64{theta, theta}}
						r, err := Sample(c, Window{To: to, Scale: 1e3, Envelope: true})
						if err != nil && !errors.Is(err, ErrTooLarge) {
							t.Errorf("%v to %d: %v", c, to, err)
						}
						if err == nil && r.Pieces() > 10_000 {
							t.Errorf("%v to %d takes %d pieces", c, to, r.Pieces())
						}
					}
				}
			}
		}
	}
}

// Each of these is what only one of the conditions notices.
func TestCheckRefutes(t *testing.T) {
	table := func(returns ...int64) *Response {
		r, err := Tabulate(0, returns)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	five := func() *Problem { // one item brings 5 and 5, the other 5 and 1
		return &Problem{Budget: 3, Groups: []Group{{0, 3}}, Items: []Item{
			{Response: table(0, 5, 10), Max: 2, Current: 2}, {Response: table(0, 5, 6), Max: 2, Group: -1},
		}}
	}
	given := func(x, y, price int64) *Allocation {
		p := five()
		a := &Allocation{Items: []Given{{Units: x}, {Units: y}}, Price: price, GroupPrice: []int64{0}, Used: x + y, Moved: max(0, x-2) + y}
		for i, g := range a.Items {
			a.Total += p.Items[i].Response.Value(min(max(g.Units, 0), 2))
		}
		return a
	}
	if err := Check(five(), given(2, 1, 1)); err != nil {
		t.Fatalf("the best allocation is proved; %v", err)
	}
	for name, c := range map[string]struct {
		problem func(p *Problem)
		given   *Allocation
		change  func(a *Allocation)
	}{
		"the next unit brings more than it costs": {given: given(1, 2, 1)},
		"the last unit brings less than it costs": {given: given(1, 2, 5)},
		"more than the budget":                    {given: given(2, 2, 1)},
		"more than the maximum":                   {given: given(3, 0, 5)},
		"fewer than none":                         {given: given(2, -1, 5)},
		"a budget with a price is not used up":    {given: given(2, 0, 5)},
		"a budget with a price below 0":           {given: given(2, 1, -1)},
		"a group above its maximum":               {problem: func(p *Problem) { p.Groups[0].Max = 1 }, given: given(2, 1, 1)},
		"a group below its minimum":               {problem: func(p *Problem) { p.Groups[0].Min = 2 }, given: given(1, 2, 1), change: func(a *Allocation) { a.GroupPrice[0] = 4 }},
		"a group with a price is not used up":     {given: given(2, 1, 1), change: func(a *Allocation) { a.GroupPrice[0] = 1 }},
		"a move with a price and no limit":        {given: given(2, 1, 1), change: func(a *Allocation) { a.MovePrice = 1 }},
		"a total that is none":                    {given: given(2, 1, 1), change: func(a *Allocation) { a.Total = 16 }},
		"moves that are none":                     {given: given(2, 1, 1), change: func(a *Allocation) { a.Moved = 0 }},
		"an item too few":                         {given: given(2, 1, 1), change: func(a *Allocation) { a.Items = a.Items[:1] }},
	} {
		p := five()
		if c.problem != nil {
			c.problem(p)
		}
		if c.change != nil {
			c.change(c.given)
		}
		if err := Check(p, c.given); !errors.Is(err, ErrCertificate) {
			t.Errorf("%s: refused with ErrCertificate; got %v", name, err)
		}
	}
}

package solve_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// staying is a problem with a continuity, as drawn.
type staying struct {
	p *solve.Problem
	c *solve.Continuity
}

// contested draws a problem in which everybody may go to nearly everybody, there
// is hardly room for all, and scores differ.
func (s shape) contested() *rapid.Generator[*solve.Problem] {
	return rapid.Custom(func(t *rapid.T) *solve.Problem {
		p := &solve.Problem{Start: []int{0}}
		reps := rapid.IntRange(2, s.reps).Draw(t, "reps")
		spread := rapid.SampledFrom([]int64{2, 20, 1000}).Draw(t, "spread of scores")
		customers := rapid.IntRange(3, s.customers).Draw(t, "customers")
		for range customers {
			p.Append(s.customer(t, reps, spread, 4))
		}
		for range reps {
			p.Max = append(p.Max, int64(customers/reps)+rapid.Int64Range(0, 1).Draw(t, "room"))
		}
		return p
	})
}

// limits of each kind that a drawn continuity has.
type limits struct{ moves, value, perRep, locks bool }

func (s shape) staying(kind limits) *rapid.Generator[staying] {
	return rapid.Custom(func(t *rapid.T) staying {
		p := rapid.OneOf(s.problem(), s.contested()).Draw(t, "problem")
		for i := range p.Units {
			p.Units[i] = min(p.Units[i], 1)
		}
		c := &solve.Continuity{MaxMoves: solve.Unlimited}
		for i := range p.Customers() {
			owner := rapid.IntRange(-1, p.Reps()-1).Draw(t, "owner")
			if listed := p.Rep[p.Start[i]:p.Start[i+1]]; owner >= 0 && len(listed) > 0 && rapid.IntRange(0, 3).Draw(t, "owner is listed") > 0 {
				owner = int(rapid.SampledFrom(listed).Draw(t, "owner"))
			}
			c.Owner = append(c.Owner, int32(owner))
		}
		n := int64(p.Customers())
		if rapid.Bool().Draw(t, "bonus") {
			c.Bonus = []int64{}
			for range p.Customers() {
				c.Bonus = append(c.Bonus, rapid.Int64Range(-2, 9).Draw(t, "bonus"))
			}
		}
		if kind.moves {
			c.MaxMoves = rapid.Int64Range(0, n/2+1).Draw(t, "moves")
		}
		if kind.value {
			c.Value = []int64{}
			sum := int64(0)
			for range p.Customers() {
				v := rapid.Int64Range(0, rapid.SampledFrom([]int64{1, 10, 1000}).Draw(t, "values up to")).Draw(t, "value")
				c.Value = append(c.Value, v)
				sum += v
			}
			c.MaxValue = rapid.Int64Range(0, sum/2+1).Draw(t, "moved value")
		}
		if kind.perRep {
			c.MaxLost, c.MaxGained = []int64{}, []int64{}
			for range p.Reps() {
				c.MaxLost = append(c.MaxLost, rapid.SampledFrom([]int64{0, 1, 2, 3, solve.Unlimited}).Draw(t, "lost"))
				c.MaxGained = append(c.MaxGained, rapid.SampledFrom([]int64{0, 1, 2, 3, solve.Unlimited}).Draw(t, "gained"))
			}
		}
		if kind.locks {
			c.Locked = make([]bool, p.Customers())
			for i, owner := range c.Owner {
				for _, r := range p.Rep[p.Start[i]:p.Start[i+1]] {
					c.Locked[i] = c.Locked[i] || r == owner && rapid.IntRange(0, 3).Draw(t, "locked") == 0
				}
			}
		}
		return staying{p, c}
	})
}

// bestKept tries every allocation within the limits.
func (s staying) best() (best int64, ok bool) {
	p, c := s.p, s.c
	load, lost, gained := make([]int64, p.Reps()), make([]int64, p.Reps()), make([]int64, p.Reps())
	var place func(i int, total, moves, value int64)
	place = func(i int, total, moves, value int64) {
		if moves > c.MaxMoves || c.Value != nil && value > c.MaxValue {
			return
		}
		if i == p.Customers() {
			for r := range load {
				if load[r] < minOf(p, r) || load[r] > p.Max[r] || c.MaxLost != nil && lost[r] > c.MaxLost[r] || c.MaxGained != nil && gained[r] > c.MaxGained[r] {
					return
				}
			}
			if !ok || total > best {
				best, ok = total, true
			}
			return
		}
		if unitsOf(p, i) == 0 {
			place(i+1, total, moves, value)
			return
		}
		owner, v := c.Owner[i], int64(0)
		if c.Value != nil {
			v = c.Value[i]
		}
		locked := c.Locked != nil && c.Locked[i]
		move := func(score int64) {
			if owner < 0 {
				place(i+1, total+score, moves, value)
			} else if !locked {
				lost[owner]++
				place(i+1, total+score, moves+1, value+v)
				lost[owner]--
			}
		}
		if u := unassignedOf(p, i); u != solve.Never {
			move(u)
		}
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			r := p.Rep[k]
			load[r]++
			if r == owner {
				score := p.Score[k]
				if c.Bonus != nil {
					score += c.Bonus[i]
				}
				place(i+1, total+score, moves, value)
			} else {
				if owner >= 0 {
					gained[r]++
				}
				move(p.Score[k])
				if owner >= 0 {
					gained[r]--
				}
			}
			load[r]--
		}
	}
	place(0, 0, 0, 0)
	return best, ok
}

// outcome counts how often something was so.
type outcome struct{ solved, limited, optimal, best, next int }

func (o *outcome) hold(t fataler, s staying) {
	want, feasible := s.best()
	k, err := solve.SolveContinuity(context.Background(), s.p, s.c, solve.Options{})
	switch {
	case err != nil && feasible && errors.Is(err, solve.ErrNotFound) && s.c.Value != nil:
		return
	case err != nil && feasible:
		t.Fatalf("a feasible problem must be solved: %v\n%+v\n%+v", err, s.p, s.c)
	case err != nil && !errors.Is(err, solve.ErrInfeasible) && !errors.Is(err, solve.ErrNotFound):
		t.Fatalf("an infeasible problem must be refused as such: %v", err)
	case err != nil:
		return
	case !feasible:
		t.Fatalf("an infeasible problem must be refused, got %+v", k)
	}
	if err := k.Check(s.p, s.c); err != nil {
		t.Fatalf("every allocation must prove itself: %v\n%+v\n%+v\n%+v", err, k, s.p, s.c)
	}
	if k.Total > want || k.Bound < want || k.Optimal && k.Total != want {
		t.Fatalf("the total must be at most the largest, and that at most the bound: %d, %d, %d, optimal: %t\n%+v\n%+v", k.Total, want, k.Bound, k.Optimal, s.p, s.c)
	}
	more := *s.c
	if more.MaxMoves < solve.Unlimited {
		more.MaxMoves++
	}
	next, _ := staying{s.p, &more}.best()
	if exact := k.NextMove.Exact; exact && k.NextMove.Gain != next-want || !exact && k.NextMove.Gain < next-k.Total {
		t.Fatalf("one more move must bring what it is said to: %+v, when the largest totals are %d and %d\n%+v\n%+v", k.NextMove, want, next, s.p, s.c)
	}
	if k.NextMove.Exact {
		o.next++
	}
	o.solved++
	if k.Total == want {
		o.best++
	}
	if k.Optimal {
		o.optimal++
	}
	if k.MovePrice > 0 || k.ValuePrice > 0 {
		o.limited++
	}
}

var limitKinds = []struct {
	name string
	limits
}{
	{"none", limits{}},
	{"moves", limits{moves: true}},
	{"value", limits{value: true}},
	{"per rep", limits{perRep: true, locks: true}},
	{"moves and per rep", limits{moves: true, perRep: true}},
	{"all", limits{true, true, true, true}},
}

// TestContinuityEqualsBruteForce solves fixed instances with limits of every
// kind, 300 of each unless CONTINUITY_INSTANCES says otherwise.
func TestContinuityEqualsBruteForce(t *testing.T) {
	instances := 300
	if text := os.Getenv("CONTINUITY_INSTANCES"); text != "" {
		var err error
		if instances, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range limitKinds {
		t.Run(kind.name, func(t *testing.T) {
			var o outcome
			for seed := range instances {
				o.hold(t, tiny.staying(kind.limits).Example(seed))
			}
			t.Logf("%d instances: %d solved, %d optimal, %d of them or others the best, %d with a price of a limit, %d with an exact next move", instances, o.solved, o.optimal, o.best, o.limited, o.next)
		})
	}
}

func TestContinuityProperty(t *testing.T) {
	for _, kind := range limitKinds {
		t.Run(kind.name, func(t *testing.T) {
			var o outcome
			rapid.Check(t, func(t *rapid.T) { o.hold(t, tiny.staying(kind.limits).Draw(t, "problem")) })
		})
	}
}

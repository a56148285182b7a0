package solve_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
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

// best tries every allocation within the limits.
func (s staying) best() (best int64, ok bool) {
	s.each(func(total, _, _ int64) {
		if !ok || total > best {
			best, ok = total, true
		}
	})
	return best, ok
}

// fewest is how few customers can move, and how little value, limits on these
// apart.
func (s staying) fewest() (moves, value int64) {
	free := *s.c
	free.MaxMoves, free.MaxValue = solve.Unlimited, solve.Unlimited
	moves, value = solve.Unlimited, solve.Unlimited
	staying{s.p, &free}.each(func(_, m, v int64) { moves, value = min(moves, m), min(value, v) })
	return moves, value
}

// each calls f with every allocation within the limits.
func (s staying) each(f func(total, moves, value int64)) {
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
			f(total, moves, value)
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
}

// refused holds the error of a problem without allocations against the least
// that has to move.
func (s staying) refused(t fataler, err error) {
	var e *solve.Error
	if !errors.As(err, &e) || e.Maybe == "" || len(e.Customers)+len(e.Reps) == 0 && !errors.Is(err, solve.ErrNotFound) {
		t.Fatalf("an error must name customers or reps, and give advice: %v", err)
	}
	if moves, _ := s.fewest(); moves < solve.Unlimited && moves > s.c.MaxMoves && int64(len(e.Customers)) != moves {
		t.Fatalf("the error must name as few who move as possible, %d: %v (%v)", moves, err, e.Customers)
	}
}

// priced raises each limit by one: none brings more than its price.
func (s staying) priced(t fataler, k *solve.Kept) {
	raise := func(limit string, price int64, raised staying) {
		if best, _ := raised.best(); (best-k.Bound)*k.Scale >= price+k.Scale {
			t.Fatalf("one more of %s must bring no more than its price of %d/%d: %d, not %d\n%+v\n%+v\n%+v", limit, price, k.Scale, k.Bound, best, k, s.p, s.c)
		}
	}
	more := func(list []int64, r int) []int64 {
		list = slices.Clone(list)
		if list[r] < solve.Unlimited {
			list[r]++
		}
		return list
	}
	if s.c.MaxMoves < solve.Unlimited {
		c := *s.c
		c.MaxMoves++
		raise("MaxMoves", k.MovePrice, staying{s.p, &c})
	}
	if s.c.Value != nil {
		c := *s.c
		c.MaxValue++
		raise("MaxValue", k.ValuePrice, staying{s.p, &c})
	}
	for r := range s.p.Max {
		p := *s.p
		p.Max = more(p.Max, r)
		raise("Max", max(0, k.Price[r]), staying{&p, s.c})
		if c := *s.c; c.MaxLost != nil {
			c.MaxLost = more(c.MaxLost, r)
			raise("MaxLost", k.LostPrice[r], staying{s.p, &c})
		}
		if c := *s.c; c.MaxGained != nil {
			c.MaxGained = more(c.MaxGained, r)
			raise("MaxGained", k.GainedPrice[r], staying{s.p, &c})
		}
	}
}

// outcome counts how often something was so.
type outcome struct{ solved, limited, proved, next int }

func (o *outcome) hold(t fataler, s staying) {
	want, feasible := s.best()
	k, err := solve.SolveContinuity(context.Background(), s.p, s.c, solve.Options{})
	switch {
	case err != nil && feasible:
		t.Fatalf("a feasible problem must be solved: %v\n%+v\n%+v", err, s.p, s.c)
	case err != nil && !errors.Is(err, solve.ErrInfeasible) && !errors.Is(err, solve.ErrNotFound):
		t.Fatalf("an infeasible problem must be refused as such: %v", err)
	case err != nil:
		s.refused(t, err)
		return
	case !feasible:
		t.Fatalf("an infeasible problem must be refused, got %+v", k)
	}
	if err := k.Check(s.p, s.c); err != nil {
		t.Fatalf("every allocation must prove itself: %v\n%+v\n%+v\n%+v", err, k, s.p, s.c)
	}
	if k.Total != want || k.Bound < want || !k.Optimal {
		t.Fatalf("the total of so few customers must be the largest and known to be, and that at most the bound: %d, %d, %d, optimal: %t\n%+v\n%+v", k.Total, want, k.Bound, k.Optimal, s.p, s.c)
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
	s.priced(t, k)
	o.solved++
	if k.Bound == k.Total {
		o.proved++
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
			t.Logf("of %d instances %d are feasible and solved to the optimum; in %d of these a limit on moves or value has a price; in %d the prices alone prove the optimum; in %d the next move is exact", instances, o.solved, o.limited, o.proved, o.next)
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

// TestContinuityOfManyCustomers has every allocation prove itself where trying
// all is out of the question.
func TestContinuityOfManyCustomers(t *testing.T) {
	for _, kind := range limitKinds {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := small.staying(kind.limits).Draw(t, "problem")
				s.c.Tries = 20
				k, err := solve.SolveContinuity(context.Background(), s.p, s.c, solve.Options{})
				if err != nil {
					if !errors.Is(err, solve.ErrInfeasible) && !errors.Is(err, solve.ErrNotFound) {
						t.Fatalf("an infeasible problem must be refused as such: %v", err)
					}
					return
				}
				if err := k.Check(s.p, s.c); err != nil {
					t.Fatalf("every allocation must prove itself: %v\n%+v", err, k)
				}
				again, _ := solve.SolveContinuity(context.Background(), s.p, s.c, solve.Options{})
				if !reflect.DeepEqual(k, again) {
					t.Fatalf("the same problem must give the same allocation:\n%+v\n%+v", k, again)
				}
			})
		})
	}
}

// TestContinuityOfNobodyMoves holds a limit of 0 and a lock on everybody
// against each other: both leave everybody where he is.
func TestContinuityOfNobodyMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := small.staying(limits{}).Draw(t, "problem")
		s.c.MaxMoves = 0
		kept, err := solve.SolveContinuity(context.Background(), s.p, s.c, solve.Options{})
		locked := *s.c
		locked.MaxMoves, locked.Locked = solve.Unlimited, make([]bool, s.p.Customers())
		for i, owner := range s.c.Owner {
			locked.Locked[i] = owner >= 0 && unitsOf(s.p, i) > 0
		}
		same, lockedErr := solve.SolveContinuity(context.Background(), s.p, &locked, solve.Options{})
		if (err == nil) != (lockedErr == nil) || err == nil && kept.Total != same.Total {
			t.Fatalf("no moves must mean what locks mean: %v, %v\n%+v\n%+v", err, lockedErr, kept, same)
		}
	})
}

// TestContinuityAltered alters each number of an allocation: none of what then
// no longer holds may pass the check.
func TestContinuityAltered(t *testing.T) {
	p := generated("near", 300, 6, 6, 1.1, 3)
	c := grown(p, 3)
	c.MaxMoves, c.MaxValue, c.Tries = 30, 1_200_000, -1
	c.MaxLost, c.MaxGained = []int64{9, 9, 9, 9, 9, 9}, []int64{9, 9, 9, 9, 9, 9}
	k, err := solve.SolveContinuity(context.Background(), p, c, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Check(p, c); err != nil {
		t.Fatal(err)
	}
	mover := slices.IndexFunc(k.Rep, func(r int32) bool { return r == 0 })
	for name, alter := range map[string]func(*solve.Kept){
		"a rep":         func(k *solve.Kept) { k.Rep[mover] = 1 },
		"a load":        func(k *solve.Kept) { k.Load[0]++ },
		"a loss":        func(k *solve.Kept) { k.Lost[0]++ },
		"a gain":        func(k *solve.Kept) { k.Gained[0]++ },
		"the total":     func(k *solve.Kept) { k.Total++ },
		"the bonus":     func(k *solve.Kept) { k.Bonus++ },
		"the moves":     func(k *solve.Kept) { k.Moves-- },
		"the value":     func(k *solve.Kept) { k.MovedValue-- },
		"the bound":     func(k *solve.Kept) { k.Bound = k.Total - 1 },
		"the scale":     func(k *solve.Kept) { k.Scale = 0 },
		"a price":       func(k *solve.Kept) { k.Price[1] += 1000 * k.Scale },
		"a move's":      func(k *solve.Kept) { k.MovePrice = -1 },
		"value's":       func(k *solve.Kept) { k.ValuePrice = -1 },
		"a loss's":      func(k *solve.Kept) { k.LostPrice[2] = -1 },
		"a gain's":      func(k *solve.Kept) { k.GainedPrice[2] = -1 },
		"all prices":    func(k *solve.Kept) { clear(k.Price); k.MovePrice, k.ValuePrice = 0, 0 },
		"fewer reps":    func(k *solve.Kept) { k.Lost = k.Lost[:3] },
		"fewer of them": func(k *solve.Kept) { k.Rep = k.Rep[:3] },
	} {
		altered := *k
		for _, list := range []*[]int64{&altered.Load, &altered.Lost, &altered.Gained, &altered.Price, &altered.LostPrice, &altered.GainedPrice} {
			*list = slices.Clone(*list)
		}
		altered.Rep = slices.Clone(k.Rep)
		alter(&altered)
		if err := altered.Check(p, c); !errors.Is(err, solve.ErrCertificate) {
			t.Errorf("with %s altered the check must fail: %v", name, err)
		}
	}
}

func TestContinuityRefused(t *testing.T) {
	two := func() (*solve.Problem, *solve.Continuity) {
		p := &solve.Problem{Max: []int64{2, 2}}
		p.Append([]int32{0, 1}, []int64{5, 7})
		p.Append([]int32{0}, []int64{5})
		return p, &solve.Continuity{Owner: []int32{0, 0}, MaxMoves: 1}
	}
	for _, refusal := range []struct {
		alter func(*solve.Problem, *solve.Continuity)
		kind  error
		says  string
	}{
		{func(p *solve.Problem, c *solve.Continuity) { c.Owner = c.Owner[:1] }, solve.ErrInput, "Owner has 1 entries and needs 2"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Owner[1] = 2 }, solve.ErrInput, "customer 1 has the owner 2"},
		{func(p *solve.Problem, c *solve.Continuity) { p.Units = []int64{1, 3} }, solve.ErrInput, "customer 1 has 3 units"},
		{func(p *solve.Problem, c *solve.Continuity) { c.MaxMoves = -1 }, solve.ErrInput, "limits are 0 or more"},
		{func(p *solve.Problem, c *solve.Continuity) { c.MaxLost = []int64{1, -1} }, solve.ErrInput, "rep 1 has a limit of -1"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Value = []int64{1, -1} }, solve.ErrInput, "customer 1 has the value -1"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Value = []int64{1, 1 << 60} }, solve.ErrTooLarge, "values add up"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Bonus = []int64{1, 1 << 61} }, solve.ErrTooLarge, "bonuses add up"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Owner[1], c.Locked = 1, []bool{true, true} }, solve.ErrInput, "customer 1: locked, and the owner is not among"},
		{func(p *solve.Problem, c *solve.Continuity) { p.Max[0], c.Locked = 1, []bool{true, true} }, solve.ErrInfeasible, "rep 0 can take 1 of these 2"},
		{func(p *solve.Problem, c *solve.Continuity) { p.Max[0], c.MaxLost = 0, []int64{1, 1} }, solve.ErrInfeasible, "rep 0 has 2 customers and may lose 1, and has room for 0"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Owner, c.MaxLost = []int32{0, 1}, []int64{1, 0} }, solve.ErrInfeasible, "rep 1 must have at least 1 customers, by minimums and by what may not be lost, and within locks and limits there are 0"},
		{func(p *solve.Problem, c *solve.Continuity) { c.Owner, c.MaxMoves = []int32{0, 1}, 0 }, solve.ErrInfeasible, "at least 1 customers have to move, and 0 may: for instance customer 1"},
		{func(p *solve.Problem, c *solve.Continuity) {
			c.Owner, c.Value, c.MaxValue = []int32{0, 1}, []int64{5, 9}, 8
		}, solve.ErrInfeasible, "a value of at least 9 has to move, and 8 may"},
	} {
		p, c := two()
		refusal.alter(p, c)
		_, err := solve.SolveContinuity(context.Background(), p, c, solve.Options{})
		if !errors.Is(err, refusal.kind) || !strings.Contains(err.Error(), refusal.says) {
			t.Errorf("must be refused with %q: %v", refusal.says, err)
		}
	}
}

// TestContinuityStopped ends the context at each report of progress: what there
// is by then has to prove itself, and to come to the whole in the end.
func TestContinuityStopped(t *testing.T) {
	p := generated("near", 500, 10, 10, 1.1, 3)
	c := grown(p, 3)
	c.MaxMoves, c.Tries = 40, -1
	whole, err := solve.SolveContinuity(context.Background(), p, c, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for stop := 1; ; stop++ {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		k, err := solve.SolveContinuity(ctx, p, c, solve.Options{Progress: func(solve.Progress) {
			if calls++; calls == stop {
				cancel()
			}
		}})
		cancel()
		if err != nil {
			t.Fatalf("stopped after %d reports there must be an allocation, since all may stay: %v", stop, err)
		}
		if err := k.Check(p, c); err != nil {
			t.Fatalf("stopped after %d reports, what there is must prove itself: %v", stop, err)
		}
		if k.Total > whole.Total || k.Bound < whole.Total || calls < stop && k.Total != whole.Total {
			t.Fatalf("stopped after %d reports, the best must be between total and bound: %d, %d, %d", stop, k.Total, whole.Total, k.Bound)
		}
		if calls < stop {
			return
		}
	}
}

// TestContinuityCancelled has nothing to show, since some have to move.
func TestContinuityCancelled(t *testing.T) {
	p := &solve.Problem{Max: []int64{1, 2}}
	p.Append([]int32{0, 1}, []int64{2, 1})
	p.Append([]int32{0, 1}, []int64{2, 1})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := solve.SolveContinuity(ctx, p, &solve.Continuity{Owner: []int32{0, 0}, MaxMoves: 1}, solve.Options{})
	var stopped *solve.Stopped
	if !errors.Is(err, context.Canceled) || errors.As(err, &stopped) {
		t.Fatalf("must be the context's error, and none about another problem: %v", err)
	}
}

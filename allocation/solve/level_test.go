package solve_test

import (
	"cmp"
	"context"
	"errors"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// leveled is what counts about an allocation: how many are placed, and the loads
// per weight in ascending order.
type leveled struct {
	placed int64
	ratios []*big.Rat
}

func levelOf(load, weight []int64) (l leveled) {
	for r, n := range load {
		l.placed += n
		if w := weightOf(weight, r); w > 0 {
			l.ratios = append(l.ratios, big.NewRat(n, w))
		}
	}
	slices.SortFunc(l.ratios, (*big.Rat).Cmp)
	return l
}

func (l leveled) compare(o leveled) int {
	return cmp.Or(cmp.Compare(l.placed, o.placed), slices.CompareFunc(l.ratios, o.ratios, (*big.Rat).Cmp))
}

// mostLevel tries every allocation.
func mostLevel(p *solve.Problem, weight []int64) (best leveled) {
	best.placed = -1
	load := make([]int64, p.Reps())
	var customer func(i int)
	customer = func(i int) {
		if i == p.Customers() {
			if l := levelOf(load, weight); l.compare(best) > 0 {
				best = l
			}
			return
		}
		customer(i + 1)
		for _, r := range p.Rep[p.Start[i]:p.Start[i+1]] {
			if load[r] < p.Max[r] && weightOf(weight, int(r)) > 0 && unitsOf(p, i) > 0 {
				load[r]++
				customer(i + 1)
				load[r]--
			}
		}
	}
	customer(0)
	return best
}

func loads(reps []int32, n int) []int64 {
	load := make([]int64, n)
	for _, r := range reps {
		if r != solve.Unassigned {
			load[r]++
		}
	}
	return load
}

func TestLevelEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := tiny.goods().Draw(t, "problem")
		weight := weights(t, p.Reps())
		got, err := solve.Level(context.Background(), p, weight, solve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(loads(got.Rep, p.Reps()), got.Load) {
			t.Fatalf("the loads must be those of the allocation: %v of %v", got.Load, got.Rep)
		}
		if want, l := mostLevel(p, weight), levelOf(got.Load, weight); l.compare(want) != 0 {
			t.Fatalf("as many as can be must be placed, the least load per weight first raised: %v, not %v", want, l)
		}
		if err := solve.CheckLevel(p, got.Rep, weight); err != nil {
			t.Fatalf("the check must accept the most level: %v", err)
		}
	})
}

func TestLevelIsProvedOnLargerCases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.goods().Draw(t, "problem")
		weight := weights(t, p.Reps())
		got, err := solve.Level(context.Background(), p, weight, solve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := solve.CheckLevel(p, got.Rep, weight); err != nil {
			t.Fatalf("no chain of moves may make it more level: %v", err)
		}
	})
}

func TestCheckLevelEqualsDefinition(t *testing.T) {
	level := func(a allocation) bool {
		return levelOf(loads(a.reps, a.p.Reps()), a.weight).compare(mostLevel(a.p, a.weight)) == 0
	}
	rapid.Check(t, func(t *rapid.T) {
		a := allocations().Draw(t, "allocation")
		if err := solve.CheckLevel(a.p, a.reps, a.weight); level(a) != (err == nil) {
			t.Fatalf("%v: level by definition is %t, but the check says %v", a.reps, level(a), err)
		}
	})
	bothSorts(t, allocations(), level)
}

// TestLevelThenBest takes the loads for bounds: what is best by score among
// allocations with just these loads keeps them.
func TestLevelThenBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.goods().Draw(t, "problem")
		p.Unassigned = nil
		level, err := solve.Level(context.Background(), p, nil, solve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p.Min, p.Max = level.Load, level.Load
		best, err := solve.Solve(context.Background(), p, solve.Options{})
		if err != nil {
			t.Fatalf("the loads must be possible: %v", err)
		}
		if !slices.Equal(best.Load, level.Load) {
			t.Fatalf("the loads must stay: %v, not %v", level.Load, best.Load)
		}
	})
}

func TestLevelRefuses(t *testing.T) {
	for name, p := range map[string]*solve.Problem{
		"several units": {Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{0}, Max: []int64{2}, Units: []int64{2}},
		"a minimum":     {Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{0}, Max: []int64{2}, Min: []int64{1}},
		"no scores":     {Start: []int{0, 1}, Rep: []int32{0}, Max: []int64{2}},
	} {
		if _, err := solve.Level(context.Background(), p, nil, solve.Options{}); !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused: %v", name, err)
		}
	}
}

func TestLevelStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := solve.Level(ctx, levelCase("uneven", 50, 5, 3), nil, solve.Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("leveling must stop when cancelled: %v", err)
	}
}

// levelCase is a large case: even (random eligible reps, room for all), short
// (room for four fifths), uneven (low numbers are eligible far more often, so
// that loads cannot be equal and chains are long).
func levelCase(kind string, customers, reps, eligible int) *solve.Problem {
	random := rand.New(rand.NewPCG(11, uint64(customers)))
	p := &solve.Problem{}
	for range reps {
		room := int64(customers)
		if kind == "short" {
			room = int64(customers) * 4 / 5 / int64(reps)
		}
		p.Max = append(p.Max, room)
	}
	for range customers {
		var list []int32
		for range eligible {
			r := random.Float64()
			if kind == "uneven" {
				r = r * r * r
			}
			list = append(list, int32(r*float64(reps)))
		}
		slices.Sort(list)
		list = slices.Compact(list)
		p.Append(list, make([]int64, len(list)))
	}
	return p
}

var levelKinds = []string{"even", "short", "uneven"}

func TestLevelOfManyIsProved(t *testing.T) {
	customers, reps := 4000, 100
	if os.Getenv("SOLVE_LARGE") != "" {
		customers, reps = 100_000, 1000
	}
	for _, kind := range levelKinds {
		for _, eligible := range []int{2, reps / 20} {
			p := levelCase(kind, customers, reps, eligible)
			pending := int64(customers) + 1
			l, err := solve.Level(context.Background(), p, nil, solve.Options{Progress: func(p solve.Progress) {
				if p.Stage != "level" || p.Pending >= pending {
					t.Errorf("progress must go on: %v after %d", p, pending)
				}
				pending = p.Pending
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := solve.CheckLevel(p, l.Rep, nil); err != nil {
				t.Errorf("%s, %d eligible: %v", kind, eligible, err)
			}
		}
	}
}

func BenchmarkLevel(b *testing.B) {
	customers, reps := benchSize()
	for _, kind := range levelKinds {
		for name, eligible := range map[string]int{"sparse": 2, "5percent": reps / 20} {
			p := levelCase(kind, customers, reps, eligible)
			b.Run(kind+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := solve.Level(context.Background(), p, nil, solve.Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

package solve_test

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// goods draws a problem as the fair ways take it: whole customers, no minimums,
// scores of 0 or more.
func (s shape) goods() *rapid.Generator[*solve.Problem] {
	return rapid.Custom(func(t *rapid.T) *solve.Problem {
		p := s.problem().Draw(t, "problem")
		p.Min = nil
		for i := range p.Units {
			p.Units[i] = min(p.Units[i], 1)
		}
		for k := range p.Score {
			p.Score[k] = max(p.Score[k], 0)
		}
		return p
	})
}

// weights draws none, equal, small or large weights, some of them 0.
func weights(t *rapid.T, reps int) []int64 {
	largest := rapid.SampledFrom([]int64{0, 1, 4, 1_000_000_000_000}).Draw(t, "largest weight")
	if largest == 0 {
		return nil
	}
	list := []int64{}
	for range reps {
		list = append(list, rapid.Int64Range(0, largest).Draw(t, "weight"))
	}
	return list
}

func weightOf(weight []int64, rep int) int64 {
	if weight == nil {
		return 1
	}
	return weight[rep]
}

// pickedPlainly follows the rule of picking to the letter.
func pickedPlainly(p *solve.Problem, order []int32, weight []int64) []int32 {
	reps, got := slices.Repeat([]int32{solve.Unassigned}, p.Customers()), make([]int64, p.Reps())
	best := func(r int32) int {
		best, score := -1, int64(0)
		for i := range reps {
			for k := p.Start[i]; k < p.Start[i+1]; k++ {
				if p.Rep[k] == r && reps[i] == solve.Unassigned && unitsOf(p, i) > 0 && (best < 0 || p.Score[k] > score) {
					best, score = i, p.Score[k]
				}
			}
		}
		return best
	}
	for {
		next := int32(-1)
		for _, r := range order {
			if weightOf(weight, int(r)) == 0 || got[r] == p.Max[r] || best(r) < 0 {
				continue
			}
			if next < 0 || big.NewRat(got[r], weightOf(weight, int(r))).Cmp(big.NewRat(got[next], weightOf(weight, int(next)))) < 0 {
				next = r
			}
		}
		if next < 0 {
			return reps
		}
		reps[best(next)] = next
		got[next]++
	}
}

func TestPickEqualsItsRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.goods().Draw(t, "problem")
		weight := weights(t, p.Reps())
		var order []int32
		for r := range p.Reps() {
			order = append(order, int32(r))
		}
		given := rapid.Permutation(order).Draw(t, "order")
		got, err := solve.Pick(context.Background(), p, solve.Picking{Order: given, Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		if want := pickedPlainly(p, given, weight); !slices.Equal(got.Rep, want) {
			t.Fatalf("who has the least picks per weight must pick his best: %v, not %v", want, got.Rep)
		}
		placed := 0
		for _, r := range got.Rep {
			if r != solve.Unassigned {
				placed++
			}
		}
		if placed != len(got.Picks) {
			t.Fatalf("every pick must be listed: %d of %d", len(got.Picks), placed)
		}
	})
}

// envies holds an allocation against the definition: some rep, by his own
// scores and per weight, has less than another after leaving any one out.
func envies(p *solve.Problem, reps []int32, weight []int64) bool {
	value := func(i int, r int) *big.Rat {
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			if int(p.Rep[k]) == r {
				return big.NewRat(p.Score[k], weightOf(weight, r))
			}
		}
		return new(big.Rat)
	}
	load := make([]int64, p.Reps())
	for _, r := range reps {
		if r != solve.Unassigned {
			load[r]++
		}
	}
	for a := range p.Reps() {
		for b := range p.Reps() {
			if a == b || weightOf(weight, a) == 0 || weightOf(weight, b) == 0 {
				continue
			}
			own := new(big.Rat)
			var theirs []*big.Rat
			for i, r := range reps {
				if int(r) == a {
					own.Add(own, value(i, a))
				}
				if int(r) == b {
					theirs = append(theirs, value(i, a))
				}
			}
			places := int64(len(theirs))
			if load[a] == p.Max[a] {
				scaled := new(big.Int).Mul(big.NewInt(load[a]), big.NewInt(weightOf(weight, b)))
				if scaled.Quo(scaled, big.NewInt(weightOf(weight, a))); scaled.IsInt64() {
					places = min(places, scaled.Int64())
				}
			}
			if !contentWithoutOne(own, theirs, places, big.NewRat(weightOf(weight, a), weightOf(weight, b))) {
				return true
			}
		}
	}
	return false
}

// contentWithoutOne reports whether own is worth as much as the best places of
// theirs, times factor, without some one of them.
func contentWithoutOne(own *big.Rat, theirs []*big.Rat, places int64, factor *big.Rat) bool {
	if len(theirs) == 0 {
		return true
	}
	for out := range theirs {
		rest := slices.Delete(slices.Clone(theirs), out, out+1)
		slices.SortFunc(rest, func(x, y *big.Rat) int { return y.Cmp(x) })
		sum := new(big.Rat)
		for _, v := range rest[:min(int64(len(rest)), places)] {
			sum.Add(sum, v)
		}
		if own.Cmp(sum.Mul(sum, factor)) >= 0 {
			return true
		}
	}
	return false
}

func TestPickedEnviesAtMostOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.goods().Draw(t, "problem")
		weight := weights(t, p.Reps())
		got, err := solve.Pick(context.Background(), p, solve.Picking{Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		if envies(p, got.Rep, weight) {
			t.Fatalf("nobody may envy another by more than one customer: %v", got.Rep)
		}
		if err := solve.CheckEnvy(p, got.Rep, weight); err != nil {
			t.Fatalf("the check must accept what is free of envy: %v", err)
		}
	})
}

// allocation is a problem and some allocation of it, good or bad.
type allocation struct {
	p      *solve.Problem
	weight []int64
	reps   []int32
}

// allocations draws them with few reps who may have most customers, one of them
// favoured, so that many are unfair.
func allocations() *rapid.Generator[allocation] {
	return rapid.Custom(func(t *rapid.T) allocation {
		a := allocation{p: &solve.Problem{Start: []int{0}, Max: []int64{}}, reps: []int32{}}
		most := rapid.SampledFrom([]int64{3, 7}).Draw(t, "most room")
		for range rapid.IntRange(1, 4).Draw(t, "reps") {
			a.p.Max = append(a.p.Max, rapid.Int64Range(most/2, most).Draw(t, "room"))
		}
		a.weight = weights(t, a.p.Reps())
		favoured := rapid.Int32Range(0, int32(a.p.Reps())-1).Draw(t, "favoured")
		load := make([]int64, a.p.Reps())
		for range rapid.IntRange(0, 7).Draw(t, "customers") {
			r := row{}
			for v := range a.p.Reps() {
				if rapid.IntRange(0, 3).Draw(t, "eligible") > 0 {
					r.reps = append(r.reps, int32(v))
					r.scores = append(r.scores, rapid.Int64Range(0, 9).Draw(t, "score"))
				}
			}
			a.p.Append(r.reps, r.scores)
			a.reps = append(a.reps, solve.Unassigned)
			for _, to := range append([]int32{favoured}, r.reps...) {
				if slices.Contains(r.reps, to) && load[to] < a.p.Max[to] && weightOf(a.weight, int(to)) > 0 && rapid.IntRange(0, 3).Draw(t, "gets him") > 0 {
					a.reps[len(a.reps)-1] = to
					load[to]++
					break
				}
			}
		}
		return a
	})
}

// bothSorts fails unless a fixed sequence of cases has many of either sort, so
// that a property of both cannot be true for want of one.
func bothSorts[T any](t *testing.T, cases *rapid.Generator[T], sort func(T) bool) {
	t.Helper()
	const n = 300
	yes := 0
	for seed := range n {
		if sort(cases.Example(seed)) {
			yes++
		}
	}
	if yes < n/20 || n-yes < n/20 {
		t.Errorf("cases must be of both sorts: %d and %d", yes, n-yes)
	}
}

func TestCheckEnvyEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := allocations().Draw(t, "allocation")
		err := solve.CheckEnvy(a.p, a.reps, a.weight)
		if envy := envies(a.p, a.reps, a.weight); envy != (err != nil) {
			t.Fatalf("%v: envy by definition is %t, but the check says %v", a.reps, envy, err)
		}
	})
	bothSorts(t, allocations(), func(a allocation) bool { return envies(a.p, a.reps, a.weight) })
}

func TestPickRefuses(t *testing.T) {
	problem := func() *solve.Problem {
		return &solve.Problem{Start: []int{0, 2}, Rep: []int32{0, 1}, Score: []int64{1, 2}, Max: []int64{1, 1}}
	}
	units, least, negative := problem(), problem(), problem()
	units.Units, least.Min, negative.Score[1] = []int64{2}, []int64{0, 1}, -1
	for name, c := range map[string]struct {
		p   *solve.Problem
		how solve.Picking
	}{
		"several units":       {p: units},
		"a minimum":           {p: least},
		"a negative score":    {p: negative},
		"a rep twice":         {problem(), solve.Picking{Order: []int32{0, 0}}},
		"a rep not named":     {problem(), solve.Picking{Order: []int32{0}}},
		"a rep unknown":       {problem(), solve.Picking{Order: []int32{0, 2}}},
		"a weight missing":    {problem(), solve.Picking{Weight: []int64{1}}},
		"a weight negative":   {problem(), solve.Picking{Weight: []int64{1, -1}}},
		"a weight above 10¹²": {problem(), solve.Picking{Weight: []int64{1, 1_000_000_000_001}}},
	} {
		if _, err := solve.Pick(context.Background(), c.p, c.how); !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused: %v", name, err)
		}
	}
}

func TestCheckEnvyRefutesWhatCannotBe(t *testing.T) {
	p := &solve.Problem{Start: []int{0, 1, 2}, Rep: []int32{0, 0}, Score: []int64{1, 2}, Max: []int64{1, 1}}
	for name, reps := range map[string][]int32{"too many": {0, 0}, "not eligible": {1, 0}, "too few": {0}} {
		if err := solve.CheckEnvy(p, reps, nil); !errors.Is(err, solve.ErrCertificate) {
			t.Errorf("%s must be refuted: %v", name, err)
		}
	}
}

func TestPickStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := solve.Pick(ctx, generated("uniform", 50, 5, 3, 1, 1), solve.Picking{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("picking must stop when cancelled: %v", err)
	}
}

func BenchmarkPick(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := solve.Pick(context.Background(), p, solve.Picking{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCheckEnvy(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		picked, err := solve.Pick(context.Background(), p, solve.Picking{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := solve.CheckEnvy(p, picked.Rep, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

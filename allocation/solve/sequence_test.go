package solve_test

import (
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

// entitlements draws who may get whom with which weight: weights equal, small,
// up to the largest, none; the same for a rep throughout, or not.
func entitlements(customers, reps int) *rapid.Generator[*solve.Entitlements] {
	return rapid.Custom(func(t *rapid.T) *solve.Entitlements {
		largest := rapid.SampledFrom([]int64{1, 3, 100, 1_000_000_000_000}).Draw(t, "largest weight")
		least := rapid.Int64Range(0, 1).Draw(t, "least weight")
		density := rapid.IntRange(1, 4).Draw(t, "quarters of the pairs that are eligible")
		weight := func() int64 { return rapid.Int64Range(least, largest).Draw(t, "weight") }
		e := &solve.Entitlements{Start: []int{0}, Weight: []int64{}}
		for range rapid.IntRange(1, reps).Draw(t, "reps") {
			e.Weight = append(e.Weight, weight())
		}
		for range rapid.IntRange(0, customers).Draw(t, "customers") {
			var eligible []int32
			for r := range e.Weight {
				if rapid.IntRange(0, 3).Draw(t, "eligible") < density {
					eligible = append(eligible, int32(r))
				}
			}
			e.Append(eligible...)
		}
		if rapid.IntRange(0, 2).Draw(t, "a weight for each pair") == 0 {
			for range e.Rep {
				e.PairWeight = append(e.PairWeight, weight())
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "some are left out") == 0 {
			for range e.Customers() {
				e.Units = append(e.Units, rapid.Int64Range(0, 1).Draw(t, "units"))
			}
		}
		return e
	})
}

// share is what a pair entitles to, in units of the customer.
func share(e *solve.Entitlements, customer, pair int) *big.Rat {
	weight := func(k int) int64 {
		if e.PairWeight != nil {
			return e.PairWeight[k]
		}
		return e.Weight[e.Rep[k]]
	}
	total := new(big.Rat)
	for k := e.Start[customer]; k < e.Start[customer+1]; k++ {
		total.Add(total, new(big.Rat).SetInt64(weight(k)))
	}
	units := int64(1)
	if e.Units != nil {
		units = e.Units[customer]
	}
	if total.Sign() == 0 {
		return total
	}
	s := new(big.Rat).SetInt64(weight(pair))
	return s.Quo(s, total).Mul(s, new(big.Rat).SetInt64(units))
}

// fair holds a sequence against its definition, in rational numbers.
func fair(e *solve.Entitlements, reps []int32) bool {
	due, got := make([]*big.Rat, e.Reps()), make([]int64, e.Reps())
	for r := range due {
		due[r] = new(big.Rat)
	}
	for i, rep := range reps {
		sure := rep == solve.Unassigned
		anybody := false
		for k := e.Start[i]; k < e.Start[i+1]; k++ {
			s := share(e, i, k)
			due[e.Rep[k]].Add(due[e.Rep[k]], s)
			anybody = anybody || s.Sign() > 0
			sure = sure || e.Rep[k] == rep && s.Sign() > 0
		}
		if !sure || anybody == (rep == solve.Unassigned) {
			return false
		}
		if rep != solve.Unassigned {
			got[rep]++
		}
		for r := range due {
			away := new(big.Rat).Sub(due[r], new(big.Rat).SetInt64(got[r]))
			if away.Cmp(big.NewRat(1, 1)) >= 0 || away.Cmp(big.NewRat(-1, 1)) <= 0 {
				return false
			}
		}
	}
	return true
}

func TestSequenceIsFairAtEveryPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := entitlements(60, 8).Draw(t, "entitlements")
		reps, err := solve.Sequence(context.Background(), e, solve.Options{})
		if err != nil {
			t.Fatalf("a fair sequence always exists: %v", err)
		}
		if !fair(e, reps) {
			t.Fatalf("after each customer every rep must have had his entitlement, rounded down or up: %v", reps)
		}
		if err := solve.CheckSequence(e, reps); err != nil {
			t.Fatalf("the check must accept what is fair: %v", err)
		}
	})
}

// sequence is a sequence, good or bad.
type sequence struct {
	e    *solve.Entitlements
	reps []int32
}

// sequences draws fair sequences and changes some of them.
func sequences() *rapid.Generator[sequence] {
	return rapid.Custom(func(t *rapid.T) sequence {
		s := sequence{e: entitlements(8, 4).Draw(t, "entitlements")}
		var err error
		if s.reps, err = solve.Sequence(context.Background(), s.e, solve.Options{}); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			if len(s.reps) > 0 {
				i := rapid.IntRange(0, len(s.reps)-1).Draw(t, "changed customer")
				s.reps[i] = rapid.Int32Range(-1, int32(s.e.Reps())-1).Draw(t, "rep")
			}
		}
		return s
	})
}

func TestCheckSequenceEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sequences().Draw(t, "sequence")
		err := solve.CheckSequence(s.e, s.reps)
		if fair := fair(s.e, s.reps); (err == nil) != fair {
			t.Fatalf("%v: fair by definition is %t, but the check says %v", s.reps, fair, err)
		}
		if err != nil && !errors.Is(err, solve.ErrCertificate) {
			t.Fatalf("a refutation must be ErrCertificate: %v", err)
		}
	})
	bothSorts(t, sequences(), func(s sequence) bool { return fair(s.e, s.reps) })
}

// everySequence calls with each way to give customers to eligible reps.
func everySequence(e *solve.Entitlements, visit func(reps []int32, pairs []int)) {
	reps, pairs := make([]int32, e.Customers()), make([]int, e.Customers())
	var customer func(i int)
	customer = func(i int) {
		if i == len(reps) {
			visit(reps, pairs)
			return
		}
		reps[i], pairs[i] = solve.Unassigned, -1
		customer(i + 1)
		for k := e.Start[i]; k < e.Start[i+1]; k++ {
			reps[i], pairs[i] = e.Rep[k], k
			customer(i + 1)
		}
	}
	customer(0)
}

func TestSolveSequenceEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := entitlements(6, 3).Draw(t, "entitlements")
		var score []int64
		for range e.Rep {
			score = append(score, rapid.Int64Range(-3, 9).Draw(t, "score"))
		}
		best, found := int64(0), false
		everySequence(e, func(reps []int32, pairs []int) {
			total := int64(0)
			for _, k := range pairs {
				if k >= 0 {
					total += score[k]
				}
			}
			if (!found || total > best) && fair(e, reps) {
				best, found = total, true
			}
		})
		f, err := solve.SolveSequence(context.Background(), e, score, solve.Options{})
		if err != nil || !found {
			t.Fatalf("a fair sequence always exists: %v", err)
		}
		if f.Total != best || !fair(e, f.Rep) {
			t.Fatalf("the best fair sequence is worth %d, not %d: %v", best, f.Total, f.Rep)
		}
		if err := solve.Check(f.Turns, f.Solution); err != nil {
			t.Fatalf("the turns' prices must prove it: %v", err)
		}
	})
}

func TestSequenceRefuses(t *testing.T) {
	for name, e := range map[string]*solve.Entitlements{
		"several units":      {Start: []int{0, 1}, Rep: []int32{0}, Weight: []int64{1}, Units: []int64{2}},
		"a negative weight":  {Start: []int{0, 1}, Rep: []int32{0}, Weight: []int64{-1}},
		"a large weight":     {Start: []int{0, 1}, Rep: []int32{0}, Weight: []int64{1_000_000_000_001}},
		"a pair's weight":    {Start: []int{0, 1}, Rep: []int32{0}, Weight: []int64{1}, PairWeight: []int64{-1}},
		"no start":           {Rep: []int32{0}, Weight: []int64{1}},
		"a start beyond":     {Start: []int{0, 2, 1}, Rep: []int32{0}, Weight: []int64{1}},
		"an unknown rep":     {Start: []int{0, 1}, Rep: []int32{1}, Weight: []int64{1}},
		"reps out of order":  {Start: []int{0, 2}, Rep: []int32{1, 0}, Weight: []int64{1, 1}},
		"units of another":   {Start: []int{0, 1}, Rep: []int32{0}, Weight: []int64{1}, Units: []int64{1, 1}},
		"weights of another": {Start: []int{0, 1}, Rep: []int32{0}, Weight: []int64{1}, PairWeight: []int64{}},
	} {
		_, err := solve.Sequence(context.Background(), e, solve.Options{})
		if !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused: %v", name, err)
		}
		if _, err := solve.SolveSequence(context.Background(), e, make([]int64, len(e.Rep)), solve.Options{}); !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused with values: %v", name, err)
		}
		if err := solve.CheckSequence(e, []int32{0}); !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused by the check: %v", name, err)
		}
	}
}

func TestSolveSequenceNeedsAScoreForEachPair(t *testing.T) {
	if _, err := solve.SolveSequence(context.Background(), entitled("sparse", 5, 5, 3), []int64{1}, solve.Options{}); !errors.Is(err, solve.ErrInput) {
		t.Fatalf("scores of another number of pairs must be refused: %v", err)
	}
}

func TestSequenceStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := entitled("sparse", 50, 5, 3)
	if _, err := solve.Sequence(ctx, e, solve.Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled sequence must say so: %v", err)
	}
	// Later: while customers are given turns.
	ctx, cancel = context.WithCancel(context.Background())
	_, err := solve.Sequence(ctx, e, solve.Options{Progress: func(solve.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a sequence cancelled on the way must say so: %v", err)
	}
}

// entitled is a large case: sparse (random eligible reps, weights 1 to 100),
// equal (the same with equal weights), large (weights up to 10^12), teams (each
// customer may go to one team, and a tenth to two).
func entitled(kind string, customers, reps, eligible int) *solve.Entitlements {
	random := rand.New(rand.NewPCG(7, uint64(customers)))
	e := &solve.Entitlements{Weight: make([]int64, reps)}
	for r := range e.Weight {
		switch kind {
		case "sparse", "teams":
			e.Weight[r] = 1 + random.Int64N(100)
		case "equal":
			e.Weight[r] = 1
		case "large":
			e.Weight[r] = 1 + random.Int64N(1_000_000_000_000)
		}
	}
	all := random.Perm(reps)
	for range customers {
		if kind == "teams" {
			team := random.IntN(reps / eligible)
			list := span(team*eligible, eligible)
			if other := random.IntN(reps / eligible); other > team && random.IntN(10) == 0 {
				list = append(list, span(other*eligible, eligible)...)
			}
			e.Append(list...)
			continue
		}
		for k := range eligible {
			j := k + random.IntN(reps-k)
			all[k], all[j] = all[j], all[k]
		}
		var list []int32
		for _, r := range all[:eligible] {
			list = append(list, int32(r))
		}
		slices.Sort(list)
		e.Append(list...)
	}
	return e
}

func span(from, n int) (list []int32) {
	for r := range n {
		list = append(list, int32(from+r))
	}
	return list
}

var entitledKinds = []string{"sparse", "equal", "large", "teams"}

// TestSequenceOfManyIsFair checks cases of the benchmark's kinds.
func TestSequenceOfManyIsFair(t *testing.T) {
	customers, reps := 4000, 100
	if os.Getenv("SOLVE_LARGE") != "" {
		customers, reps = 100_000, 1000
	}
	for _, kind := range entitledKinds {
		e := entitled(kind, customers, reps, reps/20)
		phases := 0
		list, err := solve.Sequence(context.Background(), e, solve.Options{Progress: func(p solve.Progress) { phases = max(phases, p.Phases) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := solve.CheckSequence(e, list); err != nil {
			t.Errorf("%s: every prefix must be fair: %v", kind, err)
		}
		t.Logf("%s: %d phases", kind, phases)
	}
}

func BenchmarkSequence(b *testing.B) {
	customers, reps := benchSize()
	for _, kind := range entitledKinds {
		e := entitled(kind, customers, reps, reps/20)
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := solve.Sequence(context.Background(), e, solve.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSolveSequence has 1,000 customers and 50 reps, or 10,000 and 200 with
// SOLVE_LARGE=1.
func BenchmarkSolveSequence(b *testing.B) {
	customers, reps := 1000, 50
	if os.Getenv("SOLVE_LARGE") != "" {
		customers, reps = 10_000, 200
	}
	for _, kind := range entitledKinds {
		e := entitled(kind, customers, reps, reps/10)
		random := rand.New(rand.NewPCG(3, 3))
		score := make([]int64, len(e.Rep))
		for k := range score {
			score[k] = random.Int64N(1000)
		}
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				if _, err := solve.SolveSequence(context.Background(), e, score, solve.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

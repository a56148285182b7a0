package solve_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// shape bounds a random problem.
type shape struct {
	customers, reps, units int
}

var (
	tiny  = shape{customers: 7, reps: 4, units: 7}
	small = shape{customers: 40, reps: 9, units: 60}
)

// problem draws a problem of any kind: more reps than customers, no eligible
// pair, no room, equal and negative scores, minimums, several units, customers
// who must be assigned, equal customers.
func (s shape) problem() *rapid.Generator[*solve.Problem] {
	return rapid.Custom(func(t *rapid.T) *solve.Problem {
		p := &solve.Problem{Start: []int{0}}
		reps := rapid.IntRange(0, s.reps).Draw(t, "reps")
		customers := rapid.IntRange(0, s.customers).Draw(t, "customers")
		spread := rapid.SampledFrom([]int64{0, 1, 3, 20, 1000}).Draw(t, "spread of scores")
		density := rapid.SampledFrom([]int{0, 1, 2, 3, 4, 4}).Draw(t, "quarters of the pairs that are eligible")
		for range customers {
			p.Append(s.customer(t, reps, spread, density))
		}
		s.bounds(t, p, reps)
		s.options(t, p, spread)
		return p
	})
}

// row is a customer's pairs.
type row struct {
	reps   []int32
	scores []int64
}

func (s shape) customer(t *rapid.T, reps int, spread int64, density int) ([]int32, []int64) {
	var r row
	for v := range reps {
		if rapid.IntRange(0, 3).Draw(t, "eligible") < density {
			r.reps = append(r.reps, int32(v))
			r.scores = append(r.scores, rapid.Int64Range(-spread/3, spread).Draw(t, "score"))
		}
	}
	return r.reps, r.scores
}

func (s shape) bounds(t *rapid.T, p *solve.Problem, reps int) {
	most := rapid.SampledFrom([]int64{1, 3, int64(s.units)/max(1, int64(reps)) + 1, int64(s.units)}).Draw(t, "most room")
	minimums := rapid.IntRange(0, 2).Draw(t, "minimums") == 0
	if minimums {
		p.Min = []int64{}
	}
	p.Max = []int64{}
	for range reps {
		room := rapid.Int64Range(0, most).Draw(t, "room")
		if minimums {
			p.Min = append(p.Min, rapid.Int64Range(0, min(room, 2)).Draw(t, "minimum"))
		}
		p.Max = append(p.Max, room)
	}
}

func (s shape) options(t *rapid.T, p *solve.Problem, spread int64) {
	if rapid.Bool().Draw(t, "several units") {
		p.Units = []int64{}
		left := s.units
		for range p.Customers() {
			u := rapid.IntRange(0, min(left, 4)).Draw(t, "units")
			left -= u
			p.Units = append(p.Units, int64(u))
		}
	}
	if kind := rapid.IntRange(0, 3).Draw(t, "unassigned"); kind > 0 {
		p.Unassigned = []int64{}
		for range p.Customers() {
			w := rapid.Int64Range(-spread, spread/4).Draw(t, "worth unassigned")
			if rapid.IntRange(0, 3).Draw(t, "must be assigned") < kind-1 {
				w = solve.Never
			}
			p.Unassigned = append(p.Unassigned, w)
		}
	}
}

// drawn is the seed-th of a fixed sequence of problems.
func (s shape) drawn(seed int) *solve.Problem { return s.problem().Example(seed) }

// generated is a large problem: customers, reps, eligible reps per customer.
// Scores go by kind: uniform, near (reps and customers on a map), product
// (value × skill), tied (few different scores), ranked (everybody ranks the
// reps alike), equal (customers come in a few kinds).
func generated(kind string, customers, reps, eligible int, room float64, seed uint64) *solve.Problem {
	random := rand.New(rand.NewPCG(seed, 1))
	p := &solve.Problem{Max: make([]int64, reps)}
	left := int64(room * float64(customers))
	for r := range p.Max {
		p.Max[r] = left / int64(reps-r)
		if r < reps-1 {
			p.Max[r] = p.Max[r] * (50 + random.Int64N(100)) / 100
		}
		left -= p.Max[r]
	}
	skill, x, y := floats(random, reps), floats(random, reps), floats(random, reps)
	all := random.Perm(reps)
	for i := range customers {
		if kind == "equal" && i >= 50 {
			k := random.IntN(50)
			p.Append(p.Rep[p.Start[k]:p.Start[k+1]], p.Score[p.Start[k]:p.Start[k+1]])
			continue
		}
		for k := range eligible {
			j := k + random.IntN(reps-k)
			all[k], all[j] = all[j], all[k]
		}
		list := slices.Sorted(slices.Values(all[:eligible]))
		value, px, py := math.Exp(0.8*random.NormFloat64()), random.Float64(), random.Float64()
		var chosen []int32
		var scores []int64
		for _, r := range list {
			chosen = append(chosen, int32(r))
			switch kind {
			case "uniform", "equal":
				scores = append(scores, 1+random.Int64N(1000))
			case "near":
				scores = append(scores, 1+int64(1000*math.Exp(-3*math.Hypot(px-x[r], py-y[r]))))
			case "product":
				scores = append(scores, 1+min(4999, int64(200*value*(0.5+skill[r])+20*random.Float64())))
			case "tied":
				scores = append(scores, 1+random.Int64N(10))
			case "ranked":
				scores = append(scores, int64(1000*skill[r]))
			case "summed":
				scores = append(scores, int64(1000*skill[r])+int64(500*px))
			case "scaled":
				scores = append(scores, int64(1000*skill[r])*int64(1+4*px))
			}
		}
		p.Append(chosen, scores)
	}
	return p
}

func floats(random *rand.Rand, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = random.Float64()
	}
	return list
}

var kinds = []string{"uniform", "near", "product", "tied", "ranked", "equal"}

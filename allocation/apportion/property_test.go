package apportion_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/apportion"
)

// methodsFor lists the methods that take the problem's bounds.
func methodsFor(p apportion.Problem) []apportion.Method {
	if p.Min == nil && p.Max == nil {
		return apportion.Methods()
	}
	return slices.DeleteFunc(apportion.Methods(), func(m apportion.Method) bool { return m == apportion.QuotaMethod })
}

func mustSplit(t *rapid.T, p apportion.Problem, m apportion.Method) []int64 {
	t.Helper()
	parts, err := p.Split(m)
	if err != nil {
		t.Fatalf("%v refuses a feasible problem %+v: %v", m, p, err)
	}
	return parts
}

func TestProperty23_PartsAddUpAndKeepTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		for _, m := range methodsFor(p) {
			parts := mustSplit(t, p, m)
			if sumOf(parts) != p.Total {
				t.Fatalf("%v: parts %v of %+v add up to %d, not to the total", m, parts, p, sumOf(parts))
			}
			for i, part := range parts {
				if part < minOf(p, i) || part > max(maxOf(p, i), minOf(p, i)) {
					t.Fatalf("%v: part %d of row %d is outside its bounds in %+v", m, part, i, p)
				}
				if p.Weights[i] == 0 && part != minOf(p, i) {
					t.Fatalf("%v: row %d has weight 0 and gets %d instead of its minimum in %+v", m, i, part, p)
				}
			}
		}
	})
}

func TestProperty23_ExactIfDivisible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := drawWeights(t)
		times := rapid.Int64Range(0, 50).Draw(t, "times")
		want := make([]int64, len(weights))
		for i, w := range weights {
			want[i] = w * times
		}
		for _, m := range apportion.Methods() {
			got := mustSplit(t, apportion.Problem{Total: sumOf(want), Weights: weights}, m)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%v: integer quotas are not the parts (-quota +part):\n%s", m, diff)
			}
		}
	})
}

func TestProperty23_InQuota(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		previous := rapid.SliceOfN(rapid.Int64Range(-5, 200), len(p.Weights), len(p.Weights)).Draw(t, "previous")
		quotas := slowQuotas(p)
		check := func(name string, parts []int64) {
			for i, part := range parts {
				gap := new(big.Rat).Sub(big.NewRat(part, 1), quotas[i])
				if gap.Abs(gap).Cmp(big.NewRat(1, 1)) >= 0 {
					t.Fatalf("%s: part %d of row %d leaves the quota %s rounded down or up in %+v",
						name, part, i, quotas[i].RatString(), p)
				}
			}
		}
		for _, m := range inQuotaMethods {
			if slices.Contains(methodsFor(p), m) {
				check(m.String(), mustSplit(t, p, m))
			}
		}
		parts, err := p.MinChange(previous)
		if err != nil {
			t.Fatalf("MinChange refuses a feasible problem %+v: %v", p, err)
		}
		check("MinChange", parts)
	})
}

func TestProperty23_NegativeTotalIsTheNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		minus := p
		minus.Total = -p.Total
		previous := rapid.SliceOfN(rapid.Int64Range(-5, 200), len(p.Weights), len(p.Weights)).Draw(t, "previous")
		for _, m := range methodsFor(p) {
			if diff := cmp.Diff(negated(mustSplit(t, p, m)), mustSplit(t, minus, m)); diff != "" {
				t.Fatalf("%v: Split(-M) is not -Split(M) for %+v:\n%s", m, p, diff)
			}
		}
		plus, err := p.MinChange(previous)
		if err != nil {
			t.Fatal(err)
		}
		mirrored, err := minus.MinChange(negated(previous))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(negated(plus), mirrored); diff != "" {
			t.Fatalf("MinChange(-M, -previous) is not -MinChange(M, previous) for %+v:\n%s", p, diff)
		}
	})
}

func TestProperty23_OrderOfRowsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		n := len(p.Weights)
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		order = rapid.Permutation(order).Draw(t, "order")
		ranks := drawRanks(t, n)
		for _, m := range methodsFor(p) {
			ranked := p
			ranked.TieRank = ranks
			want := pick(mustSplit(t, ranked, m), order)
			if diff := cmp.Diff(want, mustSplit(t, reordered(ranked, order), m)); diff != "" {
				t.Fatalf("%v: with a rank of its own for each row, the order of rows %v changes the result of %+v:\n%s", m, order, ranked, diff)
			}

			// Without ranks the same holds if no tie is decided by them.
			plain, reversed := p, p
			plain.TieRank, reversed.TieRank = nil, make([]int64, n)
			for i := range n {
				reversed.TieRank[i] = int64(-i)
			}
			parts := mustSplit(t, plain, m)
			if m == apportion.QuotaMethod || !slices.Equal(parts, mustSplit(t, reversed, m)) {
				continue // a tie on the way may show later only, for the quota method
			}
			if diff := cmp.Diff(pick(parts, order), mustSplit(t, reordered(plain, order), m)); diff != "" {
				t.Fatalf("%v: absent ties, the order of rows %v changes the result of %+v:\n%s", m, order, plain, diff)
			}
		}
	})
}

func TestProperty24_HouseMonotone(t *testing.T) {
	monotone := append([]apportion.Method{apportion.QuotaMethod}, divisorOrder...)
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		more := p
		more.Total++
		if _, err := more.Split(apportion.Webster); err != nil {
			return // the maximums have no room for one more
		}
		for _, m := range methodsFor(p) {
			if !slices.Contains(monotone, m) {
				continue
			}
			few, many := mustSplit(t, p, m), mustSplit(t, more, m)
			for i := range few {
				if many[i] < few[i] {
					t.Fatalf("%v: row %d loses (%d to %d) when the total %d of %+v grows by 1", m, i, few[i], many[i], p.Total, p)
				}
			}
		}
	})
}

func TestProperty24_PopulationMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		if len(p.Weights) < 2 {
			return
		}
		rows := rapid.Permutation(indices(len(p.Weights))).Draw(t, "rows")
		up, down := rows[0], rows[1]
		later := p
		later.Weights = slices.Clone(p.Weights)
		later.Weights[up] += rapid.Int64Range(0, 50).Draw(t, "growth")
		later.Weights[down] -= rapid.Int64Range(0, p.Weights[down]).Draw(t, "shrinkage")
		if sumOf(later.Weights) == 0 {
			return
		}
		for _, m := range divisorOrder {
			a := mustSplit(t, p, m)
			b, err := later.Split(m)
			if err != nil {
				return // the row that shrank to 0 was needed under the maximums
			}
			if b[up] < a[up] && b[down] > a[down] {
				t.Fatalf("%v: row %d grows and loses while row %d shrinks and gains: %v to %v for weights %v to %v in %+v",
					m, up, down, a, b, p.Weights, later.Weights, p)
			}
		}
	})
}

func TestProperty24_DivisorOptimality(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		// Also totals that nobody could hand out one by one.
		if p.Min == nil && p.Max == nil {
			p.Total = rapid.Int64Range(0, math.MaxInt64).Draw(t, "large total")
		}
		for _, m := range divisorOrder {
			requireOptimal(t, p, m, mustSplit(t, p, m))
		}
	})
}

// requireOptimal checks min-max: no unit would be worth more elsewhere.
func requireOptimal(t *rapid.T, p apportion.Problem, m apportion.Method, parts []int64) {
	t.Helper()
	for i, w := range p.Weights {
		for j, v := range p.Weights {
			if v == 0 || w == 0 || parts[j] <= minOf(p, j) || parts[i] >= maxOf(p, i) {
				continue
			}
			if higher(divisorMethods[m], w, parts[i], v, parts[j]-1) > 0 {
				t.Fatalf("%v: the last unit of row %d is worth more to row %d: parts %v of %+v", m, j, i, parts, p)
			}
		}
	}
}

func TestProperty24_DivisorEqualsHandingOutOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		for _, m := range divisorOrder {
			if diff := cmp.Diff(slowDivisor(p, divisorMethods[m]), mustSplit(t, p, m)); diff != "" {
				t.Fatalf("%v: differs from handing out one by one, ties included, for %+v:\n%s", m, p, diff)
			}
		}
	})
}

func TestProperty24_QuotaMethodEqualsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := apportion.Problem{Weights: drawWeights(t), Total: rapid.Int64Range(0, 300).Draw(t, "total")}
		if rapid.Bool().Draw(t, "ranked") {
			p.TieRank = drawRanks(t, len(p.Weights))
		}
		if diff := cmp.Diff(slowQuotaMethod(p), mustSplit(t, p, apportion.QuotaMethod)); diff != "" {
			t.Fatalf("the quota method differs from its definition, ties included, for %+v:\n%s", p, diff)
		}
	})
}

// Property 25: the cheapest way to stay in quota, and the nearest to the
// quotas among the cheapest, over all ways to round up.
func TestProperty25_MinChangeIsCheapest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		if len(p.Weights) > 6 {
			p = reordered(p, indices(6))
			if _, err := p.Split(apportion.Hamilton); err != nil {
				return // what is left has no split
			}
		}
		previous := rapid.SliceOfN(rapid.Int64Range(-3, 60), len(p.Weights), len(p.Weights)).Draw(t, "previous")
		quotas := slowQuotas(p)
		got, err := p.MinChange(previous)
		if err != nil {
			t.Fatal(err)
		}
		if sumOf(got) != p.Total {
			t.Fatalf("parts %v of %+v do not add up to the total", got, p)
		}
		moved, far := cost(got, previous, quotas)
		for _, other := range roundings(quotas, p.Total) {
			otherMoved, otherFar := cost(other, previous, quotas)
			if otherMoved < moved {
				t.Fatalf("%v moves %d away from %v, but %v stays in quota and moves %d, for %+v", got, moved, previous, other, otherMoved, p)
			}
			if otherMoved == moved && otherFar.Cmp(far) < 0 {
				t.Fatalf("%v and %v move equally far from %v, but the second is nearer to the quotas, for %+v", got, other, previous, p)
			}
		}
	})
}

// cost is the sum of |part − previous| and the sum of |part − quota|.
func cost(parts, previous []int64, quotas []*big.Rat) (moved int64, far *big.Rat) {
	far = new(big.Rat)
	for i, part := range parts {
		moved += max(part-previous[i], previous[i]-part)
		gap := new(big.Rat).Sub(big.NewRat(part, 1), quotas[i])
		far.Add(far, gap.Abs(gap))
	}
	return moved, far
}

// roundings lists every way to round the quotas down or up to the total.
func roundings(quotas []*big.Rat, total int64) [][]int64 {
	var all [][]int64
	for ups := range 1 << len(quotas) {
		parts := make([]int64, len(quotas))
		possible := true
		for i, q := range quotas {
			parts[i] = new(big.Int).Quo(q.Num(), q.Denom()).Int64()
			if ups>>i&1 == 1 {
				possible = possible && !q.IsInt()
				parts[i]++
			}
		}
		if possible && sumOf(parts) == total {
			all = append(all, parts)
		}
	}
	return all
}

// Hamilton is nearest to the quotas, which also is MinChange from nothing.
func TestHamiltonIsNearestToTheQuotas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		quotas := slowQuotas(p)
		nothing := make([]int64, len(quotas))
		_, far := cost(mustSplit(t, p, apportion.Hamilton), nothing, quotas)
		for _, other := range roundings(quotas, p.Total) {
			if _, otherFar := cost(other, nothing, quotas); otherFar.Cmp(far) < 0 {
				t.Fatalf("hamilton is farther from the quotas than %v for %+v", other, p)
			}
		}
	})
}

func TestQuotaReportsTheExactFairShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		parts := rapid.SliceOfN(rapid.Int64Range(-1, 60), len(p.Weights), len(p.Weights)).Draw(t, "parts")
		if rapid.Bool().Draw(t, "negative") {
			p.Total = -p.Total
		}
		rows, err := p.Quota(parts)
		if err != nil {
			t.Fatal(err)
		}
		positive := p
		positive.Total = max(p.Total, -p.Total)
		for i, want := range slowQuotas(positive) {
			if p.Total < 0 {
				want.Neg(want)
			}
			r := rows[i]
			if r.Quota.Cmp(want) != 0 {
				t.Fatalf("quota of row %d is %s, want %s in %+v", i, r.Quota.RatString(), want.RatString(), p)
			}
			lower, upper := big.NewRat(r.Lower, 1), big.NewRat(r.Upper, 1)
			if lower.Cmp(want) > 0 || upper.Cmp(want) < 0 || r.Upper-r.Lower > 1 || want.IsInt() && r.Upper != r.Lower {
				t.Fatalf("%d and %d are not the quota %s rounded down and up", r.Lower, r.Upper, want.RatString())
			}
			if inside := r.Lower <= parts[i] && parts[i] <= r.Upper; r.Part != parts[i] || r.InQuota != inside {
				t.Fatalf("row %d says part %d in quota %v, but the part is %d and that is %v", i, r.Part, r.InQuota, parts[i], inside)
			}
		}
	})
}

func negated(list []int64) []int64 {
	result := make([]int64, len(list))
	for i, n := range list {
		result[i] = -n
	}
	return result
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func pick(list []int64, order []int) []int64 {
	if list == nil {
		return nil
	}
	result := make([]int64, len(order))
	for at, i := range order {
		result[at] = list[i]
	}
	return result
}

func reordered(p apportion.Problem, order []int) apportion.Problem {
	return apportion.Problem{Total: p.Total, Weights: pick(p.Weights, order),
		Min: pick(p.Min, order), Max: pick(p.Max, order), TieRank: pick(p.TieRank, order)}
}

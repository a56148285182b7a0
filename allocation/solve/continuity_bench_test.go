package solve_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/evenhand/evenhand/allocation/solve"
)

// grown is a problem with the owners that it has come to have: each customer's
// is one of his better reps who had room, or nobody for one in twenty.
func grown(p *solve.Problem, seed uint64) *solve.Continuity {
	random := rand.New(rand.NewPCG(seed, 2))
	c := &solve.Continuity{Owner: make([]int32, p.Customers()), Value: make([]int64, p.Customers()), MaxMoves: solve.Unlimited, MaxValue: solve.Unlimited}
	load := make([]int64, p.Reps())
	for i := range c.Owner {
		c.Owner[i] = solve.Unassigned
		c.Value[i] = 1 + random.Int64N(100_000)
		if random.IntN(20) == 0 {
			continue
		}
		best := int64(0)
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			if r := p.Rep[k]; load[r] < p.Max[r] && p.Score[k] > best && random.IntN(3) > 0 {
				c.Owner[i], best = r, p.Score[k]
			}
		}
		if r := c.Owner[i]; r >= 0 {
			load[r]++
		}
	}
	return c
}

// BenchmarkContinuity re-plans 2,089 customers of 35 reps, and 10,000 of 200 or,
// with SOLVE_LARGE=1, 100,000 of 1,000, with limits of each kind.
func BenchmarkContinuity(b *testing.B) {
	customers, reps := benchSize()
	for _, size := range [][3]int{{2089, 35, 35}, {customers, reps, 50}} {
		for _, kind := range []string{"uniform", "near", "product"} {
			p := generated(kind, size[0], size[1], size[2], 1.1, 1)
			for _, limit := range []string{"moves", "value", "per rep", "both"} {
				c := grown(p, 1)
				limitBench(c, limit, int64(size[0]), size[1])
				b.Run(fmt.Sprintf("%s/%dx%d/%s", kind, size[0], size[1], limit), func(b *testing.B) {
					var k *solve.Kept
					for b.Loop() {
						var err error
						if k, err = solve.SolveContinuity(context.Background(), p, c, solve.Options{}); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(k.Gap()), "gap")
					b.ReportMetric(float64(k.Moves), "moves")
					b.ReportMetric(float64(k.Total), "total")
				})
			}
		}
	}
}

func limitBench(c *solve.Continuity, limit string, customers int64, reps int) {
	if limit == "moves" || limit == "both" {
		c.MaxMoves = customers/10 - 9
	}
	if limit == "value" || limit == "both" {
		c.MaxValue = customers / 10 * 40_000
	}
	if limit == "per rep" {
		c.MaxMoves = customers/10 - 9
		c.MaxLost, c.MaxGained = make([]int64, reps), make([]int64, reps)
		for r := range reps {
			c.MaxLost[r], c.MaxGained[r] = customers/int64(reps)/8, customers/int64(reps)/8
		}
	}
}

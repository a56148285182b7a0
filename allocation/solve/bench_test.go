package solve_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/solve"
)

// benchSize is the size of the benchmarks' problems: 10,000 customers and 200
// reps, or 100,000 and 1,000 with SOLVE_LARGE=1.
func benchSize() (customers, reps int) {
	if os.Getenv("SOLVE_LARGE") != "" {
		return 100_000, 1000
	}
	return 10_000, 200
}

func benchProblems(b *testing.B, run func(b *testing.B, p *solve.Problem)) {
	customers, reps := benchSize()
	for _, kind := range kinds {
		room := 1.0
		if kind == "product" {
			room = 0.8
		}
		p := generated(kind, customers, reps, 50, room, 1)
		b.Run(fmt.Sprintf("%s/%dx%d", kind, customers, reps), func(b *testing.B) { run(b, p) })
	}
}

func BenchmarkSolve(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := solve.Solve(context.Background(), p, solve.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A change is of one customer or rep of a problem that was solved.
type sortOfChange struct {
	name  string
	apply func(s *solve.Solver, p *solve.Problem, random *rand.Rand) error
}

var sortsOfChange = []sortOfChange{
	{"score", func(s *solve.Solver, p *solve.Problem, random *rand.Rand) error {
		i := random.IntN(p.Customers())
		reps := s.Customer(i).Reps
		return s.SetScore(i, reps[random.IntN(len(reps))], random.Int64N(1000))
	}},
	{"customer", func(s *solve.Solver, p *solve.Problem, random *rand.Rand) error {
		return s.SetCustomer(random.IntN(p.Customers()), s.Customer(random.IntN(p.Customers())))
	}},
	{"eligible", func(s *solve.Solver, p *solve.Problem, random *rand.Rand) error {
		i := random.IntN(p.Customers())
		c := s.Customer(i)
		barred := len(c.Reps) / 2
		c.Reps, c.Scores = c.Reps[barred:], c.Scores[barred:]
		return s.SetCustomer(i, c)
	}},
	{"gone", func(s *solve.Solver, p *solve.Problem, random *rand.Rand) error {
		i := random.IntN(p.Customers())
		c := s.Customer(i)
		c.Units = 1 - c.Units // or back
		return s.SetCustomer(i, c)
	}},
	{"room", func(s *solve.Solver, p *solve.Problem, random *rand.Rand) error {
		r := random.IntN(p.Reps())
		return s.SetBounds(int32(r), 0, max(0, p.Max[r]+random.Int64N(3)-1))
	}},
}

// BenchmarkSolveOverPlain says how many times as long successive shortest paths
// take on the same problem in the same run, so that the figures of different
// machines and hours compare: 20 to 1,000 times. It fails below leastOverPlain
// times, which even a run on a busy machine keeps clear of.
func BenchmarkSolveOverPlain(b *testing.B) {
	const leastOverPlain = 3
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			p := generated(kind, 5000, 100, 30, 1, 1)
			before := time.Now()
			want := plainTotal(p)
			plain, quickest := time.Since(before), time.Duration(math.MaxInt64)
			for b.Loop() {
				before := time.Now()
				s, err := solve.Solve(context.Background(), p, solve.Options{})
				quickest = min(quickest, time.Since(before))
				if err != nil {
					b.Fatal(err)
				}
				if s.Total != want {
					b.Fatalf("the total is %d, and %d by shortest paths", s.Total, want)
				}
			}
			times := float64(plain) / float64(quickest)
			b.ReportMetric(times, "x-plain")
			if times < leastOverPlain {
				b.Errorf("successive shortest paths take only %.1f times as long", times)
			}
		})
	}
}

// BenchmarkResolveTen solves again after ten changes of a sort, and reports how
// many times longer the first solution took, which was from nothing.
func BenchmarkResolveTen(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		for _, change := range sortsOfChange {
			b.Run(change.name, func(b *testing.B) { benchResolve(b, p, change) })
		}
	})
}

func benchResolve(b *testing.B, p *solve.Problem, change sortOfChange) {
	s, err := solve.NewSolver(p, solve.Options{})
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if _, err := s.Solve(context.Background()); err != nil {
		b.Fatal(err)
	}
	cold := time.Since(begin)
	random := rand.New(rand.NewPCG(3, 4))
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		for range 10 {
			if err := change.apply(s, p, random); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.Solve(context.Background()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	median := took[len(took)/2]
	b.ReportMetric(float64(median.Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
	b.ReportMetric(float64(cold.Microseconds())/1000, "cold-ms")
	b.ReportMetric(float64(cold)/float64(median), "cold/median")
}

func BenchmarkCheck(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		s, err := solve.Solve(context.Background(), p, solve.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := solve.Check(p, s); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package solve_test

import (
	"context"
	"fmt"
	"os"
	"testing"

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

func BenchmarkResolveTen(b *testing.B) {
	benchProblems(b, func(b *testing.B, p *solve.Problem) {
		s, err := solve.NewSolver(p, solve.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Solve(context.Background()); err != nil {
			b.Fatal(err)
		}
		for n := 0; b.Loop(); n++ {
			for k := range 10 {
				i := (n*10 + k) * 7919 % p.Customers()
				if err := s.SetScore(i, s.Customer(i).Reps[n%50], int64(n*k)%1000); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := s.Solve(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
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

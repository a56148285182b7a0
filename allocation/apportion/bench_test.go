package apportion_test

import (
	"testing"

	"github.com/evenhand/evenhand/allocation/apportion"
)

// benchWeights are fixed and irregular.
func benchWeights(n int) []int64 {
	weights := make([]int64, n)
	x := uint64(88172645463325252)
	for i := range weights {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		weights[i] = int64(x%1_000_000) + 1
	}
	return weights
}

func BenchmarkSplit(b *testing.B) {
	for _, size := range []struct {
		name  string
		n     int
		total int64
	}{{"n=50/M=435", 50, 435}, {"n=1000/M=1e12", 1000, 1_000_000_000_000}} {
		weights := benchWeights(size.n)
		for _, m := range apportion.Methods() {
			if m == apportion.QuotaMethod && size.n > 50 {
				continue // a lap of these weights is longer than MaxQuotaSteps
			}
			b.Run(m.String()+"/"+size.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := apportion.Split(m, size.total, weights); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSplitWithBounds(b *testing.B) {
	const n = 1000
	p := apportion.Problem{Total: 1_000_000_000_000, Weights: benchWeights(n), Min: make([]int64, n), Max: make([]int64, n)}
	for i := range n {
		p.Min[i], p.Max[i] = 500_000_000, 1_500_000_000
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Split(apportion.Webster); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuotaMethodPerUnit(b *testing.B) {
	weights := benchWeights(1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := apportion.Split(apportion.QuotaMethod, 1_000_000, weights); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1_000_000, "ns/unit")
}

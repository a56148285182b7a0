package sqlitestore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// plain is a policy in Go: everybody is eligible, weighs what his KPI says,
// and may hold any number of customers. It costs next to nothing, so that the
// benchmark measures the store.
type plain struct{ reps []*allocation.Rep }

func (p *plain) ReadCustomer(*allocation.Customer) (allocation.Subject, error) {
	return plainSubject{}, nil
}
func (p *plain) CheckRep(*allocation.Rep) error                          { return nil }
func (p *plain) SetOpen(int, int64)                                      {}
func (p *plain) Match(allocation.Subject, time.Time) allocation.Matching { return p }
func (p *plain) Units() (int64, error)                                   { return 1, nil }
func (p *plain) When(int) allocation.Truth                               { return allocation.True }
func (p *plain) Next(from int) (int, allocation.Truth) {
	if from > 0 {
		return 1, allocation.False
	}
	return 0, allocation.True
}
func (p *plain) Eligible(int, *allocation.RepSet)                     {}
func (p *plain) Weight(_, row int) (float64, bool)                    { return p.reps[row].KPI["wins"], true }
func (p *plain) RampStart(int, int) (time.Time, bool)                 { return time.Time{}, false }
func (p *plain) Prefer(int, int) (float64, bool)                      { return 0, false }
func (p *plain) Size(int) (float64, bool)                             { return 1, true }
func (p *plain) Applies(int) allocation.Truth                         { return allocation.True }
func (p *plain) Limit(int, int) (int64, bool)                         { return 1 << 40, true }
func (p *plain) Why(allocation.Part, int, int) (f allocation.Finding) { return f }

func (p *plain) SetRep(row int, r *allocation.Rep) error {
	for len(p.reps) <= row {
		p.reps = append(p.reps, nil)
	}
	p.reps[row] = r
	return nil
}

type plainSubject struct{}

func (plainSubject) AppendFields(dst []byte) []byte { return append(dst, `{"industry":"steel"}`...) }

func plainPolicy() *allocation.Policy {
	return &allocation.Policy{
		Name: "plain", Hash: "plain", Source: []byte("plain"), Kind: "lead", Zone: time.UTC,
		Caps:       []allocation.Cap{{Name: "book", Rule: -1, Key: "book", LimitByRep: true}},
		Rules:      []allocation.Rule{{ID: "all", Name: "all", Pick: "rotate", HasWeight: true, WeightByRep: true}},
		NewMatcher: func() allocation.Matcher { return &plain{} },
	}
}

// BenchmarkAssign compares the desk's group commit with one transaction for
// each customer: the same desk, the same file, 32 clients. The ratio of the
// two customers/s is what counts; it should be at least 6.
func BenchmarkAssign(b *testing.B) {
	for _, way := range []struct {
		name string
		max  int
	}{{"transaction-per-assign", 1}, {"group-commit", 0}} {
		b.Run(way.name, func(b *testing.B) {
			ctx := context.Background()
			store, err := sqlitestore.Open(filepath.Join(b.TempDir(), "desk.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			desk, err := allocation.Open(ctx, allocation.Config{Policy: plainPolicy(), Store: store, MaxGroup: way.max})
			if err != nil {
				b.Fatal(err)
			}
			defer desk.Close()
			var reps []allocation.Rep
			for i := range 20 {
				reps = append(reps, allocation.Rep{ID: fmt.Sprintf("rep%02d", i), KPI: map[string]float64{"wins": float64(i%7 + 1)}})
			}
			if err := desk.SetReps(ctx, reps); err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(16) // times two cores: 32 clients
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := desk.Assign(ctx, allocation.Customer{ID: fmt.Sprintf("L%d", n.Add(1))}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "customers/s")
		})
	}
}

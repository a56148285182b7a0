package sqlitestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// BenchmarkPlanCommit commits a plan while a client assigns one customer after
// the other. It reports how long the commit takes, how long the client waits at
// longest meanwhile and before, and how many customers he was answered for while
// the commit ran. EVENHAND_PLAN is CUSTOMERSxREPS; it defaults to 5000x100.
func BenchmarkPlanCommit(b *testing.B) {
	customers, reps := 5000, 100
	if size := os.Getenv("EVENHAND_PLAN"); size != "" {
		if _, err := fmt.Sscanf(size, "%dx%d", &customers, &reps); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			commitBusy(b, allocation.NewMemoryStore(), customers, reps)
		}
	})
	b.Run("sqlite", func(b *testing.B) {
		for b.Loop() {
			store, err := sqlitestore.Open(filepath.Join(b.TempDir(), "desk.db"))
			if err != nil {
				b.Fatal(err)
			}
			commitBusy(b, store, customers, reps)
			store.Close()
		}
	})
}

const planPolicy = `
evenhand: 1
name: territories
customer: lead
fields: {lead: {employees: int}, rep: {size: int}}
caps: [{name: book, open: rep.capacity}]
rules:
  - {name: all, id: all, eligible: lead.territory in rep.territories, pick: best, prefer: 'abs(lead.employees - rep.size) * -1'}
`

// clients is how many customers besides those of the plan are open at a time.
const clients = 100

func commitBusy(b *testing.B, store allocation.Store, customers, reps int) {
	ctx := context.Background()
	document, err := policy.Parse("plan.yaml", []byte(planPolicy), fstest.MapFS{})
	if err != nil {
		b.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		b.Fatal(err)
	}
	desk, err := allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: store})
	if err != nil {
		b.Fatal(err)
	}
	defer desk.Close()
	r := rand.New(rand.NewPCG(7, 1))
	roster := make([]allocation.Rep, reps)
	for i := range roster {
		roster[i] = allocation.Rep{ID: fmt.Sprintf("rep-%04d", i), Territories: []string{fmt.Sprint("t", i%20)},
			Capacity: new(int64(customers/reps*5/4 + 1)), Fields: map[string]any{"size": r.IntN(5000)}}
	}
	if err := desk.SetReps(ctx, roster); err != nil {
		b.Fatal(err)
	}
	draw := func(id string) allocation.Customer {
		return allocation.Customer{ID: id, Territory: fmt.Sprint("t", r.IntN(20)), Fields: map[string]any{"employees": r.IntN(5000)}}
	}
	backlog := make([]allocation.Customer, customers)
	for i := range backlog {
		backlog[i] = draw(fmt.Sprintf("L-%06d", i))
	}
	plan, err := desk.Plan(ctx, backlog, allocation.PlanOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var longest [2]time.Duration // before, and while the commit runs
	var answered [2]int
	var phase int
	var lock sync.Mutex
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			start := time.Now()
			id := fmt.Sprintf("other-%07d", n)
			if _, err := desk.Assign(ctx, draw(id)); err != nil {
				b.Error(err)
				return
			}
			if n >= clients { // so many are open at a time
				if err := desk.Release(ctx, fmt.Sprintf("other-%07d", n-clients), allocation.Won); err != nil {
					b.Error(err)
					return
				}
			}
			lock.Lock()
			longest[phase] = max(longest[phase], time.Since(start))
			answered[phase]++
			lock.Unlock()
		}
	}()
	for wait := true; wait; time.Sleep(time.Millisecond) { // some answers before
		lock.Lock()
		wait = answered[0] < 2*clients
		lock.Unlock()
	}
	lock.Lock()
	phase = 1
	lock.Unlock()
	start := time.Now()
	out, err := plan.Commit(ctx)
	took := time.Since(start)
	close(stop)
	<-done
	if err != nil {
		b.Fatal(err)
	}
	if left := len(out.Left); left > customers/10 {
		b.Fatalf("%d of %d were left", left, customers)
	}
	b.ReportMetric(took.Seconds(), "commit-s")
	b.ReportMetric(longest[0].Seconds(), "longest-before-s")
	b.ReportMetric(longest[1].Seconds(), "longest-meanwhile-s")
	b.ReportMetric(float64(answered[1]), "answered-meanwhile")
	b.ReportMetric(float64(out.Resolved), "placed-anew")
	b.ReportMetric(float64(len(out.Left)), "left")
}

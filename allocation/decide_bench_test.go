package allocation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy"
)

// decidePolicy has 50 rules that tell customers apart by industry and source,
// a stock cap and a flow cap, and shifts.
func decidePolicy(b *testing.B) *allocation.Policy {
	var text strings.Builder
	text.WriteString(`evenhand: 1
name: bench
customer: lead
caps:
  - {name: book, open: rep.capacity}
  - {name: daily, assigned: 1000000, per: day}
rules:
`)
	for i := range 50 {
		fmt.Fprintf(&text, `  - name: rule %d
    when: lead.industry == "skill%02d" and lead.source == "source%d"
    eligible: rep.active and rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity
    pick: rotate
`, i, i%10, i/10)
	}
	d, err := policy.Parse("bench.yaml", []byte(text.String()), nil)
	if err != nil {
		b.Fatal(err)
	}
	p, err := d.Compile()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// decideReps draws n reps so that about eligible of them may have each
// customer.
func decideReps(b *testing.B, n, eligible int) []allocation.Rep {
	shifts, err := calendar.ParseShifts("Mon-Fri 08:00-18:00")
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, uint64(n)))
	regions := max(1, n*3/10*9/10/eligible)
	reps := make([]allocation.Rep, n)
	for i := range reps {
		capacity := int64(1000)
		skills := map[string]bool{}
		for len(skills) < 3 {
			skills[fmt.Sprintf("skill%02d", random.IntN(10))] = true
		}
		reps[i] = allocation.Rep{
			ID: fmt.Sprintf("rep%06d", i), Region: fmt.Sprintf("region%d", i%regions), Capacity: &capacity,
			Inactive: random.IntN(10) == 0, Shifts: shifts,
		}
		for s := range skills {
			reps[i].Skills = append(reps[i].Skills, s)
		}
	}
	return reps
}

// BenchmarkDecision is a typed customer's way to the decision, on one
// goroutine: match, eligible, available, caps, rotate. "decide" is that alone;
// "give" also takes the decision into the state and releases an earlier one.
// Encoding, hashing and appending are the committer's work: see
// BenchmarkAssignInterpreted.
func BenchmarkDecision(b *testing.B) {
	now := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	for _, size := range []struct{ reps, eligible int }{{1_000, 10}, {1_000, 50}, {10_000, 50}, {100_000, 50}} {
		d, err := allocation.NewDecider(decidePolicy(b), decideReps(b, size.reps, size.eligible), now)
		if err != nil {
			b.Fatal(err)
		}
		var subjects []allocation.Subject
		candidates := 0
		for i := range 50 {
			s, err := d.Read(&allocation.Customer{ID: "L", Industry: fmt.Sprintf("skill%02d", i%10), Source: fmt.Sprintf("source%d", i/10), Region: "region0"})
			if err != nil {
				b.Fatal(err)
			}
			subjects = append(subjects, s)
			if row, err := d.Decide(s); err != nil || row < 0 {
				b.Fatalf("every customer of the benchmark is placed, but one is not: %v", err)
			}
			candidates += d.Candidates()
		}
		run := func(way string, decide func(allocation.Subject) (int, error)) {
			b.Run(fmt.Sprintf("%s/reps=%d/eligible=%d", way, size.reps, candidates/50), func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					i++
					if row, err := decide(subjects[i%50]); err != nil || row < 0 {
						b.Fatalf("row %d, %v", row, err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
			})
		}
		run("decide", d.Decide)
		run("give", d.Give)
	}
}

// BenchmarkSetRep is a change of one rep on a memory store, encoding, hashing
// and appending included: what it costs does not grow with the roster.
func BenchmarkSetRep(b *testing.B) {
	ctx := context.Background()
	for _, n := range []int{1_000, 10_000, 100_000} {
		desk, err := allocation.Open(ctx, allocation.Config{Policy: decidePolicy(b), Store: allocation.NewMemoryStore(), SnapshotEvery: -1})
		if err != nil {
			b.Fatal(err)
		}
		reps := decideReps(b, n, 50)
		if err := desk.SetReps(ctx, reps); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("reps=%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i++
				rep := reps[i*7919%n]
				rep.Region = fmt.Sprint("region", i%7)
				if err := desk.SetRep(ctx, rep); err != nil {
					b.Fatal(err)
				}
			}
		})
		desk.Close()
	}
}

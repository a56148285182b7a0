package policy

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// scalePolicy has what a large desk has: an owner rule, one of a few eligible
// among many, and one open to everybody.
const scalePolicy = `
evenhand: 1
name: scale
customer: lead
kpis: [win_rate]
caps:
  - {name: book, open: rep.capacity}
  - {name: daily, assigned: 200, per: day}
rules:
  - {name: owner, when: has(lead.owner), eligible: rep.id == lead.owner, pick: first}
  - {name: field, when: 'lead.segment == "field"', eligible: 'rep.region == lead.region and lead.industry in rep.skills', if_none: next}
  - {name: weighted, when: 'lead.segment == "weighted"', weight: rep.kpi.win_rate}
  - {name: best, when: 'lead.segment == "best"', pick: best, prefer: rep.kpi.win_rate, eligible: rep.region == lead.region}
  - {name: everyone, when: 'lead.segment == "all"'}
  - {name: rest, eligible: rep.region == lead.region}
`

// scale is how many reps and entries: EVENHAND_EXPLAIN_REPS and
// EVENHAND_EXPLAIN_ENTRIES, 300 and 3,000 unless they are set.
func scale(t *testing.T) (reps, entries int) {
	number := func(name string, n int) int {
		if s := os.Getenv(name); s != "" {
			var err error
			if n, err = strconv.Atoi(s); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		return n
	}
	return number("EVENHAND_EXPLAIN_REPS", 300), number("EVENHAND_EXPLAIN_ENTRIES", 3_000)
}

// TestExplainALargeDesk explains decisions of each kind on a desk of many reps
// with a long ledger; a second is the promise for 10,000 reps and a million
// entries.
func TestExplainALargeDesk(t *testing.T) {
	ctx := context.Background()
	n, entries := scale(t)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	config := allocation.Config{
		Policy: compile(t, scalePolicy, nil), Compile: Compile, Store: allocation.NewMemoryStore(),
		Replay: allocation.ReplayClamp, Clock: func() time.Time { return at },
	}
	desk, err := allocation.Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	regions := max(n/100, 1)
	var reps []allocation.Rep
	for i := range n {
		capacity := int64(i%50 + 1)
		r := allocation.Rep{ID: fmt.Sprintf("rep%05d", i), Region: fmt.Sprint("r", i%regions), Capacity: &capacity, KPI: map[string]float64{"win_rate": float64(i%97+1) / 100}}
		r.Skills = []string{[]string{"steel", "food"}[i/regions%2]}
		r.Inactive = i%41 == 40
		reps = append(reps, r)
	}
	if err := desk.SetReps(ctx, reps, allocation.Opening{At: at}); err != nil {
		t.Fatal(err)
	}
	seq := uint64(0)
	assign := func(id, segment string) {
		c := allocation.Customer{ID: id, Region: fmt.Sprint("r", len(id)*int(seq)%regions), Industry: "steel", Segment: segment, At: at}
		out, err := desk.Assign(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		seq = out.Seq
	}
	kinds := []string{"field", "weighted", "best", "all", ""}
	for _, kind := range kinds {
		for i := range 60 { // so that rotations have begun
			assign(fmt.Sprintf("begin-%s-%d", kind, i), kind)
		}
	}
	for i := 0; seq < uint64(entries); i++ {
		id := fmt.Sprint("L", i)
		assign(id, []string{"field", "", "best"}[i%3])
		if err := desk.Release(ctx, id, allocation.Won, allocation.At(at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range kinds {
		assign("last-"+kind, kind)
		begin := time.Now()
		x, err := allocation.Explain(ctx, config, allocation.CustomerRef{Kind: "lead", ID: "last-" + kind})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		found := map[allocation.Cause]int{}
		none := 0
		for _, c := range x.Counterfactuals {
			if len(c.Changes) == 0 {
				none++
			} else {
				found[c.Changes[0].Cause]++
			}
		}
		t.Logf("entry %d of segment %q, rule %q, %d reps: %v; first causes %v, none %d", seq, kind, x.Decision.Rule, n, took.Round(time.Millisecond), found, none)
		if len(x.Counterfactuals)+x.Unquestioned != n-1 || len(x.Counterfactuals) < min(n-1, 500) {
			t.Errorf("every rep but the one chosen is answered, or 500 and the others counted: %d answers and %d more for %d reps", len(x.Counterfactuals), x.Unquestioned, n)
		}
		last := fmt.Sprintf("rep%05d", n-1)
		one, err := allocation.Explain(ctx, config, allocation.CustomerRef{Kind: "lead", ID: "last-" + kind}, allocation.AboutRep(last))
		if err != nil || len(one.Counterfactuals) != 1 && one.Decision.Rep != last {
			t.Errorf("anybody can be asked about alone: %d answers, %v", len(one.Counterfactuals), err)
		}
	}
}

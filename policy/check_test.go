package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"pgregory.net/rapid"
)

// TestCheckForetellsTheDesk checks a drawn policy against drawn reps and
// customers, and lets a desk decide them: what the check says is impossible
// does not happen.
func TestCheckForetellsTheDesk(t *testing.T) {
	told := map[string]int{}
	property := func(rt *rapid.T) {
		text, against := drawChecked(rt)
		d, err := Parse("policy.yaml", []byte(text), nil)
		if err != nil {
			rt.Fatalf("%v\nin\n%s", err, text)
		}
		findings, err := d.Check(against)
		if err != nil {
			rt.Fatal(err)
		}
		decided := decideAll(rt, text, against)
		for _, f := range findings {
			told[f.Code]++
			for _, one := range decided {
				if broken := contradicts(&f, one); broken != "" {
					rt.Fatalf("what a check calls impossible does not happen, but %s\n%s\n%+v\nin\n%s", broken, f, one, text)
				}
			}
		}
	}
	rapid.Check(t, property)

	// Whether each kind of finding is drawn at all is counted on fixed draws.
	clear(told)
	fixed := rapid.Custom(func(t *rapid.T) bool { property(t); return true })
	for seed := range 200 {
		fixed.Example(seed)
	}
	for _, code := range []string{CodeNothing, CodeUnplaced, CodeWaitForever, CodeNeverTrue, CodeNeverReached, CodePlacesNobody, CodeCapNeverBinds, CodeCapNeverCounts} {
		if told[code] == 0 {
			t.Errorf("each kind of finding is drawn, but %s was not", code)
		}
	}
}

// drawChecked draws a policy of a few rules and caps, reps and customers.
func drawChecked(t *rapid.T) (text string, a Against) {
	of := func(label string, options ...string) string { return rapid.SampledFrom(options).Draw(t, label) }
	var b strings.Builder
	b.WriteString("evenhand: 1\nname: drawn\ncustomer: lead\nkpis: [w]\n")
	fmt.Fprintf(&b, "caps: [{name: book, open: %s}, {name: daily, assigned: %s, per: day, only: '%s'}]\nrules:\n",
		of("open", "rep.capacity", "3", "100"), of("assigned", "1", "2", "50"), of("only", `lead.source == "web"`, `lead.source == "post"`, "true"))
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		fmt.Fprintf(&b, "  - {name: r%d, available: %s, when: '%s', eligible: '%s', weight: %s, if_none: {not_eligible: %s, full: %s}, caps: [{name: own%d, assigned: %s, per: week}]}\n", i,
			of("available", "any", "on_shift"), of("when", "true", `lead.source == "web"`, `lead.source in ["tel", "web"]`, `lead.source == "fax"`, "lead.score > 3"),
			of("eligible", "true", `"field" in rep.teams`, "lead.region in rep.territories", `"nobody" in rep.teams or lead.region in rep.territories`),
			of("weight", "1", "rep.kpi.w", "rep.kpi.w * (lead.score ?? 1)"), of("not eligible", "next", "fallback", "wait"), of("full", "next", "wait"), i, of("own", "2", "100"))
	}
	fmt.Fprintf(&b, "fallback: [%s]\n", of("fallback", "", "{rep: a}"))
	for _, id := range []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "reps")] {
		r := allocation.Rep{ID: id, Inactive: of("inactive", "", "", "", "x") != "", KPI: map[string]float64{}}
		if w := of("w", "", "0", "1"); w != "" {
			r.KPI["w"] = float64(w[0] - '0')
		}
		if capacity := of("capacity", "", "0", "1", "5"); capacity != "" {
			r.Capacity = new(int64(capacity[0] - '0'))
		}
		r.Teams, r.Territories = strings.Fields(of("teams", "", "field", "inside field")), strings.Fields(of("territories", "", "north", "north south"))
		a.Reps = append(a.Reps, r)
	}
	a.Now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range rapid.IntRange(1, 8).Draw(t, "customers") {
		a.Now = a.Now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "hours")) * time.Hour)
		c := allocation.Customer{ID: fmt.Sprintf("L%d", i), At: a.Now, Source: of("source", "", "web", "tel"), Region: of("region", "", "north", "south", "east")}
		if score := of("score", "", "2", "5"); score != "" {
			c.Fields = map[string]any{"score": score}
		}
		a.Customers = append(a.Customers, c)
	}
	return b.String(), a
}

// decideAll lets a desk decide the customers in order, and says where each
// stands at the end.
func decideAll(t *rapid.T, text string, a Against) []*allocation.Explanation {
	ctx := context.Background()
	desk, err := allocation.Open(ctx, allocation.Config{
		Policy: compile(t, text, nil), Store: allocation.NewMemoryStore(), Replay: allocation.ReplayStrict,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if err := desk.SetReps(ctx, a.Reps, allocation.Opening{At: a.Customers[0].At}); err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Customers {
		if _, err := desk.Assign(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	var out []*allocation.Explanation
	for _, c := range a.Customers {
		x, err := desk.Explain(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// contradicts says how a decision contradicts a finding; "" when it does not.
func contradicts(f *Finding, x *allocation.Explanation) string {
	d := &x.Decision
	byRule := d.Status == allocation.StatusAssigned && d.Reason != allocation.ReasonFallback
	about := func(text string) bool { return strings.Contains(f.Message, fmt.Sprintf("%q", text)) }
	switch {
	case f.Code == CodeNothing && byRule && slices.Contains(f.Reps, d.Rep):
		return "a rep who would receive none of these received one"
	case f.Code == CodeUnplaced && byRule && slices.Contains(f.Customers, d.Customer):
		return "a customer whom no rule places was placed by one"
	case f.Code == CodeWaitForever && d.Status != allocation.StatusWaiting && slices.Contains(f.Customers, d.Customer):
		return "a customer who waits for ever does not wait"
	case (f.Code == CodeNeverTrue || f.Code == CodeNeverReached || f.Code == CodePlacesNobody) && byRule && about(d.Rule):
		return "a rule that places nobody placed one"
	case f.Code == CodeCapNeverBinds || f.Code == CodeCapNeverCounts:
		for _, r := range x.Rules {
			for _, rep := range r.Reps {
				if rep.Reason == allocation.ReasonFull && rep.Cap == capNamed(f.Message) {
					return "a cap that limits nobody stopped a rep"
				}
			}
		}
	}
	return ""
}

// capNamed is the cap that a finding is about.
func capNamed(message string) string { return strings.Split(message, `"`)[1] }

// BenchmarkCheck checks a policy of 31 rules against 5,000 reps, of whom every
// third can receive nothing, and 8,000 customers.
func BenchmarkCheck(b *testing.B) {
	var text strings.Builder
	text.WriteString("evenhand: 1\nname: large\ncustomer: lead\ncaps: [{name: book, open: rep.capacity}, {name: daily, assigned: 20, per: day}]\nrules:\n")
	for i := range 30 {
		fmt.Fprintf(&text, "  - {name: rule %d, id: r%d, when: 'lead.territory in [\"T%d\", \"T%d\"]', eligible: '\"field\" in rep.teams and lead.industry in rep.skills and lead.territory in rep.territories', weight: 'rep.capacity * (lead.score ?? 1)'}\n", i, i, 2*i, 2*i+1)
	}
	text.WriteString("  - {name: rest, id: rest, eligible: '\"inside\" in rep.teams and rep.open < 50'}\n")
	d, err := Parse("policy.yaml", []byte(text.String()), nil)
	if err != nil {
		b.Fatal(err)
	}
	a := Against{Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	for i := range 5000 {
		a.Reps = append(a.Reps, allocation.Rep{
			ID: fmt.Sprint("r", i), Teams: []string{[]string{"field", "inside", "other"}[i%3]}, Capacity: new(int64(i % 7)),
			Skills: []string{fmt.Sprint("s", i%40), fmt.Sprint("s", i*7%40)}, Territories: []string{fmt.Sprint("T", i%60), fmt.Sprint("T", i*11%60)},
		})
	}
	for i := range 8000 {
		a.Customers = append(a.Customers, allocation.Customer{
			ID: fmt.Sprint("c", i), Territory: fmt.Sprint("T", i*13%60), Industry: fmt.Sprint("s", i*17%40), At: a.Now.Add(time.Duration(i) * time.Minute),
		})
	}
	for b.Loop() {
		if _, err := d.Check(a); err != nil {
			b.Fatal(err)
		}
	}
}

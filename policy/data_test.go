package policy

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// dataRows reads a published data set that is not part of the repository, from
// $EVENHAND_DATA or shared/data beside the repository, each row by its
// column's name; the test is skipped where there is none.
func dataRows(t *testing.T, parts ...string) []map[string]string {
	t.Helper()
	root := os.Getenv("EVENHAND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(append([]string{root}, parts...)...))
	if err != nil {
		t.Skipf("the data set is not here: %v; set EVENHAND_DATA to where it is", err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]string, len(all)-1)
	for i, row := range all[1:] {
		rows[i] = map[string]string{}
		for n, name := range all[0] {
			rows[i][name] = row[n]
		}
	}
	return rows
}

// kindsOf is the distinct values of a column, sorted.
func kindsOf(rows []map[string]string, column string) []string {
	var out []string
	for _, row := range rows {
		if row[column] != "" {
			out = append(out, row[column])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestEligibilityOfPublishedCustomers finds, for Olist's 8,000 leads and
// Maven's 8,800 opportunities, under 200 rules and 5,000 generated reps, the
// rule and who is eligible under it: by the matcher of desks and by the one
// that evaluates. EVENHAND_ELIGIBILITY=all takes every customer instead of
// one in 40, and the log has the time of both.
func TestEligibilityOfPublishedCustomers(t *testing.T) {
	leads := dataRows(t, "olist_funnel", "olist_marketing_qualified_leads_dataset.csv")
	deals := dataRows(t, "maven_crm", "sales_pipeline.csv")
	pages, origins := kindsOf(leads, "landing_page_id"), kindsOf(leads, "origin")
	accounts, products := kindsOf(deals, "account"), kindsOf(deals, "product")
	var customers []allocation.Customer
	for _, row := range leads {
		customers = append(customers, allocation.Customer{ID: row["mql_id"], Source: row["origin"],
			Fields: map[string]any{"subject": row["landing_page_id"], "begun": row["first_contact_date"]}})
	}
	for _, row := range deals {
		customers = append(customers, allocation.Customer{ID: row["opportunity_id"], Source: row["product"],
			Fields: map[string]any{"subject": row["account"], "begun": row["engage_date"], "price": row["close_value"]}})
	}
	if len(leads) != 8000 || len(deals) != 8800 {
		t.Fatalf("%d leads and %d opportunities, want 8000 and 8800", len(leads), len(deals))
	}
	p := compile(t, rulesForPublished(append(pages[:min(150, len(pages))], accounts...), append(origins, products...)), nil)
	fast, slow := p.NewMatcher(), p.NewReference()
	reps := repsForPublished(append(origins, products...), append(pages, accounts...))
	for row := range reps {
		if err := fast.SetRep(row, &reps[row]); err != nil {
			t.Fatal(err)
		}
		if err := slow.SetRep(row, &reps[row]); err != nil {
			t.Fatal(err)
		}
	}
	step := 40
	if os.Getenv("EVENHAND_ELIGIBILITY") == "all" {
		step = 1
	}
	var all allocation.RepSet
	for row := range reps {
		all.Add(row)
	}
	answer := func(m allocation.Matcher, s allocation.Subject, into *allocation.RepSet) int {
		b := m.Match(s, noon)
		rule := 0
		for {
			var truth allocation.Truth
			if rule, truth = b.Next(rule); truth != allocation.Unknown {
				break
			}
			rule++
		}
		into.CopyFrom(&all)
		b.Eligible(rule, into)
		return rule
	}
	var byIndex, byInterpreter time.Duration
	asked, eligible, rules := 0, 0, map[int]bool{}
	var x, y allocation.RepSet
	for i := 0; i < len(customers); i += step {
		s, err := fast.ReadCustomer(&customers[i])
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		a := answer(fast, s, &x)
		middle := time.Now()
		b := answer(slow, s, &y)
		byIndex, byInterpreter = byIndex+middle.Sub(begin), byInterpreter+time.Since(middle)
		if a != b || !slices.Equal(x.Words(), y.Words()) {
			t.Fatalf("customer %s: rule %d with %d eligible reps by the index, rule %d with %d by the interpreter", customers[i].ID, a, x.Len(), b, y.Len())
		}
		asked, eligible, rules[a] = asked+1, eligible+x.Len(), true
	}
	if eligible == 0 || len(rules) < 20 {
		t.Fatalf("the rules find reps, and many rules match: %d reps by %d rules", eligible, len(rules))
	}
	t.Logf("%d customers, %d rules matched, %d eligible: index %v, interpreter %v, %.0f times", asked, len(rules), eligible, byIndex, byInterpreter, float64(byInterpreter)/float64(byIndex))
}

// rulesForPublished is 200 rules: by subject, then by source, then everybody.
func rulesForPublished(subjects, sources []string) string {
	var b strings.Builder
	b.WriteString("evenhand: 1\nname: published\ncustomer: lead\nfields:\n  lead: {subject: string, begun: time, price: number}\n  rep: {sources: [string], subjects: [string], level: int}\nrules:\n")
	for i := range 199 {
		when := fmt.Sprintf("lead.subject == %q", subjects[i%len(subjects)])
		if i >= 150 {
			when = fmt.Sprintf("lead.source in [%q, %q]", sources[i%len(sources)], sources[(i+1)%len(sources)])
		}
		eligible := []string{
			"rep.active and lead.source in rep.sources and rep.open < rep.capacity",
			"rep.active and (lead.subject in rep.subjects or rep.level >= 3)",
			"lead.price > 1000 ? rep.level >= 2 : lead.source in rep.sources",
			`rep.hired_at < lead.begun and rep.level > 1 and not (lead.source in rep.sources)`,
		}[i%4]
		fmt.Fprintf(&b, "  - {name: rule %d, when: '%s', eligible: '%s'}\n", i, when, eligible)
	}
	b.WriteString("  - {name: rest, eligible: rep.active}\n")
	return b.String()
}

func repsForPublished(sources, subjects []string) []allocation.Rep {
	random := rand.New(rand.NewPCG(3, 5))
	some := func(of []string, n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = of[random.IntN(len(of))]
		}
		return out
	}
	reps := make([]allocation.Rep, 5000)
	for i := range reps {
		capacity := int64(random.IntN(3))
		reps[i] = allocation.Rep{
			ID: fmt.Sprintf("rep%04d", i), Inactive: random.IntN(10) == 0, Capacity: &capacity,
			HiredAt: time.Date(2014+random.IntN(5), time.Month(1+random.IntN(12)), 1, 0, 0, 0, 0, time.UTC),
			Fields:  map[string]any{"sources": some(sources, 1+random.IntN(3)), "subjects": some(subjects, random.IntN(5))},
		}
		if random.IntN(10) > 0 {
			reps[i].Fields["level"] = 1 + random.IntN(4)
		}
	}
	return reps
}

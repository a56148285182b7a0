package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// These tests run the command on published data sets that are not part of the
// repository: Olist's marketing funnel and Maven's CRM pipeline. They look in
// $EVENHAND_DATA, or in shared/data beside the repository, and are skipped
// where there is none.

func dataFile(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("EVENHAND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the data set is not here: %v; set EVENHAND_DATA to where it is", err)
	}
	return path
}

func readRecords(t *testing.T, path string) (index map[string]int, rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	index = map[string]int{}
	for i, name := range all[0] {
		index[name] = i
	}
	return index, all[1:]
}

func writeText(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// command runs evenhand in this process.
func command(t *testing.T, want int, args ...string) (stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := evenhand(args, console{strings.NewReader(""), &out, &errs}); got != want {
		t.Fatalf("evenhand %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errs.String())
	}
	return out.String()
}

// wins counts the closed deals of each closing rep.
func wins(t *testing.T) map[string]int {
	t.Helper()
	index, deals := readRecords(t, dataFile(t, "olist_funnel", "olist_closed_deals_dataset.csv"))
	won := map[string]int{}
	for _, deal := range deals {
		won[deal[index["sr_id"]]]++
	}
	if len(won) != 22 || len(deals) != 842 {
		t.Fatalf("%d closing reps and %d deals, want 22 and 842", len(won), len(deals))
	}
	return won
}

func repsByWins(t *testing.T, path string, won map[string]int, order []string) string {
	t.Helper()
	text := "ID,Wins\n"
	for _, id := range order {
		text += fmt.Sprintf("%s,%d\n", id, won[id])
	}
	return writeText(t, path, text)
}

const olistPolicy = `
evenhand: 1
name: olist
customer: lead
timezone: America/Sao_Paulo
kpis: [wins]
rules:
  - name: everyone
    pick: rotate
`

// The 8,000 leads of Olist among its 22 closing reps, all alike: the counts
// and every single decision are those computed independently, whatever the
// order of the reps file.
func TestOlistEqualWeights(t *testing.T) {
	won := wins(t)
	leads := dataFile(t, "olist_funnel", "olist_marketing_qualified_leads_dataset.csv")
	folder := t.TempDir()
	policy := writeText(t, filepath.Join(folder, "policy.yaml"), olistPolicy)
	out := filepath.Join(folder, "decisions.jsonl")
	order := slices.Sorted(maps.Keys(won))
	random := rand.New(rand.NewPCG(1, 2))
	for shuffle := range 4 {
		reps := repsByWins(t, filepath.Join(folder, "reps.csv"), won, order)
		command(t, exitOK, "run", policy, "--customers", leads, "--reps", reps, "--id", "mql_id", "--at", "first_contact_date", "--out", out)
		counts, sum := countDecisions(t, out)
		with := map[int]int{}
		for _, n := range counts {
			with[n]++
		}
		if with[363] != 8 || with[364] != 14 || len(with) != 2 {
			t.Errorf("shuffle %d: reps by count %v, want 8 with 363 and 14 with 364", shuffle, with)
		}
		if want := "78562686eeba4de52e03f9daa25d65ab5893a699afa7de89fe12adc838fa9ae0"; sum != want {
			t.Errorf("shuffle %d: sha256 of mql_id,sr_id is %s, want %s", shuffle, sum, want)
		}
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
}

// countDecisions counts by rep, and hashes customer,rep lines in the output's
// order.
func countDecisions(t *testing.T, path string) (counts map[string]int, sum string) {
	t.Helper()
	counts = map[string]int{}
	h := sha256.New()
	for _, l := range readDecisions(t, path) {
		counts[l.Rep]++
		fmt.Fprintf(h, "%s,%s\n", l.Customer, l.Rep)
	}
	return counts, hex.EncodeToString(h.Sum(nil))
}

func readDecisions(t *testing.T, path string) []line {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Weighted by wins, from 133 to 1: at every prefix every rep's count is within
// the stated bound of his exact share, in rational arithmetic of the test's own.
func TestOlistWeightedByWins(t *testing.T) {
	won := wins(t)
	leads := dataFile(t, "olist_funnel", "olist_marketing_qualified_leads_dataset.csv")
	folder := t.TempDir()
	policy := writeText(t, filepath.Join(folder, "policy.yaml"), olistPolicy+"    weight: rep.kpi.wins\n")
	reps := repsByWins(t, filepath.Join(folder, "reps.csv"), won, slices.Sorted(maps.Keys(won)))
	out := filepath.Join(folder, "decisions.jsonl")
	var s summary
	text := command(t, exitOK, "run", policy, "--customers", leads, "--reps", reps, "--id", "mql_id", "--at", "first_contact_date", "--out", out, "--summary", "json")
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if s.Assigned != 8000 || len(s.Desk.Rotations) != 1 {
		t.Fatalf("%d of 8,000 assigned, %d rotations", s.Assigned, len(s.Desk.Rotations))
	}
	r := s.Desk.Rotations[0]
	if r.Bound > 41.0/42+1e-9 {
		t.Errorf("stated bound %v, want 1 - 1/(2·22-2) = 41/42 (%s)", r.Bound, r.Theorem)
	}
	largest := largestDeviation(readDecisions(t, out), won, 842)
	if largest.Cmp(big.NewRat(41, 42)) > 0 {
		t.Errorf("property: no deviation at any prefix exceeds the stated bound; %s exceeds %v", largest.FloatString(6), r.Bound)
	}
	if reached, _ := largest.Float64(); reached-r.Reached > 1e-6 || r.Reached-reached > 1e-6 {
		t.Errorf("the report says %v was reached, the decisions say %v", r.Reached, reached)
	}
	t.Logf("bound %.6f (%s), largest deviation at any prefix %s", r.Bound, r.Theorem, largest.FloatString(6))
}

// largestDeviation of the counts from t·w/W over all prefixes t.
func largestDeviation(all []line, weight map[string]int, total int64) *big.Rat {
	got := map[string]int64{}
	largest := new(big.Rat)
	for i, l := range all {
		got[l.Rep]++
		for rep, w := range weight {
			d := big.NewRat(int64(i+1)*int64(w)-got[rep]*total, total)
			if d.Abs(d).Cmp(largest) > 0 {
				largest = d
			}
		}
	}
	return largest
}

const mavenPolicy = `
evenhand: 1
name: maven
customer: opportunity
timezone: America/New_York
caps:
  - {name: book, open: rep.capacity}
rules:
  - name: everyone
    pick: rotate
    if_none: wait
`

// The 8,300 dated opportunities of Maven over the 30 agents who ever had one,
// at their own time, under three sizes of book.
func TestMavenReplay(t *testing.T) {
	pipeline := dataFile(t, "maven_crm", "sales_pipeline.csv")
	index, rows := readRecords(t, pipeline)
	agents := map[string]bool{}
	for _, row := range rows {
		agents[row[index["sales_agent"]]] = true
	}
	if len(agents) != 30 || len(rows) != 8800 {
		t.Fatalf("%d agents with %d opportunities, want 30 and 8,800", len(agents), len(rows))
	}
	for _, limit := range []int{50, 80, 120} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel() // each waits for its own disk most of the time
			folder := t.TempDir()
			policy := writeText(t, filepath.Join(folder, "policy.yaml"), mavenPolicy)
			reps := "Sales Agent,Capacity\n"
			for _, id := range slices.Sorted(maps.Keys(agents)) {
				reps += fmt.Sprintf("%s,%d\n", id, limit)
			}
			repsFile := writeText(t, filepath.Join(folder, "reps.csv"), reps)
			db, out := filepath.Join(folder, "history.db"), filepath.Join(folder, "decisions.jsonl")
			args := []string{"run", policy, "--customers", pipeline, "--id", "opportunity_id", "--reps", repsFile, "--rep-map", "id=Sales Agent",
				"--at", "engage_date", "--close", "close_date", "--outcome", "deal_stage", "--store", db, "--out", out, "--summary", "json"}
			s := summaryOf(t, command(t, exitRejected, args...))
			if s.Rows != 8800 || s.Rejected != 500 || s.Customers != 8300 {
				t.Errorf("%d rows, %d rejected, %d customers; want 8,800, 500 and 8,300", s.Rows, s.Rejected, s.Customers)
			}
			_, rejects := readRecords(t, filepath.Join(folder, "decisions.rejects.csv"))
			if len(rejects) != 500 || slices.ContainsFunc(rejects, func(r []string) bool { return r[1] != "the time of arrival is blank" }) {
				t.Errorf("%d rows in the rejects file, want the 500 undated ones", len(rejects))
			}
			most, waited := followBooks(t, db)
			if most > limit {
				t.Errorf("property: nobody is ever over the cap; %d open at once, the cap is %d", most, limit)
			}
			if limit == 120 && (s.Waits != nil || s.Assigned != 8300 || waited > 0) {
				t.Errorf("with room for everybody %d of 8,300 are assigned at once, %d waited", s.Assigned, waited)
			}
			if limit < 120 && (s.Waits == nil || most != limit) {
				t.Errorf("demand exceeds the books, yet the waiting list is %+v and the largest book %d", s.Waits, most)
			}
			checkRerun(t, args, out, s)
			t.Logf("cap %d: largest book %d; assigned %d, waiting %d, left %d; %+v; entries %d", limit, most, s.Assigned, s.Waiting, s.Left, s.Waits, s.Entries)
		})
	}
}

func summaryOf(t *testing.T, text string) *summary {
	t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// checkRerun runs the same command again on the same store.
func checkRerun(t *testing.T, args []string, out string, first *summary) {
	t.Helper()
	before, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	again := summaryOf(t, command(t, exitRejected, args...))
	after, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if again.Entries != 0 || again.Known != first.Customers || again.Desk.Version != first.Desk.Version {
		t.Errorf("property: a second run adds no entry; it added %d and knew %d of %d", again.Entries, again.Known, first.Customers)
	}
	if !bytes.Equal(before, after) {
		t.Error("property: a second run tells the same decisions")
	}
}

// followBooks reads a ledger from the store and counts each rep's open
// customers after every entry.
func followBooks(t *testing.T, path string) (most, waited int) {
	t.Helper()
	store, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	holder := map[string]string{}
	open := map[string]int{}
	for e, err := range store.Entries(context.Background(), "default", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		switch e.Event {
		case allocation.EventAssigned:
			holder[e.Customer] = e.Rep
			open[e.Rep]++
			most = max(most, open[e.Rep])
		case allocation.EventReleased:
			if rep := holder[e.Customer]; rep != "" {
				open[rep]--
				delete(holder, e.Customer)
			}
		case allocation.EventWaiting:
			waited++
		}
	}
	return most, waited
}

// Cutting over at the end of Maven's history: a shadow of the same policy has
// decided every opportunity alike, the CRM's own owners are taken over to the
// last one, and the shadow follows that as well.
func TestMavenCutOver(t *testing.T) {
	pipeline := dataFile(t, "maven_crm", "sales_pipeline.csv")
	index, rows := readRecords(t, pipeline)
	open := map[string]int64{}
	reps := "Sales Agent,Capacity\n"
	for _, row := range rows {
		agent, stage := row[index["sales_agent"]], row[index["deal_stage"]]
		if _, known := open[agent]; !known {
			reps += agent + ",80\n"
			open[agent] = 0
		}
		if stage != "Won" && stage != "Lost" {
			open[agent]++
		}
	}
	folder := t.TempDir()
	policy := writeText(t, filepath.Join(folder, "policy.yaml"), mavenPolicy)
	repsFile := writeText(t, filepath.Join(folder, "reps.csv"), reps)
	db := filepath.Join(folder, "history.db")
	command(t, exitRejected, "run", policy, "--customers", pipeline, "--id", "opportunity_id", "--reps", repsFile, "--rep-map", "id=Sales Agent",
		"--at", "engage_date", "--close", "close_date", "--outcome", "deal_stage", "--store", db, "--out", filepath.Join(folder, "decisions.csv"), "--summary", "none")
	alike := func(customers int) {
		t.Helper()
		var c allocation.Comparison
		if err := json.Unmarshal([]byte(command(t, exitOK, "shadow", policy, "--store", db, "--format", "json")), &c); err != nil {
			t.Fatal(err)
		}
		if c.Customers != customers || c.Alike != customers || c.OtherRule+c.Undecided+len(c.Differences) > 0 {
			t.Errorf("property: a shadow of the same policy decides the same: %d of %d alike, %d by another rule, %d undecided", c.Alike, c.Customers, c.OtherRule, c.Undecided)
		}
		for _, r := range c.Reps {
			if r.LiveOpen != r.ShadowOpen {
				t.Errorf("property: it has open what the desk has: %+v", r)
			}
		}
	}
	alike(8300)
	reconcile := []string{"reconcile", policy, "--owners", pipeline, "--store", db, "--complete", "--format", "json"}
	command(t, exitDrift, reconcile...)
	var done reconciled
	if err := json.Unmarshal([]byte(command(t, exitOK, append(reconcile, "--commit")...)), &done); err != nil {
		t.Fatal(err)
	}
	for _, r := range done.Open {
		if r.After != open[r.Rep] {
			t.Errorf("property: open work is what the CRM has: %s has %d, there %d", r.Rep, r.After, open[r.Rep])
		}
	}
	command(t, exitOK, reconcile...)
	alike(8300)
	t.Logf("%d differences recorded", len(done.Drift))
}

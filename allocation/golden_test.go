package allocation_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy"
	"github.com/google/go-cmp/cmp"
)

var writeGolden = flag.Bool("write-golden-ledger", false, "write testdata/golden anew: only ever for a new golden ledger beside the old ones")

const goldenPolicy = "testdata/golden/policy.yaml"

// goldenVersions is how many golden ledgers there are, the last of which this
// code writes. The second has the weights of those away in the turns of voids,
// the third what a CRM says, the fourth a plan.
const goldenVersions = 4

func goldenLedger(version int) string { return fmt.Sprintf("testdata/golden/ledger-%d.jsonl", version) }
func goldenState(version int) string  { return fmt.Sprintf("testdata/golden/state-%d.json", version) }

func loadGolden(t testing.TB) *allocation.Policy {
	t.Helper()
	p, err := policy.Load(goldenPolicy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// goldenDays is a few days at a desk with most of what can happen.
func goldenDays(t testing.TB, store allocation.Store) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cfg := goldenConfig(store)
	cfg.Policy = loadGolden(t)
	desk, err := allocation.Open(ctx, cfg)
	must(err)
	defer desk.Close()
	office, err := calendar.ParseShifts("Mon-Fri 08:00-18:00")
	must(err)
	off, err := calendar.ParseSpans("2026-03-03..2026-03-04", time.UTC)
	must(err)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	team := []allocation.Rep{
		{ID: "ana", Teams: []string{"field"}, Skills: []string{"steel", "food"}, Capacity: new(int64(4)), KPI: map[string]float64{"attainment": 1.4}, Shifts: office},
		{ID: "bo", Teams: []string{"field", "inside"}, Skills: []string{"steel"}, Capacity: new(int64(3)), KPI: map[string]float64{"attainment": 0.2}, TimeOff: off},
		{ID: "cy", Teams: []string{"inside"}, Capacity: new(int64(6)), Timezone: "America/New_York", Fields: map[string]any{"level": "junior"}},
		{ID: "dee", Teams: []string{"inside", "field"}, Skills: []string{"food"}, Capacity: new(int64(5))},
		{ID: "sam", Role: "manager"},
	}
	must(desk.SetReps(ctx, team, allocation.Opening{
		At: now, Owned: []allocation.Owned{{ID: "K1", Rep: "ana"}}, Work: map[string]int64{"dee": 2},
		Credit: []allocation.OpeningCredit{{Rule: "rest", Rep: "cy", Amount: 0.5}, {Rule: "rest", Rep: "dee", Amount: -0.5}},
	}))
	n := 0
	lead := func(c allocation.Customer) allocation.Decision {
		t.Helper()
		n++
		c.ID, c.At = fmt.Sprintf("L%02d", n), now
		d, err := desk.Assign(ctx, c)
		must(err)
		return d
	}
	large := func(industry string, value float64) allocation.Customer {
		return allocation.Customer{Industry: industry, Fields: map[string]any{"employees": 2000, "expected_value": value}}
	}
	for day := range 5 {
		lead(allocation.Customer{EmailDomain: "example.com", Score: new(3.0)})
		lead(allocation.Customer{Owner: "bo"})
		lead(large("steel", 12000.50))
		lead(large("food", 0))
		lead(allocation.Customer{Fields: map[string]any{"employees": 12}})
		lead(allocation.Customer{Kind: "request"})
		lead(allocation.Customer{EmailDomain: "steel.example"})
		last := fmt.Sprintf("L%02d", n-2)
		switch day {
		case 0:
			must(desk.Transfer(ctx, last, "dee", allocation.At(now), allocation.Force()))
			must(desk.Grant(ctx, "rest", "cy", 0.25, "helped out", allocation.At(now)))
		case 1:
			must(desk.Void(ctx, last, "duplicate", allocation.At(now)))
			_, err := desk.AssignTo(ctx, allocation.Customer{ID: "M1", At: now}, "ana")
			must(err)
		case 2:
			team[0].KPI["attainment"] = 1.1
			must(desk.SetReps(ctx, team[:4], allocation.Opening{At: now})) // sam left
			_, err := desk.Reassign(ctx, allocation.Customer{ID: "L03", At: now, Industry: "steel", Fields: map[string]any{"employees": 5000}})
			must(err)
		case 3:
			must(desk.CloseAccount(ctx, "rest", "bo", "moved to field", allocation.At(now)))
			must(desk.Erase(ctx, "L03", allocation.At(now)))
		case 4:
			must(goldenReconcile(ctx, desk, now))
			must(goldenPlan(ctx, desk, now))
		}
		for i := max(1, n-9); i < n; i += 2 {
			id := fmt.Sprintf("L%02d", i)
			if i%7 == 6 {
				must(desk.Release(ctx, id, allocation.Won, allocation.At(now), allocation.Kind("request")))
			} else {
				must(desk.Release(ctx, id, allocation.Lost, allocation.At(now)))
			}
		}
		now = now.Add(24 * time.Hour)
		must(desk.Advance(ctx, now))
	}
}

// goldenReconcile brings every kind of drift.
func goldenReconcile(ctx context.Context, desk *allocation.Desk, now time.Time) error {
	held, err := desk.Reconcile(ctx, allocation.CRM{Preview: true})
	if err != nil {
		return err
	}
	crm := allocation.CRM{Complete: true, Unowned: true, At: now, Records: []allocation.Record{
		{ID: "N1", Owner: "cy", Since: now.Add(-time.Hour)}, {ID: "L01", Owner: "ana"}, {ID: "L09", Owner: "bo", Units: 2},
	}}
	for i, d := range held.Left {
		r := allocation.Record{Kind: d.Kind, ID: d.Customer, Owner: d.Rep, Since: now.Add(-time.Minute)}
		switch i % 5 {
		case 0:
			r.Owner = "dee"
		case 1:
			r.Closed = true
		case 2:
			r.Units = 3
		case 3:
			r.Owner = ""
		case 4:
			continue
		}
		crm.Records = append(crm.Records, r)
	}
	_, err = desk.Reconcile(ctx, crm)
	return err
}

// goldenPlan plans new customers together with those who are open, and commits.
func goldenPlan(ctx context.Context, desk *allocation.Desk, now time.Time) error {
	held, err := desk.Reconcile(ctx, allocation.CRM{Preview: true})
	if err != nil {
		return err
	}
	backlog := []allocation.Customer{
		{ID: "P1", Industry: "steel", Fields: map[string]any{"employees": 3000, "expected_value": 15000}},
		{ID: "P2", EmailDomain: "example.org", Score: new(1.0)},
		{ID: "P3", Fields: map[string]any{"employees": 40}},
		{ID: "P4", Kind: "request"},
		{ID: "P5", Industry: "food", Fields: map[string]any{"employees": 1500}},
		{ID: "P6"}, {ID: "P7"}, {ID: "P8"}, {ID: "P9"},
	}
	for _, d := range held.Left {
		c := allocation.Customer{Kind: d.Kind, ID: d.Customer, Fields: map[string]any{"employees": 20}}
		if d.Rep == "dee" {
			c.Owner = "ana" // who takes him over
		}
		backlog = append(backlog, c)
	}
	plan, err := desk.Plan(ctx, backlog, allocation.PlanOptions{At: now, AnyHour: true})
	if err != nil {
		return err
	}
	_, err = plan.Commit(ctx)
	return err
}

func goldenConfig(store allocation.Store) allocation.Config {
	return allocation.Config{Desk: "golden", Store: store, Compile: policy.Compile, Replay: allocation.ReplayStrict, Entropy: zeroes{}, SnapshotEvery: -1}
}

// zeroes is entropy that makes a ledger repeatable.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestGoldenLedger reads the ledgers that this and earlier versions wrote, folds
// each to the state that its version had, and makes its decisions again.
func TestGoldenLedger(t *testing.T) {
	if *writeGolden {
		store := allocation.NewMemoryStore()
		goldenDays(t, store)
		writeLedger(t, store)
	}
	for version := 1; version <= goldenVersions; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) { readGolden(t, version) })
	}
}

func readGolden(t *testing.T, version int) {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	entries := readLedger(t, store, version)
	want, err := os.ReadFile(goldenState(version))
	if err != nil {
		t.Fatal(err)
	}
	got, err := allocation.StateText(ctx, store, "golden")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), got); diff != "" {
		t.Errorf("the fold of the golden ledger is not the state of the version that wrote it (-then +now):\n%s", diff)
	}
	explained := 0
	for _, e := range entries {
		if e.Customer == "" || e.Event == allocation.EventReleased {
			continue
		}
		if _, err := allocation.Explain(ctx, goldenConfig(store), allocation.CustomerRef{Kind: e.Kind, ID: e.Customer}); err != nil {
			t.Errorf("entry %d: %v", e.Seq, err)
		}
		explained++
	}
	if explained < 30 {
		t.Errorf("only %d decisions were made again: the golden ledger holds more", explained)
	}
	seen := map[allocation.Event]int{}
	for _, e := range entries {
		seen[e.Event]++
	}
	for _, code := range []string{allocation.DriftOwner, allocation.DriftUnits, allocation.DriftUnowned, allocation.DriftClosed, allocation.DriftMissing, allocation.DriftOpened, allocation.DriftReopened, allocation.DriftGiven} {
		if version >= 3 && !slices.ContainsFunc(entries, func(e allocation.Entry) bool { return e.Event == allocation.EventReconciled && e.Reason == code }) {
			t.Errorf("the golden ledger has no entry of drift %s", code)
		}
	}
	for _, event := range []allocation.Event{
		allocation.EventRepsSet, allocation.EventPolicySet, allocation.EventWeightsSet, allocation.EventAssigned, allocation.EventWaiting,
		allocation.EventUnassigned, allocation.EventTransferred, allocation.EventReleased, allocation.EventVoided, allocation.EventGranted,
		allocation.EventAccountClosed, allocation.EventReconciled, allocation.EventErased,
	} {
		if seen[event] == 0 {
			t.Errorf("the golden ledger has no %s entry", event)
		}
	}
	if version < 4 {
		return
	}
	planned := map[allocation.Event]int{}
	for _, e := range entries {
		if allocation.ByPlan(e) {
			planned[e.Event]++
		}
	}
	for _, event := range []allocation.Event{allocation.EventAssigned, allocation.EventTransferred, allocation.EventWaiting, allocation.EventUnassigned} {
		if seen[allocation.EventPlanned] == 0 || planned[event] == 0 {
			t.Errorf("the golden ledger has no %s entry of a plan", event)
		}
	}
}

// TestGoldenLedgerIsWrittenAgain repeats the golden days: the same requests
// give the same bytes, salts included, since the entropy is fixed.
func TestGoldenLedgerIsWrittenAgain(t *testing.T) {
	store := allocation.NewMemoryStore()
	goldenDays(t, store)
	want, err := os.ReadFile(goldenLedger(goldenVersions))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), ledgerText(t, store)); diff != "" {
		t.Errorf("the same requests give another ledger than the last golden one. If the engine's meaning changed, engineVersion must rise (-then +now):\n%s", diff)
	}
}

// goldenLine is an entry with its JSON columns legible.
type goldenLine struct {
	allocation.Entry
	Body   json.RawMessage
	Fields json.RawMessage
}

func ledgerText(t testing.TB, store allocation.Store) string {
	t.Helper()
	var b bytes.Buffer
	for e, err := range store.Entries(context.Background(), "golden", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(goldenLine{e, e.Body, e.Fields})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

func writeLedger(t testing.TB, store allocation.Store) {
	t.Helper()
	state, err := allocation.StateText(context.Background(), store, "golden")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{goldenLedger(goldenVersions): ledgerText(t, store), goldenState(goldenVersions): state + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readLedger puts a golden ledger into a store.
func readLedger(t testing.TB, store allocation.Store, version int) []allocation.Entry {
	t.Helper()
	file, err := os.Open(goldenLedger(version))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var batch allocation.Batch
	latest := map[string]uint64{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line goldenLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		e := line.Entry
		e.Body = line.Body
		if string(line.Fields) != "null" {
			e.Fields = line.Fields
		}
		batch.Entries = append(batch.Entries, e)
		if e.Customer != "" {
			latest["c/"+e.Kind+"/"+e.Customer] = e.Seq
		}
		var body struct{ Request string }
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		if body.Request != "" {
			latest["r/"+body.Request] = e.Seq
		}
	}
	for name, seq := range latest {
		batch.Keys = append(batch.Keys, allocation.Key{Name: name, Seq: seq, New: true})
	}
	batch.Link = allocation.Link([32]byte{}, batch.Entries)
	err = store.Update(context.Background(), "golden", 0, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return batch, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return batch.Entries
}

// interpreted compiles a policy document without files.
func interpreted(t testing.TB, text string) *allocation.Policy {
	t.Helper()
	document, err := policy.Parse("policy.yaml", []byte(text), fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkAssignInterpreted is the figure to start from: one assignment on a
// memory store with the rule of the design's speed table, interpreted for
// each rep.
func BenchmarkAssignInterpreted(b *testing.B) {
	const text = `
evenhand: 1
name: speed
customer: lead
caps: [{name: book, open: 1000000000}]
rules:
  - name: speed
    id: speed
    eligible: rep.active and rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity
`
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprintf("reps=%d", n), func(b *testing.B) {
			ctx := context.Background()
			cfg := goldenConfig(allocation.NewMemoryStore())
			cfg.Policy = interpreted(b, text)
			desk, err := allocation.Open(ctx, cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer desk.Close()
			var reps []allocation.Rep
			for i := range n {
				reps = append(reps, allocation.Rep{ID: fmt.Sprintf("rep%04d", i), Region: fmt.Sprint("R", i%10),
					Skills: []string{"steel", fmt.Sprint("skill", i%5)}, Capacity: new(int64(1 << 40))})
			}
			if err := desk.SetReps(ctx, reps); err != nil {
				b.Fatal(err)
			}
			i := 0
			for b.Loop() {
				i++
				d, err := desk.Assign(ctx, allocation.Customer{ID: fmt.Sprint("L", i), Region: "R3", Industry: "steel"})
				if err != nil || d.Rep == "" {
					b.Fatal(d, err)
				}
			}
		})
	}
}

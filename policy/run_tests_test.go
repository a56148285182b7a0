package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTheExampleDocumentPasses(t *testing.T) {
	RunTests(t, "testdata/inbound/inbound.yaml")
}

const testsFile = "testdata/tests.txt"

// TestWhatTestsSay pins what a policy author reads when his tests fail.
func TestWhatTestsSay(t *testing.T) {
	var now strings.Builder
	for _, s := range readSlips(t, testsFile) {
		report := runTestsOf(t, s.text())
		var b strings.Builder
		for i := range report.Tests {
			b.WriteString(report.Tests[i].String() + "\n")
		}
		said := strings.TrimSpace(b.String())
		now.WriteString("=== " + s.name + "\n" + s.document + ">>>\n" + said + "\n")
		if diff := cmp.Diff(s.said, said); diff != "" && !*update {
			t.Errorf("tests of %q: what is said changed (-pinned +now):\n%s", s.name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(testsFile, []byte(now.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func runTestsOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) *TestReport {
	t.Helper()
	d, err := Parse("policy.yaml", []byte(text), slipFiles)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	report, err := d.Test()
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return report
}

// fakeT is a test that notes what is said.
type fakeT struct {
	name string
	said *[]string
}

func (t *fakeT) Helper() {}
func (t *fakeT) say(kind, format string, args ...any) {
	*t.said = append(*t.said, strings.TrimSpace(t.name+" "+kind+": "+fmt.Sprintf(format, args...)))
}
func (t *fakeT) Errorf(format string, args ...any) { t.say("fails", format, args...) }
func (t *fakeT) Skipf(format string, args ...any)  { t.say("is skipped", format, args...) }
func (t *fakeT) Logf(format string, args ...any)   { t.say("logs", format, args...) }
func (t *fakeT) Run(name string, f func(*fakeT)) bool {
	f(&fakeT{name, t.said})
	return true
}

// What a Go test says of each of a document's tests: only those that fail fail
// it.
func TestRunTestsReportsEachTest(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(slipHeader+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mixed := write("mixed.yaml", `rules: [{name: all}]
tests:
  - {name: right, reps: [{id: ana}], customer: {id: L1}, expect: {rep: ana}}
  - {name: wrong, reps: [{id: ana}, {id: bo}], customer: {id: L1}, expect: {rep: bo}}
  - {name: later, todo: true, reps: [{id: ana}, {id: bo}], customer: {id: L1}, expect: {rep: bo}}
  - {name: ready, todo: true, reps: [{id: ana}], customer: {id: L1}, expect: {rep: ana}}
`)
	var said []string
	for _, path := range []string{mixed, write("none.yaml", "rules: [{name: all}]\n"), write("bad.yaml", "rules: [{name: all, pick: x}]\n"), filepath.Join(dir, "nowhere.yaml")} {
		RunTests(&fakeT{"", &said}, path)
	}
	want := []string{
		`wrong fails: mixed.yaml:7:12: test "wrong" failed`,
		`later is skipped: mixed.yaml:8:12: test "later" is still to do`,
		`ready logs: mixed.yaml:9:12: test "ready" passes and is marked todo`,
		`logs: mixed.yaml: coverage 100%: 1 of 1 rules placed somebody, 0 of 0 outcomes of conditions were seen`,
		`fails: none.yaml has no tests`,
		`fails: bad.yaml:4:27: pick is`,
		`fails: policy: open nowhere.yaml: no such file`,
	}
	for i, text := range said {
		text = strings.ReplaceAll(text, dir+string(filepath.Separator), "")
		if i >= len(want) || !strings.HasPrefix(text, want[i]) {
			t.Errorf("said %d of %d: %s", i, len(want), text)
		}
	}
	if len(said) != len(want) {
		t.Errorf("%d things were said, want %d", len(said), len(want))
	}
}

// A document made in Go is tested like one from a file; places are paths.
func TestOfAGoDocument(t *testing.T) {
	d := &Document{
		Name: "go", Customer: "lead", Rules: []Rule{{Name: "all", When: "lead.score > 3"}},
		Tests: []Test{{Name: "t", Reps: []map[string]any{{"id": "ana"}}, Customer: map[string]any{}, Expect: Expect{Rep: "ana"}}},
	}
	report, err := d.Test()
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err == nil || !strings.HasPrefix(err.Error(), `tests[0].name: test "t" failed`) {
		t.Errorf("a customer without a score is placed, or the failure has no path: %v", err)
	}
	if leaf := report.Coverage.Rules[0].Leaves[0]; leaf.File != "rules[0].when" || leaf.Line != 0 || !leaf.Unknown {
		t.Errorf("the leaf is %+v", leaf)
	}
	d.Tests[0].Customer["score"] = 4
	if report, err = d.Test(); err != nil || report.Err() != nil || report.Count(TestPassed) != 1 {
		t.Errorf("with a score: %v, %v", err, report.Err())
	}
}

// A document with tests of every kind is the same document after JSON.
func TestTestsSurviveJSON(t *testing.T) {
	d := &Document{Name: "go", Rules: []Rule{{Name: "all"}}, Tests: []Test{
		{Name: "a", Todo: "true", Reps: []map[string]any{{"id": "ana"}}, Customer: map[string]any{}, Expect: Expect{Not: []string{"ana"}}},
		{Name: "b", Todo: "soon", Now: "2026-03-01", Reps: []map[string]any{{"id": "ana"}},
			Customers: []TestCustomer{{At: "2026-03-02", Customer: map[string]any{"id": "L1"}}, {Customer: map[string]any{}, Expect: Expect{Status: "assigned", Reason: "full"}}}},
	}}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("policy.json", text, nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	if diff := cmp.Diff(d.Tests, again.Tests); diff != "" {
		t.Errorf("tests after JSON (-before +after):\n%s", diff)
	}
}

// A test that expects what the desk decides passes; one that expects another
// rep fails and names him, and so does one that excludes the one chosen.
func TestATestHoldsTheDeskToItsDecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &Document{Name: "drawn", Customer: "lead", Caps: []Cap{{Name: "daily", Assigned: "2", Per: "day"}}}
		for i := range rapid.IntRange(1, 3).Draw(t, "rules") {
			d.Rules = append(d.Rules, Rule{
				Name:     fmt.Sprint("rule ", i),
				When:     rapid.SampledFrom([]string{"", "lead.score > 3", `lead.region == "de"`}).Draw(t, "when"),
				Eligible: rapid.SampledFrom([]string{"", "lead.region in rep.skills", "rep.open < 2"}).Draw(t, "eligible"),
				Pick:     rapid.SampledFrom([]string{"rotate", "least_open", "first"}).Draw(t, "pick"),
				IfNone:   IfNone{Full: rapid.SampledFrom([]string{"next", "wait"}).Draw(t, "full")},
			})
		}
		test := Test{Name: "drawn"}
		for i := range rapid.IntRange(2, 4).Draw(t, "reps") {
			test.Reps = append(test.Reps, map[string]any{
				"id": fmt.Sprint("rep-", i), "open": rapid.IntRange(0, 2).Draw(t, "open"),
				"skills": rapid.SampledFrom([][]string{{}, {"de"}, {"de", "fr"}}).Draw(t, "skills"),
			})
		}
		for i := range rapid.IntRange(1, 8).Draw(t, "customers") {
			c := map[string]any{"id": fmt.Sprint("L", i), "region": rapid.SampledFrom([]any{nil, "de", "fr"}).Draw(t, "region")}
			if rapid.Bool().Draw(t, "scored") {
				c["score"] = rapid.IntRange(0, 6).Draw(t, "score")
			}
			at := fmt.Sprintf("2026-03-0%dT09:00:00Z", 1+i/3)
			test.Customers = append(test.Customers, TestCustomer{At: at, Customer: c})
		}
		test.Customers[0].Expect.Reason = "something"
		run := func(what string) []CustomerResult {
			d.Tests = []Test{test}
			report, err := d.Test()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			return report.Tests[0].Customers
		}

		first := run("to see what the desk decides")
		for i := range first {
			got := &first[i].Got
			test.Customers[i].Expect = Expect{Rep: got.Rep, Rule: got.Rule, Status: string(got.Status), Reason: got.Reason}
		}
		for _, r := range run("to expect what it decides") {
			if !r.Passed {
				t.Fatalf("a test that expects what the desk decides does not pass: %s, expected %s, got %s", r.Customer, r.expected, r.got)
			}
		}
		for i := range first {
			got := first[i].Got
			if got.Status != allocation.StatusAssigned {
				continue
			}
			right := test.Customers[i].Expect
			other := "rep-0"
			if got.Rep == other {
				other = "rep-1"
			}
			test.Customers[i].Expect = Expect{Rep: other}
			r := run("to expect another rep")[i]
			if why := strings.Join(r.Why, "\n"); r.Passed || !slices.Equal(r.Differs, []string{"rep"}) || !strings.Contains(why, other) || !strings.Contains(why, got.Rep+": chosen") {
				t.Fatalf("a test that expects %s where the desk chooses %s passes or does not name both:\n%s", other, got.Rep, why)
			}
			test.Customers[i].Expect = Expect{Not: []string{got.Rep}}
			if r := run("to exclude the rep")[i]; r.Passed || !slices.Equal(r.Differs, []string{"not"}) {
				t.Fatalf("a test that excludes %s, whom the desk chooses, passes", got.Rep)
			}
			test.Customers[i].Expect = right
		}
	})
}

// A test tells a story of a few customers; whoever has a file of them is told of
// the command that decides files.
func TestATestHasALimitOfCustomers(t *testing.T) {
	for n, fine := range map[int]bool{MaxTestCustomers: true, MaxTestCustomers + 1: false} {
		test := Test{Name: "t", Reps: []map[string]any{{"id": "ana"}}, Customers: make([]TestCustomer, n)}
		for i := range test.Customers {
			test.Customers[i] = TestCustomer{Customer: map[string]any{}, Expect: Expect{Rep: "ana"}}
		}
		d := &Document{Name: "go", Rules: []Rule{{Name: "all"}}, Tests: []Test{test}}
		_, err := d.Compile()
		if fine && err != nil || !fine && (err == nil || err.Error() != "tests[0].customers: the test has 501 customers; the limit is 500\nMaybe evenhand run, which decides files of customers") {
			t.Errorf("a test with %d customers: %v", n, err)
		}
	}
}

// The tests of any document that can be read can be run, and every difference is
// named.
func FuzzTests(f *testing.F) {
	for _, s := range readSlips(f, testsFile) {
		f.Add(s.text())
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		d, err := Parse("policy.yaml", []byte(text), slipFiles)
		if err != nil {
			return
		}
		report, err := d.Test()
		if err != nil || len(report.Tests) != len(d.Tests) {
			t.Fatalf("of %d tests %d were run: %v\nin %q", len(d.Tests), len(report.Tests), err, text)
		}
		for _, r := range report.Tests {
			for _, c := range r.Customers {
				if c.Passed == (len(c.Differs) > 0 || c.Refused != "") {
					t.Fatalf("%s passed %v, and differs in %q, refused %q\nin %q", c.Customer, c.Passed, c.Differs, c.Refused, text)
				}
			}
		}
		if p := report.Coverage.Percent(); p < 0 || p > 100 {
			t.Fatalf("%d%% are covered\nin %q", p, text)
		}
	})
}

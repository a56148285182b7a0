package policy

import (
	"context"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// TestingT is what RunTests needs of a test. *testing.T is a
// TestingT[*testing.T].
type TestingT[T any] interface {
	Helper()
	Run(name string, f func(t T)) bool
	Errorf(format string, args ...any)
	Skipf(format string, args ...any)
	Logf(format string, args ...any)
}

// RunTests runs the tests in the policy document at a path, each as a subtest,
// and logs how much of the policy they cover:
//
//	func TestPolicy(t *testing.T) { policy.RunTests(t, "inbound.yaml") }
//
// The options are those that the document is loaded with.
//
// A document that is wrong fails, and so does one without tests. A todo test
// that fails is skipped; one that passes says so in the log.
func RunTests[T TestingT[T]](t T, path string, opts ...Option) {
	t.Helper()
	report, err := TestFile(path, opts...)
	switch {
	case err != nil:
		t.Errorf("%v", err)
		return
	case len(report.Tests) == 0:
		t.Errorf("%s has no tests\nMaybe the key tests, at the end of the policy", path)
		return
	}
	for i := range report.Tests {
		one := &report.Tests[i]
		t.Run(one.Name, func(t T) {
			t.Helper()
			switch one.Verdict {
			case TestFailed:
				t.Errorf("%s", one)
			case TestTodo:
				t.Skipf("%s", one)
			case TestTodoPasses:
				t.Logf("%s", one)
			}
		})
	}
	t.Logf("%s", report.Coverage.Summary())
}

// TestFile runs the tests in the policy document at a path. The error is that
// of Load; tests that fail are no error.
func TestFile(path string, opts ...Option) (*TestReport, error) {
	c, err := load(path, opts)
	if err != nil {
		return nil, err
	}
	return c.runTests(), nil
}

// Test compiles the document and runs its tests, each on a desk of its own
// with a ledger in memory. The error is that of Compile; tests that fail are no
// error, see TestReport.Err.
//
// Cost: for each customer a decision and an explanation, which reads all that
// came before it in the test: quadratic in a test's customers, a tenth of a
// second for 100.
func (d *Document) Test() (*TestReport, error) {
	c := d.compiler(&faults{origin: d.origin})
	c.compile()
	if err := c.f.err(); err != nil {
		return nil, err
	}
	return c.runTests(), nil
}

func (c *compiler) runTests() *TestReport {
	report := &TestReport{Policy: c.d.Name, Coverage: newCoverage(c)}
	if c.d.origin != nil {
		report.File, report.Coverage.File = c.d.origin.name, c.d.origin.name
	}
	for i := range c.d.Tests {
		r := &testRun{c: c, t: &c.d.Tests[i], path: item("tests", i), coverage: report.Coverage}
		report.Tests = append(report.Tests, r.run())
	}
	return report
}

// testRun is one test while it runs.
type testRun struct {
	c        *compiler
	t        *Test
	path     string
	coverage *Coverage
	desk     *allocation.Desk
	matcher  *matcher // for the coverage: the same reps on the same rows
}

func (r *testRun) run() TestResult {
	out := TestResult{Name: r.t.Name, Todo: r.t.Todo}
	out.File, out.Line, out.Column = r.c.position(join(r.path, "name"))
	ctx := context.Background()
	if err := r.open(ctx); err != nil {
		out.Refused = refusal(err)
	} else {
		defer r.desk.Close()
		for _, a := range r.c.arrivals(r.path, r.t) {
			out.Customers = append(out.Customers, r.arrive(ctx, a))
		}
	}
	out.Verdict = out.judge()
	return out
}

// open opens the test's desk with its reps.
func (r *testRun) open(ctx context.Context) (err error) {
	r.desk, err = allocation.Open(ctx, allocation.Config{
		Desk: "test", Policy: r.c.out, Store: allocation.NewMemoryStore(), Replay: allocation.ReplayStrict,
	})
	if err != nil {
		return err
	}
	reps, open := r.c.roster(r.t)
	if err := r.desk.SetReps(ctx, reps, allocation.Opening{At: r.c.testStart(r.path, r.t), Work: open}); err != nil {
		r.desk.Close()
		return err
	}
	r.matcher = newMatcher(r.c.programs)
	for row := range reps {
		if err := r.matcher.SetRep(row, &reps[row]); err != nil {
			return err // the desk would have refused him
		}
	}
	return nil
}

// arrive lets one customer come and compares what becomes of him.
func (r *testRun) arrive(ctx context.Context, a arrival) CustomerResult {
	out := CustomerResult{Customer: a.customer.ID, At: a.customer.At, Expected: a.expect, expected: r.inWords(a.expect)}
	_, out.Line, out.Column = r.c.position(a.path)
	explained, err := r.decide(ctx, a.customer)
	if err != nil {
		out.Refused = refusal(err)
		out.got = "no decision: " + out.Refused
		return out
	}
	out.Got = explained.Decision
	out.got = r.inWords(Expect{Rep: out.Got.Rep, Rule: out.Got.Rule, Status: string(out.Got.Status), Reason: out.Got.Reason})
	out.Differs = r.differences(a.expect, &explained.Decision)
	if out.Passed = len(out.Differs) == 0; !out.Passed {
		out.Explanation = explained
		out.Why = r.why(a.expect, explained)
	}
	return out
}

// decide assigns a customer, or asks again where he stands, and explains it.
func (r *testRun) decide(ctx context.Context, customer allocation.Customer) (*allocation.Explanation, error) {
	if err := r.desk.Advance(ctx, customer.At); err != nil {
		return nil, err
	}
	before, err := r.desk.Report(ctx)
	if err != nil {
		return nil, err
	}
	decision, err := r.desk.Assign(ctx, customer)
	if err != nil {
		return nil, err
	}
	explained, err := r.desk.Explain(ctx, decision.Customer, allocation.Kind(decision.Kind))
	if err != nil {
		return nil, err
	}
	if !decision.Repeated {
		r.cover(&customer, before, explained)
	}
	return explained, nil
}

// cover notes what a decision saw of the policy.
func (r *testRun) cover(customer *allocation.Customer, before *allocation.Report, explained *allocation.Explanation) {
	for i := range before.Reps {
		r.matcher.SetOpen(r.row(before.Reps[i].Rep), before.Reps[i].Open)
	}
	subject, err := r.matcher.ReadCustomer(customer)
	if err != nil {
		return // the desk would have refused him
	}
	bound, _ := r.matcher.Match(subject, explained.Decision.At).(*matching)
	for i := range explained.Rules {
		r.coverage.add(bound, &explained.Rules[i], r.row)
	}
}

// row is the matcher's row of a rep.
func (r *testRun) row(id string) int {
	for i, rep := range r.t.Reps {
		if r.c.testID(rule.Rep, rep) == id {
			return i
		}
	}
	return -1
}

// position is where the value at a path stands: file, line and column, or the
// path itself in a document made in Go.
func (c *compiler) position(path string) (file string, line, column int) {
	f := &faults{origin: c.d.origin}
	f.path(path, "", "")
	return f.list[0].File, f.list[0].Line, f.list[0].Column
}

// refusal is what a desk says against a request, without the words that every
// such error begins with.
func refusal(err error) string {
	message, _ := splitAdvice(err)
	for _, sentinel := range []error{allocation.ErrInput, allocation.ErrTime} {
		message = strings.TrimPrefix(message, sentinel.Error()+": ")
	}
	return message
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/evenhand/evenhand/policy"
)

// testCommand runs the tests in policy files.
type testCommand struct {
	Policies []string `arg:"" name:"policy" help:"Policy files."`
	Coverage bool     `help:"Say also which rules placed somebody, and of each condition in when, eligible and only whether it was seen true, false and unknown."`
	Format   string   `enum:"text,json" default:"text" placeholder:"text|json" help:"Format of the results. Default: ${default}."`
	Watch    bool     `help:"Run again whenever a policy, or a list or table of it, changes. Ctrl-C ends it."`
}

// Help is what follows the flags' summary.
func (testCommand) Help() string {
	return `Examples:

  evenhand test policy.yaml
  evenhand test policy.yaml --coverage
  evenhand test inbound.yaml partners.yaml --format json
  evenhand test policy.yaml --watch

Tests stand at the end of a policy. Each has reps of its own, and customers who come one after the other and are expected to go to a rep, by a rule, with a status or a reason:

  tests:
    - name: the owner keeps it
      reps: [{id: ana, teams: [field]}, {id: bo, teams: [inside]}]
      customer: {id: L1, owner: bo}
      expect: {rep: bo, rule: keep the owner}

Of a test that fails is shown what was expected, what came of it, and why: what became of the expected rule, which rule decided in its place, and which condition, cap or absence stopped the expected rep, with the values that decided. A test marked todo: is run and shown and never fails; when it passes, that is said.

The exit status is 0 when no test fails, and 2 when one does or a policy is wrong.`
}

// every is how often --watch looks for changes.
const every = 500 * time.Millisecond

// Run prints the results on standard output and mistakes on standard error.
func (k *testCommand) Run(ctx context.Context, c console) error {
	if !k.Watch {
		return k.once(c)
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	return k.watch(ctx, c, ticker.C)
}

// tested is what the tests of one policy gave, as JSON.
type tested struct {
	File     string              `json:"file"`
	Policy   string              `json:"policy,omitempty"`
	Passed   int                 `json:"passed"`
	Failed   int                 `json:"failed"`
	Todo     int                 `json:"todo"` // passing or not
	Errors   []mistake           `json:"errors,omitempty"`
	Tests    []policy.TestResult `json:"tests"`
	Coverage *policy.Coverage    `json:"coverage,omitempty"`
}

// once runs all tests and prints what they gave.
func (k *testCommand) once(c console) error {
	var results []tested
	var wrong []string
	failed := false
	for _, path := range k.Policies {
		var report *policy.TestReport
		err := openDocument(path, func(doc *policy.Document) (err error) {
			report, err = doc.Test()
			return err
		})
		var mistaken usageError
		switch {
		case err == nil:
			failed = failed || report.Count(policy.TestFailed) > 0
			results = append(results, k.tested(path, report))
		case errors.As(err, &mistaken):
			wrong = append(wrong, mistaken.Error())
			results = append(results, tested{File: path, Errors: mistakes(err), Tests: []policy.TestResult{}})
		default:
			return err
		}
	}
	if err := k.print(c.out, results); err != nil {
		return err
	}
	switch {
	case len(wrong) > 0 && k.Format == "text":
		return usage("%s", strings.Join(wrong, "\n\n"))
	case len(wrong) > 0 || failed:
		return status(exitUsage)
	}
	return nil
}

func (k *testCommand) tested(path string, report *policy.TestReport) tested {
	out := tested{
		File: path, Policy: report.Policy, Tests: append([]policy.TestResult{}, report.Tests...),
		Passed: report.Count(policy.TestPassed), Failed: report.Count(policy.TestFailed),
		Todo: report.Count(policy.TestTodo) + report.Count(policy.TestTodoPasses),
	}
	if k.Coverage {
		out.Coverage = report.Coverage
	}
	return out
}

func (k *testCommand) print(w io.Writer, results []tested) error {
	if k.Format == "json" {
		text, err := indented(results)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	for i := range results {
		if len(results[i].Errors) > 0 {
			continue // they go to standard error, with their lines
		}
		if _, err := io.WriteString(w, visible(results[i].text())); err != nil {
			return err
		}
	}
	return nil
}

// text shows the tests that did not simply pass, and how many there are.
func (r *tested) text() string {
	var b strings.Builder
	for i := range r.Tests {
		if one := &r.Tests[i]; one.Verdict != policy.TestPassed {
			b.WriteString(one.String() + "\n\n")
		}
	}
	switch {
	case len(r.Tests) == 0:
		fmt.Fprintf(&b, "%s: there are no tests\nMaybe see evenhand test --help for how one is written\n", r.File)
	case r.Todo > 0:
		fmt.Fprintf(&b, "%s: %s, %d passed, %d failed, %d marked todo\n", r.File, plural(len(r.Tests), "test"), r.Passed, r.Failed, r.Todo)
	default:
		fmt.Fprintf(&b, "%s: %s, %d passed, %d failed\n", r.File, plural(len(r.Tests), "test"), r.Passed, r.Failed)
	}
	if r.Coverage != nil {
		b.WriteString(r.Coverage.String())
	}
	return b.String()
}

package policy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// TestReport is what the tests of a document gave.
type TestReport struct {
	File     string       `json:"file,omitempty"` // empty for a document made in Go
	Policy   string       `json:"policy"`         // its name
	Tests    []TestResult `json:"tests"`          // in the document's order
	Coverage *Coverage    `json:"coverage,omitempty"`
}

// TestResult is what one test gave.
type TestResult struct {
	Name    string      `json:"name"`
	Verdict TestVerdict `json:"verdict"`
	File    string      `json:"file"`           // the document; the path in one made in Go
	Line    int         `json:"line,omitempty"` // of the name, from 1; 0 in a document made in Go
	Column  int         `json:"column,omitempty"`
	Todo    string      `json:"todo,omitempty"` // why it need not pass yet, or "true"
	// Refused is why no desk takes the test's reps; then nobody came.
	Refused   string           `json:"refused,omitempty"`
	Customers []CustomerResult `json:"customers,omitempty"` // in the order they came
}

// CustomerResult is what became of one customer of a test.
type CustomerResult struct {
	Customer string    `json:"customer"` // ID
	Line     int       `json:"line,omitempty"`
	Column   int       `json:"column,omitempty"`
	At       time.Time `json:"at"` // when he came
	Passed   bool      `json:"passed"`
	Expected Expect    `json:"expected,omitzero"`
	// Got is the decision; its zero value where Refused says why there is none.
	Got     allocation.Decision `json:"got"`
	Refused string              `json:"refused,omitempty"`
	// Differs are the keys of Expected that Got does not meet.
	Differs []string `json:"differs,omitempty"`
	// Why is the difference explained, in lines for people: what became of the
	// expected rule, which one decided instead, and what stopped the expected
	// rep. For programs there is Explanation. Both are empty when it passed.
	Why         []string                `json:"why,omitempty"`
	Explanation *allocation.Explanation `json:"explanation,omitempty"`

	expected, got string // in words
}

// TestVerdict is how a test ended.
type TestVerdict string

// The verdicts.
const (
	TestPassed     TestVerdict = "passed"
	TestFailed     TestVerdict = "failed"
	TestTodo       TestVerdict = "todo"        // it fails, as it may
	TestTodoPasses TestVerdict = "todo_passes" // it is marked todo and passes: the mark can go
)

// judge says how the test ended. It passed when every customer went where he
// was expected.
func (r *TestResult) judge() TestVerdict {
	passed := r.Refused == ""
	for i := range r.Customers {
		passed = passed && r.Customers[i].Passed
	}
	switch {
	case passed && r.Todo != "":
		return TestTodoPasses
	case passed:
		return TestPassed
	case r.Todo != "":
		return TestTodo
	}
	return TestFailed
}

// Count counts the tests with a verdict.
func (r *TestReport) Count(v TestVerdict) int {
	n := 0
	for i := range r.Tests {
		if r.Tests[i].Verdict == v {
			n++
		}
	}
	return n
}

// Err is an error with the text of each test that failed, nil when none did.
func (r *TestReport) Err() error {
	var failed []error
	for i := range r.Tests {
		if r.Tests[i].Verdict == TestFailed {
			failed = append(failed, errors.New(r.Tests[i].String()))
		}
	}
	return errors.Join(failed...)
}

// String is the result for people. A test that failed shows for each customer
// who went elsewhere what was expected, what he got, and why.
func (r *TestResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: test %q %s", placeText(r.File, r.Line, r.Column), r.Name, r.verdictInWords())
	if r.Refused != "" {
		fmt.Fprintf(&b, "\n  no desk takes its reps: %s", r.Refused)
	}
	for i := range r.Customers {
		if c := &r.Customers[i]; !c.Passed {
			fmt.Fprintf(&b, "\n  %s: expected %s; got %s", r.called(c), c.expected, c.got)
			for _, line := range c.Why {
				fmt.Fprintf(&b, "\n    %s", line)
			}
		}
	}
	return b.String()
}

// called names a customer, with the line he stands in where there are several.
func (r *TestResult) called(c *CustomerResult) string {
	if len(r.Customers) > 1 && c.Line > 0 {
		return fmt.Sprintf("%s (line %d)", c.Customer, c.Line)
	}
	return c.Customer
}

func (r *TestResult) verdictInWords() string {
	why := ""
	if r.Todo != "true" {
		why = " (" + r.Todo + ")"
	}
	switch r.Verdict {
	case TestPassed:
		return "passed"
	case TestTodo:
		return "is still to do" + why
	case TestTodoPasses:
		return "passes and is marked todo" + why + "\nMaybe delete the line todo, so that it keeps passing"
	}
	return "failed"
}

// placeText is file:line:column, with the parts that are known.
func placeText(file string, line, column int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// Against is what a document is checked against besides itself. Whatever is
// left out is not looked at.
type Against struct {
	// Reps that the policy will work with.
	Reps []allocation.Rep
	// Customers of the kind it will meet: last month's, say. Each is followed
	// through the rules as if nobody had anything open and everybody were at
	// work.
	Customers []allocation.Customer
	// Now is when customers without an At arrive. Defaults to the time of the
	// call.
	Now time.Time
	// Earlier is the policy that this one replaces.
	Earlier *allocation.Policy
}

// Check compiles the document and returns what is allowed in it and should be
// known, by position: what Warnings finds, and what reps, customers and the
// earlier policy show. Findings about reps and customers that belong to no
// place of the document come last. The error is that of Compile.
//
// Cost: for each customer a decision by index, see package rule: 8,000
// customers and 5,000 reps take a second or less.
func (d *Document) Check(against Against) ([]Finding, error) {
	c := d.compiler(&faults{origin: d.origin})
	c.compile()
	if err := c.f.err(); err != nil {
		return nil, err
	}
	if against.Now.IsZero() {
		against.Now = time.Now()
	}
	l := &linter{c: c, against: against, survey: newSurvey(c, against)}
	for _, lint := range lints {
		lint(l)
	}
	slices.SortStableFunc(l.out, func(a, b Finding) int {
		return cmp.Or(compareBool(a.File == "", b.File == ""), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.File, b.File))
	})
	return l.out, nil
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// plural is "1 rep" and "8,000 reps".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}

// count writes a number with its thousands apart.
func count(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// shownIDs is how many IDs a sentence bears.
const shownIDs = 5

// few lists the first IDs, and how many more there are.
func few(ids []string) string {
	if len(ids) <= shownIDs {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(ids[:shownIDs], ", "), count(len(ids)-shownIDs))
}

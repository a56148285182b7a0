package rule

import "fmt"

// Truth is a three-valued answer. The zero Truth is Unknown, so that a
// forgotten answer is never taken for a yes or a no.
type Truth uint8

const (
	// Unknown is neither: a value is missing, or an operation has no answer.
	Unknown Truth = iota
	// False is no.
	False
	// True is yes.
	True
)

// String is "unknown", "false" or "true".
func (t Truth) String() string { return [...]string{"unknown", "false", "true"}[t] }

// Reason is a stable code that says why an answer is unknown; it is written
// into ledgers. The zero Reason means that the answer is known.
type Reason string

const (
	// MissingField is a field, a table's row or a table's cell that is null.
	MissingField Reason = "missing_field"
	// NoKPI is a KPI that has no value for the rep.
	NoKPI Reason = "no_kpi"
	// RuleError is an operation without an answer: division by zero, a
	// result beyond a whole number or a finite number, too much work.
	RuleError Reason = "rule_error"
)

// why is a Reason as evaluation carries it in a null Value.
type why uint8

const (
	_ why = iota
	whyMissing
	whyKPI
	whyError
)

var reasons = [...]Reason{whyMissing: MissingField, whyKPI: NoKPI, whyError: RuleError}

// Cause is why an answer is unknown. The zero Cause means that it is known.
// Of several it is the first in source order among those that matter.
type Cause struct {
	Reason Reason
	// Leaf in which it arose.
	Leaf *Leaf
	// Name of the missing field, KPI or look-up as rules write it; empty for
	// RuleError.
	Name string
	// Problem of a RuleError in words; empty otherwise.
	Problem string
}

// String is a sentence: `lead.country is missing`. Its wording may change;
// Reason does not.
func (c Cause) String() string {
	switch c.Reason {
	case "":
		return "known"
	case RuleError:
		if c.Leaf != nil {
			return fmt.Sprintf("%s in `%s`", c.Problem, c.Leaf.Source)
		}
		return c.Problem
	case NoKPI:
		return c.Name + " has no value"
	}
	return c.Name + " is missing"
}

// Verdict is the answer of a boolean expression, with the cause when it is
// unknown.
type Verdict struct {
	Truth Truth
	Cause Cause
}

// causeOf reads the cause out of a null that evaluation made.
func causeOf(x Value, leaf *Leaf) Cause {
	c := Cause{Reason: reasons[x.why], Leaf: leaf}
	if x.why == whyError {
		c.Problem = x.str
	} else {
		c.Name = x.str
	}
	return c
}

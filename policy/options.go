package policy

import (
	"reflect"

	"github.com/evenhand/evenhand/policy/rule"
)

// An Option of Load and Parse.
type Option func(*options)

type options struct {
	types [2]reflect.Type // by side; nil where none was given
}

// WithCustomer lets rules read the fields of T, a Go struct: what `fields`
// declares in a document. Package rule says what the fields are called, see
// rule.Struct; those named like a core field are that field. A name in a rule
// that T does not have is an error with its place and the likely fix.
//
// What the rules read of T becomes part of the policy's source and hash, so
// that a ledger explains its decisions without T. A field that no rule reads
// changes neither, unless it is declared missing=refuse.
//
// CustomerOf makes customers of T's values.
func WithCustomer[T any]() Option {
	return func(o *options) { o.types[rule.Customer] = reflect.TypeFor[T]() }
}

// WithRep lets rules read the fields of T, a Go struct, of a rep, as
// WithCustomer does of a customer. Three kinds of fields are special:
//
//	WinRate float64          `evenhand:"kpi.win_rate"` // rep.kpi.win_rate
//	Shifts  []calendar.Shift                           // working hours
//	TimeOff []calendar.Span                            // when the rep is away
//
// `open` cannot be one: the desk counts it itself. RepOf makes reps of T's
// values.
func WithRep[T any]() Option {
	return func(o *options) { o.types[rule.Rep] = reflect.TypeFor[T]() }
}

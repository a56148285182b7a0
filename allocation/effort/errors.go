package effort

import (
	"errors"
	"fmt"
)

// Kinds of error. Every error of this package is an *Error that matches one of
// them with errors.Is.
var (
	// ErrInput: a number or a list is none that can be used.
	ErrInput = errors.New("effort: the input is malformed")
	// ErrShape: a response does not have diminishing returns.
	ErrShape = errors.New("effort: the returns do not diminish")
	// ErrInfeasible: the limits leave no allocation.
	ErrInfeasible = errors.New("effort: no allocation is possible")
	// ErrTooLarge: sums might not fit into 64 bits.
	ErrTooLarge = errors.New("effort: the numbers are too large")
	// ErrCertificate: an allocation is not feasible, or its prices do not prove
	// it optimal.
	ErrCertificate = errors.New("effort: the certificate does not hold")
)

// Error says what is wrong and where.
type Error struct {
	Kind   error
	Detail string
	Maybe  string // advice, if there is any
	// Rows are the offending points or rows, from 0 in the order in which they
	// were given; nil when the error is about no row.
	Rows []int
	// Item and Group are numbers from 0, and -1 when it is about none.
	Item, Group int
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%v: %s", e.Kind, e.Detail)
	if e.Maybe != "" {
		text += "\nMaybe " + e.Maybe
	}
	return text
}

func (e *Error) Unwrap() error { return e.Kind }

// refused is an error about no item and no group.
func refused(kind error, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...), Item: -1, Group: -1}
}

func (e *Error) maybe(format string, args ...any) *Error {
	e.Maybe = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) item(i int) *Error { e.Item = i; return e }

func (e *Error) group(g int) *Error { e.Group = g; return e }

func (e *Error) rows(rows ...int) *Error { e.Rows = rows; return e }

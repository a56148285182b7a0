package apportion

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of error. Every error of this package that is about the problem
// is an *Error that wraps one of them.
var (
	ErrNoWeight       = errors.New("nobody has a weight above zero to take the total")
	ErrNegativeWeight = errors.New("a weight is negative")
	ErrMinimums       = errors.New("the minimums add up to more than the total")
	ErrMaximums       = errors.New("the maximums of the rows with a weight, and the minimums of the others, add up to less than the total")
	ErrBounds         = errors.New("a minimum or maximum is impossible")
	ErrLength         = errors.New("the lists are not equally long")
	ErrTooLarge       = errors.New("the numbers are too large")
	ErrMethod         = errors.New("the method is unknown or cannot do this")
	ErrWeightText     = errors.New("a weight is not a number")
)

// Error says what is wrong with a problem, in which rows.
type Error struct {
	Kind   error  // one of the Err values of this package
	Rows   []int  // the offending rows, by index from 0, ascending; nil if the whole problem offends
	Detail string // the values, in words
	Maybe  string // the likely fix, without the word "Maybe"; may be empty
}

// Error gives kind and values, and on a last line the likely fix if there is one.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("apportion: ")
	b.WriteString(e.Kind.Error())
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	if e.Maybe != "" {
		b.WriteString("\nMaybe ")
		b.WriteString(e.Maybe)
	}
	return b.String()
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// badRows makes an Error that names rows by describe, the first few in full.
func badRows(kind error, rows []int, describe func(row int) string, maybe string) error {
	const most = 5
	var parts []string
	for _, row := range rows[:min(most, len(rows))] {
		parts = append(parts, describe(row))
	}
	if more := len(rows) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more rows", more))
	}
	return &Error{Kind: kind, Rows: rows, Detail: strings.Join(parts, ", "), Maybe: maybe}
}

package solve

import (
	"errors"
	"fmt"
)

// Kinds of error. Every error of this package, other than that of a cancelled
// context, is an *Error that matches one of them with errors.Is.
var (
	// ErrInput: the problem is malformed.
	ErrInput = errors.New("solve: the problem is malformed")
	// ErrTooLarge: scores, units or counts are so large that sums might not
	// fit into 64 bits.
	ErrTooLarge = errors.New("solve: the numbers are too large")
	// ErrInfeasible: no allocation meets every minimum and places every
	// customer who must be placed. The error names customers and reps that
	// prove it.
	ErrInfeasible = errors.New("solve: no allocation is possible")
	// ErrNotFound: SolveWorkload ended without an allocation. There may be one.
	ErrNotFound = errors.New("solve: no allocation was found")
	// ErrCertificate: an allocation is not feasible, or not proved optimal by
	// its prices.
	ErrCertificate = errors.New("solve: the certificate does not hold")
)

// Error says what is wrong and with which customers and reps.
type Error struct {
	Kind      error
	Detail    string
	Maybe     string // advice, if there is any
	Customers []int
	Reps      []int
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%v: %s", e.Kind, e.Detail)
	if e.Maybe != "" {
		text += "\nMaybe " + e.Maybe
	}
	return text
}

func (e *Error) Unwrap() error { return e.Kind }

package rotation

import "errors"

// A function that returns an error has changed nothing. Every error wraps one
// of these.
var (
	// ErrSize: a size is outside 1..MaxSize.
	ErrSize = errors.New("size out of range")
	// ErrWeight: a weight is outside 0..MaxWeight.
	ErrWeight = errors.New("weight out of range")
	// ErrAccount: an account is not open in this ledger, or may not appear here.
	ErrAccount = errors.New("account cannot take part")
	// ErrTwice: an account, or an ID, is named more than once.
	ErrTwice = errors.New("named twice")
	// ErrNobody: there is nobody with a weight above zero.
	ErrNobody = errors.New("nobody has a weight above zero")
	// ErrPlaces: an index or a list of ranks does not match the entrants.
	ErrPlaces = errors.New("does not match the entrants")
	// ErrSelection: the selection is not one of the rules or its parameters are out of range.
	ErrSelection = errors.New("bad selection")
	// ErrAmount: a grant or an opening balance is outside ±MaxMilli.
	ErrAmount = errors.New("amount out of range")
	// ErrFull: a credit would leave ±2^100 units, or a counter its range.
	ErrFull = errors.New("ledger is full")
	// ErrNotGiven: the customer to void was never given to that account.
	ErrNotGiven = errors.New("nothing to void")
	// ErrSnapshot: a snapshot is damaged or of an unknown version.
	ErrSnapshot = errors.New("snapshot refused")
	// ErrRange: the limits of Clamp cannot be met.
	ErrRange = errors.New("weight range cannot be met")
)

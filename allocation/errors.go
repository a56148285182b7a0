package allocation

import (
	"errors"
	"fmt"
)

// Errors of a desk's methods. Test with errors.Is; the text says more.
var (
	// ErrInput: the request itself is wrong. Nothing was recorded, and the
	// same request will fail again.
	ErrInput = errors.New("evenhand: bad input")
	// ErrUnknownCustomer: the desk has never seen the customer.
	ErrUnknownCustomer = errors.New("evenhand: unknown customer")
	// ErrUnknownRep: the roster has no such rep.
	ErrUnknownRep = errors.New("evenhand: unknown rep")
	// ErrKeyReused: the request's key belongs to another customer, or to
	// another request than the same one sent again.
	ErrKeyReused = errors.New("evenhand: the request key belongs to another request")
	// ErrTime: the request's time is more than five minutes ahead of the
	// clock, or, in replay, before the ledger's last entry.
	ErrTime = errors.New("evenhand: the request's time cannot be used")
	// ErrNotDurable: the store failed and what the desk decided may or may not
	// be kept. Send the same request again: its key keeps it from being
	// decided twice. Two requests have none unless you give them one: Reassign
	// (Customer.Key) and Grant (Once).
	ErrNotDurable = errors.New("evenhand: the store did not confirm that this is kept")
	// ErrLedger: an entry or a snapshot of the ledger cannot be read, or Verify
	// found one, or a key, that is not what was written. The text names it.
	// Nothing was done, and nothing will be until it is mended.
	ErrLedger = errors.New("evenhand: the ledger is damaged, or of a later version")
	// ErrPlanOutdated: the desk's policy is not the one a plan was made by, or
	// what happened since cannot be read any more. Nothing was recorded: make the
	// plan again.
	ErrPlanOutdated = errors.New("evenhand: the plan is outdated")
	// ErrReplayDiverged: deciding again gave another result than the ledger
	// records. The explanation that comes with it holds the recorded outcome
	// only.
	ErrReplayDiverged = errors.New("evenhand: replay diverged from the ledger")
)

// Refusal is a request that the rules of the desk refuse, as opposed to one
// that is wrong or one that failed: a cap is full, a rep is inactive.
// Nothing was recorded.
type Refusal struct {
	Reason   string // stable code
	Sentence string
}

func (r *Refusal) Error() string { return "evenhand: refused (" + r.Reason + "): " + r.Sentence }

func unknownCustomer(ref CustomerRef) error {
	return fmt.Errorf("%w: this desk has never seen %s %q\nMaybe it is of another kind, or at another desk", ErrUnknownCustomer, ref.Kind, ref.ID)
}

func unknownRep(id string) error {
	return fmt.Errorf("%w: %q\nMaybe the list of reps that the desk was given last has no such ID", ErrUnknownRep, id)
}

func badInput(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInput, fmt.Errorf(format, args...))
}

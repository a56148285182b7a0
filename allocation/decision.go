package allocation

import "time"

// Status says where a customer stands.
type Status string

// The statuses of a customer. A Decision has one of the first four.
const (
	StatusAssigned   Status = "assigned"
	StatusWaiting    Status = "waiting"
	StatusUnassigned Status = "unassigned"
	StatusPooled     Status = "pooled" // later
	StatusReleased   Status = "released"
	StatusVoided     Status = "voided"
)

// Decision is the desk's answer to one request. It is what the ledger holds:
// asking again gives the same decision.
type Decision struct {
	Status   Status
	Rep      string    // rep ID; empty unless assigned
	Rule     string    // ID of the rule that placed the customer or made it wait; empty for fallback, manual and unassigned
	Reason   string    // stable code: "", "fallback", "manual", "away", "full", "not_eligible", the rule's own reason, …
	Seq      uint64    // the ledger version of the entry that holds the decision
	At       time.Time // recorded time
	Kind     string
	Customer string
	Episode  int
	Unknown  []string // rules that did not match because their `when` was unknown
	Repeated bool     // the decision was made by an earlier request
	Changed  bool     // … and the fields the policy reads have changed since
}

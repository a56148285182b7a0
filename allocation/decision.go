package allocation

import "time"

// Status says where a customer stands.
type Status string

// The statuses of a customer. A Decision has one of the first three;
// released and voided are those of an Entry.
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
	Status   Status    `json:"status"`
	Rep      string    `json:"rep,omitempty"`    // rep ID; empty unless assigned
	Rule     string    `json:"rule,omitempty"`   // ID of the rule that placed the customer or made it wait; empty for fallback, manual and unassigned
	Reason   string    `json:"reason,omitempty"` // stable code: "", "fallback", "manual", "away", "full", "not_eligible", "failed", the rule's own reason, …
	Seq      uint64    `json:"seq"`              // the ledger version of the entry that holds the decision
	At       time.Time `json:"at"`               // recorded time
	Kind     string    `json:"kind"`
	Customer string    `json:"customer"`
	Episode  int       `json:"episode"`
	Since    time.Time `json:"since,omitzero"`     // for a customer who waits or waited: since when
	Unknown  []string  `json:"unknown,omitempty"`  // rules that did not match because their `when` was unknown
	Fault    string    `json:"fault,omitempty"`    // for "failed": what went wrong, in one line of at most 300 bytes
	Repeated bool      `json:"repeated,omitempty"` // the decision was made by an earlier request
	Changed  bool      `json:"changed,omitempty"`  // … and the fields the policy reads have changed since
}

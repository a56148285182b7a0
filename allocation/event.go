package allocation

import (
	"encoding/json"
	"fmt"
	"time"
)

// formatVersion is written into every body. A later format gets a higher one;
// this code refuses what it does not know.
const formatVersion = 1

// engineVersion names the meaning of a decision: the order of the stages, the
// share function, the ties. It rises when any of them changes.
const engineVersion = 1

// event is an entry with its body decoded: what the desk makes, folds and
// encodes.
type event struct {
	Entry
	details
	subject Subject // the customer, when this process has read him already
	taken   bool    // the rotation has taken this turn already
}

// details is the body of an entry. Every event uses some of it; what is absent
// is zero. Field names are part of the ledger's format.
type details struct {
	Version int `json:"v"`

	Live uint64 `json:"live,omitempty"` // shadows: the entry of the desk they follow that gave rise to this one

	// Decisions: assigned, waiting, unassigned, and transferred in part.
	Engine  int       `json:"engine,omitempty"`
	Policy  string    `json:"policy,omitempty"`  // hash
	Roster  uint64    `json:"roster,omitempty"`  // entry that changed the roster last
	Request string    `json:"request,omitempty"` // the caller's own key
	Claimed time.Time `json:"claimed,omitzero"`  // the caller's own time, when not the recorded one
	Via     string    `json:"via,omitempty"`     // how the customer got here; see the via constants
	Units   int64     `json:"units,omitempty"`
	Unknown []string  `json:"unknown,omitempty"` // rules whose `when` was unknown
	Fault   string    `json:"fault,omitempty"`   // set aside: why deciding failed
	Turn    *turn     `json:"turn,omitempty"`
	Caps    []counted `json:"caps,omitempty"`
	Since   time.Time `json:"since,omitzero"` // waiting customers: when they began to wait

	// What follows an earlier entry of the same customer.
	Prior    uint64    `json:"prior,omitempty"` // that entry
	From     string    `json:"from,omitempty"`  // transferred, reassigned, reconciled: the rep before
	Forced   bool      `json:"forced,omitempty"`
	Note     string    `json:"note,omitempty"`     // the caller's words
	Holdings []holding `json:"holdings,omitempty"` // released, voided, reconciled: the caps it had counted under

	Planned *planned     `json:"planned,omitempty"` // decisions and transfers by a plan
	Plan    *plannedPlan `json:"plan,omitempty"`    // planned: the plan itself

	// reps_set, rep_changed, rep_removed.
	Reps    []Rep            `json:"reps,omitempty"`
	Absent  []string         `json:"absent,omitempty"` // now inactive
	Work    map[string]int64 `json:"work,omitempty"`   // opening units by rep
	Credits []creditSet      `json:"credits,omitempty"`

	// policy_set: the text, and of its caps what folding needs.
	Source  string    `json:"source,omitempty"`
	Name    string    `json:"name,omitempty"`
	CapKeys []capSpec `json:"cap_keys,omitempty"`

	// weights_set: a rule's table, the changed rows only.
	Table *weightChange `json:"table,omitempty"`

	// granted, calibrated, account_closed.
	Rotation string  `json:"rotation,omitempty"`
	Amount   int64   `json:"amount,omitempty"` // thousandths of a size unit
	Among    string  `json:"among,omitempty"`  // rows that take part besides the rep
	Shares   []int64 `json:"shares,omitempty"` // their weights, when not equal
}

// How a customer came to a decision.
const (
	viaWaiting  = "waiting"  // drained from the waiting list
	viaManual   = "manual"   // AssignTo
	viaReassign = "reassign" // Reassign
	viaOpening  = "opening"  // open before the desk began
	viaPlan     = "plan"     // Plan.Commit

	viaReconciled = "reconciled" // placed outside, found by Reconcile
)

// turn records what a rotation needs to repeat or undo a pick: the shares are
// a function of size and weights.
type turn struct {
	Rotation  string  `json:"rotation"`
	Size      int64   `json:"size"`
	Scale     int     `json:"scale,omitempty"` // decimals of Size
	Select    string  `json:"select"`
	Tau       int64   `json:"tau,omitempty"`
	Sigma     int64   `json:"sigma,omitempty"`
	Among     rowList `json:"among"`
	Each      int64   `json:"each,omitempty"`       // everybody's weight, or …
	Table     uint64  `json:"table,omitempty"`      // … the version of a rule's table, or …
	TableRule string  `json:"table_rule,omitempty"` // (that rule)
	Weights   []int64 `json:"weights,omitempty"`    // … one weight per row, in the order of rows
	Away      string  `json:"away,omitempty"`       // rows that were eligible but on time off; kept when the policy grants for it
	// voided, of a turn that referred to a table: the weights that it had for
	// the rows of Away, in their order; 0 for none.
	AwayWeights []int64 `json:"away_weights,omitempty"`
}

// selectTotals is the Select of a turn that levels totals; any other names a
// rotation rule.
const selectTotals = "totals"

// counted is one cap a decision counts under.
type counted struct {
	Cap  int    `json:"cap"`            // index into the policy's caps
	Team string `json:"team,omitempty"` // for a cap per team
}

// capSpec is what folding needs to know of a cap.
type capSpec struct {
	Key  string `json:"key"`
	Flow bool   `json:"flow,omitempty"`
	Roll int64  `json:"roll,omitempty"` // rolling duration in seconds
	Team bool   `json:"team,omitempty"`
	Book bool   `json:"book,omitempty"` // every open unit of the rep counts: nothing is kept apart
}

// creditSet is an opening balance.
type creditSet struct {
	Rotation string `json:"rotation"`
	Rep      string `json:"rep"`
	Amount   int64  `json:"amount"` // thousandths of a size unit
}

// weightChange holds the rows of a rule's table that changed, with their new
// weights.
type weightChange struct {
	Rule    string  `json:"rule"`
	Rows    string  `json:"rows"`
	Weights []int64 `json:"weights"`
}

// encode fills in the entry's body. Cost: one JSON encoding.
func (e *event) encode() error {
	e.details.Version = formatVersion
	body, err := json.Marshal(&e.details)
	if err != nil {
		return fmt.Errorf("encode entry %d: %w", e.Seq, err)
	}
	e.Body = body
	return nil
}

// decode reads an entry's body.
func decode(entry Entry) (*event, error) {
	e := &event{Entry: entry}
	if err := json.Unmarshal(entry.Body, &e.details); err != nil {
		return nil, fmt.Errorf("ledger entry %d (%s): body cannot be read: %w", entry.Seq, entry.Event, err)
	}
	if e.details.Version != formatVersion {
		return nil, fmt.Errorf("ledger entry %d (%s): format %d is not known to this version, which knows %d",
			entry.Seq, entry.Event, e.details.Version, formatVersion)
	}
	return e, nil
}

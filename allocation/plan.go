package allocation

import (
	"context"
	"time"
)

// PlanOptions says how a backlog is planned. The zero value plans by the policy
// alone.
type PlanOptions struct {
	// At is when the plan is made for: who is available then, and which windows
	// of caps count. Defaults to now; a replaying desk needs it.
	At time.Time
	// AnyHour takes whoever is not away as available, whatever the hour: a plan
	// that is made at night is for the day.
	AnyHour bool
	// Within is how far from his entitlement, credit included, each rep of a
	// rotation may end, in customers. Nil takes the rule's window, at least 1.
	Within *int64
	// NoCredit leaves the credit of every rotation as it is. Otherwise the rows
	// take their turns in the order of Plan.Rows.
	NoCredit bool
	// What may change for customers who are open with a rep already.
	Stay PlanStay
	// Progress is called from time to time while the plan is made.
	Progress func(PlanProgress)
}

// PlanStay bounds what a plan changes for customers who have a rep. The zero
// value sets no bound.
type PlanStay struct {
	Bonus     float64       // what staying is worth, in the unit of prefer
	MaxMoves  *int64        // how many may move in all
	MaxLost   *int64        // how many may leave any one rep
	MaxGained *int64        // how many may come to any one rep
	MaxValue  *int64        // Σ size of those who move
	Locked    []CustomerRef // who must stay
}

// PlanProgress says how far a plan is.
type PlanProgress struct {
	Stage    string // "rows", "auction", "search", "moves", …
	Rule     string // ID of the rule at hand
	Done, Of int64
}

// Plan is an allocation of a backlog that is not yet committed. Nothing in it
// changes but by Commit.
type Plan struct {
	Desk    string     `json:"desk"`
	Version uint64     `json:"version"` // of the ledger it was made from
	Policy  string     `json:"policy"`  // hash
	At      time.Time  `json:"at"`
	Rows    []PlanRow  `json:"rows"`  // one a customer, in the order given
	Parts   []PlanPart `json:"parts"` // one a rule that placed somebody, in the order of rules

	desk *Desk
	o    PlanOptions
	rows []plannedRow // as Rows: what committing needs beyond
}

// PlanRow is what a plan does with one customer.
type PlanRow struct {
	Kind     string `json:"kind"`
	Customer string `json:"customer"`
	Episode  int    `json:"episode"`
	Status   Status `json:"status"` // assigned, waiting, unassigned
	Rep      string `json:"rep,omitempty"`
	From     string `json:"from,omitempty"`   // who has him now
	Rule     string `json:"rule,omitempty"`   // ID
	Reason   string `json:"reason,omitempty"` // as of a decision; of nobody's customers: why
	Part     int    `json:"part"`             // index into Parts; -1 for none
	Score    int64  `json:"score"`            // by Parts[Part].Scale
	Units    int64  `json:"units"`
}

// PlanPart is what one rule placed, as one optimisation: no allocation of its
// rows within the limits is worth more than Bound.
type PlanPart struct {
	Rule      string    `json:"rule"`
	Goal      string    `json:"goal"`  // "value", "rotation", "level"
	Scale     int       `json:"scale"` // decimals of scores and prices
	Objective int64     `json:"objective"`
	Bound     int64     `json:"bound"`
	Reps      []PlanRep `json:"reps"`
	Moves     int64     `json:"moves"`
	// What one more move would bring, and the like: nil where there is no limit.
	MovePrice *int64 `json:"move_price,omitempty"`
}

// PlanRep is what one rep gets of a part, and what his places cost.
type PlanRep struct {
	Rep       string `json:"rep"`
	Room      int64  `json:"room"` // places he had; -1 without limit
	Load      int64  `json:"load"` // units he gets
	Price     int64  `json:"price"`
	Displaced string `json:"displaced,omitempty"` // whom one more customer would displace
}

// plannedRow is what committing one row needs.
type plannedRow struct {
	subject Subject
	given   Customer
	row     int    // of the rep; -1
	version uint64 // of the customer's last entry when the plan was made; 0 if the desk did not know him
	turn    *turn  // the rotation's turn, if it takes one
	caps    []counted
}

// Plan works out who should get each customer of a backlog.
func (d *Desk) Plan(ctx context.Context, customers []Customer, o PlanOptions) (*Plan, error) {
	panic("skeleton")
}

// Commit records the plan as one change.
func (p *Plan) Commit(ctx context.Context) (*Plan, error) { panic("skeleton") }

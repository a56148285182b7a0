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
// value sets no bound; of equally good allocations the one that moves fewest is
// taken anyhow. Limits come before caps: where reps have more than their caps
// allow, and the limits do not let all of it go, they keep the rest and get
// nobody new. Limits hold for the whole plan, and an earlier rule takes first.
type PlanStay struct {
	Bonus     float64       // what staying is worth, in the unit of prefer
	MaxMoves  *int64        // how many may move in all
	MaxLost   *int64        // how many may leave any one rep
	MaxGained *int64        // how many may come to any one rep
	MaxValue  *int64        // Σ Customer.Value of those who move, each rounded
	Locked    []CustomerRef // who must stay; Kind defaults to the policy's word
}

// PlanProgress says how far a plan is.
type PlanProgress struct {
	Stage    string // "rows", "auction", "search", …
	Rule     string // ID of the rule at hand; empty while customers are read
	Done, Of int64  // customers; of a search, those it has no place for yet
}

// Plan is an allocation of a backlog, worked out and not recorded: Commit
// records it.
type Plan struct {
	Desk    string     `json:"desk"`
	Version uint64     `json:"version"` // of the ledger it was made from
	Policy  string     `json:"policy"`  // hash
	At      time.Time  `json:"at"`
	Stopped bool       `json:"stopped,omitempty"` // the context ended while it was made: see Desk.Plan
	Rows    []PlanRow  `json:"rows"`              // one a customer, in the order given
	Parts   []PlanPart `json:"parts"`             // one a rule that had somebody to place, in the order of rules
	Reps    []PlanOpen `json:"reps"`              // by ID: those whom a part knows, or who lose or get somebody

	desk  *Desk
	o     PlanOptions
	rows  []plannedRow // as Rows: what committing needs beyond
	maker *planner     // what Explain asks; nil of a plan that was read from JSON

	rules []Rule // of the policy; nil of a plan that was read from JSON

	commit *commit // nil before Commit
}

// PlanRow is what a plan does with one customer.
type PlanRow struct {
	Kind     string `json:"kind"`
	Customer string `json:"customer"`
	Episode  int    `json:"episode"`
	Status   Status `json:"status"` // assigned, waiting, unassigned; released or voided of one who is closed
	Rep      string `json:"rep,omitempty"`
	From     string `json:"from,omitempty"` // who has him now
	Rule     string `json:"rule,omitempty"` // ID
	// Reason is a code as decisions have it. Besides those there are "kept",
	// "locked" and "closed" for customers whom the plan leaves as they are.
	Reason string `json:"reason,omitempty"`
	Fault  string `json:"fault,omitempty"` // for "failed": why the policy cannot read him
	Part   int    `json:"part"`            // index into Parts of the optimisation that placed him, or that had no place left; -1 for none
	Score  int64  `json:"score"`           // by Parts[Part].Scale; of somebody who is placed there
	Units  int64  `json:"units"`
}

// Reasons of customers whom a plan leaves as they are.
const (
	ReasonKept   = "kept"   // no rule had a place for him elsewhere: he stays where he is
	ReasonLocked = "locked" // PlanStay.Locked
	ReasonClosed = "closed" // his work has ended; Reassign opens a new episode
)

// PlanPart is what one rule placed, as one optimisation. As many are placed as
// the room allows; of the ways to do that, none within the rooms is worth more
// than Bound. Objective = Bound proves the part optimal.
//
// The prices prove it: with gain(c) the largest score − price over the reps whom
// a customer could have had,
//
//	Bound = Σ of the Placed largest gains + Σ room · price
//
// where a place counts under PlanPart.Cap, at the price for that.
// Reps who are Scarce come after all others in that comparison: their price is
// a whole customer more.
type PlanPart struct {
	Rule      string    `json:"rule"`
	Goal      string    `json:"goal"`          // see the Goal constants
	Cap       string    `json:"cap,omitempty"` // the cap on some customers that has prices of its own
	Scale     int       `json:"scale"`         // decimals of scores and prices
	Customers int64     `json:"customers"`
	Placed    int64     `json:"placed"`
	Stopped   bool      `json:"stopped,omitempty"` // the context had ended: the best so far
	Most      int64     `json:"most"`              // no allocation within the rooms places more
	Objective int64     `json:"objective"`         // Σ scores
	Low       int64     `json:"low"`               // what staying without a rep counts for beside places that are scarce: the lowest score
	Bound     int64     `json:"bound"`
	Exact     bool      `json:"exact,omitempty"` // the prices prove it so: Objective is Bound, and each customer is at his largest score − price
	Reps      []PlanRep `json:"reps"`            // by ID
	Moves     int64     `json:"moves"`           // how many change from one rep to another
	// Rotations: how many customers anybody may be from what he is entitled to;
	// 0 is less than one. The narrowest such window is taken in which as many
	// are placed as without, from PlanOptions.Within on.
	Within int64 `json:"within"`
	// NextMove is what one more move than PlanStay.MaxMoves allows would bring at
	// most; nil without a limit.
	NextMove *PlanGain `json:"next_move,omitempty"`
}

// PlanGain is what one more of something would bring.
type PlanGain struct {
	Gain   int64 `json:"gain"`
	Needed bool  `json:"needed"` // … besides placing one more, or bringing a rep nearer to his caps
}

// PlanRep is what one rep gets of a part, and what his places cost.
type PlanRep struct {
	Rep       string `json:"rep"`
	Room      int64  `json:"room"`      // units he had room for; -1 without limit
	Load      int64  `json:"load"`      // units he gets
	Customers int64  `json:"customers"` // how many he gets
	Price     int64  `json:"price"`     // what one more place would bring: exactly for GoalValue with equal units and no limit on moves, else about
	Scarce    bool   `json:"scarce"`    // … besides letting one more customer be placed
	// Cap is what customers whom PlanPart.Cap counts cost him beyond Price: what
	// one more of them would bring in place of one whom it does not count.
	Cap *PlanGain `json:"cap,omitempty"`
	// Rotations: the customers he is entitled to, credit included.
	Entitled float64 `json:"entitled,omitempty"`
	// Displaced is the customer who would go elsewhere first if somebody else
	// came in his place.
	Displaced      string `json:"displaced,omitempty"`
	DisplacedScore int64  `json:"displaced_score,omitempty"`
}

// PlanOpen is what a rep has open, in units.
type PlanOpen struct {
	Rep    string `json:"rep"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	Limit  int64  `json:"limit"` // the lowest of caps on all his open work; -1 without
}

// plannedRow is what carrying one row out needs. The rows together keep every cap,
// in any order but that of moves: one may come to the place that another gives up.
type plannedRow struct {
	subject Subject // nil: the policy cannot read him, or nothing is to be done with him
	given   Customer
	was     Status    // when the plan was made; empty if the desk did not know him
	version uint64    // his last entry then, or 0
	prior   uint64    // the entry that held his decision then, or 0
	since   time.Time // since when he waited then
	from    int       // row of the rep he was with; -1
	row     int       // of the rep he is to be with; -1
	turn    *turn     // the rotation's turn, if he takes one; its weights are all in it, none in a table
	caps    []counted
	unknown []string // rules whose `when` was unknown
}

// Plan works out who should get each customer of a backlog, by the desk's
// policy: the same rules, caps, weights and preferences as online. Nothing is
// changed: the plan is for looking at, and Plan.Commit carries it out.
//
// The rules are taken first to last. Each takes the customers who are not placed
// yet and for whom it is the next that matches, and places them in one
// optimisation with the room that is left: as many as possible first, then the
// most valuable allocation. An earlier rule takes first. Customers for whom
// there is no place go where if_none sends them.
//
// A customer who is open with a rep takes part and gives his place back first.
// He may stay where his rep is eligible, whatever the hour, and where no rule
// has a place for him he is kept where he is: a plan takes no rep away without
// giving another. One who waits is planned like a new one. One whose work has
// ended is left as he is, and so is one whom the policy cannot read.
//
// A rep's open work, as expressions read it, is what he has outside the plan and
// by earlier rules of it.
//
// When the context ends while a part is optimised, the plan takes the best so far
// there, and what is quickly found for the rules after it: it is Stopped, keeps
// every cap, and its bounds say how good it is. Before there is any, the error is
// the context's.
//
// Plan reads the store and does not hold up the desk. Errors: ErrInput names the
// customer who is named twice, or has another's key; ErrTime; the context's. Cost: the entries since
// the last snapshot, the policy's expressions for each customer and rep, and the
// optimisation; memory about 30 bytes for each customer and rep who could take
// him.
func (d *Desk) Plan(ctx context.Context, customers []Customer, o PlanOptions) (*Plan, error) {
	p := &planner{ctx: ctx, desk: d, o: o, plan: &Plan{Desk: d.cfg.Desk, desk: d, o: o}}
	p.plan.maker = p
	if err := p.make(customers); err != nil {
		return nil, err
	}
	return p.plan, nil
}

package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/fairness"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// planned is what a plan came to. Rows = Customers + Rejected, and Customers =
// Placed + Moved + Stayed + Waiting + Unassigned + Closed + Left.
type planned struct {
	Policy     string    `json:"policy"`
	Desk       string    `json:"desk"`
	At         time.Time `json:"at"`
	Rows       int       `json:"rows"`
	Rejected   int       `json:"rejected"`
	Customers  int       `json:"customers"`
	Placed     int       `json:"placed"` // had nobody, and get a rep
	Moved      int       `json:"moved"`
	Stayed     int       `json:"stayed"`
	Waiting    int       `json:"waiting"`
	Unassigned int       `json:"unassigned"`
	Closed     int       `json:"closed"`            // their work has ended: left alone
	Left       int       `json:"left"`              // could not be recorded as planned
	Stopped    string    `json:"stopped,omitempty"` // "time limit" or "interrupt": it is the best so far

	Reasons map[string]int `json:"reasons,omitempty"` // of those who wait or go to nobody, by code
	Rules   []plannedRule  `json:"rules"`
	Before  *evenness      `json:"before,omitempty"` // nil when no rule knew anybody
	After   *evenness      `json:"after,omitempty"`
	Reps    []plannedRep   `json:"reps"` // the busiest first

	Explained []string               `json:"explained,omitempty"`
	Committed *allocation.Commitment `json:"committed,omitempty"` // nil when nothing was recorded

	plan    *allocation.Plan
	command *planCommand
}

// plannedRule is what one rule placed. Worth and Bound are in the unit of its
// prefer.
type plannedRule struct {
	Rule      string   `json:"rule"` // ID
	Name      string   `json:"name"`
	Goal      string   `json:"goal"`
	Customers int64    `json:"customers"`
	Placed    int64    `json:"placed"`
	Moves     int64    `json:"moves"`
	Worth     float64  `json:"worth"`
	Bound     float64  `json:"bound"`               // no allocation that places as many is worth more
	Gap       float64  `json:"gap"`                 // how much more, as a share of Bound
	NextMove  *float64 `json:"next_move,omitempty"` // what one more move would bring at most
}

// evenness says how alike the reps' open work is.
type evenness struct {
	Jain  float64 `json:"jain"`
	Least int64   `json:"least"`
	Most  int64   `json:"most"`
}

// plannedRep is what a rep has, in units. Room is what is left for him; −1
// without limit.
type plannedRep struct {
	Rep    string         `json:"rep"`
	Before int64          `json:"before"`
	After  int64          `json:"after"`
	Room   int64          `json:"room"`
	Prices []plannedPrice `json:"prices,omitempty"` // of rules where his places have one
}

// dearest is the highest price of his places.
func (r *plannedRep) dearest() (price float64) {
	for _, p := range r.Prices {
		price = max(price, p.Price)
	}
	return price
}

// plannedPrice is what one more place of a rep would bring.
type plannedPrice struct {
	Rule   string  `json:"rule"`
	Price  float64 `json:"price"`
	Scarce bool    `json:"scarce,omitempty"` // … besides one customer more who is placed, or somebody nearer to his caps
}

// newPlanned sums a plan up. committed is nil when it was not recorded.
func newPlanned(p *document, plan *allocation.Plan, b *backlog, committed *allocation.Commitment) *planned {
	d := &planned{
		Policy: p.compiled.Name, Desk: plan.Desk, At: plan.At.In(p.compiled.Zone),
		Rows: len(b.table.Rows), Rejected: len(b.rejected), Customers: len(b.table.Rows) - len(b.rejected),
		Reasons: map[string]int{}, plan: plan, Committed: committed,
	}
	left := map[allocation.CustomerRef]string{}
	if committed != nil {
		for _, l := range committed.Left {
			left[allocation.CustomerRef{Kind: l.Kind, ID: l.Customer}] = l.Reason
		}
	}
	for i := range plan.Rows {
		row := &plan.Rows[i]
		if reason, there := left[allocation.CustomerRef{Kind: row.Kind, ID: row.Customer}]; there {
			d.leave(row, reason)
			continue
		}
		d.count(row)
	}
	for i := range plan.Parts {
		d.Rules = append(d.Rules, ruleOf(p, &plan.Parts[i]))
	}
	d.repsOf(plan)
	return d
}

// leave has a row say what became of a customer whom the commit left as he was
// when the plan was made, or as somebody has decided since.
func (d *planned) leave(row *allocation.PlanRow, reason string) {
	d.Left++
	row.Rep, row.Rule, row.Reason, row.Part, row.Status = row.From, "", reason, -1, allocation.StatusUnassigned
	if row.From != "" {
		row.Status = allocation.StatusAssigned
	}
}

func (d *planned) count(row *allocation.PlanRow) {
	switch {
	case row.Fault != "": // rejected
	case row.Reason == allocation.ReasonClosed:
		d.Closed++
	case row.Status == allocation.StatusAssigned && row.From == "":
		d.Placed++
	case row.Status == allocation.StatusAssigned && row.From != row.Rep:
		d.Moved++
	case row.Status == allocation.StatusAssigned:
		d.Stayed++
	case row.Status == allocation.StatusWaiting:
		d.Waiting++
		d.Reasons[row.Reason]++
	default:
		d.Unassigned++
		d.Reasons[row.Reason]++
	}
}

func ruleOf(p *document, part *allocation.PlanPart) plannedRule {
	out := plannedRule{Rule: part.Rule, Name: p.ruleName(part.Rule), Goal: part.Goal, Customers: part.Customers, Placed: part.Placed, Moves: part.Moves,
		Worth: unscaled(part.Objective, part), Bound: unscaled(part.Bound, part), Gap: part.Gap()}
	if next := part.NextMove; next != nil && !next.Needed {
		out.NextMove = new(unscaled(next.Gain, part))
	}
	return out
}

// unscaled is a score or a price in the unit of the rule's prefer.
func unscaled(score int64, part *allocation.PlanPart) float64 {
	return float64(score) / math.Pow10(part.Scale)
}

// repsOf gathers what each rep has, and how alike that is among those whom a rule
// could have given somebody.
func (d *planned) repsOf(plan *allocation.Plan) {
	room, prices := map[string]int64{}, map[string][]plannedPrice{}
	for i := range plan.Parts {
		part := &plan.Parts[i]
		for _, r := range part.Reps {
			room[r.Rep] = -1
			if r.Room >= 0 {
				room[r.Rep] = max(0, r.Room-r.Load)
			}
			if (r.Price != 0 || r.Scarce) && part.Goal != allocation.GoalInOrder && part.Goal != allocation.GoalLevel {
				prices[r.Rep] = append(prices[r.Rep], plannedPrice{part.Rule, unscaled(r.Price, part), r.Scarce})
			}
		}
	}
	var before, after []int64
	for _, open := range plan.Reps {
		left, known := room[open.Rep]
		if !known && open.Limit >= 0 {
			left = max(0, open.Limit-open.After)
		} else if !known {
			left = -1
		}
		d.Reps = append(d.Reps, plannedRep{open.Rep, open.Before, open.After, left, prices[open.Rep]})
		if known {
			before, after = append(before, open.Before), append(after, open.After)
		}
	}
	d.Before, d.After = evennessOf(before), evennessOf(after)
	slices.SortStableFunc(d.Reps, func(a, b plannedRep) int {
		return cmp.Or(cmp.Compare(b.After, a.After), cmp.Compare(b.dearest(), a.dearest()), strings.Compare(a.Rep, b.Rep))
	})
}

func evennessOf(open []int64) *evenness {
	if len(open) == 0 {
		return nil
	}
	var amounts []float64
	for _, n := range open {
		amounts = append(amounts, float64(n))
	}
	return &evenness{fairness.Jain(amounts), slices.Min(open), slices.Max(open)}
}

// writeCSV writes the rows of the plan so that a spreadsheet runs none of them.
func (d *planned) writeCSV(w io.Writer) error {
	var text bytes.Buffer
	if err := d.plan.WriteCSV(&text); err != nil {
		return err
	}
	in, out := csv.NewReader(&text), tabular.NewWriter(w)
	for {
		row, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return out.Flush()
		case err != nil:
			return err
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
}

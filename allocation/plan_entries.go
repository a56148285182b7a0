package allocation

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// plannedPlan is the body of a planned entry: what the plan was made from, and
// what it proves. Field names, those of PlanPart included, are part of the
// ledger's format.
type plannedPlan struct {
	Views     []planView `json:"views"`
	Terms     planTerms  `json:"terms"`
	Parts     []PlanPart `json:"parts"`
	Customers int        `json:"customers"` // that were planned
	Recorded  int        `json:"recorded"`  // entries that follow
	Resolved  int        `json:"resolved,omitempty"`
	Left      []PlanLeft `json:"left,omitempty"`
}

// planView is what some parts of a plan were made from.
type planView struct {
	Version uint64    `json:"version"` // of the ledger
	At      time.Time `json:"at"`
	Parts   int       `json:"parts"` // it is that of the parts before this one that no earlier view has
}

// planTerms are the options of a plan that its decisions depend on.
type planTerms struct {
	AnyHour   bool    `json:"any_hour,omitempty"`
	Credit    string  `json:"credit"` // "moved": customers take their turns; "none"
	Within    *int64  `json:"within,omitempty"`
	Bonus     float64 `json:"bonus,omitempty"`
	MaxMoves  *int64  `json:"max_moves,omitempty"`
	MaxLost   *int64  `json:"max_lost,omitempty"`
	MaxGained *int64  `json:"max_gained,omitempty"`
	MaxValue  *int64  `json:"max_value,omitempty"`
}

func (o *PlanOptions) terms() planTerms {
	t := planTerms{
		AnyHour: o.AnyHour, Credit: "moved", Within: o.Within,
		Bonus: o.Stay.Bonus, MaxMoves: o.Stay.MaxMoves, MaxLost: o.Stay.MaxLost, MaxGained: o.Stay.MaxGained, MaxValue: o.Stay.MaxValue,
	}
	if o.NoCredit {
		t.Credit = "none"
	}
	return t
}

// options is terms the other way, as far as Explain needs them.
func (t *planTerms) options() PlanOptions {
	return PlanOptions{AnyHour: t.AnyHour, NoCredit: t.Credit == "none", Within: t.Within, Stay: PlanStay{
		Bonus: t.Bonus, MaxMoves: t.MaxMoves, MaxLost: t.MaxLost, MaxGained: t.MaxGained, MaxValue: t.MaxValue,
	}}
}

// planned is the part of a plan in the entry of one customer.
type planned struct {
	Plan  string `json:"plan"` // the plan's key
	Part  int    `json:"part"` // -1: none placed him
	Score int64  `json:"score,omitempty"`
}

// foldPlanned does nothing: what a plan changes is in the entries after it.
func (s *state) foldPlanned(e *event) error {
	if e.Plan == nil {
		return fmt.Errorf("it holds no plan")
	}
	return nil
}

// key names the plan by what is in it.
func (p *Plan) key() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %s %d\n", p.Desk, p.Version, p.Policy, p.At.UnixMicro())
	encoder := json.NewEncoder(h)
	_ = encoder.Encode(p.o.terms()) // plain numbers: they can be encoded, and h takes all
	_ = encoder.Encode(p.Rows)
	return fmt.Sprintf("plan:%x", h.Sum(nil)[:16])
}

// changes reports whether committing a row records anything.
func (p *Plan) changes(k int) bool {
	to, row := &p.Rows[k], &p.rows[k]
	switch {
	case row.subject == nil || to.Reason == ReasonKept || to.Reason == ReasonLocked || to.Reason == ReasonFailed:
		return false
	case to.Status == StatusAssigned:
		return row.row != row.from
	}
	return row.from < 0 && to.Status != row.was
}

// prepare works out the entries, so that the desk need not.
func (c *commit) prepare(ctx context.Context) error {
	c.rows = c.rows[:0]
	for k := range c.plan.Rows {
		if !c.plan.changes(k) {
			continue
		}
		c.rows = append(c.rows, k)
		if _, done := c.prepared[k]; done {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		e := c.make(k)
		if e.Event != EventWaiting { // since when he waits is known only then
			if err := e.encode(); err != nil {
				return err
			}
		}
		c.prepared[k] = *e
	}
	return nil
}

// make makes the entry of a row, without its place in the ledger.
func (c *commit) make(k int) *event {
	to, row := &c.plan.Rows[k], &c.plan.rows[k]
	e := &event{
		Entry: Entry{
			Kind: to.Kind, Customer: to.Customer, Episode: to.Episode, Rep: to.Rep, Rule: to.Rule,
			Status: to.Status, Reason: to.Reason, Fields: row.subject.AppendFields(nil),
		},
		details: details{
			Engine: engineVersion, Policy: c.plan.Policy, Roster: c.maker(k).s.roster.version,
			Via: viaPlan, Units: to.Units, Unknown: row.unknown, Turn: row.turn, Caps: row.caps,
			Prior: row.prior, Since: row.since, Planned: &planned{c.key, to.Part, to.Score},
		},
	}
	if claimed := row.given.At.UTC().Truncate(time.Microsecond); !row.given.At.IsZero() {
		e.Claimed = claimed
	}
	if string(e.Fields) == "{}" {
		e.Fields = nil
	}
	switch {
	case row.from >= 0:
		e.Event, e.Reason, e.From = EventTransferred, reasonPlanned, to.From
		return e // no decision: his key stays with the one he has
	case to.Status == StatusAssigned:
		e.Event = EventAssigned
	case to.Status == StatusWaiting:
		e.Event = EventWaiting
	default:
		e.Event = EventUnassigned
	}
	e.Request = row.given.Key
	return e
}

// reasonPlanned is the reason of transfers by a plan.
const reasonPlanned = "planned"

// entry is the prepared entry of a row, to be given its place.
func (c *commit) entry(k int, now time.Time) *event {
	e := c.prepared[k]
	if e.Event == EventWaiting && e.Since.IsZero() {
		e.Since = now
	}
	return &e
}

// view finds what a row was placed from. Where no part says so it is the first that
// knew the reps as the row's entry does.
func (p *plannedPlan) view(e *event) planView {
	part := e.Planned.Part
	i := slices.IndexFunc(p.Views, func(v planView) bool { return part < 0 && e.Roster <= v.Version || part >= 0 && part < v.Parts })
	if i < 0 {
		i = len(p.Views) - 1
	}
	return p.Views[i]
}

package sqlitestore_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/evenhand/evenhand/allocation"
)

// This file is a plan that is made and committed, as one operation. Who gets whom
// is the solver's to say, and the specification takes it from the answer. Its own
// it says of everything else: whom the plan leaves since something was recorded
// of him meanwhile, what it records of the others, and that nobody is then over
// a cap. Plans move no credit here, since who shares a customer is the plan's
// to say as well.

// planned is what a client was told of a plan.
type planned struct {
	version  int // of the ledger it was made from
	recorded int
	rows     []planRow
}

// planRow is what a plan does with a customer.
type planRow struct {
	customer             int16
	status, rule, reason string
	rep, from            int8
	episode              int
	left                 string // why nothing is done with him
}

// impossible is how the specification answers a plan that was carried out as no
// desk may.
const impossible refusal = "not as a plan may"

func sendPlan(ctx context.Context, desk *allocation.Desk, id int, o *operation) (answer, error) {
	var backlog []allocation.Customer
	for _, number := range o.backlog {
		backlog = append(backlog, (&operation{customer: number, round: o.round}).lead(id))
	}
	plan, err := desk.Plan(ctx, backlog, allocation.PlanOptions{NoCredit: true})
	if err != nil {
		return answer{}, err
	}
	done, err := plan.Commit(ctx)
	if err != nil {
		return answer{}, err
	}
	out := &planned{version: int(plan.Version), recorded: done.Customers}
	for i, row := range plan.Rows {
		told := planRow{customer: o.backlog[i], status: string(row.Status), rule: row.Rule, reason: row.Reason,
			rep: repNumber(row.Rep), from: repNumber(row.From), episode: row.Episode}
		if at := slices.IndexFunc(done.Left, func(l allocation.PlanLeft) bool { return l.Customer == row.Customer }); at >= 0 {
			told.left = done.Left[at].Reason
		}
		out.rows = append(out.rows, told)
	}
	return answer{decision: decision{seq: int(done.Seq)}, planned: out}, nil
}

// plan records a plan as it was answered: first itself, then those for whom it
// changes something.
func (s *spec) plan(o *operation) (answer, *spec) {
	if o.planned == nil {
		return answer{refusal: impossible}, s
	}
	n := s.drained()
	n.version++
	out := answer{decision: decision{seq: n.version}}
	var recorded []planRow
	for _, row := range o.planned.rows {
		c := n.customer(row.customer)
		touched := c.last > o.planned.version
		switch {
		case row.left == allocation.ReasonDecided && !touched, touched && row.left != "" && row.left != allocation.ReasonDecided:
			return answer{refusal: impossible}, s
		case touched || row.left != "" || !row.changes(&c):
			continue
		case !row.allowed(&c):
			return answer{refusal: impossible}, s
		}
		n.record(row, o.round)
		recorded = append(recorded, row)
	}
	if len(recorded) != o.planned.recorded || slices.ContainsFunc(recorded, n.overfull) {
		return answer{refusal: impossible}, s
	}
	return out, n
}

// changes reports whether a plan does anything with a customer of whom nothing
// was recorded since.
func (row *planRow) changes(c *customer) bool {
	switch {
	case row.reason == allocation.ReasonKept || row.reason == allocation.ReasonClosed:
		return false
	case c.status == "assigned":
		return row.rep != c.rep
	}
	return row.status == "assigned" || row.status != c.status
}

// allowed reports whether the policy has room for what a row says.
func (row *planRow) allowed(c *customer) bool {
	tier, open := tierOf(int(row.customer)), c.status == "assigned"
	if open != (row.from >= 0) || open && row.from != c.rep || row.episode != max(1, c.latest.episode) || c.status == "released" || c.status == "voided" {
		return false
	}
	switch row.status {
	case "assigned":
		return row.reason == "" && row.rep >= 0 && (row.rule == "rest" && tier != spam || row.rule == "big" && tier == big && field&(1<<row.rep) != 0)
	case "waiting":
		return !open && row.rule == "rest" && row.reason == "full" && tier != spam
	}
	return !open && row.status == "unassigned" && row.rule == "spam" && row.reason == "spam" && tier == spam
}

// record records what a plan does with one customer.
func (s *spec) record(row planRow, round int8) {
	s.version++
	s.vacate(row.customer)
	c := s.customer(row.customer)
	waited := c
	c.inRest, c.last = row.status == "assigned" && row.rule == "rest", s.version
	if row.from < 0 {
		d := decision{status: row.status, rule: row.rule, reason: row.reason, rep: row.rep, seq: s.version, episode: row.episode}
		c.latest, c.status, c.rule, c.sharers, c.given, c.key = recorded{d, round}, row.status, -1, 0, [reps]int8{}, 0
		s.follow(waited, row.customer, c.latest)
	}
	s.hold(row.customer, &c, row.rep)
	if row.status == "waiting" {
		s.wait(row.customer)
	}
	s.put(row.customer, c)
}

// overfull reports whether whoever received a customer is over a cap.
func (s *spec) overfull(row planRow) bool {
	if row.rep < 0 {
		return false
	}
	return s.open[row.rep] > s.capacity[row.rep] || tierOf(int(row.customer)) == promo && s.given[row.rep] > promos ||
		row.rule == "rest" && s.rest[row.rep] > restLimit(s.capacity[row.rep])
}

func (p *planned) String() string {
	if p == nil {
		return "nobody knows what"
	}
	return fmt.Sprintf("from %d, %d recorded of %+v", p.version, p.recorded, p.rows)
}

package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// recount is what a person with pencil and paper would know of the victims'
// ledger: it reads entries one by one and shares no code with the desk.
type recount struct {
	now      time.Time
	entries  []ack             // by Seq-1
	decision map[string]uint64 // by customer: the entry of the decision in force
	order    []string          // customers by arrival
	open     map[string]holder // assigned and waiting customers
	given    map[string][]gift // by rep, in the order of time
	capacity map[string]int64  // by rep
	plans    map[uint64]int    // by planned entry: how many entries follow it
	plan     wholePlan         // the last of them
	news     planTally         // since it was last asked for
}

// wholePlan is a plan whose entries are being read.
type wholePlan struct {
	seq  uint64
	key  string
	left int // entries that are still to come
	gave []allocation.Entry
}

// holder has a customer; a waiting customer's has no rep.
type holder struct {
	rep   string
	units int64
}

// gift is a customer who was given to a rep, and not voided since.
type gift struct {
	customer, rule string
	at             time.Time
}

func newRecount() recount {
	return recount{
		now:      morning,
		decision: map[string]uint64{}, open: map[string]holder{}, given: map[string][]gift{}, capacity: map[string]int64{},
		plans: map[uint64]int{},
	}
}

// count takes in the next entry. It returns an error when a customer has two
// owners or a rep is over a cap.
func (r *recount) count(e allocation.Entry) error {
	var body struct {
		Units   int64
		From    string
		Request string
		Plan    struct{ Recorded int }
		Planned struct{ Plan string }
		Reps    []struct {
			ID       string
			Capacity int64
		}
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return err
	}
	r.now = e.At
	r.entries = append(r.entries, ack{e.Customer, e.Seq, e.Status, e.Rep})
	for _, rep := range body.Reps {
		r.capacity[rep.ID] = rep.Capacity
	}
	planned := r.plan.left > 0
	if planned != (body.Planned.Plan != "") || planned && body.Planned.Plan != r.plan.key {
		return fmt.Errorf("a plan is there whole or not at all: %s is of plan %q, and %d entries of plan %q are to come", e, body.Planned.Plan, r.plan.left, r.plan.key)
	}
	if e.Event == allocation.EventPlanned {
		r.plan = wholePlan{seq: e.Seq, key: body.Request, left: body.Plan.Recorded}
		r.plans[e.Seq] = body.Plan.Recorded
		r.news.unanswered++
		r.news.customers += body.Plan.Recorded
	}
	if e.Customer == "" {
		return nil
	}
	moves := e.Event == allocation.EventTransferred
	switch before := r.open[e.Customer]; {
	case moves && (body.From == "" || body.From != before.rep):
		return fmt.Errorf("no customer has two owners: %s moves him from %q, and %q had him", e, body.From, before.rep)
	case !moves && before.rep != "" && e.Status != allocation.StatusReleased && e.Status != allocation.StatusVoided:
		return fmt.Errorf("no customer has two owners: %s, and %s had him", e, before.rep)
	}
	if moves {
		r.news.moves++
	}
	delete(r.open, e.Customer)
	switch e.Status {
	case allocation.StatusReleased:
		return nil
	case allocation.StatusVoided:
		for rep := range r.given { // those who had him before he was moved, too
			r.given[rep] = slices.DeleteFunc(r.given[rep], func(g gift) bool { return g.customer == e.Customer })
		}
		return nil
	}
	if !moves {
		if r.decision[e.Customer] == 0 {
			r.order = append(r.order, e.Customer)
		}
		r.decision[e.Customer] = e.Seq
	}
	r.hold(e, body.Units)
	if planned {
		return r.countPlanned(e)
	}
	return r.checkCaps(e)
}

// found is what was counted of plans since it was last asked for, so many of
// which had been answered.
func (r *recount) found(answered int) planTally {
	news := r.news
	r.news = planTally{}
	news.answered, news.unanswered = answered, news.unanswered-answered
	return news
}

// hold notes who has a customer now.
func (r *recount) hold(e allocation.Entry, units int64) {
	switch e.Status {
	case allocation.StatusWaiting:
		r.open[e.Customer] = holder{}
	case allocation.StatusAssigned:
		r.open[e.Customer] = holder{e.Rep, units}
		r.given[e.Rep] = append(r.given[e.Rep], gift{e.Customer, e.Rule, e.At})
	}
}

// countPlanned looks at caps when the plan is whole: one may come to the place
// that another leaves only after him.
func (r *recount) countPlanned(e allocation.Entry) error {
	r.plan.gave = append(r.plan.gave, e)
	if r.plan.left--; r.plan.left > 0 {
		return nil
	}
	for _, e := range r.plan.gave {
		if err := r.checkCaps(e); err != nil {
			return err
		}
	}
	return nil
}

// checkCaps counts what the rep of a decision has, that decision included.
func (r *recount) checkCaps(e allocation.Entry) error {
	if e.Status != allocation.StatusAssigned {
		return nil
	}
	var book, daily, big int64
	for _, h := range r.open {
		if h.rep == e.Rep {
			book += h.units
		}
	}
	for _, g := range r.given[e.Rep] {
		if g.at.Truncate(24 * time.Hour).Equal(e.At.Truncate(24 * time.Hour)) {
			daily++
		}
		if g.rule == "big" && g.at.After(e.At.Add(-victimTerm)) {
			big++
		}
	}
	if book > r.capacity[e.Rep] || daily > victimDaily || e.Rule == "big" && big > victimBig {
		return fmt.Errorf("no decision takes a rep over a cap: after %s he has %d units of %d, %d customers of %d today, %d big ones of %d in %s",
			e, book, r.capacity[e.Rep], daily, victimDaily, big, victimBig, victimTerm)
	}
	return nil
}

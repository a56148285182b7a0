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
	}
}

// count takes in the next entry. It returns an error when a customer has two
// owners or a rep is over a cap.
func (r *recount) count(e allocation.Entry) error {
	var body struct {
		Units int64
		Reps  []struct {
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
	if e.Customer == "" {
		return nil
	}
	if before := r.open[e.Customer]; before.rep != "" && e.Status != allocation.StatusReleased && e.Status != allocation.StatusVoided {
		return fmt.Errorf("no customer has two owners: %s, and %s had him", e, before.rep)
	}
	delete(r.open, e.Customer)
	switch e.Status {
	case allocation.StatusReleased:
		return nil
	case allocation.StatusVoided:
		r.given[e.Rep] = slices.DeleteFunc(r.given[e.Rep], func(g gift) bool { return g.customer == e.Customer })
		return nil
	}
	if r.decision[e.Customer] == 0 {
		r.order = append(r.order, e.Customer)
	}
	r.decision[e.Customer] = e.Seq
	switch e.Status {
	case allocation.StatusWaiting:
		r.open[e.Customer] = holder{}
	case allocation.StatusAssigned:
		r.open[e.Customer] = holder{e.Rep, body.Units}
		r.given[e.Rep] = append(r.given[e.Rep], gift{e.Customer, e.Rule, e.At})
		return r.checkCaps(e)
	}
	return nil
}

// checkCaps counts what the rep of a decision has, that decision included.
func (r *recount) checkCaps(e allocation.Entry) error {
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

package storetest

import (
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// deskTally counts what a machine did, so that a long run can show that it did
// what it is there for.
type deskTally struct {
	steps  int
	action []int
	event  map[allocation.Event]int
	counts map[string]int // outcomes and answers
	peaks  map[string]int
}

func newDeskTally() *deskTally {
	return &deskTally{action: make([]int, len(deskActions)), event: map[allocation.Event]int{}, counts: map[string]int{}, peaks: map[string]int{}}
}

func (t *deskTally) count(what string) { t.counts[what]++ }

func (t *deskTally) most(what string, n int) { t.peaks[what] = max(t.peaks[what], n) }

// mustHappen are the outcomes without which a run proves less than it says.
var mustHappen = []string{
	"decided: assigned ", "decided: assigned fallback", "decided: assigned manual",
	"decided: waiting full", "decided: waiting away", "decided: waiting not_eligible",
	"decided: unassigned spam", "decided: unassigned no_weight", "decided: unassigned no_size", "decided: unassigned full",
	"drained: assigned", "drained: unassigned", "given away just before he was assigned by hand",
	"repeated", "repeated, with changed fields",
	"answer: input", "answer: unknown customer", "answer: unknown rep", "answer: key reused", "answer: time", "answer: compacted", "answer: not durable",
	"answer: refused: full", "answer: refused: no_limit", "answer: refused: inactive", "answer: refused: not_open",
	"answer: refused: no_credit", "answer: refused: no_account", "answer: refused: no_others",
	"forced over a cap", "a rep above a cap, receiving nothing", "granted for time off", "opening credit",
	"drift: owner_changed", "drift: units_changed", "drift: owner_removed", "drift: closed_outside", "drift: not_in_crm",
	"drift: opened_outside", "drift: reopened_outside", "drift: given_outside",
	"planned: assigned", "planned: moved", "planned: waiting", "planned: unassigned", "planned: stays", "planned: one who waited",
	"planned: placed anew", "planned: left, decided_since", "planned: left, key_reused", "planned: left, full until then", "planned: committed again",
	"answer: plan outdated", "explained, planned",
	"voided after an account was closed", "compacted", "explained", "explained, erased",
	"snapshots that are the fold of their entries", "somebody who waits gets his turn by time alone",
}

// missing names what never happened.
func (t *deskTally) missing() []string {
	var out []string
	for i, n := range t.action {
		if n == 0 {
			out = append(out, "action "+deskActions[i].name)
		}
	}
	for _, what := range mustHappen {
		if t.counts[what] == 0 {
			out = append(out, what)
		}
	}
	for _, event := range []allocation.Event{
		allocation.EventRepsSet, allocation.EventRepChanged, allocation.EventRepRemoved, allocation.EventPolicySet, allocation.EventWeightsSet,
		allocation.EventAssigned, allocation.EventWaiting, allocation.EventUnassigned, allocation.EventTransferred, allocation.EventReleased,
		allocation.EventVoided, allocation.EventGranted, allocation.EventCalibrated, allocation.EventAccountClosed, allocation.EventReconciled,
		allocation.EventErased, allocation.EventPlanned,
	} {
		if t.event[event] == 0 {
			out = append(out, "event "+string(event))
		}
	}
	return out
}

// String is a table of everything counted.
func (t *deskTally) String() string {
	var b strings.Builder
	section := func(title string) { fmt.Fprintf(&b, "%s\n", title) }
	line := func(what string, n int) { fmt.Fprintf(&b, "%12d  %s\n", n, what) }
	section("actions")
	for i, n := range t.action {
		line(deskActions[i].name, n)
	}
	section("entries")
	for _, event := range sortedNames(t.event) {
		line(string(event), t.event[event])
	}
	section("outcomes")
	for _, what := range sortedNames(t.counts) {
		line(what, t.counts[what])
	}
	section("at most")
	for _, what := range sortedNames(t.peaks) {
		line(what, t.peaks[what])
	}
	return b.String()
}

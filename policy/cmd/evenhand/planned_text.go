package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// print writes the summary for people.
func (d *planned) print(w io.Writer) {
	fmt.Fprintf(w, "Plan by policy %s for desk %s, %s\n\n", visible(d.Policy), visible(d.Desk), d.At.Format("Monday 2006-01-02 15:04 MST"))
	d.printCounts(w)
	_, rules, _ := strings.Cut(d.plan.String(), "\n")
	if rules != "" {
		fmt.Fprintf(w, "\n%s", visible(rules))
	}
	d.printReps(w)
	for _, text := range d.Explained {
		fmt.Fprintf(w, "\n%s", visible(text))
	}
	d.printRecorded(w)
}

// printRecorded says what of it is in the ledger.
func (d *planned) printRecorded(w io.Writer) {
	text := "It is a preview: nothing was recorded."
	switch {
	case d.Committed != nil && d.Stopped != "":
		text = "The time limit was over: the best so far was recorded.\n" + d.Committed.String()
	case d.Committed != nil:
		text = d.Committed.String()
	case d.Stopped == "interrupt" && d.command.Commit:
		text = "Interrupted: this is the best so far. It was not recorded; the policy is in force, and so are the reps and owners that were given."
	case d.Stopped == "interrupt":
		text = "Interrupted: this is the best so far. Nothing was recorded."
	case d.Stopped != "":
		text = "The time limit was over: this is the best so far. Nothing was recorded."
	}
	fmt.Fprintf(w, "\n%s\n", visible(strings.TrimSuffix(text, "\n")))
	if d.Committed == nil {
		return
	}
	where := shellWord("--store ", d.command.Store)
	if d.Desk != "default" {
		where += " " + shellWord("--desk ", d.Desk)
	}
	fmt.Fprintf(w, "Why somebody went where he went: evenhand explain CUSTOMER %s\n", visible(where))
}

func (d *planned) printCounts(w io.Writer) {
	g := grid{head: []string{"", ">", ""}}
	add := func(always bool, name string, n int, note string) {
		if always || n > 0 {
			g.row(name, count(n), note)
		}
	}
	add(true, "rows read", d.Rows, "")
	add(true, "rejected", d.Rejected, "")
	add(true, "customers", d.Customers, "")
	add(true, "  get a rep", d.Placed, "")
	add(d.command.MaxMoves != nil, "  move", d.Moved, d.movesNote())
	add(false, "  stay", d.Stayed, "with the rep they have")
	add(false, "  wait", d.Waiting, "")
	add(false, "  unassigned", d.Unassigned, "")
	add(false, "  left alone", d.Closed, "their work has ended")
	add(false, "  left", d.Left, "as they are: see below")
	g.printBody(w)
	if d.Waiting+d.Unassigned > 0 {
		fmt.Fprintf(w, "\nWithout a rep, by reason: %s.\n", d.reasons())
	}
	if d.Reasons[allocation.ReasonAway] > 0 {
		fmt.Fprintf(w, "Maybe --any-hour, or --now with a time at which more are there: away means that all who are eligible are away or off shift.\n")
	}
}

func (d *planned) movesNote() string {
	if d.command.MaxMoves == nil {
		return "to another rep"
	}
	return "to another rep, of at most " + count(*d.command.MaxMoves)
}

// reasons says why customers remain without a rep, the most frequent first.
func (d *planned) reasons() string {
	codes := slices.SortedFunc(maps.Keys(d.Reasons), func(a, b string) int {
		return cmp.Or(d.Reasons[b]-d.Reasons[a], strings.Compare(a, b))
	})
	var parts []string
	for _, code := range codes {
		parts = append(parts, visible(code)+" "+count(d.Reasons[code]))
	}
	return strings.Join(parts, ", ")
}

// busiest is of how many of the busiest reps the table speaks, and of as many of
// the least busy.
const busiest = 6

func (d *planned) printReps(w io.Writer) {
	if len(d.Reps) == 0 {
		return
	}
	if d.After != nil && len(d.Reps) > 1 {
		now, then := d.Before, d.After
		fmt.Fprintf(w, "\nOpen work by rep: %s to %s now, %s to %s then; Jain's index %.3f now, %.3f then (1: all have the same).\n",
			count(now.Least), count(now.Most), count(then.Least), count(then.Most), now.Jain, then.Jain)
	}
	fmt.Fprintln(w)
	g := grid{head: []string{"rep", ">open now", ">then", ">room left", "one more place brings"}}
	for i := range d.Reps {
		if hidden := len(d.Reps) - 2*busiest; hidden > 1 && i >= busiest && i < busiest+hidden {
			if i == busiest {
				g.row(fmt.Sprintf("… %s more", count(hidden)), "", "", "", "")
			}
			continue
		}
		r := &d.Reps[i]
		room := "no limit"
		if r.Room >= 0 {
			room = count(r.Room)
		}
		g.row(visible(r.Rep), count(r.Before), count(r.After), room, d.prices(r))
	}
	g.print(w)
}

// prices says what one more place brings, and by which rule where there are
// several.
func (d *planned) prices(r *plannedRep) string {
	if len(r.Prices) == 0 {
		return "nothing"
	}
	var parts []string
	for _, p := range r.Prices {
		rule := d.Rules[slices.IndexFunc(d.Rules, func(x plannedRule) bool { return x.Rule == p.Rule })]
		text := money(p.Price)
		if p.Scarce {
			text = "one customer more"
			if rule.Placed == rule.Customers {
				text = "somebody nearer to his caps"
			}
			if p.Price != 0 {
				text += ", and " + money(p.Price)
			}
		}
		if len(d.Rules) > 1 {
			text += " by " + visible(rule.Name)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

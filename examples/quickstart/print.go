package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// printDecisions shows the first dozen, and sums up the others.
func printDecisions(out io.Writer, leads []allocation.Customer, decisions []allocation.Decision) {
	const shown = 10
	fmt.Fprintf(out, "%d leads arrive one by one. Each goes to the rep whose turn it is, among those\n"+
		"who may have it, are at work and have room:\n\n", len(leads))
	for i, d := range decisions[:shown] {
		to := d.Rep
		if to == "" {
			to = "nobody"
		}
		fmt.Fprintf(out, "  %s  %s  %-22v %-7s by rule %q\n", leads[i].At.Format("Mon 15:04"), d.Customer, leads[i].Fields["name"], to, d.Rule)
	}
	count := map[allocation.Status]int{}
	for _, d := range decisions {
		count[d.Status]++
	}
	fmt.Fprintf(out, "  … and %d more. %d went to a rep at once, %d waited for room, %d were set aside.\n",
		len(decisions)-shown, count[allocation.StatusAssigned], count[allocation.StatusWaiting], count[allocation.StatusUnassigned])
}

// printExplanation shows why a lead went where it went, and what one rep who
// did not get it can be told.
func printExplanation(out io.Writer, e *allocation.Explanation, rep string) {
	fmt.Fprintf(out, "\nAny decision can be explained later:\n\n")
	for line := range strings.Lines(e.String()) {
		if strings.TrimSpace(line) != "" {
			fmt.Fprint(out, "  ", line)
		}
	}
	fmt.Fprintf(out, "\nAnd %s, who did not get it, is told:\n\n", rep)
	for line := range strings.Lines(e.RepString(rep)) {
		fmt.Fprint(out, "  ", line)
	}
}

// printFairness shows for each rotation what every rep got and was entitled
// to. The bound holds for every moment, past and to come.
func printFairness(out io.Writer, r *allocation.Report) {
	fmt.Fprint(out, "\nHow even was it? A rep is entitled to his share of every lead that he could have\n"+
		"received, and no deviation from that will ever exceed the bound:\n")
	for _, rotation := range r.Rotations {
		fmt.Fprintf(out, "\n  rule %q: bound %.2f leads, largest so far %.2f\n", strings.Join(rotation.Rules, ", "), rotation.Bound, rotation.Reached)
		fmt.Fprintf(out, "  %-8s %4s %9s %10s\n", "rep", "got", "entitled", "deviation")
		for _, rep := range rotation.Reps {
			fmt.Fprintf(out, "  %-8s %4d %9.2f %+10.2f\n", rep.Rep, rep.Customers, rep.Entitled, rep.Deviation)
		}
	}
	for _, w := range r.Waiting {
		fmt.Fprintf(out, "\n  still waiting: %s, since %s\n", w.Customer, w.Since.Format("Mon 15:04"))
	}
}

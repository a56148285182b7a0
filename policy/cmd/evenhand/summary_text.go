package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// print writes the summary for people.
func (s *summary) print(w io.Writer) {
	s.printCounts(w)
	s.printRules(w)
	for i := range s.Desk.Rotations {
		s.printRotation(w, &s.Desk.Rotations[i])
	}
	s.printReps(w)
}

func (s *summary) printCounts(w io.Writer) {
	fmt.Fprintf(w, "Policy %s, desk %s\n\n", s.Policy, s.Desk.Desk)
	g := grid{head: []string{"", ">", ""}}
	add := func(always bool, name string, n int, note string) {
		if always || n > 0 {
			g.row(name, count(n), note)
		}
	}
	add(true, "rows read", s.Rows, "")
	add(true, "rejected", s.Rejected, "")
	add(s.Repeated > 0, "repeated", s.Repeated, "later rows of a customer: the decision stands")
	add(true, "customers", s.Customers, s.knownNote())
	add(true, "  assigned", s.Assigned, s.assignedNote())
	add(true, "  waiting", s.Waiting, "at the end")
	add(false, "  left", s.Left, "closed while they waited")
	add(true, "  unassigned", s.Unassigned, "")
	add(false, "  voided", s.Voided, "")
	g.cells = append(g.cells, []string{"ledger entries", "+" + count(s.Entries), ""})
	g.printBody(w)
	if x := s.Waits; x != nil {
		fmt.Fprintf(w, "\nWaiting: %s waited, at most %s at one time; %s placed", plural(x.Customers, "customer"), count(x.Peak), count(x.Placed))
		if x.Customers > s.Waiting {
			fmt.Fprintf(w, "; median wait %s, longest %s", span(x.Median), span(x.Longest))
		}
		fmt.Fprintln(w, ".")
	}
	if others := len(s.Desk.Waiting) - s.Waiting; others > 0 {
		fmt.Fprintf(w, "\nOn this desk %s of earlier runs wait too.\n", plural(others, "customer"))
	}
}

func (s *summary) knownNote() string {
	if s.Known == 0 {
		return ""
	}
	return count(s.Known) + " decided before this run"
}

func (s *summary) assignedNote() string {
	var notes []string
	if s.Closed > 0 {
		notes = append(notes, count(s.Closed)+" closed since")
	}
	if s.Fallback > 0 {
		notes = append(notes, count(s.Fallback)+" by fallback")
	}
	return strings.Join(notes, ", ")
}

func (s *summary) printRules(w io.Writer) {
	if len(s.Rules) == 0 {
		return
	}
	fmt.Fprintln(w)
	left := slices.ContainsFunc(s.Rules, func(r ruleCount) bool { return r.Left > 0 })
	unknown := slices.ContainsFunc(s.Rules, func(r ruleCount) bool { return r.Unknown > 0 })
	g := grid{head: []string{"rule", ">assigned", ">waiting"}}
	if left {
		g.head = append(g.head, ">left")
	}
	g.head = append(g.head, ">unassigned")
	if unknown {
		g.head = append(g.head, ">undecided")
	}
	for _, r := range s.Rules {
		cells := []string{r.Rule, count(r.Assigned), count(r.Waiting)}
		if left {
			cells = append(cells, count(r.Left))
		}
		cells = append(cells, count(r.Unassigned))
		if unknown {
			cells = append(cells, count(r.Unknown))
		}
		g.row(cells...)
	}
	g.print(w)
	if unknown {
		fmt.Fprintln(w, "  undecided: a value its `when` reads is missing, so the rule did not match")
	}
}

func (s *summary) printRotation(w io.Writer, r *allocation.RotationReport) {
	if r.Bounded {
		fmt.Fprintf(w, "\nRotation %s: nobody was or will be further than %s from his entitlement; %s reached.\n",
			r.ID, figure(r.Bound), figure(r.Reached))
		fmt.Fprintf(w, "  Bound: %s; B = %s, V = %s, c = %s, %s.\n\n", r.Theorem, r.B, figure(r.V), figure(r.C), plural(r.Accounts, "account"))
	} else {
		fmt.Fprintf(w, "\nRotation %s: totals are levelled, so no bound is stated. Entitled is the mean of all.\n\n", r.ID)
	}
	sized := false
	for _, rep := range r.Reps {
		sized = sized || rep.Got != float64(rep.Customers)
	}
	g := grid{head: []string{"rep", ">customers", ">got", ">entitled", ">deviation"}}
	if !sized {
		g.head = []string{"rep", ">got", ">entitled", ">deviation"}
	}
	for _, rep := range r.Reps {
		cells := []string{rep.Rep, count(rep.Customers)}
		if sized {
			cells = append(cells, figure(rep.Got))
		}
		g.row(append(cells, fixed(rep.Entitled), signed(rep.Deviation))...)
	}
	g.print(w)
}

func (s *summary) printReps(w io.Writer) {
	fmt.Fprintln(w)
	g := grid{head: []string{"rep", ">open"}}
	for _, c := range s.Caps {
		g.head = append(g.head, ">cap "+c.Name)
	}
	g.head = append(g.head, "")
	for _, rep := range s.Desk.Reps {
		cells := []string{rep.Rep, count(rep.Open)}
		for _, c := range s.Caps {
			limit, known := c.Limits[rep.Rep]
			if cells = append(cells, "unknown"); known {
				cells[len(cells)-1] = count(limit)
			}
		}
		g.row(append(cells, remark(&rep))...)
	}
	g.print(w)
}

func remark(rep *allocation.RepLine) string {
	switch {
	case len(rep.Over) > 0:
		return "above cap " + strings.Join(rep.Over, ", ")
	case !rep.Active:
		return "not active"
	}
	return ""
}

// figure is a number with at most six decimals.
func figure(f float64) string {
	text := strconv.FormatFloat(f, 'f', 6, 64)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

// fixed is a number with three decimals; signed is one with its sign.
func fixed(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }

func signed(f float64) string {
	text := fixed(f)
	if strings.Trim(text, "-0.") == "" {
		return "0.000"
	}
	if f > 0 {
		return "+" + text
	}
	return text
}

// span writes a length of time in two of its units.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	days, rest := d/(24*time.Hour), d%(24*time.Hour)
	switch hours, minutes := rest/time.Hour, rest%time.Hour/time.Minute; {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case days > 0:
		return fmt.Sprintf("%dd", days)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm", minutes)
	}
	return fmt.Sprintf("%.3gs", d.Seconds())
}

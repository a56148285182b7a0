package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// ofReps adds a finding about some reps, which belongs to no place of the
// document.
func (l *linter) ofReps(ids []string, severity Severity, code, message, maybe string) {
	l.out = append(l.out, Finding{Code: code, Severity: severity, Message: message, Maybe: maybe, Reps: ids})
}

// repsRefused tells which reps a desk would not take.
func (l *linter) repsRefused() {
	if l.survey == nil {
		return
	}
	for _, r := range l.survey.refused {
		l.ofReps([]string{r.id}, Warning, CodeRepRefused, fmt.Sprintf("rep %q cannot be used: %s", r.id, r.why),
			"mend his row: until then no rep of the file can be set")
	}
}

// repsInactive tells which reps receive nothing because they are not active.
func (l *linter) repsInactive() {
	ids := l.repsWhere(func(r *allocation.Rep) bool { return r.Inactive })
	if len(ids) > 0 {
		l.ofReps(ids, Info, CodeInactive, fmt.Sprintf("%s not active, receiving nothing: %s", plural(len(ids), "rep"), few(ids)),
			"make them active if they should receive customers")
	}
}

// repsWhere lists the reps for whom something is so.
func (l *linter) repsWhere(so func(*allocation.Rep) bool) []string {
	var ids []string
	for i := range l.against.Reps {
		if r := &l.against.Reps[i]; so(r) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// repsWithoutCustomers tells which reps can receive nothing by any rule, and
// what stops them in each.
func (l *linter) repsWithoutCustomers() {
	s := l.survey
	if s == nil {
		return
	}
	type group struct{ reasons, ids []string }
	var groups []*group
	byReasons := map[string]*group{}
	for row := range s.active.All() {
		if s.could.Has(row) || slices.Contains(s.p.Fallback, s.reps[row].ID) {
			continue
		}
		reasons := l.stoppers(row)
		key := strings.Join(reasons, "\n")
		g := byReasons[key]
		if g == nil {
			g = &group{reasons: reasons}
			byReasons[key] = g
			groups = append(groups, g)
		}
		g.ids = append(g.ids, s.reps[row].ID)
	}
	for _, g := range groups {
		what := "can never receive a customer"
		if n := len(s.customers); n > 0 {
			what = fmt.Sprintf("would receive none of the %s given, however free", plural(n, "customer"))
		}
		l.ofReps(g.ids, Warning, CodeNothing, fmt.Sprintf("%s %s: %s (%s)", plural(len(g.ids), "rep"), what, few(g.ids), atMost(3, g.reasons, "rule")),
			"give them in the roster what a rule asks for, written as the policy and the customers write it, or add a rule for them")
	}
}

// stoppers is what stops a rep in each rule; one text when it is the same in
// all.
func (l *linter) stoppers(row int) []string {
	s := l.survey
	var out, texts []string
	for i := range s.rules {
		if s.p.Rules[i].Pick == "none" {
			continue
		}
		why := s.stopper(i, row)
		texts = append(texts, why)
		out = append(out, fmt.Sprintf("rule %s: %s", s.p.Rules[i].Name, why))
	}
	if texts = slices.Compact(texts); len(texts) == 1 {
		return texts
	}
	return out
}

// atMost joins the first texts and counts the others.
func atMost(n int, texts []string, one string) string {
	if len(texts) <= n {
		return strings.Join(texts, "; ")
	}
	return strings.Join(texts[:n], "; ") + "; and so on for " + plural(len(texts)-n, one) + " more"
}

// repsWithoutHours tells which reps count as on shift at any hour, and whose
// hours are read in the policy's zone.
func (l *linter) repsWithoutHours() {
	if !slices.ContainsFunc(l.c.out.Rules, func(r allocation.Rule) bool { return r.Pick != "none" && r.Available == allocation.OnShift }) {
		return
	}
	always := l.repsWhere(func(r *allocation.Rep) bool { return !r.Inactive && len(r.Shifts) == 0 })
	if len(always) > 0 {
		l.ofReps(always, Info, CodeNoHours, fmt.Sprintf("%s without working hours, always on shift: %s", plural(len(always), "rep"), few(always)),
			`give them shifts, such as "Mon-Fri 09:00-17:00"`)
	}
	placeless := l.repsWhere(func(r *allocation.Rep) bool { return !r.Inactive && len(r.Shifts) > 0 && r.Timezone == "" })
	if len(placeless) > 0 && l.c.d.Timezone == "" {
		l.ofReps(placeless, Warning, CodeNoZone, fmt.Sprintf("%s with working hours and no time zone, nor has the policy one: their hours are read in UTC: %s", plural(len(placeless), "rep"), few(placeless)),
			"add timezone: Europe/Berlin to the policy, or a time zone to each rep")
	}
	if len(placeless) > 0 && len(placeless) < len(l.repsWhere(func(r *allocation.Rep) bool { return !r.Inactive && len(r.Shifts) > 0 })) && l.c.d.Timezone != "" {
		l.ofReps(placeless, Info, CodeNoZone, fmt.Sprintf("%s with working hours and no time zone, where others have one: their hours are read in %s: %s", plural(len(placeless), "rep"), l.c.d.Timezone, few(placeless)),
			"give them a time zone too, such as Europe/Berlin")
	}
}

// fallbackThere tells which fallback reps are not among the reps.
func (l *linter) fallbackThere() {
	if len(l.against.Reps) == 0 {
		return
	}
	for i, id := range l.c.out.Fallback {
		there := l.repsWhere(func(r *allocation.Rep) bool { return r.ID == id })
		active := l.repsWhere(func(r *allocation.Rep) bool { return r.ID == id && !r.Inactive })
		path := join(item("fallback", i), "rep")
		switch {
		case len(there) == 0:
			l.at(path, Warning, CodeFallback, fmt.Sprintf("the fallback rep %q is not among the reps: he receives nothing", id),
				"add him to the reps, or name another")
		case len(active) == 0:
			l.at(path, Warning, CodeFallback, fmt.Sprintf("the fallback rep %q is not active: he receives nothing", id),
				"make him active, or name another")
		}
	}
}

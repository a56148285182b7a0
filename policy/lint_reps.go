package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
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
			"mend his row: until then none of the reps can be set")
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
// what stops them in each. Colleagues whom no rule means are no warning, unless
// a word of theirs is nearly one that a rule asks for.
func (l *linter) repsWithoutCustomers() {
	s := l.survey
	if s == nil {
		return
	}
	var groups []*repGroup
	byReasons := map[string]*repGroup{}
	for row := range s.active.All() {
		if s.could.Has(row) || slices.Contains(s.p.Fallback, s.reps[row].ID) {
			continue
		}
		reasons, near := l.stoppers(row)
		word := l.repWordMeant(row)
		key := strings.Join(append(reasons, word), "\n")
		g := byReasons[key]
		if g == nil {
			g = &repGroup{reasons, near, word, nil}
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
		severity, maybe := Warning, g.word
		if maybe == "" {
			maybe = "give them in the roster what a rule asks for, or add a rule for them"
			if g.near <= barred {
				severity = Info
			}
		}
		l.ofReps(g.ids, severity, CodeNothing, fmt.Sprintf("%s %s: %s (%s)", plural(len(g.ids), "rep"), what, few(g.ids), atMost(3, g.reasons, "reason")), maybe)
	}
}

// repGroup is the reps who receive nothing for the same reasons.
type repGroup struct {
	reasons []string
	near    int    // how near they came to a customer
	word    string // advice on a word of theirs; may be empty
	ids     []string
}

// repWordMeant is advice on a word of a rep that is nearly one that a rule
// asks for, and that no rule asks for; "" when there is none.
func (l *linter) repWordMeant(row int) string {
	for _, r := range l.c.programs.rules {
		if r.eligible == nil {
			continue
		}
		for _, asked := range r.eligible.Asked(rule.Rep) {
			has := l.survey.m.rows[row][asked.Slot]
			words, list := has.Any().([]string)
			if !list && !has.IsNull() {
				words = []string{has.Str()}
			}
			for _, text := range asked.Texts {
				if near, ok := rule.Nearest(text, words); ok && !slices.Contains(words, text) {
					return fmt.Sprintf("%q in rep.%s, where they have %q", text, asked.Name, near)
				}
			}
		}
	}
	return ""
}

// stoppers is what stops a rep, and in which rules: that by which he came
// nearest to a customer first, and how near that is. Rules that have nobody for any customer are left
// out while others are there: they are told of by themselves.
func (l *linter) stoppers(row int) (reasons []string, near int) {
	s := l.survey
	found := map[string]*stopped{}
	for _, dead := range []bool{false, true} {
		for i := range s.rules {
			if s.p.Rules[i].Pick == "none" || s.dead(i) != dead {
				continue
			}
			why, near := s.stopper(i, row)
			if found[why] == nil {
				found[why] = &stopped{why: why, near: near}
			}
			found[why].rules = append(found[why].rules, s.p.Rules[i].Name)
		}
		if len(found) > 0 {
			break
		}
	}
	all := slices.SortedFunc(maps.Values(found), func(a, b *stopped) int {
		return cmp.Or(cmp.Compare(b.near, a.near), cmp.Compare(len(b.rules), len(a.rules)), cmp.Compare(a.rules[0], b.rules[0]))
	})
	for _, one := range all {
		near = max(near, one.near)
		where := "rule "
		if len(one.rules) > 1 {
			where = "rules "
		}
		reasons = append(reasons, fmt.Sprintf("%s, in %s%s", one.why, where, few(one.rules)))
	}
	return reasons, near
}

// stopped is one way in which a rep is stopped, and the rules in which he is.
type stopped struct {
	why   string
	near  int
	rules []string
}

// atMost joins the first texts and counts the others.
func atMost(n int, texts []string, one string) string {
	if len(texts) <= n {
		return strings.Join(texts, "; ")
	}
	return strings.Join(texts[:n], "; ") + "; and " + plural(len(texts)-n, "other "+one)
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

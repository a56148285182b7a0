package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// rulesOnData tells which rules do nothing for the customers given.
func (l *linter) rulesOnData() {
	s := l.survey
	if s == nil || len(s.customers) == len(s.turned) {
		return
	}
	total := len(s.customers) - len(s.turned)
	for i := range s.rules {
		r, seen := &s.p.Rules[i], &s.rules[i]
		at := item("rules", i)
		switch {
		case seen.idle == total:
			l.at(join(at, "name"), Info, CodeNotInForce, fmt.Sprintf("rule %q is in force when none of the %s comes", r.Name, plural(total, "customer")),
				"look at its from and until, or check with customers of that time")
		case seen.matches == 0:
			l.neverTrue(i, total)
		case l.unreachable[i]:
			// Told already, whatever the customers are.
		case seen.reached == 0:
			l.at(join(at, "name"), Warning, CodeNeverReached,
				fmt.Sprintf("rule %q gets none of its %s: earlier rules keep them all: %s", r.Name, plural(seen.matches, "customer"), l.byRule(seen.keptBy)),
				"move it further up, or give the earlier rule a narrower when")
		case s.dead(i) && r.Pick != "none":
			l.at(join(at, "name"), Warning, CodePlacesNobody,
				fmt.Sprintf("rule %q has nobody for any of its %s%s", r.Name, plural(seen.reached, "customer"), l.whyNobody(i)),
				"see which reps it means, and what their rows in the roster say")
		case seen.first == 0:
			l.at(join(at, "name"), Info, CodeOnlyAfter,
				fmt.Sprintf("rule %q gets a customer only when all reps of an earlier rule are away or full: %s", r.Name, l.byRule(seen.after)),
				"move it further up if it should come first")
		}
	}
}

// whyNobody is the commonest reason for which a rule has nobody.
func (l *linter) whyNobody(i int) string {
	seen, most := &l.survey.rules[i], ""
	for _, reason := range sortedKeys(seen.nobody) {
		if seen.nobody[reason] > seen.nobody[most] {
			most = reason
		}
	}
	switch most {
	case allocation.ReasonNotEligible:
		return l.forWant(i, seen.sample)
	case allocation.ReasonFull:
		return ": none of those eligible has room, even with nothing open"
	case allocation.ReasonNoWeight:
		return ": none of those eligible has a weight above 0"
	}
	return ": their size is not known"
}

// neverTrue tells of a rule that matches no customer, and what they have in
// the fields it asks for.
func (l *linter) neverTrue(i, total int) {
	s, r := l.survey, &l.survey.p.Rules[i]
	when := l.c.programs.rules[i].when
	if when == nil {
		return
	}
	var all []int
	for at, subject := range s.subjects {
		if subject != nil {
			all = append(all, at)
		}
	}
	unknown := ""
	if n := s.rules[i].unknown; n > 0 {
		unknown = fmt.Sprintf(", and unknown for %s of them", count(n))
	}
	maybe := l.wordMeant(all, when)
	switch {
	case s.rules[i].unknown == total:
		maybe = "the column that should fill " + l.c.word + "." + strings.Join(when.Reads().Customer, " or "+l.c.word+".") + " is missing, or has another name"
	case maybe == "":
		maybe = "compare how the rule and the customers write it"
	}
	l.at(join(item("rules", i), "when"), Warning, CodeNeverTrue,
		fmt.Sprintf("the when of rule %q is true for none of the %s%s%s", r.Name, plural(total, "customer"), unknown, l.values(all, when.Reads().Customer)), maybe)
}

// wordMeant is a value that customers have and that is nearly one that a
// condition asks for; "" when there is none.
func (l *linter) wordMeant(customers []int, when *rule.Program) string {
	for _, asked := range when.Asked(rule.Customer) {
		times := l.survey.tally(customers, asked.Name)
		for _, text := range asked.Texts {
			quoted := strconv.Quote(text)
			if times[quoted] > 0 {
				continue
			}
			if near, ok := rule.Nearest(quoted, sortedKeys(times)); ok {
				return fmt.Sprintf("%s, as in %s.%s of %s", near, l.c.word, asked.Name, plural(times[near], "customer"))
			}
		}
	}
	return ""
}

// byRule says which rules did something how often, the most frequent first.
func (l *linter) byRule(times map[int]int) string {
	rules := slices.SortedFunc(maps.Keys(times), func(a, b int) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b))
	})
	var texts []string
	for _, i := range rules {
		texts = append(texts, fmt.Sprintf("%s %s", l.c.out.Rules[i].Name, count(times[i])))
	}
	return atMost(3, texts, "rule")
}

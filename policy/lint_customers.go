package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// customersRefused tells which customers a desk would refuse.
func (l *linter) customersRefused() {
	if l.survey == nil || len(l.survey.turned) == 0 {
		return
	}
	var ids []string
	for _, r := range l.survey.turned {
		ids = append(ids, r.id)
	}
	first := l.survey.turned[0]
	l.out = append(l.out, Finding{
		Code: CodeCustomersRefused, Severity: Warning, Customers: ids,
		Message: fmt.Sprintf("%s of %s would be refused: %s; the first for this: %s", count(len(ids)), plural(len(l.survey.customers), "customer"), few(ids), oneSentence(first.why)),
		Maybe:   "mend these rows, or declare the field as what they hold",
	})
}

// oneSentence makes one line of several faults.
func oneSentence(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// customersUnplaced tells which customers no rule places, by the reason, and
// where they go.
func (l *linter) customersUnplaced() {
	s := l.survey
	if s == nil {
		return
	}
	for _, f := range s.fates {
		var ids []string
		for _, at := range f.customers {
			ids = append(ids, s.customers[at].ID)
		}
		path, why, fields := l.whyUnplaced(f)
		total := plural(len(s.customers), "customer")
		severity, code, what := Warning, CodeUnplaced, fmt.Sprintf("no rule places %s of %s", count(len(ids)), total)
		goes := l.afterRules(&severity)
		if f.waits {
			severity, code, what, goes = Warning, CodeWaitForever, fmt.Sprintf("%s of %s would wait for ever", count(len(ids)), total), ""
		}
		l.at(path, severity, code, fmt.Sprintf("%s: %s (%s)%s: %s%s", what, why, f.reason, goes, few(ids), l.values(f.customers, fields)),
			unplacedAdvice[f.reason])
		l.out[len(l.out)-1].Customers = ids
	}
}

// whyUnplaced is the place, the words and the telling fields of a reason.
func (l *linter) whyUnplaced(f *fate) (path, why string, fields []string) {
	if f.rule < 0 {
		var read []string
		for _, r := range l.c.programs.rules {
			if r.when != nil {
				read = append(read, r.when.Reads().Customer...)
			}
		}
		slices.Sort(read)
		return "rules", "no rule matches", slices.Compact(read)
	}
	r, p := &l.c.out.Rules[f.rule], &l.c.programs.rules[f.rule]
	at := item("rules", f.rule)
	reads := func(p *rule.Program) []string {
		if p == nil {
			return nil
		}
		return p.Reads().Customer
	}
	switch f.reason {
	case allocation.ReasonFull:
		return join(at, "name"), fmt.Sprintf("nobody who is eligible by rule %q has room for them even with nothing open", r.Name), nil
	case allocation.ReasonNoSize:
		return join(at, "size"), fmt.Sprintf("their size for rule %q is not known", r.Name), reads(p.size)
	case allocation.ReasonNoWeight:
		return join(at, "weight"), fmt.Sprintf("nobody who is eligible by rule %q has a weight above 0", r.Name), nil
	}
	return join(at, "eligible"), fmt.Sprintf("nobody is eligible by rule %q, the last that matches%s", r.Name, l.forWant(f.rule, f.customers)), reads(p.eligible)
}

// forWant names the part of a rule's eligible that most often stands between
// some customers and the reps.
func (l *linter) forWant(i int, customers []int) string {
	if part := l.survey.mostly(i, customers, slices.Collect(l.survey.active.All())); part != "" {
		return ", for want of " + part
	}
	return ""
}

var unplacedAdvice = map[string]string{
	allocation.ReasonNoRule:      "add a last rule without when, or a fallback",
	allocation.ReasonNotEligible: "add a rep who is, or a rule behind this one for everybody else",
	allocation.ReasonFull:        "give reps a limit that a customer fits under",
	allocation.ReasonNoSize:      "add typical: 9000, which stands in for an unknown size",
	allocation.ReasonNoWeight:    "look at the weights, or add weight_null: mean if they are unknown",
}

// afterRules says what becomes of a customer whom no rule places; where the
// fallback takes him it is no warning.
func (l *linter) afterRules(severity *Severity) string {
	switch {
	case len(l.c.out.Fallback) == 0:
		return ", and they stay unassigned, for want of a fallback"
	case len(l.against.Reps) == 0:
		*severity = Info
		return ", and they go to the fallback"
	}
	for _, id := range l.c.out.Fallback {
		if len(l.repsWhere(func(r *allocation.Rep) bool { return r.ID == id && !r.Inactive })) > 0 {
			*severity = Info
			return fmt.Sprintf(", and the fallback %s receives them all", id)
		}
	}
	return ", and they stay unassigned, because no fallback rep is there"
}

// What is told of the values of some customers.
const (
	shownFields = 2
	shownValues = 4
	// A field tells something when it has few values, or when its commonest one
	// makes up a fifth.
	fewValues    = 30
	tellingShare = 5
)

// values says what customers have in the fields that matter, the commonest
// values first.
func (l *linter) values(customers []int, fields []string) string {
	var told []string
	for _, name := range fields {
		if text := l.valuesOf(customers, name); text != "" && len(told) < shownFields {
			told = append(told, text)
		}
	}
	if len(told) == 0 {
		return ""
	}
	return "; " + strings.Join(told, "; ")
}

func (l *linter) valuesOf(customers []int, name string) string {
	times := l.survey.tally(customers, name)
	values := sortedKeys(times)
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(times[b], times[a]) })
	if len(values) > fewValues && times[values[0]]*tellingShare < len(customers) {
		return ""
	}
	var texts []string
	for _, value := range values[:min(len(values), shownValues)] {
		texts = append(texts, fmt.Sprintf("%.40s %s", value, count(times[value])))
	}
	if more := len(values) - shownValues; more > 0 {
		texts = append(texts, plural(more, "other value"))
	}
	return fmt.Sprintf("%s.%s: %s", l.c.word, name, strings.Join(texts, ", "))
}

// tally counts the values that some customers have in a field, as rules write
// them.
func (s *survey) tally(customers []int, name string) map[string]int {
	slot, _ := s.c.v.Slot(rule.Customer, name)
	times := map[string]int{}
	for _, at := range customers {
		text := "nothing"
		if x := s.subjects[at].record[slot]; !x.IsNull() {
			text = x.String()
		}
		times[text]++
	}
	return times
}

package allocation

import (
	"fmt"
	"strconv"
	"strings"
)

// RepString renders the explanation for one rep who asks why not him: what
// stopped him, and what would have changed it.
func (e *Explanation) RepString(id string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s", e.headline(), e.sinceThen())
	var said []string
	for i := range e.Rules {
		for n := range e.Rules[i].Reps {
			if r := &e.Rules[i].Reps[n]; r.Rep == id {
				said = append(said, e.Rules[i].told(r))
			}
		}
	}
	if len(said) == 0 && len(e.Rules) > 0 {
		said = append(said, fmt.Sprintf("No rule that matched this %s had to do with %s.", e.Decision.Kind, id))
	}
	for i := range e.Counterfactuals {
		if c := &e.Counterfactuals[i]; c.Rep == id {
			said = append(said, e.wouldHave(c))
		}
	}
	if len(said) > 0 {
		fmt.Fprintf(&b, "%s\n", strings.Join(said, " "))
	}
	return b.String()
}

// told says what became of a rep in a rule, as he can be told.
func (r *RuleReport) told(rep *RepReport) string {
	name := called(rep.Name, rep.Rep)
	switch rep.Stage {
	case StageChosen:
		return fmt.Sprintf("%s was chosen by rule %q%s.", name, r.Name, rep.standing())
	case StagePick:
		return fmt.Sprintf("%s could have received it by rule %q, but %s.", name, r.Name, r.ahead(rep, name))
	case StageActive:
		return fmt.Sprintf("%s was not active.", name)
	case StageEligible:
		return fmt.Sprintf("%s was not eligible under rule %q: %s.", name, r.Name, rep.Why.decided())
	case StageAvailable:
		return fmt.Sprintf("%s was %s, so rule %q passed %s over.", name, strings.Replace(rep.absence(), ",", "", 1), r.Name, name)
	case StageWeight:
		return fmt.Sprintf("Rule %q passed %s over: %s.", r.Name, name, rep.weightless())
	}
	if rep.Reason == ReasonNoLimit {
		return fmt.Sprintf("Rule %q passed %s over: %s.", r.Name, name, rep.atCap())
	}
	holder, room := name, ""
	if rep.Team != "" {
		holder = "Team " + rep.Team
	}
	if rep.Used < rep.Limit {
		room = " with no room for this one"
	}
	return fmt.Sprintf("%s was at cap %q, %d of %d%s, so rule %q passed %s over.", holder, rep.Cap, rep.Used, rep.Limit, room, r.Name, name)
}

// ahead says why somebody else came before a rep.
func (r *RuleReport) ahead(rep *RepReport, name string) string {
	first := &r.Reps[0]
	winner := called(first.Name, first.Rep)
	switch {
	case first.Due != "" && preferredTo(first, rep):
		return fmt.Sprintf("%s was preferred, with %g to %g, while nobody was owed too much", winner, *first.Prefer, *rep.Prefer)
	case first.Due != "" && first.Weight > rep.Weight:
		return fmt.Sprintf("%s, with a weight of %g to %g, was due sooner: counting this one, %s and %s", winner, first.Weight, rep.Weight, owed(winner, first.Due), owed(name, rep.Due))
	case first.Due != "" && first.Due == rep.Due:
		return fmt.Sprintf("%s was owed as much and came first", winner)
	case first.Due != "":
		return fmt.Sprintf("%s was due first: counting this one, %s and %s", winner, owed(winner, first.Due), owed(name, rep.Due))
	case first.Total != nil && rep.Total != nil:
		return fmt.Sprintf("%s was due first: %s had received %g so far, and %s %g", winner, winner, *first.Total, name, *rep.Total)
	case first.Prefer != nil && rep.Prefer != nil && *first.Prefer > *rep.Prefer:
		return fmt.Sprintf("%s was preferred, with %g to %g", winner, *first.Prefer, *rep.Prefer)
	}
	return winner + " came first"
}

// preferredTo reports whether preference, and not what they were owed, put one
// rep before another.
func preferredTo(first, rep *RepReport) bool {
	if first.Prefer == nil || rep.Prefer == nil || *rep.Prefer >= *first.Prefer {
		return false
	}
	his, _ := strconv.ParseFloat(first.Due, 64)
	mine, _ := strconv.ParseFloat(rep.Due, 64)
	return his <= mine
}

// owed says how somebody stood.
func owed(name, due string) string {
	if ahead, behind := strings.CutPrefix(due, "-"); behind {
		return fmt.Sprintf("%s was %s ahead", name, ahead)
	}
	return fmt.Sprintf("%s was owed %s", name, due)
}

// called is how a rep is spoken of.
func called(name, id string) string {
	if name != "" {
		return name
	}
	return id
}

// others lists what would have given the customer to each of the others.
func (e *Explanation) others() string {
	if len(e.Counterfactuals) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nOne change that would have given it to another:\n")
	for i := range e.Counterfactuals {
		c := &e.Counterfactuals[i]
		name := c.Rep
		if c.Name != "" && c.Name != c.Rep {
			name = fmt.Sprintf("%s (%s)", c.Name, c.Rep)
		}
		text := "none; " + c.stood(e)
		if len(c.Changes) > 0 {
			text = e.conditions(c)
		}
		fmt.Fprintf(&b, "  %s: %s\n", name, text)
	}
	if e.Unquestioned > 0 {
		fmt.Fprintf(&b, "  %d more did not come as near: ask about one of them.\n", e.Unquestioned)
	}
	if e.Waiting > 0 {
		fmt.Fprintf(&b, "%s\n", strings.TrimSpace(e.waited()))
	}
	return b.String()
}

// wouldHave says what would have given a rep the customer.
func (e *Explanation) wouldHave(c *Counterfactual) string {
	name := called(c.Name, c.Rep)
	if len(c.Changes) == 0 {
		return fmt.Sprintf("No single change would have brought it to %s: %s.", name, c.stood(e))
	}
	return fmt.Sprintf("It would have gone to %s %s.%s", name, e.conditions(c), e.waited())
}

// waited warns that others would have been served before.
func (e *Explanation) waited() string {
	switch e.Waiting {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" One %s has waited longer and is served first where there is room for it.", e.Decision.Kind)
	}
	return fmt.Sprintf(" %d others have waited longer and are served first where there is room for them.", e.Waiting)
}

func (e *Explanation) conditions(c *Counterfactual) string {
	var parts []string
	for i := range c.Changes {
		change := &c.Changes[i]
		part := change.condition(called(c.Name, c.Rep), e.Decision.Kind)
		if change.Rule != e.Decision.Rule {
			part += e.byRule(change.Rule)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", or ")
}

// byRule names a rule that is not the one that decided.
func (e *Explanation) byRule(id string) string {
	if id == "" {
		return " (as fallback)"
	}
	for i := range e.Rules {
		if e.Rules[i].ID == id {
			return fmt.Sprintf(" (by rule %q)", e.Rules[i].Name)
		}
	}
	return fmt.Sprintf(" (by rule %q)", id)
}

// condition is the change as an if.
func (c *Change) condition(name, kind string) string {
	switch c.Cause {
	case CauseActive:
		return fmt.Sprintf("had %s been active", name)
	case CauseShift:
		return fmt.Sprintf("had %s been on shift", name)
	case CauseTimeOff:
		return fmt.Sprintf("had %s not been away", name)
	case CauseCap:
		return c.ofCap()
	case CauseOpen:
		return fmt.Sprintf("had %s had at most %d open", name, *c.Open)
	case CauseWeight:
		return fmt.Sprintf("with a weight of %s", c.Amount)
	case CausePrefer:
		return fmt.Sprintf("with a preference %s", c.How.phrase(c.Value))
	case CauseCredit:
		return fmt.Sprintf("had %s been granted %s of the others' credit", name, c.Amount)
	case CauseTime:
		return fmt.Sprintf("had it come on %s", c.At.Format("Mon 2006-01-02 15:04 MST"))
	case CauseCustomerField:
		return c.ofField("the " + kind)
	}
	return c.ofField(name)
}

func (c *Change) ofCap() string {
	switch {
	case c.Places == 0:
		return fmt.Sprintf("had the limit of cap %q been known and at least %d", c.Cap, c.Limit)
	case c.Places == 1:
		return fmt.Sprintf("with one more place under cap %q", c.Cap)
	}
	return fmt.Sprintf("with %d more places under cap %q", c.Places, c.Cap)
}

// ofField says how a field of somebody's would have had to be.
func (c *Change) ofField(whose string) string {
	_, field, _ := strings.Cut(c.Field, ".")
	field = strings.ReplaceAll(strings.TrimPrefix(field, "kpi."), "_", " ")
	switch c.How {
	case HowIncluding:
		return fmt.Sprintf("had %s's %s included %s", whose, field, c.Value)
	case HowWithout:
		return fmt.Sprintf("had %s's %s not included %s", whose, field, c.Value)
	}
	return fmt.Sprintf("had %s's %s been %s", whose, field, strings.TrimPrefix(c.How.phrase(c.Value), "of "))
}

// phrase says where a value lies.
func (h How) phrase(value string) string {
	switch h {
	case HowJustAbove:
		return "just above " + value
	case HowJustBelow:
		return "just below " + value
	case HowOther:
		return "another"
	case HowKnown:
		return "known"
	case HowEmpty:
		return "empty"
	}
	return "of " + value
}

// stood says what stood in the way.
func (c *Counterfactual) stood(e *Explanation) string {
	name := called(c.Name, c.Rep)
	var his, parts []string
	for _, o := range c.Obstacles {
		switch o.Reason {
		case ReasonInactive:
			his = append(his, "was not active")
		case ReasonNotEligible:
			his = append(his, "was not eligible")
		case ReasonOffShift:
			his = append(his, "was off shift")
		case ReasonAway:
			his = append(his, "was away")
		case ReasonFull:
			his = append(his, fmt.Sprintf("was at cap %q", o.Cap))
		case ReasonNoWeight:
			his = append(his, "had no weight")
		case ReasonNoLimit:
			parts = append(parts, fmt.Sprintf("the limit of cap %q was unknown", o.Cap))
		case ReasonNoSize:
			parts = append(parts, "its size was unknown")
		case ReasonBehind:
			parts = append(parts, e.nameOf(o.Behind)+" would have come first all the same")
		case ReasonSetAside:
			parts = append(parts, "the rule that matched gives such customers to nobody")
		case ReasonNoRule:
			parts = append(parts, "no rule matched it")
		}
	}
	if len(his) > 0 {
		parts = append([]string{name + " " + and(his)}, parts...)
	}
	return strings.Join(parts, ", and ")
}

// nameOf is how a rep of the explanation is spoken of.
func (e *Explanation) nameOf(id string) string {
	for i := range e.Rules {
		for n := range e.Rules[i].Reps {
			if r := &e.Rules[i].Reps[n]; r.Rep == id {
				return called(r.Name, r.Rep)
			}
		}
	}
	return id
}

// and joins what is said of one.
func and(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

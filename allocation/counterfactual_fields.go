package allocation

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// byField tries other values of the rep's fields that stand in the `eligible` of
// the rules that matched, and, where nobody was picked by any, of those after
// them: the customer may have gone to the fallback before they were reached.
func (q *whatIf) byField(row int) []Change {
	tried := map[string]bool{}
	after := 0
	for n := range q.runs {
		r := &q.runs[n]
		if r.aside || !q.mayBeFirst(r, row) {
			return nil // whatever became of the rules before, here somebody else comes first
		}
		found := q.withFieldsOf(r.rule, row, tried)
		if found == nil && r.winner >= 0 {
			found = q.toLead(r, row)
		}
		if found != nil || r.winner >= 0 {
			return found
		}
		after = r.rule + 1
	}
	for rule := after; rule < len(q.p.Rules); rule++ {
		if found := q.withFieldsOf(rule, row, tried); found != nil {
			return found
		}
	}
	return nil
}

// toLead tries numbers of the rep that make him eligible and are as high as the
// preference he has to come before: a field may decide both.
func (q *whatIf) toLead(r *run, row int) []Change {
	if !q.ruleOf(r).HasPrefer {
		return nil
	}
	winner := q.w.candidate(r.rule, q.ruleOf(r), r.winner)
	for _, a := range q.alternatives(PartEligible, r.rule, row) {
		if !a.OfRep {
			continue
		}
		for _, value := range []float64{winner.Prefer, math.Floor(winner.Prefer) + 1} {
			switch raw := a.Raw.(type) {
			case int64:
				a.Raw = int64(math.Ceil(value))
			case float64:
				a.Raw = max(raw, value)
			default:
				continue
			}
			a.How, a.Of = HowExactly, fmt.Sprint(a.Raw)
			if found := q.withField(row, &q.s.roster.members[row], &a); found != nil {
				return found
			}
		}
	}
	return nil
}

// byTeam supposes that a rep is not in a team, or in none: caps of teams then
// do not count him.
func (q *whatIf) byTeam(row int) []Change {
	if !slices.ContainsFunc(q.p.Caps, func(c Cap) bool { return c.Team }) {
		return nil
	}
	m := &q.s.roster.members[row]
	with := func(teams []string, c Change) []Change {
		rep := m.rep.with("teams", teams)
		c.Cause, c.Field, c.Raw = CauseField, "rep.teams", teams
		return q.hold(supposition{row: row, rep: &rep}, c)
	}
	for _, team := range m.rep.Teams {
		others := slices.DeleteFunc(slices.Clone(m.rep.Teams), func(t string) bool { return t == team })
		if found := with(others, Change{How: HowWithout, Value: strconv.Quote(team)}); found != nil {
			return found
		}
	}
	if len(m.rep.Teams) < 2 {
		return nil
	}
	return with([]string{}, Change{How: HowEmpty})
}

// withFieldsOf tries the values that stand in the `eligible` of a rule.
func (q *whatIf) withFieldsOf(rule, row int, tried map[string]bool) []Change {
	for _, a := range q.alternatives(PartEligible, rule, row) {
		if !a.OfRep || tried[a.key()] || len(tried) == maxFieldTries {
			continue
		}
		tried[a.key()] = true
		if found := q.withField(row, &q.s.roster.members[row], &a); found != nil {
			return found
		}
	}
	return nil
}

// withField supposes another value of one field.
func (q *whatIf) withField(row int, m *member, a *Alternative) []Change {
	if a.Field != "open" {
		rep := m.rep.with(a.Field, a.Raw)
		return q.hold(supposition{row: row, rep: &rep},
			Change{Cause: CauseField, Field: "rep." + a.Field, How: a.How, Value: a.Of, Raw: a.Raw})
	}
	units, whole := a.Raw.(int64)
	if !whole {
		return nil
	}
	return q.withOpen(row, units)
}

// withOpen supposes fewer open units. Of somebody at a cap that is not said:
// which customers were closed would decide whether it has room for him then.
func (q *whatIf) withOpen(row int, units int64) []Change {
	if units < 0 || units >= q.s.roster.members[row].open {
		return nil
	}
	for n := range q.runs {
		if !q.runs[n].aside && q.runs[n].reached[row] == atCap {
			return nil
		}
	}
	return q.hold(supposition{row: row, open: &units}, Change{Cause: CauseOpen, Open: &units})
}

// mayBeFirst reports whether a rep might come first in a rule if only he were
// eligible.
func (q *whatIf) mayBeFirst(r *run, row int) bool { return q.fieldsDecide(r) || q.first(r, row) }

// fieldsDecide reports whether a rep's fields may have a say in who comes first
// in a rule, once he is eligible.
func (q *whatIf) fieldsDecide(r *run) bool {
	rule := q.ruleOf(r)
	return rule.HasWeight || rule.Ramp != nil || rule.HasPrefer || rule.Pick == "most_available" ||
		rule.Pick == "least_open" || q.p.Share == ShareTotals
}

// byCustomer tries other values of the customer's fields.
func (q *whatIf) byCustomer(row int) []Change {
	for i := range q.p.Rules {
		if len(q.wholes) >= q.maxWholes() {
			break
		}
		for _, a := range q.customers(PartEligible, i, row) {
			if v := q.withCustomer(&a); v.row == row {
				return []Change{q.customerChange(&a, v)}
			}
		}
	}
	if q.customer == nil {
		q.tryCustomers()
	}
	if c, found := q.customer[row]; found {
		return []Change{c}
	}
	return nil
}

// customers are other values of the customer's fields that a part of a rule in
// force compares.
func (q *whatIf) customers(part Part, rule, row int) []Alternative {
	if !q.p.Rules[rule].inForce(q.now) {
		return nil
	}
	return q.alternatives(part, rule, row)
}

// tryCustomers finds who is given the customer with other values of the fields
// that stand in a `when`, in the `only` of a cap, or in an `eligible`: there it
// depends on the reps what they are compared with.
func (q *whatIf) tryCustomers() {
	var all []Alternative
	for i := range q.p.Rules {
		all = append(all, q.customers(PartWhen, i, 0)...)
	}
	for c := range q.p.Caps {
		all = append(all, q.alternatives(PartOnly, c, 0)...)
	}
	for row := range min(len(q.s.roster.members), maxCompared) {
		for i := range q.p.Rules {
			all = append(all, q.customers(PartEligible, i, row)...)
		}
	}
	q.customer = map[int]Change{}
	for _, a := range all {
		v := q.withCustomer(&a)
		if _, known := q.customer[v.row]; v.row >= 0 && !known {
			q.customer[v.row] = q.customerChange(&a, v)
		}
	}
}

// withCustomer decides again for the customer with one field otherwise.
func (q *whatIf) withCustomer(a *Alternative) verdict {
	key := a.key()
	if a.OfRep || !q.mayAsk(key) {
		return verdict{-1, noRule}
	}
	if v, known := q.wholes[key]; known {
		return v
	}
	subject := q.subjectWith(a)
	if subject == nil {
		return verdict{-1, noRule}
	}
	return q.whole(key, subject, q.now)
}

func (q *whatIf) customerChange(a *Alternative, v verdict) Change {
	return Change{
		Cause: CauseCustomerField, Rule: q.ruleID(v.rule),
		Field: q.p.Kind + "." + a.Field, How: a.How, Value: a.Of, Raw: a.Raw,
	}
}

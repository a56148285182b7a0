package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// creditColumn begins the name of a column with balances of one rule.
const creditColumn = "credit."

// readOpening reads what reps bring along from the time before the desk: the
// columns id, open (units that are open) and credit.RULE (customers he is owed,
// below zero: has had too many), or credit where all rules share one count.
// Every bad row is named.
func readOpening(s source, p *allocation.Policy, reps []allocation.Rep, c console) (allocation.Opening, error) {
	var opening allocation.Opening
	t, err := s.read(c.in)
	if err != nil {
		return opening, err
	}
	balances := balancesOf(p)
	fields := []string{"id", "open"}
	for _, b := range balances {
		fields = append(fields, b.column)
	}
	m, err := mapColumns(s, "", t, fields, nil, nil)
	if err != nil {
		return opening, err
	}
	if _, ok := m.of["id"]; !ok {
		return opening, usage("%s %s: no column is named id; it has %s\nMaybe id,%s", s.what, s.name(), list(t.Columns), strings.Join(fields[1:], ","))
	}
	noteColumns(c, s, m, nil)
	known := map[string]bool{}
	for i := range reps {
		known[reps[i].ID] = true
	}
	opening.Work = map[string]int64{}
	var faults []error
	for i := range t.Rows {
		for _, err := range openRow(&t.Rows[i], m, known, balances, &opening) {
			faults = append(faults, fmt.Errorf("line %d: %w", t.Rows[i].Line, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return opening, usage("%s %s:\n%w", s.what, s.name(), err)
	}
	return opening, nil
}

// balance is a column of balances and the rule whose turns they count in.
type balance struct{ column, rule string }

// balancesOf lists the columns of balances that a policy can have: one where
// there is one count of turns, else one for each rule that rotates.
func balancesOf(p *allocation.Policy) []balance {
	var all []balance
	for i := range p.Rules {
		if id := p.Rules[i].ID; p.Rules[i].Pick == "rotate" {
			all = append(all, balance{creditColumn + id, id})
		}
	}
	if len(all) == 1 || len(all) > 1 && p.Scope == allocation.ScopeDesk {
		return []balance{{"credit", all[0].rule}}
	}
	return all
}

// openRow takes in one row.
func openRow(row *tabular.Row, m *columns, known map[string]bool, balances []balance, to *allocation.Opening) []error {
	if row.Fault != "" {
		return []error{errors.New(row.Fault)}
	}
	r := repReader{row: row, m: m}
	id := r.text("id")
	_, twice := to.Work[id]
	switch {
	case id == "":
		return []error{errors.New("the ID is blank")}
	case !known[id]:
		return []error{fmt.Errorf("rep %q is not among the reps", id)}
	case twice:
		return []error{fmt.Errorf("rep %q is in the file twice", id)}
	}
	to.Work[id] = 0
	if units := r.whole("open"); units != nil && *units < 0 {
		r.fault("open", fmt.Errorf("%d is below zero", *units))
	} else if units != nil {
		to.Work[id] = *units
	}
	for _, b := range balances {
		if amount, ok := r.number(b.column); ok {
			to.Credit = append(to.Credit, allocation.OpeningCredit{Rule: b.rule, Rep: id, Amount: amount})
		}
	}
	return r.faults
}

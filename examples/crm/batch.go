package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

// Lead is what rules read of a lead.
type Lead struct {
	ID        string
	Name      string
	Country   string
	Employees *int // nil is missing
	Industry  string
	Source    string
	Owner     string // a user's ID
}

// User is what rules read of a rep.
type User struct {
	ID          string
	Name        string
	Role        string
	Territories []string
	Capacity    *int
	Active      bool
}

// batch is one run over the files of a CRM.
type batch struct {
	desk   *allocation.Desk
	crm    columns
	owners map[string]string // the ID of a user, by his ID, name and email in lower case
	known  map[string]string // what an import knows a user by, by his ID
}

// setUsers makes the desk's reps the users of a file. A bad row stops the run:
// deciding without one of the reps would be unfair to him.
func (b *batch) setUsers(ctx context.Context, users table) error {
	b.owners, b.known = map[string]string{}, map[string]string{}
	var reps []allocation.Rep
	for i := range users.rows {
		r, c := &users.rows[i], &b.crm
		user := User{ID: r.get(c.userID), Name: r.get(c.userName), Role: r.get(c.role), Capacity: r.number(c.capacity)}
		switch state := strings.ToLower(r.get(c.userState)); state {
		case "active", "true", "yes", "1", "":
			user.Active = true
		case "inactive", "deactivated", "false", "no", "0":
		default:
			r.problem = cmp.Or(r.problem, fmt.Sprintf("column %q: %q is neither active nor inactive", c.userState, state))
		}
		if territories := r.get(c.territory); territories != "" {
			user.Territories = strings.Split(territories, ";")
		}
		rep, err := policy.RepOf(user)
		if r.problem != "" {
			err = errors.New(r.problem)
		}
		if err != nil {
			return fmt.Errorf("users, line %d: %w", r.line, err)
		}
		reps = append(reps, rep)
		for _, name := range []string{user.ID, user.Name, r.get(c.userEmail)} {
			b.owners[strings.ToLower(name)] = user.ID
		}
		b.known[user.ID] = r.get(c.ownerIs)
	}
	return b.desk.SetReps(ctx, reps)
}

// assign decides every lead of a file, in the file's order, and returns the
// lines of the import and of the rejects, headers first. A lead that was decided
// in an earlier run keeps its decision. A row that cannot be used is rejected
// and takes nothing from the others; an error stops the run, and the next one
// goes on where it stopped.
func (b *batch) assign(ctx context.Context, leads table) (assigned, rejected [][]string, err error) {
	assigned = [][]string{{b.crm.id, b.crm.owner, "Assignment Status", "Assignment Reason"}}
	rejected = [][]string{append([]string{"Line", "Problem"}, leads.header...)}
	seen := map[string]int{}
	for i := range leads.rows {
		r := &leads.rows[i]
		d, err := b.decide(ctx, r, seen)
		switch {
		case r.problem != "":
			rejected = append(rejected, append([]string{fmt.Sprint(r.line), r.problem}, r.cells...))
		case err != nil:
			return nil, nil, fmt.Errorf("leads, line %d: %w", r.line, err)
		default:
			assigned = append(assigned, []string{d.Customer, b.known[d.Rep], string(d.Status), reason(d)})
		}
	}
	return assigned, rejected, nil
}

func (b *batch) decide(ctx context.Context, r *row, seen map[string]int) (allocation.Decision, error) {
	c := &b.crm
	lead := Lead{
		ID: r.get(c.id), Name: r.get(c.company), Country: r.get(c.country), Employees: r.number(c.employees),
		Industry: r.get(c.industry), Source: r.get(c.source), Owner: b.owners[strings.ToLower(r.get(c.owner))],
	}
	switch line, twice := seen[lead.ID]; {
	case r.problem != "":
	case lead.ID == "":
		r.problem = fmt.Sprintf("column %q is empty", c.id)
	case twice:
		r.problem = fmt.Sprintf("lead %s is in line %d already", lead.ID, line)
	}
	if r.problem != "" {
		return allocation.Decision{}, nil
	}
	customer, err := policy.CustomerOf(lead)
	if err != nil {
		return allocation.Decision{}, err
	}
	d, err := b.desk.Assign(ctx, customer)
	if errors.Is(err, allocation.ErrInput) {
		r.problem = err.Error()
	}
	seen[lead.ID] = r.line
	return d, err
}

// reason says in a few words why, for a column that sellers see.
func reason(d allocation.Decision) string {
	switch {
	case d.Status == allocation.StatusWaiting:
		return "waits (" + d.Reason + "), rule " + d.Rule
	case d.Rule != "":
		return "rule " + d.Rule
	}
	return d.Reason
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// against is what a policy is checked against, and the files it came from.
type against struct {
	policy.Against
	reps      *repsFile      // nil without --reps
	customers *intake        // nil without --customers
	rejected  []rejection    // rows of customers that could not be used
	lines     map[string]int // of the customers file, by ID
}

// against reads the files that the flags name.
func (k *checkCommand) against(ctx context.Context, p *document, c console) (*against, error) {
	a := &against{lines: map[string]int{}}
	if k.Reps == "-" && k.Customers == "-" {
		return nil, usage("--customers and --reps cannot both be standard input\nMaybe name a file for one of them")
	}
	if len(k.TimeOff) > 0 && k.Reps == "" {
		return nil, usage("--time-off needs --reps: it says when reps are away\nMaybe --reps reps.csv")
	}
	if k.Against != "" && k.Store != "" {
		return nil, usage("--against and --store are two earlier policies\nMaybe leave out one of them")
	}
	for _, read := range []func(*against) error{
		func(a *against) error { return k.readReps(ctx, p, c, a) },
		func(a *against) error { return k.readCustomers(p, c, a) },
		func(a *against) (err error) { a.Earlier, err = k.earlier(ctx); return err },
	} {
		if err := read(a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (k *checkCommand) readReps(ctx context.Context, p *document, c console, a *against) error {
	if k.Reps == "" {
		return nil
	}
	s := source{what: "reps", path: k.Reps, format: k.RepsFormat, delimiter: cmp.Or(k.RepsDelimiter, k.Delimiter)}
	reps, err := readReps(s, k.RepMap, p, c)
	if err != nil {
		return err
	}
	if err := reps.addTimeOff(k.TimeOff, p, k.Delimiter, time.Now(), time.Now(), c); err != nil {
		return err
	}
	if err := tryReps(ctx, p, reps.reps); err != nil {
		return reps.refused(err)
	}
	a.reps, a.Reps = reps, reps.reps
	return nil
}

// readCustomers reads customers as evenhand run does.
func (k *checkCommand) readCustomers(p *document, c console, a *against) error {
	if k.Customers == "" {
		return nil
	}
	run := runCommand{Customers: k.Customers, At: k.At, Now: k.Now,
		inputs: inputs{ID: k.ID, Map: k.Map, InputFormat: k.InputFormat, Delimiter: k.Delimiter}}
	t, in, err := run.readCustomers(p, c)
	if err != nil {
		return err
	}
	arrivals, rejected := in.read(t)
	if len(arrivals) == 0 {
		return usage("customers %s: there is none in it that can be used%s", in.source.name(), firstRejected(rejected))
	}
	for _, one := range arrivals {
		a.Customers = append(a.Customers, one.customer)
		if a.lines[one.customer.ID] == 0 {
			a.lines[one.customer.ID] = one.row.Line
		}
	}
	a.customers, a.rejected, a.Now = in, rejected, in.now
	return nil
}

func firstRejected(rejected []rejection) string {
	if len(rejected) == 0 {
		return "\nMaybe another file is meant, or its rows are missing"
	}
	return fmt.Sprintf("; line %d: %s", rejected[0].row.Line, rejected[0].reason)
}

// earlier is the policy that this one replaces, nil when none is named.
func (k *checkCommand) earlier(ctx context.Context) (*allocation.Policy, error) {
	switch {
	case k.Against != "":
		p, err := loadDocument(k.Against)
		if err != nil {
			return nil, err
		}
		return p.compiled, nil
	case k.Store != "":
		return k.inForce(ctx)
	}
	return nil, nil
}

// inForce is the policy in force on a desk of a store.
func (k *checkCommand) inForce(ctx context.Context) (p *allocation.Policy, err error) {
	if !exists(k.Store) {
		return nil, usage("store %s: there is no such file\nMaybe the file that --store named in evenhand run", k.Store)
	}
	store, err := sqlitestore.Open(k.Store)
	if err != nil {
		return nil, inStore(err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	compiled := map[string]*allocation.Policy{}
	desk, err := allocation.Open(ctx, allocation.Config{Desk: k.Desk, Store: store, Compile: func(source []byte) (*allocation.Policy, error) {
		p, err := policy.Compile(source)
		if err == nil {
			compiled[p.Hash] = p
		}
		return p, err
	}})
	if err != nil {
		return nil, unusable(err)
	}
	defer desk.Close()
	report, err := desk.Report(ctx)
	if err != nil {
		return nil, err
	}
	if p := compiled[report.Hash]; p != nil {
		return p, nil
	}
	return nil, (&explainCommand{Store: k.Store, Desk: k.Desk}).noDesk(ctx, store)
}

// findings says of those about reps and customers where in their files the
// first stands, and adds what is to be said of the files themselves.
func (a *against) findings(found []policy.Finding) []finding {
	var out []finding
	for _, f := range found {
		one := finding{f.Code, string(f.Severity), f.File, f.Line, f.Column, f.Message, f.Maybe, f.Reps, f.Customers}
		switch {
		case f.File != "":
		case len(f.Reps) > 0 && a.reps != nil:
			one.File, one.Line = a.reps.source.place(), a.reps.lines[f.Reps[0]]
		case len(f.Customers) > 0 && a.customers != nil:
			one.File, one.Line = a.customers.source.place(), a.lines[f.Customers[0]]
		}
		out = append(out, one)
	}
	if a.reps != nil {
		out = append(out, columnFindings(a.reps.source, a.reps.columns, a.reps.missing, "--rep-map")...)
	}
	if a.customers != nil {
		out = append(out, columnFindings(a.customers.source, a.customers.columns, a.customers.missing, "--map")...)
		out = append(out, a.rowFindings()...)
	}
	return out
}

// place is what findings call the file.
func (s source) place() string {
	if s.path == "-" {
		return s.name()
	}
	return s.path
}

// columnFindings says what a file has too little and too much.
func columnFindings(s source, m *columns, missing []string, flag string) []finding {
	var out []finding
	if len(missing) > 0 {
		out = append(out, finding{Code: "no_column", Severity: "warning", File: s.place(), Message: fmt.Sprintf("no column for %s: rules see no value there", list(missing)),
			Maybe: "the column has another name: " + flag + " FIELD=COLUMN"})
	}
	if len(m.ignored) > 0 {
		out = append(out, finding{Code: "column_not_used", Severity: "info", File: s.place(), Message: fmt.Sprintf("columns not used: %s", list(m.ignored)),
			Maybe: "declare under fields what a rule should read"})
	}
	return out
}

// rowFindings says which rows of customers cannot be used.
func (a *against) rowFindings() []finding {
	if len(a.rejected) == 0 {
		return nil
	}
	first := a.rejected[0]
	return []finding{{
		Code: "rows_rejected", Severity: "warning", File: a.customers.source.place(), Line: first.row.Line,
		Message: fmt.Sprintf("%s cannot be used; the first: %s", plural(len(a.rejected), "row"), first.reason), Maybe: "mend them: evenhand run would write them to its rejects file",
	}}
}

// tryReps sets the reps on a desk of their own: what a desk refuses is found
// by the desk, and named in full.
func tryReps(ctx context.Context, p *document, reps []allocation.Rep) error {
	desk, err := allocation.Open(ctx, allocation.Config{Policy: p.compiled, Store: allocation.NewMemoryStore(), Replay: allocation.ReplayClamp})
	if err != nil {
		return err
	}
	defer desk.Close()
	return desk.SetReps(ctx, reps)
}

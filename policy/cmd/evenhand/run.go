package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// runCommand decides a file of customers.
type runCommand struct {
	Policy    string `arg:"" help:"Policy file."`
	Customers string `required:"" placeholder:"FILE" help:"Customers: CSV, JSON Lines or a JSON array; - is standard input."`
	Reps      string `required:"" placeholder:"FILE" help:"Reps: CSV, JSON Lines or a JSON array."`

	Store string `placeholder:"FILE" help:"SQLite file that keeps the decisions; made when it is not there. Default: nothing is kept."`
	Desk  string `default:"default" placeholder:"NAME" help:"Name of the desk in the store. One store can hold several; caps and turns are shared within one. Default: ${default}."`

	Format string `enum:"auto,csv,jsonl" default:"auto" placeholder:"csv|jsonl" help:"Format of the decisions. Default: by the name of --out, else csv."`
	results

	At      string   `placeholder:"COLUMN" help:"Replay history: each customer arrives at the time in this column."`
	Close   string   `placeholder:"COLUMN" help:"With --at: the customer's work ends at the time in this column; blank stays open."`
	Outcome string   `placeholder:"COLUMN" help:"With --close: how it ended, such as won or lost."`
	Order   []string `sep:"none" placeholder:"COLUMN" help:"Without --at: take customers in ascending order of this column, numbers by value. May be repeated. Default: the file's order."`
	Now     string   `placeholder:"TIME" help:"Without --at: everything happens at this time. Default: when it is run."`

	Progress bool `help:"Say how far a long run has come, also when standard error is no terminal."`
	inputs
}

// Help is what follows the flags' summary.
func (runCommand) Help() string {
	return `Examples:

  evenhand run policy.yaml --customers leads.csv --reps reps.csv --out decisions.csv
  evenhand run policy.yaml --customers - --reps reps.json --store desk.db --format jsonl < new.csv
  evenhand run policy.yaml --customers deals.csv --id opportunity_id --reps team.csv --rep-map id=agent \
      --at engage_date --close close_date --outcome deal_stage --store history.db --out decisions.csv

A column fills the field of its name: "Email Domain" and "email-domain" fill email_domain. --map gives a field a column of another name. Columns that fill nothing are named in a note. Spaces around a cell do not count, a blank cell is no value, and a list is one cell with semicolons between its parts.

Customers have the columns ` + strings.Join(coreCustomerFields, ", ") + `, and the fields that the policy declares.

Reps have the columns id, name, teams, role, manager, country, region, skills, territories, segments, capacity, active, timezone, hired_at, shifts ("Mon-Fri 09:00-17:00"), time_off ("2026-08-03..2026-08-14"), each KPI under its name or kpi.NAME, and the fields that the policy declares. If a rep cannot be used, all such reps are named and nothing is decided.

` + timeOffHelp + `

An opening file has a row for each rep who brings something along: id; open, what he has open already, in units of capacity; and credit, how many customers he is owed, or below zero has had too many. Where rules count turns apart, credit.RULE has that of one rule, by its id. Open work counts until another file gives another number; credit counts once, before the first turn.

Decisions have the columns customer, kind, status, rep, rule, reason, at, waiting_since, closed and seq (the ledger's entry), one line for each customer in the order they were taken, as they stand at the end of the run: a customer who waited and was placed later shows his rep, the time he was placed and since when he had waited. Status is assigned, waiting, unassigned, or released for one who closed while he waited. Reason is a code: blank when a rule placed him, fallback, no_rule, not_eligible, away or full when nobody could take him, or the rule's own; evenhand explain says it in full. In CSV a cell that a spreadsheet would run as a formula has an apostrophe before it.

A customer who comes twice, in one file or in two runs on one store, keeps his first decision. With --at customers are taken by time, then ID; what closes at a moment closes before others arrive; a time is written 2026-03-02 09:30 or 2026-03-02T09:30:00+01:00; without an offset it is in the policy's time zone, and a date alone is the beginning of that day. On a store that has decisions of later times, a new customer comes too late and is rejected, and a closing is recorded at the time of the last decision there. Rows without a usable time, and whatever else cannot be used, go to the rejects file: rows read = customers + repeated + rejected.`
}

// Run takes the customers through the desk.
func (r *runCommand) Run(ctx context.Context, c console) error {
	if err := r.validate(); err != nil {
		return err
	}
	p, err := loadDocument(r.Policy)
	if err != nil {
		return err
	}
	reps, err := r.readReps(r.Reps, p, c)
	if err != nil {
		return err
	}
	t, in, err := r.readCustomers(p, c)
	if err != nil {
		return err
	}
	arrivals, rejected := in.read(t)
	in.sortArrivals(arrivals)
	if err := r.addTimeOff(reps, p, in, arrivals, c); err != nil {
		return err
	}

	out, err := createOutput(r.Out, c.out)
	if err != nil {
		return err
	}
	defer out.discard()
	store, err := r.openStore()
	if err != nil {
		return inStore(err)
	}
	in.note(c)
	reps.note(c)
	noteSwapped(c, in, reps)
	s, all, err := r.decide(ctx, p, store, reps, arrivals, c)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	if len(all.changed) > 0 {
		c.note("decided before, and different now in fields that the policy reads; the decisions stand: %s", list(all.changed))
	}
	rejected = append(rejected, all.rejected...)
	s.Rows, s.Rejected = len(t.Rows), len(rejected)
	return r.write(c, p, out, t, all.decided, rejected, s)
}

// addTimeOff reads the files of time off for the days on which customers come.
func (r *runCommand) addTimeOff(reps *repsFile, p *document, in *intake, arrivals []*arrival, c console) error {
	first := in.now
	if first.IsZero() {
		first = time.Now()
	}
	last := first
	if n := len(arrivals); r.At != "" && n > 0 {
		first, last = arrivals[0].customer.At, arrivals[n-1].customer.At
	}
	return reps.addTimeOff(r.TimeOff, p, r.repsDelimiter(), first, last, c)
}

// validate refuses flags that make no sense together.
func (r *runCommand) validate() error {
	switch {
	case r.Close != "" && r.At == "":
		return usage("--close needs --at: without times of arrival nobody knows who was there when\nMaybe --at COLUMN")
	case r.Outcome != "" && r.Close == "":
		return usage("--outcome needs --close: it says how the work ended, and --close when\nMaybe --close COLUMN")
	case r.At != "" && len(r.Order) > 0:
		return usage("--at and --order are two orders: with --at customers come by time, then ID\nMaybe leave out --order")
	case r.At != "" && r.Now != "":
		return usage("--at and --now are two times: with --at each customer has his own\nMaybe leave out --now")
	}
	if err := r.inputs.check(r.Customers, r.Reps); err != nil {
		return err
	}
	return r.results.check(r.Customers, append([]string{r.Policy, r.Reps, r.Opening, r.Store}, r.TimeOff...))
}

// readCustomers reads the customers, with the columns that say when and in which
// order they come.
func (r *runCommand) readCustomers(p *document, c console) (*tabular.Table, *intake, error) {
	return r.inputs.readCustomers(r.Customers, r.Now, p, c, func(in *intake) []purpose {
		all := []purpose{{"--at", r.At, &in.at}, {"--close", r.Close, &in.close}, {"--outcome", r.Outcome, &in.outcome}}
		in.order = make([]int, len(r.Order))
		for i, column := range r.Order {
			all = append(all, purpose{"--order", column, &in.order[i]})
		}
		return all
	})
}

func (r *runCommand) openStore() (allocation.Store, error) {
	if r.Store == "" {
		return allocation.NewMemoryStore(), nil
	}
	return sqlitestore.Open(r.Store)
}

// decide opens the desk and takes every customer through it.
func (r *runCommand) decide(ctx context.Context, p *document, store allocation.Store, reps *repsFile, arrivals []*arrival, c console) (*summary, *replay, error) {
	config := allocation.Config{Desk: r.Desk, Store: store, Compile: policy.Compile}
	if r.At != "" || r.Now != "" {
		config.Replay = allocation.ReplayStrict
	}
	desk, err := allocation.Open(ctx, config)
	if err != nil {
		return nil, nil, unusable(err)
	}
	defer desk.Close()
	before, err := desk.Report(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := newReplay(desk, reps, before, newProgress(c.err, len(arrivals), r.Progress, time.Now))
	all.kept = r.Store != ""
	steps := stepsOf(arrivals)
	if err := all.prepare(ctx, p, steps); err != nil {
		return nil, nil, err
	}
	err = all.run(ctx, steps)
	all.progress.end()
	if err != nil {
		return nil, nil, err
	}
	if err := all.follow(ctx, store, r.Desk); err != nil {
		return nil, nil, err
	}
	after, err := desk.Report(ctx)
	if err != nil {
		return nil, nil, err
	}
	return summarize(p, all, before.Version, after), all, nil
}

// write writes decisions, rejects and summary, and says by the exit status
// whether rows were rejected.
func (r *runCommand) write(c console, p *document, out *output, t *tabular.Table, all []*decided, rejected []rejection, s *summary) error {
	if err := writeDecisions(out, r.format(), all, p.compiled.Zone); err != nil {
		return fmt.Errorf("writing %s: %w", r.Out, err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	err := r.finish(c, r.Customers, t.Columns, rejected, s)
	if got := s.Customers + s.Repeated + s.Rejected; got != s.Rows {
		return fmt.Errorf("%d rows were read, but %d are accounted for: this is a fault of evenhand, please report it", s.Rows, got)
	}
	return err
}

// format is that given, or that of the output's name.
func (r *runCommand) format() string {
	if r.Format != "auto" {
		return r.Format
	}
	switch strings.ToLower(filepath.Ext(r.Out)) {
	case ".json", ".jsonl", ".ndjson":
		return "jsonl"
	}
	return "csv"
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
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

	TimeOff []string `sep:"none" placeholder:"FILE" help:"When reps are away: CSV with rep, from and until, or a calendar (.ics). May be repeated."`
	Opening string   `placeholder:"FILE" help:"What the reps bring along from before, on a desk's first run: CSV with id, open and credit."`

	Store string `placeholder:"FILE" help:"SQLite file that keeps the decisions; made when it is not there. Default: nothing is kept."`
	Desk  string `default:"default" placeholder:"NAME" help:"Name of the desk in the store. One store can hold several; caps and turns are shared within one. Default: ${default}."`

	Out     string `default:"-" placeholder:"FILE" help:"Decisions, one line for each customer; - is standard output. Default: ${default}."`
	Format  string `enum:"auto,csv,jsonl" default:"auto" placeholder:"csv|jsonl" help:"Format of the decisions. Default: by the name of --out, else csv."`
	Rejects string `placeholder:"FILE" help:"Rows that could not be used, with line and reason. Default: NAME.rejects.csv beside the output; written only if there are any."`
	Summary string `enum:"text,json,none" default:"text" placeholder:"text|json|none" help:"Summary, on standard output when --out is a file, else on standard error. Default: ${default}."`

	ID      string   `placeholder:"COLUMN" help:"Column of the customer's ID, where it is not named id."`
	Map     []string `sep:"none" placeholder:"FIELD=COLUMN" help:"Column that fills a field of another name, such as country=Land. May be repeated."`
	RepMap  []string `sep:"none" placeholder:"FIELD=COLUMN" help:"The same for the reps, such as id=Agent."`
	At      string   `placeholder:"COLUMN" help:"Replay history: each customer arrives at the time in this column."`
	Close   string   `placeholder:"COLUMN" help:"With --at: the customer's work ends at the time in this column; blank stays open."`
	Outcome string   `placeholder:"COLUMN" help:"With --close: how it ended, such as won or lost."`
	Order   []string `sep:"none" placeholder:"COLUMN" help:"Without --at: take customers in ascending order of this column, numbers by value. May be repeated. Default: the file's order."`
	Now     string   `placeholder:"TIME" help:"Without --at: everything happens at this time. Default: when it is run."`

	InputFormat   string `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|jsonl" help:"Format of the customers. Default: by the file's name, csv for standard input."`
	RepsFormat    string `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|json" help:"Format of the reps. Default: by the file's name."`
	Delimiter     string `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
	RepsDelimiter string `placeholder:"CHAR" help:"The same for the reps, where it differs. Default: that of --delimiter."`
	Progress      bool   `help:"Say how far a long run has come, also when standard error is no terminal."`
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
	reps, err := readReps(r.repsSource(), r.RepMap, p, c)
	if err != nil {
		return err
	}
	if r.Opening != "" {
		if reps.opening, err = readOpening(r.openingSource(), p.compiled, reps.reps, c); err != nil {
			return err
		}
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
	return reps.addTimeOff(r.TimeOff, p, cmp.Or(r.RepsDelimiter, r.Delimiter), first, last, c)
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
	case r.Opening == "-":
		return usage("--opening cannot be standard input\nMaybe --opening opening.csv")
	case r.Customers == "-" && r.Reps == "-":
		return usage("--customers and --reps cannot both be standard input\nMaybe name a file for one of them")
	}
	outputs := []struct{ flag, path string }{{"--out", r.Out}, {"--rejects", rejectsPath(r.Rejects, r.Out, r.Customers)}}
	inputs := append([]string{r.Policy, r.Customers, r.Reps, r.Opening, r.Store}, r.TimeOff...)
	for _, o := range outputs {
		for _, in := range inputs {
			if o.path != "-" && in != "" && in != "-" && samePath(o.path, in) {
				return usage("%s would overwrite %s, which is an input\nMaybe another name", o.flag, in)
			}
		}
	}
	if samePath(outputs[0].path, outputs[1].path) {
		return usage("--out and --rejects are the same file, %s\nMaybe leave out --rejects", r.Out)
	}
	for _, o := range outputs {
		if folder := filepath.Dir(o.path); o.path != "-" && !exists(folder) {
			return usage("%s %s: there is no folder %s\nMaybe make it first, or choose another", o.flag, o.path, folder)
		}
	}
	return nil
}

func (r *runCommand) repsSource() source {
	return source{what: "reps", path: r.Reps, format: r.RepsFormat, delimiter: cmp.Or(r.RepsDelimiter, r.Delimiter)}
}

func (r *runCommand) openingSource() source {
	return source{what: "opening", path: r.Opening, format: "auto", delimiter: cmp.Or(r.RepsDelimiter, r.Delimiter)}
}

// readCustomers reads the customers file and settles which column is what.
func (r *runCommand) readCustomers(p *document, c console) (*tabular.Table, *intake, error) {
	s := source{what: "customers", path: r.Customers, format: r.InputFormat, delimiter: r.Delimiter}
	t, err := s.read(c.in)
	if err != nil {
		return nil, nil, err
	}
	in := &intake{fields: customerFields(p.Document), zone: p.compiled.Zone, at: -1, close: -1, outcome: -1}
	if r.Now != "" {
		if in.now, err = parseMoment(r.Now, in.zone); err != nil {
			return nil, nil, usage("--now: %w", err)
		}
	}
	used, err := r.purposes(s, t, in)
	if err != nil {
		return nil, nil, err
	}
	given := r.Map
	if r.ID != "" {
		if _, err := findColumn(s, t, "--id", r.ID); err != nil {
			return nil, nil, err
		}
		given = append([]string{"id=" + r.ID}, given...)
	}
	pairs, err := parsePairs("map", given)
	if err != nil {
		return nil, nil, err
	}
	if in.columns, err = mapColumns(s, "map", t, in.fields, pairs, used); err != nil {
		return nil, nil, err
	}
	if _, ok := in.columns.of["id"]; !ok && len(t.Columns) > 0 {
		return nil, nil, noID(s, t, "customer", "--id ")
	}
	read, err := p.fieldsRead(in.fields)
	if err != nil {
		return nil, nil, err
	}
	in.source, in.missing = s, in.columns.missing(wanted(in.fields, read))
	return t, in, nil
}

// wanted lists the fields worth a column: those the policy declares, and those
// its rules read.
func wanted(fields, read []string) []string {
	var out []string
	for i, name := range fields {
		if i >= len(coreCustomerFields) || slices.Contains(read, name) {
			out = append(out, name)
		}
	}
	return out
}

// purposes finds the columns that say when and in which order.
func (r *runCommand) purposes(s source, t *tabular.Table, in *intake) (used []string, err error) {
	for _, purpose := range []struct {
		flag, column string
		to           *int
	}{{"--at", r.At, &in.at}, {"--close", r.Close, &in.close}, {"--outcome", r.Outcome, &in.outcome}} {
		if purpose.column == "" {
			continue
		}
		if *purpose.to, err = findColumn(s, t, purpose.flag, purpose.column); err != nil {
			return nil, err
		}
		used = append(used, purpose.column)
	}
	for _, column := range r.Order {
		i, err := findColumn(s, t, "--order", column)
		if err != nil {
			return nil, err
		}
		in.order = append(in.order, i)
		used = append(used, column)
	}
	return used, nil
}

// noteColumns says in one line each what the file has too much and too little.
func noteColumns(c console, s source, m *columns, missing []string) {
	if len(m.ignored) > 0 {
		c.note("%s %s: columns not used: %s", s.what, s.name(), list(m.ignored))
	}
	if len(missing) > 0 {
		c.note("%s %s: no column for %s; rules see no value there", s.what, s.name(), list(missing))
	}
}

// noteSwapped says so when each of the files has columns of the other.
func noteSwapped(c console, in *intake, reps *repsFile) {
	ofReps := in.columns.ignoredOf(coreRepFields)
	ofCustomers := reps.columns.ignoredOf(in.fields)
	if len(ofReps) > 0 && len(ofCustomers) > 0 {
		c.note("%s has columns of reps (%s), and %s has columns of customers (%s)\nMaybe --customers and --reps are swapped",
			in.source.name(), list(ofReps), reps.source.name(), list(ofCustomers))
	}
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
	path := rejectsPath(r.Rejects, r.Out, r.Customers)
	if err := r.writeRejectsTo(c, path, t.Columns, rejected); err != nil {
		return err
	}
	w := c.out
	if r.Out == "-" {
		w = c.err
	}
	if err := r.writeSummary(w, s); err != nil {
		return err
	}
	if got := s.Customers + s.Repeated + s.Rejected; got != s.Rows {
		return fmt.Errorf("%d rows were read, but %d are accounted for: this is a fault of evenhand, please report it", s.Rows, got)
	}
	if len(rejected) > 0 {
		fmt.Fprintf(c.err, "evenhand: %s rejected; see %s\n", wasWere(len(rejected)), path)
		return status(exitRejected)
	}
	return nil
}

func wasWere(n int) string {
	if n == 1 {
		return "1 row was"
	}
	return count(n) + " rows were"
}

func (r *runCommand) writeRejectsTo(c console, path string, columns []string, rejected []rejection) error {
	if len(rejected) == 0 {
		if exists(path) {
			c.note("%s is from an earlier run: this one rejected nothing", path)
		}
		return nil
	}
	f, err := createOutput(path, nil)
	if err != nil {
		return err
	}
	defer f.discard()
	if err := writeRejects(f, columns, rejected); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.commit()
}

func (r *runCommand) writeSummary(w io.Writer, s *summary) error {
	switch r.Summary {
	case "none":
		return nil
	case "json":
		text, err := indented(s)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	s.print(w)
	return nil
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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// planCommand allocates a file of customers at once.
type planCommand struct {
	Policy    string `arg:"" help:"Policy file."`
	Customers string `required:"" placeholder:"FILE" help:"Customers: CSV, JSON Lines or a JSON array; - is standard input."`
	Reps      string `placeholder:"FILE" help:"Reps: CSV, JSON Lines or a JSON array. Default: those of the ledger."`

	Store string `aliases:"ledger" placeholder:"FILE" help:"SQLite file that holds the desk's ledger: who has whom, and what has been given; with --commit made when it is not there. Default: a new desk."`
	Desk  string `default:"default" placeholder:"NAME" help:"Desk within the store. Default: ${default}."`

	Commit bool `help:"Record the plan, all of it at once. Default: only show it; nothing is written."`
	Owned  bool `help:"A customer with an owner in the file is with him already: he may move, and that counts as a move. Default: who has whom is what the ledger says."`

	MaxMoves  *int64  `placeholder:"N" help:"Move at most so many customers who have a rep. Default: no limit."`
	MaxLost   *int64  `placeholder:"N" help:"Take at most so many from any one rep. Default: no limit."`
	MaxGained *int64  `placeholder:"N" help:"Give at most so many of other reps' customers to any one rep. Default: no limit."`
	MaxValue  *int64  `placeholder:"AMOUNT" help:"Move customers whose field value comes to at most so much. Default: no limit."`
	Locked    string  `placeholder:"COLUMN" help:"Column that is true for customers who stay where they are."`
	Stay      float64 `placeholder:"WORTH" help:"What staying with the present rep is worth, in the unit of the rule's prefer. Default: 0."`

	Within   *int64 `placeholder:"N" help:"Keep each rep of a rotation within so many customers of what he is entitled to. Default: the rule's window, at least 1."`
	NoCredit bool   `help:"Leave all credit as it is. Default: each customer takes a turn in his rule's rotation."`
	AnyHour  bool   `help:"Plan for the day, whatever the hour: only who is on time off is not there. Default: who is on shift at that time."`
	Now      string `placeholder:"TIME" help:"Plan for this time. Default: when it is run."`

	TimeLimit time.Duration `placeholder:"TIME" help:"Search for so long, such as 30s or 5m, and take the best so far. Default: until it is proved the best."`

	Format string `enum:"auto,csv,json" default:"auto" placeholder:"csv|json" help:"Format of --out; json has the prices, too. Default: by its name, else csv."`
	results
	HTML       string   `name:"html" placeholder:"FILE" help:"The plan as a page with pictures."`
	Explain    []string `sep:"none" placeholder:"CUSTOMER" help:"Say why this customer goes where he goes, and why not to somebody else. May be repeated."`
	ExplainRep []string `sep:"none" placeholder:"REP" help:"Say what this rep gets, and what one more place of his would be worth. May be repeated."`
	Progress   bool     `help:"Say how far it has come, also when standard error is no terminal."`
	inputs
}

// Help is what follows the flags' summary.
func (planCommand) Help() string {
	return `Examples:

  evenhand plan policy.yaml --customers backlog.csv --reps reps.csv --out plan.csv --html plan.html
  evenhand plan policy.yaml --customers accounts.csv --reps reps.csv --owned --max-moves 200 --any-hour --out plan.csv
  evenhand plan policy.yaml --customers backlog.csv --store desk.db --explain L-1042
  evenhand plan policy.yaml --customers backlog.csv --store desk.db --commit --time-limit 5m --out plan.csv

All customers of the file are allocated together, by the same policy as one at a time: the same rules, caps, weights and preferences. The first rule takes the customers for whom it is the first that matches and places as many as there is room for, so that together they are worth most by its prefer; what it could not place goes where its if_none says. No other allocation within the same limits is worth more, and the prices prove it; with --time-limit, and where customers take unequal amounts of room, the summary says how much more there could be at most. In a rule that rotates everybody stays within --within of what he is entitled to.

A customer who has a rep, by the ledger or with --owned by the file, gives his place back first. He may stay where his rep is eligible, and of equally good allocations the one that moves fewest is taken. Nobody is taken from his rep without getting another. Limits on moves come before caps. A rep who has left stays in the reps file with active false: his customers then go to others.

A place has a price: what one more of it would bring. The summary has the busiest and the least busy reps with the price of their places, --format json all of them, and --explain says with it why a customer does not go to a rep with whom he would be worth more. Columns, reps, time off and an opening file are as evenhand run has them.

Without --commit it is a preview: nothing is recorded, and the store is not changed. With --commit the policy, the reps if they are given and with --owned who has whom are put in force first, and then the plan is recorded, all of it at once or nothing. The desk may work on meanwhile: whose place is gone by then is placed anew, and whom somebody decided meanwhile is left as he is; the summary names them. Afterwards evenhand explain says of each customer why he went where he went.

The first interrupt (Ctrl-C) ends the search and shows the best so far, with how much more there could be; the second ends the program. An interrupted plan is not recorded, and with --commit the exit status is then 1; what --time-limit ends is.

The plan has the columns kind, customer, episode, status, rep, from (who has him now), rule, reason, score (what he is worth there), units and fault. Reason is a code as evenhand run has it, or kept, locked or closed for customers who are left as they are. Rows that cannot be used go to the rejects file, and the others are planned.`
}

// Run plans and prints what comes of it.
func (r *planCommand) Run(ctx context.Context, c console) error {
	if err := r.check(); err != nil {
		return err
	}
	p, err := loadDocument(r.Policy)
	if err != nil {
		return err
	}
	b := &backlog{}
	if err := r.read(p, b, c); err != nil {
		return err
	}
	var outs []*output
	for _, path := range []string{r.Out, r.HTML} {
		if path == "" {
			continue
		}
		out, err := createOutput(path, c.out)
		if err != nil {
			return err
		}
		defer out.discard()
		outs = append(outs, out)
	}
	store, err := workOn(ctx, r.Store, r.Commit)
	if err != nil {
		return err
	}
	b.note(c)
	done, err := r.plan(ctx, store, p, b, c)
	if err = errors.Join(err, store.Close()); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted before there was a plan; nothing was written")
		}
		return err
	}
	err = r.write(c, done, b, outs)
	rejected := errors.As(err, new(status))
	switch {
	case err != nil && !rejected && done.Committed != nil:
		return fmt.Errorf("the plan is recorded as ledger entry %d, but %w", done.Committed.Seq, err)
	case (err == nil || rejected) && r.Commit && done.Committed == nil:
		return errors.New("interrupted: the plan is shown and not recorded\nMaybe again with --time-limit, which records the best so far")
	}
	return err
}

// check refuses flags that make no sense, alone or together.
func (r *planCommand) check() error {
	limits := r.limits()
	for _, x := range []struct {
		flag string
		n    *int64
	}{{"--max-moves", r.MaxMoves}, {"--max-lost", r.MaxLost}, {"--max-gained", r.MaxGained}, {"--max-value", r.MaxValue}, {"--within", r.Within}} {
		if x.n != nil && *x.n < 0 {
			return usage("%s is %d, which is below zero\nMaybe %s 0, or leave it out", x.flag, *x.n, x.flag)
		}
	}
	switch {
	case !(r.Stay >= 0 && r.Stay <= mostStay):
		return usage("--stay is %g, and a number from 0 to %s is expected\nMaybe leave it out", r.Stay, count(int64(mostStay)))
	case r.TimeLimit < 0:
		return usage("--time-limit is %s, which is below zero\nMaybe leave it out", r.TimeLimit)
	case r.Reps == "" && r.Store == "":
		return usage("there are no reps: --reps is missing, or --store with a desk that has them\nMaybe --reps reps.csv")
	case r.Reps == "" && len(r.TimeOff) > 0:
		return usage("--time-off needs --reps: it says when reps are away\nMaybe --reps reps.csv")
	case r.Reps == "" && r.Opening != "":
		return usage("--opening needs --reps: it says what reps bring along\nMaybe --reps reps.csv")
	case r.Reps == "" && !exists(r.Store):
		return usage("store %s: there is no such file%s", r.Store, similarFile(r.Store))
	case r.Commit && r.Store == "":
		return usage("--commit needs --store: where is it to be recorded?\nMaybe --store desk.db")
	case len(limits) > 0 && !r.Owned && r.Store == "":
		return usage("%s is about customers who have a rep, and on a new desk nobody has one\nMaybe --owned, if the file says who has whom, or --store desk.db", limits[0])
	case r.HTML == "-":
		return usage("--html is a file, not standard output\nMaybe --html plan.html")
	}
	if err := r.inputs.check(r.Customers, r.Reps); err != nil {
		return err
	}
	return r.results.check(r.Customers, append([]string{r.Policy, r.Reps, r.Opening, r.Store}, r.TimeOff...), flagged{"--html", r.HTML})
}

// mostStay is the most that staying can be worth.
const mostStay = 1e12

// limits are the flags about customers who have a rep.
func (r *planCommand) limits() (given []string) {
	for _, x := range []struct {
		flag string
		is   bool
	}{{"--max-moves", r.MaxMoves != nil}, {"--max-lost", r.MaxLost != nil}, {"--max-gained", r.MaxGained != nil},
		{"--max-value", r.MaxValue != nil}, {"--locked", r.Locked != ""}, {"--stay", r.Stay != 0}} {
		if x.is {
			given = append(given, x.flag)
		}
	}
	return given
}

// backlog is what is planned.
type backlog struct {
	reps     *repsFile // nil: those of the ledger
	table    *tabular.Table
	in       *intake
	arrivals []*arrival
	rejected []rejection
}

func (b *backlog) note(c console) {
	b.in.note(c)
	if b.reps != nil {
		b.reps.note(c)
		noteSwapped(c, b.in, b.reps)
	}
}

// read reads the files.
func (r *planCommand) read(p *document, b *backlog, c console) (err error) {
	if r.Reps != "" {
		if b.reps, err = r.readReps(r.Reps, p, c); err != nil {
			return err
		}
	}
	b.table, b.in, err = r.readCustomers(r.Customers, r.Now, p, c, func(in *intake) []purpose {
		return []purpose{{"--locked", r.Locked, &in.locked}}
	})
	if err != nil {
		return err
	}
	for _, x := range []struct {
		flag, field string
		is          bool
	}{{"--owned", "owner", r.Owned}, {"--max-value", "value", r.MaxValue != nil}} {
		if _, there := b.in.columns.of[x.field]; x.is && !there {
			return usage("customers %s: %s needs a column %s; there are %s\nMaybe --map %s=COLUMN", b.in.source.name(), x.flag, x.field, list(b.table.Columns), x.field)
		}
	}
	if b.reps != nil {
		day := b.in.now
		if day.IsZero() {
			day = time.Now()
		}
		if err := b.reps.addTimeOff(r.TimeOff, p, r.repsDelimiter(), day, day, c); err != nil {
			return err
		}
	}
	arrivals, rejected := b.in.read(b.table)
	b.rejected = rejected
	lines := map[allocation.CustomerRef]int{}
	for _, a := range arrivals {
		if err := r.take(a, p, lines); err != nil {
			b.rejected = append(b.rejected, rejection{a.row, oneLine(err.Error())})
			continue
		}
		b.arrivals = append(b.arrivals, a)
	}
	if len(b.arrivals) == 0 {
		return usage("customers %s: there is none in it that can be used%s", b.in.source.name(), firstRejected(b.rejected))
	}
	return nil
}

// take takes a customer whom the file has not named before.
func (r *planCommand) take(a *arrival, p *document, lines map[allocation.CustomerRef]int) error {
	if a.customer.Kind == "" {
		a.customer.Kind = p.compiled.Kind
	}
	ref := allocation.CustomerRef{Kind: a.customer.Kind, ID: a.customer.ID}
	if line := lines[ref]; line > 0 {
		return fmt.Errorf("%q is in line %d already", clip(ref.ID), line)
	}
	lines[ref] = a.row.Line
	if r.MaxValue != nil {
		cell := repReader{row: a.row, m: a.columns}
		if value, known := cell.number("value"); known {
			a.customer.Value = &value
		}
		return errors.Join(cell.faults...)
	}
	return nil
}

// owners are the customers whom the file says somebody has. All owners who are
// not among the reps are named.
func (b *backlog) owners(who *people) (records []allocation.Record, lines []int, err error) {
	var unknown []string
	first, rows, faults := map[string]int{}, map[string]int{}, map[string]error{}
	for _, a := range b.arrivals {
		cell := repReader{row: a.row, m: a.columns}
		owner := cell.text("owner")
		if owner == "" {
			continue
		}
		id, err := who.find(owner)
		if err != nil {
			if rows[owner]++; rows[owner] == 1 {
				first[owner], faults[owner] = a.row.Line, err
				unknown = append(unknown, owner)
			}
			continue
		}
		records = append(records, allocation.Record{Kind: a.customer.Kind, ID: a.customer.ID, Owner: id})
		lines = append(lines, a.row.Line)
	}
	if len(unknown) == 0 {
		return records, lines, nil
	}
	var text strings.Builder
	for _, owner := range unknown {
		says, hint, _ := strings.Cut(faults[owner].Error(), "\nMaybe ")
		fmt.Fprintf(&text, "\nline %d: owner: %s", first[owner], says)
		if more := rows[owner] - 1; more > 0 {
			fmt.Fprintf(&text, "; the same in %s more", plural(more, "row"))
		}
		if hint == "" {
			hint = "add him to --reps; who has left, with active false: his customers then go to others"
		}
		fmt.Fprintf(&text, "\nMaybe %s", hint)
	}
	return nil, nil, usage("customers %s:%s", b.in.source.name(), text.String())
}

// plan plans on a desk, which is a copy unless the plan is to be recorded.
func (r *planCommand) plan(ctx context.Context, store allocation.Store, p *document, b *backlog, c console) (*planned, error) {
	desk, before, err := deskIn(ctx, store, r.Store, r.Desk, b.in.now, b.reps)
	if err != nil {
		return nil, err
	}
	defer desk.Close()
	if r.Store != "" && before.Version == 0 {
		c.note("store %s has no desk %q yet: this is for a new one", r.Store, r.Desk)
	}
	crm := allocation.CRM{At: b.in.now}
	var lines []int
	if r.Owned {
		if crm.Records, lines, err = b.owners(peopleOf(b.reps, before)); err != nil {
			return nil, err
		}
	}
	if err := inForce(ctx, desk, p, b.reps, b.in.now); err != nil {
		return nil, err
	}
	// Who waits and has room by now gets it, as he would before the plan is
	// recorded.
	if err := desk.Advance(ctx, b.in.now); err != nil {
		return nil, err
	}
	if len(crm.Records) > 0 {
		if _, err := desk.Reconcile(ctx, crm); err != nil {
			return nil, recordsRefused(b.in.source, lines, err)
		}
	}
	now, err := desk.Report(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.someoneHasOne(now), r.asked(b, now)); err != nil {
		return nil, err
	}
	plan, err := r.make(ctx, desk, p, b.arrivals, c)
	if err != nil {
		return nil, err
	}
	explained, err := r.explain(plan)
	if err != nil {
		return nil, err
	}
	var committed *allocation.Commitment
	interrupted := ctx.Err() != nil
	if r.Commit && !interrupted {
		// Once it has begun it is not interrupted: it is recorded, or it is not.
		if committed, err = plan.Commit(context.WithoutCancel(ctx)); err != nil {
			return nil, reworded{aboutStore(said(err)), err}
		}
	}
	b.rejectFailed(p, plan)
	done := newPlanned(p, plan, b, committed)
	done.command, done.Explained = r, explained
	switch {
	case interrupted && (plan.Stopped || r.Commit):
		done.Stopped = "interrupt"
	case plan.Stopped:
		done.Stopped = "time limit"
	}
	return done, nil
}

// someoneHasOne refuses limits on moves where nobody has anybody.
func (r *planCommand) someoneHasOne(now *allocation.Report) error {
	limits := r.limits()
	if len(limits) == 0 || slices.ContainsFunc(now.Reps, func(l allocation.RepLine) bool { return l.Open > 0 }) {
		return nil
	}
	if r.Owned {
		return usage("%s is about customers who have a rep, and nobody has one: the file's column owner is blank\nMaybe --map owner=COLUMN", limits[0])
	}
	return usage("%s is about customers who have a rep, and on desk %q nobody has one\nMaybe --owned, if the file says who has whom", limits[0], r.Desk)
}

// make makes the plan: the best there is, or the best so far.
func (r *planCommand) make(ctx context.Context, desk *allocation.Desk, p *document, arrivals []*arrival, c console) (*allocation.Plan, error) {
	o := allocation.PlanOptions{
		AnyHour: r.AnyHour, Within: r.Within, NoCredit: r.NoCredit,
		Stay: allocation.PlanStay{Bonus: r.Stay, MaxMoves: r.MaxMoves, MaxLost: r.MaxLost, MaxGained: r.MaxGained, MaxValue: r.MaxValue},
	}
	customers := make([]allocation.Customer, len(arrivals))
	for i, a := range arrivals {
		customers[i], o.At = a.customer, a.customer.At
		if a.locked {
			o.Stay.Locked = append(o.Stay.Locked, allocation.CustomerRef{Kind: a.customer.Kind, ID: a.customer.ID})
		}
	}
	progress := newProgress(c.err, len(arrivals), r.Progress, time.Now)
	o.Progress = func(x allocation.PlanProgress) { progress.say(func() string { return farther(p, x) }) }
	if r.TimeLimit > 0 {
		limited, cancel := context.WithTimeout(ctx, r.TimeLimit)
		defer cancel()
		ctx = limited
	}
	plan, err := desk.Plan(ctx, customers, o)
	progress.end()
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, usage("--time-limit %s is over, and there is no plan yet\nMaybe --time-limit %s", r.TimeLimit, max(10*r.TimeLimit, time.Second))
	}
	return plan, err
}

// farther says how far a plan has come.
func farther(p *document, x allocation.PlanProgress) string {
	if x.Rule == "" {
		return count(x.Done) + " of " + count(x.Of) + " customers read"
	}
	name := p.ruleName(x.Rule)
	if x.Stage == "rows" {
		return fmt.Sprintf("rule %s: %s of %s customers weighed", name, count(x.Done), count(x.Of))
	}
	return fmt.Sprintf("rule %s: %s of %s customers without a place yet", name, count(x.Done), count(x.Of))
}

// rejectFailed rejects the rows that the policy could not read.
func (b *backlog) rejectFailed(p *document, plan *allocation.Plan) {
	for i := range plan.Rows {
		if fault := plan.Rows[i].Fault; fault != "" {
			field, says, _ := strings.Cut(fault, ": ")
			if column, ok := b.in.columns.nameOf(strings.TrimPrefix(field, p.compiled.Kind+".")); ok {
				fault = "column " + column + ": " + says
			}
			b.rejected = append(b.rejected, rejection{b.arrivals[i].row, oneLine(fault)})
		}
	}
}

// asked refuses questions about somebody who is not there.
func (r *planCommand) asked(b *backlog, about *allocation.Report) error {
	var ids []string
	for _, a := range b.arrivals {
		ids = append(ids, a.customer.ID)
	}
	for _, id := range r.Explain {
		if !slices.Contains(ids, id) {
			return usage("--explain %s: no such customer is planned%s", clip(id), maybe(id, ids))
		}
	}
	reps := repIDs(about)
	for _, rep := range r.ExplainRep {
		if !slices.Contains(reps, rep) {
			return usage("--explain-rep %s: there is no such rep; there are %s%s", clip(rep), list(reps), maybe(rep, reps))
		}
	}
	return nil
}

// explain answers --explain and --explain-rep.
func (r *planCommand) explain(plan *allocation.Plan) (texts []string, err error) {
	for _, id := range r.Explain {
		for i := range plan.Rows {
			if plan.Rows[i].Customer != id {
				continue
			}
			text, err := plan.Explain(id, allocation.Kind(plan.Rows[i].Kind))
			if err != nil {
				return nil, err
			}
			texts = append(texts, text)
		}
	}
	for _, rep := range r.ExplainRep {
		text := plan.ExplainRep(rep)
		if text == "" {
			text = rep + " gets nobody by the plan.\n"
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// write writes the plan, the rejects and the summary.
func (r *planCommand) write(c console, done *planned, b *backlog, outs []*output) error {
	writers := []func(io.Writer) error{done.plan.WriteJSON, done.plan.WriteHTML}
	if r.format() == "csv" {
		writers[0] = done.writeCSV
	}
	for i, out := range outs {
		if err := writers[i](out); err != nil {
			return fmt.Errorf("writing %s: %w", out.path, err)
		}
	}
	for _, out := range outs {
		if err := out.commit(); err != nil {
			return err
		}
	}
	return r.finish(c, r.Customers, b.table.Columns, b.rejected, done)
}

// format is that given, or that of the output's name.
func (r *planCommand) format() string {
	if r.Format == "auto" && strings.HasSuffix(strings.ToLower(r.Out), ".json") {
		return "json"
	}
	return strings.Replace(r.Format, "auto", "csv", 1)
}

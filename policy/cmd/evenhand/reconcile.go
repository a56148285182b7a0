package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// reconcileCommand compares what a CRM has with a desk's ledger.
type reconcileCommand struct {
	Policy  string   `arg:"" help:"Policy file."`
	Owners  string   `required:"" placeholder:"FILE" help:"What the CRM has: CSV, JSON Lines or a JSON array with a row for each customer; - is standard input."`
	Store   string   `required:"" aliases:"ledger" placeholder:"FILE" help:"SQLite file that holds the desk's ledger; with --commit made when it is not there."`
	Reps    string   `placeholder:"FILE" help:"Reps: CSV, JSON Lines or a JSON array. Default: those of the ledger."`
	TimeOff []string `sep:"none" placeholder:"FILE" help:"With --reps: when reps are away, CSV or a calendar, as evenhand run takes it. May be repeated."`
	Desk    string   `default:"default" placeholder:"NAME" help:"Desk within the store. Default: ${default}."`

	Commit   bool   `help:"Record the differences. Default: only show them; nothing is written."`
	Complete bool   `help:"The file has every open customer, owned or not: whoever else is open at the desk was closed in the CRM. Default: such customers are named and left alone."`
	Unowned  bool   `help:"Who has no owner in the file was taken from his rep. Default: such customers are named and left alone, since mostly the CRM has not yet been told."`
	AsOf     string `placeholder:"TIME" help:"When the file was exported: what the desk recorded at that time or later is newer, and stands. Default: the file is newer than everything."`
	Format   string `enum:"text,json" default:"text" placeholder:"text|json" help:"Format of the differences. Default: ${default}."`

	Map       []string `sep:"none" placeholder:"FIELD=COLUMN" help:"Column of --owners that fills a field of another name, such as owner=Agent. May be repeated."`
	Closed    []string `sep:"none" placeholder:"STAGE" help:"Word of the status column that means that the work has ended. May be repeated; replaces the usual ones."`
	RepMap    []string `sep:"none" placeholder:"FIELD=COLUMN" help:"The same as --map for the reps."`
	Delimiter string   `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
	Now       string   `placeholder:"TIME" help:"It happens at this time. Default: when it is run."`
}

// Help is what follows the flags' summary.
func (reconcileCommand) Help() string {
	return `Examples:

  evenhand reconcile policy.yaml --owners crm.csv --store desk.db
  evenhand reconcile policy.yaml --owners crm.csv --store desk.db --as-of "2026-03-02 08:00" --complete --commit
  evenhand reconcile policy.yaml --owners crm.csv --reps reps.csv --store new.db --commit

The file has a row for each customer: id; owner, a rep's ID or name, or with --reps what their field email has, blank for nobody; closed (true or false) or status, of which ` + strings.Join(closedWords[:5], ", ") + ` and the like mean that the work has ended; and, if there are such columns, kind, units, and since, when the owner became that. Columns with the names that CRMs usually give are found; --map names others.

What differs is named with a code: owner_changed, units_changed, closed_outside, opened_outside (the desk has never seen it), reopened_outside, given_outside (at the desk it waits, or went to nobody); with --complete also not_in_crm, and with --unowned owner_removed. With --commit all of it is recorded at once, and open work at the desk is then what the CRM has. What the CRM says has happened: caps are not obeyed, and no credit moves. The policy, and the reps if they are given, are put in force as evenhand run does. A second run with the same file finds nothing; once the desk has decided more, say with --as-of how old the file is.

The exit status is 0 when nothing differs or all of it was recorded, and 4 when something differs and was only shown. If a row cannot be used, all such rows are named and nothing is recorded.`
}

// reconciled is what came of it, as JSON.
type reconciled struct {
	Committed bool `json:"committed"`
	allocation.Reconciliation
	Open []openWork `json:"open"` // by rep ID
}

// openWork is what a rep has open, in units.
type openWork struct {
	Rep    string `json:"rep"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// Run prints the differences on standard output.
func (r *reconcileCommand) Run(ctx context.Context, c console) error {
	if r.Owners == "-" && r.Reps == "-" {
		return usage("--owners and --reps cannot both be standard input\nMaybe name a file for one of them")
	}
	if len(r.TimeOff) > 0 && r.Reps == "" {
		return usage("--time-off needs --reps: it says when reps are away\nMaybe --reps reps.csv")
	}
	p, err := loadDocument(r.Policy)
	if err != nil {
		return err
	}
	var reps *repsFile
	if r.Reps != "" {
		if reps, err = readReps(source{what: "reps", path: r.Reps, format: "auto", delimiter: r.Delimiter}, r.RepMap, p, c); err != nil {
			return err
		}
		now := time.Now()
		if r.Now != "" {
			if now, err = parseMoment(r.Now, p.compiled.Zone); err != nil {
				return usage("--now: %w", err)
			}
		}
		if err := reps.addTimeOff(r.TimeOff, p, r.Delimiter, now, now, c); err != nil {
			return err
		}
	}
	file, err := readOwners(source{what: "owners", path: r.Owners, format: "auto", delimiter: r.Delimiter}, r.Map, r.Closed, p.compiled.Zone, c)
	if err != nil {
		return err
	}
	store, err := workOn(ctx, r.Store, r.Commit)
	if err != nil {
		return err
	}
	out, err := r.reconcile(ctx, store, p, reps, file)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	file.note(c)
	if reps != nil {
		reps.note(c)
	}
	if err := r.print(c.out, out); err != nil {
		return err
	}
	if len(out.Drift) > 0 && !r.Commit {
		return status(exitDrift)
	}
	return nil
}

func (r *reconcileCommand) reconcile(ctx context.Context, store allocation.Store, p *document, reps *repsFile, file *owners) (*reconciled, error) {
	crm := allocation.CRM{Complete: r.Complete, Unowned: r.Unowned}
	for _, when := range []struct {
		flag, text string
		to         *time.Time
	}{{"--now", r.Now, &crm.At}, {"--as-of", r.AsOf, &crm.AsOf}} {
		if when.text == "" {
			continue
		}
		var err error
		if *when.to, err = parseMoment(when.text, p.compiled.Zone); err != nil {
			return nil, usage("%s: %w", when.flag, err)
		}
	}
	desk, before, err := deskIn(ctx, store, r.Store, r.Desk, crm.At, reps)
	if err != nil {
		return nil, err
	}
	defer desk.Close()
	if crm.Records, err = file.records(peopleOf(reps, before)); err != nil {
		return nil, err
	}
	if err := inForce(ctx, desk, p, reps, crm.At); err != nil {
		return nil, err
	}
	// What was due by now is not the doing of this.
	if err := desk.Advance(ctx, crm.At); err != nil {
		return nil, err
	}
	if before, err = desk.Report(ctx); err != nil {
		return nil, err
	}
	out, err := desk.Reconcile(ctx, crm)
	if err != nil {
		return nil, recordsRefused(file.source, file.lines, err)
	}
	after, err := desk.Report(ctx)
	if err != nil {
		return nil, err
	}
	return r.result(out, before, after), nil
}

// placeOfRecord is how the desk names one of the records it was given.
var placeOfRecord = regexp.MustCompile(`(?m)^record (\d+)`)

// recordsRefused makes a usage error of what a desk says is wrong with records,
// and puts the line of the file in place of the record's number.
func recordsRefused(s source, lines []int, err error) error {
	if !errors.Is(err, allocation.ErrInput) {
		return err
	}
	text := placeOfRecord.ReplaceAllStringFunc(strings.TrimPrefix(err.Error(), inputPrefix), func(place string) string {
		n, err := strconv.Atoi(strings.TrimPrefix(place, "record "))
		if err != nil || n < 1 || n > len(lines) {
			return place
		}
		return fmt.Sprintf("line %d", lines[n-1])
	})
	return usage("%s %s:\n%s", s.what, s.name(), text)
}

func (r *reconcileCommand) result(done *allocation.Reconciliation, before, after *allocation.Report) *reconciled {
	out := &reconciled{Committed: r.Commit, Reconciliation: *done}
	if !r.Commit { // the entries are in the copy
		for i := range out.Drift {
			out.Drift[i].Seq = 0
		}
	}
	had := map[string]int64{}
	for _, line := range before.Reps {
		had[line.Rep] = line.Open
	}
	for _, line := range after.Reps {
		out.Open = append(out.Open, openWork{line.Rep, had[line.Rep], line.Open})
	}
	return out
}

func (r *reconcileCommand) print(w io.Writer, out *reconciled) error {
	if r.Format == "json" {
		if out.Drift == nil {
			out.Drift = []allocation.Drift{}
		}
		text, err := indented(out)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	for i := range out.Drift {
		fmt.Fprintf(w, "%s [%s]\n", visible(out.Drift[i].Sentence()), out.Drift[i].Code)
	}
	out.printCounts(w)
	for _, left := range []struct {
		list []allocation.Drift
		why  string
	}{
		{ofCode(out.Left, allocation.DriftMissing), "not in the file; --complete closes such"},
		{ofCode(out.Left, allocation.DriftUnowned), "with nobody in the file; --unowned takes such from their reps"},
		{out.Newer, "newer in the ledger than the file is"},
		{out.Compacted, "open in the file, and gone from the ledger so long that nothing is left of them"},
	} {
		if len(left.list) > 0 {
			fmt.Fprintf(w, "%s left alone (%s): %s\n", count(len(left.list)), left.why, visible(list(idsOf(left.list))))
		}
	}
	if changed := slices.ContainsFunc(out.Open, func(o openWork) bool { return o.Before != o.After }); changed {
		g := grid{head: []string{"rep", ">open before", ">after"}}
		for _, o := range out.Open {
			g.row(visible(o.Rep), count(o.Before), count(o.After))
		}
		g.print(w)
	}
	return nil
}

func ofCode(all []allocation.Drift, code string) (some []allocation.Drift) {
	for i := range all {
		if all[i].Code == code {
			some = append(some, all[i])
		}
	}
	return some
}

func idsOf(all []allocation.Drift) []string {
	var ids []string
	for i := range all {
		ids = append(ids, all[i].Customer)
	}
	return ids
}

// printCounts says how many there are of each code, the most first, and what
// became of them.
func (out *reconciled) printCounts(w io.Writer) {
	if len(out.Drift) == 0 {
		fmt.Fprintln(w, "Nothing differs.")
		return
	}
	by := map[string]int{}
	var codes, counts []string
	for i := range out.Drift {
		if by[out.Drift[i].Code]++; by[out.Drift[i].Code] == 1 {
			codes = append(codes, out.Drift[i].Code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(by[b]-by[a], strings.Compare(a, b)) })
	for _, code := range codes {
		counts = append(counts, count(by[code])+" "+code)
	}
	end := "Recorded, all at once; no credit moved."
	if !out.Committed {
		end = "Nothing was recorded; --commit records it."
	}
	fmt.Fprintf(w, "%s: %s. %s\n", plural(len(out.Drift), "difference"), strings.Join(counts, ", "), end)
}

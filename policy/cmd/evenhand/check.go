package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/evenhand/evenhand/policy"
)

// checkCommand checks a policy file, and what it will work with against it.
type checkCommand struct {
	Policy    string   `arg:"" help:"Policy file."`
	Reps      string   `placeholder:"FILE" help:"Reps that the policy will work with: CSV, JSON Lines or a JSON array."`
	TimeOff   []string `sep:"none" placeholder:"FILE" help:"With --reps: when reps are away, CSV or a calendar, as evenhand run takes it. May be repeated."`
	Customers string   `placeholder:"FILE" help:"Customers such as it will meet, last month's say: CSV, JSON Lines or a JSON array; - is standard input."`

	Against string `placeholder:"FILE" help:"The policy that this one replaces: says what of its credits and counts would be lost."`
	Store   string `aliases:"ledger" placeholder:"FILE" help:"The same with the policy in force in a store of evenhand run."`
	Desk    string `default:"default" placeholder:"NAME" help:"Desk within the store. Default: ${default}."`

	ID     string   `placeholder:"COLUMN" help:"Column of the customer's ID, where it is not named id."`
	Map    []string `sep:"none" placeholder:"FIELD=COLUMN" help:"Column of the customers that fills a field of another name, such as country=Land. May be repeated."`
	RepMap []string `sep:"none" placeholder:"FIELD=COLUMN" help:"The same for the reps, such as id=Agent."`
	At     string   `placeholder:"COLUMN" help:"Each customer arrives at the time in this column: for caps by period, and rules with from, until or now."`
	Now    string   `placeholder:"TIME" help:"Without --at: all arrive at this time. Default: when it is run."`

	InputFormat   string `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|jsonl" help:"Format of the customers. Default: by the file's name, csv for standard input."`
	RepsFormat    string `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|json" help:"Format of the reps. Default: by the file's name."`
	Delimiter     string `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
	RepsDelimiter string `placeholder:"CHAR" help:"The same for the reps, where it differs. Default: that of --delimiter."`

	Format string `enum:"text,json" default:"text" placeholder:"text|json" help:"Format of the findings. Default: ${default}."`
	Index  bool   `help:"Also show for each rule what is looked up in an index, and what is left to the interpreter and takes longer."`
	Strict bool   `help:"Exit with status 2 also when there is a warning."`
}

// Help is what follows the flags' summary.
func (checkCommand) Help() string {
	return `Examples:

  evenhand check policy.yaml
  evenhand check policy.yaml --reps reps.csv
  evenhand check policy.yaml --reps reps.csv --customers leads.csv
  evenhand check new.yaml --against policy.yaml
  evenhand check new.yaml --store desk.db
  evenhand check policy.yaml --format json --strict

Everything that is wrong with the policy is printed at once, each mistake with file, line, column, the line itself and, where there is a likely one, the fix. Then come findings: what is allowed and may surprise, such as a rule that reads a field that can be missing. Each has a code in brackets that stays the same in later versions.

With --reps also: reps who can never receive anything, and what stops them in each rule; reps without working hours (they are always available) or time zone; caps without a limit; fallback reps who are not there; columns that are missing or not used.

With --customers each is followed through the rules as if everybody were at work with nothing open, and nothing is decided or kept: customers whom no rule places, by the reason, and where they go; rules that match none, never get one, or have nobody for any; caps that count none or could not be reached; of how many a field that a rule reads is missing. With both, reps who would receive none of these customers.

With --against or --store: rules and caps whose credits and counts would begin again at zero, as by a new name without an id.

The exit status is 0 when the policy can be used, whatever was found besides; 2 when it, the reps or the command line are wrong, or with --strict when there is a warning; 1 when a file or a store failed.`
}

// checked is what a check found, as JSON.
type checked struct {
	OK        bool      `json:"ok"`
	Policy    string    `json:"policy,omitempty"`
	Hash      string    `json:"hash,omitempty"`
	Rules     int       `json:"rules,omitempty"`
	Caps      int       `json:"caps,omitempty"`
	Reps      int       `json:"reps,omitempty"`
	Customers int       `json:"customers,omitempty"`
	Errors    []mistake `json:"errors,omitempty"`
	Findings  []finding `json:"findings,omitempty"`
	// Index says how each rule is answered; only with --index.
	Index []policy.RuleIndexing `json:"index,omitempty"`
}

// finding is one thing that is allowed and may surprise.
type finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // warning or info
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Maybe    string `json:"maybe,omitempty"`
	// Reps and Customers are the IDs of all that it is about.
	Reps      []string `json:"reps,omitempty"`
	Customers []string `json:"customers,omitempty"`
}

// Run prints the findings on standard output and mistakes on standard error.
func (k *checkCommand) Run(ctx context.Context, c console) error {
	result, err := k.check(ctx, c)
	var wrong usageError
	if err != nil && !errors.As(err, &wrong) {
		return err
	}
	if k.Format == "json" {
		return k.printJSON(c.out, result, err)
	}
	if err != nil {
		return err
	}
	printFindings(c.out, result.Findings)
	for _, r := range result.Index {
		fmt.Fprint(c.out, r)
	}
	result.printOK(c.out)
	return k.verdict(result)
}

// verdict is the exit status of a check that found no mistake.
func (k *checkCommand) verdict(result *checked) error {
	if k.Strict && slices.ContainsFunc(result.Findings, func(f finding) bool { return f.Severity == "warning" }) {
		return status(exitUsage)
	}
	return nil
}

func (k *checkCommand) check(ctx context.Context, c console) (*checked, error) {
	p, err := loadDocument(k.Policy)
	if err != nil {
		return &checked{}, err
	}
	result := &checked{
		Policy: p.compiled.Name, Hash: p.compiled.Hash, Rules: len(p.compiled.Rules), Caps: len(p.compiled.Caps),
	}
	against, err := k.against(ctx, p, c)
	if err != nil {
		return result, err
	}
	result.Reps, result.Customers = len(against.Reps), len(against.Customers)
	err = openDocument(k.Policy, func(doc *policy.Document) error {
		found, err := doc.Check(against.Against)
		result.Findings = against.findings(found)
		if err == nil && k.Index {
			result.Index, err = doc.Indexing()
		}
		return err
	})
	result.OK = err == nil
	return result, err
}

// printFindings prints each finding at its place, and one that is found at
// several places at the first of them.
func printFindings(w io.Writer, findings []finding) {
	type what struct{ file, code, message string }
	places := map[what][]string{}
	for i := range findings {
		f := &findings[i]
		key := what{f.File, f.Code, f.Message}
		places[key] = append(places[key], f.place())
	}
	for i := range findings {
		f := &findings[i]
		key := what{f.File, f.Code, f.Message}
		if at := places[key]; len(at) > 0 {
			f.print(w, at)
		}
		delete(places, key)
	}
}

// place is the line, and the column if there is one.
func (f *finding) place() string {
	switch {
	case f.Column > 0:
		return fmt.Sprintf("%d:%d", f.Line, f.Column)
	case f.Line > 0:
		return fmt.Sprint(f.Line)
	}
	return ""
}

func (f *finding) print(w io.Writer, places []string) {
	at, also := f.File, ""
	if places[0] != "" {
		at += ":" + places[0]
	}
	if len(places) > 1 {
		also = "; also at " + list(places[1:])
	}
	fmt.Fprintf(w, "%s: %s: %s%s [%s]\n", at, f.Severity, f.Message, also, f.Code)
	if f.Maybe != "" {
		fmt.Fprintf(w, "  Maybe %s\n", f.Maybe)
	}
}

func (r *checked) printOK(w io.Writer) {
	with := ""
	if r.Reps > 0 {
		with += ", " + plural(r.Reps, "rep")
	}
	if r.Customers > 0 {
		with += ", " + plural(r.Customers, "customer")
	}
	fmt.Fprintf(w, "ok: policy %s, %s, %s%s, version %s\n", r.Policy, plural(r.Rules, "rule"), plural(r.Caps, "cap"), with, r.Hash)
}

func (k *checkCommand) printJSON(w io.Writer, result *checked, err error) error {
	if err != nil {
		result.Errors = mistakes(err)
	}
	text, failure := indented(result)
	if failure != nil {
		return failure
	}
	if _, failure := w.Write(text); failure != nil {
		return failure
	}
	if err != nil {
		return status(exitUsage)
	}
	return k.verdict(result)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

// checkCommand checks a policy file, and reps against it.
type checkCommand struct {
	Policy     string   `arg:"" help:"Policy file."`
	Reps       string   `placeholder:"FILE" help:"Reps that the policy will work with: CSV, JSON Lines or a JSON array."`
	TimeOff    []string `sep:"none" placeholder:"FILE" help:"With --reps: when reps are away, CSV or a calendar, as evenhand run takes it. May be repeated."`
	RepMap     []string `sep:"none" placeholder:"FIELD=COLUMN" help:"Column of the reps that fills a field of another name, such as id=Agent. May be repeated."`
	RepsFormat string   `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|json" help:"Format of the reps. Default: by the file's name."`
	Delimiter  string   `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
	Format     string   `enum:"text,json" default:"text" placeholder:"text|json" help:"Format of the findings. Default: ${default}."`
	Index      bool     `help:"Also show for each rule what is looked up in an index, and what is left to the interpreter and takes longer."`
	Strict     bool     `help:"Exit with status 2 also when there is a warning."`
}

// Help is what follows the flags' summary.
func (checkCommand) Help() string {
	return `Examples:

  evenhand check policy.yaml
  evenhand check policy.yaml --reps reps.csv
  evenhand check policy.yaml --format json --strict

Everything that is wrong with the policy is printed at once, each mistake with file, line, column, the line itself and, where there is a likely one, the fix. Then come findings: what is allowed and may surprise, such as a rule that reads a field that can be missing. With --reps also reps that cannot be used, reps without working hours (they are always available), columns that are missing or not used, and fallback reps who are not there.

The exit status is 0 when the policy can be used, whatever was found besides, and 2 when it or the reps are wrong.`
}

// checked is what a check found, as JSON.
type checked struct {
	OK       bool      `json:"ok"`
	Policy   string    `json:"policy,omitempty"`
	Hash     string    `json:"hash,omitempty"`
	Rules    int       `json:"rules,omitempty"`
	Caps     int       `json:"caps,omitempty"`
	Reps     int       `json:"reps,omitempty"`
	Errors   []mistake `json:"errors,omitempty"`
	Findings []finding `json:"findings,omitempty"`
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
	for _, f := range result.Findings {
		f.print(c.out)
	}
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
	if len(k.TimeOff) > 0 && k.Reps == "" {
		return &checked{}, usage("--time-off needs --reps: it says when reps are away\nMaybe --reps reps.csv")
	}
	result := &checked{
		Policy: p.compiled.Name, Hash: p.compiled.Hash, Rules: len(p.compiled.Rules), Caps: len(p.compiled.Caps),
	}
	for _, f := range p.lint {
		result.Findings = append(result.Findings, finding{f.Code, string(f.Severity), f.File, f.Line, f.Column, f.Message, f.Maybe})
	}
	if k.Index {
		if result.Index, err = p.Indexing(); err != nil {
			return result, err
		}
	}
	if k.Reps != "" {
		reps, err := readReps(source{what: "reps", path: k.Reps, format: k.RepsFormat, delimiter: k.Delimiter}, k.RepMap, p, c)
		if err != nil {
			return result, err
		}
		if err := reps.addTimeOff(k.TimeOff, p, k.Delimiter, time.Now(), time.Now(), c); err != nil {
			return result, err
		}
		result.Reps = len(reps.reps)
		if err := tryReps(ctx, p, reps.reps); err != nil {
			return result, reps.refused(err)
		}
		result.Findings = append(result.Findings, reps.findings(p.compiled)...)
	}
	result.OK = true
	return result, nil
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

// findings of the reps under a policy.
func (f *repsFile) findings(p *allocation.Policy) []finding {
	var out []finding
	add := func(code, severity, message, maybe string) {
		out = append(out, finding{Code: code, Severity: severity, File: f.source.path, Message: message, Maybe: maybe})
	}
	var always, inactive, ids []string
	for i := range f.reps {
		r := &f.reps[i]
		ids = append(ids, r.ID)
		switch {
		case r.Inactive:
			inactive = append(inactive, r.ID)
		case len(r.Shifts) == 0:
			always = append(always, r.ID)
		}
	}
	if len(always) > 0 {
		add("no_working_hours", "info", fmt.Sprintf("%s without working hours, always on shift: %s", plural(len(always), "rep"), list(always)),
			`a column shifts, such as "Mon-Fri 09:00-17:00"`)
	}
	if len(inactive) > 0 {
		add("not_active", "info", fmt.Sprintf("%s not active, receiving nothing: %s", plural(len(inactive), "rep"), list(inactive)), "")
	}
	for _, id := range p.Fallback {
		if !slices.Contains(ids, id) {
			add("fallback_not_there", "warning", fmt.Sprintf("the fallback rep %q is not among the reps: a customer whom no rule places goes to nobody", id), "")
		}
	}
	if len(f.missing) > 0 {
		add("no_column", "warning", fmt.Sprintf("no column for %s: rules see no value there", list(f.missing)),
			"the column has another name: --rep-map FIELD=COLUMN")
	}
	if len(f.columns.ignored) > 0 {
		add("column_not_used", "info", fmt.Sprintf("columns not used: %s", list(f.columns.ignored)), "")
	}
	return out
}

func (f *finding) print(w io.Writer) {
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	fmt.Fprintf(w, "%s: %s: %s [%s]\n", place, f.Severity, f.Message, f.Code)
	if f.Maybe != "" {
		fmt.Fprintf(w, "  Maybe %s\n", f.Maybe)
	}
}

func (r *checked) printOK(w io.Writer) {
	reps := ""
	if r.Reps > 0 {
		reps = ", " + plural(r.Reps, "rep")
	}
	fmt.Fprintf(w, "ok: policy %s, %s, %s%s, version %s\n", r.Policy, plural(r.Rules, "rule"), plural(r.Caps, "cap"), reps, r.Hash)
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

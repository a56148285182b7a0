package main

import (
	"cmp"
	"slices"

	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// inputs are the flags that say how the files of customers and reps are read.
type inputs struct {
	TimeOff []string `sep:"none" placeholder:"FILE" help:"When reps are away: CSV with rep, from and until, or a calendar (.ics). May be repeated."`
	Opening string   `placeholder:"FILE" help:"What the reps bring along from before, on a desk's first run: CSV with id, open and credit."`

	ID            string   `placeholder:"COLUMN" help:"Column of the customer's ID, where it is not named id."`
	Map           []string `sep:"none" placeholder:"FIELD=COLUMN" help:"Column that fills a field of another name, such as country=Land. May be repeated."`
	RepMap        []string `sep:"none" placeholder:"FIELD=COLUMN" help:"The same for the reps, such as id=Agent."`
	InputFormat   string   `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|jsonl" help:"Format of the customers. Default: by the file's name, csv for standard input."`
	RepsFormat    string   `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|json" help:"Format of the reps. Default: by the file's name."`
	Delimiter     string   `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
	RepsDelimiter string   `placeholder:"CHAR" help:"The same for the reps, where it differs. Default: that of --delimiter."`
}

// check refuses files that cannot both be meant.
func (f *inputs) check(customers, reps string) error {
	switch {
	case f.Opening == "-":
		return usage("--opening cannot be standard input\nMaybe --opening opening.csv")
	case customers == "-" && reps == "-":
		return usage("--customers and --reps cannot both be standard input\nMaybe name a file for one of them")
	}
	return nil
}

// repsDelimiter separates the cells of what is read about reps.
func (f *inputs) repsDelimiter() string { return cmp.Or(f.RepsDelimiter, f.Delimiter) }

// readReps reads the reps, and what they bring along.
func (f *inputs) readReps(path string, p *document, c console) (*repsFile, error) {
	s := source{what: "reps", path: path, format: f.RepsFormat, delimiter: f.repsDelimiter()}
	reps, err := readReps(s, f.RepMap, p, c)
	if err != nil || f.Opening == "" {
		return reps, err
	}
	s = source{what: "opening", path: f.Opening, format: "auto", delimiter: f.repsDelimiter()}
	reps.opening, err = readOpening(s, p.compiled, reps.reps, c)
	return reps, err
}

// purpose is a column that serves a flag and no field.
type purpose struct {
	flag, column string
	to           *int // its index
}

// find finds the columns of purposes.
func find(s source, t *tabular.Table, purposes []purpose) (used []string, err error) {
	for _, x := range purposes {
		if x.column == "" {
			continue
		}
		if *x.to, err = findColumn(s, t, x.flag, x.column); err != nil {
			return nil, err
		}
		used = append(used, x.column)
	}
	return used, nil
}

// readCustomers reads the customers and settles which column is what; purposes
// says which columns serve the command.
func (f *inputs) readCustomers(path, now string, p *document, c console, purposes func(*intake) []purpose) (*tabular.Table, *intake, error) {
	s := source{what: "customers", path: path, format: f.InputFormat, delimiter: f.Delimiter}
	t, err := s.read(c.in)
	if err != nil {
		return nil, nil, err
	}
	in := &intake{source: s, fields: customerFields(p.Document), zone: p.compiled.Zone, at: -1, close: -1, outcome: -1, locked: -1}
	if now != "" {
		if in.now, err = parseMoment(now, in.zone); err != nil {
			return nil, nil, usage("--now: %w", err)
		}
	}
	used, err := find(s, t, purposes(in))
	if err != nil {
		return nil, nil, err
	}
	given := f.Map
	if f.ID != "" {
		if _, err := findColumn(s, t, "--id", f.ID); err != nil {
			return nil, nil, err
		}
		given = append([]string{"id=" + f.ID}, given...)
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
	in.missing = in.columns.missing(wanted(in.fields, read))
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

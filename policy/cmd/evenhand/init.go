package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// initCommand writes a policy to start from.
type initCommand struct {
	Customers   string `arg:"" optional:"" help:"File of customers whose columns the policy will know: CSV, JSON Lines or a JSON array."`
	Recipe      string `placeholder:"NAME" help:"In place of a file: a complete policy with its data. smb, named, partner, service or mixed."`
	Out         string `placeholder:"FILE" help:"File to write, with --recipe the folder. Default: policy.yaml; with --recipe a folder of its name."`
	Force       bool   `help:"Overwrite what is there already."`
	Customer    string `enum:"auto,lead,account,opportunity,request,customer" default:"auto" placeholder:"WORD" help:"What rules call a customer: lead, account, opportunity, request or customer. Default: by the names of the file and of its columns."`
	Timezone    string `default:"UTC" placeholder:"ZONE" help:"Time zone of days and dates, such as Europe/Berlin. Default: ${default}."`
	ID          string `placeholder:"COLUMN" help:"Column of the customer's ID, where it cannot be recognised."`
	InputFormat string `enum:"auto,csv,json,jsonl" default:"auto" placeholder:"csv|jsonl" help:"Format of the customers. Default: by the file's name."`
	Delimiter   string `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
}

// Help is what follows the flags' summary.
func (initCommand) Help() string {
	return `Examples:

  evenhand init leads.csv
  evenhand init "CRM export.csv" --delimiter ';' --timezone Europe/Berlin --out inbound.yaml
  evenhand init --recipe smb

From a file of customers it writes a policy with comments: it shares all customers in turn, leaves those who have an owner with him, and shows, commented out, what could come next. Columns with the names that CRMs usually give fill the fields that are always there: "Lead Source" is source, "Billing Country" is country. The others are declared, each with the narrowest type that every cell can be read as: true or false, whole number, number, date or time, text. The command that runs the policy on that very file stands at the top of it.

Recipes:

` + recipeList() + `
Each is a folder with policy.yaml, in which everything is explained and tested, and files of customers and reps that show what it does.`
}

// Run writes the file or the folder, and says what to do with it.
func (n *initCommand) Run(c console) error {
	switch {
	case n.Recipe != "" && n.Customers != "":
		return usage("--recipe and a file of customers are two policies\nMaybe leave out %s, or --recipe", n.Customers)
	case n.Recipe != "":
		return n.writeRecipe(c)
	case n.Customers == "":
		return usage("a file of customers is missing, or --recipe\nMaybe evenhand init leads.csv, or evenhand init --recipe smb")
	}
	return n.writeStarter(c)
}

func (n *initCommand) writeStarter(c console) error {
	s := source{what: "customers", path: n.Customers, format: n.InputFormat, delimiter: n.Delimiter}
	t, err := s.read(c.in)
	if err != nil {
		return err
	}
	out := cmp.Or(n.Out, "policy.yaml")
	if samePath(out, n.Customers) {
		return usage("--out would overwrite %s, which is an input\nMaybe another name", n.Customers)
	}
	starter, err := n.starter(s, t)
	if err != nil {
		return err
	}
	if err := writeNew([]newFile{{out, starter.document(out, false)}}, n.Force, c); err != nil {
		return err
	}
	if out != "-" {
		fmt.Fprintf(c.out, "wrote %s. With a file reps.csv that has a column id, a row for each rep:\n\n%s", out, indent(starter.commands(out)))
	}
	return nil
}

// starter settles everything that the policy will say.
func (n *initCommand) starter(s source, t *tabular.Table) (*starter, error) {
	st := &starter{file: n.Customers, zone: n.Timezone, delimiter: n.Delimiter, format: n.InputFormat, rows: len(t.Rows)}
	st.word = n.Customer
	if st.word == "auto" {
		st.word = likelyWord(filepath.Base(n.Customers), t.Columns)
	}
	types, err := newTypes(n.Timezone)
	if err != nil {
		return nil, usage("--timezone %s: %w", n.Timezone, err)
	}
	if len(t.Columns)+len(t.Rows) == 0 {
		return nil, usage("customers %s: there is nothing in it\nMaybe another file is meant", s.name())
	}
	if n.ID != "" {
		if _, err := findColumn(s, t, "--id", n.ID); err != nil {
			return nil, err
		}
	}
	if st.columns = recognise(t, types, n.ID); st.column("id") == nil {
		return nil, noID(s, t, "customer", "--id ")
	}
	if came := st.column("created_at"); came != nil && !came.blank && arrivals(t, columnIndex(t, came.name), types.zone) {
		st.arrive = came.name
	}
	return st, st.try()
}

// newFile is a file to be written.
type newFile struct{ path, text string }

// writeNew writes files, none of which is there, or all of them by force.
func writeNew(files []newFile, force bool, c console) error {
	var there []string
	for _, f := range files {
		if f.path != "-" && exists(f.path) {
			there = append(there, f.path)
		}
	}
	if len(there) > 0 && !force {
		return usage("%s: already there, and not overwritten\nMaybe --out with another name, or --force", list(there))
	}
	for _, f := range files {
		if err := writeOne(f, c); err != nil {
			return err
		}
	}
	return nil
}

func writeOne(f newFile, c console) error {
	out, err := createOutput(f.path, c.out)
	if err != nil {
		return err
	}
	defer out.discard()
	if _, err := out.Write([]byte(f.text)); err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	return out.commit()
}

func indent(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}

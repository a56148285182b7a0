// Command crm assigns the leads of a CRM's export and writes the file that its
// import wants.
//
//	go run ./examples/crm
//	go run ./examples/crm -leads leads.csv -users users.csv -out assignments.csv
//
// Without files it takes a small sample. It knows the columns of HubSpot,
// Salesforce, Zoho CRM and Pipedrive (columns.go), and names an owner the way
// each of them does. The import file holds the lead's ID, the owner, and two
// columns that say what was decided and why; rows that could not be used go to
// a file beside it, assignments.rejects.csv, with line and problem before the
// row as it was, so that they can be mended there and run again.
//
// Decisions are kept in crm.db, or -file. Run it again with the same files, and
// nothing changes, neither there nor in what is written; run it with tomorrow's
// export, and the leads of today keep their owners.
//
//	columns.go   what each CRM calls its columns
//	table.go     reading CSV, bad rows included
//	batch.go     users to reps, leads to decisions, decisions to lines
//	policy.yaml  the rules
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

//go:embed policy.yaml leads.csv users.csv
var sample embed.FS

func main() {
	leads := flag.String("leads", "", "the export of leads; a sample when it is empty")
	users := flag.String("users", "", "the export of users; a sample when it is empty")
	out := flag.String("out", "", "the import file to write; printed when it is empty")
	file := flag.String("file", "crm.db", "where decisions are kept")
	flag.Parse()
	if err := run(context.Background(), *leads, *users, *out, *file); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, leadsPath, usersPath, out, file string) (err error) {
	leads, err := readTable(leadsPath, "leads.csv")
	if err != nil {
		return err
	}
	users, err := readTable(usersPath, "users.csv")
	if err != nil {
		return err
	}
	crm, err := dialectOf(leads.header)
	if err != nil {
		return err
	}
	desk, end, err := openDesk(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	b := &batch{desk: desk, crm: crm}
	if err := b.setUsers(ctx, users); err != nil {
		return err
	}
	assigned, rejected, err := b.assign(ctx, leads)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = fmt.Printf("%s\n%s", writeCSV(assigned), writeCSV(rejected))
		return err
	}
	rejects := strings.TrimSuffix(out, filepath.Ext(out)) + ".rejects.csv"
	return errors.Join(os.WriteFile(out, writeCSV(assigned), 0o644), os.WriteFile(rejects, writeCSV(rejected), 0o644))
}

// readTable reads a file, or one of the sample's.
func readTable(path, sampled string) (table, error) {
	text, err := sample.ReadFile(sampled)
	if path != "" {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return table{}, err
	}
	t, err := readCSV(text)
	if err != nil {
		return table{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func openDesk(ctx context.Context, file string) (*allocation.Desk, func() error, error) {
	text, err := sample.ReadFile("policy.yaml")
	if err != nil {
		return nil, nil, err
	}
	document, err := policy.Parse("policy.yaml", text, nil, policy.WithCustomer[Lead](), policy.WithRep[User]())
	if err != nil {
		return nil, nil, err
	}
	p, err := document.Compile()
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlitestore.Open(file)
	if err != nil {
		return nil, nil, err
	}
	desk, err := allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: store})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return desk, func() error { return errors.Join(desk.Close(), store.Close()) }, nil
}

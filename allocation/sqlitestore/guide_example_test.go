package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// This file is the compiled half of allocation/GUIDE.md, as far as it needs a
// database.

const guideRules = `evenhand: 1
name: inbound
customer: lead
rules:
  - {name: everyone, id: all}
`

// openDesk opens the desk of one region, and the file that holds its ledger.
func openDesk(ctx context.Context, rules, file string) (*sqlitestore.Store, *allocation.Desk, error) {
	p, err := policy.Load(rules) // everything that is wrong with it, with line, column and the likely fix
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlitestore.Open(file)
	if err != nil {
		return nil, nil, err
	}
	desk, err := allocation.Open(ctx, allocation.Config{
		Desk: "acme/emea", Policy: p, Compile: policy.Compile, Store: store,
	})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, desk, nil
}

// assignWithOrder commits a decision and a row of one's own together, or
// neither.
func assignWithOrder(ctx context.Context, store *sqlitestore.Store, desk *allocation.Desk, c allocation.Customer) (allocation.Decision, error) {
	tx, err := store.DB().BeginTx(ctx, nil)
	if err != nil {
		return allocation.Decision{}, err
	}
	defer tx.Rollback() // does nothing after Commit
	d, err := desk.AssignVia(ctx, store.Via(tx), c)
	if err != nil {
		return d, err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO orders VALUES (?, ?) ON CONFLICT DO NOTHING", d.Customer, d.Rep); err != nil {
		return d, err
	}
	return d, tx.Commit()
}

// A desk from nothing to a copy of its file that opens.
func Example_guide() {
	dir, err := os.MkdirTemp("", "evenhand")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	rules, file, backup := filepath.Join(dir, "inbound.yaml"), filepath.Join(dir, "evenhand.db"), filepath.Join(dir, "copy.db")
	if err := os.WriteFile(rules, []byte(guideRules), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	store, desk, err := openDesk(ctx, rules, file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	defer desk.Close()
	if err := desk.SetReps(ctx, []allocation.Rep{{ID: "ana"}, {ID: "bo"}}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := store.DB().ExecContext(ctx, "CREATE TABLE orders (lead TEXT PRIMARY KEY, rep TEXT)"); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		d, err := assignWithOrder(ctx, store, desk, allocation.Customer{ID: "L-1"})
		fmt.Println(d.Rep, err)
	}

	if _, err := store.DB().ExecContext(ctx, "VACUUM INTO ?", backup); err != nil {
		fmt.Println(err)
		return
	}
	copied, err := sqlitestore.Open(backup)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer copied.Close()
	fmt.Println(allocation.Verify(ctx, copied, "acme/emea"))

	// What the outbox has told everybody may go, once a snapshot stands behind it.
	told := uint64(2)
	upTo, err := desk.Compact(ctx, told)
	fmt.Println(upTo, err)
	// Output:
	// ana <nil>
	// ana <nil>
	// <nil>
	// 0 <nil>
}

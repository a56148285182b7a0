package sqlitestore_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// assign is what a desk does for one customer, much simplified.
func assign(ctx context.Context, store allocation.Store, customer, rep string) error {
	return store.Update(ctx, "acme", 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		entries := []allocation.Entry{{
			Seq:      head.Version + 1,
			At:       time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
			Event:    allocation.EventAssigned,
			Kind:     "lead",
			Customer: customer,
			Episode:  1,
			Rep:      rep,
			Status:   allocation.StatusAssigned,
			Body:     []byte(`{}`),
		}}
		return allocation.Batch{
			Entries: entries,
			Link:    allocation.Link(head.Link, entries),
			Keys:    []allocation.Key{{Name: "lead/" + customer + "/1", Seq: head.Version + 1, New: true}},
		}, nil
	})
}

// Two customers are assigned, the program ends, and the next one reads in SQL
// how many open customers each rep has.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "evenhand")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "evenhand.db")
	ctx := context.Background()

	store, err := sqlitestore.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(assign(ctx, store, "L-1", "ana"), assign(ctx, store, "L-2", "ana"), store.Close())

	store, err = sqlitestore.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	var rep string
	var open int
	err = store.DB().QueryRow("SELECT rep, open FROM open_work WHERE desk = 'acme'").Scan(&rep, &open)
	fmt.Println(rep, "has", open, "open customers", err)
	// Output:
	// <nil> <nil> <nil>
	// ana has 2 open customers <nil>
}

// A shop keeps its orders in the same file, and wants an order and the
// assignment of its customer to be there both or not at all.
func ExampleStore_Via() {
	dir, err := os.MkdirTemp("", "evenhand")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := sqlitestore.Open(filepath.Join(dir, "shop.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	ctx := context.Background()
	if _, err := store.DB().ExecContext(ctx, "CREATE TABLE orders (customer TEXT PRIMARY KEY, amount INTEGER)"); err != nil {
		fmt.Println(err)
		return
	}

	order := func(customer string, amount int) error {
		tx, err := store.DB().BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // does nothing after Commit
		if err := assign(ctx, store.Via(tx), customer, "ana"); err != nil {
			return err
		}
		if amount <= 0 {
			return fmt.Errorf("order of %s over %d", customer, amount)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO orders VALUES (?, ?)", customer, amount); err != nil {
			return err
		}
		return tx.Commit()
	}
	fmt.Println(order("L-1", 9000))
	fmt.Println(order("L-2", -1))

	rows, err := store.DB().QueryContext(ctx, "SELECT customer, rep, amount FROM customers LEFT JOIN orders USING (customer)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var customer, rep string
		var amount int
		if err := rows.Scan(&customer, &rep, &amount); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(customer, rep, amount)
	}
	// Output:
	// <nil>
	// order of L-2 over -1
	// L-1 ana 9000
}

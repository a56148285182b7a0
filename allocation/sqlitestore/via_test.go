package sqlitestore_test

import (
	"database/sql"
	"errors"
	"iter"
	"math"
	"path/filepath"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// ordersOf counts the rows of a table of the user's.
func ordersOf(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT count(*) FROM orders").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func versionOf(t *testing.T, s allocation.Store, desk string) (version uint64) {
	t.Helper()
	err := s.Update(t.Context(), desk, math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		version = head.Version
		return allocation.Batch{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestViaCommitsWithTheUsersRows(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.DB().Exec("CREATE TABLE orders (customer TEXT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{false, true} {
		tx, err := s.DB().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO orders VALUES ('L-1')"); err != nil {
			t.Fatal(err)
		}
		event(t, s.Via(tx), "acme", allocation.EventAssigned, allocation.StatusAssigned, "L-1", "ana", "")
		event(t, s.Via(tx), "acme", allocation.EventReleased, allocation.StatusReleased, "L-1", "ana", "won")
		if entries, err := s.Snapshot(t.Context(), "acme", 9); err != nil || entries.Version != 0 {
			t.Errorf("readers are not kept waiting by the transaction: %v", err)
		}
		for e, err := range s.Entries(t.Context(), "acme", 0, 0) {
			t.Errorf("what is not committed is not visible outside; there is %v, %v", e, err)
		}
		end, orders, version := tx.Rollback, 0, uint64(0)
		if commit {
			end, orders, version = tx.Commit, 1, 2
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if got := ordersOf(t, s.DB()); got != orders {
			t.Errorf("committed %t: promised %d orders, came %d", commit, orders, got)
		}
		if got := versionOf(t, s, "acme"); got != version {
			t.Errorf("committed %t: the ledger ends with the orders: promised version %d, came %d", commit, version, got)
		}
	}
}

// A batch that is refused is undone alone: the user's rows and the batches
// before it stay in the transaction.
func TestViaRefusedBatch(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.DB().Exec("CREATE TABLE orders (customer TEXT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	tx, err := s.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("INSERT INTO orders VALUES ('L-1')"); err != nil {
		t.Fatal(err)
	}
	via := s.Via(tx)
	assign := func(keys ...allocation.Key) error {
		return via.Update(t.Context(), "acme", 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			b := assignments(head, 3, rising)
			b.Keys = keys
			return b, nil
		})
	}
	if err := assign(allocation.Key{Name: "k", Seq: 1, New: true}); err != nil {
		t.Fatal(err)
	}
	if err := assign(allocation.Key{Name: "k", Seq: 1, New: true}); !errors.Is(err, allocation.ErrKeyTaken) {
		t.Errorf("a key inserted earlier in the transaction is taken; got %v", err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n, version := ordersOf(t, s.DB()), versionOf(t, s, "acme"); n != 1 || version != 3 {
		t.Errorf("the refused batch is undone alone: promised 1 order and version 3, came %d and %d", n, version)
	}
}

// A transaction that was begun elsewhere and has read before others wrote
// cannot be exclusive any more, and says so.
func TestViaOfAStaleTransaction(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	event(t, s, "acme", allocation.EventAssigned, allocation.StatusAssigned, "L-1", "ana", "")
	elsewhere, err := sql.Open("sqlite", filepath.Join(dir, "evenhand.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	tx, err := elsewhere.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, found, err := s.Via(tx).Lookup(t.Context(), "acme", "k"); err != nil || found {
		t.Fatalf("Lookup: %t, %v", found, err)
	}
	event(t, s, "acme", allocation.EventReleased, allocation.StatusReleased, "L-1", "ana", "won")
	err = s.Via(tx).Update(t.Context(), "acme", 0, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		t.Error("fn must not be called when the desk cannot be held")
		return allocation.Batch{}, nil
	})
	if !errors.Is(err, allocation.ErrConflict) {
		t.Errorf("Update in a stale transaction must fail with ErrConflict; got %v", err)
	}
}

package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// open opens the ledgers in a folder; the test closes them.
func open(t testing.TB, dir string, opts ...sqlitestore.Option) *sqlitestore.Store {
	t.Helper()
	s := openFile(t, dir, opts...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// openFile opens the ledgers in a folder; the caller closes them.
func openFile(t testing.TB, dir string, opts ...sqlitestore.Option) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(filepath.Join(dir, "evenhand.db"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) allocation.Store { return open(t, t.TempDir()) })
}

func TestDurable(t *testing.T) {
	storetest.Durable(t, func(t *testing.T, dir string) allocation.Store { return open(t, dir) })
}

// A desk on a store that fails decides what it would have decided without.
func TestFaults(t *testing.T) {
	storetest.Faults(t, func(t *testing.T) allocation.Store { return open(t, t.TempDir()) }, 12)
}

// A store in a transaction of its user keeps the same promises, seen from
// within the transaction.
func TestVia(t *testing.T) {
	storetest.Run(t, func(t *testing.T) allocation.Store {
		s := open(t, t.TempDir())
		tx, err := s.DB().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tx.Rollback() })
		return s.Via(tx)
	})
}

package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// TestAssignInTheCallersTransaction writes the caller's own row and the
// assignment in one transaction: both are there, or neither.
func TestAssignInTheCallersTransaction(t *testing.T) {
	ctx := context.Background()
	store, err := sqlitestore.Open(filepath.Join(t.TempDir(), "desk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	desk, err := allocation.Open(ctx, allocation.Config{Policy: plainPolicy(), Store: store})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if err := desk.SetReps(ctx, []allocation.Rep{{ID: "ana", KPI: map[string]float64{"wins": 1}}, {ID: "bo", KPI: map[string]float64{"wins": 1}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.DB().ExecContext(ctx, "CREATE TABLE crm_leads (id TEXT PRIMARY KEY, owner TEXT)"); err != nil {
		t.Fatal(err)
	}
	assign := func(id string, commit bool) allocation.Decision {
		t.Helper()
		tx, err := store.DB().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		d, err := desk.AssignVia(ctx, store.Via(tx), allocation.Customer{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO crm_leads VALUES (?, ?)", id, d.Rep); err != nil {
			t.Fatal(err)
		}
		if commit {
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	kept := assign("L-1", true)
	assign("L-2", false)
	again, err := desk.Assign(ctx, allocation.Customer{ID: "L-1"})
	if err != nil || !again.Repeated || again.Rep != kept.Rep {
		t.Errorf("what was committed is the recorded decision: %+v, %v", again, err)
	}
	fresh, err := desk.Assign(ctx, allocation.Customer{ID: "L-2"})
	if err != nil || fresh.Repeated || fresh.Rep == kept.Rep {
		t.Errorf("what was rolled back was never decided, and its turn never taken: %+v, %v", fresh, err)
	}
	var leads int
	if err := store.DB().QueryRowContext(ctx, "SELECT count(*) FROM crm_leads").Scan(&leads); err != nil || leads != 1 {
		t.Errorf("the caller's own rows went the same way: %d, %v", leads, err)
	}
	if err := allocation.Verify(ctx, store, "default"); err != nil {
		t.Error(err)
	}
}

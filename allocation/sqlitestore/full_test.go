package sqlitestore_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// TestDiskFull lets SQLite itself run out of room in the middle of a desk's
// work: nothing is acknowledged that is not kept, what only reads goes on, and
// with room again so does the rest.
func TestDiskFull(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	open(t, dir)
	store, disk, err := sqlitestore.OpenOn(filepath.Join(dir, "evenhand.db"))
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
	if err := disk.Limit(2); err != nil {
		t.Fatal(err)
	}
	lead := func(n int) allocation.Customer { return allocation.Customer{ID: fmt.Sprint("L-", n)} }
	acknowledged := map[int]allocation.Decision{}
	n := 0
	for ; n < 1000; n++ {
		d, err := desk.Assign(ctx, lead(n))
		if err == nil {
			acknowledged[n] = d
			continue
		}
		if !errors.Is(err, allocation.ErrNotDurable) || !strings.Contains(err.Error(), "full") {
			t.Fatalf("a full disk is named as the reason: %v", err)
		}
		break // L-n was not acknowledged
	}
	if n == 0 || n == 1000 {
		t.Fatalf("the disk was to fill up meanwhile; %d customers went in", n)
	}
	for n, want := range acknowledged {
		if d, err := desk.Assign(ctx, lead(n)); err != nil || !d.Repeated || d.Seq != want.Seq || d.Rep != want.Rep {
			t.Fatalf("what was acknowledged is kept and can be asked for on a full disk: %+v, %v, want %+v", d, err, want)
		}
	}
	if r, err := desk.Report(ctx); err != nil || r.Version != acknowledged[n-1].Seq {
		t.Errorf("a report needs no room, and knows what was acknowledged and no more: %+v, %v", r, err)
	}
	if _, err := desk.Assign(ctx, lead(n)); !errors.Is(err, allocation.ErrNotDurable) {
		t.Errorf("the disk is still full: %v", err)
	}
	if err := disk.Limit(-1); err != nil {
		t.Fatal(err)
	}
	if d, err := desk.Assign(ctx, lead(n)); err != nil || d.Repeated {
		t.Errorf("with room again the request is decided: %+v, %v", d, err)
	}
	if err := allocation.Verify(ctx, store, "default"); err != nil {
		t.Error(err)
	}
}

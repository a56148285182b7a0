package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// A ledger that somebody changed by hand is not explained away: what is
// recorded is shown, and the exit status says that it cannot be repeated.
func TestExplainTamperedLedger(t *testing.T) {
	folder := t.TempDir()
	policy := writeText(t, filepath.Join(folder, "policy.yaml"), "evenhand: 1\nname: p\ncustomer: lead\nrules: [{name: everyone}]\n")
	reps := writeText(t, filepath.Join(folder, "reps.csv"), "id\nana\nbo\n")
	leads := writeText(t, filepath.Join(folder, "leads.csv"), "id\nL-1\n")
	db := filepath.Join(folder, "desk.db")
	command(t, exitOK, "run", policy, "--customers", leads, "--reps", reps, "--now", "2026-03-02", "--store", db, "--summary", "none")

	store, err := sqlitestore.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.DB().Exec(`UPDATE ledger SET rep = 'bo' WHERE customer = 'L-1'`); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := evenhand([]string{"explain", "L-1", "--store", db}, console{strings.NewReader(""), &stdout, &stderr})
	if status != exitFailure || !strings.Contains(stderr.String(), "replay diverged from the ledger") {
		t.Errorf("exit status %d, %q; want %d and the divergence", status, stderr.String(), exitFailure)
	}
	if !strings.HasPrefix(stdout.String(), "lead L-1 went to bo") || strings.Contains(stdout.String(), "chosen") {
		t.Errorf("shown: %q; want what is recorded, and no reasons", stdout.String())
	}
}

package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const conservationPolicy = `
evenhand: 1
name: conservation
customer: lead
fields:
  lead: {employees: int}
caps:
  - {name: book, open: 2}
rules:
  - name: large
    when: lead.employees > 5
    if_none: wait
  - name: others
`

// Whatever the rows are, each is a customer, a repeat or a reject, and each
// customer has one decision.
func TestNothingIsLost(t *testing.T) {
	folder := t.TempDir()
	policy := writeText(t, filepath.Join(folder, "policy.yaml"), conservationPolicy)
	reps := writeText(t, filepath.Join(folder, "reps.csv"), "id\nana\nbo\n")
	customers, out := filepath.Join(folder, "leads.csv"), filepath.Join(folder, "out.csv")
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return strings.Join([]string{
				rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "", " ", "=f", `"g"`, `"h`, "\xff"}).Draw(t, "id"),
				rapid.SampledFrom([]string{"2026-03-01", "2026-03-02", "2026-03-03 10:00:00", "", "soon"}).Draw(t, "at"),
				rapid.SampledFrom([]string{"2026-03-02", "2026-03-04", "", "", "later"}).Draw(t, "close"),
				rapid.SampledFrom([]string{"1", "9", "", "many", "1,2"}).Draw(t, "employees"),
			}, ",")
		}), 0, 12).Draw(t, "rows")
		if err := os.WriteFile(customers, []byte("id,at,closed,employees\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		rejectsFile := filepath.Join(folder, "out.rejects.csv")
		if err := os.RemoveAll(rejectsFile); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		status := evenhand([]string{"run", policy, "--customers", customers, "--reps", reps, "--at", "at", "--close", "closed", "--out", out, "--summary", "none"},
			console{strings.NewReader(""), &stdout, &stderr})
		decided, rejected := countRows(t, out), countRows(t, rejectsFile)
		if status != exitOK && status != exitRejected {
			t.Fatalf("property: bad rows never stop a run; exit status %d: %s", status, stderr.String())
		}
		if (status == exitRejected) != (rejected > 0) {
			t.Fatalf("property: the exit status says whether rows were rejected; %d with %d", status, rejected)
		}
		if decided > 8 || decided+rejected > len(rows) || len(rows) > 0 && decided+rejected == 0 {
			t.Fatalf("property: each row is a customer, a repeat or a reject; %d rows, %d customers, %d rejects", len(rows), decided, rejected)
		}
	})
}

// countRows counts the rows under the header; a file that is not there has none.
func countRows(t *rapid.T, path string) int {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("property: what is written can be read; %s: %v", path, err)
	}
	return len(rows) - 1
}

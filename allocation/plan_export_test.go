package allocation_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/google/go-cmp/cmp"
)

var updatePlan = flag.Bool("update-plan", false, "write the exports of a plan into testdata/plan; look at them before committing")

// TestPlanExports pins what people and programs read of a plan.
func TestPlanExports(t *testing.T) {
	desk, monday := backlogDesk()
	defer desk.Close()
	customers := append(backlogLeads(), allocation.Customer{ID: "L-9", Fields: map[string]any{"price": "<b>dear</b>"}})
	plan, err := desk.Plan(context.Background(), customers, allocation.PlanOptions{At: monday})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"plan.csv": plan.WriteCSV, "plan.json": plan.WriteJSON, "plan.html": plan.WriteHTML,
	} {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		file := "testdata/plan/" + name
		if *updatePlan {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got, -update-plan writes it):\n%s", file, diff)
		}
	}
}

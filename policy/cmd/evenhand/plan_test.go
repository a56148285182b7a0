package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// expiring is a context that is interrupted when it has been asked so often.
type expiring struct {
	context.Context
	left int
}

func (c *expiring) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestPlanInterrupted interrupts a plan at every moment at which it looks: it
// shows the best so far and says that it was interrupted, or says that there was
// none yet and writes nothing.
func TestPlanInterrupted(t *testing.T) {
	folder := t.TempDir()
	leads := "id,price\n"
	for i := range 40 {
		leads += fmt.Sprintf("L-%02d,%d\n", i, 100+i*i%37)
	}
	file := func(name, text string) string { return writeText(t, filepath.Join(folder, name), text) }
	policy := file("policy.yaml", `
evenhand: 1
name: plan
customer: lead
fields: {lead: {price: number}}
kpis: [rate]
caps: [{name: book, open: 9}]
rules:
  - {name: best, pick: best, prefer: rep.kpi.rate * lead.price, if_none: wait}
`)
	customers, reps := file("leads.csv", leads), file("reps.csv", "id,rate\nana,0.5\nbo,0.4\ncy,0.3\n")
	stopped, never := 0, 0
	for n := 0; ; n++ {
		var out, errs bytes.Buffer
		path := filepath.Join(folder, fmt.Sprint(n, ".csv"))
		r := &planCommand{Policy: policy, Customers: customers, Reps: reps, Desk: "default", Format: "auto",
			results: results{Out: path, Summary: "text"}, inputs: inputs{InputFormat: "auto", RepsFormat: "auto"}}
		ctx := &expiring{t.Context(), n}
		err := r.Run(ctx, console{strings.NewReader(""), &out, &errs})
		switch {
		case err != nil:
			never++
			if err.Error() != "interrupted before there was a plan; nothing was written" || exists(path) || exists(path+".part") {
				t.Fatalf("interrupted at look %d: %v; a plan was written: %t", n, err, exists(path))
			}
		case !strings.Contains(out.String(), "Interrupted: this is the best so far."):
			if stopped == 0 || never == 0 {
				t.Fatalf("%d interrupts gave a plan, %d none; want some of both", stopped, never)
			}
			return
		default:
			stopped++
			if !strings.Contains(out.String(), "no allocation is worth more than") && !strings.Contains(out.String(), "and no allocation is worth more") {
				t.Errorf("interrupted at look %d it does not say how good it is:\n%s", n, &out)
			}
		}
	}
}

// TestPlanCountsEveryRow: each row of the file is counted once.
func TestPlanCountsEveryRow(t *testing.T) {
	d := &planned{command: &planCommand{}, Reasons: map[string]int{}}
	for _, row := range []allocation.PlanRow{
		{Status: allocation.StatusAssigned, Rep: "ana"},
		{Status: allocation.StatusAssigned, Rep: "ana", From: "ana"},
		{Status: allocation.StatusAssigned, Rep: "ana", From: "bo"},
		{Status: allocation.StatusAssigned, Rep: "bo", From: "bo", Fault: "it cannot be read"},
		{Status: allocation.StatusWaiting, Reason: allocation.ReasonFull},
		{Status: allocation.StatusUnassigned, Reason: "spam"},
		{Status: allocation.StatusReleased, Reason: allocation.ReasonClosed},
	} {
		d.count(&row)
	}
	if d.Placed != 1 || d.Stayed != 1 || d.Moved != 1 || d.Waiting != 1 || d.Unassigned != 1 || d.Closed != 1 || d.Reasons["spam"] != 1 {
		t.Errorf("counted %+v", d)
	}
}

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

// interruptedPlan is a plan of forty leads that is interrupted when it has looked
// so often, and what it said.
type interruptedPlan struct {
	folder  string
	command planCommand
	out     bytes.Buffer
}

func newInterruptedPlan(t *testing.T) *interruptedPlan {
	p := &interruptedPlan{folder: t.TempDir()}
	file := func(name, text string) string { return writeText(t, filepath.Join(p.folder, name), text) }
	leads := "id,price\n"
	for i := range 40 {
		leads += fmt.Sprintf("L-%02d,%d\n", i, 100+i*i%37)
	}
	p.command = planCommand{Desk: "default", Format: "auto", Customers: file("leads.csv", leads), Reps: file("reps.csv", "id,rate\nana,0.5\nbo,0.4\ncy,0.3\n"),
		results: results{Summary: "text"}, inputs: inputs{InputFormat: "auto", RepsFormat: "auto"}}
	p.command.Policy = file("policy.yaml", `
evenhand: 1
name: plan
customer: lead
fields: {lead: {price: number}}
kpis: [rate]
caps: [{name: book, open: 9}]
rules:
  - {name: best, pick: best, prefer: rep.kpi.rate * lead.price, if_none: wait}
`)
	return p
}

func (p *interruptedPlan) run(t *testing.T, looks int) error {
	p.out.Reset()
	p.command.Out = filepath.Join(p.folder, fmt.Sprint(looks, ".csv"))
	return p.command.Run(&expiring{t.Context(), looks}, console{strings.NewReader(""), &p.out, &bytes.Buffer{}})
}

const noPlanYet = "interrupted before there was a plan; nothing was written"

// TestPlanInterrupted interrupts a plan at every moment at which it looks: it
// shows the best so far and says that it was interrupted, or says that there was
// none yet and writes nothing.
func TestPlanInterrupted(t *testing.T) {
	p := newInterruptedPlan(t)
	stopped, never, rounds := 0, 0, 0
	for n := 0; ; n++ {
		err := p.run(t, n)
		path, text := p.command.Out, p.out.String()
		switch {
		case err != nil:
			never++
			if err.Error() != noPlanYet || exists(path) || exists(path+".part") {
				t.Fatalf("interrupted at look %d: %v; a plan was written: %t", n, err, exists(path))
			}
		case !strings.Contains(text, "Interrupted: this is the best so far."):
			if stopped > 0 && never > 0 {
				return
			}
			if rounds++; rounds == 50 {
				t.Fatalf("%d interrupts gave a plan, %d none; want some of both", stopped, never)
			}
			n = -1 // how often a run looks differs from run to run
		default:
			stopped++
			if !strings.Contains(text, "no allocation is worth more") {
				t.Errorf("interrupted at look %d it does not say how good it is:\n%s", n, text)
			}
		}
	}
}

// TestPlanInterruptedIsNotRecorded: an interrupted plan is not in the ledger, all
// of it or any of it, and a plan that was not interrupted is. How often a run
// looks differs from run to run, so that the moment between making the plan and
// recording it is met in most rounds and not in each.
func TestPlanInterruptedIsNotRecorded(t *testing.T) {
	p := newInterruptedPlan(t)
	p.command.Commit = true
	seen := map[string]bool{}
	for round := 0; !seen["shown"] || !seen["none"]; round++ {
		if round == 50 {
			t.Fatalf("in %d rounds these interrupts came up: %v", round, seen)
		}
		for n := 0; p.interruptedIsNotRecorded(t, round, n, seen); n++ {
		}
	}
}

// interruptedIsNotRecorded interrupts a plan when it has looked so often, and
// reports whether it came to that.
func (p *interruptedPlan) interruptedIsNotRecorded(t *testing.T, round, looks int, seen map[string]bool) bool {
	p.command.Store = filepath.Join(p.folder, fmt.Sprintf("%d-%d.db", round, looks))
	err := p.run(t, looks)
	planned, assigned := recordedIn(t, p.command.Store)
	if err == nil {
		if planned != 1 || assigned != 27 {
			t.Fatalf("%d plans and %d customers are recorded, want 1 and 27", planned, assigned)
		}
		return false
	}
	switch text, _, _ := strings.Cut(err.Error(), "\n"); text {
	case noPlanYet:
		seen["none"] = true
	case "interrupted: the plan is shown and not recorded":
		seen["shown"] = true
		if !strings.Contains(p.out.String(), "It was not recorded") {
			t.Errorf("interrupted at look %d it says\n%s", looks, &p.out)
		}
	default:
		t.Fatalf("interrupted at look %d: %v", looks, err)
	}
	if planned+assigned > 0 {
		t.Fatalf("interrupted at look %d, %d plans and %d customers are recorded", looks, planned, assigned)
	}
	return true
}

// recordedIn counts plans and the customers who were assigned in a store.
func recordedIn(t *testing.T, path string) (planned, assigned int) {
	t.Helper()
	store, err := opened(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for e, err := range store.Entries(t.Context(), "default", 0, 0) {
		switch {
		case err != nil:
			t.Fatal(err)
		case e.Event == allocation.EventPlanned:
			planned++
		case e.Status == allocation.StatusAssigned:
			assigned++
		}
	}
	return planned, assigned
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

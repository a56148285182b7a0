package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// decided is a customer of the input with what became of him in the end.
type decided struct {
	arrival  *arrival
	known    bool                // decided before this run
	decision allocation.Decision // the last one: of a customer who waited and was placed, the placing
	left     time.Time           // when he stopped waiting; zero if he waits, or never did
	closed   time.Time           // zero: open
}

func newDecided(a *arrival, decision allocation.Decision) *decided {
	d := &decided{arrival: a, decision: decision, known: decision.Repeated}
	if !decision.Since.IsZero() && decision.Status != allocation.StatusWaiting {
		d.left = decision.At
	}
	return d
}

// follow reads what the ledger says of the customers of the input after they
// were decided: some were closed, and some who waited were placed.
func (r *replay) follow(ctx context.Context, store allocation.Store, desk string) error {
	for e, err := range store.Entries(ctx, desk, r.from, 0) {
		if err != nil {
			return fmt.Errorf("reading the decisions back: %w", err)
		}
		if d := r.by[allocation.CustomerRef{Kind: e.Kind, ID: e.Customer}]; d != nil && e.Seq > d.decision.Seq {
			d.fold(&e)
		}
	}
	return nil
}

// fold takes in one entry about the customer.
func (d *decided) fold(e *allocation.Entry) {
	waits := d.decision.Status == allocation.StatusWaiting
	switch e.Event {
	case allocation.EventWaiting, allocation.EventAssigned, allocation.EventUnassigned:
		d.decide(e)
	case allocation.EventReconciled:
		d.reconciled(e)
	case allocation.EventTransferred:
		d.decision.Rep, d.decision.Reason = e.Rep, e.Reason
	case allocation.EventReleased:
		d.closed = e.At
		if waits {
			d.left, d.decision.Status = e.At, e.Status
		}
	case allocation.EventVoided:
		d.decision.Status = e.Status
		if waits {
			d.left = e.At
		}
	}
}

// reconciled takes in what the CRM says of him.
func (d *decided) reconciled(e *allocation.Entry) {
	switch e.Reason {
	case allocation.DriftOwner, allocation.DriftUnits:
		d.decision.Rep, d.decision.Reason = e.Rep, e.Reason
	case allocation.DriftUnowned:
		d.decision.Status, d.decision.Rep, d.decision.Reason = e.Status, "", e.Reason
	case allocation.DriftClosed, allocation.DriftMissing:
		d.closed = e.At
		if d.decision.Status != allocation.StatusAssigned {
			d.left, d.decision.Status = e.At, e.Status
		}
	default:
		d.decide(e)
	}
}

// decide takes in a later decision. Who waited in the same episode waited for
// it; a new episode begins anew.
func (d *decided) decide(e *allocation.Entry) {
	x := &d.decision
	if e.Episode != x.Episode {
		x.Since = time.Time{}
	}
	d.left, d.closed = time.Time{}, time.Time{}
	switch {
	case e.Status != allocation.StatusWaiting && !x.Since.IsZero():
		d.left = e.At
	case e.Status == allocation.StatusWaiting && x.Since.IsZero():
		x.Since = e.At
	}
	x.Status, x.Rep, x.Rule, x.Reason = e.Status, e.Rep, e.Rule, e.Reason
	x.Seq, x.At, x.Episode = e.Seq, e.At, e.Episode
}

// line is one decision as it is written out.
type line struct {
	Customer     string `json:"customer"`
	Kind         string `json:"kind"`
	Status       string `json:"status"`
	Rep          string `json:"rep,omitempty"`
	Rule         string `json:"rule,omitempty"`
	Reason       string `json:"reason,omitempty"`
	At           string `json:"at"`
	WaitingSince string `json:"waiting_since,omitempty"`
	Closed       string `json:"closed,omitempty"`
	Seq          uint64 `json:"seq"`
}

var lineHeader = []string{"customer", "kind", "status", "rep", "rule", "reason", "at", "waiting_since", "closed", "seq"}

func (l *line) cells() []string {
	return []string{l.Customer, l.Kind, l.Status, l.Rep, l.Rule, l.Reason, l.At, l.WaitingSince, l.Closed, strconv.FormatUint(l.Seq, 10)}
}

func (d *decided) line(zone *time.Location) line {
	written := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(time.RFC3339Nano)
	}
	x := &d.decision
	return line{
		Customer: x.Customer, Kind: x.Kind, Status: string(x.Status), Rep: x.Rep, Rule: x.Rule, Reason: x.Reason,
		At: written(x.At), WaitingSince: written(x.Since), Closed: written(d.closed), Seq: x.Seq,
	}
}

// writeDecisions writes one line for each customer, as CSV for people or as
// JSON Lines.
func writeDecisions(w io.Writer, format string, all []*decided, zone *time.Location) error {
	if format == "csv" {
		return writeDecisionsCSV(w, all, zone)
	}
	for _, d := range all {
		text, err := marshal(d.line(zone))
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// marshal gives JSON and a line break, with < > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func writeDecisionsCSV(w io.Writer, all []*decided, zone *time.Location) error {
	out := tabular.NewWriter(w)
	if err := out.Write(append([]string(nil), lineHeader...)); err != nil {
		return err
	}
	for _, d := range all {
		l := d.line(zone)
		if err := out.Write(l.cells()); err != nil {
			return err
		}
	}
	return out.Flush()
}

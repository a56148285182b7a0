package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Faults runs a desk on a store that fails at random: commits fail, lose their
// reply, conflict while another process looks, find the disk full, the process crashes before
// and after the append and a new one opens the desk, and reads fail at any step.
// Callers send each request again until it is answered. Beside it the same
// requests go to a desk on a sound memory store: answers, entries, keys and what
// a new process makes of the ledger must be the same, and the timer no later.
//
// A run is of up to so many requests; how many runs there are is rapid's flag
// -rapid.checks. open is called once and each run has a desk of its own. Cost of
// a request: two appends or so, and now and then loading the desk again.
func Faults(t *testing.T, open func(t *testing.T) allocation.Store, requests int) {
	f := newFixture(t, func() allocation.Store { return open(t) })
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		r := newFaultyRun(t, f.store, fmt.Sprint("desk ", runs))
		defer r.close()
		for range rapid.IntRange(1, requests).Draw(t, "requests") {
			r.step()
		}
		r.compare()
	})
}

// faultyRun is one run: a desk on a faulty handle of the store under test, and
// its sound twin.
type faultyRun struct {
	t     *rapid.T
	name  string
	store *Faulty
	desk  *allocation.Desk
	twin  allocation.Store
	sound *allocation.Desk

	now       time.Time
	customers int
	keys      int
}

// faultyRequest is one call of a desk's method; sent again it must be the same.
type faultyRequest struct {
	name string
	do   func(*allocation.Desk) (allocation.Decision, error)
}

func newFaultyRun(t *rapid.T, under allocation.Store, name string) *faultyRun {
	r := &faultyRun{t: t, name: name, store: NewFaulty(under), twin: allocation.NewMemoryStore(), now: morning}
	r.sound = r.open(r.twin)
	r.desk = r.open(r.store)
	r.store.Meanwhile(r.look)
	r.send(faultyRequest{"set reps", func(d *allocation.Desk) (allocation.Decision, error) {
		return allocation.Decision{}, d.SetReps(context.Background(), []allocation.Rep{rep("ana", 9), rep("bo", 5), rep("cy", 3)}, allocation.Opening{At: morning})
	}})
	return r
}

func rep(id string, capacity int64) allocation.Rep {
	return allocation.Rep{ID: id, Capacity: &capacity, KPI: map[string]float64{"wins": float64(len(id))}}
}

func (r *faultyRun) open(store allocation.Store) *allocation.Desk {
	desk, err := allocation.Open(context.Background(), allocation.Config{
		Desk: r.name, Policy: victimPolicy(), Store: store, Replay: allocation.ReplayClamp,
		Clock: func() time.Time { return morning }, Entropy: zeros{}, SnapshotEvery: 10,
	})
	if err != nil {
		r.t.Fatalf("a desk opens when the store is sound: %v", err)
	}
	return desk
}

func (r *faultyRun) close() {
	r.desk.Close()
	r.sound.Close()
}

// step sends one request, mostly with trouble.
func (r *faultyRun) step() {
	t := r.t
	request := r.draw()
	var faults []Fault
	for range rapid.IntRange(0, 3).Draw(t, "faults") {
		faults = append(faults, rapid.SampledFrom([]Fault{
			Works, FailsBefore, FailsAfter, Conflicts, Intrudes, CrashesBefore, CrashesAfter, FillsUp,
		}).Draw(t, "fault"))
	}
	r.store.Then(faults...)
	if after := rapid.IntRange(-20, 20).Draw(t, "failing read"); after >= 0 {
		r.store.FailRead(after)
	}
	r.send(request)
	r.store.Clear()
}

// look is another process that opens the desk and looks, which must disturb
// nobody.
func (r *faultyRun) look() {
	other := r.open(r.store.inner)
	defer other.Close()
	r.report(other)
}

// send sends a request to the sound desk, and to the other one until it is
// answered.
func (r *faultyRun) send(request faultyRequest) {
	want, wantErr := request.do(r.sound)
	for try := 1; ; try++ {
		got, err := request.do(r.desk)
		if !errors.Is(err, allocation.ErrNotDurable) || try == 9 {
			if try > 1 {
				got.Repeated = want.Repeated // rightly
			}
			if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				r.t.Fatalf("%s: whatever the store does, the answer is the same: %v, want %v (-sound +faulty)\n%s", request.name, err, wantErr, diff)
			}
			return
		}
		r.store.MakeRoom()
		if errors.Is(err, ErrCrashed) {
			r.desk.Close()
			r.store.Restart()
			r.reopen()
		}
	}
}

// reopen opens the desk as a new process does.
func (r *faultyRun) reopen() {
	r.store.Clear()
	r.desk = r.open(r.store)
}

// draw draws a request.
func (r *faultyRun) draw() faultyRequest {
	t, ctx := r.t, context.Background()
	r.now = r.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
	now := r.now
	someone := fmt.Sprint("C", rapid.IntRange(1, max(1, r.customers)).Draw(t, "customer"))
	who := rapid.SampledFrom([]string{"ana", "bo", "cy"}).Draw(t, "rep")
	size := rapid.IntRange(1, 3).Draw(t, "size")
	customer := func(id string) allocation.Customer {
		return allocation.Customer{ID: id, At: now, Fields: map[string]any{"size": size}}
	}
	fresh := func() allocation.Customer {
		r.customers++
		return customer(fmt.Sprint("C", r.customers))
	}
	key := func() string {
		r.keys++
		return fmt.Sprint("key ", r.keys)
	}
	quiet := func(name string, do func(d *allocation.Desk) error) faultyRequest {
		return faultyRequest{name, func(d *allocation.Desk) (allocation.Decision, error) { return allocation.Decision{}, do(d) }}
	}
	switch rapid.IntRange(0, 11).Draw(t, "request") {
	case 0:
		return faultyRequest{"assign again", func(d *allocation.Desk) (allocation.Decision, error) { return d.Assign(ctx, customer(someone)) }}
	case 1:
		return quiet("release", func(d *allocation.Desk) error { return d.Release(ctx, someone, allocation.Won, allocation.At(now)) })
	case 2:
		return quiet("void", func(d *allocation.Desk) error { return d.Void(ctx, someone, "oops", allocation.At(now)) })
	case 3:
		c := customer(someone)
		c.Key = key()
		return faultyRequest{"reassign", func(d *allocation.Desk) (allocation.Decision, error) { return d.Reassign(ctx, c) }}
	case 4:
		c := fresh()
		return faultyRequest{"assign by hand", func(d *allocation.Desk) (allocation.Decision, error) { return d.AssignTo(ctx, c, who) }}
	case 5:
		return quiet("transfer", func(d *allocation.Desk) error { return d.Transfer(ctx, someone, who, allocation.At(now)) })
	case 6:
		once := allocation.Once(key())
		return quiet("grant", func(d *allocation.Desk) error {
			return d.Grant(ctx, "rest", who, float64(size-2), "sorry", once, allocation.At(now))
		})
	case 7:
		return quiet("set rep", func(d *allocation.Desk) error { return d.SetRep(ctx, rep(who, int64(size*3)), now) })
	case 8:
		return quiet("advance", func(d *allocation.Desk) error { return d.Advance(ctx, now) })
	}
	c := fresh()
	return faultyRequest{"assign", func(d *allocation.Desk) (allocation.Decision, error) { return d.Assign(ctx, c) }}
}

// compare holds what is left in the store against the twin.
func (r *faultyRun) compare() {
	ctx := context.Background()
	want, got := r.ledger(r.twin), r.ledger(r.store)
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Fatalf("whatever the store does, the ledger is the same (-sound +faulty):\n%s", diff)
	}
	if err := allocation.Verify(ctx, r.store, r.name); err != nil {
		r.t.Fatal(err)
	}
	for n := range r.customers {
		key := fmt.Sprintf("c/lead/C%d", n+1)
		wantSeq, _, _ := r.twin.Lookup(ctx, r.name, key)
		if seq, _, err := r.store.Lookup(ctx, r.name, key); err != nil || seq != wantSeq {
			r.t.Fatalf("key %s points to entry %d, want %d: %v", key, seq, wantSeq, err)
		}
	}
	if due, want := r.timer(r.store), r.timer(r.twin); !want.IsZero() && (due.IsZero() || due.After(want)) {
		r.t.Fatalf("who waits is looked at no later: the timer is at %v, want %v", due, want)
	}
	r.desk.Close()
	r.reopen()
	if diff := cmp.Diff(r.report(r.sound), r.report(r.desk)); diff != "" {
		r.t.Fatalf("a new process makes the same of the ledger (-sound +faulty):\n%s", diff)
	}
}

func (r *faultyRun) ledger(store allocation.Store) (all []allocation.Entry) {
	for e, err := range store.Entries(context.Background(), r.name, 0, 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func (r *faultyRun) timer(store allocation.Store) time.Time {
	timers, err := store.Due(context.Background(), farAway, 1<<30)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, t := range timers {
		if t.Desk == r.name {
			return t.At
		}
	}
	return time.Time{}
}

// report is a desk's report as text: its exact bounds are private.
func (r *faultyRun) report(d *allocation.Desk) string {
	report, err := d.Report(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return fmt.Sprintf("%+v", *report)
}

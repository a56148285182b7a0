package allocation

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// gated is a store whose next Update begins only when the gate opens, so that
// requests can be made to wait for one append together.
type gated struct {
	Store
	entered, gate chan struct{}
}

func (g *gated) Update(ctx context.Context, desk string, since uint64, fn func(Head, iter.Seq2[Entry, error]) (Batch, error)) error {
	if g.gate != nil {
		gate := g.gate
		g.gate = nil
		g.entered <- struct{}{}
		<-gate
	}
	return g.Store.Update(ctx, desk, since, fn)
}

// together sends requests so that the desk decides all of them for one append,
// and returns their errors.
func (d *testDesk) together(requests ...func() error) []error {
	d.t.Helper()
	store := d.cfg.Store.(*gated)
	gate := make(chan struct{})
	store.entered, store.gate = make(chan struct{}), gate
	first := make(chan error)
	go func() { first <- d.Advance(ctx, monday) }()
	<-store.entered // the serial section is busy from here on
	errs := make([]error, len(requests))
	done := make(chan struct{})
	for i, r := range requests {
		go func() { errs[i] = r(); done <- struct{}{} }()
	}
	for len(d.queue) < len(requests) {
		runtime.Gosched()
	}
	close(gate)
	d.must(<-first)
	for range requests {
		<-done
	}
	return errs
}

func TestOnePanicSparesThoseBesideIt(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{}}}}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{func(_ *Rep, _ int64, f fakeFields) Truth {
		if f["size"] == 7.0 {
			panic("boom")
		}
		return True
	}}
	d := openTest(t, &gated{Store: NewMemoryStore()}, p.policy("p"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	before := collect(t, d.store.Entries(ctx, "test", 0, 0))
	assign := func(id string, size int) func() error {
		return func() error {
			_, err := d.Assign(ctx, Customer{ID: id, At: monday, Fields: map[string]any{"size": size}})
			return err
		}
	}
	errs := d.together(assign("L1", 1), assign("P", 7), assign("L2", 1))
	if errors.Join(errs...) != nil {
		t.Errorf("of three requests in one append the one whose customer panics is set aside, and only that: %v", errs)
	}
	if after := d.entries(); len(after) != len(before)+3 || strings.Count(d.events(), "unassigned P") != 1 {
		t.Errorf("all three are in the ledger, one of them set aside: %s", d.events())
	}
	boom := func(*options) { panic("boom") }
	errs = d.together(assign("L3", 1), func() error { return d.Release(ctx, "L1", Won, boom) }, assign("L4", 1))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil || errors.Is(errs[1], ErrNotDurable) {
		t.Errorf("of three requests in one append the one that panics is answered with an error, and only that: %v", errs)
	}
}

// watched is a store that gives callers time to be answered between deciding
// and appending, and notes whether one was.
type watched struct {
	Store
	answered atomic.Int64
	early    atomic.Bool
}

func (w *watched) Update(ctx context.Context, desk string, since uint64, fn func(Head, iter.Seq2[Entry, error]) (Batch, error)) error {
	return w.Store.Update(ctx, desk, since, func(head Head, tail iter.Seq2[Entry, error]) (Batch, error) {
		before := w.answered.Load()
		batch, err := fn(head, tail)
		for range 1000 {
			runtime.Gosched()
		}
		if w.answered.Load() != before {
			w.early.Store(true)
		}
		return batch, err
	})
}

func TestNobodyIsAnsweredBeforeTheAppend(t *testing.T) {
	store := &watched{Store: NewMemoryStore()}
	d := openTest(t, store, (&fakePolicy{Policy: Policy{Rules: []Rule{{}}}}).policy("p"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	for _, id := range []string{"L1", "L2", "L1", "L3"} {
		_, err := d.Assign(ctx, Customer{ID: id, At: monday})
		store.answered.Add(1)
		d.must(err)
	}
	d.must(d.Close())
	if store.early.Load() {
		t.Error("a request is answered after its append, a repeated one included; one was answered before")
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

const smallPolicy = `
evenhand: 1
name: small
customer: lead
caps:
  - {name: book, open: 3}
rules:
  - name: everyone
    if_none: wait
`

// aRun is a run of 40 leads over three reps with small books: there is always
// somebody who waits.
type aRun struct {
	command  runCommand
	document *document
	reps     *repsFile
}

func newRun(t *testing.T) *aRun {
	t.Helper()
	folder := t.TempDir()
	path := writeText(t, filepath.Join(folder, "policy.yaml"), smallPolicy)
	p, err := loadDocument(path)
	if err != nil {
		t.Fatal(err)
	}
	leads := "id,at,closed\n"
	for i := range 40 {
		leads += fmt.Sprintf("L-%02d,2026-03-%02d,2026-03-%02d\n", i, 1+i/4, 3+i/3)
	}
	r := &aRun{document: p, command: runCommand{
		At: "at", Close: "closed", inputs: inputs{InputFormat: "auto"}, Desk: "default", Customers: writeText(t, filepath.Join(folder, "leads.csv"), leads)}}
	c := console{err: &bytes.Buffer{}}
	if r.reps, err = readReps(source{what: "reps", path: writeText(t, filepath.Join(folder, "reps.csv"), "id\nana\nbo\ncy\n"), format: "auto"}, nil, p, c); err != nil {
		t.Fatal(err)
	}
	return r
}

// arrivals reads the leads.
func (r *aRun) arrivals() ([]*arrival, error) {
	t, in, err := r.command.readCustomers(r.document, console{err: &bytes.Buffer{}})
	if err != nil {
		return nil, err
	}
	arrivals, rejected := in.read(t)
	if len(rejected) > 0 {
		return nil, errors.New(rejected[0].reason)
	}
	in.sortArrivals(arrivals)
	return arrivals, nil
}

// decide takes the leads through a store.
func (r *aRun) decide(ctx context.Context, store allocation.Store) error {
	arrivals, err := r.arrivals()
	if err != nil {
		return err
	}
	_, _, err = r.command.decide(ctx, r.document, store, r.reps, arrivals, console{err: &bytes.Buffer{}})
	return err
}

// decideInto takes the leads into a file.
func (r *aRun) decideInto(ctx context.Context, path string) error {
	store, err := sqlitestore.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(r.decide(ctx, store), store.Close())
}

func openFile(t *testing.T, path string) *sqlitestore.Store {
	t.Helper()
	file, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// ledgerOf reads the whole ledger of a file, and checks its chain.
func ledgerOf(t *testing.T, path string) []allocation.Entry {
	t.Helper()
	file := openFile(t, path)
	defer file.Close()
	var all []allocation.Entry
	for e, err := range file.Entries(context.Background(), "default", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	var before allocation.Head
	for head, err := range file.Links(context.Background(), "default") {
		if err != nil {
			t.Fatal(err)
		}
		if head.Link != allocation.Link(before.Link, all[before.Version:head.Version]) {
			t.Fatalf("property: the chain of a run holds; it is broken at entry %d", head.Version)
		}
		before = head
	}
	if int(before.Version) != len(all) {
		t.Fatalf("property: the chain covers every entry; it ends at %d", before.Version)
	}
	return all
}

// Taking many steps in one append changes no entry.
func TestRunIsOneRequestAfterTheOther(t *testing.T) {
	r := newRun(t)
	single, together := filepath.Join(t.TempDir(), "single.db"), filepath.Join(t.TempDir(), "together.db")
	if err := r.decideInto(context.Background(), together); err != nil {
		t.Fatal(err)
	}
	store := openFile(t, single)
	defer store.Close()
	if err := r.oneByOne(context.Background(), store); err != nil {
		t.Fatal(err)
	}
	want, got := ledgerOf(t, single), ledgerOf(t, together)
	if len(want) < 80 || !reflect.DeepEqual(got, want) {
		t.Errorf("property: a run writes the ledger of its requests one after the other; %d entries, want %d", len(got), len(want))
	}
}

// oneByOne makes every request of the run by itself.
func (r *aRun) oneByOne(ctx context.Context, store allocation.Store) error {
	arrivals, err := r.arrivals()
	if err != nil {
		return err
	}
	desk, err := allocation.Open(ctx, allocation.Config{Policy: r.document.compiled, Store: store, Replay: allocation.ReplayStrict})
	if err != nil {
		return err
	}
	defer desk.Close()
	steps := stepsOf(arrivals)
	if err := desk.SetReps(ctx, r.reps.reps, allocation.Opening{At: steps[0].at}); err != nil {
		return err
	}
	for _, s := range steps {
		if s.phase == arriving {
			_, err = desk.Assign(ctx, s.a.customer)
		} else {
			err = desk.Release(ctx, s.a.customer.ID, s.a.outcome, allocation.At(s.at))
		}
		if err != nil {
			return err
		}
	}
	return desk.Advance(ctx, steps[len(steps)-1].at)
}

// On a store with another policy, the new one is in force when the first
// customer of the run arrives, and not before.
func TestChangedPolicyIsInForceFromTheFirstCustomer(t *testing.T) {
	r := newRun(t)
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := r.decideInto(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var err error
	if r.document, err = loadDocument(writeText(t, filepath.Join(folder, "policy.yaml"), strings.Replace(smallPolicy, "open: 3", "open: 5", 1))); err != nil {
		t.Fatal(err)
	}
	r.command.Customers = writeText(t, filepath.Join(folder, "leads.csv"), "id,at,closed\nM-1,2026-05-04,\n")
	if err := r.decideInto(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	var set []string
	for _, e := range ledgerOf(t, path) {
		if e.Event == allocation.EventPolicySet {
			set = append(set, stamp(e.At))
		}
	}
	if want := []string{"2026-03-01", "2026-05-04"}; !reflect.DeepEqual(set, want) {
		t.Errorf("policies are recorded on %v, want %v", set, want)
	}
}

// cancelling ends a run after some appends, as Ctrl-C does.
type cancelling struct {
	allocation.Store
	left   int
	cancel func()
}

func (c *cancelling) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	if c.left--; c.left == 0 {
		c.cancel()
	}
	return c.Store.Update(ctx, desk, since, fn)
}

// However often a run is interrupted, the same command in the end gives the
// ledger of a run that was not.
func TestInterruptedRunGoesOn(t *testing.T) {
	r := newRun(t)
	whole := filepath.Join(t.TempDir(), "whole.db")
	if err := r.decideInto(context.Background(), whole); err != nil {
		t.Fatal(err)
	}
	want := ledgerOf(t, whole)
	folder := t.TempDir()
	for first := 1; first <= 16; first++ { // over the whole run, with a second interruption soon or late
		path := filepath.Join(folder, fmt.Sprintf("interrupted-%d.db", first))
		for _, after := range []int{first, 1 + first*5%7} {
			ctx, cancel := context.WithCancel(context.Background())
			store := openFile(t, path)
			err := r.decide(ctx, &cancelling{store, after, cancel})
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "interrupted") {
				t.Errorf("property: an interrupted run says so; after %d appends it says %v", after, err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.decideInto(context.Background(), path); err != nil {
			t.Fatal(err)
		}
		if got := ledgerOf(t, path); !reflect.DeepEqual(got, want) {
			t.Errorf("property: a run interrupted after %d appends, taken up again, gives the ledger of a run that was not; %d entries, want %d", first, len(got), len(want))
		}
	}
}

// A store that fails ends the run, and the next run makes the lost decisions
// again.
func TestFailedStoreEndsTheRun(t *testing.T) {
	r := newRun(t)
	path := filepath.Join(t.TempDir(), "failing.db")
	store := openFile(t, path)
	err := r.decide(context.Background(), &failing{store, 5})
	if err == nil || !errors.Is(err, allocation.ErrNotDurable) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a failed append ends a run with %v", err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if err := r.decideInto(context.Background(), path); err != nil {
		t.Errorf("the next run makes the lost decisions again; it says %v", err)
	}
}

// failing is a store whose disk is full after some appends.
type failing struct {
	allocation.Store
	left int
}

func (f *failing) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	if f.left--; f.left < 0 {
		return errors.New("the disk is full")
	}
	return f.Store.Update(ctx, desk, since, fn)
}

// A customer who cannot be decided is rejected; those taken with him are not.
func TestUndecidableIsRejectedAlone(t *testing.T) {
	r := newRun(t)
	sound := r.document.compiled.NewMatcher
	r.document.compiled.NewMatcher = func() allocation.Matcher { return brittle{sound()} }
	arrivals, err := r.arrivals()
	if err != nil {
		t.Fatal(err)
	}
	c := console{err: &bytes.Buffer{}}
	s, all, err := r.command.decide(context.Background(), r.document, allocation.NewMemoryStore(), r.reps, arrivals, c)
	if err != nil {
		t.Fatal(err)
	}
	if s.Customers != 39 || len(all.rejected) != 1 || all.rejected[0].row.Line != 9 || !strings.Contains(all.rejected[0].reason, "brittle") {
		t.Errorf("%d customers, rejected %+v; want 39, and line 9 rejected", s.Customers, all.rejected)
	}
}

// brittle breaks at one customer.
type brittle struct{ allocation.Matcher }

func (b brittle) ReadCustomer(c *allocation.Customer) (allocation.Subject, error) {
	if c.ID == "L-07" {
		panic("brittle")
	}
	return b.Matcher.ReadCustomer(c)
}

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
		At: "at", Close: "closed", InputFormat: "auto", Desk: "default", Customers: writeText(t, filepath.Join(folder, "leads.csv"), leads)}}
	c := console{err: &bytes.Buffer{}}
	if r.reps, err = readReps(source{what: "reps", path: writeText(t, filepath.Join(folder, "reps.csv"), "id\nana\nbo\ncy\n"), format: "auto"}, nil, p, c); err != nil {
		t.Fatal(err)
	}
	return r
}

// decide takes the leads through a store.
func (r *aRun) decide(ctx context.Context, store allocation.Store) error {
	c := console{err: &bytes.Buffer{}}
	t, in, err := r.command.readCustomers(r.document, c)
	if err != nil {
		return err
	}
	arrivals, rejected := in.read(t)
	if len(rejected) > 0 {
		return errors.New(rejected[0].reason)
	}
	_, _, err = r.command.decide(ctx, r.document, store, r.reps, arrivals, c)
	return err
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

func TestGatheredWritesTheSameLedger(t *testing.T) {
	r := newRun(t)
	plain, gathering := filepath.Join(t.TempDir(), "plain.db"), filepath.Join(t.TempDir(), "gathered.db")
	for _, store := range []allocation.Store{openFile(t, plain), &gathered{file: openFile(t, gathering)}} {
		if err := errors.Join(r.decide(context.Background(), store), store.Close()); err != nil {
			t.Fatal(err)
		}
	}
	want, got := ledgerOf(t, plain), ledgerOf(t, gathering)
	if len(want) < 80 || !reflect.DeepEqual(got, want) {
		t.Errorf("property: gathering changes no entry; %d entries, %d without gathering", len(got), len(want))
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
	store := &gathered{file: openFile(t, whole)}
	if err := errors.Join(r.decide(context.Background(), store), store.Close()); err != nil {
		t.Fatal(err)
	}
	want := ledgerOf(t, whole)
	folder := t.TempDir()
	for first := 1; first <= 91; first += 6 { // over the whole run, with a second interruption soon or late
		path := filepath.Join(folder, fmt.Sprintf("interrupted-%d.db", first))
		for _, after := range []int{first, 1 + first*5%37} {
			ctx, cancel := context.WithCancel(context.Background())
			store := &gathered{file: openFile(t, path)}
			err := r.decide(ctx, &cancelling{store, after, cancel})
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "interrupted") {
				t.Errorf("property: an interrupted run says so; after %d appends it says %v", after, err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		store := &gathered{file: openFile(t, path)}
		if err := errors.Join(r.decide(context.Background(), store), store.Close()); err != nil {
			t.Fatal(err)
		}
		if got := ledgerOf(t, path); !reflect.DeepEqual(got, want) {
			t.Errorf("property: a run interrupted after %d appends, taken up again, gives the ledger of a run that was not; %d entries, want %d", first, len(got), len(want))
		}
	}
}

// A commit that fails ends the run: what the desk believes is not in the file.
func TestFailedCommitEndsTheRun(t *testing.T) {
	r := newRun(t)
	path := filepath.Join(t.TempDir(), "failing.db")
	store := &gathered{file: openFile(t, path)}
	err := r.decide(context.Background(), &losing{gathered: store, after: 20})
	if err == nil || !errors.Is(err, allocation.ErrNotDurable) || !strings.Contains(err.Error(), "the store did not keep the last decisions") {
		t.Errorf("a lost commit ends a run with %v", err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	again := &gathered{file: openFile(t, path)}
	if err := errors.Join(r.decide(context.Background(), again), again.Close()); err != nil {
		t.Errorf("the next run makes the lost decisions again; it says %v", err)
	}
}

// losing rolls the transaction back behind the store's back and asks for a
// commit.
type losing struct {
	*gathered
	after int
}

func (l *losing) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	err := l.gathered.Update(ctx, desk, since, fn)
	if l.after--; l.after == 0 {
		if rolled := l.tx.Rollback(); rolled != nil {
			return rolled
		}
		return l.flush()
	}
	return err
}

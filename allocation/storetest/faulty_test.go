package storetest

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

func TestFaultyWithoutScheduleIsSound(t *testing.T) {
	Run(t, func(*testing.T) allocation.Store { return NewFaulty(allocation.NewMemoryStore()) })
}

// faultyFixture is a fixture on a faulty memory store.
func faultyFixture(t *testing.T, schedule ...Fault) (*fixture, *Faulty) {
	faulty := NewFaulty(allocation.NewMemoryStore(), schedule...)
	return newFixture(t, func() allocation.Store { return faulty }), faulty
}

func one(head allocation.Head) allocation.Batch { return plainBatch("acme", head, 1) }

func TestFaultySchedule(t *testing.T) {
	f, faulty := faultyFixture(t, FailsBefore, Works)
	faulty.Then(FailsAfter, Conflicts)
	for i, step := range []struct {
		err     error
		version uint64
		pending int
	}{
		{ErrInjected, 0, 3},
		{nil, 1, 2},
		{ErrInjected, 2, 1},
		{allocation.ErrConflict, 2, 0},
		{nil, 3, 0},
	} {
		if err := f.try("acme", one); !errors.Is(err, step.err) {
			t.Errorf("commit %d returns %v; got %v", i, step.err, err)
		}
		// Reading the head is an Update that appends nothing, and uses up no
		// fault.
		same(f, "the ledger is as the fault left it", step.version, f.head("acme").Version)
		same(f, "each commit uses up one fault", step.pending, faulty.Pending())
	}
}

func TestFaultyCrash(t *testing.T) {
	for fault, kept := range map[Fault]uint64{CrashesBefore: 0, CrashesAfter: 1} {
		f, faulty := faultyFixture(t, fault)
		other := NewFaulty(faulty.inner)
		calls := map[string]func() error{
			"a commit": func() error { return f.try("acme", one) },
			"reading the head": func() error {
				return f.try("acme", func(allocation.Head) allocation.Batch { return allocation.Batch{} })
			},
			"Lookup":   func() error { _, _, err := faulty.Lookup(t.Context(), "acme", "k"); return err },
			"Snapshot": func() error { _, err := faulty.Snapshot(t.Context(), "acme", 9); return err },
			"Due":      func() error { _, err := faulty.Due(t.Context(), morning, 9); return err },
			"Compact":  func() error { return faulty.Compact(t.Context(), "acme", 1) },
			"Entries": func() error {
				for _, err := range faulty.Entries(t.Context(), "acme", 0, 0) {
					return err
				}
				return nil
			},
			"Links": func() error {
				for _, err := range faulty.Links(t.Context(), "acme") {
					return err
				}
				return nil
			},
		}
		if err := calls["a commit"](); !errors.Is(err, ErrCrashed) {
			t.Errorf("a commit that %s returns ErrCrashed; got %v", fault, err)
		}
		for name, call := range calls {
			if err := call(); !errors.Is(err, ErrCrashed) {
				t.Errorf("after a commit that %s the process is dead: %s returned %v", fault, name, err)
			}
		}
		if _, err := other.Due(t.Context(), morning, 9); err != nil {
			t.Errorf("another process goes on: %v", err)
		}
		faulty.Restart()
		same(f, "the ledger is as the crash left it", kept, f.head("acme").Version)
		if err := f.try("acme", one); err != nil {
			t.Errorf("a new process can append: %v", err)
		}
	}
}

func TestFaultyDiskFull(t *testing.T) {
	f, faulty := faultyFixture(t, Works, FillsUp, FailsBefore)
	f.append("acme", 1)
	for range 3 {
		if err := f.try("acme", one); !errors.Is(err, ErrFull) {
			t.Errorf("a full disk refuses every commit; got %v", err)
		}
		same(f, "a full disk can be read", 1, f.head("acme").Version)
	}
	same(f, "a full disk uses up no other fault", 1, faulty.Pending())
	faulty.MakeRoom()
	if err := f.try("acme", one); !errors.Is(err, ErrInjected) {
		t.Errorf("with room again the schedule goes on; got %v", err)
	}
	f.append("acme", 1)
}

func TestFaultyIntruder(t *testing.T) {
	f, faulty := faultyFixture(t, Intrudes)
	other := newFixture(t, func() allocation.Store { return faulty.inner })
	faulty.Meanwhile(func() { other.append("acme", 2) })
	if err := f.try("acme", one); !errors.Is(err, allocation.ErrConflict) {
		t.Errorf("who was overtaken gets ErrConflict; got %v", err)
	}
	same(f, "what the other process appended is there, and nothing else", 2, f.head("acme").Version)
	f.append("acme", 1)
}

func TestFaultyStall(t *testing.T) {
	f, faulty := faultyFixture(t, Stalls, FailsAfter)
	result := make(chan error)
	go func() { result <- f.try("acme", one) }()
	<-faulty.Stalled()
	if _, found, err := faulty.Lookup(context.Background(), "acme", "k"); found || err != nil {
		t.Errorf("a commit that stalls keeps nobody from reading: %v", err)
	}
	faulty.Resume()
	if err := <-result; !errors.Is(err, ErrInjected) {
		t.Errorf("a commit that stalled meets the next fault; got %v", err)
	}
	same(f, "which was to fail after the append", 1, f.head("acme").Version)
}

func TestFaultyReads(t *testing.T) {
	f, faulty := faultyFixture(t)
	f.append("acme", 3)
	walk := func() (n int, err error) {
		for _, err := range faulty.Entries(t.Context(), "acme", 0, 0) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}
	before := faulty.Reads()
	if n, err := walk(); n != 3 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	same(f, "three entries are three steps, and one to find the end", 4, faulty.Reads()-before)
	for fail := range 4 {
		faulty.FailRead(fail)
		n, err := walk()
		if n != fail || !errors.Is(err, ErrInjected) {
			t.Errorf("step %d fails: got %d entries and %v", fail, n, err)
		}
		same(f, "the fault was met", 0, faulty.Pending())
	}
	faulty.FailRead(0)
	if _, _, err := faulty.Lookup(t.Context(), "acme", "k"); !errors.Is(err, ErrInjected) {
		t.Errorf("Lookup fails; got %v", err)
	}
	faulty.FailRead(0)
	called := false
	err := f.try("acme", func(allocation.Head) allocation.Batch { called = true; return allocation.Batch{} })
	if called || !errors.Is(err, ErrInjected) {
		t.Errorf("Update fails before it calls fn; called %t, got %v", called, err)
	}
	faulty.FailRead(2)
	got := 0
	err = faulty.Update(t.Context(), "acme", 0, func(_ allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		for _, err := range tail {
			if err != nil {
				return allocation.Batch{}, err
			}
			got++
		}
		return allocation.Batch{}, nil
	})
	if got != 1 || !errors.Is(err, ErrInjected) {
		t.Errorf("the tail fails midway: got %d entries and %v", got, err)
	}
}

func TestDeskOnAFaultyStore(t *testing.T) {
	Faults(t, func(*testing.T) allocation.Store { return allocation.NewMemoryStore() }, 100)
}

func TestFaultNames(t *testing.T) {
	seen := make(map[string]bool)
	for fault := Works; fault <= Stalls+1; fault++ {
		if seen[fault.String()] || fault.String() == "" {
			t.Errorf("two faults are called %q", fault)
		}
		seen[fault.String()] = true
	}
}

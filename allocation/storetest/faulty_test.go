package storetest

import (
	"errors"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

func TestFaultyWithoutScheduleIsSound(t *testing.T) {
	Run(t, func(*testing.T) allocation.Store { return NewFaulty(allocation.NewMemoryStore()) })
}

func TestFaultySchedule(t *testing.T) {
	faulty := NewFaulty(allocation.NewMemoryStore(), FailsBefore, Works)
	faulty.Then(FailsAfter, Conflicts)
	f := newFixture(t, func() allocation.Store { return faulty })
	one := func(head allocation.Head) allocation.Batch { return plainBatch("acme", head, 1) }
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

func TestFaultNames(t *testing.T) {
	seen := make(map[string]bool)
	for fault := Works; fault <= Conflicts+1; fault++ {
		if seen[fault.String()] {
			t.Errorf("two faults are called %q", fault)
		}
		seen[fault.String()] = true
	}
}

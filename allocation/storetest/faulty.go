package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/evenhand/evenhand/allocation"
)

// ErrInjected is what a Faulty store fails with. Like the error of a real
// database it says nothing about whether the batch was appended.
var ErrInjected = errors.New("storetest: injected failure of the store")

// Fault says what becomes of one commit.
type Fault int

const (
	// Works lets the commit through.
	Works Fault = iota
	// FailsBefore makes Update return ErrInjected; nothing was appended.
	FailsBefore
	// FailsAfter makes Update return ErrInjected, although the batch was
	// appended and is durable: the reply was lost.
	FailsAfter
	// Conflicts makes Update return allocation.ErrConflict; nothing was
	// appended.
	Conflicts
)

// String names the fault for logs.
func (f Fault) String() string {
	switch f {
	case Works:
		return "works"
	case FailsBefore:
		return "fails before the append"
	case FailsAfter:
		return "fails after the append"
	case Conflicts:
		return "conflicts"
	}
	return fmt.Sprintf("Fault(%d)", int(f))
}

// Faulty is a store whose commits fail on schedule, for tests of what stands
// on a store. The first commit meets the first fault of the schedule, and so
// on; after the last one every commit works. A commit is an Update whose fn
// returned a batch that holds something: an Update that only reads uses up no
// fault. All other calls go straight to the store inside.
//
// The schedule counts commits in the order in which their fn returned, over
// all desks.
type Faulty struct {
	allocation.Store

	mu       sync.Mutex
	schedule []Fault
}

// NewFaulty returns a store that keeps everything in inner and fails on
// schedule.
func NewFaulty(inner allocation.Store, schedule ...Fault) *Faulty {
	return &Faulty{Store: inner, schedule: schedule}
}

// Then adds faults to the end of the schedule.
func (s *Faulty) Then(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule = append(s.schedule, faults...)
}

// Pending returns how many faults no commit has met yet. A test that ends with
// some pending did not test what it meant to.
func (s *Faulty) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.schedule)
}

// Update implements allocation.Store.
func (s *Faulty) Update(ctx context.Context, desk string, since uint64, fn func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	fault := Works
	err := s.Store.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b, err := fn(head, tail)
		if err != nil || isEmpty(b) {
			return b, err
		}
		switch fault = s.next(); fault {
		case FailsBefore:
			return allocation.Batch{}, ErrInjected
		case Conflicts:
			return allocation.Batch{}, allocation.ErrConflict
		}
		return b, nil
	})
	if err == nil && fault == FailsAfter {
		return ErrInjected
	}
	return err
}

// next takes the next fault from the schedule.
func (s *Faulty) next() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.schedule) == 0 {
		return Works
	}
	fault := s.schedule[0]
	s.schedule = s.schedule[1:]
	return fault
}

func isEmpty(b allocation.Batch) bool {
	return len(b.Entries) == 0 && len(b.Keys) == 0 && len(b.Timers) == 0 && len(b.Erase) == 0 && b.Snapshot == nil
}

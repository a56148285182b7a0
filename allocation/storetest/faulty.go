package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/evenhand/evenhand/allocation"
)

// Errors of a Faulty store.
var (
	// ErrInjected is a failure out of the blue. Like the error of a real
	// database it says nothing about whether the batch was appended.
	ErrInjected = errors.New("storetest: injected failure of the store")
	// ErrCrashed is what every call of a process gets that has crashed.
	ErrCrashed = errors.New("storetest: this process has crashed. Maybe call Restart and open a new desk")
	// ErrFull is what a commit gets when there is no room left.
	ErrFull = errors.New("storetest: no space left. Maybe call MakeRoom")
)

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
	// Intrudes is Conflicts with its reason: nothing of this commit was
	// appended, and what Meanwhile was given has run before Update returns.
	Intrudes
	// CrashesBefore ends the process between deciding and appending: fn has
	// run, nothing was appended, and every call fails with ErrCrashed until
	// Restart.
	CrashesBefore
	// CrashesAfter ends the process between the append and the answer: the
	// batch is durable, nobody was told, and every call fails with ErrCrashed
	// until Restart.
	CrashesAfter
	// FillsUp makes this commit and all later ones fail with ErrFull, nothing
	// appended, until MakeRoom. Reading goes on.
	FillsUp
	// Stalls keeps the commit waiting between fn and the append until Resume.
	// Then it meets the next fault of the schedule.
	Stalls
)

var faultNames = [...]string{
	Works:         "works",
	FailsBefore:   "fails before the append",
	FailsAfter:    "fails after the append",
	Conflicts:     "conflicts",
	Intrudes:      "finds that another process has appended",
	CrashesBefore: "crashes before the append",
	CrashesAfter:  "crashes after the append",
	FillsUp:       "finds the disk full",
	Stalls:        "stalls",
}

// String names the fault for logs.
func (f Fault) String() string {
	if f < 0 || int(f) >= len(faultNames) {
		return fmt.Sprintf("Fault(%d)", int(f))
	}
	return faultNames[f]
}

// Faulty is one process's handle on a store, and fails on schedule: for tests
// of what stands on a store. Any store can be inside; several handles on one
// store are several processes.
//
// The first commit meets the first fault of the schedule, and so on; after the
// last one every commit works. A commit is an Update whose fn returned a batch
// that holds something: an Update that only reads uses up no fault. Commits
// are counted in the order in which their fn returned, over all desks.
//
// Reads fail by FailRead. Everything else goes straight to the store inside.
type Faulty struct {
	inner allocation.Store

	stalled chan struct{}
	resume  chan struct{}

	mu        sync.Mutex
	schedule  []Fault
	meanwhile func()
	crashed   bool
	full      bool
	reads     int          // so far
	failing   map[int]bool // by number of the read
}

var _ allocation.Store = (*Faulty)(nil)

// NewFaulty returns a store that keeps everything in inner and fails on
// schedule.
func NewFaulty(inner allocation.Store, schedule ...Fault) *Faulty {
	return &Faulty{
		inner: inner, schedule: schedule, failing: map[int]bool{},
		stalled: make(chan struct{}), resume: make(chan struct{}),
	}
}

// Then adds faults to the end of the schedule.
func (s *Faulty) Then(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule = append(s.schedule, faults...)
}

// Meanwhile says what another process does when a commit Intrudes: it may
// append to the same desk through a handle of its own. Defaults to nothing.
func (s *Faulty) Meanwhile(other func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meanwhile = other
}

// Pending returns how many faults, of commits and of reads, nothing has met
// yet. A test that ends with some pending did not test what it meant to.
func (s *Faulty) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.schedule) + len(s.failing)
}

// Clear takes back the faults that nothing has met yet.
func (s *Faulty) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule = nil
	clear(s.failing)
}

// Restart is a new process on the same store. A test abandons the desks of the
// old one and opens new ones.
func (s *Faulty) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashed = false
}

// MakeRoom ends what FillsUp began.
func (s *Faulty) MakeRoom() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = false
}

// Stalled delivers once for each commit that stalls. A commit stays there
// until the test has received, and then until Resume.
func (s *Faulty) Stalled() <-chan struct{} { return s.stalled }

// Resume lets one stalled commit go on.
func (s *Faulty) Resume() { s.resume <- struct{}{} }

// Update implements allocation.Store.
func (s *Faulty) Update(ctx context.Context, desk string, since uint64, fn func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	if err := s.read(); err != nil {
		return err
	}
	fault := Works
	err := s.inner.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b, err := fn(head, steps(s, tail))
		if err != nil || isEmpty(b) {
			return b, err
		}
		fault = s.next()
		return b, s.before(fault)
	})
	switch {
	case fault == Intrudes:
		s.intrude()
	case err == nil && fault == FailsAfter:
		return ErrInjected
	case err == nil && fault == CrashesAfter:
		return s.crash()
	}
	return err
}

// before is what keeps a commit with this fault from being appended.
func (s *Faulty) before(fault Fault) error {
	switch fault {
	case FailsBefore:
		return ErrInjected
	case Conflicts, Intrudes:
		return allocation.ErrConflict
	case CrashesBefore:
		return s.crash()
	case FillsUp:
		return ErrFull
	}
	return nil
}

// next takes the next fault from the schedule, after those that stall.
func (s *Faulty) next() Fault {
	for {
		fault := s.take()
		if fault != Stalls {
			return fault
		}
		s.stalled <- struct{}{}
		<-s.resume
	}
}

func (s *Faulty) take() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return FillsUp // it uses up nothing
	}
	if len(s.schedule) == 0 {
		return Works
	}
	fault := s.schedule[0]
	s.schedule = s.schedule[1:]
	s.full = fault == FillsUp
	return fault
}

func (s *Faulty) crash() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashed = true
	return ErrCrashed
}

func (s *Faulty) intrude() {
	s.mu.Lock()
	other := s.meanwhile
	s.mu.Unlock()
	if other != nil {
		other()
	}
}

func isEmpty(b allocation.Batch) bool {
	return len(b.Entries) == 0 && len(b.Keys) == 0 && len(b.Timers) == 0 && len(b.Erase) == 0 && b.Snapshot == nil
}

// Close closes the store inside, crashed or not.
func (s *Faulty) Close() error { return s.inner.Close() }

package storetest

import (
	"context"
	"iter"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// FailRead makes one read fail with ErrInjected: the next one, or the one after
// so many more.
//
// A read is a call of Snapshot, Lookup, Due or Compact, the beginning of an
// Update before its fn is called, or one step of Entries, of Links or of the
// tail that fn is given: fetching the first entry, the second, and so on, up to
// finding that there is none left. So an iteration can fail before its first
// entry, midway, or after its last.
func (s *Faulty) FailRead(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[s.reads+after] = true
}

// Reads returns how many reads there were, so that a test can run once without
// faults, count, and then let each of them fail in turn.
func (s *Faulty) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// read counts one read and returns why it fails, or nil.
func (s *Faulty) read() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crashed {
		return ErrCrashed
	}
	n := s.reads
	s.reads++
	if s.failing[n] {
		delete(s.failing, n)
		return ErrInjected
	}
	return nil
}

// steps counts each step of an iteration as a read.
func steps[V any](s *Faulty, seq iter.Seq2[V, error]) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var none V
		for v, err := range seq {
			if fault := s.read(); fault != nil {
				yield(none, fault)
				return
			}
			if !yield(v, err) {
				return
			}
		}
		if fault := s.read(); fault != nil {
			yield(none, fault)
		}
	}
}

// Snapshot implements allocation.Store.
func (s *Faulty) Snapshot(ctx context.Context, desk string, version uint64) (allocation.Snapshot, error) {
	if err := s.read(); err != nil {
		return allocation.Snapshot{}, err
	}
	return s.inner.Snapshot(ctx, desk, version)
}

// Entries implements allocation.Store.
func (s *Faulty) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
	return steps(s, s.inner.Entries(ctx, desk, after, upTo))
}

// Lookup implements allocation.Store.
func (s *Faulty) Lookup(ctx context.Context, desk, key string) (seq uint64, found bool, err error) {
	if err := s.read(); err != nil {
		return 0, false, err
	}
	return s.inner.Lookup(ctx, desk, key)
}

// Due implements allocation.Store.
func (s *Faulty) Due(ctx context.Context, at time.Time, limit int) ([]allocation.Timer, error) {
	if err := s.read(); err != nil {
		return nil, err
	}
	return s.inner.Due(ctx, at, limit)
}

// Compact implements allocation.Store.
func (s *Faulty) Compact(ctx context.Context, desk string, upTo uint64) error {
	if err := s.read(); err != nil {
		return err
	}
	return s.inner.Compact(ctx, desk, upTo)
}

// Links implements allocation.Store.
func (s *Faulty) Links(ctx context.Context, desk string) iter.Seq2[allocation.Head, error] {
	return steps(s, s.inner.Links(ctx, desk))
}

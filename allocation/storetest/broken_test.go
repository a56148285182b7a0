package storetest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// The suite must be able to fail. Each store below is the memory store with
// one deliberate fault, and TestSuiteCatches runs the check that should notice
// with a recorder in place of the test: what the check reports is kept and the
// test goes on. A fault that is not reported fails the test.

// fn is what Update calls.
type fn = func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)

// broken is a store with some of its methods replaced. A nil func means the
// method is sound.
type broken struct {
	allocation.Store
	update   func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error
	entries  func(s allocation.Store, ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error]
	lookup   func(s allocation.Store, ctx context.Context, desk, key string) (uint64, bool, error)
	snapshot func(s allocation.Store, ctx context.Context, desk string, version uint64) (allocation.Snapshot, error)
	due      func(s allocation.Store, ctx context.Context, at time.Time, limit int) ([]allocation.Timer, error)
	compact  func(s allocation.Store, ctx context.Context, desk string, upTo uint64) error
	close    func(s allocation.Store) error
}

func (b broken) Update(ctx context.Context, desk string, since uint64, fn fn) error {
	if b.update != nil {
		return b.update(b.Store, ctx, desk, since, fn)
	}
	return b.Store.Update(ctx, desk, since, fn)
}

func (b broken) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
	if b.entries != nil {
		return b.entries(b.Store, ctx, desk, after, upTo)
	}
	return b.Store.Entries(ctx, desk, after, upTo)
}

func (b broken) Lookup(ctx context.Context, desk, key string) (uint64, bool, error) {
	if b.lookup != nil {
		return b.lookup(b.Store, ctx, desk, key)
	}
	return b.Store.Lookup(ctx, desk, key)
}

func (b broken) Snapshot(ctx context.Context, desk string, version uint64) (allocation.Snapshot, error) {
	if b.snapshot != nil {
		return b.snapshot(b.Store, ctx, desk, version)
	}
	return b.Store.Snapshot(ctx, desk, version)
}

func (b broken) Due(ctx context.Context, at time.Time, limit int) ([]allocation.Timer, error) {
	if b.due != nil {
		return b.due(b.Store, ctx, at, limit)
	}
	return b.Store.Due(ctx, at, limit)
}

func (b broken) Compact(ctx context.Context, desk string, upTo uint64) error {
	if b.compact != nil {
		return b.compact(b.Store, ctx, desk, upTo)
	}
	return b.Store.Compact(ctx, desk, upTo)
}

func (b broken) Close() error {
	if b.close != nil {
		return b.close(b.Store)
	}
	return b.Store.Close()
}

// rewriting is a store that appends something else than it was given.
func rewriting(rewrite func(head allocation.Head, b *allocation.Batch)) broken {
	return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
		return s.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			b, err := fn(head, tail)
			if err == nil && (len(b.Entries) > 0 || len(b.Keys) > 0 || len(b.Timers) > 0 || len(b.Erase) > 0 || b.Snapshot != nil) {
				rewrite(head, &b)
			}
			return b, err
		})
	}}
}

// faults are stores broken on purpose: what is wrong with them, the check that
// must notice, and the store.
var faults = []struct {
	name  string
	check func(f *fixture)
	store func() broken
}{
	{"acknowledges without appending", links, func() broken {
		commits := 0
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			if commits++; commits%3 == 0 {
				*b = allocation.Batch{}
			}
		})
	}},
	{"appends the entries before it looks at the keys", takenKey, func() broken {
		return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
			var keys []allocation.Key
			err := s.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
				b, err := fn(head, tail)
				keys, b.Keys = b.Keys, nil
				return b, err
			})
			if err != nil || len(keys) == 0 {
				return err
			}
			return s.Update(ctx, desk, math.MaxUint64, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
				return allocation.Batch{Keys: keys}, nil
			})
		}}
	}},
	{"calls fn before it holds the desk", exclusive, func() broken {
		return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
			var head allocation.Head
			var tail []allocation.Entry
			err := s.Update(ctx, desk, since, func(h allocation.Head, entries iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
				var err error
				head = h
				tail, err = collect(entries)
				return allocation.Batch{}, err
			})
			if err != nil {
				return err
			}
			b, err := fn(head, func(yield func(allocation.Entry, error) bool) {
				for _, e := range tail {
					if !yield(e, nil) {
						return
					}
				}
			})
			if err != nil {
				return err
			}
			runtime.Gosched()
			return s.Update(ctx, desk, since, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) { return b, nil })
		}}
	}},
	{"begins the tail one entry late", tails, func() broken {
		return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
			return s.Update(ctx, desk, min(since, math.MaxUint64-1)+1, fn)
		}}
	}},
	{"begins the tail one entry early", tails, func() broken {
		return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
			return s.Update(ctx, desk, max(since, 1)-1, fn)
		}}
	}},
	{"looks keys up across desks", hostileDesks, func() broken {
		return broken{lookup: func(s allocation.Store, ctx context.Context, desk, key string) (uint64, bool, error) {
			seq, found, err := s.Lookup(ctx, desk, key)
			if err == nil && !found && desk != "a" {
				return s.Lookup(ctx, "a", key)
			}
			return seq, found, err
		}}
	}},
	{"takes desks that differ in case for one", hostileDesks, func() broken {
		return broken{
			update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
				return s.Update(ctx, strings.ToLower(desk), since, fn)
			},
			entries: func(s allocation.Store, ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
				return s.Entries(ctx, strings.ToLower(desk), after, upTo)
			},
		}
	}},
	{"cannot compact", compactKeeps, func() broken {
		return broken{compact: func(allocation.Store, context.Context, string, uint64) error { return errors.New("not today") }}
	}},
	{"drops keys when it compacts", compactKeeps, func() broken {
		var mu sync.Mutex
		dropped := make(map[string]uint64)
		return broken{
			compact: func(s allocation.Store, ctx context.Context, desk string, upTo uint64) error {
				err := s.Compact(ctx, desk, upTo)
				if mu.Lock(); err == nil {
					dropped[desk] = upTo
				}
				mu.Unlock()
				return err
			},
			lookup: func(s allocation.Store, ctx context.Context, desk, key string) (uint64, bool, error) {
				seq, found, err := s.Lookup(ctx, desk, key)
				mu.Lock()
				defer mu.Unlock()
				if seq <= dropped[desk] {
					return 0, false, err
				}
				return seq, found, err
			},
		}
	}},
	{"compacts wherever it is told to", compactRefused, func() broken {
		return broken{compact: func(s allocation.Store, ctx context.Context, desk string, upTo uint64) error {
			s.Compact(ctx, desk, upTo)
			return nil
		}}
	}},
	{"reads from the first entry it still has", compactKeeps, func() broken {
		return broken{entries: func(s allocation.Store, ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
			return func(yield func(allocation.Entry, error) bool) {
				for ; ; after++ {
					if _, err := collect(s.Entries(ctx, desk, after, upTo)); !errors.Is(err, allocation.ErrCompacted) {
						break
					}
				}
				s.Entries(ctx, desk, after, upTo)(yield)
			}
		}}
	}},
	{"leaves out the entry at upTo", entryRanges, func() broken {
		return broken{entries: func(s allocation.Store, ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
			if upTo > 1 {
				upTo--
			}
			return s.Entries(ctx, desk, after, upTo)
		}}
	}},
	{"answers with the newest snapshot always", snapshots, func() broken {
		return broken{snapshot: func(s allocation.Store, ctx context.Context, desk string, _ uint64) (allocation.Snapshot, error) {
			return s.Snapshot(ctx, desk, math.MaxUint64)
		}}
	}},
	{"leaves out timers due at the very moment", timersMove, func() broken {
		return broken{due: func(s allocation.Store, ctx context.Context, at time.Time, limit int) ([]allocation.Timer, error) {
			return s.Due(ctx, at.Add(-1), limit)
		}}
	}},
	{"counts the limit of Due from the end", dueOrder, func() broken {
		return broken{due: func(s allocation.Store, ctx context.Context, at time.Time, limit int) ([]allocation.Timer, error) {
			due, err := s.Due(ctx, at, math.MaxInt)
			return due[max(len(due)-max(limit, 0), 0):], err
		}}
	}},
	{"keeps times to the millisecond", roundTrip, func() broken {
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			b.Entries = append([]allocation.Entry(nil), b.Entries...)
			for i := range b.Entries {
				b.Entries[i].At = b.Entries[i].At.Truncate(time.Millisecond)
			}
		})
	}},
	{"takes empty fields for none", roundTrip, func() broken {
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			b.Entries = append([]allocation.Entry(nil), b.Entries...)
			for i := range b.Entries {
				if len(b.Entries[i].Fields) == 0 {
					b.Entries[i].Fields = nil
				}
			}
		})
	}},
	{"points no key anew", pointedKeys, func() broken {
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			b.Keys = append([]allocation.Key(nil), b.Keys...)
			for i := range b.Keys {
				b.Keys[i].New = true
			}
		})
	}},
	{"overwrites keys that are taken", takenKey, func() broken {
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			b.Keys = append([]allocation.Key(nil), b.Keys...)
			for i := range b.Keys {
				b.Keys[i].New = false
			}
		})
	}},
	{"ignores cancelled timers", timersMove, func() broken {
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			var set []allocation.Timer
			for _, timer := range b.Timers {
				if !timer.At.IsZero() {
					set = append(set, timer)
				}
			}
			b.Timers = set
		})
	}},
	{"erases by ID alone", erasing, func() broken {
		return rewriting(func(_ allocation.Head, b *allocation.Batch) {
			for _, ref := range b.Erase {
				b.Erase = append(b.Erase[:len(b.Erase):len(b.Erase)], allocation.CustomerRef{Kind: "account", ID: ref.ID})
			}
		})
	}},
	{"fills a gap in silence", refusedBatches, func() broken {
		return rewriting(func(head allocation.Head, b *allocation.Batch) {
			b.Entries = append([]allocation.Entry(nil), b.Entries...)
			for i := range b.Entries {
				b.Entries[i].Seq = head.Version + uint64(i) + 1
			}
		})
	}},
	{"wraps the error of fn", errorOfFn, func() broken {
		return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
			if err := s.Update(ctx, desk, since, fn); err != nil {
				return fmt.Errorf("update: %w", err)
			}
			return nil
		}}
	}},
	{"does not look at the context while it waits", cancelledWhileWaiting, func() broken {
		var inside atomic.Int32
		return broken{update: func(s allocation.Store, ctx context.Context, desk string, since uint64, fn fn) error {
			if inside.Add(1); inside.Load() > 1 {
				// One that waits for ever would hang the check; this one loses
				// patience and enters beside the first.
				_, err := fn(allocation.Head{}, nil)
				return err
			}
			defer inside.Add(-1)
			return s.Update(ctx, desk, since, fn)
		}}
	}},
	{"closes while calls are in flight", closed, func() broken {
		return broken{close: func(allocation.Store) error { return nil }}
	}},
}

func TestSuiteCatches(t *testing.T) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			open := func() allocation.Store {
				b := fault.store()
				b.Store = allocation.NewMemoryStore()
				return b
			}
			report := watch(t, fault.check, open)
			if report == "" {
				t.Errorf("the check does not notice a store that %s", fault.name)
			}
			t.Logf("caught: %s", report)
		})
	}
}

// The state machine has no idea what to look for, and must find it all the
// same.
func TestMachineCatches(t *testing.T) {
	flag.Set("rapid.nofailfile", "true") // these failures are wanted
	defer flag.Set("rapid.nofailfile", "false")
	for _, fault := range faults {
		switch fault.name {
		case "acknowledges without appending", "appends the entries before it looks at the keys", "drops keys when it compacts", "begins the tail one entry late":
		default:
			continue
		}
		t.Run(fault.name, func(t *testing.T) {
			report := watch(t, anyHistory, func() allocation.Store {
				b := fault.store()
				b.Store = allocation.NewMemoryStore()
				return b
			})
			if report == "" {
				t.Errorf("no history shows that the store %s", fault.name)
			}
			t.Logf("caught: %s", report)
		})
	}
}

func TestSuitePassesTheMemoryStore(t *testing.T) {
	Run(t, func(*testing.T) allocation.Store { return allocation.NewMemoryStore() })
}

// watch runs one check on a store and returns the first line of what it
// reports; nothing when the store passes.
func watch(t *testing.T, check func(f *fixture), open func() allocation.Store) string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // of its own, because FailNow ends the goroutine
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.Errorf("panic: %v", p)
			}
		}()
		check(newFixture(r, open))
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	first, _, _ := strings.Cut(r.report, "\n")
	return first
}

// recorder is a test whose failures are kept and not reported. What it does
// not override is the test's own.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed bool
	report string
}

func (r *recorder) record(report string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failed {
		r.failed, r.report = true, report
	}
}

func (r *recorder) Error(args ...any)                 { r.record(fmt.Sprintln(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.record(fmt.Sprintf(format, args...)) }
func (r *recorder) Fail()                             { r.record("Fail") }
func (r *recorder) FailNow()                          { r.record("FailNow"); runtime.Goexit() }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }
func (r *recorder) Log(...any)                        {}
func (r *recorder) Logf(string, ...any)               {}
func (r *recorder) Cleanup(func())                    {} // memory stores need no closing, and broken ones may not bear it

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

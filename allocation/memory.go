package allocation

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// MemoryStore is a Store that forgets everything when the process ends. It is
// for tests, for simulations and for runs that need no memory. Make one with
// NewMemoryStore.
//
// It keeps every promise of Store but durability. Desks are exclusive one by
// one: while fn runs for one desk, Update of every other desk goes on. What
// goes in and what comes out is copied, so no caller can change history.
type MemoryStore struct {
	calls sync.WaitGroup // calls in flight; Close waits for them

	mu     sync.RWMutex // guards everything below, and never held while fn or a loop body runs
	closed bool
	desks  map[string]*memoryDesk
}

var _ Store = (*MemoryStore)(nil)

// memoryDesk is the ledger of one desk. All but turn is guarded by
// MemoryStore.mu.
type memoryDesk struct {
	turn      chan struct{} // holds one token while an Update runs; a channel, so that waiting can be cancelled
	dropped   uint64        // entries 1 to dropped were compacted away
	entries   []Entry       // entries[i] has Seq dropped+1+i
	links     []Head        // one per batch
	snapshots []Snapshot    // by rising version
	keys      map[string]uint64
	timers    map[string]time.Time
}

// memoryPage is how many entries an iterator copies at a time. Between pages
// no lock is held, so a slow loop body keeps nobody waiting.
const memoryPage = 128

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{desks: make(map[string]*memoryDesk)}
}

// Update implements Store. It waits for the desk's exclusivity until ctx is
// done; once fn has returned, ctx has no more effect. Cost: the size of the
// batch, and with Erase one pass over the desk's entries.
func (s *MemoryStore) Update(ctx context.Context, desk string, since uint64, fn func(head Head, tail iter.Seq2[Entry, error]) (Batch, error)) error {
	d, err := s.enter(ctx, desk)
	if err != nil {
		return err
	}
	defer s.calls.Done()

	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.turn }()
	if err := ctx.Err(); err != nil { // select takes either case when both are ready
		return err
	}

	s.mu.RLock()
	head := d.head()
	s.mu.RUnlock()
	batch, err := fn(head, s.pages(ctx, d, since, head.Version))
	if err != nil {
		return err
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if err := d.refuses(batch); err != nil {
		return fmt.Errorf("desk %q: %w", desk, err)
	}
	d.apply(batch)
	return nil
}

// Snapshot implements Store. Cost: logarithmic in the number of snapshots,
// and a copy of the state.
func (s *MemoryStore) Snapshot(ctx context.Context, desk string, version uint64) (Snapshot, error) {
	d, err := s.enter(ctx, desk)
	if err != nil {
		return Snapshot{}, err
	}
	defer s.calls.Done()

	s.mu.RLock()
	defer s.mu.RUnlock()
	after, _ := slices.BinarySearchFunc(d.snapshots, version, func(snap Snapshot, version uint64) int {
		if snap.Version <= version {
			return -1
		}
		return 1
	})
	if after == 0 {
		return Snapshot{}, nil
	}
	return copySnapshot(d.snapshots[after-1]), nil
}

// Entries implements Store. Entries appended while the loop runs are not
// yielded.
func (s *MemoryStore) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		d, err := s.enter(ctx, desk)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		s.mu.RLock()
		last := d.head().Version
		s.mu.RUnlock()
		s.calls.Done() // from here on the loop holds d alone, so its body may even call Close

		if upTo != 0 {
			last = min(last, upTo)
		}
		s.pages(ctx, d, after, last)(yield)
	}
}

// pages yields the entries after < Seq <= upTo, a page at a time. upTo is at
// most the head's version.
func (s *MemoryStore) pages(ctx context.Context, d *memoryDesk, after, upTo uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if after >= upTo {
			return
		}
		page := make([]Entry, 0, min(memoryPage, upTo-after))
		for next := after; next < upTo; {
			if err := ctx.Err(); err != nil {
				yield(Entry{}, err)
				return
			}
			s.mu.RLock()
			dropped := d.dropped
			page = page[:0]
			if next >= dropped {
				to := next + min(memoryPage, upTo-next)
				for _, e := range d.entries[next-dropped : to-dropped] {
					page = append(page, copyEntry(e))
				}
			}
			s.mu.RUnlock()

			if next < dropped {
				yield(Entry{}, ErrCompacted)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			next += uint64(len(page))
		}
	}
}

// Lookup implements Store. Cost: one map access.
func (s *MemoryStore) Lookup(ctx context.Context, desk, key string) (seq uint64, found bool, err error) {
	d, err := s.enter(ctx, desk)
	if err != nil {
		return 0, false, err
	}
	defer s.calls.Done()

	s.mu.RLock()
	defer s.mu.RUnlock()
	seq, found = d.keys[key]
	return seq, found, nil
}

// Due implements Store. Cost: one pass over the timers of all desks.
func (s *MemoryStore) Due(ctx context.Context, at time.Time, limit int) ([]Timer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	var due []Timer
	for desk, d := range s.desks {
		for name, t := range d.timers {
			if !t.After(at) {
				due = append(due, Timer{Desk: desk, Name: name, At: t})
			}
		}
	}
	slices.SortFunc(due, func(a, b Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Desk, b.Desk), cmp.Compare(a.Name, b.Name))
	})
	return due[:min(len(due), max(limit, 0))], nil
}

// Compact implements Store. Cost: a copy of the entries that stay.
func (s *MemoryStore) Compact(ctx context.Context, desk string, upTo uint64) error {
	d, err := s.enter(ctx, desk)
	if err != nil {
		return err
	}
	defer s.calls.Done()

	s.mu.Lock()
	defer s.mu.Unlock()
	kept, found := slices.BinarySearchFunc(d.snapshots, upTo, func(snap Snapshot, version uint64) int {
		return cmp.Compare(snap.Version, version)
	})
	if !found {
		return fmt.Errorf("evenhand: desk %q has no snapshot at version %d, so the entries up to it must stay.\nMaybe compact to the version that Snapshot returns", desk, upTo)
	}
	d.snapshots = slices.Clone(d.snapshots[kept:])
	if upTo > d.dropped {
		d.entries = slices.Clone(d.entries[upTo-d.dropped:]) // a new array, so that the old one is freed
		d.dropped = upTo
	}
	return nil
}

// Links implements Store. Links appended while the loop runs are not yielded.
func (s *MemoryStore) Links(ctx context.Context, desk string) iter.Seq2[Head, error] {
	return func(yield func(Head, error) bool) {
		d, err := s.enter(ctx, desk)
		if err != nil {
			yield(Head{}, err)
			return
		}
		s.mu.RLock()
		links := d.links // only ever appended to, so what is there now can be read without the lock
		s.mu.RUnlock()
		s.calls.Done()

		for _, link := range links {
			if err := ctx.Err(); err != nil {
				yield(Head{}, err)
				return
			}
			if !yield(link, nil) {
				return
			}
		}
	}
}

// Close implements Store: it refuses new calls with ErrClosed, waits for
// those in flight, and drops everything. Closing again does nothing. Called
// inside fn it would wait for itself.
func (s *MemoryStore) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()

	s.calls.Wait()

	s.mu.Lock()
	s.desks = nil
	s.mu.Unlock()
	return nil
}

// enter counts a call in and finds its desk, an empty one when nothing was
// written to it yet. After a nil error the caller owes calls.Done.
func (s *MemoryStore) enter(ctx context.Context, desk string) (*memoryDesk, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	s.calls.Add(1)
	d := s.desks[desk]
	if d == nil {
		d = &memoryDesk{
			turn:   make(chan struct{}, 1),
			keys:   make(map[string]uint64),
			timers: make(map[string]time.Time),
		}
		s.desks[desk] = d
	}
	return d, nil
}

// head is the desk's last link; the zero Head when there is none.
func (d *memoryDesk) head() Head {
	if len(d.links) == 0 {
		return Head{}
	}
	return d.links[len(d.links)-1]
}

// refuses returns why the batch cannot be appended, or nil. It comes before
// any change, so that a refused batch leaves no trace.
func (d *memoryDesk) refuses(b Batch) error {
	if err := b.Check(d.head()); err != nil {
		return err
	}
	here := make(map[string]bool, len(b.Keys))
	for _, k := range b.Keys {
		if _, taken := d.keys[k.Name]; k.New && (taken || here[k.Name]) {
			return fmt.Errorf("key %q: %w", k.Name, ErrKeyTaken)
		}
		here[k.Name] = true
	}
	return nil
}

// apply appends a batch that refuses has let through.
func (d *memoryDesk) apply(b Batch) {
	for _, e := range b.Entries {
		d.entries = append(d.entries, copyEntry(e))
	}
	if n := len(b.Entries); n > 0 {
		d.links = append(d.links, Head{Version: b.Entries[n-1].Seq, Link: b.Link})
	}
	for _, k := range b.Keys {
		d.keys[k.Name] = k.Seq
	}
	for _, t := range b.Timers {
		if t.At.IsZero() {
			delete(d.timers, t.Name)
		} else {
			d.timers[t.Name] = t.At.UTC()
		}
	}
	d.erase(b.Erase)
	if b.Snapshot != nil {
		if n := len(d.snapshots); n > 0 && d.snapshots[n-1].Version == b.Snapshot.Version {
			d.snapshots = d.snapshots[:n-1]
		}
		d.snapshots = append(d.snapshots, copySnapshot(*b.Snapshot))
	}
}

func (d *memoryDesk) erase(customers []CustomerRef) {
	if len(customers) == 0 {
		return
	}
	for i := range d.entries {
		e := &d.entries[i]
		if slices.Contains(customers, CustomerRef{Kind: e.Kind, ID: e.Customer}) {
			e.Fields, e.Salt = nil, nil
		}
	}
}

// copyEntry copies the byte slices, keeping nil and empty apart, and brings
// the time to UTC without a monotonic clock reading, as any other store would.
func copyEntry(e Entry) Entry {
	e.At = e.At.UTC()
	e.Body = bytes.Clone(e.Body)
	e.Fields = bytes.Clone(e.Fields)
	e.Salt = bytes.Clone(e.Salt)
	e.Digest = bytes.Clone(e.Digest)
	return e
}

func copySnapshot(s Snapshot) Snapshot {
	s.State = bytes.Clone(s.State)
	return s
}

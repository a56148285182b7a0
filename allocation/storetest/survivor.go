package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// survivor is a database whose processes were killed, and what is known of it.
type survivor struct {
	*testing.T
	target KillTarget
	dir    string
	kills  int

	// Said by victims since the last audit.
	acks     []ack
	planAcks []planAck
	ended    []string

	// Seen in audits.
	recount
	head    allocation.Head
	compact uint64 // up to where a victim may have compacted
	probes  int    // customers sent by audits

	// The same ledger in memory, and a desk that has folded all of it from the
	// first entry: no snapshot ever gets there.
	mirror   *bare
	mirrored *allocation.Desk
}

func newSurvivor(t *testing.T, target KillTarget, dir string) *survivor {
	return &survivor{T: t, target: target, dir: dir, recount: newRecount(), mirror: &bare{Store: allocation.NewMemoryStore()}}
}

// audit opens the database as the next process would, and holds it against
// what the victims have said.
func (s *survivor) audit(rng *rand.Rand, tally *killTally) {
	s.Helper()
	ctx := context.Background()
	store := &bare{Store: s.target.Open(s.T, s.dir)}
	if err := errors.Join(s.look(ctx, store, rng), store.Close()); err != nil {
		s.Errorf("after %d kills: %v", s.kills, err)
	}
	tally.addPlans(s.found(len(s.planAcks)))
	s.acks, s.planAcks, s.ended = nil, nil, nil
}

func (s *survivor) look(ctx context.Context, store *bare, rng *rand.Rand) error {
	if err := s.read(ctx, store); err != nil {
		return fmt.Errorf("the ledger is that of before and whole batches after it: %w", err)
	}
	if err := errors.Join(s.checkAnswers(), s.checkPlans()); err != nil {
		return err
	}
	desk, err := s.openDesk(ctx, store)
	if err != nil {
		return fmt.Errorf("a desk opens: %w", err)
	}
	defer desk.Close()
	if err := s.askAgain(ctx, desk, rng); err != nil {
		return err
	}
	if err := s.compareStates(ctx, store, desk); err != nil {
		return err
	}
	if rng.IntN(8) == 0 {
		return s.verify(ctx, store)
	}
	return nil
}

// openDesk opens a desk for an audit. Two that do the same write the same, and have
// a snapshot made whenever there is reason for one.
func (s *survivor) openDesk(ctx context.Context, store allocation.Store) (*allocation.Desk, error) {
	return allocation.Open(ctx, allocation.Config{
		Desk: victimDesk, Policy: victimPolicy(), Store: store, SnapshotEvery: 1,
		Clock: func() time.Time { return s.now }, Entropy: zeros{},
	})
}

// read takes new batches into the recount and, where it has not written them
// itself, into the mirror.
func (s *survivor) read(ctx context.Context, store allocation.Store) error {
	mirror, err := headOf(ctx, s.mirror)
	if err != nil {
		return err
	}
	for head, err := range store.Links(ctx, victimDesk) {
		switch {
		case err != nil:
			return err
		case head.Version < s.head.Version || head == s.head:
			continue
		case head.Version == s.head.Version:
			return fmt.Errorf("the link at version %d is another than before", head.Version)
		}
		entries, err := collect(store.Entries(ctx, victimDesk, s.head.Version, head.Version))
		if err != nil {
			return err
		}
		if allocation.Link(s.head.Link, entries) != head.Link {
			return fmt.Errorf("entries %d to %d do not fit their link", s.head.Version+1, head.Version)
		}
		if head.Version > mirror.Version {
			if err := appendTo(ctx, s.mirror, allocation.Batch{Entries: entries, Link: head.Link}); err != nil {
				return err
			}
		}
		for _, e := range entries {
			if err := s.count(e); err != nil {
				return err
			}
		}
		if s.plan.left > 0 {
			return fmt.Errorf("a plan is there whole or not at all: of that of entry %d, %d entries are missing at the end of its batch", s.plan.seq, s.plan.left)
		}
		s.head = head
	}
	for where, store := range map[string]allocation.Store{"the store": store, "its mirror": s.mirror} {
		head, err := headOf(ctx, store)
		if err != nil {
			return err
		}
		if head != s.head {
			return fmt.Errorf("the links end at version %d and the head of %s is %d", s.head.Version, where, head.Version)
		}
	}
	return nil
}

func headOf(ctx context.Context, store allocation.Store) (head allocation.Head, err error) {
	err = store.Update(ctx, victimDesk, math.MaxUint64, func(h allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		head = h
		return allocation.Batch{}, nil
	})
	return head, err
}

func appendTo(ctx context.Context, store allocation.Store, b allocation.Batch) error {
	return store.Update(ctx, victimDesk, math.MaxUint64, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return b, nil
	})
}

// checkAnswers holds the ledger against what victims have answered.
func (s *survivor) checkAnswers() error {
	for _, a := range s.acks {
		if a.Seq == 0 || a.Seq > s.head.Version {
			return fmt.Errorf("no answered decision is lost: %+v was answered, and the ledger ends at %d", a, s.head.Version)
		}
		if got := s.entries[a.Seq-1]; got != a {
			return fmt.Errorf("no answered decision is changed: %+v was answered, and there is %+v", a, got)
		}
	}
	for _, id := range s.ended {
		if h, there := s.open[id]; there {
			return fmt.Errorf("no answered release or void is lost: that of %s was answered, and he is with %q", id, h.rep)
		}
	}
	return nil
}

// checkPlans holds the ledger against the plans whose commits were answered.
func (s *survivor) checkPlans() error {
	for _, a := range s.planAcks {
		recorded, there := s.plans[a.Seq]
		if !there || recorded != a.Customers {
			return fmt.Errorf("no answered plan is lost: entry %d was answered with %d customers, and there are %d (a plan: %t)", a.Seq, a.Customers, recorded, there)
		}
		got := map[string]ack{}
		for _, e := range s.entries[a.Seq:][:recorded] {
			got[e.Customer] = e
		}
		for _, row := range a.Rows {
			e, there := got[row.Customer]
			delete(got, row.Customer)
			if there && (e.Rep != row.Rep || e.Status != row.Status) || !there && row.Status == allocation.StatusAssigned && row.Rep != row.From {
				return fmt.Errorf("no answered plan is changed: the one of entry %d was answered with %+v, and there is %+v", a.Seq, row, e)
			}
		}
		if len(got) > 0 {
			return fmt.Errorf("no answered plan is changed: the one of entry %d has %v besides what was answered", a.Seq, got)
		}
	}
	return nil
}

// askAgain sends the customers who were answered once more, and some of those
// of earlier kills.
func (s *survivor) askAgain(ctx context.Context, desk *allocation.Desk, rng *rand.Rand) error {
	ids := map[string]bool{}
	for _, a := range s.acks {
		ids[a.Customer] = true
	}
	for range min(20, len(s.order)) {
		ids[s.order[rng.IntN(len(s.order))]] = true
	}
	requests, results := desk.Requests(), map[string]*allocation.Result{}
	for id := range ids {
		results[id] = requests.Assign(sizedCustomer(id))
	}
	if err := requests.Commit(ctx); err != nil {
		return fmt.Errorf("asking again: %w", err)
	}
	for id, r := range results {
		seq := s.decision[id]
		if errors.Is(r.Err, allocation.ErrCompacted) && seq <= s.compact {
			continue
		}
		want, d := s.entries[seq-1], r.Decision
		if r.Err != nil {
			return fmt.Errorf("asking again for %+v: %w", want, r.Err)
		}
		if got := (ack{d.Customer, d.Seq, d.Status, d.Rep}); got != want || !d.Repeated || d.Changed {
			return fmt.Errorf("asking again gives the recorded decision: %+v is recorded, %+v came, repeated %t, changed %t", want, got, d.Repeated, d.Changed)
		}
	}
	return nil
}

// compareStates has the desk, which began with a snapshot and a tail, and the
// mirrored one, which has folded every entry, do the same, and compares what
// they write and the snapshots they make.
func (s *survivor) compareStates(ctx context.Context, store *bare, desk *allocation.Desk) (err error) {
	if s.mirrored == nil {
		if s.mirrored, err = s.openDesk(ctx, s.mirror); err != nil {
			return err
		}
	}
	n := len(s.open)/2 + 1 // a snapshot is due when there are as many new entries as customers
	for _, d := range []*allocation.Desk{desk, s.mirrored} {
		requests := d.Requests()
		for i := range n {
			id := fmt.Sprintf("probe-%d", s.probes+i)
			requests.Assign(sizedCustomer(id))
			requests.Void(id, "probe")
		}
		if err := requests.Commit(ctx); err != nil {
			return err
		}
	}
	s.probes += n
	loaded, folded := store.last, s.mirror.last
	if diff := difference(folded.Entries, loaded.Entries); diff != "" {
		return fmt.Errorf("from snapshot and tail a desk decides as from all entries (- from all, + from snapshot):\n%s", diff)
	}
	if loaded.Snapshot == nil || folded.Snapshot == nil {
		return errors.New("no snapshot was made to compare")
	}
	if diff := difference(string(folded.Snapshot.State), string(loaded.Snapshot.State)); diff != "" {
		return fmt.Errorf("the state from snapshot and tail is the fold of all entries (- of all, + from snapshot):\n%s", diff)
	}
	return s.read(ctx, store)
}

// verify follows the whole chain, as far as it was not compacted away, and
// compares the entries with those first seen.
func (s *survivor) verify(ctx context.Context, store allocation.Store) error {
	err := allocation.Verify(ctx, store, victimDesk)
	from := uint64(0)
	if errors.Is(err, allocation.ErrCompacted) {
		from, err = s.compact, nil
	}
	if err != nil {
		return fmt.Errorf("verifying: %w", err)
	}
	want, err := collect(s.mirror.Entries(ctx, victimDesk, from, 0))
	if err != nil {
		return err
	}
	got, err := collect(store.Entries(ctx, victimDesk, from, 0))
	if err != nil {
		return err
	}
	if diff := difference(want, got); diff != "" {
		return fmt.Errorf("no entry has changed since it was first seen (- then, + now):\n%s", diff)
	}
	return nil
}

// end looks at the whole database a last time and removes it.
func (s *survivor) end() {
	if s.mirrored != nil {
		s.mirrored.Close()
	}
	store := s.target.Open(s.T, s.dir)
	if err := errors.Join(s.verify(context.Background(), store), store.Close(), os.RemoveAll(s.dir)); err != nil {
		s.Errorf("after %d kills: %v", s.kills, err)
	}
}

// bare is a store that keeps the last batch and drops its snapshot.
type bare struct {
	allocation.Store
	last allocation.Batch
}

// Update implements allocation.Store.
func (s *bare) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	return s.Store.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b, err := fn(head, tail)
		s.last = b
		b.Snapshot = nil
		return b, err
	})
}

// zeros makes salts that are the same each time.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

package allocation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// tampered is a store of which somebody changed what stands in it.
type tampered struct {
	allocation.Store
	lookup   func(key string, seq uint64, found bool) (uint64, bool)
	snapshot func(allocation.Snapshot) allocation.Snapshot
}

func (s tampered) Lookup(ctx context.Context, desk, key string) (uint64, bool, error) {
	seq, found, err := s.Store.Lookup(ctx, desk, key)
	if s.lookup != nil && err == nil {
		seq, found = s.lookup(key, seq, found)
	}
	return seq, found, err
}

func (s tampered) Snapshot(ctx context.Context, desk string, version uint64) (allocation.Snapshot, error) {
	snapshot, err := s.Store.Snapshot(ctx, desk, version)
	if s.snapshot != nil && err == nil && snapshot.Version > 0 {
		snapshot = s.snapshot(snapshot)
	}
	return snapshot, err
}

// keyedDay is a ledger with keys of customers, of requests, and of requests that
// waited and were decided later.
func keyedDay(t *testing.T) (allocation.Store, allocation.Config) {
	t.Helper()
	ctx := t.Context()
	cfg := allocation.ReplayConfig(allocation.NewMemoryStore(), allocation.MachinePolicy("strict", 3, 2, allocation.Wait))
	cfg.SnapshotEvery = 4
	desk, err := allocation.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(desk.SetReps(ctx, []allocation.Rep{
		{ID: "ana", Role: "a", KPI: map[string]float64{"w": 1}}, {ID: "bo", Role: "a", KPI: map[string]float64{"w": 2}},
	}, allocation.Opening{At: allocation.Monday}))
	waited := 0
	for n := range 12 {
		d, err := desk.Assign(ctx, allocation.Customer{
			ID: fmt.Sprint("L", n), Key: fmt.Sprint("webhook-", n), At: allocation.Monday, Fields: map[string]any{"size": 1},
		})
		must(err)
		if d.Status == allocation.StatusWaiting {
			waited++
		}
	}
	for n := range 3 {
		must(desk.Release(ctx, fmt.Sprint("L", n), allocation.Won))
	}
	must(desk.Advance(ctx, allocation.Monday))
	must(desk.Void(ctx, "L3", "duplicate"))
	must(desk.Erase(ctx, "L4"))
	must(desk.Erase(ctx, "L11"))
	if waited == 0 {
		t.Fatal("nobody waited: the day has no key that moved")
	}
	return cfg.Store, cfg
}

// TestVerifySeesEveryKey takes each key away and points each to another entry:
// a customer could be decided twice, or get another's decision.
func TestVerifySeesEveryKey(t *testing.T) {
	ctx := t.Context()
	store, _ := keyedDay(t)
	names := map[string]uint64{}
	read := tampered{Store: store, lookup: func(key string, seq uint64, found bool) (uint64, bool) {
		names[key] = seq
		return seq, found
	}}
	if err := allocation.Verify(ctx, read, "test"); err != nil {
		t.Fatalf("a ledger as it was written is in order: %v", err)
	}
	if want := 12 + 12; len(names) != want {
		t.Fatalf("each customer and each request has a key that is looked at: %d of %d: %v", len(names), want, names)
	}
	for name, seq := range names {
		for what, change := range map[string]func() (uint64, bool){
			"is missing":            func() (uint64, bool) { return 0, false },
			"points to the entry 1": func() (uint64, bool) { return 1, true },
			"points one back":       func() (uint64, bool) { return seq - 1, true },
			"points beyond the end": func() (uint64, bool) { return 1000, true },
		} {
			s := tampered{Store: store, lookup: func(key string, seq uint64, found bool) (uint64, bool) {
				if key == name {
					return change()
				}
				return seq, found
			}}
			if err := allocation.Verify(ctx, s, "test"); !errors.Is(err, allocation.ErrLedger) {
				t.Errorf("Verify sees that the key %q %s; it says: %v", name, what, err)
			}
		}
	}
}

// TestSealSeesEveryByte changes each byte of each snapshot, its version and its
// link: neither Verify nor a desk that opens takes it for what was written.
func TestSealSeesEveryByte(t *testing.T) {
	ctx := t.Context()
	store, cfg := keyedDay(t)
	var taken []allocation.Snapshot
	for below := uint64(math.MaxUint64); ; {
		snapshot, err := store.Snapshot(ctx, "test", below)
		if err != nil {
			t.Fatal(err)
		}
		if snapshot.Version == 0 {
			break
		}
		taken = append(taken, snapshot)
		below = snapshot.Version - 1
	}
	if len(taken) < 2 {
		t.Fatalf("the day is too short: %d snapshots", len(taken))
	}
	newest := taken[0].Version
	refused := func(version uint64, what string, change func(*allocation.Snapshot)) {
		t.Helper()
		s := tampered{Store: store, snapshot: func(snapshot allocation.Snapshot) allocation.Snapshot {
			if snapshot.Version == version {
				snapshot.State = bytes.Clone(snapshot.State)
				change(&snapshot)
			}
			return snapshot
		}}
		if err := allocation.Verify(ctx, s, "test"); !errors.Is(err, allocation.ErrLedger) {
			t.Errorf("Verify sees that in the snapshot at %d %s; it says: %v", version, what, err)
		}
		if version != newest {
			return
		}
		cfg.Store = s
		if _, err := allocation.Open(ctx, cfg); !errors.Is(err, allocation.ErrLedger) {
			t.Errorf("no desk opens when in the snapshot at %d %s; it says: %v", version, what, err)
		}
	}
	for _, snapshot := range taken {
		for at := range snapshot.State {
			refused(snapshot.Version, fmt.Sprintf("byte %d is another", at), func(s *allocation.Snapshot) { s.State[at] ^= 1 << (at % 8) })
		}
		for _, at := range []int{0, 1, len(snapshot.State) / 2, len(snapshot.State) - 1} {
			refused(snapshot.Version, fmt.Sprintf("all from byte %d on is missing", at), func(s *allocation.Snapshot) { s.State = s.State[:at] })
		}
		refused(snapshot.Version, "the link is another", func(s *allocation.Snapshot) { s.Link[3] ^= 8 })
	}
}

// TestSnapshotFromBeforeSeals opens a desk from a snapshot without a seal, as
// earlier versions wrote it.
func TestSnapshotFromBeforeSeals(t *testing.T) {
	ctx := t.Context()
	store, cfg := keyedDay(t)
	want, err := allocation.StateText(ctx, store, "test")
	if err != nil {
		t.Fatal(err)
	}
	bare := tampered{Store: store, snapshot: func(s allocation.Snapshot) allocation.Snapshot {
		_, s.State, _ = bytes.Cut(s.State, []byte("\n"))
		return s
	}}
	got, err := allocation.StateText(ctx, bare, "test")
	if err != nil || got != want {
		t.Errorf("the state is the same: %v\ngot  %s\nwant %s", err, got, want)
	}
	if err := allocation.Verify(ctx, bare, "test"); err != nil {
		t.Errorf("it is in order: %v", err)
	}
	if checked, err := allocation.VerifySnapshots(ctx, bare, "test"); err != nil || checked < 2 {
		t.Errorf("%d snapshots are what their entries make: %v", checked, err)
	}
	cfg.Store = bare
	desk, err := allocation.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	desk.Close()
}

// growing is a store whose desk goes on working while it is verified.
type growing struct {
	allocation.Store
	grow func()
}

func (s growing) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
	s.grow()
	return s.Store.Entries(ctx, desk, after, upTo)
}

// TestVerifyWhileTheDeskWorks appends between any two looks at the ledger.
func TestVerifyWhileTheDeskWorks(t *testing.T) {
	ctx := t.Context()
	store, cfg := keyedDay(t)
	desk, err := allocation.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	n := 0
	s := growing{store, func() {
		if n++; n > 60 {
			return
		}
		for _, act := range []func() error{
			func() error { return desk.Void(ctx, fmt.Sprint("L", n%12), "") },
			func() error {
				_, err := desk.Assign(ctx, allocation.Customer{ID: fmt.Sprint("M", n), Key: fmt.Sprint("m-", n), At: allocation.Monday, Fields: map[string]any{"size": 1}})
				return err
			},
		} {
			if err := act(); err != nil {
				t.Fatal(err)
			}
		}
	}}
	if err := allocation.Verify(ctx, s, "test"); err != nil {
		t.Errorf("a ledger that grows meanwhile is in order: %v", err)
	}
	if n < 20 {
		t.Errorf("it was to grow on the way; it did %d times", n)
	}
}

package sqlitestore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/google/go-cmp/cmp"
)

// leads is how many customers the desk has whose file is damaged.
const leads = 60

// deskFile is the file of a desk that has worked: assignments by request keys,
// releases, voids, and snapshots on the way.
func deskFile(t *testing.T) []byte {
	t.Helper()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "evenhand.db")
	store, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	desk, err := allocation.Open(ctx, allocation.Config{Policy: plainPolicy(), Store: store, SnapshotEvery: 20, Clock: func() time.Time {
		return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.SetReps(ctx, []allocation.Rep{{ID: "ana", KPI: map[string]float64{"wins": 1}}, {ID: "bo", KPI: map[string]float64{"wins": 2}}}); err != nil {
		t.Fatal(err)
	}
	for n := range leads {
		if _, err := desk.Assign(ctx, allocation.Customer{ID: fmt.Sprint("L-", n), Key: fmt.Sprint("form-", n)}); err != nil {
			t.Fatal(err)
		}
		if n%3 == 0 {
			err = desk.Release(ctx, fmt.Sprint("L-", n), allocation.Won)
		} else if n%7 == 0 {
			err = desk.Void(ctx, fmt.Sprint("L-", n), "duplicate")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(desk.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// tells is all that a desk would go by that opened this file: its entries, its
// keys, the snapshots it can start from.
func tells(t *testing.T, path string) (string, error) {
	store, err := sqlitestore.Open(path)
	if err != nil {
		return "", err
	}
	defer store.Close()
	ctx := t.Context()
	if err := allocation.Verify(ctx, store, "default"); err != nil {
		return "", err
	}
	var b strings.Builder
	last := uint64(0)
	for e, err := range store.Entries(ctx, "default", 0, 0) {
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%v %s %s\n", e, e.Body, e.Fields)
		last = e.Seq
	}
	for n := range leads {
		for _, key := range []string{fmt.Sprint("c/lead/L-", n), fmt.Sprint("r/form-", n)} {
			seq, found, err := store.Lookup(ctx, "default", key)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&b, key, seq, found)
		}
	}
	snapshot, err := store.Snapshot(ctx, "default", last)
	fmt.Fprintf(&b, "%d %s\n", snapshot.Version, snapshot.State)
	return b.String(), err
}

// TestDeskFileDamaged changes a byte of a desk's file, again and again: opening
// it or Verify says so, or what the desk goes by is all as it was. A snapshot
// that was lost whole is no harm: an earlier one, or the entries, make the same
// state.
func TestDeskFileDamaged(t *testing.T) {
	file := deskFile(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	put := func(content []byte) {
		for _, suffix := range []string{"-wal", "-shm"} {
			os.Remove(path + suffix)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(file)
	want, err := tells(t, path)
	if err != nil {
		t.Fatal(err)
	}
	entries := func(told string) string { return told[:strings.LastIndex(strings.TrimSuffix(told, "\n"), "\n")] }
	rng := rand.New(rand.NewPCG(10, 0))
	outcomes := map[string]int{}
	for range damages(t) {
		at := rng.IntN(len(file))
		damaged := append([]byte{}, file...)
		damaged[at] ^= byte(1 + rng.IntN(255))
		put(damaged)
		got, err := tells(t, path)
		switch {
		case err != nil:
			outcomes["refused"]++
		case got == want:
			outcomes["unharmed"]++
		case entries(got) == entries(want):
			outcomes["without its newest snapshot"]++
		default:
			t.Errorf("byte %d of %d is another, nobody noticed, and the desk goes by (-before +now)\n%s", at, len(file),
				cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		}
	}
	t.Logf("%v", outcomes)
	if outcomes["refused"] == 0 {
		t.Error("no change was to be seen")
	}
}

// damages is how many bytes are changed; EVENHAND_WAL_BATCHES makes it more.
func damages(t *testing.T) int { return 100 * sqlitestore.WALBatches(t) }

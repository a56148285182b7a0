package sqlitestore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A workday is what a store does to its disk, and after which operation each
// version was acknowledged.
type workday struct {
	history
	ops   []diskOp
	acked []int // by batch
}

// work makes a database, appends, checkpoints in every way, closes and opens
// again. prepare may spoil the store after it is opened.
func work(t *testing.T, batches int, prepare func(s *Store)) *workday {
	t.Helper()
	w := &workday{}
	dir, err := filepath.EvalSymlinks(t.TempDir()) // as SQLite names it
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, dir)
	rng := rand.New(rand.NewPCG(10, 0))
	for _, checkpoint := range []string{"PASSIVE", "RESTART", "TRUNCATE"} {
		s, err := Open(filepath.Join(dir, databaseName))
		if err != nil {
			t.Fatal(err)
		}
		prepare(s)
		for half := range 2 {
			for range batches {
				w.write(t, s, rng, 1)
				w.acked = append(w.acked, len(r.ops))
			}
			if half == 0 {
				if _, err := s.DB().ExecContext(t.Context(), "PRAGMA wal_checkpoint("+checkpoint+")"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w.ops = r.ops
	return w
}

// cut cuts the power after each operation and returns what was lost or wrong,
// until it has found so much.
func (w *workday) cut(t *testing.T, enough int) (findings []string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, 0))
	d, dir := newDisk(), t.TempDir()
	least, batch := uint64(0), 0
	for i := 0; ; i++ {
		for batch < len(w.acked) && w.acked[batch] <= i {
			least = w.heads[batch].Version
			batch++
		}
		for _, keep := range []int{0, 100, 50} {
			files := d.image(rng, keep)
			for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
				name := databaseName + suffix
				path := filepath.Join(dir, name)
				os.Remove(path)
				if content, there := files[name]; there {
					if err := os.WriteFile(path, content, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			version, err := w.survives(filepath.Join(dir, databaseName))
			if err != nil || version < least {
				findings = append(findings, fmt.Sprintf("power cut after operation %d of %d, keeping %d%% of what was not synced: version %d was acknowledged, there is %d, %v", i, len(w.ops), keep, least, version, err))
			}
		}
		if i == len(w.ops) || len(findings) >= enough {
			return findings
		}
		d.do(w.ops[i])
	}
}

// A power cut at any moment keeps what was acknowledged, whatever became of
// the sectors that were written and not synced. The disk is simulated, from
// what SQLite really wrote and synced; it keeps what it has synced, and a
// removed file may come back until its folder is synced.
func TestPowerCut(t *testing.T) {
	w := work(t, max(1, walBatches(t)/4), func(*Store) {})
	for _, finding := range w.cut(t, 5) {
		t.Error(finding)
	}
	t.Logf("%d batches, the power cut after each of %d operations", len(w.heads), len(w.ops))
}

// The simulated disk is no easier than a real one: a store that does not sync
// each commit loses some.
func TestPowerCutSeesAMissingSync(t *testing.T) {
	for _, level := range []string{"NORMAL", "OFF"} {
		w := work(t, 2, func(s *Store) {
			if _, err := s.writer.conn.ExecContext(t.Context(), "PRAGMA synchronous = "+level); err != nil {
				t.Fatal(err)
			}
		})
		if findings := w.cut(t, 1); len(findings) == 0 {
			t.Errorf("with synchronous = %s a power cut must lose something", level)
		}
	}
}

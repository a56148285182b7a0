package sqlitestore

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// TestKillDesk kills processes that work on a desk over a SQLite file. Set
// EVENHAND_KILLS for more of them.
func TestKillDesk(t *testing.T) {
	storetest.KillDesk(t, storetest.KillTarget{
		Open: func(t *testing.T, dir string) allocation.Store {
			s, err := Open(filepath.Join(dir, "evenhand.db"))
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Checkpoint: func(ctx context.Context, store allocation.Store, draw int) error {
			mode := []string{"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[draw%4]
			_, err := store.(*Store).DB().ExecContext(ctx, "PRAGMA wal_checkpoint("+mode+")")
			return err
		},
	})
}

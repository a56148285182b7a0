package sqlitestore_test

import (
	"os"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// TestDeskKeepsItsPromises runs the machine on a database file; each process of
// its worlds has a handle of its own.
func TestDeskKeepsItsPromises(t *testing.T) {
	last := ""
	storetest.Desk(t, 600, func(t *testing.T) storetest.World {
		if err := os.RemoveAll(last); err != nil { // of the run before, which has ended
			t.Fatal(err)
		}
		dir := t.TempDir()
		last = dir
		return func() (allocation.Store, func()) {
			s := openFile(t, dir)
			return s, func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
		}
	})
}

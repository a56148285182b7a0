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
	storetest.Desk(t, 600, files())
}

// TestTenantsNeverMeet runs desks with the same customers and reps in one file.
func TestTenantsNeverMeet(t *testing.T) { storetest.Tenants(t, 600, files()) }

// files makes worlds of one file each; the one before is removed.
func files() func(t *testing.T) storetest.World {
	last := ""
	return func(t *testing.T) storetest.World {
		if err := os.RemoveAll(last); err != nil {
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
	}
}

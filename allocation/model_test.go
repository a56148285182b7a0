package allocation_test

import (
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// TestDeskKeepsItsPromises runs the machine on the memory store.
func TestDeskKeepsItsPromises(t *testing.T) {
	storetest.Desk(t, 30_000, func(*testing.T) storetest.World {
		store := allocation.NewMemoryStore()
		return func() (allocation.Store, func()) { return store, func() {} }
	})
}

// TestTenantsNeverMeet runs desks with the same customers and reps in one
// memory store.
func TestTenantsNeverMeet(t *testing.T) {
	storetest.Tenants(t, 10_000, func(*testing.T) storetest.World {
		store := allocation.NewMemoryStore()
		return func() (allocation.Store, func()) { return store, func() {} }
	})
}

package storetest

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// careless takes the names of desks that differ in case or in blanks for one.
type careless struct{ allocation.Store }

func careful(desk string) string { return strings.ToLower(strings.TrimSpace(desk)) }

func (s careless) Lookup(ctx context.Context, desk, key string) (uint64, bool, error) {
	seq, found, err := s.Store.Lookup(ctx, careful(desk), key)
	if own, mine, _ := s.Store.Lookup(ctx, desk, key); mine {
		return own, mine, err
	}
	return seq, found, err
}

// forgetful leaves the keys of every batch out whose version ends in 7.
type forgetful struct{ allocation.Store }

func (s forgetful) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	return s.Store.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b, err := fn(head, tail)
		if n := len(b.Entries); n > 0 && b.Entries[n-1].Seq%10 == 7 {
			b.Keys = nil
		}
		return b, err
	})
}

func worldOn(wrap func(allocation.Store) allocation.Store) World {
	store := allocation.NewMemoryStore()
	return func() (allocation.Store, func()) { return wrap(store), func() {} }
}

func TestMachineNoticesBrokenStores(t *testing.T) {
	failure := ""
	world := func() World {
		return worldOn(func(s allocation.Store) allocation.Store { return forgetful{s} })
	}
	for seed := uint64(1); failure == "" && seed < 10; seed++ {
		script := newScript(seed)
		if failure = runScript(script, world(), newDeskTally()); failure != "" {
			if short, _ := shorten(script, failure, world); len(short.steps) > len(script.steps)/4 {
				t.Errorf("%d steps are cut down to %d only", len(script.steps), len(short.steps))
			}
		}
	}
	if failure == "" {
		t.Error("a store that forgets keys keeps no promise, and the machine did not notice")
	}
}

func TestTenantsNoticeACarelessStore(t *testing.T) {
	for seed := uint64(1); seed < 200; seed++ {
		if runTenants(seed, func() World {
			return worldOn(func(s allocation.Store) allocation.Store { return careless{s} })
		}, newDeskTally()) != "" {
			return
		}
	}
	t.Error("a store that takes two desks for one keeps no promise, and nobody noticed")
}

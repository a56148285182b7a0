package storetest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// Tenants runs several desks in one store, with the same customers, reps and
// keys, under names that a careless store mixes up: prefixes of each other,
// separators, patterns, letters that look alike. Each lives through random days
// of its own, interleaved step by step with those of the others and held
// against its own model, as in Desk. At the end each desk's ledger, chain,
// snapshots and timers are, byte for byte, those of the same days alone in a
// store of its own.
//
// steps, EVENHAND_STEPS and EVENHAND_SEED are as in Desk. world makes an empty
// store; it is called once for the desks together and once for each alone.
func Tenants(t *testing.T, steps int, world func(t *testing.T) World) {
	steps, seed := runLength(t, steps)
	tally := newDeskTally()
	for ; tally.steps < steps; seed++ {
		if failure := runTenants(seed, func() World { return world(t) }, tally); failure != "" {
			t.Fatalf("%s\nin a run with EVENHAND_SEED=%d", failure, seed)
		}
	}
	t.Logf("%d steps, next seed %d, %d desks in one store at most", tally.steps, seed, tally.peaks["tenants"])
}

// tenant is a desk and what it will live through.
type tenant struct {
	name   string
	script deskScript
}

func drawTenants(random *rand.Rand, seed uint64) []tenant {
	names := slices.DeleteFunc(slices.Clone(hostileNames), func(name string) bool {
		return name == "" || len(name) > allocation.MaxID || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
	})
	first := random.IntN(len(names)) // names that are alike stand side by side
	tenants := make([]tenant, 2+random.IntN(3))
	for i := range tenants {
		// One roster and one policy to begin with, the same customers: what
		// differs is the order of things.
		script := newScript(seed)
		random.Shuffle(len(script.steps), func(a, b int) { script.steps[a], script.steps[b] = script.steps[b], script.steps[a] })
		script.steps = slices.DeleteFunc(script.steps[:100], func(s step) bool {
			// Which of two processes is first is not for the script to say,
			// and with it whose salt is used.
			return deskActions[s.action].name == "assign twice at once"
		})
		tenants[i] = tenant{names[(first+i)%len(names)], script}
	}
	return tenants
}

func runTenants(seed uint64, world func() World, tally *deskTally) string {
	tenants := drawTenants(rand.New(rand.NewPCG(seed, 1)), seed)
	tally.most("tenants", len(tenants))
	var alone []string
	for i := range tenants {
		texts, failure := liveThrough(tenants[i:i+1], world(), tally)
		if failure != "" {
			return "alone, " + failure
		}
		alone = append(alone, texts[0])
	}
	together, failure := liveThrough(tenants, world(), tally)
	if failure != "" {
		return failure
	}
	for i, t := range tenants {
		if together[i] != alone[i] {
			return fmt.Sprintf("desk %q beside others is not the desk it is alone (- alone, + beside others):\n%s", t.name, difference(alone[i], together[i]))
		}
	}
	return ""
}

// liveThrough runs desks in one store, a step of each in turn, and returns what
// each left there.
func liveThrough(tenants []tenant, world World, tally *deskTally) (texts []string, failure string) {
	var worlds []*deskWorld
	defer func() {
		for _, w := range worlds {
			w.end()
		}
	}()
	for _, t := range tenants {
		w := newDeskWorld(t.name, t.script, world, tally)
		worlds = append(worlds, w)
		w.begin(t.script)
	}
	for i := range runSteps {
		for n, w := range worlds {
			if i < len(tenants[n].script.steps) {
				w.take(i, tenants[n].script.steps[i])
			}
		}
	}
	for _, w := range worlds {
		w.finish()
		if failure := w.firstFailure(""); failure != "" {
			return nil, fmt.Sprintf("desk %q, %s", w.name, failure)
		}
		texts = append(texts, w.everything())
	}
	return texts, ""
}

// everything is all that a store has of a desk.
func (w *deskWorld) everything() string {
	ctx, store := context.Background(), w.store()
	var b strings.Builder
	for e, err := range store.Entries(ctx, w.name, w.model.dropped, 0) {
		fmt.Fprintf(&b, "%s %s %q %x %x %v\n", e, e.Body, e.Fields, e.Salt, e.Digest, err)
	}
	for head, err := range store.Links(ctx, w.name) {
		fmt.Fprintf(&b, "link %d %x %v\n", head.Version, head.Link, err)
	}
	for below := uint64(math.MaxUint64); below > 0; {
		snapshot, err := store.Snapshot(ctx, w.name, below)
		fmt.Fprintf(&b, "snapshot %d %s %v\n", snapshot.Version, snapshot.State, err)
		below = max(1, snapshot.Version) - 1
	}
	for _, ref := range w.refs {
		for _, name := range []string{"c/" + ref.kind + "/" + ref.id, "r/key of " + ref.id} {
			seq, found, err := store.Lookup(ctx, w.name, name)
			fmt.Fprintf(&b, "key %s %d %t %v\n", name, seq, found, err)
		}
	}
	due, err := store.Due(ctx, farAway, math.MaxInt)
	for _, timer := range due {
		if timer.Desk == w.name {
			fmt.Fprintf(&b, "timer %s %s %v\n", timer.Name, timer.At, err)
		}
	}
	return b.String()
}

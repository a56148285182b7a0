package storetest

import (
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// check guards one promise. Its run function reports through the fixture and
// nothing else, so that a test can watch it fail on a broken store.
type check struct {
	promise string
	run     func(f *fixture)
}

// checks are all the checks of Run. A new one is a line here and a function in
// the file of its subject.
var checks = []check{
	{"entries come back as they were appended", roundTrip},
	{"what callers hold is a copy", copies},
	{"an empty batch appends nothing", emptyBatch},
	{"a batch that breaks the rules is refused and leaves no trace", refusedBatches},
	{"there is one link for each batch and the chain can be followed", links},

	{"a key that is taken refuses the whole batch", takenKey},
	{"a key is inserted once and can be pointed anew", pointedKeys},
	{"keys are compared byte for byte", similarKeys},

	{"Entries yields after < Seq <= upTo in order", entryRanges},
	{"the tail is what follows since", tails},
	{"fn sees the ledger as it was before the batch", readsInsideUpdate},
	{"Snapshot is the newest at or below the version", snapshots},

	{"timers are set, moved and cancelled", timersMove},
	{"Due is ordered by time, desk and name, and limited", dueOrder},

	{"Compact is refused without a snapshot at the version", compactRefused},
	{"Compact drops entries and older snapshots, and nothing else", compactKeeps},
	{"a desk goes on after everything was compacted", compactAll},

	{"Erase empties fields and salt and nothing else", erasing},

	{"desks never see each other, whatever their names", hostileDesks},

	{"Updates of one desk are exclusive", exclusive},
	{"Updates of several desks go on side by side", sideBySide},
	{"readers beside a writer see whole batches", readersBesideWriter},

	{"a cancelled context refuses every call", cancelledBefore},
	{"waiting for the desk ends with the context", cancelledWhileWaiting},
	{"the error of fn comes back as it is and nothing is appended", errorOfFn},
	{"a panic in fn leaves the store usable", panicInFn},
	{"a closed store says so", closed},
	{"Close lets calls in flight end first", closeWaits},

	{"any history agrees with the model", anyHistory},
}

// Run runs the suite on a store. open returns a new, empty store each time it
// is called; it is called at least once for each check and the suite closes
// what it opened. open may use the t it is given for temporary folders and
// for failing.
//
// Run it with the race detector too. The state machine obeys rapid's flags,
// such as -rapid.checks. Cost: some thousand small batches.
func Run(t *testing.T, open func(t *testing.T) allocation.Store) {
	for _, c := range checks {
		t.Run(c.promise, func(t *testing.T) {
			c.run(newFixture(t, func() allocation.Store { return open(t) }))
		})
	}
}

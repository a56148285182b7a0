// Package storetest holds the suite that every allocation.Store passes, in
// the manner of testing/fstest. A new store calls it from its own tests:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) allocation.Store { return open(t, t.TempDir()) })
//	}
//
//	func TestDurable(t *testing.T) {
//		storetest.Durable(t, func(t *testing.T, dir string) allocation.Store { return open(t, dir) })
//	}
//
// KillDesk, for a desk on the store, is apart since it takes a target and time.
//
// Run covers what one process can see. Durable adds what a store owes that
// survives its process: reopening, several handles and several processes on
// one database, and a writer that is killed in the middle of appending.
//
// Faults runs a desk on the store while commits and reads fail at random:
//
//	func TestFaults(t *testing.T) {
//		storetest.Faults(t, func(t *testing.T) allocation.Store { return open(t, t.TempDir()) }, 30)
//	}
//
// Desk is of another kind: it runs a whole desk on the store, at random, and
// holds it against a model that predicts every entry and every answer. Tenants
// runs several in one store and alone, and compares what they leave, byte for
// byte.
//
// Each check has the promise it guards as its name, and says in its failures
// what was promised and what came instead. Where to find and add them:
//
//	run.go         Run, and the table of all checks
//	harness.go     what the checks share: a store, batches, a view of a desk
//	append.go      round trips, batches that are refused, links
//	keys.go        keys, and that a refused batch leaves no trace
//	reading.go     Entries, the tail, Snapshot
//	timers.go      Due
//	compact.go     Compact
//	erase.go       Erase
//	desks.go       desks with hostile names do not meet
//	exclusive.go   concurrent Updates
//	ending.go      contexts, errors and panics of fn, Close
//	machine.go     any history at all, against a small model
//	durable.go     Durable: reopening, several handles
//	process.go     Durable: several processes, kill -9
//	faults.go      Faults: a desk on a store that fails, beside one that does not
//	kill.go        KillDesk: a desk's process killed at any moment
//	victim.go      what is killed; victim_policy.go: what it decides by
//	survivor.go    what is looked at afterwards; recount.go: from the entries alone
//	faulty.go      Faulty, a store that fails on schedule, for tests of a desk:
//	               commits that fail, reply late or never, crash, conflict,
//	               stall, find the disk full; faulty_reads.go: reads that fail
//	desk*.go       Desk: desk.go runs it and tells what it checks and how often;
//	               desk_actions.go and desk_processes.go, what can happen;
//	               desk_model.go, the model: desk_requests.go, its requests;
//	               desk_roster.go, those about reps and the policy;
//	               desk_decide.go, desk_weigh.go, desk_record.go, one
//	               decision; desk_credit.go, its rotations;
//	               desk_policy.go, its policies; desk_checks.go, the checks;
//	               desk_tally.go, what must have happened in a long run;
//	               desk_reconcile.go, what a CRM says; desk_plan.go, plans and
//	               their commits; desk_tenants.go, Tenants: several such desks
//	               in one store
//
// A store may rely on what the port promises it, and the suite keeps to that:
// fn never blocks on another desk and never calls Update.
package storetest

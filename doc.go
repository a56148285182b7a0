// Package evenhand is the index of Evenhand, which decides who gets which
// customer: leads, accounts, opportunities and service requests. A policy is a
// document of rules; every decision is kept in a ledger, comes with a stated
// fairness bound, and can be explained afterwards, also to the rep who did not
// get the customer.
//
// There is nothing to call here. Where to begin:
//
//	policy                   the document of rules: load, check, compile
//	allocation               the desk that applies it to one customer after the other
//	allocation/sqlitestore   the embedded store, a module of its own
//	policy/cmd/evenhand      the command for policy authors, a module of its own
//	examples/quickstart      all of it in one program: go run ./examples/quickstart
//	examples/embed           a service: webhook, own structs and tables, outbox
//	examples/crm             a CRM's export in, the file its import wants out
//	allocation/GUIDE.md      from go get to production
//
// And for those who want one piece alone, each without further dependencies:
//
//	allocation/rotation      fair turn-taking with proved bounds
//	allocation/apportion     splitting totals into whole numbers
//	allocation/fairness      measures of evenness, and a test for bias
//	allocation/solve         a whole backlog at once: the best allocation and its proof; fair batches
//	allocation/effort        dividing hours or money with diminishing returns; how many reps
//	allocation/calendar      working hours, time off, windows, in any time zone
//	policy/rule              safe, typed, three-valued expressions
//
// Imports point one way: the pure packages and policy/rule import nothing of
// ours, allocation imports the pure ones, policy imports allocation and
// policy/rule. kpi, segment and territory will stand beside them.
//
// # Release notes
//
// v0.1.0, not out yet: policies as documents, the desk and its ledger, the
// memory and the SQLite store, the command. Until v1 the Go API may change from
// one minor version to the next, and what is incompatible is listed here; a
// ledger and a policy document of any version are read by every later one.
package evenhand

// Package allocation decides who gets which customer. A Desk walks one customer
// after the other through a Policy to one Rep, keeps every decision in a
// ledger, and explains any of them afterwards.
//
//	desk, err := allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: store})
//	err = desk.SetReps(ctx, reps)
//	d, err := desk.Assign(ctx, allocation.Customer{ID: "L-1", Industry: "steel"})
//	x, err := desk.Explain(ctx, "L-1")
//
// GUIDE.md, beside this file, leads from go get to production.
//
// # The way of one customer
//
//	            ┌────────────────── the next rule ──────────────────┐
//	            ▼                                                   │ if_none: next
//	request ─► when ─► eligible ─► available ─► caps ─► weight ─► pick ─► entry ─► store
//	            │                                                   │
//	   no rule places him: fallback, or unassigned                  └ if_none: wait ─► waiting list
//
// The stages are one file each, or one function of it:
//
//	allocate.go           all stages in order, top to bottom: read this first
//	weigh.go              weight, null rule, range, ramp
//	pick/                 how one rep is chosen among those left; one file a strategy
//	rotation/             the fairness ledger behind pick: rotate
//	calendar/             who is on shift or away, and where the windows of caps begin
//
// # Words
//
//	customer.go, rep.go   the nouns a caller fills in
//	policy.go             what a desk needs of a policy, and the port to its expressions
//	decision.go           the answer
//	explanation.go        the answer to "why"; sentences.go puts it into words
//	counterfactual.go     the answer to "why not me": presence, caps, obstacles;
//	                      counterfactual_fields.go of the rep and the customer,
//	                      counterfactual_pick.go who comes first, counterfactual_text.go the words
//	report.go             the desk at a glance: who holds what, who waits, how even it is
//	errors.go             refusals and failures
//
// # The desk and its ledger
//
//	desk.go               Open, the serial section, group commit
//	load.go               reading the ledger: at the start, after a failure, and what others appended
//	group.go              what one append is made of
//	assign.go             Assign, Reassign, AssignVia
//	requests.go           several requests in one append
//	release.go, void.go   Release, Void
//	by_hand.go            AssignTo, Transfer
//	credit.go             Grant, CloseAccount
//	erase.go              Erase
//	request.go            what these have in common: options, time, the customer
//	workforce.go          SetReps, SetRep, RemoveRep, SetPolicy, opening state
//	reconcile.go          Reconcile: what the CRM has, against what the ledger has
//	shadow.go             Shadow: another policy that decides along; comparison.go: how it did
//	plan.go               Plan: a whole backlog at once. Read this first;
//	                      plan_view.go the state it is made from, plan_rules.go the way
//	                      through the rules, plan_part.go one rule and its customers,
//	                      plan_value.go as an optimisation and its bound, plan_score.go
//	                      scores as integers, plan_prices.go what one more place brings,
//	                      plan_rotation.go entitlements, plan_level.go even loads,
//	                      plan_in_order.go one after the other, plan_moves.go who stays,
//	                      plan_caps.go rooms, plan_repair.go the caps that are no rooms;
//	                      plan_sentences.go what it says of itself, plan_offers.go why
//	                      nobody better has a customer, plan_export.go CSV
//	                      and JSON, plan_page.go HTML;
//	                      plan_commit.go Plan.Commit: plan_entries.go what is recorded,
//	                      plan_places.go whether it still holds, plan_anew.go what does
//	                      not, plan_explain.go the answer to "why" from the ledger,
//	                      plan_ledger.go PlanAt, which reads a plan back
//	waiting.go            the waiting list, Advance, timers
//	set_aside.go          what becomes of a customer whose deciding fails
//	returns.go            what happens when time off ends
//	entry.go, event.go    the format of the ledger
//	state.go              the fold of the ledger: one function an event
//	counts.go, turn.go    the fold's counts of caps and its rotations
//	live.go               what deciding needs beyond the fold
//	presence.go, room.go  who is available and who has room, kept up to date; alarms.go: when to look again
//	roster.go             the reps in rows; repset.go, rowlist.go: sets of rows, in memory and in the ledger
//	snapshot.go, seal.go  the fold as text, and the checksum before it
//	explain.go, trace.go  deciding again, with a trace
//	whatif.go             deciding again with one thing otherwise; supposition.go: what is otherwise
//	verify.go             following the hash chain, the seals, the keys
//	keys.go               the names that find a customer's or a request's entry
//	compact.go            dropping what is no longer needed
//	store.go, batch.go    the port to durable state
//	memory.go             the store for tests and for runs that keep nothing
//
// # Where to add
//
// A way to pick: one file in pick/ and one line in its registry. Its name is a
// value of `pick:` in policies at once. If it looks at something that
// pick.Candidate lacks, candidate in allocate.go fills that in; if it reads
// `prefer`, policy/compile_rule.go says which strategies may have one.
//
// A store: a module of its own that implements Store and passes storetest.Run
// and storetest.Durable; sqlitestore is the model, file by file. Entries must
// come back byte for byte, so a column type that rewrites JSON will not do for
// Body. The module is named in go.work and in .ci/run.
//
// A kind of cap takes both sides. In policy: Cap in document.go, its reading in
// read_document.go, checkCap and capKey in compile_cap.go. Here: Cap in
// policy.go; capSpecs in workforce.go, for what folding needs to know; takes
// and used in live.go, how much a customer adds and how much there is; roomy,
// falls and whoever calls touch, for what room.go keeps; count
// and tally in counts.go, which are part of the snapshot's format; over in
// report.go and capFrees in waiting.go. Folding never evaluates an expression:
// if a customer adds an amount that an expression gives, Matching needs a
// method for it, and counted in event.go and holding in counts.go have to
// carry the amount. keepUnder in allocate.go is the stage itself and should
// not have to change.
//
// An event: a constant in entry.go, its details in event.go, one function and
// one line of the table folds in state.go.
//
// # Promises
//
// Deterministic: a decision is a function of the ledger, the request and the
// recorded time. Rep order, map order and the machine play no part.
//
// Idempotent: the same customer, or the same Customer.Key, gets the recorded
// decision again.
//
// Durable: Assign returns when the decision is durable; so does a repeated
// request. When a store fails, the desk forgets, loads again and looks up what
// was kept before it decides anew.
//
// No decision takes a rep over a cap, at any concurrency. A lowered limit, an
// opening state, a forced transfer and the fallback may leave a rep above one:
// he then receives nothing until he is below, and Report names the cap.
//
// One customer whose deciding fails, as when a matcher panics on him, is set
// aside with the fault, and nobody else is decided otherwise for it. Report
// lists him; Reassign decides him again.
//
// Fair: each rotation states a proved bound on how far anybody is from what he
// was entitled to; see package rotation and RotationReport.
//
// # Limits
//
// What is larger is refused with ErrInput and a message that gives both numbers;
// nothing is cut off. Bytes are of UTF-8.
//
//	an ID, kind, outcome, key; a desk's name    256 bytes                 MaxID
//	a note                                      1 KiB                     MaxNote
//	the fields the policy reads of a customer   1 MiB as JSON             MaxFields
//	one text among them                         4 KiB                     rule.MaxString
//	one list among them                         1,000 elements            rule.MaxList
//	one rep, all fields, teams and skills       64 KiB as JSON            MaxRep
//	reps of a desk                              100,000                   MaxReps
//	units of a customer; of a rep's own work    10^6; 10^12
//	weight; size                                10^6; 10^12 scaled        package rotation
//	a rolling window                            366 days                  calendar.MaxRolling
//	the year of a request's time                1 to 9999; a live desk's clock + 5 minutes
//	what went wrong with who was set aside      300 bytes, cut
//	a policy document                           1 MiB, 64 levels, 2,000 keys a group   policy.MaxDocument …
//	one expression                              4 KiB, 500 parts          rule.MaxSource
//	one list or table file                      16 MiB, 1,000,000 words   policy.MaxFile, rule.MaxNamed
//
// There is none on customers, open or waiting, or on entries; a desk holds the
// open and the waiting ones in memory. One request may take time in proportion
// to the reps, and an Advance in a replay to the moments it passes at which
// somebody who waits may get his turn.
//
// # What differs from what one might expect
//
// A stock cap of the desk without `only` and not per team counts every open
// unit of a rep, also those from before the cap existed: it reads the rep's
// open units. All other caps count from the policy entry that brought them in.
// What a cap counts is told by Cap.Key; changing only the limit keeps the
// count.
//
// Flow caps remember when each customer was given rather than a number per
// window, so that a change of a rep's time zone, of the window or of the clock
// cannot open a window twice.
//
// Who is available and who has room under a cap is kept as a bit a rep, so
// that a decision costs no look at each; what happens to a rep, and the clock,
// change his bits. Explain looks at each rep instead, with the policy's
// reference matcher, and is therefore a check on both.
//
// A desk never decides ahead of what it has appended: requests that arrive
// during an append share the next one. A failed append therefore costs one
// reload and nothing else.
//
// Time off with `on_return: {grant: time_off}` is settled at the first request
// after it ended, before that request.
package allocation

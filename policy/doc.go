// Package policy reads policy documents: who gets which customer, written by
// people who may never write Go.
//
//	p, err := policy.Load("inbound.yaml")
//	desk, err := allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: store})
//
// A document is YAML, and therefore JSON if one likes. Its expressions are
// described in package rule. Everything in it is checked when it is read: an
// unknown key, an unknown field, a wrong type, a file that is not there; and
// everything that is wrong is said at once, with line, column, the line itself
// and the likely fix.
//
// # The document
//
// Keys at the top. Only evenhand, name and rules are required.
//
//	evenhand     the version of the format: 1
//	name         for people
//	customer     the word rules use for a customer, such as lead       default customer
//	timezone     IANA name; dates and windows follow its clock         default UTC
//	week_starts  monday … sunday                                       default monday
//	holidays     {file: F}, CSV with date, region[, name]              default none
//	fields       {lead: {NAME: TYPE}, rep: {NAME: TYPE}}, see below    default none
//	kpis         [NAME, …], read as rep.kpi.NAME                       default none
//	lists        {NAME: {file: F}} or {NAME: [word, …]}                default none
//	tables       {NAME: {file, key, match, columns}}, see below        default none
//	let          {NAME: EXPRESSION}; one may use those above it        default none
//	units        what a customer takes of capacity: whole, 0 to 10^6   default 1
//	caps         limits on everything the desk gives, see below        default none
//	rotation     how turns are counted, see below
//	rules        the first that matches and places the customer wins
//	fallback     [{rep: ID}, …], in order, when no rule placed him     default none
//	tests        what must come of it, see below                       default none
//
// A rule. Only name is required.
//
//	name          unique
//	id            unique; credit and history follow it                 default the name as a slug
//	from, until   2026-01-31 (midnight in the desk's zone) or an
//	              RFC 3339 time; from inclusive, until exclusive       default always
//	when          over the customer: does the rule apply?              default true
//	eligible      over both: may this rep receive this customer?       default true
//	available     on_shift | not_away | any                            default on_shift
//	caps          as at the top; count what this rule gave             default none
//	pick          rotate | best | least_open | most_available | first | none   default rotate
//	reason        with pick: none, the reason code: a-z 0-9 _
//	if_none       next | fallback | wait, or
//	              {not_eligible: …, away: …, full: …}                  default next
//
// A rule that rotates may have:
//
//	weight        over both: a number from 0 to 10^6                   default 1
//	weight_null   what an unknown weight is: refuse | mean | NUMBER    default refuse
//	weight_range  [low, high], low ≤ 1 ≤ high: every share stays
//	              within these multiples of an equal share             default none
//	ramp          {since: TIME over the rep, steps: {0d: 25%, 90d: 100%}};
//	              calendar days in the desk's zone; after weight_range default none
//	size          over the customer: what he counts for, above 0; two
//	              decimals are kept                                    default 1
//	typical       the usual size; stands in for an unknown one         default: unknown is refused
//	size_range    [low, high] in multiples of typical                  default none
//	prefer        over both: higher is better, unknown is last         default none
//	window        prefer decides while nobody eligible is owed more
//	              than this, in customers or in units of size          default 0: ties only
//
// prefer is also what pick: best goes by. On a rule that does not rotate the
// other keys have no effect and are refused.
//
// A cap. name, and either open or assigned with per, are required.
//
//	name          unique in its list
//	open          over the rep: units open at once (stock)
//	assigned      over the rep: customers given (flow) …
//	per           … per hour | day | week | month | 36h | 7d … 366d
//	zone          desk | rep: whose clock windows follow               default desk
//	each          rep | team: for a team, its reps count together      default rep
//	only          over the customer: which ones it counts              default all
//
// The count of a cap survives a new policy as long as its place (desk or rule
// ID), name, kind, per, zone, each and only stay what they are; its limit may
// change.
//
// Rotation.
//
//	scope         rule | desk: which rules share a credit              default rule
//	share         per_customer | totals; totals needs on_return: calibrate  default per_customer
//	on_return     freeze | calibrate | {grant: time_off, longer_than: 2d, max: 10}  default freeze
//	manual        caps | caps_and_credit: what AssignTo counts toward  default caps
//
// A field's TYPE is string, int, number, bool, time, [string], [int] or
// [number], or {type: TYPE, missing: null|zero|refuse}; missing defaults to
// null. zero makes an absent value 0, "", false or the empty list; refuse makes
// a customer or a rep without it an error. Always there are, of a customer: id,
// kind, name, email_domain, domain, country, region, city, postal, industry,
// source, segment, territory, owner, value (number), score (number),
// created_at (time), tags ([string]); of a rep: id, name, role, manager,
// country, region, timezone, teams, skills, territories, segments (all four
// [string]), capacity (int), active (bool), hired_at (time), open (int). All
// others are strings. They are null when absent, but for id, kind, active and
// open, which never are, and lists, which are then empty. They cannot be
// declared otherwise.
//
// A program that embeds the library can declare fields by its own Go structs in
// their place, see WithCustomer and WithRep.
//
// A table's columns have the same types. key is the column that look-ups go by,
// match is exact (the default) or longest_prefix. An empty cell is null. No key
// stands in it twice.
//
// A test. name, reps, and either customer with expect or customers are
// required. Each test has a desk of its own, without history.
//
//	name          unique
//	todo          why it need not pass yet, or true: it is run and
//	              reported and never fails
//	now           when it begins, a date or a time as in from          default 2026-01-01
//	reps          [{id: ana, teams: [field], …}, …], by the names rules
//	              use, and kpi: {NAME: NUMBER}, shifts: "Mon-Fri 09:00-17:30",
//	              time_off: 2026-03-01..2026-03-14, open: units he has already
//	customer      {id: L1, …}, by the names rules use
//	expect        his outcome, see below
//	customers     [{at, customer, expect}, …], who come one after the
//	              other, at most 500
//	at            when he comes, not before those above him            default as the one above
//
// Of customers at least one expects something. One whose id stands there again
// is asked about again, and the outcome is where he stands by then: so is
// tested that he who waits is given away once there is room.
//
// What is expected. What is not given is not compared.
//
//	rep           the rep's ID
//	not           an ID, or a list of them: who must not receive him
//	rule          the name or ID of the rule that decides, with pick: none
//	              and if_none: wait too
//	status        assigned | waiting | unassigned
//	reason        the reason code: fallback, no_rule, not_eligible, away,
//	              full, or the rule's own
//
// RunTests runs them from a Go test, and evenhand test on the command line.
//
// The keys pools, offer, sla, roles, waiting, split and relax are reserved for
// a later version, and so are release, void, return, transfer and claim among
// the customers of a test.
//
// Files are named relative to the document and lie in its folder or below;
// nothing leads out of it. Anchors, aliases, merge keys, tags and directives of
// YAML are refused, and numbers in words that YAML has many ways for: a number
// is digits with a point.
//
// # The hash
//
// A policy's source is the document in one writing, with the contents of its
// files; its hash is the SHA-256 of that. Comments, blanks, the order of keys,
// defaults that are written out, names of files, and tests do not change it;
// everything that has a meaning does, a single word of a list included.
// Compile reads the source back, so that a ledger alone is enough to explain a
// decision.
//
// # Files
//
//	load.go           Load, Parse, Compile: the ways in
//	document.go       the document as structs, each field with its default
//	yaml.go, json.go  text to nodes; node.go is what they are
//	slips.go          good rules that are bad YAML, and what to do about each
//	reader.go         nodes to a Document: groups, lists, texts, numbers
//	read_document.go, read_rule.go   the tables of keys
//	compile.go        a Document to an allocation.Policy, from the top
//	compile_rule.go, compile_cap.go, check_tests.go   its parts
//	vocabulary.go     core fields, and what the document declares
//	options.go, structs.go   WithCustomer, WithRep: what Go structs declare
//	convert.go        CustomerOf, RepOf: values of these structs for a desk
//	files.go, table.go   lists, holidays; tables
//	programs.go       the compiled expressions and what they read
//	matcher.go        the answers a desk asks for; subject.go, why.go
//	indexed.go        the same answers by index; kept.go: numbers of the rep alone
//	source.go         the one writing and the hash; marshal.go
//	check.go          Check: a document against reps, customers and the policy before
//	lint.go           Warnings: one function a check; the codes of findings
//	lint_reps.go, lint_customers.go, lint_rules.go, lint_caps.go, lint_earlier.go   its parts
//	survey.go         what becomes of the customers on a desk where all are free
//	indexing.go       Indexing: what of each rule is looked up
//	run_tests.go      RunTests: the tests, each on a desk of its own
//	test_input.go     their reps and customers
//	test_difference.go, test_report.go   what was expected, what came of it, and why
//	coverage.go, coverage_text.go        what they have seen of rules and leaves
//	origin.go         paths to lines and columns; faults
//	tidy.go           where quotations in expressions end
//
// A new key is a field in document.go, a line in the table of keys, a line in
// the table above, and its check in compile; if its default can be written out,
// also a line in source.go. A new lint is a function and a line in lints. A new
// slip is a line in slips.go and a block in testdata/slips.txt. Afterwards go
// generate writes VOCABULARY.md anew.
package policy

//go:generate go test . -run TestVocabularyPage -update

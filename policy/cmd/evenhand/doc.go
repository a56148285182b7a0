// Command evenhand is for people who write policies: it checks a policy file,
// runs its tests, tries it on a file of customers, and explains decisions.
//
//	evenhand init leads.csv
//	evenhand check policy.yaml --reps reps.csv --customers leads.csv
//	evenhand test policy.yaml --coverage --watch
//	evenhand run policy.yaml --customers leads.csv --reps reps.csv --store desk.db --out decisions.csv
//	evenhand plan policy.yaml --customers backlog.csv --reps reps.csv --out plan.csv --html plan.html
//	evenhand explain L-1042 --store desk.db --rep ana
//	evenhand reconcile policy.yaml --owners crm.csv --store desk.db
//	evenhand shadow new.yaml --store desk.db
//	evenhand resources territories.csv --budget 12000h --history months.csv
//
// Each subcommand's --help says what it reads and writes. The exit status is 0
// when all is done, 1 when a file, a store or the machine failed, 2 when the
// command line, the policy or the reps are wrong or a test of the policy fails,
// 3 when all is done but some rows of customers were rejected, and 4 when the
// CRM and the ledger differ and nothing was recorded.
//
// # What holds which
//
//	main.go          the process
//	cli.go           the list of subcommands, exit statuses, how errors are printed
//	wording.go       what is said of a command line that cannot be read
//	init.go          evenhand init
//	check.go         evenhand check; against.go: the files it checks against
//	test.go          evenhand test; watch.go runs it again on each change
//	run.go           evenhand run, as a list of its steps
//	plan.go          evenhand plan; planned.go: the figures of a plan, planned_text.go: as text
//	explain.go       evenhand explain
//	reconcile.go     evenhand reconcile
//	shadow.go        evenhand shadow
//	resources.go     evenhand resources; what it divides, sizes and draws is listed below
//	version.go       evenhand version
//
//	document.go      the policy file
//	source.go        a file of customers or reps, and its format
//	columns.go       which column fills which field
//	fields.go        the fields there are
//	customers.go     rows into customers, and their order
//	reps.go          rows into reps
//	opening.go       what reps bring along from before the desk
//	owners.go        rows into what a CRM has of its customers
//	time_off.go      when reps are away, from tables and calendars
//	who.go           reps by what other systems call them
//	recognise.go     what a file's columns are, by their usual names and their cells
//	starter.go       the policy that init writes for them
//	recipe.go        the recipes, which are in recipes/NAME
//	moment.go        dates and times in cells
//
//	items.go         rows into what effort is given to; curves.go: their curves
//	amount.go        hours, heads and money, in flags and for people
//	division.go      a budget divided; division_text.go as text, chart.go as a picture
//	staffing.go      as many reps as are worth their cost
//	coverage.go      as many reps as coverage takes
//
//	replay.go        arrivals and closings in order, through the desk, many in one append
//	decisions.go     what became of each customer, and how it is written
//	inputs.go        how the files of customers and reps are read
//	results.go       where decisions, rejects and the summary go
//	desk.go          the desk a command works on, or a copy of it
//	rejects.go       the rows that could not be used
//	output.go        files that appear when they are complete
//	summary.go       the figures of a run
//	summary_text.go  the figures as text
//	grid.go          tables of text
//	progress.go      how far a long run has come
//
//	internal/tabular CSV and JSON in, CSV for people out
//	internal/ical    calendars in
//
// A new subcommand is a new file and a line in cli.go; a new column of the
// decisions is a field of line in decisions.go; a new way to write a time is a
// line in moment.go; a name that a CRM gives a field is a word in recognise.go;
// a kind of curve is a file in package effort, and nothing here.
package main

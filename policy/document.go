package policy

import "io/fs"

// Document is a policy document as structs. Parse fills one from YAML; a Go
// program can fill one itself and call Compile. The zero value of every field
// is its default. Expressions are text in the language of package rule.
//
// Marshalled as JSON, a Document is a policy document again.
type Document struct {
	// Evenhand is the version of the document format: 1. A file must say it.
	// Defaults to 1.
	Evenhand int `json:"evenhand"`
	// Name of the policy, for people. Required.
	Name string `json:"name"`
	// Customer is the word rules use for a customer, such as lead: a lower-case
	// word. Defaults to "customer".
	Customer string `json:"customer,omitempty"`
	// Timezone is the desk's zone, an IANA name: windows and dates follow its
	// clock. Defaults to "UTC".
	Timezone string `json:"timezone,omitempty"`
	// WeekStarts is the first day of a week window, monday to sunday. Defaults
	// to "monday".
	WeekStarts string `json:"week_starts,omitempty"`
	// Holidays by region. Defaults to none.
	Holidays *Holidays `json:"holidays,omitempty"`
	// Fields the caller adds to customers and reps. Defaults to none; the core
	// fields are always there.
	Fields Fields `json:"fields,omitzero"`
	// KPIs that rules may read as rep.kpi.NAME; null where a rep has none.
	// Defaults to none.
	KPIs []string `json:"kpis,omitempty"`
	// Lists of words, for `x in name`. Defaults to none.
	Lists map[string]List `json:"lists,omitempty"`
	// Tables, for `name[key].column`. Defaults to none.
	Tables map[string]Table `json:"tables,omitempty"`
	// Let names expressions; one may use those above it. Defaults to none.
	Let Lets `json:"let,omitempty"`
	// Units is what a customer takes of capacity: a whole number from 0 to
	// 1,000,000, over the customer's fields. Defaults to 1.
	Units string `json:"units,omitempty"`
	// Caps of the desk: they count everything it gives a rep, by any rule or
	// path. Defaults to none.
	Caps []Cap `json:"caps,omitempty"`
	// Rotation says how turns are counted. Defaults to the defaults of its keys.
	Rotation Rotation `json:"rotation,omitzero"`
	// Rules, the first that matches and places the customer wins. Required.
	Rules []Rule `json:"rules"`
	// Fallback reps, tried in order for a customer that no rule placed. They
	// ignore caps and hours, and no credit moves. Defaults to none: the
	// customer stays unassigned.
	Fallback []Fallback `json:"fallback,omitempty"`
	// Tests of the policy. They do not change its hash. Defaults to none.
	Tests []Test `json:"tests,omitempty"`

	// Files holds what lists, tables and holidays refer to, by paths relative
	// to the document. Defaults to no files.
	Files fs.FS `json:"-"`

	origin *origin // where it was read from; nil when it was made in Go
}

// Holidays names a file of holidays: CSV with the columns date, region and,
// if wanted, name. An empty region means everybody.
type Holidays struct {
	File string `json:"file"` // Relative to the document. Required.
}

// Fields declares fields by name. Names are lower-case words with underscores
// and differ from the core fields.
type Fields struct {
	Customer map[string]Field `json:"-"` // in a file under the document's word for a customer
	Rep      map[string]Field `json:"rep,omitempty"`
}

// Field is one declared field.
type Field struct {
	// Type is string, int, number, bool, time, [string], [int] or [number].
	// Required.
	Type string `json:"type"`
	// Missing says what an absent field is: null, zero (0, "", false, the
	// empty list; not for times), or refuse, which refuses the customer or rep.
	// Defaults to "null".
	Missing string `json:"missing,omitempty"`
}

// List is a set of words: from a file with one word a line (# begins a
// comment line), or inline. Words are compared as they are, case included,
// without the blanks around them.
type List struct {
	File   string   // relative to the document
	Values []string // used when File is empty
}

// Table is a CSV file whose first line names its columns.
type Table struct {
	// File is relative to the document. Required.
	File string `json:"file"`
	// Key is the column that look-ups go by; no value may stand in it twice.
	// Required.
	Key string `json:"key"`
	// Match is how a look-up compares: exact, or longest_prefix, where the
	// longest key that the text begins with wins. Defaults to "exact".
	Match string `json:"match,omitempty"`
	// Columns that rules may read, with their types (string, int, number,
	// bool, time). An empty cell is null. Required.
	Columns map[string]string `json:"columns"`
}

// Lets are named expressions in the order they were written: one may use those
// before it.
type Lets []Let

// Let is a named expression.
type Let struct{ Name, Expression string }

// Cap limits what a rep receives. Exactly one of Open and Assigned is given.
type Cap struct {
	// Name is unique among the desk's caps, or among the rule's. Required.
	Name string `json:"name"`
	// Open limits the units open at once (a stock cap). An expression over the
	// rep. Required without Assigned.
	Open string `json:"open,omitempty"`
	// Assigned limits the customers given per Per (a flow cap). An expression
	// over the rep. Required without Open.
	Assigned string `json:"assigned,omitempty"`
	// Per is hour, day, week or month, which are calendar windows, or a
	// rolling duration such as 36h or 7d, up to 366d. Required with Assigned.
	Per string `json:"per,omitempty"`
	// Zone whose clock calendar windows follow: desk or rep. Defaults to
	// "desk".
	Zone string `json:"zone,omitempty"`
	// Each is whom the cap counts for: rep, or team, where the count is the
	// team's and a rep must be under it in each of his teams. Defaults to
	// "rep".
	Each string `json:"each,omitempty"`
	// Only limits the cap to some customers: an expression over the customer.
	// Unknown counts. Defaults to all.
	Only string `json:"only,omitempty"`
}

// Rotation says how turns are counted.
type Rotation struct {
	// Scope of a rep's credit: rule, every rule its own, or desk, one for all
	// rules. Defaults to "rule".
	Scope string `json:"scope,omitempty"`
	// Share says what is made even: per_customer, each customer is split among
	// those who could take it, or totals, totals are levelled, which carries no
	// deviation bound and needs on_return: calibrate. Defaults to
	// "per_customer".
	Share string `json:"share,omitempty"`
	// OnReturn says what happens to credit after time off. Defaults to freeze.
	OnReturn OnReturn `json:"on_return,omitzero"`
	// Manual says what an assignment by hand counts toward: caps, or
	// caps_and_credit. Defaults to "caps".
	Manual string `json:"manual,omitempty"`
}

// OnReturn says what happens to a rep's credit when time off ends.
type OnReturn struct {
	// Kind is freeze (credit stays), calibrate (it becomes the mean of the
	// eligible) or grant (what he would have been entitled to is added).
	// Defaults to "freeze".
	Kind string
	// LongerThan, for grant only: time off that is not longer grants nothing.
	// A duration such as 2d or 36h. Defaults to none.
	LongerThan string
	// Max, for grant only: the most one grant adds, in size units. Defaults to
	// 0, no maximum.
	Max int64
}

// Rule is one assignment rule.
type Rule struct {
	// Name for people, unique. Required.
	Name string `json:"name"`
	// ID that credit and history follow, unique: letters, digits, - _ and dots.
	// Defaults to the name as a slug: "keep the owner" is keep-the-owner.
	ID string `json:"id,omitempty"`
	// From and Until bound the time the rule is in force: dates (2026-01-31,
	// from midnight in the desk's zone) or instants (2026-01-31T09:00:00Z).
	// From is inclusive, Until exclusive. Default to always.
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
	// When the rule matches: an expression over the customer. Defaults to
	// always.
	When string `json:"when,omitempty"`
	// Eligible says which reps may receive the customer: an expression over
	// both. Defaults to all.
	Eligible string `json:"eligible,omitempty"`
	// Available is on_shift (within working hours and not away), not_away, or
	// any. Defaults to "on_shift".
	Available string `json:"available,omitempty"`
	// Caps that count what this rule gave, besides the desk's. Defaults to
	// none.
	Caps []Cap `json:"caps,omitempty"`
	// Pick is how one rep is chosen: rotate, best, least_open, most_available,
	// first or none. Defaults to "rotate".
	Pick string `json:"pick,omitempty"`
	// Reason code that pick none gives: small letters, digits, underscores.
	// Required with pick none, and only there.
	Reason string `json:"reason,omitempty"`
	// IfNone says what follows when the rule places nobody. Defaults to next.
	IfNone IfNone `json:"if_none,omitzero"`

	// Weight of a rep in the rotation: a number from 0 to 1,000,000, over both.
	// Defaults to 1 for everybody.
	Weight string `json:"weight,omitempty"`
	// WeightNull says what an unknown weight is: refuse, mean (of the known
	// weights) or a number. Defaults to "refuse".
	WeightNull string `json:"weight_null,omitempty"`
	// WeightRange keeps every share within these multiples of an equal share;
	// Low ≤ 1 ≤ High. Defaults to no range.
	WeightRange *Range `json:"weight_range,omitempty"`
	// Ramp lets new reps begin with less. It acts after WeightRange. Defaults
	// to none.
	Ramp *Ramp `json:"ramp,omitempty"`
	// Size is what one customer counts for in fairness: a number above 0 over
	// the customer, kept to two decimals. Defaults to 1.
	Size string `json:"size,omitempty"`
	// SizeRange limits sizes to these multiples of Typical, which it needs.
	// Defaults to no limits.
	SizeRange *Range `json:"size_range,omitempty"`
	// Typical size; stands in for an unknown one. Defaults to 0: a customer of
	// unknown size is not placed by the rule.
	Typical float64 `json:"typical,omitempty"`
	// Prefer ranks the reps: a number over both, higher first, unknown last.
	// Required with pick best. Defaults to none.
	Prefer string `json:"prefer,omitempty"`
	// Window lets Prefer decide while nobody eligible is owed more than this,
	// in customers, or in units of Size. Defaults to 0: Prefer decides ties
	// only.
	Window float64 `json:"window,omitempty"`
}

// IfNone says what follows when a rule places nobody: next (the next rule),
// fallback (skip the remaining rules) or wait (queue until there is room).
// Each defaults to "next".
type IfNone struct {
	NotEligible string `json:"not_eligible,omitempty"` // Nobody is eligible. Defaults to "next".
	Away        string `json:"away,omitempty"`         // Nobody eligible is available. Defaults to "next".
	Full        string `json:"full,omitempty"`         // Nobody available is under cap. Defaults to "next".
}

// Range is two multiples, written [low, high] in a file.
type Range struct{ Low, High float64 }

// Ramp scales the weight by the days since an instant.
type Ramp struct {
	// Since is the instant days count from: an expression over the rep that
	// gives a time. Required.
	Since string `json:"since"`
	// Steps by rising days; the first is at day 0. Required.
	Steps Steps `json:"steps"`
}

// Steps of a ramp, written {0d: 25%, 30d: 60%, 90d: 100%} in a file.
type Steps []Step

// Step is the share of the full weight, 0 to 1, from so many days on. Days are
// calendar days in the desk's zone.
type Step struct {
	AfterDays int
	Share     float64
}

// Fallback is one place a customer goes when no rule placed it.
type Fallback struct {
	Rep string `json:"rep"` // a rep's ID. Required.
}

// Test is one test of the policy: these reps, these customers one after the
// other, these outcomes. Tests are independent of one another.
type Test struct {
	Name string `json:"name"` // Unique among the tests. Required.
	// Todo marks a test of what the policy does not do yet, and says why, or
	// "true". It is run and reported and never fails. Defaults to none.
	Todo string `json:"todo,omitempty"`
	// Now is when the test begins and the first customer arrives, a date or an
	// instant. Defaults to 2026-01-01.
	Now string `json:"now,omitempty"`
	// Reps by the names rules use; `kpi` holds a map, `shifts` and `time_off`
	// text such as "Mon-Fri 09:00-17:30" and "2026-03-01..2026-03-14"; `open`
	// is what he has open already, in units. Required.
	Reps []map[string]any `json:"reps"`
	// Customer by the names rules use, and Expect, his outcome. Both are
	// required, or Customers in their place.
	Customer map[string]any `json:"customer,omitzero"`
	Expect   Expect         `json:"expect,omitzero"`
	// Customers in the order they come. At least one expects something.
	Customers []TestCustomer `json:"customers,omitempty"`
}

// TestCustomer is one of several customers of a test. One who stands in the
// test a second time is asked about again, and the outcome is where he stands
// then: so is tested that he who waits is given away once there is room.
type TestCustomer struct {
	// At is when he comes, a date or an instant, not before those above him.
	// Defaults to the time of the one above, of the first to the test's Now.
	At string `json:"at,omitempty"`
	// Customer by the names rules use. Without an id he is "customer-1", by his
	// place in the test. Required.
	Customer map[string]any `json:"customer"`
	// Expect is his outcome. Defaults to anything.
	Expect Expect `json:"expect,omitzero"`
}

// Expect is the outcome that a test wants. What is empty is not compared.
type Expect struct {
	Rep    string   `json:"rep,omitempty"`    // the rep's ID
	Not    []string `json:"not,omitempty"`    // IDs of reps who must not receive him
	Rule   string   `json:"rule,omitempty"`   // the rule's name or ID
	Status string   `json:"status,omitempty"` // assigned, waiting, pooled or unassigned
	Reason string   `json:"reason,omitempty"` // a reason code
}

// IsZero reports whether nothing is expected.
func (e Expect) IsZero() bool {
	return e.Rep == "" && len(e.Not) == 0 && e.Rule == "" && e.Status == "" && e.Reason == ""
}

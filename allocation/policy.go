package allocation

import (
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// Policy is a compiled policy: what a desk runs. Package policy makes one from
// a document; nothing in it changes once it is made, and it may be shared by
// any number of desks.
//
// The plain fields say what the desk does at each stage. Everything that needs
// an expression is behind NewMatcher.
type Policy struct {
	Name string
	// Hash is the policy's version: it changes when, and only when, something
	// in the document, its lists, its tables or its holidays changes. 64
	// lower-case hexadecimal digits.
	Hash string
	// Source is the whole policy as self-contained text, lists and tables
	// included. Config.Compile turns it back into an equal Policy, so that a
	// ledger can explain decisions made under a policy nobody has a file of.
	Source []byte

	// Kind is the customer kind that requests get when they name none: the
	// document's word for a customer, such as "lead".
	Kind       string
	Zone       *time.Location     // the desk's zone: windows, dates. Never nil.
	WeekStarts time.Weekday       // first day of a week window
	Holidays   *calendar.Holidays // by region; nil has none

	Scope    Scope    // which rules share one rotation
	Share    Share    // what rotation makes even
	OnReturn OnReturn // what happens to a rep's credit after time off
	Manual   Manual   // what AssignTo counts toward

	// Caps holds every cap, those of the desk first, then those inside rules
	// in order. Rules refer to them by index.
	Caps []Cap
	// Rules in the document's order: the first that matches and places the
	// customer wins.
	Rules []Rule
	// Fallback holds rep IDs, tried in order for a customer that no rule
	// placed.
	Fallback []string

	// Features that let the desk skip work that cannot matter.
	ReadsNow  bool // some expression of a rule or cap reads `now`
	ReadsOpen bool // some `when`, `eligible` or cap expression reads rep.open

	// NewMatcher returns a matcher over an empty roster.
	NewMatcher func() Matcher
	// NewReference returns a matcher that gives the same answers in the
	// simplest way: Explain decides again with it, so that whatever makes
	// NewMatcher's fast is held to it. Defaults to NewMatcher.
	NewReference func() Matcher
}

// Scope says which rules share one rotation.
type Scope uint8

const (
	ScopeRule Scope = iota // every rule its own; the default
	ScopeDesk              // one for the whole desk
)

// Share says what a rotation makes even.
type Share uint8

const (
	SharePerCustomer Share = iota // each customer is split among those who could take it; the default
	ShareTotals                   // totals are levelled; no deviation bound
)

// OnReturn says what happens to a rep's credit when time off ends. It never
// acts at the end of a shift or at a cap.
type OnReturn struct {
	Kind ReturnKind
	// For ReturnGrant only: time off shorter than LongerThan grants nothing,
	// and no grant exceeds Max size units (0 means no maximum).
	LongerThan time.Duration
	Max        int64
}

// ReturnKind is the way of OnReturn.
type ReturnKind uint8

const (
	ReturnFreeze    ReturnKind = iota // credit stays as it was; the default
	ReturnCalibrate                   // credit becomes the mean of the eligible
	ReturnGrant                       // what he would have been entitled to is added
)

// Manual says what an assignment by hand counts toward.
type Manual uint8

const (
	ManualCaps          Manual = iota // caps; the default
	ManualCapsAndCredit               // caps, and the credit of the rotation he would have come from
)

// Rule is one assignment rule without its expressions.
type Rule struct {
	ID   string // stable; credit and history follow it
	Name string // for people

	From, Until time.Time // in force from From (inclusive) until Until (exclusive); zero is open

	Pick      string // a name registered in package allocation/pick
	Reason    string // the reason code that pick "none" gives
	Available Availability
	IfNone    IfNone
	Caps      []int // indexes into Policy.Caps; the desk's own caps always apply and are not listed

	// Rotation: only read when Pick is "rotate".
	HasWeight   bool // false: everybody weighs the same
	WeightByRep bool // the weight depends on the rep alone
	WeightNull  WeightNull
	WeightRange *WeightRange // nil: no limits
	Ramp        []RampStep   // by rising AfterDays; nil: no ramp
	HasPrefer   bool
	Selection   rotation.Selection

	// Size: what one customer counts for in fairness.
	HasSize   bool
	SizeScale int   // decimals kept: sizes are integers of 10^-SizeScale. 0 without a size.
	SizeLow   int64 // scaled; 0 means no limit
	SizeHigh  int64 // scaled; 0 means no limit
	Typical   int64 // scaled; stands in for an unknown size; 0: an unknown size is a refusal
}

// Availability says which reps count as available.
type Availability uint8

const (
	OnShift      Availability = iota // within working hours, not away; the default
	NotAway                          // not on time off or holiday; the hour does not matter
	AnyAvailable                     // always
)

// IfNone says, by the reason nobody took the customer, what happens next.
type IfNone struct {
	NotEligible Otherwise // nobody is eligible
	Away        Otherwise // somebody is eligible, nobody of them available
	Full        Otherwise // somebody is available, nobody of them under cap
}

// Otherwise is one answer of IfNone.
type Otherwise uint8

const (
	TryNext     Otherwise = iota // the next rule; the default
	TryFallback                  // skip the remaining rules
	Wait                         // queue until room appears
)

// WeightNull says what an unknown weight means.
type WeightNull struct {
	Kind  NullKind
	Value int64 // for NullValue: micro-units, 0 to 10^12
}

// NullKind is the way of WeightNull.
type NullKind uint8

const (
	NullRefuse NullKind = iota // the rep is refused; the default
	NullMean                   // the mean of the known weights among the candidates
	NullValue                  // a number
)

// WeightRange keeps every share within Low to High times an equal share, both
// in millionths; Low ≤ 1,000,000 ≤ High.
type WeightRange struct{ Low, High int64 }

// RampStep scales the weight from AfterDays days after the ramp's start on.
// Days are calendar days in the desk's zone.
type RampStep struct {
	AfterDays int
	PPM       int64 // millionths, 0 to 1,000,000
}

// Cap limits what a rep (or a team) receives.
type Cap struct {
	Name string
	Rule int // index into Policy.Rules; -1 for a cap of the desk
	// Key identifies what is counted: two policies whose caps have the same
	// key share the count. The limit is not part of it.
	Key     string
	Flow    bool         // counts customers given per Per; otherwise units open at once
	Per     calendar.Per // for Flow
	RepZone bool         // windows in the rep's zone; otherwise the desk's
	Team    bool         // counted per team: a rep must be under it in every team of his
	Only    bool         // counts some customers only: Matching.Applies says which
	// LimitByRep says that the limit depends on the rep and his open units
	// alone: the desk then keeps who has room.
	LimitByRep bool
}

// Truth is a three-valued boolean.
type Truth uint8

const (
	False Truth = iota
	True
	Unknown
)

// String returns "false", "true" or "unknown".
func (t Truth) String() string { return [...]string{"false", "true", "unknown"}[t] }

// MarshalText gives String's text.
func (t Truth) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Matcher runs one policy's expressions over one roster. It is the only place
// where expressions run. A desk owns its matcher and calls it from one
// goroutine. Rows are the roster's: dense from 0, never reused.
type Matcher interface {
	// ReadCustomer checks and types a customer's fields. The error names every
	// bad field.
	ReadCustomer(c *Customer) (Subject, error)
	// CheckRep reports, without changing anything, whether SetRep would
	// succeed. The error names every bad field.
	CheckRep(r *Rep) error
	// SetRep tells the matcher of a new or changed rep. Cost: one evaluation
	// of what is kept per rep.
	SetRep(row int, r *Rep) error
	// SetOpen tells the matcher of a rep's open units.
	SetOpen(row int, units int64)
	// Match binds one customer at one time; a nil Subject is a customer without
	// fields. The result is valid until the next call of any method of the
	// matcher.
	Match(s Subject, now time.Time) Matching
}

// Subject is a customer as a matcher reads it. It is not changed by matching
// and outlives the Matching.
type Subject interface {
	// AppendFields appends the fields the policy can read, null ones left out,
	// as one canonical JSON object: keys sorted, no spaces. ReadCustomer of a
	// Customer whose Fields are that object gives an equal Subject.
	AppendFields(dst []byte) []byte
}

// Matching answers for one customer at one time. The answers are functions of
// the customer, the time, the row's rep and his open units, and of nothing
// else.
type Matching interface {
	// Units of capacity the customer takes: a whole number, 0 to 1,000,000.
	// The error says why there is none.
	Units() (int64, error)
	// When evaluates a rule's `when`; a rule without one is true.
	When(rule int) Truth
	// Next returns the first rule from one on whose `when` is not False, and
	// whether it is True or Unknown; the number of rules and False when there
	// is none.
	Next(from int) (rule int, truth Truth)
	// Eligible removes from among the reps whose `eligible` is not true.
	Eligible(rule int, among *RepSet)
	// Weight of a rep, before null rule, range and ramp; ok is false when it
	// is unknown. A known weight outside 0 to 10^6 refuses the rep.
	Weight(rule, row int) (value float64, ok bool)
	// RampStart returns the instant a rep's ramp counts from; ok is false when
	// it is unknown.
	RampStart(rule, row int) (start time.Time, ok bool)
	// Prefer of a rep; ok is false when it is unknown.
	Prefer(rule, row int) (value float64, ok bool)
	// Size of the customer; ok is false when it is unknown, zero or negative.
	Size(rule int) (value float64, ok bool)
	// Applies says whether a cap counts this customer; unknown counts.
	Applies(cap int) Truth
	// Limit of a cap for a rep, rounded down; ok is false when it is unknown
	// or negative. It depends on the rep and the time, never on the customer.
	Limit(cap, row int) (value int64, ok bool)
	// Why explains one of the answers above. It may be slow; deciding never
	// calls it.
	Why(part Part, index, row int) Finding
}

// Supposing is a Matching that can name other values of a field. Explain uses
// it, if it is there, to find out which change of one field would have given a
// rep the customer.
type Supposing interface {
	// Alternatives names other values of single fields of the customer or of
	// the row's rep with which an expression may give another answer, the
	// likeliest first. Each is only tried. It may be slow; deciding never calls
	// it.
	Alternatives(part Part, index, row int) []Alternative
}

// Alternative is another value of one field.
type Alternative struct {
	OfRep bool   // the rep's field; otherwise the customer's
	Field string // by the name rules use after "rep." or "lead.": "region", "kpi.win_rate"; "open" is the count of open units
	How   How    // how the value lies to Of
	Of    string // as a rule writes it: `"steel"`, `12`
	Raw   any    // the value, as Rep.Field or Customer.Field would return it; nil empties the field
}

// How says how another value of a field lies to the one that is named.
type How string

const (
	HowExactly   How = "exactly"    // it is that value
	HowJustAbove How = "just_above" // the least value above it
	HowJustBelow How = "just_below" // the greatest value below it
	HowIncluding How = "including"  // the list has it as well
	HowWithout   How = "without"    // the list no longer has it
	HowOther     How = "other"      // anything but that value
	HowKnown     How = "known"      // there is some value
	HowEmpty     How = "empty"      // there is none
)

// Part names an expression for Matching.Why. The index is a rule's, except for
// PartOnly and PartLimit, where it is a cap's; the row is ignored where no rep
// takes part.
type Part uint8

const (
	PartWhen Part = iota
	PartEligible
	PartWeight
	PartRampStart
	PartPrefer
	PartSize
	PartOnly
	PartLimit
	PartUnits
)

// Finding says why an expression gave what it gave.
type Finding struct {
	Truth  Truth  `json:"truth"`            // for boolean expressions; Unknown for a number that is unknown
	Reason string `json:"reason,omitempty"` // for Unknown: "missing_field", "no_kpi" or "rule_error"
	Source string `json:"source"`           // the whole expression
	// Leaves that decided the result, in source order.
	Leaves []Leaf `json:"leaves,omitempty"`
}

// Leaf is one undivided part of an expression, such as
// `lead.industry in rep.skills`.
type Leaf struct {
	Text   string  `json:"text"`
	Truth  Truth   `json:"truth"`
	Reason string  `json:"reason,omitempty"` // for Unknown
	Detail string  `json:"detail,omitempty"` // for rule_error: what failed, in a sentence
	Values []Value `json:"values,omitempty"`
}

// Value is a field and what it held, as people write it: `"steel"`, `12`,
// `nothing` for null.
type Value struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

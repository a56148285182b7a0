package policy

import (
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// Severity says how much a Finding matters.
type Severity string

// The severities.
const (
	Warning Severity = "warning" // the policy probably does not do what was meant
	Info    Severity = "info"    // it does, and there is something to know
)

// Codes of findings. They are stable; the sentences are not.
const (
	CodeNull        = "null_arrives"      // a value may be missing where nothing says what then
	CodeSizeRange   = "size_unlimited"    // one huge customer can take all turns
	CodeDeskScope   = "desk_scope_shared" // several rules share one credit
	CodeUnreachable = "rule_unreachable"  // no customer gets as far as the rule
	CodeNoID        = "rule_without_id"   // a new name would lose the credit
	CodeNotIndexed  = "not_indexed"       // a part is evaluated rep by rep
	CodeLooseElse   = "else_binds_closer" // a ?? takes the last operand alone

	// With reps.
	CodeRepRefused      = "rep_refused"        // a desk would refuse the rep
	CodeInactive        = "not_active"         // a rep is not active and receives nothing
	CodeNothing         = "rep_gets_nothing"   // no rule is for a rep, or none has room or a customer for him
	CodeNoHours         = "no_working_hours"   // a rep has no working hours: always on shift
	CodeNoZone          = "no_time_zone"       // a rep's hours are read in the policy's zone
	CodeFallback        = "fallback_not_there" // the fallback rep is not among the reps, or not active
	CodeCapWithoutTeam  = "cap_without_team"   // a cap by team does not limit who is in none
	CodeCapWithoutLimit = "cap_without_limit"  // a cap's limit has no value for a rep: he receives nothing that it counts
	CodeCapOfZero       = "cap_allows_nothing" // a cap's limit is 0 for a rep
	CodeCapNeverBinds   = "cap_never_binds"    // the customers given cannot reach a cap's limit
	CodeCapNeverCounts  = "cap_never_counts"   // a cap's only is true for none of the customers

	// With customers.
	CodeCustomersRefused = "customers_refused"   // a desk would refuse customers
	CodeUnplaced         = "customers_unplaced"  // no rule places customers
	CodeWaitForever      = "customers_wait"      // customers wait for a rep who does not exist
	CodeNeverTrue        = "rule_never_true"     // a rule's when is true for none of the customers
	CodeNeverReached     = "rule_never_reached"  // earlier rules keep every customer that a rule matches
	CodeOnlyAfter        = "rule_only_when_busy" // earlier rules have somebody for every customer that a rule matches
	CodePlacesNobody     = "rule_places_nobody"  // a rule has nobody for any of its customers
	CodeNotInForce       = "rule_not_in_force"   // a rule is not in force when the customers come

	// With the earlier policy.
	CodeRenamed        = "rule_renamed"    // a rule has another id than before: its credit begins at zero
	CodeRuleGone       = "rule_gone"       // a rule of the earlier policy is gone, and its credit with it
	CodeCreditRestarts = "credit_restarts" // a rule counts credit in another way than before
	CodeCapRestarts    = "cap_restarts"    // a cap counts something else than before, from zero
)

// Finding is something about a policy that is allowed and should be known.
type Finding struct {
	Code     string // one of the codes above
	Severity Severity
	File     string // the document; the path of the value for one made in Go; "" when it is about reps or customers alone
	Line     int    // from 1; 0 when there is no document
	Column   int    // from 1, in characters
	Message  string // a sentence
	Maybe    string // advice, without the word "Maybe"
	// Reps and Customers are the IDs of all that it is about; the sentence
	// names the first of them.
	Reps, Customers []string
}

// String is the finding on one line, and its advice on a second.
func (f Finding) String() string {
	at := ""
	switch {
	case f.Line > 0:
		at = fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	case f.File != "":
		at = f.File + ": "
	}
	s := fmt.Sprintf("%s%s: %s (%s)", at, f.Severity, f.Message, f.Code)
	if f.Maybe != "" {
		s += "\nMaybe " + f.Maybe
	}
	return s
}

// lints are the checks, each a function over the compiled document and what
// it is checked against.
var lints = []func(*linter){
	(*linter).nulls,
	(*linter).looseElses,
	(*linter).sizes,
	(*linter).deskScope,
	(*linter).unreachableRules,
	(*linter).missingIDs,
	(*linter).leftToInterpreter,
	(*linter).repsRefused,
	(*linter).repsInactive,
	(*linter).repsWithoutHours,
	(*linter).repsWithoutCustomers,
	(*linter).fallbackThere,
	(*linter).capsOnData,
	(*linter).customersRefused,
	(*linter).customersUnplaced,
	(*linter).rulesOnData,
	(*linter).sinceEarlier,
}

// Warnings compiles the document and returns what is allowed in it and should
// be known, by position: Check against nothing. The error is that of Compile.
func (d *Document) Warnings() ([]Finding, error) { return d.Check(Against{}) }

type linter struct {
	c           *compiler
	against     Against
	survey      *survey // nil without reps and customers
	unreachable map[int]bool
	out         []Finding
}

// at adds a finding about the value or the key at a path.
func (l *linter) at(path string, severity Severity, code, message, maybe string) {
	f := &faults{origin: l.c.d.origin}
	f.key(path, message, maybe)
	e := f.list[0]
	l.out = append(l.out, Finding{Code: code, Severity: severity, File: e.File, Line: e.Line, Column: e.Column, Message: message, Maybe: maybe})
}

// nulls warns of each place where null can arrive in an expression that has a
// say in who gets the customer.
func (l *linter) nulls() {
	type where struct {
		file         string
		line, column int
		name         string
	}
	seen := map[where]bool{}
	for _, p := range l.c.placed {
		consequence, matters := nullConsequence[p.key]
		in := l.ruleOf(p.path)
		if !matters || in.answers(p.key) {
			continue
		}
		for _, gap := range p.program.Gaps() {
			if in.settles(p.key, gap.Name) {
				continue
			}
			var at Finding
			at.File, at.Line, at.Column = l.c.leafPlace(p, gap.Leaf)
			if key := (where{at.File, at.Line, at.Column, gap.Name}); !seen[key] {
				seen[key] = true
				at.Code, at.Severity = CodeNull, Warning
				at.Message = fmt.Sprintf("%s may be missing; then %s", gap.Name, consequence)
				l.countMissing(gap, &at)
				at.Maybe = nullAdvice(gap, p.program.Kind())
				l.out = append(l.out, at)
			}
		}
	}
}

// countMissing says of how many of the reps or customers given a value is
// missing. Where it is of none, that is worth knowing and no warning.
func (l *linter) countMissing(gap rule.Gap, f *Finding) {
	side, one := gap.Side()
	if l.survey == nil || !one {
		return
	}
	missing, all, what := l.survey.without(gap, side)
	switch {
	case all == 0:
	case missing == 0:
		f.Severity = Info
		f.Message += fmt.Sprintf("; none of the %s given lacks it", plural(all, what))
	default:
		f.Message += fmt.Sprintf("; it is missing for %s of %s", count(missing), plural(all, what))
	}
}

// nullConsequence says what an unknown value does in the keys that decide.
var nullConsequence = map[string]string{
	"when":     "the rule does not match",
	"eligible": "the rep is refused",
	"weight":   "weight_null says what happens; by default the rep is refused",
	"prefer":   "the rep is ranked last",
	"open":     "the rep is refused, because his limit is not known",
	"assigned": "the rep is refused, because his limit is not known",
	"only":     "the cap counts the customer",
	"units":    "the customer is refused",
	"size":     "the rule does not place the customer, for want of a typical size",
	"since":    "weight_null says what happens; by default the rep is refused",
}

// ruleIn is a rule as the lint sees it; the zero value stands for the desk.
type ruleIn struct {
	typical, weightNull bool
	when                *rule.Program
}

// ruleOf is the rule that a path leads into.
func (l *linter) ruleOf(path string) ruleIn {
	for i, r := range l.c.d.Rules {
		if strings.HasPrefix(path, item("rules", i)+".") {
			return ruleIn{r.Typical != 0, r.WeightNull != "", l.c.programs.rules[i].when}
		}
	}
	return ruleIn{}
}

// answers reports whether the rule itself says what stands in for an unknown
// value of a key.
func (r ruleIn) answers(key string) bool {
	switch key {
	case "size":
		return r.typical
	case "weight", "since":
		return r.weightNull
	}
	return false
}

// settles reports whether a value is there when a key is read, because the
// rule's when asked for it before.
func (r ruleIn) settles(key, name string) bool {
	switch key {
	case "eligible", "weight", "prefer", "size":
		return r.when != nil && r.when.Asserts(name)
	}
	return false
}

func nullAdvice(gap rule.Gap, kind rule.Kind) string {
	if kind == rule.Bool {
		return fmt.Sprintf("say what is meant: has(%s) and …, or (%s ?? …)", gap.Name, gap.Name)
	}
	return fmt.Sprintf("say what is meant: (%s ?? …) with what stands in for it", gap.Name)
}

// leafPlace is where a leaf stands: in its own expression, or in that of the
// let name that it was written under.
func (c *compiler) leafPlace(p placed, leaf *rule.Leaf) (file string, line, column int) {
	return c.partPlace(p, leaf.Let, leaf.File, leaf.Line, leaf.Column)
}

// partPlace is leafPlace for any part of an expression.
func (c *compiler) partPlace(p placed, let, file string, line, column int) (string, int, int) {
	base := p.base
	if let != "" {
		_, base = c.text(join("let", let), c.letSource(let))
	}
	if c.d.origin == nil {
		return file, 0, 0
	}
	return file, line + base, column
}

func (c *compiler) letSource(name string) string {
	for _, let := range c.d.Let {
		if let.Name == name {
			return let.Expression
		}
	}
	return ""
}

// sizes warns of sizes without limits: one huge customer pays a rep's turns
// for a year.
func (l *linter) sizes() {
	for i, r := range l.c.d.Rules {
		if r.Size != "" && r.SizeRange == nil {
			l.at(join(item("rules", i), "size"), Warning, CodeSizeRange,
				"size has no size_range: one customer of extraordinary size would keep a rep from turns for a long time, and the fairness bound grows with it",
				"add typical: and size_range: [0.2, 5]")
		}
	}
}

// deskScope says what one credit for several rules means.
func (l *linter) deskScope() {
	rotating := 0
	for _, r := range l.c.out.Rules {
		if r.Pick == "rotate" {
			rotating++
		}
	}
	if l.c.out.Scope == allocation.ScopeDesk && rotating > 1 {
		l.at("rotation.scope", Info, CodeDeskScope,
			fmt.Sprintf("%d rules share one credit: the fairness bound holds for their total and for no single rule", rotating),
			"scope: rule, if each rule should be fair by itself")
	}
}

// looseElses warns of a ?? that takes less than it seems to.
func (l *linter) looseElses() {
	told := map[rule.LooseElse]bool{}
	for _, p := range l.c.placed {
		for _, e := range p.program.LooseElses() {
			if told[e] {
				continue
			}
			told[e] = true
			var at Finding
			at.File, at.Line, at.Column = l.c.partPlace(p, e.Let, e.File, e.Line, e.Column)
			at.Code, at.Severity = CodeLooseElse, Warning
			at.Message = fmt.Sprintf("%s is read as %s: ?? takes the last operand alone", e.Source, e.Last)
			at.Maybe = fmt.Sprintf("write %s, or put the brackets where it has them now", e.Whole)
			l.out = append(l.out, at)
		}
	}
}

// unreachableRules warns of rules behind one that keeps every customer.
func (l *linter) unreachableRules() {
	l.unreachable = map[int]bool{}
	for i := range l.c.out.Rules {
		if !l.keepsAll(i) {
			continue
		}
		for later := i + 1; later < len(l.c.out.Rules); later++ {
			l.unreachable[later] = true
			l.at(join(item("rules", later), "name"), Warning, CodeUnreachable,
				fmt.Sprintf("no customer gets as far as rule %q: rule %q keeps every one", l.c.out.Rules[later].Name, l.c.out.Rules[i].Name),
				"move it further up, or give rule "+l.c.out.Rules[i].Name+" a when")
		}
		return
	}
}

// keepsAll reports whether a rule lets no customer through to the next one.
func (l *linter) keepsAll(i int) bool {
	r := l.c.out.Rules[i]
	if !r.From.IsZero() || !r.Until.IsZero() {
		return false
	}
	if when := l.c.programs.rules[i].when; when != nil {
		constant := len(when.Reads().Customer) == 0 && !when.Reads().Now
		if !constant || when.Truth(&rule.Env{}).Truth != rule.True {
			return false
		}
	}
	n := r.IfNone
	return r.Pick == "none" || n.NotEligible != allocation.TryNext && n.Away != allocation.TryNext && n.Full != allocation.TryNext
}

// missingIDs tells which rules would lose their credit with their name.
func (l *linter) missingIDs() {
	for i, r := range l.c.d.Rules {
		if r.ID == "" && l.c.out.Rules[i].Pick == "rotate" && l.c.out.Scope == allocation.ScopeRule {
			l.at(join(item("rules", i), "name"), Info, CodeNoID,
				fmt.Sprintf("the credit of rule %q follows its name: with a new name everybody would begin again at zero", r.Name),
				"id: "+l.c.out.Rules[i].ID)
		}
	}
}

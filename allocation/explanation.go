package allocation

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// Explanation says why a decision is what it is: each rule's verdict in order,
// and for the rules that matched, how far each rep came. Codes are stable;
// sentences are not: do not parse them.
type Explanation struct {
	Desk     string       `json:"desk"`
	Decision Decision     `json:"decision"`
	Policy   string       `json:"policy"`           // name
	Hash     string       `json:"policy_hash"`      // version
	Via      string       `json:"via,omitempty"`    // "waiting", "manual", "reassign", "opening"
	Note     string       `json:"note,omitempty"`   // the caller's words
	Erased   bool         `json:"erased,omitempty"` // the customer's fields were erased: there are no rules to show
	Diverged bool         `json:"diverged,omitempty"`
	Rules    []RuleReport `json:"rules,omitempty"`
}

// RuleReport is one rule's part in a decision.
type RuleReport struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Verdict Verdict     `json:"verdict"`
	Reason  string      `json:"reason,omitempty"` // why it placed nobody
	When    *Finding    `json:"when,omitempty"`   // for no_match and unknown: what decided it
	Reps    []RepReport `json:"reps,omitempty"`   // for rules that matched: by stage reached, then rank, then ID
}

// Verdict is what became of a rule.
type Verdict string

const (
	VerdictNotInForce Verdict = "not_in_force" // before `from` or after `until`
	VerdictNoMatch    Verdict = "no_match"     // `when` is false
	VerdictUnknown    Verdict = "unknown"      // `when` is unknown: it does not match
	VerdictNobody     Verdict = "nobody"       // it matched and found no rep; the customer went on
	VerdictWaits      Verdict = "waits"        // it matched, found no rep, and the customer waits
	VerdictSetAside   Verdict = "set_aside"    // `pick: none`
	VerdictPlaced     Verdict = "placed"       // it chose a rep
)

// RepReport is how far one rep came in one rule.
type RepReport struct {
	Rep    string `json:"rep"`
	Name   string `json:"name,omitempty"`
	Stage  Stage  `json:"stage"`
	Reason string `json:"reason,omitempty"` // code; empty for the chosen one

	Why   *Finding   `json:"why,omitempty"`   // for eligible, weight, limits: the leaf and its values
	Cap   string     `json:"cap,omitempty"`   // for full
	Team  string     `json:"team,omitempty"`  // for a cap per team
	Used  int64      `json:"used,omitempty"`  // for full
	Limit int64      `json:"limit,omitempty"` // for full
	Back  *time.Time `json:"back,omitempty"`  // for away and off_shift: when that next changes

	// Where the rule rotates, for those who could have received the customer.
	Rank   int      `json:"rank,omitempty"`   // 1 is the one chosen
	Credit string   `json:"credit,omitempty"` // before the decision: what he was owed, in customers or size units
	Due    string   `json:"due,omitempty"`    // credit with his share of this customer: what the rule compares
	Weight float64  `json:"weight,omitempty"`
	Prefer *float64 `json:"prefer,omitempty"`
	Total  *float64 `json:"total,omitempty"` // where totals are levelled: what he had
}

// Stage is the last stage a rep reached.
type Stage string

const (
	StageActive    Stage = "active"    // stopped: not active
	StageEligible  Stage = "eligible"  // stopped: not eligible
	StageAvailable Stage = "available" // stopped: away or off shift
	StageCap       Stage = "cap"       // stopped: at a cap
	StageWeight    Stage = "weight"    // stopped: no weight
	StagePick      Stage = "pick"      // could have received the customer; another was chosen
	StageChosen    Stage = "chosen"
)

var stageOrder = []Stage{StageChosen, StagePick, StageWeight, StageCap, StageAvailable, StageEligible, StageActive}

// trace collects an Explanation while allocate walks. A nil trace collects
// nothing: deciding does not pay for explaining.
type trace struct {
	w     *walk
	rules []RuleReport
	reps  map[int]*RepReport // of the rule at hand, by row
}

func (t *trace) begin(w *walk) {
	if t != nil {
		t.w = w
	}
}

// rule starts a rule's report.
func (t *trace) rule(i int, verdict Verdict) *RuleReport {
	r := &t.w.l.policy.Rules[i]
	t.rules = append(t.rules, RuleReport{ID: r.ID, Name: r.Name, Verdict: verdict})
	return &t.rules[len(t.rules)-1]
}

func (t *trace) skipped(i int) {
	if t != nil {
		t.rule(i, VerdictNotInForce)
	}
}

func (t *trace) unmatched(i int, truth Truth) {
	if t == nil {
		return
	}
	verdict := VerdictNoMatch
	if truth == Unknown {
		verdict = VerdictUnknown
	}
	why := t.w.m.Why(PartWhen, i, 0)
	t.rule(i, verdict).When = &why
}

func (t *trace) matched(i int) {
	if t == nil {
		return
	}
	report := t.rule(i, VerdictPlaced)
	if r := &t.w.l.policy.Rules[i]; r.Pick == "none" {
		report.Verdict, report.Reason = VerdictSetAside, r.Reason
		return
	}
	t.reps = map[int]*RepReport{}
	for row := range t.w.s.roster.members {
		m := &t.w.s.roster.members[row]
		t.reps[row] = &RepReport{Rep: m.rep.ID, Name: m.rep.Name, Stage: StagePick, Reason: ReasonNotChosen}
		if m.rep.Inactive {
			t.reps[row].Stage, t.reps[row].Reason = StageActive, ReasonInactive
		}
	}
}

func (t *trace) eligible(i int) {
	if t == nil {
		return
	}
	for row := range t.w.s.roster.active.All() {
		if t.w.among.Has(row) {
			continue
		}
		why := t.w.m.Why(PartEligible, i, row)
		reason := ReasonNotEligible
		if why.Truth == Unknown && why.Reason != "" {
			reason = why.Reason
		}
		t.stop(row, StageEligible, reason).Why = &why
	}
}

// stop notes where a rep was stopped.
func (t *trace) stop(row int, stage Stage, reason string) *RepReport {
	r := t.reps[row]
	r.Stage, r.Reason = stage, reason
	return r
}

func (t *trace) unavailable(_, row int) {
	if t == nil {
		return
	}
	c := t.w.s.roster.members[row].calendar
	reason := ReasonOffShift
	if c.Away(t.w.now) {
		reason = ReasonAway
	}
	r := t.stop(row, StageAvailable, reason)
	if back, changes := c.NextChange(t.w.now); changes {
		r.Back = &back
	}
}

func (t *trace) noLimit(_, cap, row int) {
	if t == nil {
		return
	}
	why := t.w.m.Why(PartLimit, cap, row)
	r := t.stop(row, StageCap, ReasonNoLimit)
	r.Cap, r.Why = t.w.l.policy.Caps[cap].Name, &why
}

func (t *trace) full(_, cap, row int, team string, limit int64) {
	if t == nil {
		return
	}
	r := t.stop(row, StageCap, ReasonFull)
	r.Cap, r.Team, r.Limit = t.w.l.policy.Caps[cap].Name, team, limit
	r.Used = t.w.l.used(t.w.s, cap, row, team, t.w.now)
}

func (t *trace) noSize(i int) {
	if t == nil {
		return
	}
	why := t.w.m.Why(PartSize, i, 0)
	for row := range t.w.among.All() {
		t.stop(row, StageWeight, ReasonNoSize).Why = &why
	}
}

func (t *trace) noWeight(i, row int, reason string) {
	if t == nil {
		return
	}
	why := t.w.m.Why(PartWeight, i, row)
	t.stop(row, StageWeight, reason).Why = &why
}

func (t *trace) noRamp(i, row int) {
	if t == nil {
		return
	}
	why := t.w.m.Why(PartRampStart, i, row)
	t.stop(row, StageWeight, ReasonNoWeight).Why = &why
}

// standings notes credit and order of those who could receive the customer,
// before the rotation takes its turn.
func (t *trace) standings(i int) {
	if t == nil {
		return
	}
	turn := &t.w.turn
	if turn.Totals != nil {
		for n, row := range t.w.rows {
			load, _ := turn.Totals.Load(turn.Entrants[n].Account)
			total := float64(load) / float64(pow10(t.w.l.policy.Rules[i].SizeScale))
			t.reps[row].Total, t.reps[row].Weight = &total, float64(t.w.weights[n])/equalWeight
		}
		return
	}
	standings, err := turn.Ledger.Standings(turn.Selection, turn.Size, turn.Entrants, turn.Ranks())
	if err != nil {
		return // the pick that follows fails in the same way and says so
	}
	scale := t.w.l.policy.Rules[i].SizeScale
	for n, s := range standings {
		r := t.reps[t.w.rows[n]]
		r.Rank = s.Place
		r.Credit, r.Due = decimal(s.Before, scale), decimal(s.After, scale)
		r.Weight = float64(t.w.weights[n]) / equalWeight
	}
}

// decimal writes a credit in customers or size units, with at most four
// decimals.
func decimal(c rotation.Credit, scale int) string {
	value := new(big.Rat).Quo(c.Rat(), new(big.Rat).SetInt64(pow10(scale)))
	text := strings.TrimRight(strings.TrimRight(value.FloatString(4), "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

func (t *trace) chosen(i, row int) {
	if t == nil {
		return
	}
	if t.w.l.policy.Rules[i].HasPrefer {
		for n, r := range t.w.rows {
			if c := &t.w.turn.Candidates[n]; c.Preferred {
				prefer := c.Prefer
				t.reps[r].Prefer = &prefer
			}
		}
	}
	t.stop(row, StageChosen, "")
	t.finish(&t.rules[len(t.rules)-1])
}

func (t *trace) nobody(_ int, otherwise Otherwise, reason string) {
	if t == nil {
		return
	}
	report := &t.rules[len(t.rules)-1]
	report.Verdict, report.Reason = VerdictNobody, reason
	if otherwise == Wait {
		report.Verdict = VerdictWaits
	}
	t.finish(report)
}

// finish puts the reps of a rule in order.
func (t *trace) finish(report *RuleReport) {
	for _, r := range t.reps {
		report.Reps = append(report.Reps, *r)
	}
	slices.SortFunc(report.Reps, func(a, b RepReport) int {
		if x, y := slices.Index(stageOrder, a.Stage), slices.Index(stageOrder, b.Stage); x != y {
			return x - y
		}
		if a.Rank != b.Rank {
			return a.Rank - b.Rank
		}
		return strings.Compare(a.Rep, b.Rep)
	})
	t.reps = nil
}

// Rep returns the reports on one rep, by rule, for rules that matched.
func (e *Explanation) Rep(id string) map[string]RepReport {
	reports := map[string]RepReport{}
	for _, rule := range e.Rules {
		for _, r := range rule.Reps {
			if r.Rep == id {
				reports[rule.ID] = r
			}
		}
	}
	return reports
}

// JSON renders the explanation for programs, indented.
func (e *Explanation) JSON() ([]byte, error) { return json.MarshalIndent(e, "", "  ") }

// String renders the explanation for people.
func (e *Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", e.headline())
	fmt.Fprintf(&b, "Decided %s under policy %q (%.12s), ledger entry %d.\n",
		e.Decision.At.Format("2006-01-02 15:04:05 MST"), e.Policy, e.Hash, e.Decision.Seq)
	if e.Note != "" {
		fmt.Fprintf(&b, "Note: %s\n", e.Note)
	}
	if e.Erased {
		b.WriteString("The customer's fields were erased: the reasons that lay in them cannot be shown.\n")
	}
	for _, rule := range e.Rules {
		fmt.Fprintf(&b, "\n%s\n", rule.headline())
		for _, r := range rule.Reps {
			fmt.Fprintf(&b, "  %s\n", r.Sentence())
		}
	}
	return b.String()
}

// RepString renders the explanation for one rep who asks why not him.
func (e *Explanation) RepString(id string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", e.headline())
	shown := false
	for _, rule := range e.Rules {
		for _, r := range rule.Reps {
			if r.Rep == id {
				fmt.Fprintf(&b, "  In rule %q: %s\n", rule.Name, r.Sentence())
				shown = true
			}
		}
	}
	if !shown {
		fmt.Fprintf(&b, "  No rule that matched this customer had to do with %s.\n", id)
	}
	return b.String()
}

func (e *Explanation) headline() string {
	d := &e.Decision
	who := fmt.Sprintf("%s %s", d.Kind, d.Customer)
	switch {
	case d.Status == StatusAssigned && d.Reason == ReasonFallback:
		return fmt.Sprintf("%s went to %s as fallback: no rule placed it.", who, d.Rep)
	case d.Status == StatusAssigned && d.Reason == ReasonManual:
		return fmt.Sprintf("%s was given to %s by hand.", who, d.Rep)
	case d.Status == StatusAssigned && d.Reason == ReasonOpening:
		return fmt.Sprintf("%s was with %s before the desk began.", who, d.Rep)
	case d.Status == StatusAssigned:
		return fmt.Sprintf("%s went to %s by rule %q.", who, d.Rep, d.Rule)
	case d.Status == StatusWaiting:
		return fmt.Sprintf("%s is waiting in rule %q: %s.", who, d.Rule, sentence(d.Reason))
	case d.Rule != "":
		return fmt.Sprintf("%s was set aside by rule %q: %s.", who, d.Rule, d.Reason)
	}
	return fmt.Sprintf("%s went to nobody: %s.", who, sentence(d.Reason))
}

// sentence says what a reason code means.
func sentence(reason string) string {
	switch reason {
	case ReasonNoRule:
		return "no rule matched it"
	case ReasonNotEligible:
		return "nobody is eligible"
	case ReasonAway:
		return "everybody eligible is away or off shift"
	case ReasonFull:
		return "everybody eligible and available is at a cap"
	case ReasonNoWeight:
		return "nobody left has a weight above zero"
	case ReasonNoSize:
		return "its size is unknown"
	}
	return reason
}

func (r *RuleReport) headline() string {
	name := fmt.Sprintf("Rule %q", r.Name)
	switch r.Verdict {
	case VerdictNotInForce:
		return name + " was not in force."
	case VerdictNoMatch:
		return name + " did not match: " + r.When.decided()
	case VerdictUnknown:
		return name + " could not be decided and does not match: " + r.When.decided()
	case VerdictNobody:
		return name + " matched, but " + sentence(r.Reason) + "."
	case VerdictWaits:
		return name + " matched, but " + sentence(r.Reason) + "; the customer waits."
	case VerdictSetAside:
		return name + " matched and sets such customers aside: " + r.Reason + "."
	}
	return name + " matched and placed it:"
}

// decided says which leaves decided a finding, with their values.
func (f *Finding) decided() string {
	if f == nil || len(f.Leaves) == 0 {
		return "no reason recorded"
	}
	var parts []string
	for _, leaf := range f.Leaves {
		part := fmt.Sprintf("`%s` is %s", leaf.Text, leaf.Truth)
		var values []string
		for _, v := range leaf.Values {
			values = append(values, v.Name+" is "+v.Text)
		}
		if len(values) > 0 {
			part += " (" + strings.Join(values, ", ") + ")"
		}
		if leaf.Detail != "" {
			part += ", " + leaf.Detail
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// Sentence says how far the rep came, in words he can be told.
func (r *RepReport) Sentence() string {
	name := r.Rep
	if r.Name != "" && r.Name != r.Rep {
		name = fmt.Sprintf("%s (%s)", r.Name, r.Rep)
	}
	switch r.Stage {
	case StageChosen:
		return name + ": chosen" + r.standing()
	case StagePick:
		return name + ": could have received it, another was due" + r.standing()
	case StageActive:
		return name + ": not active"
	case StageEligible:
		return name + ": not eligible: " + r.Why.decided()
	case StageAvailable:
		return name + ": " + r.absence()
	case StageWeight:
		return name + ": " + r.weightless()
	}
	return name + ": " + r.atCap()
}

func (r *RepReport) standing() string {
	var parts []string
	if r.Rank > 0 {
		parts = append(parts, fmt.Sprintf("rank %d", r.Rank))
	}
	if r.Credit != "" {
		parts = append(parts, "credit "+r.Credit, "with this share "+r.Due)
	}
	if r.Total != nil {
		parts = append(parts, fmt.Sprintf("total %g", *r.Total))
	}
	if r.Weight != 0 && r.Weight != 1 {
		parts = append(parts, fmt.Sprintf("weight %g", r.Weight))
	}
	if r.Prefer != nil {
		parts = append(parts, fmt.Sprintf("preference %g", *r.Prefer))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (r *RepReport) absence() string {
	text := "off shift"
	if r.Reason == ReasonAway {
		text = "away"
	}
	if r.Back != nil {
		text += ", until " + r.Back.Format("Mon 2006-01-02 15:04 MST")
	}
	return text
}

func (r *RepReport) atCap() string {
	if r.Reason == ReasonNoLimit {
		return fmt.Sprintf("the limit of cap %q is unknown: %s", r.Cap, r.Why.decided())
	}
	if r.Team != "" {
		return fmt.Sprintf("team %s is at cap %q, %d of %d", r.Team, r.Cap, r.Used, r.Limit)
	}
	return fmt.Sprintf("at cap %q, %d of %d", r.Cap, r.Used, r.Limit)
}

func (r *RepReport) weightless() string {
	switch r.Reason {
	case ReasonZeroWeight:
		return "the weight is zero"
	case ReasonNoSize:
		return "the customer's size is unknown: " + r.Why.decided()
	}
	return "the weight is unknown: " + r.Why.decided()
}

package allocation

import (
	"math/big"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// trace collects an Explanation while allocate walks. A nil trace collects
// nothing: deciding does not pay for explaining.
type trace struct {
	w     *walk
	rules []RuleReport
	reps  map[int]*RepReport // of the rule at hand, by row
	runs  []run              // of the rules that matched
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
		t.runs = append(t.runs, run{rule: i, aside: true})
		return
	}
	t.runs = append(t.runs, run{rule: i, winner: -1})
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

// underCaps notes who has passed every stage before weight.
func (t *trace) underCaps() {
	if t != nil {
		t.runs[len(t.runs)-1].under.CopyFrom(&t.w.among)
	}
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
	r := &t.runs[len(t.runs)-1]
	r.rows, r.weights, r.winner = slices.Clone(t.w.rows), slices.Clone(t.w.weights), row
	r.equal = slices.Min(r.weights) == slices.Max(r.weights)
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
	this := &t.runs[len(t.runs)-1]
	this.reached = make([]depth, len(t.reps))
	for row, r := range t.reps {
		report.Reps = append(report.Reps, *r)
		d := depths[r.Stage]
		this.reached[row] = d
		this.number[d]++
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

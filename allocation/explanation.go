package allocation

import (
	"encoding/json"
	"time"
)

// Explanation says why a decision is what it is: each rule's verdict in order,
// and for the rules that matched, how far each rep came. Codes are stable;
// sentences are not: do not parse them.
type Explanation struct {
	Desk     string       `json:"desk"`
	Decision Decision     `json:"decision"`
	Policy   string       `json:"policy"`           // name
	Hash     string       `json:"policy_hash"`      // version
	Via      string       `json:"via,omitempty"`    // "waiting", "manual", "reassign", "opening", "reconciled", "plan"
	Note     string       `json:"note,omitempty"`   // the caller's words
	Erased   bool         `json:"erased,omitempty"` // the customer's fields were erased: there are no rules to show
	Diverged bool         `json:"diverged,omitempty"`
	Rules    []RuleReport `json:"rules,omitempty"`
	// Waiting is how many customers waited longer than this one. A change that
	// makes room would have served them first where it makes room for them.
	Waiting int `json:"waiting,omitempty"`
	// Counterfactuals say of each rep who did not get the customer what would
	// have given him to him, in the order of IDs.
	Counterfactuals []Counterfactual `json:"counterfactuals,omitempty"`
	// Unquestioned is how many reps are left out of Counterfactuals: of more than
	// 500 those who came nearest are in it. AboutRep asks for any of them.
	Unquestioned int `json:"unquestioned,omitempty"`

	// Plans are what committed plans did: the one that decided, and the one that
	// moved the customer, where that is the last the ledger has of him.
	Plans []PlanReason `json:"plans,omitempty"`

	// Outside is what the CRM says of the customer, where that placed him or is
	// the last the ledger has of him.
	Outside *Outside `json:"outside,omitempty"`
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

	// Plan says, of a decision by a plan, why it gave the customer to him or to
	// another.
	Plan string `json:"plan,omitempty"`
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

// RepExplanation is the part of an explanation that concerns one rep.
type RepExplanation struct {
	Rules          map[string]RepReport `json:"rules"`                    // by ID of the rules that matched
	Counterfactual *Counterfactual      `json:"counterfactual,omitempty"` // nil for the one who received the customer
}

// About returns what the explanation says of one rep.
func (e *Explanation) About(id string) RepExplanation {
	about := RepExplanation{Rules: e.Rep(id)}
	for i := range e.Counterfactuals {
		if e.Counterfactuals[i].Rep == id {
			about.Counterfactual = &e.Counterfactuals[i]
		}
	}
	return about
}

// JSON renders the explanation for programs, indented.
func (e *Explanation) JSON() ([]byte, error) { return json.MarshalIndent(e, "", "  ") }

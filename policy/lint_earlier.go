package policy

import (
	"fmt"
	"slices"

	"github.com/evenhand/evenhand/allocation"
)

// sinceEarlier tells what of the earlier policy's counts would be lost: credit
// follows a rule's ID, and a cap's count all that it counts.
func (l *linter) sinceEarlier() {
	if l.against.Earlier == nil {
		return
	}
	before, _, err := unpack(l.against.Earlier.Source)
	if err != nil {
		return // it is no policy of a document; nothing can be compared
	}
	e := earlier{l, before, l.against.Earlier}
	e.renamed()
	e.creditRestarts()
	e.capsRestart()
}

// earlier compares the policy with the one before it.
type earlier struct {
	l   *linter
	doc *Document
	p   *allocation.Policy
}

// renamed tells of rules that rotate and have an ID that is new, where one of
// the earlier policy is gone: its credit goes with it.
func (e earlier) renamed() {
	now := e.l.c.out
	if now.Scope == allocation.ScopeDesk && e.p.Scope == allocation.ScopeDesk {
		return // one credit for all rules, whatever they are called
	}
	gone := rotatingWithout(e.p, now)
	fresh := rotatingWithout(now, e.p)
	for _, i := range fresh {
		at := slices.IndexFunc(gone, func(old int) bool { return e.sameTerms(old, i) })
		if at < 0 && len(gone) == 1 && len(fresh) == 1 {
			at = 0
		}
		if at < 0 {
			continue
		}
		old := e.p.Rules[gone[at]]
		gone = slices.Delete(gone, at, at+1)
		e.l.at(join(item("rules", i), "name"), Warning, CodeRenamed,
			fmt.Sprintf("rule %q seems to be rule %q of the earlier policy, and has another id: everybody would begin again at zero", now.Rules[i].Name, old.Name),
			"id: "+old.ID)
	}
	for _, i := range gone {
		e.l.at("rules", Info, CodeRuleGone,
			fmt.Sprintf("rule %q of the earlier policy is no longer there: its credit stays in the ledger and counts for nothing", e.p.Rules[i].Name),
			"if another rule takes its place, give that one id: "+e.p.Rules[i].ID)
	}
}

// rotatingWithout lists the rules of a policy that rotate and whose ID another
// policy does not have.
func rotatingWithout(p, other *allocation.Policy) []int {
	var out []int
	for i, r := range p.Rules {
		if r.Pick == "rotate" && ruleByID(other, r.ID) == nil {
			out = append(out, i)
		}
	}
	return out
}

func ruleByID(p *allocation.Policy, id string) *allocation.Rule {
	for i := range p.Rules {
		if p.Rules[i].ID == id {
			return &p.Rules[i]
		}
	}
	return nil
}

// sameTerms reports whether an earlier rule and one of today say the same
// about customers and reps.
func (e earlier) sameTerms(old, now int) bool {
	a, b := &e.doc.Rules[old], &e.l.c.d.Rules[now]
	return tidy(a.When) == tidy(b.When) && tidy(a.Eligible) == tidy(b.Eligible)
}

// creditRestarts tells of rules that keep their ID and count in another way.
func (e earlier) creditRestarts() {
	now := e.l.c.out
	for i := range now.Rules {
		r := &now.Rules[i]
		old := ruleByID(e.p, r.ID)
		if old == nil || r.Pick != "rotate" || old.Pick != "rotate" {
			continue
		}
		what := ""
		switch {
		case now.Scope != e.p.Scope:
			what = "rotation.scope is another"
		case now.Share != e.p.Share:
			what = "rotation.share is another"
		case r.HasSize != old.HasSize:
			what = "customers count by size now, or no longer do"
		default:
			continue
		}
		e.l.at(join(item("rules", i), "name"), Warning, CodeCreditRestarts,
			fmt.Sprintf("the credit of rule %q begins again at zero: %s", r.Name, what),
			"leave it as it was, or give credit as an opening balance")
	}
}

// capsRestart tells of caps that have the name of an earlier one and count
// something else.
func (e earlier) capsRestart() {
	now := e.l.c.out
	for i, path := range e.l.capPaths() {
		c := &now.Caps[i]
		if slices.ContainsFunc(e.p.Caps, func(old allocation.Cap) bool { return old.Key == c.Key }) {
			continue
		}
		if !slices.ContainsFunc(e.p.Caps, func(old allocation.Cap) bool { return old.Name == c.Name && owner(e.p, &old) == owner(now, c) }) {
			continue
		}
		e.l.at(join(path, "name"), Warning, CodeCapRestarts,
			fmt.Sprintf("cap %q counts from zero: its per, zone, each or only is another than in the earlier policy", c.Name),
			"change it when a period begins, or leave these as they were")
	}
}

// owner is whose a cap is: a rule's ID, or "" for the desk.
func owner(p *allocation.Policy, c *allocation.Cap) string {
	if c.Rule < 0 {
		return ""
	}
	return p.Rules[c.Rule].ID
}

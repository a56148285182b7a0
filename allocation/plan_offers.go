package allocation

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// offered is who could have had a customer of a plan, and who has him.
type offered struct {
	row  *PlanRow
	part *PlanPart // nil: no rule placed him, or had no place left for him
	all  []offer   // the best first
	mine offer     // what he has; without an ID what it counts for to have nobody
}

// offer is a rep whom the customer could have had.
type offer struct {
	id     string
	worth  int64
	rep    *PlanRep // nil: he had no room from the beginning
	price  int64    // of a place for this customer
	scarce bool
}

// offered works out who could have had a customer. Cost: the policy's expressions
// for him and all reps.
func (p *planner) offered(k int) *offered {
	o := &offered{row: &p.plan.Rows[k]}
	if o.row.Part < 0 {
		return o
	}
	o.part = &p.plan.Parts[o.row.Part]
	o.all, o.mine = p.offers(k, o.part), offer{worth: o.part.Low}
	if i := slices.IndexFunc(o.all, func(x offer) bool { return x.id == o.row.Rep }); i >= 0 {
		o.mine = o.all[i]
	}
	return o
}

// priced reports whether the part goes by what customers are worth.
func (o *offered) priced() bool {
	return o.part != nil && o.part.Goal != GoalInOrder && o.part.Goal != GoalLevel
}

// offers lists the reps who are eligible and available for a customer, the best
// first.
func (p *planner) offers(k int, part *PlanPart) []offer {
	i := slices.IndexFunc(p.policy.Rules, func(r Rule) bool { return r.ID == part.Rule })
	q, w := newPart(p, i), &p.s.live.walk
	p.match(k)
	w.among.CopyFrom(&p.s.roster.active)
	w.m.Eligible(i, &w.among)
	owner := p.plan.rows[k].from
	stays := owner >= 0 && w.among.Has(owner)
	w.keepAvailable(i, q.available())
	if stays {
		w.among.Add(owner)
	}
	w.weigh(i, q.r)
	named := slices.IndexFunc(p.policy.Caps, func(c Cap) bool { return c.Name == part.Cap })
	counted := named >= 0 && w.capApplies(named)
	var out []offer
	for _, row := range w.rows {
		x := offer{id: q.id(row), worth: part.Low}
		if value, known := q.prefer(row); known {
			if row == owner {
				value += p.o.Stay.Bonus
			}
			x.worth = int64(math.RoundToEven(float64(value * math.Pow10(part.Scale))))
		}
		if at, found := slices.BinarySearchFunc(part.Reps, x.id, func(r PlanRep, id string) int { return cmp.Compare(r.Rep, id) }); found {
			x.rep = &part.Reps[at]
			x.price, x.scarce = x.rep.Price, x.rep.Scarce
			if counted && x.rep.Cap != nil {
				x.price, x.scarce = x.price+x.rep.Cap.Gain, x.scarce || x.rep.Cap.Needed
			}
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b offer) int { return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(a.id, b.id)) })
	return out
}

// mostBetter is of how many better reps why speaks.
const mostBetter = 5

// why compares a customer's rep with those who would be worth more.
func (o *offered) why() string {
	if !o.priced() {
		return ""
	}
	row, part, mine := o.row, o.part, &o.mine
	var b strings.Builder
	if row.Status == StatusAssigned {
		if mine.rep == nil || mine.worth != row.Score {
			return "" // the policy reads open work, and it has changed in the course of the plan
		}
		fmt.Fprintf(&b, "It is worth %s there.\n", part.amount(row.Score))
	}
	better := 0
	for _, x := range o.all {
		if x.id == row.Rep || row.Status == StatusAssigned && x.worth <= mine.worth {
			continue
		}
		if better++; better > mostBetter {
			continue
		}
		fmt.Fprintf(&b, "With %s it would be worth %s, but %s.\n", x.id, part.amount(x.worth), o.against(&x))
	}
	if better > mostBetter {
		fmt.Fprintf(&b, "There are %d more with whom it would be worth more.\n", better-mostBetter)
	}
	if better == 0 && row.Status == StatusAssigned {
		b.WriteString("With nobody would it be worth more.\n")
	}
	return b.String()
}

// against says why a better rep does not get the customer.
func (o *offered) against(x *offer) string {
	row, part, mine := o.row, o.part, &o.mine
	switch {
	case x.rep == nil:
		return "he had no room for it"
	case part.NextMove != nil && row.From != "" && row.From == row.Rep:
		return "that would be a move, and others are worth more"
	case x.scarce && mine.rep != nil && !mine.scarce:
		return "each place of his lets somebody be placed who would otherwise have nobody" + part.displaces(x)
	case x.scarce:
		return "all his places are taken" + part.displaces(x)
	case x.rep.Displaced == "":
		return "a cap that counts such customers, or what he is entitled to, left no place"
	}
	text := fmt.Sprintf("a place of his costs %s", part.amount(x.price))
	if mine.rep != nil && !mine.scarce {
		text += fmt.Sprintf(" and one here %s: to be better there it would have to be worth more than %s", part.amount(mine.price), part.amount(row.Score-mine.price+x.price))
	}
	return text + part.displaces(x)
}

// displaces names the customer who would have to leave a rep.
func (part *PlanPart) displaces(x *offer) string {
	if x.rep.Displaced == "" {
		return ""
	}
	return fmt.Sprintf("; %s would have to leave, and is worth %s there", x.rep.Displaced, part.amount(x.rep.DisplacedScore))
}

// beats reports whether one rep is worth more than another after what their
// places cost, of which those that let somebody more be placed cost most.
func (x *offer) beats(y *offer) bool {
	if x.costly() != y.costly() {
		return y.costly()
	}
	return x.worth-x.price > y.worth-y.price
}

// costly is to have a scarce place, or none.
func (x *offer) costly() bool { return x.scarce || x.id == "" }

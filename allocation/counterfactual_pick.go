package allocation

import (
	"fmt"
	"math"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// byWeight finds the least weight with which a rep who has none would have come
// first. More weight never brings anybody further back.
func (q *whatIf) byWeight(r *run, row int) []Change {
	if !q.ruleOf(r).HasWeight {
		return nil
	}
	with := func(micro int64) supposition {
		return supposition{row: row, weight: &supposedNumber{r.rule, float64(micro) / 1e6}}
	}
	enough := int64(1e12)
	if x := with(enough); q.placedBy(&x) == noRule {
		return nil
	}
	for short := int64(0); enough-short > 1; {
		middle := short + (enough-short)/2
		if x := with(middle); q.placedBy(&x) != noRule {
			enough = middle
		} else {
			short = middle
		}
	}
	return q.hold(with(enough), Change{Cause: CauseWeight, Amount: exactDecimal(enough, 6)})
}

// byPick finds what would have brought a rep before the one who was picked.
func (q *whatIf) byPick(r *run, row int) []Change {
	if r.winner < 0 {
		return nil
	}
	switch q.ruleOf(r).Pick {
	case "rotate":
		if found := q.byCredit(r, row); found != nil {
			return found
		}
		return q.byWeight(r, row)
	case "best":
		return q.byPreference(r, row)
	case "least_open":
		return q.byOpen(r, row, q.s.roster.members[r.winner].open)
	case "most_available":
		return q.byRoom(r, row)
	}
	return nil
}

// byCredit finds the least grant.
func (q *whatIf) byCredit(r *run, row int) []Change {
	if q.p.Share == ShareTotals {
		return nil
	}
	trial := q.trial(r)
	payers := trial.payers - 1 // all but himself
	if !trial.before[row] || payers < 1 {
		return nil
	}
	all, at := trial.all, r.place(row)
	if trial.allPay && q.pairwise(r, r.weights[at]) {
		all, at = q.held(r, row), 1
	}
	turn, pays, err := q.paying(trial, r, all)
	if err != nil {
		return nil
	}
	thousandths, ok := turn.LeastGrant(at, pays, payers)
	if !ok {
		return nil
	}
	return []Change{{Cause: CauseCredit, Rule: q.ruleOf(r).ID, Amount: exactDecimal(thousandths, 3+q.ruleOf(r).SizeScale)}}
}

// held holds a row who competes against the one who was picked.
func (q *whatIf) held(r *run, row int) []entrant {
	weight := func(row int) int64 { return r.weights[r.place(row)] }
	return []entrant{{r.winner, weight(r.winner)}, {row, weight(row)}}
}

// paying is a turn, and who of it would pay for a grant. The turn of all is
// made once.
func (q *whatIf) paying(c *contest, r *run, all []entrant) (*rotation.Contest, []bool, error) {
	if len(all) == len(c.all) && c.turn != nil {
		return c.turn, c.pays, nil
	}
	turn, err := q.contest(r, all)
	pays := make([]bool, len(all))
	for n, e := range all {
		pays[n] = c.before[e.row]
	}
	if len(all) == len(c.all) {
		c.turn, c.pays = turn, pays
	}
	return turn, pays, err
}

// byPreference supposes just enough preference.
func (q *whatIf) byPreference(r *run, row int) []Change {
	winner := q.w.candidate(r.rule, q.ruleOf(r), r.winner)
	if !winner.Preferred {
		return q.preferred(r, row, HowExactly, 0, 0)
	}
	if found := q.preferred(r, row, HowExactly, winner.Prefer, winner.Prefer); found != nil {
		return found
	}
	return q.preferred(r, row, HowJustAbove, winner.Prefer, math.Nextafter(winner.Prefer, math.Inf(1)))
}

func (q *whatIf) preferred(r *run, row int, how How, of, value float64) []Change {
	return q.hold(supposition{row: row, prefer: &supposedNumber{r.rule, value}},
		Change{Cause: CausePrefer, How: how, Value: fmt.Sprint(of), Amount: fmt.Sprint(value)})
}

// byOpen supposes as few open units as are enough to come before one who has so
// many.
func (q *whatIf) byOpen(r *run, row int, most int64) []Change {
	for _, units := range []int64{most, most - 1} {
		if found := q.withOpen(row, units); found != nil {
			return found
		}
	}
	return nil
}

// byRoom supposes as few open units, or else as much capacity, as leave more
// room than the one who was picked has.
func (q *whatIf) byRoom(r *run, row int) []Change {
	m, winner := &q.s.roster.members[row], q.w.candidate(r.rule, q.ruleOf(r), r.winner)
	room := winner.Room
	if !winner.RoomKnown {
		room = math.MinInt32 // any room is more than none that is known
	}
	if m.rep.Capacity != nil {
		if found := q.byOpen(r, row, *m.rep.Capacity-room); found != nil {
			return found
		}
	}
	for _, capacity := range []int64{m.open + room, m.open + room + 1} {
		capacity = max(capacity, 0)
		rep := m.rep.with("capacity", capacity)
		c := Change{Cause: CauseField, Field: "rep.capacity", How: HowExactly, Value: fmt.Sprint(capacity), Raw: capacity}
		if found := q.hold(supposition{row: row, rep: &rep}, c); found != nil {
			return found
		}
	}
	return nil
}

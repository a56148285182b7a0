package allocation

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// story is a world in which a plan is easily worked out by hand. A customer goes
// by the rule that his field "rule" names; his field of a rep's name is what he is
// worth there, and who is not named cannot have him.
type story struct {
	t         *testing.T
	policy    fakePolicy
	desk      *testDesk
	customers []Customer // as the plan has them
}

func (s *story) rule(name, pick string) {
	p := &s.policy
	p.Rules = append(p.Rules, Rule{ID: name, Pick: pick, HasPrefer: pick == "best"})
	p.when = append(p.when, func(f fakeFields, _ time.Time) Truth { return truth(f["rule"] == name) })
	p.eligible = append(p.eligible, func(r *Rep, _ int64, f fakeFields) Truth { return truth(f[r.ID] != nil) })
	p.prefer = append(p.prefer, func(r *Rep, f fakeFields) (float64, bool) { return f.num(r.ID), true })
}

// limits are those of a cap, by rep.
type limits map[string]int64

// cap adds a cap on open work. With Only it counts customers with a field of its
// name.
func (s *story) cap(c Cap, by limits) {
	c.Rule = -1
	s.policy.Caps = append(s.policy.Caps, c)
	s.policy.limit = append(s.policy.limit, func(r *Rep) (int64, bool) { n, known := by[r.ID]; return n, known })
	s.policy.only = append(s.policy.only, func(f fakeFields) Truth { return truth(f[c.Name] != nil) })
}

func (s *story) open(reps ...Rep) {
	s.desk = openTest(s.t, NewMemoryStore(), s.policy.policy("p"))
	s.desk.must(s.desk.SetReps(context.Background(), reps, Opening{At: monday}))
}

// customer adds one to the backlog. Fields are names and values in turn.
func (s *story) customer(id, rule string, fields ...any) {
	c := Customer{ID: id, At: monday, Fields: map[string]any{"rule": rule}}
	for i := 0; i < len(fields); i += 2 {
		c.Fields[fields[i].(string)] = fields[i+1]
	}
	s.customers = append(s.customers, c)
}

// has gives the customer added last to a rep before the plan is made.
func (s *story) has(rep string) {
	_, err := s.desk.AssignTo(context.Background(), s.customers[len(s.customers)-1], rep)
	s.desk.must(err)
}

// ends plans the backlog and compares with whom each customer ends, or the reason.
func (s *story) ends(o PlanOptions, want, why string) *Plan {
	s.t.Helper()
	o.At = monday
	plan := mustPlan(s.desk, s.customers, o)
	var ends []string
	for _, row := range plan.Rows {
		ends = append(ends, row.Customer+": "+strings.TrimSpace(row.Rep+" "+row.Reason))
	}
	if got := strings.Join(ends, ", "); got != want {
		s.t.Errorf("%s:\ngot  %s\nwant %s", why, got, want)
	}
	return plan
}

func TestPlanKeepsCapOfTeam(t *testing.T) {
	s := story{t: t}
	s.rule("all", "best")
	s.cap(Cap{Name: "north", Team: true}, limits{"ann": 2, "bob": 2})
	s.open(Rep{ID: "ann", Teams: []string{"north"}}, Rep{ID: "bob", Teams: []string{"north"}})
	s.customer("small", "all", "ann", 1)
	s.customer("large", "all", "ann", 3)
	s.customer("middle", "all", "bob", 2)
	s.ends(PlanOptions{}, "small: full, large: ann, middle: bob", "the north takes two, the two who are worth most")
}

// TestPlanFillsUpWithinRoom: where a cap per team is kept by repairing, those
// without a place are looked at once more.
func TestPlanFillsUpWithinRoom(t *testing.T) {
	s := story{t: t}
	s.rule("all", "best")
	s.cap(Cap{Name: "book"}, limits{"ann": 1})
	s.cap(Cap{Name: "north", Team: true}, limits{"ann": 9})
	s.open(Rep{ID: "ann", Teams: []string{"north"}})
	s.customer("large", "all", "ann", 2)
	s.customer("small", "all", "ann", 1)
	s.ends(PlanOptions{}, "large: ann, small: full", "the north has room for nine, and ann for one")
}

// TestPlanKeepsLowerLimitOfTeam: what the team has counts for each of its reps
// against a limit of his own, and the rows of a plan may be carried out in any
// order.
func TestPlanKeepsLowerLimitOfTeam(t *testing.T) {
	s := story{t: t}
	s.rule("first", "best")
	s.rule("second", "best")
	s.cap(Cap{Name: "north", Team: true}, limits{"ann": 1, "bob": 2})
	s.open(Rep{ID: "ann", Teams: []string{"north"}}, Rep{ID: "bob", Teams: []string{"north"}})
	s.customer("one", "first", "ann", 1)
	s.customer("two", "second", "bob", 1)
	s.ends(PlanOptions{}, "one: ann, two: full", "with two at bob before one came, ann would pass her limit of one")
}

// TestPlanKeepsCapsBesideKept: who has a customer for whom there is no place
// elsewhere may keep him, but where somebody new came to him he keeps no other
// beyond a cap for it.
func TestPlanKeepsCapsBesideKept(t *testing.T) {
	s := story{t: t}
	s.rule("first", "best")
	s.rule("second", "best")
	s.cap(Cap{Name: "large", Only: true}, limits{"ann": 1, "bob": 1})
	s.open(reps("ann", "bob")...)
	s.customer("kept", "no rule")
	s.has("ann")
	s.customer("stays", "second", "large", 1, "ann", 10, "bob", 1)
	s.has("ann")
	s.customer("comes", "first", "large", 1, "ann", 5)
	s.ends(PlanOptions{}, "kept: ann kept, stays: bob, comes: ann", "ann has room for one that is large, and gets it")
}

// TestPlanSharesRoomWithCapOnSome: a rep's places are counted once, whether or not
// a cap on some customers counts who takes them.
func TestPlanSharesRoomWithCapOnSome(t *testing.T) {
	s := story{t: t}
	s.rule("all", "best")
	s.cap(Cap{Name: "book"}, limits{"ann": 2})
	s.cap(Cap{Name: "large", Only: true}, limits{"ann": 1})
	s.open(reps("ann")...)
	s.customer("dear", "all", "large", 1, "ann", 9)
	s.customer("large", "all", "large", 1, "ann", 8)
	s.customer("small", "all", "ann", 2)
	s.customer("tiny", "all", "ann", 1)
	s.ends(PlanOptions{}, "dear: ann, large: full, small: ann, tiny: full", "ann has two places, one of them for somebody large")
}

// TestPlanPricesChains: the price of a place is all that it sets off.
func TestPlanPricesChains(t *testing.T) {
	s := story{t: t}
	s.rule("all", "best")
	s.cap(Cap{Name: "book"}, limits{"ann": 1, "bob": 1, "cy": 9})
	s.open(reps("ann", "bob", "cy")...)
	s.customer("one", "all", "ann", 10)
	s.customer("two", "all", "ann", 8, "bob", 5)
	s.customer("three", "all", "bob", 4, "cy", 1)
	part := s.ends(PlanOptions{}, "one: ann, two: bob, three: cy", "worth 16 together").Parts[0]
	for r, want := range []float64{3 + 3, 3, 0} {
		if got := part.Reps[r]; got.Price != scaled(want, part.Scale) || got.Scarce {
			t.Errorf("the price of %s is %d by %d decimals (scarce: %v), want %v: to a place of ann comes two for 3 more, and to his at bob three for 3 more",
				got.Rep, got.Price, part.Scale, got.Scarce, want)
		}
	}
}

func TestPlanCountsMovesOfEarlierRules(t *testing.T) {
	s := story{t: t}
	s.rule("first", "best")
	s.rule("second", "best")
	s.open(reps("ann", "bob")...)
	s.customer("one", "first", "ann", 1, "bob", 2)
	s.has("ann")
	s.customer("two", "second", "ann", 1, "bob", 9)
	s.has("ann")
	s.ends(PlanOptions{Stay: PlanStay{MaxMoves: new(int64(1))}}, "one: bob, two: ann", "one may move in all, and an earlier rule takes first")
	s.ends(PlanOptions{}, "one: bob, two: bob", "without a limit both move")
}

// TestPlanTakesTurns: nobody is ever a customer from what he is entitled to, so
// that of two reps who rotate each gets one of every two.
func TestPlanTakesTurns(t *testing.T) {
	s := story{t: t}
	s.rule("all", "rotate")
	s.open(reps("ann", "bob")...)
	for i := range 12 {
		s.customer(fmt.Sprint("c", i), "all", "ann", 1, "bob", 1)
	}
	rows := mustPlan(s.desk, s.customers, PlanOptions{At: monday}).Rows
	for i := 0; i < len(rows); i += 2 {
		if a, b := rows[i].Rep, rows[i+1].Rep; a == b || a == "" || b == "" {
			t.Errorf("of customers %d and %d one goes to %q and the other to %q", i, i+1, a, b)
		}
	}
}

func TestPlanLevelsOpenWork(t *testing.T) {
	s := story{t: t}
	s.rule("all", "least_open")
	s.open(reps("ann", "bob")...)
	s.customer("old", "no rule")
	s.has("ann")
	s.customer("older", "no rule")
	s.has("ann")
	s.customer("one", "all", "ann", 1, "bob", 1)
	s.customer("two", "all", "ann", 1, "bob", 1)
	s.ends(PlanOptions{}, "old: ann kept, older: ann kept, one: bob, two: bob", "ann has two open already, and bob none")
}

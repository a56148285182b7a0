package allocation

import (
	"fmt"
	"testing"
	"time"
)

// capped is a policy of one rotating rule under one cap.
func capped(c Cap, limit int64) *fakePolicy {
	c.Name, c.Rule = "cap", -1
	return &fakePolicy{
		Policy: Policy{Rules: []Rule{{}}, Caps: []Cap{c}},
		limit:  []func(*Rep) (int64, bool){constLimit(limit)},
	}
}

func TestTeamCapCountsWhatTheTeamHas(t *testing.T) {
	d := openTest(t, NewMemoryStore(), capped(Cap{Team: true}, 1).policy("p"))
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Teams: []string{"x"}}, {ID: "bo", Teams: []string{"x"}}, {ID: "cy", Teams: []string{"y"}}}, Opening{At: monday}))
	got := fmt.Sprint(d.assign("L1", monday).Rep, d.assign("L2", monday).Rep, d.assign("L3", monday).Rep)
	if got != "anacy" {
		t.Errorf("each team has room for one, whoever of the team has him; the customers went to %q", got)
	}
}

func TestTeamCapCountsOpeningWork(t *testing.T) {
	d := openTest(t, NewMemoryStore(), capped(Cap{Team: true}, 4).policy("p"))
	cfg := d.config(d.policies["p"])
	cfg.SnapshotEvery = 1
	reopen := func() {
		d.must(d.Close())
		desk, err := Open(ctx, cfg)
		d.must(err)
		d.Desk = desk
	}
	reopen()
	team := func(ana, bo string) []Rep {
		return []Rep{{ID: "ana", Teams: []string{ana}}, {ID: "bo", Teams: []string{bo}}}
	}
	d.must(d.SetReps(ctx, team("x", "x"), Opening{At: monday, Work: map[string]int64{"ana": 2, "bo": 1}}))
	if out := d.assign("L1", monday); out.Rep == "" {
		t.Fatalf("the team has 3 of 4 and takes one more: %+v", out)
	}
	if out := d.assign("L2", monday); out.Status != StatusUnassigned {
		t.Errorf("a team's cap counts what its members brought along: the team has 4 of 4 and took %+v", out)
	}
	reopen()
	if out := d.assign("L3", monday); out.Status != StatusUnassigned {
		t.Errorf("a team's cap counts opening work after a snapshot, too: %+v", out)
	}
	d.must(d.SetReps(ctx, team("x", "y"), Opening{At: monday}))
	if out := d.assign("L4", monday); out.Rep == "" {
		t.Errorf("opening work goes along when a rep changes his team: %+v", out)
	}
	d.must(d.Close())
}

func TestRollingCapFreesToTheMicrosecond(t *testing.T) {
	const days = 72 * time.Hour
	d := openTest(t, NewMemoryStore(), capped(Cap{Flow: true, Per: mustPer("72h")}, 1).policy("p"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday)
	if out := d.assign("L2", monday.Add(days-time.Microsecond)); out.Status != StatusUnassigned {
		t.Errorf("a microsecond before 72 hours have passed the first customer still counts: %+v", out)
	}
	if out := d.assign("L3", monday.Add(days)); out.Rep != "ana" {
		t.Errorf("after 72 hours he does not: %+v", out)
	}
}

func TestCapOfUnknownConditionCounts(t *testing.T) {
	p := capped(Cap{Only: true}, 1)
	p.only = []func(fakeFields) Truth{func(f fakeFields) Truth {
		if _, known := f["size"]; !known {
			return Unknown
		}
		return truth(f.num("size") > 0)
	}}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	if out := d.assign("L1", monday); out.Rep != "ana" {
		t.Fatalf("there is room for one: %+v", out)
	}
	if out := d.assign("L2", monday); out.Status != StatusUnassigned {
		t.Errorf("a cap must not be passed for want of data: %+v", out)
	}
	if out := d.assign("L3", monday, "size", 0); out.Rep != "ana" {
		t.Errorf("one whom the cap does not concern passes: %+v", out)
	}
}

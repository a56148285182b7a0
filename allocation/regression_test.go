package allocation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// Each test here is a mistake that was made once.

// bookOf is a policy whose reps may hold so many customers; who finds no room
// waits.
func bookOf(limit int64) *Policy {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{IfNone: IfNone{Full: Wait, Away: Wait}}},
		Caps: []Cap{{Name: "book", Rule: -1}, {Name: "daily", Rule: -1, Flow: true, Per: mustPer("day")}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(limit), constLimit(100)}
	return p.policy(fmt.Sprint("book of ", limit))
}

func TestCallerKeepsHisOwnMaps(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	team := []Rep{{ID: "ana", KPI: map[string]float64{"w": 1}}}
	d.must(d.SetReps(ctx, team, Opening{At: monday}))
	n := len(d.entries())
	team[0].KPI["w"] = 2
	if d.live() != d.folded() {
		t.Error("what the caller does to his map changes the desk")
	}
	d.must(d.SetReps(ctx, team))
	if len(d.entries()) != n+1 {
		t.Error("the changed KPI is not recorded")
	}
}

func TestByHandAfterTheListWasDrained(t *testing.T) {
	d := openTest(t, NewMemoryStore(), bookOf(1))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	d.assign("L1", monday)
	d.assign("L2", monday)
	d.assign("W", monday)
	d.must(d.Release(ctx, "L1", Won, At(monday)))
	out, err := d.AssignTo(ctx, Customer{ID: "W", At: monday.Add(time.Hour)}, "bo")
	if err != nil || out.Rep != "ana" || strings.Count(d.events(), "assigned W") != 1 {
		t.Errorf("the free place was W's before anybody gave him away by hand: %+v, %v\n%s", out, err, d.events())
	}
}

func TestReassignAfterTheListWasDrained(t *testing.T) {
	d := openTest(t, NewMemoryStore(), bookOf(1))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	for _, id := range []string{"L1", "L2", "W", "W2"} {
		d.assign(id, monday)
	}
	d.must(d.Release(ctx, "L1", Won, At(monday)))
	d.must(d.Release(ctx, "L2", Won, At(monday)))
	if _, err := d.Reassign(ctx, Customer{ID: "W", At: monday.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
	last := d.entries()[len(d.entries())-1]
	if last.Customer != "W" || !strings.Contains(string(last.Body), `"from":`) {
		t.Errorf("who had W for a moment gives his place back, and the ledger says so: %s %s", last, last.Body)
	}
}

func TestTransferOfLargeCustomers(t *testing.T) {
	d := openTest(t, NewMemoryStore(), bookOf(3))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday, Owned: []Owned{{ID: "K", Rep: "ana", Units: 50}}}))
	var refusal *Refusal
	if err := d.Transfer(ctx, "K", "bo"); !errors.As(err, &refusal) || !strings.Contains(refusal.Sentence, "takes 50") {
		t.Errorf("50 units do not fit under 3: %v", err)
	}
}

func TestTransferWithinAFullTeam(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{}}, Caps: []Cap{{Name: "team", Rule: -1, Team: true}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(1)}
	d := openTest(t, NewMemoryStore(), p.policy("team"))
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Teams: []string{"x"}}, {ID: "bo", Teams: []string{"x"}}}, Opening{At: monday}))
	d.assign("L1", monday)
	if err := d.Transfer(ctx, "L1", "bo"); err != nil {
		t.Errorf("the team holds one of one before and after: %v", err)
	}
}

func TestSizeAppearsAndDisappears(t *testing.T) {
	sized := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "r", HasSize: true, SizeScale: 2}}}}
	sized.size = []func(fakeFields) (float64, bool){func(fakeFields) (float64, bool) { return 9000, true }}
	plain := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "r"}}}}
	d := openTest(t, NewMemoryStore(), sized.policy("sized"), plain.policy("plain"))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	d.assign("big", monday)
	d.must(d.SetPolicy(ctx, d.policies["plain"]))
	got := map[string]int{}
	for i := range 10 {
		got[d.assign(fmt.Sprint("L", i), monday).Rep]++
	}
	if got["ana"] != 5 || got["bo"] != 5 {
		t.Errorf("money of an earlier policy is not weighed against customers: %v", got)
	}
}

func TestTimersOfWaitingCustomers(t *testing.T) {
	p := bookOf(1)
	p.Rules[0].IfNone.NotEligible = Wait
	p.Rules[0].Ramp = []RampStep{{AfterDays: 0, PPM: 1_000_000}}
	d := openTest(t, NewMemoryStore(), p)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", HiredAt: monday.AddDate(0, 0, 2)}}, Opening{At: monday}))
	d.assign("W", monday)
	for range 5 {
		due, err := d.store.Due(ctx, monday.AddDate(0, 0, 9), 5)
		d.must(err)
		if len(due) == 0 {
			break
		}
		d.must(d.Advance(ctx, due[0].At))
	}
	if !strings.HasSuffix(d.events(), "assigned W>ana; ") {
		t.Errorf("following the timers places W on the day ana begins: %s", d.events())
	}
	if due, _ := d.store.Due(ctx, monday.AddDate(1, 0, 0), 5); len(due) != 0 {
		t.Errorf("nobody waits and a timer is left: %v", due)
	}
}

func TestOnePanicDoesNotBlockTheDesk(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{IfNone: IfNone{Full: Wait}}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(1)}
	panics := false
	p.eligible = []func(*Rep, int64, fakeFields) Truth{func(_ *Rep, _ int64, f fakeFields) Truth {
		if panics && f["size"] == 7.0 {
			panic("boom")
		}
		return True
	}}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday)
	d.assign("W", monday, "size", 7)
	d.assign("W2", monday)
	panics = true
	d.must(d.Release(ctx, "L1", Won))
	d.must(d.Advance(ctx, monday.Add(time.Hour)))
	if !strings.HasSuffix(d.events(), "unassigned W; assigned W2>ana; ") {
		t.Errorf("the poisoned one is set aside, the next one is served: %s", d.events())
	}
	if got := d.assign("P", monday.Add(time.Hour), "size", 7); got.Status != StatusUnassigned || got.Reason != ReasonFailed {
		t.Errorf("a customer whose deciding panics is set aside; got %+v", got)
	}
}

func TestHugeTimeOffGrant(t *testing.T) {
	p := &fakePolicy{Policy: Policy{OnReturn: OnReturn{Kind: ReturnGrant}, Rules: []Rule{{HasSize: true, SizeScale: 2}}}}
	p.size = []func(fakeFields) (float64, bool){func(fakeFields) (float64, bool) { return 1e10, true }}
	d := openTest(t, NewMemoryStore(), p.policy("huge"))
	off, err := calendar.ParseSpans("2026-03-03", time.UTC)
	d.must(err)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", TimeOff: off}, {ID: "bo"}}, Opening{At: monday}))
	for i := range 8 {
		d.assign(fmt.Sprint("L", i), monday.Add(time.Duration(i)*6*time.Hour))
	}
	d.assign("after", monday.AddDate(0, 0, 3))
}

func TestInactiveRepDoesNotBlockAPolicy(t *testing.T) {
	d := openTest(t, NewMemoryStore(), bookOf(1), bookOf(2))
	d.must(d.SetReps(ctx, reps("ana", "old"), Opening{At: monday}))
	d.must(d.RemoveRep(ctx, "old"))
	d.must(d.submit(ctx, func(g *group) error {
		row, _ := g.s.roster.row("old")
		g.s.roster.members[row].rep.Fields = map[string]any{"bad": 1} // a field that the next policy cannot read
		return nil
	}))
	d.must(d.SetPolicy(ctx, d.policies["book of 2"]))
}

func TestKeysOfOthersAndOfLaterDecisions(t *testing.T) {
	d := openTest(t, NewMemoryStore(), bookOf(1))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday)
	keyed := Customer{ID: "W", Key: "k", At: monday}
	if out, err := d.Assign(ctx, keyed); err != nil || out.Status != StatusWaiting {
		t.Fatal(out, err)
	}
	d.assign("L2", monday.Add(time.Minute))
	if _, err := d.Reassign(ctx, Customer{ID: "L2", Key: "k", At: monday}); !errors.Is(err, ErrKeyReused) {
		t.Errorf("a key of another customer must be refused by Reassign, too: %v", err)
	}
	d.must(d.Release(ctx, "L1", Won))
	d.must(d.Advance(ctx, monday))
	if out, err := d.Assign(ctx, keyed); err != nil || out.Rep != "ana" || out.Since.IsZero() {
		t.Errorf("the key of one who waited finds what became of him: %+v, %v\n%s", out, err, d.events())
	}
	if _, err := d.Assign(ctx, Customer{ID: "c", Kind: "a/b", At: monday}); !errors.Is(err, ErrInput) {
		t.Errorf("a kind with a slash could be another customer's key: %v", err)
	}
}

func TestSnapshotsAreMadeAcrossRuns(t *testing.T) {
	store := NewMemoryStore()
	d := openTest(t, store, rotating())
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	for run := range 4 {
		d.Close()
		cfg := d.config(nil)
		cfg.SnapshotEvery = 10
		desk, err := Open(ctx, cfg)
		d.must(err)
		for i := range 4 {
			_, err := desk.Assign(ctx, Customer{ID: fmt.Sprint("L", run, "-", i), At: monday})
			d.must(err)
		}
		desk.Close()
	}
	if s, err := store.Snapshot(ctx, "test", 1000); err != nil || s.Version == 0 {
		t.Errorf("18 entries in short runs and no snapshot: %v, %v", s.Version, err)
	}
}

func TestCompactKeepsWhatTheDeskNeeds(t *testing.T) {
	store := NewMemoryStore()
	first := openTest(t, store, bookOf(2))
	first.Close()
	cfg := first.config(bookOf(2))
	cfg.SnapshotEvery = 3
	desk, err := Open(ctx, cfg)
	first.must(err)
	d := &testDesk{Desk: desk, t: t, store: store, policies: first.policies}
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	for _, id := range []string{"L1", "L2", "W"} {
		d.assign(id, monday)
		d.assign(id, monday)
	}
	d.must(d.Release(ctx, "L1", Won, At(monday)))
	d.must(d.Advance(ctx, monday))
	to, err := d.Compact(ctx, 1000)
	if err != nil || to == 0 || to >= 4 {
		t.Fatalf("L2 is open since entry 4: compacted to %d, %v", to, err)
	}
	d.Close()
	again, err := Open(ctx, cfg)
	d.must(err)
	defer again.Close()
	if _, err := again.Assign(ctx, Customer{ID: "L1", At: monday}); !errors.Is(err, ErrCompacted) && err != nil {
		t.Errorf("a repeated request for a compacted customer: %v", err)
	}
	d.must(again.Release(ctx, "L2", Won, At(monday)))
	if _, err := again.Explain(ctx, "W"); err != nil {
		t.Errorf("W was decided after what was dropped: %v", err)
	}
}

func TestSetPolicyMendsADeskThatCannotCompile(t *testing.T) {
	store := NewMemoryStore()
	d := openTest(t, store, rotating())
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.Close()
	cfg := d.config(nil)
	cfg.Compile = nil
	desk, err := Open(ctx, cfg)
	d.must(err)
	defer desk.Close()
	if _, err := desk.Assign(ctx, Customer{ID: "L1", At: monday}); err == nil || !strings.Contains(err.Error(), "Compile") {
		t.Errorf("a desk without a policy says what is missing: %v", err)
	}
	d.must(desk.SetReps(ctx, reps("ana", "bo")))
	d.must(desk.SetPolicy(ctx, rotating()))
	if _, err := desk.Assign(ctx, Customer{ID: "L1", At: monday}); err != nil {
		t.Error(err)
	}
}

func TestEraseAndGrantLeaveTimeOffAlone(t *testing.T) {
	off, err := calendar.ParseSpans("2026-03-03..2026-03-04", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, disturb := range []func(d *testDesk, at time.Time) error{
		func(d *testDesk, at time.Time) error { return d.Advance(ctx, at) },
		func(d *testDesk, at time.Time) error { return d.Erase(ctx, "L1", At(at)) },
	} {
		p := &fakePolicy{Policy: Policy{OnReturn: OnReturn{Kind: ReturnGrant}, Rules: []Rule{{}}}}
		d := openTest(t, NewMemoryStore(), p.policy("return"))
		d.must(d.SetReps(ctx, []Rep{{ID: "ana", TimeOff: off}, {ID: "bo"}}, Opening{At: monday}))
		for i := range 8 {
			d.assign(fmt.Sprint("L", i), monday.Add(time.Duration(i)*8*time.Hour))
		}
		d.must(d.Grant(ctx, "r1", "ana", 0.1, "a gift in between", At(monday.Add(60*time.Hour-time.Minute))))
		d.must(disturb(d, monday.AddDate(0, 0, 3)))
		if !strings.Contains(strings.SplitAfter(d.events(), "granted>ana; ")[1]+"|", "granted>ana") && strings.Count(d.events(), "granted>ana") != 2 {
			t.Errorf("what time off owes ana is granted when she returns: %s", d.events())
		}
	}
}

func TestPoisonThroughTheCallersStore(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	p.limit = []func(*Rep) (int64, bool){func(*Rep) (int64, bool) { panic("no limit") }}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	got, err := d.AssignVia(ctx, d.store, Customer{ID: "L1", At: monday})
	if err != nil || got.Reason != ReasonFailed {
		t.Errorf("a customer who cannot be decided is set aside: %+v, %v", got, err)
	}
}

// byTable is a policy whose weights are kept in a table.
func byTable(change func(*fakePolicy)) *Policy {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{HasWeight: true, WeightByRep: true}}}}
	p.weight = []func(*Rep, fakeFields) (float64, bool){func(r *Rep, _ fakeFields) (float64, bool) { return r.KPI["w"], true }}
	change(p)
	return p.policy("by table")
}

func weighted(id string, w float64) Rep { return Rep{ID: id, KPI: map[string]float64{"w": w}} }

func TestVoidTakesBackWhatTimeOffMissed(t *testing.T) {
	off, err := calendar.ParseSpans("2026-03-03", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	d := openTest(t, NewMemoryStore(), byTable(func(p *fakePolicy) { p.OnReturn = OnReturn{Kind: ReturnGrant} }))
	ana := weighted("ana", 4)
	ana.TimeOff = off
	d.must(d.SetReps(ctx, []Rep{ana, weighted("bo", 1), weighted("cy", 2)}, Opening{At: monday}))
	d.assign("L1", monday) // ana's weight is on record
	before := d.live()
	d.assign("L2", monday.AddDate(0, 0, 1))
	d.must(d.Void(ctx, "L2", "oops"))
	missed := func(text string) string { return text[strings.Index(text, `"accounts"`):] }
	if strings.Contains(missed(d.live()), `"missed":[`) && !strings.Contains(missed(d.live()), `"missed":[0]`) {
		t.Errorf("a void takes back what the customer added to what time off kept from ana:\nbefore %s\nafter  %s", before, d.live())
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

func TestKeyOfAnEarlierEpisodeAssignsNobodyByHand(t *testing.T) {
	d := openTest(t, NewMemoryStore(), bookOf(1))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday)
	keyed := Customer{ID: "W", Key: "k", At: monday}
	if out, err := d.Assign(ctx, keyed); err != nil || out.Status != StatusWaiting {
		t.Fatal(out, err)
	}
	if _, err := d.Reassign(ctx, Customer{ID: "W", At: monday}); err != nil {
		t.Fatal(err)
	}
	n := len(d.entries())
	out, err := d.AssignTo(ctx, keyed, "ana", Force())
	if err != nil || !out.Repeated || out.Status != StatusWaiting || len(d.entries()) != n {
		t.Errorf("the key was answered in the first episode and changes nothing in the second: %+v, %v\n%s", out, err, d.events())
	}
}

func TestOpenWorkThatGrowsLetsSomebodyThrough(t *testing.T) {
	p := &fakePolicy{Policy: Policy{ReadsOpen: true, Rules: []Rule{{IfNone: IfNone{Away: Wait}}, {Available: AnyAvailable}}}}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{
		func(r *Rep, open int64, f fakeFields) Truth { return truth(open < 1) }}
	d := openTest(t, NewMemoryStore(), p.policy("least"))
	off, err := calendar.ParseSpans("2026-03-02", time.UTC)
	d.must(err)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", TimeOff: off}}, Opening{At: monday}))
	if out := d.assign("W", monday); out.Status != StatusWaiting {
		t.Fatal(out)
	}
	if _, err := d.AssignTo(ctx, Customer{ID: "L1", At: monday}, "ana"); err != nil {
		t.Fatal(err)
	}
	if due, err := d.store.Due(ctx, monday, 1); err != nil || len(due) != 1 {
		t.Errorf("ana has work now, the first rule is out of the way, and W could be placed at once: %v, %v", due, err)
	}
	d.must(d.Advance(ctx, monday.Add(time.Minute)))
	if entries := d.entries(); entries[len(entries)-1].Customer != "W" || !entries[len(entries)-1].At.Equal(monday) {
		t.Errorf("he is placed at the moment at which he could be: %s", d.events())
	}
}

// TestTimerThatAnotherProcessMoved: one process sets a timer, another looks
// and moves it without an entry, the first makes room at once.
func TestTimerThatAnotherProcessMoved(t *testing.T) {
	store := NewMemoryStore()
	now := monday
	open := func() *testDesk {
		d := &testDesk{t: t, store: store, policies: map[string]*Policy{"book of 1": bookOf(1), "book of 2": bookOf(2)}}
		cfg := d.config(bookOf(1))
		cfg.Replay, cfg.Clock = ReplayOff, func() time.Time { return now }
		desk, err := Open(ctx, cfg)
		d.must(err)
		t.Cleanup(func() { desk.Close() })
		d.Desk = desk
		return d
	}
	a, b := open(), open()
	a.must(a.SetReps(ctx, reps("ana")))
	a.assign("L1", now)
	a.assign("W", now)
	a.must(a.SetPolicy(ctx, a.policies["book of 2"]))
	a.must(a.SetPolicy(ctx, a.policies["book of 1"])) // W got the room in between, or the timer is now
	for _, id := range []string{"L2", "W2"} {
		a.assign(id, now)
	}
	a.must(a.Release(ctx, "L1", Won)) // the timer is now
	b.must(b.Advance(ctx, now))       // nobody fits: the timer is at midnight
	a.must(a.Release(ctx, "W", Won))  // room, at the same moment as before
	if due, err := store.Due(ctx, now, 1); err != nil || len(due) != 1 {
		t.Errorf("there is room now, and the timer that would say so is gone: %v, %v", due, err)
	}
}

// TestWaitingByAClockBehindOurs: a process looks at the list at 13:08 and finds
// nobody to place; another, whose clock is behind, lets one wait at 12:00, who
// could be placed at 13:00.
func TestWaitingByAClockBehindOurs(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{IfNone: IfNone{Away: Wait}}}}}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{
		func(r *Rep, _ int64, f fakeFields) Truth { return truth((r.ID == "ana") == (f.num("size") == 1)) }}
	policy := p.policy("halves")
	store := NewMemoryStore()
	a, b := openTest(t, store, policy), openTest(t, store, policy)
	afternoon, err := calendar.ParseShifts("Mon-Fri 13:00-18:00")
	a.must(err)
	off, err := calendar.ParseSpans("2026-03-01..2026-03-09", time.UTC)
	a.must(err)
	a.must(a.SetReps(ctx, []Rep{{ID: "ana", Shifts: afternoon}, {ID: "bo", TimeOff: off}}, Opening{At: monday}))
	a.assign("W0", monday, "size", 2)
	late := monday.Add(4*time.Hour + 8*time.Minute)
	a.must(a.Advance(ctx, late))
	if out := b.assign("W", monday.Add(3*time.Hour), "size", 1); out.Status != StatusWaiting {
		t.Fatal(out)
	}
	a.assign("L", late, "size", 2)
	if x, err := a.Assign(ctx, Customer{ID: "W", At: late}); err != nil || x.Rep != "ana" || !x.At.Equal(monday.Add(4*time.Hour)) {
		t.Errorf("ana came at 13:00 and could have had W: %+v, %v\n%s", x, err, a.events())
	}
}

package allocation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

var ctx = context.Background()

// rotating is the plainest policy: everybody takes turns.
func rotating() *Policy { return (&fakePolicy{Policy: Policy{Rules: []Rule{{}}}}).policy("rotating") }

func TestAssignTakesTurnsAndRemembers(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("bo", "ana"), Opening{At: monday}))
	var got []string
	for i := range 5 {
		got = append(got, d.assign(fmt.Sprintf("L%d", i), monday).Rep)
	}
	if s := strings.Join(got, " "); s != "ana bo ana bo ana" {
		t.Errorf("five leads for two reps: %s", s)
	}
	first := d.assign("L0", monday.Add(time.Hour))
	if !first.Repeated || first.Changed || first.Rep != "ana" || first.Seq != 3 {
		t.Errorf("the same request again must get the recorded decision: %+v", first)
	}
	if n := len(d.entries()); n != 7 {
		t.Errorf("a repeated request must add no entry: %d entries", n)
	}
	if changed := d.assign("L0", monday, "employees", 12); !changed.Changed || !changed.Repeated {
		t.Errorf("a repeated request whose fields differ must say so: %+v", changed)
	}
	if d.live() != d.folded() {
		t.Errorf("the fold of the ledger must equal the state in memory:\n%s\n%s", d.live(), d.folded())
	}
}

func TestRequestKeys(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	a, err := d.Assign(ctx, Customer{ID: "L1", Key: "hook-1", At: monday})
	d.must(err)
	b, err := d.Assign(ctx, Customer{ID: "L1", Key: "hook-1", At: monday})
	d.must(err)
	if b.Seq != a.Seq || !b.Repeated {
		t.Errorf("one key, one decision: %+v then %+v", a, b)
	}
	if _, err := d.Assign(ctx, Customer{ID: "L2", Key: "hook-1", At: monday}); !errors.Is(err, ErrKeyReused) {
		t.Errorf("a key of another customer must be refused, got %v", err)
	}
	c, err := d.Reassign(ctx, Customer{ID: "L1", Key: "hook-2", At: monday})
	d.must(err)
	again, err := d.Reassign(ctx, Customer{ID: "L1", Key: "hook-2", At: monday})
	d.must(err)
	if c.Episode != 2 || again.Seq != c.Seq || !again.Repeated {
		t.Errorf("a repeated Reassign must not open a third episode: %+v then %+v", c, again)
	}
}

func TestBadInputIsRefusedAndNothingIsLost(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	err := d.SetReps(ctx, []Rep{{ID: ""}, {ID: "ana", Capacity: new(int64(-1))}, {ID: "bo", Manager: "cy"}, {ID: "cy", Manager: "bo"},
		{ID: "dee", Timezone: "Mars/Olympus"}, {ID: "dee"}, {ID: "eve", Fields: map[string]any{"bad": 1}}})
	if !errors.Is(err, ErrInput) {
		t.Fatalf("a bad roster must be refused, got %v", err)
	}
	for _, part := range []string{`rep ""`, `rep "ana"`, "-1", `bo → cy → bo`, "Mars/Olympus", "twice", `rep "eve"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the refusal must name every fault; %q is missing in:\n%v", part, err)
		}
	}
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	for _, c := range []Customer{{}, {ID: "a\nb"}, {ID: strings.Repeat("x", 257)}, {ID: "L1", Fields: map[string]any{"bad": 1}}} {
		c.At = monday
		if _, err := d.Assign(ctx, c); !errors.Is(err, ErrInput) {
			t.Errorf("customer %q must be refused, got %v", c.ID, err)
		}
	}
	if out := d.assign("L2", monday); out.Rep != "ana" {
		t.Errorf("the next customer must not suffer: %+v", out)
	}
}

func TestPolicyStages(t *testing.T) {
	p := &fakePolicy{Policy: Policy{
		Rules: []Rule{
			{ID: "spam", Pick: "none", Reason: "spam"},
			{ID: "owner", Pick: "first", Available: AnyAvailable},
			{ID: "shift", Pick: "rotate"},
			{ID: "urgent", Pick: "least_open", Available: NotAway, IfNone: IfNone{Away: Wait, Full: TryFallback}, Caps: []int{0}},
		},
		Caps:     []Cap{{Name: "urgent book", Rule: 3}},
		Fallback: []string{"nobody", "sam"},
	}}
	p.when = []func(fakeFields, time.Time) Truth{
		func(f fakeFields, _ time.Time) Truth { return truth(f["spam"] == true) },
		func(f fakeFields, _ time.Time) Truth { return truth(f["owner"] != nil) },
		func(f fakeFields, _ time.Time) Truth {
			if f["unknown"] == true {
				return Unknown
			}
			return truth(f["shift"] == true)
		},
		func(f fakeFields, _ time.Time) Truth { return truth(f["urgent"] == true) },
	}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{nil,
		func(r *Rep, _ int64, f fakeFields) Truth { return truth(f["owner"] == r.ID) },
		func(r *Rep, _ int64, _ fakeFields) Truth { return truth(r.Role != "boss") },
		func(r *Rep, _ int64, _ fakeFields) Truth { return truth(r.Role == "hero") },
	}
	p.limit = []func(*Rep) (int64, bool){constLimit(1)}
	d := openTest(t, NewMemoryStore(), p.policy("stages"))
	office, err := calendar.ParseShifts("Mon-Fri 09:00-17:00")
	d.must(err)
	away, err := calendar.ParseSpans("2026-03-03..2026-03-04", time.UTC)
	d.must(err)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Shifts: office}, {ID: "bo", Shifts: office, TimeOff: away}, {ID: "sam", Role: "boss"},
		{ID: "hal", Role: "hero", TimeOff: away}, {ID: "old", Inactive: true}}, Opening{At: monday}))
	tuesday, night := monday.Add(24*time.Hour), monday.Add(12*time.Hour)
	for _, c := range []struct {
		name   string
		at     time.Time
		fields []any
		want   string
	}{
		{"no rule matches: fallback, the unknown one skipped", monday, nil, "assigned sam  fallback"},
		{"set aside", monday, []any{"spam", true}, "unassigned  spam spam"},
		{"owner keeps it at any hour", night, []any{"owner", "ana"}, "assigned ana owner "},
		{"owner unknown to the roster: on to fallback", night, []any{"owner", "zed"}, "assigned sam  fallback"},
		{"inactive owner: on to fallback", night, []any{"owner", "old"}, "assigned sam  fallback"},
		{"at night only hal, who has no calendar, is on shift", night, []any{"shift", true}, "assigned hal shift "},
		{"on shift on Tuesday, bo away, hal away", tuesday, []any{"shift", true}, "assigned ana shift "},
		{"urgent on Tuesday, hal away: waits", tuesday, []any{"urgent", true}, "waiting  urgent away"},
	} {
		out := d.assign(c.name, c.at, c.fields...)
		if got := fmt.Sprintf("%s %s %s %s", out.Status, out.Rep, out.Rule, out.Reason); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	unknown := d.assign("unknown when", tuesday, "unknown", true)
	if len(unknown.Unknown) != 1 || unknown.Unknown[0] != "shift" {
		t.Errorf("a decision must name the rules whose `when` was unknown: %+v", unknown)
	}
	d.must(d.Advance(ctx, monday.Add(72*time.Hour)))
	last := d.entries()[len(d.entries())-1]
	if last.Event != EventAssigned || last.Rep != "hal" {
		t.Errorf("hal is back on Thursday and must get who waited: %s", last)
	}
	full := d.assign("second urgent", monday.Add(73*time.Hour), "urgent", true)
	if full.Rep != "sam" || full.Reason != ReasonFallback {
		t.Errorf("hal's only urgent place is taken and the rule says fallback: %+v", full)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
	for _, e := range d.entries() {
		if e.Customer == "" {
			continue
		}
		if _, err := d.Explain(ctx, e.Customer); err != nil {
			t.Errorf("explain %s: %v", e.Customer, err)
		}
	}
}

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}

func TestWaitingListDrainsInOrderWhenRoomAppears(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{IfNone: IfNone{Full: Wait}}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(1)}
	d := openTest(t, NewMemoryStore(), p.policy("book"))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	for i, id := range []string{"L1", "L2", "L3", "L4", "L5"} {
		d.assign(id, monday.Add(time.Duration(i)*time.Minute))
	}
	d.must(d.Release(ctx, "L4", Closed)) // waiting: leaves the list
	d.must(d.Release(ctx, "L1", Won))
	d.must(d.Release(ctx, "L1", Won)) // again: nothing
	want := "policy_set; reps_set; assigned L1>ana; assigned L2>bo; waiting L3; waiting L4; waiting L5; released L4; released L1>ana; "
	if got := d.events(); got != want {
		t.Errorf("a release does not drain by itself:\n got %s\nwant %s", got, want)
	}
	timers, err := d.store.Due(ctx, monday.Add(time.Hour), 10)
	if err != nil || len(timers) != 1 {
		t.Errorf("there is room and somebody waits: a timer must be due, got %v, %v", timers, err)
	}
	d.must(d.Advance(ctx, monday.Add(time.Hour)))
	want += "assigned L3>ana; "
	if got := d.events(); got != want {
		t.Errorf("Advance gives the room to the longest waiting:\n got %s\nwant %s", got, want)
	}
	if out := d.assign("L3", monday.Add(time.Hour)); out.Rep != "ana" || !out.Repeated {
		t.Errorf("asking again for one who waited gets the drained decision: %+v", out)
	}
	d.must(d.Release(ctx, "L2", Lost))
	if out := d.assign("L6", monday.Add(2*time.Hour)); out.Status != StatusWaiting {
		t.Errorf("L5 waited longer and is drained before the next request; L6 must wait: %+v", out)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

func TestVoidGivesEverythingBack(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{HasWeight: true, WeightByRep: true}},
		Caps: []Cap{{Name: "daily", Rule: -1, Flow: true, Per: mustPer("day")}, {Name: "book", Rule: -1}}}}
	p.weight = []func(*Rep, fakeFields) (float64, bool){func(r *Rep, _ fakeFields) (float64, bool) { return r.KPI["w"], true }}
	p.limit = []func(*Rep) (int64, bool){constLimit(2), constLimit(10)}
	d := openTest(t, NewMemoryStore(), p.policy("void"))
	team := []Rep{{ID: "ana", KPI: map[string]float64{"w": 3}}, {ID: "bo", KPI: map[string]float64{"w": 1}}}
	d.must(d.SetReps(ctx, team, Opening{At: monday}))
	d.assign("L1", monday)
	credits := d.credits("rule:r1")
	d.assign("L2", monday)
	d.assign("L3", monday)
	team[0].KPI = map[string]float64{"w": 5} // the table of weights moves on
	d.must(d.SetReps(ctx, team))
	if out := d.assign("L4", monday); out.Rep != "bo" {
		t.Fatalf("ana has had two today and bo one: %+v", out)
	}
	if out := d.assign("L5", monday); out.Status != StatusUnassigned || out.Reason != ReasonFull {
		t.Errorf("both have had two today: %+v", out)
	}
	d.must(d.Release(ctx, "L2", Lost))
	d.must(d.Void(ctx, "L2", "duplicate")) // released customers can be voided, too
	d.must(d.Void(ctx, "L2", "duplicate"))
	d.must(d.Void(ctx, "L3", "duplicate"))
	d.must(d.Void(ctx, "L4", "duplicate"))
	if got := d.credits("rule:r1"); got != credits {
		t.Errorf("voiding all that followed L1 must restore the credits after L1: %s, want %s", got, credits)
	}
	if out := d.assign("L6", monday); out.Status != StatusAssigned {
		t.Errorf("a void gives flow room back: %+v", out)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

// credits returns the credits of a rotation, exactly.
func (d *testDesk) credits(id string) (out string) {
	d.t.Helper()
	d.must(d.submit(ctx, func(g *group) error {
		r := g.s.rotations[id]
		for row, a := range r.accounts {
			out += fmt.Sprintf("%s=%s ", g.s.roster.members[row].rep.ID, r.ledger.Credit(a).Units())
		}
		return nil
	}))
	return out
}

func TestTransferMovesThePlaceAndObeysCaps(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{Caps: []int{1}}}, Caps: []Cap{{Name: "book", Rule: -1}, {Name: "mine", Rule: 0}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(2), constLimit(1)}
	d := openTest(t, NewMemoryStore(), p.policy("transfer"))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	d.assign("L1", monday)
	d.assign("L2", monday)
	var refusal *Refusal
	if err := d.Transfer(ctx, "L1", "bo"); !errors.As(err, &refusal) || refusal.Reason != ReasonFull {
		t.Errorf("bo holds one of one under the rule's cap: %v", err)
	}
	d.must(d.Transfer(ctx, "L1", "bo", Force()))
	last := d.entries()[len(d.entries())-1]
	if !strings.Contains(string(last.Body), `"forced":true`) {
		t.Errorf("a forced transfer is recorded as such: %s", last.Body)
	}
	report, err := d.Report(ctx)
	d.must(err)
	if got := fmt.Sprint(report.Reps[0].Open, report.Reps[1].Open, report.Reps[1].Over); got != "0 2 [mine]" {
		t.Errorf("the open place moves, and the report names the cap that was forced: %s", got)
	}
	if err := d.Transfer(ctx, "L9", "bo"); !errors.Is(err, ErrUnknownCustomer) {
		t.Errorf("unknown customer: %v", err)
	}
	if err := d.Transfer(ctx, "L1", "zed"); !errors.Is(err, ErrUnknownRep) {
		t.Errorf("unknown rep: %v", err)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

func TestReassignOpensTheNextEpisode(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(1)}
	d := openTest(t, NewMemoryStore(), p.policy("reassign"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday)
	out, err := d.Reassign(ctx, Customer{ID: "L1", At: monday})
	d.must(err)
	if out.Rep != "ana" || out.Episode != 2 {
		t.Errorf("his own open place must not stand in the customer's way: %+v", out)
	}
	if _, err := d.Explain(ctx, "L1"); err != nil {
		t.Error(err)
	}
	if _, err := d.Reassign(ctx, Customer{ID: "L7", At: monday}); !errors.Is(err, ErrUnknownCustomer) {
		t.Errorf("nobody to reassign: %v", err)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

func TestOpeningState(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all"}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(4)}
	d := openTest(t, NewMemoryStore(), p.policy("opening"))
	opening := Opening{At: monday, Owned: []Owned{{ID: "K1", Rep: "ana"}, {ID: "K2", Rep: "bo", Units: 2}}, Work: map[string]int64{"ana": 2},
		Credit: []OpeningCredit{{Rule: "all", Rep: "bo", Amount: 1.5}, {Rule: "all", Rep: "ana", Amount: -1.5}}}
	d.must(d.SetReps(ctx, reps("ana", "bo"), opening))
	n := len(d.entries())
	d.must(d.SetReps(ctx, reps("ana", "bo"), opening))
	if len(d.entries()) != n {
		t.Errorf("the same opening state again adds no entry: %s", d.events())
	}
	if a, b := d.assign("L1", monday), d.assign("L2", monday); a.Rep != "bo" || b.Rep != "bo" {
		t.Errorf("bo is owed 1.5 customers: %s, %s", a.Rep, b.Rep)
	}
	if out := d.assign("L3", monday); out.Rep != "ana" {
		t.Errorf("bo holds 4 of 4, ana 3 of 4: %+v", out)
	}
	d.must(d.Release(ctx, "K2", Won))
	if out := d.assign("L4", monday); out.Rep != "bo" {
		t.Errorf("an opening customer's release frees his units: %+v", out)
	}
	if err := d.SetReps(ctx, reps("ana"), Opening{Owned: []Owned{{ID: "K9", Rep: "zed"}}}); !errors.Is(err, ErrInput) {
		t.Errorf("an owner who is not in the roster: %v", err)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

func TestManualAssignment(t *testing.T) {
	p := &fakePolicy{Policy: Policy{Manual: ManualCapsAndCredit, Rules: []Rule{{}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	p.limit = []func(*Rep) (int64, bool){constLimit(2)}
	d := openTest(t, NewMemoryStore(), p.policy("manual"))
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	out, err := d.AssignTo(ctx, Customer{ID: "M1", At: monday}, "ana")
	d.must(err)
	if out.Rep != "ana" || out.Reason != ReasonManual {
		t.Errorf("%+v", out)
	}
	if next := d.assign("L1", monday); next.Rep != "bo" {
		t.Errorf("what ana got by hand counts toward her credit: %+v", next)
	}
	_, err = d.AssignTo(ctx, Customer{ID: "M2", At: monday}, "ana")
	d.must(err)
	var refusal *Refusal
	if _, err := d.AssignTo(ctx, Customer{ID: "M3", At: monday}, "ana"); !errors.As(err, &refusal) || refusal.Reason != ReasonFull {
		t.Errorf("ana is full: %v", err)
	}
	if again, err := d.AssignTo(ctx, Customer{ID: "M1", At: monday}, "bo"); err != nil || again.Rep != "ana" || !again.Repeated {
		t.Errorf("an assigned customer gets the recorded decision: %+v, %v", again, err)
	}
	if d.live() != d.folded() {
		t.Error("the fold of the ledger must equal the state in memory")
	}
}

func TestReturnFromTimeOff(t *testing.T) {
	away, err := calendar.ParseSpans("2026-03-03..2026-03-06", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	run := func(on OnReturn) (string, *testDesk) {
		p := &fakePolicy{Policy: Policy{OnReturn: on, Rules: []Rule{{}}}}
		d := openTest(t, NewMemoryStore(), p.policy("return"))
		d.must(d.SetReps(ctx, []Rep{{ID: "ana", TimeOff: away}, {ID: "bo"}}, Opening{At: monday}))
		got := ""
		for i := range 24 {
			got += d.assign(fmt.Sprintf("L%02d", i), monday.Add(time.Duration(i)*12*time.Hour)).Rep[:1]
		}
		if d.live() != d.folded() {
			t.Error("the fold of the ledger must equal the state in memory")
		}
		for i := range 24 {
			if _, err := d.Explain(ctx, fmt.Sprintf("L%02d", i)); err != nil {
				t.Error(err)
			}
		}
		return got, d
	}
	if got, _ := run(OnReturn{}); got != "abbbbbbbbbababababababab" {
		t.Errorf("freeze: away on eight half days, no flood afterwards: %s", got)
	}
	got, d := run(OnReturn{Kind: ReturnGrant, LongerThan: 48 * time.Hour, Max: 10})
	if got != "abbbbbbbbbaaaaaaaaababab" {
		t.Errorf("grant: eight customers missed, half of each was hers, so she is as far as bo after eight: %s\n%s", got, d.events())
	}
	if got, _ := run(OnReturn{Kind: ReturnGrant, LongerThan: 48 * time.Hour, Max: 1}); got != "abbbbbbbbbaaababababababab"[:24] {
		t.Errorf("grant is limited by max, here to one customer: %s", got)
	}
	if got, _ := run(OnReturn{Kind: ReturnGrant, LongerThan: 200 * time.Hour}); got != "abbbbbbbbbababababababab" {
		t.Errorf("grant: too short an absence: %s", got)
	}
	if _, d := run(OnReturn{Kind: ReturnCalibrate}); !strings.Contains(d.events(), "calibrated>ana") {
		t.Errorf("calibrate leaves an entry: %s", d.events())
	}
}

func TestRepeatsInFlightAreOneDecision(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("ana", "bo", "cy"), Opening{At: monday}))
	var wg sync.WaitGroup
	results := make([]Decision, 200)
	for i := range results {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := d.Assign(ctx, Customer{ID: fmt.Sprintf("L%d", i%40), At: monday})
			if err != nil {
				t.Error(err)
			}
			results[i] = out
		}()
	}
	wg.Wait()
	for i, out := range results {
		if out.Rep != results[i%40].Rep || out.Seq != results[i%40].Seq {
			t.Errorf("L%d: one customer, two decisions: %+v and %+v", i%40, out, results[i%40])
		}
	}
	if n := len(d.entries()); n != 42 {
		t.Errorf("40 customers, 42 entries; there are %d", n)
	}
}

func TestTimes(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	strict := d.config(rotating())
	strict.Replay = ReplayStrict
	strict.Desk = "strict"
	s, err := Open(ctx, strict)
	d.must(err)
	defer s.Close()
	d.must(s.SetReps(ctx, reps("ana"), Opening{At: monday}))
	if _, err := s.Assign(ctx, Customer{ID: "L1", At: monday.Add(-time.Second)}); !errors.Is(err, ErrTime) {
		t.Errorf("replay refuses decreasing time: %v", err)
	}
	live := strict
	live.Replay, live.Desk = ReplayOff, "live"
	l, err := Open(ctx, live)
	d.must(err)
	defer l.Close()
	d.must(l.SetReps(ctx, reps("ana")))
	if _, err := l.Assign(ctx, Customer{ID: "L1", At: monday.Add(5*time.Minute + time.Second)}); !errors.Is(err, ErrTime) {
		t.Errorf("a live desk refuses times more than five minutes ahead: %v", err)
	}
	out, err := l.Assign(ctx, Customer{ID: "L1", At: monday.Add(-time.Hour)})
	if err != nil || !out.At.Equal(monday) {
		t.Errorf("a live desk records its own clock: %+v, %v", out, err)
	}
}

func TestEraseKeepsTheChainAndSaysSo(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday, "secret", "blue")
	d.must(d.Erase(ctx, "L1"))
	for _, e := range d.entries() {
		if strings.Contains(string(e.Fields)+string(e.Body), "blue") {
			t.Errorf("the value is still in the ledger: %s", e)
		}
	}
	x, err := d.Explain(ctx, "L1")
	if err != nil || !x.Erased {
		t.Errorf("Explain must say that the fields were erased: %+v, %v", x, err)
	}
	if err := Verify(ctx, d.store, "test"); err != nil {
		t.Errorf("erasing must leave the chain intact: %v", err)
	}
}

func TestRequestsTogether(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	r := d.Requests()
	a, bad, again := r.Assign(Customer{ID: "L1", At: monday}), r.Assign(Customer{}), r.Assign(Customer{ID: "L1", At: monday})
	b := r.Assign(Customer{ID: "L2", At: monday})
	gone, nobody := r.Release("L1", Won), r.Void("L9", "")
	d.must(r.Commit(ctx))
	if a.Decision.Rep != "ana" || b.Decision.Rep != "bo" || !again.Decision.Repeated || gone.Err != nil {
		t.Errorf("requests in one append are decided in order: %+v %+v %+v %v", a, b, again, gone.Err)
	}
	if !errors.Is(bad.Err, ErrInput) || !errors.Is(nobody.Err, ErrUnknownCustomer) {
		t.Errorf("one that is wrong does not touch the others: %v, %v", bad.Err, nobody.Err)
	}
	links := 0
	for range d.store.Links(ctx, "test") {
		links++
	}
	if links != 2 {
		t.Errorf("one append for policy and reps, and one for all the requests: %d appends", links)
	}
}

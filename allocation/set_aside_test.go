package allocation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// poisons are the ways in which deciding a customer can fail, by the value of
// his field poison.
var poisons = []string{"read", "write", "units", "when", "eligible", "weight", "prefer", "size", "only", "only later"}

// surely are those that no state of the desk passes over.
var surely = []string{"read", "write", "units", "when", "eligible", "only"}

// poisonable is a policy of two rules and a cap of each kind that fails where
// a customer's field says.
type poisonable struct {
	fakePolicy
	mended bool
	evals  int // of `when`
	only   int // of `only`
}

func newPoisonable() *poisonable {
	p := &poisonable{}
	p.Policy = Policy{
		Rules: []Rule{
			{IfNone: IfNone{Full: TryNext}, HasWeight: true, HasPrefer: true, HasSize: true, SizeScale: 0, Typical: 1},
			{Pick: "least_open", IfNone: IfNone{Full: Wait}},
		},
		Caps: []Cap{{Name: "daily", Rule: -1, Flow: true, Per: mustPer("day"), Only: true}, {Name: "book", Rule: -1}},
	}
	fails := func(f fakeFields, how string) {
		if f["poison"] == how && !p.mended {
			panic("boom in " + how)
		}
	}
	p.units = func(f fakeFields) (int64, error) { fails(f, "units"); return 1, nil }
	p.when = []func(fakeFields, time.Time) Truth{func(f fakeFields, now time.Time) Truth {
		p.evals++
		fails(f, "when")
		if now.Hour() >= 12 {
			fails(f, "noon")
		}
		return truth(f["second"] == nil)
	}}
	eligible := func(r *Rep, open int64, f fakeFields) Truth { fails(f, "eligible"); return True }
	p.eligible = []func(*Rep, int64, fakeFields) Truth{eligible, eligible}
	p.weight = []func(*Rep, fakeFields) (float64, bool){func(r *Rep, f fakeFields) (float64, bool) { fails(f, "weight"); return 1 + float64(len(r.ID)), true }}
	p.prefer = []func(*Rep, fakeFields) (float64, bool){func(r *Rep, f fakeFields) (float64, bool) { fails(f, "prefer"); return 1, true }}
	p.size = []func(fakeFields) (float64, bool){func(f fakeFields) (float64, bool) { fails(f, "size"); return 1 + f.num("size"), true }}
	p.fakePolicy.only = []func(fakeFields) Truth{func(f fakeFields) Truth {
		fails(f, "only")
		if p.only++; f["poison"] == "only later" && !p.mended {
			if p.only%2 == 0 { // the second time for one customer is after the turn
				panic("boom in only later")
			}
		} else {
			p.only = 0
		}
		return True
	}}
	p.limit = []func(*Rep) (int64, bool){constLimit(3), constLimit(4)}
	return p
}

// poisoned makes a customer fail in one of the ways.
func poisoned(c *Customer, how string) {
	switch how {
	case "read":
		c.Fields["panics"] = 1
	case "write":
		c.Fields["function"] = func() {}
	default:
		c.Fields["poison"] = how
		if how == "eligible" {
			c.Fields["second"] = 1
		}
	}
}

func poisonDesk(t tester) (*poisonable, *testDesk) {
	p := newPoisonable()
	d := openTest(t, NewMemoryStore(), p.policy("poisonable"))
	d.must(d.SetReps(ctx, reps("ana", "bo", "cem"), Opening{At: monday}))
	return p, d
}

// One poison customer never blocks the others: promise 6.
func TestPoisonCustomerIsSetAside(t *testing.T) {
	for _, how := range poisons {
		t.Run(how, func(t *testing.T) {
			p, d := poisonDesk(t)
			d.assign("L1", monday)
			c := Customer{ID: "P", At: monday, Key: "k", Fields: map[string]any{}}
			poisoned(&c, how)
			got, err := d.Assign(ctx, c)
			d.must(err)
			if got.Status != StatusUnassigned || got.Reason != ReasonFailed || !strings.Contains(got.Fault, "panicked") || got.Rule != "" {
				t.Fatalf("whom the desk cannot decide is set aside with the fault; got %+v", got)
			}
			d.assign("L2", monday)
			if again, err := d.Assign(ctx, c); err != nil || !again.Repeated || again.Changed || again.Fault != got.Fault || again.Seq != got.Seq {
				t.Fatalf("asking again gives the recorded decision; got %+v, %v", again, err)
			}
			if d.folded() != d.live() {
				t.Fatalf("what failed leaves nothing behind in memory:\n%s\n%s", d.folded(), d.live())
			}
			checkSetAside(t, d, got)
			next, err := d.Reassign(ctx, Customer{ID: "P", At: monday, Fields: c.Fields})
			if err != nil || next.Reason != ReasonFailed || next.Episode != 2 {
				t.Fatalf("what is not mended fails again, in the next episode; got %+v, %v", next, err)
			}
			p.mended = true
			mended := Customer{ID: "P", At: monday, Fields: map[string]any{}}
			next, err = d.Reassign(ctx, mended)
			if err != nil || next.Status != StatusAssigned || next.Episode != 3 {
				t.Fatalf("once the cause is mended Reassign decides him; got %+v, %v", next, err)
			}
			if r, err := d.Report(ctx); err != nil || len(r.SetAside) != 0 {
				t.Fatalf("who was decided is set aside no more; got %+v, %v", r.SetAside, err)
			}
		})
	}
}

func checkSetAside(t *testing.T, d *testDesk, got Decision) {
	t.Helper()
	again, err := Open(ctx, d.config(d.policies["poisonable"]))
	d.must(err)
	defer again.Close()
	for _, desk := range []*Desk{d.Desk, again} {
		r, err := desk.Report(ctx)
		d.must(err)
		want := SetAsideLine{Kind: "lead", Customer: "P", At: monday, Seq: got.Seq, Fault: got.Fault}
		if len(r.SetAside) != 1 || r.SetAside[0] != want {
			t.Fatalf("a report lists who was set aside, after reloading too; want %+v, got %+v", want, r.SetAside)
		}
	}
	x, err := d.Explain(ctx, "P")
	d.must(err)
	if text := x.String(); !strings.Contains(text, "lead P was set aside: deciding it failed: it panicked: ") || !strings.Contains(text, "Reassign") {
		t.Fatalf("an explanation says why he was set aside and what to do; got %s", text)
	}
}

func TestTries(t *testing.T) {
	for _, tries := range []int{0, 1, 5} {
		p := newPoisonable()
		d := &testDesk{t: t, store: NewMemoryStore(), policies: map[string]*Policy{}}
		cfg := d.config(p.policy("poisonable"))
		cfg.Tries = tries
		desk, err := Open(ctx, cfg)
		d.must(err)
		defer desk.Close()
		d.Desk = desk
		d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
		d.assign("P", monday, "poison", "when")
		if want := max(tries, 1) + 2*(1-min(tries, 1)); p.evals != want {
			t.Errorf("Tries: %d is how often a customer is tried, by default 3; he was tried %d times", tries, p.evals)
		}
	}
}

func TestSetAsideEnds(t *testing.T) {
	for name, end := range map[string]func(*testDesk) error{
		"release":          func(d *testDesk) error { return d.Release(ctx, "P", Closed) },
		"void":             func(d *testDesk) error { return d.Void(ctx, "P", "spam") },
		"hand":             func(d *testDesk) error { _, err := d.AssignTo(ctx, Customer{ID: "P"}, "bo"); return err },
		"erase, then void": func(d *testDesk) error { return errors.Join(d.Erase(ctx, "P"), d.Void(ctx, "P", "spam")) },
	} {
		_, d := poisonDesk(t)
		d.assign("P", monday, "poison", "when")
		d.must(end(d))
		if r, err := d.Report(ctx); err != nil || len(r.SetAside) != 0 || d.folded() != d.live() {
			t.Errorf("%s ends a customer's being set aside; got %+v, %v", name, r.SetAside, err)
		}
	}
}

// Waiting customers, too: the others are served in their order, by Advance and
// by whatever else brings the desk up to the time.
func TestPoisonOnTheWaitingList(t *testing.T) {
	_, d := poisonDesk(t)
	for i := range 12 {
		d.assign(fmt.Sprint("L", i), monday)
	}
	for i, how := range []string{"", "noon", "", "noon", ""} {
		d.assign(fmt.Sprint("W", i), monday.Add(time.Minute), "poison", how)
	}
	afternoon := monday.Add(26 * time.Hour).Truncate(24 * time.Hour).Add(13 * time.Hour)
	for i := range 3 {
		d.must(d.Release(ctx, fmt.Sprint("L", i), Won, At(afternoon)))
	}
	d.must(d.Advance(ctx, afternoon))
	at := strings.Index(d.events(), "W0>")
	if at < 0 {
		t.Fatalf("room is given to those who wait: %s", d.events())
	}
	var order []string
	for _, e := range strings.Split(d.events()[at:], "; ") {
		if strings.Contains(e, "W") {
			order = append(order, strings.TrimPrefix(e, "assigned "))
		}
	}
	if got := strings.Join(order, " "); !strings.Contains(d.events(), "unassigned W1") || !strings.Contains(d.events(), "unassigned W3") ||
		strings.Index(got, "W0") > strings.Index(got, "W2>") || strings.Index(got, "W2>") > strings.Index(got, "W4>") {
		t.Errorf("the poison ones are set aside and the others served in order: %s", d.events())
	}
	if d.folded() != d.live() {
		t.Error("folding the ledger gives the state in memory")
	}
	d.assign("after", afternoon)
}

// Who waits and cannot be read under a new policy keeps his place, and the
// report says why.
func TestWaitingUnderAPolicyThatCannotReadHim(t *testing.T) {
	p, strict := newPoisonable(), newPoisonable()
	strict.units = func(f fakeFields) (int64, error) {
		if f["poison"] == "no units" {
			return 0, errors.New("units: lead.level is missing")
		}
		return 1, nil
	}
	d := openTest(t, NewMemoryStore(), p.policy("p"), strict.policy("strict"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	for i := range 4 {
		d.assign(fmt.Sprint("L", i), monday)
	}
	d.assign("W1", monday, "poison", "no units")
	d.assign("W2", monday)
	d.must(d.SetPolicy(ctx, d.policies["strict"]))
	d.must(d.Advance(ctx, monday.AddDate(0, 0, 2)))
	d.must(d.Release(ctx, "L1", Won))
	d.must(d.Advance(ctx, monday.AddDate(0, 0, 2)))
	r, err := d.Report(ctx)
	d.must(err)
	if len(r.Waiting) != 1 || r.Waiting[0].Customer != "W1" || r.Waiting[0].Fault != "units: lead.level is missing" || len(r.SetAside) != 0 {
		t.Errorf("who cannot be read waits on and the report says why; got %+v and %+v after %s", r.Waiting, r.SetAside, d.events())
	}
}

// The parts of one commit are each other's affair no more than requests that
// were sent alone.
func TestPoisonAmongRequests(t *testing.T) {
	_, d := poisonDesk(t)
	d.assign("L0", monday)
	requests := d.Requests()
	var results []*Result
	for i, how := range append([]string{"", "noon"}, poisons...) {
		c := Customer{ID: fmt.Sprint("P", i), At: monday, Fields: map[string]any{}}
		poisoned(&c, how)
		results = append(results, requests.Assign(c))
	}
	broken := requests.Release("L0", Won, func(*options) { panic("boom") })
	results = append(results, requests.Assign(Customer{ID: "last", At: monday}))
	d.must(requests.Commit(ctx))
	for i, r := range results {
		if failed := r.Decision.Reason == ReasonFailed; r.Err != nil || failed != (i >= 2 && i < len(results)-1) {
			t.Errorf("request %d is decided on its own; got %+v", i, r)
		}
	}
	if broken.Err == nil || errors.Is(broken.Err, ErrNotDurable) {
		t.Errorf("a request that panics gets an error of its own; got %v", broken.Err)
	}
	if d.folded() != d.live() {
		t.Error("folding the ledger gives the state in memory")
	}
}

// damagedStore gives one entry back other than it was, and may panic.
type damagedStore struct {
	Store
	damage func(*Entry)
}

func (s damagedStore) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range s.Store.Entries(ctx, desk, after, upTo) {
			if s.damage(&e); !yield(e, err) {
				return
			}
		}
	}
}

// A poison entry gives an error that names it, and no process dies of it.
func TestPoisonEntry(t *testing.T) {
	folds[EventPooled] = func(*state, *event) error { panic("boom") }
	defer delete(folds, EventPooled)
	_, d := poisonDesk(t)
	d.assign("L1", monday)
	for name, damage := range map[string]func(*Entry){
		"ledger entry 3 (assigned): body cannot be read": func(e *Entry) { e.Body = []byte("{") },
		"ledger entry 3: event \"nothing\" is not known": func(e *Entry) { e.Event = "nothing" },
		"ledger entry 3 (assigned): rep \"zed\"":         func(e *Entry) { e.Rep = "zed" },
		"ledger entry 3 (pooled) cannot be folded":       func(e *Entry) { e.Event = EventPooled },
	} {
		cfg := d.config(d.policies["poisonable"])
		cfg.Store = damagedStore{d.store, func(e *Entry) {
			if e.Seq == 3 {
				damage(e)
			}
		}}
		_, err := Open(ctx, cfg)
		if !errors.Is(err, ErrLedger) || errors.Is(err, ErrNotDurable) || !strings.Contains(err.Error(), name) {
			t.Errorf("a damaged entry is named: want %q, got %v", name, err)
		}
	}
}

// A policy whose matcher panics when it is made is an error of whoever opens.
func TestPoisonPolicy(t *testing.T) {
	_, d := poisonDesk(t)
	cfg := d.config(nil)
	cfg.Compile = func([]byte) (*Policy, error) { panic("boom") }
	if _, err := Open(ctx, cfg); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("a policy that cannot be compiled is an error; got %v", err)
	}
}

// With poison customers among them the others are decided as without: the
// policy's outcome does not depend on who was set aside.
func TestPropertyPoisonChangesNothingForOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, with := poisonDesk(t)
		_, without := poisonDesk(t)
		defer with.Close()
		defer without.Close()
		at := monday
		var said [2][]string
		note := func(i int, id string, d Decision, err error) {
			d.Seq, d.At = 0, time.Time{}
			said[i] = append(said[i], fmt.Sprintf("%s: %s %s %s %v", id, d.Status, d.Rep, d.Rule, err))
		}
		for n := range rapid.IntRange(1, 30).Draw(t, "customers") {
			at = at.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
			id := fmt.Sprint("L", n)
			if rapid.IntRange(0, 2).Draw(t, "poison") == 0 {
				c := Customer{ID: "P" + id, At: at, Fields: map[string]any{}}
				poisoned(&c, rapid.SampledFrom(surely).Draw(t, "how"))
				if got, err := with.Assign(ctx, c); err != nil || got.Reason != ReasonFailed {
					t.Fatalf("property: whoever cannot be decided is set aside; %+v, %v", got, err)
				}
			}
			size, second := rapid.IntRange(0, 5).Draw(t, "size"), rapid.Bool().Draw(t, "second")
			release := ""
			if n > 0 && rapid.Bool().Draw(t, "release") {
				release = fmt.Sprint("L", rapid.IntRange(0, n-1).Draw(t, "who"))
			}
			for i, d := range []*testDesk{with, without} {
				c := Customer{ID: id, At: at, Fields: map[string]any{"size": size}}
				if second {
					c.Fields["second"] = 1
				}
				got, err := d.Assign(ctx, c)
				note(i, id, got, err)
				if release != "" {
					note(i, "release "+release, Decision{}, d.Release(ctx, release, Won, At(at)))
				}
			}
		}
		for i, d := range []*testDesk{with, without} {
			d.must(d.Advance(ctx, at.AddDate(0, 0, 3)))
			r, err := d.Report(ctx)
			d.must(err)
			said[i] = append(said[i], fmt.Sprint(r.Reps, r.Rotations, r.Waiting))
		}
		if a, b := strings.Join(said[0], "\n"), strings.Join(said[1], "\n"); a != b {
			t.Fatalf("property: others are decided as without the poison ones; with them\n%s\nwithout\n%s", a, b)
		}
		if with.folded() != with.live() {
			t.Fatalf("property: folding the ledger gives the state in memory:\n%s\n%s", with.folded(), with.live())
		}
	})
}

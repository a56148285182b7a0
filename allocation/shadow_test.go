package allocation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

// shadowed is a live desk with a random history, and a shadow of it.
type shadowed struct {
	t     *rapid.T
	live  *testDesk
	store *MemoryStore
	now   time.Time
	n     int
	team  []string
}

func newShadowed(t *rapid.T, p *Policy) *shadowed {
	store := NewMemoryStore()
	w := &shadowed{t: t, live: openTest(t, store, p), store: store, now: monday, team: []string{"ana", "bo", "cy"}}
	var team []Rep
	for _, id := range w.team {
		team = append(team, w.rep(id))
	}
	from := Opening{At: w.now, Work: map[string]int64{"bo": 1}, Owned: []Owned{{ID: "K1", Rep: "ana"}}}
	if p.Rules[len(p.Rules)-1].ID == "rest" {
		from.Credit = []OpeningCredit{{Rule: "rest", Rep: "ana", Amount: 0.5}, {Rule: "rest", Rep: "bo", Amount: -0.5}}
	}
	w.live.must(w.live.SetReps(ctx, team, from))
	return w
}

func (w *shadowed) rep(id string) Rep {
	r := Rep{ID: id, Role: rapid.SampledFrom([]string{"a", "b"}).Draw(w.t, "role"), KPI: map[string]float64{"w": float64(rapid.IntRange(0, 3).Draw(w.t, "w"))}, Teams: []string{"x"}}
	if day := rapid.IntRange(0, 5).Draw(w.t, "off"); day > 0 {
		from := w.now.Truncate(24*time.Hour).AddDate(0, 0, day-2)
		r.TimeOff = []calendar.Span{{From: from, To: from.AddDate(0, 0, 2)}}
	}
	return r
}

// step does something to the live desk. What it refuses is no matter.
func (w *shadowed) step() {
	t, d := w.t, w.live
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "minutes")) * time.Minute)
	at := At(w.now)
	id := fmt.Sprint("L", rapid.IntRange(0, w.n).Draw(t, "id"))
	to := rapid.SampledFrom(w.team).Draw(t, "to")
	c := Customer{ID: id, At: w.now, Fields: map[string]any{"size": rapid.IntRange(0, 5).Draw(t, "size")}}
	switch rapid.IntRange(0, 15).Draw(t, "op") {
	case 0, 1, 2, 3, 4:
		w.n++
		c.ID = fmt.Sprint("L", w.n)
		_, err := d.Assign(ctx, c)
		d.must(err)
	case 5, 6:
		_ = d.Release(ctx, id, Won, at)
	case 7:
		_ = d.Void(ctx, id, "x", at)
	case 8:
		_, _ = d.Reassign(ctx, c)
	case 9:
		_ = d.Transfer(ctx, id, to, at)
	case 10:
		_, _ = d.AssignTo(ctx, c, to, at, Force())
	case 11:
		_ = d.Grant(ctx, "rest", to, 0.5, "gift", at)
	case 12:
		d.must(d.SetRep(ctx, w.rep(to), w.now))
	case 13:
		d.must(d.Advance(ctx, w.now))
	case 14:
		_ = d.CloseAccount(ctx, "rest", to, "left", at)
	case 15:
		crm := CRM{At: w.now, Unowned: true, Records: []Record{{ID: id, Owner: to, Closed: rapid.Bool().Draw(t, "closed")}}}
		if rapid.Bool().Draw(t, "unowned") {
			crm.Records[0].Owner = ""
		}
		_, err := d.Reconcile(ctx, crm)
		d.must(err)
	}
}

// failing is a store of which every third append fails, before or after it was
// made.
type failing struct {
	Store
	n int
}

func (f *failing) Update(ctx context.Context, desk string, since uint64, fn func(Head, iter.Seq2[Entry, error]) (Batch, error)) error {
	f.n++
	switch f.n % 6 {
	case 2:
		return errors.New("the disk is away")
	case 5:
		_ = f.Store.Update(ctx, desk, since, fn)
		return errors.New("the reply is lost")
	}
	return f.Store.Update(ctx, desk, since, fn)
}

func (w *shadowed) open(p *Policy, after uint64) *Shadow {
	s, err := OpenShadow(ctx, ShadowConfig{
		Live: "test", Name: "s", Policy: p, Store: &failing{Store: w.store}, After: after, SnapshotEvery: 7, Entropy: &counter{},
		Compile: func([]byte) (*Policy, error) { return w.live.policies[w.policyName()], nil },
	})
	w.live.must(err)
	return s
}

func (w *shadowed) policyName() string { return keysOf(w.live.policies)[0] }

// follow lets the shadow follow, in a process of its own that ends after it.
func (w *shadowed) follow(p *Policy, after uint64) {
	before := w.store.Fork()
	timer := w.store.TimerOf("test")
	s := w.open(p, after)
	defer s.Close()
	for try := 0; ; try++ {
		at, err := s.Follow(ctx)
		if err != nil && try < 5 {
			continue // the store fails twice in a row at most
		}
		w.live.must(err)
		if head := reportOf(w.live).Version; at != head {
			w.t.Fatalf("the shadow is at entry %d of %d", at, head)
		}
		break
	}
	if diff := w.store.Differs(before, "test"); diff != "" || !w.store.TimerOf("test").Equal(timer) {
		w.t.Fatalf("property: a shadow leaves the live desk as it is, to the byte; %s, timer %v and %v", diff, timer, w.store.TimerOf("test"))
	}
	if timer := w.store.TimerOf(ShadowDesk("test", "s")); !timer.IsZero() {
		w.t.Fatalf("property: a shadow asks nobody to wake it; it does at %v", timer)
	}
}

func (w *shadowed) ledger(desk string) string {
	var b strings.Builder
	for e, err := range w.store.Entries(ctx, desk, 0, 0) {
		w.live.must(err)
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

// TestPropertyShadowOfTheSamePolicy: a shadow under the live policy, from the
// beginning, has the live ledger entry by entry, whenever it follows and however
// often it is ended and its store fails; and the live desk is untouched.
func TestPropertyShadowOfTheSamePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := machinePolicy("same", 3, 2, Wait)
		w := newShadowed(t, p)
		defer w.live.Close()
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			w.step()
			if w.n > 0 && rapid.IntRange(0, 9).Draw(t, "erases") == 0 {
				w.follow(p, 0) // what was erased before cannot be decided again
				w.live.must(w.live.Erase(ctx, "L1", At(w.now)))
			}
			if rapid.IntRange(0, 5).Draw(t, "follows") == 0 {
				w.follow(p, 0)
			}
		}
		w.follow(p, 0)
		if live, shadow := w.ledger("test"), w.ledger(ShadowDesk("test", "s")); live != shadow {
			t.Fatalf("property: the shadow of the same policy decides the same; live\n%s\nshadow\n%s", live, shadow)
		}
		s := w.open(p, 0)
		defer s.Close()
		c, err := s.Compare(ctx, -1)
		w.live.must(err)
		if len(c.Differences) > 0 || c.OtherRule > 0 || c.Undecided > 0 || c.Alike != c.Customers {
			t.Fatalf("property: there is no difference between a desk and its own shadow; %+v", c)
		}
	})
}

// TestPropertyShadowOfAnotherPolicy: whatever a shadow decides by and wherever
// it begins, the live desk is untouched, its books hold no customer whose work
// has ended, everybody is accounted for, and its ledger can be verified.
func TestPropertyShadowOfAnotherPolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newShadowed(t, machinePolicy("live", 3, 2, Wait))
		defer w.live.Close()
		other := machinePolicy("other", int64(rapid.IntRange(1, 5).Draw(t, "book")), 4, rapid.SampledFrom([]Otherwise{Wait, TryNext}).Draw(t, "otherwise"))
		if rapid.Bool().Draw(t, "simple") {
			other = (&fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all"}}}}).policy("simple")
		}
		for range rapid.IntRange(0, 15).Draw(t, "before") {
			w.step()
		}
		after := uint64(0)
		if rapid.Bool().Draw(t, "late") {
			after = rapid.Uint64Range(1, reportOf(w.live).Version).Draw(t, "after")
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			w.step()
			if rapid.IntRange(0, 5).Draw(t, "follows") == 0 {
				w.follow(other, after)
			}
		}
		w.follow(other, after)
		s := w.open(other, after)
		defer s.Close()
		shadow, live := s.desk.state, w.live.state
		for ref, c := range shadow.customers {
			held := live.customers[ref]
			last, found, err := w.store.Lookup(ctx, "test", customerKey(ref))
			w.live.must(err)
			e, err := readEntry(ctx, w.store, "test", last)
			w.live.must(err)
			if ended := e.Status == StatusReleased || e.Status == StatusVoided; c.status == StatusAssigned && held == nil && (ended || !found) {
				t.Fatalf("property: whose work has ended has no place with the shadow; %s is %s", ref, c.status)
			}
		}
		if _, err := VerifySnapshots(ctx, w.store, ShadowDesk("test", "s")); err != nil {
			t.Fatal(err)
		}
		if err := Verify(ctx, w.store, ShadowDesk("test", "s")); err != nil {
			t.Fatal(err)
		}
		c, err := s.Compare(ctx, -1)
		w.live.must(err)
		if c.Alike+len(c.Differences) != c.Customers || c.UpTo != live.head.Version {
			t.Fatalf("property: everybody is accounted for; %+v", c)
		}
		for _, d := range c.Differences {
			if d.Live.Status == d.Shadow.Status && d.Live.Rep == d.Shadow.Rep || d.WhyLive == "" || d.WhyShadow == "" {
				t.Fatalf("property: a difference is one, and both sides say why; %+v", d)
			}
		}
		if got := idsOfDecisions(c.Differences); !slices.IsSorted(got) {
			t.Fatalf("differences are in the order of the live ledger: %v", got)
		}
	})
}

func idsOfDecisions(all []DecisionBeside) (seqs []uint64) {
	for _, d := range all {
		seqs = append(seqs, d.Live.Seq)
	}
	return seqs
}

// TestShadowFreesItsOwnPlace: a customer whom the shadow gave to somebody else
// gives back the shadow's place when he ends, and a transfer of the live desk
// moves him only from the rep it took him from.
func TestShadowFreesItsOwnPlace(t *testing.T) {
	store := NewMemoryStore()
	live := openTest(t, store, (&fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all"}}}}).policy("live"))
	live.must(live.SetReps(ctx, []Rep{{ID: "ana"}, {ID: "bo"}, {ID: "cy"}}, Opening{At: monday}))
	other := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all"}}}}
	other.eligible = []func(*Rep, int64, fakeFields) Truth{func(r *Rep, _ int64, _ fakeFields) Truth { return truth(r.ID == "cy") }}
	p := other.policy("only cy")
	for _, id := range []string{"L1", "L2", "L3"} { // ana, bo and cy by the live policy
		_, err := live.Assign(ctx, Customer{ID: id, At: monday})
		live.must(err)
	}
	live.must(live.Transfer(ctx, "L1", "bo", At(monday)))
	live.must(live.Transfer(ctx, "L3", "bo", At(monday)))
	live.must(live.Release(ctx, "L2", Won, At(monday)))
	s, err := OpenShadow(ctx, ShadowConfig{Live: "test", Name: "cy", Policy: p, Store: store,
		Compile: func([]byte) (*Policy, error) { return live.policies["live"], nil }})
	live.must(err)
	defer s.Close()
	_, err = s.Follow(ctx)
	live.must(err)
	open := map[string]int64{}
	r, err := s.desk.Report(ctx)
	live.must(err)
	for _, line := range r.Reps {
		open[line.Rep] = line.Open
	}
	// L1 stays with cy, L2 has ended, L3 went from cy to bo there as here.
	if open["ana"] != 0 || open["bo"] != 1 || open["cy"] != 1 {
		t.Errorf("open at the shadow: %v", open)
	}
	c, err := s.Compare(ctx, 1)
	live.must(err)
	if c.Customers != 3 || c.Alike != 1 || len(c.Differences) != 2 {
		t.Fatalf("%+v", c)
	}
	d := c.Differences[0]
	if want := `lead L1 went to ana by rule "all". In rule "all", cy: could have received it, another was due`; !strings.HasPrefix(d.WhyLive, want) {
		t.Errorf("the live side says %q", d.WhyLive)
	}
	if want := `lead L1 went to cy by rule "all". In rule "all", ana: not eligible`; !strings.HasPrefix(d.WhyShadow, want) {
		t.Errorf("the shadow says %q", d.WhyShadow)
	}
	if c.Differences[1].WhyLive != "" {
		t.Error("only as many are explained as were asked for")
	}
	if _, err := OpenShadow(ctx, ShadowConfig{Live: "test", Name: "cy", Policy: live.policies["live"], Store: store,
		Compile: func([]byte) (*Policy, error) { return p, nil }}); !errors.Is(err, ErrInput) {
		t.Errorf("a shadow is not gone on with under another policy: %v", err)
	}
}

// TestErasedAndDecidedInOneAppend: the store erases from the whole append, so a
// desk knows no more of a customer than its ledger does.
func TestErasedAndDecidedInOneAppend(t *testing.T) {
	full := &fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all", IfNone: IfNone{Full: Wait}}}, Caps: []Cap{{Name: "book", Rule: -1}}}}
	full.limit = []func(*Rep) (int64, bool){constLimit(0)}
	d := openTest(t, NewMemoryStore(), full.policy("full"))
	d.must(d.SetReps(ctx, reps("ana"), Opening{At: monday}))
	d.assign("L1", monday, "size", 3)
	d.must(d.submit(ctx, func(g *group) error {
		if err := g.eraseFields("L1", nil); err != nil {
			return err
		}
		_, err := g.reassign(&Customer{ID: "L1", Fields: map[string]any{"size": 4}})
		return err
	}))
	held := d.state.customers[CustomerRef{"lead", "L1"}]
	kept := d.entries()[held.decision-1].Fields
	if held.status != StatusWaiting || string(held.fields) != string(kept) {
		t.Errorf("the desk holds the fields %s of who waits, its ledger %s", held.fields, kept)
	}
}

// TestTwoProcessesFollow: what one process has followed, another that began
// before leaves out, a grant too, which nobody could tell from a second one.
func TestTwoProcessesFollow(t *testing.T) {
	store := NewMemoryStore()
	p := (&fakePolicy{Policy: Policy{Rules: []Rule{{ID: "all"}}}}).policy("p")
	live := openTest(t, store, p)
	live.must(live.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	live.assign("L1", monday)
	live.must(live.Grant(ctx, "all", "ana", 0.5, "gift", At(monday)))
	open := func() *Shadow {
		s, err := OpenShadow(ctx, ShadowConfig{Live: "test", Name: "s", Policy: p, Store: store, Compile: func([]byte) (*Policy, error) { return p, nil }})
		live.must(err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	a, b := open(), open()
	for _, s := range []*Shadow{a, b, a} {
		if at, err := s.Follow(ctx); err != nil || at != reportOf(live).Version {
			t.Fatalf("at %d, %v", at, err)
		}
	}
	r, err := b.desk.Report(ctx)
	live.must(err)
	if got, want := fmt.Sprint(r.Rotations[0].Reps), fmt.Sprint(reportOf(live).Rotations[0].Reps); got != want {
		t.Errorf("credits at the shadow are %s, at the desk %s", got, want)
	}
}

package allocation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is a desk under random requests, with what a person with pencil and
// paper would keep: who holds what, by which caps.
type world struct {
	*testDesk
	now      time.Time
	policies []*Policy
	roster   []Rep
	next     int
	open     map[string]held // by customer
	waiting  map[string]bool
	given    []given
	policy   string // name of the one in force
}

type held struct {
	rep   string
	rule  string
	units int64
}

// given is one customer given to a rep, for flow caps.
type given struct {
	rep, customer string
	episode       int
	at            time.Time
}

// machinePolicy is a policy with most of what a policy can have.
func machinePolicy(name string, book, daily int64, wait Otherwise) *Policy {
	p := &fakePolicy{Policy: Policy{
		Manual:   ManualCapsAndCredit,
		OnReturn: OnReturn{Kind: ReturnGrant, Max: 3},
		Rules: []Rule{
			{ID: "big", HasSize: true, SizeScale: 2, SizeLow: 20, SizeHigh: 500, Typical: 100, HasWeight: true, WeightByRep: true,
				IfNone: IfNone{Full: wait, Away: wait}, Caps: []int{2}},
			{ID: "picky", Pick: "best", HasPrefer: true, Available: NotAway},
			{ID: "rest", HasWeight: true, WeightNull: WeightNull{Kind: NullMean}, WeightRange: &WeightRange{Low: 500_000, High: 2_000_000},
				IfNone: IfNone{Full: wait, Away: wait}},
		},
		Caps: []Cap{
			{Name: "book", Rule: -1},
			{Name: "daily", Rule: -1, Flow: true, Per: mustPer("day")},
			{Name: "big week", Rule: 0, Flow: true, Per: mustPer("72h")},
			{Name: "team", Rule: -1, Team: true},
		},
		Fallback: []string{"sam"},
	}}
	p.when = []func(fakeFields, time.Time) Truth{
		func(f fakeFields, _ time.Time) Truth { return truth(f.num("size") > 2) },
		func(f fakeFields, _ time.Time) Truth { return truth(f.num("size") == 2) },
		nil,
	}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{nil,
		func(r *Rep, _ int64, _ fakeFields) Truth { return truth(r.Role == "a") },
		func(r *Rep, _ int64, f fakeFields) Truth { return truth(r.Role == "a" || f.num("size") == 0) },
	}
	p.weight = []func(*Rep, fakeFields) (float64, bool){
		func(r *Rep, _ fakeFields) (float64, bool) { return r.KPI["w"], true },
		nil,
		func(r *Rep, f fakeFields) (float64, bool) { w, ok := r.KPI["w"]; return w + f.num("size"), ok },
	}
	p.prefer = []func(*Rep, fakeFields) (float64, bool){nil,
		func(r *Rep, _ fakeFields) (float64, bool) { w, ok := r.KPI["w"]; return w, ok }}
	p.size = []func(fakeFields) (float64, bool){func(f fakeFields) (float64, bool) { return f.num("size"), f.num("size") > 0 }}
	p.units = func(f fakeFields) (int64, error) { return 1 + int64(f.num("size"))/4, nil }
	p.limit = []func(*Rep) (int64, bool){constLimit(book), constLimit(daily), constLimit(2), constLimit(3 * book)}
	return p.policy(name)
}

func newWorld(t *rapid.T, store Store) *world {
	w := &world{now: monday, open: map[string]held{}, waiting: map[string]bool{}}
	w.policies = []*Policy{
		machinePolicy("strict", 3, 2, Wait),
		machinePolicy("wide", 6, 4, TryFallback),
		machinePolicy("loose", 5, 9, Wait),
	}
	w.policies[2].Share, w.policies[2].OnReturn = ShareTotals, OnReturn{Kind: ReturnCalibrate}
	w.testDesk = openTest(t, store, w.policies...)
	return w
}

func (w *world) drawReps(t *rapid.T) {
	ids := []string{"ana", "bo", "cy", "dee", "eve", "sam"}
	w.roster = nil
	for _, id := range ids {
		if id != "sam" && rapid.IntRange(0, 4).Draw(t, id+" absent") == 0 {
			continue
		}
		r := Rep{ID: id, Role: rapid.SampledFrom([]string{"a", "b"}).Draw(t, id+" role")}
		if rapid.Bool().Draw(t, id+" has w") {
			r.KPI = map[string]float64{"w": float64(rapid.IntRange(0, 4).Draw(t, id+" w"))}
		}
		r.Teams = rapid.SampledFrom([][]string{nil, {"x"}, {"x", "y"}}).Draw(t, id+" teams")
		if day := rapid.IntRange(0, 9).Draw(t, id+" off"); day > 0 {
			from := w.now.Truncate(24*time.Hour).AddDate(0, 0, day-2)
			r.TimeOff = []calendar.Span{{From: from, To: from.AddDate(0, 0, 2)}}
		}
		w.roster = append(w.roster, r)
	}
}

// step advances the clock a little and returns it.
func (w *world) step(t *rapid.T) time.Time {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute)
	return w.now
}

func (w *world) someCustomer(t *rapid.T) (string, bool) {
	ids := append(keysOf(w.open), keysOf(w.waiting)...)
	if len(ids) == 0 {
		return "", false
	}
	return rapid.SampledFrom(ids).Draw(t, "customer"), true
}

// limits of the machine's policies, once more, for the model.
var limits = map[string]struct{ book, daily int64 }{"strict": {3, 2}, "wide": {6, 4}, "loose": {5, 9}}

// sync reads what the ledger added since the model last looked, and recounts
// every cap the slow way at every decision.
func (w *world) sync(seen *uint64) {
	w.t.Helper()
	for e, err := range w.store.Entries(ctx, "test", *seen, 0) {
		w.must(err)
		*seen = e.Seq
		var body struct {
			Units  int64
			Name   string
			Forced bool
		}
		w.must(json.Unmarshal(e.Body, &body))
		if e.Event == EventPolicySet {
			w.policy = body.Name
		}
		if e.Customer == "" || e.Event == EventErased {
			continue
		}
		delete(w.open, e.Customer)
		delete(w.waiting, e.Customer)
		switch e.Status {
		case StatusAssigned:
			w.open[e.Customer] = held{e.Rep, e.Rule, body.Units}
			w.given = append(w.given, given{e.Rep, e.Customer, e.Episode, e.At})
			if e.Reason != ReasonFallback {
				w.checkCaps(e)
			}
		case StatusWaiting:
			w.waiting[e.Customer] = true
		case StatusVoided:
			w.given = slices.DeleteFunc(w.given, func(g given) bool { return g.customer == e.Customer && g.episode == e.Episode })
		}
	}
}

// checkCaps recounts what the rep of a decision has, that decision included.
func (w *world) checkCaps(e Entry) {
	w.t.Helper()
	var units, today int64
	for _, h := range w.open {
		if h.rep == e.Rep {
			units += h.units
		}
	}
	for _, g := range w.given {
		if g.rep == e.Rep && g.at.Truncate(24*time.Hour).Equal(e.At.Truncate(24*time.Hour)) {
			today++
		}
	}
	if limit := limits[w.policy]; units > limit.book || today > limit.daily {
		w.t.Fatalf("no decision takes a rep over a cap: after %s he holds %d units of %d and was given %d of %d today", e, units, limit.book, today, limit.daily)
	}
}

func TestDeskKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { runWorld(t, NewMemoryStore()) })
}

func runWorld(t *rapid.T, store Store) {
	w := newWorld(t, store)
	defer func() { w.Close() }()
	w.drawReps(t)
	w.must(w.SetReps(ctx, w.roster, Opening{At: w.now}))
	var seen uint64
	refused := func(err error) {
		var r *Refusal
		if err != nil && !errors.As(err, &r) {
			t.Fatal(err)
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"assign": func(t *rapid.T) {
			w.next++
			w.assign(fmt.Sprintf("L%d", w.next), w.step(t), "size", rapid.IntRange(0, 6).Draw(t, "size"))
		},
		"assign a batch at once": func(t *rapid.T) {
			for range rapid.IntRange(1, 8).Draw(t, "n") {
				w.next++
				w.assign(fmt.Sprintf("L%d", w.next), w.now, "size", rapid.IntRange(0, 3).Draw(t, "size"))
			}
		},
		"assign again": func(t *rapid.T) {
			id, ok := w.someCustomer(t)
			if !ok {
				t.Skip("nobody yet")
			}
			before := len(w.entries())
			out, err := w.Assign(ctx, Customer{ID: id, At: w.now, Fields: map[string]any{"size": 1}})
			w.must(err)
			if !out.Repeated || len(w.entries()) != before {
				t.Fatalf("a repeated request must get the recorded decision and add nothing: %+v", out)
			}
		},
		"release": func(t *rapid.T) {
			if id, ok := w.someCustomer(t); ok {
				w.must(w.Release(ctx, id, Won, At(w.step(t))))
			}
		},
		"void": func(t *rapid.T) {
			if id, ok := w.someCustomer(t); ok {
				w.must(w.Void(ctx, id, "oops", At(w.step(t))))
			}
		},
		"void any": func(t *rapid.T) {
			if w.next > 0 {
				id := fmt.Sprintf("L%d", rapid.IntRange(1, w.next).Draw(t, "any"))
				err := w.Void(ctx, id, "oops", At(w.step(t)))
				if err != nil && !errors.Is(err, ErrUnknownCustomer) {
					t.Fatal(err)
				}
			}
		},
		"erase": func(t *rapid.T) {
			if id, ok := w.someCustomer(t); ok {
				w.must(w.Erase(ctx, id, At(w.now)))
			}
		},
		"release any": func(t *rapid.T) {
			if w.next > 0 {
				id := fmt.Sprintf("L%d", rapid.IntRange(1, w.next).Draw(t, "any"))
				err := w.Release(ctx, id, "x", At(w.step(t)))
				if err != nil && !errors.Is(err, ErrUnknownCustomer) {
					t.Fatal(err)
				}
			}
		},
		"reassign any": func(t *rapid.T) {
			if w.next > 0 {
				id := fmt.Sprintf("L%d", rapid.IntRange(1, w.next).Draw(t, "any"))
				_, err := w.Reassign(ctx, Customer{ID: id, At: w.step(t), Fields: map[string]any{"size": rapid.IntRange(0, 6).Draw(t, "size")}})
				if err != nil && !errors.Is(err, ErrUnknownCustomer) {
					t.Fatal(err)
				}
			}
		},
		"set rep": func(t *rapid.T) {
			r := rapid.SampledFrom(w.roster).Draw(t, "rep")
			r.Role = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "role")
			r.KPI = map[string]float64{"w": float64(rapid.IntRange(0, 4).Draw(t, "w"))}
			w.must(w.SetRep(ctx, r, w.step(t)))
		},
		"reassign": func(t *rapid.T) {
			if id, ok := w.someCustomer(t); ok {
				_, err := w.Reassign(ctx, Customer{ID: id, At: w.step(t), Fields: map[string]any{"size": rapid.IntRange(0, 6).Draw(t, "size")}})
				w.must(err)
			}
		},
		"transfer": func(t *rapid.T) {
			if id, ok := w.someCustomer(t); ok {
				refused(w.Transfer(ctx, id, rapid.SampledFrom(w.roster).Draw(t, "to").ID, At(w.step(t))))
			}
		},
		"by hand": func(t *rapid.T) {
			w.next++
			_, err := w.AssignTo(ctx, Customer{ID: fmt.Sprintf("L%d", w.next), At: w.step(t)}, rapid.SampledFrom(w.roster).Draw(t, "to").ID)
			refused(err)
		},
		"grant": func(t *rapid.T) {
			refused(w.Grant(ctx, rapid.SampledFrom([]string{"big", "rest"}).Draw(t, "rule"), rapid.SampledFrom(w.roster).Draw(t, "rep").ID,
				float64(rapid.IntRange(-30, 30).Draw(t, "tenths"))/10, "gift", At(w.step(t))))
		},
		"close account": func(t *rapid.T) {
			refused(w.CloseAccount(ctx, rapid.SampledFrom([]string{"big", "rest"}).Draw(t, "rule"),
				rapid.SampledFrom(w.roster).Draw(t, "rep").ID, "left", At(w.step(t))))
		},
		"set reps": func(t *rapid.T) {
			w.drawReps(t)
			w.must(w.SetReps(ctx, w.roster, Opening{At: w.step(t)}))
		},
		"set policy": func(t *rapid.T) {
			w.must(w.SetPolicy(ctx, rapid.SampledFrom(w.policies).Draw(t, "policy"), w.step(t)))
		},
		"advance": func(t *rapid.T) { w.must(w.Advance(ctx, w.step(t))) },
		"reopen": func(t *rapid.T) {
			w.Close()
			cfg := w.config(nil)
			cfg.SnapshotEvery = rapid.SampledFrom([]int{-1, 1, 5, 1000}).Draw(t, "snapshot every")
			desk, err := Open(context.Background(), cfg)
			w.must(err)
			w.Desk = desk
		},
		"": func(t *rapid.T) {
			w.sync(&seen)
			w.check(t)
		},
	})
	w.explainAll(t)
}

// check holds the state against the promises.
func (w *world) check(t *rapid.T) {
	if diff := cmp.Diff(w.folded(), w.live()); diff != "" {
		t.Fatalf("folding the ledger must give the state in memory (-fold +memory):\n%s", diff)
	}
	units := map[string]int64{}
	for _, h := range w.open {
		units[h.rep] += h.units
	}
	report, err := w.Report(ctx)
	w.must(err)
	for _, r := range report.Reps {
		if r.Open != units[r.Rep] {
			t.Fatalf("open units equal those of the open customers: %s has %d, his customers take %d", r.Rep, r.Open, units[r.Rep])
		}
	}
	if len(report.Waiting) != len(w.waiting) {
		t.Fatalf("%d wait, the ledger says %d", len(report.Waiting), len(w.waiting))
	}
	if !slices.IsSortedFunc(report.Waiting, func(a, b WaitingLine) int {
		return strings.Compare(a.Since.Format(time.RFC3339Nano)+a.Customer, b.Since.Format(time.RFC3339Nano)+b.Customer)
	}) {
		t.Fatalf("the waiting list is in the order of waiting: %v", report.Waiting)
	}
	for _, r := range report.Rotations {
		sum := new(big.Int)
		w.must(w.submit(ctx, func(g *group) error {
			rot := g.s.rotations[r.ID]
			for _, a := range rot.accounts {
				if a != noAccount && rot.totals == nil {
					sum.Add(sum, rot.ledger.Credit(a).Units())
				}
			}
			return nil
		}))
		if sum.Sign() != 0 {
			t.Fatalf("credits of %s sum to %s, not to 0", r.ID, sum)
		}
		if r.Exact.Total.Cmp(r.Exact.Reached) < 0 {
			t.Fatalf("the deviation reached in %s is %v, over the stated bound %v (%s)", r.ID, r.Reached, r.Bound, r.Theorem)
		}
	}
	w.checkFlow(t)
	if err := Verify(ctx, w.store, "test"); err != nil {
		t.Fatal(err)
	}
}

// checkFlow compares the desk's daily counts with a recount.
func (w *world) checkFlow(t *rapid.T) {
	w.must(w.submit(ctx, func(g *group) error {
		today := g.s.now.Truncate(24 * time.Hour)
		for row := range g.s.roster.members {
			id, want := g.s.roster.members[row].rep.ID, int64(0)
			for _, given := range w.given {
				if given.rep == id && !given.at.Before(today) {
					want++
				}
			}
			if got := g.s.live.used(g.s, 1, row, "", g.s.now); got != want {
				t.Fatalf("%s was given %d customers today, the cap counts %d", id, want, got)
			}
		}
		return nil
	}))
}

// explainAll decides everything again, from the ledger alone.
func (w *world) explainAll(t *rapid.T) {
	for _, e := range w.entries() {
		if e.Event != EventAssigned && e.Event != EventWaiting && e.Event != EventUnassigned {
			continue
		}
		cfg := w.config(nil)
		w.must(cfg.fill())
		x, err := explainEntry(ctx, &cfg, e.Seq)
		if err != nil {
			t.Fatalf("deciding again must give what the ledger records: %v", err)
		}
		checkStages(t, x)
	}
}

// checkStages holds an explanation against the decision it explains.
func checkStages(t *rapid.T, x *Explanation) {
	if x.Via == viaManual {
		return
	}
	for i, rule := range x.Rules {
		chosen := 0
		for _, r := range rule.Reps {
			if r.Stage == StageChosen {
				chosen++
				if r.Rep != x.Decision.Rep {
					t.Fatalf("the explanation says %s was chosen, the decision %s", r.Rep, x.Decision.Rep)
				}
			}
		}
		if want := rule.Verdict == VerdictPlaced; (chosen == 1) != want {
			t.Fatalf("rule %s: verdict %s with %d chosen", rule.ID, rule.Verdict, chosen)
		}
		if rule.Verdict == VerdictPlaced && i != len(x.Rules)-1 {
			t.Fatalf("rule %s placed the customer and others came after it", rule.ID)
		}
	}
}

func TestSameInputSameLedger(t *testing.T) {
	run := func(order []string) []byte {
		p := machinePolicy("same", 3, 2, Wait)
		d := openTest(t, NewMemoryStore(), p)
		var team []Rep
		for _, id := range order {
			team = append(team, Rep{ID: id, Role: "a", KPI: map[string]float64{"w": float64(len(id))}, Teams: []string{"x"}})
		}
		d.must(d.SetReps(ctx, team, Opening{At: monday}))
		for i := range 60 {
			d.assign(fmt.Sprintf("L%02d", i), monday.Add(time.Duration(i)*time.Hour), "size", i%7, "b", 1, "a", 2)
			if i%3 == 2 {
				d.must(d.Release(ctx, fmt.Sprintf("L%02d", i-2), Won, At(monday.Add(time.Duration(i)*time.Hour))))
			}
		}
		var b bytes.Buffer
		for _, e := range d.entries() {
			text, err := json.Marshal(e)
			d.must(err)
			b.Write(text)
		}
		return b.Bytes()
	}
	want := run([]string{"ana", "bo", "cyril", "dee", "sam"})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs, order := range [][]string{{"sam", "dee", "cyril", "bo", "ana"}, {"bo", "sam", "ana", "cyril", "dee"}, {"dee", "ana", "sam", "bo", "cyril"}} {
		runtime.GOMAXPROCS(1 << procs)
		if got := run(order); !bytes.Equal(got, want) {
			t.Errorf("the order of the reps in the input and the number of processors must not change a byte of the ledger:\n%s", cmp.Diff(string(want), string(got)))
		}
	}
}

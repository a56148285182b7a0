package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// deskAction is something that can happen to a desk. do does it to the desk
// and to the model, and holds the two answers together. The numbers of a step
// decide on whom and how; any numbers will do.
type deskAction struct {
	name   string
	weight int
	do     func(w *deskWorld, s step)
}

// step is one action of a script.
type step struct {
	action uint8
	n      [5]uint16
}

// deskActions are all of them. A new one is a line here and a function below.
var deskActions = []deskAction{
	{"assign", 300, (*deskWorld).assign},
	{"assign again", 40, (*deskWorld).assignAgain},
	{"assign twice at once", 20, (*deskWorld).assignTwice},
	{"several requests in one append", 60, (*deskWorld).several},
	{"release", 190, (*deskWorld).release},
	{"void", 70, (*deskWorld).void},
	{"reassign", 40, (*deskWorld).reassign},
	{"transfer", 50, (*deskWorld).transfer},
	{"assign by hand", 50, (*deskWorld).assignTo},
	{"grant", 12, (*deskWorld).grant},
	{"close account", 6, (*deskWorld).closeAccount},
	{"set reps", 10, (*deskWorld).setReps},
	{"set reps with opening state", 8, (*deskWorld).setOpening},
	{"change a rep", 20, (*deskWorld).setRep},
	{"remove a rep", 8, (*deskWorld).removeRep},
	{"set policy", 12, (*deskWorld).setPolicy},
	{"reconcile", 10, (*deskWorld).reconcile},
	{"advance", 50, (*deskWorld).advance},
	{"plan and commit", 25, (*deskWorld).plan},
	{"the clock goes back", 6, (*deskWorld).clockBack},
	{"erase", 12, (*deskWorld).erase},
	{"compact", 3, (*deskWorld).compact},
	{"close and open", 3, (*deskWorld).reopen},
	{"crash", 3, (*deskWorld).crash},
	{"crash in the append", 3, (*deskWorld).crashInAppend},
	{"append fails", 4, (*deskWorld).failingAppend},
	{"assign in the caller's transaction", 3, (*deskWorld).assignVia},
	{"another process", 4, (*deskWorld).otherProcess},
	{"wrong request", 20, (*deskWorld).wrong},
	{"explain", 5, (*deskWorld).explain},
	{"audit", 1, (*deskWorld).audit},
	{"timers", 20, (*deskWorld).timers},
}

// errorWord is the short word for an error of a desk.
func errorWord(err error) string {
	var refusal *allocation.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return "refused: " + refusal.Reason
	}
	for word, is := range map[string]error{
		"input": allocation.ErrInput, "unknown customer": allocation.ErrUnknownCustomer, "unknown rep": allocation.ErrUnknownRep,
		"key reused": allocation.ErrKeyReused, "time": allocation.ErrTime, "compacted": allocation.ErrCompacted,
		"not durable": allocation.ErrNotDurable, "plan outdated": allocation.ErrPlanOutdated,
	} {
		if errors.Is(err, is) {
			return word
		}
	}
	return err.Error()
}

// answered holds the desk's error against the model's word.
func (w *deskWorld) answered(what string, err error, want string) {
	if got := errorWord(err); got != want {
		w.fail("%s: the answer must be %q, and is %v", what, want, err)
	}
	if want != "" {
		w.tally.count("answer: " + want)
	}
}

// decided holds a decision against the model's.
func (w *deskWorld) decided(what string, got allocation.Decision, err error, want allocation.Decision, word string) {
	w.answered(what, err, word)
	if err == nil && !sameDecision(got, want) {
		w.fail("%s: the decision must be\n\t%+v\nand is\n\t%+v", what, want, got)
	}
}

func sameDecision(a, b allocation.Decision) bool {
	return a.Status == b.Status && a.Rep == b.Rep && a.Rule == b.Rule && a.Reason == b.Reason && a.Seq == b.Seq && a.At.Equal(b.At) &&
		a.Kind == b.Kind && a.Customer == b.Customer && a.Episode == b.Episode && a.Since.Equal(b.Since) &&
		slices.Equal(a.Unknown, b.Unknown) && a.Repeated == b.Repeated && a.Changed == b.Changed
}

// What the numbers of a step mean.

// pass lets time pass: none, minutes, hours or a day and a half.
func (w *deskWorld) pass(n uint16) time.Time {
	var minutes int
	switch n % 8 {
	case 3, 4:
		minutes = int(n>>3) % 60
	case 5, 6:
		minutes = int(n>>3) % 500
	case 7:
		minutes = int(n>>3) % 2200
	}
	w.clock = w.clock.Add(time.Duration(minutes) * time.Minute)
	return w.clock
}

// fresh is a customer nobody has asked for. Every eighth has the ID of the one
// before and another kind.
func (w *deskWorld) fresh() modelRef {
	w.next++
	ref := modelRef{"lead", "L" + strconv.Itoa(w.next)}
	if w.next%8 == 0 {
		ref = modelRef{"account", "L" + strconv.Itoa(w.next-1)}
	}
	w.refs = append(w.refs, ref)
	return ref
}

// somebody is mostly a customer who is open or waits, sometimes any, rarely one
// the desk has never heard of.
func (w *deskWorld) somebody(n uint16) modelRef {
	m := w.model
	live := len(m.held) + len(m.waiting)
	switch k := int(n >> 4); {
	case n%16 < 12 && live > 0:
		if k %= live; k < len(m.held) {
			return m.held[k].modelRef
		} else {
			return m.waiting[k-len(m.held)].modelRef
		}
	case n%16 < 15 && len(w.refs) > 0:
		return w.refs[k%len(w.refs)]
	}
	return modelRef{"lead", "nobody"}
}

// fieldsFrom draws what the policy reads of a customer.
func fieldsFrom(n uint16) deskFields {
	switch n %= 64; {
	case n == 0:
		return deskFields{size: noUnits, known: true}
	case n < 3:
		return deskFields{size: spamSize, known: true}
	case n < 8:
		return deskFields{}
	}
	return deskFields{size: int64(n % 7), known: true}
}

func (f deskFields) asFields() map[string]any {
	if !f.known {
		return nil
	}
	return map[string]any{"size": f.size}
}

func customerOf(ref modelRef, f deskFields, key string, at time.Time) allocation.Customer {
	return allocation.Customer{Kind: ref.kind, ID: ref.id, Key: key, At: at, Fields: f.asFields()}
}

// keyFrom draws a request's own key: mostly none, sometimes one used before.
func keyFrom(n uint16, ref modelRef) string {
	switch n % 8 {
	case 0:
		return "key of " + ref.id
	case 1:
		return "key " + strconv.Itoa(int(n>>3)%20)
	}
	return ""
}

// anyRep is a rep, rarely one the desk does not know.
func anyRep(n uint16) string {
	if n%32 == 31 {
		return "zoe"
	}
	return deskIDs[int(n)%deskReps]
}

func specFrom(n [5]uint16, now time.Time) repSpec {
	s := repSpec{role: [...]string{"a", "a", "b"}[n[0]%3], weight: int(n[1]%6) - 1, teams: int(n[0]>>2) % 3, capacity: int(n[2]%8) - 1}
	if k := int(n[3] % 8); k < len(shiftChoices) {
		s.shift = k
	}
	if k := int(n[4] % 8); k < 3 {
		s.off = now.Truncate(24 * time.Hour).Add(time.Duration(n[4]>>3%60) * time.Hour)
		s.away = []time.Duration{7 * time.Hour, 24 * time.Hour, 48 * time.Hour}[k]
	}
	return s
}

// mix makes other numbers of a step's, so that it can describe several things.
func (s step) mix(k int) [5]uint16 {
	x := uint64(k+1) * 0x9e3779b97f4a7c15
	var out [5]uint16
	for i, n := range s.n {
		x = (x ^ uint64(n)) * 0xff51afd7ed558ccd
		x ^= x >> 29
		out[i] = uint16(x >> 20)
	}
	return out
}

// Requests on customers.

func (w *deskWorld) assign(s step) {
	at, ref, f := w.pass(s.n[0]), w.fresh(), fieldsFrom(s.n[1])
	key := keyFrom(s.n[2], ref)
	w.assignOne(w.at(s).desk, ref, f, key, at)
}

func (w *deskWorld) assignOne(d *allocation.Desk, ref modelRef, f deskFields, key string, at time.Time) {
	got, err := d.Assign(context.Background(), customerOf(ref, f, key, at))
	want, word := w.model.assign(ref, f, key, at, w.clock)
	w.decided("assign "+ref.String(), got, err, want, word)
}

func (w *deskWorld) assignAgain(s step) {
	ref := w.somebody(s.n[0])
	if ref.id == "nobody" {
		return
	}
	w.assignOne(w.at(s).desk, ref, fieldsFrom(s.n[1]), keyFrom(s.n[2], ref), w.clock)
}

// assignTwice sends one request through both processes, or twice through one,
// at the same moment: one decides, the other finds the decision.
func (w *deskWorld) assignTwice(s step) {
	at, ref, f := w.pass(s.n[0]), w.fresh(), fieldsFrom(s.n[1])
	var got [2]allocation.Decision
	var errs [2]error
	var both sync.WaitGroup
	for i := range got {
		desk := w.processes[(int(s.n[4])+i)%len(w.processes)].desk
		both.Go(func() { got[i], errs[i] = desk.Assign(context.Background(), customerOf(ref, f, "", at)) })
	}
	both.Wait()
	want, word := w.model.assign(ref, f, "", at, w.clock)
	first, second := 0, 1
	if got[0].Repeated {
		first, second = 1, 0
	}
	w.decided("assign twice at once "+ref.String(), got[first], errs[first], want, word)
	want, word = w.model.assign(ref, f, "", at, w.clock)
	w.decided("assign twice at once "+ref.String()+", the other", got[second], errs[second], want, word)
}

// several collects requests in one append.
func (w *deskWorld) several(s step) {
	at := w.pass(s.n[0])
	requests := w.at(s).desk.Requests()
	var check []func()
	expect := func(what string, result *allocation.Result, do func() (allocation.Decision, string)) {
		check = append(check, func() {
			want, word := do()
			w.decided(what, result.Decision, result.Err, want, word)
		})
	}
	for k := range 1 + int(s.n[1])%8 {
		n := s.mix(k)
		ref, f := w.somebody(n[0]), fieldsFrom(n[1])
		switch n[2] % 8 {
		case 0:
			expect("release", requests.Release(ref.id, allocation.Lost, allocation.Kind(ref.kind), allocation.At(at)), func() (allocation.Decision, string) {
				return allocation.Decision{}, w.model.release(ref, "lost", at, w.clock)
			})
		case 1:
			expect("void", requests.Void(ref.id, "twice", allocation.Kind(ref.kind), allocation.At(at)), func() (allocation.Decision, string) {
				return allocation.Decision{}, w.model.void(ref, at, w.clock)
			})
		case 2:
			expect("reassign", requests.Reassign(customerOf(ref, f, "", at)), func() (allocation.Decision, string) {
				return w.model.reassign(ref, f, "", at, w.clock)
			})
		case 3:
			if ref.id == "nobody" {
				continue
			}
			expect("assign again", requests.Assign(customerOf(ref, f, "", at)), func() (allocation.Decision, string) {
				return w.model.assign(ref, f, "", at, w.clock)
			})
		default:
			ref := w.fresh()
			key := keyFrom(n[3], ref)
			expect("assign", requests.Assign(customerOf(ref, f, key, at)), func() (allocation.Decision, string) {
				return w.model.assign(ref, f, key, at, w.clock)
			})
		}
	}
	if err := requests.Commit(context.Background()); err != nil {
		w.fail("several requests in one append: %v", err)
		return
	}
	for _, check := range check {
		check()
	}
}

func (w *deskWorld) release(s step) {
	at, ref := w.pass(s.n[0]), w.somebody(s.n[1])
	err := w.at(s).desk.Release(context.Background(), ref.id, allocation.Won, allocation.Kind(ref.kind), allocation.At(at))
	w.answered("release "+ref.String(), err, w.model.release(ref, "won", at, w.clock))
}

func (w *deskWorld) void(s step) {
	at, ref := w.pass(s.n[0]), w.somebody(s.n[1])
	err := w.at(s).desk.Void(context.Background(), ref.id, "oops", allocation.Kind(ref.kind), allocation.At(at))
	w.answered("void "+ref.String(), err, w.model.void(ref, at, w.clock))
}

func (w *deskWorld) reassign(s step) {
	at, ref, f := w.pass(s.n[0]), w.somebody(s.n[1]), fieldsFrom(s.n[2])
	key := keyFrom(s.n[3], ref)
	got, err := w.at(s).desk.Reassign(context.Background(), customerOf(ref, f, key, at))
	want, word := w.model.reassign(ref, f, key, at, w.clock)
	w.decided("reassign "+ref.String(), got, err, want, word)
}

func (w *deskWorld) transfer(s step) {
	at, ref, rep := w.pass(s.n[0]), w.somebody(s.n[1]), anyRep(s.n[2])
	force := s.n[3]%4 == 0
	err := w.at(s).desk.Transfer(context.Background(), ref.id, rep, byHand(ref, at, force)...)
	w.answered(fmt.Sprintf("transfer %s to %s, forced %t", ref, rep, force), err, w.model.transfer(ref, rep, force, at, w.clock))
}

func byHand(ref modelRef, at time.Time, force bool) []allocation.Option {
	opts := []allocation.Option{allocation.Kind(ref.kind), allocation.At(at)}
	if force {
		opts = append(opts, allocation.Force())
	}
	return opts
}

func (w *deskWorld) assignTo(s step) {
	at, f, rep := w.pass(s.n[0]), fieldsFrom(s.n[1]), anyRep(s.n[2])
	force := s.n[3]%4 == 0
	var ref modelRef
	if s.n[3]&4 == 0 {
		ref = w.fresh()
	} else if ref = w.somebody(s.n[3] >> 3); ref.id == "nobody" {
		return
	}
	key := keyFrom(s.n[1]>>6, ref)
	got, err := w.at(s).desk.AssignTo(context.Background(), customerOf(ref, f, key, at), rep, byHand(ref, at, force)...)
	want, word := w.model.assignTo(ref, f, key, rep, force, at, w.clock)
	w.decided(fmt.Sprintf("assign %s to %s, forced %t", ref, rep, force), got, err, want, word)
}

func (w *deskWorld) erase(s step) {
	at, ref := w.pass(s.n[0]), w.somebody(s.n[1])
	err := w.at(s).desk.Erase(context.Background(), ref.id, allocation.Kind(ref.kind), allocation.At(at))
	w.answered("erase "+ref.String(), err, w.model.erase(ref, at, w.clock))
}

// Credit.

func (w *deskWorld) someRule(n uint16) string {
	rules := w.model.plan.Rules
	return rules[int(n)%len(rules)].ID
}

func (w *deskWorld) grant(s step) {
	at, rule, rep, halves := w.pass(s.n[0]), w.someRule(s.n[1]), anyRep(s.n[2]), int(s.n[3]%13)-6
	err := w.at(s).desk.Grant(context.Background(), rule, rep, float64(halves)/2, "gift", allocation.At(at))
	w.answered(fmt.Sprintf("grant %s %d halves in %s", rep, halves, rule), err,
		w.model.adjust(allocation.EventGranted, rule, rep, int64(halves)*500, at, w.clock))
}

func (w *deskWorld) closeAccount(s step) {
	at, rule, rep := w.pass(s.n[0]), w.someRule(s.n[1]), anyRep(s.n[2])
	err := w.at(s).desk.CloseAccount(context.Background(), rule, rep, "left", allocation.At(at))
	w.answered(fmt.Sprintf("close the account of %s in %s", rep, rule), err,
		w.model.adjust(allocation.EventAccountClosed, rule, rep, 0, at, w.clock))
}

// Roster, policy, time.

// roster draws who is there.
func (w *deskWorld) roster(s step) (map[int]repSpec, []allocation.Rep) {
	specs := map[int]repSpec{}
	var reps []allocation.Rep
	for rep := range deskReps {
		n := s.mix(rep)
		old := &w.model.reps[rep]
		switch {
		case n[4]%5 == 0 && (rep > 0 || n[4]%10 == 0):
			continue
		case old.known && n[4]%5 < 3:
			specs[rep] = old.spec // as he was
		default:
			specs[rep] = specFrom(n, w.clock)
		}
		spec := specs[rep]
		reps = append(reps, spec.rep(deskIDs[rep]))
	}
	if s.n[0]&1 == 1 {
		slices.Reverse(reps)
	}
	return specs, reps
}

func (w *deskWorld) setReps(s step) {
	from := allocation.Opening{At: w.pass(s.n[0])}
	specs, reps := w.roster(s)
	err := w.at(s).desk.SetReps(context.Background(), reps, from)
	w.answered("set reps", err, w.model.setRoster(allocation.EventRepsSet, specs, true, from, w.clock))
}

// setOpening brings work, customers and credit from before the desk.
func (w *deskWorld) setOpening(s step) {
	from := allocation.Opening{At: w.pass(s.n[0]), Work: map[string]int64{}}
	specs, reps := w.roster(s)
	for rep, id := range deskIDs {
		n := s.mix(10 + rep)
		if _, there := specs[rep]; !there {
			continue
		}
		if n[0]%3 == 0 {
			from.Work[id] = int64(n[1] % 4)
		}
		if n[2]%2 == 0 && w.model.plan.Share != allocation.ShareTotals {
			for i := range w.model.plan.Rules {
				if r := &w.model.plan.Rules[i]; r.Pick == "rotate" && (w.model.plan.Scope == allocation.ScopeRule || r.ID == "any") {
					from.Credit = append(from.Credit, allocation.OpeningCredit{Rule: r.ID, Rep: id, Amount: float64(n[3]%9)/2 - 2})
				}
			}
		}
		if n[4]%4 == 0 {
			w.next++
			w.refs = append(w.refs, modelRef{"lead", fmt.Sprintf("O%05d", w.next)})
			from.Owned = append(from.Owned, allocation.Owned{ID: w.refs[len(w.refs)-1].id, Rep: id, Units: 1 + int64(n[4]>>3%3)})
		}
	}
	err := w.at(s).desk.SetReps(context.Background(), reps, from)
	if len(w.model.newCredits(from.Credit)) > 0 {
		w.tally.count("opening credit")
	}
	w.answered("set reps with opening state", err, w.model.setRoster(allocation.EventRepsSet, specs, true, from, w.clock))
}

func (w *deskWorld) setRep(s step) {
	at, rep := w.pass(s.n[0]), int(s.n[1])%deskReps
	spec := specFrom(s.mix(0), w.clock)
	err := w.at(s).desk.SetRep(context.Background(), spec.rep(deskIDs[rep]), at)
	w.answered("change "+deskIDs[rep], err,
		w.model.setRoster(allocation.EventRepChanged, map[int]repSpec{rep: spec}, false, allocation.Opening{At: at}, w.clock))
}

func (w *deskWorld) removeRep(s step) {
	at, rep := w.pass(s.n[0]), anyRep(s.n[1])
	w.answered("remove "+rep, w.at(s).desk.RemoveRep(context.Background(), rep, at), w.model.removeRep(rep, at, w.clock))
}

func (w *deskWorld) setPolicy(s step) {
	at, p := w.pass(s.n[0]), w.plans[int(s.n[1])%len(w.plans)]
	w.answered("set policy "+p.Name, w.at(s).desk.SetPolicy(context.Background(), &p.Policy, at), w.model.setPolicy(p, at, w.clock))
}

func (w *deskWorld) advance(s step) {
	at := w.pass(s.n[0] | 4)
	w.answered("advance", w.at(s).desk.Advance(context.Background(), at), w.model.advance(at, w.clock))
}

func (w *deskWorld) clockBack(s step) {
	w.clock = w.clock.Add(-time.Duration(s.n[0]%90) * time.Minute)
}

// Wrong requests.

// wrong sends what must be refused. The model knows of none of it: an entry
// more is found at the end of the step.
func (w *deskWorld) wrong(s step) {
	ctx, d, at := context.Background(), w.at(s).desk, w.clock
	if w.replay != allocation.ReplayOff && at.Before(w.model.now) {
		at = w.model.now // a time that is no fault of its own
	}
	ref, other := w.somebody(s.n[1]), modelRef{"lead", "nobody"}
	switch s.n[0] % 12 {
	case 0:
		w.answered("transfer nobody", d.Transfer(ctx, other.id, "ana", allocation.At(at)), "unknown customer")
	case 1:
		_, err := d.Reassign(ctx, customerOf(other, deskFields{}, "", at))
		w.answered("reassign nobody", err, "unknown customer")
	case 2:
		w.answered("erase nobody", d.Erase(ctx, other.id, allocation.At(at)), "unknown customer")
	case 3:
		_, err := d.AssignTo(ctx, customerOf(modelRef{"lead", "never"}, deskFields{}, "", at), "zoe")
		w.answered("assign to zoe", err, "unknown rep")
	case 4:
		w.answered("grant in no rule", d.Grant(ctx, "picky", "ana", 1, "", allocation.At(at)), w.unlessUnknown("ana", "input"))
	case 5:
		_, err := d.Assign(ctx, allocation.Customer{ID: "", At: at})
		w.answered("assign without an ID", err, "input")
	case 6:
		_, err := d.Assign(ctx, allocation.Customer{ID: "never", At: at, Fields: map[string]any{"bad": "x"}})
		w.answered("assign with a bad field", err, "input")
	case 7:
		w.answered("set a rep twice", d.SetReps(ctx, []allocation.Rep{{ID: "ana"}, {ID: "ana"}}, allocation.Opening{At: at}), "input")
	case 8:
		w.answered("set a bad rep", d.SetRep(ctx, allocation.Rep{ID: "ana", Fields: map[string]any{"bad": 1}}, at), "input")
	case 9:
		w.answered("release with a bad outcome", d.Release(ctx, ref.id, "", allocation.Kind(ref.kind), allocation.At(at)), "input")
	case 10: // a time that cannot be used; a replay that clamps takes any
		when, want := at.Add(6*time.Minute), "time"
		if w.replay != allocation.ReplayOff {
			when = w.model.now.Add(-time.Second)
		}
		if w.replay == allocation.ReplayClamp {
			return
		}
		_, err := d.Assign(ctx, allocation.Customer{ID: "never", At: when})
		w.answered("assign at a time that cannot be used", err, want)
	case 11:
		_, err := d.Assign(ctx, customerOf(modelRef{"le/ad", "never"}, deskFields{}, "", at))
		w.answered("assign of a kind with a slash", err, "input")
	}
}

func (w *deskWorld) unlessUnknown(id, word string) string {
	if !w.model.reps[repNumber(id)].known {
		return "unknown rep"
	}
	return word
}

package allocation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// TestEveryFaultInEveryRun takes every run of up to so many operations, and at
// every operation every fault of the store. Callers send a request again until
// it is answered. Whatever happened, the ledger must be byte for byte that of
// the run without faults, and the answer the same.
//
// The runs are a tree, walked from the empty desk. At each node every operation
// is sent once without faults, which gives the children, and once with each
// fault, which must lead to the same child: the same ledger, keys, snapshots and
// state. What may differ is the little that a desk remembers besides its state
// (when it last looked at its waiting list, which timer it set): each such
// memory is a node of its own, from where the walk goes on. So the walk covers
// runs with a fault at one operation, at two, and at all of them. Every process
// of a node is a desk opened on a copy of the ledger and given the memory;
// that a desk opened anew has the state of one that went on is checked at every
// step.
//
// An operation that changes nothing, such as releasing a customer again, has no
// child: the runs that go on from it are those without it. New customers are
// numbered in their order, so that runs which differ in their names only are
// walked once; only the first can also be assigned by his name, again or before
// his turn. "First" and "last" are the oldest and the newest customer.
//
// A fault is one of a commit, of every kind there is, or that another process
// appends while the request is decided. In runs of two operations less each read
// fails in turn too, and in runs of three less two faults meet one operation: a
// second one of the commit, or one of each read on the way to mend the first.
//
// EVENHAND_FAULT_RUNS is the length of the runs, by default 3.
func TestEveryFaultInEveryRun(t *testing.T) {
	length := 3
	if text := os.Getenv("EVENHAND_FAULT_RUNS"); text != "" {
		var err error
		if length, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // much garbage, little that stays
	w := &walker{T: t, length: length, reads: max(1, length-2), pairs: max(1, length-3)}
	root := w.root()
	var branches sync.WaitGroup
	limit := make(chan struct{}, 2)
	w.visit(root, func(child node) {
		w.visit(child, func(grandchild node) {
			branches.Go(func() {
				limit <- struct{}{}
				defer func() { <-limit }()
				w.walk(grandchild)
			})
		})
	})
	branches.Wait()
	t.Logf("runs of %d operations: %d of them, %d nodes with %d worlds, %d operations with faults", length, w.runs.Load(), w.nodes.Load(), w.worlds.Load(), w.faults.Load())
}

// walker walks the tree of runs.
type walker struct {
	*testing.T
	length                      int // of the runs
	reads                       int // of the runs in which reads fail
	pairs                       int // of the runs in which two faults meet one operation
	runs, nodes, worlds, faults atomic.Int64
}

// node is a run so far, and the worlds that faults on the way can lead to: the
// first is that of no faults. All have the same ledger and state.
type node struct {
	run    []string
	place  place
	worlds []world
}

// world is a ledger with its timer, and what the process that serves it
// remembers.
type world struct {
	store  *allocation.MemoryStore
	memory allocation.Memory
}

// place is what the next operations are about.
type place struct {
	customers int  // so far: C1, C2, …
	keys      int  // of requests
	days      int  // since Monday
	alone     bool // bo is not in the roster
}

func (p place) now() time.Time { return allocation.Monday.AddDate(0, 0, p.days) }

func (p place) customer(n, size int) allocation.Customer {
	return allocation.Customer{ID: fmt.Sprint("C", n), At: p.now(), Fields: map[string]any{"size": size}}
}

// request is one request of a caller, who may send it again.
type request func(d *allocation.Desk) (allocation.Decision, error)

// operations are what runs are made of. Each returns its request at a place,
// and the place after it.
var operations = []struct {
	name string
	at   func(p place) (request, place)
}{
	{"assign a small one", func(p place) (request, place) { return p.assignNew(1) }},
	{"assign a big one", func(p place) (request, place) { return p.assignNew(4) }},
	{"assign the first", func(p place) (request, place) {
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return d.Assign(context.Background(), p.customer(1, 1))
		}, p
	}},
	{"release the first", func(p place) (request, place) {
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return allocation.Decision{}, d.Release(context.Background(), "C1", allocation.Won, allocation.At(p.now()))
		}, p
	}},
	{"void the last", func(p place) (request, place) {
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return allocation.Decision{}, d.Void(context.Background(), fmt.Sprint("C", p.customers), "oops", allocation.At(p.now()))
		}, p
	}},
	{"reassign the first", func(p place) (request, place) {
		c := p.customer(1, 3)
		p.keys++
		c.Key = fmt.Sprint("key ", p.keys)
		return func(d *allocation.Desk) (allocation.Decision, error) { return d.Reassign(context.Background(), c) }, p
	}},
	{"give one to bo by hand", func(p place) (request, place) {
		p.customers++
		c := p.customer(p.customers, 1)
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return d.AssignTo(context.Background(), c, "bo")
		}, p
	}},
	{"transfer the last to ana", func(p place) (request, place) {
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return allocation.Decision{}, d.Transfer(context.Background(), fmt.Sprint("C", p.customers), "ana", allocation.At(p.now()))
		}, p
	}},
	{"set reps", func(p place) (request, place) {
		p.alone = !p.alone
		team := pair()
		if p.alone {
			team = team[:1]
		}
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return allocation.Decision{}, d.SetReps(context.Background(), team, allocation.Opening{At: p.now()})
		}, p
	}},
	{"advance a day", func(p place) (request, place) {
		p.days++
		return func(d *allocation.Desk) (allocation.Decision, error) {
			return allocation.Decision{}, d.Advance(context.Background(), p.now())
		}, p
	}},
}

func (p place) assignNew(size int) (request, place) {
	p.customers++
	c := p.customer(p.customers, size)
	return func(d *allocation.Desk) (allocation.Decision, error) { return d.Assign(context.Background(), c) }, p
}

// trouble is what happens to one request.
type trouble struct {
	schedule []storetest.Fault
	read     int  // the number of the read that fails; -1 for none
	met      bool // there were so many commits and reads
}

func (t *trouble) String() string {
	text := fmt.Sprint(t.schedule)
	if t.read >= 0 {
		text += fmt.Sprintf(" and read %d fails", t.read)
	}
	return text
}

var commitFaults = []storetest.Fault{storetest.FailsBefore, storetest.FailsAfter, storetest.Conflicts,
	storetest.CrashesBefore, storetest.CrashesAfter, storetest.FillsUp}

// process is a running desk and its handle on the store.
type process struct {
	w     *walker
	store *storetest.Faulty
	desk  *allocation.Desk
	sent  int // how often the last request was sent
}

// runPolicy is the policy of the runs, and two of its limits.
var runPolicy = allocation.MachinePolicy("strict", runBook, runDaily, allocation.Wait)

const runBook, runDaily = 3, 2

// zeros is entropy that makes the ledgers of equal runs equal.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func runConfig(store allocation.Store) allocation.Config {
	cfg := allocation.ReplayConfig(store, runPolicy)
	cfg.Entropy, cfg.SnapshotEvery = zeros{}, 6 // so that the last operations load from a snapshot
	return cfg
}

// start opens a desk, however often the store fails.
func (p *process) start() {
	for try := 1; ; try++ {
		var err error
		if p.desk, err = allocation.Open(context.Background(), runConfig(p.store)); err == nil {
			return
		}
		if try == 4 {
			p.w.Fatal(err)
		}
		p.recover(err)
	}
}

// recover does what an operator does about a failure.
func (p *process) recover(err error) {
	switch {
	case errors.Is(err, storetest.ErrCrashed):
		if p.desk != nil {
			p.desk.Close()
			p.desk = nil
		}
		p.store.Restart()
	case errors.Is(err, storetest.ErrFull):
		p.store.MakeRoom()
	}
}

// send sends a request until it is answered.
func (p *process) send(r request) (allocation.Decision, error) {
	for p.sent = 1; ; p.sent++ {
		if p.desk == nil {
			p.start()
		}
		d, err := r(p.desk)
		if !errors.Is(err, allocation.ErrNotDurable) || p.sent == 5 {
			return d, err
		}
		p.recover(err)
	}
}

// open makes the process of a world, on a copy of its ledger.
func (w *walker) open(from world) (*process, *allocation.MemoryStore) {
	fork := from.store.Fork()
	p := &process{w: w, store: storetest.NewFaulty(fork)}
	p.start()
	if err := allocation.Remember(context.Background(), p.desk, from.memory); err != nil {
		w.Fatal(err)
	}
	return p, fork
}

// root is the desk with its two reps and nothing else.
func (w *walker) root() node {
	store := allocation.NewMemoryStore()
	p := &process{w: w, store: storetest.NewFaulty(store)}
	p.start()
	defer func() { p.desk.Close() }()
	if err := p.desk.SetReps(context.Background(), pair(), allocation.Opening{At: allocation.Monday}); err != nil {
		w.Fatal(err)
	}
	memory, _ := w.recall(p)
	return node{worlds: []world{{store, memory}}}
}

func (w *walker) recall(p *process) (allocation.Memory, string) {
	memory, state, err := allocation.Recall(context.Background(), p.desk)
	if err != nil {
		w.Fatal(err)
	}
	return memory, state
}

// walk visits a node and all that follow from it.
func (w *walker) walk(n node) { w.visit(n, w.walk) }

// visit sends every operation in every world of a node, with every fault, and
// calls next for each child.
func (w *walker) visit(n node, next func(node)) {
	w.nodes.Add(1)
	if len(n.run) == w.length || w.Failed() {
		w.runs.Add(1)
		return
	}
	for _, op := range operations {
		request, place := op.at(n.place)
		want := w.plain(n, op.name, request)
		child := node{run: want.run, place: place, worlds: []world{want.world}}
		for i, from := range n.worlds {
			for trouble := range w.troubles(want, i > 0) {
				to, met := w.troubled(want, from, request, trouble)
				if met && !slices.ContainsFunc(child.worlds, to.same) {
					child.worlds = append(child.worlds, to)
				}
				trouble.met = met
			}
		}
		if want.commits {
			w.overtaken(want, n, request)
		}
		w.worlds.Add(int64(len(child.worlds)))
		if want.err == nil && (want.commits || place.days != n.place.days) {
			next(child)
		}
	}
}

// same says whether what follows from two worlds of one node is the same.
func (a world) same(b world) bool {
	return a.memory == b.memory && a.store.TimerOf("test").Equal(b.store.TimerOf("test"))
}

// troubles are those an operation can meet in a world; in a second world
// of a node also none.
func (w *walker) troubles(want outcome, second bool) iter.Seq[*trouble] {
	return func(yield func(*trouble) bool) {
		schedules := [][]storetest.Fault{}
		if second {
			schedules = append(schedules, nil)
		}
		if want.commits {
			for _, f := range commitFaults {
				schedules = append(schedules, []storetest.Fault{f})
			}
			if len(want.run) <= w.pairs {
				for _, f := range commitFaults {
					for _, g := range commitFaults {
						schedules = append(schedules, []storetest.Fault{f, g})
					}
				}
			}
		}
		for _, schedule := range schedules {
			if !yield(&trouble{schedule: schedule, read: -1}) {
				return
			}
		}
		if second || len(want.run) > w.reads {
			return
		}
		schedules = [][]storetest.Fault{nil}
		if want.commits && len(want.run) <= w.pairs {
			for _, f := range commitFaults {
				schedules = append(schedules, []storetest.Fault{f})
			}
		}
		for _, schedule := range schedules {
			t := &trouble{schedule: schedule, met: true}
			for ; t.met; t.read++ {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// outcome is what an operation leads to without faults.
type outcome struct {
	world
	run      []string
	decision allocation.Decision
	err      error
	state    string
	commits  bool
	resent   bool // the caller had to send his request again
}

// plain sends a request without faults, and holds what came of it against the
// promises.
func (w *walker) plain(n node, name string, r request) outcome {
	p, store := w.open(n.worlds[0])
	defer func() { p.desk.Close() }()
	out := outcome{world: world{store: store}, run: append(n.run[:len(n.run):len(n.run)], name)}
	p.store.Then(storetest.Works)
	out.decision, out.err = p.send(r)
	out.commits = p.store.Pending() == 0
	out.memory, out.state = w.recall(p)
	w.check(out, p)
	return out
}

// troubled sends a request with a fault, and compares. It reports whether the
// fault was met.
func (w *walker) troubled(want outcome, from world, r request, trouble *trouble) (to world, met bool) {
	w.faults.Add(1)
	p, store := w.open(from)
	defer func() { p.desk.Close() }()
	p.store.Then(trouble.schedule...)
	if trouble.read >= 0 {
		p.store.FailRead(trouble.read)
	}
	got := outcome{world: world{store: store}}
	got.decision, got.err = p.send(r)
	got.resent = p.sent > 1
	met = p.store.Pending() == 0
	if !met && trouble.read < 0 && len(trouble.schedule) < 2 {
		w.Errorf("%s; the last one: %s: the fault was not met", strings.Join(want.run, ", "), trouble)
	}
	p.store.Clear()
	got.memory, got.state = w.recall(p)
	w.compare(want, got, trouble)
	return got.world, met
}

// overtaken lets another process, which has served the desk too, assign a
// customer of its own between the deciding and the append of a request. It must
// then be as if that one had come first.
func (w *walker) overtaken(plain outcome, n node, r request) {
	intruder := n.place.customer(99, 1)
	intrude := func(d *allocation.Desk) {
		if _, err := d.Assign(context.Background(), intruder); err != nil {
			w.Errorf("%s; another process: %v", strings.Join(plain.run, ", "), err)
		}
	}
	first, store := w.open(n.worlds[0])
	defer func() { first.desk.Close() }()
	intrude(first.desk)
	want := outcome{world: world{store: store}, run: append(plain.run[:len(plain.run):len(plain.run)], "overtaken")}
	want.decision, want.err = first.send(r)
	want.memory, want.state = w.recall(first)

	p, store := w.open(n.worlds[0])
	defer func() { p.desk.Close() }()
	other := &process{w: w, store: storetest.NewFaulty(store)}
	other.start()
	defer func() { other.desk.Close() }()
	p.store.Meanwhile(func() { intrude(other.desk) })
	p.store.Then(storetest.Intrudes)
	got := outcome{world: world{store: store}}
	got.decision, got.err = p.send(r)
	_, got.state = w.recall(p)
	w.compare(want, got, "overtaken by another process")
}

// compare holds an outcome with faults against that without.
func (w *walker) compare(want, got outcome, trouble any) {
	where := func() string { return fmt.Sprintf("%s; the last one: %v", strings.Join(want.run, ", "), trouble) }
	if fmt.Sprint(got.err) != fmt.Sprint(want.err) || !sameDecision(got, want) {
		w.Errorf("a request that was sent again gets the decision it would have had\n%s:\ngot  %+v, %v\nwant %+v, %v", where(), got.decision, got.err, want.decision, want.err)
	}
	if diff := want.store.Differs(got.store, "test"); diff != "" {
		w.Errorf("the ledger is that of the run without faults\n%s:\n%s", where(), diff)
	}
	if got.state != want.state {
		w.Errorf("the desk's state is that of the run without faults\n%s:\ngot  %s\nwant %s", where(), got.state, want.state)
	}
}

// sameDecision compares two answers to one request. To one that was sent again
// it is called repeated, rightly.
func sameDecision(got, want outcome) bool {
	if got.resent {
		got.decision.Repeated = want.decision.Repeated
	}
	return fmt.Sprint(got.decision) == fmt.Sprint(want.decision)
}

// check holds a run without faults against the promises: those with faults are
// compared with it.
func (w *walker) check(out outcome, p *process) {
	ctx := context.Background()
	fail := func(format string, args ...any) {
		w.Errorf("%s: %s", strings.Join(out.run, ", "), fmt.Sprintf(format, args...))
	}
	folded, err := allocation.StateText(ctx, out.store, "test")
	if err != nil || folded != out.state {
		fail("folding the ledger gives the state in memory: %v\ngot  %s\nwant %s", err, folded, out.state)
	}
	if err := allocation.Verify(ctx, out.store, "test"); err != nil {
		fail("%v", err)
	}
	sums, err := allocation.CreditSums(ctx, p.desk)
	if err != nil {
		fail("%v", err)
	}
	for id, sum := range sums {
		if sum.Sign() != 0 {
			fail("credits of %s sum to %s, not to 0", id, sum)
		}
	}
	w.checkOwners(out, p, fail)
}

// checkOwners recounts who has whom from the ledger.
func (w *walker) checkOwners(out outcome, p *process, fail func(string, ...any)) {
	ctx := context.Background()
	type held struct {
		rep   string
		units int64
	}
	open := map[string]held{}
	given := map[string]map[string]bool{} // by rep and day: whom, in which episode
	for e, err := range out.store.Entries(ctx, "test", 0, 0) {
		if err != nil {
			w.Fatal(err)
		}
		if e.Customer == "" {
			continue
		}
		var body struct{ Units int64 }
		if err := json.Unmarshal(e.Body, &body); err != nil {
			w.Fatal(err)
		}
		delete(open, e.Customer)
		whom := fmt.Sprint(e.Customer, ".", e.Episode)
		if e.Status == allocation.StatusVoided {
			for _, day := range given {
				delete(day, whom)
			}
		}
		if e.Status != allocation.StatusAssigned {
			continue
		}
		today := e.Rep + e.At.Format(time.DateOnly)
		if given[today] == nil {
			given[today] = map[string]bool{}
		}
		given[today][whom] = true
		open[e.Customer] = held{e.Rep, body.Units}
		var units int64
		for _, h := range open {
			if h.rep == e.Rep {
				units += h.units
			}
		}
		if units > runBook || len(given[today]) > runDaily {
			fail("no decision takes a rep over a cap: after %s he holds %d units of %d and was given %d of %d today", e, units, runBook, len(given[today]), runDaily)
		}
	}
	report, err := p.desk.Report(ctx)
	if err != nil {
		fail("%v", err)
	}
	for _, r := range report.Reps {
		var units int64
		for _, h := range open {
			if h.rep == r.Rep {
				units += h.units
			}
		}
		if r.Open != units {
			fail("each customer has one owner: those of %s take %d units, he has %d", r.Rep, units, r.Open)
		}
	}
}

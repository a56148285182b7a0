package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// World is an empty store in which a machine lives. Each call of it begins a
// process: a handle of its own on the one store, and what ends the process. A
// store that lives in memory gives the same store each time, and an exit that
// does nothing.
type World func() (store allocation.Store, exit func())

// Desk runs a desk on stores of one kind through random days and holds it
// against a model with pencil and paper, which predicts every entry of the
// ledger and every answer. world makes an empty store; it is called once for
// each run.
//
// The environment says how long: EVENHAND_STEPS is how many steps (actions on
// the desk), by default as many as are given; EVENHAND_SEED is where it begins,
// by default 1. A failure is cut down to the few steps that it needs, which are
// printed with the seed.
//
// After each step:
//   - the ledger has grown by the entries the model predicts and by no other,
//     without a gap: event, customer, episode, rep, rule, status, reason, and
//     recorded time, which never decreases;
//   - the answer is the one the model predicts: a repeated request gets the same
//     decision and adds nothing, a wrong or refused one changes nothing;
//   - by the model, whose credits follow the documentation of package rotation in
//     integers of its own: no customer has two owners, no decision takes a rep
//     over a cap, and after the waiting list was served in order nobody waits who
//     could be placed.
//
// Every 8 steps: the desk's Report agrees with the model on open units, the
// waiting list and its order, each account's credit to the unit, the largest
// deviation reached, and that this is within the bound the desk states; credits
// of a rotation sum to zero.
//
// Plans are taken as they are: the model holds their rows against the rules (who
// is eligible, available, under his caps, and for what reason others wait), and
// predicts from them what a commit records, whom it leaves, and whose turn it was.
//
// As actions (see deskActions for how often) and at the end of each run of some
// hundred steps: deciding again gives what the ledger records, for a sample of
// customers; every snapshot is the fold of the entries before it, from zero,
// byte for byte; the hash chain holds; a timer is set no later than time alone
// lets somebody through.
//
// A long run (300,000 steps or more) fails if an action or an outcome that the
// machine is there for never happened.
func Desk(t *testing.T, steps int, world func(t *testing.T) World) {
	steps, seed := runLength(t, steps)
	tally, began, said := newDeskTally(), time.Now(), time.Now()
	for ; tally.steps < steps; seed++ {
		script := newScript(seed)
		if failure := runScript(script, world(t), tally); failure != "" {
			short, shortly := shorten(script, failure, func() World { return world(t) })
			t.Fatalf("%s\nThe steps it takes, of a run with EVENHAND_SEED=%d:\n%s\nThe whole run failed with: %s", shortly, seed, short, failure)
		}
		if time.Since(said) > time.Minute {
			said = time.Now()
			fmt.Printf("%s: %d steps, %.0f a second, next seed %d\n", t.Name(), tally.steps, float64(tally.steps)/time.Since(began).Seconds(), seed+1)
		}
	}
	t.Logf("%d steps, %.0f a second, next seed %d\n%s", tally.steps, float64(tally.steps)/time.Since(began).Seconds(), seed, tally)
	if tally.steps >= 300_000 {
		for _, missing := range tally.missing() {
			t.Errorf("in %d steps it never happened: %s", tally.steps, missing)
		}
	}
}

// runLength is what the environment says of how long a machine runs, and from
// where.
func runLength(t *testing.T, steps int) (int, uint64) {
	seed := uint64(1)
	for name, set := range map[string]func(n uint64){
		"EVENHAND_STEPS": func(n uint64) { steps = int(n) },
		"EVENHAND_SEED":  func(n uint64) { seed = n },
	} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 62)
		if err != nil {
			t.Fatalf("%s is %q: %v", name, text, err)
		}
		set(n)
	}
	return steps, seed
}

// deskScript is one run: how it begins, and its steps. Any part of it is a run,
// too.
type deskScript struct {
	replay allocation.Replay
	plan   uint16
	every  uint16
	steps  []step
}

// runSteps is how many steps a run has. Checks that look at the whole ledger
// cost as much as they are long.
const runSteps = 300

func newScript(seed uint64) deskScript {
	random := rand.New(rand.NewPCG(seed, 0))
	s := deskScript{replay: allocation.Replay(random.IntN(3)), plan: uint16(random.Uint32()), every: uint16(random.Uint32())}
	total := 0
	for _, a := range deskActions {
		total += a.weight
	}
	for range runSteps {
		var st step
		pick := random.IntN(total)
		for pick >= deskActions[st.action].weight {
			pick -= deskActions[st.action].weight
			st.action++
		}
		for i := range st.n {
			st.n[i] = uint16(random.Uint32())
		}
		s.steps = append(s.steps, st)
	}
	return s
}

func (s deskScript) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  replay %d, plan %d, every %d\n", s.replay, s.plan, s.every)
	for _, st := range s.steps {
		fmt.Fprintf(&b, "  %s %d\n", deskActions[st.action].name, st.n)
	}
	return b.String()
}

// runScript runs a script in a new world and says what promise broke, if any.
func runScript(s deskScript, world World, tally *deskTally) (failure string) {
	w := newDeskWorld("acme/emea", s, world, tally)
	defer w.end()
	defer func() {
		if p := recover(); p != nil && failure == "" {
			failure = w.firstFailure(fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	w.begin(s)
	for i, st := range s.steps {
		w.take(i, st)
	}
	w.finish()
	return w.firstFailure("")
}

// take does one step and looks at what came of it.
func (w *deskWorld) take(i int, s step) {
	if w.failed() {
		return
	}
	w.tally.steps++
	w.tally.action[s.action]++
	w.step = i
	deskActions[s.action].do(w, s)
	w.compare()
	if i%8 == 7 {
		w.report()
	}
}

// finish looks at everything once more.
func (w *deskWorld) finish() {
	if w.failed() {
		return
	}
	w.report()
	w.audit(step{n: [5]uint16{uint16(len(w.refs))}})
	w.compare()
}

// shorten cuts a failing script down: first to the steps before the failure,
// then by leaving out ever smaller parts, as long as it fails, in whatever way.
func shorten(s deskScript, failure string, world func() World) (deskScript, string) {
	fails := func(steps []step) bool {
		if len(steps) == 0 {
			return false // a desk of which nothing was asked has no ledger to compare
		}
		attempt := s
		attempt.steps = steps
		if now := runScript(attempt, world(), newDeskTally()); now != "" {
			s, failure = attempt, now
			return true
		}
		return false
	}
	for before := 0; before != len(s.steps); {
		before = len(s.steps)
		for size := max(1, len(s.steps)/2); size > 0; size /= 2 {
			for from := len(s.steps) - size; from >= 0; from -= size {
				if from+size <= len(s.steps) {
					fails(append(append([]step(nil), s.steps[:from]...), s.steps[from+size:]...))
				}
			}
		}
	}
	for i := range s.steps { // simpler numbers
		for n := range s.steps[i].n {
			for _, simpler := range []uint16{0, s.steps[i].n[n] % 16} {
				if s.steps[i].n[n] <= simpler {
					continue
				}
				steps := append([]step(nil), s.steps...)
				steps[i].n[n] = simpler
				if fails(steps) {
					break
				}
			}
		}
	}
	return s, failure
}

// deskWorld is one run: the processes on one store, and the model beside them.
type deskWorld struct {
	name      string // of the desk
	world     World
	replay    allocation.Replay
	plans     []*deskPlan
	model     *deskModel
	clock     time.Time
	processes []*deskProcess
	abandoned []*allocation.Desk
	exits     []func()
	refs      []modelRef // customers asked for so far
	next      int
	seen      uint64 // entries compared so far
	step      int
	failure   string
	tally     *deskTally
}

// deskProcess is one process: a handle on the store, and a desk.
type deskProcess struct {
	inner allocation.Store
	store *Faulty // inner, with faults
	exit  func()
	desk  *allocation.Desk
	cfg   allocation.Config
}

// enter begins a process.
func (p *deskProcess) enter(w *deskWorld) {
	p.inner, p.exit = w.world()
	p.store = NewFaulty(p.inner)
}

func newDeskWorld(name string, s deskScript, world World, tally *deskTally) *deskWorld {
	begin := morning
	return &deskWorld{name: name, world: world, replay: s.replay, plans: deskPlans(begin), model: newDeskModel(s.replay, tally), clock: begin, tally: tally}
}

// fail notes the first failure.
func (w *deskWorld) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf("step %d: ", w.step) + fmt.Sprintf(format, args...)
	}
}

func (w *deskWorld) failed() bool { return w.failure != "" || w.model.broken != "" }

// firstFailure tells what failed first, and how the ledger ends.
func (w *deskWorld) firstFailure(otherwise string) string {
	failure := otherwise
	switch {
	case w.failure != "":
		failure = w.failure
	case w.model.broken != "":
		failure = fmt.Sprintf("step %d: %s", w.step, w.model.broken)
	case otherwise == "":
		return ""
	}
	failure += "\nThe ledger ends with:\n" + w.lastEntries(8)
	for _, e := range w.model.expected {
		failure += fmt.Sprintf("  expected: %s\n", e)
	}
	return failure
}

func (w *deskWorld) lastEntries(n uint64) string {
	var b strings.Builder
	var last uint64
	for e := range w.store().Entries(context.Background(), w.name, w.model.dropped, 0) {
		last = e.Seq
	}
	for e := range w.store().Entries(context.Background(), w.name, max(w.model.dropped, last-min(n, last)), 0) {
		fmt.Fprintf(&b, "  %s  %s\n", e, e.Body)
	}
	return b.String()
}

// at is the process to which a step goes.
func (w *deskWorld) at(s step) *deskProcess { return w.processes[int(s.n[4])%len(w.processes)] }

// begin opens the first desk with its first policy and roster.
func (w *deskWorld) begin(s deskScript) {
	p := &deskProcess{}
	p.enter(w)
	w.processes = append(w.processes, p)
	plan := w.plans[int(s.plan)%len(w.plans)]
	w.openWith(p, s.every, &plan.Policy)
	specs, reps := w.roster(step{n: [5]uint16{s.plan, s.every}})
	for n := s.plan; len(reps) == 0; n++ { // setting nobody would record nothing, not even the policy
		specs, reps = w.roster(step{n: [5]uint16{n, s.every}})
	}
	from := allocation.Opening{At: w.clock}
	if w.failed() {
		return
	}
	err := p.desk.SetReps(context.Background(), reps, from)
	w.model.setPolicy(plan, w.clock, w.clock)
	w.answered("set reps", err, w.model.setRoster(allocation.EventRepsSet, specs, true, from, w.clock))
	w.compare()
}

// openDesk opens a desk on a process's store, as one that finds its policy in
// the ledger.
func (w *deskWorld) openDesk(p *deskProcess, every uint16) { w.openWith(p, every, nil) }

func (w *deskWorld) openWith(p *deskProcess, every uint16, policy *allocation.Policy) {
	p.cfg = allocation.Config{
		Desk: w.name, Policy: policy, Compile: compilePlans(w.plans), Store: p.store, Replay: w.replay,
		Clock: func() time.Time { return w.clock }, Entropy: &counting{},
		SnapshotEvery: []int{-1, 60, 10, 30, 100, 30, 10_000, 60, 100, -1, 60, 100, 30, 60, 100, 1}[int(every)%16],
	}
	desk, err := allocation.Open(context.Background(), p.cfg)
	if err != nil {
		w.fail("open: %v", err)
		return
	}
	p.desk = desk
}

// end closes everything, also what was abandoned.
func (w *deskWorld) end() {
	for _, p := range w.processes {
		if p.desk != nil {
			p.desk.Close()
		}
		w.exits = append(w.exits, p.exit)
	}
	for _, d := range w.abandoned {
		d.Close()
	}
	for _, exit := range w.exits {
		exit()
	}
}

// counting is entropy that repeats itself from run to run.
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

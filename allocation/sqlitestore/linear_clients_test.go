package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// This file makes histories: clients that send requests to a desk at once, and
// note what they asked, what they were told, and in which order of time.

// call is one operation of a history. Its times come from one counter, so that
// no two are equal.
type call struct {
	operation
	id       int // from 1; the ledger's entries name it
	client   int
	called   int64
	returned int64 // unknown answers: math.MaxInt64
	answer   answer
}

// trial says how a history is made.
type trial struct {
	clients    int
	operations int
	processes  int  // desks on one store
	faults     bool // the store fails
	still      bool // the clock stands still
	seed       uint64

	// open returns a handle on the store for each process.
	open func(t testing.TB, processes int) []allocation.Store
	// lie, if set, comes between the clients and the desk.
	lie func(o *operation, ask func(*operation) answer) answer
	// misled, if set, changes what the desk is told of each rep.
	misled func(*allocation.Rep)
}

// capacities of the reps when a history begins.
func (tr trial) capacities() [reps]int16 {
	if tr.operations < 100 {
		return [reps]int16{3, 4, 2, 3, 3, 2} // full after a few
	}
	return [reps]int16{9, 12, 7, 10, 14, 8}
}

// history is what became of a trial.
type history struct {
	trial
	calls    []*call
	entries  []allocation.Entry
	restarts int

	clock     atomic.Int64 // of calls and returns
	time      atomic.Int64 // of the desks
	issued    atomic.Int64
	open      chan int16 // customers who were given or wait, for those who release
	moved     [customers]atomic.Uint32
	processes []*deskProcess
}

// process is one desk on the store, opened anew when it crashes.
type deskProcess struct {
	h      *history
	store  allocation.Store
	faulty *storetest.Faulty
	desk   atomic.Pointer[allocation.Desk]

	mu       sync.Mutex
	restarts int
}

func (tr trial) run(t testing.TB) *history {
	t.Helper()
	h := &history{trial: tr, open: make(chan int16, 2*(tr.operations+tr.clients))}
	h.begin(t)
	records := make([][]*call, h.clients)
	var group sync.WaitGroup
	for n := range h.clients {
		group.Go(func() {
			c := &deskClient{
				h: h, n: n, p: h.processes[n%len(h.processes)],
				random: rand.New(rand.NewPCG(h.seed, uint64(n))),
			}
			for int(h.issued.Load()) < h.operations {
				c.next()
			}
			records[n] = c.calls
		})
	}
	group.Wait()
	for n := range records {
		h.calls = append(h.calls, records[n]...)
	}
	h.end(t)
	return h
}

// begin opens the desks and sets the roster, before the faults begin.
func (h *history) begin(t testing.TB) {
	t.Helper()
	for n, store := range h.trial.open(t, h.trial.processes) {
		p := &deskProcess{h: h, store: store}
		if h.faults {
			p.faulty = storetest.NewFaulty(store)
			p.store = p.faulty
		}
		if err := p.open(); err != nil {
			t.Fatal(err)
		}
		h.processes = append(h.processes, p)
		if n > 0 {
			continue
		}
		var team []allocation.Rep
		for rep, capacity := range h.capacities() {
			r := linearRep(rep, capacity, "")
			if h.misled != nil {
				h.misled(&r)
			}
			team = append(team, r)
		}
		if err := p.desk.Load().SetReps(context.Background(), team); err != nil {
			t.Fatal(err)
		}
	}
	for n, p := range h.processes {
		if h.faults {
			p.faulty.Then(faultsAtRandom(rand.New(rand.NewPCG(h.seed, uint64(1000+n))), h.operations)...)
		}
	}
}

// faultsAtRandom lets one commit in ten begin a run of up to three faults: two
// in a row are what a desk does not get over by itself.
func faultsAtRandom(random *rand.Rand, commits int) []storetest.Fault {
	kinds := []storetest.Fault{
		storetest.FailsBefore, storetest.FailsAfter, storetest.Conflicts,
		storetest.CrashesBefore, storetest.CrashesAfter, storetest.FillsUp,
	}
	var schedule []storetest.Fault
	for len(schedule) < commits {
		if random.IntN(10) > 0 {
			schedule = append(schedule, storetest.Works)
			continue
		}
		for range 1 + random.IntN(3) {
			schedule = append(schedule, kinds[random.IntN(len(kinds))])
		}
	}
	return schedule
}

// end closes the desks and reads the ledger.
func (h *history) end(t testing.TB) {
	t.Helper()
	for _, p := range h.processes {
		p.desk.Load().Close()
		h.restarts += p.restarts
	}
	store := h.processes[0].store
	if h.faults {
		h.processes[0].faulty.Restart()
	}
	for e, err := range store.Entries(context.Background(), "default", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		h.entries = append(h.entries, e)
	}
	for _, p := range h.processes {
		if err := p.store.Close(); err != nil {
			t.Error(err)
		}
	}
	// Nothing of the store is needed any more, and a history that is kept for
	// a report must not keep it.
	h.processes = nil
}

func (p *deskProcess) open() error {
	desk, err := allocation.Open(context.Background(), allocation.Config{
		Policy: linearPolicy(), Store: p.store, Clock: p.h.now, SnapshotEvery: 64,
		Compile: func([]byte) (*allocation.Policy, error) { return linearPolicy(), nil },
	})
	if err == nil {
		p.desk.Store(desk)
	}
	return err
}

// now is the clock of every desk.
func (h *history) now() time.Time {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	if h.still {
		return noon
	}
	return noon.Add(time.Duration(h.time.Add(1)) * time.Microsecond)
}

// restart opens a new desk after a crash, unless somebody else has.
func (p *deskProcess) restart(crashed *allocation.Desk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.desk.Load() != crashed {
		return
	}
	p.restarts++
	crashed.Close()
	for {
		if p.faulty != nil {
			p.faulty.Restart()
			p.faulty.MakeRoom()
		}
		if p.open() == nil {
			return
		}
	}
}

// client sends one request after the other.
type deskClient struct {
	h      *history
	n      int
	p      *deskProcess
	random *rand.Rand
	calls  []*call
	again  *operation // to be sent again
}

func (c *deskClient) next() {
	o := c.again
	c.again = nil
	if o == nil {
		o = c.draw()
	}
	out := &call{operation: *o, id: int(c.h.issued.Add(1)), client: c.n}
	c.calls = append(c.calls, out)
	out.called = c.h.clock.Add(1)
	impatient := c.random.IntN(100) == 0
	ask := func(o *operation) answer { return c.ask(out.id, o, impatient) }
	if c.h.lie == nil {
		out.answer = ask(o)
	} else {
		out.answer = c.h.lie(o, ask)
	}
	out.returned = c.h.clock.Add(1)
	out.planned = out.answer.planned
	if out.answer.unknown {
		out.returned = math.MaxInt64
		if o.kind != doTransfer && c.random.IntN(4) > 0 {
			c.again = o
		}
	}
	c.note(o, out.answer)
}

// note remembers who can be released.
func (c *deskClient) note(o *operation, a answer) {
	if a.decision.status != "" && a.planned == nil && !a.decision.repeated && o.kind != doExplain && o.kind != doPoison {
		c.h.open <- o.customer
	}
	for i := range a.parts {
		c.note(&o.parts[i], a.parts[i])
	}
	if a.planned != nil {
		for _, row := range a.planned.rows {
			if row.from < 0 && (row.status == "assigned" || row.status == "waiting") {
				c.h.open <- row.customer
			}
		}
	}
}

// draw draws an operation. The customers move on with the history, so that
// several clients are busy with the same one; and releases keep the reps nearly
// full, so that caps and the waiting list matter.
func (c *deskClient) draw() *operation {
	r := c.random
	from := int(c.h.issued.Load()) / 9
	o := &operation{customer: int16(1 + (from+r.IntN(16))%(poisonous-1)), round: int8(r.IntN(2)), rep: int8(r.IntN(reps))}
	o.kind = c.drawKind()
	switch o.kind {
	case doAssign:
		o.via = r.IntN(40) == 0
		fallthrough
	case doReassign:
		switch r.IntN(12) {
		case 0:
			o.round = badRound
		case 1, 2, 3:
			o.key = 1 + int16((from+r.IntN(8))%(poisonous-1))
		}
	case doRelease, doVoid:
		select {
		case o.customer = <-c.h.open:
		default:
		}
	case doTransfer:
		// The ledger names the customer and the rep and nothing of the
		// request, so that there is only one of each.
		if bit := uint32(1) << o.rep; c.h.moved[o.customer].Or(bit)&bit != 0 {
			o.kind = doAssign
		}
	case doPlan:
		for n := range int16(16) {
			if r.IntN(3) == 0 {
				o.backlog = append(o.backlog, int16(1+(from+int(n))%(poisonous-1)))
			}
		}
		slices.Sort(o.backlog)
	case doPoison:
		o.customer = int16(poisonous + from/16%(customers-poisonous))
	case doSetRep:
		o.capacity = c.h.capacities()[o.rep] + int16(r.IntN(5)) - 2
	case doSeveral:
		for range 1 + r.IntN(4) {
			part := operation{
				kind:     [...]kind{doAssign, doAssign, doReassign, doRelease, doVoid}[r.IntN(5)],
				customer: int16(1 + (from+r.IntN(16))%(poisonous-1)), round: int8(r.IntN(2)),
			}
			o.parts = append(o.parts, part)
		}
	}
	return o
}

func (c *deskClient) drawKind() kind {
	n := c.random.IntN(100)
	if n < 3 && !c.h.faults { // of a plan whose fate nobody knows the specification cannot tell what it was
		return doPlan
	}
	if len(c.h.open) > 55 && n < 12 {
		return doRelease
	}
	for _, choice := range [...]struct {
		kind kind
		upTo int
	}{{doAssign, 48}, {doReassign, 56}, {doTransfer, 64}, {doAssignTo, 70}, {doVoid, 75}, {doRelease, 85}, {doSeveral, 91}, {doReport, 96}, {doSetRep, 98}} {
		if n < choice.upTo {
			return choice.kind
		}
	}
	if c.random.IntN(2) == 0 {
		return doPoison
	}
	return doExplain
}

// ask sends a request and puts the answer into the words of the specification.
func (c *deskClient) ask(id int, o *operation, impatient bool) answer {
	ctx := context.Background()
	if impatient && o.kind != doPlan {
		cancelled, cancel := context.WithCancel(ctx)
		go cancel()
		ctx = cancelled
	}
	desk := c.p.desk.Load()
	out, err := sendTo(ctx, desk, c.p.store, id, o)
	switch {
	case errors.Is(err, storetest.ErrCrashed) || errors.Is(err, allocation.ErrClosed):
		c.p.restart(desk)
		return answer{unknown: true}
	case errors.Is(err, storetest.ErrFull):
		c.p.faulty.MakeRoom()
		return answer{unknown: true}
	case errors.Is(err, allocation.ErrNotDurable), errors.Is(err, context.Canceled),
		// Explain reads the store itself.
		errors.Is(err, storetest.ErrInjected):
		return answer{unknown: true}
	}
	if err != nil {
		return answer{refusal: refusalOf(err)}
	}
	return out
}

// name is how the ledger remembers an operation: in the outcome of a release,
// the note of a void, the name of a rep, the key of an assignment by hand, and
// as the time a customer claims.
func name(id int) string { return fmt.Sprintf("o%d", id) }

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func claim(id int) time.Time { return epoch.Add(time.Duration(id) * time.Microsecond) }

func (o *operation) lead(id int) allocation.Customer {
	c := allocation.Customer{ID: customerID(o.customer), At: claim(id), Fields: map[string]any{"round": int(o.round)}}
	if o.round == badRound {
		c.Fields["round"] = "bad"
	}
	if o.key > 0 {
		c.Key = fmt.Sprintf("key %d", o.key)
	}
	return c
}

func sendTo(ctx context.Context, desk *allocation.Desk, store allocation.Store, id int, o *operation) (out answer, err error) {
	var d allocation.Decision
	switch o.kind {
	case doAssign:
		if o.via {
			d, err = desk.AssignVia(ctx, store, o.lead(id))
		} else {
			d, err = desk.Assign(ctx, o.lead(id))
		}
	case doReassign:
		d, err = desk.Reassign(ctx, o.lead(id))
	case doAssignTo:
		c := o.lead(id)
		c.Key = name(id)
		d, err = desk.AssignTo(ctx, c, repID(int(o.rep)))
	case doPlan:
		return sendPlan(ctx, desk, id, o)
	case doPoison:
		d, err = desk.Assign(ctx, o.lead(id))
	case doTransfer:
		return out, desk.Transfer(ctx, customerID(o.customer), repID(int(o.rep)))
	case doRelease:
		return out, desk.Release(ctx, customerID(o.customer), allocation.Outcome(name(id)))
	case doVoid:
		return out, desk.Void(ctx, customerID(o.customer), name(id))
	case doSetRep:
		return out, desk.SetRep(ctx, linearRep(int(o.rep), o.capacity, name(id)))
	case doSeveral:
		return sendSeveral(ctx, desk, id, o)
	case doReport:
		r, err := desk.Report(ctx)
		if err != nil {
			return out, err
		}
		return answer{report: inWords(r)}, nil
	case doExplain:
		x, err := desk.Explain(ctx, customerID(o.customer))
		if err != nil {
			return out, err
		}
		d = x.Decision
	}
	if err != nil {
		return out, err
	}
	return answer{decision: decisionOf(d)}, nil
}

func sendSeveral(ctx context.Context, desk *allocation.Desk, id int, o *operation) (answer, error) {
	requests := desk.Requests()
	var results []*allocation.Result
	for i := range o.parts {
		p := &o.parts[i]
		switch p.kind {
		case doAssign:
			results = append(results, requests.Assign(p.lead(id)))
		case doReassign:
			results = append(results, requests.Reassign(p.lead(id)))
		case doRelease:
			results = append(results, requests.Release(customerID(p.customer), allocation.Outcome(name(id))))
		case doVoid:
			results = append(results, requests.Void(customerID(p.customer), name(id)))
		}
	}
	if err := requests.Commit(ctx); err != nil {
		return answer{}, err
	}
	var out answer
	for _, r := range results {
		part := answer{refusal: refusalOf(r.Err)}
		if r.Err == nil && r.Decision.Status != "" {
			part.decision = decisionOf(r.Decision)
		}
		out.parts = append(out.parts, part)
	}
	return out, nil
}

func refusalOf(err error) refusal {
	var refused *allocation.Refusal
	switch {
	case err == nil:
		return fine
	case errors.Is(err, allocation.ErrUnknownCustomer):
		return unknownCustomer
	case errors.Is(err, allocation.ErrInput):
		return badInput
	case errors.Is(err, allocation.ErrKeyReused):
		return keyReused
	case errors.As(err, &refused):
		return refusal("refused: " + refused.Reason)
	}
	return refusal(err.Error())
}

func decisionOf(d allocation.Decision) decision {
	return decision{
		status: string(d.Status), rule: d.Rule, reason: d.Reason, rep: repNumber(d.Rep),
		seq: int(d.Seq), episode: d.Episode, repeated: d.Repeated, changed: d.Changed,
	}
}

func repNumber(id string) int8 {
	if id == "" {
		return -1
	}
	return int8(id[1] - '0')
}

// inWords reads a report, credits to the last unit.
func inWords(r *allocation.Report) *deskReport {
	out := &deskReport{version: int(r.Version)}
	for _, line := range r.Reps {
		rep := repNumber(line.Rep)
		out.open[rep] = int16(line.Open)
		for _, over := range line.Over {
			out.over[rep] += over + " "
		}
	}
	for _, w := range r.Waiting {
		var number int16
		fmt.Sscanf(w.Customer, "c%d", &number)
		out.waiting = append(out.waiting, number)
	}
	for _, rotation := range r.Rotations {
		rule := 0
		if rotation.ID == "rule:rest" {
			rule = 1
		}
		for _, account := range rotation.Reps {
			rep := repNumber(account.Rep)
			out.opened[rule] |= 1 << rep
			out.got[rule][rep] = int32(account.Customers)
			out.credit[rule][rep] = int64(math.Round(-account.Deviation * unit))
		}
	}
	return out
}

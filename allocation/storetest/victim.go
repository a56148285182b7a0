package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// victimJob is what a victim is told on its standard input.
type victimJob struct {
	Seed    uint64
	Prefix  string    // of the IDs of its customers
	Clock   time.Time // of the ledger's last entry
	Compact uint64    // entries up to this version have been looked at and may go
	Fill    int       // requests of each writer before the victim closes everything and opens it again
	Open    []string  // customers who are open or wait
	Known   []string  // customers who were decided before, whose webhooks may come again
}

// The words of a victim on its standard output. A line is written at once, so
// that it is there whole or not at all, and after what it says was answered.
const (
	saidEnter = "victim enters " // a phase
	saidLeave = "victim leaves "
	saidAck   = "victim acknowledges " // an ack as JSON: a decision was answered
	saidEnded = "victim has ended "    // a customer's ID: a release or a void was answered
	saidPlan  = "victim has planned "  // a planAck as JSON: the commit of a plan was answered
	saidError = "victim failed: "
)

func say(word, what string) { os.Stdout.WriteString(word + what + "\n") }

// Phases of a victim.
const (
	phaseCreate     = "making the database"
	phaseOpen       = "opening the store"
	phaseLoad       = "loading the desk"
	phaseDecide     = "deciding"
	phaseFirst      = "appending the first batch"
	phaseSnapshot   = "appending with a snapshot"
	phaseAppend     = "appending"
	phasePlan       = "committing a plan"
	phasePlanned    = "appending a plan"
	phaseCompact    = "compacting"
	phaseCheckpoint = "checkpoint"
	phaseClose      = "closing"
)

// ack is an answered decision.
type ack struct {
	Customer string
	Seq      uint64
	Status   allocation.Status
	Rep      string
}

// planAck is an answered plan.
type planAck struct {
	Seq       uint64 // of the planned entry
	Customers int    // for whom something was recorded
	Rows      []planGift
}

// planGift is what an answered plan says of one customer with whom it did
// something, or left him where he was.
type planGift struct {
	Customer  string
	Status    allocation.Status
	Rep, From string
}

const (
	victimDesk    = "acme"
	victimWriters = 8
)

// victim is a process at work on a desk until it is killed.
type victim struct {
	job     victimJob
	target  KillTarget
	ticks   atomic.Int64
	fresh   atomic.Int64
	store   allocation.Store
	desk    *allocation.Desk
	writers [victimWriters]*victimWriter
}

// runVictim opens the store and a desk, works, closes both, and does so again.
func runVictim(t *testing.T, dir string, target KillTarget) {
	v := &victim{target: target}
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = json.Unmarshal(text, &v.job)
	}
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(v.job.Seed, 0))
	for i := range v.writers {
		v.writers[i] = &victimWriter{victim: v, Rand: rand.New(rand.NewPCG(v.job.Seed, uint64(i)+1))}
	}
	for i, id := range v.job.Open {
		w := v.writers[i%victimWriters]
		w.mine = append(w.mine, id)
	}
	for { // ends with the process; -test.timeout is the way out when nobody kills it
		phase := phaseOpen
		if files, err := os.ReadDir(dir); err == nil && len(files) == 0 {
			phase = phaseCreate
		}
		say(saidEnter, phase)
		v.store = &phases{Store: target.Open(t, dir)}
		say(saidLeave, phase)
		if err := v.work(rng); err != nil {
			say(saidError, err.Error())
			t.Fatal(err)
		}
		say(saidEnter, phaseClose)
		if err := v.store.Close(); err != nil {
			say(saidError, err.Error())
			t.Fatal(err)
		}
		say(saidLeave, phaseClose)
	}
}

// work opens the desk and lets all writers send their requests.
func (v *victim) work(rng *rand.Rand) (err error) {
	ctx := context.Background()
	say(saidEnter, phaseLoad)
	v.desk, err = allocation.Open(ctx, allocation.Config{
		Desk: victimDesk, Policy: victimPolicy(), Store: v.store, Clock: v.clock,
		SnapshotEvery: []int{-1, 3, 15, 50}[rng.IntN(4)],
		MaxGroup:      []int{1, 3, 8, 0}[rng.IntN(4)],
	})
	say(saidLeave, phaseLoad)
	if err != nil {
		return err
	}
	defer v.desk.Close()
	if err := v.desk.SetReps(ctx, drawTeam(rng)); err != nil {
		return err
	}
	var group sync.WaitGroup
	var errs [victimWriters]error
	for i, w := range v.writers {
		group.Go(func() {
			for n := 0; n < v.job.Fill && errs[i] == nil; n++ {
				errs[i] = w.request(ctx)
			}
		})
	}
	group.Wait()
	return errors.Join(errs[:]...)
}

// clock goes on by forty minutes with each request, so that windows of caps
// pass.
func (v *victim) clock() time.Time {
	return v.job.Clock.Add(time.Duration(v.ticks.Add(1)) * 40 * time.Minute)
}

// drawTeam is the roster with capacities of today: on some days everybody is
// full, on others nearly nobody.
func drawTeam(rng *rand.Rand) []allocation.Rep {
	var team []allocation.Rep
	least := []int64{4, 4, 40}[rng.IntN(3)]
	for _, id := range []string{"ana", "bo", "cy", "dee", "eve", "fay"} {
		capacity := least + rng.Int64N(10)
		team = append(team, allocation.Rep{ID: id, Capacity: &capacity, KPI: map[string]float64{"wins": float64(1 + rng.IntN(3))}})
	}
	return team
}

// victimWriter sends requests, one or several at a time.
type victimWriter struct {
	*rand.Rand
	victim *victim
	mine   []string // customers who may be open
}

// openEach is how many customers a writer leaves open before it ends some.
const openEach = 5

// request does one thing that the users of a desk do.
func (w *victimWriter) request(ctx context.Context) error {
	v := w.victim
	switch draw := w.IntN(100); {
	case draw < 2 && v.job.Compact > 0:
		say(saidEnter, phaseCompact)
		defer say(saidLeave, phaseCompact)
		_, err := v.desk.Compact(ctx, v.job.Compact)
		return err
	case draw < 3 && v.target.Checkpoint != nil:
		say(saidEnter, phaseCheckpoint)
		defer say(saidLeave, phaseCheckpoint)
		return v.target.Checkpoint(ctx, v.store.(*phases).Store, w.IntN(1000))
	case draw < 10 && len(v.job.Known) > 0:
		return w.webhook(ctx, sizedCustomer(v.job.Known[w.IntN(len(v.job.Known))]))
	case draw < 18:
		return w.plan(ctx)
	case draw < 25:
		return w.list(ctx)
	case draw < 25+10*len(w.mine)/openEach:
		return w.end(ctx)
	}
	return w.webhook(ctx, w.customer())
}

// customer is one nobody has seen.
func (w *victimWriter) customer() allocation.Customer {
	c := w.unseen()
	w.mine = append(w.mine, c.ID)
	return c
}

// unseen is one who is not the writer's yet.
func (w *victimWriter) unseen() allocation.Customer {
	return sizedCustomer(fmt.Sprintf("%s-%d", w.victim.job.Prefix, w.victim.fresh.Add(1)))
}

// sizedCustomer has the size and the key that follow from his ID, so that
// whoever sends him again sends the same.
func sizedCustomer(id string) allocation.Customer {
	sum := 0
	for _, b := range []byte(id) {
		sum += int(b)
	}
	c := allocation.Customer{ID: id, Fields: map[string]any{"size": 1 + sum%3}}
	if sum%2 == 0 {
		c.Key = "webhook " + id
	}
	return c
}

// webhook sends a customer one to five times at once.
func (w *victimWriter) webhook(ctx context.Context, c allocation.Customer) error {
	var group sync.WaitGroup
	errs := make([]error, 1+w.IntN(5))
	for i := range errs {
		group.Go(func() {
			var d allocation.Decision
			if d, errs[i] = w.victim.desk.Assign(ctx, c); errs[i] == nil {
				acknowledge(d)
			} else if errors.Is(errs[i], allocation.ErrCompacted) {
				errs[i] = nil // decided so long ago that nobody knows how
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// list sends several customers as one request.
func (w *victimWriter) list(ctx context.Context) error {
	requests := w.victim.desk.Requests()
	results := make([]*allocation.Result, 1+w.IntN(12))
	for i := range results {
		results[i] = requests.Assign(w.customer())
	}
	if err := requests.Commit(ctx); err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
		acknowledge(r.Decision)
	}
	return nil
}

// plan plans a backlog and commits the plan, sometimes twice: customers nobody
// has seen, some of the writer's own, and some whom others move and end
// meanwhile. The pipe takes a line of as many at once.
func (w *victimWriter) plan(ctx context.Context) error {
	var backlog []allocation.Customer
	for range w.IntN(9) {
		backlog = append(backlog, w.unseen())
	}
	in := map[string]bool{}
	for _, from := range [][]string{w.mine, w.victim.job.Open} {
		for range w.IntN(6) {
			if len(from) == 0 {
				continue
			}
			if id := from[w.IntN(len(from))]; !in[id] {
				in[id] = true
				backlog = append(backlog, sizedCustomer(id))
			}
		}
	}
	plan, err := w.victim.desk.Plan(ctx, backlog, allocation.PlanOptions{NoCredit: w.IntN(3) == 0})
	if err != nil {
		return fmt.Errorf("planning: %w", err)
	}
	say(saidEnter, phasePlan)
	defer say(saidLeave, phasePlan)
	done, err := plan.Commit(ctx)
	if err != nil {
		return fmt.Errorf("committing a plan: %w", err)
	}
	w.planned(plan, done)
	if w.IntN(3) == 0 {
		again, err := plan.Commit(ctx)
		if err != nil || !again.Repeated || again.Seq != done.Seq || again.Customers != done.Customers {
			return fmt.Errorf("a plan is committed once: %+v was answered, then %+v, %v", done, again, err)
		}
	}
	return nil
}

// planned says that a plan was answered.
func (w *victimWriter) planned(plan *allocation.Plan, done *allocation.Commitment) {
	left := map[string]bool{}
	for _, l := range done.Left {
		left[l.Customer] = true
	}
	a := planAck{Seq: done.Seq, Customers: done.Customers}
	for _, row := range plan.Rows {
		if left[row.Customer] {
			continue
		}
		a.Rows = append(a.Rows, planGift{row.Customer, row.Status, row.Rep, row.From})
		fresh := strings.HasPrefix(row.Customer, w.victim.job.Prefix+"-") && !slices.Contains(w.mine, row.Customer)
		if fresh && (row.Status == allocation.StatusAssigned || row.Status == allocation.StatusWaiting) {
			w.mine = append(w.mine, row.Customer)
		}
	}
	text, err := json.Marshal(&a)
	if err != nil {
		panic(err)
	}
	say(saidPlan, string(text))
}

// end releases or voids one of the writer's customers.
func (w *victimWriter) end(ctx context.Context) (err error) {
	id := w.mine[0]
	w.mine = w.mine[1:]
	if w.IntN(3) == 0 {
		err = w.victim.desk.Void(ctx, id, "duplicate")
	} else {
		err = w.victim.desk.Release(ctx, id, allocation.Won)
	}
	if errors.Is(err, allocation.ErrCompacted) {
		return nil // an earlier victim has ended him, so that his decision could go
	}
	if err == nil {
		say(saidEnded, id)
	}
	return err
}

func acknowledge(d allocation.Decision) {
	text, err := json.Marshal(ack{d.Customer, d.Seq, d.Status, d.Rep})
	if err != nil {
		panic(err)
	}
	say(saidAck, string(text))
}

// phases is the victim's store, which says what it is about to do.
type phases struct{ allocation.Store }

// Update implements allocation.Store.
func (s *phases) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	phase := phaseDecide
	say(saidEnter, phase)
	defer func() { say(saidLeave, phase) }()
	return s.Store.Update(ctx, desk, since, func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b, err := fn(head, tail)
		if len(b.Entries) == 0 {
			return b, err
		}
		say(saidLeave, phase)
		switch {
		case head.Version == 0:
			phase = phaseFirst
		case slices.ContainsFunc(b.Entries, func(e allocation.Entry) bool { return e.Event == allocation.EventPlanned }):
			phase = phasePlanned
		case b.Snapshot != nil:
			phase = phaseSnapshot
		default:
			phase = phaseAppend
		}
		say(saidEnter, phase)
		return b, err
	})
}

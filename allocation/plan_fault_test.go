package allocation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// planDesk is a desk with some work behind it and a plan that is not committed,
// on a store that fails on schedule.
type planDesk struct {
	*testing.T
	inner *allocation.MemoryStore
	store *storetest.Faulty
	desk  *allocation.Desk
	plan  *allocation.Plan
	began int // entries before the plan
	now   time.Time
}

var planBacklog = []string{"L1", "L2", "N1", "N2", "N3", "N4", "N5"}

func newPlanDesk(t *testing.T) *planDesk {
	t.Helper()
	p := &planDesk{T: t, inner: allocation.NewMemoryStore(), now: allocation.Monday}
	p.store = storetest.NewFaulty(p.inner)
	p.open()
	p.must(p.desk.SetReps(context.Background(), pair(), allocation.Opening{At: allocation.Monday}))
	for i, size := range []int{1, 2, 1} {
		_, err := p.desk.Assign(context.Background(), allocation.Customer{ID: fmt.Sprint("L", i+1), At: allocation.Monday, Fields: map[string]any{"size": size}})
		p.must(err)
	}
	p.make(planBacklog...)
	p.began = len(p.entries())
	return p
}

func (p *planDesk) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *planDesk) open() {
	p.Helper()
	desk, err := allocation.Open(context.Background(), runConfig(p.store))
	p.must(err)
	p.desk = desk
}

// make plans customers.
func (p *planDesk) make(ids ...string) {
	p.Helper()
	var backlog []allocation.Customer
	for i, id := range ids {
		backlog = append(backlog, allocation.Customer{ID: id, At: p.now, Fields: map[string]any{"size": 1 + i%3}})
	}
	plan, err := p.desk.Plan(context.Background(), backlog, allocation.PlanOptions{At: p.now})
	p.must(err)
	p.plan = plan
}

// entries is the ledger as the store inside has it.
func (p *planDesk) entries() []allocation.Entry {
	p.Helper()
	var entries []allocation.Entry
	for e, err := range p.inner.Entries(context.Background(), "test", 0, 0) {
		p.must(err)
		entries = append(entries, e)
	}
	return entries
}

// commit commits the plan until it is answered. Between two tries the ledger has
// all of the plan or nothing. A process that crashed is followed by another one,
// which plans anew what is then left to plan.
func (p *planDesk) commit() *allocation.Commitment {
	p.Helper()
	for range 6 {
		done, err := p.plan.Commit(context.Background())
		p.whole()
		switch {
		case err == nil:
			return done
		case errors.Is(err, storetest.ErrCrashed):
			p.desk.Close()
			p.store.Restart()
			p.open()
			p.make(planBacklog...)
		case errors.Is(err, storetest.ErrFull):
			p.store.MakeRoom()
		case !errors.Is(err, storetest.ErrInjected) && !errors.Is(err, allocation.ErrConflict):
			p.Fatal(err)
		}
	}
	p.Fatal("the plan was never committed")
	return nil
}

// whole finds either nothing of a plan in the ledger, or all of it, once.
func (p *planDesk) whole() {
	p.Helper()
	plans, promised, found := 0, 0, 0
	for _, e := range p.entries() {
		switch {
		case e.Event == allocation.EventPlanned:
			plans++
			n, err := allocation.PlannedEntries(e)
			p.must(err)
			promised += n
		case allocation.ByPlan(e):
			found++
		}
	}
	if promised != found {
		p.Fatalf("%d plans in the ledger are of %d entries, and it has %d", plans, promised, found)
	}
}

// TestPlanFaults puts every fault of a store at every commit of a plan's
// committing, and lets every read of it fail. The plan is recorded whole or not
// at all, and once; in the end the ledger is that without faults, unless the
// process had to plan anew.
func TestPlanFaults(t *testing.T) {
	p := newPlanDesk(t)
	before := p.store.Reads()
	done := p.commit()
	reads := p.store.Reads() - before
	if done.Customers < 4 {
		t.Fatalf("the plan does too little: %+v", done)
	}
	want := text(t, p.entries())
	faults := append(append([]storetest.Fault{}, commitFaults...), storetest.Works)
	for _, first := range faults {
		for _, second := range faults {
			p := newPlanDesk(t)
			p.store.Then(first, second)
			p.commit()
			p.settled(want, fmt.Sprintf("the first commit %s, the second %s", first, second))
		}
	}
	for i := range reads {
		for _, fault := range faults {
			p := newPlanDesk(t)
			p.store.FailRead(i)
			p.store.Then(fault)
			p.commit()
			p.settled(want, fmt.Sprintf("read %d fails and the commit %s", i, fault))
		}
	}
	t.Logf("%d reads, %d commit faults", reads, len(faults))
}

// settled holds the ledger against that of a commit without faults.
func (p *planDesk) settled(want, fault string) {
	p.Helper()
	got := p.entries()
	p.must(allocation.Verify(context.Background(), p.inner, "test"))
	plans := 0
	for _, e := range got {
		if e.Event == allocation.EventPlanned {
			plans++
		}
	}
	if plans == 1 && text(p.T, got) != want {
		p.Fatalf("%s: the ledger is not that without faults:\n%s\nwant\n%s", fault, text(p.T, got), want)
	}
	if plans > 1 && !strings.Contains(fault, "crashes after") {
		p.Fatalf("%s: the plan was recorded %d times", fault, plans)
	}
	again, err := p.plan.Commit(context.Background())
	if p.must(err); !again.Repeated || len(p.entries()) != len(got) {
		p.Fatalf("%s: committing again records something: %+v", fault, again)
	}
}

// TestPlanIntruded lets another process decide while a plan is committed: what it
// decided stands, and the rest of the plan is recorded.
func TestPlanIntruded(t *testing.T) {
	p := newPlanDesk(t)
	other, err := allocation.Open(context.Background(), runConfig(p.inner))
	p.must(err)
	defer other.Close()
	p.now = p.now.AddDate(0, 0, 1)
	for _, id := range []string{"L1", "L2", "L3"} { // then there is room, whatever the other process does
		p.must(p.desk.Release(context.Background(), id, allocation.Won, allocation.At(p.now)))
	}
	p.make("N1", "N2")
	p.store.Meanwhile(func() {
		_, err := other.Assign(context.Background(), allocation.Customer{ID: "N2", At: p.now, Fields: map[string]any{"size": 1}})
		p.must(err)
	})
	p.store.Then(storetest.Intrudes)
	done, err := p.plan.Commit(context.Background())
	p.must(err) // at once: the desk looks again at what it is to append to
	if done.Resolved > 0 {
		t.Errorf("there is room for both, and %d were placed anew: the test asks nothing", done.Resolved)
	}
	left := ""
	for _, l := range done.Left {
		left += l.Customer + " " + l.Reason + "\n"
	}
	if !strings.Contains(left, "N2 "+allocation.ReasonDecided) {
		t.Errorf("of N2 another process recorded something meanwhile: it is left; left are %q", left)
	}
	for _, e := range p.entries() {
		if e.Customer == "N2" && allocation.ByPlan(e) {
			t.Errorf("the plan decided N2 again: %s", e)
		}
	}
	p.must(allocation.Verify(context.Background(), p.inner, "test"))
}

package allocation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// operation is one request, and how often it can be sent without harm: always.
type operation struct {
	name string
	do   func(d *allocation.Desk) error
}

var day = []operation{
	{"assign L1", assign("L1", 1)},
	{"assign L2", assign("L2", 5)},
	{"assign L1 again", assign("L1", 1)},
	{"release L1", func(d *allocation.Desk) error { return d.Release(context.Background(), "L1", allocation.Won) }},
	{"assign L3", assign("L3", 4)},
	{"void L2", func(d *allocation.Desk) error { return d.Void(context.Background(), "L2", "duplicate") }},
}

func assign(id string, size int) func(d *allocation.Desk) error {
	return func(d *allocation.Desk) error {
		_, err := d.Assign(context.Background(), allocation.Customer{ID: id, At: allocation.Monday, Fields: map[string]any{"size": size}})
		return err
	}
}

// runDay sends every request until it is answered, as a caller would, and
// returns the ledger.
func runDay(t *testing.T, store *storetest.Faulty) []allocation.Entry {
	t.Helper()
	ctx := context.Background()
	cfg := allocation.ReplayConfig(store, allocation.MachinePolicy("strict", 3, 2, allocation.Wait))
	var desk *allocation.Desk
	open := operation{"open", func(*allocation.Desk) (err error) { desk, err = allocation.Open(ctx, cfg); return err }}
	setReps := operation{"set reps", func(d *allocation.Desk) error {
		return d.SetReps(ctx, []allocation.Rep{
			{ID: "ana", Role: "a", KPI: map[string]float64{"w": 1}}, {ID: "bo", Role: "a", KPI: map[string]float64{"w": 2}},
		}, allocation.Opening{At: allocation.Monday})
	}}
	for _, op := range append([]operation{open, setReps}, day...) {
		for try := 1; ; try++ {
			err := op.do(desk)
			if err == nil {
				break
			}
			if !errors.Is(err, allocation.ErrNotDurable) && op.name != "open" || try == 5 {
				t.Fatalf("%s: %v", op.name, err)
			}
		}
	}
	if err := desk.Close(); err != nil {
		t.Fatal(err)
	}
	var entries []allocation.Entry
	for e, err := range store.Entries(ctx, cfg.Desk, 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if err := allocation.Verify(ctx, store, cfg.Desk); err != nil {
		t.Fatal(err)
	}
	return entries
}

// TestFaultyStore puts every fault at every commit of a short day, and every
// pair of faults at two commits: whatever the store does, the ledger that
// callers end with is the one of a day without faults.
func TestFaultyStore(t *testing.T) {
	want := text(t, runDay(t, storetest.NewFaulty(allocation.NewMemoryStore())))
	faults := []storetest.Fault{storetest.Works, storetest.FailsBefore, storetest.FailsAfter, storetest.Conflicts}
	const commits = 12
	for i := range commits {
		for j := i; j < commits; j++ {
			for _, first := range faults[1:] {
				for _, second := range faults {
					schedule := make([]storetest.Fault, commits)
					schedule[j], schedule[i] = second, first
					store := storetest.NewFaulty(allocation.NewMemoryStore(), schedule...)
					if got := text(t, runDay(t, store)); got != want {
						t.Fatalf("commit %d %s, commit %d %s: the ledger differs from that of a day without faults:\n%s\nwant\n%s", i, first, j, second, got, want)
					}
				}
			}
		}
	}
}

// text is a ledger without what is random in it.
func text(t *testing.T, entries []allocation.Entry) string {
	t.Helper()
	out := ""
	for _, e := range entries {
		e.Salt, e.Digest = nil, nil
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out += string(line) + "\n"
	}
	return out
}

// TestTwoProcesses has two desks on one store, as two processes would be, and
// sends each request to one or both of them.
func TestTwoProcesses(t *testing.T) {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	p := allocation.MachinePolicy("strict", 3, 2, allocation.Wait)
	open := func() *allocation.Desk {
		d, err := allocation.Open(ctx, allocation.ReplayConfig(store, p))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	a, b := open(), open()
	if err := a.SetReps(ctx, []allocation.Rep{{ID: "ana", Role: "a"}, {ID: "bo", Role: "a"}, {ID: "cy", Role: "a"}}, allocation.Opening{At: allocation.Monday}); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 2)
	for i := range 60 {
		results := make([]allocation.Decision, 2)
		for n, desk := range []*allocation.Desk{a, b} {
			go func() {
				var err error
				results[n], err = desk.Assign(ctx, allocation.Customer{ID: fmt.Sprintf("L%d", i), At: allocation.Monday.Add(time.Duration(i) * time.Hour)})
				errs <- err
			}()
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		if results[0].Seq != results[1].Seq || results[0].Rep != results[1].Rep || results[0].Repeated == results[1].Repeated {
			t.Fatalf("two processes, one customer, one decision: %+v and %+v", results[0], results[1])
		}
	}
	if err := allocation.Verify(ctx, store, "test"); err != nil {
		t.Fatal(err)
	}
}

// TestAssignViaRollsBack commits assignments through a store that may fail as
// a transaction that is rolled back does: the desk then knows nothing of them.
func TestAssignViaRollsBack(t *testing.T) {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	desk, err := allocation.Open(ctx, allocation.ReplayConfig(store, allocation.MachinePolicy("strict", 3, 2, allocation.Wait)))
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if err := desk.SetReps(ctx, []allocation.Rep{{ID: "ana", Role: "a"}, {ID: "bo", Role: "a"}}, allocation.Opening{At: allocation.Monday}); err != nil {
		t.Fatal(err)
	}
	lead := allocation.Customer{ID: "L1", At: allocation.Monday, Fields: map[string]any{"size": 1}}
	if _, err := desk.AssignVia(ctx, storetest.NewFaulty(store, storetest.FailsBefore), lead); !errors.Is(err, allocation.ErrNotDurable) {
		t.Fatalf("rolled back: %v", err)
	}
	d, err := desk.AssignVia(ctx, store, lead)
	if err != nil || d.Repeated {
		t.Fatalf("what was rolled back was never decided: %+v, %v", d, err)
	}
	if again, err := desk.Assign(ctx, lead); err != nil || !again.Repeated || again.Seq != d.Seq {
		t.Fatalf("what was committed is found by the next request: %+v, %v", again, err)
	}
}

// TestLostReplyAppliesOnce loses the reply of appends whose requests carry no
// key to be found by: the desk finds the append itself, and its answers stand.
func TestLostReplyAppliesOnce(t *testing.T) {
	ctx := context.Background()
	for _, other := range []string{"nobody", "another process"} {
		t.Run(other+" appends meanwhile", func(t *testing.T) {
			inner := allocation.NewMemoryStore()
			p := allocation.MachinePolicy("roomy", 20, 20, allocation.Wait)
			open := func(store allocation.Store) *allocation.Desk {
				d, err := allocation.Open(ctx, allocation.ReplayConfig(store, p))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { d.Close() })
				return d
			}
			second := open(inner)
			faulty := storetest.NewFaulty(inner)
			lossy := &afterwards{Store: faulty}
			desk := open(lossy)
			if err := desk.SetReps(ctx, []allocation.Rep{
				{ID: "ana", Role: "a", KPI: map[string]float64{"w": 1}}, {ID: "bo", Role: "a", KPI: map[string]float64{"w": 1}},
			}, allocation.Opening{At: allocation.Monday}); err != nil {
				t.Fatal(err)
			}
			lead := allocation.Customer{ID: "L1", At: allocation.Monday}
			var out allocation.Decision
			for i, step := range []operation{
				{"assigned", func(d *allocation.Desk) (err error) { out, err = d.Assign(ctx, lead); return err }},
				{"assigned", func(d *allocation.Desk) (err error) { out, err = d.Reassign(ctx, lead); return err }},
				{"granted", func(d *allocation.Desk) error { return d.Grant(ctx, "rest", "ana", 1, "gift") }},
				{"account_closed", func(d *allocation.Desk) error { return d.CloseAccount(ctx, "rest", "bo", "left") }},
			} {
				before := count(t, inner, step.name)
				faulty.Then(storetest.FailsAfter)
				if other != "nobody" {
					lossy.once = func() {
						if _, err := second.Assign(ctx, allocation.Customer{ID: fmt.Sprint("other ", i), At: allocation.Monday}); err != nil {
							t.Error(err)
						}
					}
				}
				if err := step.do(desk); err != nil {
					t.Fatalf("%s: the append is in the ledger, so the request succeeded: %v", step.name, err)
				}
				want := 1
				if step.name == "assigned" && other != "nobody" {
					want++
				}
				if got := count(t, inner, step.name) - before; got != want || out.Repeated {
					t.Errorf("one request is one entry, and its own: %d entries %s, %d wanted; %+v", got, step.name, want, out)
				}
			}
			if err := allocation.Verify(ctx, inner, "test"); err != nil {
				t.Error(err)
			}
		})
	}
}

// afterwards is a store that does something once an Update has ended.
type afterwards struct {
	allocation.Store
	once func()
}

func (s *afterwards) Update(ctx context.Context, desk string, since uint64, fn func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	err := s.Store.Update(ctx, desk, since, fn)
	if do := s.once; do != nil {
		s.once = nil
		do()
	}
	return err
}

// count is how many entries of an event a ledger holds.
func count(t *testing.T, store allocation.Store, event string) (n int) {
	t.Helper()
	for e, err := range store.Entries(context.Background(), "test", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if string(e.Event) == event {
			n++
		}
	}
	return n
}

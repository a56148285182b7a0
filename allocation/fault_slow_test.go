package allocation_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/storetest"
)

// answer is what one caller got.
type answer struct {
	decision allocation.Decision
	err      error
}

// slowDesk is a desk with two reps on a faulty store.
func slowDesk(t *testing.T, policies ...*allocation.Policy) (*allocation.Desk, *storetest.Faulty) {
	t.Helper()
	if policies == nil {
		policies = []*allocation.Policy{allocation.MachinePolicy("strict", 3, 2, allocation.Wait)}
	}
	store := storetest.NewFaulty(allocation.NewMemoryStore())
	desk, err := allocation.Open(t.Context(), allocation.ReplayConfig(store, policies...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { desk.Close() })
	if err := desk.SetReps(t.Context(), pair(), allocation.Opening{At: allocation.Monday}); err != nil {
		t.Fatal(err)
	}
	return desk, store
}

func pair() []allocation.Rep {
	return []allocation.Rep{
		{ID: "ana", Role: "a", KPI: map[string]float64{"w": 1}}, {ID: "bo", Role: "a", KPI: map[string]float64{"w": 2}},
	}
}

func lead(id string, size int) allocation.Customer {
	return allocation.Customer{ID: id, At: allocation.Monday, Fields: map[string]any{"size": size}}
}

// send assigns a customer from a goroutine of its own.
func send(ctx context.Context, desk *allocation.Desk, c allocation.Customer) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		d, err := desk.Assign(ctx, c)
		out <- answer{d, err}
	}()
	return out
}

// waitQueued waits until so many requests are in the queue.
func waitQueued(desk *allocation.Desk, n int) {
	for allocation.Queued(desk) < n {
		runtime.Gosched()
	}
}

// TestDuplicatesInFlight sends one customer six times while his first append
// stalls, and lets that append end in every way.
func TestDuplicatesInFlight(t *testing.T) {
	for _, end := range []storetest.Fault{storetest.Works, storetest.FailsBefore, storetest.FailsAfter, storetest.Conflicts} {
		desk, store := slowDesk(t)
		store.Then(storetest.Stalls, end)
		answers := []<-chan answer{send(t.Context(), desk, lead("L1", 1))}
		<-store.Stalled()
		for range 5 {
			answers = append(answers, send(t.Context(), desk, lead("L1", 1)))
		}
		waitQueued(desk, 5)
		for _, a := range answers {
			if len(a) != 0 {
				t.Errorf("%s: nobody is answered before the decision is durable; got %+v", end, <-a)
			}
		}
		store.Resume()
		first := <-answers[0]
		if first.err != nil || first.decision.Repeated || first.decision.Rep == "" {
			t.Fatalf("%s: the first request is decided: %+v", end, first)
		}
		for _, a := range answers[1:] {
			again := <-a
			if want := first.decision; again.err != nil || !again.decision.Repeated || again.decision.Seq != want.Seq || again.decision.Rep != want.Rep {
				t.Errorf("%s: a duplicate in flight gets the one decision: %+v, want %+v", end, again, want)
			}
		}
	}
}

// TestContextEndsMeanwhile ends the contexts of a request that is being
// appended, and of one that waits behind it.
func TestContextEndsMeanwhile(t *testing.T) {
	desk, store := slowDesk(t)
	store.Then(storetest.Stalls)
	ctx, cancel := context.WithCancel(t.Context())
	appending := send(ctx, desk, lead("L1", 1))
	<-store.Stalled()
	queued := send(ctx, desk, lead("L2", 1))
	patient := send(t.Context(), desk, lead("L3", 1))
	waitQueued(desk, 2)
	cancel()
	if a := <-queued; !errors.Is(a.err, context.Canceled) || errors.Is(a.err, allocation.ErrNotDurable) {
		t.Errorf("who waits behind a slow append gives up when his context ends, and nothing was done: %+v", a)
	}
	if len(appending) != 0 {
		t.Errorf("what is being appended cannot be withdrawn: %+v", <-appending)
	}
	store.Resume()
	if a := <-appending; a.err != nil || a.decision.Rep == "" {
		t.Errorf("what was appended is answered, context or not: %+v", a)
	}
	if a := <-patient; a.err != nil {
		t.Errorf("the others are decided: %+v", a)
	}
	if d, err := desk.Assign(t.Context(), lead("L2", 1)); err != nil || d.Repeated {
		t.Errorf("a withdrawn request left nothing behind: %+v, %v", d, err)
	}
}

// TestCloseMeanwhile closes a desk whose append stalls, with requests behind it.
func TestCloseMeanwhile(t *testing.T) {
	desk, store := slowDesk(t)
	store.Then(storetest.Stalls, storetest.FailsAfter)
	appending := send(t.Context(), desk, lead("L1", 1))
	<-store.Stalled()
	waiting := map[string]<-chan answer{}
	for _, id := range []string{"L2", "L3", "L4"} {
		waiting[id] = send(t.Context(), desk, lead(id, 0))
	}
	waitQueued(desk, 3)
	closed := make(chan error, 1)
	go func() { closed <- desk.Close() }()
	store.Resume()
	if a := <-appending; a.err != nil || a.decision.Rep == "" {
		t.Errorf("closing waits for what is being appended: %+v", a)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	for id, a := range waiting {
		got := <-a
		_, found, err := store.Lookup(t.Context(), "test", "c/lead/"+id)
		if err != nil {
			t.Fatal(err)
		}
		if answered := got.err == nil; answered != found || !answered && !errors.Is(got.err, allocation.ErrClosed) {
			t.Errorf("%s is either decided or refused with ErrClosed and left alone: in the ledger %t, answer %+v", id, found, got)
		}
	}
	if a := <-send(t.Context(), desk, lead("L5", 1)); !errors.Is(a.err, allocation.ErrClosed) {
		t.Errorf("a closed desk says so: %+v", a)
	}
}

// TestDiskFull fills the disk: nothing is acknowledged that is not kept, what
// only reads goes on, and with room again so does the rest.
func TestDiskFull(t *testing.T) {
	ctx := t.Context()
	desk, store := slowDesk(t)
	first, err := desk.Assign(ctx, lead("L1", 4))
	if err != nil {
		t.Fatal(err)
	}
	store.Then(storetest.FillsUp)
	for range 3 {
		if d, err := desk.Assign(ctx, lead("L2", 4)); !errors.Is(err, allocation.ErrNotDurable) || !errors.Is(err, storetest.ErrFull) {
			t.Fatalf("nothing is acknowledged on a full disk: %+v, %v", d, err)
		}
	}
	if again, err := desk.Assign(ctx, lead("L1", 4)); err != nil || !again.Repeated || again.Seq != first.Seq {
		t.Errorf("a repeated request needs no room: %+v, %v", again, err)
	}
	if r, err := desk.Report(ctx); err != nil || r.Version != first.Seq {
		t.Errorf("a report needs no room: %+v, %v", r, err)
	}
	if _, err := desk.Explain(ctx, "L1"); err != nil {
		t.Errorf("an explanation needs no room: %v", err)
	}
	other, err := allocation.Open(ctx, allocation.ReplayConfig(store, allocation.MachinePolicy("strict", 3, 2, allocation.Wait)))
	if err != nil {
		t.Fatalf("a desk opens without room: %v", err)
	}
	defer other.Close()
	store.MakeRoom()
	if d, err := desk.Assign(ctx, lead("L2", 4)); err != nil || d.Repeated {
		t.Errorf("with room again the request is decided: %+v, %v", d, err)
	}
	if err := allocation.Verify(ctx, store, "test"); err != nil {
		t.Error(err)
	}
}

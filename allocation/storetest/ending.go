package storetest

import (
	"context"
	"errors"
	"iter"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/evenhand/evenhand/allocation"
)

// everyCall makes each call of the port once and returns its error by name.
func everyCall(ctx context.Context, s allocation.Store, desk string) map[string]error {
	errs := make(map[string]error)
	errs["Update"] = s.Update(ctx, desk, 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return plainBatch(desk, head, 1), nil
	})
	_, errs["Snapshot"] = s.Snapshot(ctx, desk, math.MaxUint64)
	_, errs["Entries"] = collect(s.Entries(ctx, desk, 0, 0))
	_, _, errs["Lookup"] = s.Lookup(ctx, desk, "k")
	_, errs["Due"] = s.Due(ctx, farAway, 10)
	errs["Compact"] = s.Compact(ctx, desk, 3)
	_, errs["Links"] = collect(s.Links(ctx, desk))
	return errs
}

func cancelledBefore(f *fixture) {
	const desk = "acme"
	f.appendWithSnapshot(desk, 3)
	before := f.view(desk, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for call, err := range everyCall(ctx, f.store, desk) {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("%s with a cancelled context must return its error; got %v", call, err)
		}
	}
	err := f.store.Update(ctx, desk, 0, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		f.Errorf("Update with a cancelled context must not call fn")
		return allocation.Batch{}, nil
	})
	if !errors.Is(err, context.Canceled) {
		f.Errorf("Update with a cancelled context must return its error; got %v", err)
	}
	same(f, "calls with a cancelled context change nothing", before, f.view(desk, 0))
	f.append(desk, 1)
}

func cancelledWhileWaiting(f *fixture) {
	const desk, waiting = "acme", 4
	var (
		group   sync.WaitGroup
		errs    = make([]error, waiting)
		entered atomic.Bool
	)
	f.update(desk, func(head allocation.Head) allocation.Batch {
		ctx, cancel := context.WithCancel(context.Background())
		var started sync.WaitGroup
		started.Add(waiting)
		for i := range waiting {
			group.Go(func() {
				started.Done()
				errs[i] = f.store.Update(ctx, desk, 0, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
					entered.Store(true)
					return allocation.Batch{}, nil
				})
			})
		}
		started.Wait()
		for range 100 { // most are waiting for the desk by now; a late one finds its context cancelled
			runtime.Gosched()
		}
		cancel()
		group.Wait() // fn still holds the desk: they can only have ended because of the context
		return plainBatch(desk, head, 1)
	})
	for _, err := range errs {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("an Update that waits for the desk must end with its context's error; got %v", err)
		}
	}
	if entered.Load() {
		f.Errorf("an Update whose context ended while it waited must not call fn")
	}
	f.append(desk, 1)
	same(f, "the desk goes on, with what was appended and no more", uint64(2), f.head(desk).Version)
}

func errorOfFn(f *fixture) {
	const desk = "acme"
	f.append(desk, 2)
	before := f.view(desk, 0, "k")
	mine := errors.New("no decision today")
	err := f.store.Update(context.Background(), desk, 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b := plainBatch(desk, head, 1)
		b.Keys = []allocation.Key{{Name: "k", Seq: 3, New: true}}
		b.Timers = []allocation.Timer{{Name: "t", At: morning}}
		return b, mine
	})
	if err != mine {
		f.Errorf("an error from fn must be returned as it is; got %v", err)
	}
	same(f, "nothing is appended when fn returns an error", before, f.view(desk, 0, "k"))
	f.append(desk, 1)
}

func panicInFn(f *fixture) {
	const desk = "acme"
	f.append(desk, 2)
	before := f.view(desk, 0)

	recovered := func() (p any) {
		defer func() { p = recover() }()
		f.try(desk, func(allocation.Head) allocation.Batch { panic("a rule too many") })
		return nil
	}()
	same(f, "a panic in fn reaches the caller", any("a rule too many"), recovered)
	same(f, "a panic in fn appends nothing", before, f.view(desk, 0))

	// What t.FailNow does inside fn.
	var group sync.WaitGroup
	group.Go(func() {
		f.try(desk, func(allocation.Head) allocation.Batch { runtime.Goexit(); return allocation.Batch{} })
	})
	group.Wait()
	same(f, "a goroutine that ends inside fn appends nothing", before, f.view(desk, 0))

	f.append(desk, 1)
	f.append("other", 1)
}

func closed(f *fixture) {
	f.appendWithSnapshot("acme", 3)
	if err := f.store.Close(); err != nil {
		f.Errorf("Close: %v", err)
	}
	for call, err := range everyCall(context.Background(), f.store, "acme") {
		if !errors.Is(err, allocation.ErrClosed) {
			f.Errorf("%s of a closed store must return ErrClosed; got %v", call, err)
		}
	}
	f.try("acme", func(allocation.Head) allocation.Batch {
		f.Errorf("Update of a closed store must not call fn")
		return allocation.Batch{}
	})
	if err := f.store.Close(); err != nil && !errors.Is(err, allocation.ErrClosed) {
		f.Errorf("closing again returns nil or ErrClosed; got %v", err)
	}
}

func closeWaits(f *fixture) {
	var (
		group     sync.WaitGroup
		fnEnded   atomic.Bool
		tooEarly  atomic.Bool
		closeErr  error
		updateErr error
	)
	updateErr = f.try("acme", func(head allocation.Head) allocation.Batch {
		var started sync.WaitGroup
		started.Add(1)
		group.Go(func() {
			started.Done()
			closeErr = f.store.Close()
			tooEarly.Store(!fnEnded.Load())
		})
		started.Wait()
		for range 1000 {
			runtime.Gosched()
		}
		fnEnded.Store(true)
		return plainBatch("acme", head, 1)
	})
	group.Wait()
	if tooEarly.Load() {
		f.Errorf("Close must not return while fn runs")
	}
	if updateErr != nil || closeErr != nil {
		f.Errorf("Close lets an Update in flight end first, and both succeed; got %v from Update and %v from Close", updateErr, closeErr)
	}
}

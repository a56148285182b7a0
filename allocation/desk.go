package allocation

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what a desk stands on. Store is required, and Policy unless the
// ledger holds one already.
type Config struct {
	// Desk names the desk within the store: the unit within which caps and
	// rotation are shared, such as "acme/emea". At most 256 bytes. Defaults to
	// "default".
	Desk string

	// Policy in force from now on. When the ledger's last policy has another
	// hash, opening the desk records this one. Defaults to the ledger's last.
	Policy *Policy

	// Compile turns a policy's recorded source back into a Policy; usually
	// policy.Compile. Without it the desk knows no policy but Policy: it can
	// neither explain what was decided under another one, nor settle what was
	// due under the last one before a new one begins, nor follow another
	// process that sets one.
	Compile func(source []byte) (*Policy, error)

	// Store keeps the ledger.
	Store Store

	// Clock gives the recorded time of a live desk. Defaults to time.Now.
	Clock func() time.Time

	// Replay makes the desk take the time of each request in place of the
	// clock. Defaults to ReplayOff.
	Replay Replay

	// Entropy is where the salts of the customers' digests come from; nothing
	// else in a ledger is random. Defaults to crypto/rand.
	Entropy io.Reader

	// SnapshotEvery is how many entries may follow a snapshot before the next
	// one is made. -1 makes none. Defaults to 10,000.
	SnapshotEvery int

	// MaxGroup is how many requests may share one append. Defaults to 256.
	MaxGroup int

	// Tries is how often the desk tries to decide a customer whose deciding
	// panics or fails before it sets him aside, recorded as unassigned with
	// ReasonFailed. All are made at once, within his request. Defaults to 3.
	Tries int
}

// Replay says where a desk takes the time from.
type Replay uint8

const (
	ReplayOff Replay = iota // the clock
	// The request. Between two requests the desk does at its own time what a
	// live desk would have been woken for. A time before the ledger's last
	// entry is refused.
	ReplayStrict
	// Like ReplayStrict, but such a time is taken as that of the last entry.
	ReplayClamp
)

// maxAhead is how far a request's own time may be ahead of the clock.
const maxAhead = 5 * time.Minute

// Desk decides who gets which customer, one request after the other. Its
// methods may be called from any number of goroutines; each returns when what
// it did is durable. Close it when done.
//
// A context that ends while a request waits for its turn withdraws it: nothing
// was done. Once its append has begun the context has no effect, and the call
// returns when the store has answered.
//
// Inside, one goroutine takes the requests from a queue, applies all that wait
// to the state in memory, and appends what came of it in one batch. A request
// is answered after the batch is durable, a repeated one included.
type Desk struct {
	cfg    Config
	queue  chan *request
	stop   chan struct{}
	done   chan struct{}
	closed sync.Once
	shadow bool // follows another desk: see Shadow

	// Owned by serve.
	state      *state
	policies   map[string]*Policy // by hash
	unbound    error              // why the ledger's policy cannot be used
	unrecorded *Policy            // replay: given at Open, recorded with the first request that has a time
	snapshotAt uint64             // version of the last snapshot
	wake       time.Time          // the timer that was set last
	wakeKnown  bool
}

// request is one call of a desk's method on its way through the queue.
type request struct {
	ctx  context.Context
	do   func(*group) error // runs inside the serial section; may run again after a failed append
	via  Store              // appends through this store alone; nil: the desk's
	err  error
	done chan struct{}

	taken atomic.Bool // by the serial section, or back by its caller
}

// take claims a request; false means that the other side was first.
func (r *request) take() bool { return r.taken.CompareAndSwap(false, true) }

// Open opens a desk: it loads the newest snapshot, folds the entries after it
// and, if cfg.Policy is new to the ledger, records it. Cost: the entries since
// the last snapshot.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	d := &Desk{
		cfg: cfg, queue: make(chan *request, cfg.MaxGroup),
		stop: make(chan struct{}), done: make(chan struct{}),
		policies: map[string]*Policy{},
	}
	if cfg.Policy != nil {
		d.policies[cfg.Policy.Hash] = cfg.Policy
	}
	go d.serve()
	if err := d.submit(ctx, func(g *group) error { return g.setPolicy(cfg.Policy) }); err != nil {
		d.Close()
		return nil, fmt.Errorf("open desk %q: %w", cfg.Desk, err)
	}
	return d, nil
}

func (cfg *Config) fill() error {
	if cfg.Desk == "" {
		cfg.Desk = "default"
	}
	if err := checkName("the desk's name", cfg.Desk); err != nil {
		return badInput("%w", err)
	}
	if cfg.Store == nil {
		return badInput("Config.Store is missing. Maybe sqlitestore.Open or allocation.NewMemoryStore")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Entropy == nil {
		cfg.Entropy = rand.Reader
	}
	if cfg.SnapshotEvery == 0 {
		cfg.SnapshotEvery = 10_000
	}
	if cfg.MaxGroup <= 0 {
		cfg.MaxGroup = 256
	}
	if cfg.Tries <= 0 {
		cfg.Tries = 3
	}
	return nil
}

// Close ends the desk after the requests in flight. It does not close the
// store.
func (d *Desk) Close() error {
	d.closed.Do(func() { close(d.stop) })
	<-d.done
	return nil
}

// submit queues a request and waits for its answer.
func (d *Desk) submit(ctx context.Context, do func(*group) error) error {
	return d.enqueue(&request{ctx: ctx, do: do, done: make(chan struct{})})
}

func (d *Desk) enqueue(r *request) error {
	select {
	case d.queue <- r:
	case <-d.stop:
		return ErrClosed
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	select {
	case <-r.done:
		return r.err
	case <-r.ctx.Done():
		if r.take() {
			return r.ctx.Err()
		}
		<-r.done // its append has begun: only the store can say how it ended
		return r.err
	case <-d.done:
		select {
		case <-r.done: // answered in the last group
			return r.err
		default:
			return ErrClosed
		}
	}
}

// serve is the serial section.
func (d *Desk) serve() {
	defer close(d.done)
	for {
		select {
		case <-d.stop:
			return
		case r := <-d.queue:
			if r.via != nil {
				d.serveVia(r)
				continue
			}
			group, via := d.gather(r)
			d.serveGroup(group)
			if via != nil {
				d.serveVia(via)
			}
		}
	}
}

// gather takes all requests that are waiting, up to the group's limit or to
// one that has an append of its own.
func (d *Desk) gather(first *request) (requests []*request, via *request) {
	requests = []*request{first}
	for yields := 0; len(requests) < d.cfg.MaxGroup; {
		select {
		case r := <-d.queue:
			if r.via != nil {
				return requests, r
			}
			requests = append(requests, r)
			yields = 0
		default:
			// Callers who were just answered are about to ask again. Letting
			// them run costs microseconds; an append without them costs all
			// of them another append.
			if yields == gatherYields {
				return requests, nil
			}
			yields++
			runtime.Gosched()
		}
	}
	return requests, nil
}

// gatherYields is how often gather lets others run before it takes the group
// as complete.
const gatherYields = 8

// serveVia applies one request through the caller's own store. What becomes of
// it is the caller's affair, so the state is loaded again before the next
// request.
func (d *Desk) serveVia(r *request) {
	for _, r := range takeAll([]*request{r}) {
		failed := faults{}
		err := d.tryGroup(r.via, []*request{r}, new(Head), failed)
		for failed.note(err) {
			d.state = nil
			err = d.tryGroup(r.via, []*request{r}, new(Head), failed)
		}
		if err != nil {
			r.err = fmt.Errorf("%w: %w", ErrNotDurable, err)
		}
		d.state = nil
		close(r.done)
	}
}

// serveGroup applies requests, appends what came of them, and answers. When
// the append fails the state in memory is worth nothing: it is dropped and
// loaded again. If the ledger holds the append after all, the answers stand;
// otherwise the requests are decided anew. A second failure is reported.
func (d *Desk) serveGroup(requests []*request) {
	requests = takeAll(requests)
	var doubtful Head
	failed := faults{}
	for attempt := 1; len(requests) > 0; attempt++ {
		err := d.tryGroup(d.cfg.Store, requests, &doubtful, failed)
		if err == nil {
			break
		}
		d.state = nil
		if failed.note(err) {
			attempt--
			continue
		}
		if attempt == 2 {
			if doubtful != (Head{}) || !errors.Is(err, ErrLedger) {
				err = fmt.Errorf("%w: %w", ErrNotDurable, err)
			}
			for _, r := range requests {
				r.err = err
			}
			break
		}
	}
	for _, r := range requests {
		close(r.done)
	}
}

// takeAll claims the requests that were not withdrawn, and answers those whose
// context has ended.
func takeAll(requests []*request) []*request {
	return slices.DeleteFunc(requests, func(r *request) bool {
		if !r.take() {
			return true
		}
		if r.err = r.ctx.Err(); r.err == nil {
			return false
		}
		close(r.done)
		return true
	})
}

// tryGroup makes one append of a group of requests, unless the ledger already
// holds the doubtful one that was tried before. It leaves in doubtful the head
// that its own append makes.
func (d *Desk) tryGroup(store Store, requests []*request, doubtful *Head, failed faults) error {
	ctx := context.Background()
	if d.state == nil {
		if err := d.load(ctx); err != nil {
			return err
		}
	}
	var after Head
	err := store.Update(ctx, d.cfg.Desk, d.state.head.Version, func(head Head, tail iter.Seq2[Entry, error]) (batch Batch, err error) {
		// What panics in here is a policy that cannot be bound; a request that
		// panics is caught before.
		defer func() {
			if p := recover(); p != nil {
				batch, err = Batch{}, fmt.Errorf("the desk panicked: %v", p)
			}
		}()
		if err := d.catchUp(head, tail); err != nil {
			return Batch{}, err
		}
		if kept, err := d.holds(ctx, store, *doubtful); kept || err != nil {
			return Batch{}, err
		}
		g := &group{ctx: ctx, d: d, s: d.state, store: store, keys: map[string]Key{}, faults: failed}
		for _, r := range requests {
			if err := g.run(r); err != nil {
				return Batch{}, err
			}
		}
		batch, err = g.batch()
		after = Head{Version: d.state.head.Version, Link: batch.Link}
		*doubtful = after
		return batch, err
	})
	if err != nil {
		return err
	}
	if after.Link != ([32]byte{}) {
		d.state.head = after
	}
	return nil
}

// holds reports whether an append that ended at a head is in the ledger.
// Requests without a key, such as a grant, would otherwise be applied twice
// when only the reply of their append was lost. Cost: nothing unless another
// process appended since, then the desk's links.
func (d *Desk) holds(ctx context.Context, store Store, want Head) (bool, error) {
	now := d.state.head
	if want.Link == ([32]byte{}) || now.Version <= want.Version {
		return want.Link != ([32]byte{}) && now == want, nil
	}
	for link, err := range store.Links(ctx, d.cfg.Desk) {
		if err != nil || link.Version >= want.Version {
			return link == want, err
		}
	}
	return false, nil
}

// run applies one request.
func (g *group) run(r *request) error {
	g.current = r
	r.err = g.apply(0, func() error { return r.do(g) })
	return g.broken
}

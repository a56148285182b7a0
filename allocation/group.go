package allocation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// group collects what several requests add to the ledger in one append. It
// lives inside the serial section.
type group struct {
	ctx      context.Context
	d        *Desk
	s        *state
	store    Store
	events   []*event
	keys     map[string]Key // keys this group sets, by name
	erase    []CustomerRef
	current  *request
	target   target // what is being decided or done
	deciding bool   // … is a customer's deciding, after which he can be set aside
	faults   faults // of the targets that failed before, in this group
	advance  bool   // somebody follows the timers: they are set though nothing is appended
	live     uint64 // of a shadow: the entry it follows
	broken   error  // the store or the fold failed: nothing of the group may be kept
}

// fail marks the group as broken and returns the error.
func (g *group) fail(err error) error {
	if g.broken == nil {
		g.broken = err
	}
	return err
}

// emit gives an event its place in the ledger and folds it.
func (g *group) emit(at time.Time, e *event) error {
	e.Seq = g.s.head.Version + 1
	e.At, e.Live = at, g.live
	key := g.s.keyOfWaiting(e)
	if err := g.s.fold(e); err != nil {
		return g.fail(&poison{g.target, fault{err, g.deciding}}) // its own fault, not that of those beside it
	}
	g.events = append(g.events, e)
	if e.Customer != "" {
		g.point(customerKey(e.ref()), e.Seq)
	}
	if key != "" {
		g.point(requestKey(key), e.Seq)
	}
	return nil
}

// keyOfWaiting returns the request key of a customer who waits and is about to
// be decided by e: the key follows the decision, so that the entry he waited by
// can be compacted away.
func (s *state) keyOfWaiting(e *event) string {
	c := s.customers[e.ref()]
	if c == nil || c.status != StatusWaiting || c.episode != e.Episode || e.decisionSeq() != e.Seq {
		return ""
	}
	return c.request
}

// point sets a key to an entry of this group.
func (g *group) point(name string, seq uint64) {
	fresh, known := g.keys[name]
	if !known {
		_, found, err := g.store.Lookup(g.ctx, g.d.cfg.Desk, name)
		if err != nil {
			g.fail(err)
		}
		fresh = Key{Name: name, New: !found}
	}
	fresh.Seq = seq
	g.keys[name] = fresh
}

// lookup finds the entry a key points to, in this group or in the store.
func (g *group) lookup(name string) (uint64, bool, error) {
	if k, ok := g.keys[name]; ok {
		return k.Seq, k.Seq != 0, nil
	}
	seq, found, err := g.store.Lookup(g.ctx, g.d.cfg.Desk, name)
	if err != nil {
		return 0, false, g.fail(err)
	}
	// Remember the answer: point need not ask again.
	g.keys[name] = Key{Name: name, Seq: seq, New: !found}
	return seq, found, nil
}

// entry reads one entry of this group or of the store.
func (g *group) entry(seq uint64) (*event, error) {
	if len(g.events) > 0 && seq >= g.events[0].Seq {
		return g.events[seq-g.events[0].Seq], nil
	}
	e, err := readEntry(g.ctx, g.store, g.d.cfg.Desk, seq)
	switch {
	case errors.Is(err, ErrCompacted):
		return nil, err // nothing was changed: the request alone cannot be answered
	case err != nil:
		return nil, g.fail(err)
	}
	return e, nil
}

// readEntry reads one entry from a store.
func readEntry(ctx context.Context, store Store, desk string, seq uint64) (*event, error) {
	for entry, err := range store.Entries(ctx, desk, seq-1, seq) {
		if err != nil {
			return nil, err
		}
		return decode(entry)
	}
	return nil, fmt.Errorf("ledger entry %d is missing", seq)
}

// batch encodes the group for the store.
func (g *group) batch() (Batch, error) {
	b := Batch{Erase: g.erase}
	for _, e := range g.events {
		if err := g.encode(e); err != nil {
			return Batch{}, err
		}
		b.Entries = append(b.Entries, e.Entry)
	}
	if len(b.Entries) == 0 {
		// What only reads must not write: it goes on when the disk is full, and
		// the timer is that of the last append. One that came too early moves
		// on when it is followed.
		if g.advance {
			g.setTimer(&b)
		}
		return b, nil
	}
	g.forgetErased()
	b.Link = Link(g.s.head.Link, b.Entries)
	first := b.Entries[0].Seq
	for _, k := range g.keys {
		if k.Seq >= first {
			b.Keys = append(b.Keys, k)
		}
	}
	slices.SortFunc(b.Keys, func(a, b Key) int { return strings.Compare(a.Name, b.Name) })
	g.setTimer(&b)
	return b, g.snapshot(&b)
}

// forgetErased lets go of what the store erases with this append. That includes
// the fields of a customer who was erased and then decided anew in it.
func (g *group) forgetErased() {
	for _, ref := range g.erase {
		if c := g.s.customers[ref]; c != nil && c.fields != nil {
			c.forgetFields()
			if g.s.live != nil {
				g.s.live.drained = 0 // without his fields other rules may take him
			}
		}
	}
}

// setTimer asks to be advanced when a waiting customer may get his turn.
func (g *group) setTimer(b *Batch) {
	if g.d.shadow {
		return // it is woken when the desk it follows is
	}
	at := g.s.wakeAt()
	if !at.IsZero() && at.Equal(g.s.now) {
		at = atOnce
	}
	// Another process may have moved the timer and left no entry. That matters
	// to whoever appends: what it found then no longer holds.
	if same := g.d.wakeKnown && at.Equal(g.d.wake); same && (at.IsZero() || len(b.Entries) == 0) {
		return
	}
	b.Timers = []Timer{{Name: "waiting", At: at}}
	g.d.wake, g.d.wakeKnown = at, true
}

// atOnce is the time of a timer that is due by any clock: one that was put back
// may show the recorded time only in an hour, or a day.
var atOnce = time.Unix(0, 0).UTC()

// encode fills in what an entry is stored with: its body, and the fields of
// the customer it decides on.
func (g *group) encode(e *event) error {
	if e.subject != nil {
		e.Fields = e.subject.AppendFields(nil)
		if string(e.Fields) == "{}" {
			e.Fields = nil
		}
	}
	if e.Fields != nil && e.Salt == nil {
		e.Salt = make([]byte, 16)
		if _, err := io.ReadFull(g.d.cfg.Entropy, e.Salt); err != nil {
			return fmt.Errorf("no entropy for a salt: %w", err)
		}
		e.Digest = fieldsDigest(e.Salt, e.Fields)
	}
	if e.Body != nil {
		return nil // it was prepared: see Plan.Commit
	}
	return e.encode()
}

// snapshot adds a snapshot to the batch when one is due. A large state waits
// longer, so that snapshots stay a small part of the work.
func (g *group) snapshot(b *Batch) error {
	every := g.d.cfg.SnapshotEvery
	if every < 0 {
		return nil
	}
	version := b.Entries[len(b.Entries)-1].Seq
	if version-g.d.snapshotAt < uint64(max(every, len(g.s.customers))) {
		return nil
	}
	text, err := g.s.encode()
	if err != nil {
		return err
	}
	b.Snapshot = seal(Head{version, b.Link}, text)
	g.d.snapshotAt = version
	return nil
}

// time settles the recorded time of a request that says it happened at a
// time; zero means now.
func (g *group) time(at time.Time) (time.Time, error) {
	at = at.UTC().Truncate(time.Microsecond)
	if year := at.Year(); year < 1 || year > 9999 {
		return time.Time{}, fmt.Errorf("%w: the year %d is not within 1 to 9999", ErrTime, year)
	}
	clock := g.d.cfg.Clock().UTC().Truncate(time.Microsecond)
	if g.d.cfg.Replay == ReplayOff {
		if !at.IsZero() && at.After(clock.Add(maxAhead)) {
			return time.Time{}, fmt.Errorf("%w: %s is more than %d minutes ahead of the clock, which shows %s\nMaybe the clock of the machine that sent it is wrong",
				ErrTime, at.Format(time.RFC3339), maxAhead/time.Minute, clock.Format(time.RFC3339))
		}
		at = clock
	}
	switch {
	case at.IsZero():
		return g.s.now, nil
	case !at.Before(g.s.now):
		return at, nil
	case g.d.cfg.Replay == ReplayStrict:
		return time.Time{}, fmt.Errorf("%w: %s is before the ledger's last entry, %s\nMaybe sort the input by time",
			ErrTime, at.Format(time.RFC3339), g.s.now.Format(time.RFC3339))
	}
	return g.s.now, nil // a clock that went back, or clamping
}

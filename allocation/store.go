package allocation

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Errors that stores return, wrapped or bare. Everything else a store returns
// is taken as "it may or may not have happened": the desk then forgets what it
// knows, loads again and looks for the append before it decides anew.
var (
	// ErrKeyTaken: a batch wanted to insert a key that exists. Nothing was
	// appended.
	ErrKeyTaken = errors.New("evenhand: key is taken")
	// ErrConflict: the desk moved on while the batch was made. Nothing was
	// appended.
	ErrConflict = errors.New("evenhand: another process worked on this desk meanwhile")
	// ErrCompacted: the entries asked for were dropped by Compact.
	ErrCompacted = errors.New("evenhand: these entries were compacted away")
	// ErrClosed: the store or the desk is closed.
	ErrClosed = errors.New("evenhand: the desk or its store is closed")
)

// Store keeps ledgers, one per desk, and knows nothing of rules. The embedded
// default is allocation/sqlitestore; NewMemoryStore is for tests and for runs
// that need no memory. Package storetest holds the suite that every store
// passes, crashes included.
//
// What a store promises:
//
//   - Every method may be called concurrently, from several desks.
//   - A batch is appended whole or not at all, and is durable when Update
//     returns nil.
//   - Within one desk, Update calls are exclusive: between the call of fn and
//     the append no other process appends to that desk. A store may make
//     other desks wait as well, as SQLite does with its one writer, but never
//     for longer than one Update.
//   - Entries come back exactly as they were appended, erased fields excepted.
//   - Two desks never see each other's entries, keys or snapshots, whatever
//     their names.
//   - A batch that breaks a rule of Batch is refused whole; Batch.Check holds
//     the rules.
//
// What it may rely on: fn neither blocks on other desks nor calls the store's
// Update; it may call Lookup, Entries, Snapshot and Links, which then see the
// ledger as it was before the batch.
type Store interface {
	// Update appends one batch to a desk. It calls fn exactly once, under the
	// desk's exclusivity, with the head of the ledger and the entries that
	// follow version since (the version the caller has folded). fn returns the
	// batch; an empty batch appends nothing. An error from fn is returned as it
	// is and nothing is appended. The tail may be ranged over once, only
	// inside fn.
	Update(ctx context.Context, desk string, since uint64, fn func(head Head, tail iter.Seq2[Entry, error]) (Batch, error)) error

	// Snapshot returns the newest snapshot whose version is at most version;
	// the zero Snapshot when there is none.
	Snapshot(ctx context.Context, desk string, version uint64) (Snapshot, error)

	// Entries yields the entries after < Seq <= upTo in order; upTo 0 means to
	// the end. When entries in the range were dropped it yields ErrCompacted
	// and no entry.
	Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[Entry, error]

	// Lookup finds the entry a key points to.
	Lookup(ctx context.Context, desk, key string) (seq uint64, found bool, err error)

	// Due returns timers of all desks that are due at or before the time,
	// earliest first (then by desk and name), at most limit of them.
	Due(ctx context.Context, at time.Time, limit int) ([]Timer, error)

	// Compact drops the entries with Seq <= upTo, and the snapshots below
	// upTo. It refuses unless there is a snapshot at exactly version upTo.
	// Keys, timers and chain links stay: a repeated request is still
	// recognised. Use Desk.Compact, which knows what the desk still needs.
	Compact(ctx context.Context, desk string, upTo uint64) error

	// Links yields the desk's chain: one link per batch, in order.
	Links(ctx context.Context, desk string) iter.Seq2[Head, error]

	// Close frees what the store holds. Calls in flight end first. Closing
	// twice is no harm: it returns nil or ErrClosed.
	Close() error
}

// Head is the state of a ledger after a batch: the sequence number of its last
// entry and the hash-chain link over everything up to it. A desk that does not
// exist yet has the zero Head.
type Head struct {
	Version uint64
	Link    [32]byte
}

// Batch is what one Update appends, atomically.
type Batch struct {
	// Entries to append. Their Seq values follow the head's version without a
	// gap.
	Entries []Entry
	// Link is the chain link after these entries. Required when there are
	// entries.
	Link [32]byte
	// Keys to set. A key marked New must not exist yet, or the whole batch is
	// refused with ErrKeyTaken; any other key is inserted or pointed anew. The
	// last mention of a name wins. A key points to an entry of the ledger,
	// this batch included.
	Keys []Key
	// Timers to set or, where At is zero, to cancel. A timer is identified by
	// its name within the desk.
	Timers []Timer
	// Erase empties the erasable columns of all entries of these customers,
	// those of this batch included.
	Erase []CustomerRef
	// Snapshot to keep; its version is that of the last entry of the batch.
	// Optional.
	Snapshot *Snapshot
}

// Key points from a name, unique within the desk, to an entry. Names are any
// UTF-8 of at most 1,024 bytes.
type Key struct {
	Name string
	Seq  uint64
	New  bool
}

// Timer asks that a desk be advanced at a time.
type Timer struct {
	Desk string // filled in by Due; ignored in a Batch
	Name string
	At   time.Time // UTC, whole microseconds; zero cancels
}

// Snapshot is the fold of a desk's entries up to a version.
type Snapshot struct {
	Version uint64
	Link    [32]byte
	State   []byte // opaque to the store
}

// CustomerRef names a customer within a desk.
type CustomerRef struct {
	Kind string
	ID   string
}

// String returns kind/ID.
func (r CustomerRef) String() string { return r.Kind + "/" + r.ID }

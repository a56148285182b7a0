package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/evenhand/evenhand/allocation"
	codes "modernc.org/sqlite/lib"
)

// Store keeps ledgers in one SQLite file. Make one with Open; it is safe for
// concurrent use, and implements allocation.Store.
type Store struct {
	reads

	path  string
	db    *sql.DB
	tries int // how often begin asks for the write lock
	calls sync.WaitGroup

	turn   chan struct{} // holds one token while somebody writes; a channel, so that waiting can be cancelled
	writer *writer       // belongs to whoever has the turn

	mu       sync.Mutex
	closed   bool
	prepared map[string]*sql.Stmt // on whichever connection of the pool is free
}

var _ allocation.Store = (*Store)(nil)

func newStore(path string, db *sql.DB, busy time.Duration) *Store {
	// Each reader takes a connection for the moment of one query. Keeping some
	// open keeps their prepared statements.
	db.SetMaxIdleConns(4)
	s := &Store{
		path:     path,
		db:       db,
		tries:    int(busy/writerPatience) + 1,
		turn:     make(chan struct{}, 1),
		prepared: make(map[string]*sql.Stmt),
	}
	s.reads = reads{read: s.read}
	return s
}

// DB is a handle on the same file, for tables of your own and for Via. Its
// connections have the same settings. Transactions begun with it take the
// file's write lock at once, unless they are read-only, and hold up every
// Update meanwhile: keep them short, and end one before calling Update in the
// same goroutine. Do not write to Evenhand's tables, close the handle, limit
// its connections, or change their settings: readers and the writer take theirs
// from it.
func (s *Store) DB() *sql.DB { return s.db }

// enter counts a call in. After a nil error the caller owes calls.Done.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return allocation.ErrClosed
	}
	s.calls.Add(1)
	return nil
}

// read runs queries on a connection of the pool.
func (s *Store) read(ctx context.Context, query func(context.Context, session) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.calls.Done()
	return explain(s.path, query(ctx, session{stmt: s.pooled, one: alone{}}))
}

// pooled prepares a statement once for the pool.
func (s *Store) pooled(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.PrepareContext(ctx, query)
	if err == nil {
		s.prepared[query] = stmt
	}
	return stmt, err
}

// Update implements allocation.Store. It waits for its turn until ctx is done
// or the busy timeout has passed; once fn is called, ctx has no more effect on
// it. One fsync, and some microseconds for each row.
func (s *Store) Update(ctx context.Context, desk string, since uint64, fn func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	var fromFn error
	err := s.write(ctx, func(ctx context.Context, session session) (err error) {
		fromFn, err = session.update(ctx, desk, since, fn, func(change func() error) error { return change() })
		return errors.Join(fromFn, err) // either ends the transaction
	})
	if fromFn != nil {
		return fromFn
	}
	return err
}

// update calls fn and appends its batch, inside whole. It returns the error of
// fn apart from its own.
func (s session) update(ctx context.Context, desk string, since uint64, fn func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error), whole func(change func() error) error) (fromFn, err error) {
	head, err := s.head(ctx, desk)
	if err != nil {
		return nil, err
	}
	batch, err := fn(head, pages(since, head.Version, func(after uint64) ([]allocation.Entry, error) {
		return s.page(ctx, desk, after, head.Version)
	}))
	if err != nil {
		return err, nil
	}
	if err := batch.Check(head); err != nil {
		return nil, fmt.Errorf("desk %q: %w", desk, err)
	}
	return nil, whole(func() error { return s.append(ctx, desk, batch) })
}

// Compact implements allocation.Store. It deletes some thousand entries at a
// time, the oldest first, and lets others write in between; when it is
// interrupted, the entries that are left can be read, and compacting again
// goes on. The file does not shrink: the room is used again.
func (s *Store) Compact(ctx context.Context, desk string, upTo uint64) error {
	for more := true; more; {
		err := s.write(ctx, func(ctx context.Context, session session) (err error) {
			more, err = session.compact(ctx, desk, upTo, entriesPerCompact)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// entriesPerCompact bounds how long compacting holds the write lock.
const entriesPerCompact = 2000

// compact deletes at most so many entries, and the snapshots with the last.
func (s session) compact(ctx context.Context, desk string, upTo, most uint64) (more bool, err error) {
	found := false
	err = s.rows(ctx, func(*sql.Rows) error {
		found = true
		return nil
	}, "SELECT 1 FROM snapshots WHERE desk = ? AND version = ?", desk, integer(upTo))
	if err != nil {
		return false, err
	}
	if !found {
		return false, fmt.Errorf("desk %q has no snapshot at version %d, so the entries up to it must stay\nMaybe compact to the version that Snapshot returns", desk, upTo)
	}
	deleted, err := s.exec(ctx, "DELETE FROM ledger WHERE rowid IN (SELECT rowid FROM ledger WHERE desk = ? AND seq <= ? ORDER BY seq LIMIT ?)", desk, integer(upTo), integer(most))
	if err != nil {
		return false, err
	}
	if n, err := deleted.RowsAffected(); err != nil || uint64(n) == most {
		return true, err
	}
	_, err = s.exec(ctx, "DELETE FROM snapshots WHERE desk = ? AND version < ?", desk, integer(upTo))
	return false, err
}

// Close implements allocation.Store. It refuses new calls with ErrClosed,
// waits for those in flight and closes the file, which copies the WAL into it
// when no other process has it open. Closing again does nothing. Called inside
// fn it would wait for itself.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	s.calls.Wait()
	if closed {
		return nil
	}
	if s.writer != nil {
		s.writer.discard()
	}
	for _, stmt := range s.prepared {
		stmt.Close()
	}
	return explain(s.path, s.db.Close())
}

// write runs change in a transaction of the writer and commits it. change is
// given a context that does not end: a statement interrupted half-way would
// leave the transaction in doubt.
func (s *Store) write(ctx context.Context, change func(ctx context.Context, session session) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.calls.Done()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()

	w, err := s.begin(ctx)
	if err != nil {
		return explain(s.path, err)
	}
	lasting := context.WithoutCancel(ctx)
	done := false
	defer func() { // also when change panics
		if !done && w.run(lasting, "ROLLBACK") != nil {
			s.writer = nil
			w.discard()
		}
	}()
	if err := change(lasting, session{stmt: w.stmt, one: alone{}}); err != nil {
		return explain(s.path, err)
	}
	if err := w.run(lasting, "COMMIT"); err != nil {
		return explain(s.path, err)
	}
	done = true
	return nil
}

// writer is the one connection that writes, with its prepared statements.
type writer struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

// writerPatience is the writer's own busy timeout. SQLite asks for a lock less
// and less often the longer it waits, and so loses against a process that
// takes it again at once; giving up early and asking anew keeps asking often.
const writerPatience = 20 * time.Millisecond

// begin begins a transaction that holds the file's write lock. The caller has
// the turn.
func (s *Store) begin(ctx context.Context) (*writer, error) {
	if s.writer == nil {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		s.writer = &writer{conn: conn, statements: make(map[string]*sql.Stmt)}
		// Its last user in the pool may have changed the others.
		for _, set := range settings(writerPatience) {
			if _, err := conn.ExecContext(ctx, "PRAGMA "+set.pragma+" = "+set.value); err != nil {
				s.writer.discard()
				s.writer = nil
				return nil, err
			}
		}
	}
	w := s.writer
	for try := 1; ; try++ {
		err := w.run(ctx, "BEGIN IMMEDIATE")
		if err == nil {
			return w, nil
		}
		if codeOf(err)&0xff == codes.SQLITE_BUSY && try < s.tries {
			continue
		}
		// It may have begun and been interrupted after that. There is no
		// telling, so the connection goes.
		s.writer = nil
		w.discard()
		return nil, err
	}
}

// stmt prepares a statement once on the writer's connection.
func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := w.statements[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(ctx, query)
	if err == nil {
		w.statements[query] = stmt
	}
	return stmt, err
}

// run runs one of BEGIN IMMEDIATE, COMMIT and ROLLBACK.
func (w *writer) run(ctx context.Context, statement string) error {
	_, err := session{stmt: w.stmt, one: alone{}}.exec(ctx, statement)
	return err
}

// discard closes the connection, and with it a transaction that may be open,
// instead of giving it back to the pool.
func (w *writer) discard() {
	for _, stmt := range w.statements {
		stmt.Close()
	}
	w.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn.Close()
}

package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"sync"

	"github.com/evenhand/evenhand/allocation"
)

// Via returns a store whose Update appends within tx, and leaves it to you to
// commit: the batch becomes durable together with the rows of your own tables,
// or not at all.
//
//	tx, err := store.DB().BeginTx(ctx, nil)
//	…
//	err = store.Via(tx).Update(ctx, desk, since, fn)
//	_, err = tx.ExecContext(ctx, "INSERT INTO orders …")
//	err = tx.Commit()
//
// Begin tx with the BeginTx of Store.DB, which takes the write lock at once;
// that lock is the desk's exclusivity, and lasts until tx ends. The commit is
// as durable as the connection of tx makes it: those of Store.DB sync. A transaction
// on the same file that was begun otherwise may do; when it has read before
// others wrote, Update fails with allocation.ErrConflict and tx must be rolled
// back.
//
// A batch that is refused leaves no trace in tx, which can go on. After
// tx.Rollback everything that Via has appended is gone: whoever has folded it
// must forget it. All reads see what tx has written so far. Close makes
// further calls fail with ErrClosed and leaves tx and the Store alone; it is
// not needed.
//
// Calls are safe for concurrent use, as far as tx is used by nobody else
// meanwhile.
func (s *Store) Via(tx *sql.Tx) allocation.Store {
	v := &via{store: s, tx: tx, turn: make(chan struct{}, 1), prepared: make(map[string]*sql.Stmt)}
	v.reads = reads{read: v.read}
	return v
}

// via is a Store within a transaction of its user.
type via struct {
	reads

	store *Store
	tx    *sql.Tx
	calls sync.WaitGroup
	turn  chan struct{} // holds one token while an Update runs

	mu     sync.Mutex
	closed bool

	batch sync.Mutex // held while a batch is appended, so that readers see it whole; never while fn runs

	one      sync.Mutex // held while a statement runs: the transaction has one connection
	prepared map[string]*sql.Stmt
}

// enter counts a call in. After a nil error the caller owes calls.Done.
func (v *via) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return allocation.ErrClosed
	}
	v.calls.Add(1)
	return nil
}

// session prepares statements in the transaction, which closes them when it
// ends. It does so under the lock of the session.
func (v *via) session() session {
	return session{one: &v.one, stmt: func(ctx context.Context, query string) (*sql.Stmt, error) {
		if stmt := v.prepared[query]; stmt != nil {
			return stmt, nil
		}
		stmt, err := v.tx.PrepareContext(ctx, query)
		if err == nil {
			v.prepared[query] = stmt
		}
		return stmt, err
	}}
}

// read runs queries within the transaction.
func (v *via) read(ctx context.Context, query func(context.Context, session) error) error {
	if err := v.enter(ctx); err != nil {
		return err
	}
	defer v.calls.Done()
	v.batch.Lock()
	defer v.batch.Unlock()
	// Interrupting a query would interrupt whatever else runs in tx, and a
	// write that is interrupted takes the whole transaction with it.
	return explain(v.store.path, query(context.WithoutCancel(ctx), v.session()))
}

// write takes the turn, makes sure of the write lock, and runs change.
func (v *via) write(ctx context.Context, change func(ctx context.Context, session session) error) error {
	if err := v.enter(ctx); err != nil {
		return err
	}
	defer v.calls.Done()
	select {
	case v.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-v.turn }()
	if err := ctx.Err(); err != nil {
		return err
	}
	lasting := context.WithoutCancel(ctx)
	session := v.session()
	// Deletes nothing, but takes the lock, or fails if it cannot be had.
	if _, err := session.exec(lasting, "DELETE FROM links WHERE desk IS NULL"); err != nil {
		return explain(v.store.path, err)
	}
	return explain(v.store.path, change(lasting, session))
}

// Update implements allocation.Store within the transaction.
func (v *via) Update(ctx context.Context, desk string, since uint64, fn func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	var fromFn error
	err := v.write(ctx, func(ctx context.Context, session session) (err error) {
		fromFn, err = session.update(ctx, desk, since, fn, func(change func() error) error { return v.whole(ctx, session, change) })
		return err
	})
	if fromFn != nil {
		return fromFn
	}
	return err
}

// Compact implements allocation.Store within the transaction.
func (v *via) Compact(ctx context.Context, desk string, upTo uint64) error {
	return v.write(ctx, func(ctx context.Context, session session) error {
		return v.whole(ctx, session, func() error {
			for more := true; more; {
				var err error
				if more, err = session.compact(ctx, desk, upTo, entriesPerCompact); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// whole undoes a change that fails half-way, without ending the transaction.
func (v *via) whole(ctx context.Context, session session, change func() error) error {
	v.batch.Lock()
	defer v.batch.Unlock()
	if _, err := session.exec(ctx, "SAVEPOINT evenhand"); err != nil {
		return err
	}
	err := change()
	if err != nil {
		_, back := session.exec(ctx, "ROLLBACK TO evenhand")
		err = errors.Join(err, back)
	}
	_, released := session.exec(ctx, "RELEASE evenhand")
	return errors.Join(err, released)
}

// Close implements allocation.Store.
func (v *via) Close() error {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.calls.Wait()
	return nil
}

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

// gathered is a SQLite store whose appends become durable many at a time. A
// run answers nobody before its end, so it need not wait for the disk after
// every customer, which is most of the time a run takes: what it waits for is
// flush. A run that dies loses the last few decisions, of which nobody has
// heard, and the next run makes them again.
//
// While appends are gathered the file's write lock is held, for as long as
// gatherMost of them take. It serves one desk, and flush is not called while
// the desk is at work.
type gathered struct {
	file *sqlitestore.Store

	mu      sync.Mutex
	tx      *sql.Tx          // nil: nothing is gathered
	via     allocation.Store // within tx
	updates int
	failed  error // a commit failed: what the desk believes is not in the file
}

// gatherMost is how many appends share one commit.
const gatherMost = 256

var _ allocation.Store = (*gathered)(nil)

// current is the store to read from: it shows what is gathered too.
func (g *gathered) current() allocation.Store {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.via != nil {
		return g.via
	}
	return g.file
}

// begin returns the store to append to.
func (g *gathered) begin(ctx context.Context) (allocation.Store, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return nil, g.failed
	}
	if g.tx == nil {
		// The transaction outlives the call that began it.
		tx, err := g.file.DB().BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return nil, err
		}
		g.tx, g.via, g.updates = tx, g.file.Via(tx), 0
	}
	return g.via, nil
}

// Update implements allocation.Store. The batch is durable after flush.
func (g *gathered) Update(ctx context.Context, desk string, since uint64, fn func(head allocation.Head, tail iter.Seq2[allocation.Entry, error]) (allocation.Batch, error)) error {
	via, err := g.begin(ctx)
	if err != nil {
		return err
	}
	if err := via.Update(ctx, desk, since, fn); err != nil {
		return err
	}
	g.mu.Lock()
	g.updates++
	full := g.updates >= gatherMost
	g.mu.Unlock()
	if full {
		return g.flush()
	}
	return nil
}

// flush makes durable what is gathered.
func (g *gathered) flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil || g.tx == nil {
		return g.failed
	}
	err := g.tx.Commit()
	g.tx, g.via = nil, nil
	if err != nil {
		g.failed = fmt.Errorf("the store did not keep the last decisions: %w", err)
	}
	return g.failed
}

// Snapshot implements allocation.Store.
func (g *gathered) Snapshot(ctx context.Context, desk string, version uint64) (allocation.Snapshot, error) {
	return g.current().Snapshot(ctx, desk, version)
}

// Entries implements allocation.Store.
func (g *gathered) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
	return g.current().Entries(ctx, desk, after, upTo)
}

// Lookup implements allocation.Store.
func (g *gathered) Lookup(ctx context.Context, desk, key string) (uint64, bool, error) {
	return g.current().Lookup(ctx, desk, key)
}

// Due implements allocation.Store.
func (g *gathered) Due(ctx context.Context, at time.Time, limit int) ([]allocation.Timer, error) {
	return g.current().Due(ctx, at, limit)
}

// Compact implements allocation.Store.
func (g *gathered) Compact(ctx context.Context, desk string, upTo uint64) error {
	if err := g.flush(); err != nil {
		return err
	}
	return g.file.Compact(ctx, desk, upTo)
}

// Links implements allocation.Store.
func (g *gathered) Links(ctx context.Context, desk string) iter.Seq2[allocation.Head, error] {
	return g.current().Links(ctx, desk)
}

// Close makes durable what is gathered and closes the file. A commit that
// failed earlier was reported then.
func (g *gathered) Close() error {
	g.mu.Lock()
	reported := g.failed != nil
	g.mu.Unlock()
	err := g.flush()
	if reported {
		err = nil
	}
	return errors.Join(err, g.file.Close())
}

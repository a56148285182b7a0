package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// entriesAtOnce is how many entries a loop over Entries reads at a time.
// Between reads it holds no lock and no connection, so that a slow loop body
// keeps nobody waiting and the WAL can be checkpointed.
const entriesAtOnce = 128

// reads is the reading half of the port, over any way to get a session.
// Store and Via share it.
type reads struct {
	// read runs one query or two under a session. It returns the errors of
	// the port and of ctx as they are, and explains all others.
	read func(ctx context.Context, query func(ctx context.Context, s session) error) error
}

// Snapshot implements allocation.Store. Cost: one look-up.
func (r reads) Snapshot(ctx context.Context, desk string, version uint64) (snap allocation.Snapshot, err error) {
	err = r.read(ctx, func(ctx context.Context, s session) error {
		snap, err = s.snapshot(ctx, desk, version)
		return err
	})
	return snap, err
}

// Lookup implements allocation.Store. Cost: one look-up.
func (r reads) Lookup(ctx context.Context, desk, key string) (seq uint64, found bool, err error) {
	err = r.read(ctx, func(ctx context.Context, s session) error {
		seq, found, err = s.lookup(ctx, desk, key)
		return err
	})
	return seq, found, err
}

// Due implements allocation.Store. Cost: linear in what it returns.
func (r reads) Due(ctx context.Context, at time.Time, limit int) (timers []allocation.Timer, err error) {
	err = r.read(ctx, func(ctx context.Context, s session) error {
		timers, err = s.due(ctx, at, limit)
		return err
	})
	return timers, err
}

// Entries implements allocation.Store. It reads a page at a time and holds
// nothing in between; entries appended after the loop began are not yielded.
func (r reads) Entries(ctx context.Context, desk string, after, upTo uint64) iter.Seq2[allocation.Entry, error] {
	return func(yield func(allocation.Entry, error) bool) {
		var head allocation.Head
		if err := r.read(ctx, func(ctx context.Context, s session) (err error) {
			head, err = s.head(ctx, desk)
			return err
		}); err != nil {
			yield(allocation.Entry{}, err)
			return
		}
		last := head.Version
		if upTo != 0 {
			last = min(last, upTo)
		}
		pages(after, last, func(after uint64) (page []allocation.Entry, err error) {
			err = r.read(ctx, func(ctx context.Context, s session) error {
				page, err = s.page(ctx, desk, after, last)
				return err
			})
			return page, err
		})(yield)
	}
}

// Links implements allocation.Store. It reads a page at a time.
func (r reads) Links(ctx context.Context, desk string) iter.Seq2[allocation.Head, error] {
	return func(yield func(allocation.Head, error) bool) {
		var after uint64
		for {
			var page []allocation.Head
			err := r.read(ctx, func(ctx context.Context, s session) (err error) {
				page, err = s.links(ctx, desk, after)
				return err
			})
			if err != nil {
				yield(allocation.Head{}, err)
				return
			}
			for _, link := range page {
				if !yield(link, nil) {
					return
				}
				after = link.Version
			}
			if len(page) < entriesAtOnce {
				return
			}
		}
	}
}

// pages yields the entries after < Seq <= upTo, where upTo is at most the
// head's version. next reads some of them.
func pages(after, upTo uint64, next func(after uint64) ([]allocation.Entry, error)) iter.Seq2[allocation.Entry, error] {
	return func(yield func(allocation.Entry, error) bool) {
		for after < upTo {
			page, err := next(after)
			if err != nil {
				yield(allocation.Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
		}
	}
}

// rows runs a query and scans each row. scan must not use the session.
func (s session) rows(ctx context.Context, scan func(rows *sql.Rows) error, query string, args ...any) (err error) {
	s.one.Lock()
	defer s.one.Unlock()
	stmt, err := s.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s session) head(ctx context.Context, desk string) (head allocation.Head, err error) {
	err = s.rows(ctx, func(rows *sql.Rows) error { return scanHead(rows, &head) },
		"SELECT version, link FROM links WHERE desk = ? ORDER BY version DESC LIMIT 1", desk)
	return head, err
}

func (s session) links(ctx context.Context, desk string, after uint64) (links []allocation.Head, err error) {
	err = s.rows(ctx, func(rows *sql.Rows) error {
		links = append(links, allocation.Head{})
		return scanHead(rows, &links[len(links)-1])
	}, "SELECT version, link FROM links WHERE desk = ? AND version > ? ORDER BY version LIMIT ?", desk, integer(after), entriesAtOnce)
	return links, err
}

func scanHead(rows *sql.Rows, head *allocation.Head) error {
	var link sql.RawBytes
	if err := rows.Scan(&head.Version, &link); err != nil {
		return err
	}
	if len(link) != len(head.Link) {
		return fmt.Errorf("the link at version %d is of %d bytes: the file was changed by hand or is damaged\nMaybe restore the latest backup", head.Version, len(link))
	}
	copy(head.Link[:], link)
	return nil
}

func (s session) snapshot(ctx context.Context, desk string, version uint64) (snap allocation.Snapshot, err error) {
	err = s.rows(ctx, func(rows *sql.Rows) error {
		var link sql.RawBytes
		if err := rows.Scan(&snap.Version, &link, &snap.State); err != nil {
			return err
		}
		copy(snap.Link[:], link)
		return nil
	}, "SELECT version, link, state FROM snapshots WHERE desk = ? AND version <= ? ORDER BY version DESC LIMIT 1", desk, integer(version))
	return snap, err
}

func (s session) lookup(ctx context.Context, desk, key string) (seq uint64, found bool, err error) {
	err = s.rows(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&seq)
	}, "SELECT seq FROM keys WHERE desk = ? AND name = ?", desk, key)
	return seq, found, err
}

func (s session) due(ctx context.Context, at time.Time, limit int) (timers []allocation.Timer, err error) {
	until := timeText(at)
	switch year := at.UTC().Year(); {
	case year < 1 || limit <= 0:
		return nil, ctx.Err()
	case year > 9999: // text of five digits would sort before all others
		until = "9999-12-31T23:59:59.999999Z"
	}
	err = s.rows(ctx, func(rows *sql.Rows) error {
		var t allocation.Timer
		var due string
		err := rows.Scan(&t.Desk, &t.Name, &due)
		if err == nil {
			t.At, err = readTime(due)
		}
		timers = append(timers, t)
		return err
	}, "SELECT desk, name, due FROM timers WHERE due <= ? ORDER BY due, desk, name LIMIT ?", until, limit)
	return timers, err
}

// page reads the first entries of a range that lies within the ledger. What is
// missing at its beginning was compacted away; compacting drops the oldest
// entries first.
func (s session) page(ctx context.Context, desk string, after, upTo uint64) ([]allocation.Entry, error) {
	page := make([]allocation.Entry, 0, min(entriesAtOnce, upTo-after))
	err := s.rows(ctx, func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		page = append(page, e)
		return err
	}, `SELECT seq, time, event, kind, customer, episode, rep, rule, status, reason, body, fields, salt, digest
FROM ledger WHERE desk = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`, desk, integer(after), integer(upTo), entriesAtOnce)
	if err != nil {
		return nil, err
	}
	for i, e := range page {
		if seq := after + uint64(i) + 1; e.Seq != seq {
			return nil, s.missing(ctx, desk, seq)
		}
	}
	if len(page) == 0 {
		return nil, s.missing(ctx, desk, after+1)
	}
	return page, nil
}

// missing says why an entry that the ledger once had is not there.
func (s session) missing(ctx context.Context, desk string, seq uint64) error {
	earlier := false
	err := s.rows(ctx, func(rows *sql.Rows) error { return rows.Scan(&earlier) },
		"SELECT EXISTS (SELECT 1 FROM ledger WHERE desk = ? AND seq < ?)", desk, integer(seq))
	switch {
	case err != nil:
		return err
	case earlier:
		return fmt.Errorf("entry %d of desk %q is missing and earlier ones are there: the file was changed by hand or is damaged\nMaybe restore the latest backup", seq, desk)
	}
	return allocation.ErrCompacted
}

func scanEntry(rows *sql.Rows) (e allocation.Entry, err error) {
	var at string
	var salt, digest any // in []byte, NULL and an empty BLOB would look the same
	if err := rows.Scan(&e.Seq, &at, &e.Event, &e.Kind, &e.Customer, &e.Episode, &e.Rep, &e.Rule, &e.Status, &e.Reason, &e.Body, &e.Fields, &salt, &digest); err != nil {
		return e, err
	}
	e.Salt, e.Digest = bytesOf(salt), bytesOf(digest)
	e.At, err = readTime(at)
	return e, err
}

// bytesOf is nil for NULL, and never nil for a BLOB.
func bytesOf(column any) []byte {
	b, ok := column.([]byte)
	if ok && b == nil {
		return []byte{}
	}
	return b
}

// integer is a version as SQLite can compare it: no ledger goes that far.
func integer(version uint64) int64 {
	return int64(min(version, math.MaxInt64))
}

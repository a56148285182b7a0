package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/evenhand/evenhand/allocation"
	codes "modernc.org/sqlite/lib"
)

// session is a connection, or a transaction, seen as a source of prepared
// statements. All SQL on ledgers goes through one.
type session struct {
	// stmt prepares a statement once and keeps it. The statement must not be
	// closed. It is called with one held.
	stmt func(ctx context.Context, query string) (*sql.Stmt, error)
	// one is held while a statement runs, where others use the connection too.
	one sync.Locker
}

// alone is the lock of a session that nobody else uses.
type alone struct{}

func (alone) Lock()   {}
func (alone) Unlock() {}

func (s session) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s.one.Lock()
	defer s.one.Unlock()
	stmt, err := s.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// rowsAtOnce are the sizes in which rows are inserted: binding costs the same
// for each row, but every statement has a price of its own. Larger ones gain
// nothing.
var rowsAtOnce = [...]int{16, 4, 1}

// An inserter is an INSERT of so many columns, in all sizes of rowsAtOnce.
type inserter struct {
	columns    int
	statements [len(rowsAtOnce)]string
}

// newInserter writes the statements: before, then VALUES with a list for each
// row, then after.
func newInserter(columns int, before, after string) inserter {
	ins := inserter{columns: columns}
	row := "(" + strings.Repeat("?,", columns-1) + "?)"
	for i, n := range rowsAtOnce {
		ins.statements[i] = before + " VALUES " + strings.Repeat(row+",", n-1) + row + after
	}
	return ins
}

// insert inserts n rows. put appends the columns of row i.
func (ins inserter) insert(ctx context.Context, s session, n int, put func(args []any, i int) []any) error {
	args := make([]any, 0, min(n, rowsAtOnce[0])*ins.columns)
	for done := 0; done < n; {
		size := 0
		for n-done < rowsAtOnce[size] {
			size++
		}
		args = args[:0]
		for i := range rowsAtOnce[size] {
			args = put(args, done+i)
		}
		if _, err := s.exec(ctx, ins.statements[size], args...); err != nil {
			return err
		}
		done += rowsAtOnce[size]
	}
	return nil
}

var (
	insertEntries = newInserter(15, "INSERT INTO ledger (desk, seq, time, event, kind, customer, episode, rep, rule, status, reason, body, fields, salt, digest)", "")
	insertKeys    = newInserter(3, "INSERT INTO keys (desk, name, seq)", "")
	pointKeys     = newInserter(3, "INSERT INTO keys (desk, name, seq)", " ON CONFLICT DO UPDATE SET seq = excluded.seq")
	setTimers     = newInserter(3, "INSERT INTO timers (desk, name, due)", " ON CONFLICT DO UPDATE SET due = excluded.due")
)

// append makes rows of a batch. It runs in a transaction, which the caller
// rolls back when append fails.
func (s session) append(ctx context.Context, desk string, b allocation.Batch) error {
	if err := s.appendEntries(ctx, desk, b); err != nil {
		return err
	}
	if err := s.setKeys(ctx, desk, b.Keys); err != nil {
		return err
	}
	if err := s.setTimers(ctx, desk, b.Timers); err != nil {
		return err
	}
	for _, ref := range b.Erase {
		if _, err := s.exec(ctx, "UPDATE ledger SET fields = NULL, salt = NULL WHERE desk = ? AND kind = ? AND customer = ?", desk, ref.Kind, ref.ID); err != nil {
			return err
		}
	}
	if snap := b.Snapshot; snap != nil {
		_, err := s.exec(ctx, "INSERT INTO snapshots (desk, version, link, state) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET link = excluded.link, state = excluded.state",
			desk, int64(snap.Version), snap.Link[:], append([]byte{}, snap.State...))
		return err
	}
	return nil
}

func (s session) appendEntries(ctx context.Context, desk string, b allocation.Batch) error {
	n := len(b.Entries)
	if n == 0 {
		return nil
	}
	err := insertEntries.insert(ctx, s, n, func(args []any, i int) []any {
		e := &b.Entries[i]
		return append(args, desk, int64(e.Seq), timeText(e.At), string(e.Event), e.Kind, e.Customer, int64(e.Episode),
			e.Rep, e.Rule, string(e.Status), e.Reason, text(e.Body), text(e.Fields), blob(e.Salt), blob(e.Digest))
	})
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO links (desk, version, link) VALUES (?, ?, ?)", desk, int64(b.Entries[n-1].Seq), b.Link[:])
	return err
}

// setKeys sets keys in order, runs of the same kind together.
func (s session) setKeys(ctx context.Context, desk string, keys []allocation.Key) error {
	for len(keys) > 0 {
		run := 1
		for run < len(keys) && keys[run].New == keys[0].New {
			run++
		}
		ins := pointKeys
		if keys[0].New {
			ins = insertKeys
		}
		err := ins.insert(ctx, s, run, func(args []any, i int) []any {
			return append(args, desk, keys[i].Name, int64(keys[i].Seq))
		})
		if code := codeOf(err); code == codes.SQLITE_CONSTRAINT_PRIMARYKEY || code == codes.SQLITE_CONSTRAINT_UNIQUE {
			return s.nameTaken(ctx, desk, keys[:run])
		}
		if err != nil {
			return err
		}
		keys = keys[run:]
	}
	return nil
}

// nameTaken is ErrKeyTaken with the name of the first key that is, for the
// one who has to find out why.
func (s session) nameTaken(ctx context.Context, desk string, keys []allocation.Key) error {
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		seq, found, err := s.lookup(ctx, desk, k.Name)
		if err == nil && found && seq != k.Seq || seen[k.Name] {
			return fmt.Errorf("desk %q: key %q: %w", desk, k.Name, allocation.ErrKeyTaken)
		}
		seen[k.Name] = true
	}
	return fmt.Errorf("desk %q: %w", desk, allocation.ErrKeyTaken)
}

// setTimers sets and cancels timers in order, runs of the same kind together.
func (s session) setTimers(ctx context.Context, desk string, timers []allocation.Timer) error {
	for len(timers) > 0 {
		if timers[0].At.IsZero() {
			if _, err := s.exec(ctx, "DELETE FROM timers WHERE desk = ? AND name = ?", desk, timers[0].Name); err != nil {
				return err
			}
			timers = timers[1:]
			continue
		}
		run := 1
		for run < len(timers) && !timers[run].At.IsZero() {
			run++
		}
		err := setTimers.insert(ctx, s, run, func(args []any, i int) []any {
			return append(args, desk, timers[i].Name, timeText(timers[i].At))
		})
		if err != nil {
			return err
		}
		timers = timers[run:]
	}
	return nil
}

// timeLayout is RFC 3339 with as many digits for every time, so that the order
// of the text is the order of the times.
const timeLayout = "2006-01-02T15:04:05.000000Z"

func timeText(t time.Time) string {
	return t.UTC().Format(timeLayout)
}

// readTime reads what timeText wrote and nothing else: time.Parse would take
// "9:00" for "09:00", whose order as text is another.
func readTime(text string) (time.Time, error) {
	t, err := time.Parse(timeLayout, text)
	if err != nil || timeText(t) != text {
		return time.Time{}, fmt.Errorf("the time %.40q is not as Evenhand writes it: the file was changed by hand or is damaged\nMaybe restore the latest backup", text)
	}
	return t, nil
}

// text hands bytes over as TEXT; as []byte they would become a BLOB. They are
// not copied: the driver is done with them when the statement returns, and
// nobody writes to a batch while it is appended.
func text(b []byte) any {
	if b == nil {
		return nil
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// blob keeps nil, which is NULL, and empty apart.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

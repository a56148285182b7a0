package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	codes "modernc.org/sqlite/lib"
)

// An Option changes how Open opens the file.
type Option func(*options)

type options struct {
	busy time.Duration
}

// BusyTimeout is how long a call waits for the file's write lock while another
// process, or another Store in this one, holds it. Calls that wait longer fail
// with an error that says so. It is rounded to milliseconds; at least one.
// Defaults to 10 seconds.
func BusyTimeout(d time.Duration) Option {
	return func(o *options) { o.busy = d }
}

// Open opens the ledgers in a SQLite file, and makes the file when there is
// none or an empty one. The folder must exist and be writable. Close the store
// when done.
//
// It refuses, without changing the file: a database in memory, a database
// that Evenhand did not make, one of a later version of Evenhand, a file that
// is no database, one that cannot be written, and one whose write lock is held
// for longer than the busy timeout. A transaction that a crash has interrupted
// is rolled back before that, as any SQLite program does.
//
// Cost: a new file takes some ten fsyncs, an existing one none.
func Open(path string, opts ...Option) (*Store, error) {
	o := options{busy: 10 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	o.busy = max(o.busy.Truncate(time.Millisecond), time.Millisecond)
	if err := checkPath(path); err != nil {
		return nil, err
	}
	if err := prepare(path, o); err != nil {
		return nil, explain(path, err)
	}
	connect, err := newConnector(path, o.busy)
	if err != nil {
		return nil, explain(path, err)
	}
	s := newStore(path, sql.OpenDB(connect), o.busy)
	// Taking the write lock once tells now what else the first assignment
	// would have been told.
	w, err := s.begin(context.Background())
	if err == nil {
		err = w.run(context.Background(), "ROLLBACK")
	}
	if err != nil {
		s.Close()
		return nil, explain(path, err)
	}
	return s, nil
}

// checkPath refuses what is not the name of a file.
func checkPath(path string) error {
	switch {
	case path == "" || path == ":memory:" || path == "file::memory:":
		return fmt.Errorf("sqlitestore: %q is a database in memory, which keeps nothing\nMaybe give the name of a file, such as evenhand.db", path)
	case strings.HasPrefix(path, "file:"):
		return fmt.Errorf("sqlitestore: %q is an address, and the name of a file is expected\nMaybe drop \"file:\" and what follows the question mark", path)
	case strings.ContainsRune(path, 0):
		return fmt.Errorf("sqlitestore: %q holds a zero byte, which no file name can", path)
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return fmt.Errorf("sqlitestore: %s is a folder\nMaybe add the name of a file, such as %s/evenhand.db", path, strings.TrimRight(path, "/"))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	return nil
}

// prepare makes sure that the file is a ledger of this version. A file of
// somebody else is only read.
func prepare(path string, o options) error {
	ctx := context.Background()
	if _, err := os.Stat(path); err == nil {
		ours, err := inspect(ctx, path, "ro", o)
		if codeOf(err) == codes.SQLITE_READONLY_ROLLBACK {
			// Somebody was killed in a transaction, perhaps the one that makes
			// the tables. Nobody can read the file until it is rolled back.
			ours, err = inspect(ctx, path, "rw", o)
		}
		if err != nil || ours {
			return err
		}
	}
	return create(ctx, path, o)
}

// identity is what a file says of itself.
type identity struct {
	application, version, objects int
}

// inspect opens the file without any of our settings, since setting them
// would change it, and says whether it is a ledger; false when it is empty.
func inspect(ctx context.Context, path, mode string, o options) (ours bool, err error) {
	db, err := plain(path, mode, o)
	if err != nil {
		return false, err
	}
	defer db.Close()
	id, err := identify(ctx, db.QueryRowContext)
	if err != nil {
		return false, err
	}
	return id.isLedger()
}

// plain opens a file with nothing set but the time to wait.
func plain(path, mode string, o options) (*sql.DB, error) {
	name, err := location(path, url.Values{"mode": {mode}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", o.busy.Milliseconds())}})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func identify(ctx context.Context, query func(ctx context.Context, query string, args ...any) *sql.Row) (id identity, err error) {
	err = query(ctx, `SELECT
	(SELECT application_id FROM pragma_application_id),
	(SELECT user_version FROM pragma_user_version),
	(SELECT count(*) FROM sqlite_schema)`).Scan(&id.application, &id.version, &id.objects)
	return id, err
}

// isLedger says whether the file is a ledger of this version (true) or empty
// (false); anything else is refused.
func (id identity) isLedger() (bool, error) {
	switch {
	case id.application == 0 && id.version == 0 && id.objects == 0:
		return false, nil
	case id.application != applicationID:
		return false, fmt.Errorf("this SQLite database was not made by Evenhand: it holds %d tables, views and indexes of another program\nMaybe another file is meant; decisions need a file of their own", id.objects)
	case id.version > schemaVersion:
		return false, fmt.Errorf("the file was made by a later Evenhand: it is in format %d, and this one reads format %d\nMaybe update Evenhand", id.version, schemaVersion)
	case id.version < schemaVersion:
		return false, fmt.Errorf("the file says it is in format %d, which no Evenhand has written: another program changed it\nMaybe restore the latest backup", id.version)
	}
	return true, nil
}

// create makes the tables in one transaction, unless another process was
// faster. It does so before the file is in WAL mode, so that the header that
// says whose file it is never lives in the WAL alone.
func create(ctx context.Context, path string, o options) (err error) {
	db, err := plain(path, "rwc", o)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	if err := migrate(ctx, conn); err != nil {
		_, back := conn.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, back)
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

// migrate brings an empty file to the schema of this version.
func migrate(ctx context.Context, conn *sql.Conn) error {
	id, err := identify(ctx, conn.QueryRowContext)
	if err != nil {
		return err
	}
	if ours, err := id.isLedger(); err != nil || ours {
		return err
	}
	steps := append(schema[:len(schema):len(schema)],
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
	for _, step := range steps {
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

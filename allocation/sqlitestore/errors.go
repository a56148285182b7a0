package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/evenhand/evenhand/allocation"
	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// advice says what to do about SQLite's primary result codes.
var advice = map[int]string{
	codes.SQLITE_BUSY:     "Maybe another process, such as an open SQLite browser with unsaved changes, holds the file's write lock; end its transaction, or open with a longer BusyTimeout",
	codes.SQLITE_LOCKED:   "Maybe a transaction of this process still holds the table; end it first",
	codes.SQLITE_READONLY: "Maybe the file, or the folder it is in, may not be written by this user; SQLite also writes the files ending in -wal and -shm beside it",
	codes.SQLITE_CANTOPEN: "Maybe the folder does not exist, or may not be written by this user",
	codes.SQLITE_FULL:     "Maybe free some room on the disk; nothing that was acknowledged is lost",
	codes.SQLITE_IOERR:    "Maybe the disk is failing or was unmounted; whether the last batch was kept shows after reopening",
	codes.SQLITE_CORRUPT:  "Maybe restore the latest backup; `PRAGMA integrity_check` in any SQLite tool says more",
	codes.SQLITE_NOTADB:   "Maybe this is not a SQLite database; check the path",
	codes.SQLITE_PERM:     "Maybe the file may not be read by this user",
}

// asTheyAre are the errors that say all there is to say.
var asTheyAre = []error{
	context.Canceled, context.DeadlineExceeded,
	allocation.ErrKeyTaken, allocation.ErrCompacted, allocation.ErrClosed,
}

// explain wraps what went wrong in the database with its path and with advice.
func explain(path string, err error) error {
	if err == nil || slices.ContainsFunc(asTheyAre, func(target error) bool { return errors.Is(err, target) }) {
		return err
	}
	code := codeOf(err)
	if code == codes.SQLITE_BUSY_SNAPSHOT {
		return fmt.Errorf("sqlitestore: %s: the transaction began before others wrote: %w (%w).\nMaybe begin it with the BeginTx of Store.DB, which takes the write lock at once", path, allocation.ErrConflict, err)
	}
	if hint := advice[code&0xff]; hint != "" {
		return fmt.Errorf("sqlitestore: %s: %w.\n%s", path, err, hint)
	}
	return fmt.Errorf("sqlitestore: %s: %w", path, err)
}

// codeOf is SQLite's extended result code; 0 when the error is not SQLite's.
func codeOf(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

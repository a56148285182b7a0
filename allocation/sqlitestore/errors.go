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

// trouble is what one of SQLite's primary result codes means to whoever has to
// do something about it.
type trouble struct {
	says, maybe string
	code        bool // say the number, too, for whoever is asked for help
}

var troubles = map[int]trouble{
	codes.SQLITE_BUSY:     {"another program is writing to the file and did not finish in time", "a program such as a SQLite browser has unsaved changes: save or close it, and try again; a longer BusyTimeout waits longer", false},
	codes.SQLITE_LOCKED:   {"another transaction of this program has the file", "end it first", false},
	codes.SQLITE_READONLY: {"the file may not be written", "the file, or the folder it is in, belongs to another user, or is write-protected; the files beside it that end in -wal and -shm must be written, too", false},
	codes.SQLITE_CANTOPEN: {"the file cannot be opened or made", "the folder does not exist, or this user may not write to it", false},
	codes.SQLITE_FULL:     {"the disk is full; nothing that was acknowledged is lost", "free some room on the disk, and try again", false},
	codes.SQLITE_IOERR:    {"the disk does not read or write", "the disk is failing or was unmounted; whether the last decisions were kept shows after opening the file again", true},
	codes.SQLITE_CORRUPT:  {"the file is damaged", "restore the latest backup", true},
	codes.SQLITE_NOTADB:   {"this is not a file of Evenhand: it is no SQLite database", "another file is meant; the name of a new file makes a new store", false},
	codes.SQLITE_PERM:     {"this user may not read the file", "it belongs to another user", false},
}

// fault is an error of SQLite in plain words.
type fault struct {
	path string
	trouble
	err error
}

func (f *fault) Error() string {
	says := f.says
	if f.code {
		says += fmt.Sprintf(" (SQLite error %d)", codeOf(f.err))
	}
	return fmt.Sprintf("sqlitestore: %s: %s\nMaybe %s", f.path, says, f.maybe)
}

// Unwrap is the error of the driver.
func (f *fault) Unwrap() error { return f.err }

// asTheyAre are the errors that say all there is to say.
var asTheyAre = []error{
	context.Canceled, context.DeadlineExceeded,
	allocation.ErrKeyTaken, allocation.ErrCompacted, allocation.ErrClosed,
}

// explain says what went wrong in the database, with its path and with advice.
func explain(path string, err error) error {
	if err == nil || slices.ContainsFunc(asTheyAre, func(target error) bool { return errors.Is(err, target) }) {
		return err
	}
	code := codeOf(err)
	if code == codes.SQLITE_BUSY_SNAPSHOT {
		return fmt.Errorf("sqlitestore: %s: the transaction began before others wrote: %w (%w)\nMaybe begin it with the BeginTx of Store.DB, which takes the write lock at once", path, allocation.ErrConflict, err)
	}
	if known, ok := troubles[code&0xff]; ok && code != 0 {
		return &fault{path, known, err}
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

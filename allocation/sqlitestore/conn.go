package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// checkpointPages is the size the WAL may reach before it is copied into the
// file, in pages of 4 KiB: 32 MB. It is larger than SQLite's 1,000 because the
// same pages of the indexes are written again and again, and each checkpoint
// writes them out; it cost a fifth less system time.
const checkpointPages = 8000

// A setting is a pragma that every connection has, and what reading it back
// must give.
type setting struct {
	pragma string
	value  string
	reads  string
}

func settings(busy time.Duration) []setting {
	timeout := strconv.FormatInt(busy.Milliseconds(), 10)
	return []setting{
		{"busy_timeout", timeout, timeout}, // first: setting the others may have to wait
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},   // each commit is fsync'ed; NORMAL would lose some in a power cut
		{"foreign_keys", "ON", "1"},    // for tables of the user
		{"secure_delete", "ON", "1"},   // erased fields are overwritten
		{"trusted_schema", "OFF", "0"}, // views and triggers of a file from elsewhere get no side effects
		{"wal_autocheckpoint", strconv.Itoa(checkpointPages), strconv.Itoa(checkpointPages)},
	}
}

// location is the file's name as SQLite takes it, with parameters.
func location(path string, query url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") { // C:/…
		abs = "/" + abs
	}
	// Path escapes what would end it: %, ? and #.
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: query.Encode()}).String(), nil
}

// connector opens connections that have the settings, and refuses those that
// do not take them.
type connector struct {
	driver.Connector
	settings []setting
}

// newConnector makes connections to an existing file. Transactions begun
// through them take the write lock at once: one that read first and wrote
// later would fail whenever somebody else wrote in between.
func newConnector(path string, busy time.Duration) (*connector, error) {
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}
	all := settings(busy)
	for _, s := range all {
		query.Add("_pragma", s.pragma+"("+s.value+")")
	}
	name, err := location(path, query)
	if err != nil {
		return nil, err
	}
	inner, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	return &connector{Connector: inner, settings: all}, nil
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range c.settings {
		got, err := readPragma(ctx, conn, s.pragma)
		if err == nil && got != s.reads {
			err = fmt.Errorf("sqlitestore: the file would not keep what is acknowledged: its %s is %s, not %s\nMaybe it is in a network folder; it has to be on a local disk", s.pragma, got, s.reads)
		}
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// readPragma asks one connection, below database/sql, for one of its settings.
func readPragma(ctx context.Context, conn driver.Conn, pragma string) (string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "PRAGMA "+pragma, nil)
	if err != nil {
		return "", err
	}
	row := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(row); err != nil && !errors.Is(err, io.EOF) {
		return "", errors.Join(err, rows.Close())
	}
	answer := slices.Clone(row)
	if err := rows.Close(); err != nil {
		return "", err
	}
	if len(answer) == 0 {
		return "", nil
	}
	return fmt.Sprint(answer[0]), nil
}

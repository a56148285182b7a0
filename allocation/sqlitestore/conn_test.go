package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"
)

func openHere(t *testing.T, opts ...Option) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "evenhand.db"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// querier is a connection, or a transaction that has one.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// pragma asks a connection for one of its settings.
func pragma(t *testing.T, conn querier, name string) string {
	t.Helper()
	var value string
	if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
		t.Fatalf("PRAGMA %s: %v", name, err)
	}
	return value
}

func TestEveryConnectionIsDurable(t *testing.T) {
	s := openHere(t, BusyTimeout(1234*time.Millisecond))
	conns := map[string]querier{"the writer": s.writer.conn}
	for i := range 6 { // more than the pool keeps, and all at once, so that each is another
		conn, err := s.DB().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns[fmt.Sprint("reader ", i)] = conn
	}
	tx, err := s.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := appendOne(t, s.Via(tx), "acme"); err != nil {
		t.Fatal(err)
	}
	conns["the transaction of its user"] = tx
	for who, conn := range conns {
		for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "trusted_schema": "0", "busy_timeout": "1234"} {
			if name == "busy_timeout" && conn == querier(s.writer.conn) {
				want = "20" // it asks again by itself
			}
			if got := pragma(t, conn, name); got != want {
				t.Errorf("every connection has %s = %s; %s has %s", name, want, who, got)
			}
		}
	}
}

// A connection that does not take a setting is refused. To see it, each
// setting in turn is expected to read back as something it never does.
func TestConnectionWithoutItsSettingsIsRefused(t *testing.T) {
	s := openHere(t)
	for i, want := range settings(time.Second) {
		name, err := location(s.path, url.Values{"_pragma": {want.pragma + "(" + want.value + ")"}})
		if err != nil {
			t.Fatal(err)
		}
		inner, err := sqlite.NewConnector(name)
		if err != nil {
			t.Fatal(err)
		}
		wrong := want
		wrong.reads = "another"
		for _, expect := range []setting{want, wrong} {
			c := &connector{Connector: inner, settings: []setting{expect}}
			conn, err := c.Connect(t.Context())
			if err == nil {
				conn.Close()
			}
			if refused := err != nil; refused != (expect == wrong) {
				t.Errorf("setting %d, %s: a connection is refused when it reads back otherwise, and only then; expecting %q got %v", i, want.pragma, expect.reads, err)
			}
			if err != nil && !strings.Contains(err.Error(), "\nMaybe ") {
				t.Errorf("the refusal says what to do; got %v", err)
			}
		}
	}
}

func TestWriterIsRenewedAfterItWasLost(t *testing.T) {
	s := openHere(t)
	if err := appendOne(t, s, "acme"); err != nil {
		t.Fatal(err)
	}
	s.writer.conn.Close() // as after an error that database/sql takes for a broken connection
	err := appendOne(t, s, "acme")
	if err == nil {
		t.Fatal("an Update on a lost connection must say that it failed")
	}
	if err := appendOne(t, s, "acme"); err != nil {
		t.Errorf("the Update after that has a new connection: %v", err)
	}
	if head, err := (session{stmt: s.pooled, one: alone{}}).head(context.Background(), "acme"); err != nil || head.Version != 2 {
		t.Errorf("the failed Update appended nothing: promised version 2, came %d, %v", head.Version, err)
	}
}

// A user of Store.DB who turns syncing off, and gives the connection back, does
// not turn it off for the writer.
func TestWriterSetsWhatOthersChanged(t *testing.T) {
	s := openHere(t)
	var lowered []*sql.Conn
	for range 4 { // as many as the pool keeps
		conn, err := s.DB().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{"synchronous = OFF", "secure_delete = OFF", "busy_timeout = 0"} {
			if _, err := conn.ExecContext(t.Context(), "PRAGMA "+change); err != nil {
				t.Fatal(err)
			}
		}
		lowered = append(lowered, conn)
	}
	for _, conn := range lowered {
		conn.Close()
	}
	s.writer.discard()
	s.writer = nil
	if err := appendOne(t, s, "acme"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"synchronous": "2", "secure_delete": "1", "journal_mode": "wal", "busy_timeout": "20"} {
		if got := pragma(t, s.writer.conn, name); got != want {
			t.Errorf("the writer has %s = %s; it has %s", name, want, got)
		}
	}
}

// Another program cannot take the file out of WAL mode while a Store is open,
// and if it did so before, the next Store puts it back.
func TestForeignConnection(t *testing.T) {
	s := openHere(t)
	if err := appendOne(t, s, "acme"); err != nil {
		t.Fatal(err)
	}
	foreign, err := plain(s.path, "rw", options{})
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	leaveWAL := func() (mode string) {
		foreign.QueryRowContext(t.Context(), "PRAGMA journal_mode = DELETE").Scan(&mode)
		return mode
	}
	if mode := leaveWAL(); mode == "delete" {
		t.Errorf("the journal mode cannot be changed while a Store is open; it is %q", mode)
	}
	if _, err := foreign.ExecContext(t.Context(), "PRAGMA synchronous = OFF"); err != nil {
		t.Fatal(err)
	}
	if got := pragma(t, s.writer.conn, "synchronous"); got != "2" {
		t.Errorf("the synchronous level of others is theirs; the writer's is %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if mode := leaveWAL(); mode != "delete" {
		t.Fatalf("without a Store it can be changed; it is %q", mode)
	}
	again, err := Open(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := pragma(t, again.writer.conn, "journal_mode"); got != "wal" {
		t.Errorf("Open puts the file into WAL mode; it is in %s", got)
	}
	if head := headOf(t, again, "acme"); head.Version != 1 {
		t.Errorf("what was appended before is there: %d", head.Version)
	}
}

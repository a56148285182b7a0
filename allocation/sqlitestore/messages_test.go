package sqlitestore

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var updateMessages = flag.Bool("update-messages", false, "write what the store says now into testdata/messages.txt; read the difference before committing it")

const messagesFile = "testdata/messages.txt"

// TestMessages pins what the store says to whoever has to look after its file.
func TestMessages(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, statement := range statements {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	opening := func(path string) error {
		s, err := Open(path, BusyTimeout(time.Millisecond))
		if err == nil {
			s.Close()
		}
		return err
	}
	ledger := func(name string) *Store {
		s, err := Open(filepath.Join(dir, name), BusyTimeout(time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		for range 3 {
			if err := appendOne(t, s, "acme"); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	pragma := func(s *Store, text string) {
		if _, err := s.writer.conn.ExecContext(t.Context(), "PRAGMA "+text); err != nil {
			t.Fatal(err)
		}
	}
	ours := fmt.Sprintf("PRAGMA application_id = %d", applicationID)

	locked, full, readOnly, holed := ledger("locked.db"), ledger("full.db"), ledger("read-only.db"), ledger("hole.db")
	tx, err := locked.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	pragma(full, "max_page_count = 1")
	pragma(readOnly, "query_only = ON")
	if _, err := holed.DB().ExecContext(t.Context(), "DELETE FROM ledger WHERE seq = 2"); err != nil {
		t.Fatal(err)
	}
	missing := func() (last error) {
		for _, err := range holed.Entries(t.Context(), "acme", 0, 0) {
			last = err
		}
		return last
	}
	whole, err := os.ReadFile(database("whole.db", "CREATE TABLE a (b)", "INSERT INTO a VALUES (randomblob(50000))"))
	if err != nil {
		t.Fatal(err)
	}

	var said strings.Builder
	for _, c := range []struct {
		what string
		err  error
	}{
		{"a store in memory", opening(":memory:")},
		{"a store without a name", opening("")},
		{"an address", opening("file:desk.db")},
		{"a folder", opening(dir)},
		{"a folder that is not there", opening(filepath.Join(dir, "nowhere", "desk.db"))},
		{"a text", opening(file("notes.txt", strings.Repeat("call the customer back\n", 100)))},
		{"the database of another program", opening(database("crm.db", "CREATE TABLE orders (id)"))},
		{"a store of a later version", opening(database("later.db", ours, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion+1)))},
		{"a store whose version was changed", opening(database("changed.db", ours, "CREATE TABLE ledger (desk)"))},
		{"half a file", opening(file("half.db", string(whole[:4096])))},
		{"a file that another process writes to", opening(locked.path)},
		{"an append to a file that another process writes to", appendOne(t, locked, "acme")},
		{"a full disk", appendSized(t.Context(), full, "acme", 1<<20)},
		{"a file that may not be written", appendOne(t, readOnly, "acme")},
		{"a row that somebody deleted", missing()},
		{"compacting to where no snapshot is", holed.Compact(t.Context(), "acme", 2)},
	} {
		if c.err == nil {
			t.Errorf("%s must be refused", c.what)
			continue
		}
		said.WriteString("=== " + c.what + "\n>>>\n" + strings.ReplaceAll(c.err.Error(), dir, "DIR") + "\n")
	}
	if *updateMessages {
		if err := os.WriteFile(messagesFile, []byte(said.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pinned, err := os.ReadFile(messagesFile)
	if err != nil {
		t.Fatal(err)
	}
	if said.String() != string(pinned) {
		t.Errorf("what the store says changed; it says\n%s\nand %s pins\n%s", said.String(), messagesFile, pinned)
	}
}

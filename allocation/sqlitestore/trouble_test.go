package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// oneEntry is a batch of one entry with a body of so many bytes.
func oneEntry(head allocation.Head, size int) allocation.Batch {
	entries := []allocation.Entry{{
		Seq:   head.Version + 1,
		At:    time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
		Event: allocation.EventPolicySet,
		Body:  []byte(`"` + strings.Repeat("x", size) + `"`),
	}}
	return allocation.Batch{Entries: entries, Link: allocation.Link(head.Link, entries)}
}

func appendSized(ctx context.Context, s allocation.Store, desk string, size int) error {
	return s.Update(ctx, desk, math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return oneEntry(head, size), nil
	})
}

func appendOne(t *testing.T, s allocation.Store, desk string) error {
	t.Helper()
	return appendSized(t.Context(), s, desk, 1)
}

// says checks that an error names the file and holds a phrase.
func says(t *testing.T, what string, err error, path string, phrases ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s must fail", what)
		return
	}
	for _, phrase := range append(phrases, path, "\nMaybe ") {
		if !strings.Contains(err.Error(), phrase) {
			t.Errorf("the error of %s must say %q; it says:\n%v", what, phrase, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	sqliteFile := func(name string, statements ...string) string {
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
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("call the customer back\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	ours := fmt.Sprintf("PRAGMA application_id = %d", applicationID)
	for _, c := range []struct {
		what, path, phrase string
	}{
		{"a database in memory", ":memory:", "in memory"},
		{"a database in memory without a name", "", "in memory"},
		{"a URI", "file:" + filepath.Join(dir, "a.db"), "is an address"},
		{"a folder", dir, "is a folder"},
		{"a folder that is not there", filepath.Join(dir, "nowhere", "a.db"), "folder does not exist"},
		{"a file that is no database", text, "no SQLite database"},
		{"a database of somebody else", sqliteFile("crm.db", "CREATE TABLE orders (id)"), "not made by Evenhand"},
		{"a database with the number of somebody else", sqliteFile("other.db", "PRAGMA application_id = 7"), "not made by Evenhand"},
		{"a database with a version of somebody else", sqliteFile("versioned.db", "PRAGMA user_version = 1"), "not made by Evenhand"},
		{"a ledger of a later version", sqliteFile("later.db", ours, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion+1)), "later Evenhand"},
		{"a ledger whose version was changed", sqliteFile("earlier.db", ours, "CREATE TABLE ledger (desk)"), "no Evenhand has written"},
	} {
		before, _ := os.ReadFile(c.path)
		s, err := Open(c.path)
		if err == nil {
			s.Close()
		}
		says(t, "opening "+c.what, err, c.path, c.phrase)
		if after, _ := os.ReadFile(c.path); string(after) != string(before) {
			t.Errorf("%s is refused without changing the file", c.what)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("refused files get no company; there is %v, %v", left, err)
	}
	if s, err := Open("a\x00b"); err == nil {
		s.Close()
		t.Error("a name with a zero byte must be refused")
	}
}

func TestOpenTakesOddNames(t *testing.T) {
	for _, name := range []string{"a b.db", "50%.db", "what?.db", "#1.db", "a%20b.db", "客户.db", "it's.db", "a&b=c.db", "?mode=memory"} {
		path := filepath.Join(t.TempDir(), name)
		for round := range 2 {
			s, err := Open(path)
			if err != nil {
				t.Errorf("a file may be called %q: %v", name, err)
				break
			}
			if err := appendOne(t, s, "acme"); err != nil {
				t.Errorf("a file called %q can be written: %v", name, err)
			}
			if head := headOf(t, s, "acme"); head.Version != uint64(round+1) {
				t.Errorf("a file called %q keeps what is written: promised version %d, came %d", name, round+1, head.Version)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("the file called %q is where it was asked for: %v", name, err)
		}
	}
}

func headOf(t *testing.T, s allocation.Store, desk string) (head allocation.Head) {
	t.Helper()
	err := s.Update(t.Context(), desk, math.MaxUint64, func(h allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		head = h
		return allocation.Batch{}, nil
	})
	if err != nil {
		t.Errorf("the head of desk %q: %v", desk, err)
	}
	return head
}

func TestManyMayOpenANewFileAtOnce(t *testing.T) {
	const openers = 8
	path := filepath.Join(t.TempDir(), "evenhand.db")
	var group sync.WaitGroup
	errs := make([]error, openers)
	for i := range openers {
		group.Go(func() {
			s, err := Open(path)
			if err == nil {
				err = errors.Join(appendSized(context.Background(), s, "acme", 1), s.Close())
			}
			errs[i] = err
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("whoever comes first makes the file, and the others use it: %v", err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if head := headOf(t, s, "acme"); head.Version != openers {
		t.Errorf("each of them appended: promised version %d, came %d", openers, head.Version)
	}
}

func TestLockedFile(t *testing.T) {
	s := openHere(t, BusyTimeout(time.Millisecond))
	if err := appendOne(t, s, "acme"); err != nil {
		t.Fatal(err)
	}
	tx, err := s.DB().BeginTx(t.Context(), nil) // what a browser with unsaved changes does
	if err != nil {
		t.Fatal(err)
	}
	says(t, "Update of a locked file", appendOne(t, s, "acme"), s.path, "another program")
	_, err = Open(s.path, BusyTimeout(time.Millisecond))
	says(t, "opening a locked file", err, s.path, "another program")
	for _, err := range s.Entries(t.Context(), "acme", 0, 0) {
		if err != nil {
			t.Errorf("readers wait for nobody: %v", err)
		}
	}

	patient, err := newConnector(s.path, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	waiting := newStore(s.path, sql.OpenDB(patient), time.Hour)
	defer waiting.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if err := appendSized(ctx, waiting, "acme", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for the file ends with the context; got %v", err)
	}

	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for _, store := range []*Store{s, waiting} {
		if err := appendOne(t, store, "acme"); err != nil {
			t.Errorf("once the lock is gone the store goes on: %v", err)
		}
	}
	if head := headOf(t, s, "acme"); head.Version != 3 {
		t.Errorf("what failed appended nothing: promised version 3, came %d", head.Version)
	}
}

func TestFullDisk(t *testing.T) {
	s := openHere(t)
	if err := appendOne(t, s, "acme"); err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		t.Helper()
		if _, err := s.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite takes the present size instead
	says(t, "Update on a full disk", appendSized(t.Context(), s, "acme", 1<<20), s.path, "room on the disk")
	if head := headOf(t, s, "acme"); head.Version != 1 {
		t.Errorf("a batch that did not fit leaves no trace: promised version 1, came %d", head.Version)
	}
	limit(1 << 30)
	if err := appendSized(t.Context(), s, "acme", 1<<20); err != nil {
		t.Errorf("with room on the disk the store goes on: %v", err)
	}
}

func TestReadOnlyFile(t *testing.T) {
	s := openHere(t)
	if _, err := s.writer.conn.ExecContext(t.Context(), "PRAGMA query_only = ON"); err != nil {
		t.Fatal(err)
	}
	says(t, "Update of a file that cannot be written", appendOne(t, s, "acme"), s.path, "may not be written")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		return // whom permissions do not stop
	}
	if err := os.Chmod(s.path, 0o400); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.path)
	if err == nil {
		again.Close()
	}
	says(t, "opening a file that cannot be written", err, s.path, "may not be written")
}

func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evenhand.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if err := appendSized(t.Context(), s, "acme", 500); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(file); i++ { // all but the first page, which says whose it is
		file[i] = 0xa5
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = Open(path)
	if err == nil {
		defer s.Close()
		_, _, err = s.Lookup(t.Context(), "acme", "k")
	}
	says(t, "reading a damaged file", err, path, "backup")
}

// Rows that somebody deleted are not taken for compacted ones.
func TestDeletedRow(t *testing.T) {
	s := openHere(t)
	for range 5 {
		if err := appendOne(t, s, "acme"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		deleted   int
		compacted bool
	}{{3, false}, {5, false}, {1, false}, {2, true}} {
		if _, err := s.DB().ExecContext(t.Context(), "DELETE FROM ledger WHERE seq = ?", c.deleted); err != nil {
			t.Fatal(err)
		}
		var last error
		for _, err := range s.Entries(t.Context(), "acme", 1, 0) {
			last = err
		}
		if last == nil || errors.Is(last, allocation.ErrCompacted) != c.compacted {
			t.Errorf("with row %d deleted too, entries from 2 on are compacted away: %t; got %v", c.deleted, c.compacted, last)
		}
	}
}

// A process that is killed while it makes the tables leaves a journal that has
// to be rolled back before anybody can read the file.
func TestOpenAfterItsMakingWasInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evenhand.db")
	if err := create(t.Context(), path, options{}); err != nil {
		t.Fatal(err)
	}
	journal := make([]byte, 512) // of a file that was empty before
	copy(journal, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
	binary.BigEndian.PutUint32(journal[20:], 512)
	binary.BigEndian.PutUint32(journal[24:], 4096)
	if err := os.WriteFile(path+"-journal", journal, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatalf("every store opens after kill -9: %v", err)
	}
	defer s.Close()
	if err := appendOne(t, s, "acme"); err != nil {
		t.Error(err)
	}
}

package sqlitestore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation"
)

// FuzzRows reads a database whose rows hold anything that SQLite lets them
// hold: what reads them says what is wrong, and never makes a time up.
func FuzzRows(f *testing.F) {
	f.Add("2026-01-05T09:00:00.000000Z", "assigned", `{"a": 1}`, []byte("0123456789abcdef"), []byte{1}, int64(1))
	f.Add("2026-01-05", "", "", []byte{}, []byte{}, int64(-1))
	f.Add("2026-01-05T9:00:00.000000Z", "assigned", `{"a": 1}`, []byte("0123456789abcdef"), []byte{1}, int64(1)) // time.Parse takes it
	f.Add("9999-99-99T99:99:99.999999Z", "\xff", "[", []byte(nil), []byte(strings.Repeat("\x00", 32)), int64(1)<<62)
	f.Add("10000-01-01T00:00:00.000000Z", "a\x00b", strings.Repeat("[", 20_000), []byte{0}, []byte(strings.Repeat("\x00", 33)), int64(0))
	s := open(f, f.TempDir())
	event(f, s, "acme", allocation.EventAssigned, allocation.StatusAssigned, "L-1", "ana", "")
	ctx := f.Context()
	f.Fuzz(func(t *testing.T, at, kind, body string, digest, link []byte, number int64) {
		// Rolled back, so that the file stays as it is.
		tx, err := s.DB().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for query, args := range map[string][]any{
			"UPDATE ledger SET time = ?, event = ?, body = ?, fields = ?, digest = ?, episode = ?": {at, kind, body, body, digest, number},
			"UPDATE links SET link = ?": {link},
			"INSERT INTO snapshots (desk, version, link, state) VALUES ('acme', 1, ?, ?)": {link, []byte(body)},
			"INSERT INTO timers (desk, name, due) VALUES ('acme', 'a', ?)":                {at},
		} {
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return // SQLite keeps it out
			}
		}
		via := s.Via(tx)
		budget.Within(t, len(at)+len(kind)+2*len(body)+len(digest)+2*len(link), func() {
			for e, err := range via.Entries(ctx, "acme", 0, 0) {
				checkRow(t, at, e.At, err)
			}
			for h, err := range via.Links(ctx, "acme") {
				if err == nil && string(h.Link[:]) != string(link) {
					t.Fatalf("a link is read as it was written or refused; %x became %x", link, h.Link)
				}
			}
			timers, err := via.Due(ctx, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 10)
			for _, timer := range timers {
				checkRow(t, at, timer.At, err)
			}
			if snap, err := via.Snapshot(ctx, "acme", 1); err == nil && string(snap.State) != body {
				t.Fatalf("a snapshot's state is read as it was written; %q became %q", body, snap.State)
			}
		})
	})
}

// checkRow: a time is read as the text says, or refused.
func checkRow(t *testing.T, text string, at time.Time, err error) {
	t.Helper()
	switch {
	case err == nil && at.Format("2006-01-02T15:04:05.000000Z") != text:
		t.Fatalf("a time is read as it was written or refused; %q became %v", text, at)
	case err != nil && at.IsZero() && !strings.Contains(err.Error(), "damaged"):
		t.Fatalf("what is wrong with a row is said; %v", err)
	}
}

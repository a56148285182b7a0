package sqlitestore_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
)

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// event appends one entry about a customer, a second after the one before.
func event(t testing.TB, s allocation.Store, desk string, event allocation.Event, status allocation.Status, customer, rep, reason string) {
	t.Helper()
	err := s.Update(context.Background(), desk, math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		e := allocation.Entry{
			Seq: head.Version + 1, At: monday.Add(time.Duration(head.Version) * time.Second), Event: event, Kind: "lead", Customer: customer, Episode: 1,
			Rep: rep, Status: status, Reason: reason, Body: []byte(`{"a": 1}`), Fields: []byte(`{"phone": "` + customer + ` 555-0100"}`), Salt: []byte("0123456789abcdef"),
		}
		if customer == "" {
			e.Kind, e.Episode, e.Fields, e.Salt = "", 0, nil, nil
		}
		return allocation.Batch{Entries: []allocation.Entry{e}, Link: allocation.Link(head.Link, []allocation.Entry{e})}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// table reads a query as lines of columns.
func table(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, v := range values {
			line = append(line, fmt.Sprint(v))
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// Any SQLite tool can read the file, while it is in use.
func TestPlainSQL(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	event(t, s, "acme", allocation.EventPolicySet, "", "", "", "")
	event(t, s, "acme", allocation.EventAssigned, allocation.StatusAssigned, "L-1", "ana", "")
	event(t, s, "acme", allocation.EventWaiting, allocation.StatusWaiting, "L-2", "", "full")
	event(t, s, "acme", allocation.EventAssigned, allocation.StatusAssigned, "L-3", "ana", "")
	event(t, s, "acme", allocation.EventReleased, allocation.StatusReleased, "L-1", "ana", "won")
	event(t, s, "acme", allocation.EventAssigned, allocation.StatusAssigned, "L-2", "bo", "")
	event(t, s, "other", allocation.EventAssigned, allocation.StatusAssigned, "L-1", "cy", "fallback")

	other, err := sql.Open("sqlite", filepath.Join(dir, "evenhand.db")) // with no settings of ours
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for query, want := range map[string][]string{
		"SELECT seq, time, event, kind, customer, episode, rep, status, reason, typeof(fields) FROM ledger WHERE desk = 'acme' ORDER BY seq": {
			"1|2026-01-05T09:00:00.000000Z|policy_set|||0||||null",
			"2|2026-01-05T09:00:01.000000Z|assigned|lead|L-1|1|ana|assigned||text",
			"3|2026-01-05T09:00:02.000000Z|waiting|lead|L-2|1||waiting|full|text",
			"4|2026-01-05T09:00:03.000000Z|assigned|lead|L-3|1|ana|assigned||text",
			"5|2026-01-05T09:00:04.000000Z|released|lead|L-1|1|ana|released|won|text",
			"6|2026-01-05T09:00:05.000000Z|assigned|lead|L-2|1|bo|assigned||text",
		},
		"SELECT fields ->> 'phone', body ->> 'a' FROM ledger WHERE customer = 'L-3'":        {"L-3 555-0100|1"},
		"SELECT count(*) FROM ledger WHERE datetime(time) = '2026-01-05 09:00:00'":          {"2"},
		"SELECT customer, status, rep FROM decisions WHERE desk = 'acme' ORDER BY seq":      {"L-1|assigned|ana", "L-2|waiting|", "L-3|assigned|ana", "L-2|assigned|bo"},
		"SELECT desk, customer, status, rep, reason FROM customers ORDER BY desk, customer": {"acme|L-1|released|ana|won", "acme|L-2|assigned|bo|", "acme|L-3|assigned|ana|", "other|L-1|assigned|cy|fallback"},
		"SELECT desk, rep, kind, open, oldest FROM open_work ORDER BY desk, rep":            {"acme|ana|lead|1|2026-01-05T09:00:03.000000Z", "acme|bo|lead|1|2026-01-05T09:00:05.000000Z", "other|cy|lead|1|2026-01-05T09:00:00.000000Z"},
		"SELECT count(*), max(version) FROM links WHERE desk = 'acme'":                      {"6|6"},
		"PRAGMA integrity_check": {"ok"},
	} {
		if got := table(t, other, query); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\npromised %q\ncame     %q", query, want, got)
		}
	}
	// What a person looks up by customer must not read the whole ledger.
	plan := strings.Join(table(t, other, "EXPLAIN QUERY PLAN SELECT * FROM customers WHERE desk = 'acme' AND kind = 'lead' AND customer = 'L-1'"), "\n")
	if strings.Contains(plan, "SCAN") || strings.Count(plan, "ledger_customer") != 2 {
		t.Errorf("looking a customer up goes by the index; the plan is\n%s", plan)
	}
}

// Erased fields are gone from the file, not only from the answers.
func TestErasedBytesAreGone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "evenhand.db")
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		event(t, s, "acme", allocation.EventAssigned, allocation.StatusAssigned, fmt.Sprintf("L-%d", i%10), "ana", "")
	}
	erase := func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		return allocation.Batch{Erase: []allocation.CustomerRef{{Kind: "lead", ID: "L-7"}}}, nil
	}
	if err := s.Update(t.Context(), "acme", 0, erase); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file, []byte("L-7 555-0100")) {
		t.Error("after an erasure and a checkpoint the fields are overwritten in the file")
	}
	if n := bytes.Count(file, []byte("L-8 555-0100")); n != 5 {
		t.Errorf("the fields of others are still there: promised 5, came %d", n)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("a store that was closed leaves one file; there is %v, %v", files, err)
	}
}

// Compacting takes several transactions and leaves off where it should.
func TestCompactMany(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir())
	const n = 5_000
	err := s.Update(ctx, "acme", 0, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
		b := assignments(head, n, rising)
		b.Snapshot = &allocation.Snapshot{Version: n, Link: b.Link, State: []byte("all")}
		return b, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	event(t, s, "acme", allocation.EventReleased, allocation.StatusReleased, "L-1", "ana", "won")
	if err := s.Compact(ctx, "acme", n); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT count(*), min(seq) FROM ledger": fmt.Sprint("1|", n+1),
		"SELECT count(*) FROM keys":             fmt.Sprint(n),
	} {
		if got := table(t, s.DB(), query); got[0] != want {
			t.Errorf("after compacting up to %d, %s is %s; got %s", n, query, want, got[0])
		}
	}
}

package sqlitestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// A WAL is a header and frames: a header of its own and a page.
const (
	walHeader   = 32
	frameHeader = 24
	pageSize    = 4096
	frameSize   = frameHeader + pageSize
)

// history is what was appended to a desk: the promise that copies are held
// against.
type history struct {
	heads   []allocation.Head // after each batch
	entries []allocation.Entry
	wal     []int64 // length of the WAL when the batch was acknowledged
}

// drawBatch is a batch of one to four entries, some of them longer than a page,
// with keys, a timer and now and then a snapshot.
func drawBatch(rng *rand.Rand, head allocation.Head) allocation.Batch {
	var b allocation.Batch
	for i := range 1 + rng.IntN(4) {
		seq := head.Version + uint64(i) + 1
		size := rng.IntN(600)
		if rng.IntN(8) == 0 {
			size = 6000
		}
		b.Entries = append(b.Entries, allocation.Entry{
			Seq: seq, At: time.Date(2026, 1, 5, 9, 0, int(seq), 0, time.UTC), Event: allocation.EventAssigned,
			Kind: "lead", Customer: fmt.Sprint("L-", seq), Episode: 1, Rep: "ana", Status: allocation.StatusAssigned,
			Body: fmt.Appendf(nil, `{"n":%d,"text":%q}`, seq, strings.Repeat(string('a'+rune(seq%26)), size)),
		})
		b.Keys = append(b.Keys, allocation.Key{Name: fmt.Sprint("c/lead/L-", seq), Seq: seq, New: true})
	}
	b.Link = allocation.Link(head.Link, b.Entries)
	last := b.Entries[len(b.Entries)-1].Seq
	b.Keys = append(b.Keys, allocation.Key{Name: "last", Seq: last})
	b.Timers = []allocation.Timer{{Name: "wake", At: b.Entries[0].At}}
	if rng.IntN(5) == 0 {
		b.Snapshot = &allocation.Snapshot{Version: last, Link: b.Link, State: fmt.Appendf(nil, `{"s":%q}`, strings.Repeat("s", rng.IntN(3000)))}
	}
	return b
}

// write appends batches and takes note of them.
func (h *history) write(t *testing.T, s *Store, rng *rand.Rand, batches int) {
	t.Helper()
	for range batches {
		err := s.Update(t.Context(), "acme", math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			b := drawBatch(rng, head)
			h.entries = append(h.entries, b.Entries...)
			h.heads = append(h.heads, allocation.Head{Version: b.Entries[len(b.Entries)-1].Seq, Link: b.Link})
			return b, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.wal = append(h.wal, fileSize(t, s.path+"-wal"))
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// within is the version acknowledged by the first so many bytes of the WAL.
func (h *history) within(wal int64) uint64 {
	version := uint64(0)
	for i, size := range h.wal {
		if size <= wal {
			version = h.heads[i].Version
		}
	}
	return version
}

var errNoPrefix = errors.New("the ledger is no prefix of what was appended")

// survives opens a file, checks that it holds whole batches from the first on,
// and returns how far it goes. The error is errNoPrefix when it holds something
// else and nobody has noticed.
func (h *history) survives(path string) (version uint64, err error) {
	s, err := Open(path, BusyTimeout(time.Second))
	if err != nil {
		return 0, err
	}
	ctx := context.Background()
	// While somebody reads, Close does not move the WAL into the file, which
	// would take most of the time here.
	reader, err := plain(path, "ro", options{busy: time.Second})
	if err == nil {
		defer reader.Close()
		_, err = identify(ctx, reader.QueryRowContext)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err != nil {
		return 0, err
	}
	if err := allocation.Verify(ctx, s, "acme"); err != nil {
		return 0, err
	}
	var entries []allocation.Entry
	for e, err := range s.Entries(ctx, "acme", 0, 0) {
		if err != nil {
			return 0, err
		}
		entries = append(entries, e)
	}
	batches := 0
	for head, err := range s.Links(ctx, "acme") {
		if err != nil {
			return 0, err
		}
		if batches >= len(h.heads) || head != h.heads[batches] {
			return 0, fmt.Errorf("%w: batch %d ends at %d", errNoPrefix, batches, head.Version)
		}
		version, batches = head.Version, batches+1
	}
	if len(entries) != int(version) || len(entries) > 0 && !reflect.DeepEqual(entries, h.entries[:version]) {
		return 0, fmt.Errorf("%w: entries up to %d, batches up to %d", errNoPrefix, len(entries), version)
	}
	if version == 0 {
		return 0, nil
	}
	seq, found, err := s.Lookup(ctx, "acme", fmt.Sprint("c/lead/L-", version))
	if err == nil && (!found || seq != version) {
		err = fmt.Errorf("%w: the key of entry %d leads to %d, %t", errNoPrefix, version, seq, found)
	}
	return version, err
}

// A ledgerFile is a ledger as it lies on the disk while it is open: a database
// with some batches in it, and a WAL with all later ones.
type ledgerFile struct {
	history
	db, wal []byte
	base    uint64 // version in the database without the WAL
}

// walBatchesVariable is how many batches the WAL has that is cut and damaged at
// every frame, and four times how many a simulated disk gets between two
// checkpoints. Defaults to 4.
const walBatchesVariable = "EVENHAND_WAL_BATCHES"

func walBatches(t *testing.T) int {
	text := os.Getenv(walBatchesVariable)
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, and should be a number of batches", walBatchesVariable, text)
	}
	return n
}

func writeLedger(t *testing.T, seed uint64, before, after int) *ledgerFile {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "evenhand.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f := &ledgerFile{}
	f.write(t, s, rng, before)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	clear(f.history.wal)
	f.base = f.heads[before-1].Version
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.write(t, s, rng, after)
	f.db, f.wal = readFile(t, path), readFile(t, path+"-wal")
	if n := len(f.wal) - walHeader; n%frameSize != 0 {
		t.Fatalf("the WAL has %d bytes of frames", n)
	}
	return f
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// put lays a database and a WAL down as a crash would leave them, without the
// shared memory. A nil WAL is none.
func put(t *testing.T, path string, db, wal []byte) {
	t.Helper()
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, db, 0o600); err != nil {
		t.Fatal(err)
	}
	if wal != nil {
		if err := os.WriteFile(path+"-wal", wal, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// exactly checks that a file opens with the batches up to a version.
func (f *ledgerFile) exactly(t *testing.T, path, what string, want uint64) {
	t.Helper()
	if got, err := f.survives(path); err != nil || got != want {
		t.Errorf("%s: promised version %d, came %d, %v", what, want, got, err)
	}
}

// A WAL that was cut off anywhere holds the batches whose frames are all there,
// and those of the database.
func TestWALCutAtEveryFrame(t *testing.T) {
	f := writeLedger(t, 1, 5, walBatches(t))
	path := filepath.Join(t.TempDir(), "copy.db")
	rng := rand.New(rand.NewPCG(1, 1))
	cut := func(at int) {
		put(t, path, f.db, f.wal[:at])
		f.exactly(t, path, fmt.Sprintf("WAL cut at byte %d of %d", at, len(f.wal)), max(f.base, f.within(int64(at))))
	}
	for _, at := range []int{0, 1, walHeader - 1} {
		cut(at)
	}
	for at := walHeader; at < len(f.wal); at += frameSize {
		cut(at)
		cut(at + frameHeader)                 // the header alone
		cut(at + 1 + rng.IntN(frameSize-1))   // somewhere
		cut(at + frameSize - 1 - rng.IntN(8)) // nearly all of it
	}
	cut(len(f.wal))
	t.Logf("%d batches in %d frames", len(f.heads), (len(f.wal)-walHeader)/frameSize)
}

// A byte that changed in a frame takes that frame's batch and all later ones
// away, and nothing else; a byte of the header takes all.
func TestWALDamagedAtEveryFrame(t *testing.T) {
	f := writeLedger(t, 2, 5, walBatches(t))
	path := filepath.Join(t.TempDir(), "copy.db")
	rng := rand.New(rand.NewPCG(2, 1))
	flip := func(at int, want uint64, what string) {
		wal := bytes.Clone(f.wal)
		wal[at] ^= byte(1 + rng.IntN(255))
		put(t, path, f.db, wal)
		f.exactly(t, path, fmt.Sprintf("byte %d of the WAL changed, in %s", at, what), max(f.base, want))
	}
	for at := range walHeader {
		flip(at, 0, "its header")
	}
	for at := walHeader; at < len(f.wal); at += frameSize {
		before := f.within(int64(at))
		flip(at+rng.IntN(4), before, "a page number")
		flip(at+4+rng.IntN(4), before, "the size after a commit")
		flip(at+8+rng.IntN(8), before, "a salt")
		flip(at+16+rng.IntN(8), before, "a checksum")
		flip(at+frameHeader+rng.IntN(pageSize), before, "a page")
	}
}

// What belongs together is lost together: frames in another order, one left
// out, one twice, or those of an earlier use of the file.
func TestWALWithFramesMoved(t *testing.T) {
	f := writeLedger(t, 3, 5, walBatches(t))
	path := filepath.Join(t.TempDir(), "copy.db")
	frame := func(i int) []byte { return f.wal[walHeader+i*frameSize:][:frameSize] }
	frames := (len(f.wal) - walHeader) / frameSize
	for i := range frames - 1 {
		at := walHeader + i*frameSize
		before := max(f.base, f.within(int64(at)))
		for what, wal := range map[string][]byte{
			"left out":     append(bytes.Clone(f.wal[:at]), f.wal[at+frameSize:]...),
			"zeroed":       append(append(bytes.Clone(f.wal[:at]), make([]byte, frameSize)...), f.wal[at+frameSize:]...),
			"changed over": append(append(append(bytes.Clone(f.wal[:at]), frame(i+1)...), frame(i)...), f.wal[at+2*frameSize:]...),
		} {
			put(t, path, f.db, wal)
			f.exactly(t, path, fmt.Sprintf("frame %d %s", i, what), before)
		}
	}
}

// Copies made while others write hold all that was acknowledged before the
// copying began.
func TestCopyWhileWriting(t *testing.T) {
	var h history
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "evenhand.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rng := rand.New(rand.NewPCG(4, 0))
	h.write(t, s, rng, 5)
	type copied struct {
		path  string
		least uint64
	}
	copies := make(chan copied, 1000)
	begin, stop := make(chan uint64), make(chan struct{})
	go func() {
		defer close(copies)
		for n := 0; ; n++ {
			select {
			case least := <-begin:
				path := filepath.Join(dir, fmt.Sprint("copy", n, ".db"))
				put(t, path, readFile(t, s.path), readFile(t, s.path+"-wal"))
				copies <- copied{path, least}
				path = filepath.Join(dir, fmt.Sprint("vacuumed", n, ".db"))
				if _, err := s.DB().Exec("VACUUM INTO ?", path); err != nil {
					t.Errorf("VACUUM INTO: %v", err)
				}
				copies <- copied{path, least}
			case <-stop:
				return
			}
		}
	}()
	for range 200 {
		h.write(t, s, rng, 1)
		select {
		case begin <- h.heads[len(h.heads)-1].Version:
		default: // it is still copying
		}
	}
	close(stop)
	for c := range copies {
		version, err := h.survives(c.path)
		if err != nil || version < c.least {
			t.Errorf("%s holds what was acknowledged before, up to %d: came %d, %v", filepath.Base(c.path), c.least, version, err)
		}
	}
}

// clearError says whether an error tells what to do.
func clearError(err error, path string) bool {
	return strings.Contains(err.Error(), path) && strings.Contains(err.Error(), "\nMaybe ") || errors.Is(err, allocation.ErrLedger)
}

// A database that lost its end, or of which bytes changed, is refused or holds
// a prefix. Verify sees what SQLite does not.
func TestDatabaseDamaged(t *testing.T) {
	f := writeLedger(t, 5, 40, 1)
	f.heads, f.entries = f.heads[:40], f.entries[:f.heads[39].Version]
	path := filepath.Join(t.TempDir(), "copy.db")
	rng := rand.New(rand.NewPCG(5, 1))
	outcomes := map[string]int{}
	check := func(what string, db []byte) {
		t.Helper()
		put(t, path, db, nil)
		version, err := f.survives(path)
		switch {
		case errors.Is(err, errNoPrefix):
			t.Errorf("%s: nobody noticed: %v", what, err)
		case err != nil && !clearError(err, path):
			t.Errorf("%s: the error names the file, or the entry, and says what to do; it says:\n%v", what, err)
		case err != nil:
			outcomes["refused"]++
		case version == f.heads[39].Version:
			outcomes["unharmed"]++
		default:
			outcomes["a prefix"]++
		}
	}
	for at := 0; at < len(f.db); at += 1 + rng.IntN(pageSize) {
		check(fmt.Sprintf("database cut at byte %d of %d", at, len(f.db)), f.db[:at])
	}
	for at := 0; at < len(f.db); at += pageSize {
		check(fmt.Sprintf("database cut at page %d of %d", at/pageSize, len(f.db)/pageSize), f.db[:at])
		zeroed := bytes.Clone(f.db)
		clear(zeroed[at:][:pageSize])
		check(fmt.Sprintf("page %d of %d zeroed", at/pageSize+1, len(f.db)/pageSize), zeroed)
		for _, within := range []int{rng.IntN(100), rng.IntN(pageSize), rng.IntN(pageSize), rng.IntN(pageSize)} {
			db := bytes.Clone(f.db)
			db[at+within] ^= byte(1 + rng.IntN(255))
			check(fmt.Sprintf("byte %d of page %d of %d changed", within, at/pageSize+1, len(f.db)/pageSize), db)
		}
	}
	t.Logf("%v", outcomes)
}

// Without its WAL a database is what it was at the last checkpoint. With the
// WAL of another database it is refused, or is one of the two.
func TestWALOfAnother(t *testing.T) {
	ours, theirs := writeLedger(t, 6, 5, 12), writeLedger(t, 7, 9, 30)
	path := filepath.Join(t.TempDir(), "copy.db")
	put(t, path, ours.db, nil)
	ours.exactly(t, path, "the WAL is missing", ours.base)
	put(t, path, ours.db, []byte{})
	ours.exactly(t, path, "the WAL is empty", ours.base)

	for at := walHeader; at <= len(theirs.wal); at += frameSize {
		put(t, path, ours.db, theirs.wal[:at])
		_, err := ours.survives(path)
		if errors.Is(err, errNoPrefix) {
			put(t, path, ours.db, theirs.wal[:at])
			_, err = theirs.survives(path)
		}
		if errors.Is(err, errNoPrefix) {
			t.Errorf("with %d bytes of the WAL of another database it is neither, and nobody noticed: %v", at, err)
		}
		if err != nil && !clearError(err, path) {
			t.Errorf("the error names the file, or the entry, and says what to do; it says:\n%v", err)
		}
	}
}

// A full disk refuses the batch and nothing else, wherever it is that the room
// ends.
func TestDiskFullAtEveryPage(t *testing.T) {
	var h history
	s := openHere(t)
	rng := rand.New(rand.NewPCG(8, 0))
	h.write(t, s, rng, 3)
	limit := func(pages int) {
		t.Helper()
		if _, err := s.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	refused := 0
	for range 40 {
		pages, err := strconv.Atoi(pragma(t, s.writer.conn, "page_count"))
		if err != nil {
			t.Fatal(err)
		}
		for room := 0; ; room++ {
			limit(pages + room)
			head := h.heads[len(h.heads)-1]
			b := drawBatch(rand.New(rand.NewPCG(head.Version, 0)), head)
			err := s.Update(t.Context(), "acme", math.MaxUint64, func(allocation.Head, iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
				return b, nil
			})
			if err == nil {
				h.heads = append(h.heads, allocation.Head{Version: b.Entries[len(b.Entries)-1].Seq, Link: b.Link})
				h.entries = append(h.entries, b.Entries...)
				break
			}
			refused++
			says(t, "Update on a full disk", err, s.path, "room on the disk")
			if now := headOf(t, s, "acme"); now != head {
				t.Fatalf("a batch that did not fit leaves no trace: the head was %d and is %d", head.Version, now.Version)
			}
		}
	}
	if version, err := h.survives(s.path); err != nil || version != h.heads[len(h.heads)-1].Version || refused == 0 {
		t.Errorf("after %d refusals all batches are there: %d, %v", refused, version, err)
	}
}

// Checkpoint sequence numbers grow, and each use of the file has other salts,
// so that frames of an earlier use are never taken for new ones.
func TestWALIsUsedAgain(t *testing.T) {
	f := writeLedger(t, 9, 5, 20)
	path := filepath.Join(t.TempDir(), "copy.db")
	put(t, path, f.db, f.wal)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().ExecContext(t.Context(), "PRAGMA wal_checkpoint(RESTART)"); err != nil {
		t.Fatal(err)
	}
	f.write(t, s, rand.New(rand.NewPCG(9, 9)), 3)
	db, wal := readFile(t, path), readFile(t, path+"-wal")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(wal) != len(f.wal) {
		t.Fatalf("the WAL was used again and has %d bytes, %d before", len(wal), len(f.wal))
	}
	if a, b := binary.BigEndian.Uint32(wal[16:]), binary.BigEndian.Uint32(f.wal[16:]); a == b {
		t.Errorf("the salt is another: %d and %d", a, b)
	}
	put(t, path, db, wal)
	f.exactly(t, path, "a WAL with frames of an earlier use behind its own", f.heads[len(f.heads)-1].Version)
}

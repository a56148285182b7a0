package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// Where these are set in the environment, the test binary is a child that one
// of the checks below has started: it works on the database in childDir under
// the name childName.
const (
	childDir  = "EVENHAND_STORETEST_DIR"
	childName = "EVENHAND_STORETEST_NAME"
)

// child starts the test binary again with the running test alone.
func child(t *testing.T, dir, name string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := exec.Command(binary, "-test.run", strings.Join(pattern, "/"), "-test.v", "-test.timeout", "5m")
	cmd.Env = append(os.Environ(), childDir+"="+dir, childName+"="+name)
	return cmd
}

func exclusiveProcesses(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	const desk, processes, each = "acme", 3, 30
	if dir := os.Getenv(childDir); dir != "" {
		store := open(t, dir)
		defer store.Close()
		var inside atomic.Int32
		w := &writer{store: store, desk: desk, name: os.Getenv(childName), inside: &inside}
		for range each {
			if err := w.append(t.Context()); err != nil {
				t.Fatalf("%s: %v", w.name, err)
			}
		}
		return
	}

	dir := t.TempDir()
	f := newFixture(t, func() allocation.Store { return open(t, dir) })
	var output [processes]strings.Builder
	var running [processes]*exec.Cmd
	for i := range processes {
		running[i] = child(t, dir, fmt.Sprint("process ", i))
		running[i].Stdout, running[i].Stderr = &output[i], &output[i]
		if err := running[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("between the call of fn and the append no other process appends to the desk: process %d: %v\n%s", i, err, output[i].String())
		}
	}
	f.raced(desk, processes, each)
}

// killBatch is what a process that will be killed appends after a head. All of
// it follows from the head, so that the survivors can be checked without
// having been told: one to three entries with a key each, a timer, every
// seventh time a snapshot.
func killBatch(head allocation.Head) allocation.Batch {
	b := plainBatch("acme", head, 1+int(head.Version%3))
	after := headAfter(head, b)
	for _, e := range b.Entries {
		b.Keys = append(b.Keys, allocation.Key{Name: "lead/" + e.Customer, Seq: e.Seq, New: true})
	}
	b.Keys = append(b.Keys, allocation.Key{Name: "last", Seq: after.Version})
	b.Timers = []allocation.Timer{{Name: "last", At: morning.Add(time.Duration(after.Version) * time.Second)}}
	if head.Version%7 == 0 {
		b.Snapshot = snapshotAt(after)
	}
	return b
}

// killed lets a child append, says after how many acknowledgements it dies,
// and looks at what is left, many times over on one database.
func killed(t *testing.T, open func(t *testing.T, dir string) allocation.Store) {
	if dir := os.Getenv(childDir); dir != "" {
		appendUntilKilled(t, open(t, dir))
		return
	}
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	for round := range rounds {
		acknowledged := killAfter(t, child(t, dir, "victim"), 5+round*7%23)
		f := newFixture(t, func() allocation.Store { return open(t, dir) })
		f.survived(acknowledged)
		if err := f.store.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
}

func appendUntilKilled(t *testing.T, store allocation.Store) {
	for { // ends with the process; -test.timeout is the way out when nobody kills it
		var after allocation.Head
		err := store.Update(context.Background(), "acme", math.MaxUint64, func(head allocation.Head, _ iter.Seq2[allocation.Entry, error]) (allocation.Batch, error) {
			b := killBatch(head)
			after = headAfter(head, b)
			return b, nil
		})
		if err != nil {
			t.Fatalf("Update after earlier processes were killed: %v", err)
		}
		fmt.Printf("acknowledged %d\n", after.Version)
	}
}

// killAfter runs the child, kills it after some acknowledgements, and returns
// the last version it acknowledged, be it after the decision to kill it.
func killAfter(t *testing.T, cmd *exec.Cmd, acknowledgements int) uint64 {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var last uint64
	var other strings.Builder
	seen := 0
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("reading from the child: %v", err)
			}
			break
		}
		version, ok := strings.CutPrefix(strings.TrimSpace(line), "acknowledged ")
		if !ok {
			other.WriteString(line)
			continue
		}
		if last, err = strconv.ParseUint(version, 10, 64); err != nil {
			t.Errorf("the child said %q", line)
		}
		if seen++; seen == acknowledgements {
			if err := cmd.Process.Kill(); err != nil {
				t.Errorf("kill: %v", err)
			}
		}
	}
	cmd.Wait() // it was killed, so it reports a signal
	if seen < acknowledgements {
		t.Fatalf("the child ended by itself after %d acknowledgements:\n%s%s", seen, other.String(), stderr.String())
	}
	return last
}

// survived checks that the ledger is the one that whole batches make, and
// that it reaches what was acknowledged.
func (f *fixture) survived(acknowledged uint64) {
	f.Helper()
	head := f.head("acme")
	if head.Version < acknowledged {
		f.Errorf("version %d was acknowledged before the process was killed, and the ledger ends at %d", acknowledged, head.Version)
	}
	want := view{Keys: make(map[string]uint64)}
	var names []string
	for want.Head.Version < head.Version {
		b := killBatch(want.Head)
		want.Head = headAfter(want.Head, b)
		want.Entries = append(want.Entries, b.Entries...)
		want.Links = append(want.Links, want.Head)
		for _, k := range b.Keys {
			want.Keys[k.Name] = k.Seq
			names = append(names, k.Name)
		}
		want.Timers = []allocation.Timer{{Desk: "acme", Name: "last", At: b.Timers[0].At}}
		if b.Snapshot != nil {
			want.Snapshot = *b.Snapshot
		}
	}
	same(f, "after kill -9 the ledger holds whole batches with their keys, timers, links and snapshots", want, f.view("acme", 0, names...))
}

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watching is a command that watches, whose ticks and clock of files are the
// test's: nothing here waits for time to pass.
type watching struct {
	t     *testing.T
	dir   string
	out   bytes.Buffer
	err   bytes.Buffer
	ticks chan time.Time
	saved int // how often a file was saved
}

// save writes a file a second after the one before.
func (w *watching) save(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	writeText(w.t, path, text)
	w.saved++
	at := time.Date(2026, 3, 2, 9, 0, w.saved, 0, time.UTC)
	if err := os.Chtimes(path, at, at); err != nil {
		w.t.Fatal(err)
	}
}

// said lets a tick pass and returns what was said since the last time. A tick is
// taken when nothing is running, so that the second one follows the run that the
// first one set off.
func (w *watching) said() string {
	w.ticks <- time.Time{}
	w.ticks <- time.Time{}
	text := w.out.String() + w.err.String()
	w.out.Reset()
	w.err.Reset()
	return strings.ReplaceAll(text, w.dir+string(filepath.Separator), "")
}

func TestWatchRunsAgainOnChange(t *testing.T) {
	w := &watching{t: t, dir: t.TempDir(), ticks: make(chan time.Time)}
	const policy = `evenhand: 1
name: watched
lists: {vips: {file: vips.txt}}
rules: [{name: vip, when: customer.domain in vips}]
tests:
  - {name: acme, reps: [{id: ana}], customer: {domain: acme.example}, expect: {rep: ana}}
`
	w.save("vips.txt", "acme.example\n")
	w.save("policy.yaml", policy)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	command := &testCommand{Policies: []string{filepath.Join(w.dir, "policy.yaml")}, Format: "text"}
	go func() { ended <- command.watch(ctx, console{strings.NewReader(""), &w.out, &w.err}, w.ticks) }()

	const passes = "policy.yaml: 1 test, 1 passed, 0 failed\n"
	const looks = "note: looking for changes of policy.yaml, vips.txt; Ctrl-C ends it\n"
	for _, step := range []struct {
		what string
		do   func()
		want []string
	}{
		{"at first", func() {}, []string{passes, looks}},
		{"nothing changed", func() {}, nil},
		{"a list changed", func() { w.save("vips.txt", "globex.example\n") },
			[]string{"note: vips.txt has changed\n", `test "acme" failed`, "0 passed, 1 failed\n", looks}},
		{"it was mended", func() { w.save("vips.txt", "acme.example\n") }, []string{"note: vips.txt has changed\n", passes, looks}},
		{"the same text was saved", func() { w.save("vips.txt", "acme.example\n") }, []string{passes}},
		{"the policy is broken", func() { w.save("policy.yaml", policy+"x: 1\n") },
			[]string{"note: policy.yaml has changed\n", `evenhand: policy.yaml:7:1: a policy has no key "x"`, looks}},
		{"a list is gone", func() { os.Remove(filepath.Join(w.dir, "vips.txt")) }, []string{"note: vips.txt has changed\n", "a policy has no key"}},
		{"both are back", func() { w.save("vips.txt", "acme.example\n"); w.save("policy.yaml", policy) }, []string{passes, looks}},
	} {
		step.do()
		said := w.said()
		if len(step.want) == 0 && said != "" {
			t.Errorf("%s: nothing should be said, and is: %s", step.what, said)
		}
		for _, want := range step.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not in what is said:\n%s", step.what, want, said)
			}
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("a watch that is ended gives %v", err)
	}
}

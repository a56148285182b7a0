package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil { // as it is run
		panic(err)
	}
	m.Run()
}

// TestFaultsFollowTheCode says which fault's place is gone, without running
// anything.
func TestFaultsFollowTheCode(t *testing.T) {
	for i := range faults {
		if _, err := faults[i].changed(); err != nil {
			t.Errorf("%s: %v", faults[i].name, err)
		}
	}
}

// TestOnlyAFailingTestIsACatch: a fault that was not put into the code, or that no
// test looked at, is not noticed.
func TestOnlyAFailingTestIsACatch(t *testing.T) {
	chosen, err := choose("^a window off by an hour$")
	if err != nil || len(chosen) != 1 {
		t.Fatal(len(chosen), err)
	}
	for _, c := range []struct {
		name   string
		change func(*fault)
		wrong  string // "" for a catch
	}{
		{"as it should be", func(*fault) {}, ""},
		{"the place is gone", func(f *fault) { f.edits[0].old = "what stands nowhere" }, "stands 0 times"},
		{"nothing is changed", func(f *fault) { f.edits[0].new = f.edits[0].old }, "all tests pass"},
		{"it does not compile", func(f *fault) { f.edits[0].new = "(" }, "did not report a failure"},
		{"no such test", func(f *fault) { f.test = "TestOfNothing" }, "there is no test TestOfNothing"},
		{"no such flag", func(f *fault) { f.flags = []string{"-rapid.sead=1"} }, "did not report a failure"},
	} {
		f := *chosen[0]
		f.edits = slices.Clone(f.edits)
		c.change(&f)
		if got := try(&f, false).wrong; (c.wrong == "") != (got == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: %q, want %q", c.name, got, c.wrong)
		}
	}
}

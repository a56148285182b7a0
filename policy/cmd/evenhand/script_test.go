package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the command prints into the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"evenhand": main})
}

// TestScripts runs testdata/script/*.txtar, where every command and every
// message is pinned. Besides the commands of testscript there are
//
//	exits N evenhand …   runs it and checks the exit status
//	masked               stdout into the file masked, with HASH for policy versions
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("COLUMNS", "100")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "masked": masked},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS command…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

var hash = regexp.MustCompile(`\b[0-9a-f]{64}\b|\([0-9a-f]{12}\)`)

func masked(ts *testscript.TestScript, neg bool, _ []string) {
	if neg {
		ts.Fatalf("usage: masked")
	}
	text := hash.ReplaceAllString(ts.ReadFile("stdout"), "HASH")
	ts.Check(os.WriteFile(ts.MkAbs("masked"), []byte(text), 0o600))
}

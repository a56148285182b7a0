// Command faults puts one deliberate fault after the other into the code and
// sees to it that the test named beside it notices. A fault that no test
// notices, or whose place is gone from the code, fails the run.
//
//	go run ./.ci/faults                      all of them, from the root
//	go run ./.ci/faults -only 'cap|window'   those whose name matches
//	go run ./.ci/faults -write .ci/faults/TABLE.md
//	go run ./.ci/faults -discover -only NAME which tests of the package notice
//	go run ./.ci/faults -times 10            each ten times: random draws differ
//
// A fault has to be noticed whatever is drawn: no seed is fixed, and cases that
// failed before are neither kept nor replayed.
//
// The code itself is never touched: the compiler is given the changed files by
// -overlay. The table of faults is faults.go.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// patience is how long a test may take to notice a fault.
const patience = 2 * time.Minute

// drawn are settings of rapid, for packages that use it: a case that fails is
// neither made smaller, which can take half a minute, nor kept for a replay,
// which would notice the next fault in place of fresh draws.
var drawn = []string{"RAPID_NOFAILFILE=true", "RAPID_SHRINKTIME=0s"}

// verdict is what became of one fault.
type verdict struct {
	fault   *fault
	seconds float64
	wrong   string // why the fault counts as not caught
	failed  []string
}

func main() {
	only := flag.String("only", "", "run the faults whose name matches this expression")
	write := flag.String("write", "", "write the table of faults, tests and seconds to this file")
	discover := flag.Bool("discover", false, "run all tests of the package and list those that fail")
	at := flag.Int("parallel", 2, "how many faults are tried at once")
	times := flag.Int("times", 1, "how many times in a row a fault has to be noticed")
	flag.Parse()
	chosen, err := choose(*only)
	if err == nil {
		err = nothingToReplay(chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	verdicts := tryAll(chosen, *at, *times, *discover)
	bad := 0
	for _, v := range verdicts {
		if v.wrong != "" {
			bad++
		}
	}
	if *write != "" && bad == 0 && *only == "" {
		if err := os.WriteFile(*write, table(verdicts), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	fmt.Printf("%d faults, %d caught\n", len(verdicts), len(verdicts)-bad)
	if bad > 0 {
		os.Exit(1)
	}
}

func choose(only string) ([]*fault, error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	var chosen []*fault
	for i := range faults {
		if pattern.MatchString(faults[i].name) {
			chosen = append(chosen, &faults[i])
		}
	}
	return chosen, nil
}

// nothingToReplay looks for cases on which the tests failed before: they would be
// tried first.
func nothingToReplay(chosen []*fault) error {
	for _, f := range chosen {
		kept, err := filepath.Glob(filepath.Join(filepath.FromSlash(f.dir), "testdata", "rapid", "*"))
		if err != nil {
			return err
		}
		test := regexp.MustCompile("^(" + f.test + ")")
		for _, dir := range kept {
			if test.MatchString(filepath.Base(dir)) {
				return fmt.Errorf("%s holds cases that failed before: replayed, they notice what fresh draws may miss. Maybe remove it", dir)
			}
		}
	}
	return nil
}

func tryAll(chosen []*fault, at, times int, discover bool) []verdict {
	verdicts := make([]verdict, len(chosen))
	next := make(chan int)
	var workers sync.WaitGroup
	for range at {
		workers.Go(func() {
			for i := range next {
				v := try(chosen[i], discover)
				for again := 1; again < times && v.wrong == ""; again++ {
					v = try(chosen[i], discover)
				}
				verdicts[i] = v
				fmt.Println(v)
			}
		})
	}
	for i := range chosen {
		next <- i
	}
	close(next)
	workers.Wait()
	return verdicts
}

func (v verdict) String() string {
	switch {
	case v.wrong != "":
		return fmt.Sprintf("NOT CAUGHT  %s: %s", v.fault.name, v.wrong)
	case len(v.failed) > 0:
		return fmt.Sprintf("%5.1f s  %s: %s", v.seconds, v.fault.name, strings.Join(v.failed, " "))
	}
	return fmt.Sprintf("%5.1f s  %s: %s", v.seconds, v.fault.name, v.fault.test)
}

// try runs the fault's test over the changed code.
func try(f *fault, discover bool) verdict {
	v := verdict{fault: f}
	dir, err := os.MkdirTemp("", "fault")
	if err != nil {
		v.wrong = err.Error()
		return v
	}
	defer os.RemoveAll(dir)
	overlay, err := f.overlay(dir)
	if err != nil {
		v.wrong = err.Error()
		return v
	}
	args := []string{"test", "-overlay", overlay, "-count=1", "-timeout", patience.String()}
	if !discover {
		args = append(args, "-run", "^("+f.test+")$")
	}
	args = append(append(args, "."), f.flags...)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.FromSlash(f.dir)
	cmd.Env = append(append(os.Environ(), drawn...), f.env...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	v.seconds = time.Since(began).Seconds()
	failed := failures(string(out))
	switch {
	case err == nil && strings.Contains(string(out), "no tests to run"):
		v.wrong = fmt.Sprintf("there is no test %s in %s", f.test, f.dir)
	case err == nil:
		v.wrong = "all tests pass"
	case discover:
		if v.failed = failed; len(failed) == 0 {
			v.wrong = string(out)
		}
	case len(failed) == 0:
		v.wrong = fmt.Sprintf("%s did not report a failure:\n%s", f.test, out)
	}
	return v
}

var failure = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// failures lists the tests that failed. A build that breaks or a test that
// never ends is no catch.
func failures(out string) []string {
	var names []string
	for _, m := range failure.FindAllStringSubmatch(out, -1) {
		names = append(names, m[1])
	}
	return names
}

// overlay writes the changed files and the list of them that the compiler
// takes.
func (f *fault) overlay(dir string) (list string, err error) {
	changed, err := f.changed()
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range changed {
		from, err := filepath.Abs(filepath.FromSlash(file))
		if err != nil {
			return "", err
		}
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[from] = to
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list = filepath.Join(dir, "overlay.json")
	return list, os.WriteFile(list, raw, 0o644)
}

// changed applies the edits: the text of each file they touch.
func (f *fault) changed() (map[string]string, error) {
	changed := map[string]string{}
	for _, e := range f.edits {
		text, seen := changed[e.file]
		if !seen {
			raw, err := os.ReadFile(filepath.FromSlash(e.file))
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("in %s this stands %d times, not once; the fault has to follow the code:\n%s", e.file, n, e.old)
		}
		changed[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return changed, nil
}

// table is the report as a page: what was broken, who noticed, how fast.
func table(verdicts []verdict) []byte {
	var b strings.Builder
	b.WriteString("# Deliberate faults\n\nEach line was put into the code by `go run ./.ci/faults` and noticed by the test beside it. The seconds are the whole of `go test`, building included, two faults at a time on two cores.\n\n| fault | package | test | seconds |\n|---|---|---|---:|\n")
	for _, v := range verdicts {
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f |\n", v.fault.name, v.fault.dir, strings.ReplaceAll(v.fault.test, "|", `\|`), v.seconds)
	}
	return []byte(b.String())
}

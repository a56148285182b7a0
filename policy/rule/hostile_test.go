package rule

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/evenhand/evenhand/.ci/budget"
)

// hostileChild is set in the child process, to what it must do.
const hostileChild = "EVENHAND_RULE_HOSTILE"

// TestHostileCorpus feeds every hostile text to a child process that may have
// 512 MiB of memory and two minutes of processor: an overflowing stack or an
// exhausted memory kills it and cannot be recovered from, so it must not
// happen to us. The limit is on writable memory; Go's runtime reserves more
// address space than that at its start.
func TestHostileCorpus(t *testing.T) {
	if os.Getenv(hostileChild) != "" || budget.Race {
		t.Skip("this is the child, or under the race detector, which is too slow and too large for the limits")
	}
	corpus := hostileCorpus()
	if len(corpus) < 60 {
		t.Fatalf("the corpus has %d texts; at least 60 are promised", len(corpus))
	}
	out, err := runChild(t, "corpus")
	if err != nil {
		t.Fatalf("no rule can crash the process, but the child ended with %v after\n%s", err, tail(out))
	}
	for _, h := range corpus {
		if !strings.Contains("\n"+string(out), "\n"+h.label()+"\tok\n") {
			t.Errorf("%s: the child said nothing about it", h.label())
		}
	}
}

// TestHostileLimitBites shows that the child really has a limit: it is asked
// to take more memory than it may have, and must die of it.
func TestHostileLimitBites(t *testing.T) {
	if os.Getenv(hostileChild) != "" || budget.Race || runtime.GOOS == "windows" {
		t.Skip("the child, or a process without a limit")
	}
	if out, err := runChild(t, "canary"); err == nil {
		t.Fatalf("a child that takes a gibibyte must be stopped by its limit, but it ended well:\n%s", tail(out))
	}
}

func runChild(t *testing.T, task string) ([]byte, error) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command("sh", "-c", `ulimit -d 524288; ulimit -t 120; exec "$0" -test.run '^TestHostileChild$' -test.v`, self)
	if runtime.GOOS == "windows" {
		cmd = exec.Command(self, "-test.run", "^TestHostileChild$", "-test.v")
	}
	cmd.Env = append(os.Environ(), hostileChild+"="+task)
	return cmd.CombinedOutput()
}

func tail(out []byte) string {
	if len(out) > 2000 {
		out = out[len(out)-2000:]
	}
	return string(out)
}

func (h hostile) label() string {
	return strings.NewReplacer("\t", " ", "\n", " ").Replace(h.name)
}

// TestHostileChild is the child's half; on its own it does nothing.
func TestHostileChild(t *testing.T) {
	switch os.Getenv(hostileChild) {
	case "corpus":
		e := hostileEnv(t, theWorld(t))
		for _, h := range hostileCorpus() {
			if t.Run(h.label(), func(t *testing.T) { h.suffer(t, e) }) {
				fmt.Printf("%s\tok\n", h.label())
			}
		}
	case "canary":
		taken := bytes.Repeat([]byte{1}, 1<<30)
		fmt.Println("took", len(taken))
	default:
		t.Skip("TestHostileCorpus runs this in a child process")
	}
}

// hostileEnv is the worst data that the boundary lets through: texts of 4 KiB
// and lists of 1,000 such texts.
func hostileEnv(t *testing.T, v *Vocabulary) *Env {
	long := strings.Repeat("a", MaxString)
	list := make([]string, MaxList)
	for i := range list {
		list[i] = long[:MaxString-4] + fmt.Sprintf("%04d", i)
	}
	return env(t, v, map[string]any{
		"name": long, "country": long[:MaxString-1] + "b", "tags": list, "score": int64(1 << 62), "employees": 0,
		"value": 1e300, "vip": true, "created_at": "9999-12-31",
	}, map[string]any{"skills": list, "active": true, "capacity": int64(-1 << 62)})
}

// suffer compiles and evaluates one text within the budget.
func (h hostile) suffer(t *testing.T, e *Env) {
	v := hostileWorld(t, h.lets)
	runtime.GC() // the world's making is not the text's
	var refused bool
	budget.Within(t, len(h.source), func() { refused = !h.run(v, e) })
	if refused != h.refused {
		t.Errorf("refused by Compile: %v; it should be %v", refused, h.refused)
	}
}

// hostileWorld is theWorld with a large list and the text's let names.
func hostileWorld(t *testing.T, lets []string) *Vocabulary {
	v := theWorld(t)
	large := make([]string, 100_000)
	for i := range large {
		large[i] = fmt.Sprintf("domain%d.example", i)
	}
	delete(v.lists, "freemail")
	delete(v.names, "freemail")
	must(t, v.DeclareList("freemail", large))
	for i, source := range lets {
		if err := v.Let(fmt.Sprintf("a%d", i), Text{Source: source}); err != nil {
			break // beyond the size that a let may have
		}
	}
	return v
}

// run reports whether the text compiles, evaluating it in every way if so.
func (h hostile) run(v *Vocabulary, e *Env) bool {
	p, err := v.Compile(Text{Source: h.source}, Want{Kind: Bool})
	if err != nil {
		if !utf8.ValidString(err.Error()) {
			panic("a message is valid UTF-8 whatever the text: " + h.name)
		}
		return false
	}
	p.Truth(e)
	p.Trace(e)
	p.Gaps()
	return true
}

package rule

import (
	"flag"
	"os"
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the messages of today into testdata/slips.txt, to be read before they are kept")

// wants are the places of a document that testdata/slips.txt speaks of.
var wants = map[string]Want{
	"eligible":      {Kind: Bool, Key: "eligible"},
	"when":          {Kind: Bool, Key: "when", Scope: CustomerOnly},
	"caps.assigned": {Kind: Int, Key: "assigned", Scope: RepOnly},
	"weight":        {Kind: Number, Key: "weight"},
	"units":         {Kind: Int, Key: "units", Scope: CustomerOnly},
}

// TestSlips pins the message for each slip that people make. A block of
// testdata/slips.txt is "key | expression", then the message, then a blank
// line.
func TestSlips(t *testing.T) {
	const file = "testdata/slips.txt"
	raw, err := os.ReadFile(file)
	must(t, err)
	v := theWorld(t)
	var rewritten strings.Builder
	blocks := strings.Split(strings.TrimRight(string(raw), "\n"), "\n\n")
	if len(blocks) < 60 {
		t.Fatalf("%d slips are pinned; at least 60 are promised", len(blocks))
	}
	for _, block := range blocks {
		head, want, _ := strings.Cut(block, "\n")
		key, source, ok := strings.Cut(head, " | ")
		if _, known := wants[key]; !ok || !known {
			t.Fatalf("cannot read the block that begins %q", head)
		}
		_, err := v.Compile(Text{Source: source}, wants[key])
		if err == nil {
			t.Errorf("a slip must be refused, but this compiles: %s", source)
			continue
		}
		got := strings.ReplaceAll(err.Error(), "\n\n", "\n")
		rewritten.WriteString(head + "\n" + got + "\n\n")
		if diff := cmp.Diff(want, got); diff != "" && !*update {
			t.Errorf("%s\nthe message changed (-want +got):\n%s", source, diff)
		}
	}
	if *update {
		must(t, os.WriteFile(file, []byte(strings.TrimSuffix(rewritten.String(), "\n")), 0o644))
	}
}

// TestPatternProblemsAreInPlainWords holds the words for a pattern's fault to
// the list of faults that there can be.
func TestPatternProblemsAreInPlainWords(t *testing.T) {
	for _, bad := range []string{"[a", "[z-a]", `\8`, "(?P<a", "(?P<>a)", "(?r)", "a**", "a{9999}", "\xff", "(a", "*a", `a\`, "a)", strings.Repeat("(", 1001) + strings.Repeat(")", 1001)} {
		_, err := syntax.Parse(bad, syntax.Perl)
		if err == nil {
			t.Fatalf("%q can be read", bad)
		}
		if said := patternProblem(err); strings.Contains(said, "it is none") || strings.Contains(said, "syntax") {
			t.Errorf("%q: %v is put as %q", bad, err, said)
		}
	}
}

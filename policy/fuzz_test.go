package policy

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// boundSize is the longest document that is held to the bounds of package budget.
const boundSize = 64 << 10

// checkBounds parses a text within the bounds.
func checkBounds(t *testing.T, text string) {
	t.Helper()
	var err error
	budget.Within(t, len(text), func() { _, err = Parse("policy.yaml", []byte(text), slipFiles) })
	checkError(t, text, err)
}

// checkError holds every error to what is promised of it.
func checkError(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var all rule.Errors
	if !errors.As(err, &all) {
		t.Fatalf("an error of a document is not a rule.Errors: %v", err)
	}
	lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
	for i, e := range all {
		switch {
		case e.Message == "":
			t.Fatalf("an error says nothing: %+v in %.80q", e, text)
		case strings.HasPrefix(e.Maybe, "Maybe") || strings.Contains(e.Message, "\n"):
			t.Fatalf("an error does not keep message and advice apart: %+v", e)
		case e.File == "policy.yaml" && (e.Line > lines || e.Line < 1 && len(all) > 1): // what is no text at all has no lines
			t.Fatalf("an error points at line %d of %d: %v", e.Line, lines, e)
		case i > 0 && all[i-1].File == e.File && all[i-1].Line > e.Line:
			t.Fatalf("errors are not sorted by position: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range readSlips(f, slipsFile) {
		f.Add(s.text())
	}
	for _, h := range hostile() {
		f.Add(h.text[:min(len(h.text), 2000)])
	}
	example, err := os.ReadFile("testdata/inbound/inbound.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > boundSize {
			return
		}
		checkBounds(t, text)
		d, err := Parse("policy.yaml", []byte(text), slipFiles)
		if err != nil {
			return
		}
		p, err := d.Compile()
		if err != nil {
			t.Fatalf("a document that Parse accepts does not compile: %v\nin %q", err, text)
		}
		if q, err := Compile(p.Source); err != nil || q.Hash != p.Hash {
			t.Fatalf("the source of a policy gives another one: %v\nin %q\nwith %s", err, text, p.Source)
		}
	})
}

func FuzzCompile(f *testing.F) {
	d, err := os.ReadFile("testdata/inbound/inbound.yaml")
	if err != nil {
		f.Fatal(err)
	}
	p, err := Load("testdata/inbound/inbound.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d)
	f.Add(p.Source)
	f.Add([]byte(`{"document":{"evenhand":1,"name":"a","rules":[{"name":"b"}]}}`))
	f.Fuzz(func(t *testing.T, source []byte) {
		var p *allocation.Policy
		var err error
		budget.Within(t, len(source), func() { p, err = Compile(source) })
		if err != nil {
			return
		}
		again, err := Compile(p.Source)
		if err != nil || again.Hash != p.Hash {
			t.Fatalf("a compiled policy's source does not compile to the same hash: %v\nfrom %s\nto %s", err, source, p.Source)
		}
	})
}

type hostileText struct{ name, text string }

// hostile are texts written to take time, memory or the process.
func hostile() []hostileText {
	var out []hostileText
	fill := func(name, head, part, tail string) {
		n := (boundSize - len(head) - len(tail)) / len(part)
		out = append(out, hostileText{name, head + strings.Repeat(part, n) + tail})
	}
	head := slipHeader
	fill("brackets", "", "[", "")
	fill("braces", "", "{a: ", "")
	fill("closed brackets", "a: "+strings.Repeat("[", 20000), "]", "")
	fill("dashes", "", "- ", "")
	fill("keys in one line", "", "a: ", "")
	fill("question marks", "", "? ", "")
	fill("tags", "", "!", "")
	fill("separate tags", "a: ", "!a ", "")
	fill("anchors", "", "&a ", "")
	fill("aliases", "", "*a ", "")
	fill("merge keys", "", "<<: ", "")
	fill("percent signs", "", "%", "")
	fill("documents", "", "---\n", "")
	fill("double quotes", "", `"`, `"`)
	fill("escapes", `a: "`, `\u00e9`, `"`)
	fill("block signs", "", "|\n", "")
	fill("comments", "", "#\n", "")
	fill("equal keys", head+"rules: [{", "name: b,", "}]")
	fill("equal keys in lines", head, "name: b\n", "")
	fill("unknown keys", head, "nmae: b\n", "")
	fill("rules", head+"rules:\n", "- {name: a}\n", "")
	fill("rules that are wrong", head+"rules:\n", "- {when: x, pick: y}\n", "")
	fill("colons in a value", head+"units: ", "a: ", "\n")
	fill("long text", head+"units: '", "a ", "'\n")
	fill("long expression", head+"units: ", "1+", "1\n")
	fill("brackets in an expression", head+"units: '", "(", "'\n")
	fill("prefixes in an expression", head+"units: '", "!", "'\n")
	fill("many expressions", head+"rules:\n", "- {name: a, when: lead.score > 1 and lead.value > 2}\n", "")
	fill("lets", head+"let: {", "a: x,", "}\nrules: []\n")
	fill("inline list", head+"lists: {a: [", "b,", "b]}\nrules: [{name: a}]\n")
	fill("steps", head+"rules: [{name: a, ramp: {since: rep.hired_at, steps: {", "1d: 1%,", "0d: 1%}}}]\n")
	fill("slips", head+"rules:\n", "- when: !a\n", "")
	fill("quoted slips", head+"rules:\n", "- when: \"a\" in b\n", "")
	fill("tabs", head, "\ta: b\n", "")
	fill("carriage returns", head, "a: b\r", "")
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for _, level := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		below := string(level[0] - 1)
		laughs.WriteString("a" + level + ": &a" + level + " [" + strings.Repeat("*a"+below+", ", 8) + "*a" + below + "]\n")
	}
	return append(out, hostileText{"billion laughs", laughs.String()})
}

func TestHostileDocuments(t *testing.T) {
	for _, h := range hostile() {
		t.Run(h.name, func(t *testing.T) {
			checkBounds(t, h.text)
		})
	}
}

func TestBillionLaughsIsRefused(t *testing.T) {
	h := hostile()
	_, err := Parse("laughs.yaml", []byte(h[len(h)-1].text), nil)
	if err == nil || !strings.Contains(err.Error(), "anchors (&) are not read") {
		t.Errorf("a document of anchors is not refused as such: %v", err)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"too long", "evenhand: 1\n#" + strings.Repeat("x", MaxDocument), "the limit is 1048576 bytes"},
		{"too deep in brackets", "a: " + strings.Repeat("[", 65) + strings.Repeat("]", 65), "more than 64 levels"},
		{"too deep in dashes", strings.Repeat("- ", 65) + "a", "more than 64 levels"},
		{"not UTF-8", "evenhand: 1\nname: J\xfcrgen\n", "policy.yaml:2:8: this is not UTF-8"},
		{"control character", "evenhand: 1\nname: a\x00b\n", "policy.yaml:2:8: there is an invisible control character"},
	} {
		_, err := Parse("policy.yaml", []byte(c.text), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %.300v", c.name, c.want, err)
		}
	}
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/policy"
)

// guides are the documents whose blocks are run. What a block is, the first
// words behind its fence say:
//
//	yaml          part of a policy: read with the declarations above it
//	yaml FILE     a whole policy, kept under that name for what follows
//	yaml declarations   fields, lists and the like that parts are read with
//	csv FILE, text FILE   a file, kept under that name
//	console       after $ a command line, then all that it prints
//	sh            command lines, of which each has to succeed
//	go            has to stand in a Go file that the tests compile
//
// A console block shows versions of policies as … and ends a command that
// fails with its exit status in brackets. With -update what is printed now is
// written into the documents.
var guides = []struct {
	path   string
	data   string // a folder of files that the document speaks of and does not show
	loose  bool   // has blocks that another test holds
	blocks int    // at least so many
}{
	{path: "README.md", data: "testdata/guides/readme", blocks: 4},
	{path: "policy/GUIDE.md", blocks: 25},
	{path: "policy/GUIDE.zh.md", blocks: 25},
	{path: "allocation/GUIDE.md", loose: true, blocks: 10},
}

func TestGuides(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range guides {
		t.Run(g.path, func(t *testing.T) {
			path := filepath.Join(root, g.path)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Skipf("the guide is not here: %v", err)
			}
			here, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(here, g.data)
			dir := t.TempDir()
			if g.data != "" {
				if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			r := &guideRun{t: t, root: root, loose: g.loose}
			written := r.run(g.path, string(text))
			if r.blocks < g.blocks {
				t.Errorf("the document has %d blocks; fewer than %d mean that this test reads it wrongly", r.blocks, g.blocks)
			}
			if *update && written != string(text) {
				if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// guideRun is one document while its blocks are run.
type guideRun struct {
	t            *testing.T
	root         string
	loose        bool
	blocks       int
	declarations string
}

var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// run runs every block in order, and returns the document with what was
// printed.
func (r *guideRun) run(name, text string) string {
	var b strings.Builder
	last := 0
	for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
		r.blocks++
		info, body := text[at[2]:at[3]], text[at[4]:at[5]]
		place := fmt.Sprintf("%s:%d", name, 1+strings.Count(text[:at[4]], "\n"))
		b.WriteString(text[last:at[4]])
		b.WriteString(r.block(place, info, body))
		last = at[5]
	}
	b.WriteString(text[last:])
	return b.String()
}

// block runs one block and returns what it should be.
func (r *guideRun) block(place, info, body string) string {
	kind, file, _ := strings.Cut(info, " ")
	switch {
	case kind == "yaml" && file == "declarations":
		r.declarations = body
		r.compile(place, "evenhand: 1\nname: guide\ncustomer: lead\n"+body+anyRule)
	case kind == "yaml" && file != "":
		writeText(r.t, file, body)
		r.compile(place, body)
	case kind == "yaml" && strings.Contains("\n"+body, "\nevenhand:"):
		r.compile(place, body)
	case kind == "yaml":
		r.compile(place, r.completed(body))
	case (kind == "csv" || kind == "text") && file != "":
		writeText(r.t, file, body)
	case kind == "console":
		return r.console(place, body)
	case kind == "sh":
		r.shell(place, body)
	case kind == "go":
		r.standsInCode(place, body)
	case !r.loose:
		r.t.Errorf("%s: a block says what it is, so that it can be run, but this says %q", place, info)
	}
	return body
}

const anyRule = "rules: [{name: everyone, id: all}]\n"

var aRule = regexp.MustCompile(`(?m)^- `)

var topKey = regexp.MustCompile(`(?m)^(\w+):`)

// completed makes a whole policy of a part: of rules alone, or of some of the
// keys at the top.
func (r *guideRun) completed(part string) string {
	if aRule.MatchString(part) {
		part = "rules:\n" + part
	}
	has := map[string]bool{}
	for _, m := range topKey.FindAllStringSubmatch(part, -1) {
		has[m[1]] = true
	}
	whole := "evenhand: 1\nname: guide\ncustomer: lead\n"
	keep := false
	for line := range strings.Lines(r.declarations) {
		if m := topKey.FindStringSubmatch(line); m != nil {
			keep = !has[m[1]]
		}
		if keep {
			whole += line
		}
	}
	if !has["rules"] {
		part += anyRule
	}
	return whole + part
}

func (r *guideRun) compile(place, text string) {
	d, err := policy.Parse("policy.yaml", []byte(text), os.DirFS("."))
	if err == nil {
		_, err = d.Compile()
	}
	if err != nil {
		r.t.Errorf("%s: every policy of a guide can be used, but\n%v\nin\n%s", place, err, text)
	}
}

// console runs the commands of a block, and returns the block with what they
// print.
func (r *guideRun) console(place, body string) string {
	var b strings.Builder
	for line := range strings.Lines(body) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			b.WriteString(line)
			b.WriteString(r.printed(place, strings.TrimSpace(command)))
		}
	}
	if b.String() != body && !*update {
		r.t.Errorf("%s: what a guide shows is what is printed, but\n%s\nand not\n%s\nMaybe go test . -run TestGuides -update, and read the difference", place, b.String(), body)
	}
	return b.String()
}

// printed runs one command line and returns all that it prints.
func (r *guideRun) printed(place, line string) string {
	words := shellWords(line)
	if words[0] == "cat" {
		text, err := os.ReadFile(words[1])
		if err != nil {
			r.t.Errorf("%s: %v", place, err)
		}
		return string(text)
	}
	if words[0] != "evenhand" {
		r.t.Errorf("%s: a guide runs evenhand and cat, not %s", place, line)
		return ""
	}
	var out bytes.Buffer
	status := evenhand(words[1:], console{strings.NewReader(""), &out, &out})
	text := hash.ReplaceAllStringFunc(out.String(), func(version string) string {
		if strings.HasPrefix(version, "(") {
			return "(…)"
		}
		return "…"
	})
	if status != exitOK {
		text += fmt.Sprintf("(exit status %d)\n", status)
	}
	return text
}

// shell runs the lines of a block that are this command; the others are those
// that CI runs.
func (r *guideRun) shell(place, body string) {
	ci, err := os.ReadFile(filepath.Join(r.root, ".ci/run"))
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		args, ours := strings.CutPrefix(line, "go run ./policy/cmd/evenhand ")
		switch {
		case ours:
			command(r.t, exitOK, shellWords(args)...)
		case !strings.Contains(string(ci), "\n"+line):
			r.t.Errorf("%s: nothing runs %s", place, line)
		}
	}
}

// standsInCode looks for a block of Go, indented or not, in the tests beside
// this one. Another test holds the guide for embedders.
func (r *guideRun) standsInCode(place, body string) {
	if r.loose {
		return
	}
	code, err := os.ReadFile(filepath.Join(r.root, "policy/cmd/evenhand/readme_test.go"))
	if err != nil {
		r.t.Fatal(err)
	}
	indented := regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(body, "\t$1")
	if !strings.Contains(string(code), indented) {
		r.t.Errorf("%s: readme_test.go does not hold\n%s", place, body)
	}
}

package policy

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/policy/rule"
)

// filesDocument has one file of each kind.
const filesDocument = slipHeader + `holidays: {file: holidays.csv}
lists: {words: {file: words.txt}}
tables:
  exact: {file: exact.csv, key: domain, columns: {owner: string, seats: int}}
  prefix: {file: prefix.csv, key: prefix, match: longest_prefix, columns: {share: number, since: time, open: bool}}
rules:
  - name: all
    when: lead.domain in words and exact[lead.domain].seats > 2 and prefix[lead.postal].share > 0.5
`

// FuzzFiles reads lists, tables and holidays that may hold anything. What is
// accepted compiles again from the policy's source, to the same hash.
func FuzzFiles(f *testing.F) {
	good := [4]string{"gmail.com\n# old ones\nweb.de\n", "domain,owner,seats\nacme.example,ana,3\n", "prefix,share,since,open\n1,0.5,2026-01-01,true\n10,1,,\n", "date,region,name\n2026-01-01,*,New Year\n2026-01-06,DE-BY,\n"}
	add := func(i int, text string) {
		files := good
		files[i] = text
		f.Add(files[0], files[1], files[2], files[3])
	}
	for i, text := range good {
		for _, damaged := range []string{
			text, "\ufeff" + text, strings.ReplaceAll(text, ",", ";"), strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, "\n", ",,\n"),
			strings.ReplaceAll(text, "\n", "\r"), "\xff\xfe" + text, text + "J\xfcrgen,\xe9,1\n", text + "\"open,\n", "Export of 2026-01-01\n" + text, text + text, text + "\x00,1,1\n",
			strings.Replace(text, ",", ",\"a\nb\",", 1), strings.ReplaceAll(text, "3", `"1,200"`), strings.ReplaceAll(text, "3", "1e999999"), text + "\u202egmail.com,x,1\n", strings.ToUpper(text), "",
		} {
			add(i, damaged)
		}
	}
	for _, file := range slipFiles {
		for i := range good {
			add(i, string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, words, exact, prefix, holidays string) {
		size := len(words) + len(exact) + len(prefix) + len(holidays)
		if size > boundSize {
			return
		}
		files := fstest.MapFS{"words.txt": {Data: []byte(words)}, "exact.csv": {Data: []byte(exact)}, "prefix.csv": {Data: []byte(prefix)}, "holidays.csv": {Data: []byte(holidays)}}
		var d *Document
		var err error
		budget.Within(t, size, func() { d, err = Parse("policy.yaml", []byte(filesDocument), files) })
		if err != nil {
			checkFileError(t, files, err)
			return
		}
		p, err := d.Compile()
		if err != nil {
			t.Fatalf("files that Parse accepts compile: %v", err)
		}
		again, err := Compile(p.Source)
		if err != nil || again.Hash != p.Hash {
			t.Fatalf("the source of a policy gives the same policy, but the files %q, %q, %q, %q give %v\nwith %s", words, exact, prefix, holidays, err, p.Source)
		}
	})
}

// checkFileError: each fault is of one of the files, on a line that it has,
// and says nothing at length.
func checkFileError(t *testing.T, files fs.FS, err error) {
	t.Helper()
	var all rule.Errors
	if !errors.As(err, &all) {
		t.Fatalf("an error of a file is a rule.Errors, but this is none: %v", err)
	}
	for _, e := range all {
		if e.Message == "" || len(e.Message) > 1000 || strings.Contains(e.Message, "\n") {
			t.Fatalf("an error of a file is one short sentence, but this is %d bytes: %.300q", len(e.Message), e.Message)
		}
		if e.File == "policy.yaml" {
			continue
		}
		text, unreadable := fs.ReadFile(files, e.File)
		if unreadable != nil {
			t.Fatalf("an error names its file: %+v", e)
		}
		if lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + 1; e.Line < 0 || e.Line > lines {
			t.Fatalf("an error is on a line of its file, but this is on %d of %d in %q: %v", e.Line, lines, text, e)
		}
	}
}

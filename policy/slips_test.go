package policy

import (
	"flag"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is said now into testdata; read the difference before committing it")

// slipFiles are the files that the slips refer to, good and bad.
var slipFiles = fstest.MapFS{
	"freemail.txt":  {Data: []byte("gmail.com\nweb.de\n")},
	"named.csv":     {Data: []byte("domain,owner,seats\nacme.example,ana,3\nglobex.example,bo,5\n")},
	"twice.csv":     {Data: []byte("domain,owner\nacme.example,ana\nglobex.example,bo\nacme.example,cem\n")},
	"types.csv":     {Data: []byte("domain,seats\nacme.example,3\nglobex.example,many\n")},
	"semicolon.csv": {Data: []byte("domain;owner\nacme.example;ana\n")},
	"ragged.csv":    {Data: []byte("domain,owner\nacme.example,ana, the great\n")},
	"empty.csv":     {Data: []byte("")},
	"quote.csv":     {Data: []byte("domain,owner\n\"acme.example,ana\n")},
	"latin1.csv":    {Data: []byte("domain,owner\nacme.example,J\xfcrgen\n")},
	"holidays.csv":  {Data: []byte("date,region\n2026-01-01,\n")},
	"sheet.xlsx":    {Data: []byte("PK\x03\x04\x14\x00\x06\x00")},
	"renamed.csv":   {Data: []byte("PK\x03\x04\x14\x00\x06\x00")},
	"utf16.csv":     {Data: []byte("\xff\xfed\x00o\x00m\x00a\x00i\x00n\x00")},
	"picture.csv":   {Data: []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")},
	"sep.csv":       {Data: []byte("sep=,\ndomain,owner\nacme.example,ana\n")},
	"tabs.csv":      {Data: []byte("domain\towner\nacme.example\tana\n")},
	"heads.csv":     {Data: []byte("Domain,Owner,Owner\nacme.example,ana,bo\n")},
	"twohead.csv":   {Data: []byte("domain,owner,owner\nacme.example,ana,bo\n")},
	"nohead.csv":    {Data: []byte("acme.example,ana\nglobex.example,bo\n")},
	"cells.csv":     {Data: []byte("domain,seats,since,vip,share\na.example,\"1,000\",,,\nb.example,1.5,,,\n,3,,,\nc.example,,31.12.2025,,\nd.example,,03/04/2026,,\ne.example,,45000,,\nf.example,,,yes,\ng.example,,,,40%\nh.example,,,,\"1.234,56\"\ni.example,#N/A,,,\n")},
	"more.csv":      {Data: []byte("domain,seats\n" + strings.Repeat("a,b,c\n", 14))},
	"sub/words.txt": {Data: []byte("a\n")},
	"words.txt":     {Data: []byte("acme.example\n")},
	"days.csv":      {Data: []byte("date,region\n01/02/2026,DE\n2026-13-01,DE\n2026-05-01,\"DE\n")},
	"daysde.csv":    {Data: []byte("Datum;Region\n2026-01-01;DE\n")},
	"badday.csv":    {Data: []byte("date,region\n2026-02-30,DE\n03.10.2026,DE\n")},
}

// slip is one document and what is said about it.
type slipCase struct{ name, document, said string }

// slipHeader begins a document that does not begin by itself.
const slipHeader = "evenhand: 1\nname: slips\ncustomer: lead\n"

// text is the whole document: most slips are a few lines of one.
func (s slipCase) text() string {
	text := s.document
	if !strings.HasPrefix(text, "evenhand:") && !strings.HasPrefix(text, "#whole\n") {
		text = slipHeader + text
	}
	text = strings.TrimPrefix(text, "#whole\n")
	if !strings.Contains(text, "rules:") && !strings.HasPrefix(s.document, "#whole\n") {
		text += "rules: [{name: all}]\n"
	}
	return strings.ReplaceAll(text, "<TAB>", "\t")
}

const slipsFile = "testdata/slips.txt"

// readSlips reads blocks: "=== name", the document, ">>>", what is said.
func readSlips(t testing.TB, file string) []slipCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []slipCase
	for block := range strings.SplitSeq(strings.TrimPrefix("\n"+string(text), "\n=== "), "\n=== ") {
		name, rest, _ := strings.Cut(block, "\n")
		document, said, _ := strings.Cut(rest, "\n>>>")
		out = append(out, slipCase{name, document + "\n", strings.TrimSpace(said)})
	}
	return out
}

// TestSlips pins every message: each is read by whoever made the slip, who may
// never have seen a line of Go.
func TestSlips(t *testing.T) {
	slips := readSlips(t, slipsFile)
	var now strings.Builder
	for _, s := range slips {
		said := "nothing"
		if _, err := Parse("policy.yaml", []byte(s.text()), slipFiles); err != nil {
			said = strings.TrimSpace(err.Error())
		}
		now.WriteString("=== " + s.name + "\n" + s.document + ">>>\n" + said + "\n")
		if diff := cmp.Diff(s.said, said); diff != "" && !*update {
			t.Errorf("slip %q: the message changed (-pinned +now):\n%s", s.name, diff)
		}
		if !strings.Contains(said, "policy.yaml:") && !strings.Contains(said, ".csv:") {
			t.Errorf("slip %q: the message names no place:\n%s", s.name, said)
		}
	}
	if *update {
		if err := os.WriteFile(slipsFile, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(slips) < 60 {
		t.Errorf("only %d slips are pinned; the promise is 60", len(slips))
	}
}

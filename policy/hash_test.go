package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A hash names a policy in a ledger for as long as the ledger lives. The hash
// of the example is pinned so that nobody changes the one writing by accident.
func TestHashIsPinned(t *testing.T) {
	text, files := inbound(t)
	p := compile(t, text, files)
	if want := "90c4cbaa2595447d3079b18dcc16fb6e1318c999fd7fd9ff3ae7bdc3d325bff4"; p.Hash != want {
		t.Errorf("the hash of an unchanged document changed: %s, was %s; ledgers know it by the old one", p.Hash, want)
	}
	sum := sha256.Sum256(p.Source)
	if p.Hash != hex.EncodeToString(sum[:]) {
		t.Errorf("the hash is not the SHA-256 of the source")
	}
}

// formatting are changes that mean nothing.
var formatting = []struct {
	name   string
	change func(text string, files fstest.MapFS) string
}{
	{"a comment at the top", func(s string, _ fstest.MapFS) string { return "# about this policy\n" + s }},
	{"a comment behind a value", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "week_starts: monday", "week_starts: monday # as in ISO 8601", 1)
	}},
	{"blank lines", func(s string, _ fstest.MapFS) string { return strings.ReplaceAll(s, "  - name:", "\n\n  - name:") }},
	{"line ends of Windows", func(s string, _ fstest.MapFS) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
	{"a byte order mark", func(s string, _ fstest.MapFS) string { return "\ufeff" + s }},
	{"quotes around an expression", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "when: enterprise\n", "when: 'enterprise'\n", 1)
	}},
	{"an expression over several lines", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "when: lead.email_domain in freemail and lead.score < 10", "when: >\n      lead.email_domain in freemail\n      and   lead.score < 10", 1)
	}},
	{"blanks in an expression", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "rep.id == lead.owner", "rep.id   ==  lead.owner", 1)
	}},
	{"keys in another order", func(s string, _ fstest.MapFS) string {
		s = strings.Replace(s, "customer: lead ", "customer: lead # ", 1)
		return strings.Replace(strings.Replace(s, "name: inbound-leads\n", "", 1), "units:", "name: inbound-leads\nunits:", 1)
	}},
	{"fields in another order", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "{level: string, languages: [string]}", "{languages: [string], level: string}", 1)
	}},
	{"KPIs in another order", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "[win_rate, attainment]", "[attainment, win_rate]", 1)
	}},
	{"a default written out", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "{name: book, open: rep.capacity}", "{name: book, open: rep.capacity, each: rep}", 1)
	}},
	{"a default left out", func(s string, _ fstest.MapFS) string { return strings.Replace(s, ", zone: desk}", "}", 1) }},
	{"the id that the name gives anyway", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "- name: keep the owner", "- id: keep-the-owner\n    name: keep the owner", 1)
	}},
	{"a number written otherwise", func(s string, _ fstest.MapFS) string { return strings.Replace(s, "[0.5, 2]", "[5e-1, 2.0]", 1) }},
	{"fractions instead of percentages", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "{0d: 25%, 30d: 60%, 90d: 100%}", "{30d: 0.6, 0d: 0.25, 90d: 1}", 1)
	}},
	{"another test", func(s string, _ fstest.MapFS) string {
		return s + "  - {name: other, reps: [{id: ana}], customer: {id: L2}, expect: {status: unassigned}}\n"
	}},
	{"no tests", func(s string, _ fstest.MapFS) string { return s[:strings.Index(s, "tests:")] }},
	{"a list in another order with comments", func(s string, files fstest.MapFS) string {
		files["freemail.txt"] = &fstest.MapFile{Data: []byte("yahoo.com\r\n# x\n\nweb.de\noutlook.com\ngmx.de\n gmail.com\nweb.de\n")}
		return s
	}},
	{"a list inline", func(s string, _ fstest.MapFS) string {
		return strings.Replace(s, "{file: freemail.txt}", "[gmail.com, gmx.de, outlook.com, web.de, yahoo.com]", 1)
	}},
	{"a table's rows and columns in another order", func(s string, files fstest.MapFS) string {
		files["named.csv"] = &fstest.MapFile{Data: []byte("owner, domain\ncem,initech.example\n\"ana\", acme.example\nbo,globex.example\n")}
		return s
	}},
	{"a file under another name", func(s string, files fstest.MapFS) string {
		files["accounts.csv"] = files["named.csv"]
		return strings.Replace(s, "file: named.csv", "file: accounts.csv", 1)
	}},
	{"holidays in another order", func(s string, files fstest.MapFS) string {
		files["holidays.csv"] = &fstest.MapFile{Data: []byte("2026-06-04,DE-BY,Corpus Christi\n2026-01-01,*,New Year's Day\n2026-10-03,de,German Unity Day\n")}
		return s
	}},
}

func TestFormattingKeepsTheHash(t *testing.T) {
	outer := t
	text, files := inbound(t)
	want := compile(t, text, files)
	for _, f := range formatting {
		text, files := inbound(t)
		text = f.change(text, files)
		if got := compile(t, text, files); got.Hash != want.Hash {
			t.Errorf("%s changes the hash, although it means nothing:\n%s", f.name, cmp.Diff(string(want.Source), string(got.Source)))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text, files := inbound(outer)
		var names []string
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(formatting)-1), 1, len(formatting), rapid.ID[int]).Draw(t, "changes") {
			text = formatting[i].change(text, files)
			names = append(names, formatting[i].name)
		}
		d, err := Parse("policy.yaml", []byte(text), files)
		if err != nil {
			t.Skip("the changes do not go together")
		}
		p, err := d.Compile()
		if err != nil || p.Hash != want.Hash {
			t.Fatalf("formatting changes the hash: %q, error %v", names, err)
		}
	})
}

// edits are changes that mean something, each by what it replaces.
var edits = []struct{ file, old, new string }{
	{"", "name: inbound-leads", "name: inbound"},
	{"", "timezone: Europe/Berlin", "timezone: Europe/Vienna"},
	{"", "week_starts: monday", "week_starts: sunday"},
	{"", "holidays: {file: holidays.csv}", ""},
	{"", "missing: zero", "missing: refuse"},
	{"", "employees: int", "employees: number"},
	{"", "{level: string,", "{level: string, grade: int,"},
	{"", "[win_rate, attainment]", "[win_rate, attainment, pipeline]"},
	{"", "match: longest_prefix", "match: exact"},
	{"", "columns: {owner: string}", "columns: {owner: string, note: string}"},
	{"", "lead.employees >= 1000", "lead.employees >= 1001"},
	{"", "? 2 : 1", "? 3 : 1"},
	{"", "open: rep.capacity", "open: rep.capacity + 1"},
	{"", "{name: book, open: rep.capacity}", "{name: book, open: rep.capacity, each: team}"},
	{"", "name: daily", "name: per day"},
	{"", "? 10 : 20", "? 10 : 21"},
	{"", "per: day, zone: desk", "per: 24h"},
	{"", "zone: desk", "zone: rep"},
	{"", "on_return: freeze", "on_return: calibrate"},
	{"", "on_return: freeze", "on_return: {grant: time_off}"},
	{"", "on_return: freeze", "on_return: {grant: time_off, longer_than: 2d}"},
	{"", "on_return: freeze", "on_return: {grant: time_off, max: 10}"},
	{"", "manual: caps", "manual: caps_and_credit"},
	{"", "lead.score < 10", "lead.score < 11"},
	{"", "reason: spam", "reason: junk"},
	{"", "- name: spam", "- name: junk"},
	{"", "available: any", "available: not_away"},
	{"", "pick: first\n    if_none", "pick: least_open\n    if_none"},
	{"", "if_none: next ", "if_none: wait "},
	{"", "if_none: next ", "if_none: {full: wait} "},
	{"", "if_none: next ", "if_none: {away: wait} "},
	{"", "id: ent ", "id: enterprise "},
	{"", "from: 2026-01-01", "from: 2026-01-02"},
	{"", "from: 2026-01-01", "until: 2027-01-01"},
	{"", `'"field" in`, `'"outside" in`},
	{"", "assigned: 5", "assigned: 6"},
	{"", "per: week", "per: month"},
	{"", `lead.source == "referral"`, `lead.source == "refer  ral"`},
	{"", `lead.source == "referral"`, `lead.source == "refer ral"`},
	{"", "weight: rep.kpi.attainment", "weight: rep.kpi.win_rate"},
	{"", "weight_null: refuse", "weight_null: mean"},
	{"", "weight_null: refuse", "weight_null: 0.5"},
	{"", "weight_range: [0.5, 2]", "weight_range: [0.5, 3]"},
	{"", "weight_range: [0.5, 2]", "weight_range: [0.4, 2]"},
	{"", "since: rep.hired_at", "since: rep.hired_at + duration(\"1d\")"},
	{"", "30d: 60%", "31d: 60%"},
	{"", "30d: 60%", "30d: 61%"},
	{"", "size_range: [0.2, 5]", "size_range: [0.2, 6]"},
	{"", "typical: 9000", "typical: 9000.01"},
	{"", "prefer: rep.kpi.win_rate", "prefer: rep.kpi.attainment"},
	{"", "window: 1 ", "window: 2 "},
	{"", "{rep: sam}", "{rep: kim}"},
	{"", "{rep: sam}", "{rep: sam}, {rep: kim}"},
	{"", "fallback: [{rep: sam}]", ""},
	{"freemail.txt", "web.de", "t-online.de"},
	{"freemail.txt", "web.de", "Web.de"},
	{"named.csv", "initech.example,cem", "initech.example,bo"},
	{"named.csv", "initech.example", "initrode.example"},
	{"postal.csv", "20,DE-Hamburg\n", ""},
	{"holidays.csv", "2026-10-03", "2026-10-04"},
	{"holidays.csv", "DE-BY", "DE-BW"},
}

func TestEveryEditChangesTheHash(t *testing.T) {
	text, files := inbound(t)
	seen := map[string]string{compile(t, text, files).Hash: "the document as it was"}
	for _, e := range edits {
		text, files := inbound(t)
		name := e.file + ": " + e.old + " -> " + e.new
		if e.file == "" {
			changed := strings.Replace(text, e.old, e.new, 1)
			if changed == text {
				t.Fatalf("%s: the example has no such text", name)
			}
			text = changed
		} else {
			changed := bytes.Replace(files[e.file].Data, []byte(e.old), []byte(e.new), 1)
			if bytes.Equal(changed, files[e.file].Data) {
				t.Fatalf("%s: the file has no such text", name)
			}
			files[e.file] = &fstest.MapFile{Data: changed}
		}
		p := compile(t, text, files)
		if other, taken := seen[p.Hash]; taken {
			t.Errorf("an edit that means something does not change the hash: %s has the hash of %s", name, other)
		}
		seen[p.Hash] = name
	}
}

// Rules, caps, fallback and lets stand in an order that means something, or
// does not.
func TestOrderAndHash(t *testing.T) {
	hash := func(body string) string { return compile(t, slipHeader+body, slipFiles).Hash }
	one := "rules: [{name: a}, {name: b}]\n"
	if hash(one) == hash("rules: [{name: b}, {name: a}]\n") {
		t.Error("the order of rules decides, and two orders have one hash")
	}
	if hash(one+"fallback: [{rep: a}, {rep: b}]\n") == hash(one+"fallback: [{rep: b}, {rep: a}]\n") {
		t.Error("the order of fallback decides, and two orders have one hash")
	}
	for _, rotation := range []string{"{scope: desk}", "{share: totals, on_return: calibrate}", "{on_return: calibrate}"} {
		if hash(one) == hash("rotation: "+rotation+"\n"+one) {
			t.Errorf("rotation: %s means something and does not change the hash", rotation)
		}
	}
	lets := "let: {x: lead.score > 1, y: lead.value > 2, z: x and y}\n"
	if hash(lets+one) != hash("let: {y: lead.value > 2, x: lead.score > 1, z: x and y}\n"+one) {
		t.Error("the order of lets that do not use each other means nothing, and two orders have two hashes")
	}
}

// A document made in Go, its source and what is compiled from it are one
// policy.
func TestSourceGivesAnEqualPolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		p, err := d.Compile()
		if err != nil {
			t.Fatalf("a document that is right does not compile: %v", err)
		}
		q, err := Compile(p.Source)
		if err != nil {
			t.Fatalf("the source of a policy does not compile: %v\n%s", err, p.Source)
		}
		if diff := samePolicy(p, q); diff != "" {
			t.Fatalf("a policy and what its source compiles to differ (-policy +source):\n%s", diff)
		}
		if again, err := d.Compile(); err != nil || again.Hash != p.Hash {
			t.Fatalf("one document has two hashes: %s and %s (%v)", p.Hash, again.Hash, err)
		}
	})
}

// JSON is YAML: a marshalled document, read as YAML, is the same policy.
func TestMarshalledDocumentIsADocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		p, err := d.Compile()
		if err != nil {
			t.Fatalf("a document that is right does not compile: %v", err)
		}
		text, err := marshal(d)
		if err != nil {
			t.Fatalf("a document that is right cannot be marshalled: %v", err)
		}
		if q := compile(t, string(text), slipFiles); q.Hash != p.Hash {
			t.Fatalf("a document and its JSON are two policies:\n%s", cmp.Diff(string(p.Source), string(q.Source)))
		}
	})
}

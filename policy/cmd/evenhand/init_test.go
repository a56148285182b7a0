package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/policy"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// cellKinds are what stands in the columns of exports.
var cellKinds = map[string]*rapid.Generator[string]{
	"whole":    rapid.Map(rapid.IntRange(-5, 2_000_000), func(n int) string { return fmt.Sprint(n) }),
	"decimal":  rapid.Map(rapid.Float64Range(-10, 1e7), func(x float64) string { return fmt.Sprintf("%.2f", x) }),
	"money":    rapid.SampledFrom([]string{"$1,200.00", "€ 900", "1.200,50", "12%"}),
	"truth":    rapid.SampledFrom([]string{"true", "FALSE", "True"}),
	"yes":      rapid.SampledFrom([]string{"yes", "No", "Y"}),
	"day":      rapid.SampledFrom([]string{"2026-03-01", "2026-03-02 09:30", "2026-03-29T02:30:00", "2026-03-01T10:00:00+01:00"}),
	"local":    rapid.SampledFrom([]string{"31.12.2026", "12/31/2026", "3/4/26"}),
	"code":     rapid.SampledFrom([]string{"01067", "+49 30 1234", "0009", "10115"}),
	"list":     rapid.SampledFrom([]string{"a; b", "espresso;grinder", "c"}),
	"word":     rapid.SampledFrom([]string{"web", "DE", "Ana Ribeiro", "WORD", "=cmd()", "# not a comment", "München", "a: b", "{x}", "\"quoted\"", "line\nbreak", "\u2028", "null", "~", "-"}),
	"anything": rapid.StringMatching(`[ -~À-ž客户€]{0,12}`),
	"kind":     rapid.SampledFrom([]string{"lead", "request", "Existing Customer"}),
	"blank":    rapid.Just(""),
}

// headers are names of columns: those that CRMs give, and such as people add.
func headers() []string {
	names := []string{
		"Employees", "Annual Revenue ($)", "No. of Employees", "Rating", "Phone", "Mobile Phone", "Email", "Website", "Notes", "Is Converted", "Urgent?",
		"Größe", "客户等级", "2nd contact", "Stage", "Close Date", "Next Step", "Probability (%)", "kpi", "in", "not", "Yes", "no", "null", "true", "on", "y", "rep", "lead",
		"now", "WORD", "Fiscal Period", "Type", "Record Type ID", "UTM Campaign", "$ per month", "a=b", "x`y", "it's", `5" pipe`, "back\\slash", "~", "<b>", "#", "- item", "tags; more",
	}
	names = append(names, coreCustomerFields[1:]...)
	for field, usual := range usualNames {
		if field != "id" {
			names = append(names, usual...)
		}
	}
	slices.Sort(names)
	return names
}

// respelt is a name as another export writes it.
func respelt(t *rapid.T, name string) string {
	switch rapid.IntRange(0, 3).Draw(t, "spelling") {
	case 1:
		return strings.ToUpper(name)
	case 2:
		return strings.ReplaceAll(name, "_", " ")
	case 3:
		return strings.ReplaceAll(name, "_", "-")
	}
	return name
}

// drawExport draws a file of customers with an ID in every row.
func drawExport(t *rapid.T) (text string, rows int) {
	ids := append([]string{"id", "Record-ID", "my_id"}, usualNames["id"]...)
	head := []string{respelt(t, rapid.SampledFrom(ids).Draw(t, "ID column"))}
	seen := map[string]bool{tabular.Key(head[0]): true}
	kinds := []string{"id"}
	names := headers()
	for range rapid.IntRange(0, 9).Draw(t, "columns") {
		name := respelt(t, rapid.SampledFrom(names).Draw(t, "column"))
		if !seen[tabular.Key(name)] {
			seen[tabular.Key(name)] = true
			head = append(head, name)
			if tabular.Key(name) == "kind" { // a part of the key: a row with a slash or a line break in it is refused
				kinds = append(kinds, "kind")
				continue
			}
			kinds = append(kinds, rapid.SampledFrom([]string{"whole", "decimal", "money", "truth", "yes", "day", "local", "code", "list", "word", "anything", "blank"}).Draw(t, "kind"))
		}
	}
	rows = rapid.IntRange(0, 5).Draw(t, "rows")
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Write(head))
	for r := range rows {
		cells := []string{fmt.Sprintf("X-%d", r)}
		for _, kind := range kinds[1:] {
			cell := ""
			if rapid.IntRange(0, 4).Draw(t, "blank") > 0 {
				cell = cellKinds[kind].Draw(t, kind)
			}
			cells = append(cells, cell)
		}
		must(w.Write(cells))
	}
	w.Flush()
	must(w.Error())
	return b.String(), rows
}

func TestInitOfAnyExportRuns(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	writeText(t, "reps.csv", "id,name\nana,Ana Ribeiro\nbo,Bo Lind\n")
	rapid.Check(t, func(rt *rapid.T) {
		text, rows := drawExport(rt)
		file := rapid.SampledFrom([]string{"leads.csv", "CRM export (2).csv", "deals 2026.csv", "客户.csv"}).Draw(rt, "file")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			rt.Fatal(err)
		}
		try(rt, text, "init", file, "--force")
		written, err := os.ReadFile("policy.yaml")
		if err != nil {
			rt.Fatal(err)
		}
		about := text + "\n" + string(written)
		try(rt, about, "check", "policy.yaml", "--reps", "reps.csv", "--strict")
		for _, command := range commandsIn(string(written)) {
			args := shellWords(command)[1:]
			if args[0] == "run" {
				args = append(args, "--summary", "none")
			}
			try(rt, about, args...)
		}
		decisions, err := os.ReadFile("decisions.csv")
		if err != nil {
			rt.Fatal(err)
		}
		if got := bytes.Count(decisions, []byte(",assigned,")); got != rows {
			rt.Fatalf("property: the policy that init writes places every row of its file; %d of %d\n%s\n%s", got, rows, about, decisions)
		}
		checkLive(rt, file, about)
	})
}

// checkLive: what the policy shows as comments could be used as it stands.
func checkLive(t *rapid.T, file, about string) {
	n := initCommand{Customers: file, Customer: "auto", Timezone: "UTC", InputFormat: "auto"}
	s := source{what: "customers", path: file, format: "auto"}
	table, err := s.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := n.starter(s, table)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := policy.Parse("live.yaml", []byte(st.document("live.yaml", true)), nil)
	if err != nil {
		t.Fatalf("property: without its # every suggestion is right: %v\n%s", err, about)
	}
	findings, err := doc.Warnings()
	if err != nil {
		t.Fatalf("property: without its # every suggestion is right: %v\n%s", err, about)
	}
	for _, f := range findings {
		if f.Severity == policy.Warning {
			t.Fatalf("property: no suggestion gets a warning: %s\n%s", f, about)
		}
	}
}

// try runs one command, which must succeed.
func try(t *rapid.T, about string, args ...string) {
	var out, errs bytes.Buffer
	if got := evenhand(args, console{strings.NewReader(""), &out, &errs}); got != exitOK {
		t.Fatalf("property: what init writes loads, checks and runs; evenhand %q: exit status %d\n%s%s\n%s", args, got, out.String(), errs.String(), about)
	}
}

// shellWords takes a command line apart as a shell does.
func shellWords(line string) []string {
	var out []string
	var word strings.Builder
	inQuotes, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			inQuotes = !inQuotes
		case r == ' ' && !inQuotes:
			out = append(out, word.String())
			word.Reset()
		default:
			word.WriteRune(r)
		}
	}
	return append(out, word.String())
}

// The names that CRMs give are those of one field each.
func TestUsualNamesAreOfOneField(t *testing.T) {
	of := map[string]string{}
	for field, names := range usualNames {
		if !slices.Contains(coreCustomerFields, field) {
			t.Errorf("there is no field %q", field)
		}
		for _, name := range names {
			if other, taken := of[name]; taken || slices.Contains(coreCustomerFields, name) {
				t.Errorf("%q is a usual name of %s, and of %s%s", name, field, other, name)
			}
			if name != tabular.Key(name) {
				t.Errorf("%q is not how columns are compared: %q", name, tabular.Key(name))
			}
			of[name] = field
		}
	}
}

// The types that init guesses, and how columns are recognised.
func TestRecognise(t *testing.T) {
	table, err := tabular.ReadCSV(strings.NewReader(strings.Join([]string{
		"Opportunity ID,Account ID,Amount,Zip,Head Count,Rate,Won,Seen,Products,Memo,Empty,Score,Postcode",
		"O-1,A-1,120.5,01067,12,0.5,true,2026-03-01,a;b,hello,,high,1",
		"O-2,A-1,80,10115,-3,2,FALSE,2026-03-01 09:30,c,12,,low,2",
	}, "\n")), ',')
	if err != nil {
		t.Fatal(err)
	}
	types, err := newTypes("UTC")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range recognise(table, types, "") {
		got = append(got, fmt.Sprintf("%s=%s %s core=%t map=%t misfit=%t", c.name, c.field, c.typ, c.core, c.mapped, c.misfit))
	}
	want := []string{
		"Opportunity ID=id string core=true map=true misfit=false",
		"Account ID=account_id string core=false map=false misfit=false",
		"Amount=value number core=true map=true misfit=false",
		"Zip=postal string core=true map=true misfit=false",
		"Head Count=head_count int core=false map=false misfit=false",
		"Rate=rate number core=false map=false misfit=false",
		"Won=won bool core=false map=false misfit=false",
		"Seen=seen time core=false map=false misfit=false",
		"Products=products [string] core=false map=false misfit=false",
		"Memo=memo string core=false map=false misfit=false",
		"Empty=empty string core=false map=false misfit=false",
		"Score=score string core=true map=false misfit=true",
		"Postcode=postcode string core=false map=false misfit=false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Nothing is overwritten, and of a recipe all files or none are written.
func TestInitOverwritesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("smb", 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join("smb", "reps.csv"), "mine")
	command(t, exitUsage, "init", "--recipe", "smb")
	if text, err := os.ReadFile(filepath.Join("smb", "reps.csv")); err != nil || string(text) != "mine" {
		t.Errorf("property: init overwrites nothing; reps.csv is now %q, %v", text, err)
	}
	if exists(filepath.Join("smb", "policy.yaml")) {
		t.Error("property: a recipe is written whole or not at all")
	}
	command(t, exitOK, "init", "--recipe", "smb", "--force")
	if text, err := os.ReadFile(filepath.Join("smb", "reps.csv")); err != nil || !strings.HasPrefix(string(text), "id,") {
		t.Errorf("--force did not overwrite: %q, %v", text, err)
	}
}

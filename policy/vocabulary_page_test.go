package policy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/pick"
	"github.com/evenhand/evenhand/policy/rule"
)

// TestVocabularyPage holds VOCABULARY.md to the code: keys are the documented
// fields of Document, the words of rules are the vocabulary's own. With
// -update, as go generate calls it, it writes the page.
func TestVocabularyPage(t *testing.T) {
	p := &page{t: t}
	p.write("# Vocabulary\n\nWhat may stand in a policy and what the answers say. Generated from the code by `go generate ./policy`; a test holds it to the code. How to use it is in the [guide](GUIDE.md).\n")
	p.keys()
	p.coreFields()
	p.words("Functions", "Nothing else can be called. `#` is the element of a list that is looked at.", rule.Functions())
	p.words("Operators", "From the one that binds loosest to the one that binds closest; the comparisons, from `==` to `matches`, bind alike. What is unknown because a value is missing stays unknown through all of them, but for `and`, `or` and `??` as said.", rule.Operators())
	p.strategies()
	p.reasons()
	p.findings()
	const name = "VOCABULARY.md"
	if *update {
		if err := os.WriteFile(name, []byte(p.b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(name); err != nil || string(have) != p.b.String() {
		t.Errorf("%s says what the code says, but it does not (%v)\nMaybe go generate ./policy", name, err)
	}
}

// page is the page while it is written.
type page struct {
	t *testing.T
	b strings.Builder
}

func (p *page) write(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// table writes a table of Markdown.
func (p *page) table(head []string, rows [][]string) {
	line := func(cells []string) {
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		p.write("| %s |\n", strings.Join(cells, " | "))
	}
	line(slices.Clone(head))
	line(slices.Repeat([]string{"---"}, len(head)))
	for _, row := range rows {
		line(row)
	}
}

// groups are the structs of a document, each with what its keys are.
var groups = []struct {
	of    any
	title string
}{
	{Document{}, "At the top"},
	{Rule{}, "A rule, under `rules`"},
	{Cap{}, "A cap, under `caps` of the policy or of a rule"},
	{Rotation{}, "`rotation`"},
	{OnReturn{}, "`on_return` of a rotation; the word alone, or `{grant: time_off, …}`"},
	{IfNone{}, "`if_none` of a rule; one word for all, or a word for each"},
	{Ramp{}, "`ramp` of a rule"},
	{Field{}, "A field, under `fields`; the type alone, or `{type: …, missing: …}`"},
	{Table{}, "A table, under `tables`"},
	{Holidays{}, "`holidays`"},
	{Fallback{}, "An entry of `fallback`"},
	{Test{}, "A test, under `tests`"},
	{TestCustomer{}, "One of several customers of a test"},
	{Expect{}, "`expect` of a test"},
}

// keys writes the keys of a document from the comments of its structs.
func (p *page) keys() {
	comments := fieldComments(p.t, "document.go")
	p.write("\n## Keys of a policy\n")
	for _, g := range groups {
		of := reflect.TypeOf(g.of)
		p.write("\n### %s\n\n", g.title)
		var rows [][]string
		before := ""
		for i := range of.NumField() {
			f := of.Field(i)
			key := keyOf(of, f)
			if key == "" {
				continue
			}
			comment := comments[of.Name()+"."+f.Name]
			if comment == "" && strings.Contains(before, f.Name) {
				comment = before // said of both
			}
			before = comment
			meaning, byDefault := splitDefault(comment)
			if meaning == "" {
				p.t.Errorf("every key says what it means, but %s.%s does not", of.Name(), f.Name)
			}
			rows = append(rows, []string{"`" + key + "`", strings.TrimPrefix(inKeys(of, meaning), "`grant` is "), inKeys(of, byDefault)})
		}
		p.table([]string{"key", "meaning", "default"}, rows)
	}
}

// keyOf is the key of a document that fills a field, "" when none does.
func keyOf(of reflect.Type, f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case of.Name() == "OnReturn" && f.Name == "Kind":
		return "grant"
	case !f.IsExported() || key == "-":
		return ""
	case key == "":
		return strings.ToLower(regexp.MustCompile(`(.)([A-Z])`).ReplaceAllString(f.Name, "${1}_$2"))
	}
	return key
}

// verbs follow the name of a field where a comment speaks of it.
var verbs = []string{"is", "says", "are", "lets", "keeps", "limits", "ranks", "names", "marks", "decides", "and", "bound", "exclusive"}

// inKeys puts the keys of a document where a comment has the names of fields:
// before a verb, and anywhere but at the beginning of a sentence.
func inKeys(of reflect.Type, comment string) string {
	words, begins := strings.Fields(comment), true
	for i, word := range words {
		bare := strings.TrimRight(word, ".,;:")
		if f, ok := of.FieldByName(bare); ok && (!begins || strings.HasSuffix(word, ",") || i+1 < len(words) && slices.Contains(verbs, words[i+1])) {
			words[i] = "`" + keyOf(of, f) + "`" + word[len(bare):]
		}
		begins = strings.HasSuffix(word, ".") || strings.HasSuffix(word, ":")
	}
	return strings.Join(words, " ")
}

// fieldComments are the comments of all fields in a file, by Struct.Field.
func fieldComments(t *testing.T, file string) map[string]string {
	t.Helper()
	out := map[string]string{}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				text := f.Doc.Text()
				if text == "" {
					text = f.Comment.Text()
				}
				for _, name := range f.Names {
					out[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(text), " ")
				}
			}
		}
		return true
	})
	return out
}

// splitDefault takes the sentence that says the default, or that the key is
// required, off a comment.
func splitDefault(comment string) (meaning, byDefault string) {
	var rest []string
	for _, sentence := range regexp.MustCompile(`(?:[^.]|\.\S)+(?:\.\s*|$)`).FindAllString(comment, -1) {
		text := strings.TrimSuffix(strings.TrimSpace(sentence), ".")
		switch {
		case strings.HasPrefix(text, "Defaults to "), strings.HasPrefix(text, "Default to "):
			_, byDefault, _ = strings.Cut(text, " to ")
		case strings.HasPrefix(text, "Required"), strings.HasPrefix(text, "Both are required"):
			byDefault = strings.ToLower(text[:1]) + text[1:]
		default:
			rest = append(rest, text)
		}
	}
	return strings.Join(rest, ". "), byDefault
}

func (p *page) coreFields() {
	p.write("\n## Fields that are always there\n\nBeside these a policy may declare its own. A field without a value is nothing (null), unless it is never missing: an absent list is then empty. `rep.kpi.NAME` is a number for each name under `kpis`; `now` is the time of the decision.\n")
	for _, side := range []struct {
		word   string
		fields []rule.Field
	}{{"customer", coreCustomer}, {"rep", coreRep}} {
		p.write("\n### Of a %s\n\n", side.word)
		var rows [][]string
		for _, f := range side.fields {
			missing := ""
			if f.Missing != rule.KeepNull {
				missing = "never"
			}
			rows = append(rows, []string{"`" + f.Name + "`", f.Kind.String(), strings.TrimSuffix(f.Doc, "; never missing"), missing})
		}
		p.table([]string{"field", "type", "meaning", "missing"}, rows)
	}
	p.write("\nTypes: `string`, `int`, `number`, `bool`, `time`, `[string]`, `[int]`, `[number]`.\n")
}

func (p *page) words(title, about string, words []rule.Word) {
	p.write("\n## %s\n\n%s\n\n", title, about)
	var rows [][]string
	for _, w := range words {
		rows = append(rows, []string{"`" + w.Name + "`", "`" + w.Example + "`", w.Doc})
	}
	p.table([]string{"word", "example", "gives"}, rows)
}

// strategies writes what the functions behind pick's names say of themselves.
func (p *page) strategies() {
	docs := map[string]string{}
	files, err := filepath.Glob("../allocation/pick/*.go")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, name := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				docs[strings.ToLower(f.Name.Name)] = strings.TrimPrefix(strings.Join(strings.Fields(f.Doc.Text()), " "), f.Name.Name+" ")
			}
		}
	}
	p.write("\n## Ways to pick\n\nAmong those who are eligible, available and under every cap. Ties of all but `rotate` go to the least recently served, then by ID; `rotate` goes by credit, then by ID.\n\n")
	var rows [][]string
	for _, name := range pick.Names() {
		doc := docs[strings.ReplaceAll(name, "_", "")]
		if doc == "" {
			p.t.Errorf("every way to pick says what it does, but %s does not", name)
		}
		rows = append(rows, []string{"`" + name + "`", strings.TrimSuffix(doc, ".")})
	}
	p.table([]string{"`pick:`", "meaning"}, rows)
}

// reasons writes the reason codes and what an explanation says of each.
func (p *page) reasons() {
	p.write("\n## Reason codes\n\nStable; the sentences around them are not. A rule with `pick: none` gives its own.\n\n")
	var rows [][]string
	for _, c := range constants(p.t, "../allocation/allocate.go", "Reason") {
		rows = append(rows, []string{"`" + c.value + "`", c.comment, saidOf(c.value)})
	}
	rows = append(rows,
		[]string{"`" + string(rule.MissingField) + "`", "a part of a rule is unknown: a field is missing", ""},
		[]string{"`" + string(rule.NoKPI) + "`", "a part of a rule is unknown: a KPI is missing", ""},
		[]string{"`" + string(rule.RuleError) + "`", "a part of a rule is unknown: it has no answer, as a division by zero has none", ""})
	p.table([]string{"code", "meaning", "as an explanation says it"}, rows)
}

// saidOf is the sentence of an explanation about a reason.
func saidOf(reason string) string {
	rep := allocation.RepReport{Rep: "ana", Reason: reason, Cap: "book", Used: 5, Limit: 5}
	stages := map[string]allocation.Stage{
		allocation.ReasonInactive: allocation.StageActive, allocation.ReasonOffShift: allocation.StageAvailable,
		allocation.ReasonZeroWeight: allocation.StageWeight, allocation.ReasonNotChosen: allocation.StagePick,
	}
	if stage, ok := stages[reason]; ok {
		rep.Stage = stage
		return rep.Sentence()
	}
	r := allocation.RuleReport{Name: "x", Verdict: allocation.VerdictNobody, Reason: reason}
	if text := r.Sentence(); reason != allocation.ReasonNoRule && !strings.Contains(text, reason+".") {
		return text
	}
	return ""
}

// findings writes the codes of evenhand check.
func (p *page) findings() {
	p.write("\n## Codes of `evenhand check`\n\n")
	var rows [][]string
	for _, c := range constants(p.t, "lint.go", "Code") {
		rows = append(rows, []string{"`" + c.value + "`", c.comment})
	}
	p.table([]string{"code", "meaning"}, rows)
}

type constant struct{ value, comment string }

// constants are the constants of a file whose names begin with a word.
func constants(t *testing.T, file, prefix string) []constant {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var out []constant
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) || len(spec.Values) == 0 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, _ := strconv.Unquote(lit.Value)
			comment := strings.Join(strings.Fields(spec.Comment.Text()), " ")
			if comment == "" {
				t.Errorf("%s: every code says what it means, but %s does not", file, value)
			}
			out = append(out, constant{value, comment})
		}
		return true
	})
	return out
}

// TestEveryKeyIsDocumented holds the structs of a document, which the page of
// words is made of, to the tables by which a document is read.
func TestEveryKeyIsDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, g := range groups {
		of := reflect.TypeOf(g.of)
		for i := range of.NumField() {
			documented[keyOf(of, of.Field(i))] = true
		}
	}
	read := map[string]bool{}
	for _, file := range []string{"read_document.go", "read_rule.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if name, ok := lit.Type.(*ast.Ident); ok && name.Name == "keys" {
				for _, e := range lit.Elts {
					if key, ok := e.(*ast.KeyValueExpr).Key.(*ast.BasicLit); ok {
						text, _ := strconv.Unquote(key.Value)
						read[text] = true
					}
				}
			}
			return true
		})
	}
	for _, key := range slices.Sorted(maps.Keys(read)) {
		if !documented[key] {
			t.Errorf("every key that is read is on the page of words, but %q is not", key)
		}
	}
}

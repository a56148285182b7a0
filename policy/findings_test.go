package policy

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// findingCase is a block of testdata/findings.txt: a line # NAME, a document
// without its first lines, and what it is checked against, a line each that
// begins with "rep", "customer" or "earlier |"; then, behind >, all that is
// said. Blocks end with an empty line.
type findingCase struct {
	name, body, earlier string
	against             Against
	lines, want         []string
}

const findingsFile = "testdata/findings.txt"

func readFindings(t *testing.T) []findingCase {
	t.Helper()
	text, err := os.ReadFile(findingsFile)
	if err != nil {
		t.Fatal(err)
	}
	var out []findingCase
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		c := findingCase{against: Against{Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
		for line := range strings.SplitSeq(block, "\n") {
			word, rest, _ := strings.Cut(line, " ")
			switch word {
			case ">":
				c.want = append(c.want, rest)
				continue
			case "#":
				c.name = rest
			case "rep":
				c.against.Reps = append(c.against.Reps, fromJSON[allocation.Rep](t, rest))
			case "customer":
				c.against.Customers = append(c.against.Customers, readCustomerLine(t, rest))
			case "earlier":
				c.earlier += strings.TrimPrefix(rest, "| ") + "\n"
			default:
				c.body += line + "\n"
			}
			c.lines = append(c.lines, line)
		}
		out = append(out, c)
	}
	return out
}

func fromJSON[T any](t *testing.T, text string) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func readCustomerLine(t *testing.T, text string) allocation.Customer {
	t.Helper()
	fields := fromJSON[map[string]any](t, text)
	out := allocation.Customer{ID: fields["id"].(string), Fields: fields}
	if at, ok := fields["at"].(string); ok {
		out.At, _ = time.Parse(time.RFC3339, at)
	}
	delete(fields, "id")
	delete(fields, "at")
	return out
}

// said is everything that a check says, a line each.
func (c findingCase) said(t *testing.T) []string {
	t.Helper()
	d, err := Parse("policy.yaml", []byte(slipHeader+c.body), slipFiles)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	if c.earlier != "" {
		c.against.Earlier = compile(t, slipHeader+c.earlier, slipFiles)
	}
	findings, err := d.Check(c.against)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	var out []string
	for _, f := range findings {
		if f.Maybe == "" {
			t.Errorf("every finding has advice, but %s has none", f.Code)
		}
		out = append(out, strings.Split(f.String(), "\n")...)
	}
	return out
}

// TestFindings pins what is said of each document; with -update it writes it.
func TestFindings(t *testing.T) {
	var written []string
	for _, c := range readFindings(t) {
		got := c.said(t)
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") && !*update {
			t.Errorf("%s:\nwant\n%s\ngot\n%s\nin\n%s", c.name, strings.Join(c.want, "\n"), strings.Join(got, "\n"), c.body)
		}
		block := strings.Join(c.lines, "\n")
		for _, line := range got {
			block += "\n> " + line
		}
		written = append(written, block)
	}
	if *update {
		if err := os.WriteFile(findingsFile, []byte(strings.Join(written, "\n\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryFindingIsTested holds the tests of findings to the list of codes.
func TestEveryFindingIsTested(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "lint.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	tested := ""
	for _, name := range []string{findingsFile, "lint_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tested += string(text)
	}
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		codes++
		code, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if !strings.Contains(tested, code) {
			t.Errorf("each code of a finding has a test that brings it about, and %s has none", code)
		}
		return true
	})
	if codes == 0 {
		t.Fatal("there are codes of findings in lint.go, and none was found")
	}
}

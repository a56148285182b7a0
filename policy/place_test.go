package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/evenhand/evenhand/policy/rule"
	"pgregory.net/rapid"
)

// However an expression is written down, a mistake in it is pointed at by line
// and column.
func TestAnErrorPointsAtTheMistake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{
			"lead.score > 1", `lead.name == "grün"`, `lead.city == "Saint-Jean d'Or"`, "lead.value < 3.5", `lead.source in ["a", "b"]`, "not has(lead.owner)",
		}), 0, 6).Draw(t, "conditions")
		words = slices.Insert(words, rapid.IntRange(0, len(words)).Draw(t, "at"), "lead.zzz > 1")
		style := rapid.SampledFrom(sortedKeys(writings)).Draw(t, "written")
		var b strings.Builder
		b.WriteString(slipHeader + "rules:\n")
		for i := range rapid.IntRange(0, 3).Draw(t, "rules above") {
			fmt.Fprintf(&b, "  - name: Größe %d   # ünïcödé above\n    when: >\n      lead.score > 1\n\n      and lead.value > 2\n\n", i)
		}
		b.WriteString("  - name: last\n" + writings[style](words) + "    pick: first # behind\n")
		text := b.String()

		_, err := Parse("policy.yaml", []byte(text), nil)
		var all rule.Errors
		if !errors.As(err, &all) || len(all) != 1 {
			t.Fatalf("one mistake gives not one error: %v\nin\n%s", err, text)
		}
		at := strings.Index(text, "lead.zzz")
		line := 1 + strings.Count(text[:at], "\n")
		column := 1 + utf8.RuneCountInString(text[strings.LastIndex(text[:at], "\n")+1:at])
		if e := all[0]; e.Line != line || e.Column != column {
			t.Fatalf("a mistake at %d:%d, written %s, is pointed at as %d:%d\nin\n%s", line, column, style, e.Line, e.Column, text)
		}
	})
}

// writings are the ways an expression can stand in YAML.
var writings = map[string]func(conditions []string) string{
	"plain in one line":    func(c []string) string { return "    when: " + strings.Join(c, " and ") + "\n" },
	"plain in many lines":  func(c []string) string { return "    when: " + strings.Join(c, "\n      and ") + "\n" },
	"with extra blanks":    func(c []string) string { return "    when:   " + strings.Join(c, "   and   ") + "   # comment\n" },
	"in single quotes":     func(c []string) string { return "    when: '" + doubled(strings.Join(c, " and ")) + "'\n" },
	"in many quoted lines": func(c []string) string { return "    when: '" + doubled(strings.Join(c, "\n      and ")) + "'\n" },
	"in double quotes":     func(c []string) string { return "    when: " + escaped(strings.Join(c, " and ")) + "\n" },
	"as a literal block":   func(c []string) string { return "    when: |\n      " + strings.Join(c, "\n      and ") + "\n" },
	"as a folded block":    func(c []string) string { return "    when: >-\n      " + strings.Join(c, "\n      and ") + "\n" },
	"as a block with gaps": func(c []string) string { return "    when: >\n\n      " + strings.Join(c, "\n\n      and ") + "\n" },
	"beside the next line": func(c []string) string { return "    when:\n      " + strings.Join(c, " and ") + "\n" },
	"in braces, in quotes": func(c []string) string {
		return "    caps: [{name: x, open: 3, only: '" + doubled(strings.Join(c, " and ")) + "'}]\n"
	},
	"behind a quoted key":    func(c []string) string { return "    \"when\": " + strings.Join(c, " and ") + "\n" },
	"behind a distant colon": func(c []string) string { return "    when:        " + strings.Join(c, " and ") + "\n" },
}

func doubled(s string) string { return strings.ReplaceAll(s, "'", "''") }

func escaped(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// A document made in Go has no lines; its errors name the path.
func TestErrorsOfAGoDocumentNameThePath(t *testing.T) {
	d := &Document{
		Name: "go", Timezone: "Berlin", Customer: "lead",
		Fields: Fields{Rep: map[string]Field{"level": {Type: "integer"}}},
		Lists:  map[string]List{"vips": {File: "vips.txt"}},
		Caps:   []Cap{{Name: "book"}, {Name: "daily", Assigned: "rep.capcity", Per: "daily"}},
		Rules: []Rule{
			{Name: "a", Pick: "frist"},
			{Name: "b", When: "lead.contry == \"DE\""},
			{Name: "c", Eligible: "rep.activ", Caps: []Cap{{Name: "x", Open: "3", Only: "rep.active"}}},
			{Name: "d", Size: "lead.value", Typical: -1, Window: 1},
			{Name: "e", Weight: "2", WeightRange: &Range{2, 3}, Ramp: &Ramp{Steps: Steps{{5, 2}}}},
		},
		Tests: []Test{{Name: "t", Reps: []map[string]any{{"id": "ana", "skils": 1}}, Customer: map[string]any{}, Expect: Expect{Rep: "bo"}}},
	}
	_, err := d.Compile()
	var all rule.Errors
	if !errors.As(err, &all) {
		t.Fatalf("want rule.Errors, got %v", err)
	}
	var paths []string
	for _, e := range all {
		paths = append(paths, e.File)
	}
	for _, want := range []string{
		"timezone", "fields.rep.level", "lists.vips.file", "caps[0]", "caps[1].assigned", "caps[1].per",
		"rules[0].pick", "rules[1].when", "rules[2].eligible", "rules[2].caps[0].only", "rules[3].typical", "rules[3].window",
		"rules[4].weight_range", "rules[4].ramp.since", "rules[4].ramp.steps", "tests[0].reps[0].skils", "tests[0].expect.rep",
	} {
		if !slices.Contains(paths, want) {
			t.Errorf("no error names the path %s; there are %q", want, paths)
		}
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	zero := 0.0
	nan, inf := zero/zero, 1/zero
	for _, x := range []float64{nan, inf, -inf, -1} {
		for name, r := range map[string]Rule{
			"typical":      {Name: "a", Size: "lead.value", Typical: x},
			"window":       {Name: "a", Prefer: "lead.value", Window: x},
			"weight_range": {Name: "a", Weight: "2", WeightRange: &Range{x, 2}},
			"size_range":   {Name: "a", Size: "lead.value", Typical: 1, SizeRange: &Range{x, 2}},
			"ramp":         {Name: "a", Ramp: &Ramp{Since: "rep.hired_at", Steps: Steps{{0, x}}}},
		} {
			d := &Document{Name: "go", Customer: "lead", Rules: []Rule{r}}
			if _, err := d.Compile(); err == nil || !strings.Contains(err.Error(), "rules[0]."+name) {
				t.Errorf("%s of %v is not refused by its path: %v", name, x, err)
			}
		}
	}
}

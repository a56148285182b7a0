package rule

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// quotings are the ways a YAML document holds an expression: the text it
// writes, and how many characters of sign stand before the expression.
var quotings = []struct {
	name  string
	write func(source string) string
	sign  int
}{
	{"plain", func(s string) string { return s }, 0},
	{"single quotes", func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }, 1},
	{"double quotes", func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}, 1},
	{"folded block", func(s string) string { return ">\n      " + strings.ReplaceAll(s, " ", "\n      ") + "\n" }, 0},
	{"literal block", func(s string) string { return "|\n      " + s + "\n" }, 0},
}

// TestPlacesAreThoseOfTheDocument checks that a byte of the source is found
// where the document holds it, whatever the quoting and wherever the place
// that the caller names: at the sign or behind it.
func TestPlacesAreThoseOfTheDocument(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"lead.x", `"a"`, "'b'", "''", "==", "ü", "和", `"c\\d"`, "(", ")"}), 1, 8).Draw(rt, "parts")
		source := strings.Join(parts, " ")
		q := quotings[rapid.IntRange(0, len(quotings)-1).Draw(rt, "quoting")]
		behind := 0
		if q.sign > 0 && rapid.Bool().Draw(rt, "behind the sign") {
			behind = q.sign
		}
		lead := rapid.SampledFrom([]string{"", "when: ", "  - 质: "}).Draw(rt, "lead")
		text := &Text{Source: source, Line: 3, Column: len([]rune(lead)) + 1 + behind, Document: []byte("a\nb\n" + lead + q.write(source) + "\n")}
		at := rapid.IntRange(0, len(parts)-1).Draw(rt, "part")
		offset := len(strings.Join(parts[:at], " "))
		if at > 0 {
			offset++
		}
		line, column, shown := text.place(offset)
		want := strings.TrimLeft(q.write(parts[at]), ">|\n ")
		want = strings.TrimSuffix(strings.TrimSuffix(want[min(q.sign, len(want)):], "\n"), q.write("")[min(q.sign, len(q.write(""))):])
		found := string([]rune(shown)[min(column-1, len([]rune(shown))):])
		if !strings.HasPrefix(found, strings.TrimSpace(want)) && !strings.HasPrefix(strings.TrimLeft(found, `'\`), strings.TrimLeft(want, `'\`)) {
			rt.Fatalf("a place in a rule is its place in the document (%s): part %q of %s was sought in\n%s\nand found at %d:%d, where there is %q", q.name, parts[at], source, text.Document, line, column, found)
		}
	})
}

func TestErrorShowsPlaceLineCaretAndFix(t *testing.T) {
	for _, c := range []struct {
		err  Error
		want string
	}{
		{Error{Message: "m"}, "m"},
		{Error{File: "p.yaml", Message: "m", Maybe: "n"}, "p.yaml: m\nMaybe n"},
		{Error{File: "p.yaml", Line: 2, Column: 3, Source: "ab cd", Width: 2, Message: "m"}, "p.yaml:2:3: m\n  | ab cd\n  |   ^^"},
		{Error{Line: 2, Column: 3, Source: "\tü和x", Width: 9, Message: "m", Maybe: "n"}, "2:3: m\n  | \tü和x\n  | \t ^^\nMaybe n"},
		{Error{Line: 1, Column: 9, Source: "ab", Message: "m"}, "1:9: m\n  | ab\n  |   ^"},
		{Error{Line: 4, Message: "m", Source: "x"}, "4: m\n  | x\n  | ^"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("an error shows place, line, caret and fix: got\n%s\nwant\n%s", got, c.want)
		}
	}
	all := Errors{{File: "b", Line: 1}, {File: "a", Line: 9}, {File: "a", Line: 2, Column: 5}, {File: "a", Line: 2, Column: 1, Message: "first"}}
	all.Sort()
	if all[0].Message != "first" || all[3].File != "b" {
		t.Errorf("errors sort by file, line and column, but got %v", all)
	}
}

func TestErrorWithoutDocument(t *testing.T) {
	v := theWorld(t)
	_, err := v.Compile(Text{Source: "lead.vip and\n  lead.contry == 1", File: "p.yaml", Line: 7, Column: 11}, Want{Kind: Bool})
	const want = "p.yaml:8:3: the lead has no field \"contry\"\n  |   lead.contry == 1\n  |   ^^^^^^^^^^^\nMaybe lead.country"
	if err == nil || err.Error() != want {
		t.Errorf("without a document the place is counted from the given one: got\n%v\nwant\n%s", err, want)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"country", "county", "win_rate", "attainment", "id", "region", "and", "or"}
	for word, want := range map[string]string{
		"contry": "country", "Country": "country", "winrate": "win_rate", "win-rate": "win_rate", "WinRate": "win_rate", "regoin": "region",
		"atainment": "attainment", "adn": "and", "xyz": "", "": "", "revenue": "", "ID": "id", "ic": "", "counry": "country",
	} {
		got, ok := Nearest(word, words)
		if got != want || ok != (want != "") {
			t.Errorf("the word meant by %q is %q, but got %q", word, want, got)
		}
	}
}

func TestNearestIsADistance(t *testing.T) {
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("abcü")), 0, 8, -1)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := []rune(letters.Draw(rt, "a")), []rune(letters.Draw(rt, "b"))
		d := alignment(a, b)
		if d != alignment(b, a) || (d == 0) != (string(a) == string(b)) || d > max(len(a), len(b)) || d < len(a)-len(b) || d < len(b)-len(a) {
			rt.Fatalf("the distance is symmetric, zero for equal words only, and between the difference and the larger of the lengths: %q %q is %d", string(a), string(b), d)
		}
		words := []string{string(a), string(b), "zzzzzzzzz"}
		w1, ok1 := Nearest(string(a), words)
		w2, ok2 := Nearest(string(a), []string{words[2], words[1], words[0]})
		if w1 != w2 || ok1 != ok2 {
			rt.Fatalf("the nearest word does not depend on the order of candidates: %q and %q", w1, w2)
		}
	})
}

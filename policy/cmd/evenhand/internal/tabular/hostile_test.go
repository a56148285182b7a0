package tabular

import (
	"fmt"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
)

// hostile are files written to take time or memory, and what is left of them:
// good rows, or a part of the error.
var hostile = []struct {
	name, text string
	json       bool
	good       int
	err        string
}{
	{"ten million columns", strings.Repeat(",", 1<<20) + "\n1\n", false, 0, "longer than 1 MiB"},
	{"more columns than there may be", strings.Repeat("a,", MaxColumns) + "b\n", false, 0, "a row has 1000 cells at most"},
	{"as many columns as there may be", strings.Repeat(",", MaxColumns-1) + "\n" + strings.Repeat(strings.Repeat(",", MaxColumns-1)+"\n", 50), false, 50, ""},
	{"a quote on every line", "a\n" + strings.Repeat("\"\n", 50_000), false, 25_000, ""},
	{"quotes only", "a\n" + strings.Repeat("\"", 1<<20-1) + "\n", false, 0, ""},
	{"a cell that never ends", "a\n\"" + strings.Repeat("x\n", 100_000), false, 99_999, ""},
	{"escapes and directions", "a,b\n\x1b[2J,\u202e1\n\x00,\xff\n", false, 1, ""},
	{"deep lists", "{\"a\":" + strings.Repeat("[", 500_000), true, 0, ""},
	{"deep objects", "{\"a\":" + strings.Repeat("{\"a\":", 100_000), true, 0, ""},
	{"deep closed lists", "{\"a\":" + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}", true, 1, ""},
	{"a huge number", "{\"a\":" + strings.Repeat("9", MaxCell) + "}\n{\"a\":" + strings.Repeat("9", MaxCell+1) + "}\n{\"a\":1e999999}", true, 2, ""},
	{"a huge object", "{\"a\":{\"b\":\"" + strings.Repeat("x", MaxCell) + "\"}}", true, 0, ""},
	{"rows with the last of many members", manyMembers(MaxColumns) + strings.Repeat("{\"m999\":1}\n", 10_000), true, 10_001, ""},
	{"more members than there may be", manyMembers(MaxColumns + 1), true, 0, ""},
	{"one member many times", "{" + strings.Repeat("\"a\":1,", 100_000) + "\"a\":1}", true, 0, ""},
	{"brackets that open an array", strings.Repeat("[", 500_000), true, 0, "array"},
	{"empty objects", "[" + strings.Repeat("{},", 30_000) + "{}]", true, 30_001, ""},
	{"half of a surrogate", "{\"a\":\"\\ud800\"}", true, 1, ""},
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",\"m%03d\":1", i)
	}
	return "{" + b.String()[1:] + "}\n"
}

// No file takes more time or memory than its size allows, and what is wrong
// with it is said briefly.
func TestHostileFiles(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			var got *Table
			var err error
			budget.Within(t, len(h.text), func() {
				if h.json {
					got, err = ReadJSON(strings.NewReader(h.text))
				} else {
					got, err = ReadCSV(strings.NewReader(h.text), ',')
				}
			})
			if err != nil || h.err != "" {
				if err == nil || h.err == "" || !strings.Contains(err.Error(), h.err) || len(err.Error()) > 500 {
					t.Fatalf("error %.300v; want one with %q", err, h.err)
				}
				return
			}
			good := 0
			for _, r := range got.Rows {
				if r.Fault == "" {
					good++
				} else if len(r.Fault) > 300 {
					t.Fatalf("a fault is short; this has %d bytes: %.300s", len(r.Fault), r.Fault)
				}
			}
			if good != h.good {
				t.Errorf("%d good rows of %d, want %d", good, len(got.Rows), h.good)
			}
		})
	}
}

package tabular

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
)

func TestReadJSON(t *testing.T) {
	for _, c := range []struct {
		name, text string
		columns    []string
		rows       []string
	}{
		{"lines", "{\"id\":\"L-1\",\"size\":12}\n\n{\"size\":1.50,\"id\":\"L-2\",\"hot\":true}\n", []string{"id", "size", "hot"},
			[]string{`1 ["L-1" "12"]`, `3 ["L-2" "1.50" %!q(bool=true)]`}},
		{"an array over several lines", " [\n{\"id\":1},\n {\n\"id\":2}\n]\n", []string{"id"}, []string{`2 ["1"]`, `3 ["2"]`}},
		{"an array on one line", `[{"id":"a"},{"id":"b","tags":["x","y"]}]`, []string{"id", "tags"}, []string{`1 ["a"]`, `1 ["b" ["x" "y"]]`}},
		{"an empty array", "[]", nil, nil},
		{"an empty file", "", nil, nil},
		{"bad lines between good ones", "{\"id\":1}\nhello\n{\"id\":2\n{\"id\":3} x\n{\"id\":4,\"id\":5}\n{\"id\":}\n[1]\n{\"id\":6}\n", []string{"id"}, []string{
			`1 ["1"]`,
			`2 fault: it is not a JSON object, such as {"id": "L-1"} | hello`,
			"3 fault: it is not JSON: it ends before the object does\nMaybe a } is missing; an object stands on one line, or all of them between [ and ] | {\"id\":2",
			`4 fault: there is more after the object; one line holds one object | {"id":3} x`,
			`5 fault: the object has "id" twice | {"id":4,"id":5}`,
			"6 fault: it is not JSON: a value is expected, and not }\nMaybe put a text in double quotes, and delete a comma too many | {\"id\":}",
			`7 fault: it is not a JSON object, such as {"id": "L-1"} | [1]`,
			`8 ["6"]`,
		}},
		{"an element that is no object", `[{"id":1}, 7, {"id":2}]`, []string{"id"},
			[]string{`1 ["1"]`, `1 fault: it is not a JSON object, such as {"id": "L-1"} | 7`, `1 ["2"]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadJSON(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Columns, c.columns) {
				t.Errorf("columns %q, want %q", got.Columns, c.columns)
			}
			if rows := rowsOf(got); !reflect.DeepEqual(rows, c.rows) {
				t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(c.rows, "\n"))
			}
		})
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"[\n{\"id\":1},\n{\"id\":2}\n":     "line 3: the array is not JSON: it ends before its closing bracket\nMaybe a ] is missing",
		"[\n{\"id\":1},\n\n{\"id\" 2}\n]":  "line 2 or later: the array is not JSON: a colon is expected, and not 2\nMaybe a colon is missing between name and value",
		"[{\"id\":1}]\n[]":                 "line 2: there is more after the array\nMaybe delete what follows the last ]",
		"{\"Lead ID\":1}\n{\"lead_id\":2}": "two names are one column: \"Lead ID\" and \"lead_id\"\nMaybe rename one of them",
	} {
		if _, err := ReadJSON(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q: error %v\nwant %s", text, err, want)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"id":1}`, "[{\"id\":1},\n{}]", "{\"a\":{\"b\":[null]}}\n\nx", "[", "[[]", "\ufeff{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got *Table
		var err error
		budget.Within(t, len(text), func() { got, err = ReadJSON(bytes.NewReader(text)) })
		if err != nil {
			return
		}
		last := 0
		for _, r := range got.Rows {
			if r.Line < last {
				t.Fatalf("property: rows come in the order of their lines; %d after %d", r.Line, last)
			}
			if len(r.Cells) > len(got.Columns) {
				t.Fatalf("property: no row has more cells than there are columns; line %d has %d of %d", r.Line, len(r.Cells), len(got.Columns))
			}
			last = r.Line
		}
	})
}

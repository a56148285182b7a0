package tabular

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
	"pgregory.net/rapid"
)

func rowsOf(t *Table) []string {
	var out []string
	for _, r := range t.Rows {
		if r.Fault != "" {
			out = append(out, fmt.Sprintf("%d fault: %s | %s", r.Line, r.Fault, r.Raw))
			continue
		}
		out = append(out, fmt.Sprintf("%d %q", r.Line, r.Cells))
	}
	return out
}

func TestReadCSV(t *testing.T) {
	long := strings.Repeat("x", MaxCell+1)
	for _, c := range []struct {
		name, text string
		columns    []string
		rows       []string
	}{
		{"plain", "id,name\n1,Ada\n2,Bo\n", []string{"id", "name"}, []string{`2 ["1" "Ada"]`, `3 ["2" "Bo"]`}},
		{"byte order mark, CRLF, no last line break", "\ufeffid,name\r\n1,Ada\r\n2,Bo", []string{"id", "name"}, []string{`2 ["1" "Ada"]`, `3 ["2" "Bo"]`}},
		{"quotes, delimiters and line breaks in a cell", "id,name\n1,\"A \"\"big\"\" one, and\r\nmore\"\n2,Bo\n", []string{"id", "name"},
			[]string{`2 ["1" "A \"big\" one, and\nmore"]`, `4 ["2" "Bo"]`}},
		{"a quote inside an unquoted cell", "id,name\n1,5\" pipe\n", []string{"id", "name"}, []string{`2 ["1" "5\" pipe"]`}},
		{"blank lines are no rows", "id\n\n1\n  \n2\n\n", []string{"id"}, []string{`3 ["1"]`, `5 ["2"]`}},
		{"empty cells", "a,b,c\n,,\n\"\",x,\n", []string{"a", "b", "c"}, []string{`2 ["" "" ""]`, `3 ["" "x" ""]`}},
		{"too few and too many cells", "a,b\n1\n1,2,3\n1,2\n", []string{"a", "b"},
			[]string{"2 fault: the row has 1 cell, the header 2 | 1", "3 fault: the row has 3 cells, the header 2\nMaybe put double quotes around a cell that holds a comma | 1,2,3", `4 ["1" "2"]`}},
		{"an unclosed quote loses one row only", "a,b\n1,\"open\n2,x\n3,y\n", []string{"a", "b"},
			[]string{"2 fault: cell 2, column \"b\", begins with a quote that is never closed\nMaybe end the cell with \", or write \"\" for a quote inside of it | 1,\"open", `3 ["2" "x"]`, `4 ["3" "y"]`}},
		{"a stray quote that another row seems to close", "a,b\n1,\"open\n2,\"x\"\n3,y\n", []string{"a", "b"},
			[]string{"2 fault: cell 2, column \"b\", goes on after its closing quote; a quote within a quoted cell is written twice\nMaybe \"\" for each quote inside of the cell | 1,\"open", `3 ["2" "x"]`, `4 ["3" "y"]`}},
		{"text after a closing quote", "a,b\n\"1\"x,2\n3,4\n", []string{"a", "b"},
			[]string{"2 fault: cell 1, column \"a\", goes on after its closing quote; a quote within a quoted cell is written twice\nMaybe \"\" for each quote inside of the cell | \"1\"x,2", `3 ["3" "4"]`}},
		{"Latin-1", "a\nM\xfcller\nx\n", []string{"a"},
			[]string{"2 fault: the row is not UTF-8 text\nMaybe save the file again as \"CSV UTF-8\" | M\xfcller", `3 ["x"]`}},
		{"NUL", "a\nx\x00y\nz\n", []string{"a"}, []string{"2 fault: the row holds a character that no text has, a zero byte | x\x00y", `3 ["z"]`}},
		{"a huge cell", "a\n" + long + "\nz\n", []string{"a"}, []string{"2 fault: cell 1, column \"a\", has 65537 bytes; 65536 is the most | " + long, `3 ["z"]`}},
		{"columns are trimmed, a column without a name is none", " id , ,\n1,2,3\n", []string{"id", "", ""}, []string{`2 ["1" "2" "3"]`}},
		{"a header alone", "a,b\n", []string{"a", "b"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadCSV(strings.NewReader(c.text), ',')
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

func TestReadCSVRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "the file is empty; its first line must name the columns",
		"\n\n":                         "the file is empty; its first line must name the columns",
		"id;name\n1;2\n":               "line 1: the file has the one column \"id;name\"\nMaybe its cells are separated by something else: --delimiter ';'",
		"id\tname\n":                   "line 1: the file has the one column \"id\\tname\"\nMaybe its cells are separated by something else: --delimiter tab",
		"Lead ID,name,lead-id\n":       "line 1: columns 1 and 3 have one name: \"Lead ID\" and \"lead-id\"\nMaybe rename one of them",
		"\xff\xfei\x00d\x00":           "the file is UTF-16, which is not read\nMaybe save it again as \"CSV UTF-8\"",
		"\"id\n1\n":                    "line 1, which names the columns: cell 1 begins with a quote that is never closed\nMaybe end the cell with \", or write \"\" for a quote inside of it",
		strings.Repeat("a,", 1001):     "line 1, which names the columns: cell 1001 is one too many: a row has 1000 cells at most",
		strings.Repeat("x", MaxRow+10): "line 1, which names the columns: the line is longer than 1 MiB",
	} {
		if _, err := ReadCSV(strings.NewReader(text), ','); err == nil || err.Error() != want {
			t.Errorf("%.40q: error %v, want %s", text, err, want)
		}
	}
}

// Whatever encoding/csv writes, ReadCSV reads back.
func TestReadCSVReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 5).Draw(t, "width")
		cell := rapid.StringMatching(`[a ,;"'\n=é-]{0,6}`)
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		header := make([]string, width)
		for i := range header {
			header[i] = fmt.Sprint("c", i)
		}
		rows := [][]string{header}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := make([]string, width)
			for i := range row {
				row[i] = cell.Draw(t, "cell")
			}
			if width == 1 && strings.TrimSpace(row[0]) == "" {
				row[0] = "x" // a blank line, which is no row
			}
			rows = append(rows, row)
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		got, err := ReadCSV(&text, ',')
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Rows) != len(rows)-1 {
			t.Fatalf("property: every row written is read; wrote %d, read %d: %v", len(rows)-1, len(got.Rows), rowsOf(got))
		}
		for i, row := range got.Rows {
			for j, cell := range rows[i+1] {
				if row.Fault != "" || row.Cell(j) != cell {
					t.Fatalf("property: every cell is read as it was written; row %d cell %d: wrote %q, read %q (%s)", i, j, cell, row.Cell(j), row.Fault)
				}
			}
		}
	})
}

// However a row is damaged, the good rows after it are read.
func TestReadCSVGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.SampledFrom([]string{`"`, `x,"`, `"x"y,1`, `1`, `1,2,3`, `,,,`, `"a""`, "\"\xff", "\x00"}).Draw(t, "bad")
		text := "a,b\n1,2\n" + bad + "\n3,4\n5,\"6\"\n"
		got, err := ReadCSV(strings.NewReader(text), ',')
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(got)
		want := []string{`2 ["1" "2"]`, `4 ["3" "4"]`, `5 ["5" "6"]`}
		if len(rows) != 4 || rows[0] != want[0] || rows[2] != want[1] || rows[3] != want[2] || got.Rows[1].Fault == "" {
			t.Fatalf("property: one bad row is one fault and the rows around it are read; got\n%s", strings.Join(rows, "\n"))
		}
		if got.Rows[1].Raw != bad {
			t.Fatalf("property: a row with a fault keeps its text; %q became %q", bad, got.Rows[1].Raw)
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a\n\"\n\"\"\n", "\ufeffa;b\r\n\"x\ny\";2", "a,a", "\xff\xfe", "a\n\"" + strings.Repeat("\n", 100)} {
		f.Add([]byte(seed), byte(','))
		f.Add([]byte(seed), byte(';'))
	}
	f.Fuzz(func(t *testing.T, text []byte, delimiter byte) {
		if delimiter == '"' || delimiter == '\n' || delimiter == '\r' || delimiter >= 0x80 {
			return
		}
		var got *Table
		var err error
		budget.Within(t, len(text), func() { got, err = ReadCSV(bytes.NewReader(text), delimiter) })
		if err != nil {
			return
		}
		last := 0
		for _, r := range got.Rows {
			switch {
			case r.Line <= last:
				t.Fatalf("property: rows come in the order of their lines; %d after %d", r.Line, last)
			case r.Fault == "" && len(r.Cells) != len(got.Columns):
				t.Fatalf("property: a good row has a cell for each column; line %d has %d of %d", r.Line, len(r.Cells), len(got.Columns))
			case r.Fault != "" && r.Cells != nil:
				t.Fatalf("property: a row with a fault has no cells; line %d", r.Line)
			}
			last = r.Line
		}
	})
}

package tabular_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// An export with a stray quote and a short row: both are told with their
// lines, and nothing else is lost.
func ExampleReadCSV() {
	export := "\ufeffLead No,Company\r\nL-1,\"Baum, Ahorn & Co\"\r\nL-2,\"Cosmo\r\nL-3\r\nL-4,Dorn\r\n"
	t, err := tabular.ReadCSV(strings.NewReader(export), ',')
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range t.Rows {
		if row.Fault != "" {
			fmt.Printf("line %d: %s\n", row.Line, row.Fault)
			continue
		}
		fmt.Printf("line %d: %v is %v\n", row.Line, row.Cell(0), row.Cell(1))
	}
	// Output:
	// line 2: L-1 is Baum, Ahorn & Co
	// line 3: cell 2, column "Company", begins with a quote that is never closed
	// Maybe end the cell with ", or write "" for a quote inside of it
	// line 4: the row has 1 cell, the header 2
	// line 5: L-4 is Dorn
}

// What a lead form brought in does not run in the reader's spreadsheet.
func ExampleWriter() {
	w := tabular.NewWriter(os.Stdout)
	for _, row := range [][]string{
		{"id", "company", "change"},
		{"L-1", `=HYPERLINK("http://evil.example","Prize")`, "-5"},
		{"L-2", "Baum", "+3.2"},
	} {
		if err := w.Write(row); err != nil {
			fmt.Println(err)
		}
	}
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// id,company,change
	// L-1,"'=HYPERLINK(""http://evil.example"",""Prize"")",-5
	// L-2,Baum,+3.2
}

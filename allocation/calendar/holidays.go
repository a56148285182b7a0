package calendar

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Holidays is a table of dates by region. Regions are whatever the caller
// calls them ("DE", "DE-BY", "Bavaria"), without regard to case. It is
// immutable. A nil *Holidays has none.
type Holidays struct {
	byRegion map[string]map[Date]string // folded region, "" for everybody; then the date's name
}

// everybody is the region of a holiday that has no region.
const everybody = ""

// maxHolidayErrors bounds the message for a file that is not a holiday file.
const maxHolidayErrors = 10

// ParseHolidays reads a CSV file of holidays, one a line: date, region, and
// optionally a name. The date is YYYY-MM-DD. An empty region or "*" means
// everybody. A first line with the heading "date" names the columns date,
// region and name in any order and may have others, which are ignored; without
// one the order is date, region, name. Lines beginning with # are comments.
//
// All bad lines are reported together, each as a SyntaxError with its line;
// after ten the rest are counted only. Any bad line refuses the file. Cost is
// linear in its size.
func ParseHolidays(r io.Reader) (*Holidays, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.TrimLeadingSpace = true
	in.Comment = '#'
	h := &Holidays{byRegion: map[string]map[Date]string{}}
	columns := defaultHolidayColumns
	var bad []error
	for row := 0; ; row++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var quote *csv.ParseError
		if errors.As(err, &quote) {
			bad = append(bad, &quoteError{quote})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("holidays: %w", err)
		}
		line, _ := in.FieldPos(0)
		if row == 0 {
			record[0] = strings.TrimPrefix(record[0], "\ufeff")
			if heading, ok := holidayHeading(record); ok {
				columns = heading
				continue
			}
		}
		if err := h.add(columns, record, line); err != nil {
			bad = append(bad, err)
		}
	}
	if len(bad) > maxHolidayErrors {
		rest := len(bad) - maxHolidayErrors
		bad = append(bad[:maxHolidayErrors], fmt.Errorf("holidays: %d more bad lines", rest))
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	return h, nil
}

// For lists, sorted and each once, the dates that are holidays for everybody
// or in one of the regions.
func (h *Holidays) For(regions ...string) []Date {
	if h == nil {
		return nil
	}
	dates := map[Date]bool{}
	for _, region := range append([]string{everybody}, regions...) {
		for d := range h.byRegion[foldRegion(region)] {
			dates[d] = true
		}
	}
	return slices.SortedFunc(maps.Keys(dates), Date.Compare)
}

// Name is the name that the file gave the holiday on date d in the region, or
// for everybody; "" if it is none or has no name.
func (h *Holidays) Name(d Date, region string) string {
	if h == nil {
		return ""
	}
	if name := h.byRegion[foldRegion(region)][d]; name != "" {
		return name
	}
	return h.byRegion[everybody][d]
}

// Regions lists, sorted, the regions that the file mentions, in lower case,
// without the one that stands for everybody.
func (h *Holidays) Regions() []string {
	if h == nil {
		return nil
	}
	names := slices.Sorted(maps.Keys(h.byRegion))
	return slices.DeleteFunc(names, func(s string) bool { return s == everybody })
}

// holidayColumns says in which field each value is; −1 means in none.
type holidayColumns struct{ date, region, name int }

var defaultHolidayColumns = holidayColumns{0, 1, 2}

func holidayHeading(record []string) (holidayColumns, bool) {
	c := holidayColumns{-1, -1, -1}
	for i, field := range record {
		switch strings.ToLower(strings.TrimSpace(field)) {
		case "date":
			c.date = i
		case "region":
			c.region = i
		case "name":
			c.name = i
		}
	}
	return c, c.date >= 0
}

func (h *Holidays) add(columns holidayColumns, record []string, line int) error {
	field := func(i int) string {
		if i < 0 || i >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	text := field(columns.date)
	date, err := ParseDate(text)
	if err != nil {
		e := &SyntaxError{What: "holidays", Text: text, Line: line, Reason: dateReason(text), Maybe: dateAdvice(text)}
		if strings.ContainsAny(text, ";\t") {
			e.Maybe = "separate the columns by commas"
		}
		return e
	}
	region := foldRegion(field(columns.region))
	if h.byRegion[region] == nil {
		h.byRegion[region] = map[Date]string{}
	}
	if name := field(columns.name); name != "" || h.byRegion[region][date] == "" {
		h.byRegion[region][date] = name
	}
	return nil
}

// foldRegion makes regions comparable: case and surrounding space do not
// count, and "*" is everybody.
func foldRegion(region string) string {
	region = strings.ToLower(strings.TrimSpace(region))
	if region == "*" {
		return everybody
	}
	return region
}

// quoteError is a line that is no CSV: all that can be wrong with one here is a
// quotation mark.
type quoteError struct{ at *csv.ParseError }

func (e *quoteError) Error() string {
	return fmt.Sprintf("holidays, line %d: a quotation mark stands inside of a cell, or the one that ends a cell is missing\nMaybe begin and end the cell with \", and write \"\" for one inside of it", e.at.Line)
}

// Unwrap is the *csv.ParseError, which knows the column.
func (e *quoteError) Unwrap() error { return e.at }

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// arrival is one good row of the customers file.
type arrival struct {
	row      *tabular.Row
	columns  *columns // of the row
	customer allocation.Customer
	closes   time.Time // zero: it stays open
	outcome  allocation.Outcome
	locked   bool
	sort     []any // cells of the --order columns
}

// rejection is a row that could not be used.
type rejection struct {
	row    *tabular.Row
	reason string
}

// intake turns rows into customers.
type intake struct {
	source  source
	columns *columns
	missing []string // fields that the policy declares or reads and no column fills
	fields  []string
	zone    *time.Location
	now     time.Time // --now: when every customer arrives; zero without it
	at      int       // column of the time; -1 without --at
	close   int       // -1 without --close
	outcome int       // -1 without --outcome
	locked  int       // -1 without --locked
	order   []int
}

// note says which columns are not used, and which are not there.
func (in *intake) note(c console) { noteColumns(c, in.source, in.columns, in.missing) }

// read turns every row into an arrival or a rejection.
func (in *intake) read(t *tabular.Table) (arrivals []*arrival, rejected []rejection) {
	for i := range t.Rows {
		row := &t.Rows[i]
		a, err := in.arrival(row)
		if err != nil {
			rejected = append(rejected, rejection{row, oneLine(err.Error())})
			continue
		}
		arrivals = append(arrivals, a)
	}
	return arrivals, rejected
}

func (in *intake) arrival(row *tabular.Row) (*arrival, error) {
	if row.Fault != "" {
		return nil, errors.New(row.Fault)
	}
	a := &arrival{row: row, columns: in.columns, outcome: allocation.Closed}
	var err error
	if a.customer.ID, err = in.name(row, "id"); err != nil {
		return nil, err
	}
	if a.customer.ID == "" {
		return nil, errors.New("the ID is blank")
	}
	if a.customer.Kind, err = in.name(row, "kind"); err != nil {
		return nil, err
	}
	a.customer.At = in.now
	if err := in.times(a); err != nil {
		return nil, err
	}
	if in.locked >= 0 {
		if a.locked, err = truth(present(row.Cell(in.locked)), false); err != nil {
			return nil, fmt.Errorf("column %s: %w", in.columns.names[in.locked], err)
		}
	}
	a.customer.Fields = map[string]any{}
	for _, field := range in.fields {
		if field == "id" || field == "kind" {
			continue
		}
		if cell := in.columns.cell(row, field); cell != nil {
			a.customer.Fields[field] = cell
		}
	}
	for _, column := range in.order {
		a.sort = append(a.sort, present(row.Cell(column)))
	}
	return a, nil
}

// name reads a cell that is a word or a whole number.
func (in *intake) name(row *tabular.Row, field string) (string, error) {
	text, ok := word(in.columns.cell(row, field))
	if !ok {
		return "", fmt.Errorf("the %s is %s, which is no text", strings.Replace(field, "id", "ID", 1), clip(cellText(in.columns.cell(row, field))))
	}
	return text, nil
}

// word is a cell as text; blank is "".
func word(cell any) (string, bool) {
	switch x := cell.(type) {
	case nil:
		return "", true
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	}
	return "", false
}

// times reads when the customer arrives and when it closes.
func (in *intake) times(a *arrival) error {
	if in.at < 0 {
		return nil
	}
	at, err := in.moment(a.row, in.at)
	switch {
	case err != nil:
		return fmt.Errorf("arrival, column %s: %w", a.columns.names[in.at], err)
	case at.IsZero():
		return errors.New("the time of arrival is blank")
	}
	a.customer.At = at
	if in.close < 0 {
		return nil
	}
	if a.closes, err = in.moment(a.row, in.close); err != nil {
		return fmt.Errorf("close, column %s: %w", a.columns.names[in.close], err)
	}
	if !a.closes.IsZero() && a.closes.Before(at) {
		return fmt.Errorf("it closes at %s, before it arrives at %s", stamp(a.closes), stamp(at))
	}
	if text, _ := word(present(a.row.Cell(in.outcome))); text != "" {
		a.outcome = outcomeOf(text)
	}
	return nil
}

// moment is the zero time for a blank cell.
func (in *intake) moment(row *tabular.Row, column int) (time.Time, error) {
	text, ok := word(present(row.Cell(column)))
	switch {
	case !ok:
		return time.Time{}, fmt.Errorf("%s is not a date or time", clip(cellText(row.Cell(column))))
	case text == "":
		return time.Time{}, nil
	}
	return parseMoment(text, in.zone)
}

// stamp writes a time for people: the date alone at midnight.
func stamp(t time.Time) string {
	if h, m, s := t.Clock(); h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}

// outcomeOf makes a code of a CRM's word: "Closed Won" is closed_won.
func outcomeOf(text string) allocation.Outcome {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r == ' ' || r == '-' || r == '/':
			return '_'
		}
		return -1
	}, strings.ToLower(text))
	if code == "" || len(code) > allocation.MaxID {
		return allocation.Closed
	}
	return allocation.Outcome(code)
}

// sortArrivals puts arrivals in order: by time, then ID, then line, when they
// have times; else by the --order columns; else they stay in the file's order.
func (in *intake) sortArrivals(arrivals []*arrival) {
	slices.SortStableFunc(arrivals, func(a, b *arrival) int {
		if in.at >= 0 {
			return cmp.Or(a.customer.At.Compare(b.customer.At), strings.Compare(a.customer.ID, b.customer.ID))
		}
		return slices.CompareFunc(a.sort, b.sort, compareCells)
	})
}

// compareCells orders blanks first, then numbers by value, then text.
func compareCells(a, b any) int {
	x, xText := sortKey(a)
	y, yText := sortKey(b)
	return cmp.Or(cmp.Compare(x.class, y.class), cmp.Compare(x.number, y.number), strings.Compare(xText, yText))
}

type cellClass struct {
	class  int
	number float64
}

func sortKey(cell any) (cellClass, string) {
	text, ok := word(cell)
	switch {
	case !ok:
		return cellClass{class: 3}, fmt.Sprint(cell)
	case text == "":
		return cellClass{}, ""
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == f {
		return cellClass{1, f}, text
	}
	return cellClass{class: 2}, text
}

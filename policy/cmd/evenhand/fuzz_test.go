package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
)

const fuzzPolicy = `
evenhand: 1
name: fuzz
customer: lead
timezone: Europe/Berlin
fields:
  lead: {employees: int, price: number, urgent: bool, called_at: time, products: [string], years: [int]}
  rep: {grade: int, langs: [string]}
kpis: [win_rate]
rules:
  - name: all
    when: lead.employees > 5 and lead.price > 2.5 and lead.urgent and lead.called_at < now and "a" in lead.products and 2024 in lead.years
    eligible: rep.grade > 1 and "de" in rep.langs
    weight: rep.kpi.win_rate
`

func fuzzDocument(f *testing.F) *document {
	f.Helper()
	path := filepath.Join(f.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte(fuzzPolicy), 0o600); err != nil {
		f.Fatal(err)
	}
	p, err := loadDocument(path)
	if err != nil {
		f.Fatal(err)
	}
	return p
}

// customerSlips are exports as they come: Excel's, with thousands separators,
// titles above the header, totals below the rows, in old encodings.
var customerSlips = []string{
	"id,opened,closed,stage,employees,price,urgent,called_at,products,years,Notes\nL-1,2026-03-02,2026-03-04,Closed Won,12,9.5,true,2026-03-01,a;b,2024,hello\n",
	"\ufeffid;opened;closed;stage;employees;price\r\nL-1;02.03.2026;;;\"1.200\";\"9,5\"\r\n",
	"id,opened,employees,price\nL-1,03/04/2026,\"1,200\",\"$9,500.00\"\nTotal,,1200,9500\n",
	"Leads of March,,\n,,\nid,opened,employees\nL-1,2026-03-02,3\n",
	"id\topened\temployees\nL-1\t2026-03-02 10:00\t12,0\n",
	"\xff\xfei\x00d\x00\n\x00", "id,name\nL-1,M\xfcller\n", "id,name\nL-1,\"open\nL-2,x\n", "id,ID\nL-1,L-2\n", "id,opened,\n,,\nL-1,2026-03-02,\n,,\n",
	"=cmd|' /C calc'!A0,id\nx,L-1\n", "id,opened\n\u202eL-1,2026-02-30\n", "id,employees\nL-1,1e999999\nL-2,9223372036854775808\nL-3,0x10\n",
	"{\"id\":1,\"opened\":\"2026-03-02\",\"employees\":12.0,\"products\":[\"a\"],\"years\":[2024],\"urgent\":true,\"called_at\":null}\n{\"id\":[1]}\n{\"id\":\"L\",\"employees\":{\"a\":{}}}\n",
	"[{\"id\":\"L-1\",\"opened\":{\"$date\":1}},\n{\"id\":\"L-2\",\"price\":1e999999}]",
}

// FuzzCustomers reads customers from text that may be anything: whatever is
// wrong is said of the file or of a row, briefly, and each row is a customer or
// a reject.
func FuzzCustomers(f *testing.F) {
	for _, slip := range customerSlips {
		for way := range byte(6) {
			f.Add([]byte(slip), way)
		}
	}
	p := fuzzDocument(f)
	f.Fuzz(func(t *testing.T, text []byte, way byte) {
		r := runCommand{}
		r.Customers, r.InputFormat = "-", []string{"csv", "json", "csv"}[way%3]
		r.Delimiter = []string{",", "", ";"}[way%3]
		if way/3%2 == 1 {
			r.At, r.Close, r.Outcome = "opened", "closed", "stage"
		}
		var arrivals []*arrival
		var rejected []rejection
		var rows int
		var err error
		budget.Within(t, len(text), func() {
			arrivals, rejected, rows = nil, nil, 0
			table, in, bad := r.readCustomers(p, console{in: bytes.NewReader(text)})
			if err = bad; bad != nil {
				return
			}
			rows = len(table.Rows)
			arrivals, rejected = in.read(table)
			in.sortArrivals(arrivals)
		})
		if err != nil {
			checkSaid(t, err, 4000)
			return
		}
		if len(arrivals)+len(rejected) != rows {
			t.Fatalf("property: each row is a customer or a reject; %d rows, %d customers, %d rejects", rows, len(arrivals), len(rejected))
		}
		for _, r := range rejected {
			checkSaid(t, errors.New(r.reason), 600)
		}
		var b bytes.Buffer
		if err := writeRejects(&b, []string{"id"}, rejected); err != nil {
			t.Fatal(err)
		}
		for _, a := range arrivals {
			if _, err := p.compiled.NewMatcher().ReadCustomer(&a.customer); err != nil {
				checkSaid(t, err, 2000)
			}
		}
	})
}

// FuzzReps reads reps from text that may be anything.
func FuzzReps(f *testing.F) {
	for _, slip := range []string{
		"id,name,teams,capacity,active,timezone,hired_at,shifts,time_off,win_rate,grade,langs\nana,Ana,a;b,12,yes,Europe/Berlin,2025-11-01,Mon-Fri 09:00-17:00,2026-08-03..2026-08-14,0.63,2,de;en\n",
		"\ufeffID;Capacity;win_rate\r\nana;12,5;63%\r\n", "id,capacity,timezone\nana,-3,CET+1\nbo,1e999999,Berlin\n", "id,shifts\nana,Mo-Fr 9-17\nbo,Fri-Mon 22:00-06:00\n",
		"[{\"id\":\"ana\",\"teams\":[\"a\"],\"kpi\":{\"win_rate\":0.6,\"x\":1}},{\"id\":\"bo\",\"kpi\":{\"win_rate\":\"many\"},\"active\":false}]",
		"{\"id\":1,\"capacity\":1.5}\n{\"id\":[[]],\"kpi\":[]}\n{\"kpi\":{\"a\":{\"b\":1}}}\n", "id,win_rate\nana,NaN\nbo,-Inf\ncem,0x1p-2\ndee,1_0\n", "name\nAna\n", "id,kpi\nana,{}\n", "id\n\n", "id,KPI.Win Rate,kpi.win_rate\na,1,2\n",
	} {
		for way := range byte(3) {
			f.Add([]byte(slip), way)
		}
	}
	p := fuzzDocument(f)
	f.Fuzz(func(t *testing.T, text []byte, way byte) {
		s := source{what: "reps", path: "-", format: []string{"csv", "json", "csv"}[way%3], delimiter: []string{",", "", ";"}[way%3]}
		var read *repsFile
		var err error
		budget.Within(t, len(text), func() { read, err = readReps(s, nil, p, console{in: bytes.NewReader(text)}) })
		if err != nil {
			checkSaid(t, err, 4000+1000*bytes.Count(text, []byte("\n")))
			return
		}
		m := p.compiled.NewMatcher()
		for _, rep := range read.reps {
			if rep.ID == "" {
				t.Fatalf("property: a rep that was read has an ID; %+v", rep)
			}
			if err := m.CheckRep(&rep); err != nil {
				checkSaid(t, err, 2000)
			}
		}
	})
}

// checkSaid: what is said about bad input can be read.
func checkSaid(t *testing.T, err error, most int) {
	t.Helper()
	said := visible(err.Error())
	if said == "" || len(said) > most || !utf8.ValidString(said) || strings.ContainsAny(said, "\x00\x1b") {
		t.Fatalf("property: a message is short and readable; it has %d bytes: %.500q", len(said), said)
	}
}

// FuzzTimeOff reads time off from tables and calendars that may be anything:
// what is wrong is said of the file or of a line, and what is used is time that
// a desk takes.
func FuzzTimeOff(f *testing.F) {
	const event = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nORGANIZER:mailto:ana@example.com\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	for _, lines := range []string{
		"DTSTART;VALUE=DATE:20260803\r\nDTEND;VALUE=DATE:20260814", "DTSTART:20260803T120000Z\r\nDURATION:P1DT2H", "DTSTART;TZID=Europe/Berlin:20261025T023000\r\nDTEND;TZID=America/New_York:20261025T023000",
		"DTSTART:19700101\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "DTSTART:19700101\r\nRRULE:FREQ=YEARLY;COUNT=100000;BYDAY=53MO", "DTSTART:20260101\r\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20261231T225959Z\r\nEXDATE:20260130,20260227\r\nRDATE:20260401",
		"DTSTART:20260101\r\nRECURRENCE-ID:20260101\r\nSTATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\nDTSTART:99991231T235959\r\nDURATION:P999999W", "DTSTART:00010101\r\nDTEND:99991231", "ATTENDEE;CN=\"a;b:c\";PARTSTAT=\r\n DECLINED:MAILTO:ana@example.com\r\nDTSTART;TZID=\"Eastern Standard Time\":20260302T080000\r\nDURATION:PT8H",
	} {
		f.Add([]byte(strings.Replace(event, "%s", lines, 1)), byte(1))
	}
	for _, table := range []string{
		"rep,from,until,reason\nana,2026-08-03,2026-08-14,holiday\nbo,2026-08-03 13:00,,x\nzoe,2026-08-03,,\n", "Employee;Start;End\r\nAna Alvarez;03.08.2026;14.08.2026\r\n",
		"rep,from\nana,0001-01-01..9999-12-31\nana,2026-08-03;2026-08-04\n", "[{\"rep\":\"ana\",\"from\":1},{\"rep\":[],\"from\":\"2026-08-03\"}]", "from\n2026-08-03\n", "",
	} {
		f.Add([]byte(table), byte(0))
		f.Add([]byte(table), byte(2))
	}
	p := fuzzDocument(f)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte, way byte) {
		var reps *repsFile
		var err error
		var notes bytes.Buffer
		budget.Within(t, len(text), func() {
			notes.Reset()
			reps = &repsFile{reps: []allocation.Rep{{ID: "ana", Name: "Ana Alvarez", Timezone: "America/New_York", Fields: map[string]any{"email": "ana@example.com"}}, {ID: "bo"}}}
			o := newTimeOff(reps, p, now, now)
			c := console{in: bytes.NewReader(text), err: &notes}
			s := source{what: "time-off", path: "-", format: []string{"csv", "", "json"}[way%3]}
			if way%3 == 1 {
				err = o.readCalendar(s, c)
			} else {
				err = o.readTable(s, c)
			}
			if err == nil {
				o.note(s, c)
			}
		})
		if err != nil {
			checkSaid(t, err, 4000+1000*bytes.Count(text, []byte("\n")))
			return
		}
		for line := range strings.Lines(notes.String()) {
			checkSaid(t, errors.New(line), 4000)
		}
		for i := range reps.reps {
			for _, span := range reps.reps[i].TimeOff {
				if again, err := calendar.ParseSpans(span.String(), time.UTC); err != nil || len(again) != 1 {
					t.Fatalf("property: time off that is used can be written into a ledger; %v of %s", err, span)
				}
			}
		}
	})
}

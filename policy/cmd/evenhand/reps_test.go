package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy"
)

func repsDocument() *document {
	return &document{
		&policy.Document{
			KPIs:   []string{"win_rate", "attainment"},
			Fields: policy.Fields{Rep: map[string]policy.Field{"level": {Type: "string"}, "languages": {Type: "[string]"}}},
		},
		&allocation.Policy{Zone: time.UTC},
	}
}

func readRepsText(t *testing.T, name, text string, pairs ...string) (*repsFile, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var notes bytes.Buffer
	c := console{out: &notes, err: &notes}
	f, err := readReps(source{what: "reps", path: path, format: "auto"}, pairs, repsDocument(), c)
	if err == nil {
		f.note(c)
	}
	return f, notes.String(), err
}

// One rep in three files: all give the same rep.
func TestRepsFromAnyFormat(t *testing.T) {
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	capacity := int64(12)
	rep := func(languages any) allocation.Rep {
		return allocation.Rep{
			ID: "ana", Name: "Ana Ribeiro", Teams: []string{"field", "dach"}, Role: "senior", Manager: "mia", Country: "DE", Region: "BE",
			Skills: []string{"steel", "rail"}, Territories: []string{"north"}, Segments: []string{"smb"}, Capacity: &capacity,
			Timezone: "Europe/Berlin", HiredAt: time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC),
			Shifts: []calendar.Shift{{
				Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
				From: calendar.Clock(9, 0), To: calendar.Clock(17, 0)}},
			TimeOff: []calendar.Span{{From: time.Date(2026, 8, 3, 0, 0, 0, 0, berlin), To: time.Date(2026, 8, 15, 0, 0, 0, 0, berlin)}},
			KPI:     map[string]float64{"win_rate": 0.63, "attainment": 1.5},
			Fields:  map[string]any{"level": "L2", "languages": languages},
		}
	}
	for name, c := range map[string]struct {
		text      string
		languages any
	}{
		"reps.csv": {"\ufeffID,Name,Teams,Role,Manager,Country,Region,Skills,Territories,Segments,Capacity,Active,Timezone,Hired At,Shifts,Time-Off,win_rate,kpi.attainment,Level,languages,Shoe Size\r\n" +
			"ana,Ana Ribeiro,field; dach,senior,mia,DE,BE,steel;rail,north,smb,12,TRUE,Europe/Berlin,2025-11-01,Mon-Fri 09:00-17:00,2026-08-03..2026-08-14,0.63,1.5,L2,de; en,42\r\n", "de; en"},
		"reps.json": {`[{"id":"ana","name":"Ana Ribeiro","teams":["field","dach"],"role":"senior","manager":"mia","country":"DE","region":"BE",
			"skills":["steel","rail"],"territories":["north"],"segments":["smb"],"capacity":12,"active":true,"timezone":"Europe/Berlin","hired_at":"2025-11-01",
			"shifts":"Mon-Fri 09:00-17:00","time_off":["2026-08-03..2026-08-14"],"kpi":{"win_rate":0.63,"attainment":1.5,"shoe_size":42},"level":"L2","languages":["de","en"]}]`, []any{"de", "en"}},
		"reps.jsonl": {`{"id":"ana","name":"Ana Ribeiro","teams":"field;dach","role":"senior","manager":"mia","country":"DE","region":"BE","skills":["steel","rail"],` +
			`"territories":["north"],"segments":["smb"],"capacity":12,"active":"yes","timezone":"Europe/Berlin","hired_at":"2025-11-01",` +
			`"shifts":["Mon-Fri 09:00-17:00"],"time_off":"2026-08-03..2026-08-14","win_rate":"0.63","kpi.attainment":1.5,"level":"L2","languages":["de","en"]}`, []any{"de", "en"}},
	} {
		f, notes, err := readRepsText(t, name, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := json.Marshal(f.reps[0])
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(rep(c.languages))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: rep\n%s\nwant\n%s", name, got, want)
		}
		wantNotes := ""
		if name == "reps.json" {
			wantNotes = "note: reps reps.json: columns not used: kpi.shoe_size\n"
		}
		if name == "reps.csv" {
			wantNotes = "note: reps reps.csv: columns not used: Shoe Size\n"
		}
		if notes != wantNotes {
			t.Errorf("%s: notes %q, want %q", name, notes, wantNotes)
		}
	}
}

func TestRepsBlankCellsAreNoValues(t *testing.T) {
	f, notes, err := readRepsText(t, "reps.csv", "id,capacity,active,win_rate,level\nbo, ,,,\ncy,3,no,,\n")
	if err != nil {
		t.Fatal(err)
	}
	bo, cy := f.reps[0], f.reps[1]
	if bo.Capacity != nil || bo.Inactive || bo.KPI != nil || bo.Fields != nil {
		t.Errorf("blank cells gave values: %+v", bo)
	}
	if *cy.Capacity != 3 || !cy.Inactive {
		t.Errorf("rep cy: %+v", cy)
	}
	if want := "note: reps reps.csv: no column for languages, kpi.attainment; rules see no value there\n"; notes != want {
		t.Errorf("notes %q, want %q", notes, want)
	}
}

func TestRepsRefused(t *testing.T) {
	for _, c := range []struct{ name, file, text, pairs, want string }{
		{"no ID column", "reps.csv", "sales_agent,manager\nAna,Mia\n", "",
			"reps reps.csv: no column is the rep's ID; it has sales_agent, manager\nMaybe --rep-map id=sales_agent"},
		{"nobody", "reps.csv", "id,name\n", "", "reps reps.csv: there is no rep in it\nMaybe another file is meant, or its rows are missing"},
		{"mapped to a field that is not there", "reps.csv", "agent\nAna\n", "idd=agent", "--rep-map idd=agent: reps have no field \"idd\", and the policy declares none\nMaybe id"},
		{"mapped from a column that is not there", "reps.csv", "agent,team\nAna,x\n", "id=agnet", "--rep-map id=agnet: reps.csv has no column \"agnet\"; it has agent, team\nMaybe agent"},
		{"not a pair", "reps.csv", "agent\nAna\n", "agent", "--rep-map \"agent\" is not FIELD=COLUMN\nMaybe --rep-map \"country=Land\""},
		{"a column twice for one field", "reps.csv", "agent,b\nAna,x\n", "id=agent|id=b", "--rep-map gives the field \"id\" two columns"},
		{"a spreadsheet", "reps.xlsx", "PK", "", "reps reps.xlsx is a spreadsheet's own format, which is not read\nMaybe save it as \"CSV UTF-8\""},
		{"no extension", "reps", "id\n", "", "reps reps: its name does not say what is in it (.csv, .json, .jsonl)\nMaybe --reps-format csv"},
		{"every fault of every rep", "reps.csv", "id,capacity,active,timezone,hired_at,shifts,time_off,win_rate,attainment\n" +
			"ana,twelve,perhaps,Berlin,1.11.2025,9-5,2026-08-14..2026-08-03,63%,\"1,5\"\n" +
			"bo,1\n" +
			",3,,,,,,x,\n", "", `reps reps.csv:
line 2: capacity: "twelve" is not a whole number
line 2: active: "perhaps" is not true or false
line 2: hired_at: "1.11.2025" is not a date or time; write 2006-01-31, 2006-01-31 15:04:05 or 2006-01-31T15:04:05+01:00
Maybe 2025-11-01
line 2: timezone: "Berlin": a zone is written as a continent and a city, such as Europe/Berlin
Maybe Europe/Berlin
line 2: shifts: "9-5": no days before the times; shifts are written "Mon-Fri 09:00-17:30; Sat 10:00-14:00"
Maybe Mon-Sun 09:00-17:00
line 2: time off: "2026-08-14..2026-08-03": it ends before it begins
Maybe 2026-08-03..2026-08-14
line 2: kpi.win_rate: "63%" is not a number
Maybe 0.63
line 2: kpi.attainment: "1,5" is not a number
Maybe 1.5
line 3: the row has 2 cells, the header 9
line 4: the ID is blank
line 4: kpi.win_rate: "x" is not a number`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var pairs []string
			if c.pairs != "" {
				pairs = strings.Split(c.pairs, "|")
			}
			_, _, err := readRepsText(t, c.file, c.text, pairs...)
			if err == nil || err.Error() != c.want {
				t.Errorf("error\n%v\nwant\n%s", err, c.want)
			}
			if report(console{err: &bytes.Buffer{}}, err) != exitUsage {
				t.Error("a bad reps file is exit status 2")
			}
		})
	}
}

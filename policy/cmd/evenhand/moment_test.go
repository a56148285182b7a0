package main

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation/calendar"
)

func TestParseMoment(t *testing.T) {
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2017-03-01":                "2017-02-28T23:00:00Z",
		" 2017-07-01 ":              "2017-06-30T22:00:00Z",
		"2017-03-01 15:04:05":       "2017-03-01T14:04:05Z",
		"2017-03-01T15:04:05":       "2017-03-01T14:04:05Z",
		"2017-03-01 15:04":          "2017-03-01T14:04:00Z",
		"2017-03-01T15:04:05Z":      "2017-03-01T15:04:05Z",
		"2017-03-01T15:04:05+05:30": "2017-03-01T09:34:05Z",
		"2017-03-01 15:04:05+01:00": "2017-03-01T14:04:05Z",
		"2017-03-01T15:04:05.25Z":   "2017-03-01T15:04:05.25Z",
	} {
		got, err := parseMoment(text, berlin)
		if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %v (%v), want %s", text, got.UTC(), err, want)
		}
	}
	const forms = ` is not a date or time; write 2006-01-31, 2006-01-31 15:04:05 or 2006-01-31T15:04:05+01:00`
	for text, want := range map[string]string{
		"":                      `""` + forms,
		"soon":                  `"soon"` + forms,
		"2017-02-30":            `"2017-02-30"` + forms,
		"17/03/2017":            `"17/03/2017"` + forms + "\nMaybe 2017-03-17",
		"3/17/2017":             `"3/17/2017"` + forms + "\nMaybe 2017-03-17",
		"03/04/2017":            `"03/04/2017"` + forms + "\nMaybe 2017-04-03 if the day stands first, 2017-03-04 if the month does",
		"17.3.2017":             `"17.3.2017"` + forms + "\nMaybe 2017-03-17",
		"20170317":              `"20170317"` + forms + "\nMaybe 2017-03-17",
		"2017/03/17 10:00":      `"2017/03/17 10:00"` + forms + "\nMaybe 2017-03-17",
		"0000-01-01":            `"0000-01-01"` + forms,
		strings.Repeat("9", 70): `"` + strings.Repeat("9", 60) + `…"` + forms,
	} {
		if got, err := parseMoment(text, berlin); err == nil || err.Error() != want {
			t.Errorf("%q is %v, error %v\nwant %s", text, got, err, want)
		}
	}
}

// Package time makes 3 November of the first, 23:00 of it, which is the wrong day.
func TestParseMomentOnDaysWithoutMidnight(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"America/Sao_Paulo", "2018-11-04 00:30:15.5", "2018-11-04T01:00:00-02:00"},
		{"America/Havana", "2025-11-02", "2025-11-02T00:00:00-04:00"}, // midnight twice: the first
		{"Europe/Berlin", "2025-10-26 02:30", "2025-10-26T02:30:00+02:00"},
		{"Pacific/Apia", "2011-12-30 09:00", "2011-12-31T00:00:00+14:00"},
	} {
		zone, err := calendar.LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseMoment(c.text, zone)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%s in %s is %s (%v), want %s", c.text, c.zone, got.Format(time.RFC3339Nano), err, c.want)
		}
	}
}

func TestParseMomentReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "second"), 0).UTC()
		for _, form := range []string{time.RFC3339, time.DateTime} {
			got, err := parseMoment(want.Format(form), time.UTC)
			if err != nil || !got.Equal(want) {
				t.Fatalf("property: a time is read as it was written; %s became %v (%v)", want.Format(form), got, err)
			}
		}
	})
}

func FuzzParseMoment(f *testing.F) {
	for _, seed := range []string{"2017-03-01", "2017-03-01T15:04:05+05:30", "17/03/2017", "", "99999999", "2017-03-01 25:00:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got time.Time
		var err error
		budget.Within(t, len(text), func() { got, err = parseMoment(text, time.UTC) })
		if err == nil && (got.Year() < 1 || got.Year() > 9999) {
			t.Fatalf("property: years go from 1 to 9999; %q is %v", text, got)
		}
		if err != nil && len(err.Error()) > 600 {
			t.Fatalf("property: a message stays readable; %d bytes for %.40q", len(err.Error()), text)
		}
	})
}

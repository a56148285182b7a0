package rule

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Package time makes 23:00 of the day before of a day without midnight.
func TestLocalTimesThatTheClockSkipsOrShowsTwice(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04T01:00:00-02:00"},
		{"Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00"},
		{"America/Havana", "2025-11-02", "2025-11-02T00:00:00-04:00"},
		{"America/St_Johns", "2008-11-01 23:30", "2008-11-01T23:30:00-02:30"},
		{"America/St_Johns", "2008-11-02", "2008-11-02T00:00:00-02:30"},
		{"Europe/Berlin", "2025-03-30 02:30", "2025-03-30T03:00:00+02:00"},
		{"Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T02:30:00+02:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
		{"Pacific/Apia", "2011-12-30 09:00", "2011-12-31T00:00:00+14:00"},
		{"Europe/Berlin", "2040-12-31", "2040-12-31T00:00:00+01:00"},
		{"Europe/Berlin", "0001-01-02", "0001-01-02T00:00:00+00:53"},
		{"Europe/Berlin", "9999-12-31 23:59:59", "9999-12-31T23:59:59+01:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		must(t, err)
		got, ok := parseTime(c.text, zone)
		if want, err := time.Parse(time.RFC3339, c.want); err != nil || !ok || got.Sub(want).Abs() >= time.Minute {
			t.Errorf("%s in %s is %s, want %s", c.text, c.zone, got, c.want)
		}
	}
}

// A reader of the clock, who looks every minute until it shows the time or a
// later one.
func TestLocalTimesAreTheFirstShowing(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		near := time.Unix(rapid.Int64Range(946_684_800, 2_145_916_800).Draw(t, "instant"), 0).In(zone)
		if _, change := near.ZoneBounds(); !change.IsZero() {
			near = change
		}
		text := near.UTC().Add(time.Duration(rapid.IntRange(-2000, 2000).Draw(t, "minutes")) * time.Minute).Format("2006-01-02 15:04")
		got, ok := parseTime(text, zone)
		local, err := time.Parse("2006-01-02 15:04", text)
		if err != nil || !ok {
			t.Fatalf("%s is not read: %v", text, err)
		}
		at := local.Add(-27 * time.Hour)
		for at.In(zone).Format("2006-01-02 15:04") < text {
			at = at.Add(time.Minute)
		}
		if !got.Equal(at) {
			t.Fatalf("%s: the clock first shows %s or later at %s, the text is read as %s", zone, text, at.In(zone), got)
		}
	})
}

package calendar_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation/calendar"
)

// requireTyped: text is refused with a SyntaxError and nothing else.
func requireTyped(t *testing.T, text string, err error) {
	t.Helper()
	var e *calendar.SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%q is refused with an untyped error: %v", text, err)
	}
}

// FuzzParsePer: what is accepted is in range, reads back from its own text,
// and has windows that contain the instant.
func FuzzParsePer(f *testing.F) {
	for _, s := range []string{"hour", "day", "week", "month", "36h", "7d", "90m", "366d", "1d12h", "2 weeks", "per day", "1h1d"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 29, 0, 30, 0, 1, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		var p calendar.Per
		var err error
		budget.Within(t, len(s), func() { p, err = calendar.ParsePer(s) })
		if err != nil {
			requireTyped(t, s, err)
			return
		}
		if back, err := calendar.ParsePer(p.String()); err != nil || back != p {
			t.Fatalf("%q is %s, which reads back as %s, %v", s, p, back, err)
		}
		if length, rolling := p.Rolling(); rolling && (length < time.Second || length > calendar.MaxRolling) {
			t.Fatalf("%q lasts %s, which is out of range", s, length)
		}
		if p.Start(now, nil, time.Monday).After(now) || !p.End(now, nil, time.Monday).After(now) {
			t.Fatalf("the window of %q does not contain its instant", s)
		}
	})
}

// FuzzParseShifts: what is accepted makes a calendar, and reads back as one
// with the same hours.
func FuzzParseShifts(f *testing.F) {
	for _, s := range []string{"Mon-Fri 09:00-17:30; Sat 10:00-14:00", "Fri-Mon 22:00-06:00", "monday 9:00-12:00, 13:00–24:00", "Mo 9-17", ";"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var shifts []calendar.Shift
		var err error
		budget.Within(t, len(s), func() { shifts, err = calendar.ParseShifts(s) })
		if err != nil {
			requireTyped(t, s, err)
			return
		}
		c, err := calendar.New(calendar.Spec{Shifts: shifts})
		if err != nil {
			t.Fatalf("%q is accepted, but makes no calendar: %v", s, err)
		}
		again, err := calendar.ParseShifts(calendar.FormatShifts(shifts))
		if err != nil {
			t.Fatalf("%q reads as %q, which is refused: %v", s, calendar.FormatShifts(shifts), err)
		}
		d, err := calendar.New(calendar.Spec{Shifts: again})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 30 {
			x, okX := c.NextChange(at)
			y, okY := d.NextChange(at)
			if okX != okY || !x.Equal(y) || c.OnShift(at) != d.OnShift(at) {
				t.Fatalf("%q has other hours after reading back, at %s", s, at)
			}
			if !okX {
				break
			}
			at = x
		}
	})
}

// FuzzParseSpans: what is accepted makes a calendar and reads back as the same
// instants, in any zone.
func FuzzParseSpans(f *testing.F) {
	for _, s := range []string{
		"2026-03-01..2026-03-14; 2026-05-02", "2026-03-01T13:00..2026-03-03", "2026-03-01T13:00:00+01:00..2026-03-01T18:00:00Z",
		"2011-12-30", "0001-01-01", "9999-12-31", "2026-03-01 - 2026-03-02", "2026-03-01T24:00..2026-03-02",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var spans []calendar.Span
		var err error
		zone := mustZone(t, "Pacific/Apia")
		budget.Within(t, len(s), func() { spans, err = calendar.ParseSpans(s, zone) })
		if err != nil {
			requireTyped(t, s, err)
			return
		}
		if _, err := calendar.New(calendar.Spec{TimeOff: spans}); err != nil {
			t.Fatalf("%q is accepted, but makes no calendar: %v", s, err)
		}
		back, err := calendar.ParseSpans(calendar.FormatSpans(spans), mustZone(t, "Europe/Berlin"))
		if err != nil {
			t.Fatalf("%q reads as %q, which is refused: %v", s, calendar.FormatSpans(spans), err)
		}
		if !slices.EqualFunc(spans, back, func(a, b calendar.Span) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) }) {
			t.Fatalf("%q is %v, and reads back as %v", s, spans, back)
		}
	})
}

// FuzzParseHolidays: what is accepted lists existing dates, sorted and once.
func FuzzParseHolidays(f *testing.F) {
	for _, s := range []string{
		"date,region,name\n2026-01-01,*,New Year\n", "2026-01-06,DE-BY\n2026-01-01,", "\ufeffregion,date\nDE,2026-10-03\n", "a;b", "\"", "#\n", "date",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var h *calendar.Holidays
		var err error
		budget.Within(t, len(s), func() { h, err = calendar.ParseHolidays(strings.NewReader(s)) })
		if err != nil {
			if !strings.HasPrefix(err.Error(), "holidays") {
				t.Fatalf("%q is refused without saying by whom: %v", s, err)
			}
			return
		}
		dates := h.For(h.Regions()...)
		for i, d := range dates {
			if !d.IsValid() || i > 0 && dates[i-1].Compare(d) >= 0 {
				t.Fatalf("%q lists %v, which are not existing dates, sorted and once", s, dates)
			}
		}
		if _, err := calendar.New(calendar.Spec{Holidays: dates}); err != nil {
			t.Fatalf("%q is accepted, but makes no calendar: %v", s, err)
		}
	})
}

// FuzzLoadZone: no name reads anything but the embedded database.
func FuzzLoadZone(f *testing.F) {
	for _, s := range []string{"Europe/Berlin", "Local", "", "UTC", "../x", "UTC+2", "GMT-5:30", "PST", "berlin"} {
		f.Add(s)
	}
	known := calendar.ZoneNames()
	f.Fuzz(func(t *testing.T, s string) {
		var err error
		budget.Within(t, len(s), func() { _, err = calendar.LoadZone(s) })
		if _, found := slices.BinarySearch(known, s); found != (err == nil) {
			t.Fatalf("LoadZone(%q): %v, but being known is %v", s, err, found)
		}
		if err != nil && !errors.Is(err, calendar.ErrZone) {
			t.Fatalf("LoadZone(%q) is refused with another error: %v", s, err)
		}
	})
}

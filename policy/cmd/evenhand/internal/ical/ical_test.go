package ical

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := calendar.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// one reads a calendar with one event of these lines.
func one(t *testing.T, lines ...string) *Event {
	t.Helper()
	text := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	events, err := Read(strings.NewReader(text))
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v in\n%s", len(events), err, text)
	}
	return &events[0]
}

func days(spans []calendar.Span, in *time.Location) string {
	var all []string
	for _, s := range spans {
		all = append(all, s.From.In(in).Format(time.DateOnly))
	}
	return strings.Join(all, " ")
}

// TestRecurrence holds rules against the dates that RFC 5545, section 3.8.5.3,
// gives for them.
func TestRecurrence(t *testing.T) {
	ny := zone(t, "America/New_York")
	for _, c := range []struct{ start, rule, want string }{
		{"19970902", "FREQ=DAILY;COUNT=10", "1997-09-02 1997-09-03 1997-09-04 1997-09-05 1997-09-06 1997-09-07 1997-09-08 1997-09-09 1997-09-10 1997-09-11"},
		{"19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02 1997-09-12 1997-09-22 1997-10-02 1997-10-12"},
		{"19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997-09-02 1997-09-04 1997-09-09 1997-09-11 1997-09-16 1997-09-18 1997-09-23 1997-09-25 1997-09-30 1997-10-02"},
		{"19970902", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02 1997-09-04 1997-09-16 1997-09-18 1997-09-30 1997-10-02 1997-10-14 1997-10-16"},
		{"19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05 1997-10-03 1997-11-07 1997-12-05 1998-01-02 1998-02-06 1998-03-06 1998-04-03 1998-05-01 1998-06-05"},
		{"19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07 1997-09-28 1997-11-02 1997-11-30 1998-01-04 1998-01-25 1998-03-01 1998-03-29 1998-05-03 1998-05-31"},
		{"19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22 1997-10-20 1997-11-17 1997-12-22 1998-01-19 1998-02-16"},
		{"19970928", "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6", "1997-09-28 1997-10-29 1997-11-28 1997-12-29 1998-01-29 1998-02-26"},
		{"19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30 1997-10-01 1997-10-31 1997-11-01 1997-11-30 1997-12-01 1997-12-31 1998-01-01 1998-01-31 1998-02-01"},
		{"19970610", "FREQ=YEARLY;COUNT=5;BYMONTH=6,7", "1997-06-10 1997-07-10 1998-06-10 1998-07-10 1999-06-10"},
		{"19970519", "FREQ=YEARLY;BYDAY=20MO;COUNT=3", "1997-05-19 1998-05-18 1999-05-17"},
		{"19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=7", "1997-03-13 1997-03-20 1997-03-27 1998-03-05 1998-03-12 1998-03-19 1998-03-26"},
		{"19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3", "1996-11-05 2000-11-07 2004-11-02"},
		{"19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05 1997-08-10 1997-08-19 1997-08-24"},
		{"19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05 1997-08-17 1997-08-19 1997-08-31"},
		{"20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30"},
	} {
		far := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		e := one(t, "DTSTART;TZID=America/New_York:"+c.start+"T090000", "DURATION:PT1H", "RRULE:"+c.rule)
		if got := days(e.Spans(time.UTC, time.Time{}, far, nil), ny); e.Fault != "" || got != c.want {
			t.Errorf("%s from %s is\n%s %s\nand RFC 5545 says\n%s", c.rule, c.start, got, e.Fault, c.want)
		}
	}
	e := one(t, "DTSTART;TZID=America/New_York:19970902T090000", "DURATION:PT1H",
		"EXDATE;TZID=America/New_York:19970902T090000", "RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13")
	end := time.Date(2000, 12, 1, 0, 0, 0, 0, time.UTC)
	if got, want := days(e.Spans(time.UTC, time.Time{}, end, nil), ny), "1998-02-13 1998-03-13 1998-11-13 1999-08-13 2000-10-13"; got != want {
		t.Errorf("every Friday the 13th is %s, and RFC 5545 says %s", got, want)
	}
}

// TestSpans: what an event covers, for somebody in Berlin.
func TestSpans(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{[]string{"DTSTART;VALUE=DATE:20260803", "DTEND;VALUE=DATE:20260805"}, "2026-08-02T22:00:00Z..2026-08-04T22:00:00Z"},
		{[]string{"DTSTART;VALUE=DATE:20260803"}, "2026-08-02T22:00:00Z..2026-08-03T22:00:00Z"},
		{[]string{"DTSTART;VALUE=DATE:20260803", "DURATION:P1W"}, "2026-08-02T22:00:00Z..2026-08-09T22:00:00Z"},
		{[]string{"DTSTART:20260803T120000Z", "DTEND:20260803T140000Z"}, "2026-08-03T12:00:00Z..2026-08-03T14:00:00Z"},
		{[]string{"DTSTART:20260803T120000", "DURATION:PT1H30M"}, "2026-08-03T10:00:00Z..2026-08-03T11:30:00Z"}, // floating
		{[]string{"DTSTART;TZID=W. Europe Standard Time:20260803T120000", "DURATION:PT1H"}, "2026-08-03T10:00:00Z..2026-08-03T11:00:00Z"},
		{[]string{"DTSTART;TZID=\"/mozilla.org/2005/America/New_York\":20260803T120000", "DURATION:PT1H"}, "2026-08-03T16:00:00Z..2026-08-03T17:00:00Z"},
		{[]string{"DTSTART:20260803T120000Z", "DTEND:20260803T120000Z"}, ""},
		{[]string{"DTSTART:20260803T120000Z"}, ""},
		// Over the clock's change an all-day event has 25 hours.
		{[]string{"DTSTART;VALUE=DATE:20261025", "DTEND;VALUE=DATE:20261026"}, "2026-10-24T22:00:00Z..2026-10-25T23:00:00Z"},
		// Fridays off, but for one, and one more.
		{[]string{"DTSTART;VALUE=DATE:20250103", "RRULE:FREQ=WEEKLY;UNTIL=20260116", "EXDATE;VALUE=DATE:20260109", "RDATE;VALUE=DATE:20260120"},
			"2026-01-01T23:00:00Z..2026-01-02T23:00:00Z; 2026-01-15T23:00:00Z..2026-01-16T23:00:00Z; 2026-01-19T23:00:00Z..2026-01-20T23:00:00Z"},
	} {
		e := one(t, c.lines...)
		if got := calendar.FormatSpans(e.Spans(berlin, from, to, nil)); e.Fault != "" || got != c.want {
			t.Errorf("%q covers %s %s, want %s", c.lines, got, e.Fault, c.want)
		}
	}
}

// TestFaults: what cannot be read is said of the event, and what is no calendar
// of the file.
func TestFaults(t *testing.T) {
	for line, want := range map[string]string{
		"DTSTART:tomorrow": `DTSTART in line 3: "tomorrow" is not a date or time`,
		"SUMMARY:x":        "it has no DTSTART",
		"DTSTART;TZID=Mars/Olympus:20260803T120000":                        `DTSTART in line 3: the time zone "Mars/Olympus" is not known`,
		"DTSTART:20260803\r\nRRULE:FREQ=HOURLY":                            "RRULE: FREQ=HOURLY is not read; days, weeks, months and years are",
		"DTSTART:20260803\r\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1":   "RRULE: BYSETPOS is not read",
		"DTSTART:20260803\r\nRRULE:FREQ=DAILY;INTERVAL=0":                  "RRULE: INTERVAL=0 is not within 1 to 1000",
		"DTSTART:20260803\r\nDTEND:20260803T120000":                        "of beginning and end one is a day and one a time",
		"DTSTART:20260803\r\nDURATION:-P1D":                                `DURATION in line 4: "-P1D" is not a duration`,
		"DTSTART:16010101\r\nRRULE:FREQ=YEARLY":                            "RRULE: it begins before 1970",
		"DTSTART:20260803\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260803":   "RECURRENCE-ID in line 4: it changes all later ones too (RANGE), which is not read",
		"DTSTART:20260803\r\nRDATE;VALUE=PERIOD:20260803T000000Z/PT1H":     "RDATE in line 4: it recurs in periods, which are not read",
		"DTSTART:20260803\r\nRRULE:FREQ=WEEKLY;BYDAY=2MO\r\nSUMMARY:twice": "RRULE: BYDAY has a number, which goes with months and years, not with WEEKLY",
	} {
		if e := one(t, line); e.Fault != want {
			t.Errorf("of %q is said %q, want %q", line, e.Fault, want)
		}
	}
	for text, want := range map[string]string{
		"":                          "it is empty",
		"id,name\n":                 "line 1 is not of the form NAME:VALUE",
		"BEGIN:VCARD\nEND:VCARD\n":  "line 1 is not BEGIN:VCALENDAR: it is no iCalendar file",
		"BEGIN:VCALENDAR\n":         "it ends within VCALENDAR\nMaybe the download broke off",
		"BEGIN:VCALENDAR\nEND:VX\n": "line 2 ends VX, which has not begun",
		"BEGIN:VCALENDAR\nX:" + strings.Repeat("a", MaxLine) + "\n": "line 2 is longer than 65536 bytes",
		"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR\n":                  "line 2 is not UTF-8 text",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("of %.40q is said %q, want %q", text, err, want)
		}
	}
}

// TestPeople: folded lines, quoted names, alarms within an event.
func TestPeople(t *testing.T) {
	e := one(t, "UID:1", `SUMMARY:Holiday\, at last`, "DTSTART;VALUE=DATE:20260803", `ORGANIZER;CN="Berg; Bo":mailto:bo@example.com`,
		"ATTENDEE;CN=Ana Alvarez;PARTSTAT=acc", " epted:MAILTO:ana@exam", "\tple.com", "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
		"BEGIN:VALARM", "ATTENDEE:mailto:alarm@example.com", "SUMMARY:Wake up", "END:VALARM")
	want := []Person{{"ana@example.com", "Ana Alvarez", "ACCEPTED"}}
	if !slices.Equal(e.Attendees, want) || e.Organizer != (Person{"bo@example.com", "Berg; Bo", ""}) || e.Summary != "Holiday, at last" || e.Busy != "OOF" {
		t.Errorf("read %+v", e)
	}
}

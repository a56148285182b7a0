package calendar_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/calendar"
)

func TestPerReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPer(t)
		text, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var q calendar.Per
		if err := q.UnmarshalText(text); err != nil || q != p {
			t.Fatalf("%s reads back as %s, %v", p, q, err)
		}
	})
}

func TestParsePer(t *testing.T) {
	const hour = time.Hour
	for text, want := range map[string]time.Duration{
		"36h": 36 * hour, "7d": 168 * hour, "90m": 90 * time.Minute, "366d": calendar.MaxRolling, "1s": time.Second,
		"1d12h": 36 * hour, "1d0h30m1s": 24*hour + 30*time.Minute + time.Second, "365d24h": calendar.MaxRolling, "0d1h": hour,
	} {
		p, err := calendar.ParsePer(text)
		if length, rolling := p.Rolling(); err != nil || !rolling || length != want {
			t.Errorf("ParsePer(%q) = %s, %v; want rolling %s", text, p, err, want)
		}
	}
	for text, maybe := range map[string]string{
		"": "", "0h": "", "367d": "", "366d1s": "", "1h1d": "", "1d1d": "", "-1h": "", "1.5h": "", "h1": "", "99999999999999999999d": "",
		"Day": "day (from", "daily": "day (from", "1 day": "day (from", "per week": "week (of", "weekly": "week (of", "hours": "hour (by",
		"1month": "month (of", "quarter": "90d", "year": "365d", "2w": "14d", "10 days": "10d", "15min": "15m", "4hrs": "4h", "5 fortnights": "",
	} {
		p, err := calendar.ParsePer(text)
		requireSyntaxError(t, fmt.Sprintf("ParsePer(%q) = %s", text, p), err, "hour, day, week or month", maybe)
	}
	for _, d := range []time.Duration{0, -time.Hour, time.Millisecond, calendar.MaxRolling + time.Second, time.Hour + 1} {
		if p, err := calendar.Rolling(d); err == nil {
			t.Errorf("Rolling(%s) = %s, want an error", d, p)
		}
	}
}

// requireSyntaxError checks the type, the reason and the last line.
func requireSyntaxError(t *testing.T, call string, err error, reason, maybe string) {
	t.Helper()
	var e *calendar.SyntaxError
	switch {
	case !errors.As(err, &e):
		t.Errorf("%s, %v; want a SyntaxError", call, err)
	case !strings.Contains(e.Error(), reason):
		t.Errorf("%s: the message does not say %q: %v", call, reason, e)
	case maybe == "" && e.Maybe != "":
		t.Errorf("%s: unexpected advice: %v", call, e)
	case !strings.HasPrefix(e.Maybe, maybe):
		t.Errorf("%s: the advice is %q, want %q", call, e.Maybe, maybe)
	case maybe != "" && !strings.Contains(e.Error(), "\nMaybe "+maybe):
		t.Errorf("%s: the last line is not the advice: %v", call, e)
	}
}

func TestParseShifts(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " ; ;": "",
		"Mon-Fri 09:00-17:30; Sat 10:00-14:00":    "Mon,Tue,Wed,Thu,Fri 09:00-17:30; Sat 10:00-14:00",
		"monday – FRIDAY 9:00–17:00":              "Mon,Tue,Wed,Thu,Fri 09:00-17:00",
		"Mon, Wed,Fri-Sun 9:00-12:00,13:00-24:00": "Mon,Wed,Fri,Sat,Sun 09:00-12:00; Mon,Wed,Fri,Sat,Sun 13:00-24:00",
		"Sat-Mon 22:00-06:00":                     "Mon,Sat,Sun 22:00-06:00",
		"Mon,Mon-Tue 0:00-24:00":                  "Mon,Tue 00:00-24:00",
	} {
		shifts, err := calendar.ParseShifts(text)
		if got := calendar.FormatShifts(shifts); err != nil || got != want {
			t.Errorf("ParseShifts(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, c := range []struct{ text, reason, maybe string }{
		{"Mon-Fri", "no times", "Mon-Fri 09:00-17:00"},
		{"09:00-17:00", "no days before the times", "Mon-Sun 09:00-17:00"},
		{"Mo-Fr 09:00-17:00", "not a day of the week", "Mon"},
		{"Thurs 09:00-17:00", "not a day of the week", "Thu"},
		{"weekdays 09:00-17:00", "not a day of the week", "Mon-Fri"},
		{"daily 09:00-17:00", "not a day of the week", "Mon-Sun"},
		{"Mon,,Tue 09:00-17:00", "not a day of the week", ""},
		{"Mon 09:00", "a stretch of time", ""},
		{"9 to 5", "no days before the times", "Mon-Sun 09:00-17:00"},
		{"9am–5:30pm", "no days before the times", "Mon-Sun 09:00-17:30"},
		{"Mon 9 to 17", "a stretch of time", "09:00-17:00"},
		{"Mon 22 to 6", "a stretch of time", "22:00-06:00"},
		{"Mon 9-17", "a time is written", "09:00"},
		{"Mon 09:00-5pm", "a time is written", "17:00"},
		{"Mon 0930-17:00", "a time is written", "09:30"},
		{"Mon 09.30-17:00", "a time is written", "09:30"},
		{"Mon 09:00-24:01", "from 00:00 to 24:00", ""},
		{"Mon 09:60-17:00", "from 00:00 to 24:00", ""},
		{"Mon 24:00-06:00", "cannot start at 24:00", "00:00 of the next day"},
		{"Mon 09:00-12:00 Tue 09:00-12:00", "a time is written", ""},
	} {
		shifts, err := calendar.ParseShifts(c.text)
		requireSyntaxError(t, fmt.Sprintf("ParseShifts(%q) = %v", c.text, shifts), err, c.reason, c.maybe)
	}
}

func TestParseSpans(t *testing.T) {
	apia := mustZone(t, "Pacific/Apia")
	for _, c := range []struct {
		zone       *time.Location
		text, want string
	}{
		{nil, "", ""},
		{nil, "2026-05-02", "2026-05-02T00:00:00Z..2026-05-03T00:00:00Z"},
		{nil, " 2026-03-01 .. 2026-03-14 ;2026-05-02;", "2026-03-01T00:00:00Z..2026-03-15T00:00:00Z; 2026-05-02T00:00:00Z..2026-05-03T00:00:00Z"},
		{nil, "2024-02-29", "2024-02-29T00:00:00Z..2024-03-01T00:00:00Z"},
		{mustZone(t, "Europe/Berlin"), "2025-03-29..2025-03-30", "2025-03-28T23:00:00Z..2025-03-30T22:00:00Z"},
		{mustZone(t, "Europe/Berlin"), "2025-03-30T02:30..2025-10-26T02:30", "2025-03-30T01:00:00Z..2025-10-26T00:30:00Z"},
		{nil, "2026-03-01 13:00..2026-03-02", "2026-03-01T13:00:00Z..2026-03-03T00:00:00Z"},
		{apia, "2026-03-01T13:00:00.5+01:00..2026-03-01T18:00:00Z", "2026-03-01T12:00:00.5Z..2026-03-01T18:00:00Z"},
		{nil, "2026-03-01..9999-12-31", "2026-03-01T00:00:00Z..9999-12-31T23:59:59.999999999Z"},
		{mustZone(t, "America/Sao_Paulo"), "0001-01-01..2018-11-03", "0001-01-01T03:06:28Z..2018-11-04T03:00:00Z"},
		{mustZone(t, "Asia/Tokyo"), "0001-01-01..2018-11-03", "0001-01-01T00:00:00Z..2018-11-03T15:00:00Z"},
		{mustZone(t, "America/Sao_Paulo"), "9999-12-31", "9999-12-31T03:00:00Z..9999-12-31T23:59:59.999999999Z"},
		{apia, "2011-12-30", "2011-12-30T10:00:00Z..2011-12-30T10:00:00Z"},
		{apia, "2011-12-29..2011-12-31", "2011-12-29T10:00:00Z..2011-12-31T10:00:00Z"},
	} {
		spans, err := calendar.ParseSpans(c.text, c.zone)
		if got := calendar.FormatSpans(spans); err != nil || got != c.want {
			t.Errorf("ParseSpans(%q, %v) = %q, %v; want %q", c.text, c.zone, got, err, c.want)
		}
	}
	for _, c := range []struct{ text, reason, maybe string }{
		{"2026-02-29", "there is no day 2026-02-29", ""},
		{"2026-03-01T13:00", "needs an end", "2026-03-01T13:00..2026-03-01"},
		{"2026-03-14..2026-03-01", "ends before it begins", "2026-03-01..2026-03-14"},
		{"2026-03-01 - 2026-03-14", "joined by two dots", "2026-03-01..2026-03-14"},
		{"2026-03-01 to 2026-03-14", "joined by two dots", "2026-03-01..2026-03-14"},
		{"2026-03-01/2026-03-14", "joined by two dots", "2026-03-01..2026-03-14"},
		{"2026-03-01...2026-03-14", "joined by two dots", "2026-03-01..2026-03-14"},
		{"1.3.2026..2026-03-14", "write a day", "2026-03-01..2026-03-14"},
		{"next week", "write a day", ""},
		{"..2026-03-14", "write a day", ""},
		{"0001-01-01T00:00:00+14:00..2026-01-01", "years go from 1 to 9999", ""},
		{"9999-12-31T20:00:00-05:00..9999-12-31", "years go from 1 to 9999", ""},
	} {
		spans, err := calendar.ParseSpans(c.text, nil)
		requireSyntaxError(t, fmt.Sprintf("ParseSpans(%q) = %v", c.text, spans), err, c.reason, c.maybe)
	}
}

func TestParseHolidays(t *testing.T) {
	for name, text := range map[string]string{
		"by position": "2026-01-01,,New Year\n# a comment\n2026-01-06,DE-BY,Epiphany\n2026-01-06,de-by\n2026-10-03, DE,\"Unity, Day of\"\n",
		"by heading":  "\ufeffName,DATE,x,region\nNew Year,2026-01-01,,*\nEpiphany,2026-01-06,,de-by\n\"Unity, Day of\",2026-10-03,9,de\n",
	} {
		h, err := calendar.ParseHolidays(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []calendar.Date{{Year: 2026, Month: 1, Day: 1}, {Year: 2026, Month: 1, Day: 6}, {Year: 2026, Month: 10, Day: 3}}
		if diff := cmp.Diff(want, h.For("DE", "DE-BY")); diff != "" {
			t.Errorf("%s: everybody's, the country's and the region's dates, sorted and once (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(want[:1], h.For()); diff != "" {
			t.Errorf("%s: a rep without a region has everybody's dates (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(want[:1], h.For("fr")); diff != "" {
			t.Errorf("%s: a region without holidays has everybody's dates (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{"de", "de-by"}, h.Regions()); diff != "" {
			t.Errorf("%s: regions (-want +got):\n%s", name, diff)
		}
		if got := h.Name(want[1], "De-By") + "; " + h.Name(want[0], "De-By") + "; " + h.Name(want[1], "DE") + "; " + h.Name(want[2], "DE"); got != "Epiphany; New Year; ; Unity, Day of" {
			t.Errorf("%s: names are %q", name, got)
		}
	}
	var none *calendar.Holidays
	if none.For("DE") != nil || none.Name(calendar.Date{}, "") != "" || none.Regions() != nil {
		t.Error("a nil *Holidays has holidays")
	}
}

func TestParseHolidaysReportsEveryBadLine(t *testing.T) {
	_, err := calendar.ParseHolidays(strings.NewReader("date,region\n2026-01-01,\n2026-02-30,DE\n\n1.5.2026,DE\n2026-12-25;DE\n"))
	want := `holidays, line 3: "2026-02-30": there is no such day
holidays, line 5: "1.5.2026": a date is written year-month-day, like 2026-01-31
Maybe 2026-05-01
holidays, line 6: "2026-12-25;DE": a date is written year-month-day, like 2026-01-31
Maybe separate the columns by commas`
	if err == nil {
		t.Fatal("three bad lines are accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("bad lines (-want +got):\n%s", diff)
	}
	_, err = calendar.ParseHolidays(strings.NewReader(strings.Repeat("x\n", 25)))
	if err == nil || !strings.HasSuffix(err.Error(), "holidays: 15 more bad lines") {
		t.Errorf("25 bad lines: %v", err)
	}
	_, err = calendar.ParseHolidays(strings.NewReader("2026-01-01,\"DE\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "holidays, line 1: a quotation mark") || !strings.Contains(err.Error(), "\nMaybe begin and end the cell") {
		t.Errorf("a missing quotation mark: %v", err)
	}
	_, err = calendar.ParseHolidays(strings.NewReader("2026-02-30,DE\n2026-01-01,DE\"x\n01/02/2026,DE\n"))
	if err == nil || strings.Count(err.Error(), "holidays, line ") != 3 {
		t.Errorf("a stray quotation mark hides no other bad line: %v", err)
	}
	_, err = calendar.ParseHolidays(io.MultiReader(strings.NewReader("2026-01-01,\n"), iotest.ErrReader(io.ErrClosedPipe)))
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v, want its error", err)
	}
}

func TestDatesReadBackAndCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62_135_596_800, 253_402_300_799).Draw(t, "unix"), 0).UTC()
		d := calendar.DateOf(at)
		if back, err := calendar.ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%s reads back as %s, %v", d, back, err)
		}
		if !d.IsValid() || d.Weekday() != at.Weekday() || !d.In(nil).Equal(at.Truncate(24*time.Hour)) {
			t.Fatalf("%s is valid %v, a %s, and begins at %s", d, d.IsValid(), d.Weekday(), d.In(nil))
		}
		n := rapid.IntRange(-1000, 1000).Draw(t, "days")
		if later := d.AddDays(n); (later.Compare(d) > 0) != (n > 0) || (later.Compare(d) < 0) != (n < 0) || later.AddDays(-n) != d {
			t.Fatalf("%d days after %s is %s", n, d, later)
		}
	})
}

func TestTimesOfDayReadBack(t *testing.T) {
	for m := calendar.TimeOfDay(0); m <= calendar.EndOfDay; m++ {
		if back, err := calendar.ParseTimeOfDay(m.String()); err != nil || back != m {
			t.Fatalf("%s reads back as %s, %v", m, back, err)
		}
	}
}

func TestLoadZone(t *testing.T) {
	if names := calendar.ZoneNames(); len(names) < 500 {
		t.Fatalf("%d zones are embedded, want some 600", len(names))
	}
	for _, name := range calendar.ZoneNames() {
		loc, err := calendar.LoadZone(name)
		if err != nil || loc.String() != name {
			t.Errorf("LoadZone(%q) = %v, %v", name, loc, err)
		}
		if again, _ := calendar.LoadZone(name); again != loc {
			t.Errorf("LoadZone(%q) gives another zone the second time", name)
		}
	}
	for name, maybe := range map[string]string{
		"": "", "Local": "", "local": "", "../../etc/passwd": "", "Mars/Olympus": "", strings.Repeat("x", 1000): "",
		"europe/berlin": "Europe/Berlin", "berlin": "Europe/Berlin", "America/New York": "America/New_York", "Europe/Zürich": "Europe/Zurich",
		"Asia/Shangai": "Asia/Shanghai", "cst": "America/Chicago or Asia/Shanghai", "GMT-5": "Etc/GMT+5", "+05:30": "Etc/GMT-5",
		"utc": "UTC",
	} {
		_, err := calendar.LoadZone(name)
		_, advice, found := strings.Cut(fmt.Sprint(err), "\nMaybe ")
		if !errors.Is(err, calendar.ErrZone) || found != (maybe != "") || !strings.HasPrefix(advice, maybe) {
			t.Errorf("LoadZone(%q): %v; want ErrZone and the advice %q", name, err, maybe)
		}
	}
}

func TestAdviceIsShortAndReadable(t *testing.T) {
	for _, text := range []string{"9-17" + strings.Repeat("0", 500), "9-17\x0e\x0e"} {
		_, err := calendar.ParseShifts(text)
		if err == nil || strings.Contains(err.Error(), "Maybe") {
			t.Errorf("what nobody would type is no advice: %v", err)
		}
	}
}

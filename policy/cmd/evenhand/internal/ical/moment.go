package ical

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// Moment is a date, or a date and time of day.
type Moment struct {
	Date  calendar.Date
	Clock time.Duration  // since midnight, by the clock; 0 for a date
	Timed bool           // else a whole day
	Zone  *time.Location // nil: that of whoever it is about
}

// IsZero says whether there is no moment.
func (m Moment) IsZero() bool { return m == Moment{} }

// In is the instant; own is the zone of whoever it is about.
func (m Moment) In(own *time.Location) time.Time { return m.on(m.Date, own) }

// on is the same time of day on another date.
func (m Moment) on(d calendar.Date, own *time.Location) time.Time {
	zone := own
	if m.Zone != nil {
		zone = m.Zone
	}
	return calendar.First(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Add(m.Clock), zone)
}

// parseMoment reads 20260302, 20260302T090000 and 20260302T090000Z, with TZID.
func parseMoment(text, zone string) (Moment, error) {
	day, clock, timed := strings.Cut(strings.TrimSpace(text), "T")
	t, err := time.Parse("20060102", day)
	if err != nil || t.Year() < 1 {
		return Moment{}, fmt.Errorf("%q is not a date or time", clip(text))
	}
	m := Moment{Date: calendar.DateOf(t), Timed: timed}
	if !timed {
		return m, nil
	}
	clock, utc := strings.CutSuffix(clock, "Z")
	at, err := time.Parse("150405", clock)
	if err != nil {
		return Moment{}, fmt.Errorf("%q is not a date or time", clip(text))
	}
	m.Clock = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	switch {
	case utc:
		m.Zone = time.UTC
	case zone != "":
		if m.Zone, err = loadZone(zone); err != nil {
			return Moment{}, err
		}
	}
	return m, nil
}

// parseDuration reads P1D, PT8H30M and P2W.
func parseDuration(text string) (days int, rest time.Duration, err error) {
	bad := fmt.Errorf("%q is not a duration", clip(text))
	s, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(text), "+"), "P")
	if !ok || s == "" {
		return 0, 0, bad
	}
	inTime := false
	for s != "" {
		if !inTime && s[0] == 'T' {
			inTime, s = true, s[1:]
			continue
		}
		i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 || i > 6 {
			return 0, 0, bad
		}
		n, err := strconv.Atoi(s[:i])
		if err != nil {
			return 0, 0, bad
		}
		switch unit := s[i]; {
		case !inTime && unit == 'W':
			days += 7 * n
		case !inTime && unit == 'D':
			days += n
		case inTime && unit == 'H':
			rest += time.Duration(n) * time.Hour
		case inTime && unit == 'M':
			rest += time.Duration(n) * time.Minute
		case inTime && unit == 'S':
			rest += time.Duration(n) * time.Second
		default:
			return 0, 0, bad
		}
		s = s[i+1:]
	}
	return days, rest, nil
}

// clip keeps one bad value from filling the screen.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

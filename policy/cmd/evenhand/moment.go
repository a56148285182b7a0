package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// The ways a time may be written in a column: by the policy's clock, or with
// an offset.
var (
	localForms = []string{time.DateOnly, time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"}
	fixedForms = []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00"}
)

// parseMoment reads a date or a time. Without an offset it is the first moment
// at which the policy's clock shows it, or what follows where it is skipped: a
// date is the first moment of its day.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, form := range localForms {
		if t, err := time.Parse(form, text); err == nil && t.Year() > 0 {
			return calendar.First(t, zone), nil
		}
	}
	for _, form := range fixedForms {
		if t, err := time.Parse(form, text); err == nil && t.Year() > 0 {
			return t.In(zone), nil
		}
	}
	err := fmt.Errorf("%q is not a date or time; write 2006-01-31, 2006-01-31 15:04:05 or 2006-01-31T15:04:05+01:00", clip(text))
	if t, ok := otherDate(text); ok {
		err = fmt.Errorf("%w\nMaybe %s", err, t.Format(time.DateOnly))
	}
	return time.Time{}, err
}

// otherDate recognises dates written in other ways, where only one reading is
// possible, for a hint. 03/04/2017 is two dates and gets none.
func otherDate(text string) (time.Time, bool) {
	text, _, _ = strings.Cut(text, " ")
	for _, form := range []string{"2006/1/2", "2006.1.2", "2.1.2006", "20060102"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	dayFirst, err1 := time.Parse("2/1/2006", text)
	monthFirst, err2 := time.Parse("1/2/2006", text)
	switch {
	case err1 == nil && err2 != nil:
		return dayFirst, true
	case err2 == nil && err1 != nil:
		return monthFirst, true
	}
	return time.Time{}, false
}

// clip keeps one bad cell from filling the screen.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

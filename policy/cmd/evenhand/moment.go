package main

import (
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
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
	return time.Time{}, advised(rule.Time, text, "%q is not a date or time; write 2006-01-31, 2006-01-31 15:04:05 or 2006-01-31T15:04:05+01:00", clip(text))
}

// clip keeps one bad cell from filling the screen.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

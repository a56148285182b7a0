package calendar

import (
	"fmt"
	"strconv"
	"strings"
)

// TimeOfDay is a reading of the clock in minutes since midnight, from 0
// (00:00) to 1440 (24:00, the midnight at the end of the day).
type TimeOfDay int

// EndOfDay is 24:00.
const EndOfDay TimeOfDay = 24 * 60

// Clock is the time of day hour:minute, for use in Go code: Clock(9, 30).
// Values outside 00:00 to 24:00 are caught by New.
func Clock(hour, minute int) TimeOfDay { return TimeOfDay(hour*60 + minute) }

// ParseTimeOfDay reads H:MM or HH:MM on the 24-hour clock, from 0:00 to 24:00.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	hour, minute, ok := strings.Cut(s, ":")
	h, hourOK := digits(hour, 1, 2)
	m, minuteOK := digits(minute, 2, 2)
	if !ok || !hourOK || !minuteOK {
		return 0, &SyntaxError{What: "time of day", Text: s,
			Reason: "a time is written like 09:30, on the 24-hour clock", Maybe: clockAdvice(s)}
	}
	t := Clock(h, m)
	if m > 59 || t > EndOfDay {
		return 0, &SyntaxError{What: "time of day", Text: s, Reason: "times go from 00:00 to 24:00"}
	}
	return t, nil
}

// IsValid reports whether t is from 00:00 to 24:00.
func (t TimeOfDay) IsValid() bool { return t >= 0 && t <= EndOfDay }

// String gives HH:MM, which ParseTimeOfDay reads back.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// digits reads a number of at least least and at most most decimal digits.
func digits(s string, least, most int) (int, bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// clockAdvice recognizes 9, 0930, 9.30, 9h30, 5pm and 5:30 pm.
func clockAdvice(s string) string {
	text := strings.ToLower(strings.ReplaceAll(s, " ", ""))
	shift := 0
	if rest, ok := strings.CutSuffix(text, "pm"); ok {
		text, shift = rest, 12
	} else if rest, ok := strings.CutSuffix(text, "am"); ok {
		text = rest
	}
	if len(text) == 4 {
		if _, ok := digits(text, 4, 4); ok {
			text = text[:2] + ":" + text[2:]
		}
	}
	text = strings.NewReplacer(".", ":", "h", ":").Replace(text)
	hour, minute, found := strings.Cut(text, ":")
	if !found || minute == "" {
		minute = "00"
	}
	h, hourOK := digits(hour, 1, 2)
	m, minuteOK := digits(minute, 2, 2)
	if t := Clock(h%12+shift, m); shift > 0 && hourOK && minuteOK && h <= 12 && m < 60 {
		return t.String()
	}
	if t := Clock(h, m); hourOK && minuteOK && m < 60 && t.IsValid() {
		return t.String()
	}
	return ""
}

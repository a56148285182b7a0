package calendar

import (
	"fmt"
	"time"
)

// Date is a day of the civil (Gregorian) calendar, in no time zone. The zero
// Date is no day. Dates compare with == and order with Compare.
type Date struct {
	Year  int // 1 to 9999
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD, from 0001-01-01 to 9999-12-31, and refuses days
// that do not exist, such as 2025-02-29.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, &SyntaxError{What: "date", Text: s, Reason: dateReason(s), Maybe: dateAdvice(s)}
	}
	return DateOf(t), nil
}

// DateOf is the date that the clock of t's own zone shows at t.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// DateAt is the day that t belongs to in loc (UTC when nil): the date whose Day
// window contains t. It is the date that the clock shows, except where the
// clock was put back over midnight: a day that has begun does not un-begin.
func DateAt(t time.Time, loc *time.Location) Date {
	return dateFromNumber(reached(t.Unix(), orUTC(loc)).day())
}

// In is the first instant of the day in loc (UTC when nil). A day that the
// zone skipped begins, and ends, at the skip.
func (d Date) In(loc *time.Location) time.Time {
	loc = orUTC(loc)
	return instant(first(midnight(d.number()), loc), loc)
}

// AddDays is the date n days later; n may be negative.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// DaysSince is how many days d is after e, negative when it is before. A day
// that some zone skipped counts, as it does on a wall calendar.
func (d Date) DaysSince(e Date) int { return int(d.number() - e.number()) }

// Weekday of the date.
func (d Date) Weekday() time.Weekday { return weekday(d.number()) }

// Compare is negative, zero or positive as d is before, equal to or after e.
func (d Date) Compare(e Date) int {
	switch {
	case d.Year != e.Year:
		return d.Year - e.Year
	case d.Month != e.Month:
		return int(d.Month - e.Month)
	default:
		return d.Day - e.Day
	}
}

// IsValid reports whether the day exists: a year from 1 to 9999, and a day
// that its month has.
func (d Date) IsValid() bool {
	return d.Year >= 1 && d.Year <= 9999 && DateOf(dateUTC(d)) == d
}

// String gives YYYY-MM-DD, which ParseDate reads back.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// number is the count of days from 1970-01-01.
func (d Date) number() int64 { return floorDiv(dateUTC(d).Unix(), secondsPerDay) }

func dateUTC(d Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// dateFromNumber undoes number.
func dateFromNumber(day int64) Date {
	return DateOf(time.Unix(day*secondsPerDay, 0).UTC())
}

// looseLayouts are the ways people write a date that ParseDate does not take
// but can understand well enough to suggest the one it does.
var looseLayouts = []string{
	"2006-1-2", "2006/1/2", "2006.1.2", "20060102",
	"2.1.2006", "2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006",
}

func dateReason(s string) string {
	if isDateShaped(s) {
		return "there is no such day"
	}
	return "a date is written year-month-day, like 2026-01-31"
}

func dateAdvice(s string) string {
	for _, layout := range looseLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1 {
			return DateOf(t).String()
		}
	}
	dayFirst, err1 := time.Parse("2/1/2006", s)
	monthFirst, err2 := time.Parse("1/2/2006", s)
	switch {
	case err1 != nil && err2 != nil:
		return ""
	case err2 != nil || dayFirst.Equal(monthFirst):
		return DateOf(dayFirst).String()
	case err1 != nil:
		return DateOf(monthFirst).String()
	}
	return fmt.Sprintf("%s if the day stands first, %s if the month does", DateOf(dayFirst), DateOf(monthFirst))
}

// isDateShaped reports whether s is four, two and two digits joined by hyphens.
func isDateShaped(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	for i := range len(s) {
		hyphen := i == 4 || i == 7
		digit := s[i] >= '0' && s[i] <= '9'
		if hyphen != (s[i] == '-') || !hyphen && !digit {
			return false
		}
	}
	return true
}

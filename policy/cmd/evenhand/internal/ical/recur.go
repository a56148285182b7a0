package ical

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// earliest is the first year in which a recurring event may begin: its days are
// looked at one by one.
const earliest = 1970

// recurrence is an RRULE by days.
type recurrence struct {
	freq       string
	interval   int
	count      int    // 0: no limit
	until      Moment // zero: no limit
	weekdays   []nthWeekday
	monthDays  []int
	months     []int
	weekBegins time.Weekday
}

// nthWeekday is a weekday; n is which one of the month or year, from its end
// when negative, 0 for every one.
type nthWeekday struct {
	n   int
	day time.Weekday
}

var weekdayCodes = map[string]time.Weekday{
	"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday,
}

// parseRule reads an RRULE, and refuses what it cannot follow exactly.
func parseRule(text string, start Moment) (*recurrence, error) {
	r := &recurrence{interval: 1, weekBegins: time.Monday}
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		name, value, _ := strings.Cut(part, "=")
		if err := r.take(name, value); err != nil {
			return nil, err
		}
	}
	nth := slices.ContainsFunc(r.weekdays, func(w nthWeekday) bool { return w.n != 0 })
	switch {
	case r.freq == "":
		return nil, errors.New("it has no FREQ")
	case start.Date.Year < earliest:
		return nil, fmt.Errorf("it begins before %d", earliest)
	case nth && (r.freq == "DAILY" || r.freq == "WEEKLY"):
		return nil, fmt.Errorf("BYDAY has a number, which goes with months and years, not with %s", r.freq)
	case len(r.monthDays) > 0 && r.freq == "WEEKLY":
		return nil, errors.New("BYMONTHDAY does not go with WEEKLY")
	}
	return r, nil
}

func (r *recurrence) take(name, value string) (err error) {
	switch name {
	case "FREQ":
		if r.freq = value; !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, value) {
			err = fmt.Errorf("FREQ=%s is not read; days, weeks, months and years are", clip(value))
		}
	case "INTERVAL":
		r.interval, err = number(name, value, 1, 1000)
	case "COUNT":
		r.count, err = number(name, value, 1, 100_000)
	case "UNTIL":
		r.until, err = parseMoment(value, "")
	case "WKST":
		day, ok := weekdayCodes[value]
		if r.weekBegins = day; !ok {
			err = fmt.Errorf("WKST=%s is no weekday", clip(value))
		}
	case "BYMONTH":
		r.months, err = numbers(name, value, 1, 12)
	case "BYMONTHDAY":
		r.monthDays, err = numbers(name, value, -31, 31)
	case "BYDAY":
		r.weekdays, err = weekdays(value)
	case "": // a semicolon at the end
	default:
		err = fmt.Errorf("%s is not read", clip(name))
	}
	return err
}

func number(name, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most || n == 0 {
		return 0, fmt.Errorf("%s=%s is not within %d to %d", name, clip(value), least, most)
	}
	return n, nil
}

func numbers(name, value string, least, most int) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(value, ",") {
		n, err := number(name, part, least, most)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func weekdays(value string) ([]nthWeekday, error) {
	var all []nthWeekday
	for part := range strings.SplitSeq(value, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "+")
		cut := max(0, len(part)-2)
		day, ok := weekdayCodes[part[cut:]]
		if !ok {
			return nil, fmt.Errorf("BYDAY=%s is no weekday", clip(part))
		}
		w := nthWeekday{day: day}
		if cut > 0 {
			var err error
			if w.n, err = number("BYDAY", part[:cut], -53, 53); err != nil {
				return nil, err
			}
		}
		all = append(all, w)
	}
	return all, nil
}

// dates are the days from first to last on which it happens. The day on which
// it begins is always one.
func (r *recurrence) dates(start Moment, first, last calendar.Date, own *time.Location) []calendar.Date {
	var all []calendar.Date
	d := start.Date
	if r.count == 0 && first.Compare(d) > 0 { // nothing before has to be counted
		d = first
	}
	for n := 0; d.Compare(last) <= 0; d = d.AddDays(1) {
		if d != start.Date && !r.happens(d, start.Date) {
			continue
		}
		if n++; r.count > 0 && n > r.count || r.over(start, d, own) {
			break
		}
		if d.Compare(first) >= 0 {
			all = append(all, d)
		}
	}
	return all
}

// over says whether a day is after UNTIL, which is included.
func (r *recurrence) over(start Moment, d calendar.Date, own *time.Location) bool {
	switch {
	case r.until.IsZero():
		return false
	case !r.until.Timed || !start.Timed:
		return d.Compare(r.until.Date) > 0
	}
	until := r.until
	if until.Zone == nil {
		until.Zone = start.Zone
	}
	return start.on(d, own).After(until.In(own))
}

// happens says whether it happens on a day after the one it began on.
func (r *recurrence) happens(d, start calendar.Date) bool {
	if len(r.months) > 0 && !slices.Contains(r.months, int(d.Month)) {
		return false
	}
	weekday := d.Weekday()
	switch r.freq {
	case "DAILY":
		return d.DaysSince(start)%r.interval == 0 && r.onWeekday(d) && r.onMonthDay(d)
	case "WEEKLY":
		weeks := (d.DaysSince(start) + r.intoWeek(start.Weekday()) - r.intoWeek(weekday)) / 7
		return weeks%r.interval == 0 && (len(r.weekdays) > 0 && r.onWeekday(d) || len(r.weekdays) == 0 && weekday == start.Weekday())
	case "MONTHLY":
		if months := 12*(d.Year-start.Year) + int(d.Month-start.Month); months%r.interval != 0 {
			return false
		}
	default:
		if (d.Year-start.Year)%r.interval != 0 {
			return false
		}
		if len(r.weekdays)+len(r.monthDays)+len(r.months) == 0 && d.Month != start.Month {
			return false
		}
	}
	if len(r.weekdays)+len(r.monthDays) == 0 {
		return d.Day == start.Day
	}
	return r.onWeekday(d) && r.onMonthDay(d)
}

// intoWeek is how many days into the week a weekday is.
func (r *recurrence) intoWeek(day time.Weekday) int { return int(day-r.weekBegins+7) % 7 }

func (r *recurrence) onMonthDay(d calendar.Date) bool {
	return len(r.monthDays) == 0 || slices.Contains(r.monthDays, d.Day) || slices.Contains(r.monthDays, d.Day-daysIn(d)-1)
}

func (r *recurrence) onWeekday(d calendar.Date) bool {
	day, length := d.Day, daysIn(d) // within what the numbers count: the month …
	if r.freq == "YEARLY" && len(r.months) == 0 {
		first := calendar.Date{Year: d.Year, Month: time.January, Day: 1} // … or the year
		day, length = d.DaysSince(first)+1, calendar.Date{Year: d.Year, Month: time.December, Day: 31}.DaysSince(first)+1
	}
	return len(r.weekdays) == 0 || slices.ContainsFunc(r.weekdays, func(w nthWeekday) bool {
		return w.day == d.Weekday() && (w.n == 0 || w.n == (day-1)/7+1 || w.n == -((length-day)/7+1))
	})
}

// daysIn is how many days the month of a date has.
func daysIn(d calendar.Date) int {
	return time.Date(d.Year, d.Month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

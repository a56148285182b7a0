package rule

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"
)

// date is a moment written out: date("2026-01-31") is the first moment of the
// day in the vocabulary's zone; a time of day and a zone may follow.
func (c *checker) date(at stretch, _ string, args []ast.Node) *node {
	s, ok := args[0].(*ast.StringNode)
	if !ok {
		return c.fail(c.of(args[0]), "date(...) takes a date written out in quotes", `date("2026-01-31")`)
	}
	t, ok := parseTime(s.Value, c.v.zone)
	if !ok || t.UnixMicro() < earliest || t.UnixMicro() > latest {
		return c.fail(c.of(args[0]), fmt.Sprintf("%q is not a date; dates are written year-month-day", s.Value), c.isoDate(s.Value))
	}
	return c.constant(at, TimeValue(t))
}

// firstShown is the first instant at which the clock of a zone (UTC when nil)
// shows a local time, given as if it were UTC, or a later one. Package time
// promises neither of the two for a time that the clock skips or shows twice,
// and makes the day before of a day without midnight. The rule is the one by
// which the desk's windows, shifts and dates go.
func firstShown(local time.Time, zone *time.Location) time.Time {
	if zone == nil {
		return local
	}
	t := local.Add(-26 * time.Hour).In(zone) // no clock is further ahead of UTC
	for {
		_, offset := t.Zone()
		shown := local.Add(-time.Duration(offset) * time.Second)
		if shown.Before(t) {
			shown = t // the clock was put forward over it
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || shown.Before(end) {
			return shown.In(zone)
		}
		if !end.After(t) { // as package time ends the last day of a leap year, see calendar/wallclock.go
			end = t.Add(24 * time.Hour)
		}
		t = end.In(zone)
	}
}

// localDate recognises 31.12.2026 and 12/31/2026.
var localDate = regexp.MustCompile(`^(\d{1,2})([./-])(\d{1,2})[./-](\d{4})$`)

// isoDate guesses the date that was meant: with points the day comes first,
// with slashes it is anybody's guess unless one of the two is above twelve.
func (c *checker) isoDate(s string) string {
	m := localDate.FindStringSubmatch(s)
	if m == nil {
		return `date("2026-01-31")`
	}
	day, _ := strconv.Atoi(m[1])
	month, _ := strconv.Atoi(m[3])
	if month > 12 {
		day, month = month, day
	}
	guess := fmt.Sprintf("%s-%02d-%02d", m[4], month, day)
	if _, err := time.Parse("2006-01-02", guess); err != nil {
		return `date("2026-01-31")`
	}
	return fmt.Sprintf("date(%q)", guess)
}

// duration is a length of time written out: "36h", "90m", "30d", "2w", and
// sums such as "1d12h". A day is 24 hours here, whatever the clocks do.
func (c *checker) duration(at stretch, _ string, args []ast.Node) *node {
	s, ok := args[0].(*ast.StringNode)
	if !ok {
		return c.fail(c.of(args[0]), "duration(...) takes a length of time written out in quotes", `duration("30d")`)
	}
	micros, ok := parseSpan(s.Value)
	if !ok {
		return c.fail(c.of(args[0]), fmt.Sprintf("%q is not a length of time; it is a number and one of w, d, h, m, s", s.Value), `duration("30d")`)
	}
	return c.constant(at, durationValue(micros))
}

// spanParts takes the weeks and days off the front, which Go does not read.
var spanParts = regexp.MustCompile(`^(-?)(?:(\d{1,6})w)?(?:(\d{1,7})d)?(.*)$`)

func parseSpan(s string) (micros int64, ok bool) {
	m := spanParts.FindStringSubmatch(s)
	if m == nil || m[2] == "" && m[3] == "" && m[4] == "" {
		return 0, false
	}
	const day = 24 * 3600 * 1_000_000
	weeks, _ := strconv.ParseInt("0"+m[2], 10, 64)
	days, _ := strconv.ParseInt("0"+m[3], 10, 64)
	micros = (7*weeks + days) * day
	if m[4] != "" {
		rest, err := time.ParseDuration(m[4])
		if err != nil || rest < 0 {
			return 0, false
		}
		micros += rest.Microseconds()
	}
	if m[1] == "-" {
		micros = -micros
	}
	return micros, true
}

var spanUnits = map[string]float64{"days": 24 * 3600 * 1e6, "hours": 3600 * 1e6}

// spanIn is a length of time in days of 24 hours or in hours, with decimals.
func (c *checker) spanIn(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], Duration)
	if !ok {
		return c.bad(at)
	}
	unit := spanUnits[name]
	return c.apply1(at, Number, name, a, func(x Value) Value { return number(float64(x.num) / unit) })
}

// moments are microseconds, so that differences of any two fit an int64.
const _ = uint64(math.MaxInt64) - 2*9999*366*86400*1_000_000

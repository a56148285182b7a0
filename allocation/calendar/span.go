package calendar

import (
	"slices"
	"strings"
	"time"
)

// Span is a stretch of time: from From (inclusive) to To (exclusive). A Span
// whose To is not after From is empty.
type Span struct{ From, To time.Time }

// ParseSpans reads time off, for example
//
//	2026-03-01..2026-03-14; 2026-05-02
//	2026-03-01T13:00..2026-03-03
//	2026-03-01T13:00:00+01:00..2026-03-01T18:00:00+01:00
//
// Entries are separated by semicolons. A date alone is that whole day in loc
// (UTC when nil); in a range both dates are included, as people mean it. A
// point in time is YYYY-MM-DDTHH:MM by the clock of loc, or RFC 3339 with its
// offset; as the end of a range it is excluded. Text without an entry gives no
// spans. A day that loc skipped gives an empty span. What the first and the
// last day, 0001-01-01 and 9999-12-31, have outside those years in UTC is cut
// off.
func ParseSpans(s string, loc *time.Location) ([]Span, error) {
	loc = orUTC(loc)
	var spans []Span
	for entry := range strings.SplitSeq(s, ";") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		span, err := parseSpan(entry, loc)
		if err != nil {
			return nil, err
		}
		spans = append(spans, span)
	}
	return spans, nil
}

// FormatSpans gives text that ParseSpans reads back as the same instants in
// any zone.
func FormatSpans(spans []Span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = s.String()
	}
	return strings.Join(parts, "; ")
}

// String gives both ends in UTC, in the form that ParseSpans reads.
func (s Span) String() string {
	return s.From.UTC().Format(time.RFC3339Nano) + ".." + s.To.UTC().Format(time.RFC3339Nano)
}

// Contains reports whether t is in the span.
func (s Span) Contains(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// Duration is the length of the span in elapsed time, 0 if it is empty. It is
// limited to about 292 years.
func (s Span) Duration() time.Duration { return max(0, s.To.Sub(s.From)) }

func parseSpan(entry string, loc *time.Location) (Span, error) {
	left, right, isRange := strings.Cut(entry, "..")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	from, to, ok := parseMoment(left, loc)
	switch {
	case !ok:
		return Span{}, spanError(entry, left)
	case isRange:
		if _, to, ok = parseMoment(right, loc); !ok {
			return Span{}, spanError(entry, right)
		}
	case !isDateShaped(left):
		return Span{}, &SyntaxError{What: "time off", Text: entry, Reason: "a point in time needs an end",
			Maybe: left + ".." + left[:len(time.DateOnly)]}
	}
	switch {
	case !plausible(from) || !plausible(to):
		return Span{}, &SyntaxError{What: "time off", Text: entry, Reason: "years go from 1 to 9999"}
	case to.Before(from):
		return Span{}, &SyntaxError{What: "time off", Text: entry, Reason: "it ends before it begins",
			Maybe: right + ".." + left}
	}
	return Span{from, to}, nil
}

// parseMoment reads a date or a point in time. begin is its first instant;
// end is the first instant after a day, and begin again for a point.
func parseMoment(s string, loc *time.Location) (begin, end time.Time, ok bool) {
	if d, err := ParseDate(s); err == nil {
		return withinYears(d.In(loc)), withinYears(d.AddDays(1).In(loc)), true
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.In(loc), t.In(loc), true
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			begin = First(t, loc)
			return begin, begin, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// withinYears cuts off what a zone adds to the years 1 to 9999 at either end,
// so that a time off until 9999-12-31, which people write for "for good", can
// be written back.
func withinYears(t time.Time) time.Time {
	switch {
	case t.After(forever):
		return forever.In(t.Location())
	case t.UTC().Year() < 1:
		return time.Time{}.In(t.Location())
	}
	return t
}

// plausible keeps a point of time inside the years that can be written back
// in UTC.
func plausible(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 1 && y <= 9999
}

// spanError says what a point in time may look like and, when the text of a
// range was joined with something else than two dots, how to join it.
func spanError(entry, part string) error {
	e := &SyntaxError{What: "time off", Text: entry,
		Reason: "write a day like 2026-08-03, a time like 2026-08-03T09:00, or two of them joined by two dots"}
	if isDateShaped(part) {
		e.Reason = "there is no day " + part
	}
	for _, joint := range []string{" - ", " – ", " to ", "–", "/", ",", "..."} {
		a, b, ok := strings.Cut(entry, joint)
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		if ok && isDateShaped(a) && isDateShaped(b) {
			e.Maybe = a + ".." + b
			return e
		}
	}
	if date := dateAdvice(part); date != "" {
		e.Maybe = strings.Replace(entry, part, date, 1)
	}
	return e
}

// mergeSpans sorts spans, drops empty ones and joins those that touch.
func mergeSpans(spans []Span) []Span {
	sorted := slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return !s.From.Before(s.To) })
	slices.SortFunc(sorted, func(a, b Span) int { return a.From.Compare(b.From) })
	var merged []Span
	for _, s := range sorted {
		if n := len(merged); n > 0 && !s.From.After(merged[n-1].To) {
			if s.To.After(merged[n-1].To) {
				merged[n-1].To = s.To
			}
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// spanAfter is the index of the first of the merged spans that ends after t.
func spanAfter(merged []Span, t time.Time) int {
	i, _ := slices.BinarySearchFunc(merged, t, func(s Span, t time.Time) int {
		if s.To.After(t) {
			return 1
		}
		return -1
	})
	return i
}

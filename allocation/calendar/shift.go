package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Shift is working hours that come back every week: on each of Days, from From
// (inclusive) to To (exclusive), by the local clock.
//
// If To is not after From, the shift crosses midnight and ends on the next
// day; the days are those on which it starts. So From 22:00 and To 06:00 is a
// night shift of eight hours, and From 09:00 and To 09:00 is 24 hours. To may
// be 24:00; From may not.
type Shift struct {
	Days     []time.Weekday
	From, To TimeOfDay
}

const (
	shiftForm = `shifts are written "Mon-Fri 09:00-17:30; Sat 10:00-14:00"`

	minutesPerDay  = 24 * 60
	minutesPerWeek = 7 * minutesPerDay
)

// ParseShifts reads weekly working hours, for example
//
//	Mon-Fri 09:00-17:30; Sat 10:00-14:00
//	Mon,Wed,Fri 9:00-12:00, 13:00-17:00
//	Fri-Sun 22:00-06:00
//
// Entries are separated by semicolons. Each is days, a space, and one or more
// stretches of time separated by commas. Days are English names, in full or
// their first three letters, in any case, single, in lists with commas, or in
// ranges that may wrap around the week's end. Times are on the 24-hour clock.
// An en dash counts as a hyphen. Text without an entry gives no shifts.
func ParseShifts(s string) ([]Shift, error) {
	var shifts []Shift
	for entry := range strings.SplitSeq(normalDashes(s), ";") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		more, err := parseShiftEntry(entry)
		if err != nil {
			return nil, err
		}
		shifts = append(shifts, more...)
	}
	return shifts, nil
}

// FormatShifts gives text that ParseShifts reads back as equivalent shifts.
func FormatShifts(shifts []Shift) string {
	parts := make([]string, len(shifts))
	for i, s := range shifts {
		parts[i] = s.String()
	}
	return strings.Join(parts, "; ")
}

// String gives the form that ParseShifts reads, with days in the order Monday
// to Sunday, each once.
func (s Shift) String() string {
	var days []string
	for i := range 7 {
		if d := time.Weekday((i + 1) % 7); slices.Contains(s.Days, d) {
			days = append(days, d.String()[:3])
		}
	}
	return fmt.Sprintf("%s %s-%s", strings.Join(days, ","), s.From, s.To)
}

// parseShiftEntry reads one entry: everything before the first digit is days.
func parseShiftEntry(entry string) ([]Shift, error) {
	at := strings.IndexAny(entry, "0123456789")
	if at < 0 {
		return nil, &SyntaxError{What: "shifts", Text: entry, Reason: "no times; " + shiftForm,
			Maybe: entry + " 09:00-17:00"}
	}
	days, err := parseDays(entry, strings.TrimSpace(entry[:at]))
	if err != nil {
		return nil, err
	}
	var shifts []Shift
	for text := range strings.SplitSeq(entry[at:], ",") {
		from, to, err := parseStretch(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		shifts = append(shifts, Shift{slices.Clone(days), from, to})
	}
	return shifts, nil
}

// parseStretch reads HH:MM-HH:MM.
func parseStretch(text string) (from, to TimeOfDay, err error) {
	a, b, ok := strings.Cut(text, "-")
	if !ok {
		return 0, 0, &SyntaxError{What: "shifts", Text: text, Reason: "a stretch of time is written like 09:00-17:30", Maybe: stretchAdvice(text)}
	}
	if from, err = ParseTimeOfDay(strings.TrimSpace(a)); err != nil {
		return 0, 0, fmt.Errorf("shifts: %w", err)
	}
	if to, err = ParseTimeOfDay(strings.TrimSpace(b)); err != nil {
		return 0, 0, fmt.Errorf("shifts: %w", err)
	}
	if from == EndOfDay {
		return 0, 0, &SyntaxError{What: "shifts", Text: text, Reason: "a shift cannot start at 24:00",
			Maybe: "00:00 of the next day"}
	}
	return from, to, nil
}

// stretchAdvice recognizes 9-17, 9 to 5 and 9am–5pm. An end that is not after
// its beginning, on a clock of twelve hours, is in the afternoon.
func stretchAdvice(text string) string {
	a, b, ok := strings.Cut(strings.NewReplacer(" to ", "-", " till ", "-", " until ", "-", "..", "-").Replace(normalDashes(text)), "-")
	from, errFrom := ParseTimeOfDay(cmp.Or(clockAdvice(strings.TrimSpace(a)), a))
	to, errTo := ParseTimeOfDay(cmp.Or(clockAdvice(strings.TrimSpace(b)), b))
	if !ok || errFrom != nil || errTo != nil {
		return ""
	}
	if to <= from && to <= Clock(12, 0) && from < Clock(12, 0) {
		to += Clock(12, 0)
	}
	return fmt.Sprintf("%s-%s", from, to)
}

// parseDays reads "Mon-Fri", "Sat" or "Mon,Wed,Fri-Sun".
func parseDays(entry, text string) ([]time.Weekday, error) {
	if text == "" {
		return nil, &SyntaxError{What: "shifts", Text: entry, Reason: "no days before the times; " + shiftForm,
			Maybe: "Mon-Sun " + cmp.Or(stretchAdvice(entry), entry)}
	}
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		a, b, isRange := strings.Cut(part, "-")
		from, err := parseWeekday(a)
		if err != nil {
			return nil, err
		}
		to := from
		if isRange {
			if to, err = parseWeekday(b); err != nil {
				return nil, err
			}
		}
		for d := from; ; d = (d + 1) % 7 {
			if !slices.Contains(days, d) {
				days = append(days, d)
			}
			if d == to {
				break
			}
		}
	}
	return days, nil
}

// parseWeekday reads an English name of a day, in full or its first three letters.
func parseWeekday(s string) (time.Weekday, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	var maybe string
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if name == full || name == full[:3] {
			return d, nil
		}
		if len(name) >= 2 && strings.HasPrefix(full, name[:2]) {
			maybe = d.String()[:3]
		}
	}
	switch name {
	case "daily", "every day", "everyday", "all":
		maybe = "Mon-Sun"
	case "weekdays", "workdays", "business days":
		maybe = "Mon-Fri"
	case "weekend", "weekends":
		maybe = "Sat-Sun"
	}
	return 0, &SyntaxError{What: "shifts", Text: strings.TrimSpace(s),
		Reason: "not a day of the week; use Mon, Tue, Wed, Thu, Fri, Sat, Sun or the full names", Maybe: maybe}
}

// normalDashes turns what spreadsheets make of a hyphen back into one.
func normalDashes(s string) string {
	return strings.NewReplacer("–", "-", "—", "-", "‑", "-", "−", "-").Replace(s)
}

// check says why a shift built in Go code is impossible, or nothing.
func (s Shift) check() string {
	if len(s.Days) == 0 {
		return "has no days"
	}
	for _, d := range s.Days {
		if d < time.Sunday || d > time.Saturday {
			return fmt.Sprintf("has the day %d, which is none of time.Sunday to time.Saturday", int(d))
		}
	}
	if !s.From.IsValid() || s.From == EndOfDay || !s.To.IsValid() {
		return fmt.Sprintf("goes from %s to %s; times go from 00:00 to 24:00, and a shift starts before 24:00", s.From, s.To)
	}
	return ""
}

// stretch is minutes of a week that starts on Sunday 00:00: from (inclusive)
// to to (exclusive), within 0 to minutesPerWeek.
type stretch struct{ from, to int64 }

// weekOf is the union of the shifts over a week, sorted, with neighbours
// merged. A shift over the week's end becomes two stretches.
func weekOf(shifts []Shift) []stretch {
	var all []stretch
	for _, s := range shifts {
		length := int64(s.To - s.From)
		if s.To <= s.From {
			length += minutesPerDay
		}
		for _, d := range s.Days {
			from := int64(d)*minutesPerDay + int64(s.From)
			to := from + length
			all = append(all, stretch{from, min(to, minutesPerWeek)})
			if to > minutesPerWeek {
				all = append(all, stretch{0, to - minutesPerWeek})
			}
		}
	}
	return mergeStretches(all)
}

func mergeStretches(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return int(a.from - b.from) })
	var merged []stretch
	for _, s := range all {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

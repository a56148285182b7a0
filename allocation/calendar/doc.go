// Package calendar answers two questions about a rep and an instant: is the
// rep on shift or away, and when does that next change; and which window of a
// cap ("per day", "per 36h") does the instant fall in.
//
// It is pure: no clock, no network, no time-zone files of the machine. The
// same inputs give the same answer everywhere.
//
// # What holds which
//
//	per.go        Per: the period of a flow cap, a calendar window or a rolling duration
//	calendar.go   Spec, New and Calendar: OnShift, Away, time off, NextChange
//	shift.go      Shift: weekly working hours, and ParseShifts
//	span.go       Span: a stretch of time off, and ParseSpans
//	holidays.go   Holidays: dates by region, and ParseHolidays
//	date.go       Date: a day of the civil calendar
//	timeofday.go  TimeOfDay: minutes since midnight, 24:00 included
//	zone.go       LoadZone: time zones from the database inside this package
//	wallclock.go  First, and how a local clock maps to instants; everything above rests on it
//	errors.go     SyntaxError: what every parser here returns
//
// A new unit for caps goes into the table in per.go; a new text form goes
// beside the noun that it produces, with a fuzz test.
//
// # Daylight saving, in one rule
//
// A local clock may skip an hour, show an hour twice, or skip or repeat a
// whole day. Everything that is written as local time ("09:00", "2 March") is
// turned into an instant by one rule: the first instant at which the local
// clock shows that time or a later one. It follows that
//
//   - a time that the clock skips means the instant of the skip: where midnight
//     does not exist, the day starts at 01:00, and a shift from 02:30 on a
//     spring day starts at 03:00;
//   - a time that the clock shows twice means the first showing: a shift until
//     02:30 on an autumn day ends at the first 02:30, and does not resume;
//   - a day that was skipped (30 December 2011 in Apia) is empty, and a day
//     that is shown twice has 48 hours;
//   - a day that has begun never un-begins, even where the clock is put back
//     over midnight. DateAt therefore may differ from the date that the clock
//     shows, for as long as the clock repeats the day before;
//   - a shift that lies wholly in what the clock skips does not take place, and
//     one wholly in what it shows twice takes place once, the first time;
//   - a shift belongs to the day on which it starts by the clock: the night
//     shift of a skipped day lasts from the skip to its end, and one of a day
//     that the clock shows twice takes place once;
//   - time off and holidays are days or times of the clock in the same way: a
//     holiday on a day without midnight begins with the day, one on a skipped
//     day is empty.
//
// First and Date.In apply the rule. Everything else that the library reads as
// local time follows it too: from and until of a rule, date("...") and local
// times in fields, the days of a ramp.
//
// Days, weeks and months have as many hours as the clock gives them: 23 or 25
// twice a year. Hour windows are the exception to the rule, because a cap per
// hour should not last two: each run of the local clock through an hour is a
// window, so the hour that an autumn night shows twice is two windows. A jump
// of the clock always ends an hour window, which may then be shorter than 60
// minutes (Lord Howe Island moves by 30).
//
// Rolling durations and lengths of time are elapsed time and know nothing of
// clocks: 24h is 24 hours on a day of 23. A month that has no 29 February has
// none in its window either; nothing is carried over to 1 March.
//
// Every window therefore is half-open, contains its instants and no others,
// and follows the one before without gap or overlap; every hour window lies in
// one day, every day in one week and in one month.
package calendar

// Package ical reads from iCalendar files (RFC 5545), as calendars export them,
// when somebody is away: events, whom they are about, and how they recur.
//
//	lines.go   content lines: unfolding, names, parameters
//	event.go   what is kept of a VEVENT
//	moment.go  dates, times and durations
//	zones.go   time zones by the names that calendars use
//	recur.go   RRULE, one day after the other
//	spans.go   the stretches of time that an event covers
//
// Only what says something about absence is read: no alarms, no to-dos, no
// free/busy lists. A recurrence is followed day by day from its beginning, which
// is slower than counting and cannot run away, whatever the rule says.
package ical

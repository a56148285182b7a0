package calendar_test

import (
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

func benchCalendar(b *testing.B) (*calendar.Calendar, *time.Location) {
	b.Helper()
	loc := mustZone(b, "Europe/Berlin")
	shifts, err := calendar.ParseShifts("Mon-Fri 09:00-12:00, 13:00-17:30; Sat 10:00-14:00")
	if err != nil {
		b.Fatal(err)
	}
	spec := calendar.Spec{Zone: loc, Shifts: shifts}
	for day := range 15 {
		spec.Holidays = append(spec.Holidays, calendar.Date{Year: 2026, Month: 1, Day: 1}.AddDays(24*day))
	}
	return mustNew(b, spec), loc
}

var noon = time.Date(2026, 7, 2, 12, 0, 0, 0, time.UTC)

func BenchmarkOnShift(b *testing.B) {
	c, _ := benchCalendar(b)
	b.ReportAllocs()
	for b.Loop() {
		c.OnShift(noon)
	}
}

func BenchmarkNextChange(b *testing.B) {
	c, _ := benchCalendar(b)
	b.ReportAllocs()
	for b.Loop() {
		c.NextChange(noon)
	}
}

func BenchmarkPerStart(b *testing.B) {
	_, loc := benchCalendar(b)
	for _, p := range calendarPers {
		b.Run(p.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Start(noon, loc, time.Monday)
			}
		})
	}
}

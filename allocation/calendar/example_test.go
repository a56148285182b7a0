package calendar_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// Ana works office hours in Berlin, is on leave in the days before Easter,
// and has the public holidays of her region.
func Example() {
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	shifts, err := calendar.ParseShifts("Mon-Fri 09:00-17:30")
	if err != nil {
		fmt.Println(err)
		return
	}
	leave, err := calendar.ParseSpans("2026-03-30..2026-04-02", berlin)
	if err != nil {
		fmt.Println(err)
		return
	}
	holidays, err := calendar.ParseHolidays(strings.NewReader("date,region,name\n2026-04-03,DE,Good Friday\n2026-04-06,DE,Easter Monday\n2026-04-06,PL,Lany poniedziałek\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ana, err := calendar.New(calendar.Spec{
		Zone: berlin, Shifts: shifts, TimeOff: leave, Holidays: holidays.For("DE"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	friday := time.Date(2026, 3, 27, 16, 0, 0, 0, berlin)
	for t, ok := friday, true; ok && t.Before(friday.AddDate(0, 0, 11)); t, ok = ana.NextChange(t) {
		fmt.Printf("%s  on shift %-5v  away %v\n", t.Format("Mon 02 Jan 15:04"), ana.OnShift(t), ana.Away(t))
	}
	// Output:
	// Fri 27 Mar 16:00  on shift true   away false
	// Fri 27 Mar 17:30  on shift false  away false
	// Mon 30 Mar 00:00  on shift false  away true
	// Sat 04 Apr 00:00  on shift false  away false
	// Mon 06 Apr 00:00  on shift false  away true
	// Tue 07 Apr 00:00  on shift false  away false
	// Tue 07 Apr 09:00  on shift true   away false
}

// A daily cap follows the clock on the wall: the day on which summer time
// begins has 23 hours, and in São Paulo it began at one in the morning.
func ExamplePer_Start() {
	zone, err := calendar.LoadZone("America/Sao_Paulo")
	if err != nil {
		fmt.Println(err)
		return
	}
	noon := time.Date(2018, 11, 4, 12, 0, 0, 0, zone)
	from := calendar.Day.Start(noon, zone, time.Monday)
	to := calendar.Day.End(noon, zone, time.Monday)
	fmt.Println(from.Format(time.DateTime), "to", to.Format(time.DateTime), "is", to.Sub(from))
	// Output:
	// 2018-11-04 01:00:00 to 2018-11-05 00:00:00 is 23h0m0s
}

// "day" is refilled at midnight; "1d" looks back over the last 24 hours.
func ExampleParsePer() {
	for _, text := range []string{"day", "24h", "1d12h", "fortnight", "2 weeks"} {
		per, err := calendar.ParsePer(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		length, rolling := per.Rolling()
		fmt.Println(per, rolling, length)
	}
	// Output:
	// day false 0s
	// 1d true 24h0m0s
	// 36h true 36h0m0s
	// period: "fortnight": a period is hour, day, week or month (windows of the calendar), or a rolling duration from 1s to 366d such as 90m, 36h or 7d
	// period: "2 weeks": a period is hour, day, week or month (windows of the calendar), or a rolling duration from 1s to 366d such as 90m, 36h or 7d
	// Maybe 14d
}

// A night shift through the autumn night in which the clock shows the hour
// from two to three twice lasts nine hours, not eight.
func ExampleShift() {
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	nights, err := calendar.New(calendar.Spec{Zone: berlin, Shifts: []calendar.Shift{
		{Days: []time.Weekday{time.Saturday}, From: calendar.Clock(22, 0), To: calendar.Clock(6, 0)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	begin, _ := nights.NextChange(time.Date(2025, 10, 25, 12, 0, 0, 0, berlin))
	end, _ := nights.NextChange(begin)
	fmt.Println(begin.Format("Mon 15:04 MST"), "to", end.Format("Mon 15:04 MST"), "is", end.Sub(begin))
	// Output:
	// Sat 22:00 CEST to Sun 06:00 CET is 9h0m0s
}

// After a time off, a rotation may want to know how long it was.
func ExampleCalendar_TimeOffBetween() {
	leave, err := calendar.ParseSpans("2026-07-01..2026-07-10; 2026-07-11..2026-07-19; 2026-08-03", time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := calendar.New(calendar.Spec{TimeOff: leave})
	if err != nil {
		fmt.Println(err)
		return
	}
	lastSeen := time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC)
	now := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	for _, off := range c.TimeOffBetween(lastSeen, now) {
		fmt.Println(off, "is", off.Duration().Hours()/24, "days")
	}
	// Output:
	// 2026-07-01T00:00:00Z..2026-07-20T00:00:00Z is 19 days
}

// "Local" would be another zone on every machine.
func ExampleLoadZone() {
	for _, name := range []string{"Local", "Berlin", "Europe/Berln", "UTC+8", "PST"} {
		_, err := calendar.LoadZone(name)
		fmt.Println(err)
	}
	// Output:
	// time zone not known: "Local": it would mean another zone on every machine; a zone is written as a continent and a city, such as Europe/Berlin
	// time zone not known: "Berlin": a zone is written as a continent and a city, such as Europe/Berlin
	// Maybe Europe/Berlin
	// time zone not known: "Europe/Berln": a zone is written as a continent and a city, such as Europe/Berlin
	// Maybe Europe/Berlin
	// time zone not known: "UTC+8": a zone is written as a continent and a city, such as Europe/Berlin
	// Maybe Etc/GMT-8 (in these names the sign is reversed), or a city, which knows about summer time
	// time zone not known: "PST": a zone is written as a continent and a city, such as Europe/Berlin
	// Maybe America/Los_Angeles
}

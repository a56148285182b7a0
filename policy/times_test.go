package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

// Dates near which the clocks of a zone do what others do not.
var oddDates = []struct{ zone, date string }{
	{"America/Sao_Paulo", "2018-11-04"}, {"Asia/Beirut", "2022-03-27"}, // no midnight
	{"America/Havana", "2025-11-02"}, {"America/St_Johns", "2008-11-02"}, // midnight twice
	{"Pacific/Apia", "2011-12-30"}, // no such day
	{"Europe/Berlin", "2025-03-30"}, {"Europe/Berlin", "2025-10-26"}, {"Australia/Lord_Howe", "2026-04-05"},
	{"UTC", "2024-02-29"}, {"Asia/Kolkata", "2025-12-31"}, {"UTC", "9999-12-30"}, {"UTC", "0001-01-03"},
}

// A date means one instant wherever it stands: in from and until, in an
// expression, in a field. It is the first minute at which somebody who looks
// at the zone's clock sees that day or a later one.
func TestADateIsTheSameInstantEverywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.SampledFrom(oddDates).Draw(t, "near")
		zone, err := calendar.LoadZone(odd.zone)
		if err != nil {
			t.Fatal(err)
		}
		near, err := calendar.ParseDate(odd.date)
		if err != nil {
			t.Fatal(err)
		}
		date := near.AddDays(rapid.IntRange(-1, 1).Draw(t, "days after"))
		utc := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, time.UTC)
		first := utc.Add(-27 * time.Hour)
		for first.In(zone).Format(time.DateOnly) < date.String() || first.Year() < 1 {
			first = first.Add(time.Minute)
		}

		p := compile(t, fmt.Sprintf(slipHeader+`
timezone: %s
rules:
  - {name: from, from: %[2]s, pick: first}
  - {name: until, until: %[2]s, pick: first}
  - {name: written, when: 'now >= date("%[2]s")', pick: first}
  - {name: field, when: 'now >= lead.created_at', pick: first}
  - {name: a day later, when: 'now - lead.created_at >= duration("1d")', pick: first}
`, odd.zone, date), nil)
		if !p.Rules[0].From.Equal(first) || !p.Rules[1].Until.Equal(first) {
			t.Fatalf("%s in %s is %s by the clock; from is %s, until %s", date, odd.zone, first, p.Rules[0].From, p.Rules[1].Until)
		}
		m := p.NewMatcher()
		s, err := m.ReadCustomer(&allocation.Customer{ID: "L", Kind: p.Kind, Fields: map[string]any{"created_at": date.String()}})
		if err != nil {
			t.Fatal(err)
		}
		after := time.Duration(rapid.OneOf(rapid.Int64Range(-1, 1), rapid.Int64Range(-7200e6, 7200e6), rapid.Int64Range(86400e6-1, 86400e6+1)).Draw(t, "microseconds after")) * time.Microsecond
		match := m.Match(s, first.Add(after))
		for i, want := range map[int]bool{2: after >= 0, 3: after >= 0, 4: after >= 24*time.Hour} {
			if got := match.When(i); (got == allocation.True) != want {
				t.Fatalf("%s in %s is %s by the clock; %s after it the rule %q is %s, want %v", date, odd.zone, first, after, p.Rules[i].Name, got, want)
			}
		}
	})
}

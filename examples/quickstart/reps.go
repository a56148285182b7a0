package main

import (
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
)

// roster is who sells at Brightside. A program of your own reads this from its
// CRM.
func roster() []allocation.Rep {
	return []allocation.Rep{
		field("ana", "Ana Ribeiro", 0.41, 4, "DE", "CH"),
		field("ben", "Ben Adler", 0.33, 4, "DE"),
		field("clara", "Clara Huber", 0.38, 4, "AT", "CH"),
		inside("emil", "Emil Krause", "senior"),
		inside("fatma", "Fatma Yildiz", "senior"),
		inside("goran", "Goran Babic", "senior"),
		inside("hanna", "Hanna Lund", "junior"),
		inside("ivo", "Ivo Novak", "junior"),
	}
}

func field(id, name string, winRate float64, capacity int64, territories ...string) allocation.Rep {
	return allocation.Rep{
		ID: id, Name: name, Role: "senior", Teams: []string{"field"}, Territories: territories,
		Capacity: &capacity, Shifts: officeHours, KPI: map[string]float64{"win_rate": winRate},
	}
}

func inside(id, name, role string) allocation.Rep {
	capacity := int64(20)
	return allocation.Rep{ID: id, Name: name, Role: role, Teams: []string{"inside"}, Capacity: &capacity, Shifts: officeHours}
}

// officeHours are Monday to Friday, 9 to 17, by the clock of the policy's zone.
var officeHours = []calendar.Shift{{
	Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	From: calendar.Clock(9, 0), To: calendar.Clock(17, 0),
}}

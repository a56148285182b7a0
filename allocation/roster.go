package allocation

import (
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// roster holds the reps of a desk in rows. A row is given once, in the order
// of first appearance (by ID within one change), and never reused: a bitmap
// over rows keeps its meaning for the life of the desk.
type roster struct {
	version  uint64 // entry that changed it last
	members  []member
	rows     map[string]int
	active   RepSet
	teamWork map[string]int64 // what the members of a team have of opening work together
}

// member is one rep and what the ledger counts for him.
type member struct {
	rep      Rep
	calendar *calendar.Calendar
	zone     *time.Location
	open     int64  // units of open customers and of opening work
	work     int64  // the part of open that belongs to no customer the desk knows
	served   uint64 // entry of the last customer the desk gave him
}

func newRoster() roster { return roster{rows: map[string]int{}, teamWork: map[string]int64{}} }

// row returns a rep's row, and whether he has one.
func (r *roster) row(id string) (int, bool) {
	row, ok := r.rows[id]
	return row, ok
}

// put adds or changes a rep. The matcher learns of him at bind.
func (r *roster) put(rep Rep) int {
	row, known := r.rows[rep.ID]
	if !known {
		row = len(r.members)
		r.rows[rep.ID] = row
		r.members = append(r.members, member{})
	}
	r.addTeamWork(row, -r.members[row].work)
	r.members[row].rep = rep
	r.addTeamWork(row, r.members[row].work)
	if rep.Inactive {
		r.active.Remove(row)
	} else {
		r.active.Add(row)
	}
	return row
}

// setWork says how much opening work a member has.
func (r *roster) setWork(row int, units int64) {
	r.addTeamWork(row, units-r.members[row].work)
	r.members[row].work = units
}

func (r *roster) addTeamWork(row int, units int64) {
	if units == 0 {
		return
	}
	for _, team := range r.members[row].rep.Teams {
		r.teamWork[team] += units
	}
}

// place works out a member's zone and calendar under a policy. A zone or
// calendar that cannot be made was refused when the rep was set.
func (m *member) place(p *Policy) error {
	m.zone = p.Zone
	if m.rep.Timezone != "" {
		zone, err := calendar.LoadZone(m.rep.Timezone)
		if err != nil {
			return err
		}
		m.zone = zone
	}
	var err error
	m.calendar, err = calendar.New(calendar.Spec{
		Zone:     m.zone,
		Shifts:   m.rep.Shifts,
		TimeOff:  m.rep.TimeOff,
		Holidays: p.Holidays.For(m.rep.Region),
	})
	return err
}

// available says whether the member may be given work at a time, as far as
// hours and absence go.
func (m *member) available(how Availability, now time.Time) bool {
	switch how {
	case OnShift:
		return m.calendar.OnShift(now)
	case NotAway:
		return !m.calendar.Away(now)
	}
	return true
}

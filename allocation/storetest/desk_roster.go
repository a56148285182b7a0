package storetest

import (
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
)

// repSpec is a rep of the machine in short.
type repSpec struct {
	role     string
	weight   int // -1: no KPI
	teams    int // index into teamChoices
	capacity int // -1: unknown
	shift    int // index into shiftChoices
	off      time.Time
	away     time.Duration
}

var teamChoices = [][]string{nil, {"x"}, {"x", "y"}}

// shiftChoices are working hours, with a second opinion on what they mean.
var shiftChoices = []struct {
	text, zone string
	on         func(t time.Time) bool
}{
	{"", "", func(time.Time) bool { return true }},
	{"Mon-Fri 08:00-18:00", "", func(t time.Time) bool {
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && t.Hour() >= 8 && t.Hour() < 18
	}},
	{"Mon-Sun 22:00-06:00", "Asia/Tokyo", func(t time.Time) bool {
		hour := t.Add(9 * time.Hour).Hour()
		return hour >= 22 || hour < 6
	}},
}

func (s *repSpec) back() time.Time { return s.off.Add(s.away) }
func (s *repSpec) offAt(t time.Time) bool {
	return !s.off.IsZero() && !t.Before(s.off) && t.Before(s.back())
}
func (s *repSpec) onShift(t time.Time) bool { return shiftChoices[s.shift].on(t) }
func (s *repSpec) rep(id string) allocation.Rep {
	r := allocation.Rep{ID: id, Role: s.role, Teams: teamChoices[s.teams], Timezone: shiftChoices[s.shift].zone}
	if s.weight >= 0 {
		r.KPI = map[string]float64{"w": float64(s.weight)}
	}
	if s.capacity >= 0 {
		n := int64(s.capacity)
		r.Capacity = &n
	}
	shifts, err := calendar.ParseShifts(shiftChoices[s.shift].text)
	if err != nil {
		panic(err)
	}
	r.Shifts = shifts
	if !s.off.IsZero() {
		r.TimeOff = []calendar.Span{{From: s.off, To: s.back()}}
	}
	return r
}

// setRoster changes the roster. all tells whether those who are not named
// become inactive.
func (m *deskModel) setRoster(event allocation.Event, specs map[int]repSpec, all bool, from allocation.Opening, clock time.Time) string {
	var fresh, absent []int
	for rep := range m.reps {
		spec, named := specs[rep]
		r := &m.reps[rep]
		switch {
		case named && (!r.known || !r.active || r.spec != spec):
			fresh = append(fresh, rep)
		case !named && all && r.known && r.active:
			absent = append(absent, rep)
		}
	}
	work := map[int]int64{}
	for id, units := range from.Work {
		if rep := repNumber(id); m.reps[rep].work != units {
			work[rep] = units
		}
	}
	credits := m.newCredits(from.Credit)
	if len(fresh)+len(absent)+len(work)+len(credits) > 0 {
		now, err := m.settleTime(from.At, clock)
		if err != "" {
			return err
		}
		if m.plan != nil {
			m.begin(now)
		}
		e := expectedEntry{event: event}
		if event == allocation.EventRepChanged {
			e.rep = repName(fresh[0])
		}
		m.rostered = m.emit(now, e)
		for _, rep := range fresh {
			m.putRep(rep, specs[rep])
		}
		for _, rep := range absent {
			m.reps[rep].active = false
		}
		for rep, units := range work {
			m.reps[rep].work = units
		}
		for _, rule := range sortedNames(credits) {
			r := m.rotations[rule]
			if r == nil {
				r = &modelRotation{id: rule, began: len(m.rows)}
				m.rotations[rule] = r
			}
			r.open(m, credits[rule])
		}
	}
	m.takeOver(from.Owned)
	return ""
}

func (m *deskModel) putRep(rep int, spec repSpec) {
	r := &m.reps[rep]
	if !r.known {
		r.known, r.row = true, len(m.rows)
		m.rows = append(m.rows, rep)
	}
	r.spec, r.active, r.rep = spec, true, spec.rep(deskIDs[rep])
}

// newCredits are the opening balances of rotations that have not begun, by
// rotation.
func (m *deskModel) newCredits(given []allocation.OpeningCredit) map[string][]allocation.OpeningCredit {
	out := map[string][]allocation.OpeningCredit{}
	for _, c := range given {
		for i := range m.plan.Rules {
			r := &m.plan.Rules[i]
			if name := rotationName(m.plan, r); r.ID == c.Rule && m.rotations[name] == nil {
				out[name] = append(out[name], c)
			}
		}
	}
	return out
}

// takeOver opens customers whom reps have already.
func (m *deskModel) takeOver(owned []allocation.Owned) {
	for _, o := range owned {
		ref := modelRef{"lead", o.ID}
		if m.customers[ref] != nil {
			continue
		}
		c := &modelCustomer{modelRef: ref, episode: 1}
		m.customers[ref] = c
		rep := repNumber(o.Rep)
		d := &modelDecision{status: allocation.StatusAssigned, rep: rep, reason: allocation.ReasonOpening, at: m.now, episode: 1, opening: true}
		d.seq = m.emit(m.now, expectedEntry{event: allocation.EventReconciled, customer: ref, episode: 1, rep: o.Rep, status: d.status, reason: d.reason})
		c.decided(d)
		m.hold(c, rep, "", o.Units)
	}
}

func (m *deskModel) removeRep(id string, at, clock time.Time) string {
	rep := repNumber(id)
	if rep < 0 || !m.reps[rep].known {
		return "unknown rep"
	}
	if !m.reps[rep].active {
		return ""
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	m.begin(now)
	m.rostered = m.emit(now, expectedEntry{event: allocation.EventRepRemoved, rep: id})
	m.reps[rep].active = false
	return ""
}

// setPolicy puts a plan in force. Caps whose key it shares with the last one
// keep their count.
func (m *deskModel) setPolicy(p *deskPlan, at, clock time.Time) string {
	if m.plan == p {
		return ""
	}
	now, err := m.settleTime(at, clock)
	if err != "" {
		return err
	}
	if m.plan != nil {
		m.begin(now)
	}
	m.emit(now, expectedEntry{event: allocation.EventPolicySet})
	old := m.counts
	m.plan, m.counts = p, make([]*modelCount, len(p.Caps))
	for i := range p.Caps {
		c := &p.Caps[i]
		if !c.Flow && !c.Team && !c.Only && c.Rule < 0 {
			continue // it reads what the rep has open
		}
		roll, _ := c.Per.Rolling()
		if !c.Flow {
			roll = 0
		}
		m.counts[i] = &modelCount{key: c.Key, flow: c.Flow, roll: roll, team: c.Team}
		for _, n := range old {
			if n != nil && n.key == c.Key {
				m.counts[i] = n
			}
		}
	}
	return ""
}

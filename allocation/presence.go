package allocation

import (
	"fmt"
	"math"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// presence is who is available, kept up to date by the clock: a bit for each
// rep, looked at again when his calendar next changes. Reps whose working time
// is the same share one calendar, so that the beginning of a shift costs one
// look and a bit for each of them.
type presence struct {
	now     time.Time // the moment it holds for
	onShift RepSet
	notAway RepSet

	of     []int32 // by row: 1 + its place in shared, 0 for a row not seen yet
	place  []int32 // by row: its place in the rows of shared
	shared []sharedTime
	known  map[string]int32 // place in shared, by workingTime
	due    alarms           // by place in shared
}

// sharedTime is one working time and who has it.
type sharedTime struct {
	key      string
	calendar *calendar.Calendar
	rows     []int32
	looked   bool // the two that follow hold
	onShift  bool
	notAway  bool
}

// at is who is available in a way at a moment. Cost: O(1) between changes of
// anybody's working time.
func (p *presence) at(how Availability, now time.Time) *RepSet {
	if now.Before(p.now) {
		p.rewind()
	}
	p.now = now
	for {
		n, ok := p.due.due(now.UnixMicro())
		if !ok {
			break
		}
		p.look(n)
	}
	if how == NotAway {
		return &p.notAway
	}
	return &p.onShift
}

// rewind makes every working time be looked at again: the clock went back.
func (p *presence) rewind() {
	for n := range p.shared {
		if p.shared[n].rows != nil {
			p.due.set(n, math.MinInt64)
		}
	}
}

// put takes over a row's working time after a change.
func (p *presence) put(row int, m *member) {
	for row >= len(p.of) {
		p.of, p.place = append(p.of, 0), append(p.place, 0)
	}
	if n := p.of[row]; n != 0 {
		p.leave(row, int(n-1))
	}
	n := p.sharedBy(m)
	t := &p.shared[n]
	p.of[row], p.place[row] = int32(n+1), int32(len(t.rows))
	t.rows = append(t.rows, int32(row))
	if t.looked {
		p.onShift.put(row, t.onShift)
		p.notAway.put(row, t.notAway)
	}
}

// sharedBy finds or makes the place of a member's working time.
func (p *presence) sharedBy(m *member) int {
	key := workingTime(m)
	if n, known := p.known[key]; known {
		return int(n)
	}
	if p.known == nil {
		p.known = map[string]int32{}
	}
	n := len(p.shared)
	p.known[key] = int32(n)
	p.shared = append(p.shared, sharedTime{key: key, calendar: m.calendar})
	p.due.set(n, math.MinInt64) // looked at when somebody asks
	return n
}

func (p *presence) leave(row, n int) {
	t := &p.shared[n]
	last := t.rows[len(t.rows)-1]
	t.rows[p.place[row]], p.place[last] = last, p.place[row]
	if t.rows = t.rows[:len(t.rows)-1]; len(t.rows) == 0 {
		delete(p.known, t.key)
		p.due.stop(n)
		*t = sharedTime{}
	}
}

// workingTime names all that a member's calendar depends on; which holidays
// there are follows from the region.
func workingTime(m *member) string {
	return fmt.Sprint(m.zone, "\x00", m.rep.Region, "\x00", calendar.FormatShifts(m.rep.Shifts), "\x00", calendar.FormatSpans(m.rep.TimeOff))
}

// look works out who of those with a working time is available, and when that
// changes.
func (p *presence) look(n int) {
	t := &p.shared[n]
	t.looked, t.onShift, t.notAway = true, t.calendar.OnShift(p.now), !t.calendar.Away(p.now)
	for _, row := range t.rows {
		p.onShift.put(int(row), t.onShift)
		p.notAway.put(int(row), t.notAway)
	}
	if next, changes := t.calendar.NextChange(p.now); changes {
		p.due.set(n, microCeil(next))
	}
}

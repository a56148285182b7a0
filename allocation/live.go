package allocation

import (
	"fmt"
	"time"

	"github.com/evenhand/evenhand/allocation/pick"
)

// live is what deciding needs beyond the fold: the compiled policy, its
// matcher, and room to work in.
type live struct {
	policy     *Policy
	matcher    Matcher
	strategies []pick.Strategy // by rule
	windows    []windowCache   // by cap
	drained    uint64          // roomAt when the waiting list was last drained
	gave       uint64          // gaveAt then
	drainedAt  time.Time       // recorded time of that
	presence   presence
	rooms      []room   // by cap; those of caps that are not roomy are not used
	rotations  []string // by rule: the rotation it takes part in
	walk       walk
	plain      bool // presence and rooms are not to be used: something is only supposed
}

// windowCache keeps the calendar window a cap's decisions fall into, for the
// desk's zone.
type windowCache struct{ start, end time.Time }

// bind makes the state ready to decide under a policy. Cost: O(reps).
func (s *state) bind(p *Policy) error { return s.bindTo(p, p.NewMatcher()) }

// bindReference is bind with the policy's reference matcher.
func (s *state) bindReference(p *Policy) error {
	if p.NewReference == nil {
		return s.bind(p)
	}
	return s.bindTo(p, p.NewReference())
}

func (s *state) bindTo(p *Policy, m Matcher) error {
	l := &live{policy: p, matcher: m, windows: make([]windowCache, len(p.Caps))}
	for c := range p.Caps {
		l.rooms = append(l.rooms, room{cap: c, all: true})
	}
	for i := range p.Rules {
		l.rotations = append(l.rotations, rotationID(p, &p.Rules[i]))
		strategy, known := pick.Lookup(p.Rules[i].Pick)
		if !known {
			return fmt.Errorf("rule %q: pick %q is not a strategy; there are %q", p.Rules[i].ID, p.Rules[i].Pick, pick.Names())
		}
		l.strategies = append(l.strategies, strategy)
	}
	s.live = l
	for row := range s.roster.members {
		err := l.refresh(s, row)
		if err != nil && !s.roster.members[row].rep.Inactive {
			s.live = nil
			return err
		}
	}
	return nil
}

// refresh takes over a row's rep after a change.
func (l *live) refresh(s *state, row int) error {
	m := &s.roster.members[row]
	if err := m.place(l.policy); err != nil {
		return fmt.Errorf("rep %q: %w", m.rep.ID, err)
	}
	if err := l.matcher.SetRep(row, &m.rep); err != nil {
		return fmt.Errorf("rep %q: %w", m.rep.ID, err)
	}
	l.matcher.SetOpen(row, m.open)
	l.presence.put(row, m)
	l.touch(row)
	l.drained = 0 // a rep is new or different: look again
	return nil
}

// reopened notes that a row's open units have changed: caps that count them,
// and limits that read them.
func (l *live) reopened(row int) {
	for c := range l.rooms {
		if l.policy.ReadsOpen || l.policy.Caps[c].countsOpen() {
			l.rooms[c].touch(row)
		}
	}
}

// recountAll notes that counts were put in place of others.
func (l *live) recountAll() {
	for c := range l.rooms {
		l.rooms[c].all = true
	}
}

// touch notes that a row's limits may have changed.
func (l *live) touch(row int) {
	for c := range l.rooms {
		l.rooms[c].touch(row)
	}
}

// windowStart returns when the window that counts for a cap, a row and a time
// began, in Unix microseconds.
func (l *live) windowStart(s *state, cap, row int, now time.Time) int64 {
	c := &l.policy.Caps[cap]
	if d, rolling := c.Per.Rolling(); rolling {
		return now.Add(-d).UnixMicro() + 1
	}
	if c.RepZone {
		return c.Per.Start(now, s.roster.members[row].zone, l.policy.WeekStarts).UnixMicro()
	}
	w := &l.windows[cap]
	if now.Before(w.start) || !now.Before(w.end) {
		w.start = c.Per.Start(now, l.policy.Zone, l.policy.WeekStarts)
		w.end = c.Per.End(now, l.policy.Zone, l.policy.WeekStarts)
	}
	return w.start.UnixMicro()
}

// used returns what a cap counts for a row (and a team) at a time.
func (l *live) used(s *state, cap, row int, team string, now time.Time) int64 {
	n := s.caps[cap]
	if n == nil {
		return s.roster.members[row].open
	}
	t := n.of(row, team)
	if !n.Flow && team != "" && l.policy.Caps[cap].countsEverything() {
		return t.Units + s.roster.teamWork[team]
	}
	if !n.Flow {
		return t.Units
	}
	return t.givenFrom(l.windowStart(s, cap, row, now))
}

// takes is what one customer adds to a cap.
func (n *capSpec) takes(units int64) int64 {
	if n.Flow {
		return 1
	}
	return units
}

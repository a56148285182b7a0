package allocation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// Advance brings the desk up to a time: what time off owes is settled, and
// waiting customers are given to whoever has room. A live desk takes its clock
// and refuses a time more than five minutes ahead of it; a replaying desk
// takes the time given. An earlier time than the ledger's is no error: there
// is nothing to do.
func (d *Desk) Advance(ctx context.Context, now time.Time) error {
	return d.submit(ctx, func(g *group) error {
		asked := now // the request may run again on another state
		if g.d.cfg.Replay != ReplayOff && asked.Before(g.s.now) {
			asked = g.s.now
		}
		at, err := g.time(asked)
		if err != nil || g.s.live == nil {
			return err
		}
		g.advance = true
		return g.begin(at)
	})
}

// begin brings the state up to a time before a request: first those who return
// from time off, then those who wait.
func (g *group) begin(at time.Time) error {
	if p := g.d.unrecorded; p != nil && g.s.policyHash == "" {
		if err := g.recordPolicy(p, at); err != nil {
			return err
		}
	}
	if g.d.cfg.Replay != ReplayOff {
		if err := g.passTime(at); err != nil {
			return err
		}
	}
	if err := g.settleReturns(at); err != nil {
		return err
	}
	return g.drain(at)
}

// passTime does in a replay what a clock does for a live desk: between two
// requests it stops at each moment at which a waiting customer may get his
// turn, as a service that follows the desk's timers would.
func (g *group) passTime(until time.Time) error {
	for {
		at := g.s.wakeAt()
		if at.IsZero() || !at.Before(until) {
			return nil
		}
		if err := g.settleReturns(at); err != nil {
			return err
		}
		if err := g.drain(at); err != nil {
			return err
		}
	}
}

// drain offers the room there is to the waiting customers, longest waiting
// first. A customer for whom there is none is skipped and keeps his place.
//
// Customers alike to the policy are decided alike: once one is blocked, those
// like him are skipped until somebody is placed. That keeps a long list cheap.
func (g *group) drain(at time.Time) error {
	s, l := g.s, g.s.live
	if len(s.waiting) == 0 || !l.mayHaveRoom(s, at) {
		return nil
	}
	for {
		moved, err := g.drainOnce(at)
		if err != nil {
			return err
		}
		// Where rules read the open work, a rep who was given somebody may be
		// out of the way of a customer earlier in the list.
		if !moved || !l.policy.ReadsOpen {
			break
		}
	}
	l.drained, l.gave, l.drainedAt = s.roomAt, s.gaveAt, at
	return nil
}

// drainOnce goes through the list once, and reports whether anybody left it.
func (g *group) drainOnce(at time.Time) (moved bool, err error) {
	asking := g.target
	blocked := map[string]bool{}
	for _, c := range append([]*customer(nil), g.s.waiting...) {
		g.target, g.deciding = target{waiting: c.ref}, true
		out, fault, moves := g.tryWaiting(c, at, blocked)
		if g.broken != nil {
			return moved, g.broken
		}
		if !moves {
			blocked[c.signature] = true
			continue
		}
		e := &event{
			Entry:   Entry{Kind: c.ref.Kind, Customer: c.ref.ID, Episode: c.episode},
			details: details{Via: viaWaiting, Prior: c.decision, Since: c.since},
			subject: c.subject,
		}
		if fault != nil {
			out = setAside(e, fault)
		}
		if err := g.record(at, e, out); err != nil {
			return moved, err
		}
		moved = true
		clear(blocked)
	}
	g.target, g.deciding = asking, false
	return moved, nil
}

// tryWaiting is allocate for a waiting customer. It reports whether he leaves
// the list: to a rep, to nobody, or aside, with the fault. One whom the policy
// in force cannot read, or whose units it cannot tell, keeps his place until a
// policy can.
func (g *group) tryWaiting(c *customer, at time.Time, blocked map[string]bool) (out outcome, cause error, moves bool) {
	if known, failed := g.faults[g.target]; failed {
		return outcome{}, known.err, known.deciding
	}
	m := g.s.live.matcher
	cause = g.try(func() (err error) {
		if c.fault = c.read(m); c.fault != nil || blocked[c.signature] {
			return nil
		}
		if _, c.fault = m.Match(c.subject, at).Units(); c.fault != nil {
			return nil
		}
		out, err = g.s.allocate(c.subject, at, nil)
		moves = err == nil && out.status != StatusWaiting
		return err
	})
	return out, cause, moves || cause != nil
}

// mayHaveRoom reports whether anything happened since the last drain that
// could let a waiting customer through. When in doubt it says yes.
func (l *live) mayHaveRoom(s *state, at time.Time) bool {
	if s.roomAt > l.drained || l.policy.ReadsOpen {
		return true
	}
	switch at.Compare(l.drainedAt) {
	case -1:
		return true // the clock was put back after an Advance that left no entry: what was found then says nothing
	case 0:
		return false
	}
	next := s.nextRoom(l.drainedAt)
	return l.policy.ReadsNow || !next.IsZero() && !at.Before(next)
}

// read makes sure a waiting customer has a subject of the policy in force. The
// error is that of his recorded fields.
func (c *customer) read(m Matcher) error {
	if c.subject != nil && c.signature != "" {
		return nil
	}
	if c.subject == nil {
		subject, err := m.ReadCustomer(customerFromFields(c.ref, c.fields))
		if err != nil {
			return err
		}
		if bad, fault := checkFields(subject); bad != nil || fault != nil {
			return errors.Join(bad, fault)
		}
		c.subject = subject
	}
	c.signature = c.ref.Kind + " " + string(c.subject.AppendFields(nil))
	return nil
}

// customerFromFields turns recorded fields back into a customer.
func customerFromFields(ref CustomerRef, fields []byte) *Customer {
	c := &Customer{ID: ref.ID, Kind: ref.Kind}
	if len(fields) > 0 {
		decoder := json.NewDecoder(strings.NewReader(string(fields)))
		decoder.UseNumber()
		// Fields were written by AppendFields; if they are damaged the
		// customer is read without them, and the digest tells.
		_ = decoder.Decode(&c.Fields)
	}
	return c
}

// readWaiting fetches the fields of waiting customers, which snapshots leave
// out so that erasing a customer has one place only, and their requests' keys.
func (s *state) readWaiting(ctx context.Context, store Store, desk string) error {
	for _, c := range s.waiting {
		if c.fields != nil {
			continue
		}
		e, err := readEntry(ctx, store, desk, c.decision)
		if err != nil {
			return fmt.Errorf("fields of waiting customer %s: %w", c.ref, err)
		}
		c.fields, c.request = e.Fields, e.Request
	}
	return nil
}

// wakeAt returns when the desk should next be advanced for the sake of those
// who wait: at once when room has appeared, otherwise at the next moment time
// can bring some. Zero means that nobody waits or that time does not matter.
// A process without the policy cannot tell, and asks that somebody look at once.
func (s *state) wakeAt() time.Time {
	l := s.live
	if len(s.waiting) == 0 {
		return time.Time{}
	}
	if l == nil || s.roomAt > l.drained || l.policy.ReadsOpen && s.gaveAt > l.gave {
		return s.now
	}
	from := s.now
	if l.drainedAt.After(from) {
		from = l.drainedAt // looked at since, and there was no room
	}
	return s.nextRoom(from)
}

// nextRoom returns the next moment after an instant at which time alone can
// bring room; zero when it cannot, or not before the year 10000, which no
// ledger can hold. Where rules read the time themselves it is the next quarter
// of an hour, if nothing else comes before.
func (s *state) nextRoom(after time.Time) time.Time {
	l := s.live
	var next time.Time
	soonest := func(t time.Time) {
		if t.After(after) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if l.policy.ReadsNow {
		soonest(after.Truncate(15 * time.Minute).Add(15 * time.Minute))
	}
	for row := range s.roster.active.All() {
		if t, changes := s.roster.members[row].calendar.NextChange(after); changes {
			soonest(t)
		}
	}
	for i := range l.policy.Caps {
		soonest(s.capFrees(i, after))
	}
	for i := range l.policy.Rules {
		soonest(l.policy.Rules[i].From)
		soonest(l.policy.Rules[i].Until)
		if l.policy.Rules[i].Ramp != nil {
			soonest(calendar.Day.End(after, l.policy.Zone, l.policy.WeekStarts))
		}
	}
	// Recorded times are whole microseconds: the first one at which it is true.
	// Rounding down would give a time before it, and then that same time again.
	next = next.UTC().Add(time.Microsecond - 1).Truncate(time.Microsecond)
	if next.Year() > 9999 {
		return time.Time{}
	}
	return next
}

// capFrees returns when a flow cap next gives room back to anybody.
func (s *state) capFrees(i int, after time.Time) time.Time {
	c := &s.live.policy.Caps[i]
	if !c.Flow {
		return time.Time{}
	}
	d, rolling := c.Per.Rolling()
	if !rolling {
		if c.RepZone {
			return s.repWindowEnds(c, after)
		}
		return c.Per.End(after, s.live.policy.Zone, s.live.policy.WeekStarts)
	}
	oldest := int64(0)
	look := func(t *tally) {
		for _, given := range t.Given {
			if time.UnixMicro(given).Add(d).After(after) {
				if oldest == 0 || given < oldest {
					oldest = given
				}
				return
			}
		}
	}
	for row := range s.caps[i].rows {
		look(&s.caps[i].rows[row])
	}
	for _, t := range s.caps[i].teams {
		look(t)
	}
	if oldest == 0 {
		return time.Time{}
	}
	return time.UnixMicro(oldest).Add(d)
}

// repWindowEnds returns when the first window in a rep's own zone ends after a
// time. Cost: O(active reps) and one window per zone.
func (s *state) repWindowEnds(c *Cap, after time.Time) time.Time {
	var first time.Time
	seen := map[*time.Location]bool{}
	for row := range s.roster.active.All() {
		zone := s.roster.members[row].zone
		if seen[zone] {
			continue
		}
		seen[zone] = true
		if end := c.Per.End(after, zone, s.live.policy.WeekStarts); first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first
}

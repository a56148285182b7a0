package allocation

import (
	"time"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// settleReturns does what the policy says about reps whose time off ended
// since the last entry: their credit stays, becomes the mean, or is raised by
// what they missed.
func (g *group) settleReturns(at time.Time) error {
	s, p := g.s, g.s.live.policy
	if p.OnReturn.Kind == ReturnFreeze || s.now.IsZero() {
		return nil
	}
	since := s.now
	for row := range s.roster.active.All() {
		var longest time.Duration
		for _, span := range s.roster.members[row].calendar.TimeOffBetween(since, at) {
			longest = max(longest, span.To.Sub(span.From))
		}
		if longest == 0 {
			continue
		}
		if err := g.settleReturn(at, row, longest); err != nil {
			return err
		}
	}
	return nil
}

// settleReturn treats one rep in each rotation where he has an account.
func (g *group) settleReturn(at time.Time, row int, away time.Duration) error {
	s := g.s
	for _, id := range s.rotationIDs() {
		t := s.rotations[id]
		if (row >= len(t.accounts) || t.accounts[row] == noAccount) && !t.hasMissed(row) {
			continue
		}
		e := &event{
			Entry:   Entry{Rep: s.roster.members[row].rep.ID},
			details: details{Rotation: id, Among: encodeRows(s.present(t, row))},
		}
		if e.Among == "" {
			continue // nobody to take credit from or give it to
		}
		switch on := s.live.policy.OnReturn; on.Kind {
		case ReturnCalibrate:
			e.Event = EventCalibrated
		case ReturnGrant:
			e.Event, e.Reason = EventGranted, reasonTimeOff
			e.Amount = t.owed(row, away, on)
			if e.Amount == 0 && !t.hasMissed(row) {
				continue
			}
		}
		if err := g.emit(at, e); err != nil {
			return err
		}
	}
	return nil
}

// reasonTimeOff marks a grant for time off.
const reasonTimeOff = "time_off"

// owed is what a grant for time off gives a rep, in thousandths of a size
// unit.
func (t *turns) owed(row int, away time.Duration, on OnReturn) int64 {
	if !t.hasMissed(row) || away < on.LongerThan {
		return 0
	}
	owed := t.missed[row]
	if on.Max > 0 {
		owed = min(owed, on.Max*1000*pow10(t.scale))
	}
	return min(owed, rotation.MaxMilli)
}

func (t *turns) hasMissed(row int) bool { return row < len(t.missed) && t.missed[row] != 0 }

// present returns the active reps with an account in a rotation, one left out.
func (s *state) present(t *turns, except int) *RepSet {
	var others RepSet
	for row, account := range t.accounts {
		if account != noAccount && row != except && s.roster.active.Has(row) {
			others.Add(row)
		}
	}
	return &others
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

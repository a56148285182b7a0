package allocation

import (
	"math"
	"time"
)

// room is who has room under a cap, kept up to date by what is counted and by
// the clock: for each rep the units left, and a bit for whether one more fits.
// It serves caps per rep whose limit depends on the rep alone.
type room struct {
	cap   int
	now   time.Time // the moment it holds for
	left  []int64   // by row: limit − used; noRoom when the limit is unknown
	fits  RepSet    // one more unit fits
	stale []int32   // rows to look at again
	all   bool      // look at every row again
	due   alarms    // when what a row has used next falls by itself
}

const noRoom = math.MinInt64

// maxStale is how many rows are remembered singly before all are looked at.
const maxStale = 1024

// roomy reports whether a cap's room can be kept.
func (c *Cap) roomy() bool { return !c.Team && c.LimitByRep }

// touch notes that a row's limit or count may have changed.
func (r *room) touch(row int) {
	if r.all {
		return
	}
	r.stale = append(r.stale, int32(row))
	r.all = len(r.stale) > maxStale
}

// at brings the room up to a moment. Cost: what changed since it was asked
// last.
func (r *room) at(w *walk) {
	if w.now.Before(r.now) {
		r.all = true
	}
	r.now = w.now
	if r.all {
		r.due.clear()
		for row := range w.s.roster.members {
			r.look(w, row)
		}
	} else {
		for _, row := range r.stale {
			r.look(w, int(row))
		}
	}
	r.all, r.stale = false, r.stale[:0]
	for {
		row, ok := r.due.due(r.now.UnixMicro())
		if !ok {
			return
		}
		r.look(w, row)
	}
}

// look works out a row's room, and when it next grows by itself.
func (r *room) look(w *walk, row int) {
	for row >= len(r.left) {
		r.left = append(r.left, noRoom)
	}
	r.due.stop(row)
	r.left[row] = noRoom
	if !w.s.roster.members[row].rep.Inactive {
		if limit, known := w.m.Limit(r.cap, row); known {
			r.left[row] = limit - w.l.used(w.s, r.cap, row, "", w.now)
		}
		if at, changes := w.l.falls(w.s, r.cap, row, w.now); changes {
			r.due.set(row, at)
		}
	}
	r.fits.put(row, r.left[row] >= 1)
}

// keep removes from among the reps for whom units do not fit.
func (r *room) keep(among *RepSet, units int64) (left bool) {
	if units >= 1 {
		left = among.Keep(&r.fits)
	}
	if units == 1 {
		return left
	}
	for row := range among.All() {
		if r.left[row] == noRoom || r.left[row] < units {
			among.Remove(row)
		}
	}
	return !among.Empty()
}

// falls is when what a cap counts for a row next falls by itself, in Unix
// microseconds: the end of the window, or when the oldest customer of a
// rolling period leaves it.
func (l *live) falls(s *state, cap, row int, now time.Time) (at int64, changes bool) {
	n := s.caps[cap]
	if n == nil || !n.Flow {
		return 0, false
	}
	t := n.of(row, "")
	oldest := t.oldestFrom(l.windowStart(s, cap, row, now))
	if oldest < 0 {
		return 0, false
	}
	c := &l.policy.Caps[cap]
	if d, rolling := c.Per.Rolling(); rolling {
		return oldest + (d + time.Microsecond - 1).Microseconds(), true
	}
	zone := l.policy.Zone
	if c.RepZone {
		zone = s.roster.members[row].zone
	}
	return microCeil(c.Per.End(now, zone, l.policy.WeekStarts)), true
}

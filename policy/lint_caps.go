package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// capsOnData tells which caps do not limit anything, and whom they shut out.
func (l *linter) capsOnData() {
	if l.survey == nil {
		return
	}
	for i, path := range l.capPaths() {
		l.capWithoutTeam(i, path)
		l.capShutsOut(i, path)
		l.capNeverBinds(i, path)
	}
}

// capPaths are the places of the caps in the document, in the policy's order.
func (l *linter) capPaths() []string {
	var out []string
	for i := range l.c.d.Caps {
		out = append(out, item("caps", i))
	}
	for i := range l.c.d.Rules {
		for j := range l.c.d.Rules[i].Caps {
			out = append(out, item(join(item("rules", i), "caps"), j))
		}
	}
	return out
}

// limitPath is the place of a cap's limit.
func (l *linter) limitPath(i int, path string) string {
	if l.c.out.Caps[i].Flow {
		return join(path, "assigned")
	}
	return join(path, "open")
}

// capWithoutTeam tells which reps a cap for each team does not limit.
func (l *linter) capWithoutTeam(i int, path string) {
	c := &l.c.out.Caps[i]
	if !c.Team {
		return
	}
	ids := l.repsWhere(func(r *allocation.Rep) bool { return !r.Inactive && len(r.Teams) == 0 })
	if len(ids) > 0 {
		l.at(join(path, "each"), Info, CodeCapWithoutTeam, fmt.Sprintf("cap %q counts by team, and %s in none: it does not limit them: %s", c.Name, isAre(len(ids)), few(ids)),
			"give them a team, or add a cap with each: rep")
		l.out[len(l.out)-1].Reps = ids
	}
}

func isAre(n int) string {
	if n == 1 {
		return "1 rep is"
	}
	return plural(n, "rep") + " are"
}

// capShutsOut tells for whom a cap has no limit or one of 0. Who receives
// nothing at all for that is told elsewhere.
func (l *linter) capShutsOut(i int, path string) {
	s, c := l.survey, &l.c.out.Caps[i]
	var unknown, zero []string
	for row := range s.active.All() {
		if !s.could.Has(row) {
			continue
		}
		switch limit := s.caps[i].limits[row]; {
		case limit < 0:
			unknown = append(unknown, s.reps[row].ID)
		case limit == 0 && !(c.Team && len(s.reps[row].Teams) == 0):
			zero = append(zero, s.reps[row].ID)
		}
	}
	limit := l.c.programs.caps[i].limit.Source()
	if len(unknown) > 0 {
		l.at(l.limitPath(i, path), Warning, CodeCapWithoutLimit,
			fmt.Sprintf("cap %q has no limit for %s, because %s has no value: they receive nothing that it counts: %s", c.Name, plural(len(unknown), "rep"), limit, few(unknown)),
			fmt.Sprintf("fill it in the roster, or say what stands in for it: (%s ?? 10)", limit))
		l.out[len(l.out)-1].Reps = unknown
	}
	if len(zero) > 0 {
		l.at(l.limitPath(i, path), Info, CodeCapOfZero,
			fmt.Sprintf("cap %q allows %s nothing that it counts: %s", c.Name, plural(len(zero), "rep"), few(zero)),
			"raise their limit if that is not meant")
		l.out[len(l.out)-1].Reps = zero
	}
}

// capNeverBinds tells of a cap that counts none of the customers, or whose
// limit they could not reach if one rep received them all.
func (l *linter) capNeverBinds(i int, path string) {
	s, c, seen := l.survey, &l.c.out.Caps[i], &l.survey.caps[i]
	switch {
	case len(seen.arrivals) == 0 && seen.excluded > 0:
		l.at(join(path, "only"), Warning, CodeCapNeverCounts,
			fmt.Sprintf("cap %q limits nothing: its only is true for none of the %s it could count", c.Name, plural(seen.excluded, "customer")),
			"compare how the cap and the customers write it")
	case len(seen.arrivals) == 0:
	default:
		least := int64(-1)
		for row := range s.active.All() {
			if limit := seen.limits[row]; limit >= 0 && (least < 0 || limit < least) {
				least = limit
			}
		}
		if most := l.mostAtOnce(i); least >= most {
			l.at(l.limitPath(i, path), Info, CodeCapNeverBinds,
				fmt.Sprintf("cap %q limits nobody here: its lowest limit is %s, and one rep who received all these customers would have %s", c.Name, count(int(least)), count(int(most))),
				"lower it if it should limit somebody, or check with as many customers as come in its period")
		}
	}
}

// mostAtOnce is what a rep who received every customer would have under a cap
// at the most: everything open at once, or all of one period.
func (l *linter) mostAtOnce(i int) int64 {
	c, arrivals := &l.c.out.Caps[i], slices.Clone(l.survey.caps[i].arrivals)
	if !c.Flow {
		var total int64
		for _, a := range arrivals {
			total += a.takes
		}
		return total
	}
	slices.SortFunc(arrivals, func(a, b capArrival) int { return a.at.Compare(b.at) })
	begins := l.periodBefore(c)
	most, from := 0, 0
	for to := range arrivals {
		for arrivals[from].at.Before(begins(arrivals[to].at)) {
			from++
		}
		most = max(most, to-from+1)
	}
	return int64(most)
}

// periodBefore is where the period of a flow cap begins that a moment lies
// in. A window in the reps' own zones is taken to be as long as any can be.
func (l *linter) periodBefore(c *allocation.Cap) func(time.Time) time.Time {
	zone, week := l.c.zone, l.c.out.WeekStarts
	if length, rolling := c.Per.Rolling(); rolling {
		return func(t time.Time) time.Time { return t.Add(1 - length) }
	}
	if c.RepZone {
		january := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
		longest := c.Per.End(january, time.UTC, week).Sub(c.Per.Start(january, time.UTC, week)) + 48*time.Hour
		return func(t time.Time) time.Time { return t.Add(-longest) }
	}
	return func(t time.Time) time.Time { return c.Per.Start(t, zone, week) }
}

package calendar_test

import (
	"os"
	"slices"
	"sort"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// This file holds the package against a reader of the local clock: somebody
// who looks at the clock of a zone from 1999 to 2038, and notes when it jumps
// and when another hour, day, week or month begins. What the reader knows comes
// from looking at time.Time; nothing of it from this package.

// sampleZones are read on every run; EVENHAND_ALL_ZONES=1 reads all.
var sampleZones = []string{
	"Europe/Berlin",
	"America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo", // no midnight
	"America/Havana",       // midnight twice
	"America/St_Johns",     // put back at 00:01, over midnight
	"Asia/Gaza",            // at 00:01, and for Ramadan
	"Pacific/Apia",         // 30 December 2011 was skipped
	"Pacific/Kiritimati",   // UTC+14
	"Australia/Lord_Howe",  // by half an hour
	"Antarctica/Troll",     // by two hours
	"Antarctica/Casey",     // by three hours, there and back
	"Africa/Casablanca",    // summer time but for Ramadan
	"America/Caracas",      // by half an hour, twice in all
	"Asia/Pyongyang",       // by half an hour, without summer time
	"Europe/Istanbul",      // gave summer time up
	"America/Scoresbysund", // changed its rules and its offset in one spring
	"Africa/Lagos", "UTC",  // never
}

func allZones() bool { return os.Getenv("EVENHAND_ALL_ZONES") != "" }

func zonesToRead() []string {
	if allZones() {
		return calendar.ZoneNames()
	}
	return sampleZones
}

// calendarWindow is one of the windows that the reader notes.
type calendarWindow struct {
	per        calendar.Per
	weekStarts time.Weekday
}

var calendarWindows = []calendarWindow{
	{calendar.Hour, 0}, {calendar.Day, 0}, {calendar.Month, 0},
	{calendar.Week, time.Sunday}, {calendar.Week, time.Monday}, {calendar.Week, time.Tuesday}, {calendar.Week, time.Wednesday},
	{calendar.Week, time.Thursday}, {calendar.Week, time.Friday}, {calendar.Week, time.Saturday},
}

const (
	hours = iota // in calendarWindows
	days
	months
	weeks // and the six that follow
)

// notes are what the reader of one zone's clock writes down, in Unix seconds.
type notes struct {
	jumps  []jump
	starts [10][]int64 // of each of calendarWindows, when one began
}

// jump is a change of what the clock is ahead of UTC. before is what it would
// have shown at the instant, after what it shows, both as seconds of a clock
// that never jumped since 1970.
type jump struct{ at, before, after int64 }

// shows is what the clock shows, as the seconds since 1970 of a clock that
// never jumped.
func shows(unix int64, loc *time.Location) int64 { return wallTime(time.Unix(unix, 0), loc).Unix() }

// read looks at every full hour of the clock and, when the clock does not show
// what an hour later should show, at every second in between.
func read(loc *time.Location) notes {
	var n notes
	from := time.Date(1999, 10, 15, 0, 0, 0, 0, time.UTC).Unix()
	until := time.Date(2038, 3, 1, 0, 0, 0, 0, time.UTC).Unix()
	at, showed := from, shows(from, loc)
	latest := showed
	var today, thisHour int64
	look := func(u, reading int64) {
		jumped := reading-showed != u-at
		if jumped {
			n.jumps = append(n.jumps, jump{u, showed + u - at, reading})
		}
		latest = max(latest, reading)
		if hour := reading / 3600; jumped || hour != thisHour {
			n.starts[hours] = append(n.starts[hours], u)
			thisHour = hour
		}
		if day := latest / 86400; day != today {
			n.newDay(u, today, day)
			today = day
		}
		at, showed = u, reading
	}
	for at < until {
		toHour := 3600 - showed%3600
		if reading := shows(at+toHour, loc); reading == showed+toHour {
			look(at+toHour, reading)
			continue
		}
		for before := len(n.jumps); len(n.jumps) == before; {
			look(at+1, shows(at+1, loc))
		}
	}
	return n
}

// newDay notes that another day has begun, and with it perhaps a week or a
// month: by going through the days since the last one as on a wall calendar.
func (n *notes) newDay(at, last, today int64) {
	n.starts[days] = append(n.starts[days], at)
	begun := map[int]bool{}
	for day := max(last+1, today-10); day <= today; day++ {
		date := time.Unix(day*86400, 0).UTC()
		begun[weeks+int(date.Weekday())] = true
		begun[months] = begun[months] || date.Day() == 1
	}
	for i, yes := range begun {
		if yes {
			n.starts[i] = append(n.starts[i], at)
		}
	}
}

// window is the noted window that contains an instant.
func (n *notes) window(i int, unix int64) (from, to int64) {
	next := sort.Search(len(n.starts[i]), func(k int) bool { return n.starts[i][k] > unix })
	return n.starts[i][next-1], n.starts[i][next]
}

// matters reports whether a jump is looked at closely: all are with all zones,
// otherwise the first of each kind (how far, at what time of day) in a zone.
func (n *notes) matters(i int) bool {
	if allZones() {
		return true
	}
	kind := func(j jump) [2]int64 { return [2]int64{j.after - j.before, j.before % 86400} }
	return slices.IndexFunc(n.jumps, func(j jump) bool { return kind(j) == kind(n.jumps[i]) }) == i
}

// TestEveryChangeOfTheClock: in every zone, around every change of the clock
// from 2000 to 2037, windows, shifts, time off and holidays are what the reader
// of the clock says.
func TestEveryChangeOfTheClock(t *testing.T) {
	var changed, windows, working atomic.Int64
	begin, end := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	t.Run("zone", func(t *testing.T) {
		for _, name := range zonesToRead() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				loc := mustZone(t, name)
				n := read(loc)
				n.checkTiling(t, loc, begin, end)
				for i, j := range n.jumps {
					if j.at < begin || j.at >= end || !n.matters(i) {
						continue
					}
					changed.Add(1)
					windows.Add(n.checkWindows(t, loc, j))
					working.Add(checkWorkingTime(t, loc, j))
					if t.Failed() {
						return
					}
				}
			})
		}
	})
	if changed.Load() == 0 {
		t.Error("no zone changes its clock, so nothing was tested")
	}
	t.Logf("%d zones, %d changes of the clock: %d (zone, change, instant, window) and %d (zone, change, instant, working time) cases",
		len(zonesToRead()), changed.Load(), windows.Load(), working.Load())
}

// checkTiling goes through every day, week and month from 2000 to 2037, and
// through the hours near changes: each begins where the one before ends, and
// where the reader noted it.
func (n *notes) checkTiling(t *testing.T, loc *time.Location, begin, end int64) {
	for i, w := range calendarWindows {
		starts := n.starts[i]
		for k := 1; k+1 < len(starts); k++ {
			from, to := starts[k], starts[k+1]
			if from < begin || from >= end || i == hours && !n.nearJump(from) {
				continue
			}
			at, next := time.Unix(from, 0), time.Unix(to, 0)
			if !w.per.Start(at, loc, w.weekStarts).Equal(at) || !w.per.End(at, loc, w.weekStarts).Equal(next) ||
				!w.per.Start(next.Add(-1), loc, w.weekStarts).Equal(at) || !w.per.End(next.Add(-1), loc, w.weekStarts).Equal(next) {
				t.Fatalf("windows tile time: the clock of %s has a %s from %s to %s, the package one from %s to %s, and at its end one from %s to %s", loc, w.per,
					at.In(loc), next.In(loc), w.per.Start(at, loc, w.weekStarts), w.per.End(at, loc, w.weekStarts),
					w.per.Start(next.Add(-1), loc, w.weekStarts), w.per.End(next.Add(-1), loc, w.weekStarts))
			}
		}
	}
}

// nearJump reports whether an instant is within 60 hours of a jump.
func (n *notes) nearJump(unix int64) bool {
	i := sort.Search(len(n.jumps), func(k int) bool { return n.jumps[k].at > unix-60*3600 })
	return i < len(n.jumps) && n.jumps[i].at < unix+60*3600
}

// checkWindows compares the windows of instants around a jump: the seconds at
// it, an hour away, and at the borders of every window around it.
func (n *notes) checkWindows(t *testing.T, loc *time.Location, j jump) (cases int64) {
	instants := []int64{j.at - 3600, j.at, j.at + 3600, j.at + j.after - j.before, j.at - j.after + j.before}
	for i := range calendarWindows {
		from, to := n.window(i, j.at-1)
		_, after := n.window(i, to)
		instants = append(instants, from, to, after)
	}
	for _, unix := range instants {
		for _, at := range []time.Time{time.Unix(unix-1, 0), time.Unix(unix, -1), time.Unix(unix, 0), time.Unix(unix+1, 0)} {
			for i, w := range calendarWindows {
				from, to := n.window(i, at.Unix())
				start, end := w.per.Start(at, loc, w.weekStarts), w.per.End(at, loc, w.weekStarts)
				if start.Unix() != from || end.Unix() != to || start.Nanosecond() != 0 || end.Nanosecond() != 0 {
					t.Errorf("the %s (weeks start on %s) of %s in %s goes by the clock from %s to %s, by the package from %s to %s", w.per, w.weekStarts,
						at.In(loc), loc, time.Unix(from, 0).In(loc), time.Unix(to, 0).In(loc), start, end)
					return cases
				}
				cases++
			}
			for _, p := range rollingPers {
				d, _ := p.Rolling()
				if start, end := p.Start(at, loc, time.Monday), p.End(at, loc, time.Monday); at.Sub(start) != d-1 || end.Sub(at) != d {
					t.Errorf("the last %s before %s in %s are elapsed time, whatever the clock does, and not from %s or until %s", p, at.In(loc), loc, start, end)
					return cases
				}
				cases++
			}
		}
	}
	return cases
}

var rollingPers = func() (pers []calendar.Per) {
	for _, text := range []string{"1h", "1d", "366d"} {
		p, err := calendar.ParsePer(text)
		if err != nil {
			panic(err)
		}
		pers = append(pers, p)
	}
	return pers
}()

// diary is what a reader of the clock who looks every minute for some days
// around a jump has seen: the latest reading so far, by minute.
type diary struct {
	from   int64
	latest []int64
}

const diaryHours = 54

func keepDiary(loc *time.Location, j jump) diary {
	d := diary{from: j.at - diaryHours*3600, latest: make([]int64, 2*diaryHours*60)}
	latest := shows(d.from-1, loc)
	for h := int64(1); h < 60; h++ { // an earlier jump may still matter
		latest = max(latest, shows(d.from-h*3600, loc))
	}
	for i := range d.latest {
		latest = max(latest, shows(d.from+int64(i)*60, loc))
		d.latest[i] = latest
	}
	return d
}

// local is a stretch of local time that somebody wrote down. It has begun when
// the clock has shown its first second or a later one, and is over when the
// clock has shown its end or later.
type local struct{ from, to int64 }

// during reports by minute whether the clock is in one of the stretches.
func (d diary) during(stretches []local) []bool {
	type border struct{ at, inside int64 }
	var borders []border
	for _, s := range stretches {
		borders = append(borders, border{s.from, 1}, border{s.to, -1})
	}
	slices.SortFunc(borders, func(a, b border) int { return int(a.at - b.at) })
	in := make([]bool, len(d.latest))
	var inside int64
	for i, latest := range d.latest {
		for len(borders) > 0 && borders[0].at <= latest {
			inside += borders[0].inside
			borders = borders[1:]
		}
		in[i] = inside > 0
	}
	return in
}

// shiftsAround writes the shifts of the days around a jump down, day by day.
func shiftsAround(shifts []calendar.Shift, around int64) (all []local) {
	for day := around/86400 - 8; day < around/86400+8; day++ {
		for _, s := range shifts {
			if !slices.Contains(s.Days, time.Unix(day*86400, 0).UTC().Weekday()) {
				continue
			}
			from, to := day*86400+int64(s.From)*60, day*86400+int64(s.To)*60
			if s.To <= s.From {
				to += 86400
			}
			all = append(all, local{from, to})
		}
	}
	return all
}

// roster is working time in two forms: as the package has it, and as somebody
// wrote it down.
type roster struct {
	what     string
	spec     calendar.Spec
	holidays []local
	timeOff  []local
	off      []calendar.Span // time off that was given as instants
}

// rosters are working times to which a jump matters.
func rosters(loc *time.Location, j jump) []roster {
	week := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	clock := func(reading int64) calendar.TimeOfDay { return calendar.TimeOfDay(reading % 86400 / 60) }
	shift := func(from, to calendar.TimeOfDay, days ...time.Weekday) calendar.Shift {
		if len(days) == 0 {
			days = week
		}
		return calendar.Shift{Days: days, From: from % calendar.EndOfDay, To: to}
	}
	low, high := min(j.before, j.after), max(j.before, j.after) // what was skipped, or shown twice
	middle := low + (high-low)/120*60
	today := time.Unix(low/86400*86400, 0).UTC()
	office := []calendar.Shift{shift(9*60, 17*60, 1, 2, 3, 4, 5), shift(23*60+30, 30)}
	night := shift(22*60, 6*60)
	wholeDay := func(t time.Time) local { return local{t.Unix(), t.Unix() + 86400} }

	list := []roster{
		{what: "just what is skipped or shown twice", spec: calendar.Spec{Shifts: []calendar.Shift{shift(clock(low), clock(high))}}},
		{what: "within what is skipped or shown twice", spec: calendar.Spec{Shifts: []calendar.Shift{shift(clock(low+600), clock(high-600))}}},
		{what: "until its middle", spec: calendar.Spec{Shifts: []calendar.Shift{shift(clock(low-3600), clock(middle))}}},
		{what: "from its middle", spec: calendar.Spec{Shifts: []calendar.Shift{shift(clock(middle), clock(high+3600))}}},
		{what: "until its middle, and from there", spec: calendar.Spec{Shifts: []calendar.Shift{
			shift(clock(middle-1800), clock(middle)), shift(clock(middle+60), clock(middle+1860))}}},
		{what: "over midnight", spec: calendar.Spec{Shifts: []calendar.Shift{night}}},
		{what: "the day of the jump", spec: calendar.Spec{Shifts: []calendar.Shift{shift(0, calendar.EndOfDay, today.Weekday())}}},
		{what: "24 hours from the jump", spec: calendar.Spec{Shifts: []calendar.Shift{shift(clock(low), clock(low), today.Weekday(), today.AddDate(0, 0, -1).Weekday())}}},
		{what: "office hours, and half an hour on both sides of midnight", spec: calendar.Spec{Shifts: office}},
		{what: "time off for some hours, given as instants", spec: calendar.Spec{Shifts: office}},
		{what: "a day off", spec: calendar.Spec{Shifts: []calendar.Shift{night}}},
		{what: "time off until the jump", spec: calendar.Spec{}},
		{what: "a holiday", spec: calendar.Spec{Shifts: []calendar.Shift{night}}},
	}
	n := len(list)
	list[n-4].off = []calendar.Span{{From: time.Unix(j.at-5400, 0), To: time.Unix(j.at+5400, 0)}}
	list[n-4].spec.TimeOff = list[n-4].off
	list[n-3].spec.TimeOff = mustSpans(today.Format(time.DateOnly), loc)
	list[n-3].timeOff = []local{wholeDay(today)}
	text := today.AddDate(0, 0, -1).Format(time.DateOnly) + ".." + time.Unix(middle, 0).UTC().Format("2006-01-02T15:04")
	list[n-2].spec.TimeOff = mustSpans(text, loc)
	list[n-2].timeOff = []local{{today.Unix() - 86400, middle}}
	tomorrow := today.AddDate(0, 0, 1)
	list[n-1].spec.Holidays = []calendar.Date{calendar.DateOf(today), calendar.DateOf(tomorrow)}
	list[n-1].holidays = []local{wholeDay(today), wholeDay(tomorrow)}
	for i := range list {
		list[i].spec.Zone = loc
	}
	return list
}

func mustSpans(text string, loc *time.Location) []calendar.Span {
	spans, err := calendar.ParseSpans(text, loc)
	if err != nil {
		panic(err)
	}
	return spans
}

// checkWorkingTime compares who works when, minute by minute for some days
// around a jump, by way of all changes that there are.
func checkWorkingTime(t *testing.T, loc *time.Location, j jump) (cases int64) {
	if j.at%60 != 0 {
		t.Fatalf("%s: the jump at %d is within a minute, and a reader who looks every minute misses it", loc, j.at)
	}
	d := keepDiary(loc, j)
	for _, r := range rosters(loc, j) {
		working := d.during(shiftsAround(r.spec.Shifts, j.after))
		away := d.during(append(slices.Clone(r.holidays), r.timeOff...))
		for i := range d.latest {
			at := time.Unix(d.from+int64(i)*60, 0)
			away[i] = away[i] || slices.ContainsFunc(r.off, func(s calendar.Span) bool { return s.Contains(at) })
			working[i] = !away[i] && (working[i] || len(r.spec.Shifts) == 0)
		}
		c := mustNew(t, r.spec)
		next := time.Time{}
		for i := range d.latest {
			at := time.Unix(d.from+int64(i)*60, 0)
			changes := i > 0 && (working[i] != working[i-1] || away[i] != away[i-1])
			if i > 0 && changes != next.Equal(at) {
				t.Fatalf("%s, %s: by the clock somebody comes or goes at %s: %v; by NextChange the next time is %s", loc, r.what, at.In(loc), changes, next)
			}
			near := max(at.Unix()-j.at, j.at-at.Unix())
			if !changes && i > 0 && near > 60 && near != 3600 && i%240 != 0 {
				continue // as it was: NextChange has said so
			}
			for _, u := range []time.Time{at, at.Add(time.Second), at.Add(time.Minute - 1)} {
				cases++
				if c.OnShift(u) != working[i] || c.Away(u) != away[i] {
					t.Fatalf("%s, %s: at %s he is by the clock on shift: %v, away: %v; by the package %v, %v", loc, r.what, u.In(loc),
						working[i], away[i], c.OnShift(u), c.Away(u))
				}
				upcoming, ok := c.NextChange(u)
				if next = upcoming; !ok {
					next = time.Time{}
				}
			}
		}
	}
	return cases
}

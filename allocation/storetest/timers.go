package storetest

import (
	"fmt"
	"math"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// setTimers sets timers without appending an entry.
func (f *fixture) setTimers(desk string, timers ...allocation.Timer) {
	f.Helper()
	f.update(desk, func(allocation.Head) allocation.Batch { return allocation.Batch{Timers: timers} })
}

func timersMove(f *fixture) {
	noon := morning.Add(3 * time.Hour)
	timer := func(name string, at time.Time) allocation.Timer {
		return allocation.Timer{Desk: "acme", Name: name, At: at}
	}
	due := func(promise string, at time.Time, want ...allocation.Timer) {
		f.Helper()
		got := f.due(at, math.MaxInt)
		if len(want) == 0 && len(got) == 0 {
			return
		}
		same(f, promise, want, got)
	}
	due("a store without timers has none due", farAway)
	f.setTimers("acme", allocation.Timer{Desk: "ignored", Name: "shift", At: noon})
	due("a timer is due at its time, under the desk it was set for", noon, timer("shift", noon))
	due("a timer is due after its time", noon.Add(1), timer("shift", noon))
	due("a timer is not due a microsecond early", noon.Add(-time.Microsecond))
	due("a timer is not due a nanosecond early", noon.Add(-1))
	f.setTimers("acme", timer("shift", noon.Add(time.Microsecond)))
	due("a timer set again has moved", noon)
	due("a moved timer is due at its new time", farAway, timer("shift", noon.Add(time.Microsecond)))
	f.setTimers("acme", timer("shift", morning))
	due("a timer can move to an earlier time", noon, timer("shift", morning))
	f.setTimers("acme", allocation.Timer{Name: "shift"}, allocation.Timer{Name: "never set"})
	due("a cancelled timer is not due, and cancelling what is not there does nothing", farAway)
	f.setTimers("acme", timer("a", noon), timer("a", morning), timer("b", noon), allocation.Timer{Name: "b"}, allocation.Timer{Name: "c"}, timer("c", noon))
	due("within a batch the last mention of a timer counts", farAway, timer("a", morning), timer("c", noon))
	f.setTimers("acme", allocation.Timer{Name: "a", At: noon.In(time.FixedZone("east", 3_600))})
	due("a time told in another zone is the same time", farAway, timer("a", noon), timer("c", noon))
	same(f, "timers alone append no entry", allocation.Head{}, f.head("acme"))

	early := time.Date(1, 1, 1, 0, 0, 0, 1_000, time.UTC)
	late := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	f.setTimers("acme", timer("a", early), timer("c", late))
	due("the earliest and the latest time come back in order", late, timer("a", early), timer("c", late))
	due("a time after the year 9999 is after every timer", late.AddDate(1, 0, 0), timer("a", early), timer("c", late))
	due("the zero time is before every timer", time.Time{})
}

func dueOrder(f *fixture) {
	// Names whose order differs between bytes, letters and languages.
	names := []string{"", "B", "a", "a/b", "ab", "b", "z", "ä", "客"}
	var want []allocation.Timer
	for hour := range 3 {
		for _, desk := range names {
			for _, name := range names {
				want = append(want, allocation.Timer{Desk: desk, Name: fmt.Sprint(hour, name), At: morning.Add(time.Duration(hour) * time.Hour)})
			}
		}
	}
	for i := range want { // set in an order that is none of those promised
		t := want[(i*100+7)%len(want)]
		f.setTimers(t.Desk, t)
	}
	same(f, "Due is ordered by time, then desk, then name, byte for byte", want, f.due(farAway, math.MaxInt))
	same(f, "Due leaves out what is later", want[:81], f.due(morning.Add(time.Hour-1), math.MaxInt))
	for _, limit := range []int{1, 2, 80, 82, len(want), len(want) + 1} {
		same(f, fmt.Sprintf("Due yields the first %d", limit), want[:min(limit, len(want))], f.due(farAway, limit))
	}
	for _, limit := range []int{0, -1} {
		same(f, fmt.Sprintf("Due with limit %d yields none", limit), 0, len(f.due(farAway, limit)))
	}
}

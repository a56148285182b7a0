package allocation

import "time"

// alarms keeps, for some rows, the moment at which to look at each again: a
// heap by time. Cost: O(log rows) to set or take one; 12 bytes a row.
type alarms struct {
	heap  []int32 // rows, soonest first
	place []int32 // by row: 1 + its place in the heap, 0 without an alarm
	at    []int64 // by row: Unix microseconds
}

// microCeil is the first microsecond at or after an instant: the desk's times
// have no finer one, and an alarm must not ring before there is something new.
func microCeil(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// set gives a row an alarm in place of the one it had.
func (a *alarms) set(row int, at int64) {
	for row >= len(a.place) {
		a.place, a.at = append(a.place, 0), append(a.at, 0)
	}
	a.at[row] = at
	if a.place[row] == 0 {
		a.heap = append(a.heap, int32(row))
		a.place[row] = int32(len(a.heap))
	}
	i := int(a.place[row]) - 1
	a.up(i)
	a.down(int(a.place[row]) - 1)
}

// stop takes a row's alarm away.
func (a *alarms) stop(row int) {
	if row >= len(a.place) || a.place[row] == 0 {
		return
	}
	i, last := int(a.place[row])-1, len(a.heap)-1
	a.swap(i, last)
	a.heap = a.heap[:last]
	a.place[row] = 0
	if i < last {
		moved := a.heap[i]
		a.up(i)
		a.down(int(a.place[moved]) - 1)
	}
}

// due takes a row whose alarm is at or before a moment.
func (a *alarms) due(now int64) (row int, ok bool) {
	if len(a.heap) == 0 || a.at[a.heap[0]] > now {
		return 0, false
	}
	row = int(a.heap[0])
	a.stop(row)
	return row, true
}

func (a *alarms) clear() {
	a.heap = a.heap[:0]
	clear(a.place)
}

func (a *alarms) swap(i, j int) {
	h := a.heap
	h[i], h[j] = h[j], h[i]
	a.place[h[i]], a.place[h[j]] = int32(i+1), int32(j+1)
}

func (a *alarms) before(i, j int) bool { return a.at[a.heap[i]] < a.at[a.heap[j]] }

func (a *alarms) up(i int) {
	for i > 0 && a.before(i, (i-1)/2) {
		a.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (a *alarms) down(i int) {
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(a.heap); child++ {
			if a.before(child, first) {
				first = child
			}
		}
		if first == i {
			return
		}
		a.swap(i, first)
		i = first
	}
}

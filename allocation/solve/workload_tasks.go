package solve

import (
	"math"
	"slices"
)

// tasks is a workload as the search wants it: to be made cheap, with staying
// unassigned as one more rep, who has room for everybody.
type tasks struct {
	start    []int32 // pairs of each customer, as in Workload
	rep      []int32
	cost     []int64
	effort   []int64
	capacity []int64 // of each rep; the last one is nobody
}

func newTasks(w *Workload) *tasks {
	n := w.Customers()
	t := &tasks{start: make([]int32, 1, n+1), capacity: append(slices.Clone(w.Capacity), math.MaxInt64/4)}
	for i := range n {
		for e := w.Start[i]; e < w.Start[i+1]; e++ {
			t.rep, t.cost, t.effort = append(t.rep, w.Rep[e]), append(t.cost, -w.Score[e]), append(t.effort, w.Effort[e])
		}
		if u := w.unassigned(i); u != Never {
			t.rep, t.cost, t.effort = append(t.rep, int32(w.Reps())), append(t.cost, -u), append(t.effort, 0)
		}
		t.start = append(t.start, int32(len(t.rep)))
	}
	return t
}

func (t *tasks) customers() int { return len(t.start) - 1 }

package solve

import (
	"context"
	"math"
	"slices"
)

// tasks is a workload as the search wants it: to be made cheap, with staying
// unassigned as one more rep, who has room for everybody.
type tasks struct {
	start    []int32 // pairs of each customer, as in Workload
	rep      []int32
	owner    []int32 // the customer of each pair
	cost     []int64
	effort   []int64
	capacity []int64 // of each rep; the last one is nobody

	// stopped is asked wherever much work begins. What is half done then is
	// dropped, or is of use as it is.
	stopped func() bool
}

func newTasks(ctx context.Context, w *Workload) *tasks {
	n := w.Customers()
	t := &tasks{start: make([]int32, 1, n+1), capacity: append(slices.Clone(w.Capacity), math.MaxInt64/4),
		stopped: func() bool { return ctx.Err() != nil }}
	for i := range n {
		for e := w.Start[i]; e < w.Start[i+1]; e++ {
			t.rep, t.cost, t.effort = append(t.rep, w.Rep[e]), append(t.cost, -w.Score[e]), append(t.effort, w.Effort[e])
		}
		if u := w.unassigned(i); u != Never {
			t.rep, t.cost, t.effort = append(t.rep, int32(w.Reps())), append(t.cost, -u), append(t.effort, 0)
		}
		t.start = append(t.start, int32(len(t.rep)))
		for len(t.owner) < len(t.rep) {
			t.owner = append(t.owner, int32(i))
		}
	}
	return t
}

func (t *tasks) customers() int { return len(t.start) - 1 }

// nobody is the number of the rep who stands for staying unassigned.
func (t *tasks) nobody() int32 { return int32(len(t.capacity) - 1) }

// mayStay reports whether a customer may stay unassigned; that is then the last
// of his pairs.
func (t *tasks) mayStay(customer int32) bool {
	return t.rep[t.start[customer+1]-1] == t.nobody()
}

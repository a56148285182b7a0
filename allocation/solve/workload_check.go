package solve

import "fmt"

// solution puts the best of a search and its bound together.
func (s *chains) solution(w *Workload, b *workBound, price []float64, rounds int) *WorkloadSolution {
	out := &WorkloadSolution{
		Rep: make([]int32, len(s.best)), Total: -s.bestCost, Load: make([]int64, w.Reps()),
		Bound: b.total(), Worth: b.best, Price: price[:w.Reps()], Rounds: rounds,
	}
	for i, pair := range s.best {
		r := s.rep[pair]
		if int(r) == w.Reps() {
			out.Rep[i] = Unassigned
			continue
		}
		out.Rep[i] = r
		out.Load[r] += s.effort[pair]
	}
	return out
}

// Check verifies a solution without looking at how it was found: that everybody
// is with a rep he may go to, that no capacity is passed, that Total and Load
// are right, and that Worth proves Bound. Errors match ErrCertificate. Cost:
// O(pairs × the largest capacity, at most 4,096).
func (s *WorkloadSolution) Check(w *Workload) error {
	if len(s.Rep) != w.Customers() || len(s.Worth) != w.Customers() || len(s.Load) != w.Reps() {
		return &Error{Kind: ErrCertificate, Detail: "it is the solution of another workload"}
	}
	total, load := int64(0), make([]int64, w.Reps())
	for i, r := range s.Rep {
		if r == Unassigned {
			if w.unassigned(i) == Never {
				return &Error{Kind: ErrCertificate, Customers: []int{i}, Detail: fmt.Sprintf("customer %d is unassigned and must not be", i)}
			}
			total += w.unassigned(i)
			continue
		}
		e := w.pair(i, r)
		if e < 0 {
			return &Error{Kind: ErrCertificate, Customers: []int{i}, Reps: []int{int(r)}, Detail: fmt.Sprintf("customer %d may not go to rep %d", i, r)}
		}
		total += w.Score[e]
		load[r] += w.Effort[e]
	}
	for r := range load {
		if load[r] > w.Capacity[r] || load[r] != s.Load[r] {
			return &Error{Kind: ErrCertificate, Reps: []int{r}, Detail: fmt.Sprintf("rep %d has %d of %d, and Load says %d", r, load[r], w.Capacity[r], s.Load[r])}
		}
	}
	if total != s.Total {
		return &Error{Kind: ErrCertificate, Detail: fmt.Sprintf("the scores sum up to %d, not to %d", total, s.Total)}
	}
	if bound := w.boundOf(s.Worth); bound > s.Bound || s.Bound < s.Total {
		return &Error{Kind: ErrCertificate, Detail: fmt.Sprintf("the worths prove a bound of %d, not of %d", bound, s.Bound)}
	}
	return nil
}

func (w *Workload) pair(customer int, rep int32) int {
	for e := w.Start[customer]; e < w.Start[customer+1]; e++ {
		if w.Rep[e] == rep {
			return e
		}
	}
	return -1
}

// boundOf is the bound that worths prove: their sum, what staying unassigned
// adds to them, and each rep's best by a plain knapsack.
func (w *Workload) boundOf(worth []int64) int64 {
	sum := int64(0)
	best := make([][]int64, w.Reps()) // by effort used, in steps of the grid
	for r, c := range w.Capacity {
		best[r] = make([]int64, c/gridOf(c)+1)
	}
	for i, x := range worth {
		sum += x
		if u := w.unassigned(i); u != Never {
			sum += max(0, u*WorthScale-x)
		}
		for e := w.Start[i]; e < w.Start[i+1]; e++ {
			gain, r := w.Score[e]*WorthScale-x, w.Rep[e]
			effort := int(w.Effort[e] / gridOf(w.Capacity[r]))
			for used := len(best[r]) - 1; gain > 0 && used >= effort; used-- {
				best[r][used] = max(best[r][used], best[r][used-effort]+gain)
			}
		}
	}
	for r := range best {
		sum += best[r][len(best[r])-1]
	}
	return floorDiv(sum, WorthScale)
}

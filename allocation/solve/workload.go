package solve

import (
	"context"
	"fmt"
	"math"
)

// Workload is a problem in which customers take different amounts of a rep's
// capacity, and a customer of one rep another amount than of the next: hours
// that depend on the road, the language, the experience. Each customer goes to
// one rep whole, or stays unassigned. It is known as the generalized assignment
// problem; no quick way is known to solve it exactly, and SolveWorkload says how
// far its allocation can be from the best.
//
// Customers and reps are numbered from 0. A workload is only read.
type Workload struct {
	// Start delimits the pairs of each customer: customer i may go to the
	// reps Rep[Start[i]:Start[i+1]] and to no other. It has one entry more
	// than there are customers; the first is 0 and the last is len(Rep).
	Start []int

	// Rep holds the eligible reps of each customer, ascending.
	Rep []int32

	// Score is what each pair is worth, between ±2^40.
	Score []int64

	// Effort is what each pair takes of the rep's capacity, from 0 to 2^30.
	Effort []int64

	// Unassigned is what leaving a customer unassigned is worth, Never to
	// forbid it. Defaults to 0 for each.
	Unassigned []int64

	// Capacity is the effort that each rep has to give, from 0 to 2^40.
	Capacity []int64
}

// Append adds a customer who may go to the given reps, ascending, with a score
// and an effort each.
func (w *Workload) Append(reps []int32, scores, efforts []int64) {
	if len(w.Start) == 0 {
		w.Start = append(w.Start, 0)
	}
	w.Rep, w.Score, w.Effort = append(w.Rep, reps...), append(w.Score, scores...), append(w.Effort, efforts...)
	w.Start = append(w.Start, len(w.Rep))
}

// Customers returns the number of customers.
func (w *Workload) Customers() int { return max(0, len(w.Start)-1) }

// Reps returns the number of reps.
func (w *Workload) Reps() int { return len(w.Capacity) }

func (w *Workload) unassigned(customer int) int64 {
	if w.Unassigned == nil {
		return 0
	}
	return w.Unassigned[customer]
}

// Limits on the numbers of a workload, so that no sum leaves 64 bits.
const (
	maxWorkScore    = 1 << 40
	maxWorkEffort   = 1 << 30
	maxWorkCapacity = 1 << 40
	maxWorkSum      = 1 << 50 // customers × the largest score
)

func (w *Workload) check() error {
	p := Problem{Start: w.Start, Rep: w.Rep, Score: w.Score, Unassigned: w.Unassigned, Max: w.Capacity}
	if err := p.checkLengths(); err != nil {
		return err
	}
	if len(w.Effort) != len(w.Rep) {
		return &Error{Kind: ErrInput, Detail: fmt.Sprintf("%d pairs but %d in Effort", len(w.Rep), len(w.Effort))}
	}
	largest := int64(1)
	for i := range w.Customers() {
		from, to := w.Start[i], w.Start[i+1]
		if err := checkCustomer(i, w.Rep[from:to], 0, w.Reps()); err != nil {
			return err
		}
		if w.unassigned(i) == Never && from == to {
			return &Error{Kind: ErrInfeasible, Customers: []int{i}, Detail: fmt.Sprintf("customer %d must be placed, and may go to nobody", i)}
		}
		for e := from; e < to; e++ {
			if s, effort := w.Score[e], w.Effort[e]; s > maxWorkScore || s < -maxWorkScore || effort < 0 || effort > maxWorkEffort {
				return &Error{Kind: ErrTooLarge, Customers: []int{i}, Reps: []int{int(w.Rep[e])},
					Detail: fmt.Sprintf("customer %d with rep %d has score %d and effort %d; scores are within ±2^40, efforts from 0 to 2^30", i, w.Rep[e], s, effort)}
			}
			largest = max(largest, w.Score[e], -w.Score[e])
		}
		if u := w.unassigned(i); u != Never {
			if u > maxWorkScore || u < -maxWorkScore {
				return &Error{Kind: ErrTooLarge, Customers: []int{i}, Detail: fmt.Sprintf("customer %d is worth %d unassigned; at most ±2^40", i, u)}
			}
			largest = max(largest, u, -u)
		}
	}
	if n := int64(w.Customers()); n > 0 && largest > maxWorkSum/n {
		return &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("%d customers with scores up to %d; their product may be at most 2^50", n, largest), Maybe: "divide all scores by the same number, and round"}
	}
	for r, c := range w.Capacity {
		if c < 0 || c > maxWorkCapacity {
			return &Error{Kind: ErrInput, Reps: []int{r}, Detail: fmt.Sprintf("rep %d has a capacity of %d; from 0 to 2^40", r, c)}
		}
	}
	return nil
}

// WorkloadOptions are how long and where to look.
type WorkloadOptions struct {
	// Rounds is how often the allocation is disturbed and mended again; between
	// them, large parts of the best one are placed anew. More rounds give a better
	// allocation or the same. Defaults to 2,000; with a deadline in the context it
	// can be as large as one likes.
	Rounds int

	// Seed picks the disturbances. The same workload, rounds and seed give the
	// same allocation, on any machine.
	Seed uint64

	// Progress is called now and then on the solving goroutine.
	Progress func(WorkloadProgress)
}

// WorkloadProgress says how far SolveWorkload is.
type WorkloadProgress struct {
	Rounds int
	Found  bool  // whether any allocation that keeps the capacities was found
	Total  int64 // of the best so far
	Bound  int64 // no allocation is worth more
}

// WorkloadSolution is an allocation and the proof of how good it is.
type WorkloadSolution struct {
	Rep   []int32 // of each customer, or Unassigned
	Total int64   // sum of the scores, what staying unassigned is worth included
	Load  []int64 // effort of each rep

	// Bound is what no allocation exceeds: Total = Bound proves this one
	// optimal. It follows from Worth, see Check.
	Bound int64
	Worth []int64 // of each customer, in 1/WorthScale of a score

	// Price is about what one more unit of each rep's capacity would add, in
	// scores: a guide, not a proof.
	Price []float64

	Rounds int // done
}

// Gap is how much more than Total an allocation could be worth at most, as a
// share of Bound; 0 when this one is proved optimal.
func (s *WorkloadSolution) Gap() float64 {
	if s.Total == s.Bound {
		return 0
	}
	return float64(s.Bound-s.Total) / math.Max(1, math.Abs(float64(s.Bound)))
}

// progressEvery is after how many rounds progress is told.
const progressEvery = 20

// WorthScale is how finely Worth is divided.
const WorthScale = 256

// SolveWorkload looks for the allocation with the largest total in which no
// rep's effort is over his capacity, and returns the best it found with a bound
// that no allocation exceeds.
//
// It ends after the rounds, when the allocation is proved optimal, or, within
// some ten milliseconds, when the context is done: then it returns what it has,
// and no error. Errors are
// *Error: ErrInput, ErrTooLarge, ErrInfeasible when a customer can go nowhere,
// ErrNotFound when no allocation was found, which does not prove that there is
// none. Where customers may stay unassigned there always is one.
//
// The way: prices of the capacities by tâtonnement; local search by shifts and
// ejection chains guided by these prices, with penalties for what is over a
// capacity (M. Yagiura, T. Ibaraki and F. Glover, "An ejection chain approach for
// the generalized assignment problem", INFORMS Journal on Computing 16, 2004),
// where a chain is followed only while it gains and the penalties begin soft and
// harden slowly, again and again; the bound by Lagrangian relaxation into a
// knapsack for each rep (M. L. Fisher, R. Jaikumar and L. N. Van Wassenhove, "A
// multiplier adjustment method for the generalized assignment problem",
// Management Science 32, 1986); and most of the time dives into this relaxation
// with a part of the best allocation fixed, see dive. Cost of a round, with its
// share of dives: from some ten microseconds to ten milliseconds. Memory: about
// 150 bytes a pair.
func SolveWorkload(ctx context.Context, w *Workload, o WorkloadOptions) (*WorkloadSolution, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	if o.Rounds == 0 {
		o.Rounds = 2000
	}
	t := newTasks(ctx, w)
	prices := t.prices()
	s := newChains(t, prices, o.Seed)
	s.begin()
	b := newWorkBound(t, prices)
	b.improve(s.bestCost, s.found())
	d := newDive(s)

	rounds := 0
	for ; rounds < o.Rounds && !t.stopped() && !(s.found() && b.total() == -s.bestCost); rounds++ {
		s.round()
		if !b.ready() || b.done() < (s.done()+d.done())/boundShare {
			b.improve(s.bestCost, s.found())
		}
		if b.ready() && d.done() < s.done()*diveShare {
			d.dive(b.best)
		}
		if rounds%progressEvery == 0 && o.Progress != nil {
			o.Progress(WorkloadProgress{rounds, s.found(), -s.bestCost, b.total()})
		}
	}
	if !s.found() {
		return nil, &Error{Kind: ErrNotFound, Detail: fmt.Sprintf("after %d rounds the best allocation is still %d over capacities", rounds, s.over),
			Maybe: "allow customers to stay unassigned at a price, raise capacities, or look for longer"}
	}
	return s.solution(w, b, prices, rounds), nil
}

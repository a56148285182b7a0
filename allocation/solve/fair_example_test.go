package solve_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/evenhand/evenhand/allocation/solve"
)

// Twelve leads came in overnight. Ana has twice the weight of Bo and Cy, and
// every third lead speaks French, as only Bo and Cy do. Who reads the list down
// to any line finds everybody within one lead of what he was entitled to.
func ExampleSequence() {
	const ana, bo, cy = 0, 1, 2
	e := &solve.Entitlements{Weight: []int64{2, 1, 1}}
	for i := range 12 {
		if i%3 == 2 {
			e.Append(bo, cy)
		} else {
			e.Append(ana, bo, cy)
		}
	}
	reps, err := solve.Sequence(context.Background(), e, solve.Options{})
	fmt.Println(reps, err)
	got := make([]int, 3)
	for _, r := range reps {
		got[r]++
	}
	// Ana is entitled to half of 8 leads; Bo and Cy to a quarter of 8 and half of 4.
	fmt.Println("got:", got, "fair at every line:", solve.CheckSequence(e, reps) == nil)

	reps[0], reps[1] = cy, cy
	fmt.Println(solve.CheckSequence(e, reps))
	// Output:
	// [0 1 2 0 1 2 0 1 2 0 1 2] <nil>
	// got: [4 4 4] fair at every line: true
	// solve: the certificate does not hold: after customer 1 rep 0 has had 0, and is entitled to 1 to 1
}

// The same promise, and the most value that it leaves: the second customer would
// be worth more with the first rep, who has just had one.
func ExampleSolveSequence() {
	e := &solve.Entitlements{Weight: []int64{1, 1}}
	var scores []int64
	for _, s := range [][]int64{{9, 1}, {8, 2}, {7, 6}, {3, 9}} {
		e.Append(0, 1)
		scores = append(scores, s...)
	}
	f, err := solve.SolveSequence(context.Background(), e, scores, solve.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Rep, f.Total, "proved:", solve.Check(f.Turns, f.Solution) == nil)
	// Output: [0 1 0 1] 27 proved: true
}

// A book of accounts is given up, and two reps pick from it in turns. Ana, who
// has room for twice as much, picks twice as often.
func ExamplePick() {
	p := &solve.Problem{Max: []int64{9, 9}}
	for _, scores := range [][]int64{{90, 80}, {70, 75}, {60, 10}, {40, 35}, {20, 30}, {10, 15}} {
		p.Append([]int32{0, 1}, scores)
	}
	weight := []int64{2, 1}
	picked, err := solve.Pick(context.Background(), p, solve.Picking{Weight: weight})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("picked:", picked.Picks, "by rep:", picked.Rep)
	fmt.Println("nobody envies by more than one:", solve.CheckEnvy(p, picked.Rep, weight) == nil)
	fmt.Println(solve.CheckEnvy(p, []int32{0, 0, 0, 0, 0, 1}, weight))
	// Output:
	// picked: [0 1 2 3 4 5] by rep: [0 1 0 0 1 0]
	// nobody envies by more than one: true
	// solve: the certificate does not hold: rep 1, who values his own at 15 with weight 1, envies rep 0, whose he values at 150 with weight 2, the best one left out
}

// Ana closes best, so the best allocation gives her everything. Keeping within one
// account of what each is entitled to costs 15, and it is Ana's limit that costs
// it: one account more for her would bring at most 10.
func ExampleSolveEntitled() {
	p := &solve.Problem{Max: []int64{6, 6, 6}}
	for _, scores := range [][]int64{{90, 60, 50}, {80, 70, 75}, {70, 60, 20}, {60, 55, 10}, {50, 35, 30}, {40, 30, 35}} {
		p.Append([]int32{0, 1, 2}, scores)
	}
	e, err := solve.SolveEntitled(context.Background(), p, solve.Limit{Within: 1}, solve.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("from", e.Limited.Min, "to", e.Limited.Max, "each")
	fmt.Println("without a limit:", e.Unlimited.Rep, e.Unlimited.Total)
	fmt.Println("within it:", e.Solution.Rep, e.Solution.Total, "lost:", e.Lost, "cost of each limit:", e.Cost)
	// Output:
	// from [1 1 1] to [3 3 3] each
	// without a limit: [0 0 0 0 0 0] 390
	// within it: [0 2 0 1 0 2] 375 lost: 15 cost of each limit: [10 0 0]
}

// Ana has room for two only, and is entitled to half of ten.
func ExampleSmallestWithin() {
	p := &solve.Problem{Max: []int64{2, 10}, Unassigned: slices.Repeat([]int64{solve.Never}, 10)}
	for range 10 {
		p.Append([]int32{0, 1}, []int64{1, 1})
	}
	_, err := solve.SolveEntitled(context.Background(), p, solve.Limit{Within: 1}, solve.Options{})
	fmt.Println(err)
	within, err := solve.SmallestWithin(context.Background(), p, solve.Limit{}, solve.Options{})
	fmt.Println("smallest:", within, err)
	// Output:
	// solve: no allocation is possible: rep 0, with minimum 0 and maximum 2, would have to get at least 4 and at most 2 to be within 1 of his entitlement
	// Maybe allow within 3 of the entitlement, the smallest limit with an allocation
	// smallest: 3 <nil>
}

// Nine requests, three reps, and only who speaks the language may answer. Bo
// cannot have more than two, whatever is done; the others share the rest evenly.
func ExampleLevel() {
	const ana, bo, cy = 0, 1, 2
	p := &solve.Problem{Max: []int64{9, 9, 9}}
	for range 7 {
		p.Append([]int32{ana, cy}, []int64{0, 0})
	}
	p.Append([]int32{ana, bo}, []int64{0, 0})
	p.Append([]int32{bo, cy}, []int64{0, 0})
	l, err := solve.Level(context.Background(), p, nil, solve.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("loads:", l.Load, "proved:", solve.CheckLevel(p, l.Rep, nil) == nil)
	// Output: loads: [4 2 3] proved: true
}

package solve_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/evenhand/evenhand/allocation/solve"
)

// Three customers want the best closer, who has one place. Her price answers
// everybody who did not get her.
func ExampleSolve() {
	const ana, bo = 0, 1
	p := &solve.Problem{Max: []int64{1, 3}}
	p.Append([]int32{ana, bo}, []int64{90, 60}) // steel works
	p.Append([]int32{ana, bo}, []int64{80, 30}) // bakery
	p.Append([]int32{ana, bo}, []int64{70, 50}) // school

	s, err := solve.Solve(context.Background(), p, solve.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("reps:", s.Rep, "total:", s.Total, "prices:", s.Price)
	fmt.Println("proved:", solve.Check(p, s) == nil)
	// Why did the steel works not get Ana? There it would gain 90 less her price.
	fmt.Println("the steel works with Ana, with Bo:", 90-s.Price[ana], 60-s.Price[bo])
	// Output:
	// reps: [1 0 1] total: 190 prices: [50 0]
	// proved: true
	// the steel works with Ana, with Bo: 40 60
}

// A minimum for a newcomer costs something, and his price says how much: it is
// negative.
func ExampleSolve_minimum() {
	p := &solve.Problem{Max: []int64{5, 5}, Min: []int64{0, 1}}
	p.Append([]int32{0, 1}, []int64{50, 20})
	p.Append([]int32{0, 1}, []int64{40, 25})
	s, err := solve.Solve(context.Background(), p, solve.Options{})
	fmt.Println(s.Rep, s.Total, s.Price, err)
	// Output: [0 1] 75 [0 -15] <nil>
}

// A problem without a solution names who cannot be served.
func ExampleError() {
	p := &solve.Problem{Max: []int64{1, 4}, Unassigned: []int64{solve.Never, solve.Never, 0}}
	p.Append([]int32{0}, []int64{5})
	p.Append([]int32{0}, []int64{7})
	p.Append([]int32{0, 1}, []int64{9, 9})
	_, err := solve.Solve(context.Background(), p, solve.Options{})
	var e *solve.Error
	fmt.Println(errors.As(err, &e), e.Customers, e.Reps)
	fmt.Println(err)
	// Output:
	// true [0 1] [0]
	// solve: no allocation is possible: customers [0 1] must be assigned, 2 units together, and may only go to rep 0 with room for 1
	// Maybe raise their maximums, allow more reps, or allow the customers to stay unassigned
}

// Among equally good allocations, the one that leaves most customers with
// their present owner.
func ExampleSolveLexicographic() {
	p := &solve.Problem{Max: []int64{1, 1}}
	p.Append([]int32{0, 1}, []int64{10, 10})
	p.Append([]int32{0, 1}, []int64{10, 10})
	stays := solve.Goal{Score: []int64{0, 1, 1, 0}} // rep 1 owns the first, rep 0 the second
	l, err := solve.SolveLexicographic(context.Background(), p, stays, solve.Options{})
	fmt.Println(l.Solution.Rep, "total:", l.Solution.Total, "stay:", l.Second.Total, err)
	fmt.Println("proved:", solve.CheckLexicographic(p, stays, l) == nil)
	// Output:
	// [1 0] total: 20 stay: 2 <nil>
	// proved: true
}

// A rep falls ill and a customer turns out to be worth more: the solver moves
// only what has to be moved.
func ExampleSolver() {
	p := &solve.Problem{Max: []int64{2, 2}}
	for _, scores := range [][]int64{{9, 5}, {8, 6}, {7, 7}} {
		p.Append([]int32{0, 1}, scores)
	}
	solver, err := solve.NewSolver(p, solve.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	before, err := solver.Solve(context.Background())
	fmt.Println(before.Rep, before.Total, err)
	if err := errors.Join(solver.SetBounds(0, 0, 1), solver.SetScore(2, 0, 20)); err != nil {
		fmt.Println(err)
	}
	after, err := solver.Solve(context.Background())
	fmt.Println(after.Rep, after.Total, err)
	fmt.Println("proved:", solve.Check(solver.Problem(), after) == nil)
	// Output:
	// [0 0 1] 24 <nil>
	// [1 1 0] 31 <nil>
	// proved: true
}

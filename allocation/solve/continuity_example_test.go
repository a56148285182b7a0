package solve_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/evenhand/evenhand/allocation/solve"
)

// Territories have grown for years: 2,000 customers are with whoever had room
// when they came. Drawn anew, half of them would change hands, which nobody would
// carry out. Two hundred moves bring nearly half of what all would, and we know
// what the next one adds.
func ExampleSolveContinuity() {
	ctx := context.Background()
	p := generated("near", 2000, 20, 20, 1.1, 7) // the nearer, the better
	c := grown(p, 7)

	for _, moves := range []int64{0, 200, solve.Unlimited} {
		c.MaxMoves = moves
		k, err := solve.SolveContinuity(ctx, p, c, solve.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("total:", k.Total, "moves:", k.Moves, "optimal:", k.Optimal, "one more move brings:", k.NextMove.Gain, "proved:", k.Check(p, c) == nil)
	}
	// Output:
	// total: 1161747 moves: 0 optimal: true one more move brings: 948 proved: true
	// total: 1229676 moves: 200 optimal: true one more move brings: 222 proved: true
	// total: 1303827 moves: 1059 optimal: true one more move brings: 0 proved: true
}

// All three of Ana's customers would be better off with Bo, and she may lose one.
// That limit has a price: what it would bring to let her lose one more.
func ExampleContinuity_perRep() {
	const ana, bo = 0, 1
	p := &solve.Problem{Max: []int64{4, 4}}
	for _, scores := range [][]int64{{10, 60}, {20, 50}, {30, 40}} { // with Ana, with Bo
		p.Append([]int32{ana, bo}, scores)
	}
	c := &solve.Continuity{Owner: []int32{ana, ana, ana}, MaxMoves: solve.Unlimited, MaxLost: []int64{1, solve.Unlimited}}
	k, err := solve.SolveContinuity(context.Background(), p, c, solve.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("reps:", k.Rep, "total:", k.Total, "one more that Ana may lose:", k.LostPrice[ana])
	// Output:
	// reps: [1 0 0] total: 110 one more that Ana may lose: 30
}

// Four customers are with a rep who has room for two, and one may move.
func ExampleContinuity_infeasible() {
	p := &solve.Problem{Max: []int64{2, 4}}
	c := &solve.Continuity{MaxMoves: 1}
	for range 4 {
		p.Append([]int32{0, 1}, []int64{5, 5})
		c.Owner = append(c.Owner, 0)
	}
	_, err := solve.SolveContinuity(context.Background(), p, c, solve.Options{})
	var e *solve.Error
	fmt.Println(errors.As(err, &e), len(e.Customers))
	fmt.Println(err)
	// Output:
	// true 2
	// solve: no allocation is possible: at least 2 customers have to move, and 1 may: for instance customers [0 1]
	// Maybe allow 2 moves
}

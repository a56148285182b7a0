package solve

import (
	"context"
	"errors"
)

// Goal is a second goal: what counts among allocations that are equally good.
type Goal struct {
	// Score is what each pair is worth per unit, in the order of the
	// problem's pairs: 1 for the present owner and 0 for others, say.
	Score []int64

	// Unassigned is what leaving each customer unassigned is worth, per unit.
	// Defaults to 0 for each.
	Unassigned []int64
}

// Lexicographic is an allocation with the largest total and, among those with
// it, the largest total of the second goal.
type Lexicographic struct {
	// Solution is the allocation with the prices of the first goal.
	Solution *Solution

	// Second is the same allocation as the solution of OptimalFace, with the
	// total and the prices of the second goal.
	Second *Solution
}

// SolveLexicographic finds the best allocation by a first goal and, among the
// best, the best by a second one. Nothing is scaled, so nothing overflows: the
// second goal is solved on the pairs that optimal allocations may use.
//
// Errors are those of Solve. Stopped on its way to the second goal, it has the
// best by the first one. Cost: two solutions.
func SolveLexicographic(ctx context.Context, p *Problem, second Goal, o Options) (*Lexicographic, error) {
	first, err := Solve(ctx, p, o)
	if err != nil {
		return nil, err
	}
	face, err := OptimalFace(p, first.Price, second)
	if err != nil {
		return nil, err
	}
	best, err := Solve(ctx, face, o)
	var stopped *Stopped
	if errors.As(err, &stopped) {
		return nil, &Stopped{Best: first, Bound: first.Total, stage: "before the second goal was reached", cause: stopped.cause}
	}
	if err != nil {
		return nil, err
	}
	whole := *best
	whole.Total, whole.Price = first.Total, first.Price
	return &Lexicographic{Solution: &whole, Second: best}, nil
}

// CheckLexicographic proves both totals, as Check does.
func CheckLexicographic(p *Problem, second Goal, l *Lexicographic) error {
	if err := Check(p, l.Solution); err != nil {
		return err
	}
	face, err := OptimalFace(p, l.Solution.Price, second)
	if err != nil {
		return err
	}
	same := *l.Solution
	same.Total, same.Price = l.Second.Total, l.Second.Price
	return Check(face, &same)
}

// OptimalFace returns the problem whose allocations are the optimal ones of p,
// given optimal prices, with the second goal's scores. By complementary
// slackness these are the allocations that leave every customer where score −
// price is largest, every rep with a price above 0 at his maximum, and every
// rep with one below 0 at his minimum.
func OptimalFace(p *Problem, price []int64, second Goal) (*Problem, error) {
	if len(second.Score) != len(p.Score) || second.Unassigned != nil && len(second.Unassigned) != p.Customers() || len(price) != p.Reps() {
		return nil, &Error{Kind: ErrInput, Detail: "the second goal needs one score per pair and, if given, one Unassigned per customer, and prices one per rep"}
	}
	face := &Problem{Start: []int{0}, Units: p.Units, Unassigned: make([]int64, p.Customers()), Max: make([]int64, p.Reps()), Min: make([]int64, p.Reps())}
	for i := range p.Customers() {
		gain := p.mostGained(i, price)
		for k := p.Start[i]; k < p.Start[i+1]; k++ {
			if p.Score[k]-price[p.Rep[k]] == gain {
				face.Rep, face.Score = append(face.Rep, p.Rep[k]), append(face.Score, second.Score[k])
			}
		}
		face.Start = append(face.Start, len(face.Rep))
		switch {
		case p.unassigned(i) != gain:
			face.Unassigned[i] = Never
		case second.Unassigned != nil:
			face.Unassigned[i] = second.Unassigned[i]
		}
	}
	for r, price := range price {
		face.Min[r], face.Max[r] = p.min(r), p.Max[r]
		switch {
		case price > 0:
			face.Min[r] = face.Max[r]
		case price < 0:
			face.Max[r] = face.Min[r]
		}
	}
	return face, nil
}

// mostGained is the most that a unit of a customer gains anywhere, or Never.
func (p *Problem) mostGained(customer int, price []int64) int64 {
	gain := p.unassigned(customer)
	reps, scores := p.row(customer)
	for k, r := range reps {
		gain = max(gain, scores[k]-price[r])
	}
	return gain
}

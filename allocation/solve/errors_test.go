package solve_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/evenhand/evenhand/allocation/solve"
)

func TestErrorsSayWhatIsWrong(t *testing.T) {
	type problem = solve.Problem
	for _, c := range []struct {
		name string
		p    problem
		kind error
		text string
	}{
		{"no customers' list", problem{Max: []int64{1}}, solve.ErrInput,
			"solve: the problem is malformed: Start has to run from 0 to the number of pairs, which is 0 in Rep and 0 in Score"},
		{"scores missing", problem{Start: []int{0, 1}, Rep: []int32{0}, Max: []int64{1}}, solve.ErrInput,
			"solve: the problem is malformed: Start has to run from 0 to the number of pairs, which is 1 in Rep and 0 in Score"},
		{"start decreases", problem{Start: []int{0, 2, 1, 2}, Rep: []int32{0, 1}, Score: []int64{1, 1}, Max: []int64{1, 1}}, solve.ErrInput,
			"solve: the problem is malformed: Start[1] = 2 and Start[2] = 1 delimit nothing"},
		{"units for others", problem{Start: []int{0, 0}, Units: []int64{1, 1}}, solve.ErrInput,
			"solve: the problem is malformed: 1 customers but 2 in Units"},
		{"a rep twice", problem{Start: []int{0, 2}, Rep: []int32{1, 1}, Score: []int64{1, 1}, Max: []int64{1, 1}}, solve.ErrInput,
			"solve: the problem is malformed: customer 0 lists rep 1 after rep 1\nMaybe sort each customer's reps and name each once"},
		{"no such rep", problem{Start: []int{0, 1}, Rep: []int32{3}, Score: []int64{1}, Max: []int64{1}}, solve.ErrInput,
			"solve: the problem is malformed: customer 0 lists rep 3, and there are 1"},
		{"negative units", problem{Start: []int{0, 0}, Units: []int64{-1}}, solve.ErrInput,
			"solve: the problem is malformed: customer 0 has -1 units"},
		{"minimum above maximum", problem{Start: []int{0}, Min: []int64{2}, Max: []int64{1}}, solve.ErrInput,
			"solve: the problem is malformed: rep 0 has minimum 2 and maximum 1"},
		{"score too large", problem{Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{math.MinInt64}, Max: []int64{1}}, solve.ErrTooLarge,
			"solve: the numbers are too large: a score of 9223372036854775808 with 1 reps; at most 96076792050570581\nMaybe divide all scores by the same number, and round"},
		{"sum too large", problem{Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{1 << 40}, Units: []int64{1 << 40}, Max: []int64{1}}, solve.ErrTooLarge,
			"solve: the numbers are too large: 1099511627776 units with scores up to 1099511627776; their product may be at most 4611686018427387904\nMaybe divide all scores by the same number, and round"},
		{"too many customers", problem{Start: []int{0, 1, 2, 3}, Rep: []int32{0, 0, 0}, Score: []int64{1, 2, 3}, Unassigned: []int64{solve.Never, 0, solve.Never}, Max: []int64{1}}, solve.ErrInfeasible,
			"solve: no allocation is possible: customers [0 2] must be assigned, 2 units together, and may only go to rep 0 with room for 1\nMaybe raise their maximums, allow more reps, or allow the customers to stay unassigned"},
		{"nobody eligible", problem{Start: []int{0, 0}, Unassigned: []int64{solve.Never}, Max: []int64{1}}, solve.ErrInfeasible,
			"solve: no allocation is possible: customer 0 must be assigned, 1 units together, and may only go to no rep with room for 0\nMaybe raise their maximums, allow more reps, or allow the customers to stay unassigned"},
		{"too few customers", problem{Start: []int{0, 2, 3}, Rep: []int32{0, 1, 1}, Score: []int64{1, 2, 3}, Min: []int64{2, 0}, Max: []int64{2, 2}}, solve.ErrInfeasible,
			"solve: no allocation is possible: rep 0 must get at least 2 units together, and those who may go there have 1\nMaybe lower their minimums, or let more customers go to them"},
	} {
		_, err := solve.Solve(context.Background(), &c.p, solve.Options{})
		if !errors.Is(err, c.kind) || err.Error() != c.text {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.text)
		}
	}
}

func TestChangesAreChecked(t *testing.T) {
	p := generated("uniform", 10, 3, 2, 1, 1)
	s, err := solve.NewSolver(p, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"no such customer":        s.SetScore(10, 0, 1),
		"no such customer, whole": s.SetCustomer(-1, solve.Customer{}),
		"not eligible":            s.SetScore(0, stranger(p, 0), 1),
		"scores missing":          s.SetCustomer(0, solve.Customer{Reps: []int32{0}}),
		"unsorted reps":           s.SetCustomer(0, solve.Customer{Reps: []int32{1, 0}, Scores: []int64{1, 1}}),
		"no such rep":             s.SetBounds(3, 0, 1),
		"minimum above maximum":   s.SetBounds(0, 2, 1),
	} {
		if !errors.Is(err, solve.ErrInput) {
			t.Errorf("%s must be refused: %v", name, err)
		}
	}
	if err := s.SetScore(0, p.Rep[0], math.MaxInt64); !errors.Is(err, solve.ErrTooLarge) {
		t.Errorf("a score too large must be refused: %v", err)
	}
	sameAsCold(t, s)
}

func TestExtremes(t *testing.T) {
	for name, p := range map[string]*solve.Problem{
		"nothing":                          {Start: []int{0}},
		"no customers":                     {Start: []int{0}, Max: []int64{3}},
		"no reps":                          {Start: []int{0, 0, 0}},
		"no limit":                         {Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{5}, Max: []int64{math.MaxInt64}},
		"no limit, many units":             {Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{5}, Units: []int64{1 << 40}, Max: []int64{math.MaxInt64}},
		"largest scores":                   {Start: []int{0, 1, 2}, Rep: []int32{0, 0}, Score: []int64{1 << 56, -1 << 56}, Max: []int64{1}, Unassigned: []int64{0, -1 << 56}},
		"staying is worth more":            {Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{5}, Unassigned: []int64{6}, Max: []int64{1}},
		"worth less than nothing, minimum": {Start: []int{0, 1}, Rep: []int32{0}, Score: []int64{-5}, Min: []int64{1}, Max: []int64{1}},
	} {
		s, err := solve.Solve(context.Background(), p, solve.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := solve.Check(p, s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

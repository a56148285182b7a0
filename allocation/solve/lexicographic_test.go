package solve_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// TestLexicographicEqualsScaled holds the second goal against both goals in
// one score, the first a thousand times as heavy as all of the second.
func TestLexicographicEqualsScaled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := small.problem().Draw(t, "problem")
		second := solve.Goal{}
		if rapid.Bool().Draw(t, "unassigned counts") {
			second.Unassigned = make([]int64, p.Customers())
			for i := range second.Unassigned {
				second.Unassigned[i] = rapid.Int64Range(-2, 2).Draw(t, "second, unassigned")
			}
		}
		for range p.Score {
			second.Score = append(second.Score, rapid.Int64Range(-3, 3).Draw(t, "second"))
		}
		const weight = 1000
		scaled := *p
		scaled.Score, scaled.Unassigned = make([]int64, len(p.Score)), make([]int64, p.Customers())
		for k := range p.Score {
			scaled.Score[k] = weight*p.Score[k] + second.Score[k]
		}
		for i := range scaled.Unassigned {
			scaled.Unassigned[i] = unassignedOf(p, i)
			if second.Unassigned != nil && scaled.Unassigned[i] != solve.Never {
				scaled.Unassigned[i] = weight*scaled.Unassigned[i] + second.Unassigned[i]
			} else if scaled.Unassigned[i] != solve.Never {
				scaled.Unassigned[i] *= weight
			}
		}
		want, feasible := reference(&scaled)
		got, err := solve.SolveLexicographic(context.Background(), p, second, solve.Options{})
		if (err == nil) != feasible {
			t.Fatalf("feasible: %t, but %v", feasible, err)
		}
		if err != nil {
			return
		}
		if total := weight*got.Solution.Total + got.Second.Total; total != want {
			t.Fatalf("the second goal must be best among the best: %d, not %d", want, total)
		}
		if err := solve.CheckLexicographic(p, second, got); err != nil {
			t.Fatalf("both totals must be proved: %v", err)
		}
	})
}

func TestSecondGoalOfWrongLength(t *testing.T) {
	p := generated("uniform", 10, 3, 2, 1, 1)
	if _, err := solve.SolveLexicographic(context.Background(), p, solve.Goal{Score: []int64{1}}, solve.Options{}); err == nil {
		t.Fatal("a second goal of another length must be refused")
	}
}

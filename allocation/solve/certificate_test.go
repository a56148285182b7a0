package solve_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/solve"
)

// TestCheckRejectsFaults spoils proved solutions in every way there is.
func TestCheckRejectsFaults(t *testing.T) {
	p := generated("uniform", 60, 6, 4, 0.9, 2)
	p.Min = make([]int64, 6)
	p.Min[0] = p.Max[0]
	p.Units = slices.Repeat([]int64{1}, 60)
	p.Units[7] = 3
	s, err := solve.Solve(context.Background(), p, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	placed := slices.IndexFunc(s.Rep, func(r int32) bool { return r >= 0 })
	free := slices.Index(s.Rep, solve.Unassigned)
	paid := slices.IndexFunc(s.Price, func(x int64) bool { return x > 0 })
	for name, spoil := range map[string]func(*solve.Solution){
		"a price too high":               func(s *solve.Solution) { s.Price[paid] += 5000 },
		"a price too low":                func(s *solve.Solution) { s.Price[paid] -= 5000 },
		"a price out of range":           func(s *solve.Solution) { s.Price[paid] = -1 << 62 },
		"all prices zero":                func(s *solve.Solution) { clear(s.Price) },
		"the total too high":             func(s *solve.Solution) { s.Total++ },
		"a customer dropped":             func(s *solve.Solution) { s.Rep[placed] = solve.Unassigned },
		"a customer dropped from loads":  func(s *solve.Solution) { s.Load[s.Rep[placed]]--; s.Rep[placed] = solve.Unassigned },
		"a rep who does not exist":       func(s *solve.Solution) { s.Rep[placed] = 6 },
		"divided without parts":          func(s *solve.Solution) { s.Rep[placed] = solve.Divided },
		"a rep over his maximum":         func(s *solve.Solution) { s.Rep[free] = p.Rep[p.Start[free]] },
		"the wrong load":                 func(s *solve.Solution) { s.Load[1]++ },
		"too few customers":              func(s *solve.Solution) { s.Rep = s.Rep[1:] },
		"too few prices":                 func(s *solve.Solution) { s.Price = s.Price[1:] },
		"a negative part":                func(s *solve.Solution) { divide(s, 7, -1, 4) },
		"more parts than units":          func(s *solve.Solution) { divide(s, 7, 2, 2) },
		"fewer parts than units":         func(s *solve.Solution) { divide(s, 7, 1, 1) },
		"a pair that is not in the list": func(s *solve.Solution) { s.Rep[placed] = stranger(p, placed) },
	} {
		bad := *s
		bad.Rep, bad.Price, bad.Load, bad.Parts = slices.Clone(s.Rep), slices.Clone(s.Price), slices.Clone(s.Load), maps.Clone(s.Parts)
		spoil(&bad)
		if err := solve.Check(p, &bad); !errors.Is(err, solve.ErrCertificate) {
			t.Errorf("%s must be noticed: %v", name, err)
		}
	}
	if err := solve.Check(p, s); err != nil {
		t.Errorf("the solution itself must prove itself: %v", err)
	}
}

func divide(s *solve.Solution, customer int, a, b int64) {
	rep := s.Rep[customer]
	s.Rep[customer] = solve.Divided
	s.Parts = map[int][]solve.Part{customer: {{Rep: rep, Units: a}, {Rep: solve.Unassigned, Units: b}}}
}

// stranger is a rep the customer may not go to.
func stranger(p *solve.Problem, customer int) int32 {
	for r := range int32(p.Reps()) {
		if !slices.Contains(p.Rep[p.Start[customer]:p.Start[customer+1]], r) {
			return r
		}
	}
	panic("he may go to everybody")
}

// TestCheckAcceptsOnlyOptima moves one customer of an optimal allocation
// elsewhere, loads and total set right: it is proved if and only if it is as
// good.
func TestCheckAcceptsOnlyOptima(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := tiny.problem().Draw(t, "problem")
		s, err := solve.Solve(context.Background(), p, solve.Options{})
		if err != nil || p.Customers() == 0 || p.Units != nil {
			t.Skip("nothing to move")
		}
		i := rapid.IntRange(0, p.Customers()-1).Draw(t, "customer")
		options := append([]int32{}, p.Rep[p.Start[i]:p.Start[i+1]]...)
		if unassignedOf(p, i) != solve.Never {
			options = append(options, solve.Unassigned)
		}
		before := s.Total
		to := rapid.SampledFrom(options).Draw(t, "rep")
		s.Total += worth(p, i, to) - worth(p, i, s.Rep[i])
		for rep, by := range map[int32]int64{to: 1, s.Rep[i]: -1} {
			if rep != solve.Unassigned && to != s.Rep[i] {
				s.Load[rep] += by
			}
		}
		s.Rep[i] = to
		feasible := true
		for r, load := range s.Load {
			feasible = feasible && load <= p.Max[r] && load >= minOf(p, r)
		}
		if err := solve.Check(p, s); (err == nil) != (feasible && s.Total == before) {
			t.Fatalf("feasible %t, total %d of %d, yet the check says %v", feasible, s.Total, before, err)
		}
	})
}

func worth(p *solve.Problem, i int, rep int32) int64 {
	if rep == solve.Unassigned {
		return unassignedOf(p, i)
	}
	for k := p.Start[i]; k < p.Start[i+1]; k++ {
		if p.Rep[k] == rep {
			return p.Score[k]
		}
	}
	panic("not a pair")
}

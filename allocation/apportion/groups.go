package apportion

import (
	"fmt"
	"math"
)

// Group is a set of rows that share what the group gets: a team and its reps,
// an alliance and its lists. The fields are those of Problem, for the group's
// rows.
type Group struct {
	Weights []int64
	Min     []int64 // defaults to 0
	Max     []int64 // defaults to no limit
	TieRank []int64 // defaults to the order of the rows
}

// SplitGroups splits on two levels: first the total among the groups, each
// with the sum of its rows' weights, and then what a group got among its rows,
// both by method m. The result has one list per group.
//
// A group's minimum is the sum of its rows' minimums, its maximum the sum of
// their maximums (for rows of weight 0, of their minimums), so that the second
// level can always keep them. Ties between groups go to the earlier group.
//
// This is how surplus agreements between lists work in the Knesset (Bader and
// Ofer), with DHondt on both levels.
//
// Errors are those of Problem.Split; one about a group's rows says which group.
func SplitGroups(m Method, total int64, groups []Group) ([][]int64, error) {
	top, err := problemOfGroups(total, groups)
	if err != nil {
		return nil, err
	}
	got, err := top.Split(m)
	if err != nil {
		return nil, fmt.Errorf("among the groups: %w", err)
	}
	parts := make([][]int64, len(groups))
	for g, group := range groups {
		if parts[g], err = group.problem(got[g]).Split(m); err != nil {
			return nil, fmt.Errorf("in group %d: %w", g, err)
		}
	}
	return parts, nil
}

func (g Group) problem(total int64) Problem {
	return Problem{Total: total, Weights: g.Weights, Min: g.Min, Max: g.Max, TieRank: g.TieRank}
}

// problemOfGroups is the first level. It sets bounds only if a group has some,
// because not every method takes them.
func problemOfGroups(total int64, groups []Group) (Problem, error) {
	top := Problem{Total: total, Weights: make([]int64, len(groups))}
	low, high := make([]int64, len(groups)), make([]int64, len(groups))
	for g, group := range groups {
		p := group.problem(total)
		if err := p.check(); err != nil {
			return Problem{}, fmt.Errorf("in group %d: %w", g, err)
		}
		for i, w := range group.Weights {
			if w > math.MaxInt64-top.Weights[g] {
				return Problem{}, fmt.Errorf("in group %d: %w", g,
					&Error{Kind: ErrTooLarge, Detail: "the weights add up to more than 2^63-1"})
			}
			top.Weights[g] += w
			low[g] = addUpTo(low[g], p.min(i))
			if w > 0 {
				high[g] = addUpTo(high[g], p.max(i))
			} else {
				high[g] = addUpTo(high[g], p.min(i))
			}
		}
		if group.Min != nil || group.Max != nil {
			top.Min, top.Max = low, high
		}
	}
	return top, nil
}

// addUpTo adds without overflow; MaxInt64 stands for no limit.
func addUpTo(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

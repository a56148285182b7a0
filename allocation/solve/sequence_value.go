package solve

import "context"

// FairSequence is the sequence with the largest total among those that Sequence
// might return.
type FairSequence struct {
	// Rep is the rep of each customer, as from Sequence.
	Rep []int32

	// Total is the sum of the scores.
	Total int64

	// Turns and Solution prove that no fair sequence is worth more, by
	// Check(Turns, Solution): a problem with the reps' turns in place of reps,
	// each with room for one, and its solution.
	Turns    *Problem
	Solution *Solution

	// RepOfTurn and First translate: turn j is rep RepOfTurn[j]'s, and his turn
	// number 1 is First[RepOfTurn[j]]. The price of a turn says what having
	// another customer just then would bring.
	RepOfTurn, First []int32
}

// SolveSequence finds the sequence with the largest total among those in which
// every rep has, after each customer, his entitlement so far rounded down or
// up. Score is what each pair is worth, in the order of e.Rep.
//
// It is a transportation problem: customers go to turns (see Sequence), a turn
// has room for one, and must be taken if it is due in full.
//
// Errors are those of Sequence and Solve; scores have to be smaller than for
// Solve, since there are as many turns as customers. Cost: that of Solve with as
// many reps as there are customers.
func SolveSequence(ctx context.Context, e *Entitlements, score []int64, o Options) (*FairSequence, error) {
	totals, err := e.check()
	if err != nil {
		return nil, err
	}
	if err := e.checkWhole(); err != nil {
		return nil, err
	}
	if len(score) != len(e.Rep) {
		return nil, &Error{Kind: ErrInput, Detail: "SolveSequence needs one score per pair"}
	}
	t, err := newTurns(ctx, e, totals)
	if err != nil {
		return nil, err
	}
	f := &FairSequence{Turns: t.problem(e, totals, score), RepOfTurn: t.rep, First: t.first[:e.Reps()]}
	if f.Solution, err = Solve(ctx, f.Turns, o); err != nil {
		return nil, err
	}
	f.Total = f.Solution.Total
	for _, j := range f.Solution.Rep {
		if j != Unassigned {
			j = t.rep[j]
		}
		f.Rep = append(f.Rep, j)
	}
	return f, nil
}

// problem has a pair for each customer and each turn that may take him.
func (t *turns) problem(e *Entitlements, totals []uint64, score []int64) *Problem {
	p := &Problem{Start: []int{0}, Unassigned: make([]int64, len(totals)), Max: make([]int64, len(t.rep)), Min: make([]int64, len(t.rep))}
	for j := range t.rep {
		p.Max[j] = 1
		if t.owed[j] {
			p.Min[j] = 1
		}
	}
	now := make([]int32, e.Reps()) // per rep: the first turn that is not over
	copy(now, t.first)
	for i := range int32(len(totals)) {
		if totals[i] > 0 && e.units(int(i)) > 0 {
			p.Unassigned[i] = Never
			for k := e.Start[i]; k < e.Start[i+1]; k++ {
				if e.weight(k) > 0 {
					t.appendTurns(p, now, e.Rep[k], i, score[k])
				}
			}
		}
		p.Start = append(p.Start, len(p.Rep))
	}
	return p
}

// appendTurns adds the turns of a rep that may take a customer.
func (t *turns) appendTurns(p *Problem, now []int32, rep, customer int32, score int64) {
	for t.deadline(now[rep]) < customer {
		now[rep]++
	}
	for j := now[rep]; j < t.first[rep+1] && t.release(j) <= customer; j++ {
		p.Rep, p.Score = append(p.Rep, j), append(p.Score, score)
	}
}

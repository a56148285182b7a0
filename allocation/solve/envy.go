package solve

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

// CheckEnvy proves that nobody envies another by more than one customer, or
// names one who does (ErrCertificate). Weights are as in Picking.
//
// By his own scores, per weight, every rep has at least as much as any other
// after leaving that one's best customer out: EF1, and WEF1 with weights.
// Customers who may not go to him are worth nothing to him. Who is full compares
// himself with as many of the other's customers as he has places, or his places ×
// the other's weight / his own, the best ones, rounded down; for equal weights
// that is envy-freeness up to one customer under capacities.
//
// Reps of weight 0 envy nobody and are not envied. Scores have to be 0 or more.
//
// Cost: O(pairs · log customers). It shares nothing with Pick but the
// check of the input and the list of each rep's pairs.
func CheckEnvy(p *Problem, reps []int32, weight []int64) error {
	if err := p.checkValued("CheckEnvy"); err != nil {
		return err
	}
	weight, err := p.weights(weight)
	if err != nil {
		return err
	}
	load, err := checkPlaced(p, reps)
	if err != nil {
		return err
	}
	columns := newColumns(p.Start, p.Rep, p.Reps(), func(customer, _ int) bool { return reps[customer] != Unassigned })
	for r := range int32(p.Reps()) {
		if weight[r] > 0 {
			if err := checkEnvyOf(p, columns, r, reps, weight, load); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPlaced checks that customers are with reps who may have them and have
// room for them, and returns how many each has.
func checkPlaced(p *Problem, reps []int32) (load []int64, err error) {
	if len(reps) != p.Customers() {
		return nil, refute("%d customers, and %d are placed", p.Customers(), len(reps))
	}
	load = make([]int64, p.Reps())
	for i, r := range reps {
		if r == Unassigned {
			continue
		}
		if list, _ := p.row(i); !slices.Contains(list, r) || p.units(i) == 0 {
			return nil, refute("customer %d may not go to %d", i, r)
		}
		if load[r]++; load[r] > p.Max[r] {
			return nil, refute("rep %d has more than %d", r, p.Max[r])
		}
	}
	return load, nil
}

// held is a customer from the view of one rep: who holds him, and what he would
// be worth.
type held struct {
	by    int32
	score int64
}

func checkEnvyOf(p *Problem, c columns, rep int32, reps []int32, weight, load []int64) error {
	own := int64(0)
	var others []held
	for k := c.start[rep]; k < c.start[rep+1]; k++ {
		h := held{reps[c.customer[k]], p.Score[c.pair[k]]}
		if h.by == rep {
			own += h.score
		} else if weight[h.by] > 0 {
			others = append(others, h)
		}
	}
	slices.SortFunc(others, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(b.score, a.score))
	})
	for len(others) > 0 {
		by, n := others[0].by, 1
		for n < len(others) && others[n].by == by {
			n++
		}
		places := int64(n)
		if load[rep] == p.Max[rep] {
			places = proportion(load[rep], weight[by], weight[rep], places)
		}
		theirs := int64(0)
		for _, h := range others[1:min(int64(n), 1+places)] {
			theirs += h.score
		}
		if compareRatios(own, weight[rep], theirs, weight[by]) < 0 {
			return &Error{Kind: ErrCertificate, Reps: []int{int(rep), int(by)},
				Detail: fmt.Sprintf("rep %d, who values his own at %d with weight %d, envies rep %d, whose he values at %d with weight %d, the best one left out", rep, own, weight[rep], by, theirs, weight[by])}
		}
		others = others[n:]
	}
	return nil
}

// proportion returns n · weight / own, rounded down, at most most.
func proportion(n, weight, own, most int64) int64 {
	high, low := bits.Mul64(uint64(n), uint64(weight))
	if high >= uint64(own) {
		return most
	}
	quotient, _ := bits.Div64(high, low, uint64(own))
	return int64(min(quotient, uint64(most)))
}

package solve

import (
	"fmt"
	"math"
)

// maxWeight is the largest weight, 10^12 as on the desk.
const maxWeight = 1_000_000_000_000

// Entitlements say who may get which customer, and what share of him each of
// them is entitled to: his weight over the weights of all who may get that
// customer. Customers come in the order of their numbers.
//
// They are only read, never modified.
type Entitlements struct {
	// Start delimits the pairs of each customer, as in Problem.
	Start []int

	// Rep holds the eligible reps of each customer, ascending.
	Rep []int32

	// Weight is the weight of each rep, 0 to 10^12; it says how many reps
	// there are. Who has weight 0 is entitled to nothing and gets nobody.
	Weight []int64

	// PairWeight is the weight of each pair, in the order of Rep, where a
	// rep's weight differs from customer to customer. Defaults to Weight.
	PairWeight []int64

	// Units says how many customers each one counts for: 1, or 0 to leave him
	// out; SolveEntitled takes more. Defaults to 1 for each.
	Units []int64
}

// Append adds a customer who may go to the given reps, ascending.
func (e *Entitlements) Append(reps ...int32) {
	if len(e.Start) == 0 {
		e.Start = append(e.Start, 0)
	}
	e.Rep = append(e.Rep, reps...)
	e.Start = append(e.Start, len(e.Rep))
}

// Customers returns the number of customers.
func (e *Entitlements) Customers() int { return max(0, len(e.Start)-1) }

// Reps returns the number of reps.
func (e *Entitlements) Reps() int { return len(e.Weight) }

func (e *Entitlements) units(customer int) int64 {
	if e.Units == nil {
		return 1
	}
	return e.Units[customer]
}

// weight returns the weight of a pair.
func (e *Entitlements) weight(pair int) uint64 {
	if e.PairWeight != nil {
		return uint64(e.PairWeight[pair])
	}
	return uint64(e.Weight[e.Rep[pair]])
}

// columns lists the pairs with a share by rep.
func (e *Entitlements) columns() columns {
	return newColumns(e.Start, e.Rep, e.Reps(), func(customer, pair int) bool {
		return e.units(customer) > 0 && e.weight(pair) > 0
	})
}

// check refuses what is malformed, and returns the sum of the weights of those
// who may get each customer.
func (e *Entitlements) check() (totals []uint64, err error) {
	if err := e.checkLengths(); err != nil {
		return nil, err
	}
	for r, w := range e.Weight {
		if w < 0 || w > maxWeight {
			return nil, &Error{Kind: ErrInput, Reps: []int{r}, Detail: fmt.Sprintf("rep %d has weight %d; from 0 to 10^12", r, w)}
		}
	}
	totals = make([]uint64, e.Customers())
	for i := range totals {
		if totals[i], err = e.checkCustomer(i); err != nil {
			return nil, err
		}
	}
	return totals, nil
}

func (e *Entitlements) checkLengths() error {
	if len(e.Start) == 0 || e.Start[0] != 0 || e.Start[len(e.Start)-1] != len(e.Rep) {
		return &Error{Kind: ErrInput, Detail: fmt.Sprintf("Start has to run from 0 to the number of pairs, which is %d", len(e.Rep))}
	}
	if n := e.Customers() + e.Reps(); n >= math.MaxInt32 {
		return &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("%d customers and reps together; below 2^31", n)}
	}
	if e.PairWeight != nil && len(e.PairWeight) != len(e.Rep) {
		return &Error{Kind: ErrInput, Detail: fmt.Sprintf("%d pairs but %d in PairWeight", len(e.Rep), len(e.PairWeight))}
	}
	if e.Units != nil && len(e.Units) != e.Customers() {
		return &Error{Kind: ErrInput, Detail: fmt.Sprintf("%d customers but %d in Units", e.Customers(), len(e.Units))}
	}
	return nil
}

func (e *Entitlements) checkCustomer(i int) (total uint64, err error) {
	from, to := e.Start[i], e.Start[i+1]
	if from > to || to > len(e.Rep) {
		return 0, &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("Start[%d] = %d and Start[%d] = %d delimit nothing", i, from, i+1, to)}
	}
	if err := checkCustomer(i, e.Rep[from:to], e.units(i), e.Reps()); err != nil {
		return 0, err
	}
	for k := from; k < to; k++ {
		w := e.weight(k)
		if w > maxWeight {
			return 0, &Error{Kind: ErrInput, Customers: []int{i}, Reps: []int{int(e.Rep[k])}, Detail: fmt.Sprintf("customer %d and rep %d have weight %d; from 0 to 10^12", i, e.Rep[k], e.PairWeight[k])}
		}
		if total += w; total >= 1<<62 {
			return 0, &Error{Kind: ErrTooLarge, Customers: []int{i}, Detail: fmt.Sprintf("the weights of those who may get customer %d add up to 2^62 or more", i), Maybe: "divide all weights by the same number, and round"}
		}
	}
	return total, nil
}

// checkWhole refuses customers who count for several.
func (e *Entitlements) checkWhole() error {
	for i, u := range e.Units {
		if u > 1 {
			return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("customer %d counts for %d, and no sequence keeps every rep within one of his entitlement then", i, u),
				Maybe: "list him once for each unit, or rotate (package rotation), which takes any sizes and has a wider bound"}
		}
	}
	return nil
}

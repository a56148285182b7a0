package solve

import (
	"fmt"
	"math"
)

// Never, as a customer's Unassigned, says that he must not stay unassigned.
const Never = math.MinInt64

// Problem is a sales transportation problem: customers, reps, who may get whom,
// and what each pair is worth. Customers and reps are numbered from 0.
//
// A problem is only read, never modified. It must not be modified either while
// a Solver holds it.
type Problem struct {
	// Start delimits the pairs of each customer: customer i may go to the
	// reps Rep[Start[i]:Start[i+1]] and to no other. It has one entry more
	// than there are customers; the first is 0 and the last is len(Rep).
	Start []int

	// Rep holds the eligible reps of each customer, ascending.
	Rep []int32

	// Score is what each pair is worth, per unit of the customer: any
	// integers, negative ones included, as long as the sums fit (ErrTooLarge).
	Score []int64

	// Units says how many places each customer takes; his units may go to
	// different reps. 0 leaves him out. Defaults to 1 for each.
	Units []int64

	// Unassigned is what leaving a customer unassigned is worth, per unit:
	// 0 or a negative price as a rule, Never to forbid it.
	// Defaults to 0 for each.
	Unassigned []int64

	// Max is the most units that each rep takes, 0 or more; math.MaxInt64
	// means no limit. It says how many reps there are.
	Max []int64

	// Min is the least number of units that each rep must get, 0 to Max.
	// Defaults to 0 for each.
	Min []int64
}

// Append adds a customer who may go to the given reps, ascending, with a score
// each. Lists that are given per customer have to be kept up by the caller.
func (p *Problem) Append(reps []int32, scores []int64) {
	if len(p.Start) == 0 {
		p.Start = append(p.Start, 0)
	}
	p.Rep, p.Score = append(p.Rep, reps...), append(p.Score, scores...)
	p.Start = append(p.Start, len(p.Rep))
}

// Customers returns the number of customers.
func (p *Problem) Customers() int { return max(0, len(p.Start)-1) }

// Reps returns the number of reps.
func (p *Problem) Reps() int { return len(p.Max) }

func (p *Problem) units(customer int) int64 {
	if p.Units == nil {
		return 1
	}
	return p.Units[customer]
}

func (p *Problem) unassigned(customer int) int64 {
	if p.Unassigned == nil {
		return 0
	}
	return p.Unassigned[customer]
}

func (p *Problem) min(rep int) int64 {
	if p.Min == nil {
		return 0
	}
	return p.Min[rep]
}

// row returns a customer's reps and their scores.
func (p *Problem) row(customer int) ([]int32, []int64) {
	from, to := p.Start[customer], p.Start[customer+1]
	return p.Rep[from:to], p.Score[from:to]
}

// check refuses what is not a problem, and numbers whose sums might not fit.
func (p *Problem) check() (size magnitude, err error) {
	if err := p.checkLengths(); err != nil {
		return size, err
	}
	for i := range p.Customers() {
		reps, scores := p.row(i)
		if err := checkCustomer(i, reps, p.units(i), p.Reps()); err != nil {
			return size, err
		}
		size.customer(scores, p.units(i), p.unassigned(i))
	}
	for r := range p.Max {
		if err := checkRep(r, p.min(r), p.Max[r]); err != nil {
			return size, err
		}
	}
	return size, size.check(p.Reps())
}

func (p *Problem) checkLengths() error {
	if len(p.Start) == 0 || p.Start[0] != 0 || p.Start[len(p.Start)-1] != len(p.Rep) || len(p.Score) != len(p.Rep) {
		return &Error{Kind: ErrInput, Detail: fmt.Sprintf("Start has to run from 0 to the number of pairs, which is %d in Rep and %d in Score", len(p.Rep), len(p.Score))}
	}
	for i := range p.Customers() {
		if p.Start[i] > p.Start[i+1] || p.Start[i+1] > len(p.Rep) {
			return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("Start[%d] = %d and Start[%d] = %d delimit nothing", i, p.Start[i], i+1, p.Start[i+1])}
		}
	}
	if p.Customers() > math.MaxInt32-1 || p.Reps() > math.MaxInt32-2 {
		return &Error{Kind: ErrTooLarge, Detail: "more than 2^31 customers or reps"}
	}
	for _, list := range []struct {
		name        string
		given       bool
		length, of  int
		description string
	}{
		{"Units", p.Units != nil, len(p.Units), p.Customers(), "customers"},
		{"Unassigned", p.Unassigned != nil, len(p.Unassigned), p.Customers(), "customers"},
		{"Min", p.Min != nil, len(p.Min), p.Reps(), "reps"},
	} {
		if list.given && list.length != list.of {
			return &Error{Kind: ErrInput, Detail: fmt.Sprintf("%d %s but %d in %s", list.of, list.description, list.length, list.name)}
		}
	}
	return nil
}

// checkCustomer checks one row; the order of its reps also shows duplicates.
func checkCustomer(customer int, reps []int32, units int64, n int) error {
	if units < 0 {
		return &Error{Kind: ErrInput, Customers: []int{customer}, Detail: fmt.Sprintf("customer %d has %d units", customer, units)}
	}
	last := int32(-1)
	for _, r := range reps {
		if r <= last {
			return &Error{Kind: ErrInput, Customers: []int{customer}, Detail: fmt.Sprintf("customer %d lists rep %d after rep %d", customer, r, last),
				Maybe: "sort each customer's reps and name each once"}
		}
		last = r
	}
	if int(last) >= n {
		return &Error{Kind: ErrInput, Customers: []int{customer}, Reps: []int{int(last)}, Detail: fmt.Sprintf("customer %d lists rep %d, and there are %d", customer, last, n)}
	}
	return nil
}

func checkRep(rep int, least, most int64) error {
	if least < 0 || most < least {
		return &Error{Kind: ErrInput, Reps: []int{rep}, Detail: fmt.Sprintf("rep %d has minimum %d and maximum %d", rep, least, most)}
	}
	return nil
}

// magnitude collects what decides whether sums fit into 64 bits.
type magnitude struct {
	score uint64 // the largest score or price of staying unassigned
	units uint64 // all units, saturating
}

func (m *magnitude) customer(scores []int64, units, unassigned int64) {
	for _, s := range scores {
		m.score = max(m.score, absolute(s))
	}
	if unassigned != Never {
		m.score = max(m.score, absolute(unassigned))
	}
	m.units = min(m.units+uint64(units), math.MaxInt64)
}

// check keeps prices, which are sums of at most one score difference per rep,
// below 2^60, and the total below 2^62. The limits leave room for one bid.
func (m *magnitude) check(reps int) error {
	const limit = 1 << 60
	nodes := uint64(reps) + 2
	if m.score > limit/4/nodes {
		return &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("a score of %d with %d reps; at most %d", m.score, reps, limit/4/nodes), Maybe: "divide all scores by the same number, and round"}
	}
	if m.units > limit/nodes || m.units*max(m.score, 1)/max(m.score, 1) != m.units || m.units*m.score > 4*limit {
		return &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("%d units with scores up to %d; their product may be at most %d", m.units, m.score, uint64(4*limit)), Maybe: "divide all scores by the same number, and round"}
	}
	return nil
}

func absolute(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

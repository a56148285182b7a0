package apportion

import (
	"fmt"
	"math"
)

// Problem is a total to be split among rows. All lists that are given have
// one entry per row, in the same order.
type Problem struct {
	// Total is what is split: customers, seats, minor units of money. Any
	// int64; a negative total is split like its magnitude and negated.
	Total int64

	// Weights are the rows' claims, 0 or more; only their proportions count.
	// After division by their greatest common divisor they may add up to at
	// most 2^63−1. See Weights for decimals and fractions.
	Weights []int64

	// Min is the least that each row gets, 0 or more, of the total's
	// magnitude. Defaults to 0.
	Min []int64

	// Max is the most that each row gets, Min or more, of the total's
	// magnitude; math.MaxInt64 means no limit. Defaults to no limit.
	Max []int64

	// TieRank decides ties: the lower rank first, and the earlier row among
	// equal ranks. Give each row a rank of its own (by ID, say) to make the
	// result independent of the order of the rows.
	// Defaults to the order of the rows.
	TieRank []int64
}

// Split splits total in proportion to weights. It is short for Problem.Split
// without minimums and maximums.
func Split(m Method, total int64, weights []int64) ([]int64, error) {
	return Problem{Total: total, Weights: weights}.Split(m)
}

// Split returns one part per row. The parts add up to the total, each is
// between its minimum and maximum, and a row of weight 0 gets its minimum.
//
// HuntingtonHill and Adams give every row with a weight one before they give
// any a second; if the total is too small for that, the largest weights get
// one each. QuotaMethod takes no minimums and maximums.
//
// Errors are *Error: ErrNoWeight if all weights are zero (or there are no
// rows) and something is left to split, ErrNegativeWeight, ErrMinimums,
// ErrMaximums, ErrBounds, ErrLength, ErrTooLarge, ErrMethod. The problem is not
// modified.
//
// Cost: O(n log n) for n rows, whatever the total; for QuotaMethod
// O((n + s) log n) with s = total mod (sum of the weights in lowest terms),
// and ErrTooLarge when s is above MaxQuotaSteps.
func (p Problem) Split(m Method) ([]int64, error) {
	if int(m) >= len(methods) {
		return nil, &Error{Kind: ErrMethod, Detail: m.String()}
	}
	s, err := p.sheet()
	if err != nil {
		return nil, err
	}
	parts, err := methods[m].split(s)
	if err != nil {
		return nil, err
	}
	return s.signed(parts), nil
}

// sheet is a checked problem in magnitudes, with its fair shares.
type sheet struct {
	total       uint64
	negative    bool
	weight      []uint64 // in lowest terms
	least, most []uint64 // nil if the problem has no bounds; most is at most total
	rank        []int64  // nil for the order of the rows
	share       []share
}

// sheet checks everything that does not depend on the method.
func (p Problem) sheet() (*sheet, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := &sheet{total: magnitude(p.Total), negative: p.Total < 0, rank: p.TieRank}
	if err := s.reduceWeights(p.Weights); err != nil {
		return nil, err
	}
	if p.Min != nil || p.Max != nil {
		s.setBounds(p.Min, p.Max)
	}
	if err := s.checkFeasible(); err != nil {
		return nil, err
	}
	s.setShares()
	return s, nil
}

func (p Problem) check() error {
	n := len(p.Weights)
	for _, list := range []struct {
		name   string
		length int
		given  bool
	}{{"Min", len(p.Min), p.Min != nil}, {"Max", len(p.Max), p.Max != nil}, {"TieRank", len(p.TieRank), p.TieRank != nil}} {
		if list.given && list.length != n {
			return &Error{Kind: ErrLength, Detail: fmt.Sprintf("%d Weights but %d in %s", n, list.length, list.name)}
		}
	}
	if rows := where(n, func(i int) bool { return p.Weights[i] < 0 }); rows != nil {
		return badRows(ErrNegativeWeight, rows, func(i int) string { return fmt.Sprintf("Weights[%d] = %d", i, p.Weights[i]) }, "")
	}
	if rows := where(n, func(i int) bool { return p.min(i) < 0 || p.max(i) < p.min(i) }); rows != nil {
		return badRows(ErrBounds, rows, func(i int) string {
			return fmt.Sprintf("row %d has minimum %d and maximum %d", i, p.min(i), p.max(i))
		}, "")
	}
	return nil
}

func (p Problem) min(i int) int64 {
	if p.Min == nil {
		return 0
	}
	return p.Min[i]
}

func (p Problem) max(i int) int64 {
	if p.Max == nil {
		return math.MaxInt64
	}
	return p.Max[i]
}

// reduceWeights divides the weights by their greatest common divisor, which
// changes no result and keeps products small.
func (s *sheet) reduceWeights(weights []int64) error {
	var divisor, sum uint64
	for _, w := range weights {
		divisor = gcd(divisor, uint64(w))
	}
	s.weight = make([]uint64, len(weights))
	for i, w := range weights {
		if w == 0 {
			continue
		}
		s.weight[i] = uint64(w) / divisor
		if sum += s.weight[i]; sum > math.MaxInt64 {
			return &Error{Kind: ErrTooLarge, Detail: fmt.Sprintf("the weights up to Weights[%d] add up to more than 2^63-1", i),
				Maybe: "divide all weights by the same number, and round"}
		}
	}
	return nil
}

func (s *sheet) setBounds(least, most []int64) {
	n := len(s.weight)
	s.least, s.most = make([]uint64, n), make([]uint64, n)
	for i := range n {
		s.most[i] = s.total
		if least != nil {
			s.least[i] = uint64(least[i])
		}
		// MaxInt64 is no limit, also for the one magnitude above it.
		if most != nil && most[i] != math.MaxInt64 {
			s.most[i] = min(s.total, uint64(most[i]))
		}
	}
}

// checkFeasible makes sure that some split exists.
func (s *sheet) checkFeasible() error {
	var floor, ceiling uint64 // held at total+1, so that they cannot overflow
	hasWeight := false
	for i, w := range s.weight {
		floor = addHeld(floor, s.low(i), s.total+1)
		if w > 0 {
			hasWeight = true
			ceiling = addHeld(ceiling, s.high(i), s.total+1)
		} else {
			ceiling = addHeld(ceiling, s.low(i), s.total+1)
		}
	}
	switch {
	case floor > s.total:
		rows := where(len(s.weight), func(i int) bool { return s.low(i) > 0 })
		return badRows(ErrMinimums, rows, func(i int) string { return fmt.Sprintf("Min[%d] = %d", i, s.low(i)) },
			fmt.Sprintf("lower them, or split more than %d", s.total))
	case floor == s.total:
		return nil
	case !hasWeight:
		rows := where(len(s.weight), func(int) bool { return true })
		return &Error{Kind: ErrNoWeight, Rows: rows,
			Detail: fmt.Sprintf("%d of %d is left to split among %d rows", s.total-floor, s.total, len(s.weight)),
			Maybe:  "give every row the weight 1 to split equally"}
	case ceiling < s.total:
		rows := where(len(s.weight), func(i int) bool { return s.weight[i] == 0 || s.high(i) < s.total })
		return badRows(ErrMaximums, rows, func(i int) string {
			if s.weight[i] == 0 {
				return fmt.Sprintf("Weights[%d] = 0", i)
			}
			return fmt.Sprintf("Max[%d] = %d", i, s.high(i))
		}, fmt.Sprintf("raise them, or split at most %d", ceiling))
	}
	return nil
}

// addHeld is a + b held at limit, for a ≤ limit.
func addHeld(a, b, limit uint64) uint64 {
	if b > limit-a {
		return limit
	}
	return a + b
}

// low and high are the bounds of row i, in magnitudes.
func (s *sheet) low(i int) uint64 {
	if s.least == nil {
		return 0
	}
	return s.least[i]
}

func (s *sheet) high(i int) uint64 {
	if s.most == nil {
		return s.total
	}
	return s.most[i]
}

// before is the tie rule: whether row i is served before row j.
func (s *sheet) before(i, j int) bool {
	if s.rank != nil && s.rank[i] != s.rank[j] {
		return s.rank[i] < s.rank[j]
	}
	return i < j
}

// signed gives the parts the sign of the total.
func (s *sheet) signed(parts []uint64) []int64 {
	result := make([]int64, len(parts))
	for i, part := range parts {
		result[i] = s.sign(part)
	}
	return result
}

// sign also holds for the magnitude 2^63 of a negative total.
func (s *sheet) sign(magnitude uint64) int64 {
	if s.negative {
		return -int64(magnitude)
	}
	return int64(magnitude)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// where lists the rows that a test holds for, nil if there are none.
func where(n int, test func(int) bool) []int {
	var rows []int
	for i := range n {
		if test(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

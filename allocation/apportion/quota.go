package apportion

import (
	"fmt"
	"math/big"
)

// QuotaRow sets one row's part beside its quota.
type QuotaRow struct {
	Quota        *big.Rat // the exact fair share, under the minimums and maximums
	Lower, Upper int64    // the quota rounded down and up; equal if it is an integer
	Part         int64
	InQuota      bool // Lower ≤ Part ≤ Upper
}

// Quota reports, for every row, the quota and whether the part keeps to it.
// It is short for Problem.Quota without minimums and maximums.
func Quota(total int64, weights, parts []int64) ([]QuotaRow, error) {
	return Problem{Total: total, Weights: weights}.Quota(parts)
}

// Quota reports, for every row, the exact quota, the same rounded down and up,
// and whether the part lies between. Rounding is toward minus and plus
// infinity, also for a negative total. The parts may come from anywhere; they
// need not add up. O(n log n). Errors are those of Split that concern the
// problem, and ErrLength.
func (p Problem) Quota(parts []int64) ([]QuotaRow, error) {
	if len(parts) != len(p.Weights) {
		return nil, &Error{Kind: ErrLength, Detail: fmt.Sprintf("%d Weights but %d parts", len(p.Weights), len(parts))}
	}
	s, err := p.sheet()
	if err != nil {
		return nil, err
	}
	rows := make([]QuotaRow, len(parts))
	for i, q := range s.share {
		up := q.whole
		if q.rem > 0 {
			up++
		}
		lower, upper := s.sign(q.whole), s.sign(up)
		if s.negative {
			lower, upper = upper, lower
		}
		rows[i] = QuotaRow{Quota: s.exact(q), Lower: lower, Upper: upper, Part: parts[i],
			InQuota: lower <= parts[i] && parts[i] <= upper}
	}
	return rows, nil
}

func (s *sheet) exact(q share) *big.Rat {
	rat := new(big.Rat).SetFrac(new(big.Int).SetUint64(q.rem), new(big.Int).SetUint64(q.den))
	rat.Add(rat, new(big.Rat).SetInt(new(big.Int).SetUint64(q.whole)))
	if s.negative {
		rat.Neg(rat)
	}
	return rat
}

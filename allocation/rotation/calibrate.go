package rotation

import (
	"math/big"
	"slices"
)

// Calibrate sets an account to the mean credit of those it comes back to: the
// eligible accounts and itself, named among them or not. The others pay or gain
// the difference by weight, so the mean stays what it was and calibrating twice
// changes nothing more (but for rounding, less than a unit for each of them).
//
// Errors wrap ErrAccount, ErrWeight, ErrTwice, ErrNobody or ErrFull; there must
// be somebody else with weight. Cost: O(accounts·log accounts), for the bound.
func (l *Ledger) Calibrate(a Account, eligible []Entrant) error {
	if err := l.openAccount(a); err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(eligible), func(e Entrant) bool { return e.Account == a })
	t := turn{entrants: others}
	if err := l.weigh(&t); err != nil {
		return err
	}
	sum := l.credits[a].Units()
	for _, e := range others {
		sum.Add(sum, l.credits[e.Account].Units())
	}
	mean := roundQuo(sum, int64(len(others)+1))
	return l.transfer(a, creditFromBig(mean).sub(l.credits[a]), others)
}

// roundQuo is sum/n rounded half away from zero.
func roundQuo(sum *big.Int, n int64) *big.Int {
	twice := new(big.Int).Abs(sum)
	twice.Lsh(twice, 1).Add(twice, big.NewInt(n))
	twice.Quo(twice, big.NewInt(2*n))
	if sum.Sign() < 0 {
		twice.Neg(twice)
	}
	return twice
}

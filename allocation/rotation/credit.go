package rotation

import (
	"fmt"
	"math/big"
	"math/bits"
	"strings"
)

// Unit is how many units of credit make one size unit: 4096·lcm(1..22).
//
// A share of one customer among up to 22 reps of equal weight, or among weights
// whose total divides Unit, is therefore a whole number of units, and credits
// that are equal as fractions are equal as integers.
const Unit = 953_518_325_760

// Credit is an exact signed amount in units of 1/[Unit] of a size unit. With
// size 1 for every customer a size unit is one customer; with money it is one
// unit of the declared scale.
//
// The zero Credit is zero. Credits compare with == and [Credit.Cmp]. A ledger
// keeps every credit within ±2^100 units (about ±1.3·10^18 size units).
type Credit struct {
	hi int64
	lo uint64
}

func creditOf(units int64) Credit { return Credit{units >> 63, uint64(units)} }

// sizeCredit is size·Unit, for size in 0..2^63-1.
func sizeCredit(size int64) Credit {
	hi, lo := bits.Mul64(uint64(size), Unit)
	return Credit{int64(hi), lo}
}

// milliCredit is thousandths·Unit/1000, rounded half away from zero.
func milliCredit(thousandths int64) Credit {
	m := magnitude(thousandths)
	hi, lo := bits.Mul64(m, Unit)
	lo, carry := bits.Add64(lo, 500, 0)
	c := Credit{int64(hi + carry), lo}.divSmall(1000)
	if thousandths < 0 {
		return c.neg()
	}
	return c
}

// milliFloor is the largest credit not above thousandths·Unit/1000, for
// thousandths ≥ 0: an integer credit exceeds the fraction exactly when it
// exceeds this floor.
func milliFloor(thousandths int64) Credit {
	hi, lo := bits.Mul64(uint64(thousandths), Unit)
	return Credit{int64(hi), lo}.divSmall(1000)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

func (c Credit) add(d Credit) Credit {
	lo, carry := bits.Add64(c.lo, d.lo, 0)
	hi, _ := bits.Add64(uint64(c.hi), uint64(d.hi), carry)
	return Credit{int64(hi), lo}
}

func (c Credit) sub(d Credit) Credit {
	lo, borrow := bits.Sub64(c.lo, d.lo, 0)
	hi, _ := bits.Sub64(uint64(c.hi), uint64(d.hi), borrow)
	return Credit{int64(hi), lo}
}

func (c Credit) neg() Credit { return Credit{}.sub(c) }

func (c Credit) abs() Credit {
	if c.hi < 0 {
		return c.neg()
	}
	return c
}

func (c Credit) less(d Credit) bool {
	return c.hi < d.hi || c.hi == d.hi && c.lo < d.lo
}

func larger(c, d Credit) Credit {
	if c.less(d) {
		return d
	}
	return c
}

func smaller(c, d Credit) Credit {
	if d.less(c) {
		return d
	}
	return c
}

// mulSmall is c·m. The caller knows that the product fits.
func (c Credit) mulSmall(m uint64) Credit {
	hi, lo := bits.Mul64(c.lo, m)
	return Credit{int64(hi + uint64(c.hi)*m), lo}
}

// divSmall is ⌊c/d⌋ for c ≥ 0 and d > 0.
func (c Credit) divSmall(d uint64) Credit {
	if c.hi == 0 {
		return Credit{0, c.lo / d}
	}
	hi, rem := uint64(c.hi)/d, uint64(c.hi)%d
	lo, _ := bits.Div64(rem, c.lo, d)
	return Credit{int64(hi), lo}
}

// Sign is -1, 0 or +1: owes, even, is owed.
func (c Credit) Sign() int {
	switch {
	case c.hi < 0:
		return -1
	case c == Credit{}:
		return 0
	}
	return 1
}

// Cmp is -1, 0 or +1 as c is below, equal to or above d.
func (c Credit) Cmp(d Credit) int {
	switch {
	case c.less(d):
		return -1
	case c == d:
		return 0
	}
	return 1
}

// Units is the credit as a whole number of units, [Unit] of them to one size unit.
func (c Credit) Units() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(c.hi), 64)
	return n.Add(n, new(big.Int).SetUint64(c.lo))
}

// Rat is the exact credit in size units.
func (c Credit) Rat() *big.Rat { return new(big.Rat).SetFrac(c.Units(), big.NewInt(Unit)) }

// Float64 is the float nearest to the credit in size units, for display and
// charts. Nothing in this package decides by it.
func (c Credit) Float64() float64 {
	f, _ := c.Rat().Float64()
	return f
}

// String is the credit in size units as a decimal with at most six places,
// rounded half away from zero, without trailing zeros: "-0.333333", "2". Use
// [Credit.Rat] where the exact value matters.
func (c Credit) String() string {
	s := c.Rat().FloatString(6)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// parseUnits reads what Units().String() writes.
func parseUnits(text string) (Credit, error) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.String() != text {
		return Credit{}, fmt.Errorf("%q is not a whole number of units", text)
	}
	if n.BitLen() > 126 {
		return Credit{}, fmt.Errorf("%s units do not fit a credit", text)
	}
	return creditFromBig(n), nil
}

// creditFromBig converts a number of at most 126 bits.
func creditFromBig(n *big.Int) Credit {
	mag := new(big.Int).Abs(n)
	lo := new(big.Int).And(mag, new(big.Int).SetUint64(^uint64(0))).Uint64()
	c := Credit{new(big.Int).Rsh(mag, 64).Int64(), lo}
	if n.Sign() < 0 {
		return c.neg()
	}
	return c
}

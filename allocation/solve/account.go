package solve

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"
)

// account adds up what a rep is entitled to, exactly: a sum of fractions whose
// common denominator may have hundreds of thousands of digits.
//
// The sum is enclosed by two numbers with 128 binary digits behind the point,
// which nearly always settles between which integers it lies. Where it does
// not, the fractions themselves are added. If they add up to an integer, which
// is nearly always why, the account starts anew from it, so that each fraction
// is added but once that way.
type account struct {
	// The sum is at least this much. slack of 0 says that it is just that;
	// otherwise it is more, and less than slack units of the last digit above.
	whole     int64
	high, low uint64
	slack     uint64

	// The sum is this much: an integer and fractions.
	base  int64
	terms []fraction
}

// fraction is num/den, above 0 and below 1; den is below 2^63.
type fraction struct{ num, den uint64 }

// addWhole adds an integer.
func (a *account) addWhole(n int64) { a.whole, a.base = a.whole+n, a.base+n }

// add adds a fraction.
func (a *account) add(f fraction) {
	a.terms = append(a.terms, f)
	high, rest := bits.Div64(f.num, 0, f.den)
	low, rest := bits.Div64(rest, 0, f.den)
	var carry uint64
	a.low, carry = bits.Add64(a.low, low, 0)
	a.high, carry = bits.Add64(a.high, high, carry)
	a.whole += int64(carry)
	if rest != 0 {
		a.slack++
	}
}

// addShare adds weight / total of some units, weight at most total.
func (a *account) addShare(units int64, weight, total uint64) {
	if weight == 0 || units == 0 {
		return
	}
	high, low := bits.Mul64(uint64(units), weight)
	whole, rest := bits.Div64(high, low, total)
	a.addWhole(int64(whole))
	if rest > 0 {
		a.add(fraction{rest, total})
	}
}

// round returns the largest integer not above the sum and the smallest not
// below it.
func (a *account) round() (floor, ceiling int64) {
	low, carry := bits.Add64(a.low, a.slack, 0)
	high, carry := bits.Add64(a.high, 0, carry)
	if carry != 0 && high|low != 0 {
		return a.settle()
	}
	if a.high|a.low|a.slack == 0 {
		return a.whole, a.whole
	}
	return a.whole, a.whole + 1
}

// settle rounds a sum whose enclosure contains an integer.
func (a *account) settle() (floor, ceiling int64) {
	next := a.whole + 1
	switch a.compare(next) {
	case -1:
		return a.whole, next
	case +1:
		return next, next + 1
	}
	*a = account{whole: next, base: next, terms: a.terms[:0]}
	return next, next
}

// compare compares the sum with an integer.
func (a *account) compare(n int64) int {
	b := account{base: a.base, terms: slices.Clone(a.terms)}
	b.merge()
	if len(b.terms) == 0 {
		return cmp.Compare(b.base, n)
	}
	num, den := addUp(b.terms)
	return num.Cmp(den.Mul(den, big.NewInt(n-b.base)))
}

// merge adds the fractions with equal denominators.
func (a *account) merge() {
	slices.SortFunc(a.terms, func(f, g fraction) int { return cmp.Compare(f.den, g.den) })
	merged := a.terms[:0]
	for _, f := range a.terms {
		last := len(merged) - 1
		if last < 0 || merged[last].den != f.den {
			merged = append(merged, f)
			continue
		}
		num := merged[last].num + f.num
		if num >= f.den {
			num, a.base = num-f.den, a.base+1
		}
		if merged[last].num = num; num == 0 {
			merged = merged[:last]
		}
	}
	a.terms = merged
}

// addUp adds fractions in halves, so that the large factors are of like size.
func addUp(f []fraction) (num, den *big.Int) {
	if len(f) == 1 {
		return new(big.Int).SetUint64(f[0].num), new(big.Int).SetUint64(f[0].den)
	}
	n, d := addUp(f[:len(f)/2])
	num, den = addUp(f[len(f)/2:])
	num.Mul(num, d)
	return num.Add(num, n.Mul(n, den)), den.Mul(den, d)
}

package apportion

import "math/bits"

// wide is an unsigned integer of 128 bits.
type wide struct{ hi, lo uint64 }

func product(a, b uint64) wide {
	hi, lo := bits.Mul64(a, b)
	return wide{hi, lo}
}

// plus adds; callers know that the sum fits.
func (a wide) plus(b wide) wide {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return wide{hi, lo}
}

func (a wide) compare(b wide) int {
	if a.hi != b.hi {
		return compareUint(a.hi, b.hi)
	}
	return compareUint(a.lo, b.lo)
}

// wider is an unsigned integer of 256 bits, most significant word first.
type wider [4]uint64

func (a wide) times(b wide) wider {
	low := product(a.lo, b.lo)
	mid1, mid2 := product(a.hi, b.lo), product(a.lo, b.hi)
	high := product(a.hi, b.hi)

	word1, c1 := bits.Add64(low.hi, mid1.lo, 0)
	word1, c2 := bits.Add64(word1, mid2.lo, 0)
	word2, c3 := bits.Add64(high.lo, mid1.hi, c1)
	word2, c4 := bits.Add64(word2, mid2.hi, c2)
	return wider{high.hi + c3 + c4, word2, word1, low.lo}
}

func (a wider) compare(b wider) int {
	for i := range a {
		if a[i] != b[i] {
			return compareUint(a[i], b[i])
		}
	}
	return 0
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

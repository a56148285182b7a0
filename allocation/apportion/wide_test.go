package apportion

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func bigOf(words ...uint64) *big.Int {
	n := new(big.Int)
	for _, w := range words {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(w))
	}
	return n
}

// drawWord draws words with many ones or zeros, where carries happen.
func drawWord(t *rapid.T, name string) uint64 {
	return rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, 1<<64 - 1})).Draw(t, name)
}

func TestWideProductsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := wide{drawWord(t, "a.hi"), drawWord(t, "a.lo")}
		b := wide{drawWord(t, "b.hi"), drawWord(t, "b.lo")}
		bigA, bigB := bigOf(a.hi, a.lo), bigOf(b.hi, b.lo)

		p := a.times(b)
		if want := new(big.Int).Mul(bigA, bigB); bigOf(p[:]...).Cmp(want) != 0 {
			t.Fatalf("the 256-bit product of %v and %v is %v, want %v", bigA, bigB, bigOf(p[:]...), want)
		}
		if q := product(a.hi, b.lo); bigOf(q.hi, q.lo).Cmp(new(big.Int).Mul(bigOf(a.hi), bigOf(b.lo))) != 0 {
			t.Fatalf("the 128-bit product of %d and %d is %v", a.hi, b.lo, bigOf(q.hi, q.lo))
		}
		sum := new(big.Int).Add(bigA, bigB)
		if s := a.plus(b); sum.BitLen() <= 128 && bigOf(s.hi, s.lo).Cmp(sum) != 0 {
			t.Fatalf("the sum of %v and %v is %v", bigA, bigB, bigOf(s.hi, s.lo))
		}
		if got := a.compare(b); got != bigA.Cmp(bigB) {
			t.Fatalf("comparing %v with %v gives %d", bigA, bigB, got)
		}
		q := b.times(b)
		if got := p.compare(q); got != bigOf(p[:]...).Cmp(bigOf(q[:]...)) {
			t.Fatalf("comparing the products %v and %v gives %d", p, q, got)
		}
	})
}

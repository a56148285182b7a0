package rotation

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func drawCredit(t *rapid.T, label string) Credit {
	hi := rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64Range(-1<<36, 1<<36)).Draw(t, label+" high")
	lo := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64(), rapid.Map(rapid.Uint64(), func(x uint64) uint64 { return x * 0x9E3779B97F4A7C15 })).Draw(t, label+" low")
	return Credit{hi, lo}
}

func TestCreditArithmeticIsThatOfIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawCredit(t, "a"), drawCredit(t, "b")
		m := rapid.Uint64Range(1, 1<<20).Draw(t, "m")
		x, y := a.Units(), b.Units()
		same := func(what string, c Credit, want *big.Int) {
			if c.Units().Cmp(want) != 0 {
				t.Fatalf("%s of %s and %s, %d is %s, not %s", what, x, y, m, want, c.Units())
			}
		}
		same("sum", a.add(b), new(big.Int).Add(x, y))
		same("difference", a.sub(b), new(big.Int).Sub(x, y))
		same("negative", a.neg(), new(big.Int).Neg(x))
		same("magnitude", a.abs(), new(big.Int).Abs(x))
		same("product", a.mulSmall(m), new(big.Int).Mul(x, new(big.Int).SetUint64(m)))
		same("quotient", a.abs().divSmall(m), new(big.Int).Quo(new(big.Int).Abs(x), new(big.Int).SetUint64(m)))
		same("conversion", creditFromBig(x), x)
		if a.Cmp(b) != x.Cmp(y) || a.Sign() != x.Sign() || a.less(b) != (x.Cmp(y) < 0) {
			t.Fatalf("credits compare as their integers do: %s, %s", x, y)
		}
		if back, err := parseUnits(x.String()); err != nil || back != a {
			t.Fatalf("what was written is read: %s, %v", x, err)
		}
	})
}

func TestProductsCompareExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, c := drawCredit(t, "a"), drawCredit(t, "c")
		b, d := drawCredit(t, "b").abs().add(creditOf(1)), drawCredit(t, "d").abs().add(creditOf(1))
		if rapid.Bool().Draw(t, "tie") {
			c, d = a, b
		}
		want := new(big.Int).Mul(a.Units(), b.Units()).Cmp(new(big.Int).Mul(c.Units(), d.Units()))
		if got := compareProducts(a, b, c, d); got != want {
			t.Fatalf("%s·%s against %s·%s is %d, not %d", a.Units(), b.Units(), c.Units(), d.Units(), want, got)
		}
	})
}

func TestCreditForPeople(t *testing.T) {
	third := Credit{0, Unit / 3}
	for _, c := range []struct {
		credit Credit
		want   string
	}{
		{Credit{}, "0"},
		{third, "0.333333"},
		{third.neg(), "-0.333333"},
		{sizeCredit(20), "20"},
		{creditOf(-1), "0"},
		{milliCredit(-1500), "-1.5"},
		{sizeCredit(MaxSize), "1000000000000"},
	} {
		if c.credit.String() != c.want {
			t.Errorf("%s units read %q, not %q", c.credit.Units(), c.want, c.credit)
		}
	}
	if f := milliCredit(-2500).Float64(); f != -2.5 {
		t.Errorf("-2500 thousandths are -2.5, not %v", f)
	}
}

func TestThousandthsAreRoundedHalfAwayFromZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Int64Range(-MaxMilli, MaxMilli).Draw(t, "thousandths")
		twice := new(big.Int).Mul(big.NewInt(int64(magnitude(m))), big.NewInt(2*Unit))
		twice.Add(twice, big.NewInt(1000)).Quo(twice, big.NewInt(2000))
		if got := milliCredit(m).abs().Units(); got.Cmp(twice) != 0 {
			t.Fatalf("%d thousandths are %s units, not %s", m, twice, got)
		}
		if milliCredit(-m) != milliCredit(m).neg() {
			t.Fatalf("both signs round alike: %d", m)
		}
	})
}

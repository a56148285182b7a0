package rule

import (
	"math"
	"math/big"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
	"pgregory.net/rapid"
)

func TestWholeNumbersNeverWrap(t *testing.T) {
	whole := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}), rapid.Int64Range(-1<<32, 1<<32))
	rapid.Check(t, func(rt *rapid.T) {
		a, b := whole.Draw(rt, "a"), whole.Draw(rt, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		check := func(name string, got Value, want *big.Int) {
			if want != nil && want.IsInt64() {
				if got.Kind() != Int || got.Int() != want.Int64() {
					rt.Fatalf("%d %s %d is %v, but got %v", a, name, b, want, got)
				}
			} else if !got.IsNull() || got.why != whyError {
				rt.Fatalf("%d %s %d has no answer, but got %v", a, name, b, got)
			}
		}
		check("+", addInts(IntValue(a), IntValue(b)), new(big.Int).Add(x, y))
		check("-", subtractInts(IntValue(a), IntValue(b)), new(big.Int).Sub(x, y))
		check("*", multiplyInts(IntValue(a), IntValue(b)), new(big.Int).Mul(x, y))
		check("negated, not", negate(IntValue(a)), new(big.Int).Neg(x))
		var rest *big.Int
		if b != 0 {
			rest = new(big.Int).Rem(x, y)
		}
		check("%", remainder(IntValue(a), IntValue(b)), rest)
	})
}

func TestNumbersAreAlwaysFinite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, y := NumberValue(rapid.Float64().Draw(rt, "x")), NumberValue(rapid.Float64().Draw(rt, "y"))
		for key, fn := range sums {
			if key.kind != Number {
				continue
			}
			got := fn(x, y)
			if f := got.Number(); got.IsNull() && got.why != whyError || math.IsNaN(f) || math.IsInf(f, 0) || f == 0 && math.Signbit(f) {
				rt.Fatalf("a number is finite and never minus zero, or there is none: %v %s %v is %v", x, key.op, y, got)
			}
		}
	})
}

func TestTimesAndSpansAddUp(t *testing.T) {
	moment := rapid.Int64Range(earliest, latest)
	minus, plus := mixed[mixture{"-", Time, Time}].fn, mixed[mixture{"+", Time, Duration}].fn
	back := mixed[mixture{"-", Time, Duration}].fn
	rapid.Check(t, func(rt *rapid.T) {
		a, b := Value{kind: Time, num: moment.Draw(rt, "a")}, Value{kind: Time, num: moment.Draw(rt, "b")}
		span := minus(a, b)
		if got := plus(b, span); !got.Equal(a) {
			rt.Fatalf("b + (a - b) is a: %v, %v gives %v", a, b, got)
		}
		if got := back(a, span); !got.Equal(b) {
			rt.Fatalf("a - (a - b) is b: %v, %v gives %v", a, b, got)
		}
		if got := plus(a, span); !got.IsNull() && (got.num < earliest || got.num > latest) {
			rt.Fatalf("a time stays between the years 1 and 9999: %v + %v is %v", a, span, got)
		}
	})
}

func TestSpansAreRead(t *testing.T) {
	const day = 24 * 3600 * 1_000_000
	for text, want := range map[string]int64{"30d": 30 * day, "2w": 14 * day, "1w2d3h": 9*day + 3*3600*1e6, "36h": 36 * 3600 * 1e6, "1h30m": 5400 * 1e6, "-1d": -day, "1.5h": 5400 * 1e6, "0d": 0, "10us": 10} {
		if got, ok := parseSpan(text); !ok || got != want {
			t.Errorf("%s is %d microseconds, but got %d", text, want, got)
		}
	}
	for _, text := range []string{"", "-", "d", "30", "30 d", "1h1d", "--1d", "1d-1h", "9999999999w", "1y", "soon"} {
		if got, ok := parseSpan(text); ok {
			t.Errorf("%q is no length of time, but got %d", text, got)
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"30d", "2w", "1w2d3h", "-1d", "1.5h", "9999999d", "999999w9999999d2000000h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got int64
		var ok bool
		budget.Within(t, len(s), func() { got, ok = parseSpan(s) })
		if again, same := parseSpan(s); again != got || same != ok {
			t.Fatalf("%q is read the same twice", s)
		}
		if ok && (got > 1<<62 || got < -(1<<62)) {
			t.Fatalf("a length of time stays far from the ends of an int64, but %q is %d", s, got)
		}
	})
}

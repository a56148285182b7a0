package solve

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestAccountEqualsRationals adds fractions that often reach an integer, just
// miss it by as little as two denominators below 2^62 allow, or do neither.
func TestAccountEqualsRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a account
		exact := new(big.Rat)
		add := func(units int64, weight, total uint64) {
			a.addShare(units, weight, total)
			share := new(big.Rat).SetFrac(new(big.Int).SetUint64(weight), new(big.Int).SetUint64(total))
			exact.Add(exact, share.Mul(share, new(big.Rat).SetInt64(units)))
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			total := rapid.OneOf(rapid.Uint64Range(1, 7), rapid.Uint64Range(1, 1<<62)).Draw(t, "total")
			weight := rapid.Uint64Range(0, total).Draw(t, "weight")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				add(1, weight, total)
			case 1: // up to an integer, and on
				add(1, weight, total)
				add(1, total-weight, total)
			case 2: // as near as can be
				other := max(total, 2) - 1
				near := new(big.Int).Mul(new(big.Int).SetUint64(weight), new(big.Int).SetUint64(other))
				near.Quo(near, new(big.Int).SetUint64(total))
				add(1, weight, total)
				add(1, other-near.Uint64(), other)
			case 3: // nearer than the enclosure tells
				n := 1<<62 - rapid.Uint64Range(0, 1000).Draw(t, "away from 2^62")
				add(1, n-2, n-1)
				add(1, 2, n)
				add(1, n, n+1)
			}
			add(rapid.Int64Range(0, 5).Draw(t, "units"), weight, total)
			floor, ceiling := a.round()
			wantFloor := new(big.Int).Div(exact.Num(), exact.Denom()).Int64()
			wantCeiling := wantFloor
			if !exact.IsInt() {
				wantCeiling++
			}
			if floor != wantFloor || ceiling != wantCeiling {
				t.Fatalf("rounding must be exact: %s is between %d and %d, not %d and %d", exact, wantFloor, wantCeiling, floor, ceiling)
			}
		}
	})
}

// TestAccountTellsNearMisses adds up to an integer, or to what the enclosure
// cannot tell from it: 1/(n−1) − 2/n + 1/(n+1) = 2/(n³−n) is about 2^-180.
func TestAccountTellsNearMisses(t *testing.T) {
	below, above := 0, 0
	for n := uint64(1)<<61 - 40; n < 1<<61; n++ {
		for name, c := range map[string]struct {
			shares         [][2]uint64
			floor, ceiling int64
		}{
			"three thirds":                {[][2]uint64{{1, 3}, {1, 3}, {1, 3}}, 1, 1},
			"a half, a third and a sixth": {[][2]uint64{{1, 2}, {1, 3}, {1, 6}}, 1, 1},
			"a neighbour, below 1":        {[][2]uint64{{n - 2, n - 1}, {1, n}}, 0, 1},
			"a neighbour, above 1":        {[][2]uint64{{n - 1, n}, {1, n - 1}}, 1, 2},
			"two neighbours, above 1":     {[][2]uint64{{1, n - 1}, {n - 2, n}, {1, n + 1}}, 1, 2},
			"two neighbours, below 2":     {[][2]uint64{{n - 2, n - 1}, {2, n}, {n, n + 1}}, 1, 2},
		} {
			var a account
			for _, s := range c.shares {
				a.addShare(1, s[0], s[1])
			}
			if a.high == math.MaxUint64 && a.low > math.MaxUint64-a.slack {
				switch a.compare(a.whole + 1) {
				case -1:
					below++
				case +1:
					above++
				}
			}
			for range 2 { // settling must not change it
				if floor, ceiling := a.round(); floor != c.floor || ceiling != c.ceiling {
					t.Fatalf("%s, n = %d: rounded to %d and %d, not %d and %d", name, n, c.floor, c.ceiling, floor, ceiling)
				}
			}
		}
	}
	if below == 0 || above == 0 {
		t.Fatalf("the enclosure must miss on both sides: %d below, %d above", below, above)
	}
}

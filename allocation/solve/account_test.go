package solve

import (
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
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
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
// cannot tell from it.
func TestAccountTellsNearMisses(t *testing.T) {
	const n = uint64(1) << 61
	for name, shares := range map[string][][2]uint64{
		"three thirds":                {{1, 3}, {1, 3}, {1, 3}},
		"a half, a third and a sixth": {{1, 2}, {1, 3}, {1, 6}},
		"two neighbours, below 1":     {{n - 2, n - 1}, {1, n}},
		"two neighbours, above 1":     {{n - 2, n - 1}, {1, n - 2}},
		// 1/(n−1) − 2/n + 1/(n+1) = 2/(n³−n), about 2^-182
		"three neighbours, above 1": {{1, n - 1}, {n - 2, n}, {1, n + 1}},
		"three neighbours, below 2": {{n - 2, n - 1}, {2, n}, {n, n + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var a account
			exact := new(big.Rat)
			for _, s := range shares {
				a.addShare(1, s[0], s[1])
				exact.Add(exact, new(big.Rat).SetFrac(new(big.Int).SetUint64(s[0]), new(big.Int).SetUint64(s[1])))
			}
			want := new(big.Int).Div(exact.Num(), exact.Denom()).Int64()
			wantCeiling := want
			if !exact.IsInt() {
				wantCeiling++
			}
			for range 2 { // settling must not change it
				if floor, ceiling := a.round(); floor != want || ceiling != wantCeiling {
					t.Fatalf("%s is between %d and %d, not %d and %d", exact, want, wantCeiling, floor, ceiling)
				}
			}
		})
	}
}

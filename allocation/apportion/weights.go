package apportion

import (
	"fmt"
	"math/big"
	"strings"
)

// maxWeightText bounds one weight's text, so that untrusted numbers cannot
// take memory.
const maxWeightText = 64

// Weights turns numbers as people write them into integer weights in exactly
// the same proportions, in lowest terms: "30", "0.25", "1/3" and "12.5%" may
// be mixed. So {"0.5", "1/3"} gives {3, 2}. A number has digits, at most one
// of "." and "/", perhaps a percent sign at the end, and at most 64 characters.
//
// Errors are *Error: ErrWeightText, ErrNegativeWeight, and ErrTooLarge if the
// proportions cannot be written with integers that add up to at most 2^63−1.
func Weights(texts []string) ([]int64, error) {
	rats := make([]*big.Rat, len(texts))
	var bad, negative []int
	for i, text := range texts {
		text = strings.TrimSpace(text)
		rat, ok := parseWeight(text)
		switch {
		case ok:
			rats[i] = rat
		case strings.HasPrefix(text, "-"):
			negative = append(negative, i)
		default:
			bad = append(bad, i)
		}
	}
	name := func(i int) string { return fmt.Sprintf("row %d is %.80q", i, texts[i]) }
	if bad != nil {
		return nil, badRows(ErrWeightText, bad, name, `write it like 30, 0.25, 1/3 or 12.5%`)
	}
	if negative != nil {
		return nil, badRows(ErrNegativeWeight, negative, name, "")
	}
	return WeightsRat(rats)
}

// WeightsRat turns rational weights into integers in exactly the same
// proportions, in lowest terms. A nil weight counts as 0. Errors are
// ErrNegativeWeight and ErrTooLarge.
func WeightsRat(weights []*big.Rat) ([]int64, error) {
	if rows := where(len(weights), func(i int) bool { return weights[i] != nil && weights[i].Sign() < 0 }); rows != nil {
		return nil, badRows(ErrNegativeWeight, rows, func(i int) string {
			return fmt.Sprintf("row %d is %s", i, weights[i].RatString())
		}, "")
	}
	unit, err := commonUnit(weights)
	if err != nil {
		return nil, err
	}
	result := make([]int64, len(weights))
	sum := new(big.Int)
	for i, w := range weights {
		if w == nil || w.Sign() == 0 {
			continue
		}
		n := new(big.Rat).Quo(w, unit).Num() // an integer, by the choice of unit
		if sum.Add(sum, n); !sum.IsInt64() {
			return nil, tooFine([]int{i})
		}
		result[i] = n.Int64()
	}
	return result, nil
}

// commonUnit is the largest number of which every weight is a whole multiple,
// nil if all are 0: the greatest common divisor of the numerators over the
// least common multiple of the denominators.
func commonUnit(weights []*big.Rat) (*big.Rat, error) {
	var unit, most *big.Rat
	for i, w := range weights {
		if w == nil || w.Sign() == 0 {
			continue
		}
		if unit == nil {
			unit, most = new(big.Rat).Set(w), w
			continue
		}
		num := new(big.Int).GCD(nil, nil, unit.Num(), w.Num())
		common := new(big.Int).GCD(nil, nil, unit.Denom(), w.Denom())
		den := new(big.Int).Mul(unit.Denom(), new(big.Int).Quo(w.Denom(), common))
		unit = new(big.Rat).SetFrac(num, den)
		if w.Cmp(most) > 0 {
			most = w
		}
		// Stop early: more weights can only make the unit finer.
		if !new(big.Rat).Quo(most, unit).Num().IsInt64() {
			return nil, tooFine([]int{i})
		}
	}
	return unit, nil
}

func tooFine(rows []int) error {
	return &Error{Kind: ErrTooLarge, Rows: rows,
		Detail: fmt.Sprintf("with row %d the weights need integers that add up to more than 2^63-1", rows[0]),
		Maybe:  "round the weights to fewer digits"}
}

// parseWeight reads digits with at most one "." or "/", and perhaps "%".
func parseWeight(text string) (*big.Rat, bool) {
	if len(text) > maxWeightText {
		return nil, false
	}
	number, percent := strings.CutSuffix(text, "%")
	number = strings.TrimSpace(number)
	numerator, denominator := number, "1"
	if over, under, ok := strings.Cut(number, "/"); ok {
		numerator, denominator = strings.TrimSpace(over), strings.TrimSpace(under)
	} else if whole, decimals, ok := strings.Cut(number, "."); ok {
		numerator, denominator = whole+decimals, "1"+strings.Repeat("0", len(decimals))
	}
	if percent {
		denominator += "00"
	}
	a, aOK := parseDigits(numerator)
	b, bOK := parseDigits(denominator)
	if !aOK || !bOK || b.Sign() == 0 {
		return nil, false
	}
	return new(big.Rat).SetFrac(a, b), true
}

// parseDigits takes decimal digits and nothing else: no sign, no underscore,
// no octal.
func parseDigits(s string) (*big.Int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return nil, false
	}
	return new(big.Int).SetString(s, 10)
}

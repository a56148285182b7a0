package main

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/evenhand/evenhand/allocation/effort"
)

// amount is a whole number of units, such as 12000h or 8 reps.
type amount struct {
	n    int64
	unit string // one of them: hour, rep, EUR; "unit" where none is said
}

// amountText is digits, with commas at the thousands or without, and a word.
var amountText = regexp.MustCompile(`^(\d+|\d{1,3}(?:,\d{3})+) ?([\pL€$£¥]*)$`)

// usualUnits are short for a unit.
var usualUnits = map[string]string{"": "unit", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "min": "minute"}

func parseAmount(flag, text string) (amount, error) {
	m := amountText.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return amount{}, usage("--%s %q is not a whole number with a unit\nMaybe --%s 12000h, or a smaller unit where parts are needed", flag, clip(text), flag)
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(m[1], ",", ""), 10, 64)
	if err != nil || n > effort.MaxUnits {
		return amount{}, usage("--%s %s is too large: %s is the most\nMaybe a larger unit", flag, clip(text), count(int64(effort.MaxUnits)))
	}
	unit, known := usualUnits[strings.ToLower(m[2])]
	if !known {
		unit = m[2]
		if len(unit) > 3 || unit == strings.ToLower(unit) { // reps, but not EUR or CHS
			unit = strings.TrimSuffix(unit, "s")
		}
	}
	if unit == "" {
		unit = m[2]
	}
	return amount{n, unit}, nil
}

// of writes a number of a unit: 1 hour, 12,000 hours, 500 EUR.
func (a amount) of(n int64) string {
	if n == 1 || n == -1 {
		return count(n) + " " + a.unit
	}
	return count(n) + " " + a.plural()
}

// plural is the unit's own; currencies have none.
func (a amount) plural() string {
	if a.unit != strings.ToLower(a.unit) || strings.ContainsAny(a.unit, "€$£¥") {
		return a.unit
	}
	return a.unit + "s"
}

func (a amount) String() string { return a.of(a.n) }

// parsePart reads a part of a whole: 30% or 0.3.
func parsePart(flag, text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	part, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		part /= 100
	}
	if err != nil || !(part >= 0 && part <= 1) || strings.ContainsAny(number, "xXpP_") {
		return 0, usage("--%s %q is not a part of a whole\nMaybe --%s 30%%", flag, clip(text), flag)
	}
	return part, nil
}

// parseMoney reads a number in the unit of the returns, with commas at the
// thousands or without.
func parseMoney(flag, text string) (float64, error) {
	x, err := strconv.ParseFloat(thousandsText.ReplaceAllString(strings.TrimSpace(text), "$1$2"), 64)
	if err != nil || !(x >= 0 && x <= 1e15) || strings.ContainsAny(text, "xXpP_") {
		return 0, usage("--%s %q is not a number\nMaybe --%s 90000", flag, clip(text), flag)
	}
	return x, nil
}

var thousandsText = regexp.MustCompile(`(\d),(\d{3})\b`)

// money writes a return for people: with decimals as far as they matter. Returns
// are mostly money, and always what the file has them in.
func money(x float64) string {
	switch size := math.Abs(x); {
	case size != 0 && size < 0.01:
		return strconv.FormatFloat(x, 'g', 3, 64)
	case size < 1e5:
		whole, cents, _ := strings.Cut(strconv.FormatFloat(x, 'f', 2, 64), ".")
		return thousands(whole) + "." + cents
	default:
		return thousands(strconv.FormatFloat(x, 'f', 0, 64))
	}
}

// alike writes numbers that stand together, with decimals or all without.
func alike(of ...float64) func(float64) string {
	for _, x := range of {
		if math.Abs(x) >= 1e5 {
			return func(x float64) string { return thousands(strconv.FormatFloat(math.Round(x)+0, 'f', 0, 64)) }
		}
	}
	return money
}

// withSign puts a plus before a number that has no minus.
func withSign(number string) string {
	if strings.HasPrefix(number, "-") || number == "0" {
		return number
	}
	return "+" + number
}

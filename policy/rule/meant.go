package rule

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Meant guesses how a text that is no value of a kind should have been
// written, for "Maybe …" lines: "$1,200" was meant to be 1200, 12% to be 0.12,
// 31.12.2026 to be 2026-12-31, "yes" to be true, and "n/a" to be left out. A
// text with two readings gets both; one without a likely reading gets "".
func Meant(k Kind, text string) string {
	text = strings.TrimSpace(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(text))
	if len(text) > 40 {
		return ""
	}
	if nothingWords[strings.ToLower(text)] {
		return "leave it empty when it is not known"
	}
	switch k {
	case Bool:
		return meantBool[strings.ToLower(text)]
	case Int:
		if allDigits.MatchString(text) {
			return "" // too large
		}
		whole, _, _ := strings.Cut(meantNumber(text), ",")
		if strings.Contains(whole, ".") {
			return ""
		}
		return whole
	case Number:
		return meantNumber(text)
	case Time:
		return meantDate(text)
	}
	return ""
}

// nothingWords are what exports write for a value that is not there.
var nothingWords = map[string]bool{
	"n/a": true, "na": true, "#n/a": true, "nan": true, "null": true, "none": true, "nil": true, "unknown": true,
	"-": true, "--": true, "?": true, "#value!": true, "#ref!": true, "#div/0!": true, "undefined": true, "tbd": true,
}

var meantBool = map[string]string{
	"yes": "true", "y": "true", "1": "true", "on": "true", "x": "true", "t": "true", "wahr": "true", "ja": "true", "是": "true",
	"no": "false", "n": "false", "0": "false", "off": "false", "f": "false", "falsch": "false", "nein": "false", "否": "false",
}

// amountText is a number among the signs that people put around one.
var amountText = regexp.MustCompile(`^(?:[$€£¥]|[A-Z]{3} )? *([-+]?\d[\d., ']*?) *(%|[$€£¥]|[A-Z]{3})?$`)

// numberForms are the ways in which numbers are written, and what makes a
// decimal of each: characters to drop, and the one that begins the decimals.
var numberForms = []struct {
	form        *regexp.Regexp
	drop, point string
}{
	{regexp.MustCompile(`^[-+]?\d+(\.\d+)?$`), "", "."},
	{regexp.MustCompile(`^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$`), ",", "."},
	{regexp.MustCompile(`^[-+]?\d{1,3}(\.\d{3})+,\d+$`), ".", ","},
	{regexp.MustCompile(`^[-+]?\d{1,3}(\.\d{3}){2,}$`), ".", ","},
	{regexp.MustCompile(`^[-+]?\d{1,3}([ ']\d{3})+(\.\d+)?$`), " '", "."},
	{regexp.MustCompile(`^[-+]?\d{1,3}([ ']\d{3})+(,\d+)?$`), " '", ","},
	{regexp.MustCompile(`^[-+]?\d+,\d+$`), "", ","},
}

// thousandsOrDecimals is 1,200: twelve hundred to some, 1.2 to others.
var thousandsOrDecimals = regexp.MustCompile(`^[-+]?\d{1,3},\d{3}$`)

func meantNumber(text string) string {
	m := amountText.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	for _, f := range numberForms {
		if !f.form.MatchString(m[1]) {
			continue
		}
		plain := strings.Map(func(r rune) rune {
			switch {
			case strings.ContainsRune(f.drop, r):
				return -1
			case strings.ContainsRune(f.point, r):
				return '.'
			}
			return r
		}, m[1])
		x, err := strconv.ParseFloat(plain, 64)
		switch {
		case err != nil:
			return ""
		case m[2] == "%":
			return strconv.FormatFloat(x/100, 'g', 12, 64)
		case thousandsOrDecimals.MatchString(m[1]):
			return fmt.Sprintf("%s, or %s if the comma begins the decimals", plain, strings.Replace(m[1], ",", ".", 1))
		}
		return plain
	}
	return ""
}

// dateForms are the ways in which people write a date that can be read in one
// way only.
var dateForms = []string{
	"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2.1.2006", "2. January 2006",
	"2 Jan 2006", "2 January 2006", "Jan 2 2006", "Jan 2, 2006", "January 2 2006", "January 2, 2006", "02-Jan-2006",
}

// A spreadsheet that shows a date as a number counts the days from 1899-12-30.
// These numbers are the days of 1954 to 2064.
const firstSheetDay, lastSheetDay = 20_000, 60_000

func meantDate(text string) string {
	if n, err := strconv.Atoi(text); err == nil && n >= firstSheetDay && n <= lastSheetDay {
		day := time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		return fmt.Sprintf("%s, which a spreadsheet shows as %s when the column is not formatted as a date", day, text)
	}
	whole := text
	if _, err := time.Parse(time.DateOnly, strings.Split(text, " ")[0]); err == nil {
		return "" // it is the time of day that cannot be read
	}
	if date, clock, ok := strings.Cut(text, " "); ok && strings.Contains(clock, ":") {
		text = date
	}
	for _, form := range dateForms {
		for _, t := range []string{whole, text} {
			if day, err := time.Parse(form, t); err == nil {
				return day.Format(time.DateOnly)
			}
		}
	}
	dayFirst, err1 := time.Parse("2/1/2006", text)
	monthFirst, err2 := time.Parse("1/2/2006", text)
	switch {
	case err1 != nil && err2 != nil:
		return ""
	case err2 != nil || dayFirst.Equal(monthFirst):
		return dayFirst.Format(time.DateOnly)
	case err1 != nil:
		return monthFirst.Format(time.DateOnly)
	}
	return fmt.Sprintf("%s if the day stands first, %s if the month does", dayFirst.Format(time.DateOnly), monthFirst.Format(time.DateOnly))
}

package rule

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMeant(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want string
	}{
		{Int, "1,000", "1000"},
		{Int, "$1,200", "1200"},
		{Int, "1 234", "1234"},
		{Int, "1'234'567", "1234567"},
		{Int, "1.5", ""},
		{Int, "99999999999999999999", ""},
		{Time, "2026-03-04 25:00", ""},
		{Int, "1.234,56", ""},
		{Int, "many", ""},
		{Int, "N/A", "leave it empty when it is not known"},
		{Number, "1.234,56", "1234.56"},
		{Number, "1,234.56", "1234.56"},
		{Number, "1.234.567", "1234567"},
		{Number, "1 234,5", "1234.5"},
		{Number, "0,4", "0.4"},
		{Number, "1,200", "1200, or 1.200 if the comma begins the decimals"},
		{Number, "€ 99", "99"},
		{Number, "99 EUR", "99"},
		{Number, "EUR 99", "99"},
		{Number, "-1,5", "-1.5"},
		{Number, "12%", "0.12"},
		{Number, "40 %", "0.4"},
		{Number, "#DIV/0!", "leave it empty when it is not known"},
		{Number, "5 apples", ""},
		{Bool, "Yes", "true"},
		{Bool, "0", "false"},
		{Bool, "maybe", ""},
		{Time, "31.12.2026", "2026-12-31"},
		{Time, "31/12/2026", "2026-12-31"},
		{Time, "12/31/2026 10:30", "2026-12-31"},
		{Time, "03/04/2026", "2026-04-03 if the day stands first, 2026-03-04 if the month does"},
		{Time, "04/04/2026", "2026-04-04"},
		{Time, "2026-3-4", "2026-03-04"},
		{Time, "Mar 4 2026", "2026-03-04"},
		{Time, "45000", "2023-03-15, which a spreadsheet shows as 45000 when the column is not formatted as a date"},
		{Time, "next week", ""},
		{Time, "2026-02-30", ""},
		{String, "12%", ""},
	} {
		if got := Meant(c.kind, c.text); got != c.want {
			t.Errorf("Meant(%s, %q) is %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}

// Whatever is advised without conditions is a value when it is taken.
func TestMeantCanBeTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{Bool, Number, Time}).Draw(t, "kind")
		text := rapid.StringMatching(`[$€]?-?[0-9]{1,4}([.,/' ][0-9]{1,4}){0,3}(%| EUR)?|yes|no|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}`).Draw(t, "text")
		meant := Meant(kind, text)
		if meant == "" || len(meant) > 20 {
			return // none, or with a condition
		}
		if _, problem := coerce(kind, meant, nil); problem != "" {
			t.Fatalf("property: advice for %s %q can be taken, but %q %s", kind, text, meant, problem)
		}
	})
}

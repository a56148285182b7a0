package tabular

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNeutral(t *testing.T) {
	for cell, want := range map[string]string{
		"":                          "",
		"Ana":                       "Ana",
		"=1+1":                      "'=1+1",
		`=HYPERLINK("http://x")`:    `'=HYPERLINK("http://x")`,
		"+49 30 1234":               "'+49 30 1234",
		"-cmd|' /C calc'!A0":        "'-cmd|' /C calc'!A0",
		"@SUM(A1)":                  "'@SUM(A1)",
		"\t=1":                      "'\t=1",
		"\r=1":                      "'\r=1",
		"\n=1":                      "'\n=1",
		"-5":                        "-5",
		"+3.2":                      "+3.2",
		"-1e6":                      "-1e6",
		"-.5":                       "-.5",
		"-":                         "'-",
		"-5+2":                      "'-5+2",
		"+1-1":                      "'+1-1",
		"'=1":                       "'=1",
		"a=b":                       "a=b",
		"−5":                        "−5", // a minus sign, not a hyphen
		"-0x1p-2":                   "'-0x1p-2",
		"-inf":                      "'-inf",
		"2017-03-01T00:00:00Z":      "2017-03-01T00:00:00Z",
		"-1,5":                      "'-1,5",
		"+" + "9999999999999999999": "+9999999999999999999",
	} {
		if got := Neutral(cell); got != want {
			t.Errorf("Neutral(%q) = %q, want %q", cell, got, want)
		}
	}
}

func TestNeutralProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@\t\r\n-][0-9a-z=.+-]{0,6}`)).Draw(t, "cell")
		got := Neutral(cell)
		if got != cell && got != "'"+cell {
			t.Fatalf("property: a cell stays, or has an apostrophe before it; %q became %q", cell, got)
		}
		if Neutral(got) != got {
			t.Fatalf("property: neutral stays neutral; %q became %q", got, Neutral(got))
		}
		if strings.IndexAny(got, "=+-@\t\r\n") == 0 {
			if _, err := strconv.ParseFloat(got, 64); err != nil && !strings.Contains(err.Error(), "out of range") {
				t.Fatalf("property: what still begins like a formula is a number; %q is none", got)
			}
		}
		number := strconv.FormatFloat(rapid.Float64().Draw(t, "number"), 'f', -1, 64)
		if Neutral(number) != number {
			t.Fatalf("property: numbers stay as they are; %q became %q", number, Neutral(number))
		}
	})
}

func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, row := range [][]string{{"id", "note"}, {"L-1", "=1+1"}, {"L-2", "a, \"b\"\nc"}, {"-5", "+x"}} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "id,note\nL-1,'=1+1\nL-2,\"a, \"\"b\"\"\nc\"\n-5,'+x\n"
	if b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}

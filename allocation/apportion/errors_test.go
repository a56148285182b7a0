package apportion_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenhand/evenhand/allocation/apportion"
)

func TestErrorsNameKindAndRows(t *testing.T) {
	const most = math.MaxInt64
	for _, c := range []struct {
		name string
		p    apportion.Problem
		m    apportion.Method
		kind error
		rows []int
		text string // the whole message
	}{
		{"all weights zero", apportion.Problem{Total: 5, Weights: []int64{0, 0}}, apportion.Webster, apportion.ErrNoWeight, []int{0, 1},
			"apportion: nobody has a weight above zero to take the total: 5 of 5 is left to split among 2 rows\nMaybe give every row the weight 1 to split equally"},
		{"no rows", apportion.Problem{Total: -5}, apportion.Hamilton, apportion.ErrNoWeight, nil,
			"apportion: nobody has a weight above zero to take the total: 5 of 5 is left to split among 0 rows\nMaybe give every row the weight 1 to split equally"},
		{"negative weight", apportion.Problem{Total: 5, Weights: []int64{1, -2, 3, -4}}, apportion.Adams, apportion.ErrNegativeWeight, []int{1, 3},
			"apportion: a weight is negative: Weights[1] = -2, Weights[3] = -4"},
		{"minimums above the total", apportion.Problem{Total: 5, Weights: []int64{1, 1, 1}, Min: []int64{3, 0, 3}}, apportion.DHondt, apportion.ErrMinimums, []int{0, 2},
			"apportion: the minimums add up to more than the total: Min[0] = 3, Min[2] = 3\nMaybe lower them, or split more than 5"},
		{"maximums below the total", apportion.Problem{Total: 9, Weights: []int64{1, 0, 1}, Max: []int64{3, 9, 4}}, apportion.Hamilton, apportion.ErrMaximums, []int{0, 1, 2},
			"apportion: the maximums of the rows with a weight, and the minimums of the others, add up to less than the total: Max[0] = 3, Weights[1] = 0, Max[2] = 4\nMaybe raise them, or split at most 7"},
		{"minimum above maximum", apportion.Problem{Total: 9, Weights: []int64{1, 1}, Min: []int64{1, 5}, Max: []int64{9, 4}}, apportion.Hamilton, apportion.ErrBounds, []int{1},
			"apportion: a minimum or maximum is impossible: row 1 has minimum 5 and maximum 4"},
		{"negative minimum", apportion.Problem{Total: 9, Weights: []int64{1, 1}, Min: []int64{-1, 5}}, apportion.Hamilton, apportion.ErrBounds, []int{0},
			"apportion: a minimum or maximum is impossible: row 0 has minimum -1 and maximum 9223372036854775807"},
		{"lists of different length", apportion.Problem{Total: 9, Weights: []int64{1, 1}, Max: []int64{1}}, apportion.Hamilton, apportion.ErrLength, nil,
			"apportion: the lists are not equally long: 2 Weights but 1 in Max"},
		{"weights too large", apportion.Problem{Total: 9, Weights: []int64{most, 1}}, apportion.Hamilton, apportion.ErrTooLarge, nil,
			"apportion: the numbers are too large: the weights up to Weights[1] add up to more than 2^63-1\nMaybe divide all weights by the same number, and round"},
		{"unknown method", apportion.Problem{Total: 9, Weights: []int64{1}}, apportion.Method(99), apportion.ErrMethod, nil,
			"apportion: the method is unknown or cannot do this: Method(99)"},
		{"quota method with bounds", apportion.Problem{Total: 9, Weights: []int64{1}, Min: []int64{1}}, apportion.QuotaMethod, apportion.ErrMethod, nil,
			"apportion: the method is unknown or cannot do this: quota takes no minimums and maximums\nMaybe use hamilton, which stays in quota, or webster, which is house monotone"},
		{"quota method too long", apportion.Problem{Total: 1e15, Weights: []int64{1e17 + 1, 1e16}}, apportion.QuotaMethod, apportion.ErrTooLarge, nil,
			"apportion: the numbers are too large: quota would hand out 1000000000000000 units one by one, and takes at most 10000000\nMaybe use hamilton, which stays in quota, or webster, which is house monotone"},
	} {
		_, err := c.p.Split(c.m)
		var e *apportion.Error
		if !errors.As(err, &e) || !errors.Is(err, c.kind) {
			t.Errorf("%s: got %v, want an *Error of kind %q", c.name, err, c.kind)
			continue
		}
		if !slices.Equal(e.Rows, c.rows) {
			t.Errorf("%s: names rows %v, want %v", c.name, e.Rows, c.rows)
		}
		if diff := cmp.Diff(c.text, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestErrorsOfMinChangeQuotaAndGroups(t *testing.T) {
	p := apportion.Problem{Total: 3, Weights: []int64{1, 2}}
	if _, err := p.MinChange([]int64{1}); !errors.Is(err, apportion.ErrLength) {
		t.Errorf("MinChange with one previous part for two rows: %v, want ErrLength", err)
	}
	if _, err := p.Quota([]int64{1, 2, 3}); !errors.Is(err, apportion.ErrLength) {
		t.Errorf("Quota with three parts for two rows: %v, want ErrLength", err)
	}
	_, err := apportion.SplitGroups(apportion.Webster, 9, []apportion.Group{{Weights: []int64{1}}, {Weights: []int64{1, -1}}})
	if !errors.Is(err, apportion.ErrNegativeWeight) || !strings.Contains(err.Error(), "in group 1:") {
		t.Errorf("a negative weight in the second group: %v, want ErrNegativeWeight in group 1", err)
	}
	_, err = apportion.SplitGroups(apportion.Webster, 9, []apportion.Group{{Weights: []int64{math.MaxInt64, 1}}})
	if !errors.Is(err, apportion.ErrTooLarge) {
		t.Errorf("a group with weights above 2^63-1: %v, want ErrTooLarge", err)
	}
}

func TestBadRowsAreCountedAfterTheFirstFew(t *testing.T) {
	_, err := apportion.Split(apportion.Hamilton, 1, []int64{-1, -1, -1, -1, -1, -1, -1})
	if err == nil || !strings.HasSuffix(err.Error(), "Weights[4] = -1, and 2 more rows") {
		t.Errorf("seven bad rows: %v", err)
	}
}

func TestParseMethod(t *testing.T) {
	for _, m := range apportion.Methods() {
		if got, err := apportion.ParseMethod(m.String()); err != nil || got != m {
			t.Errorf("ParseMethod(%q) = %v, %v; every method reads its own name back", m, got, err)
		}
	}
	for text, want := range map[string]apportion.Method{
		"Largest Remainder": apportion.Hamilton, "sainte-lague": apportion.Webster, "Huntington–Hill": apportion.HuntingtonHill,
		"D'Hondt": apportion.DHondt, " jefferson ": apportion.DHondt, "balinski-young": apportion.QuotaMethod,
	} {
		if got, err := apportion.ParseMethod(text); err != nil || got != want {
			t.Errorf("ParseMethod(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	_, err := apportion.ParseMethod("hamliton")
	want := "apportion: the method is unknown or cannot do this: \"hamliton\"; there are hamilton, webster, huntington_hill, dhondt, adams, quota\nMaybe hamilton"
	if !errors.Is(err, apportion.ErrMethod) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWeights(t *testing.T) {
	for _, c := range []struct {
		texts []string
		want  []int64
	}{
		{[]string{"0.5", "1/3"}, []int64{3, 2}},
		{[]string{"30", "70"}, []int64{3, 7}},
		{[]string{"12.5%", "87.5 %"}, []int64{1, 7}},
		{[]string{"0", "0.000", "0/7"}, []int64{0, 0, 0}},
		{[]string{".1", "1.", "010/08"}, []int64{2, 20, 25}}, // a leading zero is not octal
		{[]string{"0.000000000000000000000000000001", "0.000000000000000000000000000003"}, []int64{1, 3}},
		{nil, []int64{}},
	} {
		got, err := apportion.Weights(c.texts)
		if err != nil {
			t.Errorf("Weights(%q): %v", c.texts, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Weights(%q) (-want +got):\n%s", c.texts, diff)
		}
	}
	for text, kind := range map[string]error{
		"": apportion.ErrWeightText, ".": apportion.ErrWeightText, "%": apportion.ErrWeightText, "1/0": apportion.ErrWeightText,
		"1e9": apportion.ErrWeightText, "NaN": apportion.ErrWeightText, "0x10": apportion.ErrWeightText, "1_0": apportion.ErrWeightText,
		"1/2/3": apportion.ErrWeightText, "1.2.3": apportion.ErrWeightText, "1.5/2": apportion.ErrWeightText, "+1": apportion.ErrWeightText,
		strings.Repeat("9", 65): apportion.ErrWeightText, "-1": apportion.ErrNegativeWeight,
		"0.00000000000000000001": apportion.ErrTooLarge,
	} {
		_, err := apportion.Weights([]string{"3", text})
		var e *apportion.Error
		if !errors.Is(err, kind) || !errors.As(err, &e) || !slices.Equal(e.Rows, []int{1}) {
			t.Errorf("Weights of 3 and %q: %v, want %q for row 1", text, err, kind)
		}
	}
	if _, err := apportion.WeightsRat([]*big.Rat{nil, big.NewRat(-1, 2)}); !errors.Is(err, apportion.ErrNegativeWeight) {
		t.Errorf("a negative rational: %v, want ErrNegativeWeight", err)
	}
}

package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evenhand/evenhand/.ci/budget"
	"pgregory.net/rapid"
)

type level string

func TestCoerce(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	twelve := 12
	midnight := time.Date(2026, 1, 31, 0, 0, 0, 0, berlin)
	for _, c := range []struct {
		kind Kind
		raw  any
		want any // nil means missing, an error text means refused
	}{
		{Bool, true, true}, {Bool, "TRUE", true}, {Bool, " false ", false}, {Bool, "", nil},
		{Bool, "yes", errors.New(`"yes" is not true or false`)}, {Bool, 1, errors.New("1 is not true or false")},
		{Int, 12, int64(12)}, {Int, int8(-3), int64(-3)}, {Int, uint16(7), int64(7)}, {Int, 12.0, int64(12)}, {Int, "12", int64(12)},
		{Int, " 12 ", int64(12)}, {Int, "12.0", int64(12)}, {Int, json.Number("12"), int64(12)}, {Int, &twelve, int64(12)},
		{Int, (*int)(nil), nil}, {Int, nil, nil}, {Int, "  ", nil}, {Int, "-9223372036854775808", int64(math.MinInt64)},
		{Int, "abc", errors.New(`"abc" is not a whole number`)}, {Int, 12.5, errors.New("12.5 is not a whole number")},
		{Int, "12.5", errors.New(`"12.5" is not a whole number`)}, {Int, uint64(math.MaxUint64), errors.New("18446744073709551615 is not a whole number")},
		{Int, 1e300, errors.New("1e+300 is not a whole number")}, {Int, "0x10", errors.New(`"0x10" is not a whole number`)}, {Int, "1_000", errors.New(`"1_000" is not a whole number`)},
		{Int, true, errors.New("true is not a whole number")}, {Int, "9223372036854775808", errors.New(`"9223372036854775808" is too large for a whole number, which has 18 digits at most`)},
		{Number, 0.5, 0.5}, {Number, "0.5", 0.5}, {Number, 3, 3.0}, {Number, float32(0.1), 0.1}, {Number, json.Number("1e3"), 1000.0}, {Number, "-1.5e-3", -0.0015},
		{Number, math.NaN(), errors.New("NaN is not a number")}, {Number, math.Inf(1), errors.New("+Inf is not a number")},
		{Number, "inf", errors.New(`"inf" is not a number`)}, {Number, "NaN", errors.New(`"NaN" is not a number`)}, {Number, "1e999", errors.New(`"1e999" is not a number`)}, {Number, "0x1p-2", errors.New(`"0x1p-2" is not a number`)},
		{String, "DE", "DE"}, {String, "", ""}, {String, level("senior"), "senior"}, {String, 10115, "10115"}, {String, 10115.0, "10115"},
		{String, json.Number("01067"), "01067"}, {String, 1.5, errors.New("1.5 is not a text")}, {String, []string{"a"}, errors.New(`["a"] is not a text`)},
		{String, strings.Repeat("x", MaxString+1), errors.New("the text has 4097 bytes; 4096 is the most")}, {String, "\xff", errors.New("the text is not valid UTF-8")},
		{Time, "2026-01-31", midnight.UTC()}, {Time, "2026-01-31T00:00:00+01:00", midnight.UTC()}, {Time, "2026-01-31 00:00", midnight.UTC()},
		{Time, midnight, midnight.UTC()}, {Time, time.Time{}, nil}, {Time, "31.01.2026", errors.New(`"31.01.2026" is not a time`)}, {Time, 1700000000, errors.New("1700000000 is not a time")},
		{Time, time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), errors.New("12000-01-01 00:00:00 +0000 UTC is not a time")},
		{StringList, "a; b;; c ", []string{"a", "b", "c"}}, {StringList, []any{"a", level("b")}, []string{"a", "b"}}, {StringList, []string{}, []string(nil)},
		{StringList, []any{"a", nil}, errors.New("element 2: is empty")}, {StringList, 5, errors.New("5 is not a list of texts")},
		{StringList, make([]string, MaxList+1), errors.New("the list has 1001 elements; 1000 is the most")},
		{IntList, []any{1, "2", 3.0}, []int64{1, 2, 3}}, {IntList, "1;2", []int64{1, 2}}, {IntList, []any{1, "x"}, errors.New(`element 2: "x" is not a whole number`)},
		{NumberList, []float64{1, 2.5}, []float64{1, 2.5}}, {NumberList, []any{1, math.Inf(-1)}, errors.New("element 2: -Inf is not a number")},
	} {
		got, problem := coerce(c.kind, c.raw, berlin)
		if refusal, ok := c.want.(error); ok {
			if problem != refusal.Error() || !got.IsNull() {
				t.Errorf("%s from %v is refused with %q, but got %v, %q", c.kind, show(c.raw), refusal, got, problem)
			}
			continue
		}
		if problem != "" || fmt.Sprintf("%#v", got.Any()) != fmt.Sprintf("%#v", c.want) {
			t.Errorf("%s from %v is %#v, but got %#v, %q", c.kind, show(c.raw), c.want, got.Any(), problem)
		}
	}
}

func TestCoerceNamesFieldValueAndKind(t *testing.T) {
	v := theWorld(t)
	_, err := v.Coerce(Customer, "employees", "many")
	var bad *ValueError
	if !errors.As(err, &bad) || err.Error() != `lead.employees: "many" is not a whole number` || bad.Kind != Int || bad.Given != `"many"` {
		t.Errorf("a wrong value is told with field, value and kind, but got %v", err)
	}
	if _, err := v.Coerce(Rep, "kpi.win_rate", "high"); err == nil || err.Error() != `rep.kpi.win_rate: "high" is not a number` {
		t.Errorf("a KPI is told by its full name, but got %v", err)
	}
	if _, err := v.Coerce(Customer, "employes", 1); err == nil || !strings.HasSuffix(err.Error(), "\nMaybe lead.employees") {
		t.Errorf("an unknown field is told with the likely one, but got %v", err)
	}
}

func TestMissingIsNullZeroOrRefused(t *testing.T) {
	v := theWorld(t)
	r, err := v.Record(Customer, map[string]any{"id": "L-1", "score": nil})
	must(t, err)
	for name, want := range map[string]any{"score": nil, "country": nil, "expected_value": 0.0, "vip": false, "id": "L-1"} {
		slot, _ := v.Slot(Customer, name)
		if got := r[slot].Any(); got != want {
			t.Errorf("a missing value is null unless declared otherwise: %s is %v, want %v", name, got, want)
		}
	}
	for _, raw := range []map[string]any{{}, {"id": nil}} {
		if _, err := v.Record(Customer, raw); err == nil || !strings.Contains(err.Error(), "lead.id: is missing") {
			t.Errorf("a record without a field that is declared refuse is an error, but %v gives %v", raw, err)
		}
	}
	_, err = v.Record(Customer, map[string]any{"id": "x", "score": "a", "employees": "b"})
	if err == nil || strings.Index(err.Error(), "employees") > strings.Index(err.Error(), "score") {
		t.Errorf("every wrong value is told, in the order of names, but got %v", err)
	}
}

func TestWholeNumbersSurviveEveryForm(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		i := rapid.Int64().Draw(rt, "i")
		for _, raw := range []any{i, json.Number(strconv.FormatInt(i, 10)), strconv.FormatInt(i, 10), &i} {
			if x, problem := coerce(Int, raw, nil); problem != "" || x.Int() != i {
				rt.Fatalf("a whole number is the same from any form: %T %v gives %v %q", raw, raw, x, problem)
			}
		}
	})
}

func TestNumbersSurviveTheirText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := rapid.Float64().Draw(rt, "f")
		x, problem := coerce(Number, strconv.FormatFloat(f, 'g', -1, 64), nil)
		if problem != "" || x.Number() != f {
			rt.Fatalf("a finite number is the same from its text: %v gives %v %q", f, x, problem)
		}
		if s := x.String(); f != 0 && s != strconv.FormatFloat(f, 'g', -1, 64) {
			rt.Fatalf("a number shows as itself: %v shows as %s", f, s)
		}
	})
}

func TestListsAreNotShared(t *testing.T) {
	x := StringsValue([]string{"a", "b"})
	x.Any().([]string)[0] = "changed"
	if !slices.Equal(x.Any().([]string), []string{"a", "b"}) {
		t.Error("Any gives a copy of a list, but writing to it changed the value")
	}
}

func TestValueShows(t *testing.T) {
	long := make([]int64, 12)
	for _, c := range []struct {
		x    Value
		want string
	}{
		{Value{}, "null"}, {BoolValue(true), "true"}, {IntValue(-3), "-3"}, {NumberValue(0.5), "0.5"}, {NumberValue(math.Copysign(0, -1)), "0"},
		{StringValue("a\"b"), `"a\"b"`}, {TimeValue(theNow), "2026-03-01T12:00:00Z"}, {durationValue(36 * 3600 * 1e6), "36h0m0s"},
		{StringsValue([]string{"a", "b"}), `["a", "b"]`}, {IntsValue(long), "[0, 0, 0, 0, 0, 0, 0, 0, … 12 in all]"},
		{NumberValue(math.NaN()), "null"},
	} {
		if got := c.x.String(); got != c.want {
			t.Errorf("a value shows as a rule would write it: got %s, want %s", got, c.want)
		}
	}
}

// No value crashes the process, whatever it points at: promise 6.
func TestCoerceOfWhatContainsItself(t *testing.T) {
	object := map[string]any{}
	object["self"] = object
	list := []any{nil, "b"}
	list[0] = list
	var pointer any
	pointer = &pointer
	type ring struct{ Next *ring }
	loop := &ring{}
	loop.Next = loop
	for k := Bool; k <= NumberList; k++ {
		for _, c := range []struct {
			raw  any
			want string
		}{
			{object, "an object of 1 is not "}, {list, ""}, {pointer, "a value of type *interface {} is not "},
			{loop, "a value of type rule.ring is not "}, {func() {}, "a value of type func() is not "},
			{[]any{object, []any{1}}, ""}, {json.Number("1\xff"), ""},
		} {
			x, problem := coerce(k, c.raw, nil)
			if problem == "" && !(k == String || k == StringList) || !strings.HasPrefix(problem, c.want) || !utf8.ValidString(problem) {
				t.Errorf("a value of Go that is not %s is refused with %q, but %T gives %v, %q", k, c.want, c.raw, x, problem)
			}
		}
	}
}

// FuzzCoerce reads any text as any kind: what is taken is of that kind,
// within the limits, and reads as itself again.
func FuzzCoerce(f *testing.F) {
	for _, s := range []string{"12", "-0.5e3", "true", "2026-01-31", "2026-01-31T15:04:05.123456789+02:00", "a; b;; c", "1;2.5", "\xff", "inf", "0x1p-2", "9999-12-31T23:59:59-14:00", strings.Repeat("a;", 1200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for k := Bool; k <= NumberList; k++ {
			var x Value
			var problem string
			budget.Within(t, len(s), func() { x, problem = coerce(k, s, nil) })
			if problem != "" || x.IsNull() {
				continue
			}
			if x.Kind() != k || len(x.Str()) > MaxString || math.IsInf(x.Number(), 0) || math.IsNaN(x.Number()) {
				t.Fatalf("what is taken as %s is one, within the limits, but %q is %v", k, s, x)
			}
			if x.list != nil && x.list.len() > MaxList {
				t.Fatalf("a list has %d elements at most, but %q has %d", MaxList, s, x.list.len())
			}
			if y, problem := coerce(k, x.Any(), nil); !(k == Time && x.Time().IsZero()) && (problem != "" || !x.Equal(y)) {
				t.Fatalf("a value reads as itself again, but %q is %v, then %v %s", s, x, y, problem)
			}
		}
	})
}

package rule

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ValueError is one raw value that is not what its field was declared to be.
type ValueError struct {
	// Field as rules write it: "lead.employees", "rep.kpi.win_rate".
	Field string
	// Kind that was declared; Null when there is no such field.
	Kind Kind
	// Given shows the raw value, cut to 60 bytes.
	Given string
	// Problem in words.
	Problem string
	// Maybe is the likely fix, or empty.
	Maybe string
}

// Error names field, value and expected kind.
func (e *ValueError) Error() string {
	s := e.Field + ": " + e.Problem
	if e.Maybe != "" {
		s += "\nMaybe " + e.Maybe
	}
	return s
}

// Coerce turns a raw value, as it comes from JSON, YAML, CSV or Go, into a
// Value of the declared kind. It is strict: what does not mean one value
// without guessing is a *ValueError.
//
//   - nil, and a blank text for any kind but String, is missing: null, zero
//     or an error as the field declares.
//   - Bool: true, false, and the texts "true" and "false" in any case.
//   - Int: whole numbers of any Go type, 12.0, "12", json.Number.
//   - Number: any finite number, "0.5", json.Number.
//   - String: text; whole numbers become their digits.
//   - Time: time.Time, "2026-01-31", "2026-01-31 15:04:05",
//     "2026-01-31T15:04:05" (in the vocabulary's zone: the first instant at
//     which its clock shows that or later), RFC 3339.
//   - Lists: slices of the element's forms, or one text "a; b; c".
//
// NaN, infinities, texts over MaxString bytes or not in UTF-8, lists over
// MaxList elements and years outside 1 to 9999 are refused.
func (v *Vocabulary) Coerce(on Side, name string, raw any) (Value, error) {
	_, f, ok := v.lookup(on, name)
	if !ok {
		return Value{}, v.unknownField(on, name)
	}
	value, problem := coerce(f.Kind, raw, v.zone)
	if problem != "" {
		return Value{}, &ValueError{
			Field: v.word(on) + "." + name, Kind: f.Kind, Given: show(raw),
			Problem: problem, Maybe: meant(f.Kind, raw),
		}
	}
	if value.IsNull() {
		switch f.Missing {
		case Zero:
			return zeroOf(f.Kind), nil
		case Refuse:
			return Value{}, v.absent(on, f)
		}
	}
	return value, nil
}

func (v *Vocabulary) absent(on Side, f Field) error {
	return &ValueError{
		Field: v.word(on) + "." + f.Name, Kind: f.Kind, Given: "nothing",
		Problem: fmt.Sprintf("is missing, and is declared missing: refuse; it must be %s", f.Kind.phrase()),
	}
}

func (v *Vocabulary) unknownField(on Side, name string) error {
	e := &ValueError{Field: v.word(on) + "." + name, Problem: "there is no such field"}
	if near, ok := Nearest(name, v.fieldNames(on)); ok {
		e.Maybe = v.word(on) + "." + near
	}
	return e
}

// coerce is Coerce without the names. The problem is "" when all is well. A
// nil zone means UTC.
func coerce(k Kind, raw any, zone *time.Location) (Value, string) {
	raw = bare(raw)
	if raw == nil {
		return Value{}, ""
	}
	if s, ok := raw.(string); ok && k != String && strings.TrimSpace(s) == "" {
		return Value{}, ""
	}
	switch k {
	case Bool:
		return coerceBool(raw)
	case Int:
		return coerceInt(raw)
	case Number:
		return coerceNumber(raw)
	case String:
		return coerceString(raw)
	case Time:
		return coerceTime(raw, zone)
	}
	return coerceList(k, raw)
}

// maxPointers is how many pointers to pointers bare follows: a value may point
// at itself.
const maxPointers = 8

// bare strips pointers and named types down to nil, bool, int64, uint64,
// float64, string, json.Number, time.Time or a slice.
func bare(raw any) any { return stripped(raw, maxPointers) }

func stripped(raw any, pointers int) any {
	switch x := raw.(type) {
	case nil, bool, string, float64, int64, json.Number, []string, []any, []int64, []float64:
		return raw
	case time.Time:
		if x.IsZero() {
			return nil
		}
		return raw
	}
	r := reflect.ValueOf(raw)
	switch r.Kind() {
	case reflect.Pointer, reflect.Interface:
		if r.IsNil() {
			return nil
		}
		if pointers > 0 {
			return stripped(r.Elem().Interface(), pointers-1)
		}
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return r.Uint()
	case reflect.Float32:
		// The shortest decimal, so that float32(0.1) is 0.1 and not
		// 0.10000000149011612.
		x, _ := strconv.ParseFloat(strconv.FormatFloat(r.Float(), 'g', -1, 32), 64)
		return x
	case reflect.Float64:
		return r.Float()
	case reflect.String:
		return r.String()
	case reflect.Slice:
		if r.IsNil() {
			return nil
		}
	}
	return raw
}

func coerceBool(raw any) (Value, string) {
	switch x := raw.(type) {
	case bool:
		return BoolValue(x), ""
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "true":
			return BoolValue(true), ""
		case "false":
			return BoolValue(false), ""
		}
	}
	return wrong(Bool, raw)
}

// exactFloat is the largest float64 up to which every whole number is one.
const exactFloat = 1 << 53

func coerceInt(raw any) (Value, string) {
	switch x := raw.(type) {
	case int64:
		return IntValue(x), ""
	case uint64:
		if x <= math.MaxInt64 {
			return IntValue(int64(x)), ""
		}
	case float64:
		if x == math.Trunc(x) && math.Abs(x) <= exactFloat {
			return IntValue(int64(x)), ""
		}
	case json.Number:
		return coerceInt(string(x))
	case string:
		s := strings.TrimSpace(x)
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return IntValue(i), ""
		}
		if f, ok := decimal(s); ok {
			if value, problem := coerceInt(f); problem == "" {
				return value, ""
			}
		}
	}
	if s, ok := raw.(string); ok && allDigits.MatchString(strings.TrimSpace(s)) {
		return Value{}, fmt.Sprintf("%s is too large for a whole number, which has 18 digits at most", show(raw))
	}
	return wrong(Int, raw)
}

var allDigits = regexp.MustCompile(`^[-+]?[0-9]+$`)

func coerceNumber(raw any) (Value, string) {
	switch x := raw.(type) {
	case int64:
		return number(float64(x)), ""
	case uint64:
		return number(float64(x)), ""
	case float64:
		if value := number(x); !value.IsNull() {
			return value, ""
		}
	case json.Number:
		return coerceNumber(string(x))
	case string:
		if f, ok := decimal(strings.TrimSpace(x)); ok {
			return number(f), ""
		}
	}
	return wrong(Number, raw)
}

// decimal reads digits, a sign, a point and an exponent, and nothing else
// that strconv would take: no "inf", no hexadecimal, no underscores.
func decimal(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" || strings.ContainsAny(s, "_xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

func coerceString(raw any) (Value, string) {
	switch x := raw.(type) {
	case string:
		if problem := textProblem(x); problem != "" {
			return Value{}, problem
		}
		return StringValue(x), ""
	case int64:
		return StringValue(strconv.FormatInt(x, 10)), ""
	case uint64:
		return StringValue(strconv.FormatUint(x, 10)), ""
	case json.Number:
		if !strings.ContainsAny(string(x), ".eE") {
			return coerceString(string(x))
		}
	case float64:
		// JSON decodes every number to a float; whole ones are digits.
		if x == math.Trunc(x) && math.Abs(x) <= exactFloat {
			return StringValue(strconv.FormatInt(int64(x), 10)), ""
		}
	}
	return wrong(String, raw)
}

// textProblem says why a text is refused at the boundary.
func textProblem(s string) string {
	if len(s) > MaxString {
		return fmt.Sprintf("the text has %d bytes; %d is the most", len(s), MaxString)
	}
	if !utf8.ValidString(s) {
		return "the text is not valid UTF-8"
	}
	return ""
}

// localLayouts are times by the clock of a zone, tried in this order;
// fixedLayouts say themselves how far from UTC they are.
var (
	localLayouts = []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"}
	fixedLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00"}
)

func coerceTime(raw any, zone *time.Location) (Value, string) {
	switch x := raw.(type) {
	case time.Time:
		if y := x.UTC().Year(); y >= 1 && y <= 9999 {
			return TimeValue(x), ""
		}
	case string:
		if t, ok := parseTime(strings.TrimSpace(x), zone); ok {
			return coerceTime(t, zone)
		}
	}
	return wrong(Time, raw)
}

func parseTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range fixedLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	for _, layout := range localLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return firstShown(t, zone), true
		}
	}
	return time.Time{}, false
}

func coerceList(k Kind, raw any) (Value, string) {
	elements, ok := elementsOf(raw)
	if !ok {
		return wrong(k, raw)
	}
	if len(elements) > MaxList {
		return Value{}, fmt.Sprintf("the list has %d elements; %d is the most", len(elements), MaxList)
	}
	l := &list{}
	for i, e := range elements {
		value, problem := coerce(k.element(), e, nil)
		if problem == "" && value.IsNull() {
			problem = "is empty"
		}
		if problem != "" {
			return Value{}, fmt.Sprintf("element %d: %s", i+1, problem)
		}
		switch k {
		case StringList:
			l.strs = append(l.strs, value.str)
		case IntList:
			l.ints = append(l.ints, value.num)
		case NumberList:
			l.nums = append(l.nums, value.float())
		}
	}
	return Value{kind: k, list: l}, ""
}

// elementsOf opens up a slice or array, or splits "a; b; c".
func elementsOf(raw any) ([]any, bool) {
	if s, ok := raw.(string); ok {
		var out []any
		for part := range strings.SplitSeq(s, ";") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
			if len(out) > MaxList {
				break
			}
		}
		return out, true
	}
	r := reflect.ValueOf(raw)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return nil, false
	}
	out := make([]any, min(r.Len(), MaxList+1))
	for i := range out {
		out[i] = r.Index(i).Interface()
	}
	return out, true
}

// wrong is the problem of a value that is not of its kind.
func wrong(k Kind, raw any) (Value, string) {
	return Value{}, fmt.Sprintf("%s is not %s", show(raw), k.phrase())
}

// meant is what a raw value of the wrong kind was meant to be, if it is a text.
func meant(k Kind, raw any) string {
	text, _ := bare(raw).(string)
	if _, ok := decimal(strings.TrimSpace(text)); ok && k == Int && !allDigits.MatchString(text) {
		return "the type number, which has decimals"
	}
	return Meant(k, text)
}

// show is a raw value for a message, cut to 60 bytes. Of a list it shows the
// elements, but not what is in them, and of objects and of what rules know
// nothing of what they are: they may be large, or contain themselves.
func show(raw any) string {
	r := reflect.ValueOf(raw)
	if k := r.Kind(); k != reflect.Slice && k != reflect.Array {
		return showOne(raw)
	}
	var s strings.Builder
	for i := 0; i < r.Len() && s.Len() <= mostShown; i++ {
		s.WriteString(", " + showOne(bare(r.Index(i).Interface())))
	}
	return cut("[" + strings.TrimPrefix(s.String(), ", ") + "]")
}

func showOne(raw any) string {
	switch x := raw.(type) {
	case nil:
		return "nothing"
	case string:
		return cut(strconv.Quote(cut(x)))
	case json.Number:
		if strings.Trim(string(x), "0123456789+-.eE") != "" {
			return showOne(string(x))
		}
		return cut(string(x))
	case bool, int64, uint64, float64, time.Time:
		return cut(fmt.Sprint(x))
	}
	switch r := reflect.ValueOf(raw); r.Kind() {
	case reflect.Slice, reflect.Array:
		return fmt.Sprintf("a list of %d", r.Len())
	case reflect.Map:
		return fmt.Sprintf("an object of %d", r.Len())
	}
	return cut(fmt.Sprintf("a value of type %T", raw))
}

const mostShown = 60 // bytes of a value in a message

func cut(s string) string {
	if len(s) <= mostShown {
		return s
	}
	n := mostShown
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

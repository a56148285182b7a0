package rule

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits on one value. They keep the cost of an evaluation bounded by the
// text of the rule; Coerce refuses what is larger.
const (
	// MaxString is the longest text, in bytes.
	MaxString = 4096
	// MaxList is the longest list, in elements.
	MaxList = 1000
)

// Value is one value of a record: a small union that costs no allocation to
// read. The zero Value is null.
type Value struct {
	kind Kind
	why  why    // of a null that evaluation made
	num  int64  // bool 0 or 1, int, bits of a number, microseconds
	str  string // text; for a null, the name or the sentence behind why
	list *list
}

// list holds the elements of one of the list kinds. It is never written to
// after it is made.
type list struct {
	strs []string
	ints []int64
	nums []float64
}

func (l *list) len() int { return len(l.strs) + len(l.ints) + len(l.nums) }

// at is element i as a value.
func (v Value) at(i int) Value {
	switch v.kind {
	case StringList:
		return StringValue(v.list.strs[i])
	case IntList:
		return IntValue(v.list.ints[i])
	default:
		return number(v.list.nums[i])
	}
}

// BoolValue is b as a value.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

// IntValue is i as a value.
func IntValue(i int64) Value { return Value{kind: Int, num: i} }

// NumberValue is x as a value. NaN and the infinities are not values: they
// give a null that evaluates to unknown with rule_error.
func NumberValue(x float64) Value { return number(x) }

// StringValue is s as a value. The caller keeps to MaxString; Coerce checks.
func StringValue(s string) Value { return Value{kind: String, str: s} }

// TimeValue is t as a value, cut to the microsecond.
func TimeValue(t time.Time) Value { return Value{kind: Time, num: t.UnixMicro()} }

// StringsValue is a list of texts. The slice is kept, not copied.
func StringsValue(s []string) Value { return Value{kind: StringList, list: &list{strs: s}} }

// IntsValue is a list of whole numbers. The slice is kept, not copied.
func IntsValue(s []int64) Value { return Value{kind: IntList, list: &list{ints: s}} }

// NumbersValue is a list of numbers, each finite. The slice is kept.
func NumbersValue(s []float64) Value { return Value{kind: NumberList, list: &list{nums: s}} }

func durationValue(micros int64) Value { return Value{kind: Duration, num: micros} }

// number is the only way a float becomes a value, so that nothing but a
// finite number ever travels.
func number(x float64) Value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return failure("the result is not a finite number")
	}
	if x == 0 {
		x = 0 // one zero only: -0 and 0 must print and hash alike
	}
	return Value{kind: Number, num: int64(math.Float64bits(x))}
}

// failure is the null of an operation that has no answer.
func failure(sentence string) Value {
	return Value{why: whyError, str: sentence}
}

// Kind of the value; Null when there is none.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether there is no value.
func (v Value) IsNull() bool { return v.kind == Null }

// Bool is the value of a Bool, false for every other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.num != 0 }

// Int is the value of an Int, 0 for every other kind.
func (v Value) Int() int64 {
	if v.kind != Int {
		return 0
	}
	return v.num
}

// Number is the value of a Number or an Int, 0 for every other kind.
func (v Value) Number() float64 {
	switch v.kind {
	case Number:
		return v.float()
	case Int:
		return float64(v.num)
	}
	return 0
}

// Str is the value of a String, "" for every other kind.
func (v Value) Str() string {
	if v.kind != String {
		return ""
	}
	return v.str
}

// Time is the value of a Time in UTC, the zero time for every other kind.
func (v Value) Time() time.Time {
	if v.kind != Time {
		return time.Time{}
	}
	return time.UnixMicro(v.num).UTC()
}

// Span is the value of a Duration, 0 for every other kind. A span longer
// than 292 years is cut to the longest time.Duration.
func (v Value) Span() time.Duration {
	if v.kind != Duration {
		return 0
	}
	const most = int64(math.MaxInt64) / 1000
	return time.Duration(max(-most, min(most, v.num)) * 1000)
}

// Any is the value as plain Go: nil, bool, int64, float64, string, time.Time
// (UTC), time.Duration, []string, []int64 or []float64. Lists are copies.
func (v Value) Any() any {
	switch v.kind {
	case Bool:
		return v.num != 0
	case Int:
		return v.num
	case Number:
		return v.float()
	case String:
		return v.str
	case Time:
		return v.Time()
	case Duration:
		return v.Span()
	case StringList:
		return slices.Clone(v.list.strs)
	case IntList:
		return slices.Clone(v.list.ints)
	case NumberList:
		return slices.Clone(v.list.nums)
	}
	return nil
}

// Equal reports whether both are the same kind and the same value. Two nulls
// are equal here, although a rule that compares them gets unknown.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case Null:
		return true
	case String:
		return v.str == w.str
	case StringList:
		return slices.Equal(v.list.strs, w.list.strs)
	case IntList:
		return slices.Equal(v.list.ints, w.list.ints)
	case NumberList:
		return slices.Equal(v.list.nums, w.list.nums)
	}
	return v.num == w.num
}

// String shows the value as a rule would write it: null, true, 12, 0.5,
// "steel", 2026-01-02T15:04:05Z, 36h0m0s, ["a", "b"]. Long lists end in "…".
func (v Value) String() string {
	switch v.kind {
	case Null:
		return "null"
	case Bool:
		return strconv.FormatBool(v.num != 0)
	case Int:
		return strconv.FormatInt(v.num, 10)
	case Number:
		return strconv.FormatFloat(v.float(), 'g', -1, 64)
	case String:
		return strconv.Quote(v.str)
	case Time:
		return v.Time().Format(time.RFC3339Nano)
	case Duration:
		return v.Span().String()
	}
	return v.showList()
}

// shownElements is how many elements of a list a message can bear.
const shownElements = 8

func (v Value) showList() string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range v.list.len() {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == shownElements {
			fmt.Fprintf(&b, "… %d in all", v.list.len())
			break
		}
		b.WriteString(v.at(i).String())
	}
	b.WriteByte(']')
	return b.String()
}

func (v Value) float() float64 { return math.Float64frombits(uint64(v.num)) }

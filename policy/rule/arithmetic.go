package rule

import "math"

// Every function here is strict and total: its operands are not null and of
// the kinds the checker promised, and what has no answer is a failure, never
// a wrapped or infinite number. Each result is rounded to a double before it
// is used again, so that no processor fuses two operations into one.

// sum names an operation on two operands of one kind.
type sum struct {
	op   string
	kind Kind
}

var sums = map[sum]func(x, y Value) Value{
	{"+", Int}:      addInts,
	{"-", Int}:      subtractInts,
	{"*", Int}:      multiplyInts,
	{"%", Int}:      remainder,
	{"+", Number}:   func(x, y Value) Value { return number(x.float() + y.float()) },
	{"-", Number}:   func(x, y Value) Value { return number(x.float() - y.float()) },
	{"*", Number}:   func(x, y Value) Value { return number(x.float() * y.float()) },
	{"/", Number}:   divide,
	{"**", Number}:  func(x, y Value) Value { return number(math.Pow(x.float(), y.float())) },
	{"+", String}:   concatenate,
	{"+", Duration}: addSpans,
	{"-", Duration}: subtractSpans,
}

// mixture names an operation on two operands of different kinds, or with a
// result of a third.
type mixture struct {
	op   string
	a, b Kind
}

type mixedOperation struct {
	result Kind
	fn     func(x, y Value) Value
}

var mixed = map[mixture]mixedOperation{
	{"-", Time, Time}:     {Duration, func(x, y Value) Value { return durationValue(x.num - y.num) }},
	{"+", Time, Duration}: {Time, func(x, y Value) Value { return timeAt(x.num, y.num) }},
	{"-", Time, Duration}: {Time, func(x, y Value) Value { return timeAt(x.num, -y.num) }},
	{"+", Duration, Time}: {Time, func(x, y Value) Value { return timeAt(y.num, x.num) }},
}

var (
	overflow       = failure("the result is too large for a whole number")
	divisionByZero = failure("division by zero")
	tooLongText    = failure("the joined text is longer than 4096 bytes")
	beyondTime     = failure("the result is not a time between the years 1 and 9999")
)

func addInts(x, y Value) Value {
	s := x.num + y.num
	if (s > x.num) != (y.num > 0) && y.num != 0 {
		return overflow
	}
	return IntValue(s)
}

func subtractInts(x, y Value) Value {
	d := x.num - y.num
	if (d < x.num) != (y.num > 0) && y.num != 0 {
		return overflow
	}
	return IntValue(d)
}

func multiplyInts(x, y Value) Value {
	a, b := x.num, y.num
	if a == 0 || b == 0 {
		return IntValue(0)
	}
	p := a * b
	if p/b != a || a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64 {
		return overflow
	}
	return IntValue(p)
}

// remainder has the sign of the dividend, as in expr and Go.
func remainder(x, y Value) Value {
	if y.num == 0 {
		return divisionByZero
	}
	if y.num == -1 {
		return IntValue(0)
	}
	return IntValue(x.num % y.num)
}

func divide(x, y Value) Value {
	if y.float() == 0 {
		return divisionByZero
	}
	return number(x.float() / y.float())
}

func negate(x Value) Value {
	if x.kind == Number {
		return number(-x.float())
	}
	if x.num == math.MinInt64 {
		return overflow
	}
	return IntValue(-x.num)
}

func concatenate(x, y Value) Value {
	if len(x.str)+len(y.str) > MaxString {
		return tooLongText
	}
	return StringValue(x.str + y.str)
}

// Times and spans are microseconds: 9,999 years of them are far from the
// ends of an int64, and spans are kept there too.
func addSpans(x, y Value) Value {
	s := addInts(x, y)
	if s.kind == Null {
		return failure("the length of time is too large")
	}
	return durationValue(s.num)
}

func subtractSpans(x, y Value) Value {
	s := subtractInts(x, y)
	if s.kind == Null {
		return failure("the length of time is too large")
	}
	return durationValue(s.num)
}

var (
	earliest = mustTime("0001-01-01T00:00:00Z")
	latest   = mustTime("9999-12-31T23:59:59.999999Z")
)

func mustTime(s string) int64 {
	t, ok := parseTime(s, nil)
	if !ok {
		panic("rule: bad constant time " + s)
	}
	return t.UnixMicro()
}

func timeAt(micros, span int64) Value {
	s := addInts(IntValue(micros), IntValue(span))
	if s.kind == Null || s.num < earliest || s.num > latest {
		return beyondTime
	}
	return Value{kind: Time, num: s.num}
}

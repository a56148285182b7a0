package rule

import "strings"

// relation is a comparison of two values of one kind, of an element with a
// list, or of two texts. It is an opcode rather than a function value so
// that the operands can be passed by address without leaving the stack.
type relation uint8

const (
	_ relation = iota
	equal
	unequal
	less
	greater
	atMost
	atLeast
	memberOf
	containing
	startingWith
	endingWith
)

var relations = map[string]relation{
	"==": equal, "!=": unequal, "<": less, ">": greater, "<=": atMost, ">=": atLeast,
	"in": memberOf, "contains": containing, "startsWith": startingWith, "endsWith": endingWith,
}

// relates reports whether a relation makes sense between two values of a
// kind: everything but lists and rows can be equal, and whatever is not just
// true or false has an order.
func (r relation) relates(k Kind) bool {
	switch k {
	case Int, Number, String, Time, Duration:
		return true
	case Bool:
		return r == equal || r == unequal
	}
	return false
}

// holds compares two values that are not null, of the kinds that the checker
// promised. Texts compare byte by byte.
func (r relation) holds(x, y *Value) bool {
	switch {
	case r == memberOf:
		return isIn(x, y.list)
	case x.kind == String:
		return r.texts(x.str, y.str)
	case x.kind == Number:
		return r.numbers(x.float(), y.float())
	}
	switch r { // Bool, Int, Time, Duration
	case equal:
		return x.num == y.num
	case unequal:
		return x.num != y.num
	case less:
		return x.num < y.num
	case greater:
		return x.num > y.num
	case atMost:
		return x.num <= y.num
	default:
		return x.num >= y.num
	}
}

func (r relation) texts(x, y string) bool {
	switch r {
	case equal:
		return x == y
	case unequal:
		return x != y
	case less:
		return x < y
	case greater:
		return x > y
	case atMost:
		return x <= y
	case atLeast:
		return x >= y
	case containing:
		return strings.Contains(x, y)
	case startingWith:
		return strings.HasPrefix(x, y)
	default:
		return strings.HasSuffix(x, y)
	}
}

func (r relation) numbers(x, y float64) bool {
	switch r {
	case equal:
		return x == y
	case unequal:
		return x != y
	case less:
		return x < y
	case greater:
		return x > y
	case atMost:
		return x <= y
	default:
		return x >= y
	}
}

func isIn(x *Value, l *list) bool {
	switch x.kind {
	case String:
		for _, s := range l.strs {
			if s == x.str {
				return true
			}
		}
	case Int:
		for _, i := range l.ints {
			if i == x.num {
				return true
			}
		}
	case Number:
		for _, f := range l.nums {
			if f == x.float() {
				return true
			}
		}
	}
	return false
}

func intsToNumbers(x Value) Value {
	nums := make([]float64, len(x.list.ints))
	for i, n := range x.list.ints {
		nums[i] = float64(n)
	}
	return NumbersValue(nums)
}

package rule

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// function is one function that rules may call. Nothing that is not in the
// table below can be called.
type function struct {
	least, most int
	usage       string // shown when it is called wrongly
	doc         string // what it gives
	check       func(c *checker, at stretch, name string, args []ast.Node) *node
}

// functions is the allow-list. It is filled at start-up because the
// functions' checks themselves look names up in it.
var functions map[string]function

func init() {
	functions = map[string]function{
		"has": {1, 1, "has(lead.country)", "whether there is a value; never unknown. Also of a table's row: has(named[lead.domain])", (*checker).has},

		"any":   {2, 2, `any(rep.skills, # == "steel")`, "whether one element is so; # is the element", (*checker).each},
		"all":   {2, 2, `all(rep.skills, # != "steel")`, "whether every element is so; true of an empty list", (*checker).each},
		"none":  {2, 2, `none(rep.skills, # == "steel")`, "whether no element is so", (*checker).each},
		"one":   {2, 2, `one(rep.skills, # == "steel")`, "whether exactly one element is so", (*checker).each},
		"count": {2, 2, `count(rep.skills, # startsWith "s")`, "how many elements are so", (*checker).each},
		"len":   {1, 1, "len(lead.tags)", "how many elements a list has, or characters a text", (*checker).length},
		"sum":   {1, 1, "sum(lead.amounts)", "the elements of a list of numbers together", (*checker).sum},

		"abs":   {1, 1, "abs(lead.score)", "the number without its sign", (*checker).rounding},
		"floor": {1, 1, "floor(lead.value)", "the whole number below", (*checker).rounding},
		"ceil":  {1, 1, "ceil(lead.value)", "the whole number above", (*checker).rounding},
		"round": {1, 1, "round(lead.value)", "the nearest whole number, half away from zero; still a number with decimals", (*checker).rounding},
		"int":   {1, 1, "int(round(lead.value))", "the number without what stands behind the point, as a whole number", (*checker).toInt},
		"float": {1, 1, "float(lead.employees)", "a whole number as a number with decimals", (*checker).float},
		"min":   {2, 20, "min(lead.score, 100)", "the least of 2 to 20 numbers", (*checker).extreme},
		"max":   {2, 20, "max(lead.score, 0)", "the greatest of 2 to 20 numbers", (*checker).extreme},

		"lower":  {1, 1, "lower(lead.name)", "the text in small letters", (*checker).recase},
		"upper":  {1, 1, "upper(lead.country)", "the text in capitals", (*checker).recase},
		"trim":   {1, 1, "trim(lead.name)", "the text without spaces around it", (*checker).recase},
		"string": {1, 1, "string(lead.employees)", "a whole number as text", (*checker).toString},

		"date":     {1, 1, `date("2026-01-31")`, "the first moment of a day in the policy's time zone, or a time written out", (*checker).date},
		"duration": {1, 1, `duration("30d")`, "a length of time, to add to a time or compare with another", (*checker).duration},
		"days":     {1, 1, "days(now - lead.created_at)", "a length of time in days of 24 hours", (*checker).spanIn},
		"hours":    {1, 1, "hours(now - lead.created_at)", "a length of time in hours", (*checker).spanIn},
	}
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

// call is any call of a function by its name.
func (c *checker) call(at stretch, name string, args []ast.Node) *node {
	f, ok := functions[name]
	if !ok {
		return c.unknownFunction(at, name, args)
	}
	if len(args) < f.least || len(args) > f.most {
		return c.wrongCount(at, name, f, len(args))
	}
	return f.check(c, at, name, args)
}

// argument checks one argument against the kinds a function takes.
func (c *checker) argument(at stretch, name string, arg ast.Node, kinds ...Kind) (*node, bool) {
	a := c.check(arg)
	if a.kind == badKind {
		return a, false
	}
	if !slices.Contains(kinds, a.kind) {
		return c.fail(c.of(arg), fmt.Sprintf("%s(...) takes %s, but %s is %s", name, anyOf(kinds), a.source(), a.kind.phrase()), c.argumentAdvice(name, a)), false
	}
	return a, true
}

// anyOf says several kinds in a sentence, the kinds of lists and of numbers
// as one.
func anyOf(kinds []Kind) string {
	var phrases []string
	for _, k := range kinds {
		phrase := k.phrase()
		switch {
		case k == Int && slices.Contains(kinds, Number):
			continue
		case k.element() != Null && slices.Contains(kinds, StringList):
			phrase = "a list"
		}
		if !slices.Contains(phrases, phrase) {
			phrases = append(phrases, phrase)
		}
	}
	return strings.Join(phrases, " or ")
}

// has settles null: it is true or false, never unknown.
func (c *checker) has(at stretch, _ string, args []ast.Node) *node {
	if _, null := args[0].(*ast.NilNode); null {
		return c.fail(at, "has(...) asks whether a field has a value; name the field", "has("+c.exampleField(c.v.customer)+")")
	}
	a := c.check(args[0])
	if a.kind == badKind {
		return c.bad(at)
	}
	return c.node(at, &node{op: opHas, kind: Bool, name: "has", a: a})
}

// each is any, all, none, one and count.
func (c *checker) each(at stretch, name string, args []ast.Node) *node {
	items := c.check(args[0])
	if items.kind == badKind {
		return c.bad(at)
	}
	if items.kind.element() == Null {
		return c.fail(c.of(args[0]), fmt.Sprintf("%s(...) looks through a list, but %s is %s", name, items.source(), items.kind.phrase()), "")
	}
	if c.depth == maxNested {
		return c.fail(at, fmt.Sprintf("conditions on list elements may stand in one another %d deep at most", maxNested), "use in, or a table, for the inner one")
	}
	outer := c.element
	c.depth, c.element = c.depth+1, items.kind.element()
	body := c.check(bodyOf(args[1]))
	c.depth, c.element = c.depth-1, outer
	if body.kind == badKind {
		return c.bad(at)
	}
	if body.kind != Bool {
		return c.fail(c.of(args[1]), fmt.Sprintf("the second part of %s(...) asks something of each element, written #, but %s is %s", name, body.source(), body.kind.phrase()), name+"("+items.source()+", # == "+body.source()+")")
	}
	kind := Bool
	if name == "count" {
		kind = Int
	}
	return c.node(at, &node{op: opEach, kind: kind, name: name, a: items, b: body, quant: quantifiers[name], heavy: true})
}

// bodyOf takes the predicate out of the parser's wrapping.
func bodyOf(n ast.Node) ast.Node {
	if p, ok := n.(*ast.PredicateNode); ok {
		return p.Node
	}
	return n
}

// length is the elements of a list or the characters of a text.
func (c *checker) length(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], String, StringList, IntList, NumberList)
	if !ok {
		return c.bad(at)
	}
	return c.apply1(at, Int, name, a, func(x Value) Value {
		if x.kind == String {
			return IntValue(int64(utf8.RuneCountInString(x.str)))
		}
		return IntValue(int64(x.list.len()))
	})
}

func (c *checker) sum(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], IntList, NumberList)
	if !ok {
		return c.bad(at)
	}
	return c.apply1(at, a.kind.element(), name, a, func(x Value) Value {
		total := zeroOf(x.kind.element())
		for i := range x.list.len() {
			if x.kind == IntList {
				total = addInts(total, x.at(i))
			} else {
				total = number(total.float() + x.at(i).float())
			}
			if total.kind == Null {
				break
			}
		}
		return total
	})
}

var roundings = map[string]func(float64) float64{"floor": math.Floor, "ceil": math.Ceil, "round": math.Round, "abs": math.Abs}

// rounding gives a number, as in expr; a whole number stays as it is. Half
// rounds away from zero.
func (c *checker) rounding(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], Int, Number)
	if !ok {
		return c.bad(at)
	}
	if a.kind == Number {
		fn := roundings[name]
		return c.apply1(at, Number, name, a, func(x Value) Value { return number(fn(x.float())) })
	}
	if name != "abs" {
		return c.toNumber(a)
	}
	return c.apply1(at, Int, name, a, func(x Value) Value {
		if x.num < 0 {
			return negate(x)
		}
		return x
	})
}

// toInt drops what stands behind the point.
func (c *checker) toInt(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], Int, Number)
	if !ok || a.kind == Int {
		return a
	}
	return c.apply1(at, Int, name, a, func(x Value) Value {
		whole := math.Trunc(x.float())
		if whole < -(1<<63) || whole >= 1<<63 {
			return overflow
		}
		return IntValue(int64(whole))
	})
}

func (c *checker) float(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], Int, Number)
	if !ok {
		return c.bad(at)
	}
	return c.toNumber(a)
}

// extreme is min and max of two or more numbers.
func (c *checker) extreme(at stretch, name string, args []ast.Node) *node {
	operands, kind := make([]*node, len(args)), Int
	for i, arg := range args {
		a, ok := c.argument(at, name, arg, Int, Number)
		if !ok {
			return c.bad(at)
		}
		if a.kind == Number {
			kind = Number
		}
		operands[i] = a
	}
	var result *node
	for i, a := range operands {
		if kind == Number {
			a = c.toNumber(a)
		}
		if i == 0 {
			result = a
			continue
		}
		result = c.apply2(at, kind, name, result, a, extremes[name])
	}
	return result
}

var extremes = map[string]func(x, y Value) Value{
	"min": func(x, y Value) Value {
		if x.Number() < y.Number() || x.kind == Int && x.num < y.num {
			return x
		}
		return y
	},
	"max": func(x, y Value) Value {
		if x.Number() > y.Number() || x.kind == Int && x.num > y.num {
			return x
		}
		return y
	},
}

var recasings = map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper, "trim": strings.TrimSpace}

func (c *checker) recase(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], String)
	if !ok {
		return c.bad(at)
	}
	fn := recasings[name]
	return c.apply1(at, String, name, a, func(x Value) Value {
		s := fn(x.str)
		if len(s) > MaxString {
			return tooLongText // some letters are longer in the other case
		}
		return StringValue(s)
	})
}

func (c *checker) toString(at stretch, name string, args []ast.Node) *node {
	a, ok := c.argument(at, name, args[0], Int, String)
	if !ok || a.kind == String {
		return a
	}
	return c.apply1(at, String, name, a, func(x Value) Value { return StringValue(strconv.FormatInt(x.num, 10)) })
}

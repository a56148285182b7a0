package rule

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// The reference: a second evaluator, written for the test alone, over trees
// that it generates itself. It knows nothing of nodes, slots or leaves. A
// tree's answer is a bool, int64, float64, string or []string, or an unknown.

// unknown is the reason code and the name that is missing.
type unknown struct{ reason, name string }

// facts are the values by full name; what is not there is missing.
type facts map[string]any

// tree is a generated expression: its text, where order says whether to
// write the operands of and and or the other way about, and its meaning.
type tree struct {
	write func(order func() bool) string
	mean  func(facts) any
}

func asWritten() bool { return false }

func (t tree) String() string { return t.write(asWritten) }

func literal(text string, x any) tree {
	return tree{func(func() bool) string { return text }, func(facts) any { return x }}
}

func fieldTree(name string) tree {
	reason := string(MissingField)
	if strings.HasPrefix(name, "rep.kpi.") {
		reason = string(NoKPI)
	}
	return tree{
		func(func() bool) string { return name },
		func(w facts) any {
			if x, ok := w[name]; ok {
				return x
			}
			return unknown{reason, name}
		},
	}
}

// strict joins operands by a total or failing function: the first unknown
// operand is the answer.
func strict(format string, fn func(xs []any) any, operands ...tree) tree {
	return tree{
		func(order func() bool) string {
			texts := make([]any, len(operands))
			for i, o := range operands {
				texts[i] = o.write(order)
			}
			return fmt.Sprintf(format, texts...)
		},
		func(w facts) any {
			xs := make([]any, len(operands))
			for i, o := range operands {
				xs[i] = o.mean(w)
				if u, ok := xs[i].(unknown); ok {
					return u
				}
			}
			return fn(xs)
		},
	}
}

func failed() any { return unknown{string(RuleError), ""} }

// kleene is and, or by the truth tables.
func kleene(word string, decides bool, a, b tree) tree {
	return tree{
		func(order func() bool) string {
			if order() {
				return "(" + b.write(order) + " " + word + " " + a.write(order) + ")"
			}
			return "(" + a.write(order) + " " + word + " " + b.write(order) + ")"
		},
		func(w facts) any {
			x, y := a.mean(w), b.mean(w)
			if x == decides || y == decides {
				return decides
			}
			if _, ok := x.(unknown); ok {
				return x
			}
			return y
		},
	}
}

func negation(a tree) tree {
	return strict("(not %s)", func(xs []any) any { return !xs[0].(bool) }, a)
}

func choice(c, a, b tree) tree {
	return tree{
		func(order func() bool) string {
			return "(" + c.write(order) + " ? " + a.write(order) + " : " + b.write(order) + ")"
		},
		func(w facts) any {
			switch x := c.mean(w); x {
			case true:
				return a.mean(w)
			case false:
				return b.mean(w)
			default:
				return x
			}
		},
	}
}

func otherwise(a, b tree) tree {
	return tree{
		func(order func() bool) string { return "(" + a.write(order) + " ?? " + b.write(order) + ")" },
		func(w facts) any {
			if x := a.mean(w); !isUnknown(x) {
				return x
			}
			return b.mean(w)
		},
	}
}

func isUnknown(x any) bool {
	_, ok := x.(unknown)
	return ok
}

func presence(a tree) tree {
	return tree{
		func(order func() bool) string { return "has(" + a.write(order) + ")" },
		func(w facts) any { return !isUnknown(a.mean(w)) },
	}
}

// generator draws trees of a kind, at most depth deep. vm leaves out what
// expr does not have: two-valued comparison with a failing operand included.
type generator struct{ *rapid.T }

func (g generator) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(g.T, label) }

func (g generator) condition(depth int) tree {
	if depth <= 0 {
		return g.simple()
	}
	switch g.pick("condition", 11) {
	case 0, 1:
		return kleene("and", false, g.condition(depth-1), g.condition(depth-1))
	case 2, 3:
		return kleene("or", true, g.condition(depth-1), g.condition(depth-1))
	case 4:
		return negation(g.condition(depth - 1))
	case 5:
		return choice(g.condition(depth-1), g.condition(depth-1), g.condition(depth-1))
	case 6:
		return otherwise(g.condition(depth-1), g.condition(depth-1))
	case 7:
		return g.presence(depth)
	case 8:
		return g.quantified(depth - 1)
	}
	return g.comparison(depth - 1)
}

func (g generator) simple() tree {
	switch g.pick("simple", 3) {
	case 0:
		return fieldTree([]string{"lead.test", "lead.vip", "rep.active"}[g.pick("flag", 3)])
	case 1:
		return literal("true", true)
	}
	return g.comparison(0)
}

func (g generator) presence(depth int) tree {
	switch g.pick("has", 3) {
	case 0:
		return presence(g.text(depth - 1))
	case 1:
		return presence(g.whole(depth - 1))
	}
	return presence(g.list())
}

func (g generator) comparison(depth int) tree {
	op := []string{"==", "!=", "<", "<=", ">", ">="}[g.pick("op", 6)]
	format := "(%s " + op + " %s)"
	switch g.pick("comparison", 6) {
	case 0:
		return strict(format, func(xs []any) any { return ordered(op, strings.Compare(xs[0].(string), xs[1].(string))) }, g.text(depth), g.text(depth))
	case 1:
		return strict(format, func(xs []any) any {
			a, b := xs[0].(int64), xs[1].(int64)
			return ordered(op, big.NewInt(a).Cmp(big.NewInt(b)))
		}, g.whole(depth), g.whole(depth))
	case 2:
		return strict(format, func(xs []any) any { return ordered(op, compareFloats(toFloat(xs[0]), toFloat(xs[1]))) }, g.number(depth), g.whole(depth))
	case 3:
		return strict("(%s in %s)", func(xs []any) any { return slices.Contains(xs[1].([]string), xs[0].(string)) }, g.text(depth), g.list())
	case 4:
		return strict("(%s not in %s)", func(xs []any) any { return !slices.Contains(xs[1].([]string), xs[0].(string)) }, g.text(depth), g.list())
	}
	word := []string{"contains", "startsWith", "endsWith"}[g.pick("search", 3)]
	return strict("(%s "+word+" %s)", func(xs []any) any {
		fn := map[string]func(a, b string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[word]
		return fn(xs[0].(string), xs[1].(string))
	}, g.text(depth), g.text(depth))
}

func ordered(op string, c int) bool {
	switch op {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func toFloat(x any) float64 {
	if i, ok := x.(int64); ok {
		return float64(i)
	}
	return x.(float64)
}

// quantified asks of each element whether it relates to a text, which may be
// unknown, or is short.
func (g generator) quantified(depth int) tree {
	word := []string{"any", "all", "none", "one"}[g.pick("quantifier", 4)]
	items, other := g.list(), g.text(min(depth, 1))
	return tree{
		func(order func() bool) string {
			return word + "(" + items.write(order) + ", # == " + other.write(order) + " or len(#) < 2)"
		},
		func(w facts) any {
			list, ok := items.mean(w).([]string)
			if !ok {
				return items.mean(w)
			}
			yes, no := 0, 0
			var why any
			for _, s := range list {
				o := other.mean(w)
				switch {
				case len(s) < 2 || o == s:
					yes++
				case isUnknown(o):
					why = o
				default:
					no++
				}
			}
			return quantify(word, yes, no, why)
		},
	}
}

func quantify(word string, yes, no int, why any) any {
	switch {
	case word == "any" && yes > 0, word == "none" && yes > 0, word == "all" && no > 0, word == "one" && yes > 1:
		return word == "any"
	case why != nil:
		return why
	case word == "one":
		return yes == 1
	}
	return word != "any"
}

func (g generator) text(depth int) tree {
	if depth <= 0 || g.pick("deeper", 3) > 0 {
		switch g.pick("text", 3) {
		case 0:
			s := words[g.pick("word", len(words))]
			return literal(strconv.Quote(s), s)
		case 1:
			return fieldTree([]string{"lead.country", "lead.industry", "rep.region"}[g.pick("field", 3)])
		}
		return strict("named[%s].owner", func(xs []any) any {
			if xs[0] == "steel" {
				return "ana"
			}
			return unknown{string(MissingField), ""}
		}, fieldTree("lead.industry"))
	}
	switch g.pick("text of", 4) {
	case 0:
		return otherwise(g.text(depth-1), g.text(depth-1))
	case 1:
		return choice(g.condition(depth-1), g.text(depth-1), g.text(depth-1))
	case 2:
		return strict("upper(%s)", func(xs []any) any { return strings.ToUpper(xs[0].(string)) }, g.text(depth-1))
	}
	return strict("(%s + %s)", func(xs []any) any { return xs[0].(string) + xs[1].(string) }, g.text(depth-1), g.text(depth-1))
}

// words are few, so that texts often meet.
var words = []string{"", "a", "steel", "food", "DE", "STEEL", "ste"}

func (g generator) list() tree {
	switch g.pick("list", 3) {
	case 0:
		return fieldTree("rep.skills")
	case 1:
		return fieldTree("lead.tags")
	}
	n := 1 + g.pick("length", 3)
	var texts, list []string
	for range n {
		s := words[g.pick("word", len(words))]
		texts, list = append(texts, strconv.Quote(s)), append(list, s)
	}
	return literal("["+strings.Join(texts, ", ")+"]", list)
}

var wholes = []int64{0, 1, 2, 7, 1000, math.MaxInt64, math.MaxInt64 - 1, 1 << 53}

func (g generator) whole(depth int) tree {
	if depth <= 0 || g.pick("deeper", 3) > 0 {
		if g.pick("whole", 2) == 0 {
			i := wholes[g.pick("number", len(wholes))]
			return literal(strconv.FormatInt(i, 10), i)
		}
		return fieldTree([]string{"lead.employees", "lead.score", "rep.open", "rep.capacity"}[g.pick("field", 4)])
	}
	switch g.pick("whole of", 7) {
	case 0:
		return otherwise(g.whole(depth-1), g.whole(depth-1))
	case 1:
		return choice(g.condition(depth-1), g.whole(depth-1), g.whole(depth-1))
	case 2:
		return strict("len(%s)", func(xs []any) any { return int64(len(xs[0].([]string))) }, g.list())
	case 3:
		return strict("(%s %% %s)", func(xs []any) any {
			if xs[1] == int64(0) {
				return failed()
			}
			return new(big.Int).Rem(big.NewInt(xs[0].(int64)), big.NewInt(xs[1].(int64))).Int64()
		}, g.whole(depth-1), g.whole(depth-1))
	}
	op := []string{"+", "-", "*"}[g.pick("sum", 3)]
	return strict("(%s "+op+" %s)", func(xs []any) any {
		a, b, r := big.NewInt(xs[0].(int64)), big.NewInt(xs[1].(int64)), new(big.Int)
		map[string]func(x, y *big.Int) *big.Int{"+": r.Add, "-": r.Sub, "*": r.Mul}[op](a, b)
		if !r.IsInt64() {
			return failed()
		}
		return r.Int64()
	}, g.whole(depth-1), g.whole(depth-1))
}

var numbers = []float64{0, 0.5, 1.25, 1000, 1e300}

func (g generator) number(depth int) tree {
	if depth <= 0 || g.pick("deeper", 3) > 0 {
		switch g.pick("number", 3) {
		case 0:
			x := numbers[g.pick("value", len(numbers))]
			return literal(strconv.FormatFloat(x, 'e', -1, 64), x)
		case 1:
			return fieldTree("rep.kpi.win_rate")
		}
		return fieldTree("lead.value")
	}
	switch g.pick("number of", 6) {
	case 0:
		return otherwise(g.number(depth-1), g.number(depth-1))
	case 1:
		return choice(g.condition(depth-1), g.number(depth-1), g.number(depth-1))
	case 2:
		return strict("(%s / %s)", func(xs []any) any {
			if toFloat(xs[1]) == 0 {
				return failed()
			}
			return finite(toFloat(xs[0]) / toFloat(xs[1]))
		}, g.number(depth-1), g.whole(depth-1))
	}
	op := []string{"+", "-", "*"}[g.pick("sum", 3)]
	return strict("(%s "+op+" %s)", func(xs []any) any {
		a, b := toFloat(xs[0]), toFloat(xs[1])
		return finite(map[string]float64{"+": a + b, "-": a - b, "*": a * b}[op])
	}, g.number(depth-1), g.number(depth-1))
}

func finite(x float64) any {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return failed()
	}
	return x
}

// facts draws the values of the fields that trees read; each is missing one
// time in three unless everything must be there.
func (g generator) facts(complete bool) facts {
	w := facts{}
	put := func(name string, x any) {
		if complete || g.pick("missing", 3) > 0 {
			w[name] = x
		}
	}
	for _, name := range []string{"lead.test", "lead.vip", "rep.active"} {
		put(name, g.pick("flag", 2) == 1)
	}
	for _, name := range []string{"lead.country", "lead.industry", "rep.region"} {
		put(name, words[g.pick("word", len(words))])
	}
	for _, name := range []string{"lead.employees", "lead.score", "rep.open", "rep.capacity"} {
		put(name, wholes[g.pick("number", len(wholes))])
	}
	for _, name := range []string{"lead.value", "rep.kpi.win_rate"} {
		put(name, numbers[g.pick("number", len(numbers))])
	}
	for _, name := range []string{"lead.tags", "rep.skills"} {
		list := []string{}
		for range g.pick("length", 4) {
			list = append(list, words[g.pick("word", len(words))])
		}
		put(name, list)
	}
	return w
}

package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// functionAdvice is what to use in place of functions people know from
// elsewhere, expr's own among them.
var functionAdvice = map[string]string{
	"filter": "count(list, # == ...) to count, any(list, # == ...) to ask",
	"map":    "any(list, # == ...) to ask something of each element",
	"find":   "any(list, # == ...)", "findIndex": "any(list, # == ...)",
	"findLast": "any(list, # == ...)", "findLastIndex": "any(list, # == ...)",
	"reduce": "sum(list), or count(list, # == ...)",
	"first":  `"..." in list`, "last": `"..." in list`, "get": `"..." in list`,
	"mean": "a KPI computed beforehand", "median": "a KPI computed beforehand",
	"now": "now, without brackets", "today": "now", "NOW": "now, without brackets", "TODAY": "now",
	"isnull": "not has(...)", "isNull": "not has(...)", "ISBLANK": "not has(...)", "is_null": "not has(...)", "empty": "not has(...)",
	"exists": "has(...)", "isset": "has(...)", "coalesce": "a ?? b", "ifnull": "a ?? b", "nvl": "a ?? b",
	"hasPrefix": "a startsWith b", "hasSuffix": "a endsWith b", "startsWith": "a startsWith b", "endsWith": "a endsWith b",
	"contains": "a contains b", "includes": "a contains b", "IF": "condition ? a : b", "iif": "condition ? a : b",
	"AND": "a and b", "OR": "a or b", "NOT": "not (a)", "length": "len(...)", "size": "len(...)",
	"toLower": "lower(...)", "toUpper": "upper(...)", "LOWER": "lower(...)", "UPPER": "upper(...)", "LEN": "len(...)",
	"toInt": "int(...)", "toString": "string(...)", "concat": "a + b", "split": "a list field",
	"type": "has(...)", "replace": "lower(...), upper(...) or trim(...)",
}

// unknownFunction is a call of what is not in the allow-list.
func (c *checker) unknownFunction(at stretch, name string, args []ast.Node) *node {
	message := fmt.Sprintf("there is no function %q in rules", name)
	if (name == "filter" || name == "find") && len(args) == 2 {
		return c.fail(at, message, fmt.Sprintf("any(%s, %s) to ask, count(...) to count", c.words(c.of(args[0])), c.words(c.of(args[1]))))
	}
	if advice, ok := functionAdvice[name]; ok {
		return c.fail(at, message, advice)
	}
	if c.v.lets[name] != nil {
		return c.fail(at, fmt.Sprintf("%q is a let name and takes no brackets", name), name)
	}
	if c.v.tables[name] != nil && len(args) == 1 {
		return c.fail(at, fmt.Sprintf("%q is a table; its key stands in square brackets", name), name+"["+c.words(c.of(args[0]))+"]")
	}
	if near, ok := Nearest(name, functionNames()); ok {
		return c.fail(at, message, functions[near].usage)
	}
	if near, ok := Nearest(name, slices.Sorted(maps.Keys(functionAdvice))); ok {
		return c.fail(at, message, functionAdvice[near])
	}
	return c.fail(at, message+"; there are "+strings.Join(functionNames(), ", "), "")
}

// wrongCount is a call with too few or too many arguments.
func (c *checker) wrongCount(at stretch, name string, f function, given int) *node {
	wanted := fmt.Sprint(f.least)
	if f.most > f.least {
		wanted = fmt.Sprintf("%d to %d", f.least, f.most)
	}
	plural := "s"
	if wanted == "1" {
		plural = ""
	}
	return c.fail(at, fmt.Sprintf("%s(...) takes %s value%s in its brackets, not %d", name, wanted, plural, given), f.usage)
}

// argumentAdvice is the likely fix for an argument of the wrong kind.
func (c *checker) argumentAdvice(name string, a *node) string {
	switch {
	case (name == "days" || name == "hours") && a.kind == Time:
		return name + "(now - " + a.source() + ")"
	case (name == "lower" || name == "upper" || name == "trim") && a.kind == StringList:
		return "any(" + a.source() + ", " + name + "(#) == ...)"
	case name == "int" && a.kind == String:
		return "declare the field as int in fields:"
	case (name == "min" || name == "max") && a.kind.element() != Null:
		return name + "(a, b)"
	}
	return ""
}

// methodAdvice is how a rule says what methods say elsewhere.
var methodAdvice = map[string]string{
	"contains": "%s contains %s", "includes": "%s contains %s", "startsWith": "%s startsWith %s", "endsWith": "%s endsWith %s",
	"startswith": "%s startsWith %s", "endswith": "%s endsWith %s", "hasPrefix": "%s startsWith %s", "equals": "%s == %s",
	"matches": "%s matches %s",
}

var methodFunctions = map[string]string{
	"lower": "lower", "toLower": "lower", "toLowerCase": "lower", "upper": "upper", "toUpper": "upper", "toUpperCase": "upper",
	"trim": "trim", "strip": "trim", "length": "len", "len": "len", "size": "len", "count": "len",
}

// method is x.f(...): rules call nothing on a value.
func (c *checker) method(at stretch, n *ast.CallNode) *node {
	member, ok := n.Callee.(*ast.MemberNode)
	if !ok {
		return c.fail(at, "this cannot be called", "")
	}
	property, ok := member.Property.(*ast.StringNode)
	if !ok {
		return c.fail(at, "this cannot be called", "")
	}
	on := c.words(c.of(member.Node))
	message := fmt.Sprintf("%q cannot be called on %s; rules only read fields", property.Value, on)
	if pattern, ok := methodAdvice[property.Value]; ok && len(n.Arguments) == 1 {
		return c.fail(at, message, fmt.Sprintf(pattern, on, c.words(c.of(n.Arguments[0]))))
	}
	if name, ok := methodFunctions[property.Value]; ok {
		return c.fail(at, message, name+"("+on+")")
	}
	return c.fail(at, message, "")
}

// notOurs is what expr can write and rules cannot.
func (c *checker) notOurs(at stretch, n ast.Node) *node {
	switch n := n.(type) {
	case *ast.NilNode:
		return c.fail(at, `"nil" is not a value; has(...) asks whether there is one`, "has("+c.exampleField(c.v.customer)+")")
	case *ast.ChainNode:
		return c.fail(at, "?. is not needed: what is missing is unknown, never a failure", strings.ReplaceAll(c.words(at), "?.", "."))
	case *ast.SliceNode:
		return c.fail(at, "a part of a text or list cannot be cut out", c.words(c.of(n.Node))+` startsWith "..."`)
	case *ast.MapNode:
		return c.fail(at, "a list stands in square brackets", `["a", "b"]`)
	case *ast.VariableDeclaratorNode:
		return c.fail(at, "let inside an expression is not for rules", "give it a name under let: in the document")
	case *ast.SequenceNode:
		return c.fail(at, "an expression is one condition or value; it has no ;", "join conditions with and")
	case *ast.BytesNode:
		return c.fail(at, "a letter stands before the quote", "remove the b")
	}
	return c.fail(at, "this cannot be used in a rule", "")
}

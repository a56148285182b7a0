package rule

import (
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// What a mistake is called, and what was probably meant. The words are those
// of somebody who runs sales and has never written a program: fields, texts,
// numbers, lists; never types, nil or nodes.

// unknownName is a word that stands alone and is nothing.
func (c *checker) unknownName(at stretch, name string) *node {
	for _, on := range []Side{Customer, Rep} {
		if _, _, ok := c.v.lookup(on, name); ok {
			return c.fail(at, fmt.Sprintf("%q needs to say whose it is", name), c.v.word(on)+"."+name)
		}
	}
	switch {
	case slices.Contains([]string{"null", "none", "empty", "blank", "undefined", "None", "NULL"}, name):
		return c.fail(at, fmt.Sprintf("%q is not a value; has(...) asks whether there is one", name), "has("+c.exampleField(c.v.customer)+")")
	case strings.EqualFold(name, "true") || strings.EqualFold(name, "yes"):
		return c.fail(at, fmt.Sprintf("%q is not a name known here", name), "true")
	case strings.EqualFold(name, "false") || strings.EqualFold(name, "no"):
		return c.fail(at, fmt.Sprintf("%q is not a name known here", name), "false")
	case name == "today":
		return c.fail(at, `"today" is not a name known here`, "now")
	case name == c.letName:
		return c.fail(at, fmt.Sprintf("%q cannot be explained by itself", name), "")
	}
	if _, ok := functions[name]; ok {
		return c.fail(at, fmt.Sprintf("%q is a function and needs brackets", name), functions[name].usage)
	}
	if near, ok := Nearest(name, c.topNames()); ok {
		return c.fail(at, fmt.Sprintf("%q is not a name known here", name), near)
	}
	for _, on := range []Side{Customer, Rep} {
		if near, ok := Nearest(name, c.v.fieldNames(on)); ok {
			return c.fail(at, fmt.Sprintf("%q is not a name known here", name), c.v.word(on)+"."+near)
		}
	}
	if c.wantsNumber(at) {
		return c.fail(at, fmt.Sprintf("%q is not a name known here, and no number", name), "digits, such as 30")
	}
	return c.fail(at, fmt.Sprintf("%q is not a name known here", name), fmt.Sprintf("%q, in quotes, if it is a text", name))
}

// wantsNumber reports whether a stretch is all that stands where a number is
// wanted.
func (c *checker) wantsNumber(at stretch) bool {
	return (c.want.Kind == Int || c.want.Kind == Number) && c.words(at) == strings.TrimSpace(c.text.Source)
}

// unknownBase is x.y where x is nothing.
func (c *checker) unknownBase(at stretch, base, property string) *node {
	if slices.Contains([]string{"customer", "lead", "account", "opportunity", "request", "client", "contact"}, base) {
		return c.fail(at, fmt.Sprintf("%q is not a name known here; this document calls the customer %q", base, c.v.customer), c.v.customer+"."+property)
	}
	if slices.Contains([]string{"agent", "user", "seller", "owner", "salesperson", "reps"}, base) {
		return c.fail(at, fmt.Sprintf("%q is not a name known here; who receives is called \"rep\"", base), "rep."+property)
	}
	if base == "kpi" || base == "kpis" {
		return c.fail(at, fmt.Sprintf("%q is not a name known here; KPIs belong to the rep", base), "rep.kpi."+property)
	}
	if near, ok := Nearest(base, c.topNames()); ok {
		return c.fail(at, fmt.Sprintf("%q is not a name known here", base), near+"."+property)
	}
	return c.fail(at, fmt.Sprintf("%q is not a name known here; fields begin with %s. or rep.", base, c.v.customer), "")
}

// unknownFieldOf is a field that was never declared.
func (c *checker) unknownFieldOf(at stretch, on Side, name string) *node {
	word, other := c.v.word(on), Rep-on
	message := fmt.Sprintf("the %s has no field %q", word, name)
	if on == Rep {
		if name == "kpi" {
			return c.fail(at, "rep.kpi needs the name of a KPI", "rep.kpi."+first(c.v.KPIs(), "win_rate"))
		}
		if _, ok := c.v.sides[Rep].kpis[name]; ok {
			return c.fail(at, message+", but there is a KPI of that name", "rep.kpi."+name)
		}
	}
	if near, ok := Nearest(name, c.v.fieldNames(on)); ok {
		return c.fail(at, message, word+"."+near)
	}
	if _, _, ok := c.v.lookup(other, name); ok {
		return c.fail(at, message+fmt.Sprintf(", but the %s has", c.v.word(other)), c.v.word(other)+"."+name)
	}
	if _, ok := c.v.sides[Rep].kpis[name]; ok {
		return c.fail(at, message+", but there is a KPI of that name", "rep.kpi."+name)
	}
	if nameProblem(name) != nil {
		if name = FieldName(name); name == "" {
			return c.fail(at, message, "")
		}
		message += "; the name of a field has no blanks"
	}
	return c.fail(at, message, fmt.Sprintf("declare it under fields: {%s: {%s: string}}", word, name))
}

func (c *checker) unknownKPI(at stretch, name string) *node {
	message := fmt.Sprintf("there is no KPI %q", name)
	if near, ok := Nearest(name, c.v.KPIs()); ok {
		return c.fail(at, message, "rep.kpi."+near)
	}
	if _, _, ok := c.v.lookup(Rep, name); ok {
		return c.fail(at, message+", but the rep has a field of that name", "rep."+name)
	}
	if checkName(name) != nil {
		return c.fail(at, message, "")
	}
	return c.fail(at, message, fmt.Sprintf("add it to kpis: [%s]", name))
}

// otherSide suggests the same field of the side that may be read.
func (c *checker) otherSide(on Side, name string) string {
	if _, _, ok := c.v.lookup(on, name); ok {
		return c.v.word(on) + "." + name
	}
	if on == Customer && c.want.Kind == Bool {
		return "move this condition to eligible, which is asked of each rep"
	}
	return ""
}

// noParts is x.y or x[i] where x is a plain value.
func (c *checker) noParts(at stretch, base *node, property *ast.StringNode) *node {
	switch {
	case base.kind.element() != Null && property == nil:
		return c.fail(at, fmt.Sprintf("%s is a list, and its elements have no fixed places", base.source()), `"..." in `+base.source())
	case property != nil && (property.Value == "length" || property.Value == "size" || property.Value == "count"):
		return c.fail(at, fmt.Sprintf("%s is %s and has no parts", base.source(), base.kind.phrase()), "len("+base.source()+")")
	case base.kind == rowKind:
		return c.fail(at, fmt.Sprintf("which column of %s is read must be written out, not computed", base.source()), base.source()+"."+first(base.table.columnNames(), "owner"))
	}
	return c.fail(at, fmt.Sprintf("%s is %s and has no parts", base.source(), base.kind.phrase()), "")
}

// wholeRow is a table's row where a value is wanted; asked says that a
// condition is.
func (c *checker) wholeRow(row *node, asked bool) *node {
	maybe := row.source() + "." + first(row.table.columnNames(), "owner")
	if asked {
		maybe = "has(" + row.source() + ")"
	}
	return c.fail(stretch{row.from, row.to}, fmt.Sprintf("%s is a whole row; name one of its columns, or ask has(...)", row.source()), maybe)
}

// unquoted is a word nobody knows, where a text was expected.
func (c *checker) unquoted(at stretch, name string) *node {
	if c.v.customer == name || name == "null" || name == "none" || name == "empty" {
		return c.unknownName(at, name)
	}
	for _, on := range []Side{Customer, Rep} {
		if _, _, ok := c.v.lookup(on, name); ok {
			return c.unknownName(at, name)
		}
	}
	return c.fail(at, fmt.Sprintf("%q is not a name known here; a text stands in quotes", name), fmt.Sprintf("%q", name))
}

// comparedWithNull refuses == nil and != nil: a comparison with what is not
// there has no answer, and has(...) is how one asks.
func (c *checker) comparedWithNull(at stretch, n *ast.BinaryNode) *node {
	side := n.Left
	if isNull(n.Left) {
		side = n.Right
	} else if !isNull(n.Right) {
		return nil
	}
	if isNull(side) {
		return c.fail(at, "nothing is compared with nothing here", "")
	}
	maybe := "has(" + c.words(c.of(side)) + ")"
	if n.Operator == "==" {
		maybe = "not " + maybe
	}
	return c.fail(at, "whether there is a value is asked with has(...)", maybe)
}

func isNull(n ast.Node) bool {
	if _, ok := n.(*ast.NilNode); ok {
		return true
	}
	name, ok := n.(*ast.IdentifierNode)
	return ok && slices.Contains([]string{"null", "NULL", "Null", "None", "undefined", "empty", "blank"}, name.Value)
}

// writtenDate is a date that was meant as one and read as a subtraction.
var writtenDate = regexp.MustCompile(`^(\d{4})\s*-\s*(\d{1,2})\s*-\s*(\d{1,2})$`)

// incomparable is a comparison of two kinds that do not compare.
func (c *checker) incomparable(at stretch, op string, a, b *node) *node {
	if a.op == opConst && b.op != opConst {
		a, b = b, a
	}
	message := fmt.Sprintf("%s is %s and %s is %s; these cannot be compared with %s", a.source(), a.kind.phrase(), b.source(), b.kind.phrase(), op)
	if a.kind == b.kind {
		message = fmt.Sprintf("%s cannot be compared with %s", kindOfBoth(a.kind), op)
	}
	return c.fail(at, message, c.comparable(op, a, b))
}

func kindOfBoth(k Kind) string {
	switch k {
	case Bool:
		return "what is true or false"
	case rowKind:
		return "rows of a table"
	case Time:
		return "two times"
	case Duration:
		return "two lengths of time"
	case String:
		return "texts"
	case Int, Number:
		return "numbers"
	}
	return strings.Replace(k.phrase(), "a list", "lists", 1)
}

// comparable guesses what a comparison was meant to be. b is the constant,
// if there is one.
func (c *checker) comparable(op string, a, b *node) string {
	not := ""
	if op == "!=" {
		not = "not "
	}
	switch {
	case a.kind == Time && b.kind == String && b.op == opConst:
		return fmt.Sprintf("%s %s date(%q)", a.source(), op, b.value.str)
	case a.kind == Time && writtenDate.MatchString(b.source()):
		m := writtenDate.FindStringSubmatch(b.source())
		return fmt.Sprintf("%s %s date(\"%s-%02s-%02s\")", a.source(), op, m[1], m[2], m[3])
	case a.kind == Duration && (b.kind == Int || b.kind == Number):
		return fmt.Sprintf("days(%s) %s %s", a.source(), op, b.source())
	case a.kind == Duration && b.kind == String && b.op == opConst:
		return fmt.Sprintf("%s %s duration(%q)", a.source(), op, b.value.str)
	case (a.kind == Int || a.kind == Number) && b.kind == String && isNumber(b):
		return fmt.Sprintf("%s %s %s, without quotes", a.source(), op, b.value.str)
	case a.kind == String && (b.kind == Int || b.kind == Number) && b.op == opConst:
		return fmt.Sprintf("%s %s %q, with quotes", a.source(), op, b.source())
	case a.kind == Bool && b.kind == Int && b.op == opConst && op == "==" && b.value.num == 1:
		return a.source()
	case a.kind == Bool && b.kind == Int && b.op == opConst && op == "==" && b.value.num == 0:
		return "not " + a.source()
	case a.kind == Bool && b.kind == String && b.op == opConst && strings.EqualFold(b.value.str, "true"):
		return not + a.source()
	case a.kind == Bool && b.kind == String && b.op == opConst && strings.EqualFold(b.value.str, "false"):
		return strings.Replace("not "+not, "not not ", "", 1) + a.source()
	case a.kind.element() != Null && b.kind == a.kind.element():
		return inList(not, b, a)
	case b.kind.element() != Null && a.kind == b.kind.element():
		return inList(not, a, b)
	case a.kind == StringList && b.kind == StringList:
		return fmt.Sprintf("any(%s, # in %s)", a.source(), b.source())
	case a.kind == rowKind:
		return a.source() + "." + first(a.table.columnNames(), "owner") + " " + op + " " + b.source()
	}
	return ""
}

func inList(not string, element, list *node) string {
	if not != "" {
		return fmt.Sprintf("%s not in %s", element.source(), list.source())
	}
	return fmt.Sprintf("%s in %s", element.source(), list.source())
}

func isNumber(n *node) bool {
	_, ok := decimal(n.value.str)
	return n.op == opConst && ok
}

// notACondition is an operand of and, or that is neither true nor false.
func (c *checker) notACondition(at stretch, word string, a, operand *node) *node {
	maybe := c.conditionFrom(operand)
	if operand.op == opConst && operand.kind == String && a.op == opCompare && a.relation == equal && word == "or" {
		maybe = fmt.Sprintf("%s in [%s, %s]", a.a.source(), a.b.source(), operand.source())
	}
	return c.fail(stretch{operand.from, operand.to}, fmt.Sprintf("%s joins conditions, but %s is %s", word, operand.source(), operand.kind.phrase()), maybe)
}

// notWhat is not before something that is neither true nor false; mostly
// because not takes only what stands right behind it.
func (c *checker) notWhat(at stretch, n *ast.UnaryNode, a *node) *node {
	rest := strings.TrimSpace(c.text.Source[a.to:])
	for _, op := range []string{"==", "!=", "<", ">", "in ", "contains ", "startsWith ", "endsWith ", "matches "} {
		if strings.HasPrefix(rest, op) {
			return c.fail(at, fmt.Sprintf("%s takes only what stands right behind it, and %s is %s", n.Operator, a.source(), a.kind.phrase()), "put what follows in brackets: not ("+a.source()+" "+strings.TrimSpace(op)+" ...)")
		}
	}
	maybe := ""
	if a.op == opField {
		maybe = "not has(" + a.source() + ")"
	}
	return c.fail(at, fmt.Sprintf("%s needs a condition behind it, but %s is %s", n.Operator, a.source(), a.kind.phrase()), maybe)
}

// notAList is an in before a word that is no list.
func (c *checker) notAList(at stretch, n *ast.BinaryNode, name string) *node {
	right := c.of(n.Right)
	if c.v.tables[name] != nil {
		return c.fail(at, fmt.Sprintf("%q is a table; has(...) asks whether it has a row", name), fmt.Sprintf("has(%s[%s])", name, c.words(c.of(n.Left))))
	}
	if c.v.names[name] != "" {
		return c.name(right, name)
	}
	for _, on := range []Side{Customer, Rep} {
		if _, _, ok := c.v.lookup(on, name); ok {
			return c.unknownName(right, name)
		}
	}
	message := fmt.Sprintf("there is no list %q", name)
	if near, ok := Nearest(name, slices.Sorted(maps.Keys(c.v.lists))); ok {
		return c.fail(right, message, near)
	}
	return c.fail(right, message, fmt.Sprintf("declare it under lists:, or write in [%q]", name))
}

// notIn is an in whose right side is no list, or a list of something else.
func (c *checker) notIn(at stretch, a, b *node) *node {
	element := b.kind.element()
	switch {
	case a.kind.element() != Null && b.kind == a.kind.element():
		return c.fail(at, fmt.Sprintf("the list stands behind in: %s is the list here", a.source()), b.source()+" in "+a.source())
	case a.kind.element() != Null && element == a.kind.element():
		return c.fail(at, fmt.Sprintf("%s and %s are both lists; in asks for one element", a.source(), b.source()), "any("+a.source()+", # in "+b.source()+")")
	case b.kind == rowKind:
		return c.fail(at, fmt.Sprintf("%s is a row of a table, not a list", b.source()), "has("+b.source()+")")
	case element == Null && b.kind == String && a.kind == String && b.op == opConst:
		return c.fail(at, fmt.Sprintf("a list stands behind in, but %s is a text", b.source()), a.source()+" == "+b.source())
	case element == Null && b.kind == String && a.kind == String:
		return c.fail(at, fmt.Sprintf("a list stands behind in, but %s is a text", b.source()), b.source()+" contains "+a.source())
	case element == Null && a.kind == b.kind:
		return c.fail(at, fmt.Sprintf("a list stands behind in, but %s is %s", b.source(), b.kind.phrase()), a.source()+" == "+b.source())
	case element == Null:
		return c.fail(at, fmt.Sprintf("a list stands behind in, but %s is %s", b.source(), b.kind.phrase()), "")
	}
	maybe := ""
	if element == String && a.op == opConst {
		maybe = fmt.Sprintf("%q in %s", a.source(), b.source())
	}
	return c.fail(at, fmt.Sprintf("%s is %s, but %s is %s", a.source(), a.kind.phrase(), b.source(), b.kind.phrase()), maybe)
}

// cannotSearch is contains and its kind on something that is no text.
func (c *checker) cannotSearch(at stretch, op string, a, b *node) *node {
	switch {
	case a.kind == StringList && op == "contains" && b.kind == String:
		return c.fail(at, fmt.Sprintf("%s is a list; contains looks inside one text", a.source()), b.source()+" in "+a.source())
	case a.kind == StringList:
		return c.fail(at, fmt.Sprintf("%s is a list; %s looks at one text", a.source(), op), fmt.Sprintf("any(%s, # %s %s)", a.source(), op, b.source()))
	case b.kind == StringList && a.kind == String:
		return c.fail(at, fmt.Sprintf("%s takes one text behind it, but %s is a list", op, b.source()), fmt.Sprintf("any(%s, %s %s #)", b.source(), a.source(), op))
	case a.kind == Int && b.kind == String:
		return c.fail(at, fmt.Sprintf("%s looks at a text, but %s is a whole number", op, a.source()), fmt.Sprintf("string(%s) %s %s", a.source(), op, b.source()))
	}
	wrong, maybe := a, ""
	if a.kind == String {
		wrong = b
		if b.kind == Int && b.op == opConst {
			maybe = fmt.Sprintf("%s %s %q, with quotes", a.source(), op, b.source())
		}
	}
	return c.fail(at, fmt.Sprintf("%s looks for a text in a text, but %s is %s", op, wrong.source(), wrong.kind.phrase()), maybe)
}

// cannotReckon is arithmetic on what is no number.
func (c *checker) cannotReckon(at stretch, op string, a, b *node) *node {
	maybe := ""
	other := map[bool]*node{true: a, false: b}[b.kind == Time || b.kind == Duration || b.kind == String]
	switch {
	case (a.kind == Time || b.kind == Time) && other.kind == Int:
		maybe = fmt.Sprintf("duration(\"%sd\") for days", other.source())
	case a.kind == Duration || b.kind == Duration:
		maybe = "turn the length of time into a number first: days(...)"
	case op != "+" || a.kind != String && b.kind != String:
	case other.op == opConst && other.kind == Int:
		maybe = fmt.Sprintf("%q, with quotes", other.source())
	case other.kind == Int:
		maybe = "string(" + other.source() + ")"
	}
	if op == "%" && (a.kind == Number || b.kind == Number) {
		return c.fail(at, "% is the remainder of whole numbers; it does not mean per cent", "50% is written 0.5")
	}
	if a.kind == b.kind {
		return c.fail(at, fmt.Sprintf("%s does not work on %s", op, kindOfBoth(a.kind)), maybe)
	}
	return c.fail(at, fmt.Sprintf("%s does not work on %s, which is %s, and %s, which is %s", op, a.source(), a.kind.phrase(), b.source(), b.kind.phrase()), maybe)
}

// patternProblem says in plain words why a pattern cannot be read.
func patternProblem(err error) string {
	e, ok := err.(*syntax.Error)
	if !ok {
		return "it is none"
	}
	problem := patternProblems[e.Code]
	if problem == "" {
		problem = "it is none"
	}
	if e.Expr == "" {
		return problem
	}
	return fmt.Sprintf("%s: %.40s", problem, e.Expr)
}

var patternProblems = map[syntax.ErrorCode]string{
	syntax.ErrInvalidCharClass:      "a set in [ ] is not right",
	syntax.ErrInvalidCharRange:      "a range in [ ] runs backwards",
	syntax.ErrInvalidEscape:         `a letter behind \ that means nothing`,
	syntax.ErrInvalidNamedCapture:   "a name in (?<...>) is not right",
	syntax.ErrInvalidPerlOp:         "a sign behind (? that means nothing here",
	syntax.ErrInvalidRepeatOp:       "two signs of repetition in a row",
	syntax.ErrInvalidRepeatSize:     "at most 1000 repetitions can be asked for",
	syntax.ErrInvalidUTF8:           "it holds signs that are no text",
	syntax.ErrMissingBracket:        "a [ is not closed",
	syntax.ErrMissingParen:          "a ( is not closed",
	syntax.ErrMissingRepeatArgument: "nothing stands before a sign of repetition",
	syntax.ErrTrailingBackslash:     `it ends with \`,
	syntax.ErrUnexpectedParen:       "a ) was never opened",
	syntax.ErrNestingDepth:          "it is nested too deeply",
	syntax.ErrLarge:                 "it is too large",
}

// someOf lists names for a message, few of them.
func someOf(names []string) string {
	const most = 6
	if len(names) == 0 {
		return "none"
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}

package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// What people write who come from spreadsheets, SQL, other CRMs or prose.
// These texts do not parse; expr's own message would name the token that did
// not fit, which helps nobody who does not know what a token is.

// knownSlip is one habit: how it looks, what is wrong, what was meant.
// Patterns see the source with the insides of its quotes and the names of
// fields blanked out; in message and maybe, $1 and so on stand for what the
// source has there. What the group "at" matches is pointed at, or else all.
type knownSlip struct {
	pattern        *regexp.Regexp
	message, maybe string
}

func slipped(pattern, message, maybe string) knownSlip {
	return knownSlip{regexp.MustCompile(pattern), message, maybe}
}

// word is a name or a field in a pattern, text is a text in quotes.
const (
	word = `([\pL_][\pL\d_.]*)`
	text = `("[^"]*"|'[^']*')`
)

// knownSlips are tried from the top; the first that is found is told. The
// special stand before the general.
var knownSlips = []knownSlip{
	slipped(`[“”„‟«»‘’‚]([^“”„‟«»‘’‚"']*)[“”„‟«»‘’‚]`, "these are printers' quotes; a text stands in straight ones", `"$1"`),
	slipped(`[“”„‟«»]`, "this is a printers' quote; a text stands in straight ones", `"..."`),
	slipped(`[‘’‚]`, "this is a printers' quote; a text stands in straight ones", "' in place of each"),
	slipped(`===`, "=== is not used in rules", "=="),
	slipped(`!==`, "!== is not used in rules", "!="),
	slipped(`<>|≠`, "is not is written !=", "!="),
	slipped(`≥|=>`, "at least is written >=", ">="),
	slipped(`≤|=<`, "at most is written <=", "<="),
	slipped(word+`\s+(?i:is\s+not\s+(null|empty|blank|nil|set))\b`, "whether there is a value is asked with has(...)", "has($1)"),
	slipped(word+`\s+(?i:is\s+(null|empty|blank|nil|missing))\b`, "whether there is a value is asked with has(...)", "not has($1)"),
	slipped(`(?i)\bis\s+not\b`, "is not is written !=", "!="),
	slipped(`(?i)\b(is\s+equal\s+to|equals?|eq|is)\b`, `"$1" is written ==`, "=="),
	slipped(`\b(ne|neq)\b`, `"$1" is written !=`, "!="),
	slipped(`(?i)\b(gte|ge|at\s+least)\b`, `"$1" is written >=`, ">="),
	slipped(`(?i)\b(lte|le|at\s+most)\b`, `"$1" is written <=`, "<="),
	slipped(`(?i)\b(gt|greater\s+than|more\s+than|above|over)\b`, `"$1" is written >`, ">"),
	slipped(`(?i)\b(lt|less\s+than|below|under)\b`, `"$1" is written <`, "<"),
	slipped(`(?:^|[(,])\s*(?P<at>(?i:and|or)\s*\([^()]*,[^()]*\))`, "and, or stand between conditions, without commas", "... and ..."),
	slipped(`\b(AND|And)\b`, `"$1" is written in small letters`, "and"),
	slipped(`\b(OR|Or)\b`, `"$1" is written in small letters`, "or"),
	slipped(`\b(NOT|Not)\b`, `"$1" is written in small letters`, "not"),
	slipped(`\b(IN|In)\b`, `"$1" is written in small letters`, "in"),
	slipped(`(?i)\b(like|ilike)\b`, `"$1" is not used in rules`, `contains "...", startsWith "..." or endsWith "..."`),
	slipped(word+`\s+(?i:between)\s+(\S+)\s+(?i:and)\s+(\S+)`, "between is written with two comparisons", "$1 >= $2 and $1 <= $3"),
	slipped(`(?P<at>\b(?i:starts?[_ ]?with|begins?[_ ]?with))\s*["'\w]`, "the word is startsWith, in one piece and with a capital W", "startsWith"),
	slipped(`(?P<at>\b(?i:ends?[_ ]?with))\s*["'\w]`, "the word is endsWith, in one piece and with a capital W", "endsWith"),
	slipped(`\b(contains|startsWith|endsWith|matches)\s*\(\s*([^(),]+?)\s*,\s*([^()]+?)\s*\)`, "$1 stands between the two, without brackets", "$2 $1 $3"),
	slipped(word+`\s+(?i:has|have|includes?|contain|contains)\s+`+text, "whether something is in a list is asked with in, and in a text with contains", "$2 in $1, or $1 contains $2"),
	slipped(`\bhas\s+`+word, "has takes its field in brackets", "has($1)"),
	slipped(`(?i)\bnot\s*(==?|<|>)`, "not stands before a whole condition", "!="),
	slipped(`!\s*in\b`, "not in is written in words", "not in"),
	slipped(`(?i)\b(then|elseif|elif)\b`, `"$1" is not used in rules; a choice is written with ? and :`, "condition ? a : b"),
	slipped(`(?i)\b(xor|unless|when|where|select)\b`, `"$1" is not used in rules`, "and, or, not"),
	slipped(`:=`, "nothing is assigned in a rule", "=="),
	slipped(`\b\d{1,3}(?:,\d{3})+\.\d+|\b\d{1,3}(?:\.\d{3})+,\d+`, "numbers are written without thousands separators, and decimals behind a point", "1234.56"),
	slipped(`\b(\d{1,3}),(\d{3})\b(?:,\d{3})*`, "numbers are written without thousands separators", "$1$2"),
	slipped(`\d{1,3}(?:\.\d{3}){2,}\b`, "numbers are written without thousands separators", "1000000"),
	slipped(`\b(\d+),(\d{1,2})\b`, "decimals stand behind a point", "$1.$2"),
	slipped(`(\d+(?:\.\d+)?)\s*%`, "per cent is not used in rules", "0.5 for 50%"),
	slipped(`[$€£¥]\s*(\d[\d.]*)`, "amounts are written without a currency sign", "$1"),
	slipped(`\b\d+(?:\.\d+)?\s*(?i:k|m|mio|bn)\b`, "numbers are written out", "1000 for 1k"),
	slipped(`\b(\d+)\s*(?i:d|days?)\b`, "a length of time is written with duration(...)", `duration("${1}d")`),
	slipped(`\b(\d+)\s*(?i:h|hours?)\b`, "a length of time is written with duration(...)", `duration("${1}h")`),
	slipped(`\b(\d+)\s*(?i:w|weeks?)\b`, "a length of time is written with duration(...)", `duration("${1}w")`),
	slipped(`\bin\s*\(([^()]*,[^()]*)\)`, "a list stands in square brackets", "in [$1]"),
	slipped(`\bin\s*\{([^{}]*)\}`, "a list stands in square brackets", "in [$1]"),
	slipped(`\bin\s+(`+text+`(?:\s*,\s*`+text+`)+)`, "a list stands in square brackets", "in [$1]"),
	slipped(`(?:^|[^&])(?P<at>&)(?:[^&]|$)`, "& is written and", "and"),
	slipped(`(?:^|[^|])(?P<at>\|)(?:[^|]|$)`, "| is written or", "or"),
	slipped(`(?:^|[^=!<>:])(?P<at>=)(?:[^=]|$)`, "one = does not compare; two do", "=="),
	slipped(`@`, "this sign means nothing in a rule", ""),
}

// afterPoint is the name of a field, whose words are not words of the rule.
var afterPoint = regexp.MustCompile(`\.[\pL_][\pL\d_]*`)

// slip says what is wrong with a text that does not parse.
func (c *checker) slip(e *file.Error) *Error {
	if strings.Contains(e.Message, "literal not terminated") {
		return c.openQuote()
	}
	seen := afterPoint.ReplaceAllStringFunc(blankQuotes(c.text.Source), func(s string) string {
		return "." + strings.Repeat("_", len(s)-1)
	})
	for _, s := range knownSlips {
		m := s.pattern.FindStringSubmatchIndex(seen)
		if m == nil {
			continue
		}
		at := stretch{m[0], m[1]}
		if i := s.pattern.SubexpIndex("at"); i > 0 {
			at = stretch{m[2*i], m[2*i+1]}
		}
		told := func(template string) string {
			return string(s.pattern.ExpandString(nil, template, c.text.Source, m))
		}
		return c.mistake(c.trimmed(at), told(s.message), told(s.maybe))
	}
	if bad := c.openBracket(); bad != nil {
		return bad
	}
	if bad := c.nameOfTwoWords(); bad != nil {
		return bad
	}
	return c.unexpected(e)
}

// trimmed takes the blanks off a stretch.
func (c *checker) trimmed(at stretch) stretch {
	words := c.words(at)
	at.from += len(words) - len(strings.TrimLeft(words, " \t\n"))
	at.to -= len(words) - len(strings.TrimRight(words, " \t\n"))
	return at
}

// blankQuotes replaces what stands in quotes by underscores, so that the
// words of a text are not taken for words of the rule.
func blankQuotes(source string) string {
	out := []byte(source)
	quote := byte(0)
	for i := 0; i < len(out); i++ {
		switch b := out[i]; {
		case quote == 0 && (b == '"' || b == '\'' || b == '`'):
			quote = b
		case b == quote:
			quote = 0
		case quote != 0 && b == '\\' && quote != '`' && i+1 < len(out):
			out[i], out[i+1] = '_', '_'
			i++
		case quote != 0:
			out[i] = '_'
		}
	}
	return string(out)
}

// openQuote finds the quote that nothing closes.
func (c *checker) openQuote() *Error {
	quote, at := byte(0), 0
	for i := 0; i < len(c.text.Source); i++ {
		switch b := c.text.Source[i]; {
		case quote == 0 && (b == '"' || b == '\'' || b == '`'):
			quote, at = b, i
		case b == quote:
			quote = 0
		case b == '\\' && quote != 0 && quote != '`':
			i++
		}
	}
	return c.mistake(stretch{at, len(c.text.Source)}, "a quote is opened here and never closed", "add "+string(c.text.Source[at])+" where the text ends")
}

// crmName is a field as a CRM shows it: in quotes, or with blanks in its name.
var crmName = regexp.MustCompile(`\b([\pL_][\pL\d_]*)\.("[^"]+"|'[^']+'|[\pL_][\pL\d_]*(?: +[\pL_][\pL\d_]*)+)`)

// nameOfTwoWords finds a field whose name has a blank in it, as fields of CRMs
// and columns of spreadsheets do.
func (c *checker) nameOfTwoWords() *Error {
	for _, m := range crmName.FindAllStringSubmatchIndex(c.text.Source, -1) {
		side, name := c.text.Source[m[2]:m[3]], c.text.Source[m[4]:m[5]]
		meant := FieldName(name)
		if side != c.v.customer && side != "rep" || meant == "" || strings.HasPrefix(c.text.Source[m[5]:], ".") {
			continue
		}
		if name[0] != '"' && name[0] != '\'' && slices.ContainsFunc(strings.Fields(name)[1:], isOperatorWord) {
			continue
		}
		return c.mistake(stretch{m[0], m[1]}, "the name of a field has no blanks and no quotes", side+"."+meant)
	}
	return nil
}

// isOperatorWord reports whether a word was probably meant to be an operator.
func isOperatorWord(word string) bool {
	_, near := Nearest(word, operatorWords)
	return near
}

// operatorWords may stand behind a field with a blank between.
var operatorWords = []string{"and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches"}

// openBracket finds the bracket that has no partner, or the wrong one.
func (c *checker) openBracket() *Error {
	closing := map[string]string{"(": ")", "[": "]", "{": "}"}
	var open []int
	for i, t := range c.tokens {
		if !t.Is(lexer.Bracket) {
			continue
		}
		if closing[t.Value] != "" {
			open = append(open, i)
			continue
		}
		if len(open) == 0 {
			return c.mistake(c.token(i), fmt.Sprintf("%s closes nothing", t.Value), "remove it")
		}
		last := open[len(open)-1]
		if want := closing[c.tokens[last].Value]; want != t.Value {
			return c.mistake(c.token(i), fmt.Sprintf("%s stands where %s must close %s", t.Value, want, c.tokens[last].Value), want)
		}
		open = open[:len(open)-1]
	}
	if len(open) == 0 {
		return nil
	}
	last := open[len(open)-1]
	value := c.tokens[last].Value
	return c.mistake(c.token(last), fmt.Sprintf("%s is opened here and never closed", value), "add "+closing[value])
}

// unexpected is what is left: something does not fit behind what stands
// before it.
func (c *checker) unexpected(e *file.Error) *Error {
	at := c.runes(e.From, e.To)
	if strings.Contains(e.Message, "cannot be mixed") {
		return c.mistake(at, fmt.Sprintf("?? and %s stand side by side, and which comes first is not clear", c.words(at)), "put the ?? part in brackets: (... ?? ...)")
	}
	if strings.Contains(e.Message, "literal") || strings.Contains(e.Message, "number syntax") {
		return c.mistake(c.numberBefore(at), "this number cannot be read", "digits, fewer than twenty, and a point before decimals")
	}
	if strings.Contains(e.Message, "escape") {
		return c.mistake(at, `a backslash in a text is written twice`, `\\`)
	}
	if strings.Contains(e.Message, "unclosed comment") {
		return c.mistake(at, "a comment is opened with /* and never closed", "*/")
	}
	i := slices.IndexFunc(c.tokens, func(t lexer.Token) bool { return t.From == e.From })
	// The lexer places the end on the last character, which may be a token.
	if i < 0 || i > 0 && (c.tokens[i].Is(lexer.EOF) || strings.Contains(e.Message, "token EOF")) {
		return c.endsEarly()
	}
	here := c.words(c.token(i))
	if here == "#" {
		return c.mistake(c.token(i), "# is the element of a list, and stands in any(...), all(...) and the like", "any("+c.v.customer+`.tags, # == "...")`)
	}
	if i == 0 {
		return c.mistake(c.token(i), fmt.Sprintf("an expression does not begin with %s", here), "")
	}
	before := c.words(c.token(i - 1))
	if c.tokens[i-1].Is(lexer.String) && c.tokens[i-1].To == c.tokens[i].From {
		return c.mistake(c.token(i-1), fmt.Sprintf("the text ends before %s", here), "put the other kind of quotes, \" or ', around it")
	}
	if c.isOperand(i) && c.endsOperand(i-1) {
		return c.mistake(c.token(i), fmt.Sprintf("between %s and %s something is missing", before, here), c.missingBetween(i))
	}
	return c.mistake(c.token(i), fmt.Sprintf("%s does not fit behind %s", here, before), "")
}

// numberBefore is the number that the parser complains of: it notes the
// place behind it.
func (c *checker) numberBefore(at stretch) stretch {
	for i, t := range c.tokens {
		if t.Is(lexer.Number) && c.token(i).to <= at.from {
			at = c.token(i)
		}
	}
	return at
}

// endsEarly is an expression that stops where something must follow.
func (c *checker) endsEarly() *Error {
	last := len(c.tokens) - 1
	for last > 0 && c.tokens[last].Is(lexer.EOF) {
		last--
	}
	if last < 0 {
		return c.mistake(c.whole(), "this cannot be read as an expression", "")
	}
	return c.mistake(c.token(last), fmt.Sprintf("something is missing behind %s", c.words(c.token(last))), "")
}

// isOperand reports whether a value begins at a token.
func (c *checker) isOperand(i int) bool {
	t := c.tokens[i]
	return t.Is(lexer.Identifier) || t.Is(lexer.String) || t.Is(lexer.Number) || t.Is(lexer.Bracket, "(") || t.Is(lexer.Operator, "not")
}

// endsOperand reports whether a value ends at a token.
func (c *checker) endsOperand(i int) bool {
	t := c.tokens[i]
	return t.Is(lexer.Identifier) || t.Is(lexer.String) || t.Is(lexer.Number) || t.Is(lexer.Bracket, ")") || t.Is(lexer.Bracket, "]")
}

// missingBetween guesses the operator between two values: a misspelt one, or
// the one that joins conditions.
func (c *checker) missingBetween(i int) string {
	if c.tokens[i].Is(lexer.Identifier) {
		if near, ok := Nearest(c.tokens[i].Value, operatorWords); ok {
			return near
		}
	}
	return "and, or, == ..."
}

package policy

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// This file is about slips: expressions that are good rules and bad YAML. The
// parser's own message would be about YAML; these are about what to do.

// keyLine is `key: value`, perhaps behind dashes.
var keyLine = regexp.MustCompile(`^([\t ]*(?:- +)*)([A-Za-z_][\w ]*?): +(\S.*)$`)

// explainSyntax reports every line that looks like a known slip, and the
// parser's complaint when none of them explains it.
func explainSyntax(f *faults, err error) {
	var e *syntaxError
	if !errors.As(err, &e) {
		e = &syntaxError{place{1, 1}, err.Error()}
	}
	before, explained := len(f.list), false
	keyAbove := -1 // the column of the key above that has its value already
	inBlock := -1  // indentation of the key whose | or > text is being skipped
	for i := range f.origin.lines {
		if f.full() {
			break
		}
		line := f.origin.line(i + 1)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if inBlock >= 0 && (strings.TrimSpace(line) == "" || indent > inBlock) {
			continue
		}
		inBlock = -1
		m := keyLine.FindStringSubmatchIndex(line)
		if m != nil && blockHeader.MatchString(line[m[6]:]) {
			inBlock = indent
			continue
		}
		found := slip(f, i+1, line, m) || indented(f, i+1, line, m, keyAbove)
		if found && i+1 <= e.at.line+1 {
			explained = true
		}
		if trimmed := strings.TrimSpace(line); trimmed != "" && trimmed[0] != '#' {
			keyAbove = -1
			if m != nil && line[m[6]] != '#' {
				keyAbove = m[4]
			}
		}
	}
	if !explained || len(f.list) == before {
		message, maybe := yamlMessage(e.message)
		if strings.HasPrefix(strings.TrimSpace(f.origin.line(e.at.line)), "- ") && message == neitherKeyNorValue {
			message, maybe = "this entry begins with a dash, and what stands above it does not", "begin the first entry with a dash, too: - name: …"
		}
		f.place(e.at, 1, message, maybe)
	}
}

var blockHeader = regexp.MustCompile(`^[|>][-+0-9]*\s*(#.*)?$`)

// slip reports what looks wrong with one line, if anything does.
func slip(f *faults, number int, line string, m []int) bool {
	if t := strings.IndexByte(line, '\t'); t >= 0 && strings.TrimLeft(line[:t], " -") == "" && strings.TrimSpace(line) != "" {
		f.place(place{number, 1 + utf8.RuneCountInString(line[:t])}, 1,
			"there is a tab here; YAML is indented with spaces", "replace each tab by two spaces")
		return true
	}
	if m == nil {
		return false
	}
	value := line[m[6]:m[7]]
	offset, message := slipIn(value)
	if message == "" {
		return false
	}
	at := place{number, 1 + utf8.RuneCountInString(line[:m[6]+offset])}
	f.place(at, 1, message, quoteAdvice(value))
	return true
}

// indented reports a key that stands further right than the key above it,
// although that one has its value.
func indented(f *faults, number int, line string, m []int, keyAbove int) bool {
	if m == nil || keyAbove < 0 || m[4] <= keyAbove || strings.Contains(line[:m[4]], "-") {
		return false
	}
	f.place(place{number, 1 + utf8.RuneCountInString(line[:m[4]])}, utf8.RuneCountInString(line[m[4]:m[5]]),
		"this line is indented further than the line above, which has its value already", "begin it under the key above, or the key above as far in as this one")
	return true
}

// slipIn says what YAML makes of an expression, and at which byte it begins
// to. The table is in the order in which one slip hides another.
func slipIn(value string) (offset int, message string) {
	switch value[0] {
	case '"', '\'':
		if end := closingQuote(value); end > 0 {
			rest := strings.TrimSpace(value[end+1:])
			if rest != "" && rest[0] != '#' {
				return 0, "in YAML the value ends at the closing quote, and text follows"
			}
		}
		return 0, ""
	case '{', '[':
		return bracketSlip(value)
	case '!':
		return 0, tagMessage
	case '*', '&':
		return 0, "in YAML a value that begins with " + value[:1] + " refers to another place of the file; that is not read here"
	case '%', '@', '`':
		return 0, "in YAML a value cannot begin with " + value[:1]
	case '|', '>':
		return 0, "in YAML a value that begins with " + value[:1] + " is a text over several lines"
	case '?', '-':
		if len(value) > 1 && value[1] == ' ' {
			return 0, "in YAML a value that begins with " + value[:1] + " and a space is something else"
		}
	}
	return colonSlip(value)
}

// colonSlip finds `: ` inside of an unquoted value.
func colonSlip(value string) (int, string) {
	i := strings.Index(value, ": ")
	if i < 0 && strings.HasSuffix(value, ":") {
		i = len(value) - 1
	}
	if hash := strings.Index(value, " #"); i < 0 || hash >= 0 && hash < i {
		return 0, ""
	}
	if strings.Contains(value[:i], "?") {
		return i, "in YAML the colon of a ? b : c begins a new key"
	}
	return i, "in YAML a colon with a space behind it begins a new key"
}

// bracketSlip looks at a value that begins with a bracket: at text behind its
// end, and at expressions inside of { }.
func bracketSlip(value string) (int, string) {
	end := closingBracket(value)
	if end > 0 {
		rest := strings.TrimSpace(value[end+1:])
		if rest != "" && rest[0] != '#' {
			return 0, "in YAML a value that begins with " + value[:1] + " is a " + map[byte]string{'[': "list", '{': "group of keys"}[value[0]] + ", and text follows it"
		}
	}
	return 0, ""
}

// closingQuote is the byte of the quote that ends the text that value begins
// with, or -1.
func closingQuote(value string) int {
	quote := value[0]
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '\\' && quote == '"':
			i++
		case value[i] == quote && quote == '\'' && i+1 < len(value) && value[i+1] == quote:
			i++
		case value[i] == quote:
			return i
		}
	}
	return -1
}

// closingBracket is the byte of the bracket that ends the one value begins
// with, or -1.
func closingBracket(value string) int {
	depth := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"', '\'':
			if end := closingQuote(value[i:]); end > 0 {
				i += end
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// quoteAdvice advises to put a value into single quotes, written out. Inside
// of them nothing means anything to YAML; a single quote is doubled.
func quoteAdvice(value string) string {
	advice := "put the whole expression in single quotes"
	value = strings.TrimSpace(value)
	if value == "" || utf8.RuneCountInString(value) > 80 {
		return advice
	}
	if i := strings.Index(value, "  #"); i > 0 {
		value = strings.TrimSpace(value[:i])
	}
	return advice + ": '" + strings.ReplaceAll(value, "'", "''") + "'"
}

// yamlMessage puts the parser's commonest complaints into plain words.
func yamlMessage(message string) (plain, maybe string) {
	for _, m := range yamlMessages {
		if strings.Contains(message, m.part) {
			return m.plain, m.maybe
		}
	}
	return "this cannot be read as YAML", "the indentation differs from the line above, or the whole expression wants single quotes"
}

const neitherKeyNorValue = "this line is neither a key nor a value"

var yamlMessages = []struct{ part, plain, maybe string }{
	{"flow map content", "this does not belong inside of the { }", "a comma is missing or too many; a comment begins with #"},
	{"expected sequence element", "an entry of the list is missing before this comma", "delete the comma"},
	{"corresponding to ']'", "this ] closes nothing", "delete it, or open the list with ["},
	{"corresponding to '}'", "this } closes nothing", "delete it, or open the group with {"},
	{"implicit line break", "a key ends on the line it begins on", "a colon is missing after the key, or a quote is not closed"},
	{"sequence end token", "the list that begins with [ does not end", "a ] is missing, or the whole expression wants single quotes"},
	{"mapping end token", "the group that begins with { does not end", "a } is missing, or the whole expression wants single quotes"},
	{"',' or '}' must be", "a comma or } is expected here", "put the whole expression inside the { } in single quotes"},
	{"',' or ']' must be", "a comma or ] is expected here", "put the whole expression inside the [ ] in single quotes"},
	{"single-quoted text", "the text that begins with ' does not end", "a closing ' is missing; a ' inside of the text is written twice"},
	{"double-quoted text", "the text that begins with \" does not end", "a closing \" is missing"},
	{"block sequence entries", "a dash cannot stand here", "begin a new line before the dash"},
	{"mapping value is not allowed", "a key cannot stand here", "the indentation differs from the line above, or the whole expression wants single quotes"},
	{"value is not allowed", "this does not belong to the value before it", "the indentation differs from the line above, or the whole expression wants single quotes"},
	{"could not find map value", "a colon and a value are expected here", "put the whole expression in single quotes"},
	{"unexpected key name", neitherKeyNorValue, "a colon is missing after the key"},
	{"non-map value", neitherKeyNorValue, "a colon is missing after the key"},
	{"invalid header option", "after | and > the text begins on the next line", "put the whole expression in single quotes"},
}

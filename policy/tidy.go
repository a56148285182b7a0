package policy

import "strings"

// This file knows the little about the text of expressions that has to be
// known before they are compiled: where quotations end.

// openQuote reports whether a text ends inside of a quotation.
func openQuote(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\'' {
			end := stringEnd(s[i:])
			if end < 0 {
				return true
			}
			i += end
		}
	}
	return false
}

// stringEnd is the byte of the quote that ends the quotation an expression
// begins with, or -1. In expressions a backslash escapes in both kinds.
func stringEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i
		}
	}
	return -1
}

// openBracket reports whether more brackets begin than end in a text.
func openBracket(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\'':
			i += stringEnd(s[i:]) // openQuote was asked before
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
	}
	return depth > 0
}

// tidy gives an expression one writing: a blank for every run of blanks
// outside of quotations. Texts that may hold comments are only trimmed,
// because a line end means something there.
func tidy(s string) string {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "//") || strings.Contains(s, "/*") || strings.Contains(s, "`") || openQuote(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\'':
			end := i + stringEnd(s[i:])
			b.WriteString(s[i : end+1])
			i = end
		case ' ', '\t', '\n', '\r':
			if prev := s[i-1]; prev != ' ' && prev != '\t' && prev != '\n' && prev != '\r' {
				b.WriteByte(' ')
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

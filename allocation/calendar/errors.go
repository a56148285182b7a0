package calendar

import (
	"fmt"
	"strings"
	"unicode"
)

// SyntaxError is what the parsers of this package return for text they
// refuse. Callers that know where the text came from (a file and a line) can
// take it apart with errors.As and point at the place.
type SyntaxError struct {
	What   string // what was being read: "period", "shifts", "time off", "holidays", "date", "time of day"
	Text   string // the offending part of the input, not necessarily all of it
	Line   int    // line of a file, from 1; 0 when the text has no lines
	Reason string // one clause, without a full stop
	Maybe  string // the likely fix, without the word "Maybe"; may be empty
}

// Error gives the place, the text and the reason, and on a last line the
// likely fix when there is one.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	fmt.Fprintf(&b, ": %q: %s", clip(e.Text), e.Reason)
	if e.Maybe != "" && readable(e.Maybe) {
		b.WriteString("\nMaybe ")
		b.WriteString(e.Maybe)
	}
	return b.String()
}

// most is how much of a bad text is shown, in bytes.
const most = 80

// readable says whether advice made from a text can be followed: a long one,
// or one with control characters, nobody would type.
func readable(advice string) bool {
	return len(advice) <= 2*most && strings.IndexFunc(advice, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// clip keeps one bad cell from filling a log.
func clip(s string) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

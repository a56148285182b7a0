package rule

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is one mistake in a text, told to whoever wrote the text. It serves
// rules and, because it knows nothing of them, any other part of a document.
type Error struct {
	// File as the caller named it; may be empty.
	File string
	// Line and Column are counted from 1, the column in characters. Zero
	// when the place is not known.
	Line, Column int
	// Source is the line of the text that holds the mistake, without its
	// line break.
	Source string
	// Width is how many characters are wrong, at least 1 when shown.
	Width int
	// Message says what is wrong, in the words of the policy's author.
	Message string
	// Maybe is the likely fix, without the word "Maybe". May be empty.
	Maybe string
}

// Error is the place and the message, the source line, a caret line, and the
// likely fix on a last line that begins "Maybe".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.place())
	b.WriteString(e.Message)
	if e.Source != "" && e.Line > 0 {
		line, caret := e.excerpt()
		b.WriteString("\n  | ")
		b.WriteString(line)
		b.WriteString("\n  | ")
		b.WriteString(caret)
	}
	if e.Maybe != "" {
		b.WriteString("\nMaybe ")
		b.WriteString(e.Maybe)
	}
	return b.String()
}

// place is "file:line:column: " with the parts that are known.
func (e *Error) place() string {
	var parts []string
	if e.File != "" {
		parts = append(parts, e.File)
	}
	if e.Line > 0 {
		parts = append(parts, fmt.Sprint(e.Line))
		if e.Column > 0 {
			parts = append(parts, fmt.Sprint(e.Column))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ":") + ": "
}

// A line that is longer than excerptMost characters is shown around the
// mistake, from excerptBefore characters before it.
const (
	excerptMost   = 240
	excerptBefore = 80
)

// excerpt is the source line, and a line that points at the mistake. Tabs are
// kept in both, so that the caret stands under the right character whatever a
// tab's width; other control characters, which a terminal might obey, become
// visible.
func (e *Error) excerpt() (line, caret string) {
	runes := []rune(strings.ToValidUTF8(e.Source, "\ufffd"))
	at := min(max(e.Column-1, 0), len(runes))
	before, after := "", ""
	if from := at - excerptBefore; len(runes) > excerptMost && from > 0 {
		runes, at, before = runes[from:], excerptBefore, "…"
	}
	if len(runes) > excerptMost {
		runes, after = runes[:excerptMost], "…"
	}
	pointer := strings.Repeat(" ", utf8.RuneCountInString(before))
	for i, r := range runes {
		if unicode.IsControl(r) && r != '\t' {
			runes[i] = '\ufffd'
		}
		switch {
		case i >= at:
		case r == '\t':
			pointer += "\t"
		default:
			pointer += " "
		}
	}
	return before + string(runes) + after, pointer + strings.Repeat("^", max(1, min(e.Width, len(runes)-at)))
}

// Errors are all the mistakes found in one text, in the order of their
// places. errors.As finds the first.
type Errors []*Error

// Error is every mistake in turn, a blank line between two.
func (es Errors) Error() string {
	texts := make([]string, len(es))
	for i, e := range es {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "\n\n")
}

// Unwrap gives errors.As and errors.Is each mistake.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Sort puts the mistakes in the order of file, line and column; mistakes at
// one place keep the order they were found in.
func (es Errors) Sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

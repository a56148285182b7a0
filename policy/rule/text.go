package rule

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Text is the source of one expression and where it stands.
type Text struct {
	// Source is the expression itself, after the document's own quoting is
	// undone.
	Source string
	// File that holds it, for messages. May be empty.
	File string
	// Line and Column of the expression's first character in the file, from
	// 1, the column in characters. Zero means that the source stands alone:
	// places are then counted within it.
	Line, Column int
	// Document is the whole file, for the source line in messages. When nil,
	// the expression's own line is shown.
	Document []byte
}

// errorAt makes a mistake out of a stretch of the source, from and to in
// bytes, at the place where the document holds that stretch.
func (t *Text) errorAt(from, to int, message, maybe string) *Error {
	from = max(0, min(from, len(t.Source)))
	to = max(from, min(to, len(t.Source)))
	e := &Error{File: t.File, Message: message, Maybe: maybe}
	e.Width = max(1, utf8.RuneCountInString(t.Source[from:to]))
	e.Line, e.Column, e.Source = t.place(from)
	return e
}

// place is the line, column and source line of one byte of the source.
func (t *Text) place(offset int) (line, column int, source string) {
	if start, ok := t.start(); ok {
		if at, ok := align(t.Document, start, t.Source, offset); ok {
			return position(t.Document, at)
		}
		return position(t.Document, start)
	}
	line, column, source = position([]byte(t.Source), offset)
	if t.Line > 0 {
		if line == 1 {
			// The rest of the document's line is not known: show the
			// expression where it would stand.
			column += max(t.Column, 1) - 1
			source = strings.Repeat(" ", max(t.Column, 1)-1) + source
		}
		line += t.Line - 1
	}
	return line, column, source
}

// start is the byte of the document where the expression begins. A place
// that names the quote or the block sign before it is moved behind that.
func (t *Text) start() (int, bool) {
	if t.Document == nil || t.Line < 1 || t.Column < 1 {
		return 0, false
	}
	at := 0
	for range t.Line - 1 {
		i := bytes.IndexByte(t.Document[at:], '\n')
		if i < 0 {
			return 0, false
		}
		at += i + 1
	}
	for range t.Column - 1 {
		if at >= len(t.Document) || t.Document[at] == '\n' {
			return 0, false
		}
		_, n := utf8.DecodeRune(t.Document[at:])
		at += n
	}
	return t.behindSign(at), true
}

// behindSign steps from an opening quote, or from the | or > of a block, to
// the first character that belongs to the expression. A quote may itself be
// that character: it is stepped over when the expression does not fit from
// here.
func (t *Text) behindSign(at int) int {
	if at >= len(t.Document) || t.Source == "" {
		return at
	}
	switch t.Document[at] {
	case '\'', '"':
		if _, ok := align(t.Document, at, t.Source, len(t.Source)); !ok {
			return at + 1
		}
	case '|', '>':
		if i := bytes.IndexByte(t.Document[at:], '\n'); i >= 0 {
			rest := bytes.TrimLeft(t.Document[at+i:], " \t\r\n")
			return len(t.Document) - len(rest)
		}
	}
	return at
}

// align walks the document and the source side by side from start, and
// returns the byte of the document that holds source[offset]. What the
// document's quoting adds is stepped over: doubled quotes, backslashes, and
// the line breaks and indentation that folding turns into one space.
func align(doc []byte, start int, source string, offset int) (int, bool) {
	quote := byte(0)
	if start > 0 {
		quote = doc[start-1]
	}
	at := start
	for i := 0; i < offset; i++ {
		at = skipQuoting(doc, at, source[i], quote)
		if at >= len(doc) || !sameOrFolded(doc[at], source[i]) {
			return 0, false
		}
		at++
		if isBlank(source[i]) && (i+1 >= len(source) || !isBlank(source[i+1])) {
			for at < len(doc) && isBlank(doc[at]) {
				at++
			}
		}
	}
	if offset < len(source) {
		at = skipQuoting(doc, at, source[offset], quote)
	}
	return at, at <= len(doc)
}

// skipQuoting steps over the escape that the surrounding quotes put before
// the wanted byte.
func skipQuoting(doc []byte, at int, want, quote byte) int {
	if at+1 >= len(doc) || doc[at+1] != want {
		return at
	}
	if quote == '\'' && doc[at] == '\'' && want == '\'' || quote == '"' && doc[at] == '\\' {
		return at + 1
	}
	return at
}

func sameOrFolded(d, s byte) bool { return d == s || isBlank(d) && isBlank(s) }

func isBlank(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// position is the line, column and line text of one byte of a text.
func position(text []byte, at int) (line, column int, source string) {
	at = min(at, len(text))
	begin := bytes.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	line = 1 + bytes.Count(text[:at], []byte{'\n'})
	column = 1 + utf8.RuneCount(text[begin:at])
	return line, column, strings.TrimRight(string(text[begin:end]), "\r")
}

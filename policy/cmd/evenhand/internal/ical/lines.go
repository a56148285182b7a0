package ical

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits on a file.
const (
	MaxFile   = 16 << 20 // bytes
	MaxEvents = 20_000
	MaxLine   = 64 << 10 // bytes of one content line, unfolded
)

// contentLine is NAME;PARAM=VALUE:TEXT.
type contentLine struct {
	number int // of the file's line on which it begins, from 1
	name   string
	params map[string]string
	text   string
}

// lines unfolds and splits a file.
type lines struct {
	in     *bufio.Scanner
	number int
	ahead  string
	more   bool
	read   int
}

func newLines(r io.Reader) *lines {
	in := bufio.NewScanner(io.LimitReader(r, MaxFile+1))
	in.Buffer(nil, MaxLine)
	l := &lines{in: in}
	l.advance()
	l.ahead = strings.TrimPrefix(l.ahead, "\ufeff")
	return l
}

func (l *lines) advance() {
	if l.more = l.in.Scan(); l.more {
		l.ahead = l.in.Text()
		l.read += len(l.ahead) + 1
		l.number++
	}
}

// next returns the next content line that is not blank; false at the end.
func (l *lines) next() (contentLine, bool, error) {
	for l.more {
		number, text := l.number, l.ahead
		l.advance()
		var unfolded strings.Builder
		unfolded.WriteString(text)
		for l.more && (strings.HasPrefix(l.ahead, " ") || strings.HasPrefix(l.ahead, "\t")) {
			if unfolded.Len()+len(l.ahead) > MaxLine {
				return contentLine{}, false, fmt.Errorf("line %d is longer than %d bytes", number, MaxLine)
			}
			unfolded.WriteString(l.ahead[1:])
			l.advance()
		}
		text = strings.TrimRight(strings.ReplaceAll(unfolded.String(), "\r", ""), " ")
		switch {
		case l.read > MaxFile:
			return contentLine{}, false, fmt.Errorf("it is larger than %d MiB", MaxFile>>20)
		case !utf8.ValidString(text):
			return contentLine{}, false, fmt.Errorf("line %d is not UTF-8 text", number)
		case text == "":
			continue
		}
		line, ok := split(text)
		if line.number = number; !ok {
			return line, false, fmt.Errorf("line %d is not of the form NAME:VALUE", number)
		}
		return line, true, nil
	}
	switch err := l.in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return contentLine{}, false, fmt.Errorf("line %d is longer than %d bytes", l.number+1, MaxLine)
	case err != nil:
		return contentLine{}, false, err
	}
	return contentLine{}, false, nil
}

// split takes a content line apart. A colon or semicolon within quotes does not
// count.
func split(text string) (contentLine, bool) {
	line := contentLine{params: map[string]string{}}
	var parts []string
	quoted, from := false, 0
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == ';':
			parts = append(parts, text[from:i])
			from = i + 1
		case r == ':':
			parts = append(parts, text[from:i])
			line.name, line.text = strings.ToUpper(parts[0]), text[i+1:]
			for _, p := range parts[1:] {
				name, value, _ := strings.Cut(p, "=")
				line.params[strings.ToUpper(name)] = strings.Trim(value, `"`)
			}
			return line, line.name != ""
		}
	}
	return line, false
}

// plain undoes the escapes of a text value.
var plain = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`)

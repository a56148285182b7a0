package rule

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// Limits on the text of one expression, checked before anything recursive
// looks at it: expr's parser has no limit of its own, and a stack that
// overflows takes the process with it.
const (
	// MaxSource is the longest expression, in bytes.
	MaxSource = 4096
	// MaxDepth is how deep brackets and prefix operators may nest.
	MaxDepth = 64
	// maxNodes is the most nodes of the syntax tree.
	maxNodes = 500
)

// parse reads an expression into a syntax tree and a checker ready to check
// it. Whatever the text, it returns: no panic of the parser gets out.
func parse(v *Vocabulary, text *Text, want Want, letName string) (c *checker, tree ast.Node, bad *Error) {
	if err := tooLong(text); err != nil {
		return nil, nil, err
	}
	c = &checker{v: v, text: text, want: want, letName: letName}
	c.countBytes()
	lexErr := c.lex()
	if i, ok := c.tooDeep(); ok {
		return nil, nil, c.mistake(c.token(i), fmt.Sprintf("brackets and prefix operators nest deeper than %d here", MaxDepth), "split the expression with let names")
	}
	if lexErr == nil && len(c.tokens) <= 1 {
		return nil, nil, c.mistake(c.whole(), "the expression is empty", "")
	}
	defer func() {
		if r := recover(); r != nil {
			c, tree, bad = nil, nil, text.errorAt(0, len(text.Source), "this cannot be read as an expression", "")
		}
	}()
	parsed, err := parser.ParseWithConfig(text.Source, &conf.Config{MaxNodes: maxNodes})
	if err != nil {
		return nil, nil, c.unreadable(err)
	}
	return c, parsed.Node, nil
}

// tooLong refuses by size and encoding alone.
func tooLong(text *Text) *Error {
	s := text.Source
	if len(s) > MaxSource {
		shown := &Text{Source: strings.ToValidUTF8(cut(s), "?"), File: text.File, Line: text.Line, Column: text.Column}
		return shown.errorAt(0, 1, fmt.Sprintf("the expression has %d bytes; %d is the most", len(s), MaxSource), "move a long list of values to lists: or tables:")
	}
	if !utf8.ValidString(s) {
		at := strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError })
		shown := &Text{Source: strings.ToValidUTF8(s, "?"), File: text.File, Line: text.Line, Column: text.Column}
		return shown.errorAt(at, at+1, "the expression is not valid UTF-8", "save the file in UTF-8")
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		shown := &Text{Source: strings.ReplaceAll(s, "\x00", "?"), File: text.File, Line: text.Line, Column: text.Column}
		return shown.errorAt(i, i+1, "the expression contains a zero byte", "")
	}
	return nil
}

// countBytes notes where each rune begins: expr counts in runes.
func (c *checker) countBytes() {
	c.begins = make([]int, 0, len(c.text.Source)+1)
	for i := range c.text.Source {
		c.begins = append(c.begins, i)
	}
	c.begins = append(c.begins, len(c.text.Source))
}

// lex keeps the tokens up to the first that cannot be read.
func (c *checker) lex() error {
	defer c.pairBrackets()
	l := lexer.New()
	l.Reset(file.NewSource(c.text.Source))
	for {
		t, err := l.Next()
		if err != nil {
			return err
		}
		c.tokens = append(c.tokens, t)
		if t.Is(lexer.EOF) {
			return nil
		}
	}
}

// tooDeep finds the first token that nests deeper than MaxDepth, counting
// open brackets and the prefix operators that still wait for their operand.
func (c *checker) tooDeep() (int, bool) {
	var outer []int // waiting prefixes outside each open bracket
	depth, waiting := 0, 0
	for i, t := range c.tokens {
		switch {
		case t.Is(lexer.Bracket) && strings.Contains("([{", t.Value):
			outer = append(outer, waiting)
			depth, waiting = depth+1, 0
		case t.Is(lexer.Bracket):
			if n := len(outer); n > 0 {
				depth -= 1 + waiting + outer[n-1]
				outer, waiting = outer[:n-1], 0
			}
		case t.Is(lexer.Operator) && (t.Value == "!" || t.Value == "not" || t.Value == "-" || t.Value == "+"):
			waiting++
			depth++
		default:
			depth -= waiting
			waiting = 0
		}
		if depth > MaxDepth {
			return i, true
		}
	}
	return 0, false
}

// pairBrackets notes for every bracket the token it pairs with.
func (c *checker) pairBrackets() {
	c.partner = make([]int, len(c.tokens))
	var open []int
	for i, t := range c.tokens {
		c.partner[i] = i
		if !t.Is(lexer.Bracket) {
			continue
		}
		if strings.Contains("([{", t.Value) {
			open = append(open, i)
		} else if n := len(open); n > 0 {
			c.partner[i], c.partner[open[n-1]] = open[n-1], i
			open = open[:n-1]
		}
	}
}

// unreadable turns the parser's error into ours.
func (c *checker) unreadable(err error) *Error {
	var e *file.Error
	if !errors.As(err, &e) {
		return c.mistake(c.whole(), "this cannot be read as an expression", "")
	}
	if strings.Contains(e.Message, "maximum allowed nodes") {
		return c.mistake(c.whole(), fmt.Sprintf("the expression has more than %d parts", maxNodes), "split it with let names, or move a long list of values to lists:")
	}
	return c.slip(e)
}

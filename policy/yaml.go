package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/evenhand/evenhand/policy/rule"
)

// Limits on a document.
const (
	MaxDocument = 1 << 20 // bytes of a document
	MaxDepth    = 64      // how deep lists and groups of keys may nest
	MaxKeys     = 2000    // keys of one group
)

// readYAML turns text into nodes. It returns nil when the text is no YAML or
// more than this package reads of it; the faults say why.
//
// The parser behind it takes time that grows with the square of the nesting
// and of the keys of a group, so both are bounded on the tokens, which cost
// linear time, before it runs.
func readYAML(text string, f *faults) *node {
	if !checkText(text, f) {
		return nil
	}
	tokens := lexer.Tokenize(text)
	tags := refuseTags(tokens, f)
	if f.full() {
		return nil
	}
	if len(tags) > 0 {
		tokens = lexer.Tokenize(withoutTags(text, f.origin, tags))
	}
	if at, problem, maybe := tooMuch(tokens); problem != "" {
		f.place(at, 1, problem, maybe)
		return nil
	}
	file, err := parseTokens(tokens)
	if err != nil {
		explainSyntax(f, err)
		return nil
	}
	y := yamlReader{f, tags}
	return y.file(file)
}

// checkText refuses what cannot be a document before anything parses it.
func checkText(text string, f *faults) bool {
	if problem, maybe := notText(text); problem != "" {
		f.add(&rule.Error{File: f.origin.name, Message: problem, Maybe: maybe})
		return false
	}
	switch {
	case len(text) > MaxDocument:
		f.place(place{1, 1}, 1, fmt.Sprintf("the document is too long; the limit is %d bytes", MaxDocument),
			"move long lists and tables into files of their own: lists: {name: {file: name.txt}}")
		return false
	case !utf8.ValidString(text):
		f.place(invalidAt(text), 1, "this is not UTF-8 text", "save the file again with the encoding UTF-8")
		return false
	}
	ok := true
	for i, line := range f.origin.lines {
		if c := strings.IndexFunc(line, controlCharacter); c >= 0 {
			at := place{i + 1, 1 + utf8.RuneCountInString(line[:c])}
			f.place(at, 1, "there is an invisible control character here", "delete it and type the line again")
			ok = false
		}
	}
	return ok
}

// notText recognises files that hold no text at all, or text of another
// encoding than UTF-8 throughout. Showing a line of one would help nobody.
func notText(text string) (problem, maybe string) {
	switch {
	case strings.HasPrefix(text, "PK\x03\x04"), strings.HasPrefix(text, "\xd0\xcf\x11\xe0"):
		return "this is a spreadsheet, a document of a word processor or an archive, not a text file", "save it as text: a table as CSV UTF-8, a policy from a text editor"
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		return "this text is in UTF-16, which is not read", "save the file again with the encoding UTF-8, for a table as CSV UTF-8"
	case strings.Count(text, "\x00") > 1: // one may be an accident, and is pointed at
		return "this is not a text file", "another file is meant"
	}
	return "", ""
}

func controlCharacter(r rune) bool {
	return r < ' ' && r != '\t' && r != '\r' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}

func invalidAt(text string) place {
	at := place{1, 1}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			break
		}
		at.column++
		if r == '\n' {
			at = place{at.line + 1, 1}
		}
	}
	return at
}

// refuseTags reports every tag. A value that begins with ! is nearly always an
// expression.
func refuseTags(tokens token.Tokens, f *faults) map[place]bool {
	tags := map[place]bool{}
	for _, t := range tokens {
		if t.Type != token.TagType {
			continue
		}
		at := tokenPlace(t)
		if strings.HasPrefix(f.origin.rest(at), "!") {
			tags[at] = true
			f.place(at, 1, tagMessage, quoteAdvice(f.origin.rest(at)))
		}
		if f.full() {
			break
		}
	}
	return tags
}

const tagMessage = "in YAML a value that begins with ! is a tag, not an expression"

// withoutTags makes plain text of tags, each by one letter in the place of its
// exclamation mark. To the parser a tag is a part of whatever comes next, even
// of the next rule; this way everything else is where it was.
func withoutTags(text string, o *origin, tags map[place]bool) string {
	out := []byte(text)
	for at := range tags {
		line := o.line(at.line)
		out[o.starts[at.line-1]+len(line)-len(o.rest(at))] = 'x'
	}
	return string(out)
}

// level is one group or list that is open while tokens are counted.
type level struct{ column, keys int }

// tooMuch finds where tokens nest deeper than MaxDepth, or where a group has
// more than MaxKeys keys: by brackets, and outside of brackets by the columns
// that keys and dashes stand in.
func tooMuch(tokens token.Tokens) (at place, problem, maybe string) {
	brackets := 0
	var open []level
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.AnchorType:
			if brackets > 0 {
				continue
			}
			open = opened(open, t)
		}
		switch {
		case max(brackets, 0)+len(open) > MaxDepth:
			return tokenPlace(t), fmt.Sprintf("this is nested more than %d levels deep", MaxDepth), "a bracket or a quote is missing further up"
		case len(open) > 0 && open[len(open)-1].keys > MaxKeys:
			return tokenPlace(t), fmt.Sprintf("this group has more than %d keys", MaxKeys), "move long lists and tables into files of their own"
		}
	}
	return place{}, "", ""
}

// opened is what is open once a key or a dash was read.
func opened(open []level, t *token.Token) []level {
	column, isKey := t.Position.Column, t.Type == token.MappingValueType
	if isKey && t.Prev != nil && t.Prev.Position.Line == t.Position.Line {
		column = t.Prev.Position.Column
	}
	keys := 0
	for len(open) > 0 && open[len(open)-1].column >= column {
		if last := open[len(open)-1]; last.column == column && isKey {
			keys = last.keys
		}
		open = open[:len(open)-1]
	}
	if isKey {
		keys++
	}
	return append(open, level{column, keys})
}

// syntaxError is a text that is not YAML.
type syntaxError struct {
	at      place
	message string
}

func (e *syntaxError) Error() string { return e.message }

// parseTokens runs the parser; its panics, too, are no reason to crash.
func parseTokens(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			file, err = nil, &syntaxError{place{1, 1}, "this cannot be read as YAML"}
		}
	}()
	file, err = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		e := &syntaxError{place{1, 1}, syntax.Message}
		if syntax.Token != nil {
			e.at = tokenPlace(syntax.Token)
		}
		return nil, e
	}
	if err != nil {
		return nil, &syntaxError{place{1, 1}, "this cannot be read as YAML"}
	}
	return file, nil
}

func tokenPlace(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// yamlReader turns a syntax tree into nodes and refuses what documents do
// without: anchors, aliases, merge keys, tags, several documents.
type yamlReader struct {
	f *faults
	// tags are the places of values that were refused as tags.
	tags map[place]bool
}

func (y *yamlReader) file(file *ast.File) *node {
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case doc.Body.Type() == ast.DirectiveType:
			y.f.place(tokenPlace(doc.Body.GetToken()), 1, "a policy document has no % directives", "delete this line")
		case body != nil:
			y.f.place(place{max(tokenPlace(doc.Start).line, 1), 1}, 3, "a second document begins here; a file holds one policy", "put it into a file of its own")
			return nil
		default:
			body = doc.Body
		}
	}
	if body == nil {
		y.f.place(place{1, 1}, 1, "the document is empty", "begin with evenhand: 1")
		return nil
	}
	return y.node(body, place{1, 1}, 0)
}

// node reads one value; above is where to point when it is empty.
func (y *yamlReader) node(n ast.Node, above place, depth int) *node {
	if n == nil {
		return &node{kind: aNull, at: above}
	}
	at := tokenPlace(n.GetToken())
	if y.tags[at] {
		return &node{kind: aBroken, at: at}
	}
	if depth > MaxDepth {
		return y.refuse(at, fmt.Sprintf("this is nested more than %d levels deep", MaxDepth), "a bracket or a quote is missing further up")
	}
	switch v := n.(type) {
	case *ast.NullNode:
		if v.Token.Type == token.ImplicitNullType {
			at = above
		}
		return &node{kind: aNull, at: at, text: v.Token.Value}
	case *ast.BoolNode:
		return &node{kind: aBool, at: at, text: v.Token.Value}
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: aNumber, at: at, text: n.GetToken().Value}
	case *ast.StringNode:
		return y.text(v, at)
	case *ast.LiteralNode:
		return &node{kind: aText, style: block, at: at, text: v.Value.Value}
	case *ast.SequenceNode:
		return y.list(v, at, depth)
	case *ast.MappingNode:
		return y.mapping(v, at, depth)
	case *ast.MappingValueNode:
		return y.mapping(ast.Mapping(v.Start, false, v), at, depth)
	}
	return y.special(n, at)
}

func (y *yamlReader) text(v *ast.StringNode, at place) *node {
	out := &node{kind: aText, at: at, text: v.Value}
	if t := v.Token.Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
		out.style = quoted
	}
	return out
}

func (y *yamlReader) list(v *ast.SequenceNode, at place, depth int) *node {
	out := &node{kind: aList, at: at}
	if v.IsFlowStyle {
		out.style = flow
	}
	for _, item := range v.Values {
		out.items = append(out.items, y.node(item, at, depth+1))
	}
	return out
}

func (y *yamlReader) mapping(v *ast.MappingNode, at place, depth int) *node {
	out := &node{kind: aMap, at: at}
	if v.IsFlowStyle {
		out.style = flow
	} else if len(v.Values) > 0 {
		out.at = tokenPlace(v.Values[0].Key.GetToken())
	}
	for _, e := range v.Values {
		keyAt := tokenPlace(e.Key.GetToken())
		switch e.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		case *ast.MergeKeyNode:
			out.partial = true
			y.refuse(keyAt, "merge keys (<<) are not read: every rule says what it means in full", "copy the keys that are meant")
			continue
		default:
			y.refuse(keyAt, "this cannot be a key", "write the key as one word followed by a colon")
			continue
		}
		out.pairs = append(out.pairs, pair{key: e.Key.GetToken().Value, at: keyAt, value: y.node(e.Value, keyAt, depth+1)})
	}
	return out
}

// special answers what YAML has and a policy document has not.
func (y *yamlReader) special(n ast.Node, at place) *node {
	switch v := n.(type) {
	case *ast.TagNode:
		return y.refuse(at, tagMessage, quoteAdvice(y.f.origin.rest(at)))
	case *ast.AnchorNode:
		if _, scalar := v.Value.(ast.ScalarNode); !scalar {
			return y.refuse(at, "anchors (&) are not read: every rule says what it means in full", "delete the anchor, and write it out wherever it is used")
		}
		return y.refuse(at, "anchors (&) are not read: every rule says what it means in full", quoteAdvice(y.f.origin.rest(at)))
	case *ast.AliasNode:
		return y.refuse(at, "aliases (*) are not read: every rule says what it means in full", quoteAdvice(y.f.origin.rest(at)))
	}
	return y.refuse(at, "this is YAML that a policy document does without", quoteAdvice(y.f.origin.rest(at)))
}

func (y *yamlReader) refuse(at place, message, maybe string) *node {
	y.f.place(at, 1, message, maybe)
	return &node{kind: aBroken, at: at}
}

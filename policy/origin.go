package policy

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/evenhand/evenhand/policy/rule"
)

// origin is the text that a document was read from, and where its values stand
// in it: what turns a path such as rules[2].eligible into a line and a column.
type origin struct {
	name   string
	text   []byte
	lines  []string
	starts []int            // the byte each line begins at
	keys   map[string]place // of the key that a path ends in
	values map[string]*node
}

func newOrigin(name, text string) *origin {
	o := &origin{name: name, text: []byte(text), lines: strings.Split(text, "\n"), keys: map[string]place{}, values: map[string]*node{}}
	at := 0
	for _, line := range o.lines {
		o.starts = append(o.starts, at)
		at += len(line) + 1
	}
	return o
}

// excerptLength bounds what an expression's place is looked for in: an
// expression has at most 4 KiB, and this leaves room for its writing.
const excerptLength = 16 << 10

// excerpt returns the document from a line on, as far as an expression that
// begins there can reach.
func (o *origin) excerpt(line int) []byte {
	from := o.starts[line-1]
	to := min(from+excerptLength, len(o.text))
	if end := bytes.IndexByte(o.text[to:], '\n'); end >= 0 {
		to += end
	} else {
		to = len(o.text)
	}
	return o.text[from:to]
}

// line returns one line, counted from 1, without a line end; "" outside.
func (o *origin) line(n int) string {
	if n < 1 || n > len(o.lines) {
		return ""
	}
	return strings.TrimRight(o.lines[n-1], "\r")
}

// rest returns a line from a column on.
func (o *origin) rest(at place) string {
	line := o.line(at.line)
	for skip := at.column - 1; skip > 0 && line != ""; skip-- {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

// error makes the error for a place.
func (o *origin) error(at place, width int, message, maybe string) *rule.Error {
	return &rule.Error{
		File: o.name, Line: at.line, Column: at.column, Width: max(width, 1),
		Source: o.line(at.line), Message: message, Maybe: maybe,
	}
}

// faults collects everything that is wrong with one document.
type faults struct {
	origin *origin // nil for a document made in Go
	list   rule.Errors
}

// maxFaults is how many faults are reported: whoever has more mends these
// first.
const maxFaults = 100

// full reports that no further fault would be told, so that nobody need look
// for one.
func (f *faults) full() bool { return len(f.list) > maxFaults }

func (f *faults) add(e *rule.Error) { f.list = append(f.list, e) }

// at complains about a value that was read from a path.
func (f *faults) at(n *node, path, message, maybe string) {
	if f.origin == nil {
		f.add(&rule.Error{File: path, Message: message, Maybe: maybe})
		return
	}
	f.node(n, message, maybe)
}

// place complains about a place in the text.
func (f *faults) place(at place, width int, message, maybe string) {
	f.add(f.origin.error(at, width, message, maybe))
}

// node complains about a value in the text.
func (f *faults) node(n *node, message, maybe string) {
	width := 1
	if n.scalar() && n.style == plain {
		width = min(utf8.RuneCountInString(n.text), utf8.RuneCountInString(f.origin.rest(n.at)))
	}
	f.place(n.at, width, message, maybe)
}

// path complains about the value at a path, or its key, or the nearest thing
// above that stands in the text.
func (f *faults) path(path, message, maybe string) {
	if f.origin != nil {
		for p := path; ; p = parentPath(p) {
			if n := f.origin.values[p]; n != nil && n.scalar() {
				f.node(n, message, maybe)
				return
			}
			if at, ok := f.origin.keys[p]; ok {
				f.place(at, utf8.RuneCountInString(lastKey(p)), message, maybe)
				return
			}
			if n := f.origin.values[p]; n != nil {
				f.node(n, message, maybe)
				return
			}
			if p == "" {
				f.place(place{1, 1}, 1, message, maybe)
				return
			}
		}
	}
	f.add(&rule.Error{File: path, Message: message, Maybe: maybe})
}

// key complains about the key at a path rather than its value.
func (f *faults) key(path, message, maybe string) {
	if f.origin != nil {
		if at, ok := f.origin.keys[path]; ok {
			f.place(at, utf8.RuneCountInString(lastKey(path)), message, maybe)
			return
		}
	}
	f.path(path, message, maybe)
}

// err returns the complaints by position, each once; nil when there are none.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	f.list.Sort()
	f.list = slices.CompactFunc(f.list, func(a, b *rule.Error) bool { return *a == *b })
	if len(f.list) > maxFaults {
		last := f.list[maxFaults-1]
		f.list = append(f.list[:maxFaults:maxFaults], &rule.Error{File: last.File, Line: last.Line, Message: "there are more mistakes than the ones shown", Maybe: "mend these first"})
	}
	return f.list
}

// parentPath cuts the last key or index off a path.
func parentPath(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

func lastKey(path string) string { return path[strings.LastIndexAny(path, ".]")+1:] }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

package policy

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// MaxFile is the most bytes of a list, a table or a file of holidays.
const MaxFile = 16 << 20

// maxFileFaults bounds the message for a file that is not what it should be.
const maxFileFaults = 10

// contents is what the files of a policy say, in one writing: order, comments,
// quoting and columns that nobody reads do not matter.
type contents struct {
	lists    map[string][]string // sorted, each word once
	tables   map[string]string   // CSV: the key, the declared columns by name; rows by key
	holidays string              // CSV: date, region, name
}

// file reads the file that a key names.
func (c *compiler) file(path, name string) ([]byte, bool) {
	at := join(path, "file")
	switch {
	case name == "":
		c.need(path, "file", "this does not name a file", "{file: name.csv}")
		return nil, false
	case name == ".":
		c.f.path(at, ". is the document's folder, not a file in it", "{file: name.csv}")
		return nil, false
	case spreadsheet.MatchString(name):
		c.f.path(at, name+" is in a spreadsheet's own format, which is not read", "save it as CSV UTF-8")
		return nil, false
	case !fs.ValidPath(name) || strings.Contains(name, `\`):
		maybe := "put the file beside the document and name it without a path"
		if strings.Contains(name, `\`) && !strings.Contains(name, ":") {
			maybe = "write / instead of \\"
		}
		c.f.path(at, fmt.Sprintf("%q is outside of the document's folder; files are named relative to it, without .. and without a leading /", name), maybe)
		return nil, false
	case c.d.Files == nil:
		c.f.path(at, fmt.Sprintf("%s cannot be read: this document has no files", name), "set Document.Files, or use policy.Load")
		return nil, false
	}
	text, err := readLimited(c.d.Files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.f.path(at, fmt.Sprintf("there is no file %s beside the document", name), c.otherFile(name))
		return nil, false
	case err != nil:
		c.f.path(at, fmt.Sprintf("%s cannot be read: %s", name, c.unreadable(name, err)), "")
		return nil, false
	}
	if problem, maybe := notText(string(text)); problem != "" {
		c.f.path(at, fmt.Sprintf("%s cannot be read: %s", name, problem), maybe)
		return nil, false
	}
	switch {
	case !utf8.Valid(text):
		c.f.path(at, fmt.Sprintf("%s is not UTF-8 text", name), "save the file again with the encoding UTF-8")
		return nil, false
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), true
}

var spreadsheet = regexp.MustCompile(`(?i)\.(xlsx?|xlsm|ods|numbers)$`)

// unreadable puts the system's complaint about a file into plain words.
func (c *compiler) unreadable(name string, err error) string {
	if info, statErr := fs.Stat(c.d.Files, name); statErr == nil && info.IsDir() {
		return "it is a folder"
	}
	if errors.Is(err, fs.ErrPermission) {
		return "this user has no permission to read it"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if strings.Contains(err.Error(), "escapes") { // package os has no name for it
		return "it is a link that leads out of the document's folder"
	}
	return err.Error()
}

func readLimited(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(text) > MaxFile {
		err = fmt.Errorf("it has more than %d MiB", MaxFile>>20)
	}
	return text, err
}

// otherFile looks for a file whose name was meant.
func (c *compiler) otherFile(name string) string {
	entries, err := fs.ReadDir(c.d.Files, ".")
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	near, _ := rule.NearestFile(name, names)
	return near
}

// listValues returns a list's words, sorted, each once.
func (c *compiler) listValues(l List, path string) ([]string, bool) {
	values := slices.Clone(l.Values)
	if l.File != "" || l.Values == nil {
		text, ok := c.file(path, l.File)
		if !ok {
			return nil, false
		}
		values = nil
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, MaxFile+1)
		for lines.Scan() {
			if word := strings.TrimSpace(lines.Text()); word != "" && word[0] != '#' {
				values = append(values, word)
			}
		}
	}
	for i, word := range values {
		values[i] = strings.TrimSpace(word)
		if values[i] == brokenExpression {
			return nil, false
		}
		if values[i] == "" {
			c.f.path(item(path, i), "an entry of the list is empty", "delete it")
			return nil, false
		}
	}
	slices.Sort(values)
	return slices.Compact(values), true
}

// readHolidays reads the holidays and puts them into one writing.
func (c *compiler) readHolidays() {
	if c.d.Holidays == nil {
		return
	}
	text, ok := c.file("holidays", c.d.Holidays.File)
	if !ok {
		return
	}
	h, err := calendar.ParseHolidays(bytes.NewReader(text))
	if err != nil {
		c.holidayFaults(err)
		return
	}
	c.out.Holidays = h
	c.contents.holidays = holidayText(h)
}

// holidayText writes holidays so that equal holidays are equal text.
func holidayText(h *calendar.Holidays) string {
	rows := [][]string{{"date", "region", "name"}}
	everywhere := map[calendar.Date]string{}
	for _, d := range h.For() {
		everywhere[d] = h.Name(d, "")
		rows = append(rows, []string{d.String(), "", everywhere[d]})
	}
	for _, region := range h.Regions() {
		for _, d := range h.For(region) {
			name, known := everywhere[d]
			if regional := h.Name(d, region); !known || regional != name {
				rows = append(rows, []string{d.String(), region, regional})
			}
		}
	}
	return writeCSV(rows)
}

func writeCSV(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	// Writing into memory cannot fail.
	_ = w.WriteAll(rows)
	return b.String()
}

// What is wrong with CSV is always a quotation mark.
const (
	quoteFault   = `a quotation mark stands inside of a cell, or the one that ends a cell is missing`
	quoteAdvised = `begin and end the cell with ", and write "" for one inside of it`
)

// holidayFaults gives every bad line its place in the file.
func (c *compiler) holidayFaults(err error) {
	all := []error{err}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		all = many.Unwrap()
	}
	for _, err := range all {
		var bad *calendar.SyntaxError
		if errors.As(err, &bad) {
			c.f.add(&rule.Error{File: c.d.Holidays.File, Line: bad.Line, Message: fmt.Sprintf("column date: %.80q: %s", bad.Text, bad.Reason), Maybe: bad.Maybe})
			continue
		}
		var quote *csv.ParseError
		if errors.As(err, &quote) {
			c.f.add(&rule.Error{File: c.d.Holidays.File, Line: quote.Line, Column: quote.Column, Message: quoteFault, Maybe: quoteAdvised})
			continue
		}
		message, maybe := splitAdvice(err)
		c.f.add(&rule.Error{File: c.d.Holidays.File, Message: message, Maybe: maybe})
	}
}

package tabular

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// ReadJSON reads objects: one a line (JSON Lines), or one array of them. Names
// of members are the columns. In JSON Lines a line that is no object is a row
// with a fault; blank lines count as no row.
//
// The error is for what makes the whole file unusable: a file that cannot be
// read, an array that is not JSON (what follows a syntax error in an array
// cannot be told apart), or two names that are one column.
func ReadJSON(r io.Reader) (*Table, error) {
	l, err := newLines(r)
	if err != nil {
		return nil, err
	}
	b := jsonTable{index: map[string]int{}}
	for {
		ln, found, err := l.next()
		if err != nil {
			return nil, err
		}
		if !found {
			break
		}
		text := strings.TrimSpace(ln.text)
		if text == "" && !ln.long {
			continue
		}
		if text != "" && text[0] == '[' && len(b.Rows) == 0 {
			if err := b.array(ln, l.r); err != nil {
				return nil, err
			}
			break
		}
		fault := ln.unreadable()
		if fault != "" {
			b.Rows = append(b.Rows, Row{Line: ln.number, Fault: fault, Raw: text})
			continue
		}
		b.add(ln.number, text)
	}
	if i, j, found := twoOfOneName(b.Columns); found {
		return nil, fmt.Errorf("two names are one column: %q and %q\nMaybe rename one of them", b.Columns[i], b.Columns[j])
	}
	return &b.Table, nil
}

// jsonTable gathers rows whose columns are known only at the end.
type jsonTable struct {
	Table
	index map[string]int // column by name
}

// add appends the row of one object's text.
func (b *jsonTable) add(number int, text string) {
	row := Row{Line: number}
	if err := b.object(&row, text); err != nil {
		row = Row{Line: number, Fault: err.Error(), Raw: text}
	}
	b.Rows = append(b.Rows, row)
}

// object reads one object into a row's cells.
func (b *jsonTable) object(row *Row, text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New(`it is not a JSON object, such as {"id": "L-1"}`)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		var text json.RawMessage
		if err := d.Decode(&text); err != nil {
			return notJSON(err)
		}
		key := name.(string)
		if len(text) > MaxCell {
			return fmt.Errorf("%.60q has %d bytes; %d is the most", key, len(text), MaxCell)
		}
		cell, err := decoded(text)
		if err != nil {
			return notJSON(err)
		}
		if err := b.set(row, key, cell); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return notJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the object; one line holds one object")
	}
	return nil
}

// decoded is a member's value, numbers as they are written.
func decoded(text []byte) (cell any, err error) {
	switch text[0] {
	case '"':
		var s string
		err = json.Unmarshal(text, &s)
		return s, err
	case 't', 'f', 'n':
		err = json.Unmarshal(text, &cell)
		return cell, err
	case '[', '{':
	default:
		return json.Number(text), nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&cell)
	return cell, err
}

func (b *jsonTable) set(row *Row, name string, cell any) error {
	i, known := b.index[name]
	if !known {
		if len(b.Columns) == MaxColumns {
			return fmt.Errorf("the file has more than %d different names", MaxColumns)
		}
		i = len(b.Columns)
		b.index[name] = i
		b.Columns = append(b.Columns, name)
	}
	if !row.Set(i, cell) {
		return fmt.Errorf("the object has %.60q twice", name)
	}
	return nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is not JSON: it ends before the object does\nMaybe a } is missing; an object stands on one line, or all of them between [ and ]")
	}
	return fmt.Errorf("it is not JSON: %s", plainly(err))
}

// invalidCharacter is how package encoding/json says where it stopped.
var invalidCharacter = regexp.MustCompile(`^invalid character ('\\.+?'|'.')(.*)$`)

// jsonSlips say in plain words what was expected where JSON ends.
var jsonSlips = []struct{ after, expected, maybe string }{
	{" looking for beginning of object key string", "a name in double quotes is expected", "there is a comma too many, or the quotes are missing"},
	{" after object key:value pair", "a comma or } is expected", "a comma is missing"},
	{" after object key", "a colon is expected", "a colon is missing between name and value"},
	{" after array element", "a comma or ] is expected", "a comma is missing"},
	{" looking for beginning of value", "a value is expected", "put a text in double quotes, and delete a comma too many"},
	{" in string literal", "a text goes on, which holds no tab and no line break", `write \n for a line break and \t for a tab`},
	{" in string escape code", "a text goes on, where a backslash begins \\n, \\t, \\\" or \\\\", `write \\ for one backslash`},
	{" in \\u hexadecimal character escape", "\\u and four digits are expected", ""},
	{" in literal ", "a value is expected: a number, true, false, null or a text", "put a text in double quotes"},
	{" in numeric literal", "digits are expected", "write a number with digits and a point, such as 1250.5"},
	{" in exponent of numeric literal", "digits are expected", ""},
	{"", "a name in double quotes is expected", "put the name in double quotes"},
}

// plainly puts what package encoding/json says into plain words.
func plainly(err error) string {
	m := invalidCharacter.FindStringSubmatch(err.Error())
	switch {
	case strings.HasPrefix(err.Error(), "expected comma"):
		return "a comma is missing\nMaybe put a comma between } and {"
	case strings.HasPrefix(err.Error(), "expected colon"):
		return "a colon is missing between name and value\nMaybe {\"id\": \"L-1\"}"
	case m == nil:
		return "it cannot be read"
	}
	for _, slip := range jsonSlips {
		if !strings.HasPrefix(m[2], slip.after) {
			continue
		}
		text := slip.expected + ", and not " + strings.TrimPrefix(m[1][1:len(m[1])-1], `\`)
		if slip.maybe != "" {
			text += "\nMaybe " + slip.maybe
		}
		return text
	}
	return "it cannot be read"
}

// array reads the rest of a file that is one array.
func (b *jsonTable) array(first line, rest io.Reader) error {
	text, err := io.ReadAll(rest)
	if err != nil {
		return err
	}
	text = append([]byte(first.text+"\n"), text...)
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("line %d: %w", first.number, notJSON(err))
	}
	counted, at := 0, first.number // lines up to the offset counted
	lineOf := func(offset int64) int {
		at += bytes.Count(text[counted:offset], []byte("\n"))
		counted = int(offset)
		return at
	}
	for d.More() {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return arrayError(lineOf(d.InputOffset()), err)
		}
		begin := d.InputOffset() - int64(len(element))
		b.add(lineOf(begin), string(element))
	}
	if _, err := d.Token(); err != nil {
		return arrayError(lineOf(d.InputOffset()), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: there is more after the array\nMaybe delete what follows the last ]", lineOf(d.InputOffset()))
	}
	return nil
}

func arrayError(line int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("line %d: the array is not JSON: it ends before its closing bracket\nMaybe a ] is missing", line)
	}
	return fmt.Errorf("line %d or later: the array is not JSON: %s", line, plainly(err))
}

package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// line is one line of a file without its line break.
type line struct {
	number int
	text   string // the first MaxRow bytes
	long   bool   // there was more
}

// lines takes a file apart. It is read once, and lines can be put back.
type lines struct {
	r      *bufio.Reader
	number int
	back   []line // to be taken again, the next one last
}

// newLines reads past a UTF-8 byte order mark and refuses UTF-16, which would
// look like a file of one garbled column.
func newLines(r io.Reader) (*lines, error) {
	l := &lines{r: bufio.NewReaderSize(r, 64<<10)}
	start, err := l.r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, err = l.r.Discard(3)
		return l, err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, errors.New("the file is UTF-16, which is not read\nMaybe save it again as \"CSV UTF-8\"")
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")):
		return nil, errors.New("the file is a spreadsheet's own format under another name, or an archive\nMaybe save it as \"CSV UTF-8\"")
	case bytes.Count(start, []byte{0}) > 1:
		return nil, errors.New("the file is no text\nMaybe another file is meant")
	}
	return l, nil
}

// next returns the next line; false at the end of the file. The text after
// the last line break counts as a line when it is not empty.
func (l *lines) next() (line, bool, error) {
	if n := len(l.back); n > 0 {
		taken := l.back[n-1]
		l.back = l.back[:n-1]
		return taken, true, nil
	}
	var text []byte
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if room := MaxRow - len(text); len(part) > room {
			part, long = part[:room], true
		}
		text = append(text, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(text) == 0:
			return line{}, false, nil
		case err != nil && !errors.Is(err, io.EOF):
			return line{}, false, err
		}
		l.number++
		return line{l.number, strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), long}, true, nil
	}
}

// putBack makes the lines, given in order, the next ones to be taken.
func (l *lines) putBack(taken []line) {
	for i := len(taken) - 1; i >= 0; i-- {
		l.back = append(l.back, taken[i])
	}
}

// unreadable says why text cannot be a row of any file.
func (ln line) unreadable() string {
	switch {
	case ln.long:
		return "the line is longer than 1 MiB"
	case !validText(ln.text):
		return "the row is not UTF-8 text\nMaybe save the file again as \"CSV UTF-8\""
	case strings.ContainsRune(ln.text, 0):
		return "the row holds a character that no text has, a zero byte"
	}
	return ""
}

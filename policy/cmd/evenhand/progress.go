package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// progress says on standard error how far a long run has come: for the first
// time after a second, then once a second.
type progress struct {
	w     io.Writer // nil: silent
	total int
	done  int
	next  time.Time
	clock func() time.Time
	shown int // runes of the line that is shown
}

const progressEvery = time.Second

// newProgress is silent unless wanted or w is a terminal.
func newProgress(w io.Writer, total int, wanted bool, clock func() time.Time) *progress {
	p := &progress{total: total, clock: clock, next: clock().Add(progressEvery)}
	if wanted || isTerminal(w) {
		p.w = w
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// step counts n customers.
func (p *progress) step(n int) {
	p.done += n
	p.say(func() string { return count(p.done) + " of " + count(p.total) + " customers" })
}

// say shows a line in place of the one before, if it is time for one.
func (p *progress) say(line func() string) {
	if p.w == nil {
		return
	}
	now := p.clock()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(progressEvery)
	text := line()
	n := utf8.RuneCountInString(text)
	fmt.Fprint(p.w, "\r"+text+strings.Repeat(" ", max(0, p.shown-n)))
	p.shown = n
}

// end leaves the line, so that what follows begins on its own.
func (p *progress) end() {
	if p.shown > 0 {
		fmt.Fprintln(p.w)
	}
}
